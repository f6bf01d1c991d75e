/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * link.c: see link.h.
 *
 * An operation of an asynchronous handle is answered in the callback: by the status that names its completion, or by
 * REQUEST_ERROR. The callback puts the error (or 0) into the operation's slot and sets the slot's event. There is one
 * slot for what the main thread waits for (it does one thing at a time), one for closing, and none for receives,
 * because their completions go to the inbox.
 */
#include <stdio.h>

#include "inbox.h"
#include "link.h"
#include "names.h"
#include "report.h"
#include "trace.h"

#define RECEIVE_BUFFER 65536

struct slot {
    HANDLE event;
    DWORD error;
};

static struct {
    const struct options *options;
    HINTERNET session, connect, request, socket;
    struct slot step, handle_closed;
    HANDLE receiver; /* blocking only: the thread that reads */
    BYTE buffer[RECEIVE_BUFFER];
} the;

static DWORD last_error_unless(BOOL good)
{
    return good ? ERROR_SUCCESS : GetLastError();
}

/* ---- completions ---- */

static void resolve(struct slot *slot, DWORD error)
{
    slot->error = error;
    SetEvent(slot->event);
}

/* Waits for the completion of a call that was accepted. Blocking calls have done their work already. */
static BOOL complete(DWORD accepted, const char *what)
{
    if (accepted && accepted != ERROR_IO_PENDING)
        return FALSE;
    if (!the.options->async)
        return TRUE;
    if (WaitForSingleObject(the.step.event, the.options->timeout_ms) != WAIT_OBJECT_0)
        the.step.error = ERROR_WINHTTP_TIMEOUT;
    if (the.step.error)
        trace_error(the.step.error, what);
    return !the.step.error;
}

/* ---- receiving ---- */

/* Takes one completed receive; FALSE if it was the last. */
static BOOL take(DWORD size, WINHTTP_WEB_SOCKET_BUFFER_TYPE type)
{
    if (type != WINHTTP_WEB_SOCKET_CLOSE_BUFFER_TYPE && inbox_take(the.buffer, size, type))
        return TRUE;
    inbox_end();
    return FALSE;
}

static DWORD WINAPI receive_blocking(void *unused)
{
    WINHTTP_WEB_SOCKET_BUFFER_TYPE type = WINHTTP_WEB_SOCKET_CLOSE_BUFFER_TYPE;
    DWORD size = 0, error;

    (void)unused;
    do {
        error = WinHttpWebSocketReceive(the.socket, the.buffer, sizeof(the.buffer), &size, &type);
        if (!trace_call(error, "WinHttpWebSocketReceive", "%lu bytes, %s", size, buffer_type_name(type))) {
            inbox_end();
            break;
        }
    } while (take(size, type));
    return 0;
}

static BOOL receive_async(void)
{
    DWORD error = WinHttpWebSocketReceive(the.socket, the.buffer, sizeof(the.buffer), NULL, NULL);

    return trace_call(error, "WinHttpWebSocketReceive", "room for %lu bytes", (DWORD)sizeof(the.buffer));
}

/* ---- the callback ---- */

static void on_socket_error(const WINHTTP_WEB_SOCKET_ASYNC_RESULT *result)
{
    if (result->Operation == WINHTTP_WEB_SOCKET_RECEIVE_OPERATION) {
        /* Cancelling is what our own close does to a pending receive. */
        if (result->AsyncResult.dwError != ERROR_WINHTTP_OPERATION_CANCELLED)
            trace_error(result->AsyncResult.dwError, "receiving failed");
        inbox_end();
    } else
        resolve(&the.step, result->AsyncResult.dwError);
}

static void CALLBACK on_status(HINTERNET handle, DWORD_PTR context, DWORD status, LPVOID info, DWORD length)
{
    const WINHTTP_WEB_SOCKET_STATUS *moved = info;

    (void)context;
    trace_callback(handle, status, info, length);
    switch (status) {
    case WINHTTP_CALLBACK_STATUS_READ_COMPLETE:
        if (take(moved->dwBytesTransferred, moved->eBufferType) && !receive_async())
            inbox_end();
        break;
    case WINHTTP_CALLBACK_STATUS_SENDREQUEST_COMPLETE:
    case WINHTTP_CALLBACK_STATUS_HEADERS_AVAILABLE:
    case WINHTTP_CALLBACK_STATUS_WRITE_COMPLETE:
    case WINHTTP_CALLBACK_STATUS_SHUTDOWN_COMPLETE:
    case WINHTTP_CALLBACK_STATUS_CLOSE_COMPLETE:
        resolve(&the.step, ERROR_SUCCESS);
        break;
    case WINHTTP_CALLBACK_STATUS_REQUEST_ERROR:
        if (length == sizeof(WINHTTP_WEB_SOCKET_ASYNC_RESULT))
            on_socket_error(info);
        else
            resolve(&the.step, ((const WINHTTP_ASYNC_RESULT *)info)->dwError);
        break;
    case WINHTTP_CALLBACK_STATUS_SECURE_FAILURE:
        report_secure_failure(*(const DWORD *)info);
        break;
    case WINHTTP_CALLBACK_STATUS_HANDLE_CLOSING:
        if (handle == the.socket)
            resolve(&the.handle_closed, ERROR_SUCCESS);
        break;
    }
}

