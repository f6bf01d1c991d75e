/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * io_send: sends, with every ending that they can have (dlls/winhttp/io/sock.h).
 */
#include "io_owner.h"

static void test_send(void)
{
    struct owner o;
    struct span v[SOCK_SEND_SPANS];
    char space[64] = "";
    size_t sent = 99;
    int end, n;

    owner_connect(&o);
    for (size_t i = 0; i < SOCK_SEND_SPANS; i++)
        v[i] = span_make("0123456789" + i, 10 - i);
    v[3].n = 0;
    SAME(send_spans(&o, v, SOCK_SEND_SPANS, NULL, &sent), WH_OK, "a small send is done at once");
    SAME(sent, 10 + 9 + 8 + 6 + 5 + 4 + 3, "all of it");
    n = recv(o.peer, space, sizeof(space), 0);
    tap_ok(n == 45 && memcmp(space, "012345678912345678923456789456789567896789789", 45) == 0, "gathered in order");

    SAME(send_big(&o, NULL), WH_AGAIN, "a send larger than the kernel's buffers is pending");
    sock_shutdown_send(&o.sock);
    SAME(drain_peer(&o, &end), BIG, "the peer gets all of it");
    SAME(end, 0, "and then the FIN that was asked for meanwhile");
    ends(&o, 1, WH_OK, BIG, "taken by the kernel later");
    SAME(o.sinks[1], 0, "nothing else made a packet");
    owner_end(&o);
}

static void test_send_cancel(void)
{
    struct owner o;
    HANDLE event = room_event();
    size_t sent = 99;

    owner_connect(&o);
    send_big(&o, NULL);
    sock_cancel(&o.sock, &o.sock.send);
    ends(&o, 1, WH_E_CANCELLED, 0, "cancelled");
    owner_end(&o);

    owner_connect(&o);
    send_big(&o, NULL);
    AcquireSRWLockExclusive(&o.lock);
    sock_close(&o.sock, true);
    ReleaseSRWLockExclusive(&o.lock);
    ends(&o, 1, WH_E_CANCELLED, 0, "closed while pending");
    owner_end(&o);

    owner_connect(&o);
    SAME(send_big(&o, event), WH_AGAIN, "a large send with an event is pending");
    take_back(&o.sock.send, event);
    SAME(sock_result(&o.sock.send, &sent), WH_E_CANCELLED, "reaped");
    SAME(o.sinks[1], 0, "no packet");
    owner_end(&o);
    CloseHandle(event);
}

static void test_send_reset(void)
{
    struct owner o;
    struct span v = span_str("x");
    char space[1];
    size_t moved = 99;
    enum wh_err err;

    owner_connect(&o);
    send_big(&o, NULL);
    abort_peer(&o);
    ends(&o, 1, WH_E_CLOSED, 0, "reset while pending");
    owner_end(&o);

    owner_connect(&o);
    receive(&o, space, sizeof(space), NULL, &moved);
    abort_peer(&o);
    room_wait(o.event[0]);
    err = send_spans(&o, &v, 1, NULL, &moved);
    SAME(err, WH_E_CLOSED, "send behind a reset");
    SAME(moved, 99, "outputs are left alone");
    SAME(sock_try_send(&o.sock, &v, 1, &moved), WH_E_CLOSED, "attempt behind a reset");
    owner_end(&o);
}

static void test_try_send(void)
{
    struct owner o;
    struct span v = span_make(big, BIG);
    enum wh_err err;
    size_t total = 0, sent, seen;
    int end;

    owner_connect(&o);
    while ((err = sock_try_send(&o.sock, &v, 1, &sent)) == WH_OK)
        total += sent;
    SAME(err, WH_AGAIN, "attempts to send end when the kernel is full");
    tap_ok(total > 0, "something went out");
    sock_shutdown_send(&o.sock);
    seen = drain_peer(&o, &end);
    SAME(seen, total, "the peer gets what was said to be sent");
    owner_end(&o);
}

/* Both at once, and both cancelled by one close. */
static void test_both(void)
{
    struct owner o;
    char space[16];
    size_t got;

    owner_connect(&o);
    SAME(receive(&o, space, sizeof(space), NULL, &got), WH_AGAIN, "a receive is pending");
    SAME(send_big(&o, NULL), WH_AGAIN, "and a send");
    send(o.peer, "full duplex", 11, 0);
    ends(&o, 0, WH_OK, 11, "while the send is pending");
    receive(&o, space, sizeof(space), NULL, &got);
    AcquireSRWLockExclusive(&o.lock);
    sock_close(&o.sock, false);
    ReleaseSRWLockExclusive(&o.lock);
    ends(&o, 0, WH_E_CANCELLED, 0, "closed with both pending");
    ends(&o, 1, WH_E_CANCELLED, 0, "closed with both pending");
    owner_end(&o);
}

int main(void)
{
    owners_start();
    test_send();
    test_send_cancel();
    test_send_reset();
    test_try_send();
    test_both();
    owners_end();
    return tap_done();
}
