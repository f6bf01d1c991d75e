/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sequences: the sequences of SEMANTICS section 19, each on synchronous and asynchronous handles: new, used and lent
 * connections (N5 to N14), answers (N16, N17), redirects (N20 to N22), ends of connections (N27, N28), 1xx answers,
 * failures; and who tells the end of a handle whose callback runs (D14). Each table is whole: a notification that it
 * does not name is a failure, here or in the next step.
 *
 * The process starts without any connection, and each part leaves none: its last request says Connection: close.
 */
#include <stdio.h>
#include <ws2tcpip.h>

#include "client.h"
#include "recorder.h"

#define STATUS(name) WINHTTP_CALLBACK_STATUS_##name

static struct client the;
static BOOL async;
static char body[1000];

/* Of the tables, synchronous handles know the rows on the calling thread only, and no completions (N6, N7). */
static const struct expected created[] = {{STATUS(HANDLE_CREATED), CALLER, ONCE}, {0}};
static const struct expected closing[] = {{STATUS(HANDLE_CLOSING), CALLER, ONCE}, {0}};
static const struct expected ended[] = {{STATUS(HANDLE_CLOSING), ANYWHERE, ONCE}, {0}};

static const struct expected sync_new[] = {{STATUS(RESOLVING_NAME), CALLER, ONCE},
                                           {STATUS(NAME_RESOLVED), CALLER, ONCE},
                                           {STATUS(CONNECTING_TO_SERVER), CALLER, SOME},
                                           {STATUS(CONNECTED_TO_SERVER), CALLER, ONCE},
                                           {STATUS(SENDING_REQUEST), CALLER, ONCE},
                                           {STATUS(REQUEST_SENT), CALLER, ONCE},
                                           {0}};
static const struct expected async_new[] = {
    {STATUS(RESOLVING_NAME), ANYWHERE, ONCE},       {STATUS(NAME_RESOLVED), ANYWHERE, ONCE},
    {STATUS(CONNECTING_TO_SERVER), ANYWHERE, SOME}, {STATUS(CONNECTED_TO_SERVER), ANYWHERE, ONCE},
    {STATUS(SENDING_REQUEST), ANYWHERE, ONCE},      {STATUS(REQUEST_SENT), ANYWHERE, ONCE},
    {STATUS(SENDREQUEST_COMPLETE), OTHER, ONCE},    {0}};
static const struct expected sync_again[] = {{STATUS(RESOLVING_NAME), CALLER, MAYBE},
                                             {STATUS(NAME_RESOLVED), CALLER, MAYBE},
                                             {STATUS(CONNECTING_TO_SERVER), CALLER, SOME},
                                             {STATUS(CONNECTED_TO_SERVER), CALLER, ONCE},
                                             {STATUS(SENDING_REQUEST), CALLER, ONCE},
                                             {STATUS(REQUEST_SENT), CALLER, ONCE},
                                             {0}};
static const struct expected async_again[] = {
    {STATUS(RESOLVING_NAME), ANYWHERE, MAYBE},      {STATUS(NAME_RESOLVED), ANYWHERE, MAYBE},
    {STATUS(CONNECTING_TO_SERVER), ANYWHERE, SOME}, {STATUS(CONNECTED_TO_SERVER), ANYWHERE, ONCE},
    {STATUS(SENDING_REQUEST), ANYWHERE, ONCE},      {STATUS(REQUEST_SENT), ANYWHERE, ONCE},
    {STATUS(SENDREQUEST_COMPLETE), OTHER, ONCE},    {0}};
static const struct expected sync_used[] = {
    {STATUS(SENDING_REQUEST), CALLER, ONCE}, {STATUS(REQUEST_SENT), CALLER, ONCE}, {0}};
static const struct expected async_used[] = {{STATUS(SENDING_REQUEST), ANYWHERE, ONCE},
                                             {STATUS(REQUEST_SENT), ANYWHERE, ONCE},
                                             {STATUS(SENDREQUEST_COMPLETE), OTHER, ONCE},
                                             {0}};
static const struct expected sync_received[] = {
    {STATUS(RECEIVING_RESPONSE), CALLER, ONCE}, {STATUS(RESPONSE_RECEIVED), CALLER, ONCE}, {0}};
