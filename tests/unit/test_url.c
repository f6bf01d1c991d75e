/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* proto/url.h: SEMANTICS UX5-UX33 (splitting), UC8-UC23 (escaping), RD3, O24 (composing). */
#include "harness.h"

#include "proto/url.h"

/* The parts as one line: scheme-number user password host port path extra; "-" for an absent one. */
struct row {
    const char *id, *url, *want;
};

static const struct row good[] = {
    {"UX12", "http://www.winehq.org", "1 - - www.winehq.org 80 - -"},
    {"UX12", "HTTPS://www.winehq.org/", "2 - - www.winehq.org 443 / -"},
    {"UX13", "http://host/path?", "1 - - host 80 /path ?"},
    {"UX13", "http://host/a/b?c=d&e=f", "1 - - host 80 /a/b ?c=d&e=f"},
    {"UX14", "http://host?", "1 - - host 80 - -"},
    {"query without a path", "http://host?a=b", "1 - - host 80 - ?a=b"},
    {"UX15", "http://host/a;b", "1 - - host 80 /a;b -"},
    {"UX16", "http://host/a#b?c", "1 - - host 80 /a#b ?c"},
    {"UX17", "http://host/a@b", "1 - - host 80 /a@b -"},
    {"UX17", "http://host/?q=u:p@h", "1 - - host 80 / ?q=u:p@h"},
    {"UX18", "http://host/p?w=3:abc", "1 - - host 80 /p ?w=3:abc"},
    {"UX19", "http://user:password@host/", "1 user password host 80 / -"},
    {"user alone", "https://user@host", "2 user - host 443 - -"},
    {"empty user", "http://:pw@host", "1  pw host 80 - -"},
    {"empty user and password", "http://:@host", "1   host 80 - -"},
    {"colon in the password", "http://u:p:q@host", "1 u p:q host 80 - -"},
    {"the last @ counts", "http://good@evil@host/", "1 good@evil - host 80 / -"},
    {"UX20", "http://host:42/", "1 - - host 42! / -"},
    {"UX20", "http://host:80", "1 - - host 80! - -"},
    {"UX20", "http://host:443?x", "1 - - host 443! - ?x"},
    {"UX20", "http://host:00042/", "1 - - host 42! / -"},
    {"UX21", "http://host:0/", "1 - - host 0! / -"},
    {"UX22", "http://host:", "1 - - host 80 - -"},
    {"UX22", "https://host:/", "2 - - host 443 / -"},
    {"UX23", "http://host:65535", "1 - - host 65535! - -"},
    {"UX31", "http://ho st/", "1 - - ho st 80 / -"},
    {"UX33", "http://host:80/p?a=b:c/d@e?f", "1 - - host 80! /p ?a=b:c/d@e?f"},
    {"IPv6", "http://[::1]", "1 - - [::1] 80 - -"},
    {"IPv6", "https://u@[fe80::1%25eth0]:8443/x?y", "2 u - [fe80::1%25eth0] 8443! /x ?y"},
    {"IPv6", "http://[::1]:", "1 - - [::1] 80 - -"},
    {"# ends the host", "http://evil.example#@good.example/", "1 - - evil.example 80 #@good.example/ -"},
};

static const struct {
    const char *id, *url;
    enum wh_err want;
} bad[] = {
    {"UX23", "http://host:65536", WH_E_URL},
    {"UX23", "http://host:99999999999999999999", WH_E_URL},
    {"port", "http://host:8x", WH_E_URL},
    {"port", "http://host:-1", WH_E_URL},
    {"port", "http://host:80:80", WH_E_URL},
    {"UX25", "http:host", WH_E_URL},
    {"UX25", "HTTP:/host", WH_E_URL},
    {"UX26", "http://", WH_E_URL},
    {"UX26", "http:/", WH_E_URL},
    {"UX26", "http:", WH_E_URL},
    {"no host", "http:///path", WH_E_URL},
    {"no host", "http://?q", WH_E_URL},
    {"no host", "http://:80/", WH_E_URL},
    {"no host", "http://user@/", WH_E_URL},
    {"UX27", "www.host.org", WH_E_SCHEME},
    {"UX27", "www", WH_E_SCHEME},
    {"UX27", "http", WH_E_SCHEME},
    {"UX27", "", WH_E_SCHEME},
    {"UX27", "://host", WH_E_SCHEME},
    {"UX27", " http://host", WH_E_SCHEME},
    {"other", "ftp://host/", WH_E_SCHEME},
    {"other", "wss://host/", WH_E_SCHEME},
    {"other", "httpx://host/", WH_E_SCHEME},
    {"IPv6", "http://[::1", WH_E_URL},
    {"IPv6", "http://[]", WH_E_URL},
    {"IPv6", "http://[::1]x", WH_E_URL},
    {"IPv6", "http://::1/", WH_E_URL},
};

