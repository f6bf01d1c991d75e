/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See wire.h. */
#include "bench/wire.h"

#include <bcrypt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

SOCKET wire_connect(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(job.port)};
    SOCKET s = WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED);
    BOOL on = TRUE;

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    NEED(s != INVALID_SOCKET);
    NEED(!setsockopt(s, IPPROTO_TCP, TCP_NODELAY, (const char *)&on, sizeof(on)));
    NEED(!connect(s, (struct sockaddr *)&to, sizeof(to)));
    return s;
}

size_t wire_request(char *out, size_t room, const char *verb, const char *path, bool upgrade, uint64_t body)
{
    int n = snprintf(out, room, "%s %s HTTP/1.1\r\nConnection: %s\r\nUser-Agent: bench\r\nHost: 127.0.0.1:%u\r\n", verb,
                     path, upgrade ? "Upgrade" : "Keep-Alive", job.port);

    if (upgrade)
        n += snprintf(out + n, room - (size_t)n,
                      "Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                      "Sec-WebSocket-Version: 13\r\n");
    if (body)
        n += snprintf(out + n, room - (size_t)n, "Content-Length: %llu\r\n", (unsigned long long)body);
    n += snprintf(out + n, room - (size_t)n, "\r\n");
    return (size_t)n;
}

size_t wire_response(const char *in, size_t n, uint64_t *length)
{
    static const char name[] = "\r\nContent-Length: ";

    *length = 0;
    for (size_t i = 0; i + 4 <= n; i++) {
        if (i + sizeof(name) < n && !memcmp(in + i, name, sizeof(name) - 1))
            *length = strtoull(in + i + sizeof(name) - 1, NULL, 10);
        if (!memcmp(in + i, "\r\n\r\n", 4))
            return i + 4;
    }
    return 0;
}

static uint32_t fresh_key(void)
{
    static uint32_t keys[256];
    static unsigned left;

    if (!left) {
        BCryptGenRandom(NULL, (PUCHAR)keys, sizeof(keys), BCRYPT_USE_SYSTEM_PREFERRED_RNG);
        left = sizeof(keys) / sizeof(*keys);
    }
    return keys[--left];
}

static size_t frame_head(uint8_t *out, uint64_t n)
{
    out[0] = 0x82;
    if (n < 126) {
        out[1] = (uint8_t)(0x80 | n);
        return 2;
    }
    if (n <= 0xFFFF) {
        out[1] = 0x80 | 126;
        out[2] = (uint8_t)(n >> 8);
        out[3] = (uint8_t)n;
        return 4;
    }
    out[1] = 0x80 | 127;
    for (int i = 0; i < 8; i++)
        out[2 + i] = (uint8_t)(n >> (56 - 8 * i));
    return 10;
}

size_t wire_frame(uint8_t *out, const uint8_t *payload, size_t n)
{
    size_t head = frame_head(out, n), i = 0;
    uint32_t key = fresh_key();
    uint64_t wide = (uint64_t)key << 32 | key;

    memcpy(out + head, &key, 4);
    out += head + 4;
    for (; i + 8 <= n; i += 8) {
        uint64_t word;

        memcpy(&word, payload + i, 8);
        word ^= wide;
        memcpy(out + i, &word, 8);
    }
    for (; i < n; i++)
        out[i] = payload[i] ^ (uint8_t)(key >> (8 * (i % 4)));
    return head + 4 + n;
}

/* One more byte of a head; true: it is complete. */
static bool head_byte(struct wire_cursor *c, uint8_t byte)
{
    unsigned kind;

    c->head[c->head_n++] = byte;
    if (c->head_n < 2)
        return false;
    kind = c->head[1] & 0x7F;
    if (c->head_n < (kind < 126 ? 2u : kind == 126 ? 4u : 10u))
        return false;
    c->left = kind < 126 ? kind : 0;
    for (unsigned i = 2; i < c->head_n; i++)
        c->left = c->left << 8 | c->head[i];
    c->head_n = 0;
    return true;
}

uint64_t wire_take(struct wire_cursor *c, const uint8_t *p, size_t n, uint8_t *into, size_t *filled, uint64_t most,
                   size_t *used)
{
    uint64_t messages = 0;
    size_t at = 0;

    while (messages < most && (at < n || (c->inside && !c->left))) {
        size_t step;

        if (!c->inside) {
            c->inside = head_byte(c, p[at++]);
            continue;
        }
        step = n - at < c->left ? n - at : (size_t)c->left;
        memcpy(into + *filled, p + at, step);
        *filled += step;
        at += step;
        c->left -= step;
        if (!c->left) {
            c->inside = false;
            *filled = 0;
            messages++;
        }
    }
    *used = at;
    return messages;
}
