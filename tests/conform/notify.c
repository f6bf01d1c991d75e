/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * notify: who is told what: contexts, inheritance, masks, removal, and the notifications of synchronous handles
 * (SEMANTICS 2, 19; D11, D12, D14). What asynchronous requests and WebSockets tell is in http_async and ws_async.
 */
#include "client.h"
#include "recorder.h"

#define STATUS(name) WINHTTP_CALLBACK_STATUS_##name

static struct client the;
static BYTE buffer[1000];

static const struct expected created[] = {{STATUS(HANDLE_CREATED), CALLER, ONCE}, {0}};
static const struct expected closing[] = {{STATUS(HANDLE_CLOSING), CALLER, ONCE}, {0}};

static void listen_on_session(DWORD flags, INTERNET_PORT port, DWORD mask, DWORD_PTR context)
{
    rec_reset();
    client_open_host(&the, flags, L"localhost", port);
    WinHttpCloseHandle(the.connect);
    WinHttpSetStatusCallback(the.session, rec_callback, mask, 0);
    if (context)
        WinHttpSetOption(the.session, WINHTTP_OPTION_CONTEXT_VALUE, &context, sizeof(context));
    CALL(the.connect = WinHttpConnect(the.session, L"localhost", port, 0));
}

/* ---- synchronous handles ---- */

static void check_synchronous(INTERNET_PORT port, DWORD flags, const char *where)
{
    static const struct expected sent[] = {{STATUS(RESOLVING_NAME), CALLER, MAYBE},
                                           {STATUS(NAME_RESOLVED), CALLER, MAYBE},
                                           {STATUS(CONNECTING_TO_SERVER), CALLER, SOME},
                                           {STATUS(CONNECTED_TO_SERVER), CALLER, ONCE},
                                           {STATUS(SENDING_REQUEST), CALLER, ONCE},
                                           {STATUS(REQUEST_SENT), CALLER, ONCE},
                                           {0}};
    static const struct expected sent_reused[] = {
        {STATUS(SENDING_REQUEST), CALLER, ONCE}, {STATUS(REQUEST_SENT), CALLER, ONCE}, {0}};
    static const struct expected received[] = {
        {STATUS(RECEIVING_RESPONSE), CALLER, ONCE}, {STATUS(RESPONSE_RECEIVED), CALLER, ONCE}, {0}};
    DWORD got;

    listen_on_session(0, port, WINHTTP_CALLBACK_FLAG_ALL_NOTIFICATIONS, 1);
    rec_expect(created, "N1, N3 %s: HANDLE_CREATED of the connection alone", where);
    CALL(the.request = WinHttpOpenRequest(the.connect, NULL, L"/size/127", NULL, NULL, NULL, flags));
    rec_expect(created, "N2 %s: HANDLE_CREATED of the request", where);
    CALL(WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 0, 0));
    rec_expect(sent, "N5, N6, N7 %s: sending, on the calling thread, without SENDREQUEST_COMPLETE", where);
    CALL(WinHttpReceiveResponse(the.request, NULL));
    rec_expect(received, "N16, N7 %s: receiving, without HEADERS_AVAILABLE", where);
    do
        CALL(WinHttpReadData(the.request, buffer, sizeof(buffer), &got));
    while (got);
    rec_skip();
    CALL(WinHttpCloseHandle(the.request));
    rec_expect(closing, "CN13, N32 %s: nothing but HANDLE_CLOSING", where);
    CALL(the.request = WinHttpOpenRequest(the.connect, NULL, L"/size/1", NULL, NULL, NULL, flags));
    rec_expect(created, "N2 %s: another request", where);
    CALL(WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 0, 0));
    rec_expect(sent_reused, "N8 %s: on the same connection", where);
    client_close(&the);
    rec_expect_lives(TRUE, "H8, D12 %s: one HANDLE_CLOSING each", where);
    SAME(rec_count(STATUS(HANDLE_CLOSING)), 4, "N31 %s: two requests, a connection, a session", where);
    SAME(rec_count(STATUS(SENDREQUEST_COMPLETE)) + rec_count(STATUS(HEADERS_AVAILABLE)) +
             rec_count(STATUS(READ_COMPLETE)) + rec_count(STATUS(REQUEST_ERROR)),
         0, "N7 %s: no completions at all", where);
}

/* ---- contexts ---- */

static void check_inherited_context(INTERNET_PORT port)
{
    DWORD_PTR other = 22;

    listen_on_session(0, port, WINHTTP_CALLBACK_FLAG_ALL_NOTIFICATIONS, 11);
    rec_skip();
    SAME(rec_last(STATUS(HANDLE_CREATED))->context, 11, "H9, H10: HANDLE_CREATED has the session's context");
    client_request(&the, NULL, L"/size/1", 0);
    WinHttpSetOption(the.request, WINHTTP_OPTION_CONTEXT_VALUE, &other, sizeof(other));
    WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 0, 0);
    rec_skip();
    SAME(rec_last(STATUS(REQUEST_SENT))->context, 22, "H13: context 0 in SendRequest leaves the one that was set");
    WinHttpReceiveResponse(the.request, NULL);
    WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 0, 33);
    rec_skip();
    SAME(rec_last(STATUS(REQUEST_SENT))->context, 33, "H12: a context in SendRequest replaces it");
    WinHttpQueryOption(the.request, WINHTTP_OPTION_CONTEXT_VALUE, &other, &(DWORD){sizeof(other)});
    SAME(other, 33, "H12: and can be asked for");
    CALL(WinHttpCloseHandle(the.request));
    rec_skip();
    SAME(rec_last(STATUS(HANDLE_CLOSING))->context, 33, "H12: HANDLE_CLOSING has it too");
    the.request = NULL;
    client_close(&the);
}

