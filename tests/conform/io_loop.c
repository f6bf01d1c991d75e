/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * io_loop: tasks, the number of workers, starting and ending of the loop (dlls/winhttp/io/loop.h), and what it keeps
 * (io/event.h).
 */
#include "imports.h"
#include "io_room.h"
#include "io/event.h"

#define CYCLES   1000
#define POSTERS  4
#define POSTS    5000
#define BLOCKERS 20

static struct room_threads at_start;

/* ---- a task that says where it ran ---- */

struct probe {
    struct task task;
    HANDLE ran;
    DWORD thread;
    bool on_worker;
};

static void probe_run(struct task *t)
{
    struct probe *p = container_of(t, struct probe, task);

    p->thread = GetCurrentThreadId();
    p->on_worker = loop_on_worker();
    SetEvent(p->ran);
}

static bool probe_once(struct probe *p)
{
    p->task.run = probe_run;
    ResetEvent(p->ran);
    loop_post(&p->task);
    return room_wait(p->ran);
}

/* ---- up and down ---- */

static void test_cycles(void)
{
    struct probe p = {.ran = room_event()};
    size_t memory;
    DWORD handles;
    int ran = 0;

    room_hold();
    probe_once(&p);
    tap_ok(p.on_worker && p.thread != GetCurrentThreadId(), "a task runs on a worker");
    tap_ok(!loop_on_worker(), "this thread is none");
    loop_enter_app();
    loop_leave_app();
    tap_ok(room_release(&at_start), "all threads end with the last release");

    memory = mem_live();
    handles = room_handles();
    for (int i = 0; i < CYCLES; i++) {
        room_hold();
        ran += probe_once(&p);
        loop_release();
    }
    SAME(ran, CYCLES, "%d times up, a task, down", CYCLES);
    room_hold();
    tap_ok(room_release(&at_start), "all threads end");
    SAME(mem_live(), memory, "no memory is kept");
    tap_ok(handles > 0 && room_handles() == handles, "no handle is kept, of %lu", handles);
    CloseHandle(p.ran);
}

static void test_no_memory(void)
{
    struct probe p = {.ran = room_event()};
    size_t memory = mem_live();

    for (size_t nth = 1; nth <= 2; nth++) {
        mem_fail_at(nth, NULL);
        SAME(loop_hold(), WH_E_NOMEM, "loop_hold without memory for thread %d", (int)nth);
        mem_fail_at(0, NULL);
    }
    SAME(mem_live(), memory, "no memory is kept after failures");
    room_hold();
    tap_ok(probe_once(&p), "the next loop_hold succeeds");
    tap_ok(room_release(&at_start), "all threads end");
    CloseHandle(p.ran);
}

static DWORD WINAPI cycle_thread(void *arg)
{
    struct probe p = {.ran = room_event()};
    LONG *ran = arg;

    for (int i = 0; i < CYCLES / POSTERS; i++) {
        room_hold();
        if (probe_once(&p))
            InterlockedIncrement(ran);
        loop_release();
    }
    CloseHandle(p.ran);
    return 0;
}

static void run_threads(DWORD(WINAPI *fn)(void *), void *arg)
{
    HANDLE threads[POSTERS];

    for (int i = 0; i < POSTERS; i++)
        threads[i] = CreateThread(NULL, 0, fn, arg, 0, NULL);
    WaitForMultipleObjects(POSTERS, threads, TRUE, INFINITE);
    for (int i = 0; i < POSTERS; i++)
        CloseHandle(threads[i]);
}

static void test_cycles_in_parallel(void)
{
    LONG ran = 0;

    run_threads(cycle_thread, &ran);
    SAME(ran, CYCLES / POSTERS * POSTERS, "threads hold, post and release as they like");
    room_hold();
    tap_ok(room_release(&at_start), "all threads end");
}

static void release_run(struct task *t)
{
    loop_release();
    probe_run(t);
}

static void test_release_on_worker(void)
{
    struct room_threads ours;
    struct probe p = {.ran = room_event()};

    room_hold();
    room_threads(&ours, &at_start);
    p.task.run = release_run;
    loop_post(&p.task);
    tap_ok(room_wait(p.ran) && room_threads_gone(&ours, 0, WAIT_MS), "the last release may come from a worker");
    CloseHandle(p.ran);
}

