/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * payloads: what each notification carries, byte for byte (API 3.1): the pointer, the length, what lies there, the
 * handle it is told on, and the context. Texts are counted in characters with their NUL, all else in bytes.
 */
#include <stdio.h>

#include "client.h"
#include "recorder.h"

#define STATUS(name) WINHTTP_CALLBACK_STATUS_##name
#define BINARY       WINHTTP_WEB_SOCKET_BINARY_MESSAGE_BUFFER_TYPE
#define CLOSED       WINHTTP_WEB_SOCKET_CLOSE_BUFFER_TYPE
#define CONTEXT      0x1234

static struct client the;
static const char *where;
static char buffer[4096];

/* ---- one payload ---- */

/* The newest note of this status, which must have come, on this handle, with the context. */
static const struct note *told(DWORD status, HINTERNET handle, const char *name)
{
    const struct note *note;

    tap_ok(rec_wait(status, 1), "API 3.1 %s: %s is told", where, name);
    rec_skip();
    note = rec_last(status);
    tap_ok(note->handle == handle && note->context == CONTEXT, "API 3.1, H9 %s: %s has its handle and context", where,
           name);
    return note;
}

#define TOLD(name, handle) told(STATUS(name), (handle), #name)

static void check_nothing(const struct note *note)
{
    tap_ok(!note->pointer && !note->length, "API 3.1 %s: %s carries NULL and 0 (%p, %lu)", where,
           status_name(note->status), note->pointer, note->length);
}

static void check_dword(const struct note *note, DWORD expected)
{
    tap_ok(note->pointer && note->length == sizeof(DWORD) && note_dword(note) == expected,
           "API 3.1 %s: %s carries a DWORD, %lu (length %lu, %lu)", where, status_name(note->status), expected,
           note->length, note_dword(note));
}

static void check_text(const struct note *note, const WCHAR *expected)
{
    size_t size = (wcslen(expected) + 1) * sizeof(WCHAR);

    tap_ok(note->pointer && note->length == wcslen(expected) + 1, "API 3.1 %s: %s counts characters and NUL (%lu)",
           where, status_name(note->status), note->length);
    tap_ok(!memcmp(note->info, expected, size < NOTE_INFO ? size : NOTE_INFO), "API 3.1 %s: %s is \"%ls\"", where,
           status_name(note->status), expected);
}

static void check_handle(const struct note *note, HINTERNET expected)
{
    tap_ok(note->pointer && note->length == sizeof(HINTERNET) && !memcmp(note->info, &expected, sizeof(expected)),
           "API 3.1 %s: %s carries a pointer to the handle (length %lu)", where, status_name(note->status),
           note->length);
}

static void check_result(const struct note *note, DWORD_PTR api, DWORD error)
{
    tap_ok(note->pointer && note->length == sizeof(WINHTTP_ASYNC_RESULT) &&
               note->length == (sizeof(void *) == 8 ? 16 : 8),
           "API 3.1 %s: REQUEST_ERROR carries a WINHTTP_ASYNC_RESULT (length %lu)", where, note->length);
    SAME(note_result(note).dwResult, api, "API 3.3 %s: of this call", where);
    ANSWERS(note_result(note).dwError, error, "API 3.1 %s: with this error", where);
}

/* ---- handles ---- */

static void open_client(DWORD flags, const WCHAR *host, INTERNET_PORT port)
{
    rec_reset();
    client_open_host(&the, flags, host, port);
    client_listen(&the, rec_callback, CONTEXT);
    WinHttpCloseHandle(the.connect);
    CALL(the.connect = WinHttpConnect(the.session, host, port, 0));
    /* API 3.1 note 1: told on the session, for a connection; on itself, for a request. */
    check_handle(TOLD(HANDLE_CREATED, the.session), the.connect);
    rec_reset();
}

static void open_request(const WCHAR *verb, const WCHAR *path, DWORD flags)
{
    rec_reset();
    the.request = NULL;
    client_request(&the, verb, path, flags);
    check_handle(TOLD(HANDLE_CREATED, the.request), the.request);
}

static void check_closing(HINTERNET *handle)
{
    HINTERNET closed = *handle;

    rec_reset();
    WinHttpCloseHandle(closed);
    check_handle(TOLD(HANDLE_CLOSING, closed), closed);
    *handle = NULL;
}

static void close_client(void)
{
    if (the.request)
        check_closing(&the.request);
    check_closing(&the.connect);
    check_closing(&the.session);
}

/* ---- requests ---- */

