/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The body reader; the contract is in h1_body.h.
 *
 * advance() eats framing until the next payload byte is at the head of the buffer (state DATA), the end is reached, or
 * more input is needed. peek calls it first; take calls it again when it has taken the last byte that was due, so that
 * framing already there goes with it. What it finds wrong then is kept and told by the next peek.
 *
 * waste: bytes of chunk lines beyond the digits that the size needs and the line end. Legal one-byte chunks waste
 * nothing.
 */
#include "proto/h1_body.h"

#include "base/text.h"

#include <assert.h>

#define SIZE_LIMIT ((uint64_t)INT64_MAX)

void h1_body_init(struct h1_body *b, enum h1_framing framing, uint64_t length)
{
    memset(b, 0, sizeof *b);
    b->framing = framing;
    b->left = framing == H1_LENGTH ? length : framing == H1_CLOSE ? UINT64_MAX : 0;
    b->state = framing == H1_CHUNKED ? H1_BODY_SIZE : b->left ? H1_BODY_DATA : H1_BODY_END;
    h1_lines_init(&b->lines, H1_CHUNK_LINE_MAX);
    h1_fields_init(&b->trailers, H1_TRAILER_BYTES_MAX, H1_TRAILER_LINES_MAX);
}

void h1_body_clear(struct h1_body *b)
{
    h1_lines_clear(&b->lines);
    h1_fields_clear(&b->trailers);
}

/* One line of chunk framing, with a limit of its own. */
static enum wh_err next_line(struct h1_body *b, struct buf *in, size_t limit, struct span *line)
{
    enum wh_err err;

    b->lines.max_bytes = limit;
    err = h1_lines_next(&b->lines, in, line);
    return err == WH_E_HEADER_SIZE ? WH_E_CHUNK_SIZE : err;
}

/* RFC 9112 section 7.1: 1*HEXDIG, blanks, then nothing or an extension, which is not read. */
static enum wh_err read_size(struct h1_body *b, struct buf *in)
{
    uint64_t size = 0;
    struct span line;
    size_t i = 0, zeros;
    enum wh_err err = next_line(b, in, H1_CHUNK_LINE_MAX, &line);

    if (err != WH_OK)
        return err;
    b->lines.bytes = 0;
    while (i < line.n && line.p[i] == '0')
        i++;
    zeros = i;
    for (; i < line.n && text_hex_value(line.p[i]) >= 0; i++) {
        if (size > SIZE_LIMIT >> 4)
            return WH_E_CHUNK_SIZE;
        size = size << 4 | (unsigned)text_hex_value(line.p[i]);
    }
    if (!i)
        return WH_E_RESPONSE;
    b->waste += line.n - (i > zeros ? i - zeros : 1);
    line = span_trim(span_skip(line, i));
    if (line.n && line.p[0] != ';')
        return WH_E_RESPONSE;
    if (b->waste > H1_CHUNK_WASTE_MAX && b->waste - H1_CHUNK_WASTE_MAX > b->payload)
        return WH_E_CHUNK_SIZE;

    b->left = size;
    b->payload += size;
    b->state = size ? H1_BODY_DATA : H1_BODY_TRAILERS;
    return WH_OK;
}

/* The line end behind a chunk's data, and nothing before it. */
static enum wh_err read_data_end(struct h1_body *b, struct buf *in)
{
    struct span line;
    enum wh_err err;

    err = next_line(b, in, 2, &line);
    if (err == WH_E_CHUNK_SIZE || (err == WH_OK && line.n))
        return WH_E_RESPONSE;
    if (err != WH_OK)
        return err;
    b->lines.bytes = 0;
    b->state = H1_BODY_SIZE;
    return WH_OK;
}

static enum wh_err read_trailers(struct h1_body *b, struct buf *in)
{
    struct span line;
    bool end = false;
    enum wh_err err;

    while (!end) {
        err = next_line(b, in, H1_TRAILER_BYTES_MAX, &line);
        if (err == WH_OK)
            err = h1_fields_line(&b->trailers, line, &end);
        if (err != WH_OK)
            return err == WH_E_HEADER_COUNT || err == WH_E_HEADER_SIZE ? WH_E_CHUNK_SIZE : err;
    }
    h1_lines_settle(&b->lines, in);
    b->state = H1_BODY_END;
    return WH_OK;
}

static enum wh_err fail(struct h1_body *b, enum wh_err err)
{
    b->state = H1_BODY_FAILED;
    b->error = err;
    return err;
}

/* Eats framing. WH_OK: in DATA or END; else WH_AGAIN or the sticky error. */
static enum wh_err advance(struct h1_body *b, struct buf *in)
{
    enum wh_err err = WH_OK;

    while (err == WH_OK) {
        switch (b->state) {
        case H1_BODY_SIZE:
            err = read_size(b, in);
            break;
        case H1_BODY_DATA_END:
            err = read_data_end(b, in);
            break;
        case H1_BODY_TRAILERS:
            err = read_trailers(b, in);
            break;
        case H1_BODY_DATA:
            h1_lines_settle(&b->lines, in);
            return WH_OK;
        case H1_BODY_END:
            return WH_OK;
        case H1_BODY_FAILED:
            return b->error;
        }
    }
    return err == WH_AGAIN ? err : fail(b, err);
}

enum wh_err h1_body_peek(struct h1_body *b, struct buf *in, bool eof, struct span *out)
{
    struct span s = {NULL, 0};
    enum wh_err err = advance(b, in);

    if (err == WH_OK && b->state == H1_BODY_DATA) {
        s = buf_peek(in);
        if (s.n > b->left)
            s.n = (size_t)b->left;
        if (!s.n)
            err = WH_AGAIN;
    }
    if (err == WH_AGAIN && eof) {
        if (b->framing != H1_CLOSE)
            return fail(b, WH_E_CLOSED);
        b->state = H1_BODY_END;
        err = WH_OK;
    }
    if (err == WH_OK)
        *out = s;
    return err;
}

void h1_body_take(struct h1_body *b, struct buf *in, size_t n)
{
    buf_consume(in, n);
    h1_body_landed(b, in, n);
}

uint64_t h1_body_due(const struct h1_body *b)
{
    return b->state == H1_BODY_DATA ? b->left : 0;
}

void h1_body_landed(struct h1_body *b, struct buf *in, size_t n)
{
    assert(n == 0 || (b->state == H1_BODY_DATA && n <= b->left));
    if (!n || b->framing == H1_CLOSE)
        return;
    b->left -= n;
    if (b->left)
        return;
    b->state = b->framing == H1_CHUNKED ? H1_BODY_DATA_END : H1_BODY_END;
    advance(b, in);
}

bool h1_body_done(const struct h1_body *b)
{
    return b->state == H1_BODY_END;
}

uint64_t h1_body_left(const struct h1_body *b, bool *known)
{
    *known = b->framing == H1_LENGTH || b->framing == H1_NONE;
    return *known ? b->left : 0;
}

const struct hdr *h1_body_trailers(const struct h1_body *b)
{
    return &b->trailers.fields;
}
