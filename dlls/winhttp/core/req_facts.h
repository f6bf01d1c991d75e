/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What options tell of the connection a request has used last: addresses, TLS, the server's certificates. Taken when
 * the connection is open, kept until the request is sent again or goes (O28, T8).
 *
 * Guard: as the request's C fields. Ownership: references of the certificate objects, which crypt32 counts. Errors:
 * none.
 */
#ifndef CORE_REQ_FACTS_H
#define CORE_REQ_FACTS_H

#include "core/conn.h"
#include "stack/f_tls.h"

struct req_facts {
    bool known; /* everything below is meaningful */
    bool secure;
    SOCKADDR_STORAGE local, remote;
    struct tls_info tls;        /* secure only */
    PCCERT_CONTEXT leaf;        /* may be NULL */
    PCCERT_CHAIN_CONTEXT chain; /* may be NULL */
};

void req_facts_take(struct req_facts *f,
                    const struct conn *c); /* replaces what f holds; c's lock held, c is CONN_OPEN */
void req_facts_copy(struct req_facts *dst, const struct req_facts *src); /* dst holds nothing yet */
void req_facts_clear(struct req_facts *f);

#endif