static void send_and_receive(BOOL async, void *data, DWORD size)
{
    WinHttpSendRequest(the.request, L"Connection: close", (DWORD)-1, data, size, size, 0);
    if (async)
        rec_wait(STATUS(SENDREQUEST_COMPLETE), 1);
    WinHttpReceiveResponse(the.request, NULL);
    if (async)
        rec_wait(STATUS(HEADERS_AVAILABLE), 1);
}

/* On a new connection: names, addresses, amounts. The server sends the request's head back. */
static void check_exchange(BOOL async, INTERNET_PORT port, DWORD flags)
{
    DWORD size = POISON, got = 0;

    open_client(async ? WINHTTP_FLAG_ASYNC : 0, L"localhost", port);
    open_request(NULL, L"/head", flags);
    send_and_receive(async, NULL, 0);
    check_text(TOLD(RESOLVING_NAME, the.request), L"localhost");
    check_text(TOLD(NAME_RESOLVED, the.request), L"127.0.0.1");
    check_text(TOLD(CONNECTING_TO_SERVER, the.request), L"127.0.0.1");
    check_text(TOLD(CONNECTED_TO_SERVER, the.request), L"127.0.0.1");
    check_nothing(TOLD(SENDING_REQUEST, the.request));
    check_nothing(TOLD(RECEIVING_RESPONSE, the.request));
    WinHttpQueryHeaders(the.request, WINHTTP_QUERY_CONTENT_LENGTH | WINHTTP_QUERY_FLAG_NUMBER, NULL, &size,
                        &(DWORD){sizeof(size)}, NULL);
    check_dword(TOLD(REQUEST_SENT, the.request), size);
    tap_ok(TOLD(RESPONSE_RECEIVED, the.request)->length == sizeof(DWORD) &&
               note_dword(rec_last(STATUS(RESPONSE_RECEIVED))) > size,
           "API 3.1 %s: RESPONSE_RECEIVED carries a DWORD, the bytes that came", where);
    if (async) {
        check_nothing(TOLD(SENDREQUEST_COMPLETE, the.request));
        check_nothing(TOLD(HEADERS_AVAILABLE, the.request));
        WinHttpQueryDataAvailable(the.request, NULL);
        check_dword(TOLD(DATA_AVAILABLE, the.request), size);
        WinHttpReadData(the.request, buffer, sizeof(buffer), NULL);
        tap_ok(TOLD(READ_COMPLETE, the.request)->pointer == buffer && rec_last(STATUS(READ_COMPLETE))->length == size,
               "API 3.1, B22 %s: READ_COMPLETE carries the caller's buffer and the bytes read", where);
    } else {
        WinHttpReadData(the.request, buffer, sizeof(buffer), &got);
        SAME(got, size, "B2 %s: read", where);
    }
    check_nothing(TOLD(CLOSING_CONNECTION, the.request));
    check_nothing(TOLD(CONNECTION_CLOSED, the.request));
    if (async) {
        rec_reset();
        WinHttpReadData(the.request, buffer, sizeof(buffer), NULL);
        tap_ok(TOLD(READ_COMPLETE, the.request)->length == 0, "B22 %s: at the end, length 0", where);
        rec_reset();
        WinHttpQueryDataAvailable(the.request, NULL);
        check_dword(TOLD(DATA_AVAILABLE, the.request), 0);
    }
    close_client();
}

/* SENDREQUEST_COMPLETE gives the optional data back, WRITE_COMPLETE the bytes written. */
static void check_upload(INTERNET_PORT port)
{
    static char data[] = "hello";
    const struct note *note;

    open_client(WINHTTP_FLAG_ASYNC, L"127.0.0.1", port);
    open_request(L"POST", L"/body", 0);
    WinHttpSendRequest(the.request, NULL, 0, data, 2, 5, 0);
    note = TOLD(SENDREQUEST_COMPLETE, the.request);
    tap_ok(note->pointer == data && note->length == 2,
           "API 3.1: SENDREQUEST_COMPLETE carries the optional data and their length (%lu)", note->length);
    WinHttpWriteData(the.request, data + 2, 3, NULL);
    check_dword(TOLD(WRITE_COMPLETE, the.request), 3);
    WinHttpReceiveResponse(the.request, NULL);
    check_nothing(TOLD(HEADERS_AVAILABLE, the.request));
    close_client();
}

