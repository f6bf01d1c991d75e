/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ws_twice: several WebSockets from one request (SEMANTICS W3 to W6, H4, H5, S6): the request is sent again, and
 * CompleteUpgrade takes the connection whether or not ReceiveResponse was called (W5), also inside callbacks and
 * against a server that is late. Each WebSocket is as good as any other, whatever is closed before it.
 */
#include <stdio.h>

#include "client.h"
#include "recorder.h"

#define STATUS(name) WINHTTP_CALLBACK_STATUS_##name
#define UTF8         WINHTTP_WEB_SOCKET_UTF8_MESSAGE_BUFFER_TYPE
#define SOCKETS      3

static struct client the;
static HINTERNET ws[SOCKETS];
static BOOL async;
static const char *where;

static const struct expected created[] = {{STATUS(HANDLE_CREATED), CALLER, ONCE}, {0}};
/* What CompleteUpgrade tells when it has to receive the answer itself: no HEADERS_AVAILABLE, for nobody has called
 * ReceiveResponse (N22). */
static const struct expected received_and_created[] = {{STATUS(RECEIVING_RESPONSE), CALLER, ONCE},
                                                       {STATUS(RESPONSE_RECEIVED), ANYWHERE, ONCE},
                                                       {STATUS(HANDLE_CREATED), CALLER, ONCE},
                                                       {0}};

static void open_request(BOOL asynchronous, INTERNET_PORT port, DWORD flags, const WCHAR *path)
{
    async = asynchronous;
    rec_reset();
    memset(ws, 0, sizeof(ws));
    client_open_host(&the, async ? WINHTTP_FLAG_ASYNC : 0, L"localhost", port);
    client_listen(&the, rec_callback, 1);
    WinHttpCloseHandle(the.connect);
    CALL(the.connect = WinHttpConnect(the.session, L"localhost", port, 0));
    client_request(&the, NULL, path, flags);
    WinHttpSetOption(the.request, WINHTTP_OPTION_UPGRADE_TO_WEB_SOCKET, NULL, 0);
}

static void check_sent(int i)
{
    DWORD before = rec_count(STATUS(SENDREQUEST_COMPLETE));

    SUCCEEDS(CALL(WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 0, 0)), "S6, W3 %s: sent, socket %d", where, i);
    tap_ok(!async || rec_wait(STATUS(SENDREQUEST_COMPLETE), before + 1), "N10 %s: SENDREQUEST_COMPLETE, socket %d",
           where, i);
    rec_skip();
}

/* The first is received as usual, the others are not. */
static void check_upgrade(int i)
{
    check_sent(i);
    if (i == 0) {
        CALL(WinHttpReceiveResponse(the.request, NULL));
        tap_ok(!async || rec_wait(STATUS(HEADERS_AVAILABLE), 1), "R21 %s: received", where);
        rec_skip();
    }
    SUCCEEDS(CALL(ws[i] = WinHttpWebSocketCompleteUpgrade(the.request, (DWORD_PTR)i + 10)), "W4, W5 %s: socket %d",
             where, i);
    rec_expect(i ? received_and_created : created, "N4, W5 %s: what the upgrade of socket %d tells", where, i);
    tap_ok(ws[i] && ws[i] != ws[(i + 1) % SOCKETS] && ws[i] != ws[(i + 2) % SOCKETS], "W5 %s: a handle of its own",
           where);
}

static void check_talk(int i, const char *when)
{
    WINHTTP_WEB_SOCKET_BUFFER_TYPE type = (WINHTTP_WEB_SOCKET_BUFFER_TYPE)POISON;
    DWORD before = rec_count(STATUS(READ_COMPLETE)), got = 0;
    char text[20], echo[20] = "";

    snprintf(text, sizeof(text), "socket %d", i);
    ANSWERS(WinHttpWebSocketSend(ws[i], UTF8, text, (DWORD)strlen(text)), 0, "W5 %s, %s: send on %d", where, when, i);
    ANSWERS(WinHttpWebSocketReceive(ws[i], echo, sizeof(echo), async ? NULL : &got, async ? NULL : &type), 0,
            "W5 %s, %s: receive on %d", where, when, i);
    if (async) {
        tap_ok(rec_wait(STATUS(READ_COMPLETE), before + 1), "N29 %s: READ_COMPLETE on %d", where, i);
        rec_skip();
        SAME(rec_last(STATUS(READ_COMPLETE))->context, i + 10, "H14 %s: with the context of %d", where, i);
        tap_ok(rec_last(STATUS(READ_COMPLETE))->handle == ws[i], "W5 %s: and its handle", where);
    }
    tap_ok(!strcmp(echo, text), "W5 %s, %s: its own echo on %d", where, when, i);
}

