/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sys/trust.h"

#include <stddef.h>

#include "base/mem.h"
#include "sys/certctx.h"
#include "sys/trust_engine.h"
#include "sys/trust_signature.h"
#include "sys/trust_weak.h"
#include "winhttp.h"

#define FAIL_REV_FAILED   WINHTTP_CALLBACK_STATUS_FLAG_CERT_REV_FAILED
#define FAIL_INVALID_CERT WINHTTP_CALLBACK_STATUS_FLAG_INVALID_CERT
#define FAIL_REVOKED      WINHTTP_CALLBACK_STATUS_FLAG_CERT_REVOKED
#define FAIL_INVALID_CA   WINHTTP_CALLBACK_STATUS_FLAG_INVALID_CA
#define FAIL_CN           WINHTTP_CALLBACK_STATUS_FLAG_CERT_CN_INVALID
#define FAIL_DATE         WINHTTP_CALLBACK_STATUS_FLAG_CERT_DATE_INVALID
#define FAIL_USAGE        WINHTTP_CALLBACK_STATUS_FLAG_CERT_WRONG_USAGE

struct trust_query {
    bool revocation;
    bool host_matches;
    size_t count; /* at least 1 */
    struct span certs[TRUST_MAX_CERTS];
    uint8_t bytes[]; /* what the spans point into */
};

/* ---- the query -----------------------------------------------------------------------------------------------------
 */

enum wh_err trust_ask(const struct filter *tls, bool revocation, struct trust_query **out)
{
    size_t count = f_tls_cert_count(tls), bytes = 0;
    struct trust_query *q;
    uint8_t *p;

    if (count > TRUST_MAX_CERTS)
        count = TRUST_MAX_CERTS;
    for (size_t i = 0; i < count; i++)
        bytes += f_tls_cert(tls, i).n;
    q = mem_zalloc(sizeof(*q) + bytes);
    if (!q)
        return WH_E_NOMEM;
    p = q->bytes;
    for (size_t i = 0; i < count; i++) {
        struct span cert = f_tls_cert(tls, i);

        memcpy(p, cert.p, cert.n);
        q->certs[i] = span_make(p, cert.n);
        p += cert.n;
    }
    q->count = count;
    q->revocation = revocation;
    q->host_matches = f_tls_host_matches(tls);
    *out = q;
    return WH_OK;
}

void trust_query_free(struct trust_query *q)
{
    mem_free(q);
}

/* ---- from crypt32's words to ours ----------------------------------------------------------------------------------
 */

struct row {
    DWORD theirs;
    uint32_t ours;
};

/* Bits of a chain's dwErrorStatus. Every other bit is an invalid certificate: what we do not know we do not forgive. */
static const struct row chain_rows[] = {
    {CERT_TRUST_IS_NOT_TIME_VALID, FAIL_DATE},
    {CERT_TRUST_IS_NOT_TIME_NESTED, 0}, /* no longer a fault: wincrypt documents it as unused */
    {CERT_TRUST_IS_REVOKED, FAIL_REVOKED},
    {CERT_TRUST_IS_NOT_VALID_FOR_USAGE, FAIL_USAGE},
    {CERT_TRUST_IS_UNTRUSTED_ROOT, FAIL_INVALID_CA},
    {CERT_TRUST_IS_PARTIAL_CHAIN, FAIL_INVALID_CA},
    {CERT_TRUST_INVALID_BASIC_CONSTRAINTS, FAIL_INVALID_CA},
    {CERT_TRUST_REVOCATION_STATUS_UNKNOWN, FAIL_REV_FAILED},
    {CERT_TRUST_IS_OFFLINE_REVOCATION, FAIL_REV_FAILED},
};

/* Results of the SSL policy. Every other one is an invalid certificate. */
static const struct row policy_rows[] = {
    {(DWORD)CERT_E_EXPIRED, FAIL_DATE},
    {(DWORD)CERT_E_VALIDITYPERIODNESTING, 0},
    {(DWORD)CERT_E_REVOKED, FAIL_REVOKED},
    {(DWORD)CRYPT_E_REVOKED, FAIL_REVOKED},
    {(DWORD)CERT_E_WRONG_USAGE, FAIL_USAGE},
    {(DWORD)CERT_E_PURPOSE, FAIL_USAGE},
    {(DWORD)CERT_E_UNTRUSTEDROOT, FAIL_INVALID_CA},
    {(DWORD)CERT_E_UNTRUSTEDCA, FAIL_INVALID_CA},
    {(DWORD)CERT_E_CHAINING, FAIL_INVALID_CA},
    {(DWORD)TRUST_E_BASIC_CONSTRAINTS, FAIL_INVALID_CA},
    {(DWORD)CERT_E_CN_NO_MATCH, FAIL_CN},
    {(DWORD)CERT_E_REVOCATION_FAILURE, FAIL_REV_FAILED},
    {(DWORD)CRYPT_E_NO_REVOCATION_CHECK, FAIL_REV_FAILED},
    {(DWORD)CRYPT_E_REVOCATION_OFFLINE, FAIL_REV_FAILED},
};

static uint32_t trust__chain_failures(DWORD status)
{
    uint32_t failures = 0;

    for (size_t i = 0; i < sizeof(chain_rows) / sizeof(chain_rows[0]); i++)
        if (status & chain_rows[i].theirs) {
            failures |= chain_rows[i].ours;
            status &= ~chain_rows[i].theirs;
        }
    return status ? failures | FAIL_INVALID_CERT : failures;
}

static uint32_t trust__policy_failures(DWORD error)
{
    if (error == 0)
        return 0;
    for (size_t i = 0; i < sizeof(policy_rows) / sizeof(policy_rows[0]); i++)
        if (error == policy_rows[i].theirs)
            return policy_rows[i].ours;
    return FAIL_INVALID_CERT;
}