static void check_redirect(INTERNET_PORT port)
{
    WCHAR url[64];

    open_client(WINHTTP_FLAG_ASYNC, L"127.0.0.1", port);
    open_request(NULL, L"/to-head-303", 0);
    send_and_receive(TRUE, NULL, 0);
    swprintf(url, COUNT(url), L"http://127.0.0.1:%u/head", port);
    check_text(TOLD(REDIRECT, the.request), url);
    close_client();
}

static void check_interim(INTERNET_PORT port)
{
    open_client(WINHTTP_FLAG_ASYNC, L"127.0.0.1", port);
    open_request(NULL, L"/interim", 0);
    send_and_receive(TRUE, NULL, 0);
    check_dword(TOLD(INTERMEDIATE_RESPONSE, the.request), 103);
    close_client();
}

static void check_certificate(INTERNET_PORT port)
{
    open_client(WINHTTP_FLAG_ASYNC, L"localhost", port);
    open_request(NULL, L"/", WINHTTP_FLAG_SECURE);
    WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 0, 0);
    check_result(TOLD(REQUEST_ERROR, the.request), API_SEND_REQUEST, ERROR_WINHTTP_SECURE_FAILURE);
    check_dword(TOLD(SECURE_FAILURE, the.request), WINHTTP_CALLBACK_STATUS_FLAG_CERT_DATE_INVALID);
    close_client();
}

static void check_errors(INTERNET_PORT port)
{
    open_client(WINHTTP_FLAG_ASYNC, L"127.0.0.1", unused_port());
    open_request(NULL, L"/", 0);
    WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 0, 0);
    check_result(TOLD(REQUEST_ERROR, the.request), API_SEND_REQUEST, ERROR_WINHTTP_CANNOT_CONNECT);
    close_client();

    open_client(WINHTTP_FLAG_ASYNC, L"127.0.0.1", port);
    open_request(NULL, L"/slam", 0);
    WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 0, 0);
    rec_wait(STATUS(SENDREQUEST_COMPLETE), 1);
    WinHttpReceiveResponse(the.request, NULL);
    check_result(TOLD(REQUEST_ERROR, the.request), API_RECEIVE_RESPONSE, ERROR_WINHTTP_CONNECTION_ERROR);
    close_client();

    open_client(WINHTTP_FLAG_ASYNC, L"127.0.0.1", port);
    open_request(NULL, L"/chunked-bad", 0);
    send_and_receive(TRUE, NULL, 0);
    WinHttpQueryDataAvailable(the.request, NULL);
    check_result(TOLD(REQUEST_ERROR, the.request), API_QUERY_DATA_AVAILABLE, ERROR_WINHTTP_INVALID_SERVER_RESPONSE);
    close_client();

    open_client(WINHTTP_FLAG_ASYNC, L"127.0.0.1", port);
    open_request(NULL, L"/cut", 0);
    send_and_receive(TRUE, NULL, 0);
    WinHttpReadData(the.request, buffer, 100, NULL);
    check_result(TOLD(REQUEST_ERROR, the.request), API_READ_DATA, ERROR_WINHTTP_CONNECTION_ERROR);
    close_client();
}

/* ---- WebSockets ---- */

static void check_status_of(const struct note *note, DWORD bytes, DWORD type)
{
    tap_ok(note->pointer && note->length == sizeof(WINHTTP_WEB_SOCKET_STATUS) && note->length == 8 &&
               note_ws_status(note).dwBytesTransferred == bytes && note_ws_status(note).eBufferType == type,
           "API 3.1, D1, N35 %s: %s carries a WINHTTP_WEB_SOCKET_STATUS, %lu bytes of type %lu", where,
           status_name(note->status), bytes, type);
}

static HINTERNET upgrade(INTERNET_PORT port, DWORD flags, const WCHAR *path)
{
    HINTERNET ws;

    open_client(WINHTTP_FLAG_ASYNC, L"localhost", port);
    open_request(NULL, path, flags);
    WinHttpSetOption(the.request, WINHTTP_OPTION_UPGRADE_TO_WEB_SOCKET, NULL, 0);
    WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 0, 0);
    rec_wait(STATUS(SENDREQUEST_COMPLETE), 1);
    WinHttpReceiveResponse(the.request, NULL);
    rec_wait(STATUS(HEADERS_AVAILABLE), 1);
    rec_reset();
    ws = WinHttpWebSocketCompleteUpgrade(the.request, CONTEXT);
    check_handle(TOLD(HANDLE_CREATED, the.request), ws); /* note 1: on the request */
    return ws;
}

