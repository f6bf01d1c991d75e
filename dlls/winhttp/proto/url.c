/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Splitting, composing and the ICU conversions; the contract is in url.h.
 *
 * Composing and converting write through a *sink* that counts what does not fit, so that one pass over the input serves
 * both for counting and for writing; writing starts only when the count is known to fit.
 */
#include "proto/url.h"

/* ---- splitting -----------------------------------------------------------------------------------------------------
 */

static bool is_one_of(uint16_t c, const char *set)
{
    return c && c < 0x80 && strchr(set, c) != NULL;
}

/* Offset of the first unit in [from, to) that is one of set, or to. */
static size_t find(struct wspan s, size_t from, size_t to, const char *set)
{
    while (from < to && !is_one_of(s.p[from], set))
        from++;
    return from;
}

int url_scheme_id(struct wspan scheme)
{
    static const char name[] = "https";

    if (scheme.n < 4 || scheme.n > 5)
        return URL_SCHEME_NONE;
    for (size_t i = 0; i < scheme.n; i++)
        if (scheme.p[i] > 0x7F || span__lower((uint8_t)scheme.p[i]) != (uint8_t)name[i])
            return URL_SCHEME_NONE;
    return scheme.n == 5 ? URL_SCHEME_HTTPS : URL_SCHEME_HTTP;
}

uint16_t url_default_port(int scheme_id)
{
    return scheme_id == URL_SCHEME_HTTP ? 80 : scheme_id == URL_SCHEME_HTTPS ? 443 : 0;
}

static struct url_part part(size_t from, size_t to)
{
    struct url_part p = {from, to - from};

    return p;
}

/* userinfo "@" in [from, to); the last "@" ends it, as other clients have it. Returns where the host begins. */
static size_t split_userinfo(struct wspan s, size_t from, size_t to, struct url_parts *u)
{
    size_t at = to, colon;

    while (at > from && s.p[at - 1] != '@')
        at--;
    if (at == from) {
        u->user = u->password = part(from, from);
        return from;
    }
    colon = find(s, from, at - 1, ":");
    u->user = part(from, colon);
    u->has_user = true;
    u->has_password = colon < at - 1;
    u->password = u->has_password ? part(colon + 1, at - 1) : part(colon, colon);
    return at;
}

/* Digits in [from, to); none is the default port (UX22). */
static enum wh_err split_port(struct wspan s, size_t from, size_t to, struct url_parts *u)
{
    unsigned port = 0;

    for (size_t i = from; i < to; i++) {
        if (!text_is_digit(s.p[i]))
            return WH_E_URL;
        port = port * 10 + (s.p[i] - (unsigned)'0');
        if (port > 65535)
            return WH_E_URL;
    }
    u->port_given = from < to;
    u->port = u->port_given ? (uint16_t)port : url_default_port(u->scheme_id);
    return WH_OK;
}

/* host [":" port] in [from, to). */
static enum wh_err split_host(struct wspan s, size_t from, size_t to, struct url_parts *u)
{
    size_t end;

    if (from < to && s.p[from] == '[') {
        end = find(s, from, to, "]");
        if (end == to || end == from + 1)
            return WH_E_URL;
        end++;
        if (end < to && s.p[end] != ':')
            return WH_E_URL;
    } else {
        end = find(s, from, to, ":");
    }
    if (end == from)
        return WH_E_URL;
    u->host = part(from, end);
    return split_port(s, end < to ? end + 1 : to, to, u);
}

/* What stands behind the authority, from at on. */
static void split_tail(struct wspan s, size_t at, struct url_parts *u)
{
    size_t query;

    /* A lone "?" right behind the host begins nothing and belongs to nothing (UX14). */
    if (at + 1 == s.n && s.p[at] == '?')
        at = s.n;
    query = find(s, at, s.n, "?");
    u->path = part(at, query);
    u->extra = part(query, s.n);
    u->has_path = u->path.len > 0;
    u->has_extra = u->extra.len > 0;
}

enum wh_err url_split(struct wspan url, struct url_parts *out)
{
    struct url_parts u;
    size_t colon = find(url, 0, url.n, ":"), start, end;
    enum wh_err err;

    memset(&u, 0, sizeof u);
    if (colon == url.n)
        return WH_E_SCHEME;
    u.scheme = part(0, colon);
    u.scheme_id = url_scheme_id(wspan_make(url.p, colon));
    if (u.scheme_id == URL_SCHEME_NONE)
        return WH_E_SCHEME;
    start = colon + 3;
    if (start > url.n || url.p[colon + 1] != '/' || url.p[colon + 2] != '/')
        return WH_E_URL;

    end = find(url, start, url.n, "/?#");
    start = split_userinfo(url, start, end, &u);
    err = split_host(url, start, end, &u);
    if (err != WH_OK)
        return err;
    split_tail(url, end, &u);
    *out = u;
    return WH_OK;
}