/* ---- opening ---- */

/* The pieces of the URL. WinHTTP knows http and https only; the letters after "ws" say which of the two is meant. */
static BOOL crack(WCHAR *host, DWORD host_size, const WCHAR **object, INTERNET_PORT *port, BOOL *secure)
{
    static WCHAR url[2048];
    URL_COMPONENTS parts = {.dwStructSize = sizeof(parts), .lpszHostName = host, .dwHostNameLength = host_size};

    if (wcsncmp(the.options->url, L"ws://", 5) && wcsncmp(the.options->url, L"wss://", 6)) {
        fprintf(stderr, "wscat: '%ls' is no ws:// or wss:// URL\n", the.options->url);
        return FALSE;
    }
    _snwprintf(url, sizeof(url) / sizeof(url[0]) - 1, L"http%ls", the.options->url + 2);
    parts.dwUrlPathLength = 1; /* a pointer into `url`, query included, because no extra info is asked for */
    if (!trace_call(last_error_unless(WinHttpCrackUrl(url, 0, 0, &parts)), "WinHttpCrackUrl", "%ls", url))
        return FALSE;
    *object = parts.lpszUrlPath;
    *port = parts.nPort;
    *secure = parts.nScheme == INTERNET_SCHEME_HTTPS;
    return TRUE;
}

static BOOL open_session(void)
{
    DWORD flags = the.options->async ? WINHTTP_FLAG_ASYNC : 0;
    void *context = &the;

    the.session = WinHttpOpen(L"wscat", WINHTTP_ACCESS_TYPE_NO_PROXY, NULL, NULL, flags);
    if (!trace_call(last_error_unless(!!the.session), "WinHttpOpen", "%s", flags ? "async" : "blocking"))
        return FALSE;
    if (the.options->verbose)
        report_module();
    /* Handles opened from now on inherit the callback and the context. */
    WinHttpSetStatusCallback(the.session, on_status, WINHTTP_CALLBACK_FLAG_ALL_NOTIFICATIONS, 0);
    return trace_call(
        last_error_unless(WinHttpSetOption(the.session, WINHTTP_OPTION_CONTEXT_VALUE, &context, sizeof(context))),
        "WinHttpSetOption", "CONTEXT_VALUE");
}

static BOOL add_header(const WCHAR *header)
{
    BOOL added = WinHttpAddRequestHeaders(the.request, header, (DWORD)-1, WINHTTP_ADDREQ_FLAG_ADD);

    return trace_call(last_error_unless(added), "WinHttpAddRequestHeaders", "%ls", header);
}

/* Everything about the request that must stand before it is sent. */
static BOOL prepare_request(void)
{
    DWORD ignore = SECURITY_FLAG_IGNORE_ALL_CERT_ERRORS;
    WCHAR offer[200];
    unsigned i;

    if (!trace_call(last_error_unless(WinHttpSetOption(the.request, WINHTTP_OPTION_UPGRADE_TO_WEB_SOCKET, NULL, 0)),
                    "WinHttpSetOption", "UPGRADE_TO_WEB_SOCKET"))
        return FALSE;
    if (the.options->insecure && !trace_call(last_error_unless(WinHttpSetOption(
                                                 the.request, WINHTTP_OPTION_SECURITY_FLAGS, &ignore, sizeof(ignore))),
                                             "WinHttpSetOption", "SECURITY_FLAGS, 0x%lx", ignore))
        return FALSE;
    if (the.options->subprotocol) {
        _snwprintf(offer, 199, L"Sec-WebSocket-Protocol: %ls", the.options->subprotocol);
        offer[199] = 0;
        if (!add_header(offer))
            return FALSE;
    }
    for (i = 0; i < the.options->header_count; i++)
        if (!add_header(the.options->headers[i]))
            return FALSE;
    return TRUE;
}

