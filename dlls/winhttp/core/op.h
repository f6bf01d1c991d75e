/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One accepted operation of an object, embedded in it: it needs no memory to complete, and it completes exactly once.
 * Success, failure, time-out and cancellation all end in op_resolve, which asserts that the slot was pending.
 *
 * Asynchronous handles: resolving fills the slot's note and posts it on the slot's lane. Synchronous handles, and the
 * one asynchronous call that waits (W5): resolving stores the outcome and sets the slot's event, for the thread inside
 * the call. Guard: the lock of the connection the object is bound to, else the object's own. A slot is busy until its
 * completion has been taken for delivery, so that a note is never reused under the application's callback.
 */
#ifndef CORE_OP_H
#define CORE_OP_H

#include <stdint.h>
#include "core/object.h"

struct op {
    struct object *object; /* constant */
    enum lane_id lane;     /* constant, but for a Receive that Close cancels */
    bool pending;
    bool waited;     /* the call waits for the outcome: no completion is told; synchronous handles always */
    DWORD thread;    /* that began it; its own event is not set for its own sake */
    DWORD api;       /* API_... of WINHTTP_ASYNC_RESULT, or WINHTTP_WEB_SOCKET_OPERATION */
    uint8_t *buf;    /* the caller's buffer, touched only under the guard while pending */
    size_t len;      /* its bytes */
    size_t done;     /* bytes moved so far */
    uint64_t since;  /* clock_ms when its limit was first asked for: in the call that began it; 0: not yet */
    enum wh_err err; /* outcome, once resolved */
    int net_error;   /* Winsock's code behind a failure, to be set before op_fail; 0: none */
    HANDLE event;    /* synchronous handles, and D2's wait; taken by op_prepare_wait, kept as long as the object */
    struct note note;
};

void op_init(struct op *op, struct object *o, enum lane_id lane);
void op_destroy(struct op *op);
enum wh_err op_prepare_wait(struct op *op); /* takes an event; WH_E_NOMEM */
bool op_busy(struct op *op);                /* pending, or its completion waits for delivery */
void op_begin(struct op *op, DWORD api, void *buf,
              size_t len); /* takes a reference of the object (reason: operation) */

/* What is left of the caller's buffer, at most due bytes: *n of them; NULL: nothing. */
uint8_t *op_room(const struct op *op, uint64_t due, size_t *n);

/* When the operation has rested for timeout ms, counted from its beginning or from the last byte in its direction; 0
 * and 0xFFFFFFFF: never (TO2). Its time begins when this is first asked, at the end of the crank that left it pending:
 * most operations are done by then, and a look at the clock costs as much as one of those. */
uint64_t op_due(struct op *op, uint64_t last, uint32_t timeout);

/* Success: status with info (NULL, or inside op->note.u, or application memory) becomes the completion. */
void op_succeed(struct op *op, DWORD status, const void *info, DWORD info_len);
/* Failure: REQUEST_ERROR with the error's number (core/err.h); WebSocket objects get the WebSocket form. */
void op_fail(struct op *op, enum wh_err err);

#endif
