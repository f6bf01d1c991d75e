/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The loop: who waits on the port, when a worker is added or leaves, and how all of it starts and ends.
 *
 * Vocabulary. A worker is *waiting* (in the port), *awake* (handling a packet or running tasks; a worker that is being
 * started counts too), *away* (in application code, or between two callbacks that it makes in a row) or *resting*.
 * Before it waits, an awake worker empties the list of tasks. A *wake* is a packet without content that makes a waiting
 * worker awake. Moving a packet costs two calls into the kernel (50 us each under Wine 8), so a task costs none where
 * an awake worker will find it anyway, and one wake is under way at most.
 *
 * One worker waits at a time, others rest until they are *called*. Wine gives a packet to the thread that has waited
 * longest, and has the bytes read by the one that armed the receive: with two in the port each message of a quiet
 * connection wakes both. For the same reason the timekeeper calls (loop.h), not each worker that goes away.
 *
 * A worker's turn: one packet, then at most LOOP__TURN tasks, then the port again, so that neither starves the other.
 * A packet is taken alone (not with GetQueuedCompletionStatusEx, which Wine 8 does not make any cheaper): a worker that
 * stays in a callback for ever must not sit on packets of other connections.
 *
 * States. Down: no port, no threads. Up: holders > 0; there is a worker that is not leaving, and the timekeeper.
 * Ending: holders is 0 and threads are on their way out; each worker that leaves wakes the next, the last thread takes
 * the port with it. A loop_hold while it is ending makes it up again with whatever is left of it.
 *
 * Threads: any; one lock, below it only the leaf locks of timer.c and work.c; nothing is called with it held that could
 * wait for the loader's lock. Ownership: see loop.h. Limits: loop.h. Errors: as there; a packet that the port refuses
 * (no memory in the kernel) is tried again by the timekeeper.
 */
#include "io/inner.h"

#include <assert.h>
#include "io/clock.h"
#include "io/lock.h"

#define LOOP__TURN 16u /* tasks in one turn */
#define LOOP__LONG 4u  /* so many tasks in the list are worth waking one worker more */

enum { KEY_SOCKET = 0, KEY_WAKE = 1 };

static struct {
    struct lock lock;
    HANDLE port; /* NULL: down */
    DWORD tls;   /* in each worker: 1 + how deep it is in application code; 0 in all other threads */
    unsigned holders;
    unsigned threads; /* workers and timekeeper, until their last instruction that uses this struct */
    unsigned workers; /* not leaving; workers - waiting - awake - resting are away */
    unsigned waiting; /* 0 or 1 */
    unsigned awake, resting;
    unsigned called;         /* workers that are awake already but have not found out */
    CONDITION_VARIABLE call; /* for those that rest */
    unsigned unattended;     /* looks in a row that found nobody at the port */
    bool gone_away;          /* since the last look a worker has left nobody there */
    DWORD pace;              /* from there to the next look, ms */
    bool wake_sent;          /* a wake is in the port */
    bool wake_refused;
    struct task *first, **end;
    size_t tasks;
    CONDITION_VARIABLE handed; /* a task with a not_on was taken */
    uint64_t away_since;       /* when the last worker that was not away went away */
    volatile LONG moved;       /* a worker that is away has been seen between two callbacks; no lock */
    unsigned soft;             /* so many workers are started without much delay */
    void (*sink)(struct sock_op *op);
    void (*gone)(void);
} loop = {.lock = LOCK_INIT(LOCK_LOOP),
          .soft = LOOP_WORKERS_SOFT,
          .pace = LOOP_LOOK_MS,
          .tls = TLS_OUT_OF_INDEXES,
          .end = &loop.first,
          .call = CONDITION_VARIABLE_INIT,
          .handed = CONDITION_VARIABLE_INIT};

/* What the last thread takes with it; closed when the lock is free again. */
struct remains {
    HANDLE port;
    DWORD tls;
};

static DWORD WINAPI loop__worker(void *unused);

/* ---- wakes ---- */

/* Lock held: a worker that rests is awake from now on. */
static void loop__call(void)
{
    loop.resting--;
    loop.awake++;
    loop.called++;
    WakeConditionVariable(&loop.call);
}

/* Lock held. Is a wake needed? Then it counts as sent, and the caller sends it once the lock is free. Where nobody
 * waits whom it could reach, one that rests is called. */
static bool loop__want_wake(void)
{
    bool work = loop.first != NULL || loop.holders == 0;

    if (!work || (loop.awake != 0 && loop.tasks < LOOP__LONG))
        return false;
    if (loop.waiting == 0) {
        if (loop.resting && !loop.called)
            loop__call();
        else if (loop.awake == 0 && loop.first)
            timekeeper_watch(LOOP_LOOK_MS);
        return false;
    }
    if (loop.wake_sent)
        return false;
    loop.wake_sent = true;
    return true;
}

