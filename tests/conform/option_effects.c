/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * option_effects: what options do, beside being set (API 2): to the wire, to the pool, to what can be asked for later.
 * The scripted server on STUB_PLAIN_PORT and STUB_TLS_PORT tells what it sees.
 */
#include <stdlib.h>

#include "client.h"
#define SECURITY_WIN32
#include <sspi.h>
#include <wincrypt.h>
#include <mstcpip.h>

static struct client the;
static INTERNET_PORT stub, stub_tls;

static BOOL set_dword(HINTERNET handle, DWORD option, DWORD value)
{
    return WinHttpSetOption(handle, option, &value, sizeof(value));
}

static DWORD get_dword(HINTERNET handle, DWORD option)
{
    DWORD value = POISON, size = sizeof(value);

    WinHttpQueryOption(handle, option, &value, &size);
    return value;
}

/* The request as it is: sent, and its answer's body as text. */
static const char *answer(void)
{
    static char text[2000];
    long length;

    text[0] = 0;
    if (client_exchange(&the) == ERROR_SUCCESS) {
        length = client_read_all(&the, text, sizeof(text) - 1);
        text[length > 0 ? length : 0] = 0;
    }
    return text;
}

static BOOL begins(const char *text, const char *with)
{
    return !strncmp(text, with, strlen(with));
}

/* ---- 24: the code behind an error ---- */

static DWORD WINAPI other_thread(void *code)
{
    *(DWORD *)code = get_dword(NULL, WINHTTP_OPTION_EXTENDED_ERROR);
    return 0;
}

static void check_extended_error(INTERNET_PORT nobody)
{
    DWORD code = POISON;
    HANDLE thread;

    client_open(&the, 0, nobody);
    client_request(&the, NULL, NULL, 0);
    SAME(get_dword(NULL, WINHTTP_OPTION_EXTENDED_ERROR), 0, "API 24: no error, no code");
    FAILS(WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 0, 0), ERROR_WINHTTP_CANNOT_CONNECT, "S9: nobody listens");
    SAME(get_dword(NULL, WINHTTP_OPTION_EXTENDED_ERROR), WSAECONNREFUSED, "API 24: on NULL, the code behind it");
    SAME(get_dword(the.session, WINHTTP_OPTION_EXTENDED_ERROR), WSAECONNREFUSED, "API 24: on a session");
    SAME(get_dword(the.request, WINHTTP_OPTION_EXTENDED_ERROR), WSAECONNREFUSED, "API 24: on a request");
    thread = CreateThread(NULL, 0, other_thread, &code, 0, NULL);
    WaitForSingleObject(thread, WAIT_MS);
    CloseHandle(thread);
    SAME(code, 0, "API 24: another thread has its own");
    FAILS(WinHttpReceiveResponse(the.request, NULL), ERROR_WINHTTP_INCORRECT_HANDLE_STATE,
          "S11: then nothing to receive");
    SAME(get_dword(NULL, WINHTTP_OPTION_EXTENDED_ERROR), 0, "API 24: an error with no socket behind it");
    client_close(&the);
    client_open_host(&the, 0, L"no-such-host.invalid", 80);
    client_request(&the, NULL, NULL, 0);
    FAILS(WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 0, 0), ERROR_WINHTTP_NAME_NOT_RESOLVED,
          "S10: no such host");
    code = get_dword(NULL, WINHTTP_OPTION_EXTENDED_ERROR);
    tap_ok(code >= WSAHOST_NOT_FOUND && code <= WSANO_DATA, "API 24: a code of the resolver, %lu", code);
    client_close(&the);
}

/* 24 in a callback, for a failure that REQUEST_ERROR tells. */
static DWORD told_code, told_error;
static HANDLE told;

