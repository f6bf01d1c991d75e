/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Asynchronous limit: overlapped operations on one completion port, served by the main thread. What finishes at once
 * brings no packet (FILE_SKIP_COMPLETION_PORT_ON_SUCCESS) and is gone on with where it stands.
 */
#include "bench/winsock_side.h"
#include "bench/wire.h"

#include <mswsock.h>
#include <stdio.h>
#include <string.h>

#define ROOM       65536u /* of one receive, where there is one connection */
#define SMALL_ROOM 512u   /* where there are many */

struct line {
    SOCKET s;
    OVERLAPPED receive, send; /* send: also of the connect */
    bool connected, upgraded;
    uint8_t *in;
    size_t room, head_n;
    struct wire_cursor cursor;
    size_t filled;
};

const struct work winsock_works[] = {
    {"in", false, block_in},         {"out", false, block_out},       {"echo", false, block_echo},
    {"get", false, block_get},       {"reopen", false, block_reopen}, {"download", false, block_download},
    {"upload", false, block_upload}, {"in", true, port_in},           {"out", true, port_out},
    {"echo", true, port_echo},       {"get", true, port_get},         {"download", true, port_download},
    {"many", true, port_many},       {"spread", true, port_spread},   {0}};

static struct {
    HANDLE port;
    LPFN_CONNECTEX connect_ex;
    struct line *lines;
    uint64_t begun, opened;
    char head[512];
    size_t head_n;
    uint8_t *into, *frame, *payload;
    uint64_t left, turn;
    bool over;
    void (*bytes)(struct line *l, const uint8_t *p, size_t n); /* behind the answer's head */
} it;

/* ---- operations ---- */

static bool succeeded(bool good)
{
    NEED(good || WSAGetLastError() == WSA_IO_PENDING);
    return good;
}

/* True: *got bytes at once; else a packet comes. */
static bool receive(struct line *l, void *p, size_t n, DWORD *got)
{
    WSABUF vec = {(ULONG)n, p};
    DWORD flags = 0;

    memset(&l->receive, 0, sizeof(l->receive));
    return succeeded(!WSARecv(l->s, &vec, 1, got, &flags, &l->receive, NULL));
}

/* Small enough to be taken at once, or followed by its packet; true: at once. */
static bool put(struct line *l, const void *p, size_t n)
{
    WSABUF vec = {(ULONG)n, (void *)(uintptr_t)p};
    DWORD done;

    memset(&l->send, 0, sizeof(l->send));
    return succeeded(!WSASend(l->s, &vec, 1, &done, 0, &l->send, NULL));
}

static void adopt(struct line *l)
{
    NEED(CreateIoCompletionPort((HANDLE)l->s, it.port, (ULONG_PTR)l, 0));
    NEED(SetFileCompletionNotificationModes((HANDLE)l->s, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS));
}

static void begin_line(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(job.port)}, any = {.sin_family = AF_INET};
    struct line *l = &it.lines[it.begun];
    BOOL on = TRUE;
    u_long nonblocking = 1; /* without an OVERLAPPED an attempt does not wait */

    if (it.begun == job.conns)
        return;
    it.begun++;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    l->room = job.conns > 1 ? SMALL_ROOM : ROOM;
    l->in = bench_memory(l->room);
    l->s = WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED);
    NEED(l->s != INVALID_SOCKET);
    NEED(!setsockopt(l->s, IPPROTO_TCP, TCP_NODELAY, (const char *)&on, sizeof(on)));
    NEED(!ioctlsocket(l->s, FIONBIO, &nonblocking));
    NEED(!bind(l->s, (struct sockaddr *)&any, sizeof(any)));
    adopt(l);
    if (!it.connect_ex) {
        GUID id = WSAID_CONNECTEX;
        DWORD n;

        NEED(!WSAIoctl(l->s, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof(id), &it.connect_ex, sizeof(it.connect_ex),
                       &n, NULL, NULL));
    }
    /* Even a connect that is done at once is told by a packet: one path suffices, and the packet is cheap beside it. */
    if (succeeded(it.connect_ex(l->s, (struct sockaddr *)&to, sizeof(to), NULL, 0, NULL, &l->send)))
        PostQueuedCompletionStatus(it.port, 0, (ULONG_PTR)l, &l->send);
}

/* ---- going on ---- */

static void took(struct line *l, DWORD n);

static void receive_more(struct line *l)
{
    DWORD n;

    while (!it.over && receive(l, l->in + l->head_n, l->room - l->head_n, &n))
        took(l, n);
}

static void took(struct line *l, DWORD n)
{
    uint64_t length;
    size_t head;

    NEED(n);
    if (l->upgraded) {
        it.bytes(l, l->in, n);
        return;
    }
    l->head_n += n;
    head = wire_response((const char *)l->in, l->head_n, &length);
    if (!head)
        return;
    n = (DWORD)(l->head_n - head);
    l->head_n = 0;
    l->upgraded = true;
    it.opened++;
    begin_line();
    it.bytes(l, l->in + head, n);
}

static void connected(struct line *l)
{
    l->connected = true;
    NEED(!setsockopt(l->s, SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, NULL, 0));
    put(l, it.head, it.head_n);
    receive_more(l);
}

static void run_until(const bool *end, const uint64_t *number, uint64_t reaches)
{
    while (end ? !*end : *number < reaches) {
        OVERLAPPED *ov;
        ULONG_PTR key;
        DWORD n;
        struct line *l;

        NEED(GetQueuedCompletionStatus(it.port, &n, &key, &ov, INFINITE));
        l = (struct line *)key;
        if (ov == &l->receive) {
            took(l, n);
            receive_more(l);
        } else if (!l->connected) {
            connected(l);
        }
    }
}

