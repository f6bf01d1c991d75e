/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* starve_plays.c: what applications do, step by step; see starve.h. */
#include "starve.h"

#include <stdlib.h>

#define LARGE 1000000

static BYTE in[LARGE], out[LARGE];

#define WITH_CLOSE L"Connection: close\r\n"

/* ---- requests ---- */

/* What has failed on the way may be sent again as a whole; the second time nothing may be missing. */
static BOOL exchange(const WCHAR *headers, void *data, DWORD length, DWORD total)
{
    struct actor *r = &stage.request;
    int tries;

    for (tries = 0; tries < 2; tries++)
        if (STEP(r, OP_SEND, WinHttpSendRequest(r->handle, headers, 0, data, length, total, 0)) &&
            (length < total || STEP(r, OP_RECEIVE, WinHttpReceiveResponse(r->handle, NULL))))
            return TRUE;
    return FALSE;
}

static BOOL read_some(DWORD room)
{
    struct actor *r = &stage.request;

    if (stage.async)
        return STEP(r, OP_RECEIVE, WinHttpReadData(r->handle, in, room, NULL));
    return STEP(r, OP_RECEIVE, WinHttpReadData(r->handle, in, room, &r->number));
}

static BOOL read_all(DWORD length)
{
    struct actor *r = &stage.request;
    DWORD at = 0;

    do {
        if (stage.async ? !STEP(r, OP_RECEIVE, WinHttpQueryDataAvailable(r->handle, NULL))
                        : !STEP(r, OP_RECEIVE, WinHttpQueryDataAvailable(r->handle, &r->number)))
            return FALSE;
        if (!read_some(8192))
            return FALSE;
        if (!pattern_is(in, at, r->number))
            stage_wrong("the body is not the server's");
        at += r->number;
    } while (r->number);
    if (at != length)
        stage_wrong("the body's length is not the server's");
    return TRUE;
}

static BOOL read_text(const char *text)
{
    struct actor *r = &stage.request;

    if (!read_some(1000))
        return FALSE;
    if (r->number != strlen(text) || memcmp(in, text, r->number))
        stage_wrong("the body is not the server's");
    return TRUE;
}

/* One text option, set and read back. */
static BOOL set_text(HINTERNET handle, DWORD option, const WCHAR *text)
{
    WCHAR back[100];
    DWORD size = sizeof(back);

    if (!TRY(WinHttpSetOption(handle, option, (void *)text, (DWORD)wcslen(text))) ||
        !TRY(WinHttpQueryOption(handle, option, back, &size)))
        return FALSE;
    if (wcscmp(back, text))
        stage_wrong("an option is not what was set");
    return TRUE;
}

static BOOL play_options(void)
{
    struct actor *r = &stage.request;
    WCHAR text[500];
    DWORD size = sizeof(text);

    return stage_open(L"localhost", 80) && set_text(stage.session, WINHTTP_OPTION_USER_AGENT, L"another") &&
           stage_request(L"PUT", L"/a b/c?d=e f") && set_text(r->handle, WINHTTP_OPTION_USERNAME, L"name") &&
           set_text(r->handle, WINHTTP_OPTION_PASSWORD, L"secret") &&
           TRY(WinHttpQueryOption(r->handle, WINHTTP_OPTION_URL, text, &size)) &&
           TRY(WinHttpSetTimeouts(r->handle, 0, 1000, 1000, 1000));
}

static BOOL has_header(const WCHAR *name, const WCHAR *value)
{
    WCHAR text[200];
    DWORD size = sizeof(text);

    if (!TRY(WinHttpQueryHeaders(stage.request.handle, WINHTTP_QUERY_CUSTOM | WINHTTP_QUERY_FLAG_REQUEST_HEADERS, name,
                                 text, &size, WINHTTP_NO_HEADER_INDEX)))
        return FALSE;
    if (wcscmp(text, value))
        stage_wrong("a header is not what was added");
    return TRUE;
}

