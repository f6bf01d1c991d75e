/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * limits: how many connections a session may have to one server (options 73 and 74, API.md section 2).
 *
 * The scripted server counts how many requests are inside it at once, and lets one go for each /raise-go. What is told
 * on the way is sent to another name, which has limits of its own.
 */
#include <stdlib.h>

#include "client.h"

#define JOBS 5

/* One asynchronous request, which is sent, answered and read to its end, and stays open. */
struct job {
    HINTERNET request;
    HANDLE sent, done;
    LONG order; /* 1: the first to be sent */
    DWORD error, errors, closings;
    DWORD closing_thread;
    BYTE body[10];
};

static struct client the, other;
static struct job jobs[JOBS];
static INTERNET_PORT plain;
static LONG sent_count;

static DWORD ask(const WCHAR *path)
{
    DWORD value = 0, got;
    char digits[11] = "";

    client_open_host(&other, 0, L"localhost", plain);
    client_request(&other, NULL, path, 0);
    if (!client_exchange(&other) && WinHttpReadData(other.request, digits, 10, &got))
        value = strtoul(digits, NULL, 10);
    client_close(&other);
    return value;
}

static void CALLBACK on_job(HINTERNET handle, DWORD_PTR context, DWORD status, LPVOID info, DWORD length)
{
    struct job *job = (struct job *)context;

    if (status == WINHTTP_CALLBACK_STATUS_SENDREQUEST_COMPLETE) {
        job->order = InterlockedIncrement(&sent_count);
        SetEvent(job->sent);
        WinHttpReceiveResponse(handle, NULL);
    } else if (status == WINHTTP_CALLBACK_STATUS_HEADERS_AVAILABLE) {
        WinHttpReadData(handle, job->body, sizeof(job->body), NULL);
    } else if (status == WINHTTP_CALLBACK_STATUS_READ_COMPLETE && length) {
        SetEvent(job->done);
    } else if (status == WINHTTP_CALLBACK_STATUS_REQUEST_ERROR) {
        job->error = ((WINHTTP_ASYNC_RESULT *)info)->dwError;
        job->errors++;
        SetEvent(job->done);
    } else if (status == WINHTTP_CALLBACK_STATUS_HANDLE_CLOSING) {
        job->closings++;
        job->closing_thread = GetCurrentThreadId();
    }
}

static void open_limited(DWORD flags, DWORD option, DWORD most)
{
    client_open(&the, flags, plain);
    SUCCEEDS(WinHttpSetOption(the.session, option, &most, sizeof(most)), "O: option %lu is %lu", option, most);
    sent_count = 0;
}

static void send_job(struct job *job, const WCHAR *path)
{
    HANDLE sent = job->sent, done = job->done;

    *job = (struct job){.sent = sent, .done = done};
    ResetEvent(sent);
    ResetEvent(done);
    job->request = WinHttpOpenRequest(the.connect, NULL, path, NULL, NULL, NULL, 0);
    WinHttpSetStatusCallback(job->request, on_job, WINHTTP_CALLBACK_FLAG_ALL_NOTIFICATIONS, 0);
    tap_ok(WinHttpSendRequest(job->request, NULL, 0, NULL, 0, 0, (DWORD_PTR)job), "sending is accepted");
}

static BOOL wait_for(HANDLE event)
{
    return WaitForSingleObject(event, WAIT_MS) == WAIT_OBJECT_0;
}

