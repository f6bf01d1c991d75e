/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * http_async: requests on asynchronous handles: which notification, on which thread, in which order (SEMANTICS 9, 19).
 *
 * nginx on HTTP_PORT and HTTPS_PORT answers at once; the scripted server on STUB_PLAIN_PORT is slow, silent or rude.
 */
#include <stdio.h>

#include "client.h"
#include "recorder.h"

#define STATUS(name) WINHTTP_CALLBACK_STATUS_##name

static struct client the;
static BYTE buffer[65536];

static const struct expected created[] = {{STATUS(HANDLE_CREATED), CALLER, ONCE}, {0}};
static const struct expected sent_new[] = {
    {STATUS(RESOLVING_NAME), ANYWHERE, ONCE},       {STATUS(NAME_RESOLVED), ANYWHERE, ONCE},
    {STATUS(CONNECTING_TO_SERVER), ANYWHERE, SOME}, {STATUS(CONNECTED_TO_SERVER), ANYWHERE, ONCE},
    {STATUS(SENDING_REQUEST), ANYWHERE, ONCE},      {STATUS(REQUEST_SENT), ANYWHERE, ONCE},
    {STATUS(SENDREQUEST_COMPLETE), OTHER, ONCE},    {0}};
/* N13: a second connection may find the name resolved. */
static const struct expected sent_again[] = {
    {STATUS(RESOLVING_NAME), ANYWHERE, MAYBE},      {STATUS(NAME_RESOLVED), ANYWHERE, MAYBE},
    {STATUS(CONNECTING_TO_SERVER), ANYWHERE, SOME}, {STATUS(CONNECTED_TO_SERVER), ANYWHERE, ONCE},
    {STATUS(SENDING_REQUEST), ANYWHERE, ONCE},      {STATUS(REQUEST_SENT), ANYWHERE, ONCE},
    {STATUS(SENDREQUEST_COMPLETE), OTHER, ONCE},    {0}};
static const struct expected sent_reused[] = {{STATUS(SENDING_REQUEST), ANYWHERE, ONCE},
                                              {STATUS(REQUEST_SENT), ANYWHERE, ONCE},
                                              {STATUS(SENDREQUEST_COMPLETE), OTHER, ONCE},
                                              {0}};
static const struct expected received[] = {{STATUS(RECEIVING_RESPONSE), CALLER, ONCE},
                                           {STATUS(RESPONSE_RECEIVED), PROMPT, ONCE},
                                           {STATUS(HEADERS_AVAILABLE), PROMPT, ONCE},
                                           {0}};
static const struct expected received_later[] = {{STATUS(RECEIVING_RESPONSE), CALLER, ONCE},
                                                 {STATUS(RESPONSE_RECEIVED), OTHER, ONCE},
                                                 {STATUS(HEADERS_AVAILABLE), OTHER, ONCE},
                                                 {0}};
static const struct expected failed[] = {{STATUS(REQUEST_ERROR), ANYWHERE, ONCE}, {0}};
static const struct expected failed_at_once[] = {{STATUS(REQUEST_ERROR), CALLER, ONCE}, {0}};
static const struct expected closing[] = {{STATUS(HANDLE_CLOSING), CALLER, ONCE}, {0}};
static const struct expected closing_anywhere[] = {{STATUS(HANDLE_CLOSING), ANYWHERE, ONCE}, {0}};
static const struct expected cancelled[] = {
    {STATUS(REQUEST_ERROR), CALLER, ONCE}, {STATUS(HANDLE_CLOSING), CALLER, ONCE}, {0}};

static void open_client(const WCHAR *host, INTERNET_PORT port)
{
    rec_reset();
    client_open_host(&the, WINHTTP_FLAG_ASYNC, host, port);
    client_listen(&the, rec_callback, (DWORD_PTR)&the);
    WinHttpCloseHandle(the.connect);
    CALL(the.connect = WinHttpConnect(the.session, host, port, 0));
    rec_skip();
}