/* ---- posting ---- */

struct counted {
    struct task task;
    LONG runs;
};

static struct counted *posts;
static LONG posts_left;
static HANDLE posts_done;

static void counted_run(struct task *t)
{
    InterlockedIncrement(&container_of(t, struct counted, task)->runs);
    if (InterlockedDecrement(&posts_left) == 0)
        SetEvent(posts_done);
}

static DWORD WINAPI poster_thread(void *arg)
{
    LONG *next = arg;
    LONG first = (InterlockedIncrement(next) - 1) * POSTS;

    for (LONG i = first; i < first + POSTS; i++) {
        posts[i].task.run = counted_run;
        loop_post(&posts[i].task);
    }
    return 0;
}

static void test_many_posts(void)
{
    LONG next = 0, once = 0;

    posts = mem_zalloc(POSTERS * POSTS * sizeof(*posts));
    posts_left = POSTERS * POSTS;
    posts_done = room_event();
    room_hold();
    run_threads(poster_thread, &next);
    tap_ok(room_wait(posts_done), "posts from %d threads all run", POSTERS);
    for (int i = 0; i < POSTERS * POSTS; i++)
        once += posts[i].runs == 1;
    SAME(once, POSTERS * POSTS, "each runs once");
    tap_ok(room_release(&at_start), "all threads end");
    CloseHandle(posts_done);
    mem_free(posts);
}

struct ordered {
    struct task task;
    int number;
};

static int order[100], order_count;
static DWORD order_thread;
static bool order_same_thread;
static HANDLE order_done;

static void ordered_run(struct task *t)
{
    if (order_count == 0)
        order_thread = GetCurrentThreadId();
    order_same_thread = order_same_thread && order_thread == GetCurrentThreadId();
    order[order_count++] = container_of(t, struct ordered, task)->number;
    if (order_count == (int)COUNT(order))
        SetEvent(order_done);
}

static void test_order(void)
{
    struct ordered tasks[COUNT(order)];
    int right = 0;

    order_done = room_event();
    order_same_thread = true;
    room_hold();
    for (int i = 0; i < (int)COUNT(order); i++) {
        tasks[i].task.run = ordered_run;
        tasks[i].number = i;
        loop_post(&tasks[i].task);
    }
    room_wait(order_done);
    for (int i = 0; i < (int)COUNT(order); i++)
        right += order[i] == i;
    SAME(right, COUNT(order), "tasks run in the order of their posts");
    tap_ok(order_same_thread, "tasks alone do not make a second worker");
    tap_ok(room_release(&at_start), "all threads end");
    CloseHandle(order_done);
}

/* ---- another thread than this one ---- */

struct relay {
    struct task task;
    DWORD last;
    int runs, same;
    HANDLE done;
};

static void relay_run(struct task *t)
{
    struct relay *r = container_of(t, struct relay, task);

    r->same += r->last == GetCurrentThreadId();
    r->last = GetCurrentThreadId();
    if (++r->runs == 200)
        SetEvent(r->done);
    else
        loop_post_away(t);
}

static void test_away(void)
{
    struct relay r = {.task.run = relay_run, .done = room_event()};

    room_hold();
    loop_post(&r.task);
    tap_ok(room_wait(r.done), "a task that posts itself to other threads gets on");
    SAME(r.same, 0, "it never runs where it was posted");
    tap_ok(room_release(&at_start), "all threads end");
    CloseHandle(r.done);
}

/* ---- workers ---- */

struct blocker {
    struct task task;
    LONG *entered;
    LONG wanted;
    HANDLE all_in;
    HANDLE go;
    LONG *left;
    HANDLE all_out;
};

