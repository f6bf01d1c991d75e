/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The loop: one completion port of the process and the few workers that wait on it. It runs posted tasks, hands
 * finished socket operations to the one sink (core/conn_crank.c), and knows no application code: notify tells it when a
 * worker is about to enter some.
 *
 * Workers: started on demand. The number follows callbacks that block, never connections. One waits on the port, others
 * rest until they are called. When a worker enters application code and leaves nobody behind at the port, one more
 * comes at once if tasks wait; else when the timekeeper has found nobody there at LOOP_LOOKS looks in a row,
 * LOOP_LOOK_MS apart: a callback that returns, as most do, costs no other thread. Where the looks find somebody the
 * next ones are up to LOOP_LOOK_QUIET_MS apart, for at some hundred messages a second they are what costs. Up to
 * LOOP_WORKERS_SOFT; beyond that only when nothing has moved for LOOP_STALL_MS, up to LOOP_WORKERS_MAX. A worker that
 * has rested for LOOP_IDLE_MS leaves. The timekeeper is a thread of its own that sleeps until the earliest deadline
 * (io/timer.h): a worker may stay in application code for ever.
 *
 * DLL life: every thread of ours holds a module reference and leaves by FreeLibraryAndExitThread.
 * loop_hold/loop_release count the users (open handles, live connections); when the last one goes, all threads leave at
 * once and the port is closed by the last; the next loop_hold starts afresh, or keeps those that have not left yet.
 * Nothing here runs under the loader lock; process exit needs nothing.
 *
 * Threads: any. Ownership: a task belongs to its poster; the loop forgets it before run is entered. Limits: above.
 * Errors: only loop_hold and loop_thread can fail.
 */
#ifndef IO_LOOP_H
#define IO_LOOP_H

#include <stdbool.h>
#include <winsock2.h>
#include <windows.h>
#include "base/err.h"

#define LOOP_WORKERS_SOFT                                                                                              \
    8u /* with the timekeeper and pool threads below the 16 that suffice while callbacks return                        \
        */
#define LOOP_WORKERS_MAX   512u /* each may be blocked in application code */
#define LOOP_LOOK_MS       2u
#define LOOP_LOOK_QUIET_MS 8u
#define LOOP_LOOKS         2u
#define LOOP_STALL_MS      50u /* all workers in callbacks and no progress for this long: start one more */
#define LOOP_IDLE_MS       15000u

/*
 * Work that a worker runs once per post. Embedded in the object it belongs to; the poster keeps the object alive until
 * run has been entered. Only run is the owner's to set; a task may be posted again from when run is entered, not
 * before.
 */
struct task {
    struct task *next; /* loop lock */
    DWORD not_on;      /* loop lock: not for the worker with this thread id; 0: for any */
    void (*run)(struct task *t);
};

enum wh_err loop_hold(void);           /* winsock, port and first worker exist afterwards; WH_E_NOMEM (any resource) */
void loop_set_workers(unsigned count); /* option 80: takes the place of LOOP_WORKERS_SOFT; any time */
void loop_release(void);               /* any thread, also a worker */
void loop_post(struct task *t); /* cannot fail while the loop is held. Tasks are begun in the order of their posts */
void loop_post_away(struct task *t); /* the same, but run is called on another thread than this one */
HANDLE loop_port(void);              /* for io/sock.c: sockets are put on it with completion key 0 */

bool loop_on_worker(void); /* the calling thread is one of the workers */
/* Around a stay in application code, of one callback or several in a row; nothing on threads that are not workers;
 * nests. */
void loop_enter_app(void);
void loop_leave_app(void);
void loop_back_in_app(void); /* between two callbacks of one stay: a sign of progress */

/* Once, before the first socket; both are called with no lock held. done: on a worker, for every operation that ends on
 * the port. gone, may be NULL: when the loop has gone down, on the thread that took it down; what was kept from handle
 * to handle is given back there. The next loop may be up already. */
struct sock_op;
void loop_set_sink(void (*done)(struct sock_op *op), void (*gone)(void));

/* Starts a thread of ours that holds a module reference, which is dropped as the thread leaves. WH_E_NOMEM. */
enum wh_err loop_thread(DWORD(WINAPI *fn)(void *), void *arg);

#endif