static BOOL play_headers(void)
{
    struct actor *r = &stage.request;
    const WCHAR *accept[] = {L"text/html", L"text/*", NULL};
    WCHAR many[4000], text[8000];
    DWORD size = sizeof(text);
    unsigned i;

    for (i = 0; i < COUNT(many) / 8; i++)
        memcpy(many + 8 * i, L"a: b  \r\n", 8 * sizeof(WCHAR));
    if (!stage_open(L"localhost", 80) ||
        !TRY((r->handle = WinHttpOpenRequest(stage.connect, NULL, L"/", NULL, L"http://from/", accept, 0)) != NULL))
        return FALSE;
    WinHttpCloseHandle(r->handle); /* it had no callback: the next one has */
    r->handle = NULL;
    return stage_request(NULL, L"/") &&
           TRY(WinHttpAddRequestHeaders(r->handle, L"X-A: 1\r\nX-B: 2", (DWORD)-1, WINHTTP_ADDREQ_FLAG_ADD)) &&
           TRY(WinHttpAddRequestHeaders(r->handle, L"X-A: 3", (DWORD)-1,
                                        WINHTTP_ADDREQ_FLAG_REPLACE | WINHTTP_ADDREQ_FLAG_ADD)) &&
           TRY(WinHttpAddRequestHeaders(r->handle, L"X-B: 4", (DWORD)-1, WINHTTP_ADDREQ_FLAG_COALESCE_WITH_COMMA)) &&
           has_header(L"X-A", L"3") && has_header(L"X-B", L"2, 4") &&
           TRY(WinHttpAddRequestHeaders(r->handle, many, COUNT(many), WINHTTP_ADDREQ_FLAG_ADD)) &&
           TRY(WinHttpQueryHeaders(r->handle, WINHTTP_QUERY_RAW_HEADERS_CRLF | WINHTTP_QUERY_FLAG_REQUEST_HEADERS,
                                   WINHTTP_HEADER_NAME_BY_INDEX, text, &size, WINHTTP_NO_HEADER_INDEX));
}

static BOOL play_url(void)
{
    WCHAR host[100], path[100];
    URL_COMPONENTS parts = {.dwStructSize = sizeof(parts),
                            .lpszHostName = host,
                            .dwHostNameLength = COUNT(host),
                            .lpszUrlPath = path,
                            .dwUrlPathLength = COUNT(path)};

    return TRY(WinHttpCrackUrl(L"http://host:81/a%20b/c d?e=f", 0, ICU_DECODE, &parts));
}

static BOOL play_get(void)
{
    return stage_open(L"localhost", stage.http) && stage_request(NULL, L"/size/65537") &&
           exchange(WITH_CLOSE, NULL, 0, 0) && read_all(65537);
}

/* What the answer was, in every form. */
static BOOL play_query(void)
{
    struct actor *r = &stage.request;
    WCHAR text[2000];
    DWORD size = sizeof(text), number, room = sizeof(number);
    WINHTTP_CONNECTION_INFO names = {.cbSize = sizeof(names)};
    DWORD names_size = sizeof(names);
    BYTE info[4000];
    DWORD info_size = sizeof(info);

    return stage_open(L"localhost", stage.http) && stage_request(NULL, L"/size/1") &&
           exchange(WITH_CLOSE, NULL, 0, 0) &&
           TRY(WinHttpQueryHeaders(r->handle, WINHTTP_QUERY_RAW_HEADERS, WINHTTP_HEADER_NAME_BY_INDEX, text, &size,
                                   WINHTTP_NO_HEADER_INDEX)) &&
           TRY(WinHttpQueryHeaders(r->handle, WINHTTP_QUERY_STATUS_CODE | WINHTTP_QUERY_FLAG_NUMBER, NULL, &number,
                                   &room, WINHTTP_NO_HEADER_INDEX)) &&
           TRY(WinHttpQueryOption(r->handle, WINHTTP_OPTION_CONNECTION_INFO, &names, &names_size)) &&
           (!stage.secure ||
            TRY(WinHttpQueryOption(r->handle, WINHTTP_OPTION_SECURITY_CERTIFICATE_STRUCT, info, &info_size)));
}

