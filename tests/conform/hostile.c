/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * hostile: callbacks that stay for the whole test in each status while other requests go on, and callbacks that close
 * every handle there is, in each status (SEMANTICS D14, B25, H2, H3; HOUSE, "Who moves bytes").
 */
#include "client.h"

#define OTHERS 100

static const struct {
    DWORD status;
    const char *name;
} statuses[] = {
    {WINHTTP_CALLBACK_STATUS_RESOLVING_NAME, "RESOLVING_NAME"},
    {WINHTTP_CALLBACK_STATUS_NAME_RESOLVED, "NAME_RESOLVED"},
    {WINHTTP_CALLBACK_STATUS_CONNECTING_TO_SERVER, "CONNECTING_TO_SERVER"},
    {WINHTTP_CALLBACK_STATUS_CONNECTED_TO_SERVER, "CONNECTED_TO_SERVER"},
    {WINHTTP_CALLBACK_STATUS_SENDING_REQUEST, "SENDING_REQUEST"},
    {WINHTTP_CALLBACK_STATUS_REQUEST_SENT, "REQUEST_SENT"},
    {WINHTTP_CALLBACK_STATUS_SENDREQUEST_COMPLETE, "SENDREQUEST_COMPLETE"},
    {WINHTTP_CALLBACK_STATUS_RECEIVING_RESPONSE, "RECEIVING_RESPONSE"},
    {WINHTTP_CALLBACK_STATUS_RESPONSE_RECEIVED, "RESPONSE_RECEIVED"},
    {WINHTTP_CALLBACK_STATUS_HEADERS_AVAILABLE, "HEADERS_AVAILABLE"},
    {WINHTTP_CALLBACK_STATUS_READ_COMPLETE, "READ_COMPLETE"},
};

/* One asynchronous request; each completion begins the next step, inside its callback. */
struct run {
    struct client client;
    DWORD stays, closes; /* in the callback of this status; 0: in none */
    HANDLE met, closed;
    BYTE bytes[100];
    volatile LONG pending, wrong, closings; /* pending: operations accepted and not completed */
};

static HANDLE go_on; /* those that stay */
static HANDLE all_done;
static volatile LONG left;

static BOOL is_completion(DWORD status)
{
    return (status & (WINHTTP_CALLBACK_STATUS_SENDREQUEST_COMPLETE | WINHTTP_CALLBACK_STATUS_HEADERS_AVAILABLE |
                      WINHTTP_CALLBACK_STATUS_READ_COMPLETE | WINHTTP_CALLBACK_STATUS_REQUEST_ERROR)) != 0;
}

/* Counted before the call, since its completion may come inside. */
static void begin(struct run *r, BOOL receive)
{
    InterlockedIncrement(&r->pending);
    if (!(receive ? WinHttpReceiveResponse(r->client.request, NULL)
                  : WinHttpReadData(r->client.request, r->bytes, sizeof(r->bytes), NULL)))
        InterlockedDecrement(&r->pending);
}

static void close_everything(struct run *r)
{
    WinHttpCloseHandle(r->client.session);
    WinHttpCloseHandle(r->client.connect);
    WinHttpCloseHandle(r->client.request);
}

static void go_on_from(struct run *r, DWORD status, DWORD length)
{
    if (status == WINHTTP_CALLBACK_STATUS_SENDREQUEST_COMPLETE)
        begin(r, TRUE);
    else if (status == WINHTTP_CALLBACK_STATUS_HEADERS_AVAILABLE ||
             (status == WINHTTP_CALLBACK_STATUS_READ_COMPLETE && length))
        begin(r, FALSE);
    else if (status == WINHTTP_CALLBACK_STATUS_READ_COMPLETE && !r->stays && !r->closes && !InterlockedDecrement(&left))
        SetEvent(all_done);
}

static void CALLBACK on_status(HINTERNET handle, DWORD_PTR context, DWORD status, LPVOID info, DWORD length)
{
    struct run *r = (struct run *)context;

    (void)info;
    if (r->closings || handle != r->client.request)
        InterlockedIncrement(&r->wrong);
    if (is_completion(status) && InterlockedDecrement(&r->pending) < 0)
        InterlockedIncrement(&r->wrong);
    if (status == WINHTTP_CALLBACK_STATUS_HANDLE_CLOSING) {
        InterlockedIncrement(&r->closings);
        SetEvent(r->closed);
        return;
    }
    if (status == r->stays) {
        SetEvent(r->met);
        WaitForSingleObject(go_on, INFINITE);
    } else if (status == r->closes) {
        SetEvent(r->met);
        close_everything(r);
    } else {
        go_on_from(r, status, length);
    }
}

