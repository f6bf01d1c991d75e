/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Synchronous WinHTTP; and what both files of this side share. */
#include "bench/winhttp_side.h"

#include <stdio.h>
#include <wchar.h>

HINTERNET side_session, side_connect;

const struct work winhttp_works[] = {
    {"in", false, sync_in},         {"out", false, sync_out},       {"echo", false, sync_echo},
    {"get", false, sync_get},       {"reopen", false, sync_reopen}, {"download", false, sync_download},
    {"upload", false, sync_upload}, {"in", true, async_in},         {"out", true, async_out},
    {"echo", true, async_echo},     {"get", true, async_get},       {"download", true, async_download},
    {"many", true, async_many},     {"spread", true, async_spread}, {0}};

void side_open(void)
{
    side_session = WinHttpOpen(L"bench", WINHTTP_ACCESS_TYPE_NO_PROXY, NULL, NULL, job.async ? WINHTTP_FLAG_ASYNC : 0);
    NEED(side_session);
    side_connect = WinHttpConnect(side_session, L"127.0.0.1", job.port, 0);
    NEED(side_connect);
}

HINTERNET side_request(const WCHAR *verb, const WCHAR *path)
{
    DWORD ignore = SECURITY_FLAG_IGNORE_UNKNOWN_CA | SECURITY_FLAG_IGNORE_CERT_CN_INVALID |
                   SECURITY_FLAG_IGNORE_CERT_DATE_INVALID | SECURITY_FLAG_IGNORE_CERT_WRONG_USAGE;
    HINTERNET request =
        WinHttpOpenRequest(side_connect, verb, path, NULL, NULL, NULL, job.tls ? WINHTTP_FLAG_SECURE : 0);

    NEED(request);
    if (job.tls)
        NEED(WinHttpSetOption(request, WINHTTP_OPTION_SECURITY_FLAGS, &ignore, sizeof(ignore)));
    return request;
}

uint64_t side_wire(void)
{
    unsigned head = job.size < 126 ? 6 : job.size <= 0xFFFF ? 8 : 14;

    return job.count * (head + job.size);
}

BYTE *side_payload(size_t n)
{
    BYTE *p = bench_memory(n + 1);

    for (size_t i = 0; i < n; i++)
        p[i] = (BYTE)(i % 251);
    return p;
}

/* ---- requests ---- */

static void exchange(HINTERNET request)
{
    NEED(WinHttpSendRequest(request, NULL, 0, NULL, 0, 0, 0));
    NEED(WinHttpReceiveResponse(request, NULL));
}

static uint64_t read_body(HINTERNET request, void *buffer)
{
    uint64_t total = 0;
    DWORD got;

    do {
        NEED(WinHttpReadData(request, buffer, (DWORD)job.chunk, &got));
        total += got;
    } while (got);
    return total;
}

static void get_each(const WCHAR *header)
{
    void *buffer = bench_memory((size_t)job.chunk);

    side_open();
    bench_start();
    for (uint64_t i = 0; i < job.count; i++) {
        HINTERNET request = side_request(NULL, L"/small");

        if (header)
            NEED(WinHttpAddRequestHeaders(request, header, (DWORD)-1, WINHTTP_ADDREQ_FLAG_ADD));
        exchange(request);
        read_body(request, buffer);
        WinHttpCloseHandle(request);
    }
    bench_stop(job.count);
}

void sync_get(void)
{
    get_each(NULL);
}

void sync_reopen(void)
{
    get_each(L"Connection: close");
}

void sync_download(void)
{
    void *buffer = bench_memory((size_t)job.chunk);
    WCHAR path[64];
    HINTERNET request;

    side_open();
    swprintf(path, 64, L"/download/%llu", (unsigned long long)job.size);
    request = side_request(NULL, path);
    bench_start();
    exchange(request);
    bench_stop(read_body(request, buffer));
}

void sync_upload(void)
{
    BYTE *payload = side_payload((size_t)job.chunk);
    HINTERNET request;
    uint64_t left = job.size;
    DWORD done;

    side_open();
    request = side_request(L"POST", L"/upload");
    bench_start();
    NEED(WinHttpSendRequest(request, NULL, 0, NULL, 0, (DWORD)job.size, 0));
    while (left) {
        DWORD n = (DWORD)(left < job.chunk ? left : job.chunk);

        NEED(WinHttpWriteData(request, payload, n, &done));
        left -= done;
    }
    NEED(WinHttpReceiveResponse(request, NULL));
    bench_stop(job.size);
}

/* ---- WebSockets ---- */

static HINTERNET socket_to(const WCHAR *path)
{
    HINTERNET request, ws;

    side_open();
    request = side_request(NULL, path);
    NEED(WinHttpSetOption(request, WINHTTP_OPTION_UPGRADE_TO_WEB_SOCKET, NULL, 0));
    exchange(request);
    ws = WinHttpWebSocketCompleteUpgrade(request, 0);
    NEED(ws);
    WinHttpCloseHandle(request);
    return ws;
}

static void receive_message(HINTERNET ws, BYTE *buffer, DWORD size)
{
    WINHTTP_WEB_SOCKET_BUFFER_TYPE type;
    DWORD got, filled = 0;

    do {
        NEED(!WinHttpWebSocketReceive(ws, buffer + filled, size - filled, &got, &type));
        filled += got;
    } while (type != WINHTTP_WEB_SOCKET_BINARY_MESSAGE_BUFFER_TYPE);
}

static void send_message(HINTERNET ws, BYTE *payload)
{
    NEED(!WinHttpWebSocketSend(ws, WINHTTP_WEB_SOCKET_BINARY_MESSAGE_BUFFER_TYPE, payload, (DWORD)job.size));
}

void sync_in(void)
{
    BYTE *buffer = bench_memory((size_t)job.size + 1);
    WCHAR path[64];
    HINTERNET ws;

    swprintf(path, 64, L"/flood/%llu/%llu", (unsigned long long)job.size, (unsigned long long)job.count);
    ws = socket_to(path);
    bench_start();
    for (uint64_t i = 0; i < job.count; i++)
        receive_message(ws, buffer, (DWORD)job.size + 1);
    bench_stop(job.count);
}

void sync_out(void)
{
    BYTE *payload = side_payload((size_t)job.size), last;
    WCHAR path[64];
    HINTERNET ws;

    swprintf(path, 64, L"/sink/%llu", (unsigned long long)side_wire());
    ws = socket_to(path);
    bench_start();
    for (uint64_t i = 0; i < job.count; i++)
        send_message(ws, payload);
    receive_message(ws, &last, 1);
    bench_stop(job.count);
}

void sync_echo(void)
{
    BYTE *payload = side_payload((size_t)job.size), *buffer = bench_memory((size_t)job.size + 1);
    WCHAR path[64];
    HINTERNET ws;

    swprintf(path, 64, L"/echo/%llu", (unsigned long long)job.us);
    ws = socket_to(path);
    bench_start();
    for (uint64_t i = 0; i < job.count; i++) {
        send_message(ws, payload);
        receive_message(ws, buffer, (DWORD)job.size + 1);
    }
    bench_stop(job.count);
}
