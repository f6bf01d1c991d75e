/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A filter turns bytes of the floor below into bytes of the floor above, and back: TLS, later a proxy's CONNECT. It
 * moves bytes between buffers that the connection owns and never calls up or down: its owner (chain.c) turns it.
 *
 * Words: *wire* is the side of the peer, *plain* the side of the application.
 * recv and handshake take from wire_in what they can use and append what results to plain; whatever they want to say is
 * appended to wire_out. State: HANDSHAKE (plain flows neither way) -> DECISION (paused: a verdict is needed,
 * chain_decide answers) -> OPEN -> SHUT (our close has been said) ; FAILED is sticky: the first error wins and every
 * later call returns it. Alerts queued before failing stay in wire_out.
 *
 * Threads: the connection's lock. Ownership: buffers are the caller's; the filter owns only its own state.
 * Errors: WH_AGAIN = nothing more can be done without more wire_in (or room); WH_E_TLS, WH_E_RESPONSE, WH_E_CLOSED,
 * WH_E_NOMEM.
 */
#ifndef STACK_FILTER_H
#define STACK_FILTER_H

#include "base/buf.h"

enum filter_state { FILTER_HANDSHAKE, FILTER_DECISION, FILTER_OPEN, FILTER_FAILED };

struct filter;

struct filter_ops {
    const char *name; /* as the chain prints itself: "TLS" */
    /* Advances towards OPEN. WH_OK: state changed to OPEN or DECISION; WH_AGAIN: needs more wire_in. MUST NOT touch the
     * next filter. */
    enum wh_err (*handshake)(struct filter *f, struct buf *wire_in, struct buf *wire_out);
    /* Turns wire_in into plain until one is used up or plain is full. WH_OK: progress was made; WH_AGAIN: none possible
     * now; WH_E_CLOSED with *clean_eof (plain end said by the peer) set or not. */
    enum wh_err (*recv)(struct filter *f, struct buf *wire_in, struct buf *plain, struct buf *wire_out, bool *eof);
    /* The same, but straight into the n bytes at p; *got of them are filled, whatever is answered. */
    enum wh_err (*read)(struct filter *f, struct buf *wire_in, uint8_t *p, size_t n, size_t *got, struct buf *wire_out,
                        bool *eof);
    /* Turns plain into wire_out while wire_out has room above its high-water mark. WH_OK when plain is empty, WH_AGAIN
     * when wire_out is full. */
    enum wh_err (*send)(struct filter *f, struct buf *plain, struct buf *wire_out);
    /* Appends the closing bytes of this floor (TLS close_notify) to wire_out. */
    enum wh_err (*shutdown)(struct filter *f, struct buf *wire_out);
    void (*destroy)(struct filter *f);
};

struct filter {
    const struct filter_ops *ops;
    enum filter_state state;
    enum wh_err error;   /* why FAILED */
    struct filter *next; /* the floor below; chain.c's business only */
};

#endif
