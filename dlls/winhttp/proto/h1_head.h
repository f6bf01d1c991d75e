/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A response head of HTTP/1 (RFC 9112 sections 4 and 5), read incrementally from a buffer: it eats what it can and
 * never looks at a byte twice.
 *
 * States: STATUS (the status line is awaited) -> FIELDS (field lines, until the empty one) -> DONE; FAILED is sticky.
 * The first bytes must be "HTTP/", otherwise the answer is WH_E_RESPONSE as soon as one of them differs: there is no
 * HTTP/0.9 (SEMANTICS R16). Then "1." and one digit, blanks, three digits (100-999), and a reason that may be absent
 * with its blank. Bytes behind the empty line stay in the buffer.
 *
 * Threads: the owner's lock. Ownership: the head owns its fields and reason; hdr_move takes the fields out.
 * Limits, at init: bytes and field lines, see h1_fields.h.
 * Errors: WH_AGAIN (all input eaten, more is needed), WH_E_RESPONSE, WH_E_HEADER_SIZE, WH_E_HEADER_COUNT, WH_E_NOMEM.
 */
#ifndef PROTO_H1_HEAD_H
#define PROTO_H1_HEAD_H

#include "proto/h1_fields.h"

enum h1_head_state { H1_HEAD_STATUS, H1_HEAD_FIELDS, H1_HEAD_DONE, H1_HEAD_FAILED };

struct h1_head {
    enum h1_head_state state;
    enum wh_err error; /* FAILED: why */
    struct h1_lines lines;
    struct h1_fields f;
    unsigned status; /* from here on valid when DONE */
    unsigned minor;
    uint8_t *reason; /* its own block, or NULL */
    size_t reason_n;
};

void h1_head_init(struct h1_head *h, size_t max_bytes, size_t max_lines);
void h1_head_clear(struct h1_head *h); /* gives all memory back */
void h1_head_reset(struct h1_head *h); /* for the next head, same limits */
/* WH_OK: the head is complete (and again WH_OK when called again). */
enum wh_err h1_head_read(struct h1_head *h, struct buf *in);

#endif
