/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the load server does for a path. Sizes and counts are decimal.
 *
 *   GET  /small              128 bytes; the connection stays open, unless it is to be closed
 *   GET  /download/SIZE      a body of SIZE bytes
 *   POST /upload             takes a body by its Content-Length, then answers as /small
 *   GET  /flood/SIZE/COUNT   upgrade; COUNT binary messages of SIZE bytes, as fast as they go
 *   GET  /sink/WIRE          upgrade; one empty message once WIRE bytes of frames have come
 *   GET  /echo/US            upgrade; each message of at most 125 bytes comes back after US microseconds
 *   GET  /idle               upgrade; waits for a broadcast
 *   GET  /broadcast          answers as /small once each that waits has been sent a message of 64 bytes
 */
#define _GNU_SOURCE
#include "bench/serve.h"

#include <gnutls/crypto.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define BLOCK_BYTES (1u << 20)
#define FRAME_ROOM  (BLOCK_BYTES + 16u)
#define BROADCAST   64u
#define SHORT_FRAME 125u
#define MASKED_HEAD 6u

static uint8_t pattern[BLOCK_BYTES];
static struct peer *idle;

void jobs_prepare(void)
{
    for (size_t i = 0; i < sizeof(pattern); i++)
        pattern[i] = (uint8_t)(i % 251);
}

void job_forget(struct peer *p)
{
    if (!p->idle_at)
        return;
    *p->idle_at = p->idle_next;
    if (p->idle_next)
        p->idle_next->idle_at = p->idle_at;
}

/* ---- requests ---- */

/* The value of a field, or NULL; the head ends with a NUL. */
static const char *field(const char *head, const char *name)
{
    const char *line = head;
    size_t n = strlen(name);

    while ((line = strstr(line, "\r\n")) != NULL) {
        line += 2;
        if (strncasecmp(line, name, n) || line[n] != ':')
            continue;
        line += n + 1;
        while (*line == ' ')
            line++;
        return line;
    }
    return NULL;
}

static void answer(struct peer *p, uint64_t size)
{
    char head[160];
    int n = snprintf(head, sizeof(head),
                     "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n%sContent-Length: %llu\r\n\r\n",
                     p->last ? "Connection: close\r\n" : "", (unsigned long long)size);

    peer_say(p, head, (size_t)n);
    p->block = (struct block){pattern, sizeof(pattern)};
    p->block_off = 0;
    p->left = size;
    p->job = JOB_HEAD;
}

