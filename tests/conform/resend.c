/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * resend: a request that is sent again on the same handle (SEMANTICS S6, API.md 12032, 1.1 row 44): what the
 * application says each time stands in the head once; what was refused has left nothing behind; and a redirect that
 * wants a body again which came by WriteData is gone after by the application.
 *
 * The server is in this program, and keeps the head of the last request.
 */
#include "client.h"
#include "wire.h"

#include <stdio.h>

#define AT_ONCE 4

enum path { ANSWERS, MOVED };

static struct client the;
static BOOL async;
static const char *where;
static char head[4096]; /* written before the answer is sent */

/* ---- the server ---- */

static void play(struct wire *wire)
{
    static const char moved[] = "HTTP/1.1 307 Moved\r\nLocation: /0\r\nContent-Length: 0\r\n\r\n";
    static const char fine[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

    do {
        size_t size = wire->head < sizeof(head) ? wire->head : sizeof(head) - 1;

        memcpy(head, wire->in.p, size);
        head[size] = 0;
        if (!wire_skip(wire, wire_asks(wire, "Content-Length: 5") ? 5 : 0))
            return;
        if (wire->number == MOVED)
            wire_send(wire, moved, sizeof(moved) - 1);
        else
            wire_send(wire, fine, sizeof(fine) - 1);
    } while (wire_request(wire));
}

static unsigned times_in_head(const char *line)
{
    const char *at = head;
    unsigned n = 0;

    while ((at = strstr(at, line)) != NULL) {
        at += strlen(line);
        n++;
    }
    return n;
}

/* ---- the client ---- */

static HANDLE completed;
static DWORD outcome; /* of the operation that completed last */

static void CALLBACK on_status(HINTERNET handle, DWORD_PTR context, DWORD status, void *info, DWORD length)
{
    (void)handle, (void)context, (void)length;
    outcome =
        status == WINHTTP_CALLBACK_STATUS_REQUEST_ERROR ? ((const WINHTTP_ASYNC_RESULT *)info)->dwError : ERROR_SUCCESS;
    SetEvent(completed);
}

static void open_way(INTERNET_PORT port)
{
    client_open(&the, async ? WINHTTP_FLAG_ASYNC : 0, port);
    if (async)
        WinHttpSetStatusCallback(the.connect, on_status, WINHTTP_CALLBACK_FLAG_ALL_COMPLETIONS, 0);
}

/* What a call came to. */
static DWORD ends(BOOL accepted)
{
    if (!accepted)
        return GetLastError();
    if (!async)
        return ERROR_SUCCESS;
    return WaitForSingleObject(completed, WAIT_MS) == WAIT_OBJECT_0 ? outcome : WAIT_TIMEOUT;
}

static DWORD send_it(const WCHAR *headers, const char *data, DWORD size, DWORD total)
{
    return ends(WinHttpSendRequest(the.request, headers, (DWORD)-1, (void *)data, size, total, 1));
}

static DWORD write_it(const char *data, DWORD size)
{
    DWORD written;

    return ends(WinHttpWriteData(the.request, data, size, async ? NULL : &written));
}

static DWORD receive_it(void)
{
    return ends(WinHttpReceiveResponse(the.request, NULL));
}

/* ---- checks ---- */

static void check_headers(void)
{
    int i;

    client_request(&the, L"GET", L"/0", 0);
    for (i = 0; i < 2; i++) {
        ANSWERS(send_it(L"X-One: 1\r\nX-Two: 2", NULL, 0, 0), 0, "S6 %s: sent %s", where, i ? "again" : "once");
        ANSWERS(receive_it(), 0, "S6 %s: and answered", where);
        SAME(times_in_head("\r\nX-One: 1\r\n"), 1, "S6 %s: a line that is said each time stands there once", where);
        SAME(times_in_head("\r\nX-Two: 2\r\n"), 1, "S6 %s: so does the other", where);
    }
    ANSWERS(send_it(L"X-Two: 3", NULL, 0, 0), 0, "S6 %s: another line of the name", where);
    ANSWERS(receive_it(), 0, "S6 %s: is answered", where);
    SAME(times_in_head("\r\nX-Two: 2\r\n") + times_in_head("\r\nX-Two: 3\r\n"), 2, "S6 %s: joins the first", where);
}

/* The header's length against the caller's. */
static void check_lengths(void)
{
    static const struct {
        const WCHAR *header;
        DWORD size, total;
    } rows[] = {
        {L"Content-Length: 3", 5, 5},
        {L"Content-Length: 3", 5, 0},
        {L"Content-Length: 10", 5, 5},
        {L"Content-Length: 5", 0, 9},
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        client_request(&the, L"POST", L"/0", 0);
        ANSWERS(send_it(rows[i].header, "abcde", rows[i].size, rows[i].total), ERROR_INVALID_PARAMETER,
                "API 44 %s: %ls, with %lu of %lu bytes", where, rows[i].header, rows[i].size, rows[i].total);
        ANSWERS(send_it(NULL, "abcde", 5, 5), 0, "API 44 %s: which leaves nothing behind", where);
        ANSWERS(receive_it(), 0, "API 44 %s: for the next one", where);
        SAME(times_in_head("Content-Length: "), 1, "API 44 %s: that has a length of its own", where);
    }
    client_request(&the, L"POST", L"/0", 0);
    ANSWERS(send_it(L"Content-Length: 5", "abcde", 5, 0), 0, "API 44 %s: the length is left to the header", where);
    ANSWERS(receive_it(), 0, "API 44 %s: and right", where);
}

static void check_body(void)
{
    WCHAR url[64] = L"";
    DWORD size = sizeof(url);

    client_request(&the, L"POST", L"/1", 0);
    ANSWERS(send_it(NULL, NULL, 0, 5), 0, "S17 %s: a body is to come", where);
    ANSWERS(write_it("abcde", 5), 0, "S17 %s: and does", where);
    ANSWERS(receive_it(), ERROR_WINHTTP_RESEND_REQUEST, "API 12032 %s: a 307, and the body is gone", where);
    SUCCEEDS(WinHttpQueryOption(the.request, WINHTTP_OPTION_URL, url, &size), "API 12032 %s: where it points", where);
    tap_ok(wcslen(url) > 2 && !wcscmp(url + wcslen(url) - 2, L"/0"), "API 12032 %s: is where it was sent", where);
    ANSWERS(send_it(NULL, NULL, 0, 5), 0, "API 12032 %s: it is sent again", where);
    ANSWERS(write_it("abcde", 5), 0, "API 12032 %s: with its body", where);
    ANSWERS(receive_it(), 0, "API 12032 %s: and answered", where);
    tap_ok(!strncmp(head, "POST /0 ", 8), "RD4 %s: by where the redirect went", where);
}

int main(void)
{
    INTERNET_PORT port = wire_serve(play, AT_ONCE);

    completed = CreateEventW(NULL, FALSE, FALSE, NULL);
    for (async = 0; async < 2; async++) {
        where = async ? "async" : "sync";
        open_way(port);
        check_headers();
        check_lengths();
        check_body();
        client_close(&the);
    }
    return tap_done();
}
