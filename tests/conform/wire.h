/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * wire.h: WebSocket servers inside the test program, that say what a script makes them say, byte by byte, and keep
 * what the client says.
 *
 * A *script* is a function that one connection runs on a thread of its own, from the request's head on. It sees the
 * bytes as they are: it may cut, stall, end and reset wherever it likes, and knows afterwards how the client ended. A
 * connection is known by its number: the client asks for the path "/NUMBER".
 *
 * Threads: each server has as many as it can serve at a time; they live as long as the program. A wire belongs to its
 * thread. Ownership: `in` holds all that the client sent, until the script returns. Limits: whatever the script waits
 * for, it waits `patience_ms` at most; that is WAIT_MS, unless the script knows that the client has long to work before
 * it answers. Errors: a function that cannot do its work answers FALSE, and `end` says why.
 */
#ifndef CONFORM_WIRE_H
#define CONFORM_WIRE_H

#include "story.h"

enum wire_end {
    WIRE_OPEN,  /* the client has not ended */
    WIRE_FIN,   /* it said that nothing more will come */
    WIRE_RESET, /* the connection broke */
    WIRE_LATE,  /* nothing came in time */
};

struct wire {
    SOCKET socket;
    unsigned number; /* of the path */
    long patience_ms;
    enum wire_end end;
    struct ws_bytes in;
    size_t head;  /* bytes of the request's head in `in` */
    size_t taken; /* bytes of `in` that were heads, or frames taken by wire_frame */
    BYTE key[4];  /* of the last frame */
    BOOL keyed;   /* there was one */
    BOOL wrong; /* a frame was not masked, or with the key of the one before, or its length not in the shortest form */

    const struct wire_floor *floor; /* what stands between these bytes and the socket's, or NULL; and what it needs */
    void *of_floor;
    struct ws_bytes out; /* for the socket, from the floor */
};

/* A protocol below the script's bytes, on the connection's thread. FALSE: it can go on no more. */
struct wire_floor {
    void (*open)(struct wire *wire);
    BOOL (*up)(struct wire *wire, const void *bytes, size_t size); /* came from the socket; what is in them, to `in` */
    BOOL (*down)(struct wire *wire, const void *bytes, size_t size); /* for the client: to `out` */
    void (*bye)(struct wire *wire);                                  /* its own end, to `out` */
    void (*close)(struct wire *wire);
};

typedef void wire_script(struct wire *wire);

/* A server on loopback that plays this script; its port. It serves `at_once` connections at a time. */
INTERNET_PORT wire_serve(wire_script *script, unsigned at_once);
INTERNET_PORT wire_serve_on(const struct wire_floor *floor, wire_script *script, unsigned at_once);

/* The next request on this connection: its head. */
BOOL wire_request(struct wire *wire);
/* So many bytes behind it, its body. */
BOOL wire_skip(struct wire *wire, size_t size);

/* The head of a right answer to the handshake, with these further lines (each ended by CR LF), or none. */
void wire_answer(const struct wire *wire, const char *lines, struct ws_bytes *out);
/* The value that Sec-WebSocket-Accept has to have; 28 characters and a NUL. */
void wire_accept(const struct wire *wire, char accept[29]);
/* Whether the request's head has this line, whatever its case. */
BOOL wire_asks(const struct wire *wire, const char *line);

/* Sends all of it; what comes meanwhile is kept. */
BOOL wire_send(struct wire *wire, const void *bytes, size_t size);
/* The same in pieces, one send each. */
BOOL wire_send_pieces(struct wire *wire, const void *bytes, size_t size, size_t piece);
/* Sends what stands in `out`. */
BOOL wire_flush(struct wire *wire);
/* Sends the frames of a script in the case table's language. */
BOOL wire_say(struct wire *wire, const char *script);

/* One frame of the client. */
struct wire_frame {
    BYTE first;          /* FIN, reserved bits, opcode */
    const BYTE *payload; /* unmasked; until the next wire_ call */
    size_t size;
};

/* Whether the client has begun a frame that nobody has taken. Waits for nothing, and knows what came while something
 * was sent, as the socket does not. */
BOOL wire_hears(struct wire *wire);
/* The next frame; FALSE when the client has ended. */
BOOL wire_frame(struct wire *wire, struct wire_frame *frame);
/* Adds a frame to a story. */
void wire_tell(const struct wire_frame *frame, struct story *story);
/* Adds all frames to the story until the client's close frame, which is the last; FALSE when the client ended without.
 */
BOOL wire_listen(struct wire *wire, struct story *story);
/* Waits until the client ends; whatever comes is dropped. */
void wire_drain(struct wire *wire);

void wire_fin(struct wire *wire);   /* nothing more will be sent */
void wire_reset(struct wire *wire); /* breaks the connection (RST) */

/* How a server fails: it ends, it breaks the connection, it says nothing more. */
enum fault { FAULT_FIN, FAULT_RESET, FAULT_SILENCE, FAULT_COUNT };
const char *fault_name(enum fault fault);
void wire_fail(struct wire *wire, enum fault fault);

#endif
