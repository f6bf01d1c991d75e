/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ws_async: WebSockets on asynchronous handles (SEMANTICS W30 to W49, N29 to N35; D1, D3, D7, D11, D14).
 *
 * Each step is a call and the table of its notifications. A receive and a send do not wait for each other, so where
 * both are under way their notifications are compared as a set.
 */
#include "client.h"
#include "recorder.h"

#define STATUS(name) WINHTTP_CALLBACK_STATUS_##name

#define BINARY          WINHTTP_WEB_SOCKET_BINARY_MESSAGE_BUFFER_TYPE
#define BINARY_FRAGMENT WINHTTP_WEB_SOCKET_BINARY_FRAGMENT_BUFFER_TYPE
#define UTF8            WINHTTP_WEB_SOCKET_UTF8_MESSAGE_BUFFER_TYPE
#define UTF8_FRAGMENT   WINHTTP_WEB_SOCKET_UTF8_FRAGMENT_BUFFER_TYPE
#define CLOSED          WINHTTP_WEB_SOCKET_CLOSE_BUFFER_TYPE

static struct client the;
static HINTERNET ws;
static BYTE out[1000000], in[1000001];

static const struct expected created[] = {{STATUS(HANDLE_CREATED), CALLER, ONCE}, {0}};
static const struct expected closing[] = {{STATUS(HANDLE_CLOSING), ANYWHERE, ONCE}, {0}};
static const struct expected written[] = {{STATUS(WRITE_COMPLETE), CALLER, ONCE}, {0}};
static const struct expected written_anywhere[] = {{STATUS(WRITE_COMPLETE), ANYWHERE, ONCE}, {0}};
static const struct expected read_done[] = {{STATUS(READ_COMPLETE), ANYWHERE, ONCE}, {0}};
static const struct expected shut_down[] = {{STATUS(SHUTDOWN_COMPLETE), CALLER, ONCE}, {0}};
static const struct expected closed_later[] = {{STATUS(CLOSE_COMPLETE), ANYWHERE, ONCE}, {0}};
static const struct expected closed_at_once[] = {{STATUS(CLOSE_COMPLETE), CALLER, ONCE}, {0}};
static const struct expected failed[] = {{STATUS(REQUEST_ERROR), ANYWHERE, ONCE}, {0}};
static const struct expected cancelled[] = {{STATUS(REQUEST_ERROR), CALLER, ONCE}, {0}};
static const struct expected cancelled_and_gone[] = {
    {STATUS(REQUEST_ERROR), CALLER, ONCE}, {STATUS(HANDLE_CLOSING), CALLER, ONCE}, {0}};

/* ---- opening and closing everything ---- */

static void check_open(INTERNET_PORT port, DWORD flags, const WCHAR *path, const char *where)
{
    static const struct expected sent[] = {
        {STATUS(RESOLVING_NAME), ANYWHERE, MAYBE},      {STATUS(NAME_RESOLVED), ANYWHERE, MAYBE},
        {STATUS(CONNECTING_TO_SERVER), ANYWHERE, SOME}, {STATUS(CONNECTED_TO_SERVER), ANYWHERE, ONCE},
        {STATUS(SENDING_REQUEST), ANYWHERE, ONCE},      {STATUS(REQUEST_SENT), ANYWHERE, ONCE},
        {STATUS(SENDREQUEST_COMPLETE), OTHER, ONCE},    {0}};
    static const struct expected received[] = {{STATUS(RECEIVING_RESPONSE), CALLER, ONCE},
                                               {STATUS(RESPONSE_RECEIVED), PROMPT, ONCE},
                                               {STATUS(HEADERS_AVAILABLE), PROMPT, ONCE},
                                               {0}};

    rec_reset();
    client_open_host(&the, WINHTTP_FLAG_ASYNC, L"localhost", port);
    client_listen(&the, rec_callback, 1);
    WinHttpCloseHandle(the.connect);
    CALL(the.connect = WinHttpConnect(the.session, L"localhost", port, 0));
    client_request(&the, NULL, path, flags);
    WinHttpSetOption(the.request, WINHTTP_OPTION_UPGRADE_TO_WEB_SOCKET, NULL, 0);
    rec_skip();
    CALL(WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 0, 0));
    rec_expect(sent, "N33, CN12 %s: the handshake on a new connection", where);
    CALL(WinHttpReceiveResponse(the.request, NULL));
    rec_expect(received, "N33, N17 %s: its answer", where);
    SUCCEEDS(CALL(ws = WinHttpWebSocketCompleteUpgrade(the.request, 2)), "W4 %s: the upgrade", where);
    rec_expect(created, "N4 %s: HANDLE_CREATED", where);
    CALL(WinHttpCloseHandle(the.request));
    rec_expect(closing, "H5 %s: the request is closed", where);
    the.request = NULL;
}

