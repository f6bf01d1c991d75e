/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ws_states: the state rules of SEMANTICS 18.4, W30 to W49, one by one, each on a plain connection and over TLS, with
 * the thread where the fact names one. ws_async holds conversations and what goes wrong in them; here is what may be
 * called when, and what ends what.
 */
#include "client.h"
#include "recorder.h"

#define STATUS(name) WINHTTP_CALLBACK_STATUS_##name

#define BINARY          WINHTTP_WEB_SOCKET_BINARY_MESSAGE_BUFFER_TYPE
#define BINARY_FRAGMENT WINHTTP_WEB_SOCKET_BINARY_FRAGMENT_BUFFER_TYPE
#define UTF8            WINHTTP_WEB_SOCKET_UTF8_MESSAGE_BUFFER_TYPE
#define UTF8_FRAGMENT   WINHTTP_WEB_SOCKET_UTF8_FRAGMENT_BUFFER_TYPE
#define CLOSED          WINHTTP_WEB_SOCKET_CLOSE_BUFFER_TYPE

/* More than the buffers of both ends of a loopback connection hold, so that its Send stays pending. */
#define TOO_MUCH (32u << 20)

static struct client the;
static HINTERNET ws;
static DWORD secure;
static const char *where;
static BYTE out[TOO_MUCH], in[65536];

static const struct expected written[] = {{STATUS(WRITE_COMPLETE), CALLER, ONCE}, {0}};
static const struct expected read_done[] = {{STATUS(READ_COMPLETE), ANYWHERE, ONCE}, {0}};
static const struct expected shut_down[] = {{STATUS(SHUTDOWN_COMPLETE), CALLER, ONCE}, {0}};
static const struct expected closed_later[] = {{STATUS(CLOSE_COMPLETE), ANYWHERE, ONCE}, {0}};
static const struct expected closed_at_once[] = {{STATUS(CLOSE_COMPLETE), CALLER, ONCE}, {0}};
static const struct expected cancelled[] = {{STATUS(REQUEST_ERROR), CALLER, ONCE}, {0}};
static const struct expected cancelled_and_gone[] = {
    {STATUS(REQUEST_ERROR), CALLER, ONCE}, {STATUS(HANDLE_CLOSING), CALLER, ONCE}, {0}};
static const struct expected failed[] = {{STATUS(REQUEST_ERROR), ANYWHERE, ONCE}, {0}};
static const struct expected gone[] = {{STATUS(HANDLE_CLOSING), ANYWHERE, ONCE}, {0}};

/* ---- steps ---- */

static BOOL open_socket(INTERNET_PORT port, const WCHAR *path)
{
    rec_reset();
    client_open_host(&the, WINHTTP_FLAG_ASYNC, L"localhost", port);
    client_listen(&the, rec_callback, 1);
    WinHttpCloseHandle(the.connect);
    CALL(the.connect = WinHttpConnect(the.session, L"localhost", port, 0));
    client_request(&the, NULL, path, secure);
    WinHttpSetOption(the.request, WINHTTP_OPTION_UPGRADE_TO_WEB_SOCKET, NULL, 0);
    WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 0, 0);
    rec_wait(STATUS(SENDREQUEST_COMPLETE), 1);
    WinHttpReceiveResponse(the.request, NULL);
    rec_wait(STATUS(HEADERS_AVAILABLE), 1);
    ws = WinHttpWebSocketCompleteUpgrade(the.request, 2);
    rec_skip();
    return tap_ok(ws != NULL, "W4 %s: %ls upgraded", where, path);
}

static void close_socket(const struct expected *table, const char *ids)
{
    CALL(WinHttpCloseHandle(ws));
    rec_expect(table, "%s %s", ids, where);
    client_close(&the);
    rec_expect_lives(TRUE, "H8, N31, N32, N35 %s: every handle's end, and last", where);
}

static DWORD ws_send(WINHTTP_WEB_SOCKET_BUFFER_TYPE type, const void *bytes, DWORD size)
{
    return (DWORD)CALL(WinHttpWebSocketSend(ws, type, (void *)bytes, size));
}

static DWORD ws_receive(DWORD size)
{
    return (DWORD)CALL(WinHttpWebSocketReceive(ws, in, size, NULL, NULL));
}