static void print_part(char **p, struct wspan url, struct url_part part, bool has)
{
    *(*p)++ = ' ';
    if (!has)
        *(*p)++ = '-';
    for (size_t i = 0; has && i < part.len; i++)
        *(*p)++ = (char)url.p[part.off + i];
}

static void print_number(char **p, unsigned v)
{
    if (v > 9)
        print_number(p, v / 10);
    *(*p)++ = (char)('0' + v % 10);
}

static struct span print(struct wspan url, const struct url_parts *u)
{
    static char text[512];
    char *p = text;

    print_number(&p, (unsigned)u->scheme_id);
    print_part(&p, url, u->user, u->has_user);
    print_part(&p, url, u->password, u->has_password);
    print_part(&p, url, u->host, true);
    *p++ = ' ';
    print_number(&p, u->port);
    if (u->port_given)
        *p++ = '!';
    print_part(&p, url, u->path, u->has_path);
    print_part(&p, url, u->extra, u->has_extra);
    return span_make(text, (size_t)(p - text));
}

static void splitting(void)
{
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct wspan url = guard_wide(good[i].url);
        struct url_parts u;

        harness_row(good[i].url);
        if (!CHECK_INT(url_split(url, &u), WH_OK))
            continue;
        CHECK_STR(print(url, &u), good[i].want);
        /* Path and extra are neighbours that end the URL (UX10), but for UX14's lone mark. */
        CHECK_INT(u.path.off + u.path.len, u.extra.off);
        CHECK_INT(u.extra.off + u.extra.len, url.n);
    }
}

static void refusing(void)
{
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct url_parts u;

        harness_row(bad[i].url);
        memset(&u, 0x55, sizeof u);
        CHECK_INT(url_split(guard_wide(bad[i].url), &u), bad[i].want);
        CHECK_INT(u.port, 0x5555);
    }
}

static void offsets(void)
{
    struct wspan url = guard_wide("http://host");
    struct url_parts u;

    harness_row("UX7, UX8: absent path and extra are at the end");
    CHECK_INT(url_split(url, &u), WH_OK);
    CHECK(u.path.off == 11 && u.extra.off == 11);
    CHECK(u.scheme.off == 0 && u.scheme.len == 4);
    url = guard_wide("http://host?");
    harness_row("UX14: behind the mark");
    CHECK_INT(url_split(url, &u), WH_OK);
    CHECK(u.path.off == 12 && u.extra.off == 12 && !u.has_extra);
    harness_row("a character outside ASCII is no delimiter");
    {
        static const uint16_t wide[] = {'h', 't', 't', 'p', ':', '/', '/', 'a', 0x2F3F, 0x013A, 0x1040, 'b'};

        CHECK_INT(url_split(wspan_make(wide, 12), &u), WH_OK);
        CHECK(u.host.off == 7 && u.host.len == 5);
    }
}

/* Result of a conversion as bytes, for ASCII results; "#n" when a unit is above 0xFF. */
static struct span narrow(const uint16_t *p, size_t n)
{
    static uint8_t text[512];

    for (size_t i = 0; i < n; i++)
        text[i] = p[i] > 0xFF ? '#' : (uint8_t)p[i];
    return span_make(text, n);
}

