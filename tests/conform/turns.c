/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * turns: which thread drives a connection, and which one may deliver, where two could (HOUSE, "Who moves bytes" and
 * "Telling the application"; SEMANTICS W32, W44, D14, B25).
 *
 * Synchronous: a receive that a worker began, a call that goes on with it, a Close beside a Receive. Asynchronous: a
 * Send never delivers what a Receive has brought, and what is promised inside a call holds however deep in callbacks it
 * is made.
 */
#include "stuck.h"

static struct client the;
static HANDLE came;

/* ---- synchronous ---- */

/* A worker has been receiving since the silence began; the call takes over in the middle of the message. */
static void check_taking_over(INTERNET_PORT port, DWORD flags, const char *where)
{
    static BYTE bytes[8000];
    WINHTTP_WEB_SOCKET_BUFFER_TYPE type = POISON;
    DWORD got = POISON;
    HINTERNET ws;

    client_open_host(&the, 0, L"localhost", port);
    ws = client_web_socket(&the, L"/ws-late-pieces", flags);
    WaitForSingleObject(came, 200); /* nothing comes: after 100 ms of silence a worker receives */
    ANSWERS(WinHttpWebSocketReceive(ws, bytes, sizeof(bytes), &got, &type), 0, "W19 %s: a message in two pieces",
            where);
    SAME(got, 5000, "W19 %s: all of it", where);
    ANSWERS(WinHttpWebSocketSend(ws, WINHTTP_WEB_SOCKET_UTF8_MESSAGE_BUFFER_TYPE, "more", 4), 0, "%s: sent", where);
    ANSWERS(WinHttpWebSocketReceive(ws, bytes, sizeof(bytes), &got, &type), 0, "W19 %s: the next one", where);
    SAME(got, 2, "W19 %s: all of it", where);
    ANSWERS(WinHttpWebSocketClose(ws, 1000, NULL, 0), 0, "W29 %s: closed", where);
    WinHttpCloseHandle(ws);
    client_close(&the);
}

static DWORD WINAPI receive_thread(void *arg)
{
    WINHTTP_WEB_SOCKET_BUFFER_TYPE type;
    BYTE bytes[100];
    DWORD got;

    return WinHttpWebSocketReceive(arg, bytes, sizeof(bytes), &got, &type);
}

static void check_close_beside(INTERNET_PORT port, DWORD flags, const char *where)
{
    DWORD code = POISON, used = POISON;
    USHORT status = 0;
    HINTERNET ws;
    HANDLE thread;

    client_open_host(&the, 0, L"localhost", port);
    ws = client_web_socket(&the, L"/echo", flags);
    thread = CreateThread(NULL, 0, receive_thread, ws, 0, NULL);
    WaitForSingleObject(thread, 200); /* nothing tells that a call has begun; if it has not, it is out of order */
    ANSWERS(WinHttpWebSocketClose(ws, 1000, NULL, 0), 0, "W44, D7 %s: Close beside a Receive", where);
    WaitForSingleObject(thread, WAIT_MS);
    GetExitCodeThread(thread, &code);
    tap_ok(code == ERROR_WINHTTP_OPERATION_CANCELLED || code == ERROR_INVALID_OPERATION,
           "W44 %s: which is cancelled (%lu)", where, code);
    ANSWERS(WinHttpWebSocketQueryCloseStatus(ws, &status, NULL, 0, &used), 0, "W29 %s: the server's status", where);
    SAME(status, 1000, "W29 %s: is known", where);
    CloseHandle(thread);
    WinHttpCloseHandle(ws);
    client_close(&the);
}

/* ---- asynchronous ---- */

static HANDLE step;
static BYTE in[100];
static BOOL other_lane;
static DWORD order[4];
static LONG noted;

static void CALLBACK on_step(HINTERNET handle, DWORD_PTR context, DWORD status, LPVOID info, DWORD length)
{
    (void)handle, (void)context, (void)info, (void)length;
    if (status & (WINHTTP_CALLBACK_STATUS_SENDREQUEST_COMPLETE | WINHTTP_CALLBACK_STATUS_HEADERS_AVAILABLE |
                  WINHTTP_CALLBACK_STATUS_REQUEST_ERROR))
        SetEvent(step);
}

