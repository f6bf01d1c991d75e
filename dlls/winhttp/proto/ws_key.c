/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Handshake values by nettle's SHA-1 and base64; see ws_key.h. */
#include "proto/ws_key.h"

#include <nettle/base64.h>
#include <nettle/sha1.h>

void ws_key_make(const uint8_t random[WS_KEY_RANDOM], uint8_t key[WS_KEY_LEN])
{
    char text[WS_KEY_LEN];

    base64_encode_raw(text, WS_KEY_RANDOM, random);
    memcpy(key, text, sizeof(text));
}

void ws_key_accept(struct span key, uint8_t accept[WS_ACCEPT_LEN])
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    uint8_t digest[SHA1_DIGEST_SIZE];
    char text[WS_ACCEPT_LEN];
    struct sha1_ctx sha;

    sha1_init(&sha);
    sha1_update(&sha, key.n, key.p);
    sha1_update(&sha, sizeof(guid) - 1, (const uint8_t *)guid);
    sha1_digest(&sha, sizeof(digest), digest);
    base64_encode_raw(text, sizeof(digest), digest);
    memcpy(accept, text, sizeof(text));
}