static void CALLBACK on_error(HINTERNET handle, DWORD_PTR context, DWORD status, void *info, DWORD length)
{
    (void)handle, (void)context, (void)length;
    if (status != WINHTTP_CALLBACK_STATUS_REQUEST_ERROR)
        return;
    told_error = ((WINHTTP_ASYNC_RESULT *)info)->dwError;
    told_code = get_dword(NULL, WINHTTP_OPTION_EXTENDED_ERROR);
    SetEvent(told);
}

static void check_extended_error_told(INTERNET_PORT nobody)
{
    told = CreateEventW(NULL, FALSE, FALSE, NULL);
    client_open(&the, WINHTTP_FLAG_ASYNC, nobody);
    client_request(&the, NULL, NULL, 0);
    WinHttpSetStatusCallback(the.request, on_error, WINHTTP_CALLBACK_FLAG_ALL_NOTIFICATIONS, 0);
    SUCCEEDS(WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 0, 0), "S15: asynchronously");
    tap_ok(WaitForSingleObject(told, WAIT_MS) == WAIT_OBJECT_0, "S15: the failure is told");
    SAME(told_error, ERROR_WINHTTP_CANNOT_CONNECT, "S9: nobody listens");
    SAME(told_code, WSAECONNREFUSED, "API 24: the code can be asked for inside the callback");
    client_close(&the);
    CloseHandle(told);
}

/* ---- 59: the version of HTTP ---- */

static BOOL set_version(HINTERNET handle, DWORD major, DWORD minor)
{
    HTTP_VERSION_INFO version = {major, minor};

    return WinHttpSetOption(handle, WINHTTP_OPTION_HTTP_VERSION, &version, sizeof(version));
}

static DWORD version_of(HINTERNET handle)
{
    HTTP_VERSION_INFO version = {POISON, POISON};
    DWORD size = sizeof(version);

    WinHttpQueryOption(handle, WINHTTP_OPTION_HTTP_VERSION, &version, &size);
    return version.dwMajorVersion * 10 + version.dwMinorVersion;
}

static void check_version(void)
{
    client_open(&the, 0, stub);
    SAME(version_of(NULL), 11, "API 59: 1.1 by default");
    FAILS(set_version(NULL, 2, 0), ERROR_INVALID_PARAMETER, "API 59: no other than 1.0 and 1.1");
    FAILS(set_version(NULL, 1, 2), ERROR_INVALID_PARAMETER, "API 59: nor 1.2");
    SUCCEEDS(set_version(NULL, 1, 0), "API 59: 1.0 for the process");
    SAME(version_of(the.session), 10, "API 59: a session follows");
    client_request(&the, NULL, L"/head", 0);
    SAME(version_of(the.request), 10, "API 59: and a request");
    tap_ok(begins(answer(), "GET /head HTTP/1.0\r\n"), "API 59: on the wire");
    SUCCEEDS(set_version(the.session, 1, 1), "API 59: 1.1 for a session");
    SAME(version_of(NULL), 10, "API 59: the process stays");
    client_request(&the, NULL, L"/head", 0);
    tap_ok(begins(answer(), "GET /head HTTP/1.1\r\n"), "API 59: the session's own counts");
    client_request(&the, NULL, L"/head", 0);
    SUCCEEDS(set_version(the.request, 1, 0), "API 59: 1.0 for a request");
    tap_ok(begins(answer(), "GET /head HTTP/1.0\r\n"), "API 59: the request's own counts most");
    SUCCEEDS(set_version(NULL, 1, 1), "API 59: as it was");
    client_close(&the);
}

/* ---- 68, 138: the target ---- */

