/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The WebSocket link: proto/ws_msg.c says what comes in, x_ws_store.c keeps what nobody has asked for yet, x_ws_out.c
 * says what goes out, x_ws_time.c when. Here they are joined; the contract is in x_ws.h.
 *
 * What the server sent is delivered in its order whether a Receive waited or not: first what the read-ahead holds, then
 * the sticky error or the close frame that was found behind it.
 */
#include "stack/x_ws.h"

#include "base/mem.h"
#include "proto/ws_msg.h"
#include "stack/x_ws_out.h"
#include "stack/x_ws_store.h"
#include "stack/x_ws_time.h"

#include <assert.h>

struct x_ws {
    struct ws_msg msg;
    struct x_ws_store store;
    struct x_ws_out out;
    struct x_ws_time time;
    enum wh_err err;      /* sticky: nothing is decoded any more */
    bool peer_closed;     /* the peer's close frame was decoded */
    bool close_delivered; /* ... and its receiver was told */
    uint16_t peer_code;
    uint8_t reason_n;
    uint8_t reason[WS_CLOSE_REASON_MAX];
};

/* A violation is answered with a close frame (RFC 6455 section 7.1.7); one that was queued before stays the only one.
 */
static enum wh_err fail(struct x_ws *w, enum wh_err err)
{
    w->err = err;
    if (err == WH_E_RESPONSE)
        x_ws_out_close(&w->out, w->msg.fail_code, span_make(NULL, 0));
    return err;
}

static void record_close(struct x_ws *w, const struct ws_event *ev)
{
    w->peer_closed = true;
    w->peer_code = ev->code;
    w->reason_n = (uint8_t)ev->data.n;
    if (ev->data.n)
        memcpy(w->reason, ev->data.p, ev->data.n);
}

/*
 * Decodes to the next data event, at most room bytes of it; pings and the close frame are dealt with on the way. WH_OK:
 * *ev lies in the first *used bytes of in, which the caller consumes. WH_AGAIN: in is used up, or the close frame was
 * seen.
 */
static enum wh_err next_data(struct x_ws *w, struct buf *in, size_t room, size_t *used, struct ws_event *ev)
{
    enum wh_err err;

    for (;;) {
        /* Also with nothing in in: the end of an empty frame may be due. */
        err = ws_msg_next(&w->msg, buf_peek(in), room, used, ev);
        if (err == WH_OK && ev->kind == WS_EVENT_DATA)
            return WH_OK;
        if (err == WH_OK && ev->kind == WS_EVENT_PING)
            x_ws_out_pong(&w->out, ev->data);
        if (err == WH_OK && ev->kind == WS_EVENT_CLOSE)
            record_close(w, ev);
        buf_consume(in, *used);
        if (err == WH_E_RESPONSE)
            return fail(w, err);
        if (err == WH_E_FULL)
            return err;
        if (w->peer_closed || (err == WH_AGAIN && !buf_len(in)))
            return WH_AGAIN;
    }
}

enum wh_err x_ws_create(const struct x_ws_config *cfg, struct x_ws **out)
{
    struct x_ws *w = mem_zalloc(sizeof(*w));

    if (!w)
        return WH_E_NOMEM;
    ws_msg_init(&w->msg);
    x_ws_store_init(&w->store, cfg->ahead_limit);
    x_ws_out_init(&w->out, cfg->random);
    x_ws_time_init(&w->time);
    *out = w;
    return WH_OK;
}

void x_ws_destroy(struct x_ws *w)
{
    if (!w)
        return;
    x_ws_store_clear(&w->store);
    x_ws_out_clear(&w->out);
    mem_free(w);
}

/* ---- receiving ---- */

static enum wh_err deliver_close(struct x_ws *w, struct x_ws_piece *piece)
{
    if (w->close_delivered)
        return WH_E_STATE;
    w->close_delivered = true;
    piece->kind = X_WS_CLOSE;
    piece->text = false;
    piece->fin = false;
    return WH_OK;
}

/* Whether a Receive is complete behind the payload of *ev, and what with. */
static bool completes(const struct ws_event *ev, bool full, struct x_ws_piece *piece)
{
    if (!ev->end && !full)
        return false;
    piece->kind = X_WS_DATA;
    piece->text = ev->text;
    piece->fin = ev->fin;
    return true;
}

enum wh_err x_ws_receive(struct x_ws *w, struct buf *in, uint8_t *dst, size_t cap, size_t *n, struct x_ws_piece *piece)
{
    struct ws_event ev;
    size_t used;
    enum wh_err err = WH_AGAIN;

    assert(cap > 0);
    *n = 0;
    if (!x_ws_store_empty(&w->store) && x_ws_store_take(&w->store, dst, cap, n, piece) == WH_OK)
        return WH_OK;
    if (w->err)
        return w->err;
    while (!w->peer_closed) {
        err = next_data(w, in, cap - *n, &used, &ev);
        if (err == WH_AGAIN && w->peer_closed)
            break;
        if (err)
            return err;
        if (ev.data.n)
            memcpy(dst + *n, ev.data.p, ev.data.n);
        buf_consume(in, used);
        *n += ev.data.n;
        if (completes(&ev, *n == cap, piece))
            return WH_OK;
    }
    return deliver_close(w, piece);
}

