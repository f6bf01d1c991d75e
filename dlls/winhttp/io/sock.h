/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One TCP socket and its two outstanding operations: a receive, and a connect or a send. Operations are issued where
 * the caller stands.
 *
 * An operation given an event ends by that event alone (hEvent | 1: no packet reaches the port): somebody reaps it with
 * sock_result. Should the issuing thread end first, the operation may end with it, cancelled. Without an event the
 * operation, if it does not finish at once, ends as a packet and the loop's sink is called on a worker. What finishes
 * at once makes no packet. Memory given to a pending operation must stay valid until it has ended; it is never
 * application memory.
 *
 * Events may be of either kind, and are waited for by one thread at a time. The system clears one when an operation
 * is issued with it, and may leave it set although the operation finished at once: a waiter asks sock_result what
 * became of the operation, never the event alone.
 *
 * Threads: the owner's lock guards the struct; only the kernel's completion comes without it. Ownership, endgame: the
 * owner must not free the struct, nor open it again, while sock_busy(); the loop is held as long. Limits:
 * SOCK_SEND_SPANS; longer operations than SOCK_MAX bytes are shortened to it. Errors: WH_AGAIN = pending; WH_E_CONNECT,
 * WH_E_CLOSED, WH_E_CANCELLED, WH_E_NOMEM; the Winsock code stays in last_error.
 */
#ifndef IO_SOCK_H
#define IO_SOCK_H

#include <stdbool.h>
#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
#include "base/err.h"
#include "base/span.h"

#define SOCK_SEND_SPANS 8u /* most spans of one gathered send */
#define SOCK_MAX        0x40000000u

enum sock_kind { SOCK_OP_RECV, SOCK_OP_SEND, SOCK_OP_CONNECT };

struct sock_op {
    OVERLAPPED ov; /* must stay first */
    struct sock *sock;
    enum sock_kind kind;
    bool pending; /* the kernel holds it, or its packet or event has not been answered by sock_result */
    bool evented; /* it ends by its event, and a thread reaps it */
    WSABUF vec[SOCK_SEND_SPANS];
};

struct sock {
    SOCKET s;    /* INVALID_SOCKET when none */
    void *owner; /* for the sink */
    struct sock_op recv;
    struct sock_op send; /* connect uses this one too */
    int last_error;      /* Winsock code behind the last failure, 0 if none */
    bool fin_sent;
    bool nonblocking;   /* since the first attempt */
    bool skips_packets; /* what finishes at once makes no packet (sock_quirks.h) */
};

void sock_init(struct sock *s, void *owner);
enum wh_err sock_open(struct sock *s, int family); /* on the port; not inheritable */

/* Option 152, of the open socket: the peer is asked for a sign of life after `idle` ms without one, then every
 * `interval` ms. What the system refuses is not missed. */
void sock_keep_alive(struct sock *s, uint32_t on, uint32_t idle, uint32_t interval);

/* event NULL: the port. WH_OK = done now (connect: established, TCP_NODELAY). */
enum wh_err sock_connect(struct sock *s, const struct sockaddr *addr, int len, HANDLE event);
/* WH_OK with *got == 0: the peer's FIN (n > 0), or there is something to receive (n == 0). */
enum wh_err sock_recv(struct sock *s, void *p, size_t n, HANDLE event, size_t *got);
enum wh_err sock_send(struct sock *s, const struct span *v, size_t count, HANDLE event, size_t *sent);

/* Attempts that cannot pend: WH_AGAIN = nothing moved. May touch application memory. */
enum wh_err sock_try_recv(struct sock *s, void *p, size_t n, size_t *got);
enum wh_err sock_try_send(struct sock *s, const struct span *v, size_t count, size_t *sent);

/*
 * Ends an operation whose packet or event came: WH_AGAIN if the kernel still has it (evented only), else its outcome;
 * pending is false then. For a connect this also makes the socket usable. After sock_close: WH_E_CANCELLED.
 */
enum wh_err sock_result(struct sock_op *op, size_t *bytes);

/* The kernel is through with a pending operation: its packet or event is there, or on the way. */
bool sock_done(const struct sock_op *op);

void sock_cancel(struct sock *s,
                 struct sock_op *op); /* asks; the operation still ends (WH_E_CANCELLED or its outcome) */
/* Evented only, for a call that is leaving: cancels. True: the kernel is done with it, and sock_result has the outcome,
 * which may be bytes that came just before. False: wait for the event, with no lock held, and ask again. */
bool sock_take_back(struct sock_op *op);
void sock_shutdown_send(struct sock *s);     /* FIN behind everything sent, also behind a send that is pending */
void sock_close(struct sock *s, bool abort); /* cancels both operations, closes; abort: a reset rather than a FIN */
bool sock_busy(const struct sock *s);        /* an operation is pending */

/* Zero-filled (family 0) where there is none. */
void sock_names(const struct sock *s, SOCKADDR_STORAGE *local, SOCKADDR_STORAGE *remote);

#endif
