/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A TLS server in memory, and the link that joins it to a chain: what the chain's socket would carry is moved by hand,
 * in steps of any size, so that a test decides what arrives when. There are no sockets, threads or clocks.
 *
 * Threads: one. Ownership: link_close gives everything back. Errors: a peer that cannot be made ends the program; an
 * error of the server's session is kept in peer.error, for the test to look at.
 */
#ifndef TESTS_CHAIN_PEER_H
#define TESTS_CHAIN_PEER_H

#include <gnutls/gnutls.h>

#include "stack/chain.h"
#include "stack/f_tls.h"

#define PRIORITY_TLS10 "NORMAL:-VERS-ALL:+VERS-TLS1.0"
#define PRIORITY_TLS11 "NORMAL:-VERS-ALL:+VERS-TLS1.1"
#define PRIORITY_TLS12 "NORMAL:-VERS-ALL:+VERS-TLS1.2"
#define PRIORITY_TLS13 "NORMAL:-VERS-ALL:+VERS-TLS1.3"

struct peer_options {
    const char *priority;                      /* NULL: TLS 1.2 and 1.3 */
    gnutls_certificate_request_t cert_request; /* 0: none */
    unsigned flags;                            /* for gnutls_init, beside GNUTLS_SERVER */
    const gnutls_datum_t *ticket_key;          /* NULL: no tickets */
    const char *const *names;                  /* of the certificate; NULL: "server.test" */
};

struct peer {
    gnutls_session_t session;
    struct buf in, out; /* what came from the client, what goes to it */
    struct buf plain;   /* application data that came */
    bool shaken;        /* the handshake is complete */
    bool silent;        /* does nothing by itself: bytes wait in in */
    bool eof;           /* the client's close_notify came */
    int error;          /* first fatal answer of GnuTLS, or 0 */
    int alert;          /* the fatal alert that came, or -1 */
};

struct link {
    struct chain chain;
    struct filter *tls;
    struct peer *peer;
    size_t step; /* bytes that move at once, each way */
};

/* A certificate for the given names (DNS, or IPv4 literals) with its key, and that of the authority above it, all made
 * anew. */
gnutls_certificate_credentials_t peer_credentials(const char *const *names);

struct peer *peer_open(const struct peer_options *options);
void peer_close(struct peer *p);
void peer_work(struct peer *p);                          /* goes on with the handshake, then reads what came */
void peer_send(struct peer *p, const void *s, size_t n); /* one record at most 16 KB each */

/* A chain with TLS on top of a link to a new server. params NULL: host server.test, TLS 1.2 and 1.3. */
void link_open(struct link *l, const struct tls_params *params, const struct peer_options *options);
void link_open_limited(struct link *l, const struct tls_params *params, const struct peer_options *options,
                       size_t in_limit, size_t out_limit);
void link_close(struct link *l);

/* Moves bytes until nothing moves any more, and answers what the chain's last turn said. */
enum wh_err link_pump(struct link *l);
enum wh_err link_accept(struct link *l);       /* pumps to the decision, accepts, pumps on */
void link_down(struct link *l);                /* one way only: the chain's bytes to the server */
enum wh_err link_up(struct link *l, size_t n); /* and at most n of the server's to the chain, and a turn */

#endif
