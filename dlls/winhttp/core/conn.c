/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The crank and what feeds it. Steps, in the order of HOUSE.md: up (open, or chain and user), down (send), receive,
 * deadline. No step calls an earlier one; only the loop in conn_crank goes back, when a receive brought bytes at once.
 */
#include "core/conn.h"
#include <assert.h>
#include <string.h>
#include "base/mem.h"
#include "core/pool.h"
#include "core/wait.h"
#include "io/clock.h"
#include "sys/trust_engine.h"

static void run_task(struct task *t);
static void run_timer(struct task *t);
static void on_io(struct sock_op *op);

void conn_start(void)
{
    loop_set_sink(on_io);
    loop_set_end(trust_engine_forget);
}

enum wh_err conn_create(const struct conn_target *target, const struct settings *settings, struct conn **out)
{
    struct conn *c = mem_zalloc(sizeof(*c));

    if (!c || loop_hold() != WH_OK) {
        mem_free(c);
        return WH_E_NOMEM;
    }
    c->refs = 1;
    lock_init(&c->lock, LOCK_CONN);
    c->target = *target;
    c->settings = *settings;
    list_init(&c->pool_node);
    sock_init(&c->sock, c);
    chain_init(&c->chain, CONN_IN_LIMIT, CONN_OUT_LIMIT);
    timer_init(&c->timer, run_timer);
    c->timer_due = c->open_deadline = c->linger_deadline = TIMER_NEVER;
    c->task.run = run_task;
    *out = c;
    return WH_OK;
}

struct conn *conn_ref(struct conn *c)
{
    InterlockedIncrement(&c->refs);
    return c;
}

void conn_unref(struct conn *c)
{
    if (InterlockedDecrement(&c->refs))
        return;
    assert(!c->user && !c->seat && !sock_busy(&c->sock));
    sock_close(&c->sock, false);
    chain_destroy(&c->chain);
    if (c->lookup)
        resolve_free(c->lookup);
    trust_verdict_clear(&c->verdict);
    mem_free(c->target.host);
    mem_free(c->target.alias);
    mem_free(c->target.tls_host);
    mem_free(c);
    loop_release();
}

void conn_lock(struct conn *c)
{
    lock_exclusive(&c->lock);
}

void conn_unlock(struct conn *c)
{
    unlock_exclusive(&c->lock);
}

void conn_bind(struct conn *c, struct conn_user *u)
{
    assert(!c->user && !u->conn);
    c->user = u;
    u->conn = conn_ref(c);
}

void conn_unbind(struct conn *c)
{
    c->user->conn = NULL;
    c->user = NULL;
}

struct conn *user_lock(struct conn_user *u)
{
    struct conn *c;

    lock_exclusive(&u->object->lock);
    c = u->conn;
    if (!c)
        return NULL;
    conn_lock(conn_ref(c));
    unlock_exclusive(&u->object->lock);
    return c;
}

void user_unlock(struct conn_user *u, struct conn *c)
{
    if (!c) {
        unlock_exclusive(&u->object->lock);
        return;
    }
    conn_unlock(c);
    conn_unref(c);
}

bool conn_flushed(const struct conn *c)
{
    struct chain *chain = (struct chain *)&c->chain;

    return !c->tx_busy && !buf_len(&c->chain.wire_out) && !buf_len(chain_out(chain));
}

bool conn_ended(const struct conn *c)
{
    return c->chain.eof;
}

int conn_net_error(const struct conn *c, enum wh_err err)
{
    return err == WH_E_NAME || err == WH_E_CONNECT || err == WH_E_CLOSED || err == WH_E_TIMEOUT ? c->net_error : 0;
}

size_t conn_out_room(struct conn *c)
{
    return buf_room(chain_out(&c->chain));
}

