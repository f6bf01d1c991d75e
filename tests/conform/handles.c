/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * handles: opening, closing and misusing handles; no network (SEMANTICS 2 and 3, GEN1 to GEN8).
 *
 * The table of wrong handles calls every function with NULL, with a number that was never a handle, with a closed
 * handle and with each wrong type, and expects the documented error without a crash.
 */
#include "client.h"

static struct client the;
static HINTERNET closed;

static void check_opening(void)
{
    HINTERNET session, connect, request;

    SUCCEEDS((session = WinHttpOpen(NULL, WINHTTP_ACCESS_TYPE_NO_PROXY, NULL, NULL, 0)) != NULL,
             "C1, GEN2: WinHttpOpen without a user agent");
    WinHttpCloseHandle(session);
    SUCCEEDS((session = WinHttpOpen(L"x", WINHTTP_ACCESS_TYPE_DEFAULT_PROXY, L"p:1", L"b", 0)) != NULL,
             "C2: default proxy with proxy strings");
    WinHttpCloseHandle(session);
    SUCCEEDS((session = WinHttpOpen(L"x", WINHTTP_ACCESS_TYPE_NO_PROXY, NULL, NULL, WINHTTP_FLAG_ASYNC)) != NULL,
             "C3: asynchronous without a callback");
    FAILS(WinHttpConnect(session, NULL, 80, 0) != NULL, ERROR_INVALID_PARAMETER, "C4: WinHttpConnect without a host");
    SUCCEEDS((connect = WinHttpConnect(session, L"no.such.host.invalid", 80, 0)) != NULL,
             "C5, GEN2: WinHttpConnect resolves nothing");
    SUCCEEDS((request = WinHttpOpenRequest(connect, NULL, NULL, NULL, NULL, NULL, 0)) != NULL,
             "C8, C9, C10, C12, C14, GEN2: WinHttpOpenRequest with everything NULL");
    SUCCEEDS(WinHttpCloseHandle(request), "H1, GEN2: closing the request");
    SUCCEEDS(WinHttpCloseHandle(connect), "H1: closing the connection");
    SUCCEEDS(WinHttpCloseHandle(session), "H1: closing the session");
}

static void check_request_flags(void)
{
    static const DWORD flags[] = {0,
                                  WINHTTP_FLAG_SECURE,
                                  WINHTTP_FLAG_ESCAPE_PERCENT,
                                  WINHTTP_FLAG_ESCAPE_DISABLE,
                                  WINHTTP_FLAG_ESCAPE_DISABLE_QUERY,
                                  WINHTTP_FLAG_BYPASS_PROXY_CACHE,
                                  WINHTTP_FLAG_SECURE | WINHTTP_FLAG_ESCAPE_DISABLE | WINHTTP_FLAG_REFRESH};
    HINTERNET request;
    size_t i;

    for (i = 0; i < COUNT(flags); i++) {
        SUCCEEDS((request = WinHttpOpenRequest(the.connect, L"GET", L"/", NULL, NULL, NULL, flags[i])) != NULL,
                 "C15: WinHttpOpenRequest with flags 0x%lx", flags[i]);
        WinHttpCloseHandle(request);
    }
    FAILS(WinHttpOpenRequest(the.connect, L"POST", L"/", NULL, NULL, NULL, WINHTTP_FLAG_AUTOMATIC_CHUNKING) != NULL,
          ERROR_INVALID_PARAMETER, "D15: AUTOMATIC_CHUNKING is refused until it works");
}

/* What a request opened with this verb answers for its method; NULL and "" mean GET. */
static void check_verb(const WCHAR *verb, const WCHAR *expected)
{
    WCHAR text[20];
    DWORD size = sizeof(text);
    HINTERNET request = WinHttpOpenRequest(the.connect, verb, L"/", L"", NULL, NULL, 0);

    SUCCEEDS(WinHttpQueryHeaders(request, WINHTTP_QUERY_REQUEST_METHOD, NULL, text, &size, NULL),
             "C13: the verb is known before sending");
    SAME_TEXT(text, expected, "C8, C13: the verb is %ls", expected);
    SAME(size, wcslen(expected) * sizeof(WCHAR), "C13: its size does not count the NUL");
    WinHttpCloseHandle(request);
}