static void composing(void)
{
    struct url_text t = {.scheme = guard_wide("https"), .host = guard_wide("host"), .path = guard_wide("/p")};
    uint16_t out[64];
    size_t n = 77;

    CHECK_INT(url_compose(&t, out, 64, &n), WH_OK);
    CHECK_STR(narrow(out, n), "https://host/p");
    t.extra = guard_wide("?q");
    t.write_port = true;
    t.port = 8080;
    t.has_user = true;
    t.user = guard_wide("u");
    CHECK_INT(url_compose(&t, out, 64, &n), WH_OK);
    CHECK_STR(narrow(out, n), "https://u@host:8080/p?q");
    t.has_password = true;
    t.password = guard_wide("pw");
    t.host = guard_wide("::1");
    t.literal = true;
    t.port = 0;
    CHECK_INT(url_compose(&t, out, 64, &n), WH_OK);
    CHECK_STR(narrow(out, n), "https://u:pw@[::1]:0/p?q");
    t.host = guard_wide("[::1]");
    t.port = 65535;
    CHECK_INT(url_compose(&t, NULL, 0, &n), WH_OK);
    CHECK_INT(n, strlen("https://u:pw@[::1]:65535/p?q"));
    CHECK_INT(url_compose(&t, out, n, &n), WH_OK);
    CHECK_STR(narrow(out, n), "https://u:pw@[::1]:65535/p?q");
    out[0] = 7;
    CHECK_INT(url_compose(&t, out, n - 1, &(size_t){0}), WH_E_FULL);
    CHECK_INT(out[0], 7);
    CHECK_INT(url_host_bare(t.host).n, 3);
    CHECK_INT(url_host_bare(guard_wide("host")).n, 4);
    CHECK_INT(url_host_bare(guard_wide("[")).n, 1);
    CHECK_INT(url_default_port(URL_SCHEME_HTTP), 80);
    CHECK_INT(url_default_port(URL_SCHEME_HTTPS), 443);
    CHECK_INT(url_default_port(URL_SCHEME_NONE), 0);
}

static void decoding(void)
{
    static const struct {
        const char *in, *want;
    } rows[] = {
        {"/a%20b%2Fc%2fd", "/a b/c/d"},
        {"%41%62", "Ab"},
        {"100%", "100%"},
        {"%4", "%4"},
        {"%zz%4g", "%zz%4g"},
        {"%%41", "%A"},
        {"%2541", "%41"},
        {"%00", "%00"},
        {"%C3%A9", "\xE9"},
        {"%E9x", "\xE9x"},
        {"%C3x", "\xC3x"},
        {"%C3%C3%A9", "\xC3\xE9"},
        {"%E2%82%AC", "#"},
        {"%F0%9F%98%80", "##"},
        {"%ED%A0%80", "\xED\xA0\x80"},
        {"%E2%82", "\xE2\x82"},
        {"", ""},
    };
    uint16_t out[64];
    size_t n;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        harness_row(rows[i].in);
        CHECK_INT(url_decode(guard_wide(rows[i].in), out, 64, &n), WH_OK);
        CHECK_STR(narrow(out, n), rows[i].want);
        CHECK(n <= strlen(rows[i].in));
    }
    n = 77;
    CHECK_INT(url_decode(guard_wide("%41bc"), out, 2, &n), WH_E_FULL);
    CHECK_INT(n, 77);
    CHECK_INT(url_decode(guard_wide("%41bc"), NULL, 0, &n), WH_OK);
    CHECK_INT(n, 3);
}

static void icu(void)
{
    static const char plain[] = "!$&'()*+,-./:;=?@_azAZ09";
    static const char escaped[] = "\x01\r\n \x7F\"#%<>[\\]^`{|}~";
    static const uint16_t ligature[] = {0xFB00}, accent[] = {0xE9};
    uint16_t out[128];
    size_t n;

    CHECK_INT(url_escape_icu(guard_wide(plain), false, out, 128, &n), WH_OK);
    CHECK_STR(narrow(out, n), plain);
    CHECK_INT(url_escape_icu(guard_wide(escaped), false, out, 128, &n), WH_OK);
    CHECK_STR(narrow(out, n), "%01%0D%0A%20%7F%22%23%25%3C%3E%5B%5C%5D%5E%60%7B%7C%7D%7E");
    harness_row("UC23");
    n = 77;
    CHECK_INT(url_escape_icu(wspan_make(ligature, 1), false, out, 128, &n), WH_E_ARG);
    CHECK_INT(n, 77);
    CHECK_INT(url_escape_icu(wspan_make(ligature, 1), true, out, 128, &n), WH_OK);
    CHECK_STR(narrow(out, n), "%EF%AC%80");
    CHECK_INT(url_escape_icu(wspan_make(accent, 1), false, out, 128, &n), WH_OK);
    CHECK_STR(narrow(out, n), "%E9");
    CHECK_INT(url_escape_icu(wspan_make(accent, 1), false, out, 2, &n), WH_E_FULL);
}

static const struct test tests[] = {
    {"SEMANTICS UX12-UX33: good URLs", splitting},
    {"SEMANTICS UX23-UX27: refused URLs, output untouched", refusing},
    {"SEMANTICS UX7, UX8, UX14: offsets of absent parts", offsets},
    {"SEMANTICS O24, RD3, UC12-UC15: composing", composing},
    {"SEMANTICS UX29: decoding", decoding},
    {"SEMANTICS UC19-UC23: escaping", icu},
};

HARNESS_MAIN(tests)
