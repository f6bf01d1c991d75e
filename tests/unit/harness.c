/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The native test harness; the contract is in harness.h.
 */
#define _GNU_SOURCE
#include "harness.h"

#include "base/mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define PIECES_MAX 65536u
#define GUARDS_MAX 64u

static const char *current_row;
static unsigned failures; /* of the running test */

static struct {
    void *map;
    size_t n;
} guards[GUARDS_MAX];
static size_t guard_count;

static void die(const char *why)
{
    printf("Bail out! %s\n", why);
    exit(99);
}

void harness_row(const char *row)
{
    current_row = row;
}

static bool report(bool ok, const char *file, int line, const char *what)
{
    if (ok)
        return true;
    failures++;
    printf("# %s:%d: %s%s%s%s\n", file, line, what, current_row ? " [" : "", current_row ? current_row : "",
           current_row ? "]" : "");
    return false;
}

bool harness_check(bool ok, const char *file, int line, const char *what)
{
    return report(ok, file, line, what);
}

bool harness_check_int(uint64_t got, uint64_t want, const char *file, int line, const char *what)
{
    if (report(got == want, file, line, what))
        return true;
    printf("#   got %" PRIu64 ", want %" PRIu64 "\n", got, want);
    return false;
}

static void print_span(const char *label, struct span s)
{
    printf("#   %s %zu: \"", label, s.n);
    for (size_t i = 0; i < s.n && i < 256; i++) {
        if (s.p[i] >= 0x20 && s.p[i] < 0x7F && s.p[i] != '\\')
            putchar(s.p[i]);
        else
            printf("\\x%02x", s.p[i]);
    }
    printf("\"%s\n", s.n > 256 ? "..." : "");
}

bool harness_check_span(struct span got, struct span want, const char *file, int line, const char *what)
{
    if (report(span_equal(got, want), file, line, what))
        return true;
    print_span("got ", got);
    print_span("want", want);
    return false;
}

/* Memory of n bytes that ends at a page without access. */
static uint8_t *guard_space(size_t n)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), size = (n + page - 1) / page * page;
    uint8_t *map = mmap(NULL, size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (map == MAP_FAILED || mprotect(map + size, page, PROT_NONE) != 0)
        die("no guard page");
    if (guard_count == GUARDS_MAX) {
        /* The oldest is given back; tables are checked row by row and a row needs few. */
        munmap(guards[0].map, guards[0].n);
        memmove(guards, guards + 1, --guard_count * sizeof guards[0]);
    }
    guards[guard_count].map = map;
    guards[guard_count++].n = size + page;
    return map + size - n;
}

struct span guard_make(struct span s)
{
    uint8_t *p = guard_space(s.n);

    if (s.n)
        memcpy(p, s.p, s.n);
    return span_make(p, s.n);
}

struct wspan guard_wide(const char *s)
{
    size_t n = strlen(s);
    uint16_t units[512];

    if (n > 512)
        die("guard_wide: text too long");
    for (size_t i = 0; i < n; i++)
        units[i] = (uint8_t)s[i];
    return wspan_make((const uint16_t *)(const void *)guard_make(span_make(units, n * 2)).p, n);
}

static void drop_guards(void)
{
    while (guard_count) {
        guard_count--;
        munmap(guards[guard_count].map, guards[guard_count].n);
    }
}

void feed_chunk(struct buf *b, struct span s)
{
    size_t size = s.n > BUF_CHUNK_SMALL ? s.n : BUF_CHUNK_SMALL, got;
    struct buf one;
    uint8_t *p;

    if (!s.n)
        return;
    buf_init(&one, size);
    if (s.n > BUF_CHUNK_LARGE || buf_reserve(&one, size, &p, &got) != WH_OK || got != size)
        die("feed_chunk: no chunk");
    memset(p, 0xEE, size - s.n);
    memcpy(p + (size - s.n), s.p, s.n);
    buf_commit(&one, size);
    buf_consume(&one, size - s.n);
    if (buf_splice(b, &one) != WH_OK)
        die("feed_chunk: the buffer is full");
    buf_clear(&one);
}

void feed_all_ways(struct span input, feed_fn *fn, void *ctx)
{
    static struct span pieces[PIECES_MAX];
    char row[64];

    if (input.n > PIECES_MAX)
        die("feed_all_ways: input too long");
    harness_row("whole");
    pieces[0] = input;
    fn(pieces, 1, ctx);
    harness_row(row);
    for (size_t cut = 1; cut < input.n; cut++) {
        snprintf(row, sizeof row, "cut at %zu", cut);
        pieces[0] = span_head(input, cut);
        pieces[1] = span_skip(input, cut);
        fn(pieces, 2, ctx);
    }
    harness_row("byte by byte");
    for (size_t i = 0; i < input.n; i++)
        pieces[i] = span_make(input.p + i, 1);
    if (input.n)
        fn(pieces, input.n, ctx);
    harness_row(NULL);
}

void each_allocation_fails(alloc_fn *fn, void *ctx)
{
    size_t live = mem_live(), count;
    char row[64];

    mem_fail_at(0, NULL);
    CHECK_INT(fn(ctx), WH_OK);
    mem_fail_at(0, &count);
    CHECK_INT(mem_live(), live);
    CHECK(count > 0);
    harness_row(row);
    for (size_t nth = 1; nth <= count; nth++) {
        snprintf(row, sizeof row, "allocation %zu of %zu", nth, count);
        mem_fail_at(nth, NULL);
        CHECK_INT(fn(ctx), WH_E_NOMEM);
        mem_fail_at(0, NULL);
        CHECK_INT(mem_live(), live);
    }
    harness_row(NULL);
}

int harness_main(const struct test *tests, size_t count)
{
    bool all = true;

    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("1..%zu\n", count);
    for (size_t i = 0; i < count; i++) {
        size_t live = mem_live();

        failures = 0;
        harness_row(NULL);
        tests[i].run();
        harness_row("memory left behind");
        CHECK_INT(mem_live(), live);
        drop_guards();
        printf("%sok %zu - %s\n", failures ? "not " : "", i + 1, tests[i].name);
        all = all && !failures;
    }
    return all ? 0 : 1;
}