static void check_url(const WCHAR *object, const WCHAR *expected)
{
    WCHAR text[100] = L"";
    DWORD size = sizeof(text);
    HINTERNET request = WinHttpOpenRequest(the.connect, NULL, object, NULL, NULL, NULL, 0);

    WinHttpQueryOption(request, WINHTTP_OPTION_URL, text, &size);
    SAME_TEXT(text, expected, "C9, C11, O24, RD3: '%ls' becomes %ls", object ? object : L"(null)", expected);
    WinHttpCloseHandle(request);
}

/* H2, H3: parents closed first. */
static void check_closing_parents_first(void)
{
    struct client client;
    DWORD_PTR context = 1;
    DWORD size = sizeof(context);

    client_open(&client, 0, 80);
    client_request(&client, NULL, NULL, 0);
    SUCCEEDS(WinHttpCloseHandle(client.connect), "H2: closing the connection under a request");
    SUCCEEDS(WinHttpQueryOption(client.request, WINHTTP_OPTION_CONTEXT_VALUE, &context, &size),
             "H2: the request is still a handle");
    SUCCEEDS(WinHttpCloseHandle(client.session), "H3: closing the session as well");
    SUCCEEDS(WinHttpQueryOption(client.request, WINHTTP_OPTION_CONTEXT_VALUE, &context, &size),
             "H3: the request is still a handle");
    SAME(context, 0, "H11: and its context is 0");
    SUCCEEDS(WinHttpCloseHandle(client.request), "H3: closing the request last");
}

static void check_closing_twice(void)
{
    struct client client;

    client_open(&client, 0, 80);
    SUCCEEDS(WinHttpCloseHandle(client.connect), "H7: closing once");
    FAILS(WinHttpCloseHandle(client.connect), ERROR_INVALID_HANDLE, "H7: closing twice is harmless");
    client.connect = WinHttpConnect(client.session, L"localhost", 80, 0);
    tap_ok(client.connect != NULL, "H7: the session is as good as before");
    client_close(&client);
}

static void check_contexts(void)
{
    DWORD_PTR context = (DWORD_PTR)&the, got = 0;
    DWORD size = sizeof(got);
    struct client client;

    client_open(&client, 0, 80);
    SUCCEEDS(WinHttpSetOption(client.session, WINHTTP_OPTION_CONTEXT_VALUE, &context, sizeof(context)),
             "H11: a context on a session");
    SUCCEEDS(WinHttpQueryOption(client.session, WINHTTP_OPTION_CONTEXT_VALUE, &got, &size), "H11: it can be asked for");
    SAME(got, context, "H11: and is what was set");
    got = 1;
    WinHttpQueryOption(client.connect, WINHTTP_OPTION_CONTEXT_VALUE, &got, &size);
    SAME(got, 0, "H10: a connection opened before has none");
    WinHttpCloseHandle(client.connect);
    client.connect = WinHttpConnect(client.session, L"localhost", 80, 0);
    client_request(&client, NULL, NULL, 0);
    WinHttpQueryOption(client.connect, WINHTTP_OPTION_CONTEXT_VALUE, &got, &size);
    SAME(got, context, "H10: a connection opened later inherits it");
    got = 1;
    WinHttpQueryOption(client.request, WINHTTP_OPTION_CONTEXT_VALUE, &got, &size);
    SAME(got, context, "H10: so does a request");
    client_close(&client);
}

static void check_callback_calls(void)
{
    WINHTTP_STATUS_CALLBACK other = (WINHTTP_STATUS_CALLBACK)(ULONG_PTR)&the;

    SUCCEEDS(WinHttpSetStatusCallback(the.session, other, 0, 0) == NULL, "GEN4: the first callback replaces none");
    SUCCEEDS(WinHttpSetStatusCallback(the.session, NULL, WINHTTP_CALLBACK_FLAG_ALL_NOTIFICATIONS, 0) == other,
             "H15, GEN4: removing it answers the former one");
    FAILS(WinHttpSetStatusCallback(NULL, other, 0, 0) != WINHTTP_INVALID_STATUS_CALLBACK, ERROR_INVALID_HANDLE,
          "GEN7: no callback on a NULL handle");
}