static const struct expected async_received[] = {{STATUS(RECEIVING_RESPONSE), CALLER, ONCE},
                                                 {STATUS(RESPONSE_RECEIVED), PROMPT, ONCE},
                                                 {STATUS(HEADERS_AVAILABLE), PROMPT, ONCE},
                                                 {0}};
static const struct expected nothing[] = {{0}};
static const struct expected async_read[] = {{STATUS(READ_COMPLETE), ANYWHERE, ONCE}, {0}};
static const struct expected sync_read_closing[] = {
    {STATUS(CLOSING_CONNECTION), CALLER, ONCE}, {STATUS(CONNECTION_CLOSED), CALLER, ONCE}, {0}};
static const struct expected async_read_closing[] = {{STATUS(CLOSING_CONNECTION), ANYWHERE, ONCE},
                                                     {STATUS(CONNECTION_CLOSED), ANYWHERE, ONCE},
                                                     {STATUS(READ_COMPLETE), ANYWHERE, ONCE},
                                                     {0}};

#define TABLE(name) (async ? async_##name : sync_##name)
#define MODE        (async ? "async" : "sync")

/* ---- steps ---- */

static void open_session(BOOL asynchronous, const WCHAR *host, INTERNET_PORT port)
{
    async = asynchronous;
    rec_reset();
    client_open_host(&the, async ? WINHTTP_FLAG_ASYNC : 0, host, port);
    client_listen(&the, rec_callback, (DWORD_PTR)&the);
    WinHttpCloseHandle(the.connect);
    CALL(the.connect = WinHttpConnect(the.session, host, port, 0));
    rec_expect(created, "N1, N3 %s: HANDLE_CREATED of the connection alone", MODE);
}

static void check_send(const WCHAR *path, DWORD flags, const WCHAR *line, const struct expected *table, const char *ids)
{
    the.request = NULL;
    CALL(the.request = WinHttpOpenRequest(the.connect, NULL, path, NULL, NULL, NULL, flags));
    rec_expect(created, "N2 %s, %s: HANDLE_CREATED of the request alone", MODE, ids);
    SUCCEEDS(CALL(WinHttpSendRequest(the.request, line, (DWORD)-1, NULL, 0, 0, 0)), "GEN3, S15 %s, %s: sent", MODE,
             ids);
    rec_expect(table, "%s, %s", ids, MODE);
}

static void check_receive(const struct expected *table, const char *ids)
{
    SUCCEEDS(CALL(WinHttpReceiveResponse(the.request, NULL)), "GEN3 %s, %s: received", MODE, ids);
    rec_expect(table, "%s, %s", ids, MODE);
}

static void check_read(const struct expected *table, const char *ids)
{
    DWORD got = 0;

    memset(body, 0, sizeof(body));
    tap_ok(CALL(WinHttpReadData(the.request, body, sizeof(body), async ? NULL : &got)), "%s, %s: read", ids, MODE);
    rec_expect(table, "%s, %s", ids, MODE);
    if (async)
        got = rec_last(STATUS(READ_COMPLETE))->length;
    SAME(got, 5, "B22 %s, %s: the whole body", MODE, ids);
}

static void check_end(HINTERNET *handle, const char *ids)
{
    CALL(WinHttpCloseHandle(*handle));
    rec_expect(async ? ended : closing, "%s, %s: HANDLE_CLOSING alone", ids, MODE);
    *handle = NULL;
}

static void close_session(void)
{
    check_end(&the.connect, "N31, N32 connection");
    check_end(&the.session, "N31, N32 session");
    rec_expect_end("H8, N31 %s: and nothing else", MODE);
    rec_expect_lives(TRUE, "H8, D12, API 3.1 %s: every handle's end is told, and last", MODE);
}

/* ---- connections ---- */

/* The last of a part: takes the pooled connection with it (CN7, CN8). */
static void check_closing_request(DWORD flags)
{
    check_send(L"/ok", flags, L"Connection: close", TABLE(used), "N8, CN8: on the used connection");
    check_receive(TABLE(received), "N16, N17");
    check_read(TABLE(read_closing), "N25, N27: the request said Connection: close");
    check_end(&the.request, "N27, N32");
}

