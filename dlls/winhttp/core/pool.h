/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Connections that wait for another request: one pool for the process, shared by all sessions (SEMANTICS CN1). A pooled
 * connection has no user, no receive armed, and nothing in its buffers; it is closed after POOL_IDLE_MS. Whether the
 * peer has gone, or talks out of turn, is found out when it is taken (HOUSE, Who arms a receive).
 *
 * A connection serves a request if both name the same origin and would have been opened the same way: scheme, host,
 * port, protocol mask, ignored certificate errors, revocation.
 *
 * Threads: any; the pool's lock lies below a connection's. Ownership: the pool has a reference of each connection in
 * it.
 */
#ifndef CORE_POOL_H
#define CORE_POOL_H

#include "core/conn.h"

#define POOL_IDLE_MS 15000u

/* The connection's lock is held, it has no user any more. False: it cannot wait (not open, bytes left, a receive
 * armed); it stays the caller's. */
bool pool_put(struct conn *c);
/* A live connection with a reference of the caller's, CONN_OPEN and without user; NULL if there is none. No lock held.
 */
struct conn *pool_take(const struct conn_target *target, const struct settings *settings);
/* The idle time is over; the connection's lock is held. */
void pool_expire(struct conn *c);

#endif
