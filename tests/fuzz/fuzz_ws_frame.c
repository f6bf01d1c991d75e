/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Frame heads and masking. The first byte chooses the side; the rest is a head, then payload. A head that decodes is
 * the only encoding of what it says, every part of it is "more, please", and masking twice gives the payload back.
 */
#include "fuzz/fuzz.h"

#include "proto/ws_frame.h"

static void masks_back(struct span payload, const struct ws_frame *f)
{
    uint8_t *once = mem_alloc(payload.n), *twice = mem_alloc(payload.n);
    size_t cut = payload.n / 3;

    REQUIRE(once && twice);
    ws_frame_mask(once, payload.p, payload.n, f->key, f->len);
    ws_frame_mask(twice, once, cut, f->key, f->len);
    ws_frame_mask(twice + cut, once + cut, payload.n - cut, f->key, f->len + cut);
    REQUIRE(payload.n == 0 || memcmp(twice, payload.p, payload.n) == 0);
    for (size_t i = 0; i < payload.n; i++)
        REQUIRE(once[i] == (payload.p[i] ^ f->key[(f->len + i) & 3]));
    mem_free(once);
    mem_free(twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ws_frame f = {0}, again = {0};
    uint8_t head[WS_HEAD_MAX];
    struct span s;
    size_t used = 0, more;
    enum ws_side side;
    enum wh_err err;

    if (size < 1)
        return 0;
    side = data[0] & 1 ? WS_CLIENT : WS_SERVER;
    s = span_make(data + 1, size - 1);
    err = ws_frame_decode(s, side, &f, &used);
    REQUIRE(err == WH_OK || err == WH_AGAIN || err == WH_E_RESPONSE);
    if (err)
        return 0;
    REQUIRE(used <= s.n && used <= WS_HEAD_MAX && f.len <= INT64_MAX);
    REQUIRE(!ws_opcode_is_control(f.opcode) || (f.fin && f.len <= WS_CONTROL_MAX));
    REQUIRE(ws_frame_encode(&f, head) == used && memcmp(head, s.p, used) == 0);
    for (size_t n = 0; n < used; n++)
        REQUIRE(ws_frame_decode(span_make(head, n), side, &again, &more) == WH_AGAIN);
    masks_back(span_skip(s, used), &f);
    return 0;
}
