/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The sending half of a WebSocket link; see x_ws_out.h, and x_ws.h for what the functions promise their users. */
#include "stack/x_ws_out.h"

#include "proto/ws_msg.h"

#define CONTROL_HEAD 6u /* two bytes and the masking key: what a control frame of ours adds to its payload */

static void fresh_key(struct x_ws_out *o, uint8_t key[4])
{
    if (!o->keys_left) {
        o->random(o->keys, sizeof(o->keys));
        o->keys_left = sizeof(o->keys);
    }
    o->keys_left = (uint8_t)(o->keys_left - 4);
    memcpy(key, o->keys + o->keys_left, 4);
}

/* ---- the wire area ---- */

static enum wh_err move_wire(struct x_ws_out *o, struct buf *out)
{
    struct span s = span_head(span_make(o->wire + o->wire_off, (size_t)o->wire_n - o->wire_off), buf_room(out));
    enum wh_err err = buf_append(out, s);

    if (err)
        return err;
    o->wire_off = (uint8_t)(o->wire_off + s.n);
    if (o->wire_off < o->wire_n)
        return WH_AGAIN;
    if (o->close_state == X_WS_CLOSE_MOVING)
        o->close_state = X_WS_CLOSE_SENT;
    return WH_OK;
}

static void stage_control(struct x_ws_out *o, uint8_t opcode, const struct x_ws_control *c)
{
    struct ws_frame f = {.len = c->n, .opcode = opcode, .fin = true, .masked = true};
    size_t head;

    fresh_key(o, f.key);
    head = ws_frame_encode(&f, o->wire);
    ws_frame_mask(o->wire + head, c->payload, c->n, f.key, 0);
    o->wire_n = (uint8_t)(head + c->n);
    o->wire_off = 0;
}

/* ---- pongs and close ---- */

static size_t pongs_waiting(const struct x_ws_out *o)
{
    return o->pong_count + (o->has_newest ? 1 : 0);
}

/* Takes the oldest pong that waits. */
static void pop_pong(struct x_ws_out *o, struct x_ws_control *c)
{
    if (!o->pong_count) {
        *c = o->newest;
        o->has_newest = false;
        return;
    }
    buf_read(&o->pongs, &c->n, 1);
    buf_read(&o->pongs, c->payload, c->n);
    if (--o->pong_count == 0)
        buf_trim(&o->pongs);
}

/* Puts the next control frame into the wire area; false when none waits. */
static bool stage_next(struct x_ws_out *o)
{
    struct x_ws_control c;

    if (o->close_state == X_WS_CLOSE_QUEUED && !o->before_close) {
        stage_control(o, WS_OP_CLOSE, &o->close);
        o->close_state = X_WS_CLOSE_MOVING;
        return true;
    }
    if (!pongs_waiting(o))
        return false;
    pop_pong(o, &c);
    stage_control(o, WS_OP_PONG, &c);
    if (o->before_close)
        o->before_close--;
    return true;
}

static enum wh_err move_controls(struct x_ws_out *o, struct buf *out)
{
    enum wh_err err;

    do
        err = move_wire(o, out);
    while (!err && stage_next(o));
    return err;
}

static bool controls_wait(const struct x_ws_out *o)
{
    return o->wire_off < o->wire_n || o->close_state == X_WS_CLOSE_QUEUED || pongs_waiting(o);
}

/* D17: one more pong may wait beside those that do. */
static bool pong_fits(const struct x_ws_out *o, size_t n)
{
    size_t waiting = pongs_waiting(o);
    size_t payload = buf_len(&o->pongs) - o->pong_count + o->newest.n;

    return waiting < X_WS_PONGS_MAX || (waiting + 1) * CONTROL_HEAD + payload + n <= X_WS_PONG_BYTES_MAX;
}

void x_ws_out_pong(struct x_ws_out *o, struct span payload)
{
    /* The newest so far becomes an older one, unless there is no place: then it is the one that goes unanswered. */
    if (o->has_newest && pong_fits(o, payload.n)) {
        uint8_t entry[1 + WS_CONTROL_MAX];

        entry[0] = o->newest.n;
        memcpy(entry + 1, o->newest.payload, o->newest.n);
        if (!buf_append(&o->pongs, span_make(entry, 1u + o->newest.n)))
            o->pong_count++;
    }
    o->newest.n = (uint8_t)payload.n;
    if (payload.n)
        memcpy(o->newest.payload, payload.p, payload.n);
    o->has_newest = true;
}

