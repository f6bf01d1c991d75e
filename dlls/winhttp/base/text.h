/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Text without a locale: UTF-16 units to and from UTF-8 and Latin-1, an incremental UTF-8 validator, and ASCII classes.
 *
 * Conversions count first and write second: with dst NULL only *len is computed (cap is ignored); otherwise nothing is
 * written unless all of it fits. No terminator is read or written; a NUL is a character like any other.
 *
 * Threads: any. Ownership: the caller's memory only. Limits: cap.
 * Errors: WH_E_FULL (does not fit; dst and *len untouched), WH_E_ARG (cannot be represented; same).
 * Source: RFC 3629 section 4 (UTF-8), RFC 9110 section 5.6.2 (token).
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/err.h"
#include "base/span.h"

/* A borrowed run of UTF-16 units. */
struct wspan {
    const uint16_t *p;
    size_t n;
};

static inline struct wspan wspan_make(const uint16_t *p, size_t n)
{
    struct wspan s = {p, n};
    return s;
}

/* An unpaired surrogate becomes U+FFFD, as Windows does by default. */
enum wh_err text_utf8_from_utf16(struct wspan s, uint8_t *dst, size_t cap, size_t *len);
/* WH_E_ARG for bytes that are not UTF-8: the caller may then choose Latin-1. */
enum wh_err text_utf16_from_utf8(struct span s, uint16_t *dst, size_t cap, size_t *len);
/* WH_E_ARG for a unit above 0xFF. */
enum wh_err text_latin1_from_utf16(struct wspan s, uint8_t *dst, size_t cap, size_t *len);
/* Cannot fail but for room: each byte is the unit of the same number. */
enum wh_err text_utf16_from_latin1(struct span s, uint16_t *dst, size_t cap, size_t *len);

/* True when no byte has its top bit set. */
bool text_is_ascii(struct span s);

/*
 * The validator. need: continuation bytes still due; lo, hi: the range in which the next one must lie (narrower
 * than 80..BF right behind E0, ED, F0 and F4, which is where over-long forms, surrogates and numbers above U+10FFFF
 * show first).
 */
struct utf8 {
    uint8_t need, lo, hi;
};

void utf8_init(struct utf8 *u);
/* True: s continues valid text. False: the byte at *bad (an offset in s) is the first that no valid text can have
 * there; u is then of no further use. *bad is untouched on true. */
bool utf8_feed(struct utf8 *u, struct span s, size_t *bad);
/* True when the text may end here: not inside a character. */
bool utf8_complete(const struct utf8 *u);

static inline bool text_is_digit(unsigned c)
{
    return c >= '0' && c <= '9';
}

static inline bool text_is_alpha(unsigned c)
{
    return (c | 32) >= 'a' && (c | 32) <= 'z';
}

/* 0..15, or -1. */
static inline int text_hex_value(unsigned c)
{
    if (text_is_digit(c))
        return (int)(c - '0');
    if ((c | 32) >= 'a' && (c | 32) <= 'f')
        return (int)((c | 32) - 'a' + 10);
    return -1;
}

/* Upper-case hexadecimal digit of v & 15. */
static inline uint8_t text_hex_digit(unsigned v)
{
    return (uint8_t) "0123456789ABCDEF"[v & 15];
}

/* tchar of RFC 9110 section 5.6.2. */
bool text_is_token_char(uint8_t c);
/* One or more tchar. */
bool text_is_token(struct span s);

#endif
