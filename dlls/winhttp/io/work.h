/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Thread pools of our own for work that blocks: name look-ups, certificates and SSPI. Never the process's default pool,
 * which an application may have filled with synchronous calls to us. Each pool has a limit of its own, so that a slow
 * resolver cannot hold up verdicts.
 *
 * Threads: any. Ownership: a work item is embedded; its owner keeps it alive until run has been entered (run may free
 * it). The item holds the loop, and its thread the module, until run has returned; idle threads leave when the loop
 * goes down. Limits: below. Errors: WH_E_NOMEM (any resource), then run is never called.
 */
#ifndef IO_WORK_H
#define IO_WORK_H

#include <winsock2.h>
#include <windows.h>
#include "base/err.h"

enum work_pool { WORK_DNS, WORK_SYS };
#define WORK_POOLS 2

#define WORK_DNS_THREADS                                                                                               \
    4u                      /* look-ups are waits: a few in parallel, so that one dead name server does not stop all   \
                             */
#define WORK_SYS_THREADS 2u /* verdicts burn CPU; a verdict never waits for another verdict */
#define WORK_LEFT_MAX    16 /* so many threads that were left behind are made up for, in each pool */
#define WORK_IDLE_MS     5000u

struct work {
    struct work *next; /* of the pool, until run is entered */
    void (*run)(struct work *w);
};

enum wh_err work_submit(enum work_pool pool, struct work *w);

/* A running item that nobody waits for any more no longer counts against its pool's limit, until it has come back. */
void work_left_behind(enum work_pool pool);
void work_came_back(enum work_pool pool);

#endif