/* n bytes are in the chain, or with n == 0 there will be no more. */
static void arrived(struct conn *c, enum wh_err err, size_t n)
{
    if (n) {
        c->rx_count += n;
        c->rx_last = clock_ms();
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
static void received(struct conn *c, enum wh_err err, size_t n)
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
        c->rx_large = n == c->rx_size;
    arrived(c, err, n);
}

static void sent(struct conn *c, enum wh_err err, size_t n)
{
    if (err != WH_OK) {
        c->tx_error = err;
        c->net_error = c->sock.last_error;
        return;
    }
    buf_consume(&c->chain.wire_out, n);
    c->tx_last = clock_ms();
}

/* An operation's packet or event came. WH_AGAIN: the kernel still has it. Its reference is the caller's to drop. */
static enum wh_err io_ended(struct conn *c, struct sock_op *op)
{
    size_t n = 0;
    enum wh_err err = sock_result(op, &n);

    if (err == WH_AGAIN)
        return err;
    switch (op->kind) {
    case SOCK_OP_RECV:
        received(c, err, n);
        break;
    case SOCK_OP_SEND:
        c->tx_busy = 0;
        sent(c, err, n);
        break;
    case SOCK_OP_CONNECT:
        c->connect_done = true;
        c->connect_err = err;
        break;
    }
    return WH_OK;
}

static void on_io(struct sock_op *op)
{
    struct conn *c = op->sock->owner;

    conn_lock(c);
    io_ended(c, op);
    conn_crank(c, CRANK_ALL, NULL);
    conn_unlock_deliver(c);
    conn_unref(c);
}

/* Step down: as long as the kernel takes bytes at once, the user may add more. */
static void step_down(struct conn *c)
{
    struct span v[SOCK_SEND_SPANS];
    size_t count, total, n;
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
        total = buf_spans(&c->chain.wire_out, v, SOCK_SEND_SPANS, &count);
        if (!total) {
            if (c->tx_error == WH_OK)
                return;
            continue;
        }
        err = sock_send(&c->sock, v, count, NULL, &n);
        if (err == WH_AGAIN) {
            c->tx_busy = total;
            conn_ref(c);
            return;
        }
        sent(c, err, n);
    }
}

static bool wants_bytes(const struct conn *c)
{
    switch (c->state) {
    case CONN_SECURING:
    case CONN_LINGER:
        return true;
    case CONN_OPEN:
        return c->user && c->user->ops->wants(c->user);
    default:
        return false;
    }
}

/* Step receive: true if bytes, or the end, came at once. */
static bool step_receive(struct conn *c, HANDLE event)
{
    size_t want = c->rx_large ? BUF_CHUNK_LARGE : BUF_CHUNK_SMALL, n;
    enum wh_err err;

    if (c->sock.recv.pending || c->rx_ended || !wants_bytes(c))
        return false;
    if (c->rx_event != event && c->rx_event) {
        SetEvent(c->rx_event);
        return false;
    }
    err = buf_reserve(&c->chain.wire_in, want, &c->rx_space, &c->rx_size);
    if (err == WH_E_FULL)
        return false;
    if (err == WH_OK)
        err = sock_recv(&c->sock, c->rx_space, c->rx_size, c->rx_event, &n);
    else
        n = 0;
    if (err == WH_AGAIN) {
        conn_ref(c);
        return false;
    }
    received(c, err, n);
    return true;
}

static void turn_chain(struct conn *c)
{
    enum wh_err err = chain_turn(&c->chain);

    if (err == WH_OK || err == WH_AGAIN || c->chain.eof)
        return;
    c->rx_ended = c->chain.eof = true;
    c->rx_error = err;
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
    turn_chain(c);
    return true;
}

