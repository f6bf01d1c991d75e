/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Receiving through the WebSocket link: pieces, the read-ahead, discarding, closing. RFC 6455; SEMANTICS W20, W39, W43,
 * W47, D3 to D5. What is sent is test_x_ws_out's business, what the RFC asks row by row test_ws_cases'.
 */
#include "unit/harness.h"

#include "base/mem.h"
#include "stack/x_ws.h"

#include <stdio.h>

static struct x_ws *link;
static struct buf in, out;

static void zeros(void *dst, size_t n)
{
    memset(dst, 0, n);
}

static void start(size_t ahead_limit)
{
    struct x_ws_config cfg = {ahead_limit, zeros};

    buf_init(&in, 1u << 20);
    buf_init(&out, 4096);
    CHECK_INT(x_ws_create(&cfg, &link), WH_OK);
}

static void stop(void)
{
    x_ws_destroy(link);
    buf_clear(&in);
    buf_clear(&out);
}

static void came(struct span s)
{
    feed_chunk(&in, s);
}

/* One Receive; checks result, bytes and, when it completes, what with. */
static void receive(size_t cap, enum wh_err want, const char *data, bool fin)
{
    uint8_t dst[256];
    struct x_ws_piece piece = {X_WS_CLOSE, true, true};
    size_t n;

    memset(dst, 0xEE, sizeof(dst));
    CHECK_INT(x_ws_receive(link, &in, dst, cap, &n, &piece), want);
    CHECK_SPAN(span_make(dst, n), span_str(data));
    CHECK(dst[n] == 0xEE);
    if (want == WH_OK) {
        CHECK_INT(piece.kind, X_WS_DATA);
        CHECK_INT(piece.fin, fin);
    }
}

static void receive_close(uint16_t code, const char *reason)
{
    uint8_t dst[4];
    struct x_ws_piece piece;
    struct span s;
    uint16_t got;
    size_t n = 9;

    CHECK_INT(x_ws_receive(link, &in, dst, sizeof(dst), &n, &piece), WH_OK);
    CHECK(n == 0 && piece.kind == X_WS_CLOSE);
    CHECK_INT(x_ws_peer_status(link, &got, &s), WH_OK);
    CHECK_INT(got, code);
    CHECK_SPAN(s, span_str(reason));
    CHECK_INT(x_ws_receive(link, &in, dst, sizeof(dst), &n, &piece), WH_E_STATE);
}

/* The zero key leaves payload as it is, so frames can be compared as they stand. */
static void sent(struct span want)
{
    uint8_t got[1024];

    CHECK_INT(x_ws_flush(link, &out), WH_OK);
    CHECK_SPAN(span_make(got, buf_read(&out, got, sizeof(got))), want);
}

static void pieces(void)
{
    start(1000);
    came(LITERAL("\x82\x08"
                 "abcdefgh"
                 "\x02\x04wxyz\x80\x00\x82\x00"));
    receive(3, WH_OK, "abc", false);
    receive(5, WH_OK, "defgh", true); /* the buffer is full and the message at its end: both at once */
    harness_row("a frame's end completes a Receive, an empty final frame too");
    receive(100, WH_OK, "wxyz", false);
    receive(100, WH_OK, "", true);
    receive(100, WH_OK, "", true);
    receive(100, WH_AGAIN, "", false);
    stop();
}

/* Bytes of an unfinished frame stay with the Receive that waits. */
static void partial(void)
{
    start(1000);
    receive(10, WH_AGAIN, "", false);
    came(LITERAL("\x82"));
    receive(10, WH_AGAIN, "", false);
    came(LITERAL("\x06"
                 "ab"));
    receive(10, WH_AGAIN, "ab", false);
    came(LITERAL("cd"));
    came(LITERAL("e"));
    receive(8, WH_AGAIN, "cde", false);
    CHECK_INT(buf_len(&in), 0);
    came(LITERAL("f\x81\x01x"));
    receive(5, WH_OK, "f", true);
    receive(5, WH_OK, "x", true);
    stop();
}

/* One frame over many chunks reaches a buffer that lies over its end, and one that ends inside. */
static void chunks(void)
{
    start(1000);
    came(LITERAL("\x02\x05"));
    came(LITERAL("a"));
    came(LITERAL("bcd"));
    came(LITERAL("e\x80\x03xyz"));
    receive(100, WH_OK, "abcde", false);
    receive(2, WH_OK, "xy", false);
    receive(2, WH_OK, "z", true);
    stop();
}

