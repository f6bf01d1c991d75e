/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* race_acts.c: see race_acts.h. */
#include "race_acts.h"

#include <wincrypt.h>

#define ROOM 150000 /* bytes of a handle's buffers */

struct round now;

/* ---- chance ---- */

struct chance chance_of(unsigned thread)
{
    struct chance c = {(now.seed * 2654435761u ^ (unsigned)now.number * 40503u ^ thread * 69069u) | 1};

    return c;
}

unsigned pick(struct chance *c, unsigned below)
{
    c->state ^= c->state << 13;
    c->state ^= c->state >> 17;
    c->state ^= c->state << 5;
    return (c->state >> 8) % below;
}

BOOL one_in(struct chance *c, unsigned n)
{
    return pick(c, n) == 0;
}

void linger(struct chance *c)
{
    if (one_in(c, 3))
        WaitForSingleObject(GetCurrentProcess(), pick(c, 4)); /* which does not end */
}

/* ---- the check ---- */

void check_init(struct check *k)
{
    k->step = CreateEventW(NULL, FALSE, FALSE, NULL);
    k->gone = CreateEventW(NULL, TRUE, FALSE, NULL);
    InitializeSRWLock(&k->ends);
}

void check_start(struct check *k)
{
    ResetEvent(k->step);
    ResetEvent(k->gone);
    memset(&k->tally, 0, sizeof(k->tally));
    k->mischief = k->again = k->muted = 0;
    k->last = 0;
    k->in = VirtualAlloc(NULL, ROOM, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    k->out = VirtualAlloc(NULL, ROOM, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    k->handle = NULL;
    k->open = 1;
}

void check_drop(struct check *k)
{
    VirtualFree(k->in, 0, MEM_RELEASE);
    VirtualFree(k->out, 0, MEM_RELEASE);
}

BOOL check_close(struct check *k)
{
    BOOL mine;

    AcquireSRWLockExclusive(&k->ends);
    mine = InterlockedExchange(&k->open, 0);
    ReleaseSRWLockExclusive(&k->ends);
    return mine ? WinHttpCloseHandle(k->handle) : FALSE;
}

/* The callback away and back again, on an open handle: its HANDLE_CLOSING must not be for nobody too. */
static void act_mute(struct check *k, struct chance *c)
{
    AcquireSRWLockExclusive(&k->ends);
    if (k->open) {
        k->muted = 1;
        WinHttpSetStatusCallback(k->handle, NULL, WINHTTP_CALLBACK_FLAG_ALL_NOTIFICATIONS, 0);
        linger(c);
        WinHttpSetStatusCallback(k->handle, on_status, WINHTTP_CALLBACK_FLAG_ALL_NOTIFICATIONS, 0);
    }
    ReleaseSRWLockExclusive(&k->ends);
    SetEvent(k->step); /* whoever waits for a completion need not any longer */
}

BOOL check_right(const struct check *k)
{
    return k->muted ? tally_none_twice(&k->tally) : tally_even(&k->tally);
}

static void check_gone(struct check *k)
{
    if (k->open)
        InterlockedIncrement(&k->tally.wrong);
    check_drop(k);
    SetEvent(k->gone);
}

/* ---- what threads do to a WebSocket ---- */

static BOOL act_receive(struct check *k, struct chance *c)
{
    WINHTTP_WEB_SOCKET_BUFFER_TYPE type;
    DWORD got;

    return TALLY(&k->tally, OP_RECEIVE, now.async,
                 !WinHttpWebSocketReceive(k->handle, k->in, 1 + pick(c, 8000), &got, &type));
}

static BOOL act_send(struct check *k, struct chance *c)
{
    static const unsigned sizes[] = {1, 200, 5000, ROOM};

    return TALLY(&k->tally, OP_SEND, now.async,
                 !WinHttpWebSocketSend(k->handle, WINHTTP_WEB_SOCKET_BINARY_MESSAGE_BUFFER_TYPE, k->out,
                                       pick(c, sizes[pick(c, COUNT(sizes))])));
}

static BOOL act_shutdown(struct check *k)
{
    return TALLY(&k->tally, OP_SHUTDOWN, now.async, !WinHttpWebSocketShutdown(k->handle, 1000, NULL, 0));
}

static BOOL act_close(struct check *k)
{
    return TALLY(&k->tally, OP_CLOSE, now.async, !WinHttpWebSocketClose(k->handle, 1000, "bye", 3));
}

static void act_ask(struct check *k)
{
    DWORD used, ms = 20000;
    USHORT status;

    WinHttpWebSocketQueryCloseStatus(k->handle, &status, NULL, 0, &used);
    WinHttpSetOption(k->handle, WINHTTP_OPTION_WEB_SOCKET_KEEPALIVE_INTERVAL, &ms, sizeof(ms));
}

/* Inside a callback. */
static void begin_again(struct check *k, DWORD status)
{
    struct chance c = chance_of(100u + (unsigned)k->again);

    if (status == WINHTTP_CALLBACK_STATUS_READ_COMPLETE)
        act_receive(k, &c);
    else if (status == WINHTTP_CALLBACK_STATUS_WRITE_COMPLETE)
        act_send(k, &c);
    else
        act_close(k);
}

/* What was cancelled never comes back to its buffer, and nothing is begun behind a cancellation: whoever touches the
 * buffer now crashes. */
static void guard_cancelled(struct check *k, enum op op, DWORD status, const void *info)
{
    DWORD before;

    if (status == WINHTTP_CALLBACK_STATUS_REQUEST_ERROR && op <= OP_RECEIVE &&
        ((const WINHTTP_ASYNC_RESULT *)info)->dwError == ERROR_WINHTTP_OPERATION_CANCELLED)
        VirtualProtect(op == OP_SEND ? k->out : k->in, ROOM, PAGE_NOACCESS, &before);
}

void CALLBACK on_status(HINTERNET handle, DWORD_PTR context, DWORD status, LPVOID info, DWORD length)
{
    struct check *k = (struct check *)context;
    enum op op = tally_callback(&k->tally, status, info, length);

    if (!handle || (k->handle && handle != k->handle))
        InterlockedIncrement(&k->tally.wrong);
    if (status == WINHTTP_CALLBACK_STATUS_HANDLE_CLOSING) {
        check_gone(k);
        return;
    }
    if (op != OP_COUNT) {
        guard_cancelled(k, op, status, info);
        k->last = status;
    }
    if (k->mischief == (LONG)status && InterlockedExchange(&k->mischief, 0))
        check_close(k);
    else if (op != OP_COUNT && k == &now.socket && InterlockedDecrement(&k->again) >= 0)
        begin_again(k, status);
    if (op != OP_COUNT)
        SetEvent(k->step);
}

void socket_move(struct check *k, struct chance *c)
{
    unsigned n = pick(c, 17);

    if (n == 0)
        act_close(k);
    else if (n == 1)
        act_shutdown(k);
    else if (n == 2)
        act_ask(k);
    else if (n == 3 && one_in(c, 3))
        check_close(k);
    else if (n == 4 && one_in(c, 4))
        act_mute(k, c);
    else if (n < 7)
        linger(c);
    else if (n < 12)
        act_send(k, c);
    else
        act_receive(k, c);
}

/* ---- what threads do to a request ---- */

static BOOL act_read(struct check *k, struct chance *c)
{
    DWORD got;

    if (one_in(c, 3))
        return TALLY(&k->tally, OP_RECEIVE, now.async, WinHttpQueryDataAvailable(k->handle, &got));
    return TALLY(&k->tally, OP_RECEIVE, now.async, WinHttpReadData(k->handle, k->in, 1 + pick(c, 5000), &got));
}

/* Questions and settings, at any moment; what they answer depends on it. */
static void act_ask_request(struct check *k, struct chance *c)
{
    static const DWORD options[] = {WINHTTP_OPTION_URL, WINHTTP_OPTION_SECURITY_FLAGS, WINHTTP_OPTION_CONTEXT_VALUE,
                                    WINHTTP_OPTION_CONNECTION_INFO, WINHTTP_OPTION_HTTP_VERSION};
    static const DWORD fields[] = {WINHTTP_QUERY_STATUS_CODE, WINHTTP_QUERY_RAW_HEADERS_CRLF,
                                   WINHTTP_QUERY_CONTENT_LENGTH,
                                   WINHTTP_QUERY_RAW_HEADERS_CRLF | WINHTTP_QUERY_FLAG_REQUEST_HEADERS};
    PCCERT_CONTEXT certificate;
    WCHAR text[600];
    DWORD bytes = sizeof(text), ms = 1000 + pick(c, 20000);

    switch (pick(c, 6)) {
    case 0:
        WinHttpQueryHeaders(k->handle, fields[pick(c, COUNT(fields))], NULL, text, &bytes, NULL);
        break;
    case 1:
        WinHttpQueryOption(k->handle, options[pick(c, COUNT(options))], text, &bytes);
        break;
    case 2:
        WinHttpSetOption(k->handle, WINHTTP_OPTION_RECEIVE_TIMEOUT, &ms, sizeof(ms));
        break;
    case 3:
        WinHttpAddRequestHeaders(k->handle, L"X-Race: yes", (DWORD)-1,
                                 WINHTTP_ADDREQ_FLAG_ADD | WINHTTP_ADDREQ_FLAG_REPLACE);
        break;
    case 4:
        WinHttpSetCredentials(k->handle, WINHTTP_AUTH_TARGET_SERVER, WINHTTP_AUTH_SCHEME_BASIC, L"user", L"word", NULL);
        break;
    default:
        bytes = sizeof(certificate);
        if (WinHttpQueryOption(k->handle, WINHTTP_OPTION_SERVER_CERT_CONTEXT, &certificate, &bytes))
            CertFreeCertificateContext(certificate);
    }
}

static void act_send_request(struct check *k)
{
    TALLY(&k->tally, OP_SEND, now.async, WinHttpSendRequest(k->handle, NULL, 0, NULL, 0, 0, 0));
}

static void act_receive_response(struct check *k)
{
    TALLY(&k->tally, OP_RECEIVE, now.async, WinHttpReceiveResponse(k->handle, NULL));
}

/* The leader opens it, sends it and awaits its answer meanwhile. */
void request_move(struct check *k, struct chance *c)
{
    unsigned n = pick(c, 24);

    if (!k->handle)
        return;
    if (n < 2)
        check_close(k);
    else if (n < 9)
        act_read(k, c);
    else if (n < 14)
        act_ask_request(k, c);
    else if (n == 14)
        act_send_request(k);
    else if (n == 15)
        act_receive_response(k);
    else if (n == 16 && one_in(c, 3))
        act_mute(k, c);
    else
        linger(c);
}
