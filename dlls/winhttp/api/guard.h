/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The frame of every exported function: enter finds the object of a handle and keeps it alive, leave lets it go and
 * tells the caller.
 *
 * A handle that is not live, NULL among them, is ERROR_INVALID_HANDLE before any other argument is looked at (GEN7);
 * one of a kind the function is not for is ERROR_WINHTTP_INCORRECT_HANDLE_TYPE. Success sets the last error to 0
 * (GEN1). Threads: any. Ownership: between enter and leave the object is referenced. Header only.
 */
#ifndef API_GUARD_H
#define API_GUARD_H

#include "core/handle.h"
#include "base/trace.h"
#include "core/err.h"
#include "notify/net_error.h"

/* Kinds of handle, as a mask. */
enum {
    ON_SESSION = 1 << OBJECT_SESSION,
    ON_CONNECT = 1 << OBJECT_CONNECT,
    ON_REQUEST = 1 << OBJECT_REQUEST,
    ON_WEBSOCKET = 1 << OBJECT_WEBSOCKET
};
#define ON_ANY (ON_SESSION | ON_CONNECT | ON_REQUEST | ON_WEBSOCKET)

static inline bool guard_is(const struct object *o, unsigned kinds)
{
    return (kinds & 1u << object_kind(o)) != 0;
}

/* ERROR_SUCCESS: *out is to be left again. Otherwise *out is NULL, which may be left as well. */
static inline DWORD guard_enter(HINTERNET h, unsigned kinds, struct object **out)
{
    struct object *o = handle_find(h);

    *out = NULL;
    if (!o)
        return ERROR_INVALID_HANDLE;
    if (!guard_is(o, kinds)) {
        object_unref(o);
        return ERROR_WINHTTP_INCORRECT_HANDLE_TYPE;
    }
    *out = o;
    return ERROR_SUCCESS;
}

/* For functions that answer the error itself. */
static inline DWORD guard_leave_code(struct object *o, const char *name, DWORD error)
{
    WH_TRACE("api", "%s %p -> %u", name, o ? object_handle(o) : NULL, (unsigned)error);
    net_error_returned(error);
    if (o)
        object_unref(o);
    return error;
}

/* For functions that answer TRUE or FALSE; ERROR_IO_PENDING is a kind of TRUE (B20). */
static inline BOOL guard_leave(struct object *o, const char *name, DWORD error)
{
    SetLastError(guard_leave_code(o, name, error));
    return error == ERROR_SUCCESS || error == ERROR_IO_PENDING;
}

/*
 * A new object is announced on the callback of `teller` (N1, N2, N4), and its reference given up: the table has one.
 * NULL, and the last error, when err says that there is no object, or no handle could be had.
 */
static inline HINTERNET guard_announce(enum wh_err err, struct object *o, struct object *teller, const char *name)
{
    HINTERNET h = err ? NULL : object_handle(o);

    if (h && teller)
        notify_now(teller, WINHTTP_CALLBACK_STATUS_HANDLE_CREATED, &h, sizeof(h));
    WH_TRACE("api", "%s -> %p, %u", name, h, (unsigned)err_code(err));
    net_error_returned(err_code(err));
    if (o)
        object_unref(o);
    SetLastError(err_code(err));
    return h;
}

/* The same for an object that has no handle yet. */
static inline HINTERNET guard_publish(enum wh_err err, struct object *o, struct object *teller, const char *name)
{
    if (!err)
        err = handle_publish(o);
    return guard_announce(err, o, teller, name);
}

#endif