static void check_connections(BOOL first, INTERNET_PORT port, DWORD flags)
{
    open_session(first, L"127.0.0.1", port);
    check_send(L"/ok", flags, NULL, TABLE(new), "N5, N6, N7, N10, N11: a new connection");
    check_receive(TABLE(received), "N16, N17, N22");
    check_read(async ? async_read : nothing, "N25");
    check_end(&the.request, "CN13, N32");
    check_send(L"/ok", flags, NULL, TABLE(used), "N8: the same session");
    check_receive(TABLE(received), "N16, N17");
    check_read(async ? async_read : nothing, "N25");
    check_end(&the.request, "CN13, N32");
    close_session();

    open_session(!first, L"127.0.0.1", port);
    check_send(L"/ok", flags, NULL, TABLE(used), "N9, CN1: a new session of the other kind");
    check_receive(TABLE(received), "N16, N17");
    check_read(async ? async_read : nothing, "N25");
    check_end(&the.request, "CN13, N32");
    check_closing_request(flags);
    check_send(L"/ok", flags, L"Connection: close", TABLE(again), "N13: a second new connection in one session");
    check_receive(TABLE(received), "N16, N17");
    check_read(TABLE(read_closing), "N27");
    check_end(&the.request, "N32");
    close_session();
}

/* N28: only the response says it, and the server holds its end open. */
static void check_closing_response(BOOL asynchronous, INTERNET_PORT port)
{
    open_session(asynchronous, L"127.0.0.1", port);
    check_send(L"/close-response", 0, NULL, TABLE(new), "N5, N10");
    check_receive(TABLE(received), "N16, N17");
    check_read(async ? async_read : nothing, "N28: no CLOSING_CONNECTION within the read");
    check_end(&the.request, "N28: nor when the handle is closed");
    close_session();
}

/* N14: every address is told when it is tried; the server listens on 127.0.0.1 only, so ::1 is refused. */
static void check_addresses(BOOL asynchronous, INTERNET_PORT port)
{
    ADDRINFOW hints = {.ai_socktype = SOCK_STREAM}, *list = NULL, *one;
    DWORD before = 0;
    WSADATA data;

    WSAStartup(MAKEWORD(2, 2), &data);
    GetAddrInfoW(L"localhost", NULL, &hints, &list);
    for (one = list; one && one->ai_family != AF_INET; one = one->ai_next)
        before++;
    FreeAddrInfoW(list);
    open_session(asynchronous, L"localhost", port);
    check_send(L"/ok", 0, L"Connection: close", TABLE(new), "N12, N14, S12: localhost");
    tap_ok(rec_count(STATUS(CONNECTING_TO_SERVER)) == 1 || rec_count(STATUS(CONNECTING_TO_SERVER)) == before + 1,
           "N14 %s: CONNECTING_TO_SERVER for each address tried", MODE);
    tap_ok(!memcmp(rec_last(STATUS(CONNECTING_TO_SERVER))->info, L"127.0.0.1", 20) &&
               !memcmp(rec_last(STATUS(CONNECTED_TO_SERVER))->info, L"127.0.0.1", 20),
           "N14, S12 %s: the last one is the one connected to", MODE);
    check_receive(TABLE(received), "N16, N17");
    check_end(&the.request, "N32");
    close_session();
    WSACleanup();
}

/* ---- redirects ---- */

static const struct expected sync_redirected[] = {
    {STATUS(RECEIVING_RESPONSE), CALLER, ONCE}, {STATUS(RESPONSE_RECEIVED), CALLER, ONCE},
    {STATUS(REDIRECT), CALLER, ONCE},           {STATUS(SENDING_REQUEST), CALLER, ONCE},
    {STATUS(REQUEST_SENT), CALLER, ONCE},       {STATUS(RECEIVING_RESPONSE), CALLER, ONCE},
    {STATUS(RESPONSE_RECEIVED), CALLER, ONCE},  {0}};
