/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The pools: for each a queue and a few threads of ours. The system's own pools (CreateThreadpool) would do but for one
 * thing: Wine 8 counts a thread that died before it began (thread.c) among a pool's threads for ever, so that such a
 * pool accepts item after item and runs none.
 *
 * A thread takes what is queued, and rests when there is nothing; one that rests is *called* for an item, which no
 * other takes from it. A thread leaves when it was not called for WORK_IDLE_MS, when it is *dismissed* because the loop
 * goes down, or when there are more than may be. One is started where nobody rests and another item may run. An item
 * holds the loop, so that the last thread of the loop finds none in the pools.
 *
 * Threads: any; one lock, a leaf. A thread is launched with it held, so that what was accepted is never left to one
 * that did not come to be. Ownership, Limits, Errors: work.h.
 */
#include "io/work.h"

#include "io/inner.h"
#include "io/lock.h"

struct pool {
    unsigned limit;
    bool open; /* the loop is up: threads may rest */
    struct work *first, **end;
    unsigned queued, called; /* items; of those, the ones for which a thread was called */
    unsigned threads;        /* from their launch until they leave */
    unsigned resting;        /* with those that were called but have not found out */
    unsigned dismissed;      /* no longer resting, and have not found out */
    LONG left;               /* threads left behind; below 0 while one comes back before it was said to be left */
    CONDITION_VARIABLE call;
};

#define POOL(which, most) [which] = {.limit = (most), .end = &pools[which].first, .call = CONDITION_VARIABLE_INIT}
static struct pool pools[WORK_POOLS] = {POOL(WORK_DNS, WORK_DNS_THREADS), POOL(WORK_SYS, WORK_SYS_THREADS)};
static struct lock work_lock = LOCK_INIT(LOCK_LEAF);

/* ---- the threads ---- */

/* Lock held: as many run as are not left behind. */
static unsigned pool__most(const struct pool *p)
{
    LONG left = p->left < 0 ? 0 : p->left;

    return p->limit + (unsigned)(left < WORK_LEFT_MAX ? left : WORK_LEFT_MAX);
}

/* Lock held on entry and return, not while it rests. False: it leaves; else there is an item for it. */
static bool pool__rest(struct pool *p)
{
    if (!p->open)
        return false;
    p->resting++;
    lock_sleep(&work_lock, &p->call, WORK_IDLE_MS);
    if (p->dismissed) {
        p->dismissed--;
        return p->queued > p->called; /* the loop may be up again, and have counted on this thread */
    }
    p->resting--;
    if (!p->called)
        return false;
    p->called--;
    return true;
}

/* Lock held; there is one. */
static struct work *pool__pop(struct pool *p)
{
    struct work *w = p->first;

    p->first = w->next;
    if (!p->first)
        p->end = &p->first;
    p->queued--;
    return w;
}

static DWORD WINAPI pool__main(void *arg)
{
    struct pool *p = arg;

    lock_exclusive(&work_lock);
    while (p->threads <= pool__most(p) && (p->queued > p->called || pool__rest(p))) {
        struct work *w = pool__pop(p);

        unlock_exclusive(&work_lock);
        lock_none_held();
        w->run(w);
        loop_release();
        lock_exclusive(&work_lock);
    }
    p->threads--;
    unlock_exclusive(&work_lock);
    return 0;
}

/* Lock held: one more, where one may be. True: t is used up. */
static bool pool__launch(struct pool *p, struct thread_start *t)
{
    if (!t || p->threads >= pool__most(p) || !thread_launch(t))
        return false;
    p->threads++;
    return true;
}

/* ---- items ---- */

/* Lock held. */
static void pool__push(struct pool *p, struct work *w)
{
    w->next = NULL;
    *p->end = w;
    p->end = &w->next;
    p->queued++;
    p->open = true;
    if (p->resting > p->called) {
        p->called++;
        WakeConditionVariable(&p->call);
    }
}

enum wh_err work_submit(enum work_pool which, struct work *w)
{
    struct pool *p = &pools[which];
    struct thread_start *t = NULL;
    enum wh_err err = loop_hold();
    bool served, asked = false;

    if (err != WH_OK)
        return err;
    for (;;) {
        lock_exclusive(&work_lock);
        served = p->resting > p->called || p->threads >= pool__most(p);
        if (!served && pool__launch(p, t)) {
            t = NULL;
            served = true;
        }
        /* Where no thread is to be had, those that there are have to do, if they are not left behind. */
        served = served || (asked && (LONG)p->threads > p->left);
        if (served)
            pool__push(p, w);
        unlock_exclusive(&work_lock);
        if (served || asked)
            break;
        t = thread_prepare(pool__main, p);
        asked = true;
    }
    thread_discard(t);
    if (served)
        return WH_OK;
    loop_release();
    return WH_E_NOMEM;
}

void work_left_behind(enum work_pool which)
{
    struct pool *p = &pools[which];
    struct thread_start *t = thread_prepare(pool__main, p);

    lock_exclusive(&work_lock);
    p->left++;
    /* Should there be no thread now, the next item asks for one. */
    if (p->queued > p->called && pool__launch(p, t))
        t = NULL;
    unlock_exclusive(&work_lock);
    thread_discard(t);
}

void work_came_back(enum work_pool which)
{
    lock_exclusive(&work_lock);
    pools[which].left--;
    unlock_exclusive(&work_lock);
}

void work_end(void)
{
    lock_exclusive(&work_lock);
    for (unsigned i = 0; i < WORK_POOLS; i++) {
        struct pool *p = &pools[i];

        p->open = false;
        p->dismissed += p->resting;
        p->resting = 0;
        WakeAllConditionVariable(&p->call);
    }
    unlock_exclusive(&work_lock);
}
