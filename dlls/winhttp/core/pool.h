/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Connections that wait for another request: one pool for the process, shared by all sessions (SEMANTICS CN1). A pooled
 * connection has no user, no receive armed, and nothing in its buffers; it is closed after POOL_IDLE_MS. Whether the
 * peer has gone, or talks out of turn, is found out when it is taken (HOUSE, Who arms a receive), unless it is warm and
 * it does no harm to find that out later (conn_warm). Over TLS the peer may have sent something that is no
 * application's business, a ticket or a new key: that is read then, and does no harm.
 *
 * A connection serves a request if both name the same origin and would have been opened the same way: scheme, host,
 * port, name that is resolved, protocol mask, ignored certificate errors, revocation; and if neither session keeps its
 * connections to itself.
 *
 * Threads: any; the pool's lock lies below a connection's. Ownership: the pool has a reference of each connection in
 * it. Seats: limit.h.
 */
#ifndef CORE_POOL_H
#define CORE_POOL_H

#include "core/conn.h"

#define POOL_IDLE_MS 15000u

/* The connection's lock is held, it has no user any more, and its chain has turned since bytes came. False: it cannot
 * wait (not open, ended, bytes left, a receive armed); it stays the caller's, with its seat. */
bool pool_put(struct conn *c);
/* What a connection out of the pool is for. */
enum pool_for {
    POOL_FOR_ASYNC,
    POOL_FOR_SYNC,
    POOL_FOR_SYNC_AGAIN /* what fails on it may be sent again */
};

/* A live connection with a reference of the caller's, CONN_OPEN and without user, which takes over the seat. A receive
 * is armed for an asynchronous user or a synchronous one (conn_probe), except on a warm connection for what may be sent
 * again. NULL if there is none. No lock held. */
struct conn *pool_take(const struct conn_target *target, const struct settings *settings, struct limit_server *seat,
                       enum pool_for use);
/* Before a new connection is made: closes those of the seat's server that rest and are too many. No lock held. */
void pool_make_room(struct limit_server *seat);
/* Whether c has been, or would be, opened as one for target and settings is. */
bool pool_shares(const struct conn_target *target, const struct settings *settings, const struct conn *c);
/* The idle time is over; the connection's lock is held. */
void pool_expire(struct conn *c);

#endif
