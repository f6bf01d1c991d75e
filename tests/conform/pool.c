/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * pool: which connections are used again, when, and what becomes of one that has died meanwhile (SEMANTICS 13, N8, N9,
 * N13, N27, N28, A15, A20, B16).
 *
 * The scripted server numbers its connections and tells the number. What the server sees of an end it tells on another
 * connection: one to another name, which no request of the test would use.
 */
#include <stdlib.h>

#include "client.h"
#include "recorder.h"
#include <wincrypt.h>

#define STATUS(name) WINHTTP_CALLBACK_STATUS_##name

/* The notifications of one request that is sent: on a new connection, on one that is there. */
#define OPENED(where)                                                                                                  \
    {STATUS(RESOLVING_NAME), where, MAYBE}, {STATUS(NAME_RESOLVED), where, MAYBE},                                     \
        {STATUS(CONNECTING_TO_SERVER), where, SOME},                                                                   \
    {                                                                                                                  \
        STATUS(CONNECTED_TO_SERVER), where, ONCE                                                                       \
    }
#define SENT(where)                                                                                                    \
    {STATUS(SENDING_REQUEST), where, ONCE},                                                                            \
    {                                                                                                                  \
        STATUS(REQUEST_SENT), where, ONCE                                                                              \
    }
#define RECEIVED(where)                                                                                                \
    {STATUS(RECEIVING_RESPONSE), where, ONCE},                                                                         \
    {                                                                                                                  \
        STATUS(RESPONSE_RECEIVED), where, ONCE                                                                         \
    }

static const struct expected sync_new[] = {OPENED(CALLER), SENT(CALLER), {0}};
static const struct expected sync_reused[] = {SENT(CALLER), {0}};
static const struct expected async_new[] = {
    OPENED(ANYWHERE), SENT(ANYWHERE), {STATUS(SENDREQUEST_COMPLETE), OTHER, ONCE}, {0}};
static const struct expected async_reused[] = {SENT(ANYWHERE), {STATUS(SENDREQUEST_COMPLETE), OTHER, ONCE}, {0}};
static const struct expected sync_received[] = {RECEIVED(CALLER), {0}};
static const struct expected async_received[] = {RECEIVED(ANYWHERE), {STATUS(HEADERS_AVAILABLE), ANYWHERE, ONCE}, {0}};
/* A stale connection is replaced inside ReceiveResponse. */
static const struct expected sync_replaced[] = {
    {STATUS(RECEIVING_RESPONSE), CALLER, ONCE}, OPENED(CALLER), SENT(CALLER), RECEIVED(CALLER), {0}};
static const struct expected async_replaced[] = {{STATUS(RECEIVING_RESPONSE), CALLER, ONCE},
                                                 OPENED(ANYWHERE),
                                                 SENT(ANYWHERE),
                                                 RECEIVED(ANYWHERE),
                                                 {STATUS(HEADERS_AVAILABLE), ANYWHERE, ONCE},
                                                 {0}};
static const struct expected sync_lost[] = {{STATUS(RECEIVING_RESPONSE), CALLER, ONCE}, {0}};
static const struct expected async_lost[] = {
    {STATUS(RECEIVING_RESPONSE), CALLER, ONCE}, {STATUS(REQUEST_ERROR), ANYWHERE, ONCE}, {0}};
static const struct expected sync_closing[] = {{STATUS(HANDLE_CLOSING), CALLER, ONCE}, {0}};
static const struct expected async_closing[] = {{STATUS(HANDLE_CLOSING), ANYWHERE, ONCE}, {0}};

static struct client the, other;
static INTERNET_PORT plain, tls;
static BYTE buffer[65536];

/* One exchange that has no body, on a connection that no request of the test uses. */
static BOOL ask(const WCHAR *path)
{
    BOOL good;

    client_open_host(&other, 0, L"localhost", plain);
    client_request(&other, NULL, path, 0);
    good = !client_exchange(&other) && client_status(&other) == 204;
    client_close(&other);
    return good;
}

