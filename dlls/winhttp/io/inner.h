/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of this room ask of each other and nobody else asks: how the loop starts and stops the timekeeper, how
 * the timekeeper looks after the workers, how idle pool threads and spare events end with the loop, and how a thread of
 * ours is made.
 *
 * Locks: loop.c's lock before those of timer.c and work.c, which are leaves.
 */
#ifndef IO_INNER_H
#define IO_INNER_H

#include "io/loop.h"
#include "io/work.h"

/* timer.c: the timekeeper is a thread whose function is timekeeper_main; the loop starts it and tells it to leave. */
DWORD WINAPI timekeeper_main(void *unused);
bool timekeeper_keep(void); /* true: it runs, and stays. false: it does not, and counts as running from now: start it */
void timekeeper_failed(void); /* after false: the thread could not be started */
void timekeeper_leave(void);  /* it goes as soon as it can */
/* Have it call loop_look in so many ms, unless it is going to, as soon as it was last told. */
void timekeeper_watch(DWORD ms);

/* loop.c: on the timekeeper. Looks again in so many ms; 0: no need. */
DWORD loop_look(void);

/* sock.c: around all use of sockets; any thread. */
bool winsock_start(void);
void winsock_end(void);
/* The code says that the system lacks something, memory or handles, and nothing about the peer or a name. */
bool winsock_lacks(int code);

/* event.c: closes those that are spare. */
void event_forget(void);

/* work.c: sends the pools' threads home. No item is queued or running then. */
void work_end(void);

/*
 * thread.c: a thread in two steps. The first takes the module reference, and with it perhaps the loader's lock, so it
 * is never done under a lock of ours: somebody inside a DllMain may be waiting for that one. The second cannot wait.
 */
struct thread_start;
struct thread_start *thread_prepare(DWORD(WINAPI *fn)(void *), void *arg); /* NULL: no memory */
bool thread_launch(struct thread_start *t);  /* true: t is used up. fn runs, its return ends thread and reference */
void thread_discard(struct thread_start *t); /* what was not launched; NULL is allowed */

bool module_hold(void); /* one more reference to the module we are part of */
HMODULE module_self(void);

#endif
