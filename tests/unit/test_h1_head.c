/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* proto/h1_head.h and proto/h1_fields.h: RFC 9112 sections 2.2, 4, 5; SEMANTICS R14-R16. Each input is fed in every
 * cut. */
#include "harness.h"

#include "base/mem.h"
#include "proto/h1_head.h"

#include <stdio.h>

/* want: the result; for WH_OK status, minor, "reason", the raw fields, and what is left in the buffer behind the head.
 */
struct row {
    const char *id;
    struct span text;
    enum wh_err want;
    unsigned status, minor;
    const char *reason, *fields, *left;
};

#define IN(text)                                                                                                       \
    {                                                                                                                  \
        (const uint8_t *)(text), sizeof(text) - 1                                                                      \
    }

static const struct row rows[] = {
    {"plain", IN("HTTP/1.1 200 OK\r\nA: 1\r\nB: 2\r\n\r\nbody"), WH_OK, 200, 1, "OK", "A: 1\r\nB: 2\r\n", "body"},
    {"no fields", IN("HTTP/1.1 204 No Content\r\n\r\n"), WH_OK, 204, 1, "No Content", "", ""},
    {"no reason", IN("HTTP/1.1 200\r\n\r\n"), WH_OK, 200, 1, "", "", ""},
    {"blank, no reason", IN("HTTP/1.1 200 \r\n\r\n"), WH_OK, 200, 1, "", "", ""},
    {"HTTP/1.0", IN("HTTP/1.0 404 Not Found\r\n\r\n"), WH_OK, 404, 0, "Not Found", "", ""},
    {"more blanks, obs-text", IN("HTTP/1.1   299   a\tb \xFC \r\n\r\n"), WH_OK, 299, 1, "a\tb \xFC", "", ""},
    {"2.2: bare LF", IN("HTTP/1.1 200 OK\nA: 1\n\nrest"), WH_OK, 200, 1, "OK", "A: 1\r\n", "rest"},
    {"R14", IN("HTTP/1.1 200 OK\r\nName  :   value  \r\n\r\n"), WH_OK, 200, 1, "OK", "Name: value\r\n", ""},
    {"empty value", IN("HTTP/1.1 200 OK\r\nA:\r\nB: \t\r\n\r\n"), WH_OK, 200, 1, "OK", "A: \r\nB: \r\n", ""},
    {"R15: no colon", IN("HTTP/1.1 200 OK\r\njunk\r\nA: 1\r\n\r\n"), WH_OK, 200, 1, "OK", "A: 1\r\n", ""},
    {"R15: no token", IN("HTTP/1.1 200 OK\r\na b: c\r\n: d\r\nA: 1\r\n\r\n"), WH_OK, 200, 1, "OK", "A: 1\r\n", ""},
    {"5.2: obs-fold", IN("HTTP/1.1 200 OK\r\nA: 1\r\n  2\r\n\t3 \r\nB: x\r\n\r\n"), WH_OK, 200, 1, "OK",
     "A: 1 2 3\r\nB: x\r\n", ""},
    {"5.2: fold of blanks only", IN("HTTP/1.1 200 OK\r\nA: 1\r\n  \r\nB: x\r\n\r\n"), WH_OK, 200, 1, "OK",
     "A: 1\r\nB: x\r\n", ""},
    {"5.2: fold behind an empty value", IN("HTTP/1.1 200 OK\r\nA:\r\n 1\r\n\r\n"), WH_OK, 200, 1, "OK", "A: 1\r\n", ""},
    {"2.2: fold before the first field", IN("HTTP/1.1 200 OK\r\n X: 1\r\nA: 1\r\n\r\n"), WH_OK, 200, 1, "OK",
     "A: 1\r\n", ""},
    {"fold of a skipped line", IN("HTTP/1.1 200 OK\r\nA: 1\r\njunk\r\n more\r\nB: 2\r\n\r\n"), WH_OK, 200, 1, "OK",
     "A: 1\r\nB: 2\r\n", ""},
    {"order and repetition", IN("HTTP/1.1 200 OK\r\nA: 1\r\nB: 2\r\na: 3\r\n\r\n"), WH_OK, 200, 1, "OK",
     "A: 1\r\nB: 2\r\na: 3\r\n", ""},
    {"R16: HTML", IN("<html>\r\n\r\n"), WH_E_RESPONSE, 0, 0, NULL, NULL, NULL},
    {"R16: at the first byte", IN("X"), WH_E_RESPONSE, 0, 0, NULL, NULL, NULL},
    {"R16: at the fifth byte", IN("HTTPS"), WH_E_RESPONSE, 0, 0, NULL, NULL, NULL},
    {"R16: TLS alert", IN("\x15\x03\x01\x00\x02\x02\x46"), WH_E_RESPONSE, 0, 0, NULL, NULL, NULL},
    {"lower case", IN("http/1.1 200 OK\r\n\r\n"), WH_E_RESPONSE, 0, 0, NULL, NULL, NULL},
    {"an empty line first", IN("\r\nHTTP/1.1 200 OK\r\n\r\n"), WH_E_RESPONSE, 0, 0, NULL, NULL, NULL},
    {"HTTP/2", IN("HTTP/2.0 200 OK\r\n\r\n"), WH_E_RESPONSE, 0, 0, NULL, NULL, NULL},
    {"HTTP/1.10", IN("HTTP/1.10 200 OK\r\n\r\n"), WH_E_RESPONSE, 0, 0, NULL, NULL, NULL},
    {"no status", IN("HTTP/1.1\r\n\r\n"), WH_E_RESPONSE, 0, 0, NULL, NULL, NULL},
    {"two digits", IN("HTTP/1.1 20 OK\r\n\r\n"), WH_E_RESPONSE, 0, 0, NULL, NULL, NULL},
    {"four digits", IN("HTTP/1.1 2000 OK\r\n\r\n"), WH_E_RESPONSE, 0, 0, NULL, NULL, NULL},
    {"099", IN("HTTP/1.1 099 OK\r\n\r\n"), WH_E_RESPONSE, 0, 0, NULL, NULL, NULL},
    {"letters", IN("HTTP/1.1 2x0 OK\r\n\r\n"), WH_E_RESPONSE, 0, 0, NULL, NULL, NULL},
    {"no blank behind the status", IN("HTTP/1.1 200OK\r\n\r\n"), WH_E_RESPONSE, 0, 0, NULL, NULL, NULL},
    {"NUL in the reason", IN("HTTP/1.1 200 O\0K\r\n\r\n"), WH_E_RESPONSE, 0, 0, NULL, NULL, NULL},
    {"NUL in a name", IN("HTTP/1.1 200 OK\r\nA\0B: 1\r\n\r\n"), WH_E_RESPONSE, 0, 0, NULL, NULL, NULL},
    {"NUL in a value", IN("HTTP/1.1 200 OK\r\nA: 1\0\r\n\r\n"), WH_E_RESPONSE, 0, 0, NULL, NULL, NULL},
    {"2.2: bare CR", IN("HTTP/1.1 200 OK\r\nA: 1\rB: 2\r\n\r\n"), WH_E_RESPONSE, 0, 0, NULL, NULL, NULL},
    {"two CRs", IN("HTTP/1.1 200 OK\r\nA: 1\r\r\n\r\n"), WH_E_RESPONSE, 0, 0, NULL, NULL, NULL},
    {"a control character",
     IN("HTTP/1.1 200 OK\r\nTransfer-Encoding:\x0B"
        "chunked\r\n\r\n"),
     WH_E_RESPONSE, 0, 0, NULL, NULL, NULL},
    {"cut in the status line", IN("HTTP/1.1 200"), WH_AGAIN, 0, 0, NULL, NULL, NULL},
    {"cut in a field", IN("HTTP/1.1 200 OK\r\nA: 1"), WH_AGAIN, 0, 0, NULL, NULL, NULL},
    {"cut in the empty line", IN("HTTP/1.1 200 OK\r\nA: 1\r\n\r"), WH_AGAIN, 0, 0, NULL, NULL, NULL},
    {"nothing", IN(""), WH_AGAIN, 0, 0, NULL, NULL, NULL},
};

