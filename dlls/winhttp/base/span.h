/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A borrowed run of bytes: pointer and length, never a terminator. Header only; nothing here allocates.
 * Ownership: whoever made the bytes keeps them; a span is valid as long as they are.
 */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
    const uint8_t *p; /* may be NULL when n is 0 */
    size_t n;
};

static inline struct span span_make(const void *p, size_t n)
{
    struct span s = {p, n};
    return s;
}

/* A span over a C string, without its NUL. */
static inline struct span span_str(const char *s)
{
    return span_make(s, strlen(s));
}

/* The rest of s behind its first n bytes; n must not exceed s.n. */
static inline struct span span_skip(struct span s, size_t n)
{
    return span_make(n ? s.p + n : s.p, s.n - n);
}

/* The first n bytes of s, or all of it when it is shorter. */
static inline struct span span_head(struct span s, size_t n)
{
    return span_make(s.p, n < s.n ? n : s.n);
}

static inline bool span_equal(struct span a, struct span b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline uint8_t span__lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

/* Equality with ASCII letters folded; independent of any locale. */
static inline bool span_equal_nocase(struct span a, struct span b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        if (span__lower(a.p[i]) != span__lower(b.p[i]))
            return false;
    return true;
}

/* Strips spaces and tabs from both ends (RFC 9110 section 5.6.3, OWS). */
static inline struct span span_trim(struct span s)
{
    while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
        s = span_skip(s, 1);
    while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
        s.n--;
    return s;
}

#endif
