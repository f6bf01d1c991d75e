/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How a request comes by its connection, and how it lets it go.
 *
 * Coming: a seat (limit.h), for which it may have to wait; then a connection of the pool, or a new one. Letting go: as
 * soon as the answer has been read to its end, in a follow-up, since then the request's slots are guarded by its own
 * lock; or when the request is sent again, redirected or closed. A connection whose answer has not been read to its end
 * is saved if what is left has arrived already and option 92 allows so much: nobody waits for the network to save a
 * connection, which a new one replaces in one round trip, so that nothing fails with 12184 either (A15, A20, CN9).
 */
#include "base/mem.h"
#include "core/pool.h"
#include "core/process.h"
#include "core/request.h"
#include "core/wait.h"
#include "core/wide.h"
#include "io/clock.h"

/* What is left of the answer has to come off the connection before it may be used again. */
static void drain(struct request *r)
{
    struct conn *c = r->user.conn;
    struct buf *in = chain_in(&c->chain);
    uint64_t may = r->settings.max_response_drain;
    struct span s;

    conn_turn_chain(c);
    while (r->x->ops->keeps(r->x)) {
        enum wh_err err;
        bool known;

        if (r->x->ops->body_left(r->x, &known) > may && known)
            return;
        while ((err = r->x->ops->body_peek(r->x, in, false, &s)) == WH_OK && s.n) {
            if (s.n > may)
                return;
            may -= s.n;
            r->x->ops->body_take(r->x, in, s.n);
        }
        if (err != WH_AGAIN || !conn_pull(c))
            return;
    }
}

/* The server has had all of the request, and we all of the answer. A body in chunks is the application's to end. */
static bool reusable(const struct request *r)
{
    return r->x->ops->reusable(r->x) && (!r->length_known || r->body_written >= r->total_len);
}

void req_drop_conn(struct request *r)
{
    struct conn *c = r->user.conn;
    bool whole = false;

    if (!c)
        return;
    conn_lock(c);
    if ((r->wire == REQ_BODY || r->wire == REQ_AGAIN) && r->head) {
        drain(r);
        whole = reusable(r);
    }
    conn_unbind(c);
    if (!whole || !pool_put(c))
        conn_kill(c);
    conn_unlock(c);
    conn_unref(c);
}

void req_done(struct request *r)
{
    if (!r->x->ops->done(r->x) || (r->request_close && !r->closing_told))
        return;
    if (reusable(r))
        r->turn = TURN_GIVE_BACK;
    else
        conn_kill(r->user.conn); /* CN6, CN10 */
}

void req_give_back(struct request *r)
{
    struct conn *c;
    bool due;

    lock_exclusive(&r->object.lock);
    c = r->user.conn;
    if (c) {
        conn_lock(c);
        due = r->wire == REQ_BODY && r->x->ops->done(r->x); /* it may have been sent again meanwhile */
        conn_unlock(c);
        if (due)
            req_drop_conn(r);
    }
    unlock_exclusive(&r->object.lock);
}

/* A seat for the connection, unless the handle was closed meanwhile. WH_AGAIN: start runs when the turn comes. */
static enum wh_err take_place(struct request *r)
{
    struct limit_ask ask = {.session = object_handle(object_session(&r->object)), .host = r->host, .port = r->port};
    enum wh_err err = WH_E_CANCELLED;

    lock_exclusive(&r->object.lock);
    ask.most = r->settings.max_conns_per_server;
    ask.most_1_0 = r->settings.max_conns_per_1_0_server;
    if (!r->times.at[WinHttpConnectionAcquireStart])
        req_times_mark(&r->times, WinHttpConnectionAcquireStart);
    if (req_sending(r) && !r->object.closed && !r->user.conn) {
        object_ref(&r->object); /* for the turn */
        err = limit_enter(&r->place, &ask);
    }
    unlock_exclusive(&r->object.lock);
    if (err == WH_OK || err == WH_E_NOMEM)
        object_unref(&r->object);
    return err;
}

/* The same, and the seat is the caller's. */
static enum wh_err take_seat(struct request *r, struct limit_server **seat)
{
    enum wh_err err = take_place(r);

    if (err != WH_OK)
        return err;
    lock_exclusive(&r->object.lock);
    *seat = r->place.seat;
    r->place.seat = NULL;
    r->send.since = clock_ms(); /* no time-out counts the wait */
    unlock_exclusive(&r->object.lock);
    return WH_OK;
}