static struct span raw(const struct hdr *h)
{
    static uint8_t text[70000];

    hdr_render_raw(h, text);
    return span_make(text, hdr_raw_size(h));
}

static void feed(const struct span *pieces, size_t count, void *ctx)
{
    const struct row *r = ctx;
    enum wh_err err = WH_AGAIN;
    struct h1_head h;
    struct buf in;
    struct span left;
    bool ok;

    buf_init(&in, 1u << 20);
    h1_head_init(&h, 4096, 50);
    for (size_t i = 0; i < count; i++) {
        feed_chunk(&in, pieces[i]);
        if (err == WH_AGAIN)
            err = h1_head_read(&h, &in);
        if (err == WH_AGAIN)
            CHECK_INT(buf_len(&in), 0);
    }
    ok = CHECK_INT(err, r->want);
    ok = CHECK_INT(h1_head_read(&h, &in), r->want) && ok;
    if (r->want == WH_OK) {
        ok = CHECK_INT(h.status, r->status) && ok;
        ok = CHECK_INT(h.minor, r->minor) && ok;
        ok = CHECK_STR(span_make(h.reason, h.reason_n), r->reason) && ok;
        ok = CHECK_STR(raw(&h.f.fields), r->fields) && ok;
        ok = CHECK_INT(buf_pullup(&in, buf_len(&in), &left), WH_OK) && ok;
        ok = CHECK_STR(left, r->left) && ok;
    }
    if (!ok)
        printf("#   in row \"%s\"\n", r->id);
    h1_head_clear(&h);
    buf_clear(&in);
}

static void table(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        feed_all_ways(rows[i].text, feed, (void *)(uintptr_t)&rows[i]);
}

