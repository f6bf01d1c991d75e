/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Options of the whole process, set on the handle NULL: the version of HTTP (59), the number of workers (80), tracing
 * (85). API.md section 2.
 *
 * Threads: any; each value is one word, read and written as a whole. Ownership: nothing. Errors: WH_E_ARG (a value the
 * option cannot have), WH_E_STATE (too late).
 */
#ifndef CORE_PROCESS_H
#define CORE_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include "base/err.h"

/* HTTP/1.minor of requests whose session and OpenRequest name none: 0 or 1. */
uint32_t process_http_minor(void);
enum wh_err process_set_http_minor(uint32_t minor);

/* Once, not 0, and before the first asynchronous operation. */
enum wh_err process_set_workers(uint32_t count);
void process_async_begins(void);

/* Kept for who asks: no trace is written without a sink (base/trace.h). */
bool process_tracing(void);
void process_set_tracing(bool on);

#endif
