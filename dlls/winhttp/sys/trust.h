/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The verdict on a server's certificates, by the Windows certificate services (SEMANTICS D9).
 *
 * Words: a *query* is everything a verdict needs, copied out of a TLS filter that is in FILTER_DECISION, so that it can
 * travel to another thread while the connection lives its own life. A *verdict* is what was found wrong, as the bits
 * that the SECURE_FAILURE notification carries (API.md section 4.8), and the certificate objects that options hand to
 * applications. Which of the failures are forgiven is the caller's business: accept when (verdict.failures &
 * ~trust_ignored(flags)) == 0.
 *
 * crypt32 builds the chain on the stores of the user and the machine; what the server sent are candidates, never
 * anchors. Both what the chain says and what the policy for SSL says count, except where it refuses a signature that is
 * right (trust_signature.h), and besides what it lets pass (trust_weak.h). The name was matched by GnuTLS
 * (f_tls_host_matches).
 *
 * Threads: trust_ask under the connection's lock; trust_judge on a pool thread, with no lock held, since it may wait
 * for the disk, and for the network when revocation is asked for. Ownership: queries and verdicts are the caller's
 * until freed. Limits: TRUST_MAX_CERTS certificates, TRUST_MAX_BYTES bytes of them; a server that sends more has an
 * invalid chain. Errors: WH_E_NOMEM. All else is a verdict.
 */
#ifndef SYS_TRUST_H
#define SYS_TRUST_H

#include <winsock2.h>
#include <windows.h>
#include <wincrypt.h>

#include "base/err.h"
#include "stack/f_tls.h"

/* Longer than any chain that crypt32 would build. What a server sends beyond it cannot help its case. */
#define TRUST_MAX_CERTS 16u

struct trust_query;

struct trust_verdict {
    uint32_t failures;          /* WINHTTP_CALLBACK_STATUS_FLAG_... bits; 0: nothing wrong */
    PCCERT_CONTEXT leaf;        /* NULL when the server's certificate cannot even be decoded */
    PCCERT_CHAIN_CONTEXT chain; /* as crypt32 found it; NULL when no chain could be built */
};

/* revocation: WINHTTP_ENABLE_SSL_REVOCATION was set; without it nothing is fetched from the network. */
enum wh_err trust_ask(const struct filter *tls, bool revocation, struct trust_query **out);
void trust_query_free(struct trust_query *q);

enum wh_err trust_judge(const struct trust_query *q, struct trust_verdict *out);

void trust_verdict_copy(struct trust_verdict *dst, const struct trust_verdict *src); /* dst holds nothing yet */
/* A verdict without contexts holds nothing; clearing it again is allowed. */
void trust_verdict_clear(struct trust_verdict *v);

/* The failures that a mask of SECURITY_FLAG_IGNORE_... bits forgives. */
uint32_t trust_ignored(uint32_t security_flags);

#endif
