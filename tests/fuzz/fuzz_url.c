/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* proto/url.h: parts lie inside the URL, a URL composed of its parts splits into the same parts, decoding and escaping
 * are exact. */
#include "fuzz.h"

#include "proto/url.h"

#define UNITS_MAX 2048u

static struct wspan text_of(struct wspan url, struct url_part p)
{
    REQUIRE(p.off <= url.n && p.len <= url.n - p.off);
    return wspan_make(url.p + p.off, p.len);
}

static void require_same(struct wspan a, struct wspan b)
{
    REQUIRE(a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n * 2) == 0));
}

static void round_trip(struct wspan url, const struct url_parts *u)
{
    static uint16_t text[UNITS_MAX + 32];
    struct url_text t = {.scheme = text_of(url, u->scheme),
                         .has_user = u->has_user,
                         .has_password = u->has_password,
                         .user = text_of(url, u->user),
                         .password = text_of(url, u->password),
                         .host = text_of(url, u->host),
                         .write_port = u->port_given,
                         .port = u->port,
                         .path = text_of(url, u->path),
                         .extra = text_of(url, u->extra)};
    struct url_parts v;
    struct wspan again;
    size_t n, counted;

    REQUIRE(url_compose(&t, text, sizeof text / 2, &n) == WH_OK);
    REQUIRE(url_compose(&t, NULL, 0, &counted) == WH_OK && counted == n);
    again = wspan_make(text, n);
    REQUIRE(url_split(again, &v) == WH_OK);
    REQUIRE(v.scheme_id == u->scheme_id && v.port == u->port && v.port_given == u->port_given);
    REQUIRE(v.has_user == u->has_user && v.has_password == u->has_password);
    require_same(text_of(again, v.user), t.user);
    require_same(text_of(again, v.password), t.password);
    require_same(text_of(again, v.host), t.host);
    require_same(text_of(again, v.path), t.path);
    require_same(text_of(again, v.extra), t.extra);
}

/* Exact size fits, one less does not; escaping and decoding gives printable ASCII back. */
static void convert(struct wspan s)
{
    uint16_t *out, *back;
    size_t n, m;

    REQUIRE(url_decode(s, NULL, 0, &n) == WH_OK && n <= s.n);
    out = malloc(n * 2 + 2);
    REQUIRE(out && url_decode(s, out, n, &m) == WH_OK && m == n);
    REQUIRE(n == 0 || url_decode(s, out, n - 1, &m) == WH_E_FULL);
    free(out);

    REQUIRE(url_escape_icu(s, true, NULL, 0, &n) == WH_OK);
    out = malloc(n * 2 + 2);
    back = malloc(n * 2 + 2);
    REQUIRE(out && back && url_escape_icu(s, true, out, n, &m) == WH_OK && m == n);
    for (size_t i = 0; i < n; i++)
        REQUIRE(out[i] > ' ' && out[i] < 0x7F);
    REQUIRE(url_decode(wspan_make(out, n), back, n, &m) == WH_OK);
    for (size_t i = 0; i < s.n && i < m && s.p[i] && s.p[i] < 0x80; i++)
        REQUIRE(back[i] == s.p[i]);
    free(out);
    free(back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint16_t units[UNITS_MAX];
    struct span in = span_make(data, size);
    bool wide = fuzz_byte(&in) & 1;
    struct url_parts u;
    struct wspan url;
    size_t n = 0;

    while (in.n && n < UNITS_MAX) {
        unsigned c = fuzz_byte(&in);

        units[n++] = (uint16_t)(wide ? c << 8 | fuzz_byte(&in) : c);
    }
    url = wspan_make(units, n);
    if (url_split(url, &u) == WH_OK) {
        REQUIRE(u.host.len > 0);
        REQUIRE(u.path.off + u.path.len == u.extra.off && u.extra.off + u.extra.len == n);
        url_host_bare(text_of(url, u.host));
        round_trip(url, &u);
    }
    convert(url);
    return 0;
}