/* ---- wrong handles ---- */

/* One call of each function, right but for its handle. BOOL functions answer their last error, the others themselves.
 */
#define LAST(call) ((call) ? ERROR_SUCCESS : GetLastError())

static DWORD out_number;
static USHORT out_short;
static WINHTTP_WEB_SOCKET_BUFFER_TYPE out_type;
static BYTE out_bytes[8];

static DWORD call_connect(HINTERNET h)
{
    return LAST(WinHttpConnect(h, L"localhost", 80, 0));
}
static DWORD call_open_request(HINTERNET h)
{
    return LAST(WinHttpOpenRequest(h, NULL, NULL, NULL, NULL, NULL, 0));
}
static DWORD call_add_headers(HINTERNET h)
{
    return LAST(WinHttpAddRequestHeaders(h, L"a: b", (DWORD)-1, WINHTTP_ADDREQ_FLAG_ADD));
}
static DWORD call_send(HINTERNET h)
{
    return LAST(WinHttpSendRequest(h, NULL, 0, NULL, 0, 0, 0));
}
static DWORD call_receive(HINTERNET h)
{
    return LAST(WinHttpReceiveResponse(h, NULL));
}
static DWORD call_write(HINTERNET h)
{
    return LAST(WinHttpWriteData(h, "x", 1, &out_number));
}
static DWORD call_available(HINTERNET h)
{
    return LAST(WinHttpQueryDataAvailable(h, &out_number));
}
static DWORD call_read(HINTERNET h)
{
    return LAST(WinHttpReadData(h, out_bytes, 1, &out_number));
}
static DWORD call_query_headers(HINTERNET h)
{
    DWORD size = sizeof(out_bytes);

    return LAST(WinHttpQueryHeaders(h, WINHTTP_QUERY_STATUS_CODE, NULL, out_bytes, &size, NULL));
}
static DWORD call_timeouts(HINTERNET h)
{
    return LAST(WinHttpSetTimeouts(h, 1, 1, 1, 1));
}
static DWORD call_upgrade(HINTERNET h)
{
    return LAST(WinHttpWebSocketCompleteUpgrade(h, 0));
}
static DWORD call_ws_send(HINTERNET h)
{
    return WinHttpWebSocketSend(h, WINHTTP_WEB_SOCKET_BINARY_MESSAGE_BUFFER_TYPE, NULL, 0);
}
static DWORD call_ws_receive(HINTERNET h)
{
    return WinHttpWebSocketReceive(h, out_bytes, 1, &out_number, &out_type);
}
static DWORD call_ws_shutdown(HINTERNET h)
{
    return WinHttpWebSocketShutdown(h, 1000, NULL, 0);
}
static DWORD call_ws_close(HINTERNET h)
{
    return WinHttpWebSocketClose(h, 1000, NULL, 0);
}
static DWORD call_ws_status(HINTERNET h)
{
    return WinHttpWebSocketQueryCloseStatus(h, &out_short, NULL, 0, &out_number);
}
static DWORD call_query_option(HINTERNET h)
{
    DWORD_PTR context;
    DWORD size = sizeof(context);

    return LAST(WinHttpQueryOption(h, WINHTTP_OPTION_CONTEXT_VALUE, &context, &size));
}
static DWORD call_set_option(HINTERNET h)
{
    DWORD_PTR context = 0;

    return LAST(WinHttpSetOption(h, WINHTTP_OPTION_CONTEXT_VALUE, &context, sizeof(context)));
}
static DWORD call_close(HINTERNET h)
{
    return LAST(WinHttpCloseHandle(h));
}

#define S 1
#define C 2
#define R 4

