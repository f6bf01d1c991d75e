/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The client side of a conversation as core drives it: each part here has the name of the one it stands for
 * (core/conn_crank.c, core/websocket.c, core/ws_*.c), without threads, locks, and notifications.
 */
#include "chain/talk.h"

#include "chain/talk_server.h"
#include "proto/h1_write.h"
#include "proto/ws_handshake.h"
#include "stack/x_h1.h"
#include "unit/harness.h"
#include "unit/ws_case.h"

#include <stdio.h>
#include <stdlib.h>

#define IN_LIMIT  ((size_t)256 << 10) /* as in core/conn.h */
#define OUT_LIMIT ((size_t)256 << 10)
#define LARGE     ((size_t)64 << 20)

static void must(bool ok)
{
    if (!ok)
        exit(99);
}

/* Nothing here may depend on the masks; those of two frames differ all the same. */
static void count_up(void *dst, size_t n)
{
    static uint8_t next;

    for (size_t i = 0; i < n; i++)
        ((uint8_t *)dst)[i] = next++;
}

static void tell(struct talk *t, const char *what)
{
    talk_note(t, &t->told, what);
}

static void tell_error(struct talk *t, const char *verb, enum wh_err err)
{
    char text[64];

    snprintf(text, sizeof(text), "%s!%s", verb, talk_error_name(err));
    tell(t, text);
}

/* ---- failing: core/websocket.c ---- */

static void fail(struct talk *t, enum wh_err err)
{
    if (t->state < TALK_OPEN)
        tell_error(t, "open", err);
    if (t->receiving)
        tell_error(t, "receive", err);
    if (t->send_waits)
        tell_error(t, "send", err);
    if (t->close_waits)
        tell_error(t, "close", err);
    t->receiving = t->send_waits = t->close_waits = false;
    t->state = TALK_OVER;
}

/* A failed link says why before the connection is let go. */
static void violated(struct talk *t, enum wh_err err)
{
    x_ws_flush(t->link, chain_out(&t->chain));
    chain_shutdown(&t->chain);
    fail(t, err);
}

/* ---- receiving: core/ws_recv.c ---- */

static enum wh_err begin_close(struct talk *t, uint16_t code, const char *reason)
{
    enum wh_err err = x_ws_close_queued(t->link) ? WH_OK : x_ws_close(t->link, code, span_str(reason));

    if (err != WH_OK)
        return err;
    t->closing = t->close_waits = true;
    if (t->receiving)
        tell_error(t, "receive", WH_E_CANCELLED);
    t->receiving = false;
    x_ws_closing(t->link, t->now);
    return WH_OK;
}

static void piece_came(struct talk *t, const struct x_ws_piece *piece)
{
    struct span reason, message;
    uint16_t code = 0;

    if (piece->kind == X_WS_CLOSE) {
        CHECK_INT(t->got, 0);
        CHECK_INT(x_ws_peer_status(t->link, &code, &reason), WH_OK);
        talk_note_frame(t, &t->told, 'X', code, reason);
        t->receiving = false;
        t->close_told = true;
        if (!t->options.mute && !t->closing)
            CHECK_INT(begin_close(t, code, ""), WH_OK);
        return;
    }
    must(!buf_append(&t->message, span_make(t->buffer, t->got)));
    t->got = 0;
    if (!piece->fin)
        return;
    must(!buf_pullup(&t->message, buf_len(&t->message), &message));
    talk_note_frame(t, &t->told, piece->text ? 'T' : 'B', 0, message);
    buf_consume(&t->message, buf_len(&t->message));
}

static enum wh_err receive_some(struct talk *t)
{
    struct x_ws_piece piece;
    size_t n;
    enum wh_err err =
        x_ws_receive(t->link, chain_in(&t->chain), t->buffer + t->got, t->options.cap - t->got, &n, &piece);

    CHECK(n <= t->options.cap - t->got);
    t->got += n;
    if (err == WH_OK)
        piece_came(t, &piece);
    return err;
}

static void receive_up(struct talk *t)
{
    enum wh_err err = WH_OK;

    while (t->receiving && err == WH_OK)
        err = receive_some(t);
    t->ahead_full = false;
    if (err == WH_OK && !t->receiving && !t->closing) {
        err = x_ws_ahead(t->link, chain_in(&t->chain));
        t->ahead_full = err == WH_E_FULL;
    }
    if (err != WH_OK && err != WH_AGAIN && err != WH_E_FULL)
        violated(t, err);
}

static bool has_unread(const struct talk *t)
{
    return x_ws_has_ahead(t->link) || t->ahead_full;
}

