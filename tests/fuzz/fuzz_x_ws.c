/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The whole WebSocket link under a script: each byte of the input is a call, some with arguments behind it. Whatever
 * happens,
 *   - what leaves is a sequence of whole client frames, in legal order, with no data behind our close frame,
 *   - what is delivered is what a message decoder of its own makes of all that came (unless it was discarded),
 *   - the read-ahead stays within its limit.
 */
#include "fuzz/fuzz.h"

#include "proto/ws_msg.h"
#include "stack/x_ws.h"

#define IN_MAX  65536u
#define ALL_MAX (1u << 20)

struct peer {
    struct span script;
    struct x_ws *link;
    struct buf in, out;
    struct ws_msg model; /* decodes the same bytes, at once */
    struct buf expected; /* data payload that the model told and the link has not delivered */
    bool model_over, discarded;
    size_t send_left;
    uint64_t now;
    bool sending, send_text, message_open, message_text;
    /* what has left */
    struct buf wire;
    bool close_seen, data_open;
};

static struct peer t;
static uint8_t payload[4096]; /* what is sent: nothing depends on it */

static uint8_t next_byte(void)
{
    return fuzz_byte(&t.script);
}

static void fixed_key(void *dst, size_t n)
{
    memset(dst, 0x5A, n);
}

/* Gives bytes to the link, and to the model, whose data is noted. */
static void feed(struct span s)
{
    if (s.n > buf_room(&t.in) || buf_len(&t.expected) > ALL_MAX / 2)
        return;
    REQUIRE(buf_append(&t.in, s) == WH_OK);
    while (!t.model_over) {
        struct ws_event ev;
        size_t used;
        enum wh_err err = ws_msg_next(&t.model, s, SIZE_MAX, &used, &ev);

        s = span_skip(s, used);
        if (err == WH_AGAIN)
            return;
        t.model_over = err != WH_OK || ev.kind == WS_EVENT_CLOSE;
        if (err == WH_OK && ev.kind == WS_EVENT_DATA)
            REQUIRE(buf_append(&t.expected, ev.data) == WH_OK);
    }
}

/* A well-formed server frame: first byte and length from the script, payload too as far as it goes. */
static void feed_frame(void)
{
    uint8_t frame[2 + 125] = {0};
    uint8_t n;

    frame[0] = next_byte();
    n = next_byte() % 126;
    frame[1] = n;
    for (uint8_t i = 0; i < n; i++)
        frame[2 + i] = t.script.n ? next_byte() : 'x';
    feed(span_make(frame, 2u + n));
}

static void feed_raw(void)
{
    size_t n = next_byte() % 16;
    struct span s = span_head(t.script, n);

    t.script = span_skip(t.script, s.n);
    feed(s);
}

/* A frame with a large payload: the forms of the length are worth a path of their own. */
static void feed_large(void)
{
    static uint8_t frame[10 + 70000];
    struct ws_frame f = {.opcode = next_byte() & 0x0F, .fin = true};
    size_t head;

    f.len = (uint64_t)next_byte() * 257;
    head = ws_frame_encode(&f, frame);
    memset(frame + head, 'y', (size_t)f.len);
    feed(span_make(frame, head + (size_t)f.len));
}

/* One that fails may have more expected than was delivered: large pieces fail whole, small ones do not. */
static void delivered(struct span s)
{
    while (s.n && !t.discarded) {
        struct span e = span_head(buf_peek(&t.expected), s.n);

        if (!e.n) {
            /* Only in front of an impossible byte may the link have told more than the model. */
            REQUIRE(t.model.state == WS_MSG_FAILED);
            return;
        }
        REQUIRE(memcmp(e.p, s.p, e.n) == 0);
        s = span_skip(s, e.n);
        buf_consume(&t.expected, e.n);
    }
}

