/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * trace.h: what wscat says about its calls: a line for each call and each callback (--trace), and clear errors.
 *
 * All of it goes to standard error, one whole line at a time, from any thread.
 */
#ifndef WSCAT_TRACE_H
#define WSCAT_TRACE_H

#include <windows.h>

/* Starts the clock; `on` decides whether lines are printed at all. */
void trace_start(BOOL on);

/* One API call has returned with this error; 0 and ERROR_IO_PENDING are good. `format` prints its arguments. A failure
 * is explained to the user, with the name of the error and the DLL's own text for it. Answers whether the call was
 * good. */
BOOL trace_call(DWORD error, const char *function, const char *format, ...) __attribute__((format(gnu_printf, 3, 4)));

/* One callback has arrived. */
void trace_callback(HINTERNET handle, DWORD status, const void *info, DWORD length);

/* Explains an error that is not one call's: "wscat: WHAT: ERROR_... (N): text". */
void trace_error(DWORD error, const char *what);

#endif
