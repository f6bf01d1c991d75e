/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Life of a WebSocket: taking the connection over, what the connection asks of it, failing, closing; and the frame that
 * all verbs share. */
#include "core/websocket.h"
#include <assert.h>
#include <string.h>
#include "base/mem.h"
#include "core/handle.h"
#include "core/wait.h"
#include "io/clock.h"
#include "io/rand.h"
#include "notify/net_error.h"

static const struct object_ops websocket_ops;
static void follow_up(struct object *o);
static const struct conn_user_ops websocket_user_ops;

static void websocket_destroy(struct object *o)
{
    struct websocket *w = websocket_of(o);

    if (w->user.line)
        conn_unref(w->user.line);
    if (w->link)
        x_ws_destroy(w->link);
    op_destroy(&w->receive);
    op_destroy(&w->send);
    op_destroy(&w->shutdown);
    op_destroy(&w->close);
    mem_free(w);
}

/* Both objects' state: the connection changes its user. Object locks of r and of w (not published yet) are not nested
 * with anything else. */
static enum wh_err take_over(struct websocket *w, struct request *r)
{
    struct conn *c;

    lock_exclusive(&r->object.lock);
    c = r->user.conn;
    if (!c) {
        unlock_exclusive(&r->object.lock);
        return WH_E_STATE;
    }
    conn_lock(c);
    if (r->wire != REQ_UPGRADED || c->state != CONN_OPEN) {
        conn_unlock(c);
        unlock_exclusive(&r->object.lock);
        return WH_E_STATE;
    }
    w->settings = r->settings;
    conn_unbind(c);
    conn_bind(c, &w->user);
    w->user.line = conn_ref(c);
    req_enter(r, REQ_TAKEN);
    conn_unlock(c);
    unlock_exclusive(&r->object.lock);
    conn_unref(c);
    return WH_OK;
}

/* From now on the link reads: asynchronous handles arm a receive at once (D3). */
static void start(struct websocket *w)
{
    struct conn *c = user_lock(&w->user);
    bool hang_up;

    if (!c) {
        user_unlock(&w->user, NULL);
        return;
    }
    x_ws_set_keepalive(w->link, X_WS_KEEPALIVE_DEFAULT, clock_ms());
    ws_rest(w);
    conn_crank(c, CRANK_ALL, NULL);
    hang_up = w->hang_up;
    user_unlock(&w->user, c);
    if (hang_up)
        follow_up(&w->object); /* a violation came right behind the 101 */
}

/* W5: the answer to a handshake that was sent, but that nobody has received yet. The call is synchronous on every
 * handle, so it waits, as long as a ReceiveResponse would. */
static enum wh_err receive_answer(struct request *r)
{
    struct conn *c = user_lock(&r->user);
    bool due = r->upgrade && r->wire == REQ_SENT;

    user_unlock(&r->user, c);
    return due ? request_await(r) : WH_OK;
}

enum wh_err websocket_create(struct request *r, DWORD_PTR context, struct websocket **out)
{
    struct x_ws_config cfg = {.ahead_limit = r->settings.ws_receive_buffer, .random = rand_bytes};
    struct websocket *w = mem_zalloc(sizeof(*w));
    enum wh_err err =
        w ? object_init(&w->object, &websocket_ops, OBJECT_WEBSOCKET, r->object.parent, r->object.async) : WH_E_NOMEM;

    if (err != WH_OK) {
        mem_free(w);
        return err;
    }
    notify_init(&w->object.notify, &r->object.notify);
    notify_set_context(&w->object, context); /* H14: the request's is not inherited */
    w->user.ops = &websocket_user_ops;
    w->user.object = &w->object;
    op_init(&w->receive, &w->object, LANE_RECEIVE);
    op_init(&w->send, &w->object, LANE_SEND);
    op_init(&w->shutdown, &w->object, LANE_SEND);
    op_init(&w->close, &w->object, LANE_SEND);
    w->sweep_due = TIMER_NEVER;
    err = receive_answer(r);
    if (err == WH_OK)
        err = x_ws_create(&cfg, &w->link);
    if (err == WH_OK)
        err = handle_publish(&w->object);
    if (err == WH_OK) {
        err = take_over(w, r);
        if (err != WH_OK)
            handle_forget(&w->object);
    }
    if (err != WH_OK) {
        object_unref(&w->object);
        return err;
    }
    start(w);
    *out = w;
    return WH_OK;
}