/* Lock not held, by a thread that counts in loop.threads or a holder: the port is there. */
static void loop__send_wake(void)
{
    if (PostQueuedCompletionStatus(loop.port, 0, KEY_WAKE, NULL))
        return;
    lock_exclusive(&loop.lock);
    loop.wake_sent = false;
    loop.wake_refused = true;
    unlock_exclusive(&loop.lock);
    timekeeper_watch(LOOP_LOOK_MS);
}

/* ---- tasks ---- */

static void loop__post(struct task *t, DWORD not_on)
{
    bool wake;

    t->next = NULL;
    t->not_on = not_on;
    lock_exclusive(&loop.lock);
    *loop.end = t;
    loop.end = &t->next;
    loop.tasks++;
    wake = loop__want_wake();
    unlock_exclusive(&loop.lock);
    if (wake)
        loop__send_wake();
}

/* Lock held. The first task that this worker may run; NULL: none. Where there will be no other worker it may run all.
 */
static struct task *loop__pop(void)
{
    bool others = loop.holders && loop.workers < LOOP_WORKERS_MAX;
    DWORD me = GetCurrentThreadId();
    struct task **at, *t;

    for (at = &loop.first; (t = *at) != NULL; at = &t->next) {
        if (t->not_on == me && others)
            continue;
        if (t->not_on)
            WakeAllConditionVariable(&loop.handed);
        *at = t->next;
        if (loop.end == &t->next)
            loop.end = at;
        loop.tasks--;
        return t;
    }
    return NULL;
}

/* Lock held on entry and return, not while a task runs. False: what is left in the list is not for this worker. */
static bool loop__run_tasks(void)
{
    for (unsigned n = 0; n < LOOP__TURN; n++) {
        struct task *t = loop__pop();
        bool wake;

        if (!t)
            return loop.first == NULL;
        wake = loop__want_wake();
        unlock_exclusive(&loop.lock);
        if (wake)
            loop__send_wake();
        t->run(t);
        lock_exclusive(&loop.lock);
    }
    return true;
}

/* ---- more workers ---- */

/* Lock held: the place of one more worker is taken; loop__start_worker follows once the lock is free. */
static void loop__reserve_worker(void)
{
    loop.workers++;
    loop.awake++;
    loop.threads++;
}

/* Lock held. The timekeeper stays while one waits: a wake that the port refuses is sent by it. */
static void loop__end_timekeeper(void)
{
    if (loop.holders == 0 && loop.waiting == 0)
        timekeeper_leave();
}

static void loop__start_worker(void)
{
    struct thread_start *t = thread_prepare(loop__worker, NULL);
    bool wake;

    if (t && thread_launch(t))
        return;
    thread_discard(t);
    lock_exclusive(&loop.lock);
    loop.workers--;
    loop.awake--;
    loop.threads--;           /* not the last one: the caller is a worker or the timekeeper */
    wake = loop__want_wake(); /* it counted as awake: what was left to it is another's */
    loop__end_timekeeper();
    unlock_exclusive(&loop.lock);
    if (wake)
        loop__send_wake();
    timekeeper_watch(LOOP_LOOK_MS);
}

/* Lock held: one more worker. True: a new one, the caller starts it once the lock is free. */
static bool loop__more(void)
{
    if (loop.resting) {
        loop__call();
        return false;
    }
    loop__reserve_worker();
    return true;
}

/* Lock held on entry and return: only tasks that are not for this worker are left. Another one gets them, idle or new.
 * This one keeps out of the port meanwhile, or it might take the wake itself again and again; it counts as away, so
 * that other tasks are not left to it either. */
static void loop__hand_over(void)
{
    bool spare = loop.awake == 1 && loop.waiting == 0 && loop__more(), wake;

    loop.awake--;
    wake = loop__want_wake();
    unlock_exclusive(&loop.lock);
    if (wake)
        loop__send_wake();
    if (spare)
        loop__start_worker();
    lock_exclusive(&loop.lock);
    if (loop.first)
        lock_sleep(&loop.lock, &loop.handed, LOOP_STALL_MS);
    loop.awake++;
}

/* Lock held: all workers are away, and for a while nothing has moved. */
static bool loop__stalled(void)
{
    if (loop.moved)
        loop.away_since = clock_ms();
    loop.moved = false;
    return !loop.awake && loop.workers < LOOP_WORKERS_MAX && clock_ms() - loop.away_since >= LOOP_STALL_MS;
}

