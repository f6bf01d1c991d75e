/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The way from the macro to the sink; see trace.h.
 *
 * Threads: any. Ownership: none. Limits: none. Errors: none.
 */
#include "base/trace.h"

#include <stddef.h>

trace_sink_fn *trace_sink = NULL;

void trace_write(const char *room, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    trace_sink(room, fmt, args);
    va_end(args);
}
