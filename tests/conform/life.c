/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * life: the DLL is freed in the middle of everything: with operations pending, handles open or just closed, and inside
 * a callback (HOUSE, "DLL life"). It stays while anything of it runs, and goes when the last handle has gone; nothing
 * is left behind, however often.
 *
 * Nothing here calls the DLL through its import library, so that FreeLibrary may really unload it.
 */
#include "census.h"
#include "harness.h"
#include "imports.h"

#include <ws2tcpip.h>
#include <wincrypt.h>

#define ROUNDS 200

static HMODULE module;

#define ADDRESS(name) ((__typeof__(&name))(void (*)(void))GetProcAddress(module, #name))

static struct {
    __typeof__(&WinHttpOpen) Open;
    __typeof__(&WinHttpConnect) Connect;
    __typeof__(&WinHttpOpenRequest) OpenRequest;
    __typeof__(&WinHttpAddRequestHeaders) AddRequestHeaders;
    __typeof__(&WinHttpSendRequest) SendRequest;
    __typeof__(&WinHttpReceiveResponse) ReceiveResponse;
    __typeof__(&WinHttpSetOption) SetOption;
    __typeof__(&WinHttpSetStatusCallback) SetStatusCallback;
    __typeof__(&WinHttpWebSocketCompleteUpgrade) CompleteUpgrade;
    __typeof__(&WinHttpWebSocketReceive) Receive;
    __typeof__(&WinHttpCloseHandle) CloseHandle;
} api;

static struct {
    HINTERNET session, connect, request, socket;
} the;

static HANDLE completed, closed, go_on, inside;
static DWORD threads_at_start; /* before the DLL was there */
static DWORD free_at;          /* status in whose callback everything is closed and the DLL freed; 0: none */

static BOOL load(void)
{
    module = LoadLibraryW(L"winhttp.dll");
    api.Open = ADDRESS(WinHttpOpen);
    api.Connect = ADDRESS(WinHttpConnect);
    api.OpenRequest = ADDRESS(WinHttpOpenRequest);
    api.AddRequestHeaders = ADDRESS(WinHttpAddRequestHeaders);
    api.SendRequest = ADDRESS(WinHttpSendRequest);
    api.ReceiveResponse = ADDRESS(WinHttpReceiveResponse);
    api.SetOption = ADDRESS(WinHttpSetOption);
    api.SetStatusCallback = ADDRESS(WinHttpSetStatusCallback);
    api.CompleteUpgrade = ADDRESS(WinHttpWebSocketCompleteUpgrade);
    api.Receive = ADDRESS(WinHttpWebSocketReceive);
    api.CloseHandle = ADDRESS(WinHttpCloseHandle);
    return module != NULL;
}

static void close_all(void)
{
    HINTERNET handles[] = {the.socket, the.request, the.connect, the.session};

    for (size_t i = 0; i < COUNT(handles); i++)
        if (handles[i])
            api.CloseHandle(handles[i]);
    memset(&the, 0, sizeof(the));
}

static void CALLBACK on_status(HINTERNET handle, DWORD_PTR context, DWORD status, LPVOID info, DWORD length)
{
    (void)handle, (void)context, (void)info, (void)length;
    if (status == free_at) {
        free_at = 0;
        close_all();
        FreeLibrary(module);
        SetEvent(closed);
    } else if (status & (WINHTTP_CALLBACK_STATUS_SENDREQUEST_COMPLETE | WINHTTP_CALLBACK_STATUS_HEADERS_AVAILABLE |
                         WINHTTP_CALLBACK_STATUS_REQUEST_ERROR)) {
        SetEvent(completed);
    }
}

static void open_request(const WCHAR *host, INTERNET_PORT port, const WCHAR *path, DWORD secure)
{
    ResetEvent(completed); /* what was pending on the last one has ended too */
    the.session = api.Open(L"life", WINHTTP_ACCESS_TYPE_NO_PROXY, NULL, NULL, WINHTTP_FLAG_ASYNC);
    the.connect = api.Connect(the.session, host, port, 0);
    the.request = api.OpenRequest(the.connect, NULL, path, NULL, NULL, NULL, secure);
    api.SetStatusCallback(the.request, on_status, WINHTTP_CALLBACK_FLAG_ALL_NOTIFICATIONS, 0);
    /* A connection in the pool would keep the DLL for as long as it is kept. */
    api.AddRequestHeaders(the.request, L"Connection: close", (DWORD)-1, WINHTTP_ADDREQ_FLAG_ADD);
}

