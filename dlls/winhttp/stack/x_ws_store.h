/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The read-ahead of a WebSocket link: payload that came while no Receive waited, with the frame boundaries it came
 * with.
 *
 * A *mark* says how many bytes end at a frame boundary, and what ends there. Payload behind the last mark belongs to a
 * frame whose end has not come yet: the *open* one.
 *
 * Threads: the connection's lock. Ownership: copies both ways. Limits: payload and four bytes per mark, together never
 * above the limit given at init. Errors: WH_E_NOMEM.
 */
#ifndef STACK_X_WS_STORE_H
#define STACK_X_WS_STORE_H

#include "base/buf.h"
#include "stack/x_ws.h"

struct x_ws_store {
    struct buf data;  /* payload, marked or open */
    struct buf marks; /* of the frames behind front */
    size_t limit;
    uint32_t front; /* the mark of the frame that is being taken, its length counting down */
    bool has_front;
    bool open_text; /* of the open frame */
    size_t open;    /* its bytes in data */
};

void x_ws_store_init(struct x_ws_store *s, size_t limit);
void x_ws_store_clear(struct x_ws_store *s); /* drops everything, the memory too */
void x_ws_store_trim(struct x_ws_store *s);  /* gives spare memory back, keeps what is stored */
bool x_ws_store_empty(const struct x_ws_store *s);

/* How many bytes of payload may be put now. 0: not even an empty frame. */
size_t x_ws_store_room(const struct x_ws_store *s);

/* Stores payload (n <= room) of one frame; end: the frame's end is reached, fin: the message's. After WH_E_NOMEM the
 * store is consistent but may lack the payload or the mark. */
enum wh_err x_ws_store_put(struct x_ws_store *s, struct span payload, bool text, bool end, bool fin);

/*
 * Copies at most cap bytes to dst, of one frame; *n is set on every return. WH_OK: *piece is complete (frame end, or
 * dst full). WH_AGAIN: nothing more is stored, *n bytes of the open frame were copied.
 */
enum wh_err x_ws_store_take(struct x_ws_store *s, uint8_t *dst, size_t cap, size_t *n, struct x_ws_piece *piece);

#endif