static const struct call {
    const char *name;
    DWORD (*function)(HINTERNET handle);
    DWORD takes; /* the handle types that it takes; the others are tried */
} calls[] = {
    {"Connect", call_connect, S},
    {"OpenRequest", call_open_request, C},
    {"AddRequestHeaders", call_add_headers, R},
    {"SendRequest", call_send, R},
    {"ReceiveResponse", call_receive, R},
    {"WriteData", call_write, R},
    {"QueryDataAvailable", call_available, R},
    {"ReadData", call_read, R},
    {"QueryHeaders", call_query_headers, R},
    {"SetTimeouts", call_timeouts, S | R},
    {"WebSocketCompleteUpgrade", call_upgrade, R},
    {"WebSocketSend", call_ws_send, 0},
    {"WebSocketReceive", call_ws_receive, 0},
    {"WebSocketShutdown", call_ws_shutdown, 0},
    {"WebSocketClose", call_ws_close, 0},
    {"WebSocketQueryCloseStatus", call_ws_status, 0},
    {"QueryOption", call_query_option, S | C | R},
    {"SetOption", call_set_option, S | C | R},
    {"CloseHandle", call_close, S | C | R},
};

static void poison_outputs(void)
{
    poison(&out_number, sizeof(out_number));
    poison(&out_short, sizeof(out_short));
    poison(&out_type, sizeof(out_type));
    poison(out_bytes, sizeof(out_bytes));
}

static BOOL outputs_untouched(void)
{
    return is_poison(&out_number, sizeof(out_number)) && is_poison(&out_short, sizeof(out_short)) &&
           is_poison(&out_type, sizeof(out_type)) && is_poison(out_bytes, sizeof(out_bytes));
}

static void try_call(const struct call *call, HINTERNET handle, DWORD expected, const char *what)
{
    poison_outputs();
    ANSWERS(call->function(handle), expected, "H6, GEN7: %s on %s", call->name, what);
    if (!outputs_untouched())
        tap_ok(FALSE, "GEN8: %s on %s leaves its outputs alone", call->name, what);
}

static void check_wrong_handles(void)
{
    const struct {
        const char *name;
        DWORD type;
        HINTERNET handle;
    } types[] = {{"a session", S, the.session}, {"a connection", C, the.connect}, {"a request", R, the.request}};
    size_t i, type;

    for (i = 0; i < COUNT(calls); i++) {
        try_call(&calls[i], NULL, ERROR_INVALID_HANDLE, "NULL");
        try_call(&calls[i], closed, ERROR_INVALID_HANDLE, "a closed handle");
        try_call(&calls[i], &the, ERROR_INVALID_HANDLE, "the address of a variable");
        try_call(&calls[i], (HINTERNET)(INT_PTR)-1, ERROR_INVALID_HANDLE, "-1");
        for (type = 0; type < COUNT(types); type++)
            if (!(calls[i].takes & types[type].type))
                try_call(&calls[i], types[type].handle, ERROR_WINHTTP_INCORRECT_HANDLE_TYPE, types[type].name);
    }
}

/* CLIENTS, libmatoya: a handle's *address* where a handle belongs; and handles counted up one by one. */
static void check_guesses(void)
{
    ULONG_PTR guess, taken = 0;
    DWORD_PTR context;
    DWORD size = sizeof(context);

    for (guess = 1; guess < 100000; guess += 7)
        if ((HINTERNET)guess != the.session && (HINTERNET)guess != the.connect && (HINTERNET)guess != the.request)
            taken += WinHttpQueryOption((HINTERNET)guess, WINHTTP_OPTION_CONTEXT_VALUE, &context, &size);
    SAME(taken, 0, "H6: numbers that were never handles are none");
}

int main(void)
{
    check_opening();
    client_open(&the, 0, 80);
    client_request(&the, NULL, NULL, 0);
    closed = WinHttpOpenRequest(the.connect, NULL, NULL, NULL, NULL, NULL, 0);
    WinHttpCloseHandle(closed);
    check_request_flags();
    check_verb(NULL, L"GET");
    check_verb(L"", L"GET");
    check_verb(L"POST", L"POST");
    check_url(NULL, L"http://127.0.0.1/");
    check_url(L"", L"http://127.0.0.1/");
    check_url(L"big", L"http://127.0.0.1/big");
    check_url(L"/a?b=c", L"http://127.0.0.1/a?b=c");
    check_closing_parents_first();
    check_closing_twice();
    check_contexts();
    check_callback_calls();
    check_wrong_handles();
    check_guesses();
    tap_ok(WinHttpCheckPlatform(), "API 3: WinHttpCheckPlatform");
    client_close(&the);
    return tap_done();
}
