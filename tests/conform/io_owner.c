/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* io_owner.c: see io_owner.h. */
#include "io_owner.h"

SOCKET listener;
struct sockaddr_in listener_addr;
uint8_t *big;
LONG sinks;

static struct room_threads at_start;

static void on_io(struct sock_op *op)
{
    struct owner *o = op->sock->owner;
    int which = op->kind != SOCK_OP_RECV;

    AcquireSRWLockExclusive(&o->lock);
    o->err[which] = sock_result(op, &o->bytes[which]);
    o->on_worker = loop_on_worker();
    o->sinks[which]++;
    InterlockedIncrement(&sinks);
    ReleaseSRWLockExclusive(&o->lock);
    SetEvent(o->event[which]);
}

void owner_start(struct owner *o)
{
    memset(o, 0, sizeof(*o));
    InitializeSRWLock(&o->lock);
    sock_init(&o->sock, o);
    o->peer = INVALID_SOCKET;
    o->event[0] = room_event();
    o->event[1] = room_event();
}

enum wh_err connect_owner(struct owner *o)
{
    enum wh_err err = sock_open(&o->sock, AF_INET);

    if (err == WH_OK)
        err = sock_connect(&o->sock, (struct sockaddr *)&listener_addr, sizeof(listener_addr), NULL);
    if (err == WH_AGAIN)
        err = room_wait(o->event[1]) ? o->err[1] : WH_E_TIMEOUT;
    o->sinks[1] = 0;
    ResetEvent(o->event[1]);
    return err;
}

void owner_connect(struct owner *o)
{
    owner_start(o);
    if (connect_owner(o) == WH_OK)
        o->peer = accept(listener, NULL, NULL);
    if (o->peer == INVALID_SOCKET)
        tap_ok(false, "cannot connect to the test's own listener");
}

void owner_end(struct owner *o)
{
    sock_close(&o->sock, false);
    if (o->sock.recv.pending)
        room_wait(o->event[0]);
    if (o->sock.send.pending)
        room_wait(o->event[1]);
    tap_ok(!sock_busy(&o->sock), "nothing is left pending");
    if (o->peer != INVALID_SOCKET)
        closesocket(o->peer);
    CloseHandle(o->event[0]);
    CloseHandle(o->event[1]);
}

void ends(struct owner *o, int which, enum wh_err err, size_t bytes, const char *what)
{
    bool came = room_wait(o->event[which]);

    AcquireSRWLockExclusive(&o->lock);
    tap_ok(came && o->sinks[which] == 1 && o->on_worker && o->err[which] == err && (err || o->bytes[which] == bytes),
           "%s: %s", what, which ? "send" : "receive");
    if (o->err[which] != err || (!err && o->bytes[which] != bytes))
        tap_diag("error %d, %lu bytes, winsock %d, %ld times", o->err[which], (unsigned long)o->bytes[which],
                 o->sock.last_error, o->sinks[which]);
    o->sinks[which] = 0;
    ResetEvent(o->event[which]);
    ReleaseSRWLockExclusive(&o->lock);
}

enum wh_err receive(struct owner *o, void *p, size_t n, HANDLE event, size_t *got)
{
    enum wh_err err;

    AcquireSRWLockExclusive(&o->lock);
    err = sock_recv(&o->sock, p, n, event, got);
    ReleaseSRWLockExclusive(&o->lock);
    return err;
}

enum wh_err send_spans(struct owner *o, const struct span *v, size_t count, HANDLE event, size_t *sent)
{
    enum wh_err err;

    AcquireSRWLockExclusive(&o->lock);
    err = sock_send(&o->sock, v, count, event, sent);
    ReleaseSRWLockExclusive(&o->lock);
    return err;
}

enum wh_err send_big(struct owner *o, HANDLE event)
{
    struct span v = span_make(big, BIG);
    size_t sent;

    return send_spans(o, &v, 1, event, &sent);
}

void take_back(struct sock_op *op, HANDLE event)
{
    while (!sock_take_back(op))
        room_wait(event);
}

void abort_peer(struct owner *o)
{
    struct linger reset = {1, 0};

    setsockopt(o->peer, SOL_SOCKET, SO_LINGER, (char *)&reset, sizeof(reset));
    closesocket(o->peer);
    o->peer = INVALID_SOCKET;
}

size_t drain_peer(struct owner *o, int *end)
{
    static char space[1 << 18];
    size_t total = 0;
    int n;

    while ((n = recv(o->peer, space, sizeof(space), 0)) > 0)
        total += (size_t)n;
    *end = n;
    return total;
}

void await_arrival(struct owner *o)
{
    struct timeval limit = {WAIT_MS / 1000, 0};
    fd_set set;

    FD_ZERO(&set);
    FD_SET(o->sock.s, &set);
    select(0, &set, NULL, NULL, &limit);
}

static void listen_for_owners(void)
{
    int len = sizeof(listener_addr);

    listener = socket(AF_INET, SOCK_STREAM, 0);
    listener_addr.sin_family = AF_INET;
    listener_addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bind(listener, (struct sockaddr *)&listener_addr, sizeof(listener_addr));
    listen(listener, 100);
    getsockname(listener, (struct sockaddr *)&listener_addr, &len);
}

void owners_start(void)
{
    WSADATA data;

    room_start();
    room_threads(&at_start, NULL);
    WSAStartup(MAKEWORD(2, 2), &data);
    big = mem_zalloc(BIG);
    loop_set_sink(on_io, NULL);
    room_hold();
    listen_for_owners();
}

void owners_end(void)
{
    closesocket(listener);
    tap_ok(room_release(&at_start), "all threads end");
    mem_free(big);
}