static void check_web_socket(INTERNET_PORT port, DWORD flags)
{
    HINTERNET ws = upgrade(port, flags, L"/echo");

    WinHttpWebSocketSend(ws, WINHTTP_WEB_SOCKET_BINARY_FRAGMENT_BUFFER_TYPE, buffer, 10);
    check_status_of(TOLD(WRITE_COMPLETE, ws), 10, WINHTTP_WEB_SOCKET_BINARY_FRAGMENT_BUFFER_TYPE);
    rec_reset();
    WinHttpWebSocketSend(ws, BINARY, buffer, 7);
    check_status_of(TOLD(WRITE_COMPLETE, ws), 7, BINARY);
    WinHttpWebSocketReceive(ws, buffer, sizeof(buffer), NULL, NULL);
    check_status_of(TOLD(READ_COMPLETE, ws), 17, BINARY);
    rec_reset();
    WinHttpWebSocketReceive(ws, buffer, sizeof(buffer), NULL, NULL);
    WinHttpWebSocketShutdown(ws, 1000, NULL, 0);
    check_nothing(TOLD(SHUTDOWN_COMPLETE, ws));
    check_status_of(TOLD(READ_COMPLETE, ws), 0, CLOSED);
    WinHttpWebSocketClose(ws, 1000, NULL, 0);
    check_nothing(TOLD(CLOSE_COMPLETE, ws));
    check_closing(&ws);
    close_client();
}

static void check_web_socket_error(INTERNET_PORT port, const WCHAR *path, BOOL close, DWORD operation, DWORD error)
{
    HINTERNET ws = upgrade(port, 0, path);
    const struct note *note;

    if (operation == WINHTTP_WEB_SOCKET_RECEIVE_OPERATION)
        WinHttpWebSocketReceive(ws, buffer, sizeof(buffer), NULL, NULL);
    if (close)
        WinHttpWebSocketClose(ws, 1000, NULL, 0);
    if (operation == WINHTTP_WEB_SOCKET_CLOSE_OPERATION)
        WinHttpCloseHandle(ws);
    note = TOLD(REQUEST_ERROR, ws);
    tap_ok(note->pointer && note->length == sizeof(WINHTTP_WEB_SOCKET_ASYNC_RESULT) &&
               note->length == (sizeof(void *) == 8 ? 24 : 12),
           "API 3.1, N35: REQUEST_ERROR of a WebSocket carries its own result (length %lu)", note->length);
    SAME(note_ws_result(note).Operation, operation, "D1, N35: the operation");
    SAME(note_ws_result(note).AsyncResult.dwResult, 0, "W44, W45: dwResult");
    ANSWERS(note_ws_result(note).AsyncResult.dwError, error, "N35: the error");
    if (operation == WINHTTP_WEB_SOCKET_RECEIVE_OPERATION)
        check_closing(&ws);
    close_client();
}

int main(void)
{
    INTERNET_PORT stub = need_port("STUB_PLAIN_PORT"), stub_tls = need_port("STUB_TLS_PORT");
    INTERNET_PORT ws = need_port("WS_PORT"), wss = need_port("WSS_PORT");

    where = "sync";
    check_exchange(FALSE, stub, 0);
    where = "sync, TLS";
    check_exchange(FALSE, stub_tls, WINHTTP_FLAG_SECURE);
    where = "async";
    check_exchange(TRUE, stub, 0);
    where = "async, TLS";
    check_exchange(TRUE, stub_tls, WINHTTP_FLAG_SECURE);
    where = "async";
    check_upload(stub);
    check_redirect(stub);
    check_interim(stub);
    check_certificate(need_port("EXPIRED_PORT"));
    check_errors(stub);
    where = "ws";
    check_web_socket(ws, 0);
    where = "wss";
    check_web_socket(wss, WINHTTP_FLAG_SECURE);
    where = "ws";
    check_web_socket_error(stub, L"/ws-never-closes", TRUE, WINHTTP_WEB_SOCKET_RECEIVE_OPERATION,
                           ERROR_WINHTTP_OPERATION_CANCELLED);
    check_web_socket_error(stub, L"/ws-never-closes", TRUE, WINHTTP_WEB_SOCKET_CLOSE_OPERATION,
                           ERROR_WINHTTP_OPERATION_CANCELLED);
    check_web_socket_error(stub, L"/ws-bad-opcode", FALSE, WINHTTP_WEB_SOCKET_RECEIVE_OPERATION,
                           ERROR_WINHTTP_INVALID_SERVER_RESPONSE);
    return tap_done();
}
