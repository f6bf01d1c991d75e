/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * unload: the DLL comes and goes: loaded by name, used, unloaded, more than once (HOUSE, "DLL life"; H16 to H19).
 *
 * Nothing here calls the DLL through its import library, so that FreeLibrary may really unload it.
 */
#include "harness.h"

static HMODULE module;

#define ADDRESS(name) ((__typeof__(&name))(void (*)(void))GetProcAddress(module, #name))

static struct {
    __typeof__(&WinHttpOpen) Open;
    __typeof__(&WinHttpConnect) Connect;
    __typeof__(&WinHttpOpenRequest) OpenRequest;
    __typeof__(&WinHttpSendRequest) SendRequest;
    __typeof__(&WinHttpReceiveResponse) ReceiveResponse;
    __typeof__(&WinHttpReadData) ReadData;
    __typeof__(&WinHttpSetOption) SetOption;
    __typeof__(&WinHttpSetStatusCallback) SetStatusCallback;
    __typeof__(&WinHttpCloseHandle) CloseHandle;
} api;

static HANDLE unloaded, finished;

static BOOL load(void)
{
    module = LoadLibraryW(L"winhttp.dll");
    if (!module)
        return FALSE;
    api.Open = ADDRESS(WinHttpOpen);
    api.Connect = ADDRESS(WinHttpConnect);
    api.OpenRequest = ADDRESS(WinHttpOpenRequest);
    api.SendRequest = ADDRESS(WinHttpSendRequest);
    api.ReceiveResponse = ADDRESS(WinHttpReceiveResponse);
    api.ReadData = ADDRESS(WinHttpReadData);
    api.SetOption = ADDRESS(WinHttpSetOption);
    api.SetStatusCallback = ADDRESS(WinHttpSetStatusCallback);
    api.CloseHandle = ADDRESS(WinHttpCloseHandle);
    return api.Open && api.Connect && api.OpenRequest && api.SendRequest && api.ReceiveResponse && api.ReadData &&
           api.SetOption && api.SetStatusCallback && api.CloseHandle;
}

static void CALLBACK on_status(HINTERNET handle, DWORD_PTR context, DWORD status, LPVOID info, DWORD length)
{
    (void)handle, (void)context, (void)info, (void)length;
    if (status == WINHTTP_CALLBACK_STATUS_SENDREQUEST_COMPLETE || status == WINHTTP_CALLBACK_STATUS_HEADERS_AVAILABLE ||
        status == WINHTTP_CALLBACK_STATUS_READ_COMPLETE || status == WINHTTP_CALLBACK_STATUS_REQUEST_ERROR)
        SetEvent(finished);
}

/* Whether a call has done its work: at once, or when the callback says so. */
static BOOL done(BOOL accepted, DWORD flags)
{
    if (accepted && flags & WINHTTP_FLAG_ASYNC)
        return WaitForSingleObject(finished, WAIT_MS) == WAIT_OBJECT_0;
    return accepted;
}

/* One whole exchange; `flags` are WinHttpOpen's. The unload event is checked on the way out. */
static void check_exchange(INTERNET_PORT port, DWORD flags, DWORD secure, const char *where)
{
    HINTERNET session = api.Open(L"unload", WINHTTP_ACCESS_TYPE_NO_PROXY, NULL, NULL, flags);
    HINTERNET connect = api.Connect(session, L"localhost", port, 0);
    HINTERNET request = api.OpenRequest(connect, NULL, L"/size/1", NULL, NULL, NULL, secure);
    BYTE byte = 0xff;
    DWORD got;

    api.SetStatusCallback(request, on_status, WINHTTP_CALLBACK_FLAG_ALL_COMPLETIONS, 0);
    SUCCEEDS(api.SetOption(session, WINHTTP_OPTION_UNLOAD_NOTIFY_EVENT, &unloaded, sizeof(unloaded)),
             "H16, H19 %s: an unload event", where);
    tap_ok(done(api.SendRequest(request, NULL, 0, NULL, 0, 0, 0), flags) &&
               done(api.ReceiveResponse(request, NULL), flags) &&
               done(api.ReadData(request, &byte, 1, flags & WINHTTP_FLAG_ASYNC ? NULL : &got), flags) && byte == 0,
           "%s: an exchange", where);
    api.CloseHandle(request);
    api.CloseHandle(connect);
    tap_ok(WaitForSingleObject(unloaded, 0) == WAIT_TIMEOUT, "H17 %s: not signalled while the session is open", where);
    api.CloseHandle(session);
    tap_ok(WaitForSingleObject(unloaded, WAIT_MS) == WAIT_OBJECT_0, "H17, H18 %s: signalled after it was closed",
           where);
}

static void check_rounds(INTERNET_PORT http, INTERNET_PORT https)
{
    int round;

    for (round = 1; round <= 3; round++) {
        if (!tap_ok(load(), "HOUSE: loaded, round %d", round))
            return;
        check_exchange(http, 0, 0, "synchronous");
        check_exchange(https, 0, WINHTTP_FLAG_SECURE, "synchronous TLS");
        check_exchange(http, WINHTTP_FLAG_ASYNC, 0, "asynchronous");
        check_exchange(https, WINHTTP_FLAG_ASYNC, WINHTTP_FLAG_SECURE, "asynchronous TLS");
        tap_ok(FreeLibrary(module), "HOUSE: freed, round %d", round);
    }
}

/* Loading and freeing without use, over and over: nothing may pile up and nothing may stay. */
static void check_idle_loads(void)
{
    DWORD before = 0, after = 0;
    int i;

    for (i = 0; i < 100 && load(); i++) {
        if (i == 10)
            GetProcessHandleCount(GetCurrentProcess(), &before);
        FreeLibrary(module);
    }
    GetProcessHandleCount(GetCurrentProcess(), &after);
    SAME(i, 100, "HOUSE: loaded and freed a hundred times");
    tap_ok(!GetModuleHandleW(L"winhttp.dll"), "HOUSE: unused, it is gone after the last FreeLibrary");
    tap_ok(after <= before + 5, "HOUSE: no handles pile up: %lu, then %lu", before, after);
}

static void check_text(void)
{
    WCHAR text[200];
    DWORD length;

    load();
    length = FormatMessageW(FORMAT_MESSAGE_FROM_HMODULE | FORMAT_MESSAGE_IGNORE_INSERTS, module, ERROR_WINHTTP_TIMEOUT,
                            0, text, COUNT(text), NULL);
    tap_ok(length > 0, "CLIENTS 9: FormatMessage finds a text in a module that was loaded by name");
    FreeLibrary(module);
}

int main(void)
{
    INTERNET_PORT http = need_port("HTTP_PORT"), https = need_port("HTTPS_PORT");

    unloaded = CreateEventW(NULL, FALSE, FALSE, NULL);
    finished = CreateEventW(NULL, FALSE, FALSE, NULL);
    check_text();
    check_idle_loads();
    check_rounds(http, https);
    return tap_done();
}
