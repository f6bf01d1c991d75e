/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The timekeeper and its heap of deadlines (timer.h says what a timer is).
 *
 * The timekeeper sleeps on a condition variable until the earliest deadline or the next look at the loop. sleeps_until
 * is what it sleeps for: whoever sets an earlier deadline wakes it, and nobody else does, so that the usual operation,
 * which moves a deadline later, costs no call into the kernel.
 *
 * Threads: any; one lock, a leaf: tasks are posted and the loop is looked at without it. Ownership: timer.h. Limits:
 * none. Errors: none.
 */
#include "io/timer.h"

#include "base/list.h"
#include "io/clock.h"
#include "io/inner.h"
#include "io/lock.h"

static struct {
    struct lock lock;
    CONDITION_VARIABLE changed;
    struct heap heap;
    uint64_t sleeps_until; /* 0: it is not asleep, and sees what changes by itself */
    uint64_t look_at;      /* TIMER_NEVER: no look wanted */
    DWORD look_in;         /* ms from when it was wanted */
    bool running;
    bool leave;
} keeper = {.lock = LOCK_INIT(LOCK_LEAF), .changed = CONDITION_VARIABLE_INIT, .look_at = TIMER_NEVER};

static void timer__lock(void)
{
    lock_exclusive(&keeper.lock);
}

static void timer__unlock(void)
{
    unlock_exclusive(&keeper.lock);
}

/* ---- the timekeeper ---- */

/* Lock held on entry and return. False: no timer is due. */
static bool timer__fire_one(uint64_t now)
{
    struct heap_node *n = heap_min(&keeper.heap);
    struct timer *t;

    if (!n || n->key > now)
        return false;
    t = container_of(n, struct timer, node);
    heap_remove(&keeper.heap, n);
    t->armed = false;
    t->fired = true;
    timer__unlock();
    /* The reference of the armed timer keeps the owner alive until the task has begun. */
    loop_post(&t->task);
    timer__lock();
    return true;
}

/* Lock held. True: the next look comes sooner than before. */
static bool timer__want_look(DWORD ms)
{
    if (keeper.look_at != TIMER_NEVER && ms >= keeper.look_in)
        return false;
    keeper.look_at = clock_ms() + ms;
    keeper.look_in = ms;
    return true;
}

/* Lock held on entry and return. False: no look is due. */
static bool timer__look(uint64_t now)
{
    DWORD again;

    if (keeper.look_at > now)
        return false;
    keeper.look_at = TIMER_NEVER;
    timer__unlock();
    again = loop_look();
    timer__lock();
    if (again)
        timer__want_look(again);
    return true;
}

/* Lock held on entry and return, not while it sleeps. */
static void timer__sleep(uint64_t now)
{
    struct heap_node *n = heap_min(&keeper.heap);
    uint64_t until = keeper.look_at;
    DWORD ms = INFINITE;

    if (n && n->key < until)
        until = n->key;
    if (until != TIMER_NEVER)
        ms = until - now < INFINITE ? (DWORD)(until - now) : INFINITE - 1;
    keeper.sleeps_until = until;
    lock_sleep(&keeper.lock, &keeper.changed, ms);
    keeper.sleeps_until = 0;
}

DWORD WINAPI timekeeper_main(void *unused)
{
    (void)unused;
    timer__lock();
    for (;;) {
        uint64_t now = clock_ms();

        if (timer__fire_one(now) || timer__look(now))
            continue;
        /* A look that is wanted comes first: a packet may be waiting to be posted again, the one that ends a worker. */
        if (keeper.leave && keeper.look_at == TIMER_NEVER)
            break;
        timer__sleep(now);
    }
    keeper.running = false;
    timer__unlock();
    return 0;
}

/* Lock held: something is wanted at that time. */
static void timer__wake_before(uint64_t due)
{
    if (due >= keeper.sleeps_until)
        return;
    keeper.sleeps_until = due;
    WakeConditionVariable(&keeper.changed);
}

bool timekeeper_keep(void)
{
    bool ran;

    timer__lock();
    ran = keeper.running;
    keeper.running = true;
    keeper.leave = false;
    timer__unlock();
    return ran;
}

void timekeeper_failed(void)
{
    timer__lock();
    keeper.running = false;
    timer__unlock();
}

void timekeeper_leave(void)
{
    timer__lock();
    keeper.leave = true;
    WakeConditionVariable(&keeper.changed);
    timer__unlock();
}

void timekeeper_watch(DWORD ms)
{
    timer__lock();
    if (timer__want_look(ms))
        timer__wake_before(keeper.look_at);
    timer__unlock();
}

/* ---- timers ---- */

void timer_init(struct timer *t, void (*run)(struct task *))
{
    heap_node_init(&t->node);
    t->task.next = NULL;
    t->task.not_on = 0;
    t->task.run = run;
    t->armed = t->fired = false;
}

bool timer_set(struct timer *t, uint64_t due)
{
    bool idle = false;

    timer__lock();
    if (!t->fired) {
        idle = !t->armed;
        heap_remove(&keeper.heap, &t->node);
        heap_insert(&keeper.heap, &t->node, due);
        t->armed = true;
        timer__wake_before(due);
    }
    timer__unlock();
    return idle;
}

void timer_begun(struct timer *t)
{
    timer__lock();
    t->fired = false;
    timer__unlock();
}

bool timer_clear(struct timer *t)
{
    bool was;

    timer__lock();
    was = t->armed;
    heap_remove(&keeper.heap, &t->node);
    t->armed = false;
    timer__unlock();
    return was;
}

uint64_t deadline_in(uint32_t ms)
{
    uint64_t now = clock_ms();

    if (ms == 0 || ms == UINT32_MAX || now >= TIMER_NEVER - ms)
        return TIMER_NEVER;
    return now + ms;
}
