/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The body of an HTTP/1 response, its framing taken off in place (RFC 9112 sections 6 and 7): payload is handed out as
 * spans of the buffer it arrived in, and nothing is copied or allocated but trailers and a chunk line cut in two.
 *
 * States: DATA (left payload bytes of the length or the chunk are due) ; for chunked also SIZE (a chunk line), DATA_END
 * (the CRLF behind a chunk), TRAILERS ; END ; FAILED, which is sticky. Framing is eaten as soon as it is there: behind
 * the last byte of a length the body is at its end at once; when the last byte of a chunk is taken and the last chunk
 * and trailers are already in the buffer, these are eaten too (SEMANTICS CN3, B16).
 *
 * Threads: the owner's lock. Ownership: owns the trailers. A peeked span lives until the buffer changes.
 * Limits: a chunk line of H1_CHUNK_LINE_MAX bytes; all chunk lines together may waste H1_CHUNK_WASTE_MAX bytes more
 * than there is payload (extensions, blanks, leading zeros: nobody needs them, so a peer that sends more of them than
 * data is cut off); trailers as given below. Errors: WH_AGAIN, WH_E_RESPONSE, WH_E_CHUNK_SIZE (a limit, or a size above
 * 2^63 - 1), WH_E_CLOSED (eof inside), WH_E_NOMEM.
 */
#ifndef PROTO_H1_BODY_H
#define PROTO_H1_BODY_H

#include "proto/h1_fields.h"
#include "proto/h1_rules.h"

#define H1_CHUNK_LINE_MAX    4096u
#define H1_CHUNK_WASTE_MAX   65536u
#define H1_TRAILER_BYTES_MAX 16384u
#define H1_TRAILER_LINES_MAX 100u

enum h1_body_state { H1_BODY_DATA, H1_BODY_SIZE, H1_BODY_DATA_END, H1_BODY_TRAILERS, H1_BODY_END, H1_BODY_FAILED };

struct h1_body {
    enum h1_framing framing;
    enum h1_body_state state;
    enum wh_err error;
    uint64_t left;    /* payload due: of the body (LENGTH) or of the chunk (CHUNKED) */
    uint64_t payload; /* payload handed out so far, this chunk's size included */
    uint64_t waste;
    struct h1_lines lines;
    struct h1_fields trailers;
};

void h1_body_init(struct h1_body *b, enum h1_framing framing, uint64_t length);
void h1_body_clear(struct h1_body *b);

/* As body_peek and body_take of stack/exchange.h: WH_OK with out->n == 0 is the end of the body; a span never crosses a
 * chunk end. */
enum wh_err h1_body_peek(struct h1_body *b, struct buf *in, bool eof, struct span *out);
void h1_body_take(struct h1_body *b, struct buf *in, size_t n);
/* Payload bytes that come next without framing among them; when in is empty they may be received elsewhere, and
 * h1_body_landed says that n of them have been. */
uint64_t h1_body_due(const struct h1_body *b);
void h1_body_landed(struct h1_body *b, struct buf *in, size_t n);
bool h1_body_done(const struct h1_body *b);
uint64_t h1_body_left(const struct h1_body *b, bool *known);
/* Trailer fields; meaningful once done. */
const struct hdr *h1_body_trailers(const struct h1_body *b);

#endif