static void open_lines(const char *verb, const char *path, bool socket,
                       void (*bytes)(struct line *, const uint8_t *, size_t))
{
    it.port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
    it.lines = bench_memory((size_t)job.conns * sizeof(*it.lines));
    it.head_n = wire_request(it.head, sizeof(it.head), verb, path, socket, 0);
    it.bytes = bytes;
    bench_weigh_before();
    bench_start();
    for (unsigned i = 0; i < OPENING; i++)
        begin_line();
}

/* ---- one connection ---- */

static void in_bytes(struct line *l, const uint8_t *p, size_t n)
{
    size_t used;

    while (n && it.left) {
        it.left -= wire_take(&l->cursor, p, n, it.into, &l->filled, 1, &used);
        p += used;
        n -= used;
        /* Inside a large message bytes go straight to where they belong. */
        while (!n && l->cursor.inside && l->cursor.left > l->room) {
            DWORD got;
            WSABUF vec = {(ULONG)l->cursor.left - 1, (char *)it.into + l->filled};
            DWORD flags = 0;

            if (WSARecv(l->s, &vec, 1, &got, &flags, NULL, NULL))
                break;
            NEED(got);
            l->filled += got;
            l->cursor.left -= got;
        }
    }
    it.over = !it.left;
}

void port_in(void)
{
    char path[64];

    it.into = bench_memory((size_t)job.size + 1);
    it.left = job.count;
    snprintf(path, sizeof(path), "/flood/%llu/%llu", (unsigned long long)job.size, (unsigned long long)job.count);
    open_lines("GET", path, true, in_bytes);
    run_until(&it.over, NULL, 0);
    bench_stop(job.count);
}

static void send_frame(struct line *l)
{
    put(l, it.frame, wire_frame(it.frame, it.payload, (size_t)job.size));
}

static void make_frames(void)
{
    it.into = bench_memory((size_t)job.size + 1);
    it.payload = bench_memory((size_t)job.size + 1);
    it.frame = bench_memory((size_t)job.size + WIRE_HEAD);
}

static void wait_open(void)
{
    run_until(NULL, &it.opened, job.conns);
}

static void out_bytes(struct line *l, const uint8_t *p, size_t n)
{
    (void)l, (void)p;
    it.over = n != 0; /* nothing comes but the server's one frame */
}

/* Sends that pend are waited for here: one is under way at a time. */
static bool send_waits(struct line *l)
{
    OVERLAPPED *ov;
    ULONG_PTR key;
    DWORD n;

    do {
        NEED(GetQueuedCompletionStatus(it.port, &n, &key, &ov, INFINITE));
        if (ov == &l->receive)
            took(l, n);
    } while (ov != &l->send);
    return true;
}

void port_out(void)
{
    char path[64];

    make_frames();
    snprintf(path, sizeof(path), "/sink/%llu",
             (unsigned long long)(job.count * wire_frame(it.frame, it.payload, (size_t)job.size)));
    open_lines("GET", path, true, out_bytes);
    wait_open();
    bench_start();
    for (uint64_t i = 0; i < job.count; i++)
        if (!put(&it.lines[0], it.frame, wire_frame(it.frame, it.payload, (size_t)job.size)))
            send_waits(&it.lines[0]);
    run_until(&it.over, NULL, 0);
    bench_stop(job.count);
}

static void echo_bytes(struct line *l, const uint8_t *p, size_t n)
{
    size_t used;

    if (!wire_take(&l->cursor, p, n, it.into, &l->filled, 1, &used))
        return;
    it.over = !--it.left;
    if (it.over)
        return;
    it.turn = (it.turn + 1) % job.conns;
    send_frame(&it.lines[it.turn]);
}

static void echoes(const char *path)
{
    make_frames();
    it.left = job.count;
    open_lines("GET", path, true, echo_bytes);
    wait_open();
    bench_start();
    send_frame(&it.lines[0]);
    run_until(&it.over, NULL, 0);
    bench_stop(job.count);
}

void port_echo(void)
{
    char path[64];

    snprintf(path, sizeof(path), "/echo/%llu", (unsigned long long)job.us);
    echoes(path);
}

void port_spread(void)
{
    job.size = SPREAD_SIZE;
    echoes("/echo/0");
}

/* ---- requests ---- */

static void body_bytes(struct line *l, const uint8_t *p, size_t n)
{
    static uint64_t body;

    if (!body)
        body = job.size;
    memcpy(it.into, p, n);
    body -= n;
    if (body)
        return;
    it.over = !--it.left;
    l->upgraded = false;
    if (!it.over)
        put(l, it.head, it.head_n);
}

static void bodies(const char *path)
{
    it.into = bench_memory(ROOM);
    it.left = job.count;
    open_lines("GET", path, false, body_bytes);
    run_until(&it.over, NULL, 0);
}

void port_get(void)
{
    job.size = 128;
    bodies("/small");
    bench_stop(job.count);
}

void port_download(void)
{
    char path[64];

    snprintf(path, sizeof(path), "/download/%llu", (unsigned long long)job.size);
    job.count = 1;
    bodies(path);
    bench_stop(job.size);
}

/* ---- many ---- */

static uint64_t served;

static void many_bytes(struct line *l, const uint8_t *p, size_t n)
{
    uint8_t into[SPREAD_SIZE];
    size_t used;

    served += wire_take(&l->cursor, p, n, into, &l->filled, 1, &used);
}

void port_many(void)
{
    char head[512];
    SOCKET s;

    open_lines("GET", "/idle", true, many_bytes);
    wait_open();
    bench_weigh();
    s = wire_connect();
    NEED(send(s, head, (int)wire_request(head, sizeof(head), "GET", "/broadcast", false, 0), 0) > 0);
    run_until(NULL, &served, job.conns);
    bench_stop(job.conns);
}
