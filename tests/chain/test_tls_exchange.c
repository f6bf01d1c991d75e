/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The whole stack in memory: an HTTP exchange, its upgrade, and a WebSocket conversation on top of TLS. */
#include "chain/peer.h"

#include "stack/x_h1.h"
#include "stack/x_ws.h"
#include "unit/harness.h"

static const struct peer_options options = {.priority = PRIORITY_TLS13};
static const struct x_h1_config h1_usual = {.max_head = 65536, .max_count = 100};

static void open_link(struct link *l, size_t step)
{
    link_open(l, NULL, &options);
    CHECK_INT(link_accept(l), WH_OK);
    l->step = step;
}

static void server_says(struct link *l, const char *text)
{
    peer_send(l->peer, text, strlen(text));
}

/* Reads the head; the bytes of the server arrive in steps, so it is asked for after each. */
static const struct http_head *read_head(struct link *l, struct exchange *x)
{
    const struct http_head *head = NULL;
    bool interim = false;
    enum wh_err err;

    while ((err = x->ops->head(x, chain_in(&l->chain), l->chain.eof, &head, &interim)) == WH_AGAIN) {
        if (!buf_len(&l->peer->out))
            break;
        CHECK_INT(link_up(l, l->step), WH_OK);
    }
    CHECK_INT(err, WH_OK);
    CHECK(!interim);
    return head;
}

static void read_body(struct link *l, struct exchange *x, struct buf *body)
{
    enum wh_err err;
    struct span s;

    for (;;) {
        err = x->ops->body_peek(x, chain_in(&l->chain), l->chain.eof, &s);
        if (err == WH_AGAIN && buf_len(&l->peer->out)) {
            CHECK_INT(link_up(l, l->step), WH_OK);
            continue;
        }
        if (err != WH_OK || s.n == 0)
            break;
        CHECK_INT(buf_append(body, s), WH_OK);
        x->ops->body_take(x, chain_in(&l->chain), s.n);
    }
    CHECK_INT(err, WH_OK);
}

static void run_http(size_t step)
{
    struct exchange *x;
    struct buf body;
    struct link l;
    struct span value;
    const struct http_head *head;

    open_link(&l, step);
    buf_init(&body, 65536);
    CHECK_INT(x_h1_create(&h1_usual, &x), WH_OK);
    CHECK_INT(buf_append_str(chain_out(&l.chain), "GET / HTTP/1.1\r\nHost: server.test\r\n\r\n"), WH_OK);
    CHECK_INT(link_pump(&l), WH_OK);
    CHECK_STR(buf_peek(&l.peer->plain), "GET / HTTP/1.1\r\nHost: server.test\r\n\r\n");
    /* Record boundaries fall where no line ends. */
    server_says(&l, "HTTP/1.1 200 O");
    server_says(&l, "K\r\nTransfer-Encoding: chunked\r\nX-Test: val");
    server_says(&l, "ue\r\n\r\n5\r\nhe");
    server_says(&l, "llo\r\n6\r\n wor");
    server_says(&l, "ld\r\n0\r\n\r");
    server_says(&l, "\n");
    head = read_head(&l, x);
    CHECK_INT(head ? head->status : 0, 200);
    CHECK(head && hdr_get(&head->fields, "x-test", &value) && span_equal(value, span_str("value")));
    read_body(&l, x, &body);
    CHECK_STR(buf_peek(&body), "hello world");
    CHECK(x->ops->done(x) && x->ops->reusable(x));
    x->ops->destroy(x);
    buf_clear(&body);
    link_close(&l);
}

static void test_http(void)
{
    run_http(SIZE_MAX);
    run_http(1);
}

/* A body until the end of the connection is whole when TLS says so, and cut off when it does not (RFC 9112
 * section 9.8). */
