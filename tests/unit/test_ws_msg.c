/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Messages, control frames and closing as events: RFC 6455 sections 5.4 to 5.6, 7.4 and 8.1; SEMANTICS D4, D5. What
 * each row of the case table means for a program is test_ws_cases' business; here it is when, and how much, an event
 * says.
 */
#include "unit/harness.h"

#include "proto/ws_msg.h"
#include "unit/ws_case.h"

#include <stdio.h>

/* What happened, as text: "T(abc" data of a text message, ")" frame end, "." message end, "P(x)" ping, "X1000(bye)"
 * close. */
struct log {
    char text[4096];
    size_t n;
    bool in_frame;
};

static void put(struct log *l, const void *p, size_t n)
{
    if (n < sizeof(l->text) - l->n) {
        memcpy(l->text + l->n, p, n);
        l->n += n;
    }
}

static void put_str(struct log *l, const char *s)
{
    put(l, s, strlen(s));
}

static void note(struct log *l, const struct ws_event *ev)
{
    char close[16];

    switch (ev->kind) {
    case WS_EVENT_DATA:
        if (!l->in_frame)
            put_str(l, ev->text ? "T(" : "B(");
        l->in_frame = true;
        put(l, ev->data.p, ev->data.n);
        if (ev->end) {
            put_str(l, ev->fin ? ")." : ")");
            l->in_frame = false;
        }
        CHECK(ev->end || !ev->fin);
        CHECK(ev->data.n || ev->fin);
        break;
    case WS_EVENT_PING:
        put_str(l, "P(");
        put(l, ev->data.p, ev->data.n);
        put_str(l, ")");
        break;
    case WS_EVENT_CLOSE:
        snprintf(close, sizeof(close), "X%u(", ev->code);
        put_str(l, close);
        put(l, ev->data.p, ev->data.n);
        put_str(l, ")");
        break;
    }
}

/* Feeds one piece to its end; every piece stands before a page without access. */
static enum wh_err feed(struct ws_msg *m, struct span s, size_t max, struct log *l)
{
    struct span in = guard_make(s);

    for (;;) {
        struct ws_event ev;
        size_t used;
        enum wh_err err = ws_msg_next(m, in, max, &used, &ev);

        CHECK(used <= in.n);
        in = span_skip(in, used);
        if (err == WH_AGAIN)
            CHECK_INT(in.n, 0);
        if (err)
            return err;
        if (ev.kind == WS_EVENT_DATA)
            CHECK(ev.data.n <= max);
        note(l, &ev);
    }
}

struct expectation {
    const char *log;
    uint16_t fail_code; /* 0: none */
};

static void feed_pieces(const struct span *pieces, size_t count, void *ctx)
{
    static const size_t maxes[] = {SIZE_MAX, 1, 3};
    const struct expectation *want = ctx;

    for (size_t i = 0; i < sizeof(maxes) / sizeof(maxes[0]); i++) {
        struct log l = {.n = 0};
        struct ws_msg m;
        enum wh_err err = WH_AGAIN;

        ws_msg_init(&m);
        for (size_t k = 0; k < count && err == WH_AGAIN; k++)
            err = feed(&m, pieces[k], maxes[i], &l);
        CHECK_INT(err, want->fail_code ? WH_E_RESPONSE : WH_AGAIN);
        CHECK_INT(m.fail_code, want->fail_code);
        CHECK_SPAN(span_make(l.text, l.n), span_str(want->log));
        if (want->fail_code)
            CHECK_INT(feed(&m, LITERAL("\x81\x01x"), SIZE_MAX, &l), WH_E_RESPONSE);
    }
}

static void expect(struct span wire, const char *log, uint16_t fail_code)
{
    struct expectation want = {log, fail_code};

    feed_all_ways(wire, feed_pieces, &want);
}

static void conversation(void)
{
    expect(LITERAL("\x01\x03Hel\x89\x01p\x00\x00\x80\x02lo"
                   "\x82\x00\x8a\x02xx\x89\x00\x01\x00\x80\x00\x02\x01q\x80\x00"
                   "\x88\x05\x03\xe8"
                   "bye\x81\x04late\xff"),
           "T(Hel)P(p)T(lo).B().P()T().B(q)B().X1000(bye)", 0);
}

