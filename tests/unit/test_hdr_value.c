/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* proto/hdr_value.h: RFC 9110 section 5.6 and Content-Length (section 8.6). */
#include "harness.h"

#include "proto/hdr_value.h"

/* Elements, or names and values, joined by "|". */
static struct span list_of(const char *text)
{
    static char out[256];
    struct hdr_list it;
    struct span e;
    size_t n = 0;

    hdr_list_init(&it, guard_make(span_str(text)));
    while (hdr_list_next(&it, &e)) {
        memcpy(out + n, e.p, e.n);
        n += e.n;
        out[n++] = '|';
    }
    return span_make(out, n);
}

static void lists(void)
{
    CHECK_STR(list_of(""), "");
    CHECK_STR(list_of(" , ,\t,"), "");
    CHECK_STR(list_of("a"), "a|");
    CHECK_STR(list_of(" a , b,c,, d e "), "a|b|c|d e|");
    CHECK_STR(list_of("a=\"x, y\", b"), "a=\"x, y\"|b|");
    CHECK_STR(list_of("a=\"x\\\", y\", b"), "a=\"x\\\", y\"|b|");
    CHECK_STR(list_of("a=\"open, b"), "a=\"open, b|");
    CHECK_STR(list_of("a\\, b"), "a\\|b|");
    CHECK_STR(list_of("\"\\"), "\"\\|");
}

static struct span params_of(const char *text)
{
    static char out[256];
    struct hdr_params it;
    struct span head, name, value;
    size_t n;

    hdr_params_init(&it, guard_make(span_str(text)), &head);
    memcpy(out, head.p, head.n);
    n = head.n;
    while (hdr_params_next(&it, &name, &value)) {
        out[n++] = '|';
        memcpy(out + n, name.p, name.n);
        n += name.n;
        if (value.p) {
            out[n++] = '=';
            memcpy(out + n, value.p, value.n);
            n += value.n;
        }
    }
    return span_make(out, n);
}

static void params(void)
{
    CHECK_STR(params_of("text/html"), "text/html");
    CHECK_STR(params_of("text/html; charset=utf-8;q"), "text/html|charset=utf-8|q");
    CHECK_STR(params_of("a ; b = \"x;y=z\" ;; c=1"), "a|b=\"x;y=z\"|c=1");
    CHECK_STR(params_of("a;b="), "a|b=");
    CHECK_STR(params_of(";x=1"), "|x=1");
}

static void quoting(void)
{
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"token", "token"}, {"\"\"", ""},         {"\"a b\"", "a b"}, {"\"a\\\"b\\\\\"", "a\"b\\"},
        {"", ""},           {"\"open", "\"open"}, {"\"", "\""},       {"a\\b", "a\\b"},
    };
    uint8_t out[16];
    size_t n = 77;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK_INT(hdr_value_unquote(guard_make(span_str(rows[i].in)), out, sizeof out, &n), WH_OK);
        CHECK_STR(span_make(out, n), rows[i].out);
    }
    n = 77;
    CHECK_INT(hdr_value_unquote(span_str("\"abc\""), out, 2, &n), WH_E_FULL);
    CHECK_INT(n, 77);
    CHECK_INT(hdr_value_unquote(span_str("\"abc\""), out, 3, &n), WH_OK);
}

static void has_token(void)
{
    struct hdr h;

    CHECK(hdr_value_has_token(span_str("keep-alive, Upgrade"), "upgrade"));
    CHECK(hdr_value_has_token(span_str("gzip;q=1, CHUNKED"), "chunked"));
    CHECK(hdr_value_has_token(span_str("gzip;q=1"), "gzip"));
    CHECK(!hdr_value_has_token(span_str("upgraded"), "upgrade"));
    CHECK(!hdr_value_has_token(span_str("\"a, upgrade\""), "upgrade"));
    CHECK(!hdr_value_has_token(span_str(""), "upgrade"));
    hdr_init(&h, 512, 10);
    hdr_add_str(&h, "Connection", "a");
    hdr_add_str(&h, "connection", "b, close");
    CHECK(hdr_has_token(&h, "Connection", "close"));
    CHECK(!hdr_has_token(&h, "Connection", "keep-alive"));
    hdr_clear(&h);
}