static void check_close(int i)
{
    DWORD before = rec_count(STATUS(CLOSE_COMPLETE)), length = POISON;
    USHORT status = 0;

    ANSWERS(WinHttpWebSocketClose(ws[i], 1000, NULL, 0), 0, "W5 %s: close of %d", where, i);
    tap_ok(!async || rec_wait(STATUS(CLOSE_COMPLETE), before + 1), "N29 %s: CLOSE_COMPLETE of %d", where, i);
    ANSWERS(WinHttpWebSocketQueryCloseStatus(ws[i], &status, NULL, 0, &length), 0, "W29 %s: status of %d", where, i);
    SAME(status, 1000, "W29 %s: 1000 on %d", where, i);
}

static void close_socket(int i)
{
    SUCCEEDS(WinHttpCloseHandle(ws[i]), "W6 %s: the handle of %d is closed", where, i);
    ws[i] = NULL;
}

/* `order` in which they are closed; `parents`: request, connection and session are closed before any is used. */
static void check_sockets(BOOL asynchronous, INTERNET_PORT port, DWORD flags, int count, const int *order, BOOL parents)
{
    int i, j;

    open_request(asynchronous, port, flags, L"/echo");
    for (i = 0; i < count; i++)
        check_upgrade(i);
    if (parents)
        client_close(&the);
    for (i = 0; i < count; i++)
        check_talk(i, "all open");
    for (i = 0; i < count; i++) {
        if (i % 2)
            check_close(order[i]);
        close_socket(order[i]);
        for (j = i + 1; j < count; j++)
            check_talk(order[j], "another closed");
    }
    if (!parents) {
        SAME(client_status(&the), 101, "H4, W6, R22 %s: the request is still valid", where);
        client_close(&the);
    }
    rec_expect_lives(TRUE, "H8, N31 %s: every handle's end", where);
    SAME(rec_count(STATUS(HANDLE_CLOSING)), count + 3, "N31 %s: of all of them", where);
    SAME(rec_count(STATUS(HEADERS_AVAILABLE)), async, "N22, W5 %s: one HEADERS_AVAILABLE, of one ReceiveResponse",
         where);
}

static void check_orders(BOOL asynchronous, INTERNET_PORT port, DWORD flags)
{
    static const int forth[] = {0, 1, 2}, back[] = {2, 1, 0}, middle[] = {1, 2, 0}, two[] = {1, 0};

    check_sockets(asynchronous, port, flags, 2, forth, FALSE);
    check_sockets(asynchronous, port, flags, 2, two, TRUE);
    check_sockets(asynchronous, port, flags, 3, forth, TRUE);
    check_sockets(asynchronous, port, flags, 3, back, FALSE);
    check_sockets(asynchronous, port, flags, 3, middle, TRUE);
}

/* ---- answers that are late, or none ---- */

static void check_answer(BOOL asynchronous, INTERNET_PORT port, const WCHAR *path, DWORD error, const char *ids)
{
    open_request(asynchronous, port, 0, path);
    WinHttpSetTimeouts(the.request, 5000, 5000, 5000, error == ERROR_WINHTTP_TIMEOUT ? 300 : 5000);
    check_sent(0);
    if (error)
        FAILS(CALL(WinHttpWebSocketCompleteUpgrade(the.request, 10)) != 0, error, "W5, %s %s", ids, where);
    else
        SUCCEEDS(CALL(ws[0] = WinHttpWebSocketCompleteUpgrade(the.request, 10)), "W5, %s %s", ids, where);
    SAME(rec_count(STATUS(HEADERS_AVAILABLE)) + rec_count(STATUS(REQUEST_ERROR)), 0,
         "W5, %s %s: no completion: the call itself answers", ids, where);
    if (ws[0])
        WinHttpCloseHandle(ws[0]);
    client_close(&the);
    rec_expect_lives(TRUE, "H8 %s: every handle's end", where);
}

