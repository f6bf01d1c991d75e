/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bodies: writing the request's, reading the response's.
 *
 * Reading asynchronously, TRUE with last error 0 says that the completion has been delivered on this thread; TRUE with
 * ERROR_IO_PENDING that another thread delivers it (B20). WriteData leaves 0 (GEN3). Threads: any. Ownership: buffers
 * stay the caller's until the completion. Errors: guard.h's, and those of core/request.h. Source: SEMANTICS section 9,
 * S7, S8; API.md 1.1 rows 34, 38, 60.
 */
#include "api/guard.h"
#include "core/request.h"

/* The last error of a call that core has answered. */
static DWORD api_data_outcome(enum wh_err err, bool inline_done)
{
    return !err && !inline_done ? ERROR_IO_PENDING : err_code(err);
}

BOOL WINAPI WinHttpWriteData(HINTERNET request, LPCVOID buffer, DWORD length, LPDWORD written)
{
    struct object *o;
    enum wh_err err;
    bool inline_done;
    DWORD error = guard_enter(request, ON_REQUEST, &o);

    if (!error && !buffer && length)
        error = ERROR_INVALID_PARAMETER;
    if (!error) {
        err = request_write(request_of(o), buffer, length, written, &inline_done);
        error = err_code(err);
    }
    return guard_leave(o, "WinHttpWriteData", error);
}

BOOL WINAPI WinHttpQueryDataAvailable(HINTERNET request, LPDWORD available)
{
    struct object *o;
    enum wh_err err;
    bool inline_done;
    DWORD error = guard_enter(request, ON_REQUEST, &o);

    if (!error) {
        err = request_query_data(request_of(o), available, &inline_done);
        error = api_data_outcome(err, inline_done);
    }
    return guard_leave(o, "WinHttpQueryDataAvailable", error);
}

BOOL WINAPI WinHttpReadData(HINTERNET request, LPVOID buffer, DWORD length, LPDWORD read)
{
    struct object *o;
    enum wh_err err;
    bool inline_done;
    DWORD error = guard_enter(request, ON_REQUEST, &o);

    if (!error && !buffer && length)
        error = ERROR_INVALID_PARAMETER;
    if (!error) {
        err = request_read(request_of(o), buffer, length, read, &inline_done);
        error = api_data_outcome(err, inline_done);
    }
    return guard_leave(o, "WinHttpReadData", error);
}