static BOOL sent(void)
{
    return api.SendRequest(the.request, NULL, 0, NULL, 0, 0, 1) &&
           WaitForSingleObject(completed, WAIT_MS) == WAIT_OBJECT_0;
}

static BOOL received(void)
{
    return api.ReceiveResponse(the.request, NULL) && WaitForSingleObject(completed, WAIT_MS) == WAIT_OBJECT_0;
}

/* Until the DLL has gone; its threads leave on their own time. */
static BOOL is_gone(void)
{
    HANDLE never = CreateEventW(NULL, TRUE, FALSE, NULL);

    for (int i = 0; i < WAIT_MS / 10 && GetModuleHandleW(L"winhttp.dll"); i++)
        WaitForSingleObject(never, 10);
    CloseHandle(never);
    return !GetModuleHandleW(L"winhttp.dll");
}

/* ---- what may be pending ---- */

static INT WSAAPI slow_name(PCWSTR host, PCWSTR service, const ADDRINFOW *hints, PADDRINFOW *list)
{
    if (hints && hints->ai_flags & AI_NUMERICHOST)
        return GetAddrInfoW(host, service, hints, list);
    SetEvent(inside);
    WaitForSingleObject(go_on, INFINITE);
    return EAI_NONAME;
}

static BOOL WINAPI slow_verdict(HCERTCHAINENGINE engine, PCCERT_CONTEXT leaf, LPFILETIME time, HCERTSTORE store,
                                PCERT_CHAIN_PARA para, DWORD flags, LPVOID reserved, PCCERT_CHAIN_CONTEXT *chain)
{
    (void)engine, (void)leaf, (void)time, (void)store, (void)para, (void)flags, (void)reserved, (void)chain;
    SetEvent(inside);
    WaitForSingleObject(go_on, INFINITE);
    return FALSE;
}

static BOOL pend_name(void)
{
    if (!imports_turn("ws2_32.dll", "GetAddrInfoW", (ULONG_PTR)slow_name))
        return FALSE;
    open_request(L"stuck.invalid", 80, L"/", 0);
    return api.SendRequest(the.request, NULL, 0, NULL, 0, 0, 1) &&
           WaitForSingleObject(inside, WAIT_MS) == WAIT_OBJECT_0;
}

static BOOL pend_verdict(void)
{
    if (!imports_turn("crypt32.dll", "CertGetCertificateChain", (ULONG_PTR)slow_verdict))
        return FALSE;
    open_request(L"127.0.0.1", need_port("HTTPS_PORT"), L"/size/1", WINHTTP_FLAG_SECURE);
    return api.SendRequest(the.request, NULL, 0, NULL, 0, 0, 1) &&
           WaitForSingleObject(inside, WAIT_MS) == WAIT_OBJECT_0;
}

static BOOL pend_head(void)
{
    open_request(L"127.0.0.1", need_port("STUB_PLAIN_PORT"), L"/silent", 0);
    return sent() && api.ReceiveResponse(the.request, NULL);
}

static BOOL pend_receive(void)
{
    static BYTE bytes[10];

    open_request(L"127.0.0.1", need_port("STUB_PLAIN_PORT"), L"/ws-silent", 0);
    api.SetOption(the.request, WINHTTP_OPTION_UPGRADE_TO_WEB_SOCKET, NULL, 0);
    if (!sent() || !received())
        return FALSE;
    the.socket = api.CompleteUpgrade(the.request, 1);
    return the.socket && api.Receive(the.socket, bytes, sizeof(bytes), NULL, NULL) == ERROR_SUCCESS;
}

static const struct {
    const char *name;
    BOOL (*pend)(void);
} pending[] = {
    {"a look-up", pend_name}, {"a verdict", pend_verdict}, {"a response", pend_head}, {"a WebSocket", pend_receive}};

/* ---- freed while that is pending ---- */

static void start(size_t i, const char *how)
{
    ResetEvent(go_on);
    load();
    tap_ok(pending[i].pend(), "HOUSE, %s: %s is pending", how, pending[i].name);
}

static void check_closed_before(size_t i)
{
    start(i, "closed, then freed");
    close_all();
    FreeLibrary(module);
    SetEvent(go_on);
    tap_ok(is_gone(), "HOUSE, closed, then freed, %s: the DLL goes", pending[i].name);
}