/* ---- inside callbacks ---- */

static DWORD upgrade_error;

static void upgrade_inside(HINTERNET request, void *unused)
{
    (void)unused;
    ws[0] = WinHttpWebSocketCompleteUpgrade(request, 10);
    upgrade_error = ws[0] ? 0 : GetLastError();
}

static void check_inside(INTERNET_PORT port, DWORD flags, const WCHAR *path)
{
    open_request(TRUE, port, flags, path);
    rec_hook(STATUS(SENDREQUEST_COMPLETE), upgrade_inside, NULL);
    CALL(WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 0, 0));
    tap_ok(rec_wait(STATUS(SENDREQUEST_COMPLETE), 1), "W5, N34 %s: upgraded inside SENDREQUEST_COMPLETE", where);
    ANSWERS(upgrade_error, 0, "W5 %s: with success", where);
    client_close(&the);
    check_talk(0, "upgraded inside a callback");
    close_socket(0);
    rec_expect_lives(TRUE, "H8 %s: every handle's end", where);
}

static DWORD WINAPI close_request(void *request)
{
    WinHttpCloseHandle(request);
    return 0;
}

static void close_from_elsewhere(HINTERNET request, void *thread)
{
    *(HANDLE *)thread = CreateThread(NULL, 0, close_request, request, 0, NULL);
}

/* The request is closed by another thread while CompleteUpgrade waits for a silent server. */
static void check_closed_meanwhile(BOOL asynchronous, INTERNET_PORT port)
{
    HANDLE thread = NULL;

    open_request(asynchronous, port, 0, L"/silent");
    check_sent(0);
    rec_hook(STATUS(RECEIVING_RESPONSE), close_from_elsewhere, &thread);
    tap_ok(!CALL(WinHttpWebSocketCompleteUpgrade(the.request, 10)), "W5, D14 %s: closed while it waits", where);
    WaitForSingleObject(thread, WAIT_MS);
    CloseHandle(thread);
    the.request = NULL;
    client_close(&the);
    rec_expect_lives(TRUE, "H8 %s: every handle's end", where);
}

int main(void)
{
    INTERNET_PORT plain = need_port("WS_PORT"), tls = need_port("WSS_PORT");
    INTERNET_PORT stub = need_port("STUB_PLAIN_PORT");
    int mode;

    for (mode = 0; mode < 2; mode++) {
        where = mode ? "ws, async" : "ws, sync";
        check_orders(mode, plain, 0);
        where = mode ? "wss, async" : "wss, sync";
        check_orders(mode, tls, WINHTTP_FLAG_SECURE);
        where = mode ? "async" : "sync";
        check_answer(mode, stub, L"/ws-slow", 0, "a 101 that comes late");
        check_answer(mode, stub, L"/silent", ERROR_WINHTTP_TIMEOUT, "none comes");
        check_answer(mode, stub, L"/ok", ERROR_WINHTTP_INCORRECT_HANDLE_STATE, "D6: an ordinary answer");
        check_answer(mode, stub, L"/ws-wrong-accept", ERROR_WINHTTP_INVALID_SERVER_RESPONSE, "D6: a wrong answer");
        check_answer(mode, stub, L"/slam", ERROR_WINHTTP_CONNECTION_ERROR, "the connection ends");
        check_answer(mode, stub, L"/to-ws-slow", 0, "N20: a redirect to one that is late");
        check_closed_meanwhile(mode, stub);
    }
    where = "async";
    check_inside(plain, 0, L"/echo");
    check_inside(tls, WINHTTP_FLAG_SECURE, L"/echo");
    check_inside(stub, 0, L"/to-ws-talk");
    return tap_done();
}