/* ---- the verdict ---------------------------------------------------------------------------------------------------
 */

/* A store in memory with what the server sent beside its own certificate. What cannot be decoded is no candidate. */
static HCERTSTORE trust__candidates(const struct trust_query *q)
{
    HCERTSTORE store = CertOpenStore(CERT_STORE_PROV_MEMORY, 0, 0, CERT_STORE_CREATE_NEW_FLAG, NULL);

    for (size_t i = 1; store && i < q->count; i++)
        (void)CertAddEncodedCertificateToStore(store, X509_ASN_ENCODING, q->certs[i].p, (DWORD)q->certs[i].n,
                                               CERT_STORE_ADD_USE_EXISTING, NULL);
    return store;
}

/*
 * The engine is that of the current user, whose stores contain the machine's. The chain must be good for a server; the
 * two older usages are those that crypt32 itself takes for one.
 */
static PCCERT_CHAIN_CONTEXT trust__chain(const struct trust_query *q, PCCERT_CONTEXT leaf, HCERTSTORE candidates)
{
    static const char *const usages[] = {szOID_PKIX_KP_SERVER_AUTH, szOID_SERVER_GATED_CRYPTO, szOID_SGC_NETSCAPE};
    DWORD flags = q->revocation ? CERT_CHAIN_REVOCATION_CHECK_CHAIN_EXCLUDE_ROOT : CERT_CHAIN_CACHE_ONLY_URL_RETRIEVAL;
    CERT_CHAIN_PARA para = {.cbSize = sizeof(para)};
    struct trust_engine *engine = trust_engine_acquire();
    PCCERT_CHAIN_CONTEXT chain = NULL;

    para.RequestedUsage.dwType = USAGE_MATCH_TYPE_OR;
    para.RequestedUsage.Usage.cUsageIdentifier = sizeof(usages) / sizeof(usages[0]);
    para.RequestedUsage.Usage.rgpszUsageIdentifier = (char **)(uintptr_t)usages;
    if (!CertGetCertificateChain(trust_engine_handle(engine), leaf, NULL, candidates, &para, flags, NULL, &chain))
        chain = NULL;
    trust_engine_release(engine);
    return chain;
}

/* The policy is not asked about the name: it refuses names that are right (SEMANTICS D9). */
static uint32_t trust__policy(PCCERT_CHAIN_CONTEXT chain)
{
    SSL_EXTRA_CERT_CHAIN_POLICY_PARA extra = {.cbSize = sizeof(extra)};
    CERT_CHAIN_POLICY_PARA para = {.cbSize = sizeof(para), .pvExtraPolicyPara = &extra};
    CERT_CHAIN_POLICY_STATUS status = {.cbSize = sizeof(status)};

    extra.dwAuthType = AUTHTYPE_SERVER;
    extra.fdwChecks = SECURITY_FLAG_IGNORE_CERT_CN_INVALID;
    if (!CertVerifyCertificateChainPolicy(CERT_CHAIN_POLICY_SSL, chain, &para, &status))
        return FAIL_INVALID_CERT;
    return trust__policy_failures(status.dwError);
}

static uint32_t trust__found(PCCERT_CHAIN_CONTEXT chain)
{
    PCCERT_CHAIN_CONTEXT view = trust_signature_view(chain);
    uint32_t failures = trust__chain_failures(view->TrustStatus.dwErrorStatus) | trust__policy(view);

    trust_signature_leave(view, chain);
    return trust_weak(chain) ? failures | FAIL_INVALID_CERT : failures;
}

enum wh_err trust_judge(const struct trust_query *q, struct trust_verdict *out)
{
    struct trust_verdict v = {.failures = q->host_matches ? 0 : FAIL_CN};
    HCERTSTORE candidates;
    enum wh_err err;

    err = certctx_from_der(q->certs[0], &v.leaf);
    if (err == WH_E_NOMEM)
        return err;
    if (err != WH_OK) {
        v.failures |= FAIL_INVALID_CERT;
        *out = v;
        return WH_OK;
    }
    candidates = trust__candidates(q);
    if (!candidates) {
        trust_verdict_clear(&v);
        return WH_E_NOMEM;
    }
    v.chain = trust__chain(q, v.leaf, candidates);
    v.failures |= v.chain ? trust__found(v.chain) : FAIL_INVALID_CERT;
    CertCloseStore(candidates, 0);
    *out = v;
    return WH_OK;
}

void trust_verdict_copy(struct trust_verdict *dst, const struct trust_verdict *src)
{
    *dst = *src;
    if (dst->leaf)
        dst->leaf = CertDuplicateCertificateContext(dst->leaf);
    if (dst->chain)
        dst->chain = CertDuplicateCertificateChain(dst->chain);
}

void trust_verdict_clear(struct trust_verdict *v)
{
    if (v->chain)
        CertFreeCertificateChain(v->chain);
    if (v->leaf)
        CertFreeCertificateContext(v->leaf);
    v->chain = NULL;
    v->leaf = NULL;
}

uint32_t trust_ignored(uint32_t security_flags)
{
    static const struct row rows[] = {
        {SECURITY_FLAG_IGNORE_UNKNOWN_CA, FAIL_INVALID_CA},
        {SECURITY_FLAG_IGNORE_CERT_WRONG_USAGE, FAIL_USAGE},
        {SECURITY_FLAG_IGNORE_CERT_CN_INVALID, FAIL_CN},
        {SECURITY_FLAG_IGNORE_CERT_DATE_INVALID, FAIL_DATE},
    };
    uint32_t ignored = 0;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (security_flags & rows[i].theirs)
            ignored |= rows[i].ours;
    return ignored;
}