static void violations(void)
{
    expect(LITERAL("\x81\x01"
                   "a\x80\x01"
                   "b"),
           "T(a).", 1002);
    expect(LITERAL("\x01\x01"
                   "a\x89\x01p\x82\x01"
                   "b"),
           "T(a)P(p)", 1002);
    expect(LITERAL("\x82\x01x\x88\x01\x03"), "B(x).", 1002);
    expect(LITERAL("\x82\x01x\x88\x02\x03\xed"), "B(x).", 1002);
    expect(LITERAL("\x82\x01x\x88\x03\x03\xe8\xff"), "B(x).", 1007);
    expect(LITERAL("\x82\x01x\x88\x03\x03\xe8\xc3"), "B(x).", 1007);
    expect(LITERAL("\x01\x01\xc3\x80\x00"), "T(\xc3)", 1007);
    expect(LITERAL("\x82\x01x\x81\x00\x81\x01\xc3"), "B(x).T().", 1007);
}

/* The first byte alone shows that a frame is out of order. */
static void order_at_first_byte(void)
{
    struct log l = {.n = 0};
    struct ws_msg m;

    ws_msg_init(&m);
    CHECK_INT(feed(&m, LITERAL("\x80"), SIZE_MAX, &l), WH_E_RESPONSE);
    ws_msg_init(&m);
    CHECK_INT(feed(&m, LITERAL("\x01\x00"), SIZE_MAX, &l), WH_AGAIN);
    CHECK_INT(feed(&m, LITERAL("\x81"), SIZE_MAX, &l), WH_E_RESPONSE);
}

/* With no room for data, everything up to the next data event happens, and nothing is lost. */
static void no_room(void)
{
    struct log l = {.n = 0};
    struct ws_msg m;
    struct ws_event ev;
    struct span in = guard_make(LITERAL("\x89\x01p\x01\x00\x8a\x00\x80\x02ok\x81\x00"));
    size_t used, total;

    ws_msg_init(&m);
    CHECK_INT(ws_msg_next(&m, in, 0, &used, &ev), WH_OK);
    CHECK_INT(ev.kind, WS_EVENT_PING);
    total = used;
    CHECK_INT(ws_msg_next(&m, span_skip(in, total), 0, &used, &ev), WH_E_FULL);
    total += used;
    CHECK_INT(in.n - total, 4);
    CHECK_INT(ws_msg_next(&m, span_skip(in, total), 0, &used, &ev), WH_E_FULL);
    CHECK_INT(used, 0);
    CHECK_INT(ws_msg_next(&m, span_skip(in, total), 1, &used, &ev), WH_OK);
    CHECK(ev.data.n == 1 && ev.data.p == in.p + total && !ev.end);
    CHECK_INT(ws_msg_next(&m, span_skip(in, total + 1), 1, &used, &ev), WH_OK);
    CHECK(ev.data.n == 1 && ev.end && ev.fin);
    harness_row("an empty message waits for room too, with its head eaten");
    CHECK_INT(ws_msg_next(&m, span_skip(in, total + 2), 0, &used, &ev), WH_E_FULL);
    CHECK_INT(used, 2);
    CHECK_INT(ws_msg_next(&m, span_make(NULL, 0), 0, &used, &ev), WH_E_FULL);
    CHECK_INT(feed(&m, span_make(NULL, 0), 1, &l), WH_AGAIN);
    CHECK_SPAN(span_make(l.text, l.n), LITERAL("T()."));
}

/* A head that announces 2^63-1 bytes costs nothing, and its payload passes as it comes. */
static void huge(void)
{
    struct log l = {.n = 0};
    struct ws_msg m;

    ws_msg_init(&m);
    CHECK_INT(feed(&m, LITERAL("\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff"), SIZE_MAX, &l), WH_AGAIN);
    for (int i = 0; i < 10; i++)
        CHECK_INT(feed(&m, LITERAL("0123456789"), 7, &l), WH_AGAIN);
    CHECK_INT(l.n, 102);
    CHECK(m.left == INT64_MAX - 100u);
}

static void close_codes(void)
{
    char row[32] = "";

    harness_row(row);
    for (unsigned code = 0; code <= 0xFFFF; code++) {
        /* Section 7.4.1 and IANA's registry, written out anew. */
        bool good = (code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006) ||
                    (code >= 3000 && code <= 4999);
        const uint8_t wire[4] = {0x88, 2, (uint8_t)(code >> 8), (uint8_t)code};
        struct ws_msg m;
        struct ws_event ev;
        size_t used;

        snprintf(row, sizeof(row), "close code %u", code);
        ws_msg_init(&m);
        CHECK_INT(ws_msg_next(&m, span_make(wire, 4), SIZE_MAX, &used, &ev), good ? WH_OK : WH_E_RESPONSE);
        if (good)
            CHECK(ev.kind == WS_EVENT_CLOSE && ev.code == code);
        CHECK_INT(ws_msg_code_allowed(code), good);
    }
    CHECK(!ws_msg_code_allowed(0x10000 + 1000));
}

