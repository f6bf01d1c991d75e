/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What conn.c, conn_crank.c and conn_io.c have in common beside conn.h. All with the connection's lock held, unless a
 * line says otherwise; references as in conn.h.
 */
#ifndef CORE_CONN_INNER_H
#define CORE_CONN_INNER_H

#include "core/conn.h"

/* conn_io.c */

/* An operation's packet or event came. WH_AGAIN: the kernel still has it. Its reference is the caller's to drop. */
enum wh_err conn_io_ended(struct conn *c, struct sock_op *op);

/* Hands what stands in wire_out to the kernel, none of which it has yet. True: it took some, or failed, at once. */
bool conn_send_some(struct conn *c);

/* Receives if somebody wants bytes. True: bytes, or the end, came at once. event: of the synchronous call that cranks.
 */
bool conn_receive_some(struct conn *c, HANDLE event);

/* Behind conn_kill, with nobody to wait for it any more: ends the receive that belongs to no call. Lets go of the lock
 * while it waits for the kernel. */
void conn_settle(struct conn *c);

/* conn_crank.c */

bool conn_wants_bytes(const struct conn *c);

/* The timer only ever moves earlier here; one that fires too early is set anew (io/timer.h). */
void crank_deadline(struct conn *c);

/* NO lock held: packets, tasks and timers of workers; each gives back its operation's reference. */
void crank_io(struct sock_op *op);
void crank_task(struct task *t);
void crank_timer(struct task *t);

#endif
