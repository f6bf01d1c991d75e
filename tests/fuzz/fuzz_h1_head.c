/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* proto/h1_head.h: whatever the cut, the outcome is the same; what was parsed can be parsed again. First byte: the step
 * of the cut. */
#include "fuzz.h"

#include "proto/h1_head.h"

#define MAX_BYTES 8192u
#define MAX_LINES 64u

struct outcome {
    enum wh_err err;
    struct h1_head head;
    size_t left;
};

static void read_head(struct span text, size_t step, struct outcome *o)
{
    size_t size = 1;
    struct buf in;

    buf_init(&in, 1u << 20);
    h1_head_init(&o->head, MAX_BYTES, MAX_LINES);
    do {
        fuzz_feed(&in, fuzz_piece(&text, &size, step));
        o->err = h1_head_read(&o->head, &in);
    } while (o->err == WH_AGAIN && text.n);
    o->left = buf_len(&in) + text.n;
    buf_clear(&in);
}

static uint8_t *render(const struct hdr *h)
{
    uint8_t *raw = malloc(hdr_raw_size(h) + 1);

    REQUIRE(raw);
    hdr_render_raw(h, raw);
    return raw;
}

static void require_same_fields(const struct hdr *a, const struct hdr *b)
{
    uint8_t *ra = render(a), *rb = render(b);

    REQUIRE(hdr_raw_size(a) == hdr_raw_size(b) && memcmp(ra, rb, hdr_raw_size(a)) == 0);
    free(ra);
    free(rb);
}

/* The fields in their raw form, under a status line, must give the same fields. */
static void require_stable(const struct h1_head *h)
{
    static const char line[] = "HTTP/1.1 200 \r\n";
    size_t n = sizeof line - 1, raw = hdr_raw_size(&h->f.fields);
    uint8_t *text = malloc(n + raw + 2), *fields = render(&h->f.fields);
    struct outcome again;
    struct buf in;

    REQUIRE(text);
    memcpy(text, line, n);
    memcpy(text + n, fields, raw);
    memcpy(text + n + raw, "\r\n", 2);
    buf_init(&in, 1u << 20);
    h1_head_init(&again.head, MAX_BYTES * 4, MAX_LINES);
    REQUIRE(buf_append(&in, span_make(text, n + raw + 2)) == WH_OK);
    REQUIRE(h1_head_read(&again.head, &in) == WH_OK);
    require_same_fields(&again.head.f.fields, &h->f.fields);
    h1_head_clear(&again.head);
    buf_clear(&in);
    free(fields);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span text = span_make(data, size);
    size_t step = fuzz_byte(&text) % 8 + 1, live = mem_live();
    struct outcome whole, cut;

    if (text.n > BUF_CHUNK_LARGE)
        return 0;
    read_head(text, 0, &whole);
    read_head(text, step, &cut);
    REQUIRE(whole.err == cut.err);
    if (whole.err == WH_OK) {
        REQUIRE(whole.left == cut.left);
        REQUIRE(whole.head.status == cut.head.status && whole.head.status >= 100 && whole.head.status <= 999);
        REQUIRE(span_equal(span_make(whole.head.reason, whole.head.reason_n),
                           span_make(cut.head.reason, cut.head.reason_n)));
        require_same_fields(&whole.head.f.fields, &cut.head.f.fields);
        require_stable(&whole.head);
    }
    h1_head_clear(&whole.head);
    h1_head_clear(&cut.head);
    REQUIRE(mem_live() == live);
    return 0;
}
