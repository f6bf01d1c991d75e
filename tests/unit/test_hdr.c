/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* proto/hdr.h: order, lookup, change in place, limits, what may not enter. */
#include "harness.h"

#include "base/mem.h"
#include "proto/hdr.h"

/* The rendered block, in a static buffer. */
static struct span raw(const struct hdr *h)
{
    static uint8_t text[8192];

    if (!CHECK(hdr_raw_size(h) <= sizeof text))
        return span_make(NULL, 0);
    hdr_render_raw(h, text);
    return span_make(text, hdr_raw_size(h));
}

static struct span value_at(const struct hdr *h, size_t i)
{
    struct span v;

    hdr_at(h, i, NULL, &v);
    return v;
}

static void order(void)
{
    struct span name, value;
    struct hdr h;
    size_t i = 9;

    hdr_init(&h, 4096, 100);
    CHECK_STR(raw(&h), "");
    CHECK_INT(hdr_add_str(&h, "Host", "example.org"), WH_OK);
    CHECK_INT(hdr_add(&h, guard_make(span_str("X-A")), guard_make(span_str("1"))), WH_OK);
    CHECK_INT(hdr_add_str(&h, "x-a", "2"), WH_OK);
    CHECK_INT(hdr_add_str(&h, "Empty", ""), WH_OK);
    CHECK_STR(raw(&h), "Host: example.org\r\nX-A: 1\r\nx-a: 2\r\nEmpty: \r\n");
    CHECK_INT(hdr_count(&h), 4);
    hdr_at(&h, 2, &name, &value);
    CHECK_STR(name, "x-a");
    CHECK_STR(value, "2");

    CHECK(hdr_find(&h, span_str("X-a"), 1, &i));
    CHECK_INT(i, 2);
    CHECK(!hdr_find(&h, span_str("X-a"), 2, &i));
    CHECK(!hdr_find(&h, span_str("X-"), 0, &i));
    CHECK_INT(i, 2);
    CHECK(hdr_get(&h, "HOST", &value));
    CHECK_STR(value, "example.org");
    value = span_str("kept");
    CHECK(!hdr_get(&h, "None", &value));
    CHECK_STR(value, "kept");
    CHECK(hdr_has(&h, "empty"));
    hdr_clear(&h);
    CHECK_INT(hdr_count(&h), 0);
}

static void changes(void)
{
    struct hdr h;

    hdr_init(&h, 4096, 100);
    hdr_add_str(&h, "A", "1");
    hdr_add_str(&h, "B", "2");
    hdr_add_str(&h, "A", "3");
    CHECK_INT(hdr_replace_at(&h, 0, span_str("a longer value")), WH_OK);
    CHECK_INT(hdr_append_value(&h, 1, ", ", span_str("more")), WH_OK);
    CHECK_INT(hdr_append_value(&h, 1, "; ", span_str("")), WH_OK);
    CHECK_INT(hdr_append_value(&h, 1, "", span_str("x")), WH_OK);
    CHECK_STR(raw(&h), "A: a longer value\r\nB: 2, more; x\r\nA: 3\r\n");
    hdr_remove_at(&h, 1);
    CHECK_STR(raw(&h), "A: a longer value\r\nA: 3\r\n");
    CHECK_INT(hdr_replace_at(&h, 1, span_str("")), WH_OK);
    CHECK_STR(raw(&h), "A: a longer value\r\nA: \r\n");
    hdr_add_str(&h, "C", "4");
    hdr_remove_all(&h, "a");
    CHECK_STR(raw(&h), "C: 4\r\n");
    hdr_clear(&h);
}

static void forbidden(void)
{
    static const struct {
        const char *name, *value;
        size_t value_n;
        enum wh_err want;
    } rows[] = {
        {"A", "tab\tand \x80\xFF", sizeof "tab\tand \x80\xFF" - 1, WH_OK},
        {"", "x", sizeof "x" - 1, WH_E_ARG},
        {"A B", "x", sizeof "x" - 1, WH_E_ARG},
        {"A:", "x", sizeof "x" - 1, WH_E_ARG},
        {"A\r\nB", "x", sizeof "x" - 1, WH_E_ARG},
        {"\xC3\xA4", "x", sizeof "x" - 1, WH_E_ARG},
        {"A", "x\r\nEvil: 1", sizeof "x\r\nEvil: 1" - 1, WH_E_ARG},
        {"A", "x\n", sizeof "x\n" - 1, WH_E_ARG},
        {"A", "x\r", sizeof "x\r" - 1, WH_E_ARG},
        {"A", "x\0y", sizeof "x\0y" - 1, WH_E_ARG},
    };
    struct hdr h;

    hdr_init(&h, 4096, 100);
    hdr_add_str(&h, "K", "v");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct span value = guard_make(span_make(rows[i].value, rows[i].value_n));

        CHECK_INT(hdr_add(&h, guard_make(span_str(rows[i].name)), value), rows[i].want);
        if (rows[i].want == WH_OK) {
            hdr_remove_at(&h, 1);
        } else if (text_is_token(span_str(rows[i].name))) {
            CHECK_INT(hdr_replace_at(&h, 0, value), WH_E_ARG);
            CHECK_INT(hdr_append_value(&h, 0, ", ", value), WH_E_ARG);
        }
        CHECK_STR(raw(&h), "K: v\r\n");
    }
    CHECK_INT(hdr_append_value(&h, 0, "\r\n", span_str("x")), WH_E_ARG);
    hdr_clear(&h);
}

