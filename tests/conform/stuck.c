/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* stuck.c: see stuck.h. */
#include "stuck.h"
#include "imports.h"

#include <ws2tcpip.h>
#include <wincrypt.h>

#define BODY (64 * 1024 * 1024) /* more than the buffers between two sockets hold */

const char *const stuck_names[STUCK_PHASES] = {
    "looking the name up", "connecting",      "in the handshake", "judging", "sending", "writing",
    "awaiting the head",   "asking for data", "reading"};

/* ---- inside the system ---- */

static HANDLE go_on; /* manual-reset */
static struct stuck *volatile inside;

static INT WSAAPI slow_name(PCWSTR host, PCWSTR service, const ADDRINFOW *hints, PADDRINFOW *list)
{
    if (hints && hints->ai_flags & AI_NUMERICHOST)
        return GetAddrInfoW(host, service, hints, list);
    SetEvent(inside->reached);
    WaitForSingleObject(go_on, INFINITE);
    return EAI_NONAME;
}

static BOOL WINAPI slow_verdict(HCERTCHAINENGINE engine, PCCERT_CONTEXT leaf, LPFILETIME time, HCERTSTORE store,
                                PCERT_CHAIN_PARA para, DWORD flags, LPVOID reserved, PCCERT_CHAIN_CONTEXT *chain)
{
    (void)engine, (void)leaf, (void)time, (void)store, (void)para, (void)flags, (void)reserved, (void)chain;
    SetEvent(inside->reached);
    WaitForSingleObject(go_on, INFINITE);
    SetLastError(ERROR_INVALID_DATA);
    return FALSE;
}

/* For good: each user of the two is stuck from now on. */
static BOOL turn_imports(void)
{
    static int turned = -1;

    if (turned < 0)
        turned = imports_turn("ws2_32.dll", "GetAddrInfoW", (ULONG_PTR)slow_name) &&
                 imports_turn("crypt32.dll", "CertGetCertificateChain", (ULONG_PTR)slow_verdict);
    return turned;
}

/* Calls of the DLL wait by this function. */
static _Thread_local HANDLE told;

static DWORD WINAPI telling_wait(DWORD count, const HANDLE *handles, BOOL all, DWORD ms)
{
    HANDLE event = told;

    told = NULL;
    if (event)
        SetEvent(event);
    return WaitForMultipleObjects(count, handles, all, ms);
}

void stuck_tell_wait(HANDLE event)
{
    if (imports_turn("kernel32.dll", "WaitForMultipleObjects", (ULONG_PTR)telling_wait))
        told = event;
    else
        SetEvent(event);
}

void stuck_release(void)
{
    SetEvent(go_on);
}

/* ---- peers ---- */

static SOCKET socket_of_kind(void)
{
    u_long on = 1;
    SOCKET s = WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED);

    ioctlsocket(s, FIONBIO, &on);
    return s;
}

/* A port of 127.0.0.1 on which nobody ever accepts. */
static INTERNET_PORT listen_unheard(struct stuck *s, int queue)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    int size = sizeof(at);

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    s->listener = WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED);
    if (bind(s->listener, (struct sockaddr *)&at, sizeof(at)) || listen(s->listener, queue) ||
        getsockname(s->listener, (struct sockaddr *)&at, &size))
        tap_ok(FALSE, "a listener, a step on the way");
    return ntohs(at.sin_port);
}

/* Connections that nobody accepts, more than the queue holds. */
static void fill_queue(struct stuck *s, INTERNET_PORT port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (size_t i = 0; i < COUNT(s->fill); i++) {
        s->fill[i] = socket_of_kind();
        connect(s->fill[i], (struct sockaddr *)&to, sizeof(to));
    }
}

BOOL stuck_accept(struct stuck *s)
{
    s->peer = accept(s->listener, NULL, NULL);
    return tap_ok(s->peer != INVALID_SOCKET, "the peer accepts, a step on the way");
}

void stuck_say(struct stuck *s, const char *text)
{
    send(s->peer, text, (int)strlen(text), 0);
}

