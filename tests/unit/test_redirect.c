/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* proto/redirect.h: SEMANTICS RD1-RD12 and D8, RFC 3986 section 5. */
#include "harness.h"

#include <string.h>

#include "proto/redirect.h"

static const struct {
    const char *base, *location, *want; /* want NULL: refused */
} places[] = {
    {"http://h/a/b?x", "c", "http://h/a/c"},
    {"http://h:81/a/b", "/z", "http://h:81/z"},
    {"http://h/a/b", "../c?y", "http://h/c?y"},
    {"http://h/a/b", "../../../c", "http://h/c"},
    {"http://h/a/b/", "./", "http://h/a/b/"},
    {"http://h/a/b/", "..", "http://h/a/"},
    {"http://h/a/b", "..a/.b", "http://h/a/..a/.b"},
    {"http://h/", "x/y/./z?a/../b", "http://h/x/y/z?a/../b"},
    {"http://h", "x", "http://h/x"},
    {"https://h/a", "//o/x", "https://o/x"},
    {"https://h/a", "https://o", "https://o/"},
    {"http://h/a?q", "?z", "http://h/a?z"},
    {"http://h/a?q", "", "http://h/a?q"},
    {"http://h/a", " \thttp://o/b/../c#f ", "http://o/c"},
    {"http://h/a", "HTTP://o:82?x=1", "HTTP://o:82/?x=1"},
    {"http://h/a", "ftp://o/", NULL},
    {"http://h/a", "mailto:x", NULL},
    {"http://h/a", "a:b/c", NULL},
    {"http://h/a", "http:", NULL},
    {"http://h/a", "http://o:99999/", NULL},
};

static void resolves(void)
{
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        uint16_t url[REDIRECT_URL_MAX];
        uint8_t text[64];
        size_t n = 0;
        enum wh_err err =
            redirect_resolve(guard_wide(places[i].base), guard_wide(places[i].location), url, REDIRECT_URL_MAX, &n);

        harness_row(places[i].location);
        CHECK((err == WH_OK) == (places[i].want != NULL));
        if (err || !places[i].want)
            continue;
        CHECK(text_latin1_from_utf16(wspan_make(url, n), text, sizeof text, &n) == WH_OK);
        CHECK_STR(span_make(text, n), places[i].want);
    }
}

static void keeps_its_limit(void)
{
    uint16_t url[16];
    size_t n = 77;

    for (size_t cap = 0; cap < 11; cap++)
        CHECK(redirect_resolve(guard_wide("http://h/ab"), guard_wide("/cd"), url, cap, &n) == WH_E_FULL);
    CHECK_INT(n, 77);
    CHECK(redirect_resolve(guard_wide("http://h/ab"), guard_wide("/cd"), url, 11, &n) == WH_OK);
    CHECK_INT(n, 11);
}

static const struct {
    unsigned status;
    const char *method;
    bool follow, get;
} steps[] = {
    {301, "POST", true, true},    {302, "POST", true, true},  {301, "PUT", true, false},  {302, "GET", true, false},
    {303, "POST", true, true},    {303, "PUT", true, true},   {303, "HEAD", true, false}, {307, "POST", true, false},
    {308, "DELETE", true, false}, {300, "GET", false, false}, {304, "GET", false, false}, {200, "GET", false, false},
};

static void plans(void)
{
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        struct redirect_plan plan = {false, false};

        harness_row(steps[i].method);
        CHECK(redirect_plan(steps[i].status, span_str(steps[i].method), &plan) == steps[i].follow);
        CHECK(plan.get == steps[i].get && plan.drop_body == steps[i].get);
    }
}

static void policy(void)
{
    CHECK(redirect_allowed(REDIRECT_NO_DOWNGRADE, false, false));
    CHECK(redirect_allowed(REDIRECT_NO_DOWNGRADE, false, true));
    CHECK(redirect_allowed(REDIRECT_NO_DOWNGRADE, true, true));
    CHECK(!redirect_allowed(REDIRECT_NO_DOWNGRADE, true, false));
    CHECK(redirect_allowed(REDIRECT_ALWAYS, true, false));
}

static const struct test tests[] = {
    {"RFC 3986 5.2, RD6: Location against the URL", resolves},
    {"nothing is written beyond the limit", keeps_its_limit},
    {"D8, RFC 9110 15.4: which request follows", plans},
    {"RD10: not from https to http", policy},
};

HARNESS_MAIN(tests)