static const struct expected async_redirected[] = {{STATUS(RECEIVING_RESPONSE), CALLER, ONCE},
                                                   {STATUS(RESPONSE_RECEIVED), PROMPT, ONCE},
                                                   {STATUS(REDIRECT), PROMPT, ONCE},
                                                   {STATUS(SENDING_REQUEST), ANYWHERE, ONCE},
                                                   {STATUS(REQUEST_SENT), ANYWHERE, ONCE},
                                                   {STATUS(RECEIVING_RESPONSE), OTHER, ONCE},
                                                   {STATUS(RESPONSE_RECEIVED), OTHER, ONCE},
                                                   {STATUS(HEADERS_AVAILABLE), OTHER, ONCE},
                                                   {0}};
static const struct expected sync_moved[] = {{STATUS(RECEIVING_RESPONSE), CALLER, ONCE},
                                             {STATUS(RESPONSE_RECEIVED), CALLER, ONCE},
                                             {STATUS(REDIRECT), CALLER, ONCE},
                                             {STATUS(RESOLVING_NAME), CALLER, MAYBE},
                                             {STATUS(NAME_RESOLVED), CALLER, MAYBE},
                                             {STATUS(CONNECTING_TO_SERVER), CALLER, SOME},
                                             {STATUS(CONNECTED_TO_SERVER), CALLER, ONCE},
                                             {STATUS(SENDING_REQUEST), CALLER, ONCE},
                                             {STATUS(REQUEST_SENT), CALLER, ONCE},
                                             {STATUS(RECEIVING_RESPONSE), CALLER, ONCE},
                                             {STATUS(RESPONSE_RECEIVED), CALLER, ONCE},
                                             {0}};
static const struct expected async_moved[] = {{STATUS(RECEIVING_RESPONSE), CALLER, ONCE},
                                              {STATUS(RESPONSE_RECEIVED), PROMPT, ONCE},
                                              {STATUS(REDIRECT), PROMPT, ONCE},
                                              {STATUS(RESOLVING_NAME), ANYWHERE, MAYBE},
                                              {STATUS(NAME_RESOLVED), ANYWHERE, MAYBE},
                                              {STATUS(CONNECTING_TO_SERVER), ANYWHERE, SOME},
                                              {STATUS(CONNECTED_TO_SERVER), ANYWHERE, ONCE},
                                              {STATUS(SENDING_REQUEST), ANYWHERE, ONCE},
                                              {STATUS(REQUEST_SENT), ANYWHERE, ONCE},
                                              {STATUS(RECEIVING_RESPONSE), OTHER, ONCE},
                                              {STATUS(RESPONSE_RECEIVED), OTHER, ONCE},
                                              {STATUS(HEADERS_AVAILABLE), OTHER, ONCE},
                                              {0}};

static const struct {
    const WCHAR *path;
    const char *ids;
    BOOL moved; /* the redirecting connection is closed (RD7) */
} redirects[] = {
    {L"/to-head-301", "N20, N21, N22, RD12: 301", FALSE},     {L"/to-same-origin", "N20, N21, N22, RD12: 302", FALSE},
    {L"/to-head-303", "N20, N21, N22, RD12: 303", FALSE},     {L"/to-body-308", "N20, N21, N22, RD12: 308", FALSE},
    {L"/to-body-307", "N20, N21, N22, RD7, RD12: 307", TRUE},
};

static void check_redirects(BOOL asynchronous, INTERNET_PORT port, DWORD flags, const WCHAR *host)
{
    size_t i;

    open_session(asynchronous, host, port);
    check_send(L"/ok", flags, NULL, TABLE(again), "N5, N10");
    check_receive(TABLE(received), "N16, N17");
    check_read(async ? async_read : nothing, "N25");
    check_end(&the.request, "N32");
    for (i = 0; i < COUNT(redirects); i++) {
        DWORD headers = rec_count(STATUS(HEADERS_AVAILABLE)), sent = rec_count(STATUS(SENDREQUEST_COMPLETE));

        if ((flags & WINHTTP_FLAG_SECURE) && i == 1)
            continue; /* its Location is http: */
        check_send(redirects[i].path, flags, NULL, TABLE(used), "N8, N10: to be redirected");
        check_receive(redirects[i].moved ? TABLE(moved) : TABLE(redirected), redirects[i].ids);
        SAME(rec_count(STATUS(HEADERS_AVAILABLE)), headers + async, "N22 %s: one HEADERS_AVAILABLE", MODE);
        SAME(rec_count(STATUS(SENDREQUEST_COMPLETE)), sent + async, "N22 %s: one SENDREQUEST_COMPLETE", MODE);
        SAME(client_status(&the), 200, "RD5 %s: the last answer", MODE);
        CALL(WinHttpReadData(the.request, body, sizeof(body), async ? NULL : &(DWORD){0}));
        if (async)
            rec_expect(async_read, "N25: its body");
        check_end(&the.request, "N32");
    }
    check_closing_request(flags);
    close_session();
}

