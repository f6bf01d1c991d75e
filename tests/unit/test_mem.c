/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* base/mem.h and base/trace.h. */
#include "harness.h"

#include "base/mem.h"
#include "base/trace.h"

#include <stdio.h>

static void counting(void)
{
    size_t live = mem_live();
    void *a = mem_alloc(0), *b = mem_zalloc(16), *c = mem_dup("xyz", 3);

    CHECK(a && b && c);
    CHECK_INT(mem_live(), live + 3);
    CHECK(memcmp(b, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16) == 0);
    CHECK(memcmp(c, "xyz", 3) == 0);
    c = mem_realloc(c, 4000);
    CHECK(c && memcmp(c, "xyz", 3) == 0);
    CHECK_INT(mem_live(), live + 3);
    mem_free(a);
    mem_free(b);
    mem_free(c);
    mem_free(NULL);
    CHECK_INT(mem_live(), live);
    a = mem_realloc(NULL, 8);
    CHECK_INT(mem_live(), live + 1);
    mem_free(a);
}

static void failing(void)
{
    void *p, *q;
    size_t count;

    mem_fail_at(2, NULL);
    p = mem_alloc(1);
    CHECK(p != NULL);
    CHECK(mem_realloc(p, 100) == NULL);
    q = mem_alloc(1);
    CHECK(q != NULL);
    mem_fail_at(0, &count);
    CHECK_INT(count, 3);
    mem_free(p);
    mem_free(q);
    mem_fail_at(1, NULL);
    CHECK(mem_dup("a", 1) == NULL);
    mem_fail_at(1, NULL);
    CHECK(mem_zalloc(1) == NULL);
    mem_fail_at(0, NULL);
}

/* How many of 60 allocations fail, as bits. */
static uint64_t failures_of_60(size_t every, uint32_t seed)
{
    uint64_t failed = 0;

    mem_fail_often(every, seed);
    for (unsigned i = 0; i < 60; i++)
        if (!mem_admit())
            failed |= (uint64_t)1 << i;
    mem_fail_at(0, NULL);
    return failed;
}

static void failing_often(void)
{
    uint64_t chance = failures_of_60(6, 7);

    CHECK_INT(failures_of_60(1, 0), ((uint64_t)1 << 60) - 1);
    CHECK_INT(failures_of_60(20, 0), (uint64_t)1 << 19 | (uint64_t)1 << 39 | (uint64_t)1 << 59);
    CHECK(chance == failures_of_60(6, 7)); /* a seed decides all */
    CHECK(chance != failures_of_60(6, 8) && chance != failures_of_60(6, 0));
    CHECK(mem_admit());
}

static char traced[128];

static void sink(const char *room, const char *fmt, va_list args)
{
    int n = snprintf(traced, sizeof traced, "%s:", room);

    vsnprintf(traced + n, sizeof traced - (size_t)n, fmt, args);
}

static int evaluated;

static int evaluate(void)
{
    return ++evaluated;
}

static void tracing(void)
{
    WH_TRACE("conn", "%d", evaluate());
    CHECK_INT(evaluated, 0);
    trace_sink = sink;
    WH_TRACE("conn", "%d bytes, %s", evaluate(), "late");
    WH_TRACE("plain", "no arguments");
    CHECK_STR(span_str(traced), "plain:no arguments");
    WH_TRACE("conn", "%d bytes, %s", evaluate(), "late");
    CHECK_STR(span_str(traced), "conn:2 bytes, late");
    trace_sink = NULL;
}

static const struct test tests[] = {
    {"blocks are counted, cleared, copied and resized", counting},
    {"the allocation chosen fails, and it alone", failing},
    {"each so many allocations one fails, evenly or by chance", failing_often},
    {"without a sink nothing is computed, with one it is told", tracing},
};

HARNESS_MAIN(tests)
