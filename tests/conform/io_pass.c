/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * io_pass: packets and tasks pass callbacks that block (dlls/winhttp/io/loop.h). A worker that enters application code
 * leaves nobody at the port; it may stay there for ever, and so may the next one and the one behind that. What comes
 * meanwhile waits until the timekeeper has looked, however quiet its looks have become, and no longer.
 */
#include "io_room.h"
#include "io/sock.h"

#define BLOCKERS 3
#define QUICK    3000

static struct room_threads at_start;

/* One visit to application code, brought by a packet or by a task. */
struct visit {
    struct sock_op op;
    struct task task;
    bool stays;
    HANDLE in;
};

static HANDLE go, all_out;
static LONG staying;

static void pay(struct visit *v)
{
    bool stays = v->stays; /* v is not ours any more when it has been told */

    loop_enter_app();
    SetEvent(v->in);
    if (stays)
        WaitForSingleObject(go, INFINITE);
    loop_leave_app();
    if (stays && InterlockedDecrement(&staying) == 0)
        SetEvent(all_out);
}

static void packet_sink(struct sock_op *op)
{
    pay(container_of(op, struct visit, op));
}

static void task_run(struct task *t)
{
    pay(container_of(t, struct visit, task));
}

/* True: it has begun. */
static bool visit(struct visit *v, bool by_packet)
{
    ResetEvent(v->in);
    if (v->stays)
        InterlockedIncrement(&staying);
    if (by_packet)
        PostQueuedCompletionStatus(loop_port(), 0, 0, &v->op.ov);
    else
        loop_post(&v->task);
    return room_wait(v->in);
}

static void visit_init(struct visit *v, bool stays)
{
    *v = (struct visit){.task.run = task_run, .stays = stays, .in = room_event()};
}

/* `quick` callbacks that return, then some that do not, one after the other; behind each of them one more packet and
 * one more task have to find a worker. */
static void test_passing(int quick, bool by_packet, bool packets_pass)
{
    const char *what = by_packet ? "a packet's" : "a task's", *who = packets_pass ? "packets" : "tasks";
    struct visit blockers[BLOCKERS], passer;
    struct room_threads ours;
    int passed = 0;

    go = room_event();
    all_out = room_event();
    visit_init(&passer, false);
    room_hold();
    for (int i = 0; i < quick; i++)
        passed += visit(&passer, by_packet);
    SAME(passed, quick, "%d callbacks return", quick);
    for (int i = 0; i < BLOCKERS; i++) {
        visit_init(&blockers[i], true);
        tap_ok(visit(&blockers[i], by_packet), "behind %d, %s callback no. %d begins, and blocks", quick, what, i + 1);
        tap_ok(visit(&passer, packets_pass) && visit(&passer, packets_pass), "%s pass it", who);
    }
    tap_ok(visit(&passer, !packets_pass), "so does what else comes");
    room_threads(&ours, &at_start);
    tap_ok(ours.count <= LOOP_WORKERS_SOFT + 1, "%lu threads for that", ours.count);
    room_threads_gone(&ours, ROOM_THREADS, 0);
    SetEvent(go);
    tap_ok(room_wait(all_out), "they come back");
    tap_ok(room_release(&at_start), "all threads end");
    for (int i = 0; i < BLOCKERS; i++)
        CloseHandle(blockers[i].in);
    CloseHandle(passer.in);
    CloseHandle(go);
    CloseHandle(all_out);
}

int main(void)
{
    room_start();
    room_threads(&at_start, NULL);
    loop_set_sink(packet_sink, NULL);
    for (unsigned way = 0; way < 8; way++)
        test_passing(way & 1 ? QUICK : 0, way & 2, way & 4);
    return tap_done();
}