static HINTERNET open_async(INTERNET_PORT port, DWORD flags, WINHTTP_STATUS_CALLBACK callback)
{
    HINTERNET ws;

    client_open_host(&the, WINHTTP_FLAG_ASYNC, L"localhost", port);
    client_request(&the, NULL, L"/echo", flags);
    WinHttpSetStatusCallback(the.request, on_step, WINHTTP_CALLBACK_FLAG_ALL_NOTIFICATIONS, 0);
    WinHttpSetOption(the.request, WINHTTP_OPTION_UPGRADE_TO_WEB_SOCKET, NULL, 0);
    WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 0, 0);
    WaitForSingleObject(step, WAIT_MS);
    WinHttpReceiveResponse(the.request, NULL);
    WaitForSingleObject(step, WAIT_MS);
    ws = WinHttpWebSocketCompleteUpgrade(the.request, 1);
    tap_ok(ws != NULL, "W4: upgraded");
    WinHttpSetStatusCallback(ws, callback, WINHTTP_CALLBACK_FLAG_ALL_NOTIFICATIONS, 0);
    return ws;
}

/* Inside WRITE_COMPLETE, which is inside Send: the echo is told all the same, by another thread. */
static void CALLBACK on_lane(HINTERNET handle, DWORD_PTR context, DWORD status, LPVOID info, DWORD length)
{
    (void)handle, (void)context, (void)info, (void)length;
    if (status == WINHTTP_CALLBACK_STATUS_READ_COMPLETE)
        SetEvent(came);
    else if (status == WINHTTP_CALLBACK_STATUS_WRITE_COMPLETE)
        other_lane = WaitForSingleObject(came, WAIT_MS / 4) == WAIT_OBJECT_0;
}

static void check_send_lane(INTERNET_PORT port, DWORD flags, const char *where)
{
    HINTERNET ws = open_async(port, flags, on_lane);

    other_lane = FALSE;
    ANSWERS(WinHttpWebSocketReceive(ws, in, sizeof(in), NULL, NULL), 0, "%s: a Receive is pending", where);
    ANSWERS(WinHttpWebSocketSend(ws, WINHTTP_WEB_SOCKET_UTF8_MESSAGE_BUFFER_TYPE, "echo", 4), 0, "W32 %s: sent", where);
    tap_ok(other_lane, "HOUSE %s: READ_COMPLETE does not wait for the callback of Send, nor come on its thread", where);
    WinHttpCloseHandle(ws);
    client_close(&the);
}

static void CALLBACK on_order(HINTERNET handle, DWORD_PTR context, DWORD status, LPVOID info, DWORD length)
{
    (void)handle, (void)context, (void)info, (void)length;
    if (noted < (LONG)COUNT(order))
        order[noted++] = status;
}

/* The server resets a pooled connection just before it is used, while SENDING_REQUEST is told. */
static void CALLBACK on_stale(HINTERNET handle, DWORD_PTR context, DWORD status, LPVOID info, DWORD length)
{
    if (status == WINHTTP_CALLBACK_STATUS_SENDING_REQUEST)
        WaitForSingleObject(came, 600); /* nothing comes but the reset */
    if (status == WINHTTP_CALLBACK_STATUS_READ_COMPLETE)
        SetEvent(step);
    on_step(handle, context, status, info, length);
}

