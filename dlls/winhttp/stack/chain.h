/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The floors between a socket and an exchange. chain.c connects them bottom-up, moves bytes up and down, and closes
 * top-down. A plain connection has an empty chain: then chain_in and chain_out are the socket's own buffers and no byte
 * is copied.
 *
 * Buffers (all of struct chain, guarded by the connection's lock):
 *   wire_in   what the socket received     plain_in   what the exchange may consume
 *   wire_out  what the socket shall send   plain_out  what the exchange has written
 *
 * On an empty chain plain_in is wire_in and plain_out is wire_out. Otherwise each floor has a pair of its own above it:
 * what it made of the bytes below, and what is to go down through it. The pair of the top floor is plain_in and
 * plain_out. CHAIN_FLOORS_MAX is for a proxy's floor under the server's TLS.
 *
 * Threads: the connection's lock. Ownership: the chain owns its filters and buffers. Limits: each buffer's own.
 */
#ifndef STACK_CHAIN_H
#define STACK_CHAIN_H

#include "stack/filter.h"

#define CHAIN_FLOORS_MAX 2

struct chain_floor {
    struct filter *filter;
    struct buf up, down; /* the plain side of this floor */
    bool ended;          /* the peer has said the end of this floor's bytes, or nothing can come from below */
};

struct chain {
    struct filter *top; /* nearest to the exchange, NULL on a plain connection */
    struct buf wire_in, wire_out;
    bool eof;       /* the peer ended its side (FIN, or close_notify on TLS) and all bytes before it are in plain_in */
    bool eof_clean; /* the end was said by the top protocol (close_notify; FIN where there is no floor), not cut off */

    /* chain.c's business only */
    struct chain_floor floors[CHAIN_FLOORS_MAX]; /* bottom first */
    size_t count;
    bool wire_ended;
    bool shut;
};

/* Limits: bytes each buffer may hold. */
void chain_init(struct chain *c, size_t in_limit, size_t out_limit);
void chain_push(
    struct chain *c,
    struct filter *f); /* takes ownership; only before bytes flowed through the new top, CHAIN_FLOORS_MAX times */
void chain_destroy(struct chain *c);

void chain_trim(struct chain *c);       /* every buffer gives its spare chunk back; an idle connection calls this */
struct buf *chain_in(struct chain *c);  /* plain bytes for the exchange */
struct buf *chain_out(struct chain *c); /* where the exchange writes */

/*
 * One turn: handshakes bottom-up, then bytes up until nothing moves, then bytes down. Called after wire_in grew, after
 * the exchange wrote, or after a verdict. WH_OK: all floors are OPEN. WH_AGAIN: a handshake needs more bytes, or a
 * decision. Otherwise the sticky error; wire_out may hold an alert that is still worth sending.
 */
enum wh_err chain_turn(struct chain *c);
/* Before a turn: plain bytes that come next, of what is in wire_in, straight to where they are wanted. Bytes that were
 * moved; 0 where plain_in has some, which come first, or on several floors. Ends and errors are the turn's to find. */
size_t chain_read(struct chain *c, uint8_t *p, size_t n);
enum wh_err
chain_send(struct chain *c);          /* only the way down (what a Send needs); WH_OK or WH_AGAIN (out full) or error */
void chain_wire_eof(struct chain *c); /* the socket saw FIN; call chain_turn afterwards */
bool chain_open(const struct chain *c);         /* every floor is OPEN */
struct filter *chain_deciding(struct chain *c); /* the floor that waits for a decision, or NULL */
/* Closing bytes of every floor, top-down, into wire_out, behind what plain_out holds; once, later calls do nothing.
 * WH_AGAIN: plain_out is not empty yet and wire_out is full, call again. A floor that is not OPEN says nothing; a
 * failed one has said its alert. */
enum wh_err chain_shutdown(struct chain *c);

#endif
