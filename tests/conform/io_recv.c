/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * io_recv: receives, with every ending that they can have (dlls/winhttp/io/sock.h).
 */
#include "io_owner.h"

static void test_recv(void)
{
    struct owner o;
    char space[16];
    size_t got = 99;

    owner_connect(&o);
    SAME(receive(&o, space, sizeof(space), NULL, &got), WH_AGAIN, "a receive without bytes is pending");
    tap_ok(got == 99 && sock_busy(&o.sock), "and leaves its output alone");
    send(o.peer, "later", 5, 0);
    ends(&o, 0, WH_OK, 5, "bytes that come later");
    tap_ok(memcmp(space, "later", 5) == 0, "the bytes are there");

    send(o.peer, "now", 3, 0);
    await_arrival(&o);
    SAME(receive(&o, space, sizeof(space), NULL, &got), WH_OK, "a receive with bytes there is done at once");
    tap_ok(got == 3 && memcmp(space, "now", 3) == 0 && !sock_busy(&o.sock), "the bytes are there");

    SAME(receive(&o, NULL, 0, NULL, &got), WH_AGAIN, "HOUSE: a zero-byte receive is pending");
    send(o.peer, "x", 1, 0);
    ends(&o, 0, WH_OK, 0, "until bytes come");
    got = 99;
    SAME(receive(&o, NULL, 0, NULL, &got), WH_OK, "with bytes there it is done at once");
    SAME(got, 0, "and takes none");
    SAME(sock_try_recv(&o.sock, space, sizeof(space), &got), WH_OK, "an attempt takes what is there");
    SAME(got, 1, "all of it");
    got = 99;
    SAME(sock_try_recv(&o.sock, space, sizeof(space), &got), WH_AGAIN, "an attempt with nothing there");
    SAME(got, 99, "leaves its output alone");
    SAME(o.sinks[0], 0, "none of these made a packet");
    owner_end(&o);
}

static void test_recv_fin(void)
{
    struct owner o;
    char space[16];
    size_t got = 99;

    owner_connect(&o);
    receive(&o, space, sizeof(space), NULL, &got);
    shutdown(o.peer, SD_SEND);
    ends(&o, 0, WH_OK, 0, "FIN while pending");
    SAME(receive(&o, space, sizeof(space), NULL, &got), WH_OK, "receive behind a FIN");
    SAME(got, 0, "brings nothing");
    got = 99;
    SAME(sock_try_recv(&o.sock, space, sizeof(space), &got), WH_OK, "attempt behind a FIN");
    SAME(got, 0, "brings nothing");
    sock_shutdown_send(&o.sock);
    tap_ok(recv(o.peer, space, 1, 0) == 0, "our FIN arrives");
    got = 99;
    SAME(sock_try_recv(&o.sock, space, sizeof(space), &got), WH_OK, "attempt behind both FINs");
    SAME(got, 0, "brings nothing");
    owner_end(&o);
}

static void test_recv_reset(void)
{
    struct owner o;
    char space[16];
    size_t got = 99;

    owner_connect(&o);
    receive(&o, space, sizeof(space), NULL, &got);
    abort_peer(&o);
    ends(&o, 0, WH_E_CLOSED, 0, "reset while pending");
    SAME(o.sock.last_error, WSAECONNRESET, "the Winsock code");
    owner_end(&o);

    owner_connect(&o);
    abort_peer(&o);
    await_arrival(&o);
    SAME(receive(&o, space, sizeof(space), NULL, &got), WH_E_CLOSED, "receive behind a reset");
    SAME(o.sock.last_error, WSAECONNRESET, "the Winsock code");
    SAME(got, 99, "outputs are left alone");
    owner_end(&o);

    owner_connect(&o);
    abort_peer(&o);
    await_arrival(&o);
    SAME(sock_try_recv(&o.sock, space, sizeof(space), &got), WH_E_CLOSED, "attempt behind a reset");
    owner_end(&o);
}