/* ---- 1xx ---- */

static const struct expected sync_interim[] = {{STATUS(RECEIVING_RESPONSE), CALLER, ONCE},
                                               {STATUS(INTERMEDIATE_RESPONSE), CALLER, ONCE},
                                               {STATUS(RESPONSE_RECEIVED), CALLER, ONCE},
                                               {0}};
static const struct expected async_interim[] = {{STATUS(RECEIVING_RESPONSE), CALLER, ONCE},
                                                {STATUS(INTERMEDIATE_RESPONSE), PROMPT, ONCE},
                                                {STATUS(RESPONSE_RECEIVED), PROMPT, ONCE},
                                                {STATUS(HEADERS_AVAILABLE), PROMPT, ONCE},
                                                {0}};

static void check_interim(BOOL asynchronous, INTERNET_PORT port)
{
    open_session(asynchronous, L"127.0.0.1", port);
    check_send(L"/interim", 0, NULL, TABLE(new), "N5, N10");
    check_receive(TABLE(interim), "API 3.1, N22: a 103 answer before the last");
    SAME(note_dword(rec_last(STATUS(INTERMEDIATE_RESPONSE))), 103, "API 3.1 %s: which is told", MODE);
    check_read(async ? async_read : nothing, "N25");
    check_end(&the.request, "N32");
    check_send(L"/continue", 0, L"Expect: 100-continue", TABLE(used), "N8, N10: Expect");
    check_receive(TABLE(interim), "API 3.1, N22: a 100 answer before the last");
    SAME(note_dword(rec_last(STATUS(INTERMEDIATE_RESPONSE))), 100, "API 3.1 %s: which is told", MODE);
    check_read(async ? async_read : nothing, "N25");
    check_end(&the.request, "N32");
    check_closing_request(0);
    close_session();
}

/* ---- failures ---- */

static const struct expected sync_unknown[] = {{STATUS(RESOLVING_NAME), CALLER, ONCE}, {0}};
static const struct expected async_unknown[] = {
    {STATUS(RESOLVING_NAME), ANYWHERE, ONCE}, {STATUS(REQUEST_ERROR), ANYWHERE, ONCE}, {0}};
static const struct expected sync_refused[] = {{STATUS(RESOLVING_NAME), CALLER, ONCE},
                                               {STATUS(NAME_RESOLVED), CALLER, ONCE},
                                               {STATUS(CONNECTING_TO_SERVER), CALLER, ONCE},
                                               {0}};
static const struct expected async_refused[] = {{STATUS(RESOLVING_NAME), ANYWHERE, ONCE},
                                                {STATUS(NAME_RESOLVED), ANYWHERE, ONCE},
                                                {STATUS(CONNECTING_TO_SERVER), ANYWHERE, ONCE},
                                                {STATUS(REQUEST_ERROR), ANYWHERE, ONCE},
                                                {0}};

static void check_failure(BOOL asynchronous, const WCHAR *host, DWORD error, const struct expected *table,
                          const char *ids)
{
    DWORD_PTR good;
    DWORD told;

    open_session(asynchronous, host, unused_port());
    CALL(the.request = WinHttpOpenRequest(the.connect, NULL, NULL, NULL, NULL, NULL, 0));
    rec_expect(created, "N2, C8, C9 %s: a request without verb and name", ids);
    good = CALL(WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 0, 0));
    told = GetLastError();
    rec_expect(table, "%s, %s: as far as it came", ids, MODE);
    if (async)
        told = note_result(rec_last(STATUS(REQUEST_ERROR))).dwError;
    tap_ok(!!good == async, "S15 %s, %s: only asynchronously TRUE", ids, MODE);
    ANSWERS(told, error, "%s, %s: the error", ids, MODE);
    check_end(&the.request, "H20, N32");
    close_session();
}