static void check_no_context(INTERNET_PORT port)
{
    listen_on_session(0, port, WINHTTP_CALLBACK_FLAG_ALL_NOTIFICATIONS, 0);
    client_request(&the, NULL, L"/size/1", 0);
    client_exchange(&the);
    client_close(&the);
    SAME(rec_count(STATUS(HANDLE_CLOSING)), 0, "D12: without a context there is no HANDLE_CLOSING");
    SAME(rec_count(STATUS(REQUEST_SENT)), 1, "D12: the others come all the same");
}

/* D14: the context is attached before the other arguments are looked at, so that it can be freed at HANDLE_CLOSING. */
static void check_context_of_failed_send(DWORD flags, const char *where)
{
    INTERNET_PORT port = unused_port();

    listen_on_session(flags, port, WINHTTP_CALLBACK_FLAG_ALL_NOTIFICATIONS, 0);
    client_request(&the, NULL, L"/", 0);
    rec_skip();
    tap_ok(!WinHttpSendRequest(the.request, L"malformed", (DWORD)-1, NULL, 0, 0, 44), "D14 %s: a send that fails",
           where);
    CALL(WinHttpCloseHandle(the.request));
    rec_expect(closing, "D14 %s: HANDLE_CLOSING comes for it", where);
    SAME(rec_last(STATUS(HANDLE_CLOSING))->context, 44, "D14 %s: with the context of the failed call", where);
    the.request = NULL;
    client_close(&the);
}

/* ---- masks, removal, inheritance ---- */

static void check_mask(INTERNET_PORT port, DWORD mask, const char *name)
{
    DWORD wrong = 0, status;

    listen_on_session(WINHTTP_FLAG_ASYNC, port, mask, 1);
    client_request(&the, NULL, L"/size/1", 0);
    WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 0, 0);
    tap_ok(rec_wait(STATUS(SENDREQUEST_COMPLETE), 1), "API 3.2: %s lets SENDREQUEST_COMPLETE through", name);
    WinHttpReceiveResponse(the.request, NULL);
    if (mask & STATUS(HEADERS_AVAILABLE))
        rec_wait(STATUS(HEADERS_AVAILABLE), 1);
    client_close(&the);
    for (status = 1; status; status <<= 1)
        wrong += !(status & mask) && rec_count(status);
    SAME(wrong, 0, "API 3.2: %s lets nothing else through", name);
}

static void check_handle_mask(INTERNET_PORT port)
{
    listen_on_session(0, port, WINHTTP_CALLBACK_FLAG_HANDLES, 1);
    client_request(&the, NULL, L"/size/1", 0);
    client_exchange(&the);
    client_close(&the);
    SAME(rec_count(STATUS(HANDLE_CREATED)), 2, "API 3.2: FLAG_HANDLES: two handles created after it was set");
    SAME(rec_count(STATUS(HANDLE_CLOSING)), 3, "N31: three closed");
    SAME(rec_count(STATUS(REQUEST_SENT)), 0, "API 3.2: and nothing else");
}

static void check_removal(INTERNET_PORT port)
{
    listen_on_session(0, port, WINHTTP_CALLBACK_FLAG_ALL_NOTIFICATIONS, 1);
    client_request(&the, NULL, L"/size/1", 0);
    rec_skip();
    WinHttpSetStatusCallback(the.request, NULL, WINHTTP_CALLBACK_FLAG_ALL_NOTIFICATIONS, 0);
    client_exchange(&the);
    rec_expect_end("H15: a request without a callback tells nothing");
    WinHttpSetStatusCallback(the.session, NULL, WINHTTP_CALLBACK_FLAG_ALL_NOTIFICATIONS, 0);
    client_request(&the, NULL, L"/size/1", 0);
    rec_skip();
    client_exchange(&the);
    SAME(rec_count(STATUS(REQUEST_SENT)), 1, "H9: a connection keeps what it inherited, and hands it on");
    client_close(&the);
}

/* H8: a callback set on one handle alone. */
static void check_late_callback(INTERNET_PORT port)
{
    DWORD_PTR context = 5;

    rec_reset();
    client_open(&the, 0, port);
    client_request(&the, NULL, L"/size/1", 0);
    WinHttpSetStatusCallback(the.request, rec_callback, WINHTTP_CALLBACK_FLAG_ALL_NOTIFICATIONS, 0);
    rec_expect_end("Chromium: setting a callback calls nothing");
    WinHttpSetOption(the.request, WINHTTP_OPTION_CONTEXT_VALUE, &context, sizeof(context));
    client_close(&the);
    SAME(rec_count(STATUS(HANDLE_CLOSING)), 1, "H8: HANDLE_CLOSING of that handle only");
}

int main(void)
{
    INTERNET_PORT http = need_port("HTTP_PORT"), https = need_port("HTTPS_PORT");

    check_synchronous(http, 0, "http");
    check_synchronous(https, WINHTTP_FLAG_SECURE, "https");
    check_inherited_context(http);
    check_no_context(http);
    check_context_of_failed_send(0, "synchronous");
    check_context_of_failed_send(WINHTTP_FLAG_ASYNC, "asynchronous");
    check_mask(http, WINHTTP_CALLBACK_FLAG_ALL_COMPLETIONS, "ALL_COMPLETIONS");
    check_mask(http, 0x017e0000, "the older ALL_COMPLETIONS");
    check_mask(http, WINHTTP_CALLBACK_FLAG_SENDREQUEST_COMPLETE, "its own flag");
    check_handle_mask(http);
    check_removal(http);
    check_late_callback(http);
    return tap_done();
}
