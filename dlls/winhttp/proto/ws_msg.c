/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One small function per state, turned by ws_msg_next; the states are explained in ws_msg.h. */
#include "proto/ws_msg.h"

/* What a state function answers besides enum wh_err's values: WH_AGAIN with bytes left in the input means "go on". */
struct cursor {
    struct span in;
    size_t used;
    size_t max;
};

static struct span rest(const struct cursor *c)
{
    return span_skip(c->in, c->used);
}

static enum wh_err fail(struct ws_msg *m, uint16_t code)
{
    m->state = WS_MSG_FAILED;
    m->fail_code = code;
    return WH_E_RESPONSE;
}

/* Moves up to n bytes of the input to held. */
static void hold(struct ws_msg *m, struct cursor *c, size_t n)
{
    struct span s = span_head(rest(c), n);

    if (!s.n)
        return;
    memcpy(m->held + m->held_n, s.p, s.n);
    m->held_n = (uint8_t)(m->held_n + s.n);
    c->used += s.n;
}

/* Section 5.4: a continuation needs a message, any other data frame must not stand inside one. */
static bool order_allowed(const struct ws_msg *m, unsigned opcode)
{
    return ws_opcode_is_control(opcode) || (opcode == WS_OP_CONTINUATION) == m->in_message;
}

static void begin_payload(struct ws_msg *m)
{
    m->left = m->frame.len;
    m->held_n = 0;
    if (ws_opcode_is_control(m->frame.opcode)) {
        m->state = WS_MSG_CONTROL;
        return;
    }
    m->state = WS_MSG_DATA;
    if (m->in_message)
        return;
    m->in_message = true;
    m->text = m->frame.opcode == WS_OP_TEXT;
    utf8_init(&m->utf8);
}

/* A head that lies in the input whole, which is the rule, is decoded there; one that is cut is put together in held. */
static enum wh_err next_head(struct ws_msg *m, struct cursor *c)
{
    struct span s = rest(c);
    uint8_t before = m->held_n;
    size_t n;
    enum wh_err err;

    if (before) {
        struct span more = span_head(s, WS_HEAD_MAX_SERVER - before);

        memcpy(m->held + before, more.p, more.n);
        s = span_make(m->held, before + more.n);
    }
    if (!order_allowed(m, s.p[0] & 0x0F))
        return fail(m, WS_CODE_PROTOCOL);
    err = ws_frame_decode(s, WS_SERVER, &m->frame, &n);
    if (err == WH_AGAIN) {
        hold(m, c, WS_HEAD_MAX_SERVER - before);
        return WH_AGAIN;
    }
    if (err)
        return fail(m, WS_CODE_PROTOCOL);
    c->used += n - before;
    begin_payload(m);
    return WH_AGAIN;
}

/* The end of a data frame is reached. */
static enum wh_err end_frame(struct ws_msg *m)
{
    m->state = WS_MSG_HEAD;
    if (!m->frame.fin)
        return WH_OK;
    m->in_message = false;
    return m->text && !utf8_complete(&m->utf8) ? fail(m, WS_CODE_BAD_PAYLOAD) : WH_OK;
}

static enum wh_err next_data(struct ws_msg *m, struct cursor *c, struct ws_event *ev)
{
    struct span s = span_head(rest(c), c->max);
    size_t bad;
    enum wh_err err;

    if (m->left == 0 && !m->frame.fin) {
        m->state = WS_MSG_HEAD;
        return WH_AGAIN;
    }
    if (!c->max)
        return WH_E_FULL;
    if (m->left < s.n)
        s.n = (size_t)m->left;
    if (!s.n && m->left)
        return WH_AGAIN;
    if (m->text && !utf8_feed(&m->utf8, s, &bad))
        return fail(m, WS_CODE_BAD_PAYLOAD);
    m->left -= s.n;
    c->used += s.n;
    if (m->left == 0) {
        err = end_frame(m);
        if (err)
            return err;
    }
    ev->kind = WS_EVENT_DATA;
    ev->data = s;
    ev->text = m->text;
    ev->end = m->left == 0;
    ev->fin = ev->end && m->frame.fin;
    return WH_OK;
}

static enum wh_err closed(struct ws_msg *m, struct span payload, struct ws_event *ev)
{
    struct utf8 u;
    size_t bad;
    uint16_t code = WS_CODE_NO_STATUS;

    if (payload.n == 1)
        return fail(m, WS_CODE_PROTOCOL);
    if (payload.n) {
        code = (uint16_t)(payload.p[0] << 8 | payload.p[1]);
        if (!ws_msg_code_allowed(code))
            return fail(m, WS_CODE_PROTOCOL);
        payload = span_skip(payload, 2);
    }
    utf8_init(&u);
    if (!utf8_feed(&u, payload, &bad) || !utf8_complete(&u))
        return fail(m, WS_CODE_BAD_PAYLOAD);
    m->state = WS_MSG_CLOSED;
    ev->kind = WS_EVENT_CLOSE;
    ev->code = code;
    ev->data = payload;
    return WH_OK;
}

static enum wh_err next_control(struct ws_msg *m, struct cursor *c, struct ws_event *ev)
{
    struct span payload;

    hold(m, c, (size_t)m->frame.len - m->held_n);
    if (m->held_n < m->frame.len)
        return WH_AGAIN;
    payload = span_make(m->held, m->held_n);
    m->held_n = 0;
    m->state = WS_MSG_HEAD;
    if (m->frame.opcode == WS_OP_PONG)
        return WH_AGAIN; /* nobody asks for pongs: section 5.5.3 lets us ignore them */
    if (m->frame.opcode == WS_OP_CLOSE)
        return closed(m, payload, ev);
    ev->kind = WS_EVENT_PING;
    ev->data = payload;
    return WH_OK;
}

static bool empty_frame_ends(const struct ws_msg *m)
{
    return m->state == WS_MSG_DATA ? m->left == 0 : m->state == WS_MSG_CONTROL && m->frame.len == 0;
}

void ws_msg_init(struct ws_msg *m)
{
    memset(m, 0, sizeof(*m));
    m->state = WS_MSG_HEAD;
}

enum wh_err ws_msg_next(struct ws_msg *m, struct span in, size_t max, size_t *used, struct ws_event *ev)
{
    struct cursor c = {in, 0, max};
    enum wh_err err = WH_AGAIN;

    while (err == WH_AGAIN && (c.used < in.n || empty_frame_ends(m))) {
        switch (m->state) {
        case WS_MSG_HEAD:
            err = next_head(m, &c);
            break;
        case WS_MSG_DATA:
            err = next_data(m, &c, ev);
            break;
        case WS_MSG_CONTROL:
            err = next_control(m, &c, ev);
            break;
        case WS_MSG_CLOSED:
            c.used = in.n; /* section 5.5.1: nothing behind a close frame counts */
            break;
        case WS_MSG_FAILED:
            err = WH_E_RESPONSE;
            break;
        }
    }
    if (m->state == WS_MSG_FAILED)
        err = WH_E_RESPONSE;
    *used = c.used;
    return err;
}

uint64_t ws_msg_due(const struct ws_msg *m)
{
    return m->state == WS_MSG_DATA ? m->left : 0;
}

bool ws_msg_code_allowed(unsigned code)
{
    if (code >= 3000)
        return code <= 4999;
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
}