static void prepare(struct run *r, INTERNET_PORT port)
{
    DWORD_PTR context = (DWORD_PTR)r;

    r->met = CreateEventW(NULL, TRUE, FALSE, NULL);
    r->closed = CreateEventW(NULL, TRUE, FALSE, NULL);
    client_open_host(&r->client, WINHTTP_FLAG_ASYNC, L"localhost", port);
    client_request(&r->client, NULL, L"/ok", 0);
    /* A connection of its own, so that each status comes. */
    WinHttpAddRequestHeaders(r->client.request, L"Connection: close", (DWORD)-1, WINHTTP_ADDREQ_FLAG_ADD);
    WinHttpSetOption(r->client.request, WINHTTP_OPTION_CONTEXT_VALUE, &context, sizeof(context));
    WinHttpSetStatusCallback(r->client.request, on_status, WINHTTP_CALLBACK_FLAG_ALL_NOTIFICATIONS, 0);
}

static void start(struct run *r)
{
    InterlockedIncrement(&r->pending);
    if (!WinHttpSendRequest(r->client.request, NULL, 0, NULL, 0, 0, 0))
        InterlockedDecrement(&r->pending);
}

static void forget(struct run *r)
{
    CloseHandle(r->met);
    CloseHandle(r->closed);
}

/* Whatever was accepted has completed once, and HANDLE_CLOSING was the last. */
static void judge(struct run *r, const char *what, const char *name)
{
    tap_ok(WaitForSingleObject(r->closed, WAIT_MS) == WAIT_OBJECT_0, "D14, %s %s: HANDLE_CLOSING", what, name);
    SAME(r->pending, 0, "D14, %s %s: what was accepted has completed once", what, name);
    SAME(r->wrong, 0, "D14, %s %s: no callback too many", what, name);
    SAME(r->closings, 1, "H8, %s %s: one end", what, name);
}

/* One callback stays in each status; they are closed meanwhile, parents first, and others do their work. */
static void check_staying(INTERNET_PORT port)
{
    static struct run staying[COUNT(statuses)], others[OTHERS];
    LONG told = 0;

    for (size_t i = 0; i < COUNT(statuses); i++) {
        prepare(&staying[i], port);
        staying[i].stays = statuses[i].status;
        start(&staying[i]);
        tap_ok(WaitForSingleObject(staying[i].met, WAIT_MS) == WAIT_OBJECT_0, "HOUSE: a callback stays in %s",
               statuses[i].name);
    }
    left = OTHERS;
    for (size_t i = 0; i < OTHERS; i++) {
        prepare(&others[i], port);
        start(&others[i]);
    }
    tap_ok(WaitForSingleObject(all_done, 2 * WAIT_MS) == WAIT_OBJECT_0, "HOUSE: %d other requests do their work",
           OTHERS);
    for (size_t i = 0; i < OTHERS; i++) {
        close_everything(&others[i]);
        told += WaitForSingleObject(others[i].closed, WAIT_MS) == WAIT_OBJECT_0 && !others[i].pending &&
                !others[i].wrong && others[i].closings == 1;
        forget(&others[i]);
    }
    SAME(told, OTHERS, "D14: each with its completions and its end");
    for (size_t i = 0; i < COUNT(statuses); i++) {
        close_everything(&staying[i]);
        SAME(staying[i].closings, 0, "D14: closed while a callback stays in %s: the end waits", statuses[i].name);
    }
    SetEvent(go_on);
    for (size_t i = 0; i < COUNT(statuses); i++) {
        judge(&staying[i], "stayed in", statuses[i].name);
        forget(&staying[i]);
    }
}

static void check_closing(INTERNET_PORT port)
{
    static struct run closing[COUNT(statuses)];

    for (size_t i = 0; i < COUNT(statuses); i++) {
        struct run *r = &closing[i];

        prepare(r, port);
        r->closes = statuses[i].status;
        start(r);
        tap_ok(WaitForSingleObject(r->met, WAIT_MS) == WAIT_OBJECT_0, "H2: a callback closes everything in %s",
               statuses[i].name);
        judge(r, "closed in", statuses[i].name);
        forget(r);
    }
}

int main(void)
{
    INTERNET_PORT port = need_port("STUB_PLAIN_PORT");

    go_on = CreateEventW(NULL, TRUE, FALSE, NULL);
    all_done = CreateEventW(NULL, TRUE, FALSE, NULL);
    check_closing(port);
    check_staying(port);
    return tap_done();
}
