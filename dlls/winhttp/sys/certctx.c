/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sys/certctx.h"

#include <limits.h>

enum wh_err certctx_from_der(struct span der, PCCERT_CONTEXT *out)
{
    PCCERT_CONTEXT context;

    if (der.n == 0 || der.n > INT_MAX)
        return WH_E_ARG;
    context = CertCreateCertificateContext(X509_ASN_ENCODING, der.p, (DWORD)der.n);
    if (!context)
        return GetLastError() == ERROR_OUTOFMEMORY || GetLastError() == (DWORD)E_OUTOFMEMORY ? WH_E_NOMEM : WH_E_ARG;
    *out = context;
    return WH_OK;
}

/* The values of a name, one a line and without their types: "US\r\nExample Inc.\r\nwww.example.com". */
static WCHAR *certctx__name(const CERT_NAME_BLOB *blob)
{
    CERT_NAME_BLOB name = *blob;
    DWORD format = CERT_SIMPLE_NAME_STR | CERT_NAME_STR_CRLF_FLAG;
    DWORD chars = CertNameToStrW(X509_ASN_ENCODING, &name, format, NULL, 0);
    WCHAR *text;

    if (chars == 0)
        chars = 1;
    text = LocalAlloc(LMEM_FIXED | LMEM_ZEROINIT, (size_t)chars * sizeof(*text));
    if (text)
        CertNameToStrW(X509_ASN_ENCODING, &name, format, text, chars);
    return text;
}

enum wh_err certctx_info(PCCERT_CONTEXT leaf, unsigned cipher_bits, WINHTTP_CERTIFICATE_INFO *out)
{
    WCHAR *subject = certctx__name(&leaf->pCertInfo->Subject);
    WCHAR *issuer = certctx__name(&leaf->pCertInfo->Issuer);

    if (!subject || !issuer) {
        LocalFree(subject);
        LocalFree(issuer);
        return WH_E_NOMEM;
    }
    memset(out, 0, sizeof(*out));
    out->ftExpiry = leaf->pCertInfo->NotAfter;
    out->ftStart = leaf->pCertInfo->NotBefore;
    out->lpszSubjectInfo = subject;
    out->lpszIssuerInfo = issuer;
    out->dwKeySize = cipher_bits;
    return WH_OK;
}