/* ---- the request ---- */

static BOOL is_completion(DWORD status)
{
    return (status & (WINHTTP_CALLBACK_STATUS_SENDREQUEST_COMPLETE | WINHTTP_CALLBACK_STATUS_HEADERS_AVAILABLE |
                      WINHTTP_CALLBACK_STATUS_DATA_AVAILABLE | WINHTTP_CALLBACK_STATUS_READ_COMPLETE |
                      WINHTTP_CALLBACK_STATUS_WRITE_COMPLETE | WINHTTP_CALLBACK_STATUS_REQUEST_ERROR)) != 0;
}

/* The status that tells that the phase begins; 0: none does. */
static DWORD herald(enum stuck_phase phase)
{
    switch (phase) {
    case STUCK_CONNECT:
    case STUCK_HANDSHAKE:
        return WINHTTP_CALLBACK_STATUS_CONNECTING_TO_SERVER;
    case STUCK_SEND:
        return WINHTTP_CALLBACK_STATUS_SENDING_REQUEST;
    case STUCK_HEAD:
        return WINHTTP_CALLBACK_STATUS_RECEIVING_RESPONSE;
    default:
        return 0;
    }
}

static void CALLBACK on_status(HINTERNET handle, DWORD_PTR context, DWORD status, LPVOID info, DWORD length)
{
    struct stuck *s = (struct stuck *)context;

    (void)handle, (void)length;
    if (s->closings)
        InterlockedIncrement(&s->behind);
    if (status == WINHTTP_CALLBACK_STATUS_HANDLE_CLOSING) {
        InterlockedIncrement(&s->closings);
        SetEvent(s->closed);
    }
    if (status == WINHTTP_CALLBACK_STATUS_CONNECTING_TO_SERVER)
        s->connecting++;
    if (status == WINHTTP_CALLBACK_STATUS_REQUEST_ERROR) {
        s->error = ((const WINHTTP_ASYNC_RESULT *)info)->dwError;
        InterlockedIncrement(&s->errors);
    }
    if (status == herald(s->phase))
        SetEvent(s->reached);
    if (s->hook)
        s->hook(s, status);
    if (is_completion(status)) {
        InterlockedIncrement(&s->completions);
        SetEvent(s->completed);
    }
}

BOOL stuck_open(struct stuck *s, enum stuck_phase phase, DWORD flags)
{
    BOOL secure = phase == STUCK_HANDSHAKE || phase == STUCK_VERDICT;
    const WCHAR *host = phase == STUCK_NAME ? L"stuck.invalid" : L"127.0.0.1";
    DWORD_PTR context = (DWORD_PTR)s;
    INTERNET_PORT port;

    memset(s, 0, sizeof(*s));
    s->phase = phase;
    s->async = (flags & WINHTTP_FLAG_ASYNC) != 0;
    s->listener = s->peer = INVALID_SOCKET;
    if (!go_on)
        go_on = CreateEventW(NULL, TRUE, FALSE, NULL);
    ResetEvent(go_on);
    inside = s;
    if ((phase == STUCK_NAME || phase == STUCK_VERDICT) && !turn_imports()) {
        tap_skip("%s: the DLL does not import what would have to stand still", stuck_names[phase]);
        return FALSE;
    }
    s->completed = CreateEventW(NULL, FALSE, FALSE, NULL);
    s->reached = CreateEventW(NULL, TRUE, FALSE, NULL);
    s->closed = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (!client_open_host(&s->client, flags, host, 80)) /* Winsock is up from here on */
        return FALSE;
    port = phase == STUCK_VERDICT ? need_port("HTTPS_PORT") : listen_unheard(s, phase == STUCK_CONNECT ? 1 : 8);
    if (phase == STUCK_CONNECT)
        fill_queue(s, port);
    WinHttpCloseHandle(s->client.connect);
    s->client.connect = WinHttpConnect(s->client.session, host, port, 0);
    WinHttpSetTimeouts(s->client.session, 0, 0, 0, 0);
    client_request(&s->client, L"POST", L"/", secure ? WINHTTP_FLAG_SECURE : 0);
    WinHttpSetOption(s->client.request, WINHTTP_OPTION_CONTEXT_VALUE, &context, sizeof(context));
    WinHttpSetStatusCallback(s->client.request, on_status, WINHTTP_CALLBACK_FLAG_ALL_NOTIFICATIONS, 0);
    return s->client.request != NULL;
}