static void receive(void)
{
    static uint8_t dst[256];
    struct x_ws_piece piece;
    size_t n = 999, cap = 1u + next_byte();
    enum wh_err err = x_ws_receive(t.link, &t.in, dst, cap, &n, &piece);

    REQUIRE(n <= cap);
    delivered(span_make(dst, n));
    switch (err) {
    case WH_OK:
        REQUIRE(piece.kind == X_WS_CLOSE ? n == 0 && x_ws_peer_closed(t.link) : n > 0 || piece.fin);
        break;
    case WH_AGAIN:
        REQUIRE(n < cap && buf_len(&t.in) == 0 && !x_ws_has_ahead(t.link));
        break;
    case WH_E_STATE:
        REQUIRE(x_ws_peer_closed(t.link));
        break;
    default:
        REQUIRE(err == WH_E_RESPONSE && x_ws_close_queued(t.link));
        break;
    }
    if (err == WH_OK && piece.kind == X_WS_CLOSE && !t.discarded)
        REQUIRE(buf_len(&t.expected) == 0);
}

static void ahead(void)
{
    size_t before = mem_live();
    enum wh_err err = x_ws_ahead(t.link, &t.in);

    REQUIRE(err == WH_OK || err == WH_E_FULL || err == WH_E_RESPONSE);
    if (err == WH_OK)
        REQUIRE(buf_len(&t.in) == 0);
    /* Its blocks: at most a few chunks of at least 2 KB, and spare ones. Those of in went the other way. */
    REQUIRE(mem_live() <= before + 12);
}

static void discard(void)
{
    enum wh_err err = x_ws_discard(t.link, &t.in);

    t.discarded = true;
    REQUIRE(err == WH_OK || err == WH_AGAIN || err == WH_E_RESPONSE);
    REQUIRE((err == WH_OK) == x_ws_peer_closed(t.link));
    if (err == WH_AGAIN)
        REQUIRE(buf_len(&t.in) == 0);
    REQUIRE(err != WH_AGAIN || !x_ws_has_ahead(t.link));
}

static void send_begin(void)
{
    uint8_t how = next_byte();
    size_t total = (how & 4) ? next_byte() * 16u : next_byte() % 8;
    bool text = how & 1, fin = how & 2;
    enum wh_err err = x_ws_send_begin(t.link, text, fin, total);

    if (t.sending || x_ws_close_queued(t.link)) {
        REQUIRE(err == WH_E_STATE);
    } else if (t.message_open && t.message_text != text) {
        REQUIRE(err == WH_E_ARG);
    } else {
        REQUIRE(err == WH_OK);
        t.sending = true;
        t.send_left = total;
        t.message_open = !fin;
        t.message_text = text;
    }
}

static void send_some(void)
{
    size_t used = 999;
    struct span s = span_make(payload, t.send_left);
    enum wh_err err;

    if (next_byte() & 1)
        s = span_head(s, 5);
    err = x_ws_send_some(t.link, s, &t.out, &used);
    REQUIRE(used <= s.n);
    if (!t.sending) {
        REQUIRE(err == WH_E_STATE && used == 0);
        return;
    }
    t.send_left -= used;
    REQUIRE(err == (t.send_left ? WH_AGAIN : err));
    if (err == WH_OK)
        t.sending = false;
    else
        REQUIRE(err == WH_AGAIN);
}

static void close_link(void)
{
    uint16_t code = (uint16_t)(next_byte() << 8);
    size_t n = next_byte() % 130;
    bool before = x_ws_close_queued(t.link);
    enum wh_err err;

    code = (uint16_t)(code | next_byte());
    err = x_ws_close(t.link, code, span_make(payload, n));
    REQUIRE(err == WH_OK || err == WH_E_ARG || err == WH_E_STATE);
    REQUIRE(err != WH_OK || !before);
    REQUIRE(x_ws_close_queued(t.link) == (before || err == WH_OK));
}

static void one_frame_left(const struct ws_frame *f)
{
    switch (f->opcode) {
    case WS_OP_PONG:
        break;
    case WS_OP_CLOSE:
        REQUIRE(!t.close_seen && f->len != 1);
        t.close_seen = true;
        break;
    default:
        REQUIRE(f->opcode == WS_OP_CONTINUATION || f->opcode == WS_OP_TEXT || f->opcode == WS_OP_BINARY);
        REQUIRE(!t.close_seen && (f->opcode == WS_OP_CONTINUATION) == t.data_open);
        t.data_open = !f->fin;
        break;
    }
}

