/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The case table of RFC 6455 and the small language it is written in; no runner, so that each can drive the same rows:
 * the link natively, the DLL against a server that sends the same bytes.
 *
 * A row: id, source (RFC section, SEMANTICS id), what the server sends, what a program that receives until the end is
 * told, what the client sends without being asked to by its program. Each of the three is a list of items, separated by
 * spaces.
 *
 * Item:     kind payload [{count}]     the whole item count times
 * Kinds:    T t  text frame, final and not        B b  binary       C c  continuation
 *           P    ping                             Q    pong         X    close
 *           =    raw bytes in hexadecimal (server only)
 *           !    the connection fails: 12152 (delivered only)
 * Payload:  parts joined by "+", each with an optional repetition ^count:
 *             "text"   with \xHH, \" and \\
 *             *n       n bytes of the pattern abc...z, from a
 *           X takes a decimal code before its payload; without one it is an empty close frame.
 *
 * Delivered: T and B are whole messages however they came; a message that is not complete when the connection fails or
 * closes is not listed. X is the close frame as the program sees it (no code: 1005). A row without X or ! leaves the
 * connection open. Sent: the program answers a close frame by closing with the same code and no reason, so X stands for
 * that answer, or for what the client says by itself when it fails the connection.
 *
 * Ownership: ws_bytes hold malloc'ed memory. Errors: a row that cannot be read ends the program: it is a bug of the
 * table.
 */
#ifndef TESTS_UNIT_WS_CASE_H
#define TESTS_UNIT_WS_CASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ws_case {
    const char *id, *source, *server, *delivered, *sent;
};

extern const struct ws_case ws_cases[];
extern const size_t ws_case_count;

/* A text, and where it stops being UTF-8: the first byte that no valid text can have there, WS_UTF8_VALID, or
 * WS_UTF8_CUT when only its end is missing. */
#define WS_UTF8_VALID (-1)
#define WS_UTF8_CUT   (-2)

struct ws_utf8_case {
    const char *source;
    const char *bytes;
    size_t n;
    int first_bad;
};

extern const struct ws_utf8_case ws_utf8_cases[];
extern const size_t ws_utf8_case_count;

struct ws_bytes {
    uint8_t *p;
    size_t n, cap;
};

void ws_bytes_add(struct ws_bytes *b, const void *p, size_t n);
void ws_bytes_free(struct ws_bytes *b);

struct ws_item {
    char kind;    /* a letter of the list above */
    int code;     /* X: 1005 when none is given; otherwise 0 */
    size_t count; /* {count}, else 1 */
    struct ws_bytes payload;
};

/* Reads the item at *script, which moves behind it; false at the end. The payload is the caller's to free. */
bool ws_item_next(const char **script, struct ws_item *item);

/* The server's bytes on the wire. */
void ws_script_render(const char *script, struct ws_bytes *wire);

#endif
