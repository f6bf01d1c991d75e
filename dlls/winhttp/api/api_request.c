/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Opening a request, sending it, waiting for its response. Success is TRUE with last error 0, asynchronously too
 * (GEN3).
 *
 * Threads: any. Ownership: strings are copied; the optional data stay the caller's until SENDREQUEST_COMPLETE or
 * REQUEST_ERROR. Errors: guard.h's, and those of core/request.h. Source: SEMANTICS C8-C15, sections 7 and 8, D2, D14,
 * D15; API.md 1.1 rows 27, 41, 44.
 */
#include "api/guard.h"
#include "core/request.h"

/* NULL_CODEPAGE is obsolete and has no effect. AUTOMATIC_CHUNKING is refused until it works: programs probe for it in
 * this way (D15). */
#define FLAGS_KNOWN                                                                                                    \
    (WINHTTP_FLAG_SECURE | WINHTTP_FLAG_ESCAPE_PERCENT | WINHTTP_FLAG_NULL_CODEPAGE | WINHTTP_FLAG_ESCAPE_DISABLE |    \
     WINHTTP_FLAG_ESCAPE_DISABLE_QUERY | WINHTTP_FLAG_BYPASS_PROXY_CACHE)

HINTERNET WINAPI WinHttpOpenRequest(HINTERNET connect, LPCWSTR verb, LPCWSTR name, LPCWSTR version, LPCWSTR referrer,
                                    LPCWSTR *accept, DWORD flags)
{
    struct object *parent;
    struct request *r = NULL;
    enum wh_err err;
    HINTERNET h;
    DWORD error = guard_enter(connect, ON_CONNECT, &parent);

    if (!error && (flags & ~(DWORD)FLAGS_KNOWN))
        error = ERROR_INVALID_PARAMETER;
    if (error) {
        guard_leave(parent, "WinHttpOpenRequest", error);
        return NULL;
    }
    err = request_create((struct connect *)parent, verb, name, version, referrer, accept, flags, &r);
    h = guard_publish(err, (struct object *)r, (struct object *)r, "WinHttpOpenRequest");
    object_unref(parent);
    return h;
}

BOOL WINAPI WinHttpSendRequest(HINTERNET request, LPCWSTR headers, DWORD headers_len, LPVOID optional,
                               DWORD optional_len, DWORD total, DWORD_PTR context)
{
    struct object *o;
    DWORD error = guard_enter(request, ON_REQUEST, &o);

    if (!error)
        error = err_code(request_send(request_of(o), headers, headers_len, optional, optional_len, total, context));
    return guard_leave(o, "WinHttpSendRequest", error);
}

BOOL WINAPI WinHttpReceiveResponse(HINTERNET request, LPVOID reserved)
{
    struct object *o;
    DWORD error = guard_enter(request, ON_REQUEST, &o);

    (void)reserved;
    if (!error)
        error = err_code(request_receive(request_of(o)));
    return guard_leave(o, "WinHttpReceiveResponse", error);
}
