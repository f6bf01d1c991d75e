/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * trustca: makes the certificate on standard input (DER) a trusted authority of the current user.
 *
 * For private prefixes made for tests, and nothing else: whoever holds the authority's key can then speak for any host.
 */
#include <stdio.h>
#include <io.h>
#include <fcntl.h>
#include <windows.h>
#include <wincrypt.h>

int main(void)
{
    static BYTE bytes[65536];
    HCERTSTORE store;
    DWORD size;
    BOOL added;

    _setmode(_fileno(stdin), _O_BINARY);
    size = (DWORD)fread(bytes, 1, sizeof(bytes), stdin);
    store = CertOpenStore(CERT_STORE_PROV_SYSTEM_W, 0, 0, CERT_SYSTEM_STORE_CURRENT_USER, L"Root");
    added = store && CertAddEncodedCertificateToStore(store, X509_ASN_ENCODING, bytes, size,
                                                      CERT_STORE_ADD_REPLACE_EXISTING, NULL);
    if (!added)
        fprintf(stderr, "trustca: the certificate of %lu bytes was not stored: error %lu\n", size, GetLastError());
    if (store)
        CertCloseStore(store, 0);
    return added ? 0 : 1;
}
