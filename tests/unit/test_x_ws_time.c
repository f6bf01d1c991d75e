/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* stack/x_ws_time.h: when a keep-alive is due, and when Close has waited long enough. SEMANTICS D3, D7, TO2. */
#include "unit/harness.h"

#include "stack/x_ws_time.h"

static void fresh(void)
{
    struct x_ws_time t;

    x_ws_time_init(&t);
    CHECK_INT(t.keepalive_due, X_WS_NEVER);
    CHECK_INT(x_ws_time_close_due(&t), X_WS_NEVER);
    CHECK_INT(t.close_ms, X_WS_CLOSE_WAIT_DEFAULT);
    CHECK(!x_ws_time_tick(&t, X_WS_NEVER));
}

/* Interval 20, set at 7: the grid is 27, 47, 67, ... */
static void grid(void)
{
    static const struct {
        uint64_t now;
        bool due;
        uint64_t next;
    } rows[] = {
        {0, false, 27},
        {26, false, 27},
        {27, true, 47},
        {27, false, 47},
        {46, false, 47},
        {47, true, 67},
        {80, true, 87},
        {86, false, 87},
        {106, true, 107},
        {107, true, 127},
        {127, true, 147},
        /* one was missed: the next is a whole interval away */
        {167, true, 187},
        {300, true, 320},
        {X_WS_NEVER, true, X_WS_NEVER},
        {X_WS_NEVER, false, X_WS_NEVER},
    };
    struct x_ws_time t;

    x_ws_time_init(&t);
    x_ws_time_every(&t, 20, 7);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CHECK_INT(x_ws_time_tick(&t, rows[i].now), rows[i].due);
        CHECK_INT(t.keepalive_due, rows[i].next);
    }
}

static void never(void)
{
    struct x_ws_time t;

    x_ws_time_init(&t);
    x_ws_time_every(&t, UINT32_MAX, 5);
    CHECK_INT(t.keepalive_due, X_WS_NEVER);
    CHECK(!x_ws_time_tick(&t, X_WS_NEVER - 1));
    x_ws_time_every(&t, 0, 5);
    CHECK_INT(t.keepalive_due, X_WS_NEVER);
    harness_row("a sum that does not fit");
    x_ws_time_every(&t, 10, X_WS_NEVER - 10);
    CHECK_INT(t.keepalive_due, X_WS_NEVER);
    x_ws_time_every(&t, 10, X_WS_NEVER - 11);
    CHECK_INT(t.keepalive_due, X_WS_NEVER - 1);
}

static void closing(void)
{
    struct x_ws_time t;

    x_ws_time_init(&t);
    x_ws_time_closing(&t, 100);
    CHECK_INT(x_ws_time_close_due(&t), 10100);
    x_ws_time_closing(&t, 5000); /* begun before */
    CHECK_INT(x_ws_time_close_due(&t), 10100);
    t.close_ms = 1;
    CHECK_INT(x_ws_time_close_due(&t), 101);
    t.close_ms = 0;
    CHECK_INT(x_ws_time_close_due(&t), X_WS_NEVER);
    t.close_ms = UINT32_MAX;
    CHECK_INT(x_ws_time_close_due(&t), X_WS_NEVER);
    t.close_ms = UINT32_MAX - 1;
    CHECK_INT(x_ws_time_close_due(&t), UINT64_C(100) + UINT32_MAX - 1);
}

static const struct test tests[] = {
    {"nothing is due before it was asked for", fresh},
    {"D3: a tick each interval, none twice, missed ones once", grid},
    {"TO2: 0, 0xFFFFFFFF and what no clock reaches are never", never},
    {"D7: Close waits from its beginning", closing},
};

HARNESS_MAIN(tests)
