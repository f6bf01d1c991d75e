/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The crank, and the three that turn it without a call of the application: a packet of the port, a task, the timer.
 * Steps, in the order of HOUSE.md: up (open, or chain and user), down (send), receive, deadline. No step calls an
 * earlier one; only the loop in conn_crank goes back, when a receive brought bytes at once, or had brought them early.
 */
#include "core/conn_inner.h"
#include <assert.h>

/* Receives that may bring something before somebody else has a turn with the connection's lock, and its deadlines are
 * looked at: a peer that talks faster than we listen must not keep a thread. Some megabytes, for a hop of 100 us. */
#define CRANK_ROUNDS 64u

/* As long as the kernel takes bytes at once, the user may add more. */
static void send_all(struct conn *c)
{
    enum wh_err err;

    for (;;) {
        if (c->state == CONN_OPEN && c->user)
            c->user->ops->down(c->user);
        if (c->tx_error != WH_OK)
            conn_open_unsent(c);
        if (c->tx_error != WH_OK || c->tx_busy || c->state < CONN_SECURING || c->state == CONN_DEAD)
            return;
        err = chain_send(&c->chain);
        if (err != WH_OK && err != WH_AGAIN)
            c->tx_error = err;
        if (!conn_send_some(c) && c->tx_error == WH_OK)
            return;
    }
}

/* Step down. A limit of time is only for bytes that wait, so most sends need not know when they were. */
static void step_down(struct conn *c)
{
    send_all(c);
    if (c->tx_moved && !conn_flushed(c))
        c->tx_last = conn_now(c);
    c->tx_moved = false;
}

bool conn_wants_bytes(const struct conn *c)
{
    switch (c->state) {
    case CONN_SECURING:
        return true;
    case CONN_LINGER:
        return c->linger_left != 0;
    case CONN_OPEN:
        return c->user && c->user->ops->wants(c->user);
    default:
        return false;
    }
}

void conn_turn_chain(struct conn *c)
{
    enum wh_err err = chain_turn(&c->chain);

    if (err == WH_OK || err == WH_AGAIN || c->chain.eof)
        return;
    c->rx_ended = c->chain.eof = true;
    c->rx_error = err;
}

/* What is decrypted is so to where it is wanted, if that is known. Few bytes are better copied than read apart. */
static void land(struct conn *c)
{
    uint64_t due;
    size_t room, n;
    uint8_t *p;

    if (!c->chain.top || !c->user)
        return;
    for (;;) {
        due = c->user->ops->due(c->user);
        p = due >= CONN_LAND_MIN ? c->user->ops->room(c->user, &room) : NULL;
        if (!p || room < CONN_LAND_MIN)
            return;
        n = chain_read(&c->chain, p, room);
        if (!n)
            return;
        c->user->ops->landed(c->user, n);
    }
}

/* A user's turn. Over TLS what it took may let the chain decrypt more without a byte from the wire; and what nobody
 * wants yet stays as it came, for now it could only be decrypted to be copied later. */
static void step_user(struct conn *c)
{
    size_t before;

    do {
        land(c);
        if (!c->chain.top || !c->user || c->user->ops->wants(c->user))
            conn_turn_chain(c);
        before = buf_len(chain_in(&c->chain));
        if (!c->user)
            return;
        c->user->ops->up(c->user);
    } while (c->chain.top && c->user && buf_len(chain_in(&c->chain)) < before && c->user->ops->wants(c->user));
}

/* What the peer still says is dropped. Until our own end has been said the floors look for the peer's in it. */
static void step_linger(struct conn *c)
{
    size_t n = buf_len(&c->chain.wire_in);

    c->linger_left -= n < c->linger_left ? n : c->linger_left;
    do {
        if (c->linger_notified || chain_turn(&c->chain) != WH_OK || c->chain.eof)
            buf_consume(&c->chain.wire_in, buf_len(&c->chain.wire_in));
        n = buf_len(chain_in(&c->chain));
        buf_consume(chain_in(&c->chain), n);
    } while (n && c->chain.top);
}

