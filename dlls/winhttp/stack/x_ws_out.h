/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a WebSocket link says: data frames as they are handed in, and between them the control frames that wait.
 *
 * Control frames: pongs in the order of their pings, the newest in a place of its own, older ones in a queue (SEMANTICS
 * D17); one close frame, behind the pongs that waited when it was queued. Pongs go on behind it: section 5.5.2 asks for
 * them until the peer's close frame has come. The newest pong and the close frame are embedded, so that neither ever
 * fails for want of memory; when the queue is full or cannot grow, a new ping takes the place of the newest pong, which
 * section 5.5.3 allows.
 *
 * Frame states: IDLE -> BEGUN (x_ws_out_begin; nothing is written) -> PAYLOAD (head written, left bytes to come) ->
 * IDLE. wire is the head or the control frame that is being moved to the output; it may be cut anywhere, so any room
 * will do. Nothing else is written before wire is empty, and no control frame while PAYLOAD.
 *
 * Threads: the connection's lock. Ownership: payload is copied or masked into the output, never kept. Limits: D17.
 * Errors: WH_AGAIN (no room in the output, or not now), WH_E_ARG, WH_E_STATE, WH_E_NOMEM (the output could not grow;
 * try again).
 */
#ifndef STACK_X_WS_OUT_H
#define STACK_X_WS_OUT_H

#include "base/buf.h"
#include "proto/ws_frame.h"

#define X_WS_PONGS_MAX      64u   /* so many pings are answered whatever their size */
#define X_WS_PONG_BYTES_MAX 8192u /* and so many bytes of pong frames whatever their number */

enum x_ws_out_frame { X_WS_OUT_IDLE, X_WS_OUT_BEGUN, X_WS_OUT_PAYLOAD };
enum x_ws_out_close { X_WS_CLOSE_NONE, X_WS_CLOSE_QUEUED, X_WS_CLOSE_MOVING, X_WS_CLOSE_SENT };

struct x_ws_control {
    uint8_t n;
    uint8_t payload[WS_CONTROL_MAX];
};

struct x_ws_out {
    void (*random)(void *dst, size_t n);
    uint8_t keys[64]; /* random bytes not used yet: one call serves sixteen frames */
    uint8_t keys_left;

    enum x_ws_out_frame state;
    bool in_message, text; /* a fragmented message is being sent, and of which type */
    struct ws_frame frame; /* BEGUN, PAYLOAD */
    uint64_t left;         /* PAYLOAD */

    uint8_t wire[WS_HEAD_MAX + WS_CONTROL_MAX];
    uint8_t wire_n, wire_off;

    struct buf pongs;  /* older pongs: a length byte and the payload each */
    size_t pong_count; /* in pongs */
    bool has_newest;
    struct x_ws_control newest;

    enum x_ws_out_close close_state;
    size_t before_close; /* QUEUED: pongs that go first */
    struct x_ws_control close;
};

void x_ws_out_init(struct x_ws_out *o, void (*random)(void *dst, size_t n));
void x_ws_out_clear(struct x_ws_out *o);

enum wh_err x_ws_out_begin(struct x_ws_out *o, bool text, bool fin, size_t total);
enum wh_err x_ws_out_some(struct x_ws_out *o, struct span s, struct buf *out, size_t *used);
enum wh_err x_ws_out_flush(struct x_ws_out *o, struct buf *out);

void x_ws_out_pong(struct x_ws_out *o, struct span payload);
void x_ws_out_keepalive(struct x_ws_out *o);
enum wh_err x_ws_out_close(struct x_ws_out *o, uint16_t code, struct span reason);

#endif
