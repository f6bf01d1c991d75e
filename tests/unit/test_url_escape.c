/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* proto/url_escape.h: SEMANTICS P1-P13, C9, C11. */
#include "harness.h"

#include "proto/url_escape.h"

#define SPECIAL "\x01\r\n\x1F \x7F\"#<>[\\]^`{|}"
#define ESCAPED "%01%0D%0A%1F%20%7F%22%23%3C%3E%5B%5C%5D%5E%60%7B%7C%7D"
#define PLAIN   "azAZ09!$&'()*+,-./:;=@_~"

static const struct {
    const char *id, *name;
    unsigned flags;
    const char *want;
} rows[] = {
    {"C9", "", 0, "/"},
    {"C11", "big", 0, "/big"},
    {"C11", "?q", 0, "/?q"},
    {"P1 path", "/" SPECIAL, 0, "/" ESCAPED},
    {"P1 query", "/?" SPECIAL, 0, "/?" ESCAPED},
    {"P2", "/" PLAIN "?" PLAIN "?", 0, "/" PLAIN "?" PLAIN "?"},
    {"P3", "/%zz%?%", 0, "/%zz%?%"},
    {"P4", "/a\r\n", 0, "/a%0D%0A"},
    {"P5", "/?a#b?c", 0, "/?a%23b?c"},
    {"P6", "/a%20b c?%\"", URL_ESCAPE_PERCENT, "/a%2520b%20c?%25%22"},
    {"P7", "/a b\x01\x7F\"#<?c d\x1F|", URL_ESCAPE_DISABLE, "/a%20b\x01\x7F\"#<?c%20d\x1F|"},
    {"P7 wins over P6", "/%?%", URL_ESCAPE_DISABLE | URL_ESCAPE_PERCENT, "/%?%"},
    {"P8 end", "/a\r\n", URL_ESCAPE_DISABLE, "/a"},
    {"P8 middle", "/a\r\nHost: evil\r\n\r\nb?\rc\n", URL_ESCAPE_DISABLE, "/aHost:%20evilb?c"},
    {"P9", "/a\"b?c\"d e\r\n", URL_ESCAPE_DISABLE_QUERY, "/a%22b?c\"d%20e"},
    {"P9, CR in the path", "/a\r\nb?c\r\n", URL_ESCAPE_DISABLE_QUERY, "/a%0D%0Ab?c"},
    {"P9 with P6", "/%?%", URL_ESCAPE_DISABLE_QUERY | URL_ESCAPE_PERCENT, "/%25?%"},
};

static void table(void)
{
    uint8_t out[512];

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct wspan name = guard_wide(rows[i].name);
        size_t n = 0, counted = 1;

        harness_row(rows[i].id);
        CHECK_INT(url_escape_target(name, rows[i].flags, out, sizeof out, &n), WH_OK);
        CHECK_STR(span_make(out, n), rows[i].want);
        CHECK_INT(url_escape_target(name, rows[i].flags, NULL, 0, &counted), WH_OK);
        CHECK_INT(counted, n);
    }
}

static void non_ascii(void)
{
    static const uint16_t name[] = {'/', 0x80, 0x65E5, 0xD83D, 0xDE00, 0xD800, 0x7F, '~', '?', 0xE9, 0};
    static const char common[] = "/%C2%80%E6%97%A5%F0%9F%98%80%EF%BF%BD";
    uint8_t out[128], want[128];
    size_t n, base = strlen(common);

    memcpy(want, common, base);
    memcpy(want + base, "%7F~?%C3%A9%00", 14);
    CHECK_INT(url_escape_target(wspan_make(name, 11), 0, out, sizeof out, &n), WH_OK);
    CHECK_SPAN(span_make(out, n), span_make(want, base + 14));
    harness_row("P11, P12");
    memcpy(want + base, "\x7F~?%C3%A9%00", 12);
    CHECK_INT(url_escape_target(wspan_make(name, 11), URL_ESCAPE_DISABLE, out, sizeof out, &n), WH_OK);
    CHECK_SPAN(span_make(out, n), span_make(want, base + 12));
}

static void room(void)
{
    uint8_t out[8] = "untouch";
    size_t n = 77;

    CHECK_INT(url_escape_target(guard_wide("/a b"), 0, out, 5, &n), WH_E_FULL);
    CHECK_INT(n, 77);
    CHECK_STR(span_make(out, 7), "untouch");
    CHECK_INT(url_escape_target(guard_wide("/a b"), 0, out, 6, &n), WH_OK);
    CHECK_STR(span_make(out, n), "/a%20b");
}

static const struct test tests[] = {
    {"SEMANTICS P1-P9, C9, C11", table},
    {"SEMANTICS P10-P12: UTF-8, surrogates, NUL", non_ascii},
    {"what does not fit changes nothing", room},
};

HARNESS_MAIN(tests)
