/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The response head; the contract is in h1_head.h.
 */
#include "proto/h1_head.h"

#include "base/mem.h"
#include "base/text.h"

static const char version[] = "HTTP/1.";
#define VERSION_LEN (sizeof version - 1)

/* "HTTP/": what must be there before anything else is believed. */
#define PREFIX_LEN 5u

void h1_head_init(struct h1_head *h, size_t max_bytes, size_t max_lines)
{
    memset(h, 0, sizeof *h);
    h1_lines_init(&h->lines, max_bytes);
    h1_fields_init(&h->f, max_bytes, max_lines);
}

void h1_head_clear(struct h1_head *h)
{
    size_t max_bytes = h->lines.max_bytes, max_lines = h->f.max_lines;

    h1_lines_clear(&h->lines);
    h1_fields_clear(&h->f);
    mem_free(h->reason);
    h1_head_init(h, max_bytes, max_lines);
}

void h1_head_reset(struct h1_head *h)
{
    h1_head_clear(h);
}

/* Whether bytes, the first of the answer, can still become "HTTP/". */
static bool prefix_possible(struct span bytes)
{
    bytes = span_head(bytes, PREFIX_LEN);
    return bytes.n == 0 || memcmp(bytes.p, version, bytes.n) == 0;
}

static bool three_digits(struct span s)
{
    return s.n >= 3 && text_is_digit(s.p[0]) && text_is_digit(s.p[1]) && text_is_digit(s.p[2]);
}

static enum wh_err status_line(struct h1_head *h, struct span line)
{
    unsigned minor, status;

    if (line.n <= VERSION_LEN || memcmp(line.p, version, VERSION_LEN) != 0 || !text_is_digit(line.p[VERSION_LEN]))
        return WH_E_RESPONSE;
    minor = line.p[VERSION_LEN] - (unsigned)'0';
    line = span_skip(line, VERSION_LEN + 1);
    if (!line.n || line.p[0] != ' ')
        return WH_E_RESPONSE;
    line = span_trim(line);
    if (!three_digits(line) || (line.n > 3 && line.p[3] != ' '))
        return WH_E_RESPONSE;
    status = (line.p[0] - (unsigned)'0') * 100 + (line.p[1] - (unsigned)'0') * 10 + (line.p[2] - (unsigned)'0');
    line = span_trim(span_skip(line, 3));
    if (status < 100 || !h1_text_allowed(line))
        return WH_E_RESPONSE;

    h->reason = mem_dup(line.p, line.n);
    if (!h->reason)
        return WH_E_NOMEM;
    h->reason_n = line.n;
    h->status = status;
    h->minor = minor;
    h->state = H1_HEAD_FIELDS;
    return WH_OK;
}

static enum wh_err read_status(struct h1_head *h, struct buf *in)
{
    struct span line;
    enum wh_err err;

    /* A peer that speaks something else is told by its first bytes; it may never send the end of a line. */
    if (!h->lines.bytes && !prefix_possible(buf_peek(in)))
        return WH_E_RESPONSE;
    err = h1_lines_next(&h->lines, in, &line);
    if (err == WH_AGAIN && !prefix_possible(span_make(h->lines.part, h->lines.part_n)))
        return WH_E_RESPONSE;
    return err == WH_OK ? status_line(h, line) : err;
}

static enum wh_err read_fields(struct h1_head *h, struct buf *in)
{
    struct span line;
    bool end = false;

    while (!end) {
        enum wh_err err = h1_lines_next(&h->lines, in, &line);

        if (err == WH_OK)
            err = h1_fields_line(&h->f, line, &end);
        if (err != WH_OK)
            return err;
    }
    h1_lines_settle(&h->lines, in);
    h->state = H1_HEAD_DONE;
    return WH_OK;
}

enum wh_err h1_head_read(struct h1_head *h, struct buf *in)
{
    enum wh_err err = WH_OK;

    if (h->state == H1_HEAD_FAILED)
        return h->error;
    if (h->state == H1_HEAD_STATUS)
        err = read_status(h, in);
    if (err == WH_OK && h->state == H1_HEAD_FIELDS)
        err = read_fields(h, in);
    if (err != WH_OK && err != WH_AGAIN) {
        h->state = H1_HEAD_FAILED;
        h->error = err;
    }
    return err;
}