/* ---- sending and closing: core/ws_send.c, core/ws_close.c ---- */

static bool flushed(struct talk *t)
{
    return !buf_len(&t->chain.wire_out) && !buf_len(chain_out(&t->chain));
}

static void send_down(struct talk *t)
{
    size_t used;
    enum wh_err err;

    if (t->send_started) {
        err = x_ws_send_some(t->link, t->to_send, chain_out(&t->chain), &used);
        t->to_send = span_skip(t->to_send, used);
        if (err == WH_AGAIN)
            return;
        CHECK_INT(err, WH_OK);
        t->send_started = false;
    }
    if (t->send_waits && flushed(t)) {
        t->send_waits = false;
        tell(t, "sent");
    }
}

static void close_up(struct talk *t)
{
    enum wh_err err;

    if (!t->closing)
        return;
    err = x_ws_discard(t->link, chain_in(&t->chain));
    if (err != WH_OK && err != WH_AGAIN)
        violated(t, err);
}

static void close_done(struct talk *t)
{
    t->close_waits = false;
    t->state = TALK_OVER;
    tell(t, "closed");
}

static void user_up(struct talk *t)
{
    receive_up(t);
    if (t->state == TALK_OPEN)
        close_up(t);
    if (t->state == TALK_OPEN && t->chain.eof && !x_ws_peer_closed(t->link) && (!has_unread(t) || t->closing))
        fail(t, t->rx_error == WH_OK ? WH_E_CLOSED : t->rx_error);
}

static void user_down(struct talk *t)
{
    if (t->tx_error != WH_OK) {
        t->send_started = false;
        if (t->send_waits)
            tell_error(t, "send", t->tx_error);
        t->send_waits = false;
        if (t->close_waits && x_ws_peer_closed(t->link))
            close_done(t);
        else if (t->close_waits)
            fail(t, t->tx_error);
        return;
    }
    send_down(t);
    x_ws_flush(t->link, chain_out(&t->chain));
    if (t->close_waits && x_ws_close_sent(t->link) && flushed(t) && x_ws_peer_closed(t->link))
        close_done(t);
}

/* ---- opening: core/conn_open.c, core/req_recv.c ---- */

static void secured(struct talk *t)
{
    if (!chain_open(&t->chain))
        return;
    must(!h1_write_head(chain_out(&t->chain), span_str("GET"), span_str("/talk"), 1, &t->request));
    t->state = TALK_UPGRADING;
}

static void upgraded(struct talk *t)
{
    struct x_ws_config cfg = {.ahead_limit = t->options.ahead_limit, .random = count_up};
    const struct http_head *head;
    bool interim = true;
    enum wh_err err = WH_OK;

    while (err == WH_OK && interim)
        err = t->x->ops->head(t->x, chain_in(&t->chain), t->chain.eof, &head, &interim);
    if (err == WH_AGAIN)
        return;
    if (err == WH_E_CLOSED && t->rx_error != WH_OK)
        err = t->rx_error;
    if (err == WH_OK && (head->status != 101 || ws_handshake_verify(&t->request, head->minor, &head->fields) != WH_OK))
        err = WH_E_RESPONSE;
    if (err != WH_OK) {
        fail(t, err);
        return;
    }
    must(!x_ws_create(&cfg, &t->link));
    CHECK_INT(x_ws_set_keepalive(t->link, X_WS_KEEPALIVE_DEFAULT, t->now), WH_OK);
    t->state = TALK_OPEN;
    t->receiving = !t->options.idle;
    tell(t, "open");
}

/* ---- the crank: core/conn_crank.c ---- */

static void step_up(struct talk *t)
{
    enum wh_err err = chain_turn(&t->chain);

    if (t->state == TALK_SECURING && chain_deciding(&t->chain)) {
        f_tls_decide(t->tls, true);
        err = chain_turn(&t->chain);
    }
    if (err != WH_OK && err != WH_AGAIN && !t->chain.eof) {
        t->rx_ended = t->chain.eof = true;
        t->rx_error = err;
    }
    if (t->state == TALK_SECURING && t->rx_error != WH_OK)
        fail(t, t->rx_error);
    if (t->state == TALK_SECURING)
        secured(t);
    if (t->state == TALK_UPGRADING)
        upgraded(t);
    if (t->state == TALK_OPEN)
        user_up(t);
}

static void step_down(struct talk *t)
{
    size_t before;

    do {
        before = t->taken;
        if (t->state == TALK_OPEN)
            user_down(t);
        if (t->tx_error != WH_OK)
            return;
        chain_send(&t->chain);
        talk_take(t);
    } while (t->taken != before);
}

