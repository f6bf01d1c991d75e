/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A whole WebSocket conversation in memory, with a clock that only the test moves: TLS or nothing, the upgrade, the
 * link, all turned as core turns them, and an application that sends, receives and closes. The server is the test: it
 * says bytes, and reads what came as frames.
 *
 *   application  ->  talk (what core does)  ->  chain  ->  kernel  ->  server
 *
 * The kernel is where things go wrong: it delivers no byte behind *deliver*, takes none behind *take* (both count from
 * the beginning of the connection), and can end or reset the connection.
 *
 * Two logs of text, in the language of unit/ws_case.h, with "@ms " in front of what happens later than the entry before
 * it:
 *   told  what the application is told: "open", T and B for whole messages, X for the server's close frame, "sent",
 *         "closed", and "open!", "receive!", "send!", "close!" with the name of the error behind it
 *   said  what the server hears: the frames T t B b C c P Q X
 * Payload of more than 40 bytes must be the pattern abc...z and is written as *n.
 *
 * Threads: one. Ownership: talk_end gives everything back. Errors: what cannot happen ends the program.
 */
#ifndef TESTS_CHAIN_TALK_H
#define TESTS_CHAIN_TALK_H

#include "chain/peer.h"
#include "proto/hdr.h"
#include "stack/x_ws.h"

#define TALK_LOG    16384u
#define TALK_BUFFER 4096u

struct talk_options {
    const char *tls;    /* a priority string of GnuTLS for the server, or NULL: plain */
    size_t cap;         /* bytes of the application's buffer, at most and by default TALK_BUFFER */
    size_t ahead_limit; /* 0: 32768 */
    size_t out_limit;   /* 0: as core has it; without TLS any that takes the request head will do */
    bool idle;          /* the application does not receive until talk_receive is called */
    bool mute;          /* it does not answer the server's close frame by Close */
};

enum talk_state { TALK_SECURING, TALK_UPGRADING, TALK_OPEN, TALK_OVER };

struct talk_log {
    char text[TALK_LOG];
    size_t n;
    uint64_t at; /* when the last entry was made */
};

struct talk {
    struct talk_options options;
    enum talk_state state;
    uint64_t now;

    /* the connection */
    struct chain chain;
    struct filter *tls;
    struct peer *peer;
    struct buf server_in, server_out; /* without TLS: what came, what goes */
    size_t deliver, take;             /* how far the kernel goes */
    size_t delivered, taken;
    size_t step; /* bytes delivered at once */
    bool rx_ended;
    enum wh_err rx_error, tx_error;

    /* the layers above it */
    struct exchange *x;
    struct hdr request;
    struct x_ws *link;

    /* the application */
    uint8_t buffer[TALK_BUFFER];
    size_t got; /* of the Receive that waits */
    bool receiving, ahead_full, close_told;
    struct buf message; /* its pieces so far */
    struct span to_send;
    bool send_waits, send_started;
    bool closing, close_waits;

    /* the server's ear */
    struct buf heard;
    bool head_heard;
    struct talk_log told, said;
};

/* Begins: the connection is open, nothing has been delivered. */
void talk_begin(struct talk *t, const struct talk_options *options);
void talk_end(struct talk *t);

/* The server's bytes, which wait to be delivered; over TLS in records of at most record bytes (0: as many as fit). */
void talk_says(struct talk *t, struct span s, size_t record);
void talk_says_script(struct talk *t, const char *script, size_t record); /* unit/ws_case.h */
void talk_says_upgrade(struct talk *t, size_t record);                    /* the 101 answer that opens the WebSocket */
size_t talk_pending(const struct talk *t); /* bytes of the server that wait for the kernel */

/* Delivers what may be delivered, step by step, and takes what may be taken, until nothing moves. */
void talk_run(struct talk *t);
/* The TLS handshake, and everything up to the open WebSocket. */
void talk_open(struct talk *t);

/* Lets time pass, and stops wherever the link has asked for it. */
void talk_wait(struct talk *t, uint64_t ms);

void talk_cut(struct talk *t);   /* the server's FIN, behind what was delivered */
void talk_reset(struct talk *t); /* both directions fail */

/* The application's calls; payload is lent until "sent" or "send!". kind as in unit/ws_case.h. */
enum wh_err talk_send(struct talk *t, char kind, struct span payload);
enum wh_err talk_close(struct talk *t, uint16_t code, const char *reason);
void talk_receive(struct talk *t); /* and goes on receiving */

/* Compares a log with what it should be, and forgets it. */
void talk_check(struct talk_log *log, const char *want);
#define TALK_TOLD(t, want) talk_check(&(t)->told, want)
#define TALK_SAID(t, want) talk_check(&(t)->said, want)

#endif
