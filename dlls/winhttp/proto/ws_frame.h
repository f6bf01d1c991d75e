/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One WebSocket frame (RFC 6455 section 5.2): its header to and from bytes, and the masking of its payload. Messages
 * are ws_msg's.
 *
 * Words: the *head* is everything before the payload, the masking key included. A *control* frame has an opcode of 8 or
 * more. The decoder refuses whatever no frame from that side may contain, at the first byte that shows it: byte 1  a
 * reserved bit, a reserved opcode, a control frame without FIN byte 2  the mask bit wrong for the sender (section 5.1),
 * a control frame longer than 125 (section 5.5) length  the top bit of the 64-bit form, and a form longer than needed.
 * SEMANTICS D5 does not name the last, but speaks of every violation, and section 5.2 says that the minimal number of
 * bytes MUST be used: so it is refused as well.
 *
 * Threads: no state. Ownership: nothing is kept. Limits: a head is at most WS_HEAD_MAX bytes.
 * Errors: WH_AGAIN (more bytes needed), WH_E_RESPONSE (a violation; every one of them means close code 1002, SEMANTICS
 * D5).
 */
#ifndef PROTO_WS_FRAME_H
#define PROTO_WS_FRAME_H

#include "base/err.h"
#include "base/span.h"

#define WS_HEAD_MAX        14u  /* 2 + 8 of length + 4 of masking key */
#define WS_HEAD_MAX_SERVER 10u  /* a server does not mask */
#define WS_CONTROL_MAX     125u /* payload of a control frame, section 5.5 */

enum ws_opcode {
    WS_OP_CONTINUATION = 0x0,
    WS_OP_TEXT = 0x1,
    WS_OP_BINARY = 0x2,
    WS_OP_CLOSE = 0x8,
    WS_OP_PING = 0x9,
    WS_OP_PONG = 0xA,
};

enum ws_side { WS_SERVER, WS_CLIENT };

struct ws_frame {
    uint64_t len; /* payload bytes */
    uint8_t opcode;
    bool fin;
    bool masked;
    uint8_t key[4]; /* when masked */
};

static inline bool ws_opcode_is_control(unsigned opcode)
{
    return (opcode & 0x8) != 0;
}

/*
 * Decodes the head at the start of s, sent by from. WH_OK: *f and *used (its bytes) are set. WH_AGAIN: s ends inside
 * the head and nothing in it is wrong so far.
 */
enum wh_err ws_frame_decode(struct span s, enum ws_side from, struct ws_frame *f, size_t *used);

/* Writes the head of f in its shortest form and returns its bytes, at most WS_HEAD_MAX. f->len is below 2^63. */
size_t ws_frame_encode(const struct ws_frame *f, uint8_t *out);

/*
 * Copies n bytes from src to dst and masks (or unmasks) them on the way: section 5.3. offset is the place of src[0] in
 * the frame's payload, so that a payload may be masked in pieces. src is not modified; dst and src may be the same but
 * must not overlap otherwise.
 */
void ws_frame_mask(uint8_t *dst, const uint8_t *src, size_t n, const uint8_t key[4], uint64_t offset);

#endif