static void check_close_handle(const struct expected *table, const char *where)
{
    SUCCEEDS(CALL(WinHttpCloseHandle(ws)), "%s: the handle is closed", where);
    rec_expect(table, "N30, N31, N32, D14 %s: and nothing comes after HANDLE_CLOSING", where);
    client_close(&the);
    rec_expect_lives(TRUE, "H8, N31, N35, H14 %s: one HANDLE_CLOSING each, right lengths, a context always", where);
    SAME(rec_count(STATUS(HANDLE_CLOSING)), 4, "N31 %s: WebSocket, request, connection, session", where);
}

/* ---- calls and what they complete with ---- */

static DWORD ws_send(WINHTTP_WEB_SOCKET_BUFFER_TYPE type, const void *bytes, DWORD size)
{
    return (DWORD)CALL(WinHttpWebSocketSend(ws, type, (void *)bytes, size));
}

static DWORD ws_receive(DWORD size)
{
    return (DWORD)CALL(WinHttpWebSocketReceive(ws, in, size, NULL, NULL));
}

static void check_moved(DWORD status, DWORD bytes, DWORD type, const char *ids)
{
    const struct note *note = rec_last(status);

    SAME(note->length, sizeof(WINHTTP_WEB_SOCKET_STATUS), "D1, N35 %s: the length of the status", ids);
    SAME(note_ws_status(note).dwBytesTransferred, bytes, "D1 %s: the bytes", ids);
    SAME(note_ws_status(note).eBufferType, type, "D1 %s: the type", ids);
    SAME(note->context, 2, "H14 %s: the context given at the upgrade", ids);
}

static void check_failure(DWORD operation, DWORD error, const char *ids)
{
    const struct note *note = rec_last(STATUS(REQUEST_ERROR));

    SAME(note->length, sizeof(WINHTTP_WEB_SOCKET_ASYNC_RESULT), "D1, N35 %s: the length of the result", ids);
    SAME(note_ws_result(note).Operation, operation, "D1 %s: the operation", ids);
    SAME(note_ws_result(note).AsyncResult.dwResult, 0, "W44, W45, W46 %s: dwResult", ids);
    ANSWERS(note_ws_result(note).AsyncResult.dwError, error, "%s: the error", ids);
}

static void check_status(USHORT expected, const char *ids)
{
    USHORT status = 0xa5a5;
    DWORD length = POISON;

    ANSWERS(WinHttpWebSocketQueryCloseStatus(ws, &status, NULL, 0, &length), ERROR_SUCCESS, "W43, W47 %s: status", ids);
    SAME(status, expected, "W29 %s: which it is", ids);
    SAME(length, 0, "W28 %s: without a reason", ids);
}

static void check_no_status(const char *ids)
{
    USHORT status = 0xa5a5;
    DWORD length = POISON;

    ANSWERS(WinHttpWebSocketQueryCloseStatus(ws, &status, NULL, 0, &length), ERROR_INVALID_OPERATION, "W42 %s", ids);
    tap_ok(status == 0xa5a5 && length == POISON, "W42, GEN8 %s: outputs are left alone", ids);
}

/* ---- conversations ---- */

