/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/op.h"
#include <assert.h>
#include <string.h>
#include "core/err.h"
#include "io/clock.h"
#include "io/event.h"
#include "io/timer.h"

void op_init(struct op *op, struct object *o, enum lane_id lane)
{
    memset(op, 0, sizeof(*op));
    op->object = o;
    op->lane = lane;
}

void op_destroy(struct op *op)
{
    assert(!op->pending);
    event_give(op->event);
}

enum wh_err op_prepare_wait(struct op *op)
{
    HANDLE event;

    if (op->event)
        return WH_OK;
    event = event_take();
    if (!event)
        return WH_E_NOMEM;
    /* No lock is held: another call may have been quicker, even if only one of them will find the slot free. */
    if (InterlockedCompareExchangePointer((void *volatile *)&op->event, event, NULL))
        event_give(event);
    return WH_OK;
}

bool op_busy(struct op *op)
{
    return op->pending || note_queued(&op->note);
}

void op_begin(struct op *op, DWORD api, void *buf, size_t len)
{
    assert(!op->pending);
    object_ref(op->object);
    op->pending = true;
    op->waited = !op->object->async;
    op->thread = GetCurrentThreadId();
    op->api = api;
    op->buf = buf;
    op->len = len;
    op->done = 0;
    op->err = WH_OK;
    op->net_error = 0;
    op->since = 0;
    op->note.not_on = 0;
}

uint8_t *op_room(const struct op *op, uint64_t due, size_t *n)
{
    size_t left = op->len - op->done;

    *n = due < left ? (size_t)due : left;
    return *n ? op->buf + op->done : NULL;
}

uint64_t op_due(struct op *op, uint64_t last, uint32_t timeout)
{
    if (timeout == 0 || timeout == 0xFFFFFFFFu)
        return TIMER_NEVER;
    if (!op->since)
        op->since = clock_ms();
    return (last > op->since ? last : op->since) + timeout;
}

/* The one way out of pending. The operation's reference goes to the note, if there is one. */
static void op_resolve(struct op *op, enum wh_err err)
{
    struct object *o = op->object;

    assert(op->pending);
    op->pending = false;
    op->err = err;
    if (!op->waited) {
        op->note.completion = true;
        notify_post(o, op->lane, &op->note);
        return;
    }
    if (op->event && op->thread != GetCurrentThreadId())
        SetEvent(op->event);
    object_unref(o);
}

void op_succeed(struct op *op, DWORD status, const void *info, DWORD info_len)
{
    op->note.status = status;
    op->note.info = info;
    op->note.info_len = info_len;
    op_resolve(op, WH_OK);
}

void op_fail(struct op *op, enum wh_err err)
{
    struct note *n = &op->note;

    if (err == WH_E_CANCELLED)
        n->not_on = 0; /* a cancellation belongs to the call that cancels, not to the one that began (D14, W44) */
    n->status = WINHTTP_CALLBACK_STATUS_REQUEST_ERROR;
    n->net_error = (DWORD)op->net_error;
    if (op->object->type == OBJECT_WEBSOCKET) {
        /* Windows reports dwResult 0 for WebSocket operations; Operation tells which (API.md section 3.3). */
        n->u.ws_result.AsyncResult.dwResult = 0;
        n->u.ws_result.AsyncResult.dwError = err_code(err);
        n->u.ws_result.Operation = (WINHTTP_WEB_SOCKET_OPERATION)op->api;
        n->info = &n->u;
        n->info_len = sizeof(n->u.ws_result);
    } else {
        n->u.result.dwResult = op->api;
        n->u.result.dwError = err_code(err);
        n->info = &n->u;
        n->info_len = sizeof(n->u.result);
    }
    op_resolve(op, err);
}