/* An application that forgets its handles: what runs goes on running, in a DLL that is still there. */
static void check_leaked(size_t i)
{
    start(i, "freed with open handles");
    FreeLibrary(module);
    tap_ok(GetModuleHandleW(L"winhttp.dll") != NULL, "HOUSE, freed with open handles, %s: the DLL stays",
           pending[i].name);
    load(); /* nobody may call what it has freed: the DLL could go while the last call returns */
    close_all();
    FreeLibrary(module);
    SetEvent(go_on);
    tap_ok(is_gone(), "HOUSE, freed with open handles, %s: until they are closed", pending[i].name);
}

/* On a worker: the code to which the callback returns is there as long as the worker is. */
static void check_freed_inside(DWORD status, const char *name)
{
    load();
    open_request(L"127.0.0.1", need_port("STUB_PLAIN_PORT"), L"/ok", 0);
    free_at = status;
    api.SendRequest(the.request, NULL, 0, NULL, 0, 0, 1);
    tap_ok(WaitForSingleObject(closed, WAIT_MS) == WAIT_OBJECT_0, "HOUSE: everything closed and freed inside %s", name);
    tap_ok(is_gone(), "HOUSE: the DLL goes");
}

/* ---- over and over ---- */

static void exchange_once(INTERNET_PORT port, DWORD secure)
{
    load();
    open_request(secure ? L"localhost" : L"127.0.0.1", port, L"/size/1", secure);
    if (!sent() || !received())
        tap_ok(FALSE, "an exchange, a step on the way");
    close_all();
    FreeLibrary(module);
    if (!is_gone())
        tap_ok(FALSE, "HOUSE: the DLL goes, a step on the way");
}

struct holding {
    DWORD handles, blocks;
};

/* Threads that are on their way out hold something still. */
static struct holding holding_now(void)
{
    struct holding h = {0};

    census_settles(census_threads, threads_at_start);
    h.handles = census_handles();
    h.blocks = census_blocks();

    return h;
}

/* The first rounds let the system get what it keeps. */
static void check_rounds(INTERNET_PORT port, int rounds)
{
    struct holding before = {0}, after;

    for (int i = 0; i < rounds + 5; i++) {
        if (i == 5)
            before = holding_now();
        exchange_once(port, 0);
    }
    tap_ok(census_settles(census_threads, threads_at_start),
           "HOUSE, %d times loaded, used and freed: at most %lu threads", rounds, threads_at_start);
    after = holding_now();
    tap_ok(after.handles <= before.handles + 5, "HOUSE, %d times: %lu handles, %lu before", rounds, after.handles,
           before.handles);
    tap_ok(after.blocks <= before.blocks + 20, "HOUSE, %d times: %lu blocks, %lu before", rounds, after.blocks,
           before.blocks);
}

/* GnuTLS, once in use, is not taken down by an unloading DLL (sys/tls_init.h), but no thread may stay. */
static void check_tls_rounds(INTERNET_PORT port, int rounds)
{
    for (int i = 0; i < rounds; i++)
        exchange_once(port, WINHTTP_FLAG_SECURE);
    tap_ok(census_settles(census_threads, threads_at_start), "HOUSE, %d times over TLS: at most %lu threads", rounds,
           threads_at_start);
}

int main(void)
{
    threads_at_start = census_threads();
    completed = CreateEventW(NULL, FALSE, FALSE, NULL);
    closed = CreateEventW(NULL, FALSE, FALSE, NULL);
    inside = CreateEventW(NULL, FALSE, FALSE, NULL);
    go_on = CreateEventW(NULL, TRUE, FALSE, NULL);
    for (size_t i = 0; i < COUNT(pending); i++) {
        check_closed_before(i);
        check_leaked(i);
    }
    check_freed_inside(WINHTTP_CALLBACK_STATUS_CONNECTING_TO_SERVER, "CONNECTING_TO_SERVER");
    check_freed_inside(WINHTTP_CALLBACK_STATUS_SENDING_REQUEST, "SENDING_REQUEST");
    check_freed_inside(WINHTTP_CALLBACK_STATUS_SENDREQUEST_COMPLETE, "SENDREQUEST_COMPLETE");
    check_rounds(need_port("HTTP_PORT"), ROUNDS);
    check_tls_rounds(need_port("HTTPS_PORT"), ROUNDS / 20);
    return tap_done();
}