static void check_target(void)
{
    client_open(&the, 0, stub);
    FAILS(set_dword(the.session, WINHTTP_OPTION_CODEPAGE, 4711), ERROR_INVALID_PARAMETER, "API 68: no such code page");
    SUCCEEDS(set_dword(the.session, WINHTTP_OPTION_CODEPAGE, 1252), "API 68: Windows' Latin-1");
    client_request(&the, NULL, L"/head?\x00e9<\x20ac", 0);
    tap_ok(begins(answer(), "GET /head?%E9%3C%80 HTTP/1.1\r\n"), "API 68: the query is in it");
    SUCCEEDS(set_dword(the.session, WINHTTP_OPTION_CODEPAGE, CP_UTF8), "API 68: UTF-8");
    client_request(&the, NULL, L"/head?\x00e9", 0);
    tap_ok(begins(answer(), "GET /head?%C3%A9 HTTP/1.1\r\n"), "API 68, P10: the default");

    client_request(&the, NULL, L"/head?<>", WINHTTP_FLAG_ESCAPE_DISABLE);
    tap_ok(begins(answer(), "GET /head?<> HTTP/1.1\r\n"), "P7: nothing is escaped");
    client_request(&the, NULL, L"/head?<>", WINHTTP_FLAG_ESCAPE_DISABLE);
    SUCCEEDS(set_dword(the.request, WINHTTP_OPTION_ENCODE_EXTRA, TRUE), "API 138: on a request");
    tap_ok(begins(answer(), "GET /head?%3C%3E HTTP/1.1\r\n"), "API 138: it is escaped after all");
    SUCCEEDS(set_dword(the.session, WINHTTP_OPTION_ENCODE_EXTRA, TRUE), "API 138: on a session");
    client_request(&the, NULL, L"/head?<>", WINHTTP_FLAG_ESCAPE_DISABLE_QUERY);
    tap_ok(begins(answer(), "GET /head?%3C%3E HTTP/1.1\r\n"), "API 138: for the requests to come");
    SUCCEEDS(set_dword(the.request, WINHTTP_OPTION_ENCODE_EXTRA, FALSE), "API 138: off again");
    tap_ok(begins(answer(), "GET /head?<> HTTP/1.1\r\n"), "P9: as the flags say");
    client_close(&the);
}

/* ---- 100: users in URLs ---- */

static void check_userpwd(void)
{
    static const WCHAR *const paths[] = {L"/to-a-user", L"/to-nobody"};
    size_t i;

    client_open(&the, 0, stub);
    for (i = 0; i < COUNT(paths); i++) {
        client_request(&the, NULL, paths[i], 0);
        ANSWERS(client_exchange(&the), ERROR_SUCCESS, "API 100: a redirect to a user, %lu", (DWORD)i);
        client_request(&the, NULL, paths[i], 0);
        SUCCEEDS(set_dword(the.request, WINHTTP_OPTION_REJECT_USERPWD_IN_URL, TRUE), "API 100: refuse those");
        ANSWERS(client_exchange(&the), ERROR_WINHTTP_INVALID_URL, "API 100: it is refused");
    }
    SUCCEEDS(set_dword(the.session, WINHTTP_OPTION_REJECT_USERPWD_IN_URL, TRUE), "API 100: on a session");
    client_request(&the, NULL, paths[0], 0);
    ANSWERS(client_exchange(&the), ERROR_WINHTTP_INVALID_URL, "API 100: its requests inherit it");
    client_close(&the);
}

/* ---- 143, 195: the pool ---- */

/* The number of the connection that carries a request of c's. */
static long number_by(struct client *c, BOOL expire)
{
    char digits[11] = "";

    client_request(c, NULL, L"/number", 0);
    if (client_exchange(c) != ERROR_SUCCESS)
        return -1;
    if (expire)
        SUCCEEDS(WinHttpSetOption(c->request, WINHTTP_OPTION_EXPIRE_CONNECTION, NULL, 0),
                 "API 143: while it is active");
    client_read_all(c, digits, 10);
    return strtol(digits, NULL, 10);
}

