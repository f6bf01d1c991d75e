/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frame heads and masking; see ws_frame.h. */
#include "proto/ws_frame.h"

#define BIT_FIN     0x80u
#define BITS_RSV    0x70u
#define BITS_OPCODE 0x0Fu
#define BIT_MASK    0x80u
#define BITS_LEN    0x7Fu
#define LEN_16      126u
#define LEN_64      127u

/* Bit n is set for an opcode n that RFC 6455 section 11.8 defines. */
#define KNOWN_OPCODES                                                                                                  \
    (1u << WS_OP_CONTINUATION | 1u << WS_OP_TEXT | 1u << WS_OP_BINARY | 1u << WS_OP_CLOSE | 1u << WS_OP_PING |         \
     1u << WS_OP_PONG)

static bool first_byte_allowed(uint8_t b)
{
    unsigned opcode = b & BITS_OPCODE;

    if ((b & BITS_RSV) || !(KNOWN_OPCODES >> opcode & 1))
        return false;
    return (b & BIT_FIN) || !ws_opcode_is_control(opcode);
}

static bool second_byte_allowed(uint8_t b, unsigned opcode, enum ws_side from)
{
    if (((b & BIT_MASK) != 0) != (from == WS_CLIENT))
        return false;
    return !ws_opcode_is_control(opcode) || (b & BITS_LEN) <= WS_CONTROL_MAX;
}

static uint64_t big_endian(const uint8_t *p, size_t n)
{
    uint64_t v = 0;

    while (n--)
        v = v << 8 | *p++;
    return v;
}

enum wh_err ws_frame_decode(struct span s, enum ws_side from, struct ws_frame *f, size_t *used)
{
    size_t ext = 0, head;
    uint64_t len;

    if (s.n < 1)
        return WH_AGAIN;
    if (!first_byte_allowed(s.p[0]))
        return WH_E_RESPONSE;
    if (s.n < 2)
        return WH_AGAIN;
    if (!second_byte_allowed(s.p[1], s.p[0] & BITS_OPCODE, from))
        return WH_E_RESPONSE;

    len = s.p[1] & BITS_LEN;
    if (len >= LEN_16)
        ext = len == LEN_16 ? 2 : 8;
    if (ext == 8 && s.n > 2 && (s.p[2] & 0x80))
        return WH_E_RESPONSE;
    head = 2 + ext + (from == WS_CLIENT ? 4 : 0);
    if (s.n < 2 + ext)
        return WH_AGAIN;
    if (ext)
        len = big_endian(s.p + 2, ext);
    if ((ext == 2 && len < LEN_16) || (ext == 8 && len <= 0xFFFF))
        return WH_E_RESPONSE;
    if (s.n < head)
        return WH_AGAIN;

    f->len = len;
    f->opcode = s.p[0] & BITS_OPCODE;
    f->fin = (s.p[0] & BIT_FIN) != 0;
    f->masked = from == WS_CLIENT;
    if (f->masked)
        memcpy(f->key, s.p + 2 + ext, 4);
    *used = head;
    return WH_OK;
}

size_t ws_frame_encode(const struct ws_frame *f, uint8_t *out)
{
    size_t n = 2;
    unsigned ext = 0;

    out[0] = (uint8_t)((f->fin ? BIT_FIN : 0) | f->opcode);
    if (f->len < LEN_16)
        out[1] = (uint8_t)f->len;
    else if (f->len <= 0xFFFF)
        out[1] = LEN_16, ext = 2;
    else
        out[1] = LEN_64, ext = 8;
    while (ext)
        out[n++] = (uint8_t)(f->len >> 8 * --ext);
    if (f->masked) {
        out[1] |= BIT_MASK;
        memcpy(out + n, f->key, 4);
        n += 4;
    }
    return n;
}

/*
 * Masking runs on 16-byte vectors, which GCC and clang turn into whatever the machine has. memcpy is how C loads and
 * stores them at any address. Every step is a multiple of four bytes long, so that the key, rotated once for the
 * offset, stays in phase.
 */
typedef uint8_t mask_vector __attribute__((vector_size(16)));

void ws_frame_mask(uint8_t *dst, const uint8_t *src, size_t n, const uint8_t key[4], uint64_t offset)
{
    uint8_t turned[16];
    mask_vector k, a, b, c, d;
    size_t i = 0;

    for (size_t j = 0; j < sizeof(turned); j++)
        turned[j] = key[(offset + j) & 3];
    memcpy(&k, turned, sizeof(k));
    for (; n - i >= 64; i += 64) {
        memcpy(&a, src + i, 16);
        memcpy(&b, src + i + 16, 16);
        memcpy(&c, src + i + 32, 16);
        memcpy(&d, src + i + 48, 16);
        a ^= k;
        b ^= k;
        c ^= k;
        d ^= k;
        memcpy(dst + i, &a, 16);
        memcpy(dst + i + 16, &b, 16);
        memcpy(dst + i + 32, &c, 16);
        memcpy(dst + i + 48, &d, 16);
    }
    for (; n - i >= 16; i += 16) {
        memcpy(&a, src + i, 16);
        a ^= k;
        memcpy(dst + i, &a, 16);
    }
    for (; i < n; i++)
        dst[i] = src[i] ^ turned[i & 3];
}