static void limits(void)
{
    struct hdr h;

    /* "A: 12345" CRLF is 10 bytes. */
    hdr_init(&h, 20, 3);
    CHECK_INT(hdr_add_str(&h, "A", "12345"), WH_OK);
    CHECK_INT(hdr_add_str(&h, "B", "123456"), WH_E_FULL);
    CHECK_INT(hdr_add_str(&h, "B", "1234"), WH_OK);
    CHECK_INT(hdr_append_value(&h, 0, ",", span_str("")), WH_OK);
    CHECK_INT(hdr_append_value(&h, 0, "", span_str("x")), WH_E_FULL);
    CHECK_INT(hdr_replace_at(&h, 1, span_str("12345")), WH_E_FULL);
    CHECK_INT(hdr_replace_at(&h, 1, span_str("")), WH_OK);
    CHECK_STR(raw(&h), "A: 12345,\r\nB: \r\n");
    hdr_clear(&h);

    hdr_init(&h, 1000, 2);
    CHECK_INT(hdr_add_str(&h, "A", "1"), WH_OK);
    CHECK_INT(hdr_add_str(&h, "A", "2"), WH_OK);
    CHECK_INT(hdr_add_str(&h, "A", "3"), WH_E_FULL);
    hdr_remove_at(&h, 0);
    CHECK_INT(hdr_add_str(&h, "A", "3"), WH_OK);
    CHECK_STR(raw(&h), "A: 2\r\nA: 3\r\n");
    hdr_clear(&h);
}

/* Replacing again and again leaves holes; the arena must not follow. */
static void holes(void)
{
    char value[400];
    struct hdr h;

    hdr_init(&h, 4096, 100);
    hdr_add_str(&h, "Fixed", "stays");
    hdr_add_str(&h, "Var", "");
    for (unsigned i = 0; i < 5000; i++) {
        size_t n = i * 37 % sizeof value;

        memset(value, 'a' + (int)(i % 26), n);
        CHECK_INT(hdr_replace_at(&h, 1, span_make(value, n)), WH_OK);
        CHECK_SPAN(value_at(&h, 1), span_make(value, n));
        CHECK_STR(value_at(&h, 0), "stays");
    }
    CHECK(h.cap <= 4096);
    hdr_clear(&h);
}

static void copies(void)
{
    struct hdr a, b, c;

    hdr_init(&a, 4096, 100);
    hdr_init(&b, 4096, 1);
    hdr_init(&c, 12, 100);
    hdr_add_str(&b, "Old", "gone");
    CHECK_INT(hdr_copy(&b, &a), WH_OK);
    CHECK_INT(hdr_count(&b), 0);
    hdr_add_str(&a, "A", "1");
    CHECK_INT(hdr_copy(&b, &a), WH_OK);
    CHECK_STR(raw(&b), "A: 1\r\n");
    hdr_add_str(&a, "B", "2");
    CHECK_INT(hdr_copy(&b, &a), WH_E_FULL);
    CHECK_STR(raw(&b), "A: 1\r\n");
    CHECK_INT(hdr_copy(&c, &a), WH_OK);
    CHECK_STR(raw(&c), "A: 1\r\nB: 2\r\n");
    CHECK_INT(hdr_append_value(&c, 1, "", span_str("x")), WH_E_FULL);
    hdr_remove_at(&c, 0);
    CHECK_INT(hdr_append_value(&c, 0, "", span_str("xyz")), WH_OK);
    CHECK_STR(raw(&c), "B: 2xyz\r\n");
    CHECK_STR(raw(&a), "A: 1\r\nB: 2\r\n");
    hdr_clear(&b);
    hdr_move(&b, &a);
    CHECK_STR(raw(&b), "A: 1\r\nB: 2\r\n");
    CHECK_INT(hdr_count(&a), 0);
    CHECK_INT(hdr_add_str(&a, "New", "1"), WH_OK);
    hdr_clear(&a);
    hdr_clear(&b);
    hdr_clear(&c);
}

/* Every step is all or nothing: the block must read as before the step that failed. */
static enum wh_err build(void *ctx)
{
    char value[600];
    struct hdr h, copy;
    enum wh_err err;
    size_t i;

    (void)ctx;
    memset(value, 'v', sizeof value);
    hdr_init(&h, 8192, 100);
    hdr_init(&copy, 8192, 100);
    err = hdr_add_str(&h, "First", "1");
    for (i = 0; err == WH_OK && i < 20; i++)
        err = hdr_add(&h, span_str("Name"), span_make(value, i * 5));
    if (err == WH_OK) {
        err = hdr_replace_at(&h, 0, span_make(value, sizeof value));
        CHECK_INT(value_at(&h, 0).n, err == WH_OK ? sizeof value : 1);
    }
    if (err == WH_OK) {
        err = hdr_append_value(&h, 1, ", ", span_make(value, sizeof value));
        CHECK_INT(value_at(&h, 1).n, err == WH_OK ? sizeof value + 2 : 0);
    }
    if (err == WH_OK) {
        err = hdr_copy(&copy, &h);
        CHECK_INT(hdr_count(&copy), err == WH_OK ? hdr_count(&h) : 0);
    }
    for (size_t k = 1; k < hdr_count(&h) && k < i; k++)
        CHECK(value_at(&h, k).n == (k - 1) * 5 || k == 1);
    hdr_clear(&h);
    hdr_clear(&copy);
    return err;
}

static void no_memory(void)
{
    each_allocation_fails(build, NULL);
}

static const struct test tests[] = {
    {"fields keep their order and are found without regard to case", order},
    {"values change in place, fields are removed", changes},
    {"RFC 9110 5.5, 5.6.2: only tokens are names; no CR, LF or NUL in a value", forbidden},
    {"limits are exact and a refusal changes nothing", limits},
    {"holes do not make the arena grow", holes},
    {"copy and move keep each block's limits", copies},
    {"a step that runs out of memory changes nothing", no_memory},
};

HARNESS_MAIN(tests)
