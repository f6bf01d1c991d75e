/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/wait.h"
#include "io/clock.h"
#include "io/lock.h"
#include "notify/net_error.h"

void wait_until(HANDLE event, HANDLE other, uint64_t now, uint64_t due)
{
    HANDLE events[] = {event, other};
    DWORD ms = INFINITE;

    lock_none_held();
    if (due <= now)
        return;
    if (due != TIMER_NEVER)
        ms = due - now < INFINITE ? (DWORD)(due - now) : INFINITE - 1;
    WaitForMultipleObjects(other ? 2 : 1, events, FALSE, ms);
}

static void let_go(struct conn *c, HANDLE event)
{
    conn_lock(c);
    conn_leave(c, event);
    conn_unlock(c);
    conn_unref(c);
}

/* Connection locked: one round of driving it. */
static void drive(struct conn *c, struct op *op, enum wait_role role)
{
    HANDLE event = role == WAIT_DRIVES ? op->event : NULL;

    if (event) {
        c->rx_event = event;
        conn_reap(c);
    }
    if (conn_now(c) >= conn_deadline(c))
        conn_expire(c, conn_now(c));
    if (op->pending)
        conn_crank(c, role == WAIT_SENDS ? CRANK_DOWN : CRANK_ALL, event);
}

/* On an asynchronous handle a worker may still be inside the callback that made the application call: its turn ends
 * when that returns (D2). Inside a callback nothing is waited for: the lane is this thread's, or another one delivers.
 */
static bool claim(struct object *o, HANDLE event, enum wait_role role)
{
    if (role == WAIT_SENDS)
        return false;
    if (role != WAIT_DELIVERS || notify_depth())
        return lane_claim_waiting(o, LANE_MAIN, event);
    if (!lane_claim_wait(o, LANE_MAIN, event, WAIT_CLAIM_MS))
        return false;
    lane_set_wake(o, LANE_MAIN, event, false);
    return true;
}

/* A follow-up may have ended the operation, as a redirect does that is refused; its own thread gets no event for it. */
static bool still_pending(struct op *op, struct conn_user *u, enum wh_err *err)
{
    struct conn *c = user_lock(u);
    bool pending = op->pending;

    *err = op->err;
    user_unlock(u, c);
    return pending;
}

enum wh_err wait_for(struct op *op, struct conn_user *u, enum wait_role role)
{
    struct object *o = u->object;
    bool drains = claim(o, op->event, role);
    struct conn *held = NULL; /* the connection this thread may have receives pending on; it may be unbound meanwhile */
    enum wh_err err;

    for (;;) {
        struct conn *c = user_lock(u);
        uint64_t now = 0, due = TIMER_NEVER;
        HANDLE own = NULL;
        bool pending = op->pending, undecided = false;

        if (pending && c) {
            drive(c, op, role);
            pending = op->pending;
            now = conn_now(c);
            due = conn_deadline(c);
            own = role == WAIT_DRIVES ? conn_own_receive(c) : NULL;
            undecided = u->ops->undecided(u);
        }
        err = op->err;
        if (c && c != held)
            conn_ref(c);
        user_unlock(u, c);
        if (pending && undecided) {
            u->ops->follow_up(o);
            pending = still_pending(op, u, &err);
            now = clock_ms();
        }
        if (c && c != held) {
            if (held)
                let_go(held, op->event);
            held = c;
        }
        /* Gates among the news may move the connection on, so look again before waiting. */
        if (drains && lane_drain(o, LANE_MAIN, NULL))
            continue;
        if (!pending)
            break;
        wait_until(op->event, own, now, due);
    }
    if (held)
        let_go(held, op->event);
    if (drains) {
        lane_drain(o, LANE_MAIN, NULL);
        lane_end_waiting(o, LANE_MAIN);
    }
    if (err != WH_OK)
        net_error_behind((DWORD)op->net_error);
    return err;
}