/* Five requests, `most` of them at once; each frees its connection at the end of its body, and stays open. */
static void check_five(DWORD option, DWORD set, DWORD most, const WCHAR *path, const char *where)
{
    DWORD i, finished = 0, failed = 0;

    ask(L"/peak-limited");
    open_limited(WINHTTP_FLAG_ASYNC, option, set);
    for (i = 0; i < JOBS; i++)
        send_job(&jobs[i], path);
    for (i = 0; i < most; i++)
        ask(L"/await-inside");
    for (i = 0; i < JOBS; i++)
        ask(L"/raise-go");
    for (i = 0; i < JOBS; i++) {
        finished += wait_for(jobs[i].done);
        failed += jobs[i].error != 0;
    }
    for (i = most; i < JOBS; i++)
        ask(L"/await-inside");
    SAME(finished, JOBS, "%s: each request has its turn", where);
    SAME(failed, 0, "%s: and none fails", where);
    SAME(ask(L"/peak-limited"), most, "%s: as many at once as may be", where);
    for (i = 0; most == 1 && i < JOBS; i++)
        SAME(jobs[i].order, i + 1, "%s: first come, first served", where);
    for (i = 0; i < JOBS; i++)
        WinHttpCloseHandle(jobs[i].request);
    client_close(&the);
}

/* What a server speaks is known from its last answer. */
static void check_old(void)
{
    open_limited(0, WINHTTP_OPTION_MAX_CONNS_PER_1_0_SERVER, 1);
    client_request(&the, NULL, L"/old", 0);
    ANSWERS(client_exchange(&the), ERROR_SUCCESS, "an answer of HTTP/1.0");
    client_close(&the);
    check_five(WINHTTP_OPTION_MAX_CONNS_PER_1_0_SERVER, 1, 1, L"/old-limited", "a server of HTTP/1.0");
}

/* One request has the only connection, a second waits and is closed, a third has its turn. */
static void check_cancel(void)
{
    open_limited(WINHTTP_FLAG_ASYNC, WINHTTP_OPTION_MAX_CONNS_PER_SERVER, 1);
    send_job(&jobs[0], L"/limited");
    ask(L"/await-inside");
    send_job(&jobs[1], L"/limited");
    send_job(&jobs[2], L"/limited");
    WinHttpCloseHandle(jobs[1].request);
    SAME(jobs[1].errors, 1, "D14: closing one that waits tells, before it returns, its error");
    SAME(jobs[1].error, ERROR_WINHTTP_OPERATION_CANCELLED, "D14: which is 12017");
    SAME(jobs[1].closings, 1, "D14: and its end");
    SAME(jobs[1].closing_thread, GetCurrentThreadId(), "D14: on this thread");
    ask(L"/raise-go");
    tap_ok(wait_for(jobs[0].done) && !jobs[0].error, "the first is answered");
    ask(L"/await-inside");
    ask(L"/raise-go");
    tap_ok(wait_for(jobs[2].done) && !jobs[2].error, "the third has its turn");
    WinHttpCloseHandle(jobs[0].request);
    WinHttpCloseHandle(jobs[2].request);
    client_close(&the);
}

/* A connection that dies, or is closed unread, makes room as well; so does a WebSocket that ends. */
static void check_room(void)
{
    HINTERNET ws;

    open_limited(WINHTTP_FLAG_ASYNC, WINHTTP_OPTION_MAX_CONNS_PER_SERVER, 1);
    send_job(&jobs[0], L"/silent");
    send_job(&jobs[1], L"/slam");
    send_job(&jobs[2], L"/number");
    tap_ok(wait_for(jobs[0].sent), "one waits for an answer");
    WinHttpCloseHandle(jobs[0].request);
    tap_ok(wait_for(jobs[1].done) && jobs[1].error == ERROR_WINHTTP_CONNECTION_ERROR, "it is closed: the next goes");
    tap_ok(wait_for(jobs[2].done) && !jobs[2].error, "the server closes that one: the last goes");
    WinHttpCloseHandle(jobs[1].request);
    WinHttpCloseHandle(jobs[2].request);
    client_close(&the);

    open_limited(0, WINHTTP_OPTION_MAX_CONNS_PER_SERVER, 1);
    ws = client_web_socket(&the, L"/ws-silent", 0);
    tap_ok(ws != NULL, "a WebSocket has the only connection");
    WinHttpCloseHandle(ws);
    client_request(&the, NULL, L"/ok", 0);
    ANSWERS(client_exchange(&the), ERROR_SUCCESS, "closed, it makes room");
    client_close(&the);
}

