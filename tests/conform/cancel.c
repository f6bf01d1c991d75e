/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cancel: closing handles ends what is pending on them, in every phase of a request and on a WebSocket: at once, with
 * 12017, exactly once, and nothing comes behind HANDLE_CLOSING (API 4; SEMANTICS D14, W44, W46, H2, H3; CLIENTS,
 * sentry).
 */
#include "stuck.h"

static struct stuck the;

/* ---- synchronous calls, closed by another thread ---- */

static void check_request_closed(enum stuck_phase phase)
{
    const char *name = stuck_names[phase];

    if (!stuck_open(&the, phase, 0) || !stuck_prepare(&the))
        return;
    stuck_call_elsewhere(&the);
    tap_ok(WinHttpCloseHandle(the.client.request), "API 4, %s: the request is closed", name);
    the.client.request = NULL;
    ANSWERS(stuck_answer(&the, WAIT_MS), ERROR_WINHTTP_OPERATION_CANCELLED, "API 4, %s: the call ends", name);
    SAME(the.closings, 1, "D14, %s: HANDLE_CLOSING", name);
    SAME(the.behind, 0, "D14, %s: nothing behind it", name);
    stuck_close(&the);
}

/* sentry: connect, session, request. Only the last ends the call, since a parent's end is not its children's (API 4).
 */
static void check_parents_closed(enum stuck_phase phase)
{
    const char *name = stuck_names[phase];

    if (!stuck_open(&the, phase, 0) || !stuck_prepare(&the))
        return;
    stuck_call_elsewhere(&the);
    tap_ok(WinHttpCloseHandle(the.client.connect) && WinHttpCloseHandle(the.client.session),
           "sentry, %s: the parents are closed", name);
    the.client.connect = the.client.session = NULL;
    SAME(stuck_answer(&the, 0), WAIT_TIMEOUT, "H2, H3, %s: the call goes on", name);
    WinHttpCloseHandle(the.client.request);
    the.client.request = NULL;
    ANSWERS(stuck_answer(&the, WAIT_MS), ERROR_WINHTTP_OPERATION_CANCELLED, "sentry, %s: the call ends", name);
    SAME(the.closings, 1, "D14, %s: HANDLE_CLOSING", name);
    stuck_close(&the);
}

static void close_here(struct stuck *s, DWORD status)
{
    if (status == WINHTTP_CALLBACK_STATUS_HANDLE_CLOSING || !s->client.request)
        return;
    if (s->phase == STUCK_SEND ? status != WINHTTP_CALLBACK_STATUS_SENDING_REQUEST
                               : status != WINHTTP_CALLBACK_STATUS_RECEIVING_RESPONSE)
        return;
    WinHttpCloseHandle(s->client.connect);
    WinHttpCloseHandle(s->client.session);
    WinHttpCloseHandle(s->client.request);
    s->client = (struct client){0};
}

/* Inside a callback of the very call. */
static void check_closed_inside(enum stuck_phase phase)
{
    if (!stuck_open(&the, phase, 0) || !stuck_prepare(&the))
        return;
    the.hook = close_here;
    ANSWERS(stuck_call(&the), ERROR_WINHTTP_OPERATION_CANCELLED, "D14, %s: closed inside its own callback",
            stuck_names[phase]);
    SAME(the.closings, 1, "D14: HANDLE_CLOSING comes before the call returns");
    SAME(the.behind, 0, "D14: and is the last");
    stuck_close(&the);
}

/* ---- asynchronous operations ---- */

static void check_pending_closed(enum stuck_phase phase)
{
    const char *name = stuck_names[phase];
    LONG before;

    if (!stuck_open(&the, phase, WINHTTP_FLAG_ASYNC) || !stuck_prepare(&the))
        return;
    before = the.completions;
    ANSWERS(stuck_call(&the), 0, "API 4, %s: accepted", name);
    WaitForSingleObject(the.reached, WAIT_MS);
    SAME(the.completions, before, "API 4, %s: pending", name);
    WinHttpCloseHandle(the.client.request);
    the.client.request = NULL;
    WaitForSingleObject(the.completed, WAIT_MS); /* by then, unless a callback was running: the worker's then */
    SAME(the.completions, before + 1, "D14, %s: completed once", name);
    ANSWERS(the.error, ERROR_WINHTTP_OPERATION_CANCELLED, "D14, %s: as cancelled", name);
    SAME(WaitForSingleObject(the.closed, WAIT_MS), WAIT_OBJECT_0, "D14, %s: HANDLE_CLOSING", name);
    SAME(the.behind, 0, "D14, %s: nothing behind it", name);
    stuck_close(&the);
}

/* N19: ReceiveResponse waits for SendRequest; both are pending, and both are cancelled. */
static void check_both_closed(enum stuck_phase phase)
{
    const char *name = stuck_names[phase];

    if (!stuck_open(&the, phase, WINHTTP_FLAG_ASYNC))
        return;
    ANSWERS(stuck_call(&the), 0, "N19, %s: SendRequest is accepted", name);
    WaitForSingleObject(the.reached, WAIT_MS);
    SUCCEEDS(WinHttpReceiveResponse(the.client.request, NULL), "N19, %s: and ReceiveResponse", name);
    WinHttpCloseHandle(the.client.request);
    the.client.request = NULL;
    SAME(the.errors, 2, "D14, %s: both are told before CloseHandle returns", name);
    SAME(the.closings, 1, "D14, %s: then HANDLE_CLOSING", name);
    SAME(the.behind, 0, "D14, %s: nothing behind it", name);
    stuck_close(&the);
}