/* Leaves the request open, read to its end, and answers the number of its connection. */
static long number(DWORD flags)
{
    char digits[11] = "";

    client_request(&the, NULL, L"/number", flags);
    if (client_exchange(&the) || client_read_all(&the, digits, 10) != 10)
        return -1;
    return strtol(digits, NULL, 10);
}

/* ---- which connections serve again ---- */

enum reading { READ_ALL, READ_NONE };

static const struct {
    const WCHAR *verb, *path, *version, *header;
    enum reading reading;
    BOOL again;
    const char *ids;
} answers[] = {
    {NULL, L"/kept", NULL, NULL, READ_ALL, TRUE, "CN2: keep-alive and Content-Length"},
    {NULL, L"/ok", NULL, NULL, READ_ALL, TRUE, "CN4: Content-Length alone"},
    {NULL, L"/chunked-one", NULL, NULL, READ_ALL, TRUE, "CN3: chunked"},
    {NULL, L"/empty", NULL, NULL, READ_NONE, TRUE, "CN5: Content-Length 0"},
    {NULL, L"/nothing-204", NULL, NULL, READ_NONE, TRUE, "R20: 204"},
    {NULL, L"/unchanged-304", NULL, NULL, READ_NONE, TRUE, "R19: 304"},
    {L"HEAD", L"/announced-100", NULL, NULL, READ_NONE, TRUE, "B7: HEAD"},
    {NULL, L"/close-response", NULL, NULL, READ_ALL, FALSE, "CN6: the answer says close"},
    {NULL, L"/empty", NULL, L"Connection: close", READ_NONE, FALSE, "CN7: the request says close"},
    {NULL, L"/until-close", NULL, NULL, READ_ALL, FALSE, "CN9: a body until close"},
    {NULL, L"/old", NULL, NULL, READ_ALL, FALSE, "an answer of HTTP/1.0"},
    {NULL, L"/old-kept", NULL, NULL, READ_ALL, TRUE, "an answer of HTTP/1.0 that says keep-alive"},
    {NULL, L"/kept", L"HTTP/1.0", NULL, READ_ALL, TRUE, "a request of HTTP/1.0, which says keep-alive"},
    {NULL, L"/ok", L"HTTP/1.0", L"Connection: x", READ_ALL, FALSE, "a request of HTTP/1.0 that does not say so"},
    {NULL, L"/ok", NULL, NULL, READ_NONE, TRUE, "MAX_RESPONSE_DRAIN: a body that is there, unread"},
    {NULL, L"/chunked-whole", NULL, NULL, READ_NONE, TRUE, "MAX_RESPONSE_DRAIN: chunks that are there, unread"},
    {NULL, L"/denied-10k", NULL, NULL, READ_NONE, TRUE, "MAX_RESPONSE_DRAIN: ten kilobytes unread"},
    {NULL, L"/large", NULL, NULL, READ_NONE, FALSE, "MAX_RESPONSE_DRAIN: four megabytes unread"},
    {NULL, L"/stall-body", NULL, NULL, READ_NONE, FALSE, "closing waits for nothing: half a body"},
};

static void check_answers(INTERNET_PORT port, DWORD flags, const char *where)
{
    size_t i;

    client_open(&the, 0, port);
    for (i = 0; i < COUNT(answers); i++) {
        long before = number(flags), after;

        WinHttpCloseHandle(the.request);
        the.request =
            WinHttpOpenRequest(the.connect, answers[i].verb, answers[i].path, answers[i].version, NULL, NULL, flags);
        if (answers[i].header)
            WinHttpAddRequestHeaders(the.request, answers[i].header, (DWORD)-1, WINHTTP_ADDREQ_FLAG_ADD);
        ANSWERS(client_exchange(&the), ERROR_SUCCESS, "%s %s: the exchange", where, answers[i].ids);
        if (answers[i].reading == READ_ALL)
            client_read_all(&the, buffer, sizeof(buffer));
        after = number(flags);
        tap_ok(before > 0 && (before == after) == answers[i].again, "%s %s: %s connection (%ld, %ld)", where,
               answers[i].ids, answers[i].again ? "the same" : "another", before, after);
    }
    client_close(&the);
}

