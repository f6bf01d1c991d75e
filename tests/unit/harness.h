/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the native tests share: TAP output, checks that show what they saw, inputs that end at a page nobody may read,
 * input fed in every possible cut, and scenarios in which each allocation fails in turn.
 *
 * A test program is a table of struct test and a call of harness_main. A test is one TAP line; it fails when one of its
 * checks did, or when it leaves memory behind (mem_live). Failed checks are printed as diagnostics and do not end the
 * test.
 *
 * Threads: one. Ownership: what guard_make gives lives until the test ends. Errors: a harness that cannot work exits at
 * once.
 */
#ifndef TESTS_HARNESS_H
#define TESTS_HARNESS_H

#include "base/buf.h"
#include "base/text.h"

struct test {
    const char *name; /* what is true, with the fact or section it comes from */
    void (*run)(void);
};

int harness_main(const struct test *tests, size_t count);

#define HARNESS_MAIN(tests)                                                                                            \
    int main(void)                                                                                                     \
    {                                                                                                                  \
        return harness_main(tests, sizeof(tests) / sizeof(tests)[0]);                                                  \
    }

bool harness_check(bool ok, const char *file, int line, const char *what);
bool harness_check_int(uint64_t got, uint64_t want, const char *file, int line, const char *what);
bool harness_check_span(struct span got, struct span want, const char *file, int line, const char *what);

#define CHECK(cond)           harness_check((cond), __FILE__, __LINE__, #cond)
#define CHECK_INT(got, want)  harness_check_int((uint64_t)(got), (uint64_t)(want), __FILE__, __LINE__, #got)
#define CHECK_SPAN(got, want) harness_check_span((got), (want), __FILE__, __LINE__, #got)
#define CHECK_STR(got, want)  harness_check_span((got), span_str(want), __FILE__, __LINE__, #got)
/* A line to be shown with the checks that fail after it, to tell rows of a table apart. */
void harness_row(const char *row);

/* A span over a string literal that may hold NULs. */
#define LITERAL(s) span_make(s, sizeof(s) - 1)

/* A copy of s whose last byte is followed by a page without access. */
struct span guard_make(struct span s);
/* ASCII text as UTF-16 units, ended the same way; at most 512 units. */
struct wspan guard_wide(const char *s);

/* Appends s as a chunk of its own that ends where its memory ends, so that a sanitizer sees any look behind it. */
void feed_chunk(struct buf *b, struct span s);

/*
 * Calls fn with input cut into pieces: in one, in two at every place, and byte by byte. fn makes what it tests anew
 * each time.
 */
typedef void feed_fn(const struct span *pieces, size_t count, void *ctx);
void feed_all_ways(struct span input, feed_fn *fn, void *ctx);

/*
 * Runs fn once as it is, which must answer WH_OK, then once for each allocation it made with that one failing, which
 * must answer WH_E_NOMEM and leave no memory behind.
 */
typedef enum wh_err alloc_fn(void *ctx);
void each_allocation_fails(alloc_fn *fn, void *ctx);

#endif