static void check_pool(void)
{
    struct client other = {0};
    long first, second;

    client_open(&the, 0, stub);
    first = number_by(&the, FALSE);
    SAME(number_by(&the, FALSE), first, "CN1: a connection is used again");
    FAILS(WinHttpSetOption(the.request, WINHTTP_OPTION_EXPIRE_CONNECTION, NULL, 0),
          ERROR_WINHTTP_INCORRECT_HANDLE_STATE, "API 143: not when all has been read");
    number_by(&the, TRUE);
    second = number_by(&the, FALSE);
    tap_ok(second != first && second > 0, "API 143: not after it was said to expire");

    client_open(&other, 0, stub);
    SUCCEEDS(set_dword(other.session, WINHTTP_OPTION_DISABLE_GLOBAL_POOLING, TRUE), "API 195: a session of its own");
    first = number_by(&other, FALSE);
    tap_ok(first != second && first > 0, "API 195: does not take what another session left");
    SAME(number_by(&other, FALSE), first, "API 195: but what it left itself");
    client_close(&other);
    SAME(number_by(&the, FALSE), second, "API 195: nor the other way round");
    client_close(&the);
}

/* ---- 165: another name to resolve ---- */

static void check_alias(void)
{
    static WCHAR name[] = L"127.0.0.1";
    const char *text;

    client_open_host(&the, 0, L"front.invalid", stub);
    client_request(&the, NULL, L"/head", 0);
    FAILS(WinHttpSetOption(the.request, WINHTTP_OPTION_RESOLUTION_HOSTNAME, name, 5), ERROR_INVALID_PARAMETER,
          "API 165: half a character");
    SUCCEEDS(WinHttpSetOption(the.request, WINHTTP_OPTION_RESOLUTION_HOSTNAME, name, sizeof(name)),
             "API 165: in bytes");
    text = answer();
    tap_ok(strstr(text, "\r\nHost: front.invalid:") != NULL, "API 165: the request still names the host");
    client_request(&the, NULL, L"/head", 0);
    ANSWERS(client_exchange(&the), ERROR_WINHTTP_NAME_NOT_RESOLVED, "API 165: that connection is for no other request");
    client_close(&the);
}

/* ---- 142, 146: measurements ---- */

static void check_order(const WINHTTP_REQUEST_TIMES *times, BOOL secure)
{
    static const int plain[] = {WinHttpConnectionAcquireStart,
                                WinHttpConnectionAcquireWaitEnd,
                                WinHttpNameResolutionStart,
                                WinHttpNameResolutionEnd,
                                WinHttpConnectionEstablishmentStart,
                                WinHttpConnectionEstablishmentEnd,
                                WinHttpConnectionAcquireEnd,
                                WinHttpSendRequestStart,
                                WinHttpSendRequestHeadersEnd,
                                WinHttpSendRequestEnd,
                                WinHttpReceiveResponseStart,
                                WinHttpReceiveResponseHeadersEnd,
                                WinHttpReceiveResponseEnd};
    static const int tls[] = {WinHttpConnectionEstablishmentEnd, WinHttpTlsHandshakeClientLeg1Start,
                              WinHttpTlsHandshakeClientLeg1End,  WinHttpTlsHandshakeClientLeg2Start,
                              WinHttpTlsHandshakeClientLeg2End,  WinHttpConnectionAcquireEnd};
    const int *order = secure ? tls : plain;
    size_t i, count = secure ? COUNT(tls) : COUNT(plain);
    ULONGLONG last = 1;

    for (i = 0; i < count; i++) {
        tap_ok(times->rgullTimes[order[i]] >= last, "API 4.14: time %d is not before the one ahead of it", order[i]);
        last = times->rgullTimes[order[i]];
    }
}