static void check_echo(INTERNET_PORT port, DWORD flags, const char *where)
{
    DWORD number = POISON;
    WINHTTP_WEB_SOCKET_BUFFER_TYPE type = (WINHTTP_WEB_SOCKET_BUFFER_TYPE)POISON;

    check_open(port, flags, L"/echo", where);
    check_no_status("while nothing is closed");
    pattern_fill(out, 0, sizeof(out));
    ANSWERS(ws_send(BINARY, out, 8192), ERROR_SUCCESS, "W32 %s: sending 8 KB", where);
    rec_expect(written, "W32, N29 %s: WRITE_COMPLETE before the call returns", where);
    check_moved(STATUS(WRITE_COMPLETE), 8192, BINARY, "Send");
    ANSWERS((DWORD)CALL(WinHttpWebSocketReceive(ws, in, sizeof(in), &number, &type)), ERROR_SUCCESS,
            "API 57 %s: receiving", where);
    rec_expect(read_done, "N29 %s: READ_COMPLETE", where);
    tap_ok(number == POISON && type == (WINHTTP_WEB_SOCKET_BUFFER_TYPE)POISON, "W40 %s: outputs are left alone", where);
    check_moved(STATUS(READ_COMPLETE), 8192, BINARY, "W40, Receive");
    tap_ok(pattern_is(in, 0, 8192), "W40 %s: the same bytes", where);

    ANSWERS(ws_receive(100), ERROR_SUCCESS, "W38 %s: a receive that waits", where);
    ANSWERS(ws_receive(100), ERROR_INVALID_OPERATION, "W38 %s: a second one", where);
    rec_expect_end("W38 %s: neither tells anything", where);
    ANSWERS(ws_send(UTF8, "hello", 5), ERROR_SUCCESS, "W38 %s: sending meanwhile", where);
    {
        static const struct expected both[] = {
            {STATUS(WRITE_COMPLETE), CALLER, ONCE}, {STATUS(READ_COMPLETE), ANYWHERE, ONCE}, {0}};
        rec_expect_set(both, "N29 %s: both complete", where);
    }
    check_moved(STATUS(READ_COMPLETE), 5, UTF8, "the receive that waited");

    ANSWERS(ws_send(BINARY_FRAGMENT, out, 10), ERROR_SUCCESS, "W30 %s: a fragment", where);
    rec_expect(written, "W30 %s: is written", where);
    check_moved(STATUS(WRITE_COMPLETE), 10, BINARY_FRAGMENT, "a fragment");
    ANSWERS(ws_send(UTF8_FRAGMENT, out, 10), ERROR_INVALID_PARAMETER, "W31 %s: one of another kind", where);
    rec_expect_end("W31 %s: tells nothing", where);
    ANSWERS(ws_send(BINARY, NULL, 0), ERROR_SUCCESS, "W30 %s: an empty end", where);
    rec_expect(written, "W30 %s: is written", where);
    ANSWERS(ws_receive(100), ERROR_SUCCESS, "W30 %s: what comes back", where);
    rec_expect(read_done, "W30 %s: is one message", where);
    check_moved(STATUS(READ_COMPLETE), 10, BINARY, "W30");
    check_close_handle(closing, where);
}

/* A large message, received in pieces; the last is the MESSAGE (W41). */
static void check_large(INTERNET_PORT port, DWORD flags, const char *where)
{
    DWORD total = 0, count, type, pieces = 0;

    check_open(port, flags, L"/echo", where);
    pattern_fill(out, 0, sizeof(out));
    ANSWERS(ws_send(BINARY, out, sizeof(out)), ERROR_SUCCESS, "W32 %s: sending 1 MB", where);
    rec_expect(written_anywhere, "W32 %s: is written", where);
    check_moved(STATUS(WRITE_COMPLETE), sizeof(out), BINARY, "Unreal: the whole message counts");
    do {
        if (CALL(WinHttpWebSocketReceive(ws, in + total, 16384, NULL, NULL)) ||
            !rec_wait(STATUS(READ_COMPLETE), ++pieces))
            break;
        rec_skip();
        count = note_ws_status(rec_last(STATUS(READ_COMPLETE))).dwBytesTransferred;
        type = note_ws_status(rec_last(STATUS(READ_COMPLETE))).eBufferType;
        total += count;
    } while (type == BINARY_FRAGMENT && total < sizeof(out));
    SAME(total, sizeof(out), "W41 %s: all bytes come back", where);
    SAME(type, BINARY, "W41 %s: the last piece is the MESSAGE", where);
    tap_ok(pattern_is(in, 0, sizeof(out)), "W41 %s: the same bytes", where);
    check_close_handle(closing, where);
}

