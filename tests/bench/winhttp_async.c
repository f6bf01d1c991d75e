/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asynchronous WinHTTP: everything goes on from callback to callback; the main thread waits for `done`. */
#include "bench/winhttp_side.h"

#include <stdio.h>
#include <wchar.h>

struct line {
    HINTERNET request, ws;
    DWORD filled; /* bytes of the message being received */
    BYTE buffer[SPREAD_SIZE + 1];
};

static struct {
    HANDLE done;
    uint64_t left; /* units to go */
    BYTE *in, *out;
    WCHAR path[64];
    struct line *lines;
    volatile LONG opened, begun, served;
    LONG turn;                                                                  /* spread: whose turn it is */
    void (*news)(struct line *l, DWORD status, const void *info, DWORD length); /* of open lines */
} it;

/* ---- opening ---- */

static void begin_line(void)
{
    LONG i = InterlockedIncrement(&it.begun) - 1;
    struct line *l = &it.lines[i];

    if ((uint64_t)i >= job.conns)
        return;
    l->request = side_request(NULL, it.path);
    NEED(WinHttpSetOption(l->request, WINHTTP_OPTION_UPGRADE_TO_WEB_SOCKET, NULL, 0));
    NEED(WinHttpSendRequest(l->request, NULL, 0, NULL, 0, 0, (DWORD_PTR)l));
}

static void receive_line(struct line *l)
{
    DWORD got;
    WINHTTP_WEB_SOCKET_BUFFER_TYPE type;

    NEED(!WinHttpWebSocketReceive(l->ws, l->buffer, sizeof(l->buffer), &got, &type));
}

static void upgrade_line(struct line *l)
{
    l->ws = WinHttpWebSocketCompleteUpgrade(l->request, (DWORD_PTR)l);
    NEED(l->ws);
    WinHttpCloseHandle(l->request);
    receive_line(l);
    begin_line();
    if ((uint64_t)InterlockedIncrement(&it.opened) == job.conns)
        SetEvent(it.done);
}

static void fail_line(const void *info, DWORD length)
{
    (void)length;
    SetLastError(((const WINHTTP_ASYNC_RESULT *)info)->dwError);
    bench_fail("an asynchronous operation");
}

static void CALLBACK on_line(HINTERNET handle, DWORD_PTR context, DWORD status, LPVOID info, DWORD length)
{
    struct line *l = (struct line *)context;

    (void)handle;
    switch (status) {
    case WINHTTP_CALLBACK_STATUS_SENDREQUEST_COMPLETE:
        NEED(WinHttpReceiveResponse(l->request, NULL));
        break;
    case WINHTTP_CALLBACK_STATUS_HEADERS_AVAILABLE:
        upgrade_line(l);
        break;
    case WINHTTP_CALLBACK_STATUS_REQUEST_ERROR:
        fail_line(info, length);
        break;
    default:
        it.news(l, status, info, length);
    }
}

static void open_lines(const WCHAR *path, void (*news)(struct line *, DWORD, const void *, DWORD))
{
    swprintf(it.path, sizeof(it.path) / sizeof(*it.path), L"%ls", path);
    it.done = CreateEventW(NULL, FALSE, FALSE, NULL);
    it.lines = bench_memory((size_t)job.conns * sizeof(*it.lines));
    it.news = news;
    side_open();
    WinHttpSetStatusCallback(side_session, on_line, WINHTTP_CALLBACK_FLAG_ALL_COMPLETIONS, 0);
    /* Handles have inherited nothing yet that was made before: the connection is made again. */
    WinHttpCloseHandle(side_connect);
    side_connect = WinHttpConnect(side_session, L"127.0.0.1", job.port, 0);
    NEED(side_connect);
    bench_weigh_before();
    bench_start();
    for (unsigned i = 0; i < OPENING; i++)
        begin_line();
    WaitForSingleObject(it.done, INFINITE);
}

