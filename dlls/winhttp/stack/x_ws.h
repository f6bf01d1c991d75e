/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A WebSocket link (RFC 6455, client side) on top of a chain: joins ws_frame and ws_msg, a bounded read-ahead, and the
 * output buffer. It answers pings by queueing, records the close handshake, and says by result what the owner must do;
 * it never sends by itself, and it never answers a close frame by itself: what our close frame says is the
 * application's choice, or the owner's.
 *
 * Receiving has three modes, chosen per call by the owner:
 *   x_ws_receive  a Receive waits: payload goes straight to its buffer (first what the read-ahead holds, then from in)
 *   x_ws_ahead    nobody waits: payload goes into the read-ahead with its frame boundaries, control frames behind it
 *                 are handled (SEMANTICS D3)
 *   x_ws_discard  the application has begun Close: data frames are dropped, only the close frame matters (W43)
 * Output: control frames (pong, close, keep-alive) are queued inside and moved to out by x_ws_flush, never inside a
 * frame being sent.
 * Time: the link says when it wants to be called next (x_ws_deadline) and is told the time by then (x_ws_expired); it
 * reads no clock. Milliseconds of any clock that does not go back.
 *
 * Violations (D4, D5): WH_E_RESPONSE, sticky; the close frame with the right code is queued, unless one of ours was
 * before. Messages and pieces that came before the violation and are in the read-ahead are still delivered by
 * x_ws_receive, then the error, so that timing does not decide what the application sees.
 *
 * Threads: the connection's lock. Ownership: buffers are the caller's; payload is copied once. Memory never grows with
 * an announced length, and neither pongs nor our close frame fail for want of it.
 * Limits: read-ahead by config (option 122), pongs by D17: up to 64 whatever their size, and up to 8 KB of pong frames
 * whatever their number; beyond, only the newest. Errors: at each function.
 */
#ifndef STACK_X_WS_H
#define STACK_X_WS_H

#include "base/buf.h"

#define X_WS_NEVER              UINT64_MAX
#define X_WS_KEEPALIVE_DEFAULT  30000u /* ms, option 116 */
#define X_WS_KEEPALIVE_MIN      15000u /* W18 */
#define X_WS_CLOSE_WAIT_DEFAULT 10000u /* ms, option 115 */

struct x_ws_config {
    size_t ahead_limit;                  /* bytes of read-ahead, marks of frame boundaries (4 bytes each) included */
    void (*random)(void *dst, size_t n); /* mask keys (RFC 6455 section 5.3), 64 bytes a time; must not fail */
};

/* A piece handed to a Receive. */
enum x_ws_kind { X_WS_DATA, X_WS_CLOSE };
struct x_ws_piece {
    enum x_ws_kind kind;
    bool text; /* DATA: UTF-8 message, else binary */
    bool fin;  /* DATA: this piece ends the message */
};

struct x_ws;

enum wh_err x_ws_create(const struct x_ws_config *cfg, struct x_ws **out);
void x_ws_destroy(struct x_ws *w); /* NULL is allowed */

/*
 * Copies payload to dst (cap > 0) and counts it in *n (set on every return; may be > 0 with WH_AGAIN: the operation
 * keeps those bytes and calls again with dst + n). WH_OK: the Receive completes, *piece says with what: the end of a
 * frame was reached, or dst is full, or the peer's close frame came (kind CLOSE, n 0; only when nothing was copied
 * before it: a piece always ends before a close frame, since frames do). Empty non-final frames are skipped; an empty
 * final frame gives a piece of 0 bytes with fin.
 * WH_AGAIN: needs more bytes in in. WH_E_STATE: the peer's close frame was delivered before (W39), or seen by
 * x_ws_discard. Errors sticky: WH_E_RESPONSE, WH_E_NOMEM (the read-ahead could not grow).
 */
enum wh_err x_ws_receive(struct x_ws *w, struct buf *in, uint8_t *dst, size_t cap, size_t *n, struct x_ws_piece *piece);

/*
 * Payload that need not pass through in. x_ws_due: how many bytes of one frame come next, with in empty and nothing in
 * the read-ahead; 0: something else does. At most as many may be received straight behind the n bytes that the Receive
 * has; x_ws_landed checks and counts them where they lie, cap - got.n bytes of its buffer being left. WH_OK: the
 * Receive completes, as with x_ws_receive. WH_AGAIN: it needs more. Errors as there.
 */