static void open_request(const WCHAR *verb, const WCHAR *path, DWORD flags)
{
    the.request = NULL;
    client_request(&the, verb, path, flags);
    rec_skip();
}

static void close_one(HINTERNET *handle, const struct expected *table, const char *name)
{
    SUCCEEDS(CALL(WinHttpCloseHandle(*handle)), "GEN2: closing the %s", name);
    rec_expect(table, "N31, N32, D14: HANDLE_CLOSING of the %s", name);
    *handle = NULL;
}

/* Connection and session have told nothing on other threads, so their end is told before the call returns. */
static void close_all(void)
{
    close_one(&the.connect, closing, "connection");
    close_one(&the.session, closing, "session");
    rec_expect_end("H8, N31: nothing after the last HANDLE_CLOSING");
    rec_expect_lives(TRUE, "H8, D12, API 3.1: one HANDLE_CLOSING each, and last; right lengths; always a context");
}

/* What REQUEST_ERROR said. */
static void check_error(DWORD_PTR api, DWORD error, const char *ids)
{
    const struct note *note = rec_last(STATUS(REQUEST_ERROR));

    SAME(note->length, sizeof(WINHTTP_ASYNC_RESULT), "API 3.1, %s: the length of the result", ids);
    SAME(note_result(note).dwResult, api, "API 3.3, %s: which call failed", ids);
    ANSWERS(note_result(note).dwError, error, "%s: the error", ids);
}

/* ---- one exchange, step by step ---- */

/* B20: last error 0 goes with a completion on the calling thread, IO_PENDING with one elsewhere. */
static BOOL data_call_is_sound(DWORD_PTR result, DWORD error, DWORD status)
{
    const struct note *note;

    if (!result || (error != ERROR_SUCCESS && error != ERROR_IO_PENDING))
        return FALSE;
    if (!rec_wait(status, rec_count(status) ? rec_count(status) : 1))
        return FALSE;
    rec_skip();
    note = rec_last(status);
    return (error == ERROR_SUCCESS) == note->in_call;
}

/* Asks and reads until the end. Each step has exactly one completion, which `steps` counts. */
static void check_body(DWORD size, const char *where)
{
    DWORD available = 1, total = 0, steps = 0, unsound = 0, wrong = 0, got = 1;
    DWORD_PTR result;

    while (available && got) {
        steps++;
        result = CALL(WinHttpQueryDataAvailable(the.request, NULL));
        unsound += !rec_wait(STATUS(DATA_AVAILABLE), steps) ||
                   !data_call_is_sound(result, GetLastError(), STATUS(DATA_AVAILABLE));
        available = note_dword(rec_last(STATUS(DATA_AVAILABLE)));
        result = CALL(WinHttpReadData(the.request, buffer, available ? available : 1, NULL));
        unsound += !rec_wait(STATUS(READ_COMPLETE), steps) ||
                   !data_call_is_sound(result, GetLastError(), STATUS(READ_COMPLETE));
        got = rec_last(STATUS(READ_COMPLETE))->length;
        wrong +=
            rec_last(STATUS(READ_COMPLETE))->pointer != buffer || got != available || !pattern_is(buffer, total, got);
        total += got;
        if (unsound || wrong)
            break;
        if (steps == 100) {
            rec_reset(); /* the recorder's room is limited */
            steps = 0;
        }
    }
    SAME(unsound, 0, "B19, B20 %s: last error and thread go together", where);
    SAME(wrong, 0, "B2, B21, B22, N24, N25 %s: amounts, buffer and bytes", where);
    SAME(total, size, "B21, B22 %s: both end with 0 after the whole body", where);
}

