/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "proto/redirect.h"

#include <string.h>

#include "proto/url.h"

bool redirect_plan(unsigned status, struct span method, struct redirect_plan *out)
{
    bool head = span_equal(method, span_str("HEAD"));
    bool post = span_equal(method, span_str("POST"));

    switch (status) {
    case 301:
    case 302:
        out->get = out->drop_body = post;
        return true;
    case 303:
        out->get = out->drop_body = !head;
        return true;
    case 307:
    case 308:
        out->get = out->drop_body = false;
        return true;
    default:
        return false;
    }
}

bool redirect_allowed(unsigned policy, bool from_secure, bool to_secure)
{
    return policy == REDIRECT_ALWAYS || !from_secure || to_secure;
}

/* What has been written, up to a limit; full stays set. */
struct writer {
    uint16_t *dst;
    size_t cap, len;
    bool full;
};

static void put(struct writer *w, struct wspan s)
{
    if (s.n > w->cap - w->len) {
        w->full = true;
        return;
    }
    if (s.n)
        memcpy(w->dst + w->len, s.p, s.n * sizeof(*s.p));
    w->len += s.n;
}

static void put_unit(struct writer *w, uint16_t c)
{
    put(w, wspan_make(&c, 1));
}

static struct wspan part(struct wspan s, size_t from, size_t to)
{
    return wspan_make(s.p + from, to - from);
}

static size_t find(struct wspan s, uint16_t c)
{
    size_t i = 0;

    while (i < s.n && s.p[i] != c)
        i++;
    return i;
}

static bool is_dots(struct wspan segment, size_t n)
{
    for (size_t i = 0; i < segment.n; i++)
        if (segment.p[i] != '.')
            return false;
    return segment.n == n;
}

/* RFC 3986 section 5.2.4: path begins with "/"; what is written begins at from, with a "/" too. */
static void put_path(struct writer *w, struct wspan path)
{
    size_t from = w->len;

    for (size_t at = 1; at <= path.n;) {
        struct wspan rest = part(path, at, path.n);
        struct wspan segment = part(rest, 0, find(rest, '/'));
        bool last = segment.n == rest.n;

        if (is_dots(segment, 2)) {
            while (w->len > from && w->dst[--w->len] != '/')
                ;
        } else if (!is_dots(segment, 1)) {
            put_unit(w, '/');
            put(w, segment);
            at += segment.n + 1;
            continue;
        }
        /* A dot segment at the end leaves the directory it names. */
        if (last)
            put_unit(w, '/');
        at += segment.n + 1;
    }
    if (w->len == from)
        put_unit(w, '/');
}

/* Path and query: dots are removed from the former only. */
static void put_target(struct writer *w, struct wspan directory, struct wspan s)
{
    struct wspan path = part(s, 0, find(s, '?'));
    uint16_t merged[REDIRECT_MERGE_MAX];
    struct writer m = {merged, REDIRECT_MERGE_MAX, 0, false};

    put(&m, directory);
    put(&m, path);
    w->full |= m.full;
    put_path(w, wspan_make(merged, m.len));
    put(w, part(s, path.n, s.n));
}

/* "scheme:" in front, RFC 3986 section 3.1. */
static bool has_scheme(struct wspan s)
{
    size_t n = find(s, ':');

    if (n == 0 || n == s.n || !text_is_alpha(s.p[0]))
        return false;
    for (size_t i = 1; i < n; i++)
        if (!text_is_alpha(s.p[i]) && !text_is_digit(s.p[i]) && s.p[i] != '+' && s.p[i] != '-' && s.p[i] != '.')
            return false;
    return true;
}

static struct wspan trim(struct wspan s)
{
    while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
        s = part(s, 1, s.n);
    while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
        s.n--;
    return part(s, 0, find(s, '#'));
}

/* An absolute URL is taken apart and put together again, so that its path loses its dots. */
static enum wh_err put_absolute(struct writer *w, struct wspan url)
{
    struct url_parts u;
    enum wh_err err = url_split(url, &u);

    if (err != WH_OK)
        return err;
    put(w, part(url, 0, u.path.off));
    if (u.path.len + u.extra.len && url.p[u.path.off] == '/')
        put_target(w, wspan_make(NULL, 0), part(url, u.path.off, url.n));
    else {
        put_unit(w, '/');
        put(w, part(url, u.path.off, url.n));
    }
    return WH_OK;
}

static enum wh_err put_relative(struct writer *w, struct wspan base, struct wspan location)
{
    struct url_parts b;
    enum wh_err err = url_split(base, &b);
    struct wspan path;
    size_t directory;

    if (err != WH_OK)
        return err;
    path = part(base, b.path.off, b.path.off + b.path.len);
    for (directory = path.n; directory && path.p[directory - 1] != '/'; directory--)
        ;
    put(w, part(base, 0, b.path.off));
    if (location.n == 0 || location.p[0] == '?') {
        put_target(w, wspan_make(NULL, 0), path);
        put(w, location.n ? location : part(base, b.path.off + b.path.len, base.n));
    } else if (location.p[0] == '/') {
        put_target(w, wspan_make(NULL, 0), location);
    } else {
        static const uint16_t slash = '/';

        put_target(w, directory ? part(path, 0, directory) : wspan_make(&slash, 1), location);
    }
    return WH_OK;
}

enum wh_err redirect_resolve(struct wspan base, struct wspan location, uint16_t *dst, size_t cap, size_t *len)
{
    struct writer w = {dst, cap, 0, false};
    uint16_t merged[REDIRECT_MERGE_MAX];
    struct writer m = {merged, REDIRECT_MERGE_MAX, 0, false};
    enum wh_err err;

    location = trim(location);
    if (has_scheme(location)) {
        err = put_absolute(&w, location);
    } else if (location.n >= 2 && location.p[0] == '/' && location.p[1] == '/') {
        put(&m, part(base, 0, find(base, ':') + 1));
        put(&m, location);
        w.full = m.full;
        err = put_absolute(&w, wspan_make(merged, m.len));
    } else {
        err = put_relative(&w, base, location);
    }
    if (err == WH_OK && w.full)
        err = WH_E_FULL;
    if (err == WH_OK)
        *len = w.len;
    return err;
}