uint64_t x_ws_due(const struct x_ws *w);
enum wh_err x_ws_landed(struct x_ws *w, struct span got, size_t cap, struct x_ws_piece *piece);

/* WH_OK: in is used up, more may come. WH_E_FULL: the read-ahead is full (or the close frame was seen), do not receive
 * more. Errors as above. */
enum wh_err x_ws_ahead(struct x_ws *w, struct buf *in);

/* Drops data. WH_OK: the peer's close frame has been seen. WH_AGAIN: needs more bytes. Errors as above. Empties the
 * read-ahead. */
enum wh_err x_ws_discard(struct x_ws *w, struct buf *in);

/* The read-ahead holds something a Receive could take: data, or a close frame that was not delivered. */
bool x_ws_has_ahead(const struct x_ws *w);

/*
 * Sending one frame. begin: checks the message rules (W31: a type switch inside a fragmented message is WH_E_ARG; after
 * our close frame, or with a frame begun and not complete, WH_E_STATE) and chooses opcode and FIN. total may be 0.
 * send_some: pongs that wait go first, then the head, then what fits is masked from s (the rest of the caller's
 * payload, never modified) into out; *used counts payload bytes, on every return. WH_OK: the frame is complete in out.
 * WH_AGAIN: out is full. WH_E_NOMEM: out could not grow; nothing is lost.
 */
enum wh_err x_ws_send_begin(struct x_ws *w, bool text, bool fin, size_t total);
enum wh_err x_ws_send_some(struct x_ws *w, struct span s, struct buf *out, size_t *used);

/*
 * Queues our close frame behind the frame being sent and the pongs that wait. code 1005 (no status) sends an empty
 * payload and takes no reason. WH_E_STATE: one was queued before. WH_E_ARG: a reason above 123 bytes, or a code that no
 * close frame may carry (section 7.4: ws_msg_code_allowed).
 */
enum wh_err x_ws_close(struct x_ws *w, uint16_t code, struct span reason);
/* WH_OK: nothing waits; WH_AGAIN: out full, or inside a frame; WH_E_NOMEM: out could not grow, nothing is lost. */
enum wh_err x_ws_flush(struct x_ws *w, struct buf *out);

/*
 * Keep-alive: an unsolicited empty pong every ms (D3), counted from this call, whether anybody receives or not; until
 * one of the two close frames, or an error, ends the conversation. A tick adds nothing to output that waits. A new link
 * has none: its owner says X_WS_KEEPALIVE_DEFAULT when it begins. WH_E_ARG: below X_WS_KEEPALIVE_MIN (W18); nothing has
 * changed.
 */
enum wh_err x_ws_set_keepalive(struct x_ws *w, uint32_t ms, uint64_t now);

/* How long the closing handshake may take from x_ws_closing on (D7); 0 and 0xFFFFFFFF: for ever (TO2). */
void x_ws_set_close_wait(struct x_ws *w, uint32_t ms);
uint32_t x_ws_close_wait(const struct x_ws *w);
/* The application waits for both close frames from now on. Its owner lets go of the link when it has them. */
void x_ws_closing(struct x_ws *w, uint64_t now);

/* When x_ws_expired is to be called, X_WS_NEVER if not at all. */
uint64_t x_ws_deadline(const struct x_ws *w);
/* flushed: all that was moved to out has left. WH_OK: nothing was due, or a keep-alive was queued (x_ws_flush sends
 * it). WH_E_TIMEOUT: the closing handshake has taken too long, the connection is to be dropped. */
enum wh_err x_ws_expired(struct x_ws *w, uint64_t now, bool flushed);

bool x_ws_close_queued(const struct x_ws *w); /* our close frame was queued (or sent) */
bool x_ws_close_sent(const struct x_ws *w);   /* ... and has been moved to out */
bool x_ws_peer_closed(const struct x_ws *w);  /* the peer's close frame was decoded */
/* The peer's status (1005 when the frame carried none) and reason; WH_E_STATE before its close frame. Span valid until
 * destroy. */
enum wh_err x_ws_peer_status(const struct x_ws *w, uint16_t *code, struct span *reason);

#endif