static void check_shutdown(INTERNET_PORT port, DWORD flags, const char *where)
{
    check_open(port, flags, L"/echo", where);
    ws_receive(100);
    ANSWERS((DWORD)CALL(WinHttpWebSocketShutdown(ws, 1000, NULL, 0)), ERROR_SUCCESS, "W33 %s: Shutdown", where);
    {
        static const struct expected both[] = {
            {STATUS(SHUTDOWN_COMPLETE), CALLER, ONCE}, {STATUS(READ_COMPLETE), ANYWHERE, ONCE}, {0}};
        rec_expect_set(both, "W33, W47, N29 %s: complete; the pending receive gets the server's close", where);
    }
    SAME(rec_last(STATUS(SHUTDOWN_COMPLETE))->length, 0, "D1 %s: SHUTDOWN_COMPLETE carries nothing", where);
    check_moved(STATUS(READ_COMPLETE), 0, CLOSED, "W47");
    check_status(1000, where);
    ANSWERS(ws_send(UTF8, "x", 1), ERROR_INVALID_OPERATION, "W34 %s: no Send any more", where);
    ANSWERS((DWORD)CALL(WinHttpWebSocketShutdown(ws, 1000, NULL, 0)), ERROR_INVALID_OPERATION, "W35 %s: nor this",
            where);
    ANSWERS(ws_receive(100), ERROR_INVALID_OPERATION, "W39 %s: nor Receive", where);
    ANSWERS((DWORD)CALL(WinHttpWebSocketClose(ws, 1000, NULL, 0)), ERROR_SUCCESS, "W37, W48 %s: but Close", where);
    rec_expect(closed_at_once, "W48, N29 %s: at once, for both sides have closed", where);
    check_close_handle(closing, where);
}

static void check_close(INTERNET_PORT port, DWORD flags, const char *where)
{
    check_open(port, flags, L"/echo", where);
    ws_receive(100);
    ANSWERS((DWORD)CALL(WinHttpWebSocketClose(ws, 1000, NULL, 0)), ERROR_SUCCESS, "W44 %s: Close over a receive",
            where);
    rec_expect(cancelled, "W44, N30 %s: which is cancelled before the call returns", where);
    check_failure(WINHTTP_WEB_SOCKET_RECEIVE_OPERATION, ERROR_WINHTTP_OPERATION_CANCELLED, "W44");
    rec_expect(closed_later, "W44, W49 %s: CLOSE_COMPLETE comes", where);
    SAME(rec_last(STATUS(CLOSE_COMPLETE))->length, 0, "W49 %s: and carries nothing", where);
    check_status(1000, where);
    check_close_handle(closing, where);

    check_open(port, flags, L"/push/50/5000", where);
    ANSWERS((DWORD)CALL(WinHttpWebSocketClose(ws, 1000, NULL, 0)), ERROR_SUCCESS, "W43 %s: much unread", where);
    rec_expect(closed_later, "W43 %s: is thrown away", where);
    check_status(1000, where);
    check_close_handle(closing, where);
}

