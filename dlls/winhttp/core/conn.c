/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A connection's life and its ends: made, locked, lent to a user, left to itself, closed. What moves bytes is in
 * conn_crank.c and conn_io.c.
 */
#include "core/conn_inner.h"
#include <assert.h>
#include <string.h>
#include "base/mem.h"
#include "core/pool.h"
#include "core/resume.h"
#include "core/spare.h"
#include "core/wait.h"
#include "io/clock.h"
#include "io/event.h"
#include "sys/trust_engine.h"

/* The loop has gone: so does what was kept from connection to connection. */
static void forget(void)
{
    resume_forget();
    trust_engine_forget();
    spare_forget();
}

void conn_start(void)
{
    loop_set_sink(crank_io, forget);
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
    timer_init(&c->timer, crank_timer);
    c->timer_due = c->open_deadline = c->linger_deadline = TIMER_NEVER;
    c->task.run = crank_task;
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
    resume_unshare(c->share);
    event_give(c->own_event);
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
    c->now = 0;
}

uint64_t conn_now(struct conn *c)
{
    if (!c->now)
        c->now = clock_ms();
    return c->now;
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
    struct conn *c = u->line;

    if (c) {
        conn_lock(c);
        if (c->user == u)
            return c;
        conn_unlock(c); /* it has been let go, and no other takes its place */
    }
    lock_exclusive(&u->object->lock);
    c = u->conn;
    if (!c)
        return NULL;
    conn_lock(conn_ref(c));
    unlock_exclusive(&u->object->lock);
    if (u->line)
        conn_unref(c); /* it has become the line just now, which keeps it alive */
    return c;
}

void user_unlock(struct conn_user *u, struct conn *c)
{
    if (!c) {
        unlock_exclusive(&u->object->lock);
        return;
    }
    conn_unlock(c);
    if (!u->line)
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

void conn_idle_until(struct conn *c, uint64_t due)
{
    c->linger_deadline = due;
    crank_deadline(c);
}

void conn_trim(struct conn *c)
{
    chain_trim(&c->chain);
    c->rx_burst = 0;
}

void conn_unlock_deliver(struct conn *c)
{
    struct object *o = c->user ? object_ref(c->user->object) : NULL;
    void (*follow_up)(struct object *) = o && c->user->ops->undecided(c->user) ? c->user->ops->follow_up : NULL;

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
    if (conn_own_receive(c))
        conn_post(c); /* somebody has to see its end */
    if (resting)
        limit_wake(seat);
    else
        limit_give(seat);
    if (timer_clear(&c->timer)) {
        c->timer_due = TIMER_NEVER;
        conn_unref(c);
    }
}
