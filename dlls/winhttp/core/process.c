/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See process.h. */
#include "core/process.h"
#include <winsock2.h>
#include <windows.h>
#include "io/loop.h"

/* Whether the number of workers may still be set. */
enum { WORKERS_OPEN, WORKERS_FIXED };

static volatile LONG http_minor = 1;
static volatile LONG workers = WORKERS_OPEN;
static volatile LONG tracing;

uint32_t process_http_minor(void)
{
    return (uint32_t)http_minor;
}

enum wh_err process_set_http_minor(uint32_t minor)
{
    if (minor > 1)
        return WH_E_ARG;
    http_minor = (LONG)minor;
    return WH_OK;
}

enum wh_err process_set_workers(uint32_t count)
{
    if (!count)
        return WH_E_ARG;
    if (InterlockedCompareExchange(&workers, WORKERS_FIXED, WORKERS_OPEN) != WORKERS_OPEN)
        return WH_E_STATE;
    loop_set_workers(count);
    return WH_OK;
}

void process_async_begins(void)
{
    if (workers == WORKERS_OPEN)
        workers = WORKERS_FIXED;
}

bool process_tracing(void)
{
    return tracing != 0;
}

void process_set_tracing(bool on)
{
    tracing = on;
}