static void check_stale(INTERNET_PORT port, DWORD flags, const char *where)
{
    BYTE bytes[10];

    client_open_host(&the, WINHTTP_FLAG_ASYNC, L"localhost", port);
    client_request(&the, NULL, L"/ok-then-reset", flags);
    WinHttpSetStatusCallback(the.request, on_stale, WINHTTP_CALLBACK_FLAG_ALL_COMPLETIONS, 0);
    WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 0, 0);
    WaitForSingleObject(step, WAIT_MS);
    WinHttpReceiveResponse(the.request, NULL);
    WaitForSingleObject(step, WAIT_MS);
    WinHttpReadData(the.request, bytes, sizeof(bytes), NULL);
    WaitForSingleObject(step, WAIT_MS);
    client_request(&the, NULL, L"/ok", flags);
    WinHttpSetStatusCallback(the.request, on_stale, WINHTTP_CALLBACK_FLAG_ALL_NOTIFICATIONS, 0);
    WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 0, 0);
    tap_ok(WaitForSingleObject(step, WAIT_MS) == WAIT_OBJECT_0, "CN1 %s: a request on a stale connection is sent",
           where);
    WinHttpReceiveResponse(the.request, NULL);
    tap_ok(WaitForSingleObject(step, WAIT_MS) == WAIT_OBJECT_0, "CN1 %s: and answered", where);
    SAME(client_status(&the), 200, "CN1 %s: by another connection", where);
    client_close(&the);
}

/* ---- deep in callbacks ---- */

static struct {
    HINTERNET parent; /* what handles are opened on, so as to be called back */
    unsigned depth;
    void (*act)(void);
} deep;

static void CALLBACK on_created(HINTERNET handle, DWORD_PTR context, DWORD status, LPVOID info, DWORD length)
{
    (void)handle, (void)context, (void)info, (void)length;
    if (status != WINHTTP_CALLBACK_STATUS_HANDLE_CREATED)
        return;
    if (++deep.depth < 5)
        WinHttpCloseHandle(WinHttpConnect(deep.parent, L"localhost", 80, 0));
    else
        deep.act();
}

/* Runs act with five callbacks on the stack. */
static void run_deep(void (*act)(void))
{
    deep.parent = WinHttpOpen(L"conform", WINHTTP_ACCESS_TYPE_NO_PROXY, NULL, NULL, 0);
    WinHttpSetStatusCallback(deep.parent, on_created, WINHTTP_CALLBACK_FLAG_HANDLES, 0);
    deep.depth = 0;
    deep.act = act;
    WinHttpCloseHandle(WinHttpConnect(deep.parent, L"localhost", 80, 0));
    WinHttpCloseHandle(deep.parent);
}

static HINTERNET deep_ws;

static void act_close(void)
{
    WinHttpCloseHandle(deep_ws);
    SAME(noted, 2, "D14: CloseHandle deep in callbacks tells the cancellation and the end before it returns");
}

static void check_deep_close(INTERNET_PORT port)
{
    deep_ws = open_async(port, 0, on_order);
    noted = 0;
    ANSWERS(WinHttpWebSocketReceive(deep_ws, in, sizeof(in), NULL, NULL), 0, "a Receive is pending");
    run_deep(act_close);
    SAME(order[0], WINHTTP_CALLBACK_STATUS_REQUEST_ERROR, "D14, W46: first the cancellation");
    SAME(order[1], WINHTTP_CALLBACK_STATUS_HANDLE_CLOSING, "D14: then the end");
    client_close(&the);
}

static void act_exchange(void)
{
    ANSWERS(client_exchange(&the), 0, "N6: a synchronous request made deep in callbacks works");
}

static void check_deep_exchange(INTERNET_PORT port)
{
    client_open_host(&the, 0, L"localhost", port);
    client_request(&the, NULL, L"/ok", 0);
    run_deep(act_exchange);
    client_close(&the);
}

/* ---- two calls at once ---- */

static struct stuck slow;
static HANDLE held;

static void hold_receiving(struct stuck *s, DWORD status)
{
    if (status != WINHTTP_CALLBACK_STATUS_RECEIVING_RESPONSE)
        return;
    s->hook = NULL; /* the second call's is not held */
    WaitForSingleObject(held, WAIT_MS);
}

static void hold_response(struct stuck *s, DWORD status)
{
    if (status != WINHTTP_CALLBACK_STATUS_RESPONSE_RECEIVED)
        return;
    SetEvent(s->completed);
    WaitForSingleObject(held, WAIT_MS);
}