static void check_exchange(INTERNET_PORT port, DWORD flags, DWORD size, const struct expected *sent, const char *where)
{
    WCHAR path[40];

    open_client(L"localhost", port);
    swprintf(path, COUNT(path), L"/size/%lu", size);
    CALL(the.request = WinHttpOpenRequest(the.connect, NULL, path, NULL, NULL, NULL, flags));
    rec_expect(created, "N2 %s: HANDLE_CREATED of the request", where);
    SUCCEEDS(CALL(WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 0, 0)), "S15, GEN3 %s: sending", where);
    rec_expect(sent, "%s %s connection", sent == sent_reused ? "N9, CN1: a used" : "N5, N10, N11, N12: a new", where);
    SUCCEEDS(CALL(WinHttpReceiveResponse(the.request, NULL)), "GEN3 %s: receiving", where);
    rec_expect(received, "N17, N22 %s: an answer that is there, on the calling thread", where);
    check_body(size, where);
    rec_skip();
    close_one(&the.request, closing_anywhere, "request");

    open_request(NULL, L"/size/1", flags);
    SUCCEEDS(CALL(WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 0, 0)), "S15 %s: sending once more", where);
    rec_expect(sent_reused, "N8 %s: the same connection", where);
    CALL(WinHttpReceiveResponse(the.request, NULL));
    rec_expect(received, "N17 %s: its answer", where);
    SUCCEEDS(CALL(WinHttpReceiveResponse(the.request, NULL)), "R24 %s: receiving twice", where);
    rec_expect(failed_at_once, "N26, R24 %s: fails by notification", where);
    check_error(API_RECEIVE_RESPONSE, ERROR_WINHTTP_INCORRECT_HANDLE_STATE, "R24");
    SAME(client_status(&the), 200, "R24 %s: the first answer stays", where);
    check_body(1, where);
    rec_skip();
    close_one(&the.request, closing_anywhere, "request");
    close_all();
}

/* ---- answers that are late ---- */

static void check_slow_answer(INTERNET_PORT port)
{
    open_client(L"127.0.0.1", port);
    open_request(NULL, L"/slow", 0);
    CALL(WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 0, 0));
    rec_expect(sent_again, "N10: to a slow server");
    SUCCEEDS(CALL(WinHttpReceiveResponse(the.request, NULL)), "D2: receiving from it");
    rec_expect(received_later, "D2: the rest comes on another thread");
    close_one(&the.request, closing_anywhere, "request");
    close_all();
}

static void check_timeout(INTERNET_PORT port)
{
    open_client(L"127.0.0.1", port);
    open_request(NULL, L"/silent", 0);
    WinHttpSetTimeouts(the.request, 5000, 5000, 5000, 300);
    CALL(WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 0, 0));
    /* What the slow server sent had arrived, and was read when that request was closed. */
    rec_expect(sent_reused, "N8: to a silent server");
    SUCCEEDS(CALL(WinHttpReceiveResponse(the.request, NULL)), "receiving with a short timeout");
    rec_wait(STATUS(REQUEST_ERROR), 1);
    rec_skip();
    check_error(API_RECEIVE_RESPONSE, ERROR_WINHTTP_TIMEOUT, "CLIENTS 6");
    close_one(&the.request, closing_anywhere, "request");
    close_all();
}

/* CLIENTS 5: closing the handle ends what is pending, at once and on the calling thread. */
static void check_cancel_receive(INTERNET_PORT port)
{
    static const struct expected waiting[] = {{STATUS(RECEIVING_RESPONSE), CALLER, ONCE}, {0}};

    open_client(L"127.0.0.1", port);
    open_request(NULL, L"/silent", 0);
    CALL(WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 0, 0));
    rec_expect(sent_again, "N10: to a silent server");
    SUCCEEDS(CALL(WinHttpReceiveResponse(the.request, NULL)), "D2: the call returns although nothing came");
    rec_expect(waiting, "D2: RECEIVING_RESPONSE alone");
    SUCCEEDS(CALL(WinHttpCloseHandle(the.request)), "closing the request meanwhile");
    rec_expect(cancelled, "D14, CLIENTS 5: cancelled, then closed, before the call returns");
    check_error(API_RECEIVE_RESPONSE, ERROR_WINHTTP_OPERATION_CANCELLED, "D14");
    the.request = NULL;
    close_all();
}