static void fail_op(struct websocket *w, struct op *op, enum wh_err err)
{
    op->net_error = w->fail_net_error;
    if (op->pending)
        op_fail(op, err);
}

void ws_fail(struct websocket *w, enum wh_err err)
{
    w->failed = w->hang_up = true;
    w->fail_told = w->receive.pending;
    w->fail_err = err;
    w->fail_net_error = w->user.conn ? conn_net_error(w->user.conn, err) : 0;
    w->send_started = false;
    fail_op(w, &w->receive, err);
    fail_op(w, &w->send, err);
    fail_op(w, &w->shutdown, err);
    fail_op(w, &w->close, err);
}

/*
 * A handle closed with frames under way still delivers them: what completed is in the kernel, a close frame that the
 * peer waits for goes first. All under one hold of the lock: a crank in between would go on reading the buffer of a
 * Send that is said to be cancelled.
 */
static void websocket_closing(struct object *o)
{
    struct websocket *w = websocket_of(o);
    struct conn *c;

    lock_exclusive(&o->lock);
    c = w->user.conn;
    if (c)
        conn_lock(c);
    fail_op(w, &w->receive, WH_E_CANCELLED);
    fail_op(w, &w->send, WH_E_CANCELLED);
    fail_op(w, &w->shutdown, WH_E_CANCELLED);
    fail_op(w, &w->close, WH_E_CANCELLED);
    if (c) {
        if (!w->failed && !w->send_started && x_ws_peer_closed(w->link) && !x_ws_close_queued(w->link))
            ws_echo_close(w);
        if (!w->send_started)
            x_ws_flush(w->link, chain_out(&c->chain));
        conn_unbind(c);
        conn_linger(c, !x_ws_close_sent(w->link) || !x_ws_peer_closed(w->link));
        conn_unlock(c);
    }
    unlock_exclusive(&o->lock);
    if (c)
        conn_unref(c);
}

static const struct object_ops websocket_ops = {websocket_closing, websocket_destroy};

/* What a connection asks of its user. */

static void user_up(struct conn_user *u)
{
    struct websocket *w = websocket_of_user(u);
    struct conn *c = u->conn;

    if (w->failed)
        return;
    ws_receive_up(w);
    if (!w->failed)
        ws_close_up(w);
    if (!w->failed && conn_ended(c) && !x_ws_peer_closed(w->link) && (!ws_has_unread(w) || w->closing))
        ws_fail(w, c->rx_error == WH_E_NOMEM ? WH_E_NOMEM : WH_E_CLOSED); /* D7, whatever TLS calls it */
}

static uint64_t user_due(struct conn_user *u)
{
    return ws_receive_due(websocket_of_user(u));
}

static uint8_t *user_room(struct conn_user *u, size_t *n)
{
    return ws_receive_room(websocket_of_user(u), n);
}

static void user_landed(struct conn_user *u, size_t n)
{
    ws_receive_landed(websocket_of_user(u), n);
}

static void user_down(struct conn_user *u)
{
    struct websocket *w = websocket_of_user(u);
    struct conn *c = u->conn;

    if (c->tx_error == WH_E_NOMEM && !w->failed) {
        ws_fail(w, c->tx_error); /* the peer goes on, and waits for what it will never get */
        return;
    }
    if (c->tx_error != WH_OK) {
        /* What was received may still be read; only a failed link fails everything. */
        w->send_started = false;
        w->fail_net_error = conn_net_error(c, c->tx_error);
        fail_op(w, &w->send, c->tx_error);
        fail_op(w, &w->shutdown, c->tx_error);
        ws_close_unsent(w, c->tx_error);
        return;
    }
    ws_send_down(w);
    if (x_ws_flush(w->link, chain_out(&c->chain)) == WH_E_NOMEM && !w->failed)
        ws_fail(w, WH_E_NOMEM); /* a pong or a close frame, for which the peer would wait */
    ws_close_down(w);
}

