/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is remembered of TLS connections for those that come after them: what all have in common (stack/f_tls.h), the
 * session, to be resumed (RFC 8446 section 2.2, RFC 5077), and the verdict on its certificates. A resumed handshake
 * brings no certificates but those of the first one, so as long as the verdict on them is young nobody has to be asked
 * again; it is asked again all the same where revocation is to be looked at.
 *
 * The key is the pool's (pool.h): what may share a connection may resume it, for it would have got the same verdict. A
 * session serves one connection, so that nobody on the wire can tell two of them to be the same client's (RFC 8446
 * appendix C.4); that one leaves its own behind.
 *
 * Threads: any; under a connection's lock. Ownership: copies. Limits: below; the oldest goes first. All goes with the
 * loop. Errors: what cannot be remembered costs a full handshake and nothing else.
 */
#ifndef CORE_RESUME_H
#define CORE_RESUME_H

#include "core/conn.h"

/* Sessions for so many connections that are opened at the same time, or servers; a few KB each. */
#define RESUME_MAX 64u
/* So long a verdict stands without being asked for again, as it does for a connection that stays open; what happens to
 * certificates meanwhile happens to all that were let through before. */
#define RESUME_VERDICT_MS 600000u

/* The first answer has come over c, and tickets with it: its session may be resumed. */
void resume_keep(const struct conn *c);
/* Makes the floor for c, resuming if there is what to resume; c->verdict then is the verdict on that, if it stands.
 * c->share is set, to be given back when the floor has gone. */
enum wh_err resume_create(struct conn *c, struct tls_params *params, struct filter **out);
void resume_unshare(struct tls_share *s); /* NULL is allowed */
void resume_forget(void);

#endif