static void check_cancel_read(INTERNET_PORT port)
{
    DWORD_PTR result;

    open_client(L"127.0.0.1", port);
    open_request(NULL, L"/stall-body", 0);
    CALL(WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 0, 0));
    rec_expect(sent_again, "N10: to a server that stalls");
    CALL(WinHttpReceiveResponse(the.request, NULL));
    rec_expect(received, "N17: its head");
    /* ReadData fills the buffer unless the body ends, so this waits for the five bytes that never come. */
    result = CALL(WinHttpReadData(the.request, buffer, 10, NULL));
    ANSWERS(result ? GetLastError() : 0, ERROR_IO_PENDING, "B20: a read that must wait");
    rec_expect_end("B20: and waits");
    SUCCEEDS(CALL(WinHttpCloseHandle(the.request)), "closing the request meanwhile");
    rec_expect(cancelled, "D14: cancelled, then closed");
    check_error(API_READ_DATA, ERROR_WINHTTP_OPERATION_CANCELLED, "D14");
    the.request = NULL;
    close_all();
}

static void close_in_callback(HINTERNET handle, void *closed)
{
    *(BOOL *)closed = WinHttpCloseHandle(handle);
}

static void check_close_in_callback(INTERNET_PORT port)
{
    static const struct expected received_and_closed[] = {{STATUS(RECEIVING_RESPONSE), CALLER, ONCE},
                                                          {STATUS(RESPONSE_RECEIVED), PROMPT, ONCE},
                                                          {STATUS(HEADERS_AVAILABLE), PROMPT, ONCE},
                                                          {STATUS(HANDLE_CLOSING), PROMPT, ONCE},
                                                          {0}};
    BOOL closed = FALSE;

    open_client(L"127.0.0.1", port);
    open_request(NULL, L"/ok", 0);
    CALL(WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 0, 0));
    rec_expect(sent_again, "N10: sent");
    rec_hook(STATUS(HEADERS_AVAILABLE), close_in_callback, &closed);
    CALL(WinHttpReceiveResponse(the.request, NULL));
    rec_expect(received_and_closed, "D14: closed inside a callback: HANDLE_CLOSING after that callback");
    tap_ok(closed, "N34: the handle can be closed there");
    the.request = NULL;
    close_all();
}

/* ---- failures ---- */

static const struct {
    const WCHAR *path;
    DWORD error;
    const char *ids;
} bad_heads[] = {
    {L"/html-only", ERROR_WINHTTP_INVALID_SERVER_RESPONSE, "R16: no status line"},
    {L"/slam", ERROR_WINHTTP_CONNECTION_ERROR, "closed instead of an answer"},
    {L"/reset", ERROR_WINHTTP_CONNECTION_ERROR, "reset instead of an answer"},
    {L"/half-head", ERROR_WINHTTP_CONNECTION_ERROR, "half a head"},
};

static void check_bad_heads(INTERNET_PORT port)
{
    size_t i;

    open_client(L"127.0.0.1", port);
    for (i = 0; i < COUNT(bad_heads); i++) {
        open_request(NULL, bad_heads[i].path, 0);
        CALL(WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 0, 0));
        rec_wait(STATUS(SENDREQUEST_COMPLETE), (DWORD)i + 1);
        SUCCEEDS(CALL(WinHttpReceiveResponse(the.request, NULL)), "%s: receiving", bad_heads[i].ids);
        rec_wait(STATUS(REQUEST_ERROR), (DWORD)i + 1);
        rec_skip();
        check_error(API_RECEIVE_RESPONSE, bad_heads[i].error, bad_heads[i].ids);
        close_one(&the.request, closing_anywhere, "request");
    }
    close_all();
}