/* ---- the end of a handle whose callback runs (D14) ---- */

static HANDLE inside, go_on;

static void hold_callback(HINTERNET handle, void *unused)
{
    (void)handle;
    (void)unused;
    SetEvent(inside);
    WaitForSingleObject(go_on, WAIT_MS);
}

static const struct expected told_elsewhere[] = {{STATUS(SENDING_REQUEST), OTHER, ONCE},
                                                 {STATUS(REQUEST_SENT), OTHER, ONCE},
                                                 {STATUS(SENDREQUEST_COMPLETE), OTHER, ONCE},
                                                 {STATUS(HANDLE_CLOSING), OTHER, ONCE},
                                                 {0}};
static const struct expected cancelled_elsewhere[] = {{STATUS(SENDING_REQUEST), OTHER, ONCE},
                                                      {STATUS(REQUEST_ERROR), OTHER, ONCE},
                                                      {STATUS(HANDLE_CLOSING), OTHER, ONCE},
                                                      {0}};

/* The handle is closed on this thread while a worker is inside `status`. */
static void check_close_beside(DWORD status, const struct expected *table, const char *name)
{
    the.request = NULL;
    client_request(&the, NULL, L"/ok", 0);
    rec_skip();
    rec_hook(status, hold_callback, NULL);
    CALL(WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 0, 0));
    tap_ok(WaitForSingleObject(inside, WAIT_MS) == WAIT_OBJECT_0, "D14: a worker is inside %s", name);
    SUCCEEDS(CALL(WinHttpCloseHandle(the.request)), "D14: the handle is closed meanwhile");
    SAME(rec_count(STATUS(HANDLE_CLOSING)), 0, "D14: its end is not told before that callback has returned");
    SetEvent(go_on);
    rec_expect(table, "D14, N30: the thread that was in %s tells the rest", name);
    SAME(rec_last(STATUS(HANDLE_CLOSING))->thread, rec_last(status)->thread, "D14: the end too");
    the.request = NULL;
}

static void check_closing_beside(INTERNET_PORT port)
{
    inside = CreateEventW(NULL, FALSE, FALSE, NULL);
    go_on = CreateEventW(NULL, FALSE, FALSE, NULL);
    open_session(TRUE, L"127.0.0.1", port);
    check_send(L"/ok", 0, NULL, async_new, "N10");
    check_receive(async_received, "N17");
    check_read(async_read, "N25");
    check_end(&the.request, "N32");
    rec_reset();
    check_close_beside(STATUS(SENDREQUEST_COMPLETE), told_elsewhere, "SENDREQUEST_COMPLETE");
    check_send(L"/ok", 0, NULL, async_again, "N10");
    check_receive(async_received, "N17");
    check_read(async_read, "N25");
    check_end(&the.request, "N32");
    rec_reset();
    check_close_beside(STATUS(SENDING_REQUEST), cancelled_elsewhere, "SENDING_REQUEST");
    close_session();
}

int main(void)
{
    INTERNET_PORT plain = need_port("STUB_PLAIN_PORT"), tls = need_port("STUB_TLS_PORT");
    int mode;

    for (mode = 0; mode < 2; mode++) {
        check_connections(mode, plain, 0);
        check_connections(mode, tls, WINHTTP_FLAG_SECURE);
        check_closing_response(mode, plain);
        check_addresses(mode, plain);
        check_redirects(mode, plain, 0, L"127.0.0.1");
        check_redirects(mode, tls, WINHTTP_FLAG_SECURE, L"localhost");
        check_interim(mode, plain);
        check_failure(mode, L"nothing.invalid", ERROR_WINHTTP_NAME_NOT_RESOLVED, mode ? async_unknown : sync_unknown,
                      "N5, N7, S10");
        check_failure(mode, L"127.0.0.1", ERROR_WINHTTP_CANNOT_CONNECT, mode ? async_refused : sync_refused,
                      "N5, N7, S9");
    }
    check_closing_beside(plain);
    return tap_done();
}
