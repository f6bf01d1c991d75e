/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Synchronous limit: bare sockets that block; and the same below GnuTLS, for downloads. */
#include "bench/winsock_side.h"
#include "bench/wire.h"

#include <gnutls/gnutls.h>
#include <stdio.h>
#include <string.h>

#define ROOM 65536u

static SOCKET sock;
static gnutls_session_t tls; /* NULL: plain */
static uint8_t space[ROOM];

const struct work gnutls_works[] = {{"download", false, block_download}, {0}};

/* ---- bytes ---- */

static ssize_t push(gnutls_transport_ptr_t s, const void *p, size_t n)
{
    return send((SOCKET)s, p, (int)n, 0);
}

/* GnuTLS asks for the head of a record and then for the rest: with a receive each it would be no limit to speak of. */
static ssize_t pull(gnutls_transport_ptr_t s, void *p, size_t n)
{
    static uint8_t ahead[ROOM];
    static size_t at, end;

    if (at == end) {
        int got = recv((SOCKET)s, (char *)ahead, ROOM, 0);

        if (got <= 0)
            return got;
        at = 0;
        end = (size_t)got;
    }
    if (n > end - at)
        n = end - at;
    memcpy(p, ahead + at, n);
    at += n;
    return (ssize_t)n;
}

static void secure(void)
{
    gnutls_certificate_credentials_t credentials;

    NEED(!gnutls_global_init());
    NEED(!gnutls_certificate_allocate_credentials(&credentials));
    NEED(!gnutls_init(&tls, GNUTLS_CLIENT));
    NEED(!gnutls_set_default_priority(tls));
    NEED(!gnutls_credentials_set(tls, GNUTLS_CRD_CERTIFICATE, credentials));
    gnutls_transport_set_ptr(tls, (gnutls_transport_ptr_t)sock);
    gnutls_transport_set_push_function(tls, push);
    gnutls_transport_set_pull_function(tls, pull);
    while (gnutls_handshake(tls))
        ;
}

static void put(const void *p, size_t n)
{
    const char *at = p;

    while (n) {
        ssize_t done = tls ? gnutls_record_send(tls, at, n) : send(sock, at, (int)n, 0);

        NEED(done > 0);
        at += done;
        n -= (size_t)done;
    }
}

static size_t get(void *p, size_t n)
{
    ssize_t done;

    do
        done = tls ? gnutls_record_recv(tls, p, n) : recv(sock, p, (int)n, 0);
    while (tls && (done == GNUTLS_E_AGAIN || done == GNUTLS_E_INTERRUPTED));
    NEED(done > 0);
    return (size_t)done;
}

/* ---- requests ---- */

static void ask(const char *verb, const char *path, bool upgrade, uint64_t body)
{
    char head[512];

    put(head, wire_request(head, sizeof(head), verb, path, upgrade, body));
}

/* Reads a head; what has come behind it stays at the start of space: its bytes. */
static size_t await_head(uint64_t *length)
{
    size_t n = 0, head;

    do
        n += get(space + n, sizeof(space) - n);
    while (!(head = wire_response((const char *)space, n, length)));
    memmove(space, space + head, n - head);
    return n - head;
}

static void read_body(uint8_t *into)
{
    uint64_t length;
    size_t n = await_head(&length);

    memcpy(into, space, n);
    for (length -= n; length; length -= n)
        n = get(into, length < job.chunk ? (size_t)length : (size_t)job.chunk);
}

void block_get(void)
{
    uint8_t *into = bench_memory(ROOM);

    bench_start();
    sock = wire_connect();
    for (uint64_t i = 0; i < job.count; i++) {
        ask("GET", "/small", false, 0);
        read_body(into);
    }
    bench_stop(job.count);
}

void block_reopen(void)
{
    uint8_t *into = bench_memory(ROOM);

    bench_start();
    for (uint64_t i = 0; i < job.count; i++) {
        sock = wire_connect();
        ask("GET", "/small", false, 0);
        read_body(into);
        closesocket(sock);
    }
    bench_stop(job.count);
}

void block_download(void)
{
    uint8_t *into = bench_memory(job.chunk > ROOM ? (size_t)job.chunk : ROOM);
    char path[64];

    snprintf(path, sizeof(path), "/download/%llu", (unsigned long long)job.size);
    bench_start();
    sock = wire_connect();
    if (job.tls)
        secure();
    ask("GET", path, false, 0);
    read_body(into);
    bench_stop(job.size);
}

void block_upload(void)
{
    uint8_t *payload = bench_memory((size_t)job.chunk), into[ROOM / 64];
    uint64_t left;

    bench_start();
    sock = wire_connect();
    ask("POST", "/upload", false, job.size);
    for (left = job.size; left;) {
        size_t n = left < job.chunk ? (size_t)left : (size_t)job.chunk;

        put(payload, n);
        left -= n;
    }
    read_body(into);
    bench_stop(job.size);
}

/* ---- WebSockets ---- */

static struct wire_cursor cursor;
static size_t ahead, ahead_at; /* bytes in space, and how far they were taken */

static void upgrade(const char *path)
{
    uint64_t length;

    sock = wire_connect();
    ask("GET", path, true, 0);
    ahead = await_head(&length);
}

static void receive_message(uint8_t *into)
{
    size_t filled = 0, used;

    for (;;) {
        uint64_t got = wire_take(&cursor, space + ahead_at, ahead - ahead_at, into, &filled, 1, &used);

        ahead_at += used;
        if (got)
            return;
        ahead_at = 0;
        /* Inside a large message bytes go straight to where they belong. */
        if (cursor.inside && cursor.left >= ROOM) {
            size_t n = get(into + filled, (size_t)cursor.left - 1);

            filled += n;
            cursor.left -= n;
            ahead = 0;
        } else {
            ahead = get(space, sizeof(space));
        }
    }
}

void block_in(void)
{
    uint8_t *into = bench_memory((size_t)job.size + 1);
    char path[64];

    snprintf(path, sizeof(path), "/flood/%llu/%llu", (unsigned long long)job.size, (unsigned long long)job.count);
    upgrade(path);
    bench_start();
    for (uint64_t i = 0; i < job.count; i++)
        receive_message(into);
    bench_stop(job.count);
}

void block_out(void)
{
    uint8_t *payload = bench_memory((size_t)job.size + 1), *frame = bench_memory((size_t)job.size + WIRE_HEAD);
    size_t n = wire_frame(frame, payload, (size_t)job.size);
    char path[64];

    snprintf(path, sizeof(path), "/sink/%llu", (unsigned long long)(job.count * n));
    upgrade(path);
    bench_start();
    for (uint64_t i = 0; i < job.count; i++)
        put(frame, wire_frame(frame, payload, (size_t)job.size));
    receive_message(payload);
    bench_stop(job.count);
}

void block_echo(void)
{
    uint8_t *payload = bench_memory((size_t)job.size + 1), *frame = bench_memory((size_t)job.size + WIRE_HEAD);
    char path[64];

    snprintf(path, sizeof(path), "/echo/%llu", (unsigned long long)job.us);
    upgrade(path);
    bench_start();
    for (uint64_t i = 0; i < job.count; i++) {
        put(frame, wire_frame(frame, payload, (size_t)job.size));
        receive_message(payload);
    }
    bench_stop(job.count);
}
