/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* proto/h1_body.h: RFC 9112 sections 6 and 7; SEMANTICS B8-B16, CN3. Each input is fed in every cut. */
#include "harness.h"

#include "base/mem.h"
#include "proto/h1_body.h"

#include <stdio.h>

/* want: how it ends; got: the payload; left: what stays in the buffer. eof: the peer ends behind the text. */
struct row {
    const char *id;
    enum h1_framing framing;
    uint64_t length;
    const char *text;
    bool eof;
    enum wh_err want;
    const char *got, *left;
};

static const struct row rows[] = {
    {"none", H1_NONE, 0, "next", false, WH_OK, "", "next"},
    {"B8: length 0", H1_LENGTH, 0, "next", false, WH_OK, "", "next"},
    {"length", H1_LENGTH, 5, "hellonext", false, WH_OK, "hello", "next"},
    {"length, cut off", H1_LENGTH, 5, "hell", true, WH_E_CLOSED, "hell", ""},
    {"length, more to come", H1_LENGTH, 5, "hell", false, WH_AGAIN, "hell", ""},
    {"length, then eof", H1_LENGTH, 5, "hello", true, WH_OK, "hello", ""},
    {"B10: until close", H1_CLOSE, 0, "all of it", true, WH_OK, "all of it", ""},
    {"until close, more to come", H1_CLOSE, 0, "all", false, WH_AGAIN, "all", ""},
    {"until close, nothing", H1_CLOSE, 0, "", true, WH_OK, "", ""},
    {"7.1: one chunk", H1_CHUNKED, 0, "5\r\nhello\r\n0\r\n\r\nnext", false, WH_OK, "hello", "next"},
    {"7.1: no chunk", H1_CHUNKED, 0, "0\r\n\r\n", false, WH_OK, "", ""},
    {"chunks", H1_CHUNKED, 0, "1\r\na\r\n2\r\nbc\r\nA\r\n0123456789\r\n0\r\n\r\n", false, WH_OK, "abc0123456789", ""},
    {"hexadecimal", H1_CHUNKED, 0, "0b\r\nhello world\r\n00\r\n\r\n", false, WH_OK, "hello world", ""},
    {"bare LF", H1_CHUNKED, 0, "5\nhello\n0\n\n", false, WH_OK, "hello", ""},
    {"line ends inside data", H1_CHUNKED, 0, "4\r\n\r\n\r\n\r\n0\r\n\r\n", false, WH_OK, "\r\n\r\n", ""},
    {"7.1.1: extensions", H1_CHUNKED, 0, "5;a=b;c=\"d\"\r\nhello\r\n0 ; x\r\n\r\n", false, WH_OK, "hello", ""},
    {"blanks behind the size", H1_CHUNKED, 0, "5  \r\nhello\r\n0\t\r\n\r\n", false, WH_OK, "hello", ""},
    {"7.1.2: trailers", H1_CHUNKED, 0, "1\r\na\r\n0\r\nT: 1\r\n 2\r\nU: 3\r\n\r\nnext", false, WH_OK, "a", "next"},
    {"cut off in the size", H1_CHUNKED, 0, "5", true, WH_E_CLOSED, "", ""},
    {"cut off in data", H1_CHUNKED, 0, "5\r\nhel", true, WH_E_CLOSED, "hel", ""},
    {"cut off behind data", H1_CHUNKED, 0, "5\r\nhello\r\n", true, WH_E_CLOSED, "hello", ""},
    {"cut off before the last line", H1_CHUNKED, 0, "0\r\n", true, WH_E_CLOSED, "", ""},
    {"no size", H1_CHUNKED, 0, "\r\n", false, WH_E_RESPONSE, "", NULL},
    {"no digit", H1_CHUNKED, 0, "x\r\n", false, WH_E_RESPONSE, "", NULL},
    {"sign", H1_CHUNKED, 0, "-5\r\n", false, WH_E_RESPONSE, "", NULL},
    {"0x", H1_CHUNKED, 0, "0x5\r\n", false, WH_E_RESPONSE, "", NULL},
    {"blank before the size", H1_CHUNKED, 0, " 5\r\nhello\r\n", false, WH_E_RESPONSE, "", NULL},
    {"junk behind the size", H1_CHUNKED, 0, "5 6\r\nhello\r\n", false, WH_E_RESPONSE, "", NULL},
    {"data longer than the chunk", H1_CHUNKED, 0, "5\r\nhello!\r\n0\r\n\r\n", false, WH_E_RESPONSE, "hello", NULL},
    {"a chunk without its end", H1_CHUNKED, 0, "5\r\nhello0\r\n\r\n", false, WH_E_RESPONSE, "hello", NULL},
    {"one byte more, bare LF", H1_CHUNKED, 0, "5\r\nhello!\n0\r\n\r\n", false, WH_E_RESPONSE, "hello", NULL},
    {"a size of 2^63", H1_CHUNKED, 0, "8000000000000000\r\n", false, WH_E_CHUNK_SIZE, "", NULL},
    {"a size of 20 digits", H1_CHUNKED, 0, "10000000000000000000\r\n", false, WH_E_CHUNK_SIZE, "", NULL},
    {"a size of 2^63 - 1", H1_CHUNKED, 0, "7fffffffffffffff\r\nab", false, WH_AGAIN, "ab", ""},
    {"NUL in a trailer", H1_CHUNKED, 0, "0\r\nA: \x01\r\n\r\n", false, WH_E_RESPONSE, "", NULL},
};