static DWORD WINAPI call_there(void *waits)
{
    stuck_tell_wait(waits);
    return stuck_call(&the);
}

/* D2: another thread is inside ReceiveResponse, and waits there for the head. */
static void check_waited_for_elsewhere(void)
{
    HANDLE waits, thread;
    DWORD code = 1;

    if (!stuck_open(&the, STUCK_HEAD, WINHTTP_FLAG_ASYNC) || !stuck_prepare(&the))
        return;
    waits = CreateEventW(NULL, FALSE, FALSE, NULL);
    thread = CreateThread(NULL, 0, call_there, waits, 0, NULL);
    WaitForSingleObject(waits, WAIT_MS);
    WinHttpCloseHandle(the.client.request);
    the.client.request = NULL;
    SAME(the.errors, 1, "D14, ReceiveResponse waits elsewhere: its end is told before CloseHandle returns");
    SAME(the.closings, 1, "D14, ReceiveResponse waits elsewhere: then HANDLE_CLOSING");
    SAME(the.behind, 0, "D14, ReceiveResponse waits elsewhere: nothing behind it");
    WaitForSingleObject(thread, WAIT_MS);
    GetExitCodeThread(thread, &code);
    ANSWERS(code, 0, "D2, ReceiveResponse waits elsewhere: which had been accepted");
    CloseHandle(thread);
    CloseHandle(waits);
    stuck_close(&the);
}

/* ---- WebSockets ---- */

enum verb { RECEIVE, SEND, CLOSE };

static struct {
    HINTERNET socket;
    enum verb verb;
    HANDLE about; /* the call waits */
} ws;

static DWORD WINAPI ws_call(void *unused)
{
    static BYTE large[64 * 1024 * 1024];
    WINHTTP_WEB_SOCKET_BUFFER_TYPE type;
    BYTE bytes[10];
    DWORD got;

    (void)unused;
    stuck_tell_wait(ws.about);
    switch (ws.verb) {
    case RECEIVE:
        return WinHttpWebSocketReceive(ws.socket, bytes, sizeof(bytes), &got, &type);
    case SEND:
        return WinHttpWebSocketSend(ws.socket, WINHTTP_WEB_SOCKET_BINARY_MESSAGE_BUFFER_TYPE, large, sizeof(large));
    default:
        return WinHttpWebSocketClose(ws.socket, 1000, NULL, 0);
    }
}

static void check_web_socket(enum verb verb, const WCHAR *path, DWORD flags, const char *name)
{
    struct client c;
    HANDLE thread;
    DWORD code = POISON;

    client_open_host(&c, 0, L"localhost", need_port(flags ? "STUB_TLS_PORT" : "STUB_PLAIN_PORT"));
    WinHttpSetTimeouts(c.session, 0, 0, 0, 0);
    ws.socket = client_web_socket(&c, path, flags);
    ws.verb = verb;
    thread = CreateThread(NULL, 0, ws_call, NULL, 0, NULL);
    WaitForSingleObject(ws.about, WAIT_MS);
    SAME(WaitForSingleObject(thread, 100), WAIT_TIMEOUT, "W46, %s: the call waits", name);
    client_close(&c);
    SAME(WaitForSingleObject(thread, 0), WAIT_TIMEOUT, "H3, %s: also when the parents have gone", name);
    tap_ok(WinHttpCloseHandle(ws.socket), "W46, %s: closed by another thread", name);
    tap_ok(WaitForSingleObject(thread, WAIT_MS) == WAIT_OBJECT_0, "W46, %s: the call ends", name);
    GetExitCodeThread(thread, &code);
    ANSWERS(code, ERROR_WINHTTP_OPERATION_CANCELLED, "W46, %s: as cancelled", name);
    CloseHandle(thread);
}

int main(void)
{
    need_port("STUB_PLAIN_PORT");
    ws.about = CreateEventW(NULL, FALSE, FALSE, NULL);
    /* First, for the names they need are not found any more once a look-up has been stuck. */
    check_web_socket(RECEIVE, L"/ws-silent", 0, "ws Receive");
    check_web_socket(RECEIVE, L"/ws-silent", WINHTTP_FLAG_SECURE, "wss Receive");
    check_web_socket(SEND, L"/ws-stop-reading", 0, "ws Send");
    check_web_socket(CLOSE, L"/ws-never-closes", 0, "ws Close");
    check_web_socket(CLOSE, L"/ws-never-closes", WINHTTP_FLAG_SECURE, "wss Close");
    for (int phase = 0; phase < STUCK_PHASES; phase++) {
        check_request_closed(phase);
        check_parents_closed(phase);
        check_pending_closed(phase);
    }
    check_closed_inside(STUCK_SEND);
    check_closed_inside(STUCK_HEAD);
    for (int phase = STUCK_NAME; phase <= STUCK_SEND; phase++)
        check_both_closed(phase);
    check_waited_for_elsewhere();
    return tap_done();
}