/* What has left so far is whole frames, and perhaps the beginning of one more. */
static void drain(void)
{
    struct ws_frame f;
    struct span head;
    size_t used;

    REQUIRE(buf_splice(&t.wire, &t.out) == WH_OK);
    while (buf_len(&t.wire)) {
        size_t n = buf_len(&t.wire) < WS_HEAD_MAX ? buf_len(&t.wire) : WS_HEAD_MAX;
        enum wh_err err;

        REQUIRE(buf_pullup(&t.wire, n, &head) == WH_OK);
        err = ws_frame_decode(head, WS_CLIENT, &f, &used);
        REQUIRE(err == WH_OK || err == WH_AGAIN);
        if (err || f.len > buf_len(&t.wire) - used)
            return;
        buf_consume(&t.wire, used + (size_t)f.len);
        one_frame_left(&f);
    }
}

static void flush(void)
{
    enum wh_err err = x_ws_flush(t.link, &t.out);

    REQUIRE(err == WH_OK || err == WH_AGAIN);
    REQUIRE(err == WH_AGAIN || t.sending || x_ws_close_queued(t.link) == x_ws_close_sent(t.link));
}

/* A while later. The application has not begun Close, so nothing can take too long. */
static void tick(void)
{
    uint64_t due = x_ws_deadline(t.link);

    t.now += next_byte() * 1000u;
    REQUIRE(x_ws_expired(t.link, t.now, next_byte() & 1) == WH_OK);
    REQUIRE(x_ws_deadline(t.link) >= due && x_ws_deadline(t.link) > t.now);
    REQUIRE(!x_ws_close_queued(t.link) || due == X_WS_NEVER);
}

static void step(void)
{
    static void (*const calls[])(void) = {feed_raw,  feed_frame, feed_large, receive, ahead, send_begin,
                                          send_some, flush,      drain,      receive, ahead, feed_frame};
    uint8_t op = next_byte();

    if (op >= 0xF0)
        discard();
    else if (op >= 0xE8)
        close_link();
    else if (op >= 0xE0)
        tick();
    else
        calls[op % (sizeof(calls) / sizeof(calls[0]))]();
}

/* Everything that can still leave does, whole. */
static void finish(void)
{
    size_t used;
    enum wh_err err;

    while (t.sending) {
        err = x_ws_send_some(t.link, span_make(payload, t.send_left), &t.out, &used);
        REQUIRE(err == WH_OK || err == WH_AGAIN);
        t.send_left -= used;
        t.sending = err == WH_AGAIN;
        drain();
    }
    while (x_ws_flush(t.link, &t.out) == WH_AGAIN)
        drain();
    drain();
    REQUIRE(buf_len(&t.wire) == 0 && t.close_seen == x_ws_close_queued(t.link));
    REQUIRE(t.close_seen == x_ws_close_sent(t.link));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct x_ws_config cfg = {.random = fixed_key};
    size_t live = mem_live();

    memset(&t, 0, sizeof(t));
    t.script = span_make(data, size);
    cfg.ahead_limit = next_byte() * 16u;
    buf_init(&t.in, IN_MAX);
    buf_init(&t.out, 1u + next_byte());
    buf_init(&t.expected, ALL_MAX);
    buf_init(&t.wire, ALL_MAX);
    ws_msg_init(&t.model);
    REQUIRE(x_ws_create(&cfg, &t.link) == WH_OK);
    REQUIRE(x_ws_set_keepalive(t.link, X_WS_KEEPALIVE_MIN, t.now) == WH_OK);
    while (t.script.n)
        step();
    finish();
    x_ws_destroy(t.link);
    buf_clear(&t.in);
    buf_clear(&t.out);
    buf_clear(&t.expected);
    buf_clear(&t.wire);
    REQUIRE(mem_live() == live);
    return 0;
}