/* A user's turn. Over TLS what it took may let the chain decrypt more without a byte from the wire. */
static void step_user(struct conn *c)
{
    size_t before;

    do {
        turn_chain(c);
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

/* Step deadline: the timer only ever moves earlier here; one that fires too early is set anew (io/timer.h). */
static void step_deadline(struct conn *c)
{
    uint64_t due = conn_deadline(c);

    if (c->rx_event || due >= c->timer_due || c->state == CONN_DEAD)
        return;
    if (c->timer_due <= clock_ms())
        return; /* it has fired, or is about to: run_timer looks again, and its task must not be posted twice */
    c->timer_due = due;
    conn_ref(c);
    if (!timer_set(&c->timer, due))
        conn_unref(c);
}

void conn_idle_until(struct conn *c, uint64_t due)
{
    c->linger_deadline = due;
    step_deadline(c);
}

void conn_trim(struct conn *c)
{
    chain_trim(&c->chain);
    c->rx_large = false;
}

void conn_crank(struct conn *c, unsigned what, HANDLE event)
{
    assert(!c->cranking);
    c->cranking = true;
    if (what & CRANK_UP) {
        do {
            step_up(c, event);
            step_down(c);
        } while (step_receive(c, event));
    } else {
        step_down(c);
    }
    if (c->state == CONN_LINGER)
        step_linger_end(c);
    step_deadline(c);
    c->cranking = false;
}

void conn_unlock_deliver(struct conn *c)
{
    struct object *o = c->user ? object_ref(c->user->object) : NULL;
    void (*follow_up)(struct object *) = c->user ? c->user->ops->follow_up : NULL;

    conn_unlock(c);
    if (!o)
        return;
    if (follow_up)
        follow_up(o);
    if (o->async)
        notify_deliver(o);
    object_unref(o);
}

void conn_post(struct conn *c)
{
    if (c->rx_event) {
        SetEvent(c->rx_event);
    } else if (!c->task_posted) {
        c->task_posted = true;
        conn_ref(c);
        loop_post(&c->task);
    }
}

static void run_task(struct task *t)
{
    struct conn *c = container_of(t, struct conn, task);

    conn_lock(c);
    c->task_posted = false;
    conn_crank(c, CRANK_ALL, NULL);
    conn_unlock_deliver(c);
    conn_unref(c);
}

void conn_expire(struct conn *c, uint64_t now)
{
    if (c->state < CONN_OPEN && now >= c->open_deadline)
        conn_open_expired(c);
    else if (c->state == CONN_LINGER && now >= c->linger_deadline)
        conn_kill(c);
    else if (c->state == CONN_POOLED && now >= c->linger_deadline)
        pool_expire(c);
    else if (c->state == CONN_OPEN && c->user)
        c->user->ops->expired(c->user, now);
}

static void run_timer(struct task *t)
{
    struct conn *c = container_of(container_of(t, struct timer, task), struct conn, timer);

    conn_lock(c);
    c->timer_due = TIMER_NEVER;
    conn_expire(c, clock_ms());
    conn_crank(c, CRANK_ALL, NULL);
    conn_unlock_deliver(c);
    conn_unref(c);
}

static void reap_op(struct conn *c, struct sock_op *op)
{
    if (op->pending && op->evented && io_ended(c, op) == WH_OK)
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
        wait_until(event, TIMER_NEVER);
        conn_lock(c);
    }
}

void conn_leave(struct conn *c, HANDLE event)
{
    take_back(c, &c->sock.recv, event);
    take_back(c, &c->sock.send, event);
    conn_reap(c);
    if (c->rx_event == event)
        c->rx_event = NULL;
    if (c->rx_event)
        SetEvent(c->rx_event); /* another call has been waiting for its turn to receive */
    else if (wants_bytes(c))
        conn_post(c); /* what was left to this call, a farewell perhaps, goes to a worker */
    step_deadline(c);
}

void conn_linger(struct conn *c, bool fin)
{
    assert(!c->user);
    if (c->state != CONN_OPEN || c->tx_error != WH_OK) {
        conn_kill(c);
        return;
    }
    c->state = CONN_LINGER;
    limit_give(c->seat);
    c->seat = NULL;
    c->linger_fin = fin;
    c->linger_left = CONN_LINGER_BYTES;
    c->linger_deadline = deadline_in(CONN_LINGER_MS);
    conn_post(c);
}

void conn_kill(struct conn *c)
{
    bool resting = c->state == CONN_POOLED;
    struct limit_server *seat = c->seat;

    if (c->state == CONN_DEAD)
        return;
    c->state = CONN_DEAD;
    c->seat = NULL;
    c->open_deadline = c->linger_deadline = TIMER_NEVER;
    if (c->lookup && !c->lookup_done)
        resolve_cancel(c->lookup);
    sock_close(&c->sock, false);
    if (resting)
        limit_wake(seat);
    else
        limit_give(seat);
    if (timer_clear(&c->timer)) {
        c->timer_due = TIMER_NEVER;
        conn_unref(c);
    }
}
