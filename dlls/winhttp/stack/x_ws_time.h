/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The two clocks of a WebSocket link: when a keep-alive is due (SEMANTICS D3, option 116) and how long Close waits for
 * the peer's close frame (D7, option 115). Arithmetic alone: what is done about it is x_ws.c's.
 *
 * Keep-alives stand on a grid: every so many ms from the moment the interval was set, whatever else is said or heard
 * meanwhile. A tick that was missed (a machine that slept) is not made up for.
 *
 * Units: milliseconds of any clock that does not go back, told by the caller. An interval of 0 or 0xFFFFFFFF, and a sum
 * that no clock reaches, mean X_WS_NEVER (TO2). Threads: the connection's lock. Ownership: plain data. Errors: none.
 */
#ifndef STACK_X_WS_TIME_H
#define STACK_X_WS_TIME_H

#include "stack/x_ws.h"

struct x_ws_time {
    uint32_t keepalive_ms;
    uint64_t keepalive_due; /* X_WS_NEVER before an interval was set */
    uint32_t close_ms;
    bool closing; /* Close waits, since close_began */
    uint64_t close_began;
};

void x_ws_time_init(struct x_ws_time *t);
void x_ws_time_every(struct x_ws_time *t, uint32_t ms, uint64_t now);
void x_ws_time_closing(struct x_ws_time *t, uint64_t now); /* the first call counts */
uint64_t x_ws_time_close_due(const struct x_ws_time *t);

/* Whether a keep-alive is due; if so, the next one has been set. */
bool x_ws_time_tick(struct x_ws_time *t, uint64_t now);

#endif
