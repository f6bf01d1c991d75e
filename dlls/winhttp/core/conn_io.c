/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the kernel does for a connection: receives and sends, issued and reaped; contract in conn_inner.h. Bytes go from
 * the socket into the chain's wire_in and from its wire_out to the socket; in bulk, and where no floor is in between,
 * also between the socket and a caller's buffer, but never by an operation that can pend.
 */
#include "core/conn_inner.h"
#include "core/wait.h"
#include "io/event.h"

/* n bytes have come where there was room for so many: what that says of how much more there is. much: see CONN_BURST.
 */
static void expect(struct conn *c, size_t n, size_t room, size_t much)
{
    if (n >= much)
        c->rx_burst = CONN_IN_LIMIT;
    else
        c->rx_burst = n == room ? BUF_CHUNK_LARGE : 0;
}

/* n bytes are in the chain, or with n == 0 there will be no more. */
static void arrived(struct conn *c, enum wh_err err, size_t n)
{
    if (n) {
        c->rx_count += n;
        c->rx_last = conn_now(c);
        return;
    }
    chain_wire_eof(&c->chain);
    if (c->rx_ended)
        return; /* the reason why is the first, and what came later its consequence */
    c->rx_ended = true;
    c->rx_error = err;
    c->net_error = c->sock.last_error;
}

/* The receive under way has ended, or there was no memory for one; its space goes to the chain. */
static void received(struct conn *c, enum wh_err err, size_t n, size_t much)
{
    if (err != WH_OK)
        n = 0;
    if (c->rx_space)
        buf_commit(&c->chain.wire_in, n);
    c->rx_space = NULL;
    /* A synchronous call has left and taken its receive with it: the next one goes on where that stood. */
    if (err == WH_E_CANCELLED && c->state != CONN_DEAD)
        return;
    if (n)
        expect(c, n, c->rx_size, much);
    arrived(c, err, n);
}

/* The kernel has taken bytes, or will take no more. */
static void sent(struct conn *c, enum wh_err err)
{
    if (err != WH_OK) {
        c->tx_error = err;
        c->net_error = c->sock.last_error;
        return;
    }
    c->tx_moved = true;
}

enum wh_err conn_io_ended(struct conn *c, struct sock_op *op)
{
    size_t n = 0;
    enum wh_err err = sock_result(op, &n);

    if (err == WH_AGAIN)
        return err;
    switch (op->kind) {
    case SOCK_OP_RECV:
        received(c, err, n, BUF_CHUNK_LARGE);
        break;
    case SOCK_OP_SEND:
        c->tx_busy = 0;
        buf_consume(&c->chain.wire_out, n);
        sent(c, err);
        break;
    case SOCK_OP_CONNECT:
        c->connect_done = true;
        c->connect_err = err;
        break;
    }
    return WH_OK;
}

bool conn_send_some(struct conn *c)
{
    struct span v[SOCK_SEND_SPANS];
    size_t count, n = 0, total = buf_spans(&c->chain.wire_out, v, SOCK_SEND_SPANS, &count);
    enum wh_err err;

    if (!total)
        return false;
    err = sock_send(&c->sock, v, count, NULL, &n);
    if (err == WH_AGAIN) {
        c->tx_busy = total;
        conn_ref(c);
        return false;
    }
    buf_consume(&c->chain.wire_out, n);
    sent(c, err);
    return true;
}

/* In parts, for Windows, and Wine since its version 10, let a non-blocking send take all of a buffer once there is any
 * room: what the peer does not read would count as sent, however much it is. */
size_t conn_send_direct(struct conn *c, struct span s)
{
    size_t sum = 0, n = 0;

    if (c->chain.top || c->tx_busy || c->tx_error != WH_OK || buf_len(&c->chain.wire_out))
        return 0;
    while (sum < s.n) {
        struct span part = span_make(s.p + sum, s.n - sum < CONN_OUT_LIMIT ? s.n - sum : CONN_OUT_LIMIT);
        enum wh_err err = sock_try_send(&c->sock, &part, 1, &n);

        if (err == WH_AGAIN)
            break;
        sent(c, err);
        if (err != WH_OK)
            break;
        sum += n;
        if (n < part.n)
            break;
    }
    return sum;
}