static enum pool_for pool_use(const struct request *r)
{
    if (r->object.async)
        return POOL_FOR_ASYNC;
    return req_repeatable(r) ? POOL_FOR_SYNC_AGAIN : POOL_FOR_SYNC;
}

/* A pooled connection, or a new one that is not open yet; a reference of the caller's. It has the seat. */
static enum wh_err get_conn(struct request *r, struct limit_server *seat, struct conn **out)
{
    struct conn_target target = {.port = r->port, .secure = r->secure};
    struct settings settings;
    enum pool_for use;
    size_t len;
    enum wh_err err = wide_copy(r->host, wide_length(r->host), &target.host);

    lock_shared(&r->object.lock);
    settings = r->settings;
    use = pool_use(r);
    if (err == WH_OK)
        err = wide_copy_or_null(r->alias, &target.alias);
    unlock_shared(&r->object.lock);
    if (err == WH_OK && r->secure)
        err = wide_to_bytes(r->host, wide_length(r->host), (uint8_t **)&target.tls_host, &len);
    if (err == WH_OK)
        *out = r->retried ? NULL : pool_take(&target, &settings, seat, use);
    pool_make_room(seat);
    if (err == WH_OK && !*out && (err = conn_create(&target, &settings, out)) == WH_OK) {
        (*out)->seat = seat;
        return WH_OK; /* it owns the target's strings */
    }
    mem_free(target.host);
    mem_free(target.alias);
    mem_free(target.tls_host);
    return err;
}

/* Gets the connection and binds it, now or when the turn comes, unless the handle was closed meanwhile. */
static void begin(struct request *r)
{
    struct limit_server *seat = NULL;
    struct conn *c = NULL;
    enum wh_err err = take_seat(r, &seat);

    if (err == WH_AGAIN)
        return;
    if (err == WH_OK && (err = get_conn(r, seat, &c)) != WH_OK)
        limit_give(seat);
    lock_exclusive(&r->object.lock);
    req_times_mark(&r->times, WinHttpConnectionAcquireWaitEnd);
    if (c) {
        conn_lock(c);
        if (req_sending(r) && !r->object.closed && !r->user.conn) {
            conn_bind(c, &r->user);
            r->reused = c->state == CONN_OPEN;
            if (r->reused)
                req_opened(r);
        } else {
            conn_kill(c);
        }
        conn_unlock(c);
    }
    if (!r->user.conn && req_sending(r))
        req_break(r, c ? WH_E_CANCELLED : err);
    unlock_exclusive(&r->object.lock);
    if (c)
        conn_unref(c);
}

/* A worker has found that the connection is to be replaced, or has got it in its turn: the call that waits drives the
 * new one. */
static void wake_call(struct request *r)
{
    if (r->send.event)
        SetEvent(r->send.event);
    if (r->recv.event)
        SetEvent(r->recv.event);
}

static void start(struct request *r)
{
    struct conn *c;

    if (r->wire != REQ_AGAIN || req_prepare_again(r))
        begin(r);
    if (r->object.async) {
        c = user_lock(&r->user);
        if (c) {
            conn_crank(c, CRANK_ALL, NULL);
            conn_ref(c);
        }
        user_unlock(&r->user, c);
        if (c)
            conn_unref(c);
        req_follow_up(&r->object);
        notify_deliver(&r->object);
    } else {
        wake_call(r);
    }
    object_unref(&r->object);
}

void req_start_task(struct task *t)
{
    struct request *r = container_of(t, struct request, start);

    InterlockedExchange(&r->start_posted, 0);
    start(r);
}

void req_seated_task(struct task *t)
{
    start(container_of(t, struct request, seated));
}

/*
 * A redirect may still be waiting for its turn when the receive that met it has ended, by its timeout, and the request
 * is sent anew: one task serves both, for it goes by what is to be done when it runs.
 */
static void post_start(struct request *r)
{
    if (InterlockedExchange(&r->start_posted, 1))
        return;
    object_ref(&r->object);
    loop_post(&r->start);
}

/* The rest of WinHttpSendRequest, once its slot has been taken. Asynchronous: the notifications come from a worker
 * (N11). */
enum wh_err req_start(struct request *r)
{
    if (r->object.async) {
        process_async_begins();
        if (take_place(r) == WH_AGAIN) /* here already: first come is who called first */
            return WH_OK;
        post_start(r);
        return WH_OK;
    }
    begin(r);
    return wait_for(&r->send, &r->user, WAIT_DRIVES);
}

void req_again(struct request *r)
{
    if (r->object.async) {
        post_start(r);
    } else if (req_prepare_again(r)) {
        begin(r);
        wake_call(r);
    }
}