static void check_measurements(BOOL secure)
{
    WINHTTP_REQUEST_TIMES times;
    WINHTTP_REQUEST_STATS stats;
    DWORD size = sizeof(times), security = SECURITY_FLAG_IGNORE_ALL_CERT_ERRORS,
          flags = secure ? WINHTTP_FLAG_SECURE : 0;
    const char *text;

    client_open(&the, 0, secure ? stub_tls : stub);
    set_dword(the.session, WINHTTP_OPTION_DISABLE_GLOBAL_POOLING, TRUE);
    client_request(&the, NULL, L"/head", flags);
    if (secure)
        set_dword(the.request, WINHTTP_OPTION_SECURITY_FLAGS, security);
    SUCCEEDS(WinHttpQueryOption(the.request, WINHTTP_OPTION_REQUEST_TIMES, &times, &size),
             "API 142: before it is sent");
    SAME(times.rgullTimes[WinHttpSendRequestStart], 0, "API 142: there is no time");
    text = answer();
    SUCCEEDS(WinHttpQueryOption(the.request, WINHTTP_OPTION_REQUEST_TIMES, &times, &size),
             "API 142: after the exchange");
    SAME(times.cTimes, WinHttpRequestTimeLast, "API 142: so many times");
    check_order(&times, secure);
    size = sizeof(stats);
    SUCCEEDS(WinHttpQueryOption(the.request, WINHTTP_OPTION_REQUEST_STATS, &stats, &size), "API 146: the statistics");
    SAME(stats.cStats, WinHttpRequestStatLast, "API 146: so many");
    SAME(stats.rgullStats[WinHttpRequestHeadersSize], strlen(text), "API 146: bytes of the request's head");
    SAME(stats.rgullStats[WinHttpResponseBodySize], strlen(text), "API 146: bytes of the response's body");
    tap_ok(stats.rgullStats[WinHttpResponseHeadersSize] > 20, "API 146: bytes of the response's head");
    SAME(stats.rgullStats[WinHttpConnectFailureCount], 0, "API 146: no address in vain");
    tap_ok(stats.ullFlags == WINHTTP_REQUEST_STAT_FLAG_FIRST_REQUEST && stats.ulIndex == 0,
           "API 146: the first request");

    client_request(&the, NULL, L"/head", flags);
    if (secure)
        set_dword(the.request, WINHTTP_OPTION_SECURITY_FLAGS, security);
    answer();
    WinHttpQueryOption(the.request, WINHTTP_OPTION_REQUEST_STATS, &stats, &size);
    tap_ok(!(stats.ullFlags & WINHTTP_REQUEST_STAT_FLAG_FIRST_REQUEST) && stats.ulIndex == 1, "API 146: the second");
    size = sizeof(times);
    WinHttpQueryOption(the.request, WINHTTP_OPTION_REQUEST_TIMES, &times, &size);
    SAME(times.rgullTimes[WinHttpNameResolutionStart], 0, "API 142: nothing was looked up for it");
    client_close(&the);
}

/* ---- 108: the channel binding ---- */