/* Stays in application code until all are there. */
static void blocker_run(struct task *t)
{
    struct blocker *b = container_of(t, struct blocker, task);

    loop_enter_app();
    loop_enter_app();
    loop_back_in_app(); /* the last sign of progress: others are waited for no longer than without it */
    if (InterlockedIncrement(b->entered) == b->wanted)
        SetEvent(b->all_in);
    room_wait(b->go);
    loop_leave_app();
    loop_leave_app();
    if (InterlockedDecrement(b->left) == 0)
        SetEvent(b->all_out);
}

/* Posts `count` tasks that block until the last of them runs. True: they all ran. */
static bool run_blockers(LONG count)
{
    static struct blocker blockers[BLOCKERS];
    LONG entered = 0, left = count;
    HANDLE all_in = room_event(), all_out = room_event();
    bool met;

    for (LONG i = 0; i < count; i++) {
        blockers[i] = (struct blocker){{.run = blocker_run}, &entered, count, all_in, all_in, &left, all_out};
        loop_post(&blockers[i].task);
    }
    met = room_wait(all_in) && room_wait(all_out);
    CloseHandle(all_in);
    CloseHandle(all_out);
    return met;
}

static void test_growth(void)
{
    struct room_threads ours;

    room_hold();
    tap_ok(run_blockers(LOOP_WORKERS_SOFT), "HOUSE: %d callbacks block until the last runs", LOOP_WORKERS_SOFT);
    room_threads(&ours, &at_start);
    tap_ok(ours.count <= LOOP_WORKERS_SOFT + 1, "%lu threads for that", ours.count);
    room_threads_gone(&ours, ROOM_THREADS, 0);

    tap_ok(run_blockers(BLOCKERS), "HOUSE: %d callbacks block until the last runs", BLOCKERS);
    for (int i = 0; i < 50; i++)
        run_blockers(1);
    room_threads(&ours, &at_start);
    tap_ok(ours.count <= BLOCKERS + 2, "%lu threads, no more after callbacks that return", ours.count);
    tap_ok(room_threads_gone(&ours, 2, LOOP_IDLE_MS + WAIT_MS), "surplus workers leave");
    room_threads(&ours, &at_start);
    SAME(ours.count, 2, "one worker and the timekeeper stay");
    room_threads_gone(&ours, ROOM_THREADS, 0);
    tap_ok(run_blockers(2), "it grows again");
    tap_ok(room_release(&at_start), "all threads end");
}

/* Each callback blocks before the next task is posted: nothing waits for a worker when one goes away. */
static void test_attention(void)
{
    struct blocker b[3];
    struct room_threads ours;

    room_hold();
    for (unsigned round = 0; round < 2; round++) {
        LONG entered[COUNT(b)] = {0}, left = COUNT(b);
        HANDLE go = room_event(), all_out = room_event();
        bool met = true;

        for (unsigned i = 0; i < COUNT(b); i++) {
            b[i] = (struct blocker){{.run = blocker_run}, &entered[i], 1, room_event(), go, &left, all_out};
            loop_post(&b[i].task);
            met = met && room_wait(b[i].all_in);
        }
        tap_ok(met, "round %u: a task runs although all workers are in callbacks that block", round);
        room_threads(&ours, &at_start);
        tap_ok(ours.count <= COUNT(b) + 2, "round %u: %lu threads: theirs, the timekeeper, one at the port", round,
               ours.count);
        room_threads_gone(&ours, ROOM_THREADS, 0);
        SetEvent(go);
        room_wait(all_out);
        for (unsigned i = 0; i < COUNT(b); i++)
            CloseHandle(b[i].all_in);
        CloseHandle(go);
        CloseHandle(all_out);
    }
    tap_ok(room_release(&at_start), "all threads end");
}

/* A worker that is in application code for ever does not keep the others from ending. */
static void test_blocked_at_end(void)
{
    LONG entered = 0, left = 1;
    struct blocker b = {{.run = blocker_run}, &entered, 1, room_event(), room_event(), &left, room_event()};
    struct room_threads ours;
    struct probe p = {.ran = room_event()};

    room_hold();
    loop_post(&b.task);
    room_wait(b.all_in);
    room_threads(&ours, &at_start);
    loop_release();
    room_hold();
    tap_ok(probe_once(&p), "held again while a callback blocks: tasks run");
    loop_release();
    tap_ok(room_threads_gone(&ours, 1, WAIT_MS), "all but the blocked worker end");
    SetEvent(b.go);
    tap_ok(room_wait(b.all_out), "the blocked worker comes back after the end");
    room_hold();
    tap_ok(room_release(&at_start), "all threads end");
    CloseHandle(b.all_in);
    CloseHandle(b.go);
    CloseHandle(b.all_out);
    CloseHandle(p.ran);
}

