/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* proto/h1_write.h: RFC 9112 sections 3, 7.1. */
#include "harness.h"

#include "proto/h1_write.h"

static struct span content(struct buf *b)
{
    struct span s = {NULL, 0};

    CHECK_INT(buf_pullup(b, buf_len(b), &s), WH_OK);
    return s;
}

static void heads(void)
{
    struct buf out;
    struct hdr h;

    buf_init(&out, 4096);
    hdr_init(&h, 4096, 10);
    CHECK_INT(h1_write_head(&out, span_str("GET"), span_str("/"), 1, &h), WH_OK);
    CHECK_STR(content(&out), "GET / HTTP/1.1\r\n\r\n");
    buf_clear(&out);
    hdr_add_str(&h, "Host", "example.org");
    hdr_add_str(&h, "Empty", "");
    CHECK_INT(h1_write_head(&out, guard_make(span_str("POST")), guard_make(span_str("/a%20b?c\x01")), 0, &h), WH_OK);
    CHECK_STR(content(&out), "POST /a%20b?c\x01 HTTP/1.0\r\nHost: example.org\r\nEmpty: \r\n\r\n");
    buf_clear(&out);
    hdr_clear(&h);
}

static void refusals(void)
{
    static const struct {
        struct span method, target;
    } rows[] = {
        {{NULL, 0}, {(const uint8_t *)"/", 1}},
        {{(const uint8_t *)"G T", 3}, {(const uint8_t *)"/", 1}},
        {{(const uint8_t *)"GET\r\n", 5}, {(const uint8_t *)"/", 1}},
        {{(const uint8_t *)"GET", 3}, {NULL, 0}},
        {{(const uint8_t *)"GET", 3}, {(const uint8_t *)"/ a", 3}},
        {{(const uint8_t *)"GET", 3}, {(const uint8_t *)"/\ra", 3}},
        {{(const uint8_t *)"GET", 3}, {(const uint8_t *)"/\na", 3}},
        {{(const uint8_t *)"GET", 3}, {(const uint8_t *)"/\0a", 3}},
    };
    struct buf out;
    struct hdr h;

    hdr_init(&h, 4096, 10);
    hdr_add_str(&h, "A", "1");
    buf_init(&out, 100);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CHECK_INT(h1_write_head(&out, rows[i].method, rows[i].target, 1, &h), WH_E_ARG);
    CHECK_INT(buf_len(&out), 0);

    /* "GET / HTTP/1.1" CRLF "A: 1" CRLF CRLF is 24 bytes. */
    buf_init(&out, 23);
    CHECK_INT(h1_write_head(&out, span_str("GET"), span_str("/"), 1, &h), WH_E_FULL);
    CHECK_INT(buf_len(&out), 0);
    buf_init(&out, 24);
    CHECK_INT(h1_write_head(&out, span_str("GET"), span_str("/"), 1, &h), WH_OK);
    buf_clear(&out);
    hdr_clear(&h);
}

static void chunks(void)
{
    static uint8_t large[70000];
    struct span all;
    struct buf out;

    buf_init(&out, 200000);
    CHECK_INT(h1_write_chunk(&out, span_str("")), WH_OK);
    CHECK_INT(buf_len(&out), 0);
    CHECK_INT(h1_write_chunk(&out, span_str("a")), WH_OK);
    CHECK_INT(h1_write_chunk(&out, span_str("0123456789abcdefg")), WH_OK);
    CHECK_INT(h1_write_last_chunk(&out), WH_OK);
    CHECK_STR(content(&out), "1\r\na\r\n11\r\n0123456789abcdefg\r\n0\r\n\r\n");
    buf_clear(&out);

    CHECK_INT(h1_write_chunk(&out, span_make(large, sizeof large)), WH_OK);
    CHECK(buf_len(&out) <= sizeof large + H1_CHUNK_OVERHEAD);
    CHECK_INT(buf_pullup(&out, 7, &all), WH_OK);
    CHECK_STR(all, "11170\r\n");
    buf_clear(&out);

    /* "5" CRLF "hello" CRLF is 10 bytes. */
    buf_init(&out, 9);
    CHECK_INT(h1_write_chunk(&out, span_str("hello")), WH_E_FULL);
    CHECK_INT(buf_len(&out), 0);
    buf_init(&out, 10);
    CHECK_INT(h1_write_chunk(&out, span_str("hello")), WH_OK);
    buf_clear(&out);
}

static enum wh_err write_all(void *ctx)
{
    enum wh_err err;
    struct buf out;
    struct hdr h;
    size_t before;

    (void)ctx;
    buf_init(&out, 4096);
    hdr_init(&h, 4096, 10);
    err = hdr_add_str(&h, "A", "1");
    if (err == WH_OK) {
        err = h1_write_head(&out, span_str("GET"), span_str("/"), 1, &h);
        CHECK_INT(buf_len(&out), err == WH_OK ? 24 : 0);
    }
    if (err == WH_OK) {
        before = buf_len(&out);
        err = h1_write_chunk(&out, span_str("hello"));
        CHECK_INT(buf_len(&out), err == WH_OK ? before + 10 : before);
    }
    if (err == WH_OK)
        err = h1_write_last_chunk(&out);
    buf_clear(&out);
    hdr_clear(&h);
    return err;
}

static void no_memory(void)
{
    each_allocation_fails(write_all, NULL);
}

static const struct test tests[] = {
    {"RFC 9112 3: request line and fields", heads},
    {"what would break the request line is refused; a full buffer is left alone", refusals},
    {"RFC 9112 7.1: chunks", chunks},
    {"each allocation may fail, and leaves no half head or chunk", no_memory},
};

HARNESS_MAIN(tests)
