/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * proto/h1_body.h: whatever the cut, payload and outcome are the same, and no more payload comes out than bytes went
 * in. First byte: framing and eof; second: the step of the cut and, for a length, the length.
 */
#include "fuzz.h"

#include "proto/h1_body.h"

struct outcome {
    enum wh_err err;
    struct h1_body body;
    uint8_t *payload;
    size_t payload_n, left;
};

static enum wh_err drain(struct outcome *o, struct buf *in, bool eof, size_t most)
{
    struct span s;
    enum wh_err err;

    while ((err = h1_body_peek(&o->body, in, eof, &s)) == WH_OK && s.n) {
        s = span_head(s, most);
        memcpy(o->payload + o->payload_n, s.p, s.n);
        o->payload_n += s.n;
        h1_body_take(&o->body, in, s.n);
    }
    return err;
}

static void read_body(struct span text, enum h1_framing framing, uint64_t length, bool eof, size_t step,
                      struct outcome *o)
{
    size_t size = 1;
    struct buf in;

    o->payload = malloc(text.n + 1);
    REQUIRE(o->payload);
    o->payload_n = 0;
    buf_init(&in, 1u << 20);
    h1_body_init(&o->body, framing, length);
    do {
        fuzz_feed(&in, fuzz_piece(&text, &size, step));
        o->err = drain(o, &in, eof && !text.n, step ? step : SIZE_MAX);
    } while (o->err == WH_AGAIN && text.n);
    o->left = buf_len(&in) + text.n;
    buf_clear(&in);
}

static void forget(struct outcome *o)
{
    h1_body_clear(&o->body);
    free(o->payload);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span text = span_make(data, size);
    uint8_t mode = fuzz_byte(&text), more = fuzz_byte(&text);
    enum h1_framing framing = (enum h1_framing)(mode & 3);
    size_t live = mem_live();
    struct outcome whole, cut;

    if (text.n > BUF_CHUNK_LARGE)
        return 0;
    read_body(text, framing, more, mode & 4, 0, &whole);
    read_body(text, framing, more, mode & 4, more % 8 + 1, &cut);
    REQUIRE(whole.err == cut.err);
    REQUIRE(whole.payload_n == cut.payload_n && memcmp(whole.payload, cut.payload, whole.payload_n) == 0);
    REQUIRE(h1_body_done(&whole.body) == (whole.err == WH_OK));
    if (whole.err == WH_OK) {
        REQUIRE(whole.left == cut.left);
        REQUIRE(hdr_raw_size(h1_body_trailers(&whole.body)) == hdr_raw_size(h1_body_trailers(&cut.body)));
    }
    forget(&whole);
    forget(&cut);
    REQUIRE(mem_live() == live);
    return 0;
}