void x_ws_out_keepalive(struct x_ws_out *o)
{
    if (o->state == X_WS_OUT_IDLE && o->close_state == X_WS_CLOSE_NONE && !controls_wait(o))
        x_ws_out_pong(o, span_make(NULL, 0));
}

enum wh_err x_ws_out_close(struct x_ws_out *o, uint16_t code, struct span reason)
{
    if (reason.n > WS_CLOSE_REASON_MAX)
        return WH_E_ARG;
    if (code == WS_CODE_NO_STATUS ? reason.n != 0 : !ws_msg_code_allowed(code))
        return WH_E_ARG;
    if (o->close_state != X_WS_CLOSE_NONE)
        return WH_E_STATE;
    o->close_state = X_WS_CLOSE_QUEUED;
    o->before_close = pongs_waiting(o);
    o->close.n = 0;
    if (code == WS_CODE_NO_STATUS)
        return WH_OK;
    o->close.payload[0] = (uint8_t)(code >> 8);
    o->close.payload[1] = (uint8_t)code;
    if (reason.n)
        memcpy(o->close.payload + 2, reason.p, reason.n);
    o->close.n = (uint8_t)(2 + reason.n);
    return WH_OK;
}

enum wh_err x_ws_out_flush(struct x_ws_out *o, struct buf *out)
{
    if (!controls_wait(o))
        return WH_OK;
    /* Inside a frame nothing may be put in between. Before its first byte only pongs could be, which x_ws_out_some
     * does. */
    return o->state == X_WS_OUT_IDLE ? move_controls(o, out) : WH_AGAIN;
}

/* ---- data frames ---- */

enum wh_err x_ws_out_begin(struct x_ws_out *o, bool text, bool fin, size_t total)
{
    if (o->state != X_WS_OUT_IDLE || o->close_state != X_WS_CLOSE_NONE)
        return WH_E_STATE;
    if (o->in_message && o->text != text)
        return WH_E_ARG;
    o->frame.opcode = o->in_message ? WS_OP_CONTINUATION : text ? WS_OP_TEXT : WS_OP_BINARY;
    o->frame.fin = fin;
    o->frame.masked = true;
    o->frame.len = total;
    o->in_message = !fin;
    o->text = text;
    o->state = X_WS_OUT_BEGUN;
    return WH_OK;
}

/* Pongs go first, as soon as is practical (section 5.5.3). Our close frame does not: it was queued behind this frame.
 */
static enum wh_err begin_payload(struct x_ws_out *o, struct buf *out)
{
    enum wh_err err = o->close_state == X_WS_CLOSE_NONE ? move_controls(o, out) : move_wire(o, out);

    if (err)
        return err;
    fresh_key(o, o->frame.key);
    o->wire_n = (uint8_t)ws_frame_encode(&o->frame, o->wire);
    o->wire_off = 0;
    o->left = o->frame.len;
    o->state = X_WS_OUT_PAYLOAD;
    return WH_OK;
}

enum wh_err x_ws_out_some(struct x_ws_out *o, struct span s, struct buf *out, size_t *used)
{
    enum wh_err err;

    *used = 0;
    if (o->state == X_WS_OUT_IDLE)
        return WH_E_STATE;
    if (o->state == X_WS_OUT_BEGUN) {
        err = begin_payload(o, out);
        if (err)
            return err;
    }
    err = move_wire(o, out);
    if (err)
        return err;
    if (o->left < s.n)
        s.n = (size_t)o->left;
    while (*used < s.n) {
        uint8_t *p;
        size_t n;

        err = buf_reserve(out, s.n - *used, &p, &n);
        if (err)
            return err == WH_E_FULL ? WH_AGAIN : err;
        ws_frame_mask(p, s.p + *used, n, o->frame.key, o->frame.len - o->left);
        buf_commit(out, n);
        *used += n;
        o->left -= n;
    }
    if (o->left)
        return WH_AGAIN;
    o->state = X_WS_OUT_IDLE;
    return WH_OK;
}

void x_ws_out_init(struct x_ws_out *o, void (*random)(void *dst, size_t n))
{
    memset(o, 0, sizeof(*o));
    o->random = random;
    buf_init(&o->pongs, X_WS_PONG_BYTES_MAX);
}

void x_ws_out_clear(struct x_ws_out *o)
{
    buf_clear(&o->pongs);
}