/* What Receives of five bytes, one behind the other, are told: "." behind a message's end, "|" behind another piece. */
struct told {
    uint8_t dst[5];
    size_t n;
    enum wh_err err; /* of the last one */
    char text[64];
};

static void tell(struct told *t, const struct x_ws_piece *piece)
{
    size_t at = strlen(t->text);

    CHECK(piece->kind == X_WS_DATA && at + t->n + 2 <= sizeof(t->text));
    snprintf(t->text + at, sizeof(t->text) - at, "%.*s%s", (int)t->n, (const char *)t->dst, piece->fin ? "." : "|");
    t->n = 0;
}

/* Of s what is due lands with the Receive, as long as nothing is queued; answers the rest. */
static struct span land(struct told *t, struct span s)
{
    while (s.n && !buf_len(&in) && t->err == WH_AGAIN && x_ws_due(link)) {
        size_t room = sizeof(t->dst) - t->n;
        struct span now = span_head(s, x_ws_due(link) < room ? (size_t)x_ws_due(link) : room);
        struct x_ws_piece piece;

        memcpy(t->dst + t->n, now.p, now.n);
        t->err = x_ws_landed(link, span_make(t->dst + t->n, now.n), room, &piece);
        t->n += now.n;
        s = span_skip(s, now.n);
        if (t->err == WH_OK) {
            tell(t, &piece);
            t->err = WH_AGAIN;
        }
    }
    return s;
}

static void land_and_queue(const struct span *pieces, size_t count, void *want)
{
    struct told t = {.err = WH_AGAIN};
    struct x_ws_piece piece;
    size_t n;

    start(1000);
    for (size_t i = 0; i < count; i++) {
        came(land(&t, pieces[i]));
        while (t.err == WH_AGAIN) {
            enum wh_err err = x_ws_receive(link, &in, t.dst + t.n, sizeof(t.dst) - t.n, &n, &piece);

            t.n += n;
            if (err == WH_AGAIN)
                break;
            if (err == WH_OK)
                tell(&t, &piece);
            else
                t.err = err;
        }
    }
    CHECK_STR(span_str(t.text), want);
    CHECK_INT(t.err, x_ws_close_queued(link) ? WH_E_RESPONSE : WH_AGAIN);
    stop();
}

/* Past the buffer or through it, wherever the bytes are cut: a Receive is told the same. */
static void landing(void)
{
    feed_all_ways(LITERAL("\x01\x04"
                          "ab\xc3\xa4\x89\x01p\x80\x06"
                          "cdefgh\x82\x00\x02\x00\x00\x05"
                          "01234\x80\x07"
                          "56789ab\x81\x02"
                          "ok"),
                  land_and_queue, (void *)(uintptr_t) "ab\xc3\xa4|cdefg|h..01234|56789|ab.ok.");
    harness_row("D4: text that is none");
    feed_all_ways(LITERAL("\x81\x02ok\x81\x06"
                          "abc\xff"
                          "de"),
                  land_and_queue, (void *)(uintptr_t) "ok.");
    feed_all_ways(LITERAL("\x81\x06"
                          "abcde\xc3"),
                  land_and_queue, (void *)(uintptr_t) "abcde|");
}

/* What does not come next is not due: behind a head that is cut, beside the read-ahead, in a control frame. */
static void due(void)
{
    start(1000);
    CHECK_INT(x_ws_due(link), 0);
    came(LITERAL("\x82\x7e\x01"));
    receive(9, WH_AGAIN, "", false);
    CHECK_INT(x_ws_due(link), 0);
    came(LITERAL("\x00"
                 "ab"));
    CHECK_INT(x_ws_ahead(link, &in), WH_OK);
    CHECK_INT(x_ws_due(link), 0);
    receive(9, WH_AGAIN, "ab", false);
    CHECK_INT(x_ws_due(link), 254);
    stop();
    start(1000);
    came(LITERAL("\x89\x05p"));
    receive(9, WH_AGAIN, "", false);
    CHECK_INT(x_ws_due(link), 0);
    stop();
}

