/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sys/trust_signature.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "base/mem.h"

#define BAD CERT_TRUST_IS_NOT_SIGNATURE_VALID

/* Two numbers of 66 bytes, each with a leading zero at most, and their framing. */
#define ECDSA_MAX 160u

/* ---- one signature -------------------------------------------------------------------------------------------------
 */

static bool signature__is_ecdsa(int algorithm)
{
    return algorithm == GNUTLS_SIGN_ECDSA_SHA256 || algorithm == GNUTLS_SIGN_ECDSA_SHA384 ||
           algorithm == GNUTLS_SIGN_ECDSA_SHA512;
}

static gnutls_x509_crt_t signature__import(PCCERT_CONTEXT cert)
{
    gnutls_datum_t der = {cert->pbCertEncoded, cert->cbCertEncoded};
    gnutls_x509_crt_t out;

    if (gnutls_x509_crt_init(&out) < 0)
        return NULL;
    if (gnutls_x509_crt_import(out, &der, GNUTLS_X509_FMT_DER) >= 0)
        return out;
    gnutls_x509_crt_deinit(out);
    return NULL;
}

static gnutls_pubkey_t signature__key(PCCERT_CONTEXT issuer)
{
    gnutls_x509_crt_t cert = signature__import(issuer);
    gnutls_pubkey_t key = NULL;

    if (!cert)
        return NULL;
    if (gnutls_pubkey_init(&key) < 0)
        key = NULL;
    if (key && gnutls_pubkey_import_x509(key, cert, 0) < 0) {
        gnutls_pubkey_deinit(key);
        key = NULL;
    }
    gnutls_x509_crt_deinit(cert);
    return key;
}

/* No flags: what GnuTLS finds too weak is not verified. */
static bool signature__verify(PCCERT_CONTEXT cert, const CERT_SIGNED_CONTENT_INFO *parts, gnutls_pubkey_t key)
{
    gnutls_datum_t content = {parts->ToBeSigned.pbData, parts->ToBeSigned.cbData};
    unsigned char bytes[ECDSA_MAX];
    size_t size = sizeof(bytes);
    gnutls_x509_crt_t parsed = signature__import(cert);
    int algorithm;
    bool right = false;

    if (!parsed)
        return false;
    algorithm = gnutls_x509_crt_get_signature_algorithm(parsed);
    if (signature__is_ecdsa(algorithm) && gnutls_x509_crt_get_signature(parsed, (char *)bytes, &size) >= 0) {
        gnutls_datum_t signature = {bytes, (unsigned)size};

        right = gnutls_pubkey_verify_data2(key, (gnutls_sign_algorithm_t)algorithm, 0, &content, &signature) >= 0;
    }
    gnutls_x509_crt_deinit(parsed);
    return right;
}

static bool signature__holds(PCCERT_CONTEXT cert, PCCERT_CONTEXT issuer)
{
    CERT_SIGNED_CONTENT_INFO *parts = NULL;
    DWORD size = 0;
    gnutls_pubkey_t key;
    bool right = false;

    if (!CryptDecodeObjectEx(X509_ASN_ENCODING, X509_CERT, cert->pbCertEncoded, cert->cbCertEncoded,
                             CRYPT_DECODE_ALLOC_FLAG, NULL, &parts, &size))
        return false;
    key = signature__key(issuer);
    if (key) {
        right = signature__verify(cert, parts, key);
        gnutls_pubkey_deinit(key);
    }
    LocalFree(parts);
    return right;
}

/* ---- the view ------------------------------------------------------------------------------------------------------
 */

/* Longer than any chain that a server needs; a longer one stays as it is. */
#define ELEMENTS_MAX 32u

/* A copy of a chain whose elements are crypt32's, except those that lost the bit. */
struct view {
    CERT_CHAIN_CONTEXT context;
    CERT_SIMPLE_CHAIN simple;
    PCERT_SIMPLE_CHAIN simples[1];
    PCERT_CHAIN_ELEMENT elements[ELEMENTS_MAX];
    CERT_CHAIN_ELEMENT forgiven[ELEMENTS_MAX];
};

/* The structures begin with their size and grow from one Windows to the next. */
static void view__copy(void *to, size_t room, const void *from, DWORD size)
{
    memcpy(to, from, size < room ? size : room);
    *(DWORD *)to = (DWORD)(size < room ? size : room);
}

/* Returns whether the bit is left anywhere. */
static bool view__elements(struct view *v, const CERT_SIMPLE_CHAIN *simple)
{
    bool left = false;

    for (DWORD i = 0; i < simple->cElement; i++) {
        PCERT_CHAIN_ELEMENT element = simple->rgpElement[i];
        PCERT_CHAIN_ELEMENT issuer = simple->rgpElement[i + 1 < simple->cElement ? i + 1 : i];

        v->elements[i] = element;
        if (!(element->TrustStatus.dwErrorStatus & BAD))
            continue;
        if (!signature__holds(element->pCertContext, issuer->pCertContext)) {
            left = true;
            continue;
        }
        view__copy(&v->forgiven[i], sizeof(v->forgiven[i]), element, element->cbSize);
        v->forgiven[i].TrustStatus.dwErrorStatus &= ~(DWORD)BAD;
        v->elements[i] = &v->forgiven[i];
    }
    return left;
}

static bool view__has_bad(const CERT_SIMPLE_CHAIN *simple)
{
    for (DWORD i = 0; i < simple->cElement; i++)
        if (simple->rgpElement[i]->TrustStatus.dwErrorStatus & BAD)
            return true;
    return false;
}

PCCERT_CHAIN_CONTEXT trust_signature_view(PCCERT_CHAIN_CONTEXT chain)
{
    const CERT_SIMPLE_CHAIN *simple = chain->cChain == 1 ? chain->rgpChain[0] : NULL;
    struct view *v;

    if (!simple || simple->cElement > ELEMENTS_MAX || !view__has_bad(simple))
        return chain;
    v = mem_zalloc(sizeof(*v));
    if (!v)
        return chain;
    view__copy(&v->context, sizeof(v->context), chain, chain->cbSize);
    view__copy(&v->simple, sizeof(v->simple), simple, simple->cbSize);
    v->context.rgpChain = v->simples;
    v->simples[0] = &v->simple;
    v->simple.rgpElement = v->elements;
    if (!view__elements(v, simple)) {
        v->context.TrustStatus.dwErrorStatus &= ~(DWORD)BAD;
        v->simple.TrustStatus.dwErrorStatus &= ~(DWORD)BAD;
    }
    return &v->context;
}

void trust_signature_leave(PCCERT_CHAIN_CONTEXT view, PCCERT_CHAIN_CONTEXT chain)
{
    if (view != chain)
        mem_free((void *)(uintptr_t)view);
}
