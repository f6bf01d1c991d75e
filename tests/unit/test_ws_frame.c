/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frame heads and masking: RFC 6455 sections 5.1 to 5.3, 5.5 and the examples of 5.7; SEMANTICS D5. */
#include "unit/harness.h"

#include "proto/ws_frame.h"

#include <stdio.h>

static enum wh_err decode(struct span s, enum ws_side from, struct ws_frame *f, size_t *used)
{
    return ws_frame_decode(guard_make(s), from, f, used);
}

static void examples(void)
{
    struct ws_frame f;
    size_t used = 0;

    CHECK_INT(decode(LITERAL("\x81\x05Hello"), WS_SERVER, &f, &used), WH_OK);
    CHECK(f.fin && f.opcode == WS_OP_TEXT && f.len == 5 && !f.masked && used == 2);
    CHECK_INT(decode(LITERAL("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), WS_CLIENT, &f, &used), WH_OK);
    CHECK(f.fin && f.opcode == WS_OP_TEXT && f.len == 5 && f.masked && used == 6);
    CHECK_SPAN(span_make(f.key, 4), LITERAL("\x37\xfa\x21\x3d"));
    CHECK_INT(decode(LITERAL("\x01\x03Hel"), WS_SERVER, &f, &used), WH_OK);
    CHECK(!f.fin && f.opcode == WS_OP_TEXT && f.len == 3);
    CHECK_INT(decode(LITERAL("\x80\x02lo"), WS_SERVER, &f, &used), WH_OK);
    CHECK(f.fin && f.opcode == WS_OP_CONTINUATION && f.len == 2);
    CHECK_INT(decode(LITERAL("\x82\x7e\x01\x00"), WS_SERVER, &f, &used), WH_OK);
    CHECK(f.fin && f.opcode == WS_OP_BINARY && f.len == 256 && used == 4);
    CHECK_INT(decode(LITERAL("\x82\x7f\0\0\0\0\0\1\0\0"), WS_SERVER, &f, &used), WH_OK);
    CHECK(f.len == 65536 && used == 10);
}

/* Every prefix of a head is WH_AGAIN and touches nothing; the head itself decodes to what was encoded. */
static void round_trip(uint64_t len, uint8_t opcode, bool fin, enum ws_side side)
{
    struct ws_frame in = {.len = len, .opcode = opcode, .fin = fin, .masked = side == WS_CLIENT}, out;
    uint8_t head[WS_HEAD_MAX];
    size_t n, used = 77;

    memcpy(in.key, "\xde\xad\xbe\xef", 4);
    n = ws_frame_encode(&in, head);
    CHECK_INT(n, 2u + (len < 126 ? 0 : len < 65536 ? 2 : 8) + (in.masked ? 4 : 0));
    memset(&out, 0xA5, sizeof(out));
    for (size_t cut = 0; cut < n; cut++) {
        CHECK_INT(decode(span_make(head, cut), side, &out, &used), WH_AGAIN);
        CHECK(used == 77 && out.opcode == 0xA5);
    }
    CHECK_INT(decode(span_make(head, n), side, &out, &used), WH_OK);
    CHECK_INT(used, n);
    CHECK(out.len == len && out.opcode == opcode && out.fin == fin && out.masked == in.masked);
    CHECK(!in.masked || memcmp(out.key, in.key, 4) == 0);
}

static void lengths(void)
{
    static const uint64_t lens[] = {0,     1,     125,   126,        127,         255,           256,
                                    65535, 65536, 65537, 0xFFFFFFFF, 0x100000000, INT64_MAX - 1, INT64_MAX};
    char row[64];

    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        snprintf(row, sizeof(row), "length %llu", (unsigned long long)lens[i]);
        harness_row(row);
        for (unsigned opcode = 0; opcode <= 2; opcode++) {
            round_trip(lens[i], (uint8_t)opcode, true, WS_SERVER);
            round_trip(lens[i], (uint8_t)opcode, false, WS_SERVER);
            round_trip(lens[i], (uint8_t)opcode, true, WS_CLIENT);
            round_trip(lens[i], (uint8_t)opcode, false, WS_CLIENT);
        }
        if (lens[i] <= WS_CONTROL_MAX)
            round_trip(lens[i], WS_OP_PING, true, WS_SERVER);
    }
}

/* What byte 1 may be, written out: the six opcodes with FIN, and the three data opcodes without. */
static void first_bytes(void)
{
    static const char allowed[] = "\x00\x01\x02\x80\x81\x82\x88\x89\x8a";
    char row[64];

    for (unsigned b = 0; b < 256; b++) {
        uint8_t byte = (uint8_t)b;
        bool good = memchr(allowed, (int)b, sizeof(allowed) - 1) != NULL;
        struct ws_frame f;
        size_t used;

        snprintf(row, sizeof(row), "first byte %02x", b);
        harness_row(row);
        CHECK_INT(decode(span_make(&byte, 1), WS_SERVER, &f, &used), good ? WH_AGAIN : WH_E_RESPONSE);
    }
}

static void second_bytes(void)
{
    char row[64];

    for (unsigned b = 0; b < 256; b++) {
        uint8_t data[2] = {0x82, (uint8_t)b}, ping[2] = {0x89, (uint8_t)b};
        enum wh_err want = b < 126 ? WH_OK : b < 128 ? WH_AGAIN : WH_E_RESPONSE;
        enum wh_err masked = b < 128 ? WH_E_RESPONSE : WH_AGAIN;
        struct ws_frame f;
        size_t used;

        snprintf(row, sizeof(row), "second byte %02x", b);
        harness_row(row);
        CHECK_INT(decode(span_make(data, 2), WS_SERVER, &f, &used), want);
        CHECK_INT(decode(span_make(ping, 2), WS_SERVER, &f, &used), want == WH_AGAIN ? WH_E_RESPONSE : want);
        CHECK_INT(decode(span_make(data, 2), WS_CLIENT, &f, &used), masked);
        CHECK_INT(decode(span_make(ping, 2), WS_CLIENT, &f, &used), b > 0xFD ? WH_E_RESPONSE : masked);
    }
}

static void long_forms(void)
{
    struct ws_frame f;
    size_t used;
    char row[64];

    for (unsigned len = 0; len <= 200; len++) {
        uint8_t short_form[4] = {0x82, 126, 0, (uint8_t)len};

        snprintf(row, sizeof(row), "16-bit form of %u", len);
        harness_row(row);
        CHECK_INT(decode(span_make(short_form, 4), WS_SERVER, &f, &used), len < 126 ? WH_E_RESPONSE : WH_OK);
    }
    harness_row("64-bit form");
    CHECK_INT(decode(LITERAL("\x82\x7f\0\0\0\0\0\0\xff\xff"), WS_SERVER, &f, &used), WH_E_RESPONSE);
    CHECK_INT(decode(LITERAL("\x82\x7f\0\0\0\0\0\0\0\0"), WS_SERVER, &f, &used), WH_E_RESPONSE);
    CHECK_INT(decode(LITERAL("\x82\xff\0\0\0\0\0\0\xff\xff\1\2\3\4"), WS_CLIENT, &f, &used), WH_E_RESPONSE);
    CHECK_INT(decode(LITERAL("\x82\x7f\0\0\0\0\0\1\0\0"), WS_SERVER, &f, &used), WH_OK);
    harness_row("top bit, seen at its own byte");
    CHECK_INT(decode(LITERAL("\x82\x7f\x80"), WS_SERVER, &f, &used), WH_E_RESPONSE);
    CHECK_INT(decode(LITERAL("\x82\x7f\x7f"), WS_SERVER, &f, &used), WH_AGAIN);
}

#define MASK_MAX 200u

static void masking(void)
{
    static const uint8_t key[4] = {0x37, 0xFA, 0x21, 0x3D};
    uint8_t src[MASK_MAX + 16], dst[MASK_MAX + 32], want[MASK_MAX];
    char row[96] = "";

    for (size_t i = 0; i < sizeof(src); i++)
        src[i] = (uint8_t)(i * 7 + 3);
    harness_row(row);
    for (size_t n = 0; n <= MASK_MAX; n++) {
        for (size_t from = 0; from < 9; from++) {
            for (uint64_t offset = 0; offset < 5; offset++) {
                size_t to = (from * 3 + offset) % 11;

                snprintf(row, sizeof(row), "%zu bytes from %zu to %zu at %u", n, from, to, (unsigned)offset);
                for (size_t i = 0; i < n; i++)
                    want[i] = src[from + i] ^ key[(i + offset) % 4];
                memset(dst, 0xEE, sizeof(dst));
                ws_frame_mask(dst + to, src + from, n, key, offset);
                CHECK_SPAN(span_make(dst + to, n), span_make(want, n));
                CHECK(dst[to + n] == 0xEE && (to == 0 || dst[to - 1] == 0xEE));
            }
        }
    }
    harness_row("the source is not touched");
    for (size_t i = 0; i < sizeof(src); i++)
        CHECK_INT(src[i], (uint8_t)(i * 7 + 3));
}

/* Every place in a vector that source and destination may begin at, every length around one to four of them. */
static void masking_alignments(void)
{
    static const uint8_t key[4] = {0x01, 0x23, 0x45, 0x67};
    _Alignas(64) uint8_t src[96], dst[112], want[112];
    bool same = true;

    for (size_t i = 0; i < sizeof(src); i++)
        src[i] = (uint8_t)(i * 11 + 5);
    for (size_t n = 0; n <= 70; n++)
        for (size_t from = 0; from < 16; from++)
            for (size_t to = 0; to < 16; to++)
                for (uint64_t offset = 0; offset < 8; offset++) {
                    memset(dst, 0xEE, sizeof(dst));
                    memset(want, 0xEE, sizeof(want));
                    for (size_t i = 0; i < n; i++)
                        want[to + i] = src[from + i] ^ key[(i + offset) % 4];
                    ws_frame_mask(dst + to, src + from, n, key, offset);
                    same = same && memcmp(dst, want, sizeof(dst)) == 0;
                }
    CHECK(same);
    for (size_t i = 0; i < sizeof(src); i++)
        CHECK_INT(src[i], (uint8_t)(i * 11 + 5));
}

static void masking_in_pieces(void)
{
    static const uint8_t key[4] = {1, 0x80, 0xFF, 0x42};
    uint8_t src[MASK_MAX], whole[MASK_MAX], pieces[MASK_MAX];
    struct span guarded;

    for (size_t i = 0; i < sizeof(src); i++)
        src[i] = (uint8_t)(i ^ 0x5A);
    guarded = guard_make(span_make(src, sizeof(src)));
    ws_frame_mask(whole, guarded.p, guarded.n, key, 0);
    for (size_t cut = 0; cut <= sizeof(src); cut++) {
        memset(pieces, 0, sizeof(pieces));
        ws_frame_mask(pieces, guarded.p, cut, key, 0);
        ws_frame_mask(pieces + cut, guarded.p + cut, guarded.n - cut, key, cut);
        CHECK_SPAN(span_make(pieces, sizeof(pieces)), span_make(whole, sizeof(whole)));
    }
    harness_row("far into a frame");
    ws_frame_mask(pieces, src, 1, key, UINT64_C(0x7FFFFFFFFFFFFFFE));
    CHECK_INT(pieces[0], src[0] ^ key[2]);
    harness_row("in place, and back");
    ws_frame_mask(whole, whole, sizeof(whole), key, 0);
    CHECK_SPAN(span_make(whole, sizeof(whole)), span_make(src, sizeof(src)));
}

static void masking_example(void)
{
    uint8_t out[5];

    ws_frame_mask(out, (const uint8_t *)"Hello", 5, (const uint8_t *)"\x37\xfa\x21\x3d", 0);
    CHECK_SPAN(span_make(out, 5), LITERAL("\x7f\x9f\x4d\x51\x58"));
}

static const struct test tests[] = {
    {"RFC 6455 5.7: the examples decode", examples},
    {"5.2: every form of the length, each opcode, both sides, cut anywhere", lengths},
    {"5.2, D5: what the first byte may be, seen at that byte", first_bytes},
    {"5.1, 5.5: what the second byte may be, seen at that byte", second_bytes},
    {"5.2: a length longer than needed, or with its top bit set, is refused", long_forms},
    {"5.3: masking at every length, alignment and phase", masking},
    {"5.3: masking from and to every place in a vector", masking_alignments},
    {"5.3: masking in pieces, to a guard page, in place", masking_in_pieces},
    {"5.7: the masked Hello", masking_example},
};

HARNESS_MAIN(tests)
