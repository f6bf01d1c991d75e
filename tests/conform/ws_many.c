/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ws_many: a thousand WebSockets in one process, each with an asynchronous receive pending (HOUSE, "Workers": the
 * number of threads follows blocked callbacks, never connections).
 *
 * All are on the /broadcast path of the server on WS_PORT: one message, sent on one of them, must reach every one. The
 * threads of the process are counted while all receives are pending, and again after all were served.
 */
#include "census.h"
#include "client.h"

#define MANY        1000
#define THREADS_MAX 16
#define ROUNDS      3

static struct client the;

static struct link {
    HINTERNET socket;
    BYTE buffer[64];
    LONG served; /* messages */
    LONG errors;
    LONG closed;
} links[MANY];

static LONG served, failures, closed;
static HANDLE all_served, all_closed, step;

static void CALLBACK on_request(HINTERNET handle, DWORD_PTR context, DWORD status, LPVOID info, DWORD length)
{
    (void)handle, (void)context, (void)info, (void)length;
    if (status == WINHTTP_CALLBACK_STATUS_SENDREQUEST_COMPLETE || status == WINHTTP_CALLBACK_STATUS_HEADERS_AVAILABLE ||
        status == WINHTTP_CALLBACK_STATUS_REQUEST_ERROR)
        SetEvent(step);
}

static void on_read(struct link *link, const WINHTTP_WEB_SOCKET_STATUS *status)
{
    if (status->dwBytesTransferred != 5 || memcmp(link->buffer, "hello", 5))
        InterlockedIncrement(&failures);
    InterlockedIncrement(&link->served);
    if (WinHttpWebSocketReceive(link->socket, link->buffer, sizeof(link->buffer), NULL, NULL))
        InterlockedIncrement(&failures);
    if (InterlockedIncrement(&served) % MANY == 0)
        SetEvent(all_served);
}

static void CALLBACK on_socket(HINTERNET handle, DWORD_PTR context, DWORD status, LPVOID info, DWORD length)
{
    struct link *link = (struct link *)context;

    (void)handle, (void)length;
    if (status == WINHTTP_CALLBACK_STATUS_READ_COMPLETE)
        on_read(link, info);
    else if (status == WINHTTP_CALLBACK_STATUS_REQUEST_ERROR)
        InterlockedIncrement(&link->errors);
    else if (status == WINHTTP_CALLBACK_STATUS_HANDLE_CLOSING) {
        InterlockedIncrement(&link->closed);
        if (InterlockedIncrement(&closed) == MANY)
            SetEvent(all_closed);
    }
}

/* One more WebSocket, its receive pending. */
static BOOL open_link(struct link *link, DWORD flags)
{
    if (!client_request(&the, NULL, L"/broadcast", flags))
        return FALSE;
    WinHttpSetOption(the.request, WINHTTP_OPTION_UPGRADE_TO_WEB_SOCKET, NULL, 0);
    if (!WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 0, 0) || WaitForSingleObject(step, WAIT_MS) ||
        !WinHttpReceiveResponse(the.request, NULL) || WaitForSingleObject(step, WAIT_MS))
        return FALSE;
    link->socket = WinHttpWebSocketCompleteUpgrade(the.request, (DWORD_PTR)link);
    if (!link->socket)
        return FALSE;
    WinHttpSetStatusCallback(link->socket, on_socket, WINHTTP_CALLBACK_FLAG_ALL_NOTIFICATIONS, 0);
    return !WinHttpWebSocketReceive(link->socket, link->buffer, sizeof(link->buffer), NULL, NULL);
}

static DWORD open_all(DWORD flags)
{
    DWORD opened;

    for (opened = 0; opened < MANY && open_link(&links[opened], flags); opened++)
        ;
    return opened;
}

static void check_broadcast(const char *where)
{
    DWORD i, round, missed = 0;

    for (round = 0; round < ROUNDS; round++) {
        WinHttpWebSocketSend(links[round].socket, WINHTTP_WEB_SOCKET_UTF8_MESSAGE_BUFFER_TYPE, "hello", 5);
        tap_ok(WaitForSingleObject(all_served, WAIT_MS) == WAIT_OBJECT_0, "%s: all %u are served, round %lu", where,
               MANY, round);
    }
    for (i = 0; i < MANY; i++)
        missed += links[i].served != ROUNDS;
    SAME(missed, 0, "%s: each of them once a round", where);
}

static void check_closing(const char *where)
{
    DWORD i, wrong = 0;

    for (i = 0; i < MANY; i++)
        WinHttpCloseHandle(links[i].socket);
    tap_ok(WaitForSingleObject(all_closed, WAIT_MS) == WAIT_OBJECT_0, "H8 %s: all are closed", where);
    for (i = 0; i < MANY; i++)
        wrong += links[i].errors != 1 || links[i].closed != 1;
    SAME(wrong, 0, "W46 %s: each with one cancelled receive and one HANDLE_CLOSING", where);
}

static void check_many(INTERNET_PORT port, DWORD flags, const char *where)
{
    DWORD threads;

    memset(links, 0, sizeof(links));
    served = failures = closed = 0;
    client_open_host(&the, WINHTTP_FLAG_ASYNC, L"localhost", port);
    WinHttpSetStatusCallback(the.session, on_request, WINHTTP_CALLBACK_FLAG_ALL_NOTIFICATIONS, 0);
    WinHttpCloseHandle(the.connect);
    the.connect = WinHttpConnect(the.session, L"localhost", port, 0);
    SAME(open_all(flags), MANY, "%s: that many are open, each with a receive pending", where);
    threads = census_threads();
    tap_ok(threads <= THREADS_MAX, "HOUSE %s: at most %u threads while they wait, not %lu", where, THREADS_MAX,
           threads);
    check_broadcast(where);
    SAME(failures, 0, "%s: every message was right, every next receive accepted", where);
    threads = census_threads();
    tap_ok(threads <= THREADS_MAX, "HOUSE %s: at most %u threads after it, not %lu", where, THREADS_MAX, threads);
    check_closing(where);
    client_close(&the);
}

int main(void)
{
    INTERNET_PORT plain = need_port("WS_PORT"), tls = need_port("WSS_PORT");

    step = CreateEventW(NULL, FALSE, FALSE, NULL);
    all_served = CreateEventW(NULL, FALSE, FALSE, NULL);
    all_closed = CreateEventW(NULL, FALSE, FALSE, NULL);
    check_many(plain, 0, "ws");
    check_many(tls, WINHTTP_FLAG_SECURE, "wss");
    return tap_done();
}