/* CN8, CN11, and what a WebSocket leaves behind. */
static void check_requests(INTERNET_PORT port, DWORD flags, const char *where)
{
    DWORD value = WINHTTP_DISABLE_KEEP_ALIVE;
    HINTERNET ws;
    long before;

    client_open(&the, 0, port);
    before = number(flags);
    client_request(&the, NULL, L"/number", flags);
    WinHttpAddRequestHeaders(the.request, L"Connection: close", (DWORD)-1, WINHTTP_ADDREQ_FLAG_ADD);
    ANSWERS(client_exchange(&the), ERROR_SUCCESS, "CN8 %s: a request that says close", where);
    client_read_all(&the, buffer, 10);
    SAME(strtol((char *)buffer, NULL, 10), before, "CN8 %s: uses a connection that is there", where);

    for (int own = 0; own < 2; own++) {
        before = number(flags);
        client_request(&the, NULL, L"/head", flags);
        WinHttpSetOption(the.request, WINHTTP_OPTION_DISABLE_FEATURE, &value, sizeof(value));
        if (own)
            WinHttpAddRequestHeaders(the.request, L"Connection: keep-alive", (DWORD)-1, WINHTTP_ADDREQ_FLAG_ADD);
        client_exchange(&the);
        memset(buffer, 0, 1000);
        client_read_all(&the, buffer, 999);
        tap_ok(strstr((char *)buffer, own ? "\r\nConnection: keep-alive" : "\r\nConnection: close") != NULL,
               "CN11 %s: what DISABLE_KEEP_ALIVE says%s", where, own ? ", where the caller does not" : "");
        tap_ok(number(flags) != before, "CN11 %s: the connection is not used again", where);
    }

    before = number(flags);
    ws = client_web_socket(&the, L"/ws-close-1000", flags);
    WinHttpCloseHandle(ws);
    tap_ok(number(flags) != before, "CN12 %s: a WebSocket's connection is not used again", where);
    client_close(&the);
}

/* CN7, CN9, CN10: what is not used again is closed. */
static void check_ends(INTERNET_PORT port, DWORD flags, const char *where)
{
    client_open(&the, 0, port);
    client_request(&the, NULL, L"/endless-then-gone", flags);
    client_exchange(&the);
    WinHttpCloseHandle(the.request);
    the.request = NULL;
    tap_ok(ask(L"/await-gone"), "CN9 %s: closing the handle closes a connection whose body has no end", where);

    client_request(&the, NULL, L"/empty-then-gone", flags);
    WinHttpAddRequestHeaders(the.request, L"Connection: close", (DWORD)-1, WINHTTP_ADDREQ_FLAG_ADD);
    client_exchange(&the);
    WinHttpCloseHandle(the.request);
    the.request = NULL;
    tap_ok(ask(L"/await-gone"), "CN7 %s: closing the handle closes the connection", where);

    client_request(&the, NULL, L"/close-then-gone", flags);
    client_exchange(&the);
    client_read_all(&the, buffer, sizeof(buffer));
    tap_ok(ask(L"/await-gone"), "CN10 %s: the end of the body closes it, though the server holds on", where);
    client_close(&the);
}

/* ---- the same, told ---- */

static void listen_to(DWORD flags, INTERNET_PORT port)
{
    rec_reset();
    client_open(&the, flags, port);
    client_listen(&the, rec_callback, (DWORD_PTR)&the);
    WinHttpCloseHandle(the.connect);
    the.connect = WinHttpConnect(the.session, L"127.0.0.1", port, 0);
    rec_skip();
}

static void open_request(const WCHAR *verb, const WCHAR *path, DWORD flags)
{
    if (the.request)
        WinHttpCloseHandle(the.request);
    the.request = WinHttpOpenRequest(the.connect, verb, path, NULL, NULL, NULL, flags);
    rec_wait(STATUS(HANDLE_CREATED), 1);
    rec_skip();
}

