/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sessions, connections, and what every handle has: closing, callback, timeouts.
 *
 * Threads: any. Ownership: strings are copied. Errors: ERROR_INVALID_PARAMETER, ERROR_WINHTTP_INVALID_URL (a host that
 * cannot be one), ERROR_INVALID_HANDLE, ERROR_WINHTTP_INCORRECT_HANDLE_TYPE, ERROR_NOT_ENOUGH_MEMORY. Source: SEMANTICS
 * sections 2 and 3, TO1-TO4, H7, D14; API.md 1.1 rows 3, 4, 5, 26, 49, 50.
 */
#include "api/guard.h"
#include "core/connect.h"
#include "core/option.h"
#include "core/session.h"

HINTERNET WINAPI WinHttpOpen(LPCWSTR agent, DWORD access, LPCWSTR proxy, LPCWSTR bypass, DWORD flags)
{
    struct session *s = NULL;
    enum wh_err err = session_create(agent, access, proxy, bypass, flags, &s);

    return guard_publish(err, (struct object *)s, NULL, "WinHttpOpen");
}

/* The session's callback tells of the new handle (API.md 3.1, note 1). */
HINTERNET WINAPI WinHttpConnect(HINTERNET session, LPCWSTR host, INTERNET_PORT port, DWORD reserved)
{
    struct object *parent;
    struct connect *c = NULL;
    enum wh_err err;
    HINTERNET h;
    DWORD error = guard_enter(session, ON_SESSION, &parent);

    (void)reserved;
    if (error) {
        guard_leave(parent, "WinHttpConnect", error);
        return NULL;
    }
    err = connect_create((struct session *)parent, host, port, &c);
    h = guard_publish(err, (struct object *)c, parent, "WinHttpConnect");
    object_unref(parent);
    return h;
}

BOOL WINAPI WinHttpCloseHandle(HINTERNET h)
{
    enum wh_err err = handle_close(h);

    return guard_leave(NULL, "WinHttpCloseHandle", err ? ERROR_INVALID_HANDLE : ERROR_SUCCESS);
}

WINHTTP_STATUS_CALLBACK WINAPI WinHttpSetStatusCallback(HINTERNET h, WINHTTP_STATUS_CALLBACK callback, DWORD mask,
                                                        DWORD_PTR reserved)
{
    WINHTTP_STATUS_CALLBACK previous = WINHTTP_INVALID_STATUS_CALLBACK;
    struct object *o;
    DWORD error = guard_enter(h, ON_ANY, &o);

    (void)reserved;
    if (!error)
        previous = notify_set_callback(o, callback, mask);
    guard_leave(o, "WinHttpSetStatusCallback", error);
    return previous;
}

/* The range is checked before the kind of handle (TO3). */
BOOL WINAPI WinHttpSetTimeouts(HINTERNET h, int resolve, int connect, int send, int receive)
{
    struct object *o;
    DWORD error = guard_enter(h, ON_ANY, &o);

    if (!error && (resolve < -1 || connect < -1 || send < -1 || receive < -1))
        error = ERROR_INVALID_PARAMETER;
    if (!error && !guard_is(o, ON_SESSION | ON_REQUEST))
        error = ERROR_WINHTTP_INCORRECT_HANDLE_TYPE;
    if (!error) {
        option_set(o, SETTING_RESOLVE_TIMEOUT, (uint32_t)resolve);
        option_set(o, SETTING_CONNECT_TIMEOUT, (uint32_t)connect);
        option_set(o, SETTING_SEND_TIMEOUT, (uint32_t)send);
        option_set(o, SETTING_RECEIVE_TIMEOUT, (uint32_t)receive);
    }
    return guard_leave(o, "WinHttpSetTimeouts", error);
}

BOOL WINAPI WinHttpCheckPlatform(void)
{
    return guard_leave(NULL, "WinHttpCheckPlatform", ERROR_SUCCESS);
}