/* Whether this piece ends a message. */
static bool is_message(const void *info)
{
    return ((const WINHTTP_WEB_SOCKET_STATUS *)info)->eBufferType == WINHTTP_WEB_SOCKET_BINARY_MESSAGE_BUFFER_TYPE;
}

/* ---- many, spread ---- */

static void many_news(struct line *l, DWORD status, const void *info, DWORD length)
{
    (void)l, (void)info, (void)length;
    if (status == WINHTTP_CALLBACK_STATUS_READ_COMPLETE && (uint64_t)InterlockedIncrement(&it.served) == job.conns)
        SetEvent(it.done);
}

static void broadcast(void)
{
    HINTERNET session = WinHttpOpen(L"bench", WINHTTP_ACCESS_TYPE_NO_PROXY, NULL, NULL, 0);
    HINTERNET connect = WinHttpConnect(session, L"127.0.0.1", job.port, 0);
    HINTERNET other = side_connect, request;

    side_connect = connect;
    request = side_request(NULL, L"/broadcast");
    side_connect = other;
    NEED(WinHttpSendRequest(request, NULL, 0, NULL, 0, 0, 0));
    NEED(WinHttpReceiveResponse(request, NULL));
    WinHttpCloseHandle(request);
    WinHttpCloseHandle(connect);
    WinHttpCloseHandle(session);
}

void async_many(void)
{
    open_lines(L"/idle", many_news);
    bench_weigh();
    broadcast();
    WaitForSingleObject(it.done, INFINITE);
    bench_stop(job.conns);
}

static void say_line(struct line *l)
{
    NEED(!WinHttpWebSocketSend(l->ws, WINHTTP_WEB_SOCKET_BINARY_MESSAGE_BUFFER_TYPE, it.out, SPREAD_SIZE));
}

static void spread_news(struct line *l, DWORD status, const void *info, DWORD length)
{
    (void)info, (void)length;
    if (status != WINHTTP_CALLBACK_STATUS_READ_COMPLETE)
        return;
    receive_line(l);
    if (!--it.left) {
        SetEvent(it.done);
        return;
    }
    it.turn = (LONG)((uint64_t)(it.turn + 1) % job.conns);
    say_line(&it.lines[it.turn]);
}

void async_spread(void)
{
    it.out = side_payload(SPREAD_SIZE);
    it.left = job.count;
    open_lines(L"/echo/0", spread_news);
    bench_start();
    say_line(&it.lines[0]);
    WaitForSingleObject(it.done, INFINITE);
    bench_stop(job.count);
}

/* ---- one WebSocket ---- */

static void receive_next(struct line *l)
{
    DWORD got;
    WINHTTP_WEB_SOCKET_BUFFER_TYPE type;

    NEED(!WinHttpWebSocketReceive(l->ws, it.in + l->filled, (DWORD)job.size + 1 - l->filled, &got, &type));
}

static void send_next(struct line *l)
{
    NEED(!WinHttpWebSocketSend(l->ws, WINHTTP_WEB_SOCKET_BINARY_MESSAGE_BUFFER_TYPE, it.out, (DWORD)job.size));
}

/* A piece has come; true: with it a message. */
static bool take_piece(struct line *l, const void *info)
{
    if (is_message(info)) {
        l->filled = 0;
        return true;
    }
    l->filled += ((const WINHTTP_WEB_SOCKET_STATUS *)info)->dwBytesTransferred;
    return false;
}

static void in_news(struct line *l, DWORD status, const void *info, DWORD length)
{
    (void)length;
    if (status != WINHTTP_CALLBACK_STATUS_READ_COMPLETE)
        return;
    if (take_piece(l, info) && !--it.left)
        SetEvent(it.done);
    else
        receive_next(l);
}

static void out_news(struct line *l, DWORD status, const void *info, DWORD length)
{
    (void)info, (void)length;
    if (status == WINHTTP_CALLBACK_STATUS_READ_COMPLETE)
        SetEvent(it.done);
    else if (status == WINHTTP_CALLBACK_STATUS_WRITE_COMPLETE && --it.left)
        send_next(l);
}

