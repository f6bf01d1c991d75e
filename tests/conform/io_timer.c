/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * io_timer: deadlines, the clock, random bytes and blocking work (dlls/winhttp/io/timer.h, clock.h, rand.h, work.h).
 */
#include "io_room.h"

#include <stdlib.h>
#include "io/clock.h"
#include "io/rand.h"
#include "io/timer.h"
#include "io/work.h"

#define TIMERS  1000
#define SET_MS  1000 /* in which a test has set all its timers, also on a busy machine */
#define DRAWERS 4
#define DRAWS   2000

static struct room_threads at_start;

/* ---- timers ---- */

struct alarm {
    struct timer timer;
    uint64_t due, fired;
    int runs, place;
    bool on_worker;
};

static int alarms_fired, alarms_wanted;
static HANDLE alarms_done;

/* All of these run on the one worker there is, one after the other: none is in application code. */
static void alarm_run(struct task *t)
{
    struct alarm *a = container_of(t, struct alarm, timer.task);

    timer_begun(&a->timer);
    a->fired = clock_ms();
    a->runs++;
    a->place = alarms_fired++;
    a->on_worker = loop_on_worker();
    if (alarms_fired == alarms_wanted)
        SetEvent(alarms_done);
}

static void alarms_expect(struct alarm *a, int count, int wanted)
{
    memset(a, 0, (size_t)count * sizeof(*a));
    for (int i = 0; i < count; i++)
        timer_init(&a[i].timer, alarm_run);
    alarms_fired = 0;
    alarms_wanted = wanted;
    ResetEvent(alarms_done);
}

static void test_order(void)
{
    struct alarm a[6];
    uint64_t from = clock_ms() + SET_MS;

    alarms_expect(a, 6, 6);
    tap_ok(timer_set(&a[0].timer, from + 60), "setting an idle timer says that it was idle");
    timer_set(&a[1].timer, from + 40);
    timer_set(&a[2].timer, from + 50);
    timer_set(&a[3].timer, from + 50);
    timer_set(&a[4].timer, from + 50);
    tap_ok(timer_set(&a[5].timer, 0), "a deadline in the past may be set");
    tap_ok(room_wait(alarms_done), "all fire");
    tap_ok(a[5].place == 0 && a[1].place == 1 && a[0].place == 5, "in the order of their deadlines");
    tap_ok(a[2].place == 2 && a[3].place == 3 && a[4].place == 4, "ties in the order they were set");
    tap_ok(a[0].fired >= from + 60 && a[1].fired >= from + 40 && a[2].fired >= from + 50, "never too early");
    tap_ok(a[0].on_worker, "on a worker");
    tap_ok(!timer_clear(&a[0].timer), "a timer that has fired is not armed");
}

static void test_move(void)
{
    struct alarm a[4];
    uint64_t from = clock_ms() + SET_MS;

    alarms_expect(a, 4, 3);
    timer_set(&a[0].timer, from + 30);
    timer_set(&a[1].timer, from + 3600000);
    timer_set(&a[2].timer, from + 40);
    timer_set(&a[3].timer, from + 20);
    tap_ok(!timer_set(&a[0].timer, from + 60), "moving an armed timer says that it was armed");
    tap_ok(!timer_set(&a[1].timer, from + 50), "it may be moved to an earlier time");
    tap_ok(timer_clear(&a[3].timer), "clearing an armed timer says so");
    tap_ok(!timer_clear(&a[3].timer), "once");
    tap_ok(room_wait(alarms_done), "those that are armed fire");
    tap_ok(a[2].place == 0 && a[1].place == 1 && a[0].place == 2, "at the times they were moved to");
    SAME(a[3].runs, 0, "a cleared timer does not run");
}

/* One that sleeps for long is woken by an earlier deadline. */
static void test_wake(void)
{
    struct alarm a[2];

    alarms_expect(a, 2, 1);
    timer_set(&a[0].timer, TIMER_NEVER);
    timer_set(&a[1].timer, clock_ms());
    tap_ok(room_wait(alarms_done), "a timer set behind a far deadline fires");
    tap_ok(timer_clear(&a[0].timer), "one that is never due stays armed");
}

static bool set_early, set_again;