struct wspan url_host_bare(struct wspan host)
{
    if (host.n >= 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
        return wspan_make(host.p + 1, host.n - 2);
    return host;
}

/* ---- writing -------------------------------------------------------------------------------------------------------
 */

struct sink {
    uint16_t *p; /* NULL: count only */
    size_t n;
};

static void sink_unit(struct sink *k, uint16_t c)
{
    if (k->p)
        k->p[k->n] = c;
    k->n++;
}

static void sink_span(struct sink *k, struct wspan s)
{
    if (k->p && s.n)
        memcpy(k->p + k->n, s.p, s.n * sizeof *s.p);
    k->n += s.n;
}

static void sink_ascii(struct sink *k, const char *s)
{
    while (*s)
        sink_unit(k, (uint8_t)*s++);
}

static void sink_escape(struct sink *k, uint8_t byte)
{
    sink_unit(k, '%');
    sink_unit(k, text_hex_digit(byte >> 4));
    sink_unit(k, text_hex_digit(byte));
}

static void sink_number(struct sink *k, unsigned v)
{
    char digits[6];
    size_t i = sizeof digits - 1;

    digits[i] = 0;
    do
        digits[--i] = (char)('0' + v % 10);
    while ((v /= 10) != 0);
    sink_ascii(k, digits + i);
}

static void compose(const struct url_text *t, struct sink *k)
{
    bool brackets = t->literal && t->host.n && t->host.p[0] != '[';

    sink_span(k, t->scheme);
    sink_ascii(k, "://");
    if (t->has_user) {
        sink_span(k, t->user);
        if (t->has_password) {
            sink_unit(k, ':');
            sink_span(k, t->password);
        }
        sink_unit(k, '@');
    }
    if (brackets)
        sink_unit(k, '[');
    sink_span(k, t->host);
    if (brackets)
        sink_unit(k, ']');
    if (t->write_port) {
        sink_unit(k, ':');
        sink_number(k, t->port);
    }
    sink_span(k, t->path);
    sink_span(k, t->extra);
}

enum wh_err url_compose(const struct url_text *t, uint16_t *dst, size_t cap, size_t *len)
{
    struct sink k = {NULL, 0};

    compose(t, &k);
    if (dst) {
        if (k.n > cap)
            return WH_E_FULL;
        k = (struct sink){dst, 0};
        compose(t, &k);
    }
    *len = k.n;
    return WH_OK;
}

/* ---- ICU conversions -----------------------------------------------------------------------------------------------
 */

/* The byte of an escape at s.p[i], or -1; %00 is not taken for one, since nobody who reads up to a NUL would survive
 * it. */
static int escaped_byte(struct wspan s, size_t i)
{
    int hi, lo;

    if (s.n - i < 3 || s.p[i] != '%' || s.p[i + 1] > 0x7F || s.p[i + 2] > 0x7F)
        return -1;
    hi = text_hex_value(s.p[i + 1]);
    lo = text_hex_value(s.p[i + 2]);
    if (hi < 0 || lo < 0 || hi + lo == 0)
        return -1;
    return hi << 4 | lo;
}

/* The character whose escapes begin at s.p[*i]: UTF-8 if they are, else one byte. */
static void decode_one(struct wspan s, size_t *i, struct sink *k)
{
    uint8_t bytes[4];
    uint16_t units[2];
    size_t n = 0, len, bad;
    struct utf8 u;

    utf8_init(&u);
    do {
        int c = escaped_byte(s, *i + 3 * n);

        if (c < 0)
            break;
        bytes[n] = (uint8_t)c;
        if (!utf8_feed(&u, span_make(bytes + n, 1), &bad))
            break;
        n++;
    } while (!utf8_complete(&u));

    if (n && utf8_complete(&u) && text_utf16_from_utf8(span_make(bytes, n), units, 2, &len) == WH_OK) {
        sink_span(k, wspan_make(units, len));
        *i += 3 * n;
    } else {
        sink_unit(k, (uint16_t)escaped_byte(s, *i));
        *i += 3;
    }
}

static void decode(struct wspan s, struct sink *k)
{
    for (size_t i = 0; i < s.n;) {
        if (escaped_byte(s, i) >= 0)
            decode_one(s, &i, k);
        else
            sink_unit(k, s.p[i++]);
    }
}

enum wh_err url_decode(struct wspan s, uint16_t *dst, size_t cap, size_t *len)
{
    struct sink k = {NULL, 0};

    decode(s, &k);
    if (dst) {
        if (k.n > cap)
            return WH_E_FULL;
        k = (struct sink){dst, 0};
        decode(s, &k);
    }
    *len = k.n;
    return WH_OK;
}

static bool icu_plain(uint16_t c)
{
    return c < 0x80 && (text_is_alpha(c) || text_is_digit(c) || is_one_of(c, "!$&'()*+,-./:;=?@_"));
}

static enum wh_err escape_icu(struct wspan s, bool utf8, struct sink *k)
{
    for (size_t i = 0; i < s.n;) {
        bool pair = s.p[i] >= 0xD800 && s.p[i] < 0xDC00 && i + 1 < s.n && s.p[i + 1] >= 0xDC00 && s.p[i + 1] < 0xE000;
        struct wspan c = wspan_make(s.p + i, pair ? 2 : 1);
        uint8_t bytes[4];
        size_t n;

        i += c.n;
        if (icu_plain(c.p[0])) {
            sink_unit(k, c.p[0]);
            continue;
        }
        if (utf8)
            text_utf8_from_utf16(c, bytes, sizeof bytes, &n);
        else if (text_latin1_from_utf16(c, bytes, sizeof bytes, &n) != WH_OK)
            return WH_E_ARG;
        for (size_t b = 0; b < n; b++)
            sink_escape(k, bytes[b]);
    }
    return WH_OK;
}

enum wh_err url_escape_icu(struct wspan s, bool utf8, uint16_t *dst, size_t cap, size_t *len)
{
    struct sink k = {NULL, 0};
    enum wh_err err;

    if (s.n > SIZE_MAX / 16)
        return WH_E_ARG;
    err = escape_icu(s, utf8, &k);
    if (err != WH_OK)
        return err;
    if (dst) {
        if (k.n > cap)
            return WH_E_FULL;
        k = (struct sink){dst, 0};
        escape_icu(s, utf8, &k);
    }
    *len = k.n;
    return WH_OK;
}