DWORD loop_look(void)
{
    bool spare = false, wake = false;
    DWORD again = 0;

    lock_exclusive(&loop.lock);
    if (loop.wake_refused) {
        loop.wake_refused = false;
        wake = !loop.wake_sent;
        loop.wake_sent = true;
    }
    loop.unattended = loop.holders && loop.waiting == 0 ? loop.unattended + 1 : 0;
    if (loop.unattended >= LOOP_LOOKS && (loop.resting || loop.workers < loop.soft || loop__stalled())) {
        spare = loop__more();
        loop.unattended = 0;
    }
    if (loop.unattended) {
        again = loop.resting || loop.workers < loop.soft ? LOOP_LOOK_MS : LOOP_STALL_MS / LOOP_LOOKS;
        loop.pace = LOOP_LOOK_MS;
    } else if (loop.gone_away) {
        again = loop.pace = 2 * loop.pace < LOOP_LOOK_QUIET_MS ? 2 * loop.pace : LOOP_LOOK_QUIET_MS;
    }
    loop.gone_away = false;
    unlock_exclusive(&loop.lock);
    if (wake)
        loop__send_wake();
    if (spare)
        loop__start_worker();
    return again;
}

void loop_set_workers(unsigned count)
{
    lock_exclusive(&loop.lock);
    loop.soft = count < LOOP_WORKERS_MAX ? count : LOOP_WORKERS_MAX;
    unlock_exclusive(&loop.lock);
}

/* ---- start and end ---- */

/* Lock held: takes what is left if this was the last thread and nobody holds the loop. */
static bool loop__take_remains(struct remains *r)
{
    if (loop.holders || loop.threads || !loop.port)
        return false;
    r->port = loop.port;
    r->tls = loop.tls;
    work_end();
    loop.port = NULL;
    loop.tls = TLS_OUT_OF_INDEXES;
    loop.wake_sent = loop.wake_refused = false;
    return true;
}

static void loop__close_remains(const struct remains *r)
{
    CloseHandle(r->port);
    TlsFree(r->tls);
    event_forget();
    winsock_end();
    if (loop.gone)
        loop.gone();
}

/* The last use of the loop that a worker or the timekeeper makes. */
static void loop__thread_gone(void)
{
    struct remains r;
    bool last;

    lock_exclusive(&loop.lock);
    loop.threads--;
    last = loop__take_remains(&r);
    unlock_exclusive(&loop.lock);
    if (last)
        loop__close_remains(&r);
}

static DWORD WINAPI loop__timekeeper(void *unused)
{
    timekeeper_main(unused);
    loop__thread_gone();
    return 0;
}

/* Lock held. Makes the port; winsock has been started for it. */
static bool loop__make_port(void)
{
    loop.tls = TlsAlloc();
    if (loop.tls == TLS_OUT_OF_INDEXES)
        return false;
    /* No limit by the port on how many run: a callback may spin while it waits for what another callback does. */
    loop.port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, LOOP_WORKERS_MAX);
    if (!loop.port) {
        TlsFree(loop.tls);
        loop.tls = TLS_OUT_OF_INDEXES;
        return false;
    }
    return true;
}

/* Lock held, no holders. What is launched is set to NULL; on failure what runs already finds no holder and leaves. */
static bool loop__start(bool *winsock, struct thread_start **worker, struct thread_start **timekeeper)
{
    if (!loop.port) {
        if (!loop__make_port())
            return false;
        *winsock = false;
    }
    if (loop.workers == 0) {
        if (!thread_launch(*worker))
            return false;
        *worker = NULL;
        loop__reserve_worker();
    }
    if (!timekeeper_keep()) {
        if (!thread_launch(*timekeeper)) {
            timekeeper_failed();
            return false;
        }
        *timekeeper = NULL;
        loop.threads++;
    }
    if (loop.waiting == 0 && loop.awake == 0)
        timekeeper_watch(LOOP_LOOK_MS);
    return true;
}

/* The first hold. All that may wait or fail is got together before the lock is taken. */
static enum wh_err loop__hold_first(void)
{
    struct thread_start *worker = thread_prepare(loop__worker, NULL);
    struct thread_start *timekeeper = thread_prepare(loop__timekeeper, NULL);
    struct remains r;
    bool winsock = winsock_start(), up, last = false;

    lock_exclusive(&loop.lock);
    up = loop.holders || (worker && timekeeper && winsock && loop__start(&winsock, &worker, &timekeeper));
    if (up)
        loop.holders++;
    else
        last = loop__take_remains(&r);
    unlock_exclusive(&loop.lock);
    if (last)
        loop__close_remains(&r);
    thread_discard(worker);
    thread_discard(timekeeper);
    if (winsock)
        winsock_end();
    return up ? WH_OK : WH_E_NOMEM;
}

/* ---- the worker ---- */