/* Takes all there is, at most step bytes at a time. */
static enum wh_err drain(struct h1_body *b, struct buf *in, bool eof, size_t step, char *got, size_t *n)
{
    struct span s;
    enum wh_err err;

    while ((err = h1_body_peek(b, in, eof, &s)) == WH_OK && s.n) {
        size_t take = s.n < step ? s.n : step;

        memcpy(got + *n, s.p, take);
        *n += take;
        h1_body_take(b, in, take);
    }
    return err;
}

struct ctx {
    const struct row *row;
    size_t step;
    bool lands; /* payload that is due goes past the buffer, where nothing is in it */
};

/* Lands what is due of s, at most step bytes at a time; answers what is to be queued. */
static struct span land(struct h1_body *b, struct buf *in, struct span s, size_t step, char *got, size_t *n)
{
    while (s.n && !buf_len(in) && h1_body_due(b)) {
        struct span now = span_head(s, h1_body_due(b) < step ? (size_t)h1_body_due(b) : step);

        memcpy(got + *n, now.p, now.n);
        *n += now.n;
        h1_body_landed(b, in, now.n);
        s = span_skip(s, now.n);
    }
    return s;
}

static void feed(const struct span *pieces, size_t count, void *ctx)
{
    const struct ctx *c = ctx;
    const struct row *r = c->row;
    char got[64];
    struct h1_body b;
    struct buf in;
    struct span left;
    size_t n = 0;
    enum wh_err err = WH_AGAIN;
    bool ok;

    buf_init(&in, 1u << 20);
    h1_body_init(&b, r->framing, r->length);
    for (size_t i = 0; i < count; i++) {
        struct span s = pieces[i];

        if (err == WH_AGAIN && c->lands)
            s = land(&b, &in, s, c->step, got, &n);
        feed_chunk(&in, s);
        if (err == WH_AGAIN)
            err = drain(&b, &in, r->eof && i + 1 == count, c->step, got, &n);
    }
    ok = CHECK_INT(err, r->want);
    ok = CHECK_STR(span_make(got, n), r->got) && ok;
    ok = CHECK_INT(h1_body_peek(&b, &in, r->eof, &left), r->want) && ok;
    ok = CHECK_INT(h1_body_done(&b), r->want == WH_OK) && ok;
    if (r->left) {
        ok = CHECK_INT(buf_pullup(&in, buf_len(&in), &left), WH_OK) && ok;
        ok = CHECK_STR(left, r->left) && ok;
    }
    if (!ok)
        printf("#   in row \"%s\", step %zu%s\n", r->id, c->step, c->lands ? ", landing" : "");
    h1_body_clear(&b);
    buf_clear(&in);
}

