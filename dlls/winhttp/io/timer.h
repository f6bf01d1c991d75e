/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Deadlines. A timer is embedded in its owner; when it is due its task is posted to the loop, so that timers never run
 * on the timekeeper. Deadlines may be moved lazily: an owner whose deadline moved later leaves the timer alone and
 * re-arms when it fires too early; only an earlier one must be set. Ties fire in the order they were set.
 *
 * Ownership: an armed timer counts as one reference of the owner, which it takes before timer_set on an idle timer;
 * timer_clear tells whether the timer was still armed (the reference comes back to the caller) or has been taken by the
 * timekeeper (the task will run and drop it). What fires cannot be set before its task has said that it runs: a task
 * stands in one queue at a time. Threads: any; the lock is a leaf. Limits: none. Errors: none. Times: clock_ms.
 */
#ifndef IO_TIMER_H
#define IO_TIMER_H

#include <stdbool.h>
#include <stdint.h>
#include "base/heap.h"
#include "io/loop.h"

#define TIMER_NEVER UINT64_MAX

struct timer {
    struct heap_node node;
    struct task task; /* task.run is set by the owner; container_of leads back */
    bool armed;       /* timer lock */
    bool fired;       /* timer lock: the task is on its way, and has not said timer_begun */
};

void timer_init(struct timer *t, void (*run)(struct task *));
/* Arms or moves; true if it was idle before. One that has just fired is left alone: its task sees to the rest. */
bool timer_set(struct timer *t, uint64_t due);
void timer_begun(struct timer *t); /* the first word of its task: it may be set again */
bool timer_clear(struct timer *t); /* true if it was armed and now is not */
uint64_t deadline_in(uint32_t ms); /* now + ms, saturating; 0 and 0xFFFFFFFF give TIMER_NEVER (SEMANTICS TO2) */

#endif