/* Lock held on entry and return, not while it sleeps. False: not called for LOOP_IDLE_MS, or it woke for nothing. */
static bool loop__rest(void)
{
    loop.awake--;
    loop.resting++;
    lock_sleep(&loop.lock, &loop.call, LOOP_IDLE_MS);
    if (loop.called) {
        loop.called--;
        return true;
    }
    loop.resting--;
    loop.awake++;
    return false;
}

/* Lock held on entry and return: waits for one packet and handles it. */
static void loop__wait(void)
{
    OVERLAPPED *ov = NULL;
    ULONG_PTR key = KEY_WAKE;
    DWORD bytes = 0;
    bool wake, packet;

    loop.awake--;
    loop.waiting++;
    wake = loop__want_wake();
    unlock_exclusive(&loop.lock);
    if (wake)
        loop__send_wake();
    packet = GetQueuedCompletionStatus(loop.port, &bytes, &key, &ov, INFINITE) || ov;
    lock_exclusive(&loop.lock);
    loop.waiting--;
    loop.awake++;
    if (packet && key == KEY_WAKE)
        loop.wake_sent = false;
    if (!packet || key == KEY_WAKE)
        return;
    unlock_exclusive(&loop.lock);
    loop.sink((struct sock_op *)(void *)ov);
    lock_exclusive(&loop.lock);
}

static DWORD WINAPI loop__worker(void *unused)
{
    bool wake;

    (void)unused;
    lock_exclusive(&loop.lock);
    TlsSetValue(loop.tls, (void *)(uintptr_t)1);
    for (;;) {
        if (!loop__run_tasks()) {
            loop__hand_over();
            continue;
        }
        if (loop.holders == 0 && !loop.first)
            break;
        if (loop.waiting == 0)
            loop__wait();
        else if (!loop__rest() && loop.waiting && !loop.first)
            break;
    }
    loop.workers--;
    loop.awake--;
    wake = loop__want_wake();
    loop__end_timekeeper();
    unlock_exclusive(&loop.lock);
    if (wake)
        loop__send_wake();
    loop__thread_gone();
    return 0;
}

/* ---- around application code ---- */

/* 0: not a worker; else 1 + its depth. */
static uintptr_t loop__mark(void)
{
    return loop.tls == TLS_OUT_OF_INDEXES ? 0 : (uintptr_t)TlsGetValue(loop.tls);
}

bool loop_on_worker(void)
{
    return loop__mark() != 0;
}

void loop_enter_app(void)
{
    uintptr_t mark = loop__mark();
    bool wake, alone, spare = false;

    if (!mark)
        return;
    TlsSetValue(loop.tls, (void *)(mark + 1));
    if (mark > 1)
        return;
    lock_exclusive(&loop.lock);
    loop.awake--;
    wake = loop__want_wake();
    alone = loop.awake == 0 && loop.waiting == 0;
    if (alone) {
        loop.away_since = clock_ms();
        loop.moved = false;
        loop.gone_away = true;
        spare = loop.first && loop.workers < loop.soft && loop__more(); /* there is something to do at once */
    }
    unlock_exclusive(&loop.lock);
    if (wake)
        loop__send_wake();
    if (spare)
        loop__start_worker();
    else if (alone)
        timekeeper_watch(loop.pace);
}

void loop_leave_app(void)
{
    uintptr_t mark = loop__mark();

    if (!mark)
        return;
    assert(mark > 1);
    TlsSetValue(loop.tls, (void *)(mark - 1));
    if (mark > 2)
        return;
    lock_exclusive(&loop.lock);
    loop.awake++;
    unlock_exclusive(&loop.lock);
}

void loop_back_in_app(void)
{
    if (!loop.moved)
        loop.moved = true; /* written once for each look: many threads come by here */
}

/* ---- for everybody ---- */

enum wh_err loop_hold(void)
{
    bool up;

    lock_exclusive(&loop.lock);
    up = loop.holders > 0;
    if (up)
        loop.holders++;
    unlock_exclusive(&loop.lock);
    return up ? WH_OK : loop__hold_first();
}

void loop_release(void)
{
    bool wake = false;

    lock_exclusive(&loop.lock);
    assert(loop.holders > 0);
    if (--loop.holders == 0) {
        /* This thread may be none of ours: it counts as one until it is done with the port. */
        loop.threads++;
        wake = loop__want_wake();
        loop__end_timekeeper();
        unlock_exclusive(&loop.lock);
        if (wake)
            loop__send_wake();
        loop__thread_gone();
        return;
    }
    unlock_exclusive(&loop.lock);
}

void loop_post(struct task *t)
{
    loop__post(t, 0);
}

void loop_post_away(struct task *t)
{
    loop__post(t, GetCurrentThreadId());
}

HANDLE loop_port(void)
{
    return loop.port;
}

void loop_set_sink(void (*done)(struct sock_op *op), void (*gone)(void))
{
    loop.sink = done;
    loop.gone = gone;
}