static void ahead(void)
{
    start(1000);
    CHECK(!x_ws_has_ahead(link));
    came(LITERAL("\x01\x03one\x89\x01p\x00\x00\x80\x03two\x82\x00\x82\x05thr"));
    CHECK_INT(x_ws_ahead(link, &in), WH_OK);
    CHECK_INT(buf_len(&in), 0);
    CHECK(x_ws_has_ahead(link));
    sent(LITERAL("\x8a\x81\0\0\0\0p")); /* answered with no Receive pending: D3 */
    receive(2, WH_OK, "on", false);
    receive(2, WH_OK, "e", false);
    receive(3, WH_OK, "two", true);
    receive(9, WH_OK, "", true);
    harness_row("the open frame goes on where the read-ahead ends");
    came(LITERAL("ee\x82\x01!"));
    receive(9, WH_OK, "three", true);
    CHECK(!x_ws_has_ahead(link));
    receive(9, WH_OK, "!", true);
    stop();
}

/* The open frame is taken in part, goes on, and is marked when its end comes. */
static void ahead_open(void)
{
    start(1000);
    came(LITERAL("\x82\x0a"
                 "0123"));
    CHECK_INT(x_ws_ahead(link, &in), WH_OK);
    receive(2, WH_OK, "01", false);
    came(LITERAL("45"));
    CHECK_INT(x_ws_ahead(link, &in), WH_OK);
    receive(9, WH_AGAIN, "2345", false);
    CHECK(!x_ws_has_ahead(link));
    came(LITERAL("6789\x81\x01x"));
    CHECK_INT(x_ws_ahead(link, &in), WH_OK);
    receive(3, WH_OK, "678", false);
    receive(3, WH_OK, "9", true);
    receive(3, WH_OK, "x", true);
    stop();
}

/* Full: decoding stops, pings behind the data wait (HOUSE, "bytes" 6), and room made by a Receive lets it go on. */
static void ahead_full(void)
{
    start(20);
    came(LITERAL("\x82\x0a"
                 "0123456789"
                 "\x82\x0a"
                 "abcdefghij"
                 "\x89\x01p\x82\x00"));
    CHECK_INT(x_ws_ahead(link, &in), WH_E_FULL);
    CHECK_INT(buf_len(&in), 10 - 2 + 3 + 2); /* 10 and 2 bytes and a mark of 4 each are stored, 8 wait */
    sent(LITERAL(""));
    receive(100, WH_OK, "0123456789", true);
    CHECK_INT(x_ws_ahead(link, &in), WH_OK);
    sent(LITERAL("\x8a\x81\0\0\0\0p"));
    receive(100, WH_OK, "abcdefghij", true);
    receive(100, WH_OK, "", true);
    stop();
}

/* A frame that is being taken keeps its mark, and its charge, until its end. */
static void ahead_charge(void)
{
    start(20);
    came(LITERAL("\x82\x0c"
                 "0123456789ab"
                 "\x82\x05"
                 "cdefg"));
    CHECK_INT(x_ws_ahead(link, &in), WH_E_FULL);
    receive(2, WH_OK, "01", false);
    CHECK_INT(x_ws_ahead(link, &in), WH_E_FULL);
    CHECK_INT(buf_len(&in), 3); /* 10 and 2 bytes, a mark of 4 each */
    receive(100, WH_OK, "23456789ab", true);
    CHECK_INT(x_ws_ahead(link, &in), WH_OK);
    receive(100, WH_OK, "cdefg", true);
    stop();
}

/* Whatever the limit is, nothing is stored beyond it, and all bytes come out in the end. */
static void ahead_limits(void)
{
    char row[48] = "";

    harness_row(row);
    for (size_t limit = 0; limit < 40; limit++) {
        char got[64] = "";

        snprintf(row, sizeof(row), "read-ahead of %zu", limit);
        start(limit);
        came(LITERAL("\x82\x01"
                     "a\x02\x02"
                     "bc\x80\x00\x82\x09"
                     "defghijkl\x82\x00"));
        for (int turn = 0; turn < 40; turn++) {
            uint8_t dst[4];
            struct x_ws_piece piece;
            size_t n, before = buf_len(&in);
            enum wh_err err = x_ws_ahead(link, &in);

            CHECK(err == WH_OK || err == WH_E_FULL);
            CHECK(before - buf_len(&in) <= limit + 2 * 5); /* heads are not kept */
            err = x_ws_receive(link, &in, dst, sizeof(dst), &n, &piece);
            snprintf(got + strlen(got), sizeof(got) - strlen(got), "%.*s", (int)n, (const char *)dst);
            if (err == WH_AGAIN)
                break;
            if (piece.fin)
                snprintf(got + strlen(got), sizeof(got) - strlen(got), ".");
        }
        CHECK_STR(span_str(got), "a.bc.defghijkl..");
        stop();
    }
}