static BOOL play_post(void)
{
    struct actor *r = &stage.request;
    DWORD third = 20000, *sent = stage.async ? NULL : &r->number;

    pattern_fill(out, 0, 3 * third);
    return stage_open(L"127.0.0.1", stage.stub) && stage_request(L"POST", L"/body") &&
           exchange(WITH_CLOSE, out, third, 3 * third) &&
           STEP(r, OP_SEND, WinHttpWriteData(r->handle, out + third, third, sent)) &&
           STEP(r, OP_SEND, WinHttpWriteData(r->handle, out + 2 * third, third, sent)) &&
           STEP(r, OP_RECEIVE, WinHttpReceiveResponse(r->handle, NULL)) && read_all(3 * third);
}

static BOOL play_redirect(void)
{
    return stage_open(L"127.0.0.1", stage.stub) && stage_request(NULL, L"/to-head-301") &&
           exchange(WITH_CLOSE, NULL, 0, 0) && read_some(1000);
}

static BOOL play_redirect_body(void)
{
    return stage_open(L"127.0.0.1", stage.stub) && stage_request(L"POST", L"/to-body-307") &&
           exchange(WITH_CLOSE, "data", 4, 4) && read_text("data");
}

static BOOL play_interim(void)
{
    return stage_open(L"127.0.0.1", stage.stub) && stage_request(NULL, L"/interim") &&
           exchange(WITH_CLOSE, NULL, 0, 0) && read_text("hello");
}

static BOOL play_chunked(void)
{
    return stage_open(L"127.0.0.1", stage.stub) && stage_request(NULL, L"/chunked") &&
           exchange(WITH_CLOSE, NULL, 0, 0) && read_text("first\nsecond\nthird\n");
}

static BOOL play_pool(void)
{
    if (!stage_open(L"localhost", stage.http) || !stage_request(NULL, L"/size/127") || !exchange(NULL, NULL, 0, 0) ||
        !read_all(127))
        return FALSE;
    stage_close(&stage.request);
    return stage_request(NULL, L"/size/127") && exchange(WITH_CLOSE, NULL, 0, 0) && read_all(127);
}

/* Closed while an operation is under way, if it is asynchronous. */
static BOOL play_leave(void)
{
    struct actor *r = &stage.request;

    return stage_open(L"localhost", stage.http) && stage_request(NULL, L"/size/65537") &&
           BEGIN(r, OP_SEND, WinHttpSendRequest(r->handle, WITH_CLOSE, 0, NULL, 0, 0, 0));
}

static BOOL play_leave_body(void)
{
    struct actor *r = &stage.request;

    return stage_open(L"localhost", stage.http) && stage_request(NULL, L"/size/1000000") &&
           exchange(WITH_CLOSE, NULL, 0, 0) && read_some(100) &&
           BEGIN(r, OP_RECEIVE, WinHttpReadData(r->handle, in, LARGE - 100, stage.async ? NULL : &r->number));
}

/* ---- WebSockets ---- */

static BOOL upgrade(INTERNET_PORT port, const WCHAR *path)
{
    if (!stage_open(L"127.0.0.1", port) || !stage_request(NULL, path) ||
        !TRY(WinHttpSetOption(stage.request.handle, WINHTTP_OPTION_UPGRADE_TO_WEB_SOCKET, NULL, 0)) ||
        !exchange(NULL, NULL, 0, 0) || !stage_socket())
        return FALSE;
    stage_close(&stage.request);
    return TRUE;
}

static BOOL send_message(DWORD length)
{
    struct actor *w = &stage.socket;

    return STEP(
        w, OP_SEND,
        stage_answer(WinHttpWebSocketSend(w->handle, WINHTTP_WEB_SOCKET_BINARY_MESSAGE_BUFFER_TYPE, out, length)));
}

static BOOL receive(DWORD room)
{
    struct actor *w = &stage.socket;

    if (stage.async)
        return STEP(w, OP_RECEIVE, stage_answer(WinHttpWebSocketReceive(w->handle, in, room, NULL, NULL)));
    return STEP(w, OP_RECEIVE, stage_answer(WinHttpWebSocketReceive(w->handle, in, room, &w->number, &w->type)));
}

