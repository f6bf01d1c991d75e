/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sys/certctx.h"

#include <gnutls/crypto.h>
#include <gnutls/x509.h>
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

/* GNUTLS_DIG_UNKNOWN: none, or it cannot be told. */
static gnutls_digest_algorithm_t certctx__digest(const gnutls_datum_t *der)
{
    gnutls_digest_algorithm_t digest = GNUTLS_DIG_UNKNOWN;
    gnutls_x509_crt_t certificate;
    int sign;

    if (gnutls_x509_crt_init(&certificate) < 0)
        return digest;
    if (gnutls_x509_crt_import(certificate, der, GNUTLS_X509_FMT_DER) >= 0) {
        sign = gnutls_x509_crt_get_signature_algorithm(certificate);
        if (sign > 0)
            digest = gnutls_sign_get_hash_algorithm((gnutls_sign_algorithm_t)sign);
    }
    gnutls_x509_crt_deinit(certificate);
    return digest == GNUTLS_DIG_MD5 || digest == GNUTLS_DIG_SHA1 ? GNUTLS_DIG_SHA256 : digest;
}

enum wh_err certctx_end_point(PCCERT_CONTEXT leaf, uint8_t hash[CERTCTX_HASH_MAX], size_t *n)
{
    gnutls_datum_t der = {leaf->pbCertEncoded, leaf->cbCertEncoded};
    gnutls_digest_algorithm_t digest = certctx__digest(&der);

    if (digest == GNUTLS_DIG_UNKNOWN || gnutls_hash_get_len(digest) > CERTCTX_HASH_MAX ||
        gnutls_hash_fast(digest, der.data, der.size, hash) < 0)
        return WH_E_UNSUPPORTED;
    *n = gnutls_hash_get_len(digest);
    return WH_OK;
}
