/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * TLS client over memory: a filter around one GnuTLS session. The handshake pauses in FILTER_DECISION when the server's
 * chain is complete, and no plain byte passes before f_tls_decide(). Certificates are judged elsewhere (sys/trust.c);
 * host names are matched by f_tls_host_matches (GnuTLS's matcher, SEMANTICS D9).
 *
 * Threads: the connection's lock; sessions share nothing but what is never written again. gnutls_global_init has been
 * called (sys/tls_init.c).
 */
#ifndef STACK_F_TLS_H
#define STACK_F_TLS_H

#include "stack/filter.h"

/* Protocol versions, a mask in our own numbers; core maps option 84 (API.md section 4.9). */
#define TLS_V1_0 1u
#define TLS_V1_1 2u
#define TLS_V1_2 4u
#define TLS_V1_3 8u

/*
 * What sessions for the same versions have in common, algorithms and credentials: 15 KB in GnuTLS 3.7 that no session
 * needs to have for itself. Never written once it is made: any threads at a time.
 */
struct tls_common;
enum wh_err tls_common_create(unsigned versions, struct tls_common **out); /* WH_E_TLS: no version; WH_E_NOMEM */
void tls_common_destroy(struct tls_common *c);                             /* NULL is allowed */

struct tls_params {
    const char *host;  /* ASCII (A-label) name or IP literal, copied; SNI is sent for names only (RFC 6066 section 3) */
    unsigned versions; /* TLS_V... mask; 0 is refused with WH_E_TLS */
    struct tls_common *common; /* of the same versions, outlives the session; NULL: it makes its own */
    struct span resume;  /* what f_tls_session gave for the same pool key, or empty; anything else is not checked */
    const char *alpn[4]; /* NULL-terminated list, may be empty */
};

/* Everything that can be said of an open (or deciding) session. Strings are static. */
struct tls_info {
    unsigned version;     /* one TLS_V... bit */
    const char *protocol; /* "TLS 1.3" */
    const char *cipher;   /* suite name */
    unsigned cipher_bits; /* symmetric key bits */
    uint16_t suite;       /* IANA number */
    bool resumed;
    bool client_cert_asked; /* the server sent CertificateRequest (SEMANTICS D16) */
};

enum wh_err f_tls_create(const struct tls_params *params, struct filter **out);

/* The filter is in FILTER_DECISION: number of DER certificates the server sent, leaf first, and each of them (valid
 * until the next turn). */
size_t f_tls_cert_count(const struct filter *f);
struct span f_tls_cert(const struct filter *f, size_t index);
bool f_tls_host_matches(const struct filter *f); /* leaf certificate matches params.host: DNS, wildcard, IP, IDN */

/* The verdict: accept opens the filter; refuse queues a bad_certificate alert and fails it with WH_E_CERT. Call
 * chain_turn afterwards. */
void f_tls_decide(struct filter *f, bool accept);

void f_tls_info(const struct filter *f, struct tls_info *out);

/* Session data for resumption, when the server gave a ticket or an id; the caller frees out->p with mem_free.
 * WH_E_NOT_FOUND if none. */
enum wh_err f_tls_session(const struct filter *f, struct span *out);

bool filter_is_tls(const struct filter *f);

#endif