/* Sends and receives; each step has its table. */
static void exchange(const struct expected *sent, const struct expected *received, const char *ids)
{
    SUCCEEDS(CALL(WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 0, 0)), "%s: sent", ids);
    rec_expect(sent, "%s: the notifications of sending", ids);
    SUCCEEDS(CALL(WinHttpReceiveResponse(the.request, NULL)), "%s: received", ids);
    rec_expect(received, "%s: the notifications of receiving", ids);
}

/* Reads what there is, with one call. */
static DWORD read_once(BOOL async)
{
    DWORD got = 0, before = rec_count(STATUS(READ_COMPLETE));

    CALL(WinHttpReadData(the.request, buffer, sizeof(buffer), async ? NULL : &got));
    if (async) {
        rec_wait(STATUS(READ_COMPLETE), before + 1);
        rec_skip();
        got = rec_last(STATUS(READ_COMPLETE))->length;
    }
    rec_skip();
    return got;
}

static void check_told(BOOL async, INTERNET_PORT port, DWORD flags, const char *where)
{
    const struct expected *sent_new = async ? async_new : sync_new;
    const struct expected *sent_reused = async ? async_reused : sync_reused;
    const struct expected *received = async ? async_received : sync_received;
    static const struct expected told[] = {{STATUS(CLOSING_CONNECTION), ANYWHERE, ONCE},
                                           {STATUS(CONNECTION_CLOSED), ANYWHERE, ONCE},
                                           {STATUS(READ_COMPLETE), ANYWHERE, MAYBE},
                                           {0}};

    listen_to(async ? WINHTTP_FLAG_ASYNC : 0, port);
    open_request(NULL, L"/close-response", flags); /* leaves nothing, whatever was there before */
    WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 0, 0);
    if (async)
        rec_wait(STATUS(SENDREQUEST_COMPLETE), 1);
    WinHttpReceiveResponse(the.request, NULL);
    if (async)
        rec_wait(STATUS(HEADERS_AVAILABLE), 1);
    rec_skip();
    SAME(read_once(async), 5, "N28 %s: an answer that says close", where);
    SAME(rec_count(STATUS(CLOSING_CONNECTION)), 0, "N28 %s: whose end is not told", where);

    open_request(NULL, L"/ok", flags);
    exchange(sent_new, received, "N13: after a connection that was closed, a new one");
    SAME(read_once(async), 5, "%s: the body", where);
    open_request(NULL, L"/ok", flags);
    exchange(sent_reused, received, "N8: within a session");
    SAME(read_once(async), 5, "%s: the body", where);
    SUCCEEDS(CALL(WinHttpCloseHandle(the.request)), "CN13 %s: closing the request", where);
    the.request = NULL;
    rec_expect(async ? async_closing : sync_closing, "CN13 %s: tells nothing but that", where);
    client_close(&the);
    rec_expect_lives(TRUE, "CN13, H8 %s: the ends of all", where);

    listen_to(async ? WINHTTP_FLAG_ASYNC : 0, port);
    open_request(NULL, L"/ok", flags);
    WinHttpAddRequestHeaders(the.request, L"Connection: close", (DWORD)-1, WINHTTP_ADDREQ_FLAG_ADD);
    exchange(sent_reused, received, "N9, CN1, CN8: the first request of another session");
    CALL(WinHttpReadData(the.request, buffer, sizeof(buffer), async ? NULL : &(DWORD){0}));
    rec_expect(told, "N27 %s: the end of a request that says close", where);
    client_close(&the);
    rec_expect_lives(TRUE, "H8 %s: the ends of all", where);
}

/* ---- before the handle is closed ---- */

static const struct {
    const WCHAR *verb, *path;
    DWORD body;
    const char *ids;
} eager[] = {
    {NULL, L"/ok", 5, "Content-Length"},
    {NULL, L"/chunked-one", 9, "B16: the last chunk was there"},
    {NULL, L"/empty", 0, "B8"},
    {NULL, L"/nothing-204", 0, "B5"},
    {L"HEAD", L"/announced-100", 0, "B7"},
};

