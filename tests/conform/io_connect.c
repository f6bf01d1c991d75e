/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * io_connect: connects and closes, with every ending, and many sockets at once (dlls/winhttp/io/sock.h).
 */
#include "io_owner.h"

/* ---- connecting ---- */

static void test_connect(void)
{
    struct owner o;
    HANDLE event = room_event();
    SOCKADDR_STORAGE local, remote;
    struct sockaddr_in closed = listener_addr;
    BOOL nodelay = FALSE;
    int len = sizeof(nodelay);
    enum wh_err err;
    BYTE byte;
    size_t got;

    owner_connect(&o);
    sock_names(&o.sock, &local, &remote);
    tap_ok(local.ss_family == AF_INET && ((struct sockaddr_in *)&local)->sin_port != 0, "the local name");
    tap_ok(memcmp(&((struct sockaddr_in *)&remote)->sin_addr, &listener_addr.sin_addr, 4) == 0 &&
               ((struct sockaddr_in *)&remote)->sin_port == listener_addr.sin_port,
           "the remote name");
    sock_close(&o.sock, false);
    sock_names(&o.sock, &local, &remote);
    tap_ok(local.ss_family == 0 && remote.ss_family == 0, "no names when closed");
    owner_end(&o);

    owner_start(&o);
    closed.sin_port = htons(unused_port());
    sock_open(&o.sock, AF_INET);
    AcquireSRWLockExclusive(&o.lock);
    err = sock_connect(&o.sock, (struct sockaddr *)&closed, sizeof(closed), NULL);
    ReleaseSRWLockExclusive(&o.lock);
    if (err == WH_AGAIN)
        ends(&o, 1, WH_E_CONNECT, 0, "refused");
    else
        SAME(err, WH_E_CONNECT, "refused at once");
    SAME(o.sock.last_error, WSAECONNREFUSED, "the Winsock code");
    sock_close(&o.sock, false);

    sock_open(&o.sock, AF_INET);
    SAME(o.sock.last_error, 0, "a socket opened again has no last error");
    err = sock_connect(&o.sock, (struct sockaddr *)&listener_addr, sizeof(listener_addr), event);
    if (err == WH_AGAIN) {
        room_wait(event);
        err = sock_result(&o.sock.send, NULL);
    }
    SAME(err, WH_OK, "connect with an event");
    getsockopt(o.sock.s, IPPROTO_TCP, TCP_NODELAY, (char *)&nodelay, &len);
    tap_ok(nodelay, "what is sent is sent at once");
    SAME(sock_try_recv(&o.sock, &byte, 1, &got), WH_AGAIN, "an attempt does not wait");
    o.peer = accept(listener, NULL, NULL);
    SAME(o.sinks[1], 0, "no packet");
    owner_end(&o);
    CloseHandle(event);
}

/*
 * A listener that accepts nothing: once its queue is full a connect stays pending (Linux), or is refused (Windows).
 */
static void test_connect_cancel(void)
{
    SOCKET deaf = socket(AF_INET, SOCK_STREAM, 0), fill[4];
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct owner o;
    u_long nonblocking = 1;
    int len = sizeof(addr);

    bind(deaf, (struct sockaddr *)&addr, sizeof(addr));
    listen(deaf, 1);
    getsockname(deaf, (struct sockaddr *)&addr, &len);
    for (size_t i = 0; i < COUNT(fill); i++) {
        fill[i] = socket(AF_INET, SOCK_STREAM, 0);
        ioctlsocket(fill[i], FIONBIO, &nonblocking);
        connect(fill[i], (struct sockaddr *)&addr, sizeof(addr));
    }
    for (int how = 0; how < 2; how++) {
        enum wh_err err;

        owner_start(&o);
        sock_open(&o.sock, AF_INET);
        AcquireSRWLockExclusive(&o.lock);
        err = sock_connect(&o.sock, (struct sockaddr *)&addr, sizeof(addr), NULL);
        if (how == 0)
            sock_cancel(&o.sock, &o.sock.send);
        else
            sock_close(&o.sock, false);
        ReleaseSRWLockExclusive(&o.lock);
        tap_ok(err == WH_AGAIN && room_wait(o.event[1]) && o.sinks[1] == 1 &&
                   (o.err[1] == WH_E_CANCELLED || (how == 0 && o.err[1] == WH_E_CONNECT)),
               "%s while connecting", how ? "closed" : "cancelled");
        owner_end(&o);
    }
    for (size_t i = 0; i < COUNT(fill); i++)
        closesocket(fill[i]);
    closesocket(deaf);
}