static void echo_news(struct line *l, DWORD status, const void *info, DWORD length)
{
    (void)length;
    if (status != WINHTTP_CALLBACK_STATUS_READ_COMPLETE)
        return;
    if (!take_piece(l, info)) {
        receive_next(l);
        return;
    }
    if (!--it.left) {
        SetEvent(it.done);
        return;
    }
    receive_next(l);
    send_next(l);
}

/* The one line's first Receive is made by its own buffer when it opens: it takes the first message. */
void async_in(void)
{
    WCHAR path[64];

    it.in = bench_memory((size_t)job.size + 1);
    it.left = job.count;
    swprintf(path, 64, L"/flood/%llu/%llu", (unsigned long long)job.size, (unsigned long long)job.count);
    open_lines(path, in_news);
    WaitForSingleObject(it.done, INFINITE);
    bench_stop(job.count);
}

void async_out(void)
{
    WCHAR path[64];

    it.out = side_payload((size_t)job.size);
    it.left = job.count;
    swprintf(path, 64, L"/sink/%llu", (unsigned long long)side_wire());
    open_lines(path, out_news);
    bench_start();
    send_next(&it.lines[0]);
    WaitForSingleObject(it.done, INFINITE);
    bench_stop(job.count);
}

void async_echo(void)
{
    WCHAR path[64];

    it.in = bench_memory((size_t)job.size + 1);
    it.out = side_payload((size_t)job.size);
    it.left = job.count;
    swprintf(path, 64, L"/echo/%llu", (unsigned long long)job.us);
    open_lines(path, echo_news);
    bench_start();
    send_next(&it.lines[0]);
    WaitForSingleObject(it.done, INFINITE);
    bench_stop(job.count);
}

/* ---- requests ---- */

static void next_get(void)
{
    HINTERNET request = side_request(NULL, it.path);

    NEED(WinHttpSendRequest(request, NULL, 0, NULL, 0, 0, 1));
}

static void CALLBACK on_get(HINTERNET request, DWORD_PTR context, DWORD status, LPVOID info, DWORD length)
{
    (void)context;
    switch (status) {
    case WINHTTP_CALLBACK_STATUS_SENDREQUEST_COMPLETE:
        NEED(WinHttpReceiveResponse(request, NULL));
        break;
    case WINHTTP_CALLBACK_STATUS_READ_COMPLETE:
        if (!length) {
            WinHttpCloseHandle(request);
            if (--it.left)
                next_get();
            else
                SetEvent(it.done);
            break;
        }
        /* fall through */
    case WINHTTP_CALLBACK_STATUS_HEADERS_AVAILABLE:
        NEED(WinHttpReadData(request, it.in, (DWORD)job.chunk, NULL));
        break;
    case WINHTTP_CALLBACK_STATUS_REQUEST_ERROR:
        fail_line(info, length);
        break;
    default:
        break;
    }
}

static void async_gets(const WCHAR *path, uint64_t count, uint64_t units)
{
    swprintf(it.path, sizeof(it.path) / sizeof(*it.path), L"%ls", path);
    it.done = CreateEventW(NULL, FALSE, FALSE, NULL);
    it.in = bench_memory((size_t)job.chunk);
    it.left = count;
    side_open();
    WinHttpSetStatusCallback(side_session, on_get, WINHTTP_CALLBACK_FLAG_ALL_COMPLETIONS, 0);
    WinHttpCloseHandle(side_connect);
    side_connect = WinHttpConnect(side_session, L"127.0.0.1", job.port, 0);
    bench_start();
    next_get();
    WaitForSingleObject(it.done, INFINITE);
    bench_stop(units);
}

void async_get(void)
{
    async_gets(L"/small", job.count, job.count);
}

void async_download(void)
{
    WCHAR path[64];

    swprintf(path, 64, L"/download/%llu", (unsigned long long)job.size);
    async_gets(path, 1, job.size);
}