/* W42, W45, W46, D7: servers that do not answer. */
static void check_silence(INTERNET_PORT port)
{
    DWORD limit = 500;

    check_open(port, 0, L"/ws-never-closes", "no answer to Close");
    WinHttpSetOption(ws, WINHTTP_OPTION_WEB_SOCKET_CLOSE_TIMEOUT, &limit, sizeof(limit));
    ANSWERS((DWORD)CALL(WinHttpWebSocketClose(ws, 1000, NULL, 0)), ERROR_SUCCESS, "D7: Close to a silent server");
    check_no_status("while the close is under way");
    rec_expect(failed, "D7: ends by REQUEST_ERROR");
    check_failure(WINHTTP_WEB_SOCKET_CLOSE_OPERATION, ERROR_WINHTTP_TIMEOUT, "D7");
    check_close_handle(closing, "after a close that failed");

    check_open(port, 0, L"/ws-never-closes", "CloseHandle over Close");
    CALL(WinHttpWebSocketClose(ws, 1000, NULL, 0));
    rec_expect_end("W45: Close waits");
    check_close_handle(cancelled_and_gone, "W45, over Close");
    check_failure(WINHTTP_WEB_SOCKET_CLOSE_OPERATION, ERROR_WINHTTP_OPERATION_CANCELLED, "W45");

    check_open(port, 0, L"/ws-silent", "CloseHandle over Receive");
    ANSWERS(ws_receive(100), ERROR_SUCCESS, "W46: Receive waits");
    check_close_handle(cancelled_and_gone, "W46, over Receive");
    check_failure(WINHTTP_WEB_SOCKET_RECEIVE_OPERATION, ERROR_WINHTTP_OPERATION_CANCELLED, "W46");

    check_open(port, 0, L"/ws-silent", "Shutdown to a silent server");
    CALL(WinHttpWebSocketShutdown(ws, 1000, NULL, 0));
    rec_expect(shut_down, "W33: Shutdown waits for nobody");
    check_no_status("after Shutdown");
    check_close_handle(closing, "after Shutdown alone");
}

static const struct {
    const WCHAR *path;
    DWORD error;
    const char *ids;
} failures[] = {
    {L"/ws-drop-now", ERROR_WINHTTP_CONNECTION_ERROR, "D7, CLIENTS 13: dropped"},
    {L"/ws-reset", ERROR_WINHTTP_CONNECTION_ERROR, "D7: reset"},
    {L"/ws-bad-opcode", ERROR_WINHTTP_INVALID_SERVER_RESPONSE, "D5: a reserved opcode"},
    {L"/ws-bad-utf8", ERROR_WINHTTP_INVALID_SERVER_RESPONSE, "D4: not UTF-8"},
};

static void check_failures(INTERNET_PORT port, DWORD flags)
{
    DWORD error;
    size_t i;

    for (i = 0; i < COUNT(failures); i++) {
        check_open(port, flags, failures[i].path, failures[i].ids);
        error = ws_receive(100);
        if (error) {
            /* What is known already may be answered at once, and then by no notification. */
            ANSWERS(error, failures[i].error, "%s: receiving fails", failures[i].ids);
            rec_expect_end("%s: and tells nothing", failures[i].ids);
        } else {
            rec_expect(failed, "D1 %s: receiving fails by REQUEST_ERROR", failures[i].ids);
            check_failure(WINHTTP_WEB_SOCKET_RECEIVE_OPERATION, failures[i].error, failures[i].ids);
        }
        check_close_handle(closing, failures[i].ids);
    }
}

/* The scripted server says "pong ok" only after the right pongs, and nobody has asked to receive. */
static void check_ping_without_receive(INTERNET_PORT port, DWORD flags, const WCHAR *path, const char *ids)
{
    check_open(port, flags, path, ids);
    ANSWERS(ws_receive(100), ERROR_SUCCESS, "%s: receiving", ids);
    rec_expect(read_done, "%s, CLIENTS 10: was answered", ids);
    check_moved(STATUS(READ_COMPLETE), 7, UTF8, ids);
    tap_ok(!memcmp(in, "pong ok", 7), "%s: with its own payload", ids);
    check_close_handle(closing, ids);
}

/* Two empty messages that arrive together: the second waits for its receive. */
static void check_read_ahead(INTERNET_PORT port)
{
    check_open(port, 0, L"/ws-empty", "read-ahead");
    ws_receive(100);
    rec_expect(read_done, "read-ahead: the first message");
    ws_receive(100);
    rec_expect(read_done, "read-ahead: the second, which came with it");
    check_moved(STATUS(READ_COMPLETE), 0, BINARY, "read-ahead");
    check_close_handle(closing, "read-ahead");
}

