/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* proto/hdr_lines.h: the caller's header text, SEMANTICS Q1-Q25, S3 and CLIENTS finding 1. */
#include "harness.h"

#include "base/mem.h"
#include "proto/hdr_lines.h"

#define ADD       HDR_LINES_ADD
#define NEW       HDR_LINES_ADD_IF_NEW
#define REPLACE   HDR_LINES_REPLACE
#define COMMA     HDR_LINES_COALESCE_COMMA
#define SEMICOLON HDR_LINES_COALESCE_SEMICOLON

/* Before (applied with ADD), text, flags: result and block afterwards; after NULL: as before. */
struct row {
    const char *id, *before, *text;
    unsigned flags;
    enum wh_err want;
    const char *after;
};

static const struct row rows[] = {
    {"Q3", "", "a: b\r\n", ADD, WH_OK, "a: b\r\n"},
    {"Q4", "", "name:", ADD, WH_OK, "name: \r\n"},
    {"Q5", "", ":", ADD, WH_E_ARG, NULL},
    {"Q6", "", ":value", ADD, WH_E_ARG, NULL},
    {"Q7", "", "no colon", ADD, WH_E_ARG, NULL},
    {"Q7, one word", "", "name", ADD, WH_E_ARG, NULL},
    {"Q8", "", " e :f", ADD, WH_E_ARG, NULL},
    {"Q8, tab", "", "\te:f", ADD, WH_E_ARG, NULL},
    {"Q9", "", "g : value", ADD, WH_E_ARG, NULL},
    {"Q10", "", "a:   value  \t", ADD, WH_OK, "a: value\r\n"},
    {"Q10, colons in the value", "", "a:b:c", ADD, WH_OK, "a: b:c\r\n"},
    {"Q11 CRLF", "", "a:1\r\nb:2", ADD, WH_OK, "a: 1\r\nb: 2\r\n"},
    {"Q11 LF", "", "a:1\nb:2", ADD, WH_OK, "a: 1\r\nb: 2\r\n"},
    {"Q11, S3 CR", "", "a:1\rb:2", ADD, WH_OK, "a: 1\r\nb: 2\r\n"},
    {"Q11 LFCR", "", "a:1\n\rb:2", ADD, WH_OK, "a: 1\r\nb: 2\r\n"},
    {"Q11 LFLFLF", "", "a:1\n\n\nb:2", ADD, WH_OK, "a: 1\r\nb: 2\r\n"},
    {"Q11 CRCRCR", "", "a:1\r\r\rb:2", ADD, WH_OK, "a: 1\r\nb: 2\r\n"},
    {"Q11 empty line", "", "a:1\r\n\r\nb:2\r\n\r\n", ADD, WH_OK, "a: 1\r\nb: 2\r\n"},
    {"Q11 in front", "", "\r\n\na:1", ADD, WH_OK, "a: 1\r\n"},
    {"all or nothing", "k:v", "a:1\r\nbad\r\nb:2", ADD, WH_E_ARG, NULL},
    {"all or nothing, last", "k:v", "a:1\r\nb :2", ADD, WH_E_ARG, NULL},
    {"Q13 missing", "", "a:1", 0, WH_OK, "a: 1\r\n"},
    {"Q13 existing", "a:1", "a:2", 0, WH_E_EXISTS, NULL},
    {"Q14", "a:1", "A:2", ADD, WH_OK, "a: 1\r\nA: 2\r\n"},
    {"Q15", "a:1", "A:2", NEW, WH_E_EXISTS, NULL},
    {"Q15 with ADD", "a:1", "A:2", NEW | ADD, WH_E_EXISTS, NULL},
    {"Q15 missing", "a:1", "b:2", NEW, WH_OK, "a: 1\r\nb: 2\r\n"},
    {"Q15 second line", "a:1", "b:2\r\na:3", NEW, WH_E_EXISTS, NULL},
    {"Q16", "a:1", "b:2", REPLACE, WH_E_NOT_FOUND, NULL},
    {"Q16 second line", "a:1", "a:2\r\nb:2", REPLACE, WH_E_NOT_FOUND, NULL},
    {"Q16 empty value", "a:1", "b:", REPLACE, WH_E_NOT_FOUND, NULL},
    {"Q9 before Q16", "a:1", "b : 2", REPLACE, WH_E_ARG, NULL},
    {"Q17", "a:1", "b:2", ADD | REPLACE, WH_OK, "a: 1\r\nb: 2\r\n"},
    {"Q18", "a:1\na:2", "a:3", REPLACE, WH_OK, "a: 3\r\na: 2\r\n"},
    {"Q19", "a:1\na:2", "a:3", ADD | REPLACE, WH_OK, "a: 3\r\na: 2\r\n"},
    {"Q20", "a:1\nb:2", "A:", REPLACE, WH_OK, "b: 2\r\n"},
    {"Q20 with ADD", "a:1\nb:2", "a: ", ADD | REPLACE, WH_OK, "b: 2\r\n"},
    {"Q18 the second of two", "a:1\na:2", "a:3", REPLACE | HDR_LINES_NTH(1), WH_OK, "a: 1\r\na: 3\r\n"},
    {"Q20 the second of two", "a:1\na:2", "a:", REPLACE | HDR_LINES_NTH(1), WH_OK, "a: 1\r\n"},
    {"Q16 the third of two", "a:1\na:2", "a:3", REPLACE | HDR_LINES_NTH(2), WH_E_NOT_FOUND, NULL},
    {"Q17 the third of two", "a:1\na:2", "a:3", ADD | REPLACE | HDR_LINES_NTH(2), WH_OK, "a: 1\r\na: 2\r\na: 3\r\n"},
    {"Q14 an index is only for REPLACE", "a:1", "a:2", ADD | HDR_LINES_NTH(7), WH_OK, "a: 1\r\na: 2\r\n"},
    {"Q21, Q22", "a:X\na:Z", "a:Y", COMMA, WH_OK, "a: X, Y\r\na: Z\r\n"},
    {"Q22 with ADD", "a:X", "a:Y", ADD | COMMA, WH_OK, "a: X, Y\r\n"},
    {"Q22 missing", "", "a:Y", COMMA, WH_OK, "a: Y\r\n"},
    {"Q23", "a:A, B, C", "a:D", SEMICOLON, WH_OK, "a: A, B, C; D\r\n"},
    {"Q22 twice in one text", "", "a:A\r\na:B\r\na:C", COMMA, WH_OK, "a: A, B, C\r\n"},
    {"Q24, Q25", "", "Connection: close\r\nTransfer-Encoding: chunked", ADD, WH_OK,
     "Connection: close\r\nTransfer-Encoding: chunked\r\n"},
    {"finding 1: CRLF", "k:v", "\r\n", ADD, WH_OK, NULL},
    {"finding 1: several", "k:v", "\n\n\r", REPLACE, WH_OK, NULL},
    {"finding 1: nothing", "k:v", "", ADD, WH_OK, NULL},
    {"a name that is no token", "", "na(me: x", ADD, WH_E_ARG, NULL},
};

