/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Conversions, the validator and the token table; the contract is in text.h.
 *
 * ASCII is passed eight bytes at a time: a word is read by memcpy, so alignment and byte order do not matter.
 */
#include "base/text.h"

#define HIGH_BITS UINT64_C(0x8080808080808080)

/* How many bytes at the front of s are ASCII, as far as whole words go; the caller looks at the rest itself. */
static size_t ascii_words(struct span s)
{
    size_t i = 0;
    uint64_t a, b;

    for (; s.n - i >= 16; i += 16) {
        memcpy(&a, s.p + i, 8);
        memcpy(&b, s.p + i + 8, 8);
        if ((a | b) & HIGH_BITS)
            break;
    }
    return i;
}

bool text_is_ascii(struct span s)
{
    for (size_t i = ascii_words(s); i < s.n; i++)
        if (s.p[i] & 0x80)
            return false;
    return true;
}

/* The code point at s.p[*i], which moves behind it. */
static uint32_t utf16_next(struct wspan s, size_t *i)
{
    uint32_t c = s.p[(*i)++];

    if (c < 0xD800 || c > 0xDFFF)
        return c;
    if (c < 0xDC00 && *i < s.n && s.p[*i] >= 0xDC00 && s.p[*i] <= 0xDFFF)
        return 0x10000 + ((c - 0xD800) << 10) + (s.p[(*i)++] - 0xDC00u);
    return 0xFFFD;
}

static size_t utf8_size(uint32_t c)
{
    return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
}

static uint8_t *utf8_put(uint8_t *p, uint32_t c)
{
    static const uint8_t lead[5] = {0, 0, 0xC0, 0xE0, 0xF0};
    size_t n = utf8_size(c);

    if (n == 1) {
        *p = (uint8_t)c;
        return p + 1;
    }
    for (size_t i = n; --i > 0; c >>= 6)
        p[i] = (uint8_t)(0x80 | (c & 0x3F));
    p[0] = (uint8_t)(lead[n] | c);
    return p + n;
}

enum wh_err text_utf8_from_utf16(struct wspan s, uint8_t *dst, size_t cap, size_t *len)
{
    size_t n = 0;

    for (size_t i = 0; i < s.n;)
        n += utf8_size(utf16_next(s, &i));
    if (dst) {
        if (n > cap)
            return WH_E_FULL;
        for (size_t i = 0; i < s.n;)
            dst = utf8_put(dst, utf16_next(s, &i));
    }
    *len = n;
    return WH_OK;
}

/* The code point at s.p[*i], which moves behind it; s is valid UTF-8. */
static uint32_t utf8_next(struct span s, size_t *i)
{
    uint32_t c = s.p[(*i)++];
    unsigned more = c < 0x80 ? 0 : c < 0xE0 ? 1 : c < 0xF0 ? 2 : 3;

    if (more)
        c &= 0x3Fu >> more;
    while (more--)
        c = c << 6 | (s.p[(*i)++] & 0x3Fu);
    return c;
}

enum wh_err text_utf16_from_utf8(struct span s, uint16_t *dst, size_t cap, size_t *len)
{
    struct utf8 u;
    size_t bad, n = 0;

    utf8_init(&u);
    if (!utf8_feed(&u, s, &bad) || !utf8_complete(&u))
        return WH_E_ARG;
    for (size_t i = 0; i < s.n; i++)
        n += (s.p[i] & 0xC0) == 0x80 ? 0 : s.p[i] >= 0xF0 ? 2 : 1;
    if (dst) {
        if (n > cap)
            return WH_E_FULL;
        for (size_t i = 0; i < s.n;) {
            uint32_t c = utf8_next(s, &i);

            if (c >= 0x10000) {
                *dst++ = (uint16_t)(0xD800 + ((c - 0x10000) >> 10));
                *dst++ = (uint16_t)(0xDC00 + ((c - 0x10000) & 0x3FF));
            } else {
                *dst++ = (uint16_t)c;
            }
        }
    }
    *len = n;
    return WH_OK;
}

enum wh_err text_latin1_from_utf16(struct wspan s, uint8_t *dst, size_t cap, size_t *len)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] > 0xFF)
            return WH_E_ARG;
    if (dst) {
        if (s.n > cap)
            return WH_E_FULL;
        for (size_t i = 0; i < s.n; i++)
            dst[i] = (uint8_t)s.p[i];
    }
    *len = s.n;
    return WH_OK;
}

enum wh_err text_utf16_from_latin1(struct span s, uint16_t *dst, size_t cap, size_t *len)
{
    if (dst) {
        if (s.n > cap)
            return WH_E_FULL;
        for (size_t i = 0; i < s.n; i++)
            dst[i] = s.p[i];
    }
    *len = s.n;
    return WH_OK;
}

void utf8_init(struct utf8 *u)
{
    u->need = 0;
    u->lo = 0x80;
    u->hi = 0xBF;
}

/* Opens the character that c leads; false when c leads none. */
static bool utf8_lead(struct utf8 *u, uint8_t c)
{
    if (c < 0xC2 || c > 0xF4)
        return false;
    u->need = c < 0xE0 ? 1 : c < 0xF0 ? 2 : 3;
    u->lo = c == 0xE0 ? 0xA0 : c == 0xF0 ? 0x90 : 0x80;
    u->hi = c == 0xED ? 0x9F : c == 0xF4 ? 0x8F : 0xBF;
    return true;
}

bool utf8_feed(struct utf8 *u, struct span s, size_t *bad)
{
    size_t i = 0;

    while (i < s.n) {
        uint8_t c;

        if (!u->need) {
            i += ascii_words(span_skip(s, i));
            while (i < s.n && s.p[i] < 0x80)
                i++;
            if (i == s.n)
                break;
            if (!utf8_lead(u, s.p[i]))
                goto impossible;
            i++;
            continue;
        }
        c = s.p[i];
        if (c < u->lo || c > u->hi)
            goto impossible;
        u->need--;
        u->lo = 0x80;
        u->hi = 0xBF;
        i++;
    }
    return true;

impossible:
    *bad = i;
    return false;
}

bool utf8_complete(const struct utf8 *u)
{
    return u->need == 0;
}

bool text_is_token_char(uint8_t c)
{
    /* One bit per character of the first 128: digits, letters and !#$%&'*+-.^_`|~ */
    static const uint32_t set[4] = {0, 0x03FF6CFA, 0xC7FFFFFE, 0x57FFFFFF};

    return c < 128 && (set[c >> 5] >> (c & 31) & 1);
}

bool text_is_token(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!text_is_token_char(s.p[i]))
            return false;
    return s.n > 0;
}
