/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * race_acts.h: for race.c, what one thread may do to the handles of a round, and how each handle is watched.
 *
 * A *check* watches one handle: its tally must be even in the end. Buffers go with HANDLE_CLOSING: whoever touches them
 * later crashes. Where a thread took the callback away for a while, completions may have been for nobody: then none may
 * have come twice.
 */
#ifndef CONFORM_RACE_ACTS_H
#define CONFORM_RACE_ACTS_H

#include "tally.h"

#define MOVES 6 /* at most so many actions of a thread in a round */

struct check {
    HANDLE step, gone; /* a completion came; HANDLE_CLOSING did */
    volatile HINTERNET handle;
    SRWLOCK ends;       /* closing, and taking the callback away: one of them at a time */
    volatile LONG open; /* nobody has called CloseHandle yet */
    struct tally tally;
    volatile LONG mischief; /* in the next callback with this status the handle is closed; 0: in none */
    volatile LONG again;    /* so often a completion's callback begins the next Send or Receive */
    volatile LONG muted;    /* its callback was taken away for a while */
    volatile DWORD last;    /* newest status that ended a step */
    BYTE *in, *out;
};

/* The present round. */
struct round {
    unsigned seed;
    LONG number;
    BOOL async;
    struct check request, socket;
};

extern struct round now;

/* A generator of its own for each thread of each round. */
struct chance {
    unsigned state;
};

struct chance chance_of(unsigned thread);
unsigned pick(struct chance *c, unsigned below); /* 0 to below - 1 */
BOOL one_in(struct chance *c, unsigned n);
void linger(struct chance *c); /* a little while, or none */

void check_init(struct check *k);
void check_start(struct check *k);
void check_drop(struct check *k); /* instead of HANDLE_CLOSING, where no handle was opened */
BOOL check_close(struct check *k);
/* TRUE: each operation has completed once (where the callback was there all the time), nothing else came. */
BOOL check_right(const struct check *k);
void CALLBACK on_status(HINTERNET handle, DWORD_PTR context, DWORD status, LPVOID info, DWORD length);

/* The next thing that a thread does to the WebSocket, or to the request. */
void socket_move(struct check *k, struct chance *c);
void request_move(struct check *k, struct chance *c);

#endif
