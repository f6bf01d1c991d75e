/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* redirect: what becomes of a request that is sent elsewhere (SEMANTICS 10, D8, N20 to N22), against the scripted
 * server. */
#include <string.h>

#include "client.h"
#include "recorder.h"

#define STATUS(name) WINHTTP_CALLBACK_STATUS_##name

static struct client the;
static char body[4096];

/* N20: one step of a redirect, its connection new or not. */
#define STEP(where)                                                                                                    \
    {STATUS(RESOLVING_NAME), where, MAYBE}, {STATUS(NAME_RESOLVED), where, MAYBE},                                     \
        {STATUS(CONNECTING_TO_SERVER), where, MAYBE}, {STATUS(CONNECTED_TO_SERVER), where, MAYBE},                     \
        {STATUS(SENDING_REQUEST), where, ONCE},                                                                        \
    {                                                                                                                  \
        STATUS(REQUEST_SENT), where, ONCE                                                                              \
    }

static const struct expected sync_sent[] = {STEP(CALLER), {0}};
static const struct expected sync_redirected[] = {{STATUS(RECEIVING_RESPONSE), CALLER, ONCE},
                                                  {STATUS(RESPONSE_RECEIVED), CALLER, ONCE},
                                                  {STATUS(REDIRECT), CALLER, ONCE},
                                                  STEP(CALLER),
                                                  {STATUS(RECEIVING_RESPONSE), CALLER, ONCE},
                                                  {STATUS(RESPONSE_RECEIVED), CALLER, ONCE},
                                                  {0}};
static const struct expected async_sent[] = {STEP(ANYWHERE), {STATUS(SENDREQUEST_COMPLETE), OTHER, ONCE}, {0}};
static const struct expected async_redirected[] = {
    {STATUS(RECEIVING_RESPONSE), CALLER, ONCE}, {STATUS(RESPONSE_RECEIVED), PROMPT, ONCE},
    {STATUS(REDIRECT), PROMPT, ONCE},           STEP(ANYWHERE),
    {STATUS(RECEIVING_RESPONSE), OTHER, ONCE},  {STATUS(RESPONSE_RECEIVED), OTHER, ONCE},
    {STATUS(HEADERS_AVAILABLE), OTHER, ONCE},   {0}};

static void open_client(DWORD flags, INTERNET_PORT port)
{
    rec_reset();
    client_open(&the, flags, port);
    client_listen(&the, rec_callback, (DWORD_PTR)&the);
    WinHttpCloseHandle(the.connect);
    the.connect = WinHttpConnect(the.session, L"127.0.0.1", port, 0);
    rec_skip();
}

/* The URL option's end: the path. */
static BOOL url_ends(const WCHAR *path)
{
    WCHAR url[256];
    DWORD size = sizeof(url);
    size_t n = wcslen(path);

    if (!WinHttpQueryOption(the.request, WINHTTP_OPTION_URL, url, &size) || size / 2 < n)
        return FALSE;
    return !memcmp(url + size / 2 - n, path, n * sizeof(*path)) && !memcmp(url, L"http://127.0.0.1:", 34);
}

static const struct {
    const WCHAR *verb, *path, *then;
    const char *data;  /* sent with the request */
    const char *first; /* how the head, or the body, of the second request begins */
    const char *ids;
} steps[] = {
    {L"GET", L"/to-head-301", L"/head", NULL, "GET /head HTTP/1.1\r\n", "RD1, D8: 301 GET"},
    {L"POST", L"/to-head-301", L"/head", "data", "GET /head HTTP/1.1\r\n", "D8: 301 makes POST a GET"},
    {L"PUT", L"/to-head-303", L"/head", "data", "GET /head HTTP/1.1\r\n", "D8: 303 makes PUT a GET"},
    {L"DELETE", L"/to-head-303", L"/head", NULL, "GET /head HTTP/1.1\r\n", "D8: 303 makes DELETE a GET"},
    {L"POST", L"/to-body-307", L"/body", "data", "data", "RD4, S16: 307 sends the body again"},
    {L"PUT", L"/to-body-308", L"/body", "data", "data", "D8: 308 sends the body again"},
};

static void check_steps(void)
{
    for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
        DWORD n = steps[i].data ? (DWORD)strlen(steps[i].data) : 0;
        const char *ids = steps[i].ids;
        long got;

        client_request(&the, steps[i].verb, steps[i].path, 0);
        WinHttpAddRequestHeaders(the.request, L"Content-Type: a/b", (DWORD)-1, WINHTTP_ADDREQ_FLAG_ADD);
        rec_skip();
        SUCCEEDS(CALL(WinHttpSendRequest(the.request, NULL, 0, (void *)steps[i].data, n, n, 0)), "%s: sent", ids);
        rec_expect(sync_sent, "N6 %s: the first request", ids);
        tap_ok(url_ends(steps[i].path), "RD2 %s: the URL before", ids);
        SUCCEEDS(CALL(WinHttpReceiveResponse(the.request, NULL)), "%s: received", ids);
        rec_expect(sync_redirected, "N20, RD12 %s: the notifications", ids);
        tap_ok(url_ends(steps[i].then), "RD2, RD6 %s: the URL behind", ids);
        SAME(client_status(&the), 200, "RD5 %s: the status", ids);
        memset(body, 0, sizeof(body));
        got = client_read_all(&the, body, sizeof(body) - 1);
        tap_ok(got >= (long)strlen(steps[i].first) && !memcmp(body, steps[i].first, strlen(steps[i].first)),
               "%s: what was sent", ids);
        tap_ok(n == 0 || !strstr(body, "Content-Type") || strcmp(steps[i].first, "data") == 0,
               "D8 %s: nothing speaks of a body", ids);
    }
}