/* Sets itself before it has begun, which does nothing, and then once more. */
static void again_run(struct task *t)
{
    struct alarm *a = container_of(t, struct alarm, timer.task);

    if (a->runs++) {
        SetEvent(alarms_done);
        return;
    }
    set_early = timer_set(&a->timer, 0);
    timer_begun(&a->timer);
    set_again = timer_set(&a->timer, 0);
}

static void test_again(void)
{
    struct alarm a;

    alarms_expect(&a, 1, 1);
    timer_init(&a.timer, again_run);
    timer_set(&a.timer, 0);
    tap_ok(room_wait(alarms_done), "a timer that its task sets again fires again");
    tap_ok(!set_early, "it cannot be set while its task is on its way");
    tap_ok(set_again, "but when that has begun");
}

static void test_many(void)
{
    struct alarm *a = mem_alloc(TIMERS * sizeof(*a));
    uint64_t now = clock_ms();
    unsigned seed = 1;
    int early = 0, once = 0, wrong = 0, cleared = 0;

    alarms_expect(a, TIMERS, TIMERS - TIMERS / 10);
    for (int i = 0; i < TIMERS; i++) {
        seed = seed * 1103515245u + 12345u;
        /* The tenth part that is cleared below must still be there then. */
        a[i].due = i % 10 ? now + SET_MS + seed / 65536 % 100 : now + 3600000;
        timer_set(&a[i].timer, a[i].due);
    }
    for (int i = 0; i < TIMERS; i += 10)
        cleared += timer_clear(&a[i].timer);
    tap_ok(room_wait(alarms_done), "%d timers at random times fire", TIMERS);
    for (int i = 0; i < TIMERS; i++) {
        early += a[i].runs && a[i].fired < a[i].due;
        once += a[i].runs == 1;
        for (int j = 0; j < i; j++)
            wrong += a[i].runs && a[j].runs && (a[j].due <= a[i].due) != (a[j].place < a[i].place);
    }
    SAME(once, TIMERS - TIMERS / 10, "each that was not cleared, once");
    SAME(cleared, TIMERS / 10, "the others could be cleared");
    SAME(early, 0, "none too early");
    SAME(wrong, 0, "all in order");
    mem_free(a);
}

static void test_deadlines(void)
{
    uint64_t now = clock_ms(), then = deadline_in(1000);

    tap_ok(then >= now + 1000 && then <= clock_ms() + 1000, "a deadline is so far from now");
    tap_ok(deadline_in(0) == TIMER_NEVER, "TO2: 0 is no limit");
    tap_ok(deadline_in(0xffffffffu) == TIMER_NEVER, "TO2: -1 is no limit");
    tap_ok(deadline_in(0xfffffffeu) >= now + 0xfffffffeu, "the longest limit does not wrap around");
}

/* ---- clock and random bytes ---- */

static void test_clock(void)
{
    uint64_t last = clock_ms(), from = last;
    int back = 0;

    while (last < from + 20) {
        uint64_t now = clock_ms();

        back += now < last;
        last = now;
    }
    SAME(back, 0, "the clock runs, and never back");
}

static ULONGLONG draws[DRAWERS * DRAWS];

static DWORD WINAPI draw_thread(void *arg)
{
    ULONGLONG *to = draws + (InterlockedIncrement((LONG *)arg) - 1) * DRAWS;

    for (int i = 0; i < DRAWS; i++)
        rand_bytes(&to[i], sizeof(to[i]));
    return 0;
}

static int compare_draws(const void *a, const void *b)
{
    ULONGLONG x = *(const ULONGLONG *)a, y = *(const ULONGLONG *)b;

    return (x > y) - (x < y);
}

static void test_rand(void)
{
    HANDLE threads[DRAWERS];
    uint8_t large[4096] = {0};
    bool seen[256] = {false};
    LONG next = 0;
    int twice = 0, values = 0;

    for (int i = 0; i < DRAWERS; i++)
        threads[i] = CreateThread(NULL, 0, draw_thread, &next, 0, NULL);
    WaitForMultipleObjects(DRAWERS, threads, TRUE, INFINITE);
    for (int i = 0; i < DRAWERS; i++)
        CloseHandle(threads[i]);
    qsort(draws, COUNT(draws), sizeof(draws[0]), compare_draws);
    for (size_t i = 1; i < COUNT(draws); i++)
        twice += draws[i] == draws[i - 1];
    SAME(twice, 0, "%d numbers drawn on %d threads: none twice", (int)COUNT(draws), DRAWERS);
    rand_bytes(large, sizeof(large));
    for (size_t i = 0; i < sizeof(large); i++)
        seen[large[i]] = true;
    for (int i = 0; i < 256; i++)
        values += seen[i];
    tap_ok(values > 250, "a large draw is filled (%d different bytes)", values);
}

