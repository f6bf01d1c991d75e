/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Deadlines of a WebSocket link; see x_ws_time.h. */
#include "stack/x_ws_time.h"

static uint64_t later(uint64_t from, uint32_t ms)
{
    return ms == 0 || ms == UINT32_MAX || from >= X_WS_NEVER - ms ? X_WS_NEVER : from + ms;
}

void x_ws_time_init(struct x_ws_time *t)
{
    t->keepalive_ms = 0;
    t->keepalive_due = X_WS_NEVER;
    t->close_ms = X_WS_CLOSE_WAIT_DEFAULT;
    t->closing = false;
    t->close_began = 0;
}

void x_ws_time_every(struct x_ws_time *t, uint32_t ms, uint64_t now)
{
    t->keepalive_ms = ms;
    t->keepalive_due = later(now, ms);
}

void x_ws_time_closing(struct x_ws_time *t, uint64_t now)
{
    if (t->closing)
        return;
    t->closing = true;
    t->close_began = now;
}

uint64_t x_ws_time_close_due(const struct x_ws_time *t)
{
    return t->closing ? later(t->close_began, t->close_ms) : X_WS_NEVER;
}

bool x_ws_time_tick(struct x_ws_time *t, uint64_t now)
{
    if (t->keepalive_due == X_WS_NEVER || now < t->keepalive_due)
        return false;
    t->keepalive_due = later(t->keepalive_due, t->keepalive_ms);
    if (t->keepalive_due <= now)
        t->keepalive_due = later(now, t->keepalive_ms);
    return true;
}
