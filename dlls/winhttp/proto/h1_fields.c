/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lines and field lines; the contract is in h1_fields.h.
 *
 * h1_lines: in_place says how many bytes of the buffer the last line stands on; they are consumed at the next call, so
 * that the line stays valid until then. part collects a line that arrives in pieces; it is kept for the next such line
 * and freed by clear.
 */
#include "proto/h1_fields.h"

#include "base/mem.h"
#include "base/text.h"

#define PART_FIRST 256u

/* Whatever the owner asks for: no section is larger, so that sizes can be doubled without a thought. */
#define BYTES_LIMIT ((size_t)1 << 27)

void h1_lines_init(struct h1_lines *l, size_t max_bytes)
{
    memset(l, 0, sizeof *l);
    l->max_bytes = max_bytes < BYTES_LIMIT ? max_bytes : BYTES_LIMIT;
}

void h1_lines_clear(struct h1_lines *l)
{
    mem_free(l->part);
    h1_lines_init(l, l->max_bytes);
}

void h1_lines_settle(struct h1_lines *l, struct buf *in)
{
    buf_consume(in, l->in_place);
    l->in_place = 0;
}

static enum wh_err part_add(struct h1_lines *l, struct span s)
{
    if (l->part_cap - l->part_n < s.n) {
        size_t cap = l->part_cap ? l->part_cap : PART_FIRST;
        uint8_t *part;

        while (cap < l->part_n + s.n)
            cap *= 2;
        part = mem_realloc(l->part, cap);
        if (!part)
            return WH_E_NOMEM;
        l->part = part;
        l->part_cap = cap;
    }
    memcpy(l->part + l->part_n, s.p, s.n);
    l->part_n += s.n;
    return WH_OK;
}

enum wh_err h1_lines_next(struct h1_lines *l, struct buf *in, struct span *line)
{
    h1_lines_settle(l, in);
    for (;;) {
        struct span s = buf_peek(in), whole;
        const uint8_t *lf = s.n ? memchr(s.p, '\n', s.n) : NULL;
        size_t n = lf ? (size_t)(lf - s.p) + 1 : s.n;
        enum wh_err err;

        if (!s.n)
            return WH_AGAIN;
        if (n > l->max_bytes - l->bytes)
            return WH_E_HEADER_SIZE;
        if (lf && !l->part_n) {
            whole = span_head(s, n);
            l->in_place = n;
        } else {
            err = part_add(l, span_head(s, n));
            if (err != WH_OK)
                return err;
            buf_consume(in, n);
            whole = span_make(l->part, l->part_n);
        }
        l->bytes += n;
        if (!lf)
            continue;
        l->part_n = 0;
        whole.n--;
        if (whole.n && whole.p[whole.n - 1] == '\r')
            whole.n--;
        *line = whole;
        return WH_OK;
    }
}

void h1_fields_init(struct h1_fields *f, size_t max_bytes, size_t max_lines)
{
    memset(f, 0, sizeof *f);
    /* A line may grow by the blank behind its colon and the CR it did not have, so the block must hold more than the
     * section; the section's own limits are what counts. */
    hdr_init(&f->fields, (max_bytes < BYTES_LIMIT ? max_bytes : BYTES_LIMIT) * 2, max_lines);
    f->max_lines = max_lines;
}

void h1_fields_clear(struct h1_fields *f)
{
    hdr_clear(&f->fields);
    f->lines = 0;
    f->skipping = false;
}

/* RFC 9110 section 5.5 and RFC 9112 section 4: no control characters but tab. From 0x80 on it is obs-text and allowed.
 */
bool h1_text_allowed(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((s.p[i] < 0x20 && s.p[i] != '\t') || s.p[i] == 0x7F)
            return false;
    return true;
}

/* A blank joins what stands on the two lines, when something stands on both. */
static enum wh_err fold(struct h1_fields *f, struct span more)
{
    size_t count = hdr_count(&f->fields);
    struct span value;

    if (f->skipping || !count || !more.n)
        return WH_OK;
    hdr_at(&f->fields, count - 1, NULL, &value);
    return hdr_append_value(&f->fields, count - 1, value.n ? " " : "", more);
}

enum wh_err h1_fields_line(struct h1_fields *f, struct span line, bool *end)
{
    const uint8_t *colon;
    struct span name;

    if (!line.n) {
        *end = true;
        return WH_OK;
    }
    if (f->lines == f->max_lines)
        return WH_E_HEADER_COUNT;
    if (!h1_text_allowed(line))
        return WH_E_RESPONSE;
    f->lines++;
    *end = false;
    if (line.p[0] == ' ' || line.p[0] == '\t')
        return fold(f, span_trim(line));

    colon = memchr(line.p, ':', line.n);
    name = colon ? span_trim(span_head(line, (size_t)(colon - line.p))) : span_make(NULL, 0);
    f->skipping = !text_is_token(name);
    if (f->skipping)
        return WH_OK;
    return hdr_add(&f->fields, name, span_trim(span_skip(line, (size_t)(colon - line.p) + 1)));
}