static void check_queries(DWORD flags, const char *where, const char *ids)
{
    WINHTTP_CONNECTION_INFO info = {.cbSize = sizeof(info)};
    DWORD size = sizeof(info), available = POISON, got = POISON;
    PCCERT_CONTEXT leaf = NULL;
    WCHAR url[100];

    SUCCEEDS(WinHttpQueryOption(the.request, WINHTTP_OPTION_CONNECTION_INFO, &info, &size), "%s %s: CONNECTION_INFO",
             where, ids);
    size = sizeof(url);
    SUCCEEDS(WinHttpQueryOption(the.request, WINHTTP_OPTION_URL, url, &size), "%s %s: URL", where, ids);
    size = sizeof(leaf);
    if (flags)
        SUCCEEDS(WinHttpQueryOption(the.request, WINHTTP_OPTION_SERVER_CERT_CONTEXT, &leaf, &size),
                 "%s %s: the certificate", where, ids);
    if (leaf)
        CertFreeCertificateContext(leaf);
    tap_ok(client_status(&the) >= 200, "R22 %s %s: the status", where, ids);
    SUCCEEDS(WinHttpReadData(the.request, buffer, 10, &got), "B4 %s %s: reading again", where, ids);
    SUCCEEDS(WinHttpQueryDataAvailable(the.request, &available), "B4 %s %s: and asking", where, ids);
    tap_ok(got == 0 && available == 0, "B3, B4 %s %s: finds nothing", where, ids);
}

static void check_eager(INTERNET_PORT port, DWORD flags, const char *where)
{
    size_t i;

    client_open(&the, 0, port);
    for (i = 0; i < COUNT(eager); i++) {
        long before = number(flags), between;
        HINTERNET first;
        DWORD got = 0;

        client_request(&the, eager[i].verb, eager[i].path, flags);
        ANSWERS(client_exchange(&the), ERROR_SUCCESS, "%s %s: the exchange", where, eager[i].ids);
        if (eager[i].body)
            WinHttpReadData(the.request, buffer, eager[i].body, &got);
        SAME(got, eager[i].body, "%s %s: exactly the body", where, eager[i].ids);
        first = the.request;
        the.request = NULL;
        between = number(flags);
        SAME(between, before, "CN2-CN5 %s %s: the connection serves while the request is open", where, eager[i].ids);
        WinHttpCloseHandle(the.request);
        the.request = first;
        check_queries(flags, where, eager[i].ids);
        ANSWERS(client_exchange(&the), ERROR_SUCCESS, "S6 %s %s: the request may be sent again", where, eager[i].ids);
    }
    client_close(&the);
}

/* ---- sent again ---- */

static const struct {
    const WCHAR *path;
    DWORD drain; /* option 92; 0: as it is */
    BOOL same;
    const char *ids;
} resends[] = {
    {L"/denied-10k", 0, TRUE, "A20: ten kilobytes unread"},
    {L"/denied-10k", 100, FALSE, "A20: more unread than option 92 allows"},
    {L"/denied-close", 0, FALSE, "A15: the first answer said close"},
    {L"/large", 0, FALSE, "A20: four megabytes unread"},
};

static void check_resends(INTERNET_PORT port, DWORD flags, const char *where)
{
    size_t i;

    client_open(&the, 0, port);
    for (i = 0; i < COUNT(resends); i++) {
        long before = number(flags), after;
        HINTERNET first;

        client_request(&the, NULL, resends[i].path, flags);
        if (resends[i].drain)
            WinHttpSetOption(the.request, WINHTTP_OPTION_MAX_RESPONSE_DRAIN_SIZE, (void *)&resends[i].drain,
                             sizeof(resends[i].drain));
        ANSWERS(client_exchange(&the), ERROR_SUCCESS, "%s %s: the first exchange", where, resends[i].ids);
        ANSWERS(client_exchange(&the), ERROR_SUCCESS, "%s %s: the second", where, resends[i].ids);
        if (resends[i].same) {
            first = the.request;
            the.request = NULL;
            after = number(flags);
            tap_ok(after != before, "%s %s: the second answer occupies the connection", where, resends[i].ids);
            WinHttpCloseHandle(first);
        }
        WinHttpCloseHandle(the.request);
        the.request = NULL;
        after = number(flags);
        tap_ok((after == before) == resends[i].same, "%s %s: on %s connection", where, resends[i].ids,
               resends[i].same ? "the same" : "another");
    }
    client_close(&the);
}

