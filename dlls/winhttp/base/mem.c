/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The C library's allocator, counted, with a switch that makes one allocation fail; see mem.h.
 *
 * The counters are atomic and relaxed: they order nothing, and a test that reads them has no other thread running.
 *
 * Threads: any. Ownership: mem.h. Limits: the allocator's. Errors: NULL.
 */
#include "base/mem.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static atomic_size_t live;    /* blocks out */
static atomic_size_t made;    /* allocations tried since mem_fail_at */
static atomic_size_t fail_at; /* the number that fails, 0 none */

/* Counts an attempt and says whether it may be made. */
static bool admit(void)
{
    size_t nth = atomic_fetch_add_explicit(&made, 1, memory_order_relaxed) + 1;

    return nth != atomic_load_explicit(&fail_at, memory_order_relaxed);
}

static void *count(void *p)
{
    if (p)
        atomic_fetch_add_explicit(&live, 1, memory_order_relaxed);
    return p;
}

void *mem_alloc(size_t n)
{
    return admit() ? count(malloc(n ? n : 1)) : NULL;
}

void *mem_zalloc(size_t n)
{
    return admit() ? count(calloc(1, n ? n : 1)) : NULL;
}

void *mem_realloc(void *p, size_t n)
{
    void *q;

    if (!admit())
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

void mem_fail_at(size_t nth, size_t *alloc_count)
{
    size_t before = atomic_exchange_explicit(&made, 0, memory_order_relaxed);

    atomic_store_explicit(&fail_at, nth, memory_order_relaxed);
    if (alloc_count)
        *alloc_count = before;
}