/* ---- work ---- */

#define ITEMS 8

struct item {
    struct work work;
    HANDLE go;
    DWORD thread;
    bool on_worker;
};

static LONG items_running, items_most, items_left;
static HANDLE items_wanted_running, items_done;
static LONG items_wanted;

static void item_run(struct work *w)
{
    struct item *i = container_of(w, struct item, work);
    LONG running = InterlockedIncrement(&items_running), most;

    i->thread = GetCurrentThreadId();
    i->on_worker = loop_on_worker();
    while ((most = items_most) < running)
        InterlockedCompareExchange(&items_most, running, most);
    if (running == items_wanted)
        SetEvent(items_wanted_running);
    room_wait(i->go);
    InterlockedDecrement(&items_running);
    if (InterlockedDecrement(&items_left) == 0)
        SetEvent(items_done);
}

static int submit_items(struct item *items, int count, enum work_pool pool, HANDLE go)
{
    int accepted = 0;

    for (int i = 0; i < count; i++) {
        items[i] = (struct item){.work.run = item_run, .go = go};
        accepted += work_submit(pool, &items[i].work) == WH_OK;
    }
    return accepted;
}

static void test_work(void)
{
    struct item items[ITEMS], other;
    HANDLE go = room_event(), open = room_event();

    items_done = room_event();
    items_wanted_running = room_event();
    items_wanted = WORK_DNS_THREADS;
    items_left = ITEMS;
    SAME(submit_items(items, ITEMS, WORK_DNS, go), ITEMS, "work is accepted");
    tap_ok(room_wait(items_wanted_running), "as many items run as the pool has threads");
    SAME(items_most, WORK_DNS_THREADS, "and no more");

    /* One of the blocked is given up: a fifth may run. */
    ResetEvent(items_wanted_running);
    items_wanted = WORK_DNS_THREADS + 1;
    work_left_behind(WORK_DNS);
    tap_ok(room_wait(items_wanted_running), "a thread that was left behind is made up for");
    work_came_back(WORK_DNS);

    /* The other pool is not held up. Its item is the first to end, so items_left cannot become 0 by it. */
    ResetEvent(items_wanted_running);
    items_wanted = WORK_DNS_THREADS + 2;
    InterlockedIncrement(&items_left);
    SetEvent(open);
    submit_items(&other, 1, WORK_SYS, open);
    tap_ok(room_wait(items_wanted_running), "the other pool works all the same");

    SetEvent(go);
    tap_ok(room_wait(items_done), "all items run");
    tap_ok(!items[0].on_worker && items[0].thread != GetCurrentThreadId(), "on threads of their own");
    CloseHandle(go);
    CloseHandle(open);
    CloseHandle(items_done);
    CloseHandle(items_wanted_running);
}

/* An item holds the loop: it may be the last to. */
static void test_work_at_end(void)
{
    struct room_threads ours;
    struct item item;
    HANDLE go = room_event();

    items_done = room_event();
    items_wanted_running = room_event();
    items_running = 0;
    items_wanted = items_left = 1;
    room_hold();
    submit_items(&item, 1, WORK_SYS, go);
    tap_ok(room_wait(items_wanted_running), "an item runs");
    room_threads(&ours, &at_start);
    loop_release();
    SetEvent(go);
    tap_ok(room_wait(items_done), "it ends behind the last release");
    tap_ok(room_threads_gone(&ours, 0, 60000), "all threads end, the pool's too");
    CloseHandle(go);
    CloseHandle(items_done);
    CloseHandle(items_wanted_running);
}

int main(void)
{
    room_start();
    room_threads(&at_start, NULL);
    alarms_done = room_event();
    room_hold();
    test_order();
    test_move();
    test_wake();
    test_again();
    test_many();
    test_deadlines();
    tap_ok(room_release(&at_start), "all threads end");
    test_clock();
    test_rand();
    room_hold();
    test_work();
    loop_release();
    test_work_at_end();
    return tap_done();
}