static DWORD ws_shutdown(void)
{
    return (DWORD)CALL(WinHttpWebSocketShutdown(ws, 1000, NULL, 0));
}

static DWORD ws_close(void)
{
    return (DWORD)CALL(WinHttpWebSocketClose(ws, 1000, NULL, 0));
}

static void check_moved(DWORD status, DWORD bytes, DWORD type, const char *ids)
{
    const struct note *note = rec_last(status);

    tap_ok(note->length == sizeof(WINHTTP_WEB_SOCKET_STATUS) && note_ws_status(note).dwBytesTransferred == bytes &&
               note_ws_status(note).eBufferType == type,
           "N35, %s %s: %lu bytes of type %lu", ids, where, bytes, type);
}

static void check_error(DWORD operation, DWORD error, const char *ids)
{
    const struct note *note = rec_last(STATUS(REQUEST_ERROR));

    tap_ok(note->length == sizeof(WINHTTP_WEB_SOCKET_ASYNC_RESULT) && note_ws_result(note).Operation == operation &&
               note_ws_result(note).AsyncResult.dwResult == 0 && note_ws_result(note).AsyncResult.dwError == error,
           "N35, %s %s: operation %lu, result 0, error %lu", ids, where, operation, error);
}

static void check_close_status(BOOL known, const char *ids)
{
    USHORT status = 0xa5a5;
    DWORD length = POISON, error = WinHttpWebSocketQueryCloseStatus(ws, &status, NULL, 0, &length);

    if (known)
        tap_ok(!error && status == 1000 && !length, "%s %s: the status is 1000 (%lu, %u)", ids, where, error, status);
    else
        tap_ok(error == ERROR_INVALID_OPERATION && status == 0xa5a5 && length == POISON,
               "W42, GEN8 %s %s: no status, outputs left alone (%lu)", ids, where, error);
}

/* Receives one message in pieces of at most `piece` bytes; how many there were. */
static DWORD check_message(DWORD piece, DWORD size, const char *ids)
{
    DWORD total = 0, pieces = 0, type = BINARY_FRAGMENT;

    while (type == BINARY_FRAGMENT && total <= size) {
        if (CALL(WinHttpWebSocketReceive(ws, in + total, piece, NULL, NULL)) ||
            !rec_expect(read_done, "%s: a piece", ids))
            break;
        type = note_ws_status(rec_last(STATUS(READ_COMPLETE))).eBufferType;
        total += note_ws_status(rec_last(STATUS(READ_COMPLETE))).dwBytesTransferred;
        pieces++;
    }
    tap_ok(type == BINARY && total == size && pattern_is(in, 0, size),
           "%s %s: %lu bytes in %lu pieces, the last of which is the MESSAGE", ids, where, total, pieces);
    return pieces;
}

/* ---- sending ---- */

static void check_fragments(INTERNET_PORT port)
{
    open_socket(port, L"/echo");
    ANSWERS(ws_send(BINARY_FRAGMENT, out, 100), 0, "W30 %s: a fragment", where);
    rec_expect(written, "W30, N29 %s: is written on the calling thread", where);
    check_moved(STATUS(WRITE_COMPLETE), 100, BINARY_FRAGMENT, "W30");
    ANSWERS(ws_send(UTF8_FRAGMENT, out, 10), ERROR_INVALID_PARAMETER, "W31 %s: a text fragment in between", where);
    ANSWERS(ws_send(UTF8, out, 10), ERROR_INVALID_PARAMETER, "W31 %s: a text message in between", where);
    rec_expect_end("W31 %s: without a notification", where);
    ANSWERS(ws_send(BINARY_FRAGMENT, out + 100, 200), 0, "W30, W31 %s: the message goes on", where);
    rec_expect(written, "W30, N29 %s: is written", where);
    ANSWERS(ws_send(BINARY, NULL, 0), 0, "W30, W23 %s: an empty end", where);
    rec_expect(written, "W30, N29 %s: is written", where);
    check_moved(STATUS(WRITE_COMPLETE), 0, BINARY, "W30");
    check_message(1000, 300, "W30: one message of the total size");
    close_socket(gone, "N32");
}