static void check_bindings(void)
{
    static const char prefix[] = "tls-server-end-point:";
    union {
        SecPkgContext_Bindings bindings;
        char bytes[300];
    } buffer;
    const SEC_CHANNEL_BINDINGS *b;
    PCCERT_CONTEXT leaf = NULL;
    BYTE hash[32];
    DWORD size = 0, n = sizeof(hash);

    client_open(&the, 0, stub_tls);
    client_request(&the, NULL, L"/head", WINHTTP_FLAG_SECURE);
    FAILS(WinHttpQueryOption(the.request, WINHTTP_OPTION_SERVER_CBT, NULL, &size), ERROR_WINHTTP_INCORRECT_HANDLE_STATE,
          "API 108: there is no channel yet");
    SAME(size, 0, "GEN8: the size is left alone");
    set_dword(the.request, WINHTTP_OPTION_SECURITY_FLAGS, SECURITY_FLAG_IGNORE_ALL_CERT_ERRORS);
    ANSWERS(client_exchange(&the), ERROR_SUCCESS, "API 108: over TLS");
    FAILS(WinHttpQueryOption(the.request, WINHTTP_OPTION_SERVER_CBT, NULL, &size), ERROR_INSUFFICIENT_BUFFER,
          "API 108: no buffer gives the size");
    SAME(size, sizeof(SecPkgContext_Bindings) + sizeof(*b) + sizeof(prefix) - 1 + sizeof(hash),
         "API 108: of a SHA-256");
    SUCCEEDS(WinHttpQueryOption(the.request, WINHTTP_OPTION_SERVER_CBT, &buffer, &size), "API 108: so much is enough");
    b = buffer.bindings.Bindings;
    tap_ok((const char *)b == buffer.bytes + sizeof(SecPkgContext_Bindings), "API 108: it points into the buffer");
    SAME(buffer.bindings.BindingsLength + sizeof(SecPkgContext_Bindings), size, "API 108: the length behind it");
    SAME(b->cbApplicationDataLength, sizeof(prefix) - 1 + sizeof(hash), "API 108: name and hash");
    tap_ok(!memcmp((const char *)b + b->dwApplicationDataOffset, prefix, sizeof(prefix) - 1), "RFC 5929: the name");
    size = sizeof(leaf);
    WinHttpQueryOption(the.request, WINHTTP_OPTION_SERVER_CERT_CONTEXT, &leaf, &size);
    CryptHashCertificate(0, CALG_SHA_256, 0, leaf->pbCertEncoded, leaf->cbCertEncoded, hash, &n);
    tap_ok(!memcmp((const char *)b + b->dwApplicationDataOffset + sizeof(prefix) - 1, hash, sizeof(hash)),
           "RFC 5929: the hash of the server's certificate");
    CertFreeCertificateContext(leaf);
    client_close(&the);
}

/* ---- 80, 85: the process ---- */

static void check_process(void)
{
    DWORD size = 3;

    FAILS(set_dword(NULL, WINHTTP_OPTION_WORKER_THREAD_COUNT, 0), ERROR_INVALID_PARAMETER, "API 80: not none");
    SUCCEEDS(set_dword(NULL, WINHTTP_OPTION_WORKER_THREAD_COUNT, 4), "API 80: once");
    FAILS(set_dword(NULL, WINHTTP_OPTION_WORKER_THREAD_COUNT, 5), ERROR_WINHTTP_INCORRECT_HANDLE_STATE,
          "API 80: and not again");
    SAME(get_dword(NULL, WINHTTP_OPTION_ENABLETRACING), FALSE, "API 85: off");
    SUCCEEDS(set_dword(NULL, WINHTTP_OPTION_ENABLETRACING, TRUE), "API 85: on");
    SAME(get_dword(NULL, WINHTTP_OPTION_ENABLETRACING), TRUE, "API 85: is on");
    SUCCEEDS(set_dword(NULL, WINHTTP_OPTION_ENABLETRACING, FALSE), "API 85: off again");
    FAILS(WinHttpQueryOption(NULL, WINHTTP_OPTION_ENABLETRACING, NULL, &size), ERROR_INSUFFICIENT_BUFFER,
          "O2: on NULL");
    SAME(size, sizeof(DWORD), "O2: the size");
}

/* ---- 152: the kernel's own keep-alive ---- */

static void check_keep_alive(void)
{
    struct tcp_keepalive values = {1, 7000, 1000};

    client_open(&the, 0, stub);
    SUCCEEDS(WinHttpSetOption(the.session, WINHTTP_OPTION_TCP_KEEPALIVE, &values, sizeof(values)),
             "API 152: keep-alive");
    client_request(&the, NULL, L"/head", 0);
    ANSWERS(client_exchange(&the), ERROR_SUCCESS, "API 152: an exchange with it");
    client_close(&the);
}

int main(void)
{
    INTERNET_PORT nobody = unused_port();

    stub = need_port("STUB_PLAIN_PORT");
    stub_tls = need_port("STUB_TLS_PORT");
    check_process();
    check_extended_error(nobody);
    check_extended_error_told(nobody);
    check_version();
    check_target();
    check_userpwd();
    check_pool();
    check_alias();
    check_measurements(FALSE);
    check_measurements(TRUE);
    check_bindings();
    check_keep_alive();
    return tap_done();
}