static BOOL open_request(void)
{
    WCHAR host[256];
    const WCHAR *object;
    INTERNET_PORT port;
    BOOL secure;

    if (!crack(host, sizeof(host) / sizeof(host[0]), &object, &port, &secure))
        return FALSE;
    the.connect = WinHttpConnect(the.session, host, port, 0);
    if (!trace_call(last_error_unless(!!the.connect), "WinHttpConnect", "%ls, %u", host, port))
        return FALSE;
    the.request = WinHttpOpenRequest(the.connect, NULL, object, NULL, NULL, NULL, secure ? WINHTTP_FLAG_SECURE : 0);
    if (!trace_call(last_error_unless(!!the.request), "WinHttpOpenRequest", "%ls%s", object, secure ? ", secure" : ""))
        return FALSE;
    return prepare_request();
}

/* Sends the handshake and turns the request into a WebSocket. */
static BOOL shake_hands(void)
{
    DWORD error;

    error = last_error_unless(WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 0, 0));
    if (!trace_call(error, "WinHttpSendRequest", "%p", the.request) || !complete(error, "sending the handshake failed"))
        return FALSE;
    error = last_error_unless(WinHttpReceiveResponse(the.request, NULL));
    if (!trace_call(error, "WinHttpReceiveResponse", "%p", the.request) || !complete(error, "the handshake failed"))
        return FALSE;
    if (!report_response(the.request, the.options->verbose))
        return FALSE;
    the.socket = WinHttpWebSocketCompleteUpgrade(the.request, (DWORD_PTR)&the);
    if (!trace_call(last_error_unless(!!the.socket), "WinHttpWebSocketCompleteUpgrade", "%p", the.request))
        return FALSE;
    /* The WebSocket lives on without the request that it came from. */
    trace_call(last_error_unless(WinHttpCloseHandle(the.request)), "WinHttpCloseHandle", "%p", the.request);
    the.request = NULL;
    return TRUE;
}

BOOL link_open(const struct options *options)
{
    the.options = options;
    the.step.event = CreateEventW(NULL, FALSE, FALSE, NULL);
    the.handle_closed.event = CreateEventW(NULL, FALSE, FALSE, NULL);
    if (!open_session() || !open_request() || !shake_hands())
        return FALSE;
    if (options->async)
        return receive_async();
    the.receiver = CreateThread(NULL, 0, receive_blocking, NULL, 0, NULL);
    return the.receiver != NULL;
}

/* ---- talking and closing ---- */

BOOL link_send(const void *bytes, DWORD size, BOOL binary)
{
    WINHTTP_WEB_SOCKET_BUFFER_TYPE type =
        binary ? WINHTTP_WEB_SOCKET_BINARY_MESSAGE_BUFFER_TYPE : WINHTTP_WEB_SOCKET_UTF8_MESSAGE_BUFFER_TYPE;
    DWORD error = WinHttpWebSocketSend(the.socket, type, (void *)bytes, size);

    return trace_call(error, "WinHttpWebSocketSend", "%lu bytes, %s", size, buffer_type_name(type)) &&
           complete(error, "sending failed");
}

BOOL link_finish(void)
{
    const USHORT status = WINHTTP_WEB_SOCKET_SUCCESS_CLOSE_STATUS;
    DWORD error;

    /* Shutdown sends our close frame and lets what is still under way arrive; the receiver ends with the other side's
     * close frame. Close then has nothing left to wait for. */
    error = WinHttpWebSocketShutdown(the.socket, status, NULL, 0);
    if (!trace_call(error, "WinHttpWebSocketShutdown", "%u", status) || !complete(error, "shutting down failed"))
        return FALSE;
    if (!inbox_wait_end(the.options->timeout_ms)) {
        fputs("wscat: the other side does not close\n", stderr);
        return FALSE;
    }
    error = WinHttpWebSocketClose(the.socket, status, NULL, 0);
    if (!trace_call(error, "WinHttpWebSocketClose", "%u", status) || !complete(error, "closing failed"))
        return FALSE;
    return report_close_status(the.socket);
}

static void close_handle(HINTERNET *handle)
{
    HINTERNET closed = *handle;

    if (!closed)
        return;
    trace_call(last_error_unless(WinHttpCloseHandle(closed)), "WinHttpCloseHandle", "%p", closed);
    *handle = NULL;
}

void link_close(void)
{
    HINTERNET socket = the.socket;

    if (socket) {
        trace_call(last_error_unless(WinHttpCloseHandle(socket)), "WinHttpCloseHandle", "%p", socket);
        /* HANDLE_CLOSING is the last that we hear of a handle; a blocked receive has returned by then as well. */
        WaitForSingleObject(the.handle_closed.event, the.options->timeout_ms);
        if (the.receiver)
            WaitForSingleObject(the.receiver, the.options->timeout_ms);
    }
    close_handle(&the.request);
    close_handle(&the.connect);
    close_handle(&the.session);
}