static void check_sizes(INTERNET_PORT port)
{
    int i;

    open_socket(port, L"/echo");
    ANSWERS(ws_send(BINARY, out, 8192), 0, "W32 %s: 8 KB", where);
    rec_expect(written, "W32, N29 %s: told on this thread before the call returned", where);
    check_moved(STATUS(WRITE_COMPLETE), 8192, BINARY, "W32");
    check_message(8192, 8192, "W32");
    for (i = 0; i < 4; i++) {
        ANSWERS(ws_send(i < 3 ? BINARY_FRAGMENT : BINARY, out + i * 4096, 4096), 0, "W41 %s: 16 KB, part %d", where, i);
        rec_expect(written, "W41, W32 %s: part %d is written", where, i);
    }
    tap_ok(check_message(4096, 16384, "W41") >= 4, "W41 %s: pieces no larger than the buffer", where);
    close_socket(gone, "N32");
}

/* ---- receiving ---- */

static void check_receives(INTERNET_PORT port)
{
    WINHTTP_WEB_SOCKET_BUFFER_TYPE type = (WINHTTP_WEB_SOCKET_BUFFER_TYPE)POISON;
    static const struct expected both[] = {
        {STATUS(WRITE_COMPLETE), CALLER, ONCE}, {STATUS(READ_COMPLETE), ANYWHERE, ONCE}, {0}};
    DWORD number = POISON;

    open_socket(port, L"/echo");
    ANSWERS((DWORD)CALL(WinHttpWebSocketReceive(ws, in, 100, &number, &type)), 0, "W40 %s: a receive that waits",
            where);
    ANSWERS(ws_receive(100), ERROR_INVALID_OPERATION, "W38 %s: a second one", where);
    rec_expect_end("W38 %s: tells nothing", where);
    ANSWERS(ws_send(UTF8, "hello", 5), 0, "W38 %s: the first is answered", where);
    rec_expect_set(both, "W38, N29 %s: once", where);
    tap_ok(number == POISON && type == (WINHTTP_WEB_SOCKET_BUFFER_TYPE)POISON, "W40 %s: outputs are left alone", where);
    check_moved(STATUS(READ_COMPLETE), 5, UTF8, "W40");
    rec_expect_end("W38 %s: nothing comes of the second", where);
    close_socket(gone, "N32");
}

/* ---- Shutdown ---- */

/* What the scripts of the server do together, told or awaited on another connection. */
static BOOL ask_server(const WCHAR *path)
{
    struct client other;
    BOOL good;

    client_open(&other, 0, need_port("STUB_PLAIN_PORT"));
    client_request(&other, NULL, path, 0);
    good = !client_exchange(&other) && client_status(&other) == 204;
    client_close(&other);
    return good;
}

static void check_shutdown(INTERNET_PORT port)
{
    open_socket(port, L"/ws-late-told");
    check_close_status(FALSE, "while nothing is closed");
    ws_send(UTF8, "still", 5);
    rec_expect(written, "N29 %s: sent before Shutdown", where);
    ANSWERS(ws_shutdown(), 0, "W33 %s: Shutdown", where);
    rec_expect(shut_down, "W33, N29 %s: completes on the calling thread", where);
    check_close_status(FALSE, "after Shutdown");
    ANSWERS(ws_send(UTF8, "x", 1), ERROR_INVALID_OPERATION, "W34 %s: no Send", where);
    ANSWERS(ws_shutdown(), ERROR_INVALID_OPERATION, "W35 %s: no second Shutdown", where);
    rec_expect_end("W34, W35 %s: neither tells anything", where);
    ask_server(L"/raise-late");
    ANSWERS(ws_receive(100), 0, "W36 %s: but Receive", where);
    rec_expect(read_done, "W36 %s: what the peer still sends is delivered", where);
    check_moved(STATUS(READ_COMPLETE), 5, UTF8, "W36");
    ANSWERS(ws_receive(100), 0, "W36, W47 %s: Receive once more", where);
    rec_expect(read_done, "W47 %s: gets the peer's close", where);
    check_moved(STATUS(READ_COMPLETE), 0, CLOSED, "W47");
    check_close_status(TRUE, "W47");
    ANSWERS(ws_receive(100), ERROR_INVALID_OPERATION, "W39 %s: no Receive behind that", where);
    rec_expect_end("W39 %s: which tells nothing", where);
    ANSWERS(ws_close(), 0, "W37, W48 %s: Close", where);
    rec_expect(closed_at_once, "W48, N29 %s: completes on the calling thread", where);
    SAME(rec_last(STATUS(CLOSE_COMPLETE))->length, 0, "W49 %s: with length 0", where);
    close_socket(gone, "N32");
}

