/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* base/text.h: UTF-8 (RFC 3629), UTF-16, Latin-1, tokens (RFC 9110 section 5.6.2). */
#include "harness.h"

static void tokens(void)
{
    for (unsigned c = 0; c < 256; c++) {
        bool want = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                    (c && c < 128 && strchr("!#$%&'*+-.^_`|~", (int)c));

        CHECK_INT(text_is_token_char((uint8_t)c), want);
        CHECK_INT(text_hex_value(c) >= 0, (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'));
    }
    CHECK(text_is_token(span_str("Content-Length")));
    CHECK(!text_is_token(span_str("")));
    CHECK(!text_is_token(span_str("a b")));
    CHECK_INT(text_hex_value('f'), 15);
    CHECK_INT(text_hex_digit(0xAB), 'B');
}

/* Where the first impossible byte is, or -1 for none; 1000 more when the text is incomplete. */
struct utf8_row {
    const char *name;
    struct span text;
    int want;
};

#define ROW(name, text, want)                                                                                          \
    {                                                                                                                  \
        name, {(const uint8_t *)(text), sizeof(text) - 1}, want                                                        \
    }

static const struct utf8_row utf8_rows[] = {
    ROW("empty", "", -1),
    ROW("ASCII with NUL", "a\0b\x7F", -1),
    ROW("two bytes, smallest and largest", "\xC2\x80\xDF\xBF", -1),
    ROW("three bytes, smallest and largest", "\xE0\xA0\x80\xEF\xBF\xBF", -1),
    ROW("around the surrogates", "\xED\x9F\xBF\xEE\x80\x80", -1),
    ROW("four bytes, smallest and largest", "\xF0\x90\x80\x80\xF4\x8F\xBF\xBF", -1),
    ROW("a long ASCII run, then one", "0123456789abcdef0123456789abcdef\xC3\xA9", -1),
    ROW("a fault behind whole words", "0123456789abcdef\xFF", 16),
    ROW("a fault inside a word",
        "0123456789\xFF"
        "abcdef0123456789",
        10),
    ROW("continuation without a lead", "a\x80", 1),
    ROW("over-long slash, two bytes", "\xC0\xAF", 0),
    ROW("over-long, C1", "\xC1\xBF", 0),
    ROW("over-long, three bytes: the second shows it", "\xE0\x9F\x80", 1),
    ROW("over-long, four bytes: the second shows it", "\xF0\x8F\x80\x80", 1),
    ROW("surrogate: the second shows it", "\xED\xA0\x80", 1),
    ROW("above U+10FFFF: the second shows it", "\xF4\x90\x80\x80", 1),
    ROW("F5", "\xF5\x80\x80\x80", 0),
    ROW("FF", "\xFF", 0),
    ROW("lead instead of continuation", "\xE2\x82\xC3", 2),
    ROW("ASCII instead of continuation",
        "\xE2\x82"
        "a",
        2),
    ROW("cut after the lead", "a\xC3", 1000),
    ROW("cut in four", "\xF0\x9F\x98", 1000),
};

struct utf8_ctx {
    const struct utf8_row *row;
};

static void feed_utf8(const struct span *pieces, size_t count, void *ctx)
{
    const struct utf8_row *row = ((struct utf8_ctx *)ctx)->row;
    size_t before = 0, bad = 99;
    int got = -1;
    struct utf8 u;

    utf8_init(&u);
    for (size_t i = 0; i < count && got == -1; before += pieces[i++].n)
        if (!utf8_feed(&u, guard_make(pieces[i]), &bad))
            got = (int)(before + bad);
    if (got == -1 && !utf8_complete(&u))
        got = 1000;
    if (!CHECK_INT(got, row->want))
        harness_row(row->name);
}

static void validator(void)
{
    for (size_t i = 0; i < sizeof utf8_rows / sizeof utf8_rows[0]; i++) {
        struct utf8_ctx ctx = {&utf8_rows[i]};

        feed_all_ways(utf8_rows[i].text, feed_utf8, &ctx);
    }
}

/* Every code point is accepted alone, comes back from UTF-16, and no surrogate is. */
static void every_character(void)
{
    for (uint32_t c = 0; c <= 0x10FFFF; c++) {
        uint16_t in[2] = {(uint16_t)c, 0}, out[2];
        uint8_t bytes[4];
        size_t n = 1, len = 0, back = 0, bad;
        struct utf8 u;

        if (c >= 0xD800 && c <= 0xDFFF)
            continue;
        if (c > 0xFFFF) {
            in[0] = (uint16_t)(0xD800 + ((c - 0x10000) >> 10));
            in[1] = (uint16_t)(0xDC00 + ((c - 0x10000) & 0x3FF));
            n = 2;
        }
        utf8_init(&u);
        if (!CHECK(text_utf8_from_utf16(wspan_make(in, n), bytes, 4, &len) == WH_OK) ||
            !CHECK(utf8_feed(&u, span_make(bytes, len), &bad) && utf8_complete(&u)) ||
            !CHECK(text_utf16_from_utf8(span_make(bytes, len), out, 2, &back) == WH_OK) ||
            !CHECK(back == n && memcmp(in, out, n * 2) == 0))
            return;
    }
}

static void conversions(void)
{
    static const uint16_t lone[] = {'a', 0xD800, 'b', 0xDC00, 0xD83D, 0xDE00, 0xDBFF};
    uint8_t bytes[32];
    uint16_t units[32];
    size_t len = 77;

    CHECK_INT(text_utf8_from_utf16(wspan_make(lone, 7), NULL, 0, &len), WH_OK);
    CHECK_INT(len, 15);
    CHECK_INT(text_utf8_from_utf16(wspan_make(lone, 7), bytes, 15, &len), WH_OK);
    CHECK_STR(span_make(bytes, 15), "a\xEF\xBF\xBD"
                                    "b\xEF\xBF\xBD\xF0\x9F\x98\x80\xEF\xBF\xBD");
    memset(bytes, 1, sizeof bytes);
    len = 77;
    CHECK_INT(text_utf8_from_utf16(wspan_make(lone, 7), bytes, 14, &len), WH_E_FULL);
    CHECK_INT(len, 77);
    CHECK_INT(bytes[0], 1);

    CHECK_INT(text_utf16_from_utf8(span_str("\xC3"), units, 32, &len), WH_E_ARG);
    CHECK_INT(text_utf16_from_utf8(span_str("\xED\xA0\x80"), units, 32, &len), WH_E_ARG);
    CHECK_INT(text_utf16_from_utf8(span_str("\xF0\x9F\x98\x80"), units, 1, &len), WH_E_FULL);
    CHECK_INT(len, 77);
    CHECK_INT(text_utf16_from_utf8(span_str("\xF0\x9F\x98\x80"), NULL, 0, &len), WH_OK);
    CHECK_INT(len, 2);

    CHECK_INT(text_utf16_from_latin1(span_str("\xFF"
                                              "a"),
                                     units, 2, &len),
              WH_OK);
    CHECK(len == 2 && units[0] == 0xFF && units[1] == 'a');
    CHECK_INT(text_utf16_from_latin1(span_str("abc"), units, 2, &len), WH_E_FULL);
    CHECK_INT(text_latin1_from_utf16(wspan_make(units, 2), bytes, 2, &len), WH_OK);
    CHECK_STR(span_make(bytes, 2), "\xFF"
                                   "a");
    units[1] = 0x100;
    CHECK_INT(text_latin1_from_utf16(wspan_make(units, 2), bytes, 2, &len), WH_E_ARG);
}

static void ascii(void)
{
    uint8_t text[40];

    for (size_t n = 0; n <= sizeof text; n++) {
        memset(text, 'a', sizeof text);
        CHECK(text_is_ascii(guard_make(span_make(text, n))));
        for (size_t i = 0; i < n; i++) {
            text[i] = 0x80;
            CHECK(!text_is_ascii(span_make(text, n)));
            text[i] = 'a';
        }
    }
}

static const struct test tests[] = {
    {"RFC 9110 5.6.2: tokens; hexadecimal digits", tokens},
    {"RFC 3629 4: the first impossible byte, in every cut", validator},
    {"RFC 3629: every character is valid and comes back", every_character},
    {"conversions have exact lengths and touch nothing on failure", conversions},
    {"ASCII is seen in words and rests of words", ascii},
};

HARNESS_MAIN(tests)
