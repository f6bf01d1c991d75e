/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the fuzz targets share. A target states what must hold for every input with REQUIRE; most feed the same bytes
 * whole and in pieces and require the same outcome.
 *
 * Threads: one. Ownership: the input is the fuzzer's. Errors: a broken requirement aborts.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include "base/buf.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>

#define REQUIRE(cond)                                                                                                  \
    do {                                                                                                               \
        if (!(cond)) {                                                                                                 \
            fprintf(stderr, "%s:%d: required: %s\n", __FILE__, __LINE__, #cond);                                       \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Takes one byte off the front of the input, 0 when there is none. */
static inline uint8_t fuzz_byte(struct span *in)
{
    uint8_t c = in->n ? in->p[0] : 0;

    if (in->n)
        *in = span_skip(*in, 1);
    return c;
}

/* Cuts the next piece off: sizes grow from 1 by a step that the seed chooses; step 0 is everything at once. */
static inline struct span fuzz_piece(struct span *in, size_t *size, size_t step)
{
    struct span s = span_head(*in, step ? *size : in->n);

    *size += step - (step != 0);
    *in = span_skip(*in, s.n);
    return s;
}

/* Appends s as a chunk of its own whose memory ends behind it. */
static inline void fuzz_feed(struct buf *b, struct span s)
{
    size_t got, size = s.n > BUF_CHUNK_SMALL ? s.n : BUF_CHUNK_SMALL;
    struct buf one;
    uint8_t *p;

    if (!s.n)
        return;
    buf_init(&one, size);
    REQUIRE(s.n <= BUF_CHUNK_LARGE && buf_reserve(&one, size, &p, &got) == WH_OK && got == size);
    memcpy(p + (size - s.n), s.p, s.n);
    buf_commit(&one, size);
    buf_consume(&one, size - s.n);
    REQUIRE(buf_splice(b, &one) == WH_OK);
    buf_clear(&one);
}

#endif