static void test_recv_cancel(void)
{
    struct owner o;
    char space[16];
    size_t got = 99;

    owner_connect(&o);
    sock_cancel(&o.sock, &o.sock.recv);
    receive(&o, space, sizeof(space), NULL, &got);
    sock_cancel(&o.sock, &o.sock.recv);
    ends(&o, 0, WH_E_CANCELLED, 0, "cancelled");
    receive(&o, space, sizeof(space), NULL, &got);
    send(o.peer, "x", 1, 0);
    ends(&o, 0, WH_OK, 1, "the next one after a cancelled one");

    receive(&o, space, sizeof(space), NULL, &got);
    AcquireSRWLockExclusive(&o.lock);
    sock_close(&o.sock, false);
    tap_ok(sock_busy(&o.sock), "closed while pending: still busy");
    ReleaseSRWLockExclusive(&o.lock);
    ends(&o, 0, WH_E_CANCELLED, 0, "closed while pending");
    owner_end(&o);
}

/* HOUSE: synchronous calls. */
static void test_recv_event(void)
{
    struct owner o;
    HANDLE event = room_event();
    char space[16];
    size_t got = 99;

    owner_connect(&o);
    SAME(receive(&o, space, sizeof(space), event, &got), WH_AGAIN, "a receive with an event is pending");
    SAME(sock_result(&o.sock.recv, &got), WH_AGAIN, "and has no result");
    send(o.peer, "later", 5, 0);
    tap_ok(room_wait(event), "bytes set the event");
    SAME(sock_result(&o.sock.recv, &got), WH_OK, "then it has a result");
    tap_ok(got == 5 && memcmp(space, "later", 5) == 0 && !sock_busy(&o.sock), "the bytes are there");

    send(o.peer, "now", 3, 0);
    await_arrival(&o);
    SAME(receive(&o, space, sizeof(space), event, &got), WH_OK, "done at once with an event");
    SAME(got, 3, "the bytes are there");

    receive(&o, space, sizeof(space), event, &got);
    take_back(&o.sock.recv, event);
    SAME(sock_result(&o.sock.recv, &got), WH_E_CANCELLED, "reaped");
    take_back(&o.sock.recv, event);

    /* Somebody wakes the call by its event at the same time. */
    receive(&o, space, sizeof(space), event, &got);
    SetEvent(event);
    SAME(sock_result(&o.sock.recv, &got), WH_AGAIN, "an event set by somebody else is no result");
    take_back(&o.sock.recv, event);
    SAME(sock_result(&o.sock.recv, &got), WH_E_CANCELLED, "reaped with its event set");

    /* What came before the cancellation is not lost. */
    receive(&o, space, sizeof(space), event, &got);
    send(o.peer, "kept", 4, 0);
    room_wait(event);
    take_back(&o.sock.recv, event);
    SAME(sock_result(&o.sock.recv, &got), WH_OK, "reaped after bytes have come");
    SAME(got, 4, "they are there");

    receive(&o, space, sizeof(space), event, &got);
    shutdown(o.peer, SD_SEND);
    room_wait(event);
    SAME(sock_result(&o.sock.recv, &got), WH_OK, "FIN");
    SAME(got, 0, "brings nothing");
    SAME(o.sinks[0], 0, "none of these made a packet");
    owner_end(&o);

    owner_connect(&o);
    receive(&o, space, sizeof(space), event, &got);
    sock_close(&o.sock, false);
    tap_ok(room_wait(event), "closing sets the event of a pending receive");
    SAME(sock_result(&o.sock.recv, &got), WH_E_CANCELLED, "which is cancelled");
    owner_end(&o);

    owner_connect(&o);
    receive(&o, space, sizeof(space), event, &got);
    abort_peer(&o);
    room_wait(event);
    SAME(sock_result(&o.sock.recv, &got), WH_E_CLOSED, "reset");
    owner_end(&o);
    CloseHandle(event);
}

static DWORD WINAPI issue_thread(void *arg)
{
    static char space[16];
    size_t got;

    return receive(arg, space, sizeof(space), NULL, &got) != WH_AGAIN;
}

static void test_recv_thread_ends(void)
{
    struct owner o;
    HANDLE thread;

    owner_connect(&o);
    thread = CreateThread(NULL, 0, issue_thread, &o, 0, NULL);
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
    send(o.peer, "alive", 5, 0);
    ends(&o, 0, WH_OK, 5, "HOUSE: the thread that issued it has ended");
    owner_end(&o);
}

int main(void)
{
    owners_start();
    test_recv();
    test_recv_fin();
    test_recv_reset();
    test_recv_cancel();
    test_recv_event();
    test_recv_thread_ends();
    owners_end();
    return tap_done();
}