/* What was good before a violation is told first, as when a Receive had waited. */
static void violation(void)
{
    static const bool through[] = {false, true};

    for (size_t i = 0; i < 2; i++) {
        harness_row(through[i] ? "through the read-ahead" : "directly");
        start(1000);
        came(LITERAL("\x81\x02ok\x01\x01x\x80\x02y\xff"));
        if (through[i]) {
            CHECK_INT(x_ws_ahead(link, &in), WH_E_RESPONSE);
            CHECK(x_ws_close_queued(link));
        }
        receive(9, WH_OK, "ok", true);
        receive(9, WH_OK, "x", false);
        receive(9, WH_E_RESPONSE, "", false);
        receive(9, WH_E_RESPONSE, "", false);
        CHECK_INT(x_ws_ahead(link, &in), WH_E_RESPONSE);
        CHECK_INT(x_ws_discard(link, &in), WH_E_RESPONSE);
        CHECK(x_ws_close_queued(link) && !x_ws_peer_closed(link));
        CHECK_INT(x_ws_close(link, 1000, span_make(NULL, 0)), WH_E_STATE);
        CHECK_INT(x_ws_send_begin(link, true, true, 1), WH_E_STATE);
        sent(LITERAL("\x88\x82\0\0\0\0\x03\xef")); /* 1007 */
        CHECK(x_ws_close_sent(link));
        stop();
    }
}

/* Our close frame was queued before: the violation queues no second one. */
static void violation_after_close(void)
{
    start(1000);
    CHECK_INT(x_ws_close(link, 1001, span_make(NULL, 0)), WH_OK);
    came(LITERAL("\xff"));
    receive(9, WH_E_RESPONSE, "", false);
    sent(LITERAL("\x88\x82\0\0\0\0\x03\xe9"));
    stop();
}

static void closing(void)
{
    uint16_t code = 7;
    struct span reason = span_make(NULL, 3);

    start(1000);
    CHECK_INT(x_ws_peer_status(link, &code, &reason), WH_E_STATE);
    CHECK(code == 7 && reason.n == 3);
    came(LITERAL("\x81\x01x\x88\x05\x03\xe8"
                 "bye\x81\x01y"));
    CHECK_INT(x_ws_ahead(link, &in), WH_E_FULL);
    CHECK(x_ws_peer_closed(link) && x_ws_has_ahead(link));
    receive(9, WH_OK, "x", true);
    CHECK(x_ws_has_ahead(link));
    receive_close(1000, "bye");
    CHECK(!x_ws_has_ahead(link));
    CHECK_INT(x_ws_ahead(link, &in), WH_E_FULL);
    CHECK_INT(x_ws_discard(link, &in), WH_OK);
    sent(LITERAL("")); /* answering is the owner's decision */
    stop();

    harness_row("directly, without a status, cut in the frame");
    start(1000);
    came(LITERAL("\x02\x01x\x88"));
    receive(9, WH_OK, "x", false);
    receive(9, WH_AGAIN, "", false);
    came(LITERAL("\x00"));
    receive_close(1005, "");
    stop();
}

/* W43: unread messages are dropped, pings still answered; the close frame is all that counts. */
static void discarding(void)
{
    start(1000);
    came(LITERAL("\x81\x01x\x01\x05"
                 "ab"));
    CHECK_INT(x_ws_ahead(link, &in), WH_OK);
    CHECK_INT(x_ws_close(link, 1000, span_make(NULL, 0)), WH_OK);
    CHECK_INT(x_ws_discard(link, &in), WH_AGAIN);
    CHECK(!x_ws_has_ahead(link));
    came(LITERAL("cde\x89\x00\x80\x00\x82\x03xyz\x88"));
    CHECK_INT(x_ws_discard(link, &in), WH_AGAIN);
    CHECK_INT(buf_len(&in), 0);
    came(LITERAL("\x02\x03\xe8\x81\x01z"));
    CHECK_INT(x_ws_discard(link, &in), WH_OK);
    CHECK(x_ws_peer_closed(link));
    sent(LITERAL("\x88\x82\0\0\0\0\x03\xe8\x8a\x80\0\0\0\0"));
    receive(9, WH_E_STATE, "", false);
    stop();
}