/* Builds a text message of the row cut into two frames at cut (n: one frame). */
static size_t text_wire(const struct ws_utf8_case *row, size_t cut, uint8_t *wire)
{
    size_t n = 0;

    wire[n++] = cut < row->n ? 0x01 : 0x81;
    wire[n++] = (uint8_t)cut;
    memcpy(wire + n, row->bytes, cut);
    n += cut;
    if (cut == row->n)
        return n;
    wire[n++] = 0x80;
    wire[n++] = (uint8_t)(row->n - cut);
    memcpy(wire + n, row->bytes + cut, row->n - cut);
    return n + row->n - cut;
}

/* Byte by byte: the failure comes with the byte that is impossible, not one later. */
static void utf8_row(const struct ws_utf8_case *row, size_t cut)
{
    uint8_t wire[260];
    size_t n = text_wire(row, cut, wire), payload = 0;
    size_t bad = row->first_bad >= 0 ? (size_t)row->first_bad : row->n;
    struct log l = {.n = 0};
    struct ws_msg m;
    enum wh_err err = WH_AGAIN;
    size_t i;

    ws_msg_init(&m);
    for (i = 0; i < n && err == WH_AGAIN; i++) {
        uint64_t left = m.left;

        err = feed(&m, span_make(wire + i, 1), SIZE_MAX, &l);
        payload += left ? 1 : 0;
    }
    if (row->first_bad == WS_UTF8_VALID) {
        CHECK_INT(err, WH_AGAIN);
        CHECK(!m.in_message);
    } else {
        CHECK_INT(err, WH_E_RESPONSE);
        CHECK_INT(m.fail_code, 1007);
        CHECK_INT(payload, row->first_bad >= 0 ? bad + 1 : row->n);
    }
}

static void utf8(void)
{
    char name[64] = "";

    CHECK(ws_utf8_case_count >= 140);
    for (size_t i = 0; i < ws_utf8_case_count; i++)
        CHECK(ws_utf8_cases[i].n < 126); /* so that its head has two bytes, as text_wire writes it */
    harness_row(name);
    for (size_t i = 0; i < ws_utf8_case_count; i++) {
        for (size_t cut = 0; cut <= ws_utf8_cases[i].n; cut++) {
            uint8_t wire[260];
            struct ws_msg m;
            struct log l = {.n = 0};
            enum wh_err want = ws_utf8_cases[i].first_bad == WS_UTF8_VALID ? WH_AGAIN : WH_E_RESPONSE;

            snprintf(name, sizeof(name), "text %zu, second frame at %zu", i, cut);
            utf8_row(&ws_utf8_cases[i], cut);
            ws_msg_init(&m);
            CHECK_INT(feed(&m, span_make(wire, text_wire(&ws_utf8_cases[i], cut, wire)), SIZE_MAX, &l), want);
        }
    }
}

/* Each row in one frame, delivered to the program through every two-way cut of the wire. */
static void utf8_cut(void)
{
    char name[64] = "";

    for (size_t i = 0; i < ws_utf8_case_count; i++) {
        uint8_t wire[260];
        size_t n = text_wire(&ws_utf8_cases[i], ws_utf8_cases[i].n, wire);
        enum wh_err want = ws_utf8_cases[i].first_bad == WS_UTF8_VALID ? WH_AGAIN : WH_E_RESPONSE;

        harness_row(name);
        for (size_t cut = 0; cut <= n; cut++) {
            struct log l = {.n = 0};
            struct ws_msg m;
            enum wh_err err;

            snprintf(name, sizeof(name), "text %zu, wire cut at %zu", i, cut);
            ws_msg_init(&m);
            err = feed(&m, span_make(wire, cut), SIZE_MAX, &l);
            if (err == WH_AGAIN)
                err = feed(&m, span_make(wire + cut, n - cut), SIZE_MAX, &l);
            CHECK_INT(err, want);
        }
    }
}

static const struct test tests[] = {
    {"5.4, 5.5: fragments, control frames between them, close, in every cut and room", conversation},
    {"D5, D4: violations end it, with the right code, behind what was good", violations},
    {"5.4: a frame out of order fails at its first byte", order_at_first_byte},
    {"no room: nothing is lost, control frames still pass", no_room},
    {"5.2: the longest frame there is", huge},
    {"7.4: every close code there is", close_codes},
    {"8.1, D4: every text row in two frames at every place, failing at the first impossible byte", utf8},
    {"8.1, D4: every text row, the wire cut at every place", utf8_cut},
};

HARNESS_MAIN(tests)
