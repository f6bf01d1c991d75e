/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sys/trust_weak.h"

#include <string.h>

/* Windows: KB2661254 (RSA keys) and the weak signature settings of KB2862973 (MD5). */
#define RSA_BITS_MIN 1024u

static bool weak__signature(PCCERT_CONTEXT cert)
{
    static const char *const refused[] = {szOID_RSA_MD2RSA,    szOID_RSA_MD4RSA,    szOID_RSA_MD5RSA,
                                          szOID_OIWSEC_md4RSA, szOID_OIWSEC_md5RSA, szOID_OIWSEC_md4RSA2};

    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        if (!strcmp(cert->pCertInfo->SignatureAlgorithm.pszObjId, refused[i]))
            return true;
    return false;
}

static bool weak__key(PCCERT_CONTEXT cert)
{
    CERT_PUBLIC_KEY_INFO *key = &cert->pCertInfo->SubjectPublicKeyInfo;

    return !strcmp(key->Algorithm.pszObjId, szOID_RSA_RSA) &&
           CertGetPublicKeyLength(X509_ASN_ENCODING, key) < RSA_BITS_MIN;
}

/* The signature of an anchor upon itself proves nothing, so it may be of any kind; its key signs others, so it may not.
 */
bool trust_weak(PCCERT_CHAIN_CONTEXT chain)
{
    const CERT_SIMPLE_CHAIN *simple = chain->cChain ? chain->rgpChain[0] : NULL;

    for (DWORD i = 0; simple && i < simple->cElement; i++) {
        const CERT_CHAIN_ELEMENT *element = simple->rgpElement[i];
        bool anchor = i && (element->TrustStatus.dwInfoStatus & CERT_TRUST_IS_SELF_SIGNED);

        if (weak__key(element->pCertContext) || (!anchor && weak__signature(element->pCertContext)))
            return true;
    }
    return false;
}