/* What is meant for one origin does not reach another; what is meant for every server does. */
static void check_origin(const WCHAR *path, BOOL same)
{
    client_request(&the, NULL, path, 0);
    WinHttpAddRequestHeaders(the.request, L"Authorization: Basic eDp5\r\nX-Mine: kept", (DWORD)-1,
                             WINHTTP_ADDREQ_FLAG_ADD);
    ANSWERS(client_exchange(&the), ERROR_SUCCESS, "D8 %ls: followed", path);
    memset(body, 0, sizeof(body));
    client_read_all(&the, body, sizeof(body) - 1);
    tap_ok(strstr(body, "X-Mine: kept") != NULL, "D8 %ls: the header goes along", path);
    tap_ok(same == (strstr(body, "Authorization:") != NULL), "D8 %ls: the credentials only to their origin", path);
    tap_ok(strstr(body, same ? "Host: 127.0.0.1:" : "Host: localhost:") != NULL, "D8 %ls: Host", path);
}

static void set(DWORD option, DWORD value)
{
    SUCCEEDS(WinHttpSetOption(the.request, option, &value, sizeof(value)), "O10, O21: option %lu", option);
}

static void check_limits(void)
{
    client_request(&the, NULL, L"/to-itself", 0);
    set(WINHTTP_OPTION_MAX_HTTP_AUTOMATIC_REDIRECTS, 2);
    rec_skip();
    ANSWERS(client_exchange(&the), ERROR_WINHTTP_REDIRECT_FAILED, "RD8: one redirect too many");
    tap_ok(url_ends(L"/to-itself"), "RD9: the URL of the last one");
    client_request(&the, NULL, L"/to-head-301", 0);
    set(WINHTTP_OPTION_REDIRECT_POLICY, WINHTTP_OPTION_REDIRECT_POLICY_NEVER);
    ANSWERS(client_exchange(&the), ERROR_SUCCESS, "API 4.11: never");
    SAME(client_status(&the), 301, "API 4.11: the redirect is the answer");
    client_request(&the, NULL, L"/to-head-301", 0);
    set(WINHTTP_OPTION_DISABLE_FEATURE, WINHTTP_DISABLE_REDIRECTS);
    ANSWERS(client_exchange(&the), ERROR_SUCCESS, "O14: redirects switched off");
    SAME(client_status(&the), 301, "O14: the redirect is the answer");
    client_request(&the, NULL, L"/to-nowhere", 0);
    ANSWERS(client_exchange(&the), ERROR_SUCCESS, "a redirect without Location");
    SAME(client_status(&the), 302, "... is an answer");
    client_request(&the, NULL, L"/to-ftp", 0);
    ANSWERS(client_exchange(&the), ERROR_WINHTTP_REDIRECT_FAILED, "API 12156: a scheme that is not ours");
}

static void check_async(INTERNET_PORT port)
{
    open_client(WINHTTP_FLAG_ASYNC, port);
    client_request(&the, L"POST", L"/to-body-307", 0);
    rec_skip();
    SUCCEEDS(CALL(WinHttpSendRequest(the.request, NULL, 0, "data", 4, 4, 0)), "S15: sent");
    rec_expect(async_sent, "N10: the first request");
    SUCCEEDS(CALL(WinHttpReceiveResponse(the.request, NULL)), "N21: received");
    rec_expect(async_redirected, "N21, N22: what comes where");
    tap_ok(rec_last(STATUS(REDIRECT))->info_size > 34 &&
               !memcmp(rec_last(STATUS(REDIRECT))->info, L"http://127.0.0.1:", 34),
           "CLIENTS 7: REDIRECT tells an absolute URL");
    tap_ok(url_ends(L"/body"), "RD2: the URL behind");
    SAME(client_status(&the), 200, "RD5: the status");
    client_close(&the);
    rec_expect_lives(TRUE, "H8: every handle's end");
}

static void close_it(HINTERNET handle, void *closed)
{
    *(BOOL *)closed = WinHttpCloseHandle(handle);
}

static void check_close_in_redirect(INTERNET_PORT port)
{
    BOOL closed = FALSE;

    open_client(WINHTTP_FLAG_ASYNC, port);
    client_request(&the, NULL, L"/to-head-301", 0);
    rec_skip();
    CALL(WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 0, 0));
    rec_expect(async_sent, "N10: sent");
    rec_hook(STATUS(REDIRECT), close_it, &closed);
    CALL(WinHttpReceiveResponse(the.request, NULL));
    rec_wait(STATUS(REDIRECT), 1);
    rec_wait(STATUS(HANDLE_CLOSING), 1);
    tap_ok(closed && rec_count(STATUS(REQUEST_ERROR)) == 1, "API 3.1: closing in REDIRECT cancels");
    tap_ok(rec_count(STATUS(HEADERS_AVAILABLE)) == 0, "... and nothing is sent any more");
    the.request = NULL;
    client_close(&the);
    rec_expect_lives(TRUE, "H8: every handle's end");
}

int main(void)
{
    INTERNET_PORT port = find_port("STUB_PLAIN_PORT");

    open_client(0, port);
    check_steps();
    check_origin(L"/to-same-origin", TRUE);
    check_origin(L"/to-other-origin", FALSE);
    check_limits();
    client_close(&the);
    check_async(port);
    check_close_in_redirect(port);
    return tap_done();
}