static void integers(void)
{
    static const struct {
        const char *text;
        uint64_t max, want;
        enum wh_err err;
    } rows[] = {
        {"0", UINT64_MAX, 0, WH_OK},
        {"007", UINT64_MAX, 7, WH_OK},
        {"18446744073709551615", UINT64_MAX, UINT64_MAX, WH_OK},
        {"18446744073709551616", UINT64_MAX, 0, WH_E_RESPONSE},
        {"99999999999999999999999", UINT64_MAX, 0, WH_E_RESPONSE},
        {"9223372036854775807", INT64_MAX, INT64_MAX, WH_OK},
        {"9223372036854775808", INT64_MAX, 0, WH_E_RESPONSE},
        {"5", 5, 5, WH_OK},
        {"6", 5, 0, WH_E_RESPONSE},
        {"10", 5, 0, WH_E_RESPONSE},
        {"", 5, 0, WH_E_RESPONSE},
        {"+1", 5, 0, WH_E_RESPONSE},
        {"-1", 5, 0, WH_E_RESPONSE},
        {" 1", 5, 0, WH_E_RESPONSE},
        {"1 ", 5, 0, WH_E_RESPONSE},
        {"0x1", 5, 0, WH_E_RESPONSE},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t v = 4711;

        harness_row(rows[i].text);
        CHECK_INT(hdr_value_uint(guard_make(span_str(rows[i].text)), rows[i].max, &v), rows[i].err);
        CHECK_INT(v, rows[i].err == WH_OK ? rows[i].want : 4711);
    }
}

static void content_length(void)
{
    static const struct {
        const char *one, *two;
        enum wh_err err;
        bool present;
        uint64_t want;
    } rows[] = {
        {NULL, NULL, WH_OK, false, 0},
        {"5", NULL, WH_OK, true, 5},
        {"5", "5", WH_OK, true, 5},
        {"5, 5", NULL, WH_OK, true, 5},
        {"5, 5", "05", WH_OK, true, 5},
        {"5", "6", WH_E_RESPONSE, false, 0},
        {"5, 6", NULL, WH_E_RESPONSE, false, 0},
        {"5", "x", WH_E_RESPONSE, false, 0},
        {"", NULL, WH_E_RESPONSE, false, 0},
        {", ,", NULL, WH_E_RESPONSE, false, 0},
        {"-5", NULL, WH_E_RESPONSE, false, 0},
        {"5;a=b", NULL, WH_E_RESPONSE, false, 0},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool present = true;
        uint64_t v = 4711;
        struct hdr h;

        harness_row(rows[i].one);
        hdr_init(&h, 512, 10);
        hdr_add_str(&h, "Content-Lengths", "9");
        if (rows[i].one)
            hdr_add_str(&h, "content-length", rows[i].one);
        if (rows[i].two)
            hdr_add_str(&h, "Content-Length", rows[i].two);
        CHECK_INT(hdr_content_length(&h, &present, &v), rows[i].err);
        if (rows[i].err == WH_OK)
            CHECK_INT(present, rows[i].present);
        CHECK_INT(v, rows[i].present ? rows[i].want : 4711);
        hdr_clear(&h);
    }
}

static const struct test tests[] = {
    {"RFC 9110 5.6.1: lists", lists},
    {"RFC 9110 5.6.6: parameters", params},
    {"RFC 9110 5.6.4: quoted strings", quoting},
    {"tokens of a list, over several fields", has_token},
    {"integers are digits, in range", integers},
    {"RFC 9110 8.6: Content-Length, repeated and listed", content_length},
};

HARNESS_MAIN(tests)