static bool upgrade(struct peer *p, const char *head)
{
    static const char magic[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    const char *key = field(head, "Sec-WebSocket-Key");
    char text[24 + sizeof(magic)], out[256];
    uint8_t digest[20];
    gnutls_datum_t raw = {digest, sizeof(digest)}, base64;
    int n;

    if (!key)
        return false;
    memcpy(text, key, 24);
    memcpy(text + 24, magic, sizeof(magic));
    gnutls_hash_fast(GNUTLS_DIG_SHA1, text, strlen(text), digest);
    if (gnutls_base64_encode2(&raw, &base64))
        return false;
    n = snprintf(out, sizeof(out),
                 "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 "Sec-WebSocket-Accept: %s\r\n\r\n",
                 (const char *)base64.data);
    gnutls_free(base64.data);
    return peer_say(p, out, (size_t)n);
}

/* ---- frames ---- */

static size_t frame_head(uint8_t *out, uint64_t size)
{
    out[0] = 0x82;
    if (size < 126) {
        out[1] = (uint8_t)size;
        return 2;
    }
    if (size <= 0xFFFF) {
        out[1] = 126;
        out[2] = (uint8_t)(size >> 8);
        out[3] = (uint8_t)size;
        return 4;
    }
    out[1] = 127;
    for (int i = 0; i < 8; i++)
        out[2 + i] = (uint8_t)(size >> (56 - 8 * i));
    return 10;
}

/* A block of whole frames, as many as fit into a write, made once for each size. */
static struct block frames_of(size_t size, size_t *each)
{
    static struct {
        size_t size, each;
        struct block block;
    } made[8];
    size_t i, head, count;
    uint8_t *bytes;

    for (i = 0; i < sizeof(made) / sizeof(*made) && made[i].block.bytes; i++)
        if (made[i].size == size) {
            *each = made[i].each;
            return made[i].block;
        }
    if (i == sizeof(made) / sizeof(*made) || size > BLOCK_BYTES || !(bytes = malloc(FRAME_ROOM)))
        return (struct block){NULL, 0};
    head = frame_head(bytes, size);
    memcpy(bytes + head, pattern, size);
    *each = head + size;
    count = WRITE_STEP / *each;
    for (size_t k = 1; k < count; k++)
        memcpy(bytes + k * *each, bytes, *each);
    made[i].size = size;
    made[i].each = *each;
    made[i].block = (struct block){bytes, *each * (count ? count : 1)};
    return made[i].block;
}

static bool flood(struct peer *p, size_t size, uint64_t count)
{
    size_t each = 0;

    p->block = frames_of(size, &each);
    p->block_off = 0;
    p->left = each * count;
    p->job = JOB_QUIET;
    return p->block.bytes != NULL;
}

static void wait_idle(struct peer *p)
{
    p->job = JOB_QUIET;
    p->idle_next = idle;
    if (idle)
        idle->idle_at = &p->idle_next;
    p->idle_at = &idle;
    idle = p;
}

static void broadcast(void)
{
    uint8_t frame[2 + BROADCAST];

    frame_head(frame, BROADCAST);
    memcpy(frame + 2, pattern, BROADCAST);
    for (struct peer *p = idle; p; p = p->idle_next) {
        peer_say(p, frame, sizeof(frame));
        peer_push(p);
    }
}

static void rest(unsigned us)
{
    struct timespec t = {us / 1000000, (long)(us % 1000000) * 1000};

    if (us)
        ppoll(NULL, 0, &t, NULL);
}

/* Whole short frames in the input are sent back. */
static bool echo(struct peer *p)
{
    size_t off = 0;
    bool said = false;

    while (p->in_n - off >= MASKED_HEAD) {
        uint8_t *f = p->in + off, out[2 + SHORT_FRAME];
        size_t n = f[1] & 0x7F;

        if (n > SHORT_FRAME || (f[0] & 0x0F) == 8)
            return false;
        if (p->in_n - off < MASKED_HEAD + n)
            break;
        out[0] = f[0];
        out[1] = (uint8_t)n;
        for (size_t i = 0; i < n; i++)
            out[2 + i] = f[MASKED_HEAD + i] ^ f[2 + i % 4];
        off += MASKED_HEAD + n;
        rest(p->delay_us);
        if (!peer_say(p, out, 2 + n))
            return false;
        said = true;
    }
    memmove(p->in, p->in + off, p->in_n - off);
    p->in_n -= off;
    if (said)
        peer_push(p);
    return true;
}

/* ---- what a head asks for ---- */

/* The path is name and then numbers with slashes between; how many of `most` there are, -1 when it has another name. */
static int numbers_behind(const char *path, const char *name, unsigned long long *n, int most)
{
    size_t len = strlen(name);
    int count = 0;
    char *end;

    if (strncmp(path, name, len))
        return -1;
    for (path += len; *path == '/' && count < most; path = end)
        n[count++] = strtoull(path + 1, &end, 10);
    return *path == ' ' ? count : -1;
}

static bool start_socket(struct peer *p, const char *head, const char *path)
{
    unsigned long long n[2];

    if (!upgrade(p, head))
        return false;
    if (numbers_behind(path, "/flood", n, 2) == 2)
        return flood(p, (size_t)n[0], n[1]);
    if (numbers_behind(path, "/sink", n, 1) == 1) {
        p->job = JOB_SINK;
        p->awaited = n[0];
    } else if (numbers_behind(path, "/echo", n, 1) == 1) {
        p->job = JOB_ECHO;
        p->delay_us = (unsigned)n[0];
    } else if (numbers_behind(path, "/idle", n, 0) == 0) {
        wait_idle(p);
    } else {
        return false;
    }
    return true;
}

/* Wine's client writes it behind its own Keep-Alive. */
static bool closes(const char *head)
{
    const char *options = field(head, "Connection"), *close = options ? strcasestr(options, "close") : NULL;

    return close && close < strstr(options, "\r\n");
}

static bool start(struct peer *p, const char *head)
{
    const char *path = strchr(head, ' ');
    unsigned long long size;

    if (!path)
        return false;
    path++;
    p->last = closes(head);
    if (field(head, "Upgrade"))
        return start_socket(p, head, path);
    if (numbers_behind(path, "/download", &size, 1) == 1) {
        answer(p, size);
    } else if (!strncmp(head, "POST /upload ", 13)) {
        const char *length = field(head, "Content-Length");

        if (!length)
            return false;
        p->job = JOB_UPLOAD;
        p->awaited = strtoull(length, NULL, 10);
    } else {
        if (numbers_behind(path, "/broadcast", &size, 0) == 0)
            broadcast();
        answer(p, 128);
    }
    return true;
}

/* ---- input ---- */

static bool take_head(struct peer *p)
{
    uint8_t *end = memmem(p->in, p->in_n, "\r\n\r\n", 4);
    size_t n;

    if (!end)
        return p->in_n < sizeof(p->in);
    end[2] = 0;
    n = (size_t)(end + 4 - p->in);
    if (!start(p, (const char *)p->in))
        return false;
    p->in_n -= n;
    memmove(p->in, p->in + n, p->in_n);
    return true;
}

static void count_down(struct peer *p)
{
    static const uint8_t empty[] = {0x82, 0};

    p->awaited -= p->in_n < p->awaited ? p->in_n : p->awaited;
    p->in_n = 0;
    if (p->awaited)
        return;
    if (p->job == JOB_UPLOAD) {
        answer(p, 128);
    } else {
        peer_say(p, empty, sizeof(empty));
        p->job = JOB_QUIET;
    }
}

bool job_input(struct peer *p)
{
    enum job before;

    do {
        before = p->job;
        switch (p->job) {
        case JOB_HEAD:
            if (!take_head(p))
                return false;
            break;
        case JOB_UPLOAD:
        case JOB_SINK:
            count_down(p);
            break;
        case JOB_ECHO:
            if (!echo(p))
                return false;
            break;
        case JOB_QUIET:
            p->in_n = 0;
            break;
        }
    } while (p->in_n && p->job != before);
    if (p->say_n || p->left)
        peer_push(p);
    return true;
}