/* D3: as long as the read-ahead has room. A synchronous handle between calls waits for its sweep. */
static bool user_wants(struct conn_user *u)
{
    struct websocket *w = websocket_of_user(u);

    if (w->failed || x_ws_peer_closed(w->link))
        return false;
    if (w->receive.pending || w->closing)
        return true;
    return !w->ahead_full && (w->object.async || (w->swept && !u->conn->rx_event));
}

static uint64_t pending_due(struct op *op, uint64_t last, uint32_t timeout)
{
    return op->pending ? op_due(op, last, timeout) : TIMER_NEVER;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* A Receive has no limit of its own (a quiet WebSocket is a healthy one), unless an application has chosen a receive
 * timeout. */
static uint64_t receive_due(struct websocket *w)
{
    return w->settings.receive_timeout_set
               ? pending_due(&w->receive, w->user.conn->rx_last, w->settings.receive_timeout)
               : TIMER_NEVER;
}

/* When the first of the pending operations has taken too long. Those that send wait for the kernel; Close waits for the
 * peer, which is the link's business (D7). */
static uint64_t ops_due(struct websocket *w)
{
    uint64_t last = w->user.conn->tx_last;
    uint64_t due = earlier(receive_due(w), pending_due(&w->send, last, w->settings.send_timeout));

    return earlier(due, pending_due(&w->shutdown, last, w->settings.send_timeout));
}

static_assert(X_WS_NEVER == TIMER_NEVER, "the link's deadline is one of the timer's");

/* Nothing expires any more when the connection is about to be let go. */
static uint64_t user_deadline(struct conn_user *u)
{
    struct websocket *w = websocket_of_user(u);

    return w->hang_up ? TIMER_NEVER : earlier(ops_due(w), earlier(w->sweep_due, x_ws_deadline(w->link)));
}

static void user_expired(struct conn_user *u, uint64_t now)
{
    struct websocket *w = websocket_of_user(u);

    if (w->hang_up)
        return;
    if (x_ws_expired(w->link, now, conn_flushed(u->conn)) == WH_E_TIMEOUT || now >= ops_due(w)) {
        ws_fail(w, WH_E_TIMEOUT);
        conn_kill(u->conn);
        return;
    }
    if (now >= w->sweep_due) {
        w->swept = !w->called && !u->conn->rx_event; /* a call that waits receives, and rests when it leaves */
        w->sweep_due = w->called ? now + CONN_SWEEP_MS : TIMER_NEVER;
        w->called = false;
    }
}

static bool undecided(struct conn_user *u)
{
    return websocket_of_user(u)->hang_up;
}

/* No lock held: what the crank left to be decided. The connection is not needed any more. */
static void follow_up(struct object *o)
{
    struct websocket *w = websocket_of(o);
    struct conn *c;

    lock_exclusive(&o->lock);
    c = w->user.conn;
    if (c) {
        conn_lock(c);
        if (w->hang_up) {
            conn_unbind(c);
            conn_linger(c, w->hang_up_fin);
        } else {
            conn_unlock(c);
            c = NULL;
        }
    }
    unlock_exclusive(&o->lock);
    if (c) {
        conn_unlock(c);
        conn_unref(c);
    }
}

static const struct conn_user_ops websocket_user_ops = {
    .undecided = undecided,
    .follow_up = follow_up,
    .up = user_up,
    .due = user_due,
    .room = user_room,
    .landed = user_landed,
    .down = user_down,
    .wants = user_wants,
    .deadline = user_deadline,
    .expired = user_expired,
};

/* The frame of a verb. */

void ws_enter_call(struct ws_call *k, struct websocket *w, unsigned lanes)
{
    k->w = w;
    for (int i = 0; i < LANE_COUNT; i++)
        k->claimed[i] = w->object.async && (lanes & 1u << i) &&
                        (lanes & WS_HOWEVER_DEEP ? lane_claim_promised(&w->object, (enum lane_id)i)
                                                 : lane_claim(&w->object, (enum lane_id)i, false));
    k->c = user_lock(&w->user);
}

static void leave_lanes(struct ws_call *k)
{
    for (int i = 0; i < LANE_COUNT; i++) {
        if (!k->claimed[i]) {
            lane_kick(&k->w->object, (enum lane_id)i);
            continue;
        }
        lane_drain(&k->w->object, (enum lane_id)i, NULL);
        lane_release(&k->w->object, (enum lane_id)i);
    }
}

enum wh_err ws_refuse_call(struct ws_call *k, enum wh_err err)
{
    user_unlock(&k->w->user, k->c);
    leave_lanes(k);
    return err;
}

/* Synchronous, and not done at once. Unlocked on return. */
static enum wh_err wait_call(struct ws_call *k, struct op *op, enum wait_role role)
{
    struct websocket *w = k->w;
    bool hang_up;
    enum wh_err err;

    user_unlock(&w->user, k->c);
    err = wait_for(op, &w->user, role);
    k->c = user_lock(&w->user);
    if (ws_rest(w) && k->c)
        conn_crank(k->c, CRANK_DOWN, NULL); /* sets the deadline */
    hang_up = w->hang_up && k->c;
    user_unlock(&w->user, k->c);
    if (hang_up)
        follow_up(&w->object);
    return err;
}

enum wh_err ws_leave_call(struct ws_call *k, struct op *op, enum crank crank)
{
    struct websocket *w = k->w;
    bool async = w->object.async, hang_up;
    enum wh_err err;

    ws_rest(w);
    /* A synchronous call takes, or sends, what it can at once; only for more does it receive, and wait. */
    if (op->pending)
        conn_crank(k->c, async || crank == CRANK_DOWN ? crank : CRANK_UP, NULL);
    if (!async && op->pending)
        return wait_call(k, op, crank == CRANK_ALL ? WAIT_DRIVES : WAIT_SENDS);
    err = async ? WH_OK : op->err;
    if (err != WH_OK)
        net_error_behind((DWORD)op->net_error);
    hang_up = w->hang_up && k->c;
    user_unlock(&w->user, k->c);
    if (hang_up)
        follow_up(&w->object);
    if (async)
        leave_lanes(k);
    return err;
}

bool ws_rest(struct websocket *w)
{
    if (w->object.async)
        return false;
    w->swept = false;
    w->called = w->sweep_due != TIMER_NEVER;
    if (!w->called)
        w->sweep_due = clock_ms() + CONN_SWEEP_MS;
    return !w->called;
}

/* A limit of time has changed: the deadline is set anew, by the call that waits where one does. Unlocks. */
static void retime(struct websocket *w, struct conn *c)
{
    bool hang_up = false;

    if (c) {
        conn_crank(c, CRANK_DOWN, NULL);
        if (c->rx_event)
            conn_post(c);
        hang_up = w->hang_up; /* a keep-alive could not be sent any more */
    }
    user_unlock(&w->user, c);
    if (hang_up)
        follow_up(&w->object);
    lane_kick(&w->object, LANE_RECEIVE);
    lane_kick(&w->object, LANE_SEND);
}

enum wh_err websocket_set_keepalive(struct websocket *w, DWORD ms)
{
    struct conn *c = user_lock(&w->user);
    enum wh_err err = x_ws_set_keepalive(w->link, ms, clock_ms());

    retime(w, c);
    return err;
}

enum wh_err websocket_set_close_timeout(struct websocket *w, DWORD ms)
{
    struct conn *c = user_lock(&w->user);

    x_ws_set_close_wait(w->link, ms);
    retime(w, c); /* a Close under way may end sooner now */
    return WH_OK;
}

DWORD websocket_get_close_timeout(struct websocket *w)
{
    struct conn *c = user_lock(&w->user);
    DWORD ms = x_ws_close_wait(w->link);

    user_unlock(&w->user, c);
    return ms;
}