uint64_t x_ws_due(const struct x_ws *w)
{
    return x_ws_store_empty(&w->store) ? ws_msg_due(&w->msg) : 0;
}

enum wh_err x_ws_landed(struct x_ws *w, struct span got, size_t cap, struct x_ws_piece *piece)
{
    struct ws_event ev;
    size_t used;
    enum wh_err err = ws_msg_next(&w->msg, got, cap, &used, &ev);

    if (err != WH_OK)
        return fail(w, err);
    return completes(&ev, got.n == cap, piece) ? WH_OK : WH_AGAIN;
}

enum wh_err x_ws_ahead(struct x_ws *w, struct buf *in)
{
    struct ws_event ev;
    size_t used;
    enum wh_err err;

    if (w->err)
        return w->err;
    while (!w->peer_closed) {
        err = next_data(w, in, x_ws_store_room(&w->store), &used, &ev);
        if (err == WH_AGAIN && !w->peer_closed)
            return WH_OK;
        if (err == WH_AGAIN)
            break;
        if (err)
            return err;
        err = x_ws_store_put(&w->store, ev.data, ev.text, ev.end, ev.fin);
        buf_consume(in, used);
        if (err)
            return fail(w, err);
    }
    return WH_E_FULL;
}

enum wh_err x_ws_discard(struct x_ws *w, struct buf *in)
{
    struct ws_event ev;
    size_t used;
    enum wh_err err;

    x_ws_store_clear(&w->store);
    if (w->err)
        return w->err;
    while (!w->peer_closed) {
        err = next_data(w, in, SIZE_MAX, &used, &ev);
        if (err == WH_AGAIN && w->peer_closed)
            break;
        if (err)
            return err;
        buf_consume(in, used);
    }
    w->close_delivered = true;
    return WH_OK;
}

bool x_ws_has_ahead(const struct x_ws *w)
{
    return !x_ws_store_empty(&w->store) || (w->peer_closed && !w->close_delivered);
}

/* ---- sending ---- */

enum wh_err x_ws_send_begin(struct x_ws *w, bool text, bool fin, size_t total)
{
    return x_ws_out_begin(&w->out, text, fin, total);
}

enum wh_err x_ws_send_some(struct x_ws *w, struct span s, struct buf *out, size_t *used)
{
    return x_ws_out_some(&w->out, s, out, used);
}

enum wh_err x_ws_close(struct x_ws *w, uint16_t code, struct span reason)
{
    return x_ws_out_close(&w->out, code, reason);
}

enum wh_err x_ws_flush(struct x_ws *w, struct buf *out)
{
    return x_ws_out_flush(&w->out, out);
}

/* ---- time ---- */

/* Behind a close frame, whoever said it, nobody needs to be told that we are here. */
static bool keeps_alive(const struct x_ws *w)
{
    return !w->err && !w->peer_closed && !x_ws_close_queued(w);
}

enum wh_err x_ws_set_keepalive(struct x_ws *w, uint32_t ms, uint64_t now)
{
    if (ms < X_WS_KEEPALIVE_MIN)
        return WH_E_ARG;
    x_ws_time_every(&w->time, ms, now);
    return WH_OK;
}

void x_ws_set_close_wait(struct x_ws *w, uint32_t ms)
{
    w->time.close_ms = ms;
}

uint32_t x_ws_close_wait(const struct x_ws *w)
{
    return w->time.close_ms;
}

void x_ws_closing(struct x_ws *w, uint64_t now)
{
    x_ws_time_closing(&w->time, now);
}

uint64_t x_ws_deadline(const struct x_ws *w)
{
    uint64_t close = x_ws_time_close_due(&w->time);

    return keeps_alive(w) && w->time.keepalive_due < close ? w->time.keepalive_due : close;
}

enum wh_err x_ws_expired(struct x_ws *w, uint64_t now, bool flushed)
{
    uint64_t close = x_ws_time_close_due(&w->time);

    if (close != X_WS_NEVER && now >= close)
        return WH_E_TIMEOUT;
    if (!keeps_alive(w) || !x_ws_time_tick(&w->time, now))
        return WH_OK;
    /* The tick of an otherwise idle connection is also when memory of the last burst goes back. */
    x_ws_store_trim(&w->store);
    if (flushed)
        x_ws_out_keepalive(&w->out);
    return WH_OK;
}

/* ---- closing ---- */

bool x_ws_close_queued(const struct x_ws *w)
{
    return w->out.close_state != X_WS_CLOSE_NONE;
}

bool x_ws_close_sent(const struct x_ws *w)
{
    return w->out.close_state == X_WS_CLOSE_SENT;
}

bool x_ws_peer_closed(const struct x_ws *w)
{
    return w->peer_closed;
}

enum wh_err x_ws_peer_status(const struct x_ws *w, uint16_t *code, struct span *reason)
{
    if (!w->peer_closed)
        return WH_E_STATE;
    *code = w->peer_code;
    *reason = span_make(w->reason, w->reason_n);
    return WH_OK;
}