/* ---- half read ---- */

/* Of one TLS record the first half is read into the caller's buffer, and the rest is still to be decrypted when the
 * handle is closed. */
static void check_half_read(INTERNET_PORT port, DWORD flags, const char *where)
{
    DWORD got = 0;
    long before;

    client_open(&the, 0, port);
    before = number(flags);
    client_request(&the, NULL, L"/late-10k", flags);
    ANSWERS(client_exchange(&the), ERROR_SUCCESS, "MAX_RESPONSE_DRAIN %s: the head", where);
    tap_ok(ask(L"/raise-go"), "MAX_RESPONSE_DRAIN %s: the body may come", where);
    SUCCEEDS(WinHttpReadData(the.request, buffer, 5000, &got), "MAX_RESPONSE_DRAIN %s: half of it is read", where);
    SAME(got, 5000, "MAX_RESPONSE_DRAIN %s: and no more", where);
    SAME(number(flags), before, "MAX_RESPONSE_DRAIN %s: what was there serves to keep the connection", where);
    client_close(&the);
}

/* ---- what has died meanwhile ---- */

enum fate { NEVER_USED, REPLACED, LOST };

static const struct {
    const WCHAR *before, *verb, *path;
    enum fate fate;
    const char *ids;
} stale[] = {
    {L"/ended", NULL, L"/ok", NEVER_USED, "closed before it is used"},
    {L"/talks", NULL, L"/ok", NEVER_USED, "out of turn before it is used"},
    {L"/stale-close", NULL, L"/ok", REPLACED, "closed when it is used"},
    {L"/stale-close", L"HEAD", L"/announced-100", REPLACED, "closed, HEAD"},
    {L"/stale-close", L"DELETE", L"/ok", REPLACED, "closed, DELETE"},
    {L"/stale-end", NULL, L"/ok", REPLACED, "ended when it is used"},
    {L"/stale-reset", NULL, L"/ok", REPLACED, "reset when it is used"},
    {L"/stale-close", L"POST", L"/ok", LOST, "closed, POST"},
    {L"/stale-reset", L"PATCH", L"/ok", LOST, "reset, PATCH"},
    {L"/stale-half", NULL, L"/ok", LOST, "closed inside an answer"},
};

static void check_stale_row(size_t i, BOOL async, DWORD flags)
{
    const char *ids = stale[i].ids;
    DWORD_PTR result;
    DWORD error;

    open_request(NULL, stale[i].before, flags);
    WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 0, 0);
    if (async)
        rec_wait(STATUS(SENDREQUEST_COMPLETE), 1);
    WinHttpReceiveResponse(the.request, NULL);
    if (async)
        rec_wait(STATUS(HEADERS_AVAILABLE), 1);
    rec_skip();
    SAME(read_once(async), 5, "%s: the first answer", ids);
    if (stale[i].fate == NEVER_USED)
        tap_ok(ask(L"/await-ended"), "%s: the server has done so", ids);
    open_request(stale[i].verb, stale[i].path, flags);
    if (stale[i].fate == NEVER_USED) {
        exchange(async ? async_new : sync_new, async ? async_received : sync_received, ids);
        return;
    }
    SUCCEEDS(CALL(WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 0, 0)), "%s: sent", ids);
    rec_expect(async ? async_reused : sync_reused, "N8 %s: the connection looked alive", ids);
    result = CALL(WinHttpReceiveResponse(the.request, NULL));
    error = GetLastError();
    if (stale[i].fate == REPLACED) {
        tap_ok(result != 0, "RFC 9112 9.3.1 %s: received all the same (%lu)", ids, error);
        rec_expect(async ? async_replaced : sync_replaced, "%s: replaced once, and told as a new connection", ids);
        SAME(client_status(&the), 200, "%s: the answer", ids);
        return;
    }
    rec_expect(async ? async_lost : sync_lost, "%s: not sent again", ids);
    if (async)
        error = note_result(rec_last(STATUS(REQUEST_ERROR))).dwError;
    ANSWERS(error, ERROR_WINHTTP_CONNECTION_ERROR, "%s: the error", ids);
}