/* D11: CLOSE_COMPLETE and SHUTDOWN_COMPLETE under ALL_COMPLETIONS, as .NET registers it. */
static void check_completions_mask(INTERNET_PORT port, DWORD mask)
{
    check_open(port, 0, L"/echo", "a mask");
    WinHttpSetStatusCallback(ws, rec_callback, mask | WINHTTP_CALLBACK_FLAG_HANDLES, 0);
    CALL(WinHttpWebSocketShutdown(ws, 1000, NULL, 0));
    rec_expect(shut_down, "D11: SHUTDOWN_COMPLETE under 0x%lx", mask);
    CALL(WinHttpWebSocketClose(ws, 1000, NULL, 0));
    rec_expect(closed_later, "D11: CLOSE_COMPLETE under 0x%lx", mask);
    check_close_handle(closing, "a mask");
}

/* W12: too small a send buffer, told by REQUEST_ERROR before anything else; then the request is sent after all. */
static void check_send_buffer(INTERNET_PORT port)
{
    DWORD size = 15;

    rec_reset();
    client_open(&the, WINHTTP_FLAG_ASYNC, port);
    client_listen(&the, rec_callback, 1);
    WinHttpCloseHandle(the.connect);
    the.connect = WinHttpConnect(the.session, L"127.0.0.1", port, 0);
    client_request(&the, NULL, L"/echo", 0);
    WinHttpSetOption(the.request, WINHTTP_OPTION_UPGRADE_TO_WEB_SOCKET, NULL, 0);
    WinHttpSetOption(the.request, WINHTTP_OPTION_WEB_SOCKET_SEND_BUFFER_SIZE, &size, sizeof(size));
    rec_skip();
    SUCCEEDS(CALL(WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 0, 0)), "W12: a send buffer of 15 bytes");
    rec_expect(failed, "W12, N15: REQUEST_ERROR and nothing else");
    ANSWERS(note_result(rec_last(STATUS(REQUEST_ERROR))).dwError, ERROR_NOT_ENOUGH_MEMORY, "W12: the error");
    size = 16;
    WinHttpSetOption(the.request, WINHTTP_OPTION_WEB_SOCKET_SEND_BUFFER_SIZE, &size, sizeof(size));
    WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 0, 0);
    tap_ok(rec_wait(STATUS(SENDREQUEST_COMPLETE), 1), "W12: with 16 bytes it can be sent again");
    client_close(&the);
}

int main(void)
{
    INTERNET_PORT plain = need_port("WS_PORT"), tls = need_port("WSS_PORT");
    INTERNET_PORT stub = need_port("STUB_PLAIN_PORT"), stub_tls = need_port("STUB_TLS_PORT");

    check_echo(plain, 0, "ws");
    check_echo(tls, WINHTTP_FLAG_SECURE, "wss");
    check_large(plain, 0, "ws, large");
    check_large(tls, WINHTTP_FLAG_SECURE, "wss, large");
    check_shutdown(plain, 0, "ws");
    check_shutdown(tls, WINHTTP_FLAG_SECURE, "wss");
    check_close(plain, 0, "ws");
    check_close(tls, WINHTTP_FLAG_SECURE, "wss");
    check_silence(stub);
    check_failures(stub, 0);
    check_failures(stub_tls, WINHTTP_FLAG_SECURE);
    check_ping_without_receive(stub, 0, L"/ws-ping", "D3: a ping");
    check_ping_without_receive(stub_tls, WINHTTP_FLAG_SECURE, L"/ws-ping", "D3: a ping over TLS");
    check_ping_without_receive(stub, 0, L"/ws-pings", "D3, D17: 64 pings at once, each in order");
    check_ping_without_receive(stub_tls, WINHTTP_FLAG_SECURE, L"/ws-pings", "D3, D17: 64 pings over TLS");
    check_read_ahead(stub);
    check_completions_mask(plain, WINHTTP_CALLBACK_FLAG_ALL_COMPLETIONS);
    check_completions_mask(plain, 0x017e0000);
    check_send_buffer(plain);
    return tap_done();
}
