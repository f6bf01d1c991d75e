/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The pools: made when first used, closed with the loop. An item in a pool holds the loop, so that the last thread of
 * the loop finds no item in them.
 *
 * Threads: any; one lock, a leaf: no pool is made, fed or closed with it held. Ownership, Limits, Errors: work.h.
 */
#include "io/work.h"

#include "io/inner.h"
#include "io/lock.h"

static const DWORD work_limits[WORK_POOLS] = {[WORK_DNS] = WORK_DNS_THREADS, [WORK_SYS] = WORK_SYS_THREADS};

static struct {
    struct lock lock;
    PTP_POOL pools[WORK_POOLS];
    LONG left[WORK_POOLS]; /* threads left behind; below 0 while one comes back before it was said to be left */
} work_state = {.lock = LOCK_INIT(LOCK_LEAF)};

/* The loop is held: a pool, once there, stays. NULL: no memory. */
static PTP_POOL work__pool(enum work_pool which)
{
    PTP_POOL pool, spare;

    lock_exclusive(&work_state.lock);
    pool = work_state.pools[which];
    unlock_exclusive(&work_state.lock);
    if (pool)
        return pool;

    spare = CreateThreadpool(NULL);
    if (!spare)
        return NULL;
    SetThreadpoolThreadMaximum(spare, work_limits[which]);
    lock_exclusive(&work_state.lock);
    pool = work_state.pools[which];
    if (!pool) {
        work_state.pools[which] = pool = spare;
        spare = NULL;
    }
    unlock_exclusive(&work_state.lock);
    if (spare)
        CloseThreadpool(spare);
    return pool;
}

static void CALLBACK work__run(PTP_CALLBACK_INSTANCE instance, void *ctx)
{
    struct work *w = ctx;

    FreeLibraryWhenCallbackReturns(instance, module_self());
    lock_none_held();
    w->run(w);
    loop_release();
}

enum wh_err work_submit(enum work_pool which, struct work *w)
{
    TP_CALLBACK_ENVIRON env;
    enum wh_err err = loop_hold();
    PTP_POOL pool;

    if (err != WH_OK)
        return err;
    pool = work__pool(which);
    if (!pool || !module_hold()) {
        loop_release();
        return WH_E_NOMEM;
    }
    InitializeThreadpoolEnvironment(&env);
    SetThreadpoolCallbackPool(&env, pool);
    if (!TrySubmitThreadpoolCallback(work__run, w, &env)) {
        FreeLibrary(module_self());
        loop_release();
        err = WH_E_NOMEM;
    }
    DestroyThreadpoolEnvironment(&env);
    return err;
}

/* Lets as many run as are not left behind. The loop is held by the item this is about. */
static void work__adjust(enum work_pool which, bool more)
{
    PTP_POOL pool;
    LONG left;

    lock_exclusive(&work_state.lock);
    left = more ? ++work_state.left[which] : --work_state.left[which];
    pool = work_state.pools[which];
    if (left < 0)
        left = 0;
    else if (left > WORK_LEFT_MAX)
        left = WORK_LEFT_MAX;
    /* Under the lock after all, so that two adjustments cannot overtake each other; it does no more than set a number.
     */
    SetThreadpoolThreadMaximum(pool, work_limits[which] + (DWORD)left);
    unlock_exclusive(&work_state.lock);
}

static void work__nothing(struct work *w)
{
    (void)w;
}

void work_left_behind(enum work_pool which)
{
    static struct work nudge = {work__nothing};

    work__adjust(which, true);
    /* Wine 8 looks at a raised limit only when something is submitted; should that fail, the next item does it. */
    (void)work_submit(which, &nudge);
}

void work_came_back(enum work_pool which)
{
    work__adjust(which, false);
}

void work_take_pools(PTP_POOL pools[WORK_POOLS])
{
    lock_exclusive(&work_state.lock);
    for (unsigned i = 0; i < WORK_POOLS; i++) {
        pools[i] = work_state.pools[i];
        work_state.pools[i] = NULL;
    }
    unlock_exclusive(&work_state.lock);
}
