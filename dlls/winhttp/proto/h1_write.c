/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Request bytes; the contract is in h1_write.h.
 *
 * A head is put together in a block of its own and appended in one piece, because an append is all or nothing.
 */
#include "proto/h1_write.h"

#include "base/mem.h"
#include "base/text.h"

static bool target_allowed(struct span s)
{
    return s.n && !memchr(s.p, ' ', s.n) && !memchr(s.p, '\r', s.n) && !memchr(s.p, '\n', s.n) && !memchr(s.p, 0, s.n);
}

static uint8_t *put(uint8_t *dst, struct span s)
{
    memcpy(dst, s.p, s.n);
    return dst + s.n;
}

enum wh_err h1_write_head(struct buf *out, struct span method, struct span target, unsigned minor, const struct hdr *h)
{
    struct span version = span_str(minor ? " HTTP/1.1\r\n" : " HTTP/1.0\r\n");
    size_t raw = hdr_raw_size(h), room = buf_room(out), n;
    uint8_t *block, *p;
    enum wh_err err;

    if (!text_is_token(method) || !target_allowed(target))
        return WH_E_ARG;
    if (method.n > room || target.n > room - method.n)
        return WH_E_FULL;
    n = method.n + 1 + target.n + version.n + raw + 2;
    block = mem_alloc(n);
    if (!block)
        return WH_E_NOMEM;
    p = put(block, method);
    *p++ = ' ';
    p = put(p, target);
    p = put(p, version);
    hdr_render_raw(h, p);
    put(p + raw, span_str("\r\n"));
    err = buf_append(out, span_make(block, n));
    mem_free(block);
    return err;
}

/* Upper-case hexadecimal digits of size and CRLF; returns how many bytes. */
static size_t chunk_line(uint64_t size, uint8_t dst[H1_CHUNK_OVERHEAD])
{
    unsigned digits = 1;

    while (digits < 16 && size >> (4 * digits))
        digits++;
    for (unsigned i = 0; i < digits; i++)
        dst[i] = text_hex_digit((unsigned)(size >> (4 * (digits - 1 - i))));
    memcpy(dst + digits, "\r\n", 2);
    return digits + 2;
}

enum wh_err h1_write_chunk(struct buf *out, struct span payload)
{
    uint8_t line[H1_CHUNK_OVERHEAD];
    struct buf chunk;
    enum wh_err err;

    if (!payload.n)
        return WH_OK;
    /* Made aside and linked in as a whole, so that a failure leaves no half chunk. */
    buf_init(&chunk, buf_room(out));
    err = buf_append(&chunk, span_make(line, chunk_line(payload.n, line)));
    if (err == WH_OK)
        err = buf_append(&chunk, payload);
    if (err == WH_OK)
        err = buf_append_str(&chunk, "\r\n");
    if (err == WH_OK)
        err = buf_splice(out, &chunk);
    buf_clear(&chunk);
    return err;
}

enum wh_err h1_write_last_chunk(struct buf *out)
{
    return buf_append_str(out, "0\r\n\r\n");
}