static void check_shutdown_then_close(INTERNET_PORT port)
{
    open_socket(port, L"/echo");
    ANSWERS(ws_shutdown(), 0, "W33 %s: Shutdown", where);
    rec_expect(shut_down, "W33 %s: on the calling thread", where);
    ANSWERS(ws_close(), 0, "W37 %s: Close, the peer's frame may not have come yet", where);
    rec_expect(closed_later, "W37, W49 %s: completes", where);
    check_close_status(TRUE, "W37");
    close_socket(gone, "N32");
}

/* The receive is pending when Shutdown is called, and is not cancelled. */
static void check_shutdown_over_receive(INTERNET_PORT port)
{
    static const struct expected both[] = {
        {STATUS(SHUTDOWN_COMPLETE), CALLER, ONCE}, {STATUS(READ_COMPLETE), ANYWHERE, ONCE}, {0}};

    open_socket(port, L"/echo");
    ANSWERS(ws_receive(100), 0, "W47 %s: a receive waits", where);
    ANSWERS(ws_shutdown(), 0, "W47 %s: Shutdown", where);
    rec_expect_set(both, "W33, W47 %s: it is not cancelled, but gets the peer's close", where);
    check_moved(STATUS(READ_COMPLETE), 0, CLOSED, "W47");
    check_close_status(TRUE, "W47");
    close_socket(gone, "N32");
}

/* ---- Close ---- */

static void check_close(INTERNET_PORT port)
{
    open_socket(port, L"/push/50/5000");
    ANSWERS(ws_close(), 0, "W43 %s: Close over unread messages", where);
    rec_expect(closed_later, "W43, W49 %s: CLOSE_COMPLETE alone", where);
    check_close_status(TRUE, "W43");
    close_socket(gone, "N32");

    open_socket(port, L"/echo");
    ANSWERS(ws_receive(100), 0, "W44 %s: a receive waits", where);
    ANSWERS(ws_close(), 0, "W44 %s: Close answers 0", where);
    rec_expect(cancelled, "W44, N30 %s: the receive failed on the calling thread, during Close", where);
    check_error(WINHTTP_WEB_SOCKET_RECEIVE_OPERATION, ERROR_WINHTTP_OPERATION_CANCELLED, "W44");
    rec_expect(closed_later, "W44, N30, W49 %s: CLOSE_COMPLETE behind it", where);
    check_close_status(TRUE, "W44");
    close_socket(gone, "N32");
}

static DWORD inside_error;

static void close_inside(HINTERNET handle, void *unused)
{
    (void)unused;
    inside_error = WinHttpCloseHandle(handle) ? 0 : GetLastError();
}

/* Closing the handle while something is pending. */
static void check_cancels(INTERNET_PORT port)
{
    static const struct expected two[] = {
        {STATUS(REQUEST_ERROR), CALLER, ONCE}, {STATUS(REQUEST_ERROR), CALLER, ONCE}, {0}};
    static const struct expected read_and_gone[] = {
        {STATUS(READ_COMPLETE), ANYWHERE, ONCE}, {STATUS(HANDLE_CLOSING), ANYWHERE, ONCE}, {0}};

    open_socket(port, L"/ws-never-closes");
    ANSWERS(ws_close(), 0, "W45 %s: Close waits", where);
    rec_expect_end("W45 %s: for the peer", where);
    check_close_status(FALSE, "while Close waits");
    close_socket(cancelled_and_gone, "W45, N30, D14: cancelled, then HANDLE_CLOSING");
    check_error(WINHTTP_WEB_SOCKET_CLOSE_OPERATION, ERROR_WINHTTP_OPERATION_CANCELLED, "W45");

    open_socket(port, L"/ws-silent");
    ANSWERS(ws_receive(100), 0, "W46 %s: Receive waits", where);
    close_socket(cancelled_and_gone, "W46, N30, D14: cancelled, then HANDLE_CLOSING");
    check_error(WINHTTP_WEB_SOCKET_RECEIVE_OPERATION, ERROR_WINHTTP_OPERATION_CANCELLED, "W46");

    open_socket(port, L"/ws-stop-reading");
    ANSWERS(ws_receive(100), 0, "N30 %s: Receive waits", where);
    ANSWERS(ws_send(BINARY, out, TOO_MUCH), 0, "N30 %s: so does Send, to a peer that does not read", where);
    rec_expect_end("N30 %s: nothing is told", where);
    CALL(WinHttpCloseHandle(ws));
    rec_expect_set(two, "N30 %s: one REQUEST_ERROR for each", where);
    rec_expect(gone, "N30, N32 %s: then HANDLE_CLOSING", where);
    client_close(&the);
    rec_expect_lives(TRUE, "H8, N32 %s: which is the last", where);

    open_socket(port, L"/ws-early");
    rec_hook(STATUS(READ_COMPLETE), close_inside, NULL);
    ANSWERS(ws_receive(100), 0, "D14 %s: Receive", where);
    rec_expect(read_and_gone, "D14 %s: closed inside READ_COMPLETE: HANDLE_CLOSING when that has returned", where);
    ANSWERS(inside_error, 0, "D14 %s: the handle can be closed there", where);
    client_close(&the);
    rec_expect_lives(TRUE, "H8 %s: every handle's end", where);
}

