/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * HTTP and WebSocket as a good client written by hand for bare sockets would speak them: heads as fixed text, a cursor
 * over the frames of a stream, frames masked with a fresh key each. Payload is copied to where the user wants it, since
 * a client has to do that.
 */
#ifndef BENCH_WIRE_H
#define BENCH_WIRE_H

#include "bench/bench.h"

#define WIRE_HEAD 14u /* the longest frame head of ours */

SOCKET wire_connect(void); /* blocking */
/* A request head; upgrade: of a WebSocket handshake. Characters written. */
size_t wire_request(char *out, size_t room, const char *verb, const char *path, bool upgrade, uint64_t body);
/* Bytes of the response head at the start of in, 0 if it is not complete; *length gets Content-Length, or 0. */
size_t wire_response(const char *in, size_t n, uint64_t *length);

/* A frame of ours around n bytes, masked: bytes written. */
size_t wire_frame(uint8_t *out, const uint8_t *payload, size_t n);

/* Position in a stream of unmasked frames without fragments. */
struct wire_cursor {
    uint8_t head[10];
    unsigned head_n;
    uint64_t left; /* payload of the frame that is to come */
    bool inside;
};

/* Takes frames from p; payload goes to into (of the message being received, *filled bytes of which are there). Counts
 * ended messages, at most `most`; *used says how far it came. */
uint64_t wire_take(struct wire_cursor *c, const uint8_t *p, size_t n, uint8_t *into, size_t *filled, uint64_t most,
                   size_t *used);

#endif