static void table(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (size_t step = 1; step <= 64; step *= 8) {
            struct ctx queued = {&rows[i], step, false}, landing = {&rows[i], step, true};

            feed_all_ways(span_str(rows[i].text), feed, &queued);
            feed_all_ways(span_str(rows[i].text), feed, &landing);
        }
}

static void trailers(void)
{
    static uint8_t text[64];
    struct h1_body b;
    struct buf in;
    struct span s;

    buf_init(&in, 4096);
    h1_body_init(&b, H1_CHUNKED, 0);
    buf_append_str(&in, "0\r\nT : 1\r\n 2\r\nU:3\r\n\r\n");
    CHECK_INT(h1_body_peek(&b, &in, false, &s), WH_OK);
    hdr_render_raw(h1_body_trailers(&b), text);
    CHECK_STR(span_make(text, hdr_raw_size(h1_body_trailers(&b))), "T: 1 2\r\nU: 3\r\n");
    h1_body_clear(&b);
    buf_clear(&in);
}

static void eager(void)
{
    struct h1_body b;
    struct buf in;
    struct span s;
    bool known;

    harness_row("B16, CN3: the end is eaten with the last byte");
    buf_init(&in, 4096);
    h1_body_init(&b, H1_CHUNKED, 0);
    buf_append_str(&in, "9\r\nnine byte\r\n0\r\n\r\n");
    CHECK_INT(h1_body_peek(&b, &in, false, &s), WH_OK);
    CHECK_INT(s.n, 9);
    h1_body_left(&b, &known);
    CHECK(!known);
    h1_body_take(&b, &in, 8);
    CHECK(!h1_body_done(&b));
    h1_body_take(&b, &in, 1);
    CHECK(h1_body_done(&b));
    CHECK_INT(buf_len(&in), 0);
    h1_body_clear(&b);

    harness_row("what is wrong behind the last byte is told by the next peek");
    h1_body_init(&b, H1_CHUNKED, 0);
    buf_append_str(&in, "1\r\nabad\r\n");
    CHECK_INT(h1_body_peek(&b, &in, false, &s), WH_OK);
    h1_body_take(&b, &in, 1);
    CHECK_INT(h1_body_peek(&b, &in, false, &s), WH_E_RESPONSE);
    CHECK_INT(h1_body_peek(&b, &in, true, &s), WH_E_RESPONSE);
    h1_body_clear(&b);
    buf_clear(&in);

    harness_row("a length ends at once");
    h1_body_init(&b, H1_LENGTH, 3);
    buf_append_str(&in, "abcd");
    CHECK_INT(h1_body_peek(&b, &in, false, &s), WH_OK);
    CHECK_INT(s.n, 3);
    CHECK_INT(h1_body_left(&b, &known), 3);
    CHECK(known);
    h1_body_take(&b, &in, 3);
    CHECK(h1_body_done(&b));
    CHECK_INT(h1_body_left(&b, &known), 0);
    h1_body_clear(&b);
    buf_clear(&in);
}

static void in_place(void)
{
    struct h1_body b;
    struct buf in;
    struct span s;
    size_t before, after;

    harness_row("payload is not copied and nothing is allocated for it");
    buf_init(&in, 1u << 20);
    h1_body_init(&b, H1_CHUNKED, 0);
    for (int i = 0; i < 100; i++)
        buf_append_str(&in, "5\r\nhello\r\n");
    mem_fail_at(0, &before);
    for (int i = 0; i < 100; i++) {
        CHECK_INT(h1_body_peek(&b, &in, false, &s), WH_OK);
        CHECK_STR(s, "hello");
        CHECK(s.p == buf_peek(&in).p);
        h1_body_take(&b, &in, 5);
    }
    mem_fail_at(0, &after);
    CHECK_INT(after, 0);
    h1_body_clear(&b);
    buf_clear(&in);
}

