/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * tally.h: whether each accepted operation of a handle completes exactly once, and HANDLE_CLOSING is the last callback
 * (SEMANTICS N30, N31).
 *
 * An operation is counted before its call, taken back when the call refuses it or the handle is synchronous, and
 * counted off by its completion. All functions may be called on any thread.
 */
#ifndef CONFORM_TALLY_H
#define CONFORM_TALLY_H

#include "harness.h"

enum op { OP_SEND, OP_RECEIVE, OP_SHUTDOWN, OP_CLOSE, OP_COUNT }; /* requests: on their way out, on their way in */

struct tally {
    volatile LONG pending[OP_COUNT];
    volatile LONG closings; /* HANDLE_CLOSING came */
    volatile LONG wrong;    /* callbacks that should not have been */
};

/* Around a call that starts an operation; the value is `accepted`, and the last error what the call left. */
#define TALLY(tally, op, async, accepted) (tally_begin((tally), (op)), tally_begun((tally), (op), (async), (accepted)))
void tally_begin(struct tally *t, enum op op);
BOOL tally_begun(struct tally *t, enum op op, BOOL async, BOOL accepted);

/* Counts a callback. The operation that it ends; OP_COUNT: it is no completion. */
enum op tally_callback(struct tally *t, DWORD status, const void *info, DWORD length);

/* Nothing runs any more on the handle, and all was as it should be; what was not is said in a remark. */
BOOL tally_even(const struct tally *t);

/* The same where completions may have been for nobody: nothing has come twice, or out of its place. */
BOOL tally_none_twice(const struct tally *t);

#endif