static void check_refused(void)
{
    open_client(L"127.0.0.1", unused_port());
    open_request(NULL, L"/", 0);
    SUCCEEDS(CALL(WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 0, 0)), "S15: sending where nobody listens");
    rec_wait(STATUS(REQUEST_ERROR), 1);
    rec_skip();
    check_error(API_SEND_REQUEST, ERROR_WINHTTP_CANNOT_CONNECT, "S9, S15");
    SUCCEEDS(CALL(WinHttpReceiveResponse(the.request, NULL)), "R23: receiving what was never sent");
    rec_expect(failed, "R23: fails by notification");
    check_error(API_RECEIVE_RESPONSE, ERROR_WINHTTP_INCORRECT_HANDLE_STATE, "R23");
    close_one(&the.request, closing_anywhere, "request");
    close_all();
}

/* ---- calls inside callbacks ---- */

static struct {
    BOOL accepted;
    DWORD thread;
} inside[2];

static void write_inside(HINTERNET handle, void *unused)
{
    (void)unused;
    inside[0].accepted = WinHttpWriteData(handle, "hello", 5, NULL);
}

static void receive_inside(HINTERNET handle, void *unused)
{
    (void)unused;
    inside[1].thread = GetCurrentThreadId();
    inside[1].accepted = WinHttpReceiveResponse(handle, NULL);
}

static void check_upload_in_callbacks(INTERNET_PORT port)
{
    char echo[6] = "";

    open_client(L"127.0.0.1", port);
    open_request(L"POST", L"/body", 0);
    rec_hook(STATUS(SENDREQUEST_COMPLETE), write_inside, NULL);
    rec_hook(STATUS(WRITE_COMPLETE), receive_inside, NULL);
    SUCCEEDS(CALL(WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 5, 0)), "S17: an upload of five bytes");
    tap_ok(rec_wait(STATUS(HEADERS_AVAILABLE), 1), "N18, N34: written and received inside callbacks");
    rec_skip();
    tap_ok(inside[0].accepted && inside[1].accepted, "N18: both calls were accepted");
    SAME(note_dword(rec_last(STATUS(WRITE_COMPLETE))), 5, "N23: WRITE_COMPLETE tells the bytes");
    SAME(rec_last(STATUS(RECEIVING_RESPONSE))->thread, inside[1].thread,
         "N18: RECEIVING_RESPONSE on the calling thread");
    WinHttpReadData(the.request, echo, 5, NULL);
    rec_wait(STATUS(READ_COMPLETE), 1);
    rec_skip();
    tap_ok(!strcmp(echo, "hello"), "S17: the server got the body");
    close_one(&the.request, closing_anywhere, "request");
    close_all();
}

static void check_receive_before_sent(INTERNET_PORT port, DWORD status, const char *name)
{
    open_client(L"127.0.0.1", port);
    open_request(NULL, L"/ok", 0);
    memset(inside, 0, sizeof(inside));
    rec_hook(status, receive_inside, NULL);
    SUCCEEDS(CALL(WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 0, 0)), "N19: sending");
    tap_ok(rec_wait(STATUS(HEADERS_AVAILABLE), 1), "N19: ReceiveResponse inside %s is kept until it can be done", name);
    tap_ok(rec_wait(STATUS(SENDREQUEST_COMPLETE), 1), "N19: SENDREQUEST_COMPLETE comes as well");
    rec_skip();
    tap_ok(inside[1].accepted, "N19: it was accepted");
    tap_ok(!rec_last(STATUS(HEADERS_AVAILABLE))->in_call, "N19: HEADERS_AVAILABLE on another thread");
    close_one(&the.request, closing_anywhere, "request");
    close_all();
}

static struct {
    BYTE byte;
    DWORD read, available;
} early;

static void read_inside(HINTERNET handle, void *unused)
{
    (void)unused;
    early.read = early.available = POISON;
    WinHttpQueryDataAvailable(handle, &early.available);
    WinHttpReadData(handle, &early.byte, 1, &early.read);
}