/* Repeats a chunk until the reader gives up or limit chunks have been read; returns how it ended. */
static enum wh_err repeat(const char *chunk, size_t limit)
{
    enum wh_err err = WH_AGAIN;
    struct h1_body b;
    struct buf in;
    char got[16];
    size_t n;

    buf_init(&in, 1u << 20);
    h1_body_init(&b, H1_CHUNKED, 0);
    for (size_t i = 0; i < limit && err == WH_AGAIN; i++) {
        n = 0;
        buf_append_str(&in, chunk);
        err = drain(&b, &in, false, 16, got, &n);
    }
    h1_body_clear(&b);
    buf_clear(&in);
    return err;
}

static void waste(void)
{
    char line[H1_CHUNK_LINE_MAX + 16];

    harness_row("one-byte chunks are legal for ever");
    CHECK_INT(repeat("1\r\nx\r\n", 200000), WH_AGAIN);
    harness_row("a little extension is not, beyond the allowance");
    CHECK_INT(repeat("1;e=1234567\r\nx\r\n", 200000), WH_E_CHUNK_SIZE);
    harness_row("leading zeros neither");
    CHECK_INT(repeat("0000000001\r\nx\r\n", 200000), WH_E_CHUNK_SIZE);
    harness_row("but with as much payload it is");
    CHECK_INT(repeat("8;e=1\r\n01234567\r\n", 200000), WH_AGAIN);

    harness_row("a chunk line without an end");
    memset(line, '0', sizeof line);
    line[sizeof line - 1] = 0;
    CHECK_INT(repeat(line, 1), WH_E_CHUNK_SIZE);
    harness_row("too many trailers, and too long ones");
    CHECK_INT(repeat("0\r\n", 1), WH_AGAIN);
    {
        struct h1_body b;
        struct buf in;
        struct span s;

        buf_init(&in, 1u << 20);
        for (int big = 0; big < 2; big++) {
            h1_body_init(&b, H1_CHUNKED, 0);
            buf_append_str(&in, "0\r\n");
            for (int i = 0; i < 101; i++)
                buf_append_str(&in, big ? "T: 0123456789012345678901234567890123456789012345678901234567890123456789"
                                          "0123456789012345678901234567890123456789012345678901234567890123456789"
                                          "012345678901234567890123456789\r\n"
                                        : "T: 1\r\n");
            CHECK_INT(h1_body_peek(&b, &in, false, &s), WH_E_CHUNK_SIZE);
            h1_body_clear(&b);
            buf_clear(&in);
        }
    }
}

static enum wh_err read_cut(void *ctx)
{
    struct span s;
    struct h1_body b;
    struct buf in;
    enum wh_err err;

    (void)ctx;
    buf_init(&in, 4096);
    h1_body_init(&b, H1_CHUNKED, 0);
    err = buf_append_str(&in, "1;cut");
    if (err == WH_OK)
        err = h1_body_peek(&b, &in, false, &s);
    if (err == WH_AGAIN)
        err = buf_append_str(&in, "\r\na\r\n0\r\nT: 1\r\n\r\n");
    if (err == WH_OK)
        err = h1_body_peek(&b, &in, false, &s);
    if (err == WH_OK)
        h1_body_take(&b, &in, 1);
    if (err == WH_OK)
        err = h1_body_peek(&b, &in, false, &s);
    h1_body_clear(&b);
    buf_clear(&in);
    return err;
}

static void no_memory(void)
{
    each_allocation_fails(read_cut, NULL);
}

static const struct test tests[] = {
    {"RFC 9112 6, 7.1, SEMANTICS B8-B15, in every cut and with every step", table},
    {"RFC 9112 7.1.2: trailers are fields", trailers},
    {"SEMANTICS CN3, B16: framing is eaten as soon as it is there", eager},
    {"payload stays in place", in_place},
    {"framing that wastes more than it carries is cut off", waste},
    {"each allocation may fail", no_memory},
};

HARNESS_MAIN(tests)