static void check_stale(BOOL async, INTERNET_PORT port, DWORD flags, const char *where)
{
    size_t i;

    for (i = 0; i < COUNT(stale); i++) {
        tap_diag("%s, %s: %s", where, async ? "asynchronous" : "synchronous", stale[i].ids);
        listen_to(async ? WINHTTP_FLAG_ASYNC : 0, port);
        check_stale_row(i, async, flags);
        client_close(&the);
        rec_expect_lives(TRUE, "H8 %s: one end each", stale[i].ids);
    }
}

/* A body that came by WriteData cannot be sent again; one that came with SendRequest can. */
static void check_stale_bodies(INTERNET_PORT port)
{
    DWORD written;

    client_open(&the, 0, port);
    client_request(&the, NULL, L"/stale-close", 0);
    client_exchange(&the);
    client_read_all(&the, buffer, 5);
    client_request(&the, L"PUT", L"/body", 0);
    SUCCEEDS(WinHttpSendRequest(the.request, NULL, 0, (void *)"data", 4, 4, 0), "PUT with its body: sent");
    SUCCEEDS(WinHttpReceiveResponse(the.request, NULL), "PUT with its body: answered");
    SAME(client_read_all(&the, buffer, sizeof(buffer)), 4, "PUT with its body: which was sent again");
    client_close(&the);

    client_open(&the, 0, port);
    client_request(&the, NULL, L"/stale-close", 0);
    client_exchange(&the);
    client_read_all(&the, buffer, 5);
    client_request(&the, L"PUT", L"/body", 0);
    SUCCEEDS(WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 4, 0), "PUT and WriteData: sent");
    WinHttpWriteData(the.request, "data", 4, &written);
    FAILS(WinHttpReceiveResponse(the.request, NULL), ERROR_WINHTTP_CONNECTION_ERROR, "PUT and WriteData: lost");
    client_close(&the);
}

int main(void)
{
    plain = need_port("STUB_PLAIN_PORT");
    tls = need_port("STUB_TLS_PORT");
    /* Closed by the pool while everything else is checked: a name of its own, so that nothing takes it. */
    client_open_host(&the, 0, L"localhost", tls);
    client_request(&the, NULL, L"/kept-then-idle", WINHTTP_FLAG_SECURE);
    client_exchange(&the);
    client_read_all(&the, buffer, 5);
    client_close(&the);

    check_answers(plain, 0, "http");
    check_answers(tls, WINHTTP_FLAG_SECURE, "https");
    check_requests(plain, 0, "http");
    check_requests(tls, WINHTTP_FLAG_SECURE, "https");
    check_ends(plain, 0, "http");
    check_ends(tls, WINHTTP_FLAG_SECURE, "https");
    for (int async = 0; async < 2; async++) {
        check_told(async, plain, 0, async ? "http, asynchronous" : "http");
        check_told(async, tls, WINHTTP_FLAG_SECURE, async ? "https, asynchronous" : "https");
    }
    check_eager(plain, 0, "http");
    check_eager(tls, WINHTTP_FLAG_SECURE, "https");
    check_resends(plain, 0, "http");
    check_resends(tls, WINHTTP_FLAG_SECURE, "https");
    check_half_read(plain, 0, "http");
    check_half_read(tls, WINHTTP_FLAG_SECURE, "https");
    for (int async = 0; async < 2; async++) {
        check_stale(async, plain, 0, "http");
        check_stale(async, tls, WINHTTP_FLAG_SECURE, "https");
    }
    check_stale_bodies(plain);
    tap_ok(ask(L"/await-idle"), "the pool closes what nobody has used for 15 seconds");
    return tap_done();
}