static void refuse_all(const char *where)
{
    HINTERNET request = slow.client.request;
    DWORD n;

    FAILS(WinHttpReceiveResponse(request, NULL), ERROR_WINHTTP_INCORRECT_HANDLE_STATE, "%s: ReceiveResponse", where);
    FAILS(WinHttpQueryDataAvailable(request, &n), ERROR_WINHTTP_INCORRECT_HANDLE_STATE, "%s: QueryData", where);
    FAILS(WinHttpReadData(request, in, 1, &n), ERROR_WINHTTP_INCORRECT_HANDLE_STATE, "%s: ReadData", where);
    FAILS(WinHttpWriteData(request, in, 1, &n), ERROR_WINHTTP_INCORRECT_HANDLE_STATE, "%s: WriteData", where);
    FAILS(WinHttpSendRequest(request, NULL, 0, NULL, 0, 0, 0), ERROR_WINHTTP_INCORRECT_HANDLE_STATE, "%s: SendRequest",
          where);
}

/* A synchronous request is in one call at a time; the one that is refused takes nothing from the other. */
static void check_second_call(void)
{
    DWORD n = POISON;

    if (!stuck_open(&slow, STUCK_HEAD, 0) || !stuck_prepare(&slow))
        return;
    slow.hook = hold_response;
    stuck_call_elsewhere(&slow);
    refuse_all("D18, another thread waits in ReceiveResponse");
    if (stuck_accept(&slow))
        stuck_say(&slow, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    WaitForSingleObject(slow.completed, WAIT_MS);
    refuse_all("D18, another thread is in a callback of its call");
    SetEvent(held);
    ANSWERS(stuck_answer(&slow, WAIT_MS), 0, "D18: whose call succeeds");
    SUCCEEDS(WinHttpReadData(slow.client.request, in, 2, &n), "D18: after that, calls may come from anywhere");
    SAME(n, 2, "D18: and find what they look for");
    stuck_close(&slow);
}

/* The first call has been accepted, and is still inside its callback, when the second comes. */
static void check_second_receive(void)
{
    if (!stuck_open(&slow, STUCK_HEAD, WINHTTP_FLAG_ASYNC) || !stuck_prepare(&slow))
        return;
    slow.hook = hold_receiving;
    stuck_call_elsewhere(&slow);
    FAILS(WinHttpReceiveResponse(slow.client.request, NULL), ERROR_WINHTTP_INCORRECT_HANDLE_STATE,
          "N17: a second ReceiveResponse is refused");
    SetEvent(held);
    if (stuck_accept(&slow))
        stuck_say(&slow, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    ANSWERS(stuck_answer(&slow, WAIT_MS), 0, "N17: the first is accepted");
    tap_ok(WaitForSingleObject(slow.completed, WAIT_MS) == WAIT_OBJECT_0, "N17: and completes");
    SAME(slow.errors, 0, "N17: without an error");
    SAME(client_status(&slow.client), 200, "N17: with the response");
    stuck_close(&slow);
}

int main(void)
{
    INTERNET_PORT ws = need_port("WS_PORT"), wss = need_port("WSS_PORT");
    INTERNET_PORT stub = need_port("STUB_PLAIN_PORT"), stub_tls = need_port("STUB_TLS_PORT");

    step = CreateEventW(NULL, FALSE, FALSE, NULL);
    came = CreateEventW(NULL, FALSE, FALSE, NULL);
    held = CreateEventW(NULL, FALSE, FALSE, NULL);
    check_taking_over(stub, 0, "ws");
    check_taking_over(stub_tls, WINHTTP_FLAG_SECURE, "wss");
    check_close_beside(ws, 0, "ws");
    check_close_beside(wss, WINHTTP_FLAG_SECURE, "wss");
    check_send_lane(ws, 0, "ws");
    check_send_lane(wss, WINHTTP_FLAG_SECURE, "wss");
    check_stale(stub, 0, "http");
    check_stale(stub_tls, WINHTTP_FLAG_SECURE, "https");
    check_deep_close(ws);
    check_deep_exchange(stub);
    check_second_call();
    check_second_receive();
    return tap_done();
}