static void test_connect_ipv6(void)
{
    SOCKET six = socket(AF_INET6, SOCK_STREAM, 0);
    struct sockaddr_in6 addr = {.sin6_family = AF_INET6, .sin6_addr = {.s6_addr = {[15] = 1}}};
    struct owner o;
    enum wh_err err;
    int len = sizeof(addr);

    if (bind(six, (struct sockaddr *)&addr, sizeof(addr)) || listen(six, 5)) {
        tap_skip("no IPv6 here");
        closesocket(six);
        return;
    }
    getsockname(six, (struct sockaddr *)&addr, &len);
    owner_start(&o);
    sock_open(&o.sock, AF_INET6);
    AcquireSRWLockExclusive(&o.lock);
    err = sock_connect(&o.sock, (struct sockaddr *)&addr, sizeof(addr), NULL);
    ReleaseSRWLockExclusive(&o.lock);
    tap_ok(err == WH_OK || (err == WH_AGAIN && room_wait(o.event[1]) && o.err[1] == WH_OK), "IPv6");
    owner_end(&o);
    closesocket(six);
}

/* ---- closing, and providers without skipped packets ---- */

static void test_abort(void)
{
    for (int abort = 0; abort < 2; abort++) {
        OVERLAPPED ov = {.hEvent = room_event()};
        char space[1];
        WSABUF vec = {sizeof(space), space};
        DWORD flags = 0, got = 99;
        struct owner o;
        BOOL ok;

        /* The peer waits in a receive of its own: Wine 8 tells a reset that nobody waits for as a FIN. */
        owner_connect(&o);
        WSARecv(o.peer, &vec, 1, NULL, &flags, &ov, NULL);
        sock_close(&o.sock, abort);
        room_wait(ov.hEvent);
        ok = WSAGetOverlappedResult(o.peer, &ov, &got, TRUE, &flags);
        if (abort)
            tap_ok(!ok && WSAGetLastError() == WSAECONNRESET, "an aborted connection is reset");
        else
            tap_ok(ok && got == 0, "a closed connection ends with a FIN");
        owner_end(&o);
        CloseHandle(ov.hEvent);
    }
}

/* As with a layered provider: every operation makes its packet (KB 2568167). */
static void test_no_skip(void)
{
    struct owner o;
    struct span v = span_str("x");
    char space[16];
    size_t got;

    owner_start(&o);
    o.sock.s = WSASocketW(AF_INET, SOCK_STREAM, 0, NULL, 0, WSA_FLAG_OVERLAPPED);
    CreateIoCompletionPort((HANDLE)o.sock.s, loop_port(), 0, 0);
    connect(o.sock.s, (struct sockaddr *)&listener_addr, sizeof(listener_addr));
    o.peer = accept(listener, NULL, NULL);
    SAME(send_spans(&o, &v, 1, NULL, &got), WH_AGAIN, "without skipped packets a send is never done at once");
    ends(&o, 1, WH_OK, 1, "but by its packet");
    send(o.peer, "abc", 3, 0);
    await_arrival(&o);
    SAME(receive(&o, space, sizeof(space), NULL, &got), WH_AGAIN, "nor is a receive");
    ends(&o, 0, WH_OK, 3, "but by its packet");
    owner_end(&o);
}

/* ---- many ---- */

static void test_many(void)
{
    static struct owner owners[100];
    static char spaces[COUNT(owners)][4];
    LONG before = sinks;
    size_t got;
    int right = 0;

    for (size_t i = 0; i < COUNT(owners); i++) {
        owner_start(&owners[i]);
        connect_owner(&owners[i]);
        owners[i].peer = accept(listener, NULL, NULL);
        receive(&owners[i], spaces[i], sizeof(spaces[i]), NULL, &got);
    }
    before = sinks;
    for (size_t i = 0; i < COUNT(owners); i++)
        if (i % 3 == 0)
            send(owners[i].peer, "x", 1, 0);
        else if (i % 3 == 1)
            abort_peer(&owners[i]);
        else
            sock_cancel(&owners[i].sock, &owners[i].sock.recv);
    for (size_t i = 0; i < COUNT(owners); i++) {
        static const enum wh_err expected[] = {WH_OK, WH_E_CLOSED, WH_E_CANCELLED};

        right += room_wait(owners[i].event[0]) && owners[i].err[0] == expected[i % 3];
        sock_close(&owners[i].sock, true);
        closesocket(owners[i].peer);
        CloseHandle(owners[i].event[0]);
        CloseHandle(owners[i].event[1]);
    }
    SAME(right, COUNT(owners), "%d receives, each with its own ending", (int)COUNT(owners));
    SAME(sinks - before, COUNT(owners), "each once");
}

int main(void)
{
    owners_start();
    test_connect();
    test_connect_cancel();
    test_connect_ipv6();
    test_abort();
    test_no_skip();
    test_many();
    owners_end();
    return tap_done();
}
