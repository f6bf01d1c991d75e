/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The C library's allocator, counted, with a switch that makes allocations fail; see mem.h.
 *
 * The counters are atomic and relaxed: they order nothing, and a test that reads them has no other thread running.
 *
 * Threads: any. Ownership: mem.h. Limits: the allocator's. Errors: NULL.
 */
#include "base/mem.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static atomic_size_t live;               /* blocks out */
static atomic_size_t made;               /* allocations tried since the switch was last set */
static atomic_size_t fail_at = SIZE_MAX; /* the number of the next that fails */
static atomic_size_t fail_every; /* 0: none after that; else the distance to the next, an average if a seed is set */
static atomic_uint_least32_t fail_seed; /* 0: the distance is always the same */

/* The next number that fails, nth having failed. What chance decides depends on seed and number alone. */
static size_t next_failure(size_t nth)
{
    size_t every = atomic_load_explicit(&fail_every, memory_order_relaxed);
    uint32_t seed = atomic_load_explicit(&fail_seed, memory_order_relaxed);

    if (!every)
        return SIZE_MAX;
    if (!seed)
        return nth + every;
    seed = (seed ^ (uint32_t)nth) * 2654435761u;
    return nth + 1 + (seed >> 8) % (2 * every - 1);
}

bool mem_admit(void)
{
    size_t nth = atomic_fetch_add_explicit(&made, 1, memory_order_relaxed) + 1;
    size_t at = atomic_load_explicit(&fail_at, memory_order_relaxed);

    while (nth >= at)
        if (atomic_compare_exchange_weak_explicit(&fail_at, &at, next_failure(nth), memory_order_relaxed,
                                                  memory_order_relaxed))
            return false;
    return true;
}

static void *count(void *p)
{
    if (p)
        atomic_fetch_add_explicit(&live, 1, memory_order_relaxed);
    return p;
}

void *mem_alloc(size_t n)
{
    return mem_admit() ? count(malloc(n ? n : 1)) : NULL;
}

void *mem_zalloc(size_t n)
{
    return mem_admit() ? count(calloc(1, n ? n : 1)) : NULL;
}

void *mem_realloc(void *p, size_t n)
{
    void *q;

    if (!mem_admit())
        return NULL;
    q = realloc(p, n ? n : 1);
    return p ? q : count(q);
}

void *mem_dup(const void *p, size_t n)
{
    void *q = mem_alloc(n);

    if (q && n)
        memcpy(q, p, n);
    return q;
}

void mem_free(void *p)
{
    if (!p)
        return;
    atomic_fetch_sub_explicit(&live, 1, memory_order_relaxed);
    free(p);
}

size_t mem_live(void)
{
    return atomic_load_explicit(&live, memory_order_relaxed);
}

static void fail_from(size_t nth, size_t every, uint32_t seed)
{
    atomic_store_explicit(&fail_at, SIZE_MAX, memory_order_relaxed);
    atomic_store_explicit(&fail_every, every, memory_order_relaxed);
    atomic_store_explicit(&fail_seed, seed, memory_order_relaxed);
    atomic_store_explicit(&fail_at, nth ? nth : SIZE_MAX, memory_order_relaxed);
}

void mem_fail_at(size_t nth, size_t *alloc_count)
{
    size_t before = atomic_exchange_explicit(&made, 0, memory_order_relaxed);

    fail_from(nth, 0, 0);
    if (alloc_count)
        *alloc_count = before;
}

void mem_fail_often(size_t every, uint32_t seed)
{
    atomic_store_explicit(&made, 0, memory_order_relaxed);
    fail_from(every, every, seed);
}
