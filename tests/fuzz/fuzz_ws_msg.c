/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The message decoder. The same bytes in one piece, byte by byte, and with room for one or three bytes must tell the
 * same story, and text that is told to its end must be UTF-8.
 */
#include "fuzz/fuzz.h"

#include "proto/ws_msg.h"

/* Everything that was told, as bytes: payload, and a mark with its own number behind each event that does not depend on
 * cuts. */
struct story {
    uint8_t *p;
    size_t n;
    struct utf8 utf8;
    enum wh_err end;
    uint16_t fail_code;
};

static void tell(struct story *s, const struct ws_event *ev)
{
    size_t bad;

    if (ev->data.n)
        memcpy(s->p + s->n, ev->data.p, ev->data.n);
    s->n += ev->data.n;
    if (ev->kind == WS_EVENT_DATA && ev->text) {
        REQUIRE(utf8_feed(&s->utf8, ev->data, &bad));
        if (ev->fin) {
            REQUIRE(utf8_complete(&s->utf8));
            utf8_init(&s->utf8);
        }
    }
    if (ev->kind == WS_EVENT_CLOSE)
        REQUIRE(ev->code == WS_CODE_NO_STATUS || ws_msg_code_allowed(ev->code));
    REQUIRE(ev->kind == WS_EVENT_DATA || ev->data.n <= WS_CONTROL_MAX);
    if (ev->kind != WS_EVENT_DATA || ev->end)
        s->p[s->n++] = (uint8_t)(ev->kind << 4 | (ev->kind == WS_EVENT_DATA && ev->text) << 1 | ev->fin);
}

static void listen(struct span in, size_t step, size_t max, struct story *s)
{
    struct ws_msg m;

    ws_msg_init(&m);
    utf8_init(&s->utf8);
    s->end = WH_AGAIN;
    for (size_t at = 0; at < in.n && s->end == WH_AGAIN; at += step) {
        struct span piece = span_head(span_skip(in, at), step);

        do {
            struct ws_event ev = {0};
            size_t used;

            s->end = ws_msg_next(&m, piece, max, &used, &ev);
            REQUIRE(used <= piece.n);
            piece = span_skip(piece, used);
            REQUIRE(s->end == WH_OK || s->end == WH_AGAIN || s->end == WH_E_RESPONSE);
            if (s->end == WH_AGAIN)
                REQUIRE(piece.n == 0);
            if (s->end == WH_OK) {
                REQUIRE(ev.kind != WS_EVENT_DATA || (ev.data.n <= max && (ev.data.n || ev.fin)));
                tell(s, &ev);
            }
        } while (s->end == WH_OK);
    }
    s->fail_code = m.fail_code;
    REQUIRE((s->end == WH_E_RESPONSE) == (m.fail_code == WS_CODE_PROTOCOL || m.fail_code == WS_CODE_BAD_PAYLOAD));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct {
        size_t step, max;
    } ways[] = {{SIZE_MAX, SIZE_MAX}, {1, SIZE_MAX}, {SIZE_MAX, 1}, {5, 3}};
    struct story first = {0}, other;

    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        struct story s = {0};
        size_t step = ways[i].step < size ? ways[i].step : size;

        s.p = mem_alloc(2 * size + 8); /* a byte of input makes at most one of payload and one of marks */
        REQUIRE(s.p != NULL);
        listen(span_make(data, size), step, ways[i].max, &s);
        if (i == 0) {
            first = s;
            continue;
        }
        other = s;
        REQUIRE(other.end == first.end && other.fail_code == first.fail_code);
        /* Data in front of an impossible byte may have been told in small pieces and not in large ones. */
        REQUIRE(other.n >= first.n || other.end == WH_E_RESPONSE);
        if (first.end != WH_E_RESPONSE)
            REQUIRE(other.n == first.n);
        REQUIRE(memcmp(other.p, first.p, first.n < other.n ? first.n : other.n) == 0);
        mem_free(other.p);
    }
    mem_free(first.p);
    return 0;
}