static void run_until_close(bool said)
{
    const struct http_head *head = NULL;
    struct exchange *x;
    struct span s = {NULL, 0};
    struct link l;
    bool interim;

    open_link(&l, SIZE_MAX);
    CHECK_INT(x_h1_create(&h1_usual, &x), WH_OK);
    server_says(&l, "HTTP/1.1 200 OK\r\n\r\nsome");
    if (said)
        gnutls_bye(l.peer->session, GNUTLS_SHUT_WR);
    CHECK_INT(link_pump(&l), WH_OK);
    chain_wire_eof(&l.chain);
    CHECK_INT(chain_turn(&l.chain), WH_OK);
    CHECK(l.chain.eof);
    CHECK_INT(l.chain.eof_clean, said);
    CHECK_INT(x->ops->head(x, chain_in(&l.chain), l.chain.eof, &head, &interim), WH_OK);
    CHECK_INT(x->ops->body_peek(x, chain_in(&l.chain), l.chain.eof, &s), WH_OK);
    CHECK_STR(s, "some");
    x->ops->destroy(x);
    link_close(&l);
}

static void test_until_close(void)
{
    run_until_close(true);
    run_until_close(false);
}

/* ---- WebSocket -----------------------------------------------------------------------------------------------------
 */

static void fixed_random(void *dst, size_t n)
{
    memset(dst, 0x5a, n);
}

/* The bytes of one masked frame with a short length: checks its head, unmasks its payload (RFC 6455 section 5.2). */
static void check_client_frame(struct buf *b, uint8_t first, const char *payload)
{
    uint8_t frame[6 + 125];
    size_t n = strlen(payload);

    CHECK(buf_len(b) >= 6 + n);
    CHECK_INT(buf_read(b, frame, 6 + n), 6 + n);
    CHECK_INT(frame[0], first);
    CHECK_INT(frame[1], 0x80 | n);
    for (size_t i = 0; i < n; i++)
        frame[6 + i] ^= frame[2 + i % 4];
    CHECK_STR(span_make(frame + 6, n), payload);
}

static void send_text(struct link *l, struct x_ws *w, const char *text)
{
    size_t used = 0;

    CHECK_INT(x_ws_send_begin(w, true, true, strlen(text)), WH_OK);
    CHECK_INT(x_ws_send_some(w, span_str(text), chain_out(&l->chain), &used), WH_OK);
    CHECK_INT(used, strlen(text));
}

/* A Receive that takes what arrives step by step, as core does: the same buffer, further on. */
static void check_receive(struct link *l, struct x_ws *w, const char *want, bool fin)
{
    struct x_ws_piece piece = {0};
    uint8_t dst[64];
    size_t at = 0, n;
    enum wh_err err;

    while ((err = x_ws_receive(w, chain_in(&l->chain), dst + at, sizeof(dst) - at, &n, &piece)) == WH_AGAIN) {
        at += n;
        CHECK_INT(x_ws_flush(w, chain_out(&l->chain)), WH_OK);
        if (!buf_len(&l->peer->out))
            break;
        CHECK_INT(link_up(l, l->step), WH_OK);
    }
    CHECK_INT(err, WH_OK);
    CHECK_STR(span_make(dst, at + n), want);
    CHECK(piece.kind == X_WS_DATA && piece.text && piece.fin == fin);
}

