/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Traces: one macro over one sink pointer. Without a sink a trace costs one load and one branch, and its arguments are
 * not computed.
 *
 * The sink is set once, before other threads trace (the DLL does it when it is loaded), and stays; natively it is NULL.
 * It is the one variable of the pure rooms. A trace line has no newline of its own and must not hold secrets:
 * credentials, cookies, body bytes.
 *
 * Threads: any; the sink must bear calls from several threads. Ownership: text belongs to the caller. Limits, Errors:
 * the sink's.
 */
#ifndef BASE_TRACE_H
#define BASE_TRACE_H

#include <stdarg.h>

/* room is the name of the file or room that speaks; fmt is as in C11 printf. */
typedef void trace_sink_fn(const char *room, const char *fmt, va_list args);

extern trace_sink_fn *trace_sink;

#if defined(__MINGW32__)
#define TRACE__FORMAT __attribute__((format(gnu_printf, 2, 3)))
#elif defined(__GNUC__)
#define TRACE__FORMAT __attribute__((format(printf, 2, 3)))
#else
#define TRACE__FORMAT
#endif

void trace_write(const char *room, const char *fmt, ...) TRACE__FORMAT;

#define WH_TRACE(room, ...)                                                                                            \
    do {                                                                                                               \
        if (trace_sink)                                                                                                \
            trace_write(room, __VA_ARGS__);                                                                            \
    } while (0)

#endif