/* W47, W36: after our close frame the server's messages still come. */
static void receiving_after_close(void)
{
    start(1000);
    CHECK_INT(x_ws_close(link, 1000, span_make(NULL, 0)), WH_OK);
    sent(LITERAL("\x88\x82\0\0\0\0\x03\xe8"));
    came(LITERAL("\x81\x01x\x88\x02\x03\xe8"));
    receive(9, WH_OK, "x", true);
    receive_close(1000, "");
    stop();
}

/* An allocation that fails inside the read-ahead is sticky, and what was stored before it is still told. */
static void ahead_without_memory(void)
{
    char row[32] = "";

    harness_row(row);
    for (size_t nth = 1; nth <= 2; nth++) {
        snprintf(row, sizeof(row), "allocation %zu", nth);
        start(1000);
        came(LITERAL("\x81\x02ok"));
        mem_fail_at(nth, NULL);
        CHECK_INT(x_ws_ahead(link, &in), WH_E_NOMEM);
        mem_fail_at(0, NULL);
        CHECK_INT(x_ws_ahead(link, &in), WH_E_NOMEM);
        receive(9, WH_E_NOMEM, nth == 1 ? "" : "ok", false);
        CHECK(!x_ws_close_queued(link));
        stop();
    }
}

static enum wh_err conversation(void *ctx)
{
    struct x_ws_config cfg = {1000, zeros};
    struct x_ws_piece piece;
    struct x_ws *w = NULL;
    struct buf from;
    uint8_t dst[16];
    size_t n;
    enum wh_err err;

    (void)ctx;
    buf_init(&from, 4096);
    err = x_ws_create(&cfg, &w);
    if (!err)
        err = buf_append(&from, LITERAL("\x81\x02ok\x82\x03"
                                        "abc"));
    if (!err)
        err = x_ws_ahead(w, &from);
    if (!err)
        err = x_ws_receive(w, &from, dst, sizeof(dst), &n, &piece);
    x_ws_destroy(w);
    buf_clear(&from);
    return err;
}

static void allocations(void)
{
    each_allocation_fails(conversation, NULL);
}

/* A Receive that finds its frame costs no memory: the link is all there is. */
static void no_allocation(void)
{
    size_t count;

    start(1000);
    came(LITERAL("\x81\x02ok\x89\x01p\x02\x03"
                 "abc\x80\x00\x88\x00"));
    mem_fail_at(0, NULL);
    receive(9, WH_OK, "ok", true);
    receive(9, WH_OK, "abc", false);
    receive(9, WH_OK, "", true);
    receive_close(1005, "");
    mem_fail_at(0, &count);
    CHECK_INT(count, 0);
    stop();
}

static const struct test tests[] = {
    {"W20: pieces end with the frame or the buffer, whichever comes first", pieces},
    {"a Receive keeps what came of a frame until its end comes", partial},
    {"a frame over several chunks", chunks},
    {"payload lands in the Receive's buffer", landing},
    {"what is due", due},
    {"D3: the read-ahead keeps frame boundaries, and pings are answered", ahead},
    {"the read-ahead's open frame", ahead_open},
    {"a full read-ahead stops decoding", ahead_full},
    {"a frame taken in part is still charged for", ahead_charge},
    {"the read-ahead never passes its limit", ahead_limits},
    {"D4: a violation is told behind what was good, and answered once", violation},
    {"7.1.7: no second close frame", violation_after_close},
    {"W39, 7.1.5: the server's close frame is told once", closing},
    {"W43: discarding waits for the close frame alone", discarding},
    {"W36, W47: receiving goes on after our close frame", receiving_after_close},
    {"a read-ahead without memory fails the link", ahead_without_memory},
    {"every allocation failing in turn", allocations},
    {"receiving directly allocates nothing", no_allocation},
};

HARNESS_MAIN(tests)
