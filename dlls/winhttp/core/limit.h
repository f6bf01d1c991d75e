/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How many connections a session may use to one server: options 73 and 74 (API.md section 2).
 *
 * Words: a *server* is a host and port as one session sees it. A *seat* is the right to use one connection to it. A
 * request takes a seat before it gets its connection, and hands it to the connection, which has it until it dies, is
 * left to linger, or goes back to the pool, where it *rests*. A connection taken over by a WebSocket keeps its seat.
 * Resting connections keep nobody waiting: pool.c closes those that stand in the way of a new one (limit_crowded).
 *
 * Who finds no seat free waits, first come, first served; newcomers stand behind those that wait. A session without
 * limits, which is the default, has neither servers nor seats (NULL) and pays nothing. What limits the wait is nothing
 * but the closing of the handle: none of the documented time-outs speaks of it (the connect and the send time-out count
 * from when the connection is tried, or the first byte is due). Each request brings the limits its session had when it
 * was opened; the newest counts.
 *
 * Servers that speak HTTP/1.0 have a limit of their own, the smaller of the two counts. It is known from the last
 * answer, to the whole process, for the LIMIT_OLD_SERVERS learned last; a hash stands for the server, and two of the
 * same hash cost one of them some speed.
 *
 * Threads: any; one lock, at the pool's level, under which only tasks are posted. Ownership: a server lives as long as
 * it has seats, resting connections or waiters. Errors: WH_AGAIN, WH_E_NOMEM.
 */
#ifndef CORE_LIMIT_H
#define CORE_LIMIT_H

#include <stdbool.h>
#include <stdint.h>
#include <winsock2.h>
#include <windows.h>
#include <winhttp.h>
#include "base/err.h"
#include "base/list.h"
#include "io/lock.h"
#include "io/loop.h"

#define LIMIT_NONE        WINHTTP_CONNS_PER_SERVER_UNLIMITED
#define LIMIT_OLD_SERVERS 64u

struct limit_server;

/* Who asks, and for what. */
struct limit_ask {
    HINTERNET session; /* stands for it; never looked up */
    const WCHAR *host;
    uint16_t port;
    uint32_t most, most_1_0; /* connections; LIMIT_NONE: as many as one likes */
};

/* A place in the queue, embedded in the request. Zero-filled but for task is a good beginning. */
struct limit_place {
    struct list node;          /* limit's lock; valid while waiting */
    bool waiting;              /* limit's lock */
    struct limit_server *seat; /* granted, and not taken yet */
    struct task *task;         /* constant: posted when a seat is granted */
};

/* WH_OK: p->seat is the caller's to take (NULL: there is no limit); it may have been granted before. WH_AGAIN: p waits,
 * and its task will be posted once, unless limit_leave takes it out before. */
enum wh_err limit_enter(struct limit_place *p, const struct limit_ask *ask);
/* p does not wait any longer, and a seat granted to it is given to the next. True: it waited, its task will not run. */
bool limit_leave(struct limit_place *p);

/* What becomes of a seat; NULL: nothing. rest: the connection has gone into the pool. give: a seat is not needed any
 * more. wake: a resting connection has left the pool. */
void limit_rest(struct limit_server *seat);
void limit_give(struct limit_server *seat);
void limit_wake(struct limit_server *seat);
/* With the caller's seat the server has more connections than it may. */
bool limit_crowded(struct limit_server *seat);

/* An answer of HTTP/1.minor has come. */
void limit_learn(const WCHAR *host, uint16_t port, unsigned minor);

#endif
