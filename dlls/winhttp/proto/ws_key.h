/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The two values of the opening handshake that are computed: our key, and what the server must answer to it
 * (RFC 6455 section 4.1, items 7 of the request and 4 of the response).
 *
 * Threads: no state. Ownership: the caller's memory. Limits: fixed lengths. Errors: none.
 */
#ifndef PROTO_WS_KEY_H
#define PROTO_WS_KEY_H

#include "base/span.h"

#define WS_KEY_RANDOM 16u
#define WS_KEY_LEN    24u /* base64 of 16 bytes */
#define WS_ACCEPT_LEN 28u /* base64 of a SHA-1 digest */

/* The value of Sec-WebSocket-Key from 16 random bytes, which must be new for every connection; no terminator. */
void ws_key_make(const uint8_t random[WS_KEY_RANDOM], uint8_t key[WS_KEY_LEN]);

/* The value of Sec-WebSocket-Accept that answers a key, which is taken as the text that was sent; no terminator. */
void ws_key_accept(struct span key, uint8_t accept[WS_ACCEPT_LEN]);

#endif