static void crank(struct talk *t)
{
    step_up(t);
    step_down(t);
}

static bool wants(const struct talk *t)
{
    if (t->rx_ended || t->state == TALK_OVER)
        return false;
    if (t->state < TALK_OPEN)
        return true;
    return !x_ws_peer_closed(t->link) && (t->receiving || t->closing || !t->ahead_full);
}

void talk_run(struct talk *t)
{
    size_t moved;

    do {
        moved = t->taken;
        crank(t);
        moved = t->taken - moved;
        if (wants(t))
            moved += talk_deliver(t);
    } while (moved);
}

/* ---- time ---- */

void talk_wait(struct talk *t, uint64_t ms)
{
    uint64_t until = t->now + ms;

    while (t->state == TALK_OPEN && x_ws_deadline(t->link) <= until) {
        CHECK(x_ws_deadline(t->link) >= t->now);
        t->now = x_ws_deadline(t->link);
        if (x_ws_expired(t->link, t->now, flushed(t)) == WH_E_TIMEOUT)
            fail(t, WH_E_TIMEOUT);
        talk_run(t);
    }
    t->now = until;
}

void talk_cut(struct talk *t)
{
    if (!t->rx_ended) {
        t->rx_ended = true;
        chain_wire_eof(&t->chain);
    }
    talk_run(t);
}

void talk_reset(struct talk *t)
{
    if (!t->rx_ended)
        t->rx_error = WH_E_CLOSED;
    t->tx_error = WH_E_CLOSED;
    talk_cut(t);
}

/* ---- the application ---- */

enum wh_err talk_send(struct talk *t, char kind, struct span payload)
{
    bool text = kind == 'T' || kind == 't', fin = kind == 'T' || kind == 'B';
    enum wh_err err = x_ws_send_begin(t->link, text, fin, payload.n);

    if (err != WH_OK)
        return err;
    t->to_send = payload;
    t->send_waits = t->send_started = true;
    talk_run(t);
    return WH_OK;
}

enum wh_err talk_close(struct talk *t, uint16_t code, const char *reason)
{
    enum wh_err err = begin_close(t, code, reason);

    talk_run(t);
    return err;
}

void talk_receive(struct talk *t)
{
    t->receiving = t->state == TALK_OPEN && !t->close_told;
    talk_run(t);
}

/* ---- life ---- */

static void fill_request(struct hdr *h)
{
    hdr_init(h, 4096, 16);
    must(!hdr_add_str(h, "Host", "server.test") && !hdr_add_str(h, "Connection", "Upgrade"));
    must(!hdr_add_str(h, "Upgrade", "websocket") && !hdr_add_str(h, "Sec-WebSocket-Version", "13"));
    must(!hdr_add_str(h, "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="));
}

void talk_begin(struct talk *t, const struct talk_options *options)
{
    static const struct tls_params params = {.host = "server.test", .versions = TLS_V1_2 | TLS_V1_3};
    struct x_h1_config h1 = {.upgrade = true, .max_head = 65536, .max_count = 100};
    struct peer_options peer = {.priority = options->tls};

    memset(t, 0, sizeof(*t));
    t->options = *options;
    if (!t->options.cap)
        t->options.cap = TALK_BUFFER;
    if (!t->options.ahead_limit)
        t->options.ahead_limit = 32768;
    t->deliver = t->take = t->step = SIZE_MAX;
    chain_init(&t->chain, IN_LIMIT, options->out_limit ? options->out_limit : OUT_LIMIT);
    buf_init(&t->server_in, LARGE);
    buf_init(&t->server_out, LARGE);
    buf_init(&t->message, LARGE);
    buf_init(&t->heard, LARGE);
    fill_request(&t->request);
    must(!x_h1_create(&h1, &t->x));
    if (!options->tls)
        return;
    t->peer = peer_open(&peer);
    must(!f_tls_create(&params, &t->tls));
    chain_push(&t->chain, t->tls);
}

void talk_open(struct talk *t)
{
    talk_run(t);
    talk_says_upgrade(t, 0);
    talk_run(t);
    CHECK_INT(t->state, TALK_OPEN);
    TALK_TOLD(t, "open");
}

void talk_end(struct talk *t)
{
    if (t->link)
        x_ws_destroy(t->link);
    t->x->ops->destroy(t->x);
    hdr_clear(&t->request);
    chain_destroy(&t->chain);
    if (t->peer)
        peer_close(t->peer);
    buf_clear(&t->server_in);
    buf_clear(&t->server_out);
    buf_clear(&t->message);
    buf_clear(&t->heard);
}
