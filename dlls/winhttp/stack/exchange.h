/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What core sees of any HTTP version: one request and its response. An exchange consumes plain bytes from the buffer it
 * is given and appends to the buffer it writes to; it never receives or sends itself, and it delivers the body in place
 * (one copy into the caller's buffer, or none: body_due).
 *
 * Order of use: submit, body*, body_end  on the way down; head (repeated while it answers an interim response), then
 * body_peek/body_take until the end on the way up. Both ways run independently: a response may come before the request
 * is complete.
 *
 * Threads: the connection's lock. Ownership: the head block belongs to the exchange and lives until the exchange is
 * destroyed.
 */
#ifndef STACK_EXCHANGE_H
#define STACK_EXCHANGE_H

#include "base/buf.h"
#include "proto/hdr.h"

struct http_head {
    unsigned status;    /* 100..999 */
    unsigned minor;     /* HTTP/1.minor */
    struct span reason; /* as received, trimmed; inside fields' arena or the exchange */
    struct hdr fields;
};

struct exchange;

struct exchange_ops {
    const char *name;
    /* WH_OK: a head is complete in *head (valid until the next call of head or destroy); *interim says that it is 1xx
     * and another follows. eof: the peer ended its side and in holds all there is. WH_AGAIN; WH_E_RESPONSE,
     * WH_E_HEADER_SIZE, WH_E_HEADER_COUNT, WH_E_CLOSED (ended before the first byte or inside the head), WH_E_NOMEM. */
    enum wh_err (*head)(struct exchange *x, struct buf *in, bool eof, const struct http_head **head, bool *interim);
    /* WH_OK with out->n > 0: decoded body bytes at the head of in, take them with body_take; WH_OK with out->n == 0:
     * the body has ended (repeatable). Chunked: a span never crosses a chunk end. WH_AGAIN; WH_E_RESPONSE,
     * WH_E_CHUNK_SIZE, WH_E_CLOSED (cut off). */
    enum wh_err (*body_peek)(struct exchange *x, struct buf *in, bool eof, struct span *out);
    void (*body_take)(struct exchange *x, struct buf *in, size_t n); /* n <= the last peeked span */
    /* Body bytes that come next with nothing among them to be decoded, 0: none. While in is empty, core may receive
     * them straight into the caller's buffer; body_landed says that n of them have come. */
    uint64_t (*body_due)(const struct exchange *x);
    void (*body_landed)(struct exchange *x, struct buf *in, size_t n);
    bool (*done)(const struct exchange
                     *x); /* the response has been read to its end (trailing framing included, when it has been seen) */
    bool (*begun)(const struct exchange *x); /* a byte of the response has been taken */
    bool (*keeps)(const struct exchange *x); /* the connection may carry another request behind this response's end */
    bool (*reusable)(const struct exchange *x); /* done, and the connection may carry another request */
    uint64_t (*body_left)(const struct exchange *x,
                          bool *known); /* announced bytes not taken yet; known false: chunked or until close */
    void (*destroy)(struct exchange *x);
};

struct exchange {
    const struct exchange_ops *ops;
};

#endif