static void check_buffered_reads(INTERNET_PORT port)
{
    open_client(L"127.0.0.1", port);
    open_request(NULL, L"/ok", 0);
    CALL(WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 0, 0));
    rec_wait(STATUS(SENDREQUEST_COMPLETE), 1);
    rec_hook(STATUS(HEADERS_AVAILABLE), read_inside, NULL);
    CALL(WinHttpReceiveResponse(the.request, NULL));
    tap_ok(rec_wait(STATUS(READ_COMPLETE), 1) && rec_wait(STATUS(DATA_AVAILABLE), 1),
           "N34: asked and read in a callback");
    SAME(early.available, 5, "B24: the amount was there when the call returned");
    tap_ok(early.byte == 'h' && early.read == 1, "B23: the byte was there when the call returned");
    rec_skip();
    close_one(&the.request, closing_anywhere, "request");
    close_all();
}

/* ---- reading byte by byte inside READ_COMPLETE ---- */

static _Thread_local DWORD depth;
static LONG deepest, bytes_read, bytes_wrong;
static HANDLE all_read;
static BYTE one;

static void CALLBACK on_byte(HINTERNET handle, DWORD_PTR context, DWORD status, LPVOID info, DWORD length)
{
    (void)context;
    (void)info;
    if (status == STATUS(REQUEST_ERROR) || (status == STATUS(READ_COMPLETE) && !length))
        SetEvent(all_read);
    if (status != STATUS(READ_COMPLETE) || !length)
        return;
    depth++;
    if ((LONG)depth > deepest)
        deepest = (LONG)depth;
    bytes_wrong += one != bytes_read % 251;
    bytes_read++;
    WinHttpReadData(handle, &one, 1, NULL);
    depth--;
}

static void check_nested_reads(INTERNET_PORT port)
{
    all_read = CreateEventW(NULL, FALSE, FALSE, NULL);
    open_client(L"127.0.0.1", port);
    open_request(NULL, L"/size/8192", 0);
    CALL(WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 0, 0));
    rec_wait(STATUS(SENDREQUEST_COMPLETE), 1);
    CALL(WinHttpReceiveResponse(the.request, NULL));
    rec_wait(STATUS(HEADERS_AVAILABLE), 1);
    WinHttpSetStatusCallback(the.request, on_byte, WINHTTP_CALLBACK_FLAG_ALL_NOTIFICATIONS, 0);
    WinHttpReadData(the.request, &one, 1, NULL);
    tap_ok(WaitForSingleObject(all_read, WAIT_MS) == WAIT_OBJECT_0, "B25: reading on inside each READ_COMPLETE");
    SAME(bytes_read, 8192, "B25: all bytes came");
    SAME(bytes_wrong, 0, "B25: in order");
    tap_ok(deepest <= 3, "B25, HOUSE: at most three callbacks nested in one thread, not %ld", deepest);
    WinHttpSetStatusCallback(the.request, rec_callback, WINHTTP_CALLBACK_FLAG_ALL_NOTIFICATIONS, 0);
    rec_skip();
    close_one(&the.request, closing_anywhere, "request");
    close_all();
}

int main(void)
{
    INTERNET_PORT http = need_port("HTTP_PORT"), https = need_port("HTTPS_PORT"), stub = need_port("STUB_PLAIN_PORT");

    check_exchange(http, 0, 127, sent_new, "http");
    check_exchange(https, WINHTTP_FLAG_SECURE, 127, sent_again, "https");
    check_exchange(http, 0, 1000000, sent_reused, "http, 1 MB");
    check_exchange(https, WINHTTP_FLAG_SECURE, 16777216, sent_reused, "https, 16 MB");
    check_slow_answer(stub);
    check_timeout(stub);
    check_cancel_receive(stub);
    check_cancel_read(stub);
    check_close_in_callback(stub);
    check_bad_heads(stub);
    check_refused();
    check_upload_in_callbacks(stub);
    check_receive_before_sent(stub, STATUS(SENDING_REQUEST), "SENDING_REQUEST");
    check_receive_before_sent(stub, STATUS(REQUEST_SENT), "REQUEST_SENT");
    check_buffered_reads(stub);
    check_nested_reads(http);
    return tap_done();
}