static BOOL receive_message(DWORD length)
{
    struct actor *w = &stage.socket;
    DWORD at = 0;

    do {
        if (!receive(LARGE))
            return FALSE;
        if (!pattern_is(in, at, w->number))
            stage_wrong("a message is not the server's");
        at += w->number;
    } while (w->type == WINHTTP_WEB_SOCKET_BINARY_FRAGMENT_BUFFER_TYPE);
    if (at != length)
        stage_wrong("a message's length is not the server's");
    return TRUE;
}

static BOOL close_socket(void)
{
    struct actor *w = &stage.socket;
    BYTE reason[WINHTTP_WEB_SOCKET_MAX_CLOSE_REASON_LENGTH];
    USHORT status;
    DWORD used;

    return STEP(w, OP_CLOSE, stage_answer(WinHttpWebSocketClose(w->handle, 1000, "bye", 3))) &&
           TRY(stage_answer(WinHttpWebSocketQueryCloseStatus(w->handle, &status, reason, sizeof(reason), &used)));
}

static BOOL play_echo(void)
{
    pattern_fill(out, 0, LARGE);
    return upgrade(stage.echo, L"/echo") && send_message(5) && receive_message(5) && send_message(LARGE) &&
           receive_message(LARGE) && close_socket();
}

static BOOL play_ping(void)
{
    pattern_fill(out, 0, 5);
    return upgrade(stage.echo, L"/ping/payload") && send_message(5) && receive_message(5) && close_socket();
}

/* Messages that nobody waits for are read ahead; Shutdown, and then the server's close frame. */
static BOOL play_push(void)
{
    struct actor *w = &stage.socket;
    int i;

    if (!upgrade(stage.echo, L"/push/5/3000"))
        return FALSE;
    for (i = 0; i < 5; i++)
        if (!receive_message(3000))
            return FALSE;
    if (!STEP(w, OP_SHUTDOWN, stage_answer(WinHttpWebSocketShutdown(w->handle, 1000, NULL, 0))) || !receive(100))
        return FALSE;
    if (w->type != WINHTTP_WEB_SOCKET_CLOSE_BUFFER_TYPE)
        stage_wrong("no close frame was received");
    return TRUE;
}

/* Closed with both directions under way. */
static BOOL play_leave_socket(void)
{
    struct actor *w = &stage.socket;

    if (!upgrade(stage.echo, L"/echo"))
        return FALSE;
    if (stage.async && !BEGIN(w, OP_RECEIVE, stage_answer(WinHttpWebSocketReceive(w->handle, in, LARGE, NULL, NULL))))
        return FALSE;
    return BEGIN(
        w, OP_SEND,
        stage_answer(WinHttpWebSocketSend(w->handle, WINHTTP_WEB_SOCKET_BINARY_MESSAGE_BUFFER_TYPE, out, LARGE)));
}

const struct play plays[] = {
    {"options", play_options, TRUE, FALSE},
    {"headers", play_headers, TRUE, FALSE},
    {"url", play_url, TRUE, FALSE},
    {"get", play_get, FALSE, FALSE},
    {"query", play_query, FALSE, FALSE},
    {"post", play_post, FALSE, FALSE},
    {"redirect", play_redirect, FALSE, FALSE},
    {"redirect-body", play_redirect_body, FALSE, FALSE},
    {"interim", play_interim, FALSE, FALSE},
    {"chunked", play_chunked, FALSE, FALSE},
    {"pool", play_pool, FALSE, TRUE},
    {"leave", play_leave, FALSE, FALSE},
    {"leave-body", play_leave_body, FALSE, FALSE},
    {"echo", play_echo, FALSE, FALSE},
    {"ping", play_ping, FALSE, FALSE},
    {"push", play_push, FALSE, FALSE},
    {"leave-socket", play_leave_socket, FALSE, FALSE},
};
const unsigned play_count = COUNT(plays);