static enum wh_err read_with(const char *text, size_t max_bytes, size_t max_lines)
{
    struct h1_head h;
    struct buf in;
    enum wh_err err;

    buf_init(&in, 1u << 20);
    h1_head_init(&h, max_bytes, max_lines);
    feed_chunk(&in, span_str(text));
    err = h1_head_read(&h, &in);
    h1_head_clear(&h);
    buf_clear(&in);
    return err;
}

static void limits(void)
{
    static const char text[] = "HTTP/1.1 200 OK\r\nA: 1\r\nB: 2\r\n\r\n";
    size_t n = sizeof text - 1;

    CHECK_INT(read_with(text, n, 2), WH_OK);
    CHECK_INT(read_with(text, n - 1, 2), WH_E_HEADER_SIZE);
    CHECK_INT(read_with(text, n, 1), WH_E_HEADER_COUNT);
    harness_row("skipped and folded lines count");
    CHECK_INT(read_with("HTTP/1.1 200 OK\r\nA: 1\r\n 2\r\n 3\r\n\r\n", 4096, 2), WH_E_HEADER_COUNT);
    CHECK_INT(read_with("HTTP/1.1 200 OK\r\na\r\nb\r\nc\r\n\r\n", 4096, 2), WH_E_HEADER_COUNT);
    harness_row("the shortest lines still fit into the block");
    CHECK_INT(read_with("HTTP/1.1 200 OK\na:\nb:\nc:\nd:\ne:\nf:\ng:\nh:\ni:\nj:\n\n", 47, 50), WH_OK);
    harness_row("a line without an end does not grow beyond the limit");
    CHECK_INT(read_with("HTTP/1.1 200 OKKKKKKKKKKKK", 20, 50), WH_E_HEADER_SIZE);
    harness_row("absurd limits");
    CHECK_INT(read_with(text, SIZE_MAX, SIZE_MAX), WH_OK);
}

/* 64 KB of tiny lines, byte by byte: nothing may be scanned twice, or this takes minutes. */
static void no_rescan(void)
{
    struct h1_head h;
    struct buf in;
    enum wh_err err = WH_AGAIN;

    buf_init(&in, 1u << 20);
    h1_head_init(&h, 2000000, 2);
    buf_append_str(&in, "HTTP/1.1 200 OK\r\nA: ");
    for (size_t i = 0; i < 1000000 && err == WH_AGAIN; i++) {
        buf_append_str(&in, "x");
        err = h1_head_read(&h, &in);
    }
    CHECK_INT(err, WH_AGAIN);
    buf_append_str(&in, "\r\n\r\n");
    CHECK_INT(h1_head_read(&h, &in), WH_OK);
    CHECK_INT(hdr_raw_size(&h.f.fields), 1000000 + 5);
    h1_head_clear(&h);
    buf_clear(&in);
}

static void again(void)
{
    struct h1_head h;
    struct buf in;

    buf_init(&in, 4096);
    h1_head_init(&h, 100, 5);
    buf_append_str(&in, "HTTP/1.1 100 Continue\r\nA: 1\r\n\r\nHTTP/1.0 200 OK\r\nB: 2\r\n\r\n");
    CHECK_INT(h1_head_read(&h, &in), WH_OK);
    CHECK_INT(h.status, 100);
    h1_head_reset(&h);
    CHECK_INT(h1_head_read(&h, &in), WH_OK);
    CHECK_INT(h.status, 200);
    CHECK_INT(h.minor, 0);
    CHECK_STR(raw(&h.f.fields), "B: 2\r\n");
    h1_head_clear(&h);
    buf_clear(&in);
}

static enum wh_err read_in_two(void *ctx)
{
    enum wh_err err;
    struct h1_head h;
    struct buf in;

    (void)ctx;
    buf_init(&in, 4096);
    h1_head_init(&h, 4096, 50);
    err = buf_append_str(&in, "HTTP/1.1 200 OK\r\nA: 1\r\n 2\r\nLong");
    if (err == WH_OK)
        err = h1_head_read(&h, &in);
    if (err == WH_AGAIN)
        err = buf_append_str(&in, "-Name: value\r\n\r\n");
    if (err == WH_OK)
        err = h1_head_read(&h, &in);
    if (err == WH_E_NOMEM && h.state == H1_HEAD_FAILED)
        CHECK_INT(h1_head_read(&h, &in), WH_E_NOMEM);
    h1_head_clear(&h);
    buf_clear(&in);
    return err;
}

static void no_memory(void)
{
    each_allocation_fails(read_in_two, NULL);
}

static const struct test tests[] = {
    {"RFC 9112 2.2, 4, 5, SEMANTICS R14-R16, in every cut", table},
    {"limits of bytes and lines are exact", limits},
    {"no byte is looked at twice", no_rescan},
    {"a head may follow a head", again},
    {"each allocation may fail", no_memory},
};

HARNESS_MAIN(tests)