/* ---- a thread that is not to be had ---- */

static HANDLE thread_asked, thread_answer;

static HANDLE WINAPI refuse_thread(SECURITY_ATTRIBUTES *security, SIZE_T stack, LPTHREAD_START_ROUTINE start, void *arg,
                                   DWORD flags, DWORD *id)
{
    (void)security, (void)stack, (void)start, (void)arg, (void)flags, (void)id;
    SetEvent(thread_asked);
    room_wait(thread_answer);
    SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    return NULL;
}

struct stay {
    struct task task;
    HANDLE go;
};

static void stay_run(struct task *t)
{
    struct stay *s = container_of(t, struct stay, task);

    loop_enter_app();
    room_wait(s->go);
    loop_leave_app();
}

/*
 * While a worker is being started the one that there was is back at the port, and tasks are left to the new one. Then
 * there is no new one. Each task that is still run shows that the other is not back yet; one that is not, shows nothing
 * if the machine is only slow, and the check holds all the same.
 */
static void test_refused_worker(void)
{
    volatile ULONG_PTR create = (ULONG_PTR)CreateThread; /* read once, before it is turned */
    struct probe p = {.ran = room_event()};
    struct stay s = {.task.run = stay_run, .go = room_event()};
    bool ran = true;

    thread_asked = room_event();
    thread_answer = room_event();
    room_hold();
    probe_once(&p);
    imports_turn_own("KERNEL32.dll", "CreateThread", (ULONG_PTR)refuse_thread);
    loop_post(&s.task);
    tap_ok(room_wait(thread_asked), "a worker is away: another one is asked for");
    SetEvent(s.go);
    for (unsigned n = 0; ran && n < POSTS; n++) {
        ResetEvent(p.ran);
        loop_post(&p.task);
        ran = WaitForSingleObject(p.ran, 100) == WAIT_OBJECT_0;
    }
    SetEvent(thread_answer);
    tap_ok(room_wait(p.ran), "it is refused: what was left to it is run by the first");
    imports_turn_own("KERNEL32.dll", "CreateThread", create);
    tap_ok(room_release(&at_start), "and all threads end");
    CloseHandle(thread_asked);
    CloseHandle(thread_answer);
    CloseHandle(s.go);
    CloseHandle(p.ran);
}

/* ---- spare events ---- */

static void test_events(void)
{
    HANDLE taken[EVENT_SPARES + 1], again;
    DWORD without = room_handles(), held;
    unsigned made = 0;

    room_hold();
    held = room_handles();
    for (size_t i = 0; i < COUNT(taken); i++)
        made += (taken[i] = event_take()) != NULL;
    SAME(made, COUNT(taken), "as many events as are wanted");
    for (size_t i = 0; i < COUNT(taken); i++)
        event_give(taken[i]);
    event_give(NULL);
    SAME(room_handles(), held + EVENT_SPARES, "so many are kept");
    again = event_take();
    SAME(room_handles(), held + EVENT_SPARES, "and taken again");
    SetEvent(again);
    tap_ok(room_wait(again) && WaitForSingleObject(again, 0) == WAIT_TIMEOUT, "each lets one waiter go");
    event_give(again);
    tap_ok(room_release(&at_start), "all threads end");
    SAME(room_handles(), without, "the spare ones go with the loop");
}

int main(void)
{
    room_start();
    room_threads(&at_start, NULL);
    test_cycles();
    test_no_memory();
    test_cycles_in_parallel();
    test_release_on_worker();
    test_many_posts();
    test_order();
    test_away();
    test_blocked_at_end();
    test_attention();
    test_growth();
    test_refused_worker();
    test_events();
    return tap_done();
}