static void run_ws(size_t step)
{
    struct x_h1_config config = h1_usual;
    struct x_ws_config ws_config = {.ahead_limit = 32768, .random = fixed_random};
    const struct http_head *head;
    struct x_ws_piece piece = {0};
    struct exchange *x;
    struct span reason;
    struct link l;
    struct x_ws *w;
    uint16_t code = 0;
    uint8_t dst[8];
    size_t n;

    open_link(&l, step);
    config.upgrade = true;
    CHECK_INT(x_h1_create(&config, &x), WH_OK);
    /* The first frame comes in the record that ends the head. */
    server_says(&l, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n\x81\x05"
                    "early");
    head = read_head(&l, x);
    CHECK_INT(head ? head->status : 0, 101);
    x->ops->destroy(x);
    CHECK_INT(x_ws_create(&ws_config, &w), WH_OK);
    check_receive(&l, w, "early", true);

    send_text(&l, w, "question");
    CHECK_INT(link_pump(&l), WH_OK);
    check_client_frame(&l.peer->plain, 0x81, "question");

    /* Two fragments with a ping between them, cut by records inside the frames. */
    server_says(&l, "\x01\x03"
                    "an\x20\x89");
    server_says(&l, "\x04"
                    "pi");
    server_says(&l, "ng\x80\x06"
                    "ans");
    server_says(&l, "wer");
    check_receive(&l, w, "an ", false);
    check_receive(&l, w, "answer", true);
    CHECK_INT(x_ws_flush(w, chain_out(&l.chain)), WH_OK);
    CHECK_INT(link_pump(&l), WH_OK);
    check_client_frame(&l.peer->plain, 0x8a, "ping");

    /* The closing handshake, and that of TLS below it. */
    CHECK_INT(x_ws_close(w, 1000, span_str("done")), WH_OK);
    CHECK_INT(x_ws_flush(w, chain_out(&l.chain)), WH_OK);
    CHECK_INT(link_pump(&l), WH_OK);
    check_client_frame(&l.peer->plain, 0x88,
                       "\x03\xe8"
                       "done");
    server_says(&l, "\x88\x05\x03\xe8"
                    "bye");
    gnutls_bye(l.peer->session, GNUTLS_SHUT_WR);
    CHECK_INT(link_pump(&l), WH_OK);
    CHECK_INT(x_ws_receive(w, chain_in(&l.chain), dst, sizeof(dst), &n, &piece), WH_OK);
    CHECK(piece.kind == X_WS_CLOSE && n == 0);
    CHECK_INT(x_ws_peer_status(w, &code, &reason), WH_OK);
    CHECK_INT(code, 1000);
    CHECK_STR(reason, "bye");
    CHECK(l.chain.eof && l.chain.eof_clean);
    CHECK_INT(chain_shutdown(&l.chain), WH_OK);
    CHECK_INT(link_pump(&l), WH_OK);
    CHECK(l.peer->eof);
    x_ws_destroy(w);
    link_close(&l);
}

static void test_ws(void)
{
    run_ws(SIZE_MAX);
    run_ws(1);
}

/* A frame of a megabyte through an output that holds a fraction of it: masked, encrypted, in order. */
static void test_ws_large(void)
{
    static uint8_t payload[1 << 20];
    struct x_ws_config config = {.ahead_limit = 32768, .random = fixed_random};
    size_t sent = 0, at = 0, head = 14;
    enum wh_err err = WH_AGAIN;
    struct link l;
    struct x_ws *w;
    bool same = true;

    for (size_t i = 0; i < sizeof(payload); i++)
        payload[i] = (uint8_t)(i * 7 + (i >> 9));
    link_open_limited(&l, NULL, &options, 65536, 65536);
    CHECK_INT(link_accept(&l), WH_OK);
    CHECK_INT(x_ws_create(&config, &w), WH_OK);
    CHECK_INT(x_ws_send_begin(w, false, true, sizeof(payload)), WH_OK);
    for (int i = 0; i < 1000 && err == WH_AGAIN; i++) {
        size_t used = 0;

        err = x_ws_send_some(w, span_make(payload + sent, sizeof(payload) - sent), chain_out(&l.chain), &used);
        sent += used;
        CHECK_INT(link_pump(&l), WH_OK);
    }
    CHECK_INT(err, WH_OK);
    CHECK_INT(sent, sizeof(payload));
    CHECK_INT(buf_len(&l.peer->plain), head + sizeof(payload));
    buf_consume(&l.peer->plain, head);
    while (buf_len(&l.peer->plain)) {
        struct span s = buf_peek(&l.peer->plain);

        for (size_t i = 0; i < s.n; i++)
            same = same && (s.p[i] ^ 0x5a) == payload[at + i];
        at += s.n;
        buf_consume(&l.peer->plain, s.n);
    }
    CHECK(same);
    x_ws_destroy(w);
    link_close(&l);
}

static const struct test tests[] = {
    {"an HTTP exchange over TLS, whole and one byte at a time", test_http},
    {"a body until the end of the connection, said and cut off (RFC 9112 section 9.8)", test_until_close},
    {"upgrade, messages, ping and close over TLS, whole and one byte at a time", test_ws},
    {"a large frame through a small output", test_ws_large},
};

HARNESS_MAIN(tests)