/* Plain bytes that somebody waits for. */
static uint64_t bytes_due(const struct conn *c)
{
    return c->state == CONN_OPEN && c->user ? c->user->ops->due(c->user) : 0;
}

/* Where bytes that pass no floor may land with the caller: he takes all that is due, or as much as the connection
 * would; less is better copied than fetched apart. NULL: nowhere. */
static uint8_t *straight_room(const struct conn *c, uint64_t due, size_t *room)
{
    uint8_t *p;

    if (due < BUF_CHUNK_LARGE || c->chain.top)
        return NULL;
    p = c->user->ops->room(c->user, room);
    return *room < due && *room < CONN_IN_LIMIT ? NULL : p;
}

/*
 * Little as long as nothing is known to come, for a connection that waits shall hold little; more where there is more.
 * One call costs as much as copying a large chunk; what waits for bytes that may land with the caller takes no more of
 * them than is copied for less than that.
 */
static size_t receive_size(const struct conn *c, uint64_t due)
{
    size_t room;

    if (straight_room(c, due, &room))
        return CONN_FORERUNNER;
    if (due < BUF_CHUNK_LARGE)
        return BUF_CHUNK_SMALL;
    return c->rx_burst ? CONN_IN_LIMIT : BUF_CHUNK_LARGE;
}

/*
 * Straight to the caller, by attempts, so that the kernel never holds his buffer: where the last receive came back full
 * or brought much, for otherwise there is hardly anything yet and the attempt a call too many. True: bytes, or the end,
 * came.
 */
static bool receive_straight(struct conn *c, uint64_t due)
{
    size_t room, n = 0;
    enum wh_err err;
    uint8_t *p;

    if (!c->rx_burst || buf_len(&c->chain.wire_in) || !(p = straight_room(c, due, &room)))
        return false;
    err = sock_try_recv(&c->sock, p, room, &n);
    expect(c, n, room, BUF_CHUNK_LARGE);
    if (err == WH_AGAIN)
        return false;
    arrived(c, err, n);
    if (n)
        c->user->ops->landed(c->user, n);
    return true;
}

/*
 * The last receive came back full, but nothing is known to come: much is asked for by an attempt, for what waits shall
 * not hold so much. True: bytes, or the end, came.
 */
static bool receive_burst(struct conn *c, uint64_t due)
{
    size_t n = 0;
    enum wh_err err;

    if (!c->rx_burst || due >= BUF_CHUNK_LARGE ||
        buf_reserve(&c->chain.wire_in, c->rx_burst, &c->rx_space, &c->rx_size) != WH_OK)
        return false;
    err = sock_try_recv(&c->sock, c->rx_space, c->rx_size, &n);
    if (err != WH_AGAIN) {
        received(c, err, n, CONN_BURST);
        return true;
    }
    buf_commit(&c->chain.wire_in, 0);
    c->rx_space = NULL;
    c->rx_burst = 0;
    return false;
}

/* A receive into the chain. WH_AGAIN: it is under way. WH_OK: it has brought bytes or the end, or there was no memory.
 * WH_E_FULL: there is no room. */
static enum wh_err receive(struct conn *c, size_t size, HANDLE event)
{
    size_t n = 0;
    enum wh_err err = buf_reserve(&c->chain.wire_in, size, &c->rx_space, &c->rx_size);

    if (err == WH_E_FULL)
        return err;
    if (err == WH_OK)
        err = sock_recv(&c->sock, c->rx_space, c->rx_size, event, &n);
    if (err == WH_AGAIN) {
        conn_ref(c);
        return err;
    }
    received(c, err, n, BUF_CHUNK_LARGE);
    return WH_OK;
}

bool conn_receive_some(struct conn *c, HANDLE event)
{
    uint64_t due;

    if (c->sock.recv.pending || c->rx_ended || !conn_wants_bytes(c))
        return false;
    if (c->rx_event != event && c->rx_event) {
        SetEvent(c->rx_event);
        return false;
    }
    due = bytes_due(c);
    return receive_straight(c, due) || receive_burst(c, due) || receive(c, receive_size(c, due), c->rx_event) == WH_OK;
}