/* Our end is said if so chosen, and as the answer to the peer's: a TLS server that has said its own waits for ours
 * before it closes the connection (RFC 5246 section 7.2.1). With the FIN came all that it waits for. */
static bool says_end(const struct conn *c)
{
    return !c->linger_notified && (c->linger_fin || (c->chain.eof_clean && !c->rx_ended));
}

/* Behind the step down: what a lingering connection waits for may have happened. */
static void step_linger_end(struct conn *c)
{
    if (c->tx_error == WH_OK && !conn_flushed(c))
        return;
    if (c->tx_error == WH_OK && says_end(c)) {
        c->linger_notified = true;
        chain_shutdown(&c->chain);
        step_down(c);
        if (c->tx_error == WH_OK && !conn_flushed(c))
            return;
    }
    if (c->tx_error != WH_OK || c->rx_ended || !c->linger_left)
        conn_kill(c);
    else if (c->linger_fin && !c->sock.fin_sent)
        sock_shutdown_send(&c->sock);
}

static void step_up(struct conn *c, HANDLE event)
{
    if (c->state < CONN_OPEN)
        conn_open_step(c, event);
    if (c->state == CONN_OPEN)
        step_user(c);
    if (c->state == CONN_LINGER)
        step_linger(c);
}

uint64_t conn_deadline(const struct conn *c)
{
    uint64_t due = c->open_deadline;

    if (c->linger_deadline < due)
        due = c->linger_deadline;
    if (c->state == CONN_OPEN && c->user) {
        uint64_t user = c->user->ops->deadline(c->user);

        if (user < due)
            due = user;
    }
    return due;
}

void crank_deadline(struct conn *c)
{
    uint64_t due;

    if (c->rx_event || c->state == CONN_DEAD)
        return;
    due = conn_deadline(c);
    if (due >= c->timer_due)
        return;
    c->timer_due = due;
    conn_ref(c);
    if (!timer_set(&c->timer, due))
        conn_unref(c);
}

/* What a connection out of the pool receives may be there before anybody wants it (conn_probe): an answer, or the end,
 * that has overtaken what the step down has just finished saying. */
static bool overtaken(struct conn *c)
{
    return conn_wants_bytes(c) && (c->rx_ended || buf_len(&c->chain.wire_in) || buf_len(chain_in(&c->chain)));
}

/* Up and down. True: up again, for what was there is wanted only now. */
static bool up_and_down(struct conn *c, HANDLE event)
{
    bool wanted;

    step_up(c, event);
    wanted = conn_wants_bytes(c);
    step_down(c);
    return !wanted && overtaken(c);
}

void conn_crank(struct conn *c, enum crank what, HANDLE event)
{
    unsigned rounds = 0;

    assert(!c->cranking);
    c->cranking = true;
    if (what == CRANK_DOWN)
        step_down(c);
    else
        while (up_and_down(c, event) || (what == CRANK_ALL && conn_receive_some(c, event)))
            if (++rounds == CRANK_ROUNDS) {
                conn_post(c);
                break;
            }
    if (c->state == CONN_LINGER)
        step_linger_end(c);
    crank_deadline(c);
    c->cranking = false;
}

void crank_io(struct sock_op *op)
{
    struct conn *c = op->sock->owner;

    conn_lock(c);
    conn_io_ended(c, op);
    conn_crank(c, CRANK_ALL, NULL);
    conn_unlock_deliver(c);
    conn_unref(c);
}

void crank_task(struct task *t)
{
    struct conn *c = container_of(t, struct conn, task);

    conn_lock(c);
    c->task_posted = false;
    conn_settle(c);
    conn_crank(c, CRANK_ALL, NULL);
    conn_unlock_deliver(c);
    conn_unref(c);
}

void crank_timer(struct task *t)
{
    struct conn *c = container_of(container_of(t, struct timer, task), struct conn, timer);

    conn_lock(c);
    timer_begun(&c->timer);
    c->timer_due = TIMER_NEVER;
    conn_expire(c, conn_now(c));
    conn_crank(c, CRANK_ALL, NULL);
    conn_unlock_deliver(c);
    conn_unref(c);
}