/* A step on the way, with its completion. */
static BOOL step(struct stuck *s, BOOL accepted)
{
    if (accepted && s->async)
        accepted = WaitForSingleObject(s->completed, WAIT_MS) == WAIT_OBJECT_0 && !s->errors;
    if (!accepted)
        tap_ok(FALSE, "%s: a step on the way fails with %lu", stuck_names[s->phase],
               s->async ? s->error : GetLastError());
    return accepted;
}

BOOL stuck_prepare(struct stuck *s)
{
    HINTERNET request = s->client.request;

    if (s->phase < STUCK_WRITE)
        return TRUE;
    if (!step(s, WinHttpSendRequest(request, NULL, 0, NULL, 0, s->phase == STUCK_WRITE ? BODY : 0, 0)))
        return FALSE;
    if (s->phase < STUCK_AVAILABLE)
        return TRUE;
    if (!stuck_accept(s))
        return FALSE;
    stuck_say(s, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n");
    return step(s, WinHttpReceiveResponse(request, NULL));
}

DWORD stuck_call(struct stuck *s)
{
    static BYTE body[BODY];
    HINTERNET request = s->client.request;
    BYTE bytes[10];
    DWORD n;
    BOOL good;

    if (s->phase >= STUCK_WRITE && s->phase != STUCK_HEAD && s->async)
        SetEvent(s->reached);
    else if (s->phase >= STUCK_WRITE && s->phase != STUCK_HEAD)
        stuck_tell_wait(s->reached);
    switch (s->phase) {
    case STUCK_WRITE:
        good = WinHttpWriteData(request, body, sizeof(body), s->async ? NULL : &n);
        break;
    case STUCK_HEAD:
        good = WinHttpReceiveResponse(request, NULL);
        break;
    case STUCK_AVAILABLE:
        good = WinHttpQueryDataAvailable(request, s->async ? NULL : &n);
        break;
    case STUCK_BODY:
        good = WinHttpReadData(request, s->async ? body : bytes, sizeof(bytes), s->async ? NULL : &n);
        break;
    case STUCK_SEND:
        good = WinHttpSendRequest(request, NULL, 0, body, sizeof(body), sizeof(body), 0);
        break;
    default:
        good = WinHttpSendRequest(request, NULL, 0, NULL, 0, 0, 0);
    }
    return good ? ERROR_SUCCESS : GetLastError();
}

static DWORD WINAPI call_thread(void *arg)
{
    return stuck_call(arg);
}

void stuck_call_elsewhere(struct stuck *s)
{
    s->call = CreateThread(NULL, 0, call_thread, s, 0, NULL);
    WaitForSingleObject(s->reached, WAIT_MS);
    WaitForSingleObject(s->call, 50); /* other phases are told before the call waits; it may be cancelled before */
}

DWORD stuck_answer(struct stuck *s, DWORD ms)
{
    DWORD code = WaitForSingleObject(s->call, ms);

    if (code == WAIT_OBJECT_0)
        GetExitCodeThread(s->call, &code);
    return code;
}

void stuck_close(struct stuck *s)
{
    client_close(&s->client);
    stuck_release();
    for (size_t i = 0; i < COUNT(s->fill); i++)
        if (s->fill[i])
            closesocket(s->fill[i]);
    if (s->peer != INVALID_SOCKET)
        closesocket(s->peer);
    if (s->listener != INVALID_SOCKET)
        closesocket(s->listener);
    if (s->call) {
        WaitForSingleObject(s->call, WAIT_MS);
        CloseHandle(s->call);
    }
    CloseHandle(s->completed);
    CloseHandle(s->reached);
    CloseHandle(s->closed);
}