static struct span raw(const struct hdr *h, uint8_t *text)
{
    hdr_render_raw(h, text);
    return span_make(text, hdr_raw_size(h));
}

static void table(void)
{
    uint8_t before[512], after[512];

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *r = &rows[i];
        struct span was, is;
        struct hdr h;

        harness_row(r->id);
        hdr_init(&h, sizeof before, 10);
        CHECK_INT(hdr_lines_apply(&h, span_str(r->before), ADD), WH_OK);
        was = raw(&h, before);
        CHECK_INT(hdr_lines_apply(&h, guard_make(span_str(r->text)), r->flags), r->want);
        is = raw(&h, after);
        CHECK_SPAN(is, r->after ? span_str(r->after) : was);
        hdr_clear(&h);
    }
}

static void no_nul(void)
{
    struct hdr h;

    hdr_init(&h, 512, 10);
    CHECK_INT(hdr_lines_apply(&h, LITERAL("a:1\0b"), ADD), WH_E_ARG);
    CHECK_INT(hdr_lines_apply(&h, LITERAL("a:1\nb\0:c"), ADD), WH_E_ARG);
    CHECK_INT(hdr_count(&h), 0);
    hdr_clear(&h);
}

static void limits(void)
{
    struct hdr h;

    hdr_init(&h, 512, 2);
    CHECK_INT(hdr_lines_apply(&h, span_str("a:1\nb:2\nc:3"), ADD), WH_E_FULL);
    CHECK_INT(hdr_count(&h), 0);
    CHECK_INT(hdr_lines_apply(&h, span_str("a:1\nb:2"), ADD), WH_OK);
    CHECK_INT(hdr_lines_apply(&h, span_str("c:3"), ADD), WH_E_FULL);
    CHECK_INT(hdr_lines_apply(&h, span_str("a:\nc:3"), ADD | REPLACE), WH_OK);
    CHECK_INT(hdr_count(&h), 2);
    hdr_clear(&h);
}

static enum wh_err apply(void *ctx)
{
    uint8_t text[512];
    struct hdr h;
    enum wh_err err;

    (void)ctx;
    hdr_init(&h, 512, 10);
    err = hdr_lines_apply(&h, span_str("k:v"), ADD);
    if (err == WH_OK) {
        err = hdr_lines_apply(&h, span_str("a:1\r\nk:w\r\nb:2"), ADD | REPLACE);
        CHECK_STR(raw(&h, text), err == WH_OK ? "k: w\r\na: 1\r\nb: 2\r\n" : "k: v\r\n");
    }
    hdr_clear(&h);
    return err;
}

static void no_memory(void)
{
    each_allocation_fails(apply, NULL);
}

static const struct test tests[] = {
    {"SEMANTICS Q3-Q25, S3, CLIENTS finding 1", table},
    {"a NUL enters neither name nor value", no_nul},
    {"the block's limits hold for all lines together", limits},
    {"running out of memory changes nothing", no_memory},
};

HARNESS_MAIN(tests)