/* The server has ended properly, and seen us do so: over TLS by a close_notify of each, which it waits for. */
static void check_parted(const char *text)
{
    tap_ok(ask_server(L"/ws-parted"), "RFC 6455 section 7.1.1 %s: %s: the server has our end of TLS", where, text);
}

static void check_parting(INTERNET_PORT port)
{
    open_socket(port, L"/ws-part");
    ANSWERS(ws_close(), 0, "W43 %s: Close", where);
    rec_expect(closed_later, "W43 %s: CLOSE_COMPLETE", where);
    check_parted("Close");
    close_socket(gone, "N32");

    open_socket(port, L"/ws-part-first");
    ANSWERS(ws_receive(100), 0, "W39 %s: Receive, the server closes", where);
    rec_expect(read_done, "W39 %s: its close frame", where);
    check_moved(STATUS(READ_COMPLETE), 0, CLOSED, "W39");
    ANSWERS(ws_close(), 0, "W48 %s: Close answers it", where);
    rec_expect(closed_at_once, "W48 %s: CLOSE_COMPLETE", where);
    check_parted("Close, the second");
    close_socket(gone, "N32");

    open_socket(port, L"/ws-part");
    ANSWERS(ws_shutdown(), 0, "W33 %s: Shutdown", where);
    rec_expect(shut_down, "W33 %s: SHUTDOWN_COMPLETE", where);
    ANSWERS(ws_receive(100), 0, "W47 %s: Receive", where);
    rec_expect(read_done, "W47 %s: the server's close frame", where);
    close_socket(gone, "N32");
    check_parted("the handle is closed");

    open_socket(port, L"/ws-part-mute");
    ANSWERS(ws_receive(100), 0, "D7 %s: Receive, the server ends", where);
    rec_expect(failed, "D7 %s: without a close frame", where);
    check_error(WINHTTP_WEB_SOCKET_RECEIVE_OPERATION, ERROR_WINHTTP_CONNECTION_ERROR, "D7");
    check_parted("no close frame");
    close_socket(gone, "N32");
}

static void check_all(const char *name, DWORD flags, INTERNET_PORT echo, INTERNET_PORT stub)
{
    where = name;
    secure = flags;
    check_fragments(echo);
    check_sizes(echo);
    check_receives(echo);
    check_shutdown(stub);
    check_shutdown_then_close(echo);
    check_shutdown_over_receive(echo);
    check_close(echo);
    check_cancels(stub);
    check_parting(stub);
}

int main(void)
{
    INTERNET_PORT ws_port = need_port("WS_PORT"), wss_port = need_port("WSS_PORT");
    INTERNET_PORT stub = need_port("STUB_PLAIN_PORT"), stub_tls = need_port("STUB_TLS_PORT");

    pattern_fill(out, 0, sizeof(out));
    check_all("ws", 0, ws_port, stub);
    check_all("wss", WINHTTP_FLAG_SECURE, wss_port, stub_tls);
    return tap_done();
}