bool conn_probe(struct conn *c, bool async)
{
    if (!async && !c->own_event && !(c->own_event = event_take()))
        return false;
    for (unsigned i = 0; i < CONN_PROBES; i++) {
        enum wh_err err = receive(c, BUF_CHUNK_SMALL, async ? NULL : c->own_event);

        if (err == WH_AGAIN)
            return !sock_done(&c->sock.recv);
        conn_turn_chain(c);
        if (err != WH_OK || c->rx_ended || conn_ended(c) || buf_len(chain_in(&c->chain)))
            return false;
    }
    return false;
}

static bool is_recent(struct conn *c)
{
    return conn_now(c) < c->rx_last + CONN_WARM_MS;
}

void conn_follow(struct conn *c)
{
    c->followed = is_recent(c) ? c->followed + 1 : 0;
}

bool conn_warm(struct conn *c)
{
    return c->followed > CONN_WARM_AFTER && is_recent(c);
}

bool conn_spoken(struct conn *c)
{
    conn_reap(c);
    if (c->sock.recv.pending)
        return !c->chain.top && sock_done(&c->sock.recv);
    conn_turn_chain(c);
    if (c->rx_ended || conn_ended(c) || buf_len(chain_in(&c->chain)))
        return true;
    return !conn_warm(c) && !conn_probe(c, c->user->object->async);
}

bool conn_pull(struct conn *c)
{
    uint8_t bytes[CONN_PULL];
    size_t n = 0;
    enum wh_err err;

    if (sock_busy(&c->sock) || c->rx_ended || buf_room(&c->chain.wire_in) < sizeof(bytes))
        return false;
    err = sock_try_recv(&c->sock, bytes, sizeof(bytes), &n);
    if (err == WH_AGAIN)
        return false;
    if (n)
        err = buf_append(&c->chain.wire_in, span_make(bytes, n));
    arrived(c, err, err == WH_OK ? n : 0);
    conn_turn_chain(c);
    return true;
}

static void reap_op(struct conn *c, struct sock_op *op)
{
    if (op->pending && op->evented && conn_io_ended(c, op) == WH_OK)
        conn_unref(c);
}

void conn_reap(struct conn *c)
{
    reap_op(c, &c->sock.recv);
    reap_op(c, &c->sock.send);
}

static bool ends_by(const struct sock_op *op, HANDLE event)
{
    return op->pending && op->evented && ((ULONG_PTR)op->ov.hEvent & ~(ULONG_PTR)1) == (ULONG_PTR)event;
}

/* Lock held on entry and return, not while the kernel is waited for; somebody else may reap the operation meanwhile. */
static void take_back(struct conn *c, struct sock_op *op, HANDLE event)
{
    while (ends_by(op, event) && !sock_take_back(op)) {
        conn_unlock(c);
        wait_until(event, NULL, 0, TIMER_NEVER);
        conn_lock(c);
    }
}

HANDLE conn_own_receive(const struct conn *c)
{
    return ends_by(&c->sock.recv, c->own_event) ? c->own_event : NULL;
}

void conn_settle(struct conn *c)
{
    if (c->state != CONN_DEAD)
        return;
    take_back(c, &c->sock.recv, c->own_event);
    conn_reap(c);
    if (c->own_event)
        SetEvent(c->own_event); /* a worker and a call that leaves may both have waited, and one of them was woken */
}

void conn_leave(struct conn *c, HANDLE event)
{
    take_back(c, &c->sock.recv, event);
    take_back(c, &c->sock.send, event);
    conn_reap(c);
    conn_settle(c);
    if (c->rx_event == event)
        c->rx_event = NULL;
    if (c->rx_event)
        SetEvent(c->rx_event); /* another call has been waiting for its turn to receive */
    else if (conn_wants_bytes(c))
        conn_post(c); /* what was left to this call, a farewell perhaps, goes to a worker */
    crank_deadline(c);
}
