/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The seven WebSocket functions. All but the upgrade answer a Win32 error themselves (GEN6): 0 is success, also where
 * an asynchronous operation goes on (API.md 7.1 row 5). An operation the state does not allow is
 * ERROR_INVALID_OPERATION.
 *
 * Threads: any. Ownership: a Send's and a Receive's buffers stay the caller's until the completion; reasons are copied.
 * Errors: guard.h's, ERROR_INVALID_PARAMETER, ERROR_INVALID_OPERATION, and those of core/websocket.h.
 * Source: SEMANTICS section 18, D1, D6, D7; API.md 1.1 rows 54 to 59.
 */
#include "api/guard.h"
#include "core/websocket.h"

HINTERNET WINAPI WinHttpWebSocketCompleteUpgrade(HINTERNET request, DWORD_PTR context)
{
    struct object *parent;
    struct websocket *w = NULL;
    enum wh_err err;
    HINTERNET h;
    DWORD error = guard_enter(request, ON_REQUEST, &parent);

    if (error) {
        guard_leave(parent, "WinHttpWebSocketCompleteUpgrade", error);
        return NULL;
    }
    err = websocket_create(request_of(parent), context, &w);
    h = guard_announce(err, (struct object *)w, parent, "WinHttpWebSocketCompleteUpgrade");
    object_unref(parent);
    return h;
}

static DWORD api_websocket_leave(struct object *o, const char *name, enum wh_err err)
{
    return guard_leave_code(o, name, err == WH_E_STATE ? ERROR_INVALID_OPERATION : err_code(err));
}

DWORD WINAPI WinHttpWebSocketSend(HINTERNET websocket, WINHTTP_WEB_SOCKET_BUFFER_TYPE type, PVOID buffer, DWORD length)
{
    struct object *o;
    DWORD error = guard_enter(websocket, ON_WEBSOCKET, &o);

    if (!error && ((DWORD)type > WINHTTP_WEB_SOCKET_UTF8_FRAGMENT_BUFFER_TYPE || (!buffer && length)))
        error = ERROR_INVALID_PARAMETER;
    if (error)
        return guard_leave_code(o, "WinHttpWebSocketSend", error);
    return api_websocket_leave(o, "WinHttpWebSocketSend", websocket_send(websocket_of(o), type, buffer, length));
}

/* The outputs are for synchronous handles; asynchronously they stay as they are (W40). */
DWORD WINAPI WinHttpWebSocketReceive(HINTERNET websocket, PVOID buffer, DWORD length, DWORD *read,
                                     WINHTTP_WEB_SOCKET_BUFFER_TYPE *type)
{
    struct object *o;
    DWORD error = guard_enter(websocket, ON_WEBSOCKET, &o);

    if (!error && (!buffer || !length || (!object_async(o) && (!read || !type))))
        error = ERROR_INVALID_PARAMETER;
    if (error)
        return guard_leave_code(o, "WinHttpWebSocketReceive", error);
    return api_websocket_leave(o, "WinHttpWebSocketReceive",
                               websocket_receive(websocket_of(o), buffer, length, read, type));
}

DWORD WINAPI WinHttpWebSocketShutdown(HINTERNET websocket, USHORT status, PVOID reason, DWORD length)
{
    struct object *o;
    DWORD error = guard_enter(websocket, ON_WEBSOCKET, &o);

    if (error)
        return guard_leave_code(o, "WinHttpWebSocketShutdown", error);
    return api_websocket_leave(o, "WinHttpWebSocketShutdown",
                               websocket_shutdown(websocket_of(o), status, reason, length));
}

DWORD WINAPI WinHttpWebSocketClose(HINTERNET websocket, USHORT status, PVOID reason, DWORD length)
{
    struct object *o;
    DWORD error = guard_enter(websocket, ON_WEBSOCKET, &o);

    if (error)
        return guard_leave_code(o, "WinHttpWebSocketClose", error);
    return api_websocket_leave(o, "WinHttpWebSocketClose", websocket_close(websocket_of(o), status, reason, length));
}

DWORD WINAPI WinHttpWebSocketQueryCloseStatus(HINTERNET websocket, USHORT *status, PVOID reason, DWORD length,
                                              DWORD *consumed)
{
    struct object *o;
    DWORD error = guard_enter(websocket, ON_WEBSOCKET, &o);

    if (!error && (!status || !consumed || (!reason && length)))
        error = ERROR_INVALID_PARAMETER;
    if (error)
        return guard_leave_code(o, "WinHttpWebSocketQueryCloseStatus", error);
    return api_websocket_leave(o, "WinHttpWebSocketQueryCloseStatus",
                               websocket_close_status(websocket_of(o), status, reason, length, consumed));
}
