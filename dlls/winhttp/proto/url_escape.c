/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From object name to request target; the contract is in url_escape.h.
 */
#include "proto/url_escape.h"

/* A unit becomes at most 9 bytes (three escaped ones). */
#define UNIT_MAX 9u

enum mode {
    MODE_ESCAPED,
    MODE_ESCAPED_PERCENT,
    MODE_RAW,
};

/* P1: what is escaped among the characters below 0x80. */
static bool must_escape(uint16_t c, enum mode mode)
{
    if (c == ' ' || c == 0)
        return true;
    if (mode == MODE_RAW)
        return false;
    return c < ' ' || c == 0x7F || strchr("\"#<>[\\]^`{|}", c) || (c == '%' && mode == MODE_ESCAPED_PERCENT);
}

/* p NULL: counts only. */
struct sink {
    uint8_t *p;
    size_t n;
};

static void sink_byte(struct sink *k, uint8_t c)
{
    if (k->p)
        k->p[k->n] = c;
    k->n++;
}

static void sink_escape(struct sink *k, uint8_t c)
{
    sink_byte(k, '%');
    sink_byte(k, text_hex_digit(c >> 4));
    sink_byte(k, text_hex_digit(c));
}

/* The character that begins at s.p[i], surrogate pairs taken together; returns its units. */
static size_t write_char(struct wspan s, size_t i, enum mode mode, bool bytes_already, struct sink *k)
{
    uint16_t c = s.p[i];
    bool pair = c >= 0xD800 && c < 0xDC00 && i + 1 < s.n && s.p[i + 1] >= 0xDC00 && s.p[i + 1] < 0xE000;
    uint8_t bytes[4];
    size_t n;

    if (c < 0x80) {
        if (mode == MODE_RAW && (c == '\r' || c == '\n'))
            return 1;
        if (must_escape(c, mode))
            sink_escape(k, (uint8_t)c);
        else
            sink_byte(k, (uint8_t)c);
        return 1;
    }
    if (bytes_already) {
        sink_escape(k, (uint8_t)c);
        return 1;
    }
    text_utf8_from_utf16(wspan_make(s.p + i, pair ? 2 : 1), bytes, sizeof bytes, &n);
    for (size_t b = 0; b < n; b++)
        sink_escape(k, bytes[b]);
    return pair ? 2 : 1;
}

static void write_target(struct wspan name, enum mode path, enum mode query, bool bytes, struct sink *k)
{
    enum mode mode = path;
    bool behind = false;

    if (!name.n || name.p[0] != '/')
        sink_byte(k, '/');
    for (size_t i = 0; i < name.n;) {
        if (name.p[i] == '?') {
            mode = query;
            behind = true;
        }
        i += write_char(name, i, mode, bytes && behind, k);
    }
}

enum wh_err url_escape_target(struct wspan name, unsigned flags, uint8_t *dst, size_t cap, size_t *len)
{
    enum mode escaped = flags & URL_ESCAPE_PERCENT ? MODE_ESCAPED_PERCENT : MODE_ESCAPED;
    enum mode path = flags & URL_ESCAPE_DISABLE ? MODE_RAW : escaped;
    enum mode query = flags & (URL_ESCAPE_DISABLE | URL_ESCAPE_DISABLE_QUERY) ? MODE_RAW : escaped;
    bool bytes = flags & URL_ESCAPE_QUERY_BYTES;
    struct sink k = {NULL, 0};

    if (name.n > (SIZE_MAX - 1) / UNIT_MAX)
        return WH_E_ARG;
    write_target(name, path, query, bytes, &k);
    if (dst) {
        if (k.n > cap)
            return WH_E_FULL;
        k = (struct sink){dst, 0};
        write_target(name, path, query, bytes, &k);
    }
    *len = k.n;
    return WH_OK;
}