static DWORD WINAPI exchange_thread(void *arg)
{
    HINTERNET request = WinHttpOpenRequest(the.connect, NULL, L"/number", NULL, NULL, NULL, 0);
    DWORD error = 0, got;
    BYTE bytes[10];

    (void)arg;
    if (!WinHttpSendRequest(request, NULL, 0, NULL, 0, 0, 0) || !WinHttpReceiveResponse(request, NULL) ||
        !WinHttpReadData(request, bytes, sizeof(bytes), &got))
        error = GetLastError();
    WinHttpCloseHandle(request);
    return error;
}

static DWORD WINAPI send_thread(void *arg)
{
    return WinHttpSendRequest(arg, NULL, 0, NULL, 0, 0, 0) ? 0 : GetLastError();
}

/* Synchronous calls wait inside, and a close from outside ends the wait. */
static void check_sync(void)
{
    HANDLE threads[8];
    DWORD i, code, good = 0;
    HINTERNET holder, waiter;

    open_limited(0, WINHTTP_OPTION_MAX_CONNS_PER_SERVER, 2);
    for (i = 0; i < COUNT(threads); i++)
        threads[i] = CreateThread(NULL, 0, exchange_thread, NULL, 0, NULL);
    for (i = 0; i < COUNT(threads); i++) {
        code = POISON;
        WaitForSingleObject(threads[i], WAIT_MS);
        GetExitCodeThread(threads[i], &code);
        good += code == 0;
        CloseHandle(threads[i]);
    }
    SAME(good, COUNT(threads), "eight threads share two connections");
    client_close(&the);

    open_limited(0, WINHTTP_OPTION_MAX_CONNS_PER_SERVER, 1);
    client_request(&the, NULL, L"/stall-body", 0);
    ANSWERS(client_exchange(&the), ERROR_SUCCESS, "one answer is not read to its end");
    holder = the.request;
    waiter = the.request = WinHttpOpenRequest(the.connect, NULL, L"/ok", NULL, NULL, NULL, 0);
    threads[0] = CreateThread(NULL, 0, send_thread, waiter, 0, NULL);
    SAME(WaitForSingleObject(threads[0], 300), WAIT_TIMEOUT, "SendRequest waits for its turn");
    WinHttpCloseHandle(waiter);
    code = POISON;
    WaitForSingleObject(threads[0], WAIT_MS);
    GetExitCodeThread(threads[0], &code);
    tap_ok(code == ERROR_WINHTTP_OPERATION_CANCELLED || code == ERROR_INVALID_HANDLE, "until it is closed (%lu)", code);
    CloseHandle(threads[0]);
    WinHttpCloseHandle(holder);
    the.request = NULL;
    client_close(&the);
}

int main(void)
{
    DWORD i;

    plain = need_port("STUB_PLAIN_PORT");
    for (i = 0; i < JOBS; i++) {
        jobs[i].sent = CreateEventW(NULL, TRUE, FALSE, NULL);
        jobs[i].done = CreateEventW(NULL, TRUE, FALSE, NULL);
    }
    check_five(WINHTTP_OPTION_MAX_CONNS_PER_SERVER, 1, 1, L"/limited", "one connection");
    check_five(WINHTTP_OPTION_MAX_CONNS_PER_SERVER, 2, 2, L"/limited", "two connections");
    check_five(WINHTTP_OPTION_MAX_CONNS_PER_SERVER, 0, 2, L"/limited", "0 means two");
    check_five(WINHTTP_OPTION_MAX_CONNS_PER_1_0_SERVER, 1, 5, L"/limited", "a server of HTTP/1.1");
    check_old();
    check_cancel();
    check_room();
    check_sync();
    return tap_done();
}
