/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The caller's header lines; the contract is in hdr_lines.h.
 *
 * One line is applied to the block itself, since each change of a block is atomic. Several are applied to a copy which
 * then takes the block's place, so that a line that fails undoes those before it.
 */
#include "proto/hdr_lines.h"

#include "base/text.h"

static bool is_break(uint8_t c)
{
    return c == '\r' || c == '\n';
}

/* Takes the next line that is not empty out of *text. */
static bool next_line(struct span *text, struct span *line)
{
    size_t n = 0;

    while (text->n && is_break(text->p[0]))
        *text = span_skip(*text, 1);
    while (n < text->n && !is_break(text->p[n]))
        n++;
    *line = span_head(*text, n);
    *text = span_skip(*text, n);
    return n > 0;
}

static bool split_line(struct span line, struct span *name, struct span *value)
{
    const uint8_t *colon = memchr(line.p, ':', line.n);
    size_t n;

    if (!colon)
        return false;
    n = (size_t)(colon - line.p);
    *name = span_head(line, n);
    *value = span_trim(span_skip(line, n + 1));
    return text_is_token(*name);
}

static bool has_line(const struct hdr *h, struct span name, struct span value)
{
    struct span other;
    size_t i;

    for (size_t nth = 0; hdr_find(h, name, nth, &i); nth++) {
        hdr_at(h, i, NULL, &other);
        if (span_equal(other, value))
            return true;
    }
    return false;
}

static enum wh_err apply_line(struct hdr *h, struct span line, unsigned flags)
{
    struct span name, value;
    size_t i;

    if (!split_line(line, &name, &value))
        return WH_E_ARG;
    if (flags & HDR_LINES_ONCE && has_line(h, name, value))
        return WH_OK;
    if (!hdr_find(h, name, flags & HDR_LINES_REPLACE ? flags >> 16 : 0, &i)) {
        if ((flags & HDR_LINES_REPLACE) && !(flags & HDR_LINES_ADD))
            return WH_E_NOT_FOUND;
        return hdr_add(h, name, value);
    }
    if (flags & HDR_LINES_REPLACE) {
        if (value.n)
            return hdr_replace_at(h, i, value);
        hdr_remove_at(h, i);
        return WH_OK;
    }
    if (flags & HDR_LINES_COALESCE_COMMA)
        return hdr_append_value(h, i, ", ", value);
    if (flags & HDR_LINES_COALESCE_SEMICOLON)
        return hdr_append_value(h, i, "; ", value);
    if ((flags & HDR_LINES_ADD_IF_NEW) || !(flags & HDR_LINES_ADD))
        return WH_E_EXISTS;
    return hdr_add(h, name, value);
}

enum wh_err hdr_lines_apply(struct hdr *h, struct span text, unsigned flags)
{
    struct span line, rest;
    struct hdr copy;
    enum wh_err err;

    if (!next_line(&text, &line))
        return WH_OK;
    rest = text;
    if (!next_line(&rest, &(struct span){0}))
        return apply_line(h, line, flags);

    hdr_init(&copy, h->max_raw, h->max_count);
    err = hdr_copy(&copy, h);
    if (err == WH_OK) {
        do
            err = apply_line(&copy, line, flags);
        while (err == WH_OK && next_line(&text, &line));
    }
    if (err != WH_OK) {
        hdr_clear(&copy);
        return err;
    }
    hdr_clear(h);
    hdr_move(h, &copy);
    return WH_OK;
}

bool hdr_lines_next(struct span *text, struct span *name)
{
    struct span line, value;

    return next_line(text, &line) && split_line(line, name, &value);
}
