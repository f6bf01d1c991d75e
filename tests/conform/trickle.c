/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * trickle: asynchronous reads of bodies that come in drops, where some bytes are there and others are not (SEMANTICS
 * B14, B20 to B22, N24, N25, N34), and ReceiveResponse inside a callback, which never waits (D2).
 */
#include "client.h"
#include "recorder.h"

#define STATUS(name) WINHTTP_CALLBACK_STATUS_##name

static struct client the;
static char bytes[100];

static void open_request(INTERNET_PORT port, DWORD flags, const WCHAR *path)
{
    rec_reset();
    client_open_host(&the, WINHTTP_FLAG_ASYNC, L"localhost", port);
    client_listen(&the, rec_callback, 1);
    WinHttpCloseHandle(the.connect);
    CALL(the.connect = WinHttpConnect(the.session, L"localhost", port, 0));
    client_request(&the, NULL, path, flags);
}

static void exchange(void)
{
    WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 0, 0);
    rec_wait(STATUS(SENDREQUEST_COMPLETE), 1);
    WinHttpReceiveResponse(the.request, NULL);
    tap_ok(rec_wait(STATUS(HEADERS_AVAILABLE), 1), "N17, D2: an answer whose body is still to come");
}

static void finish(const char *where)
{
    client_close(&the);
    rec_expect_lives(TRUE, "H8 %s: every handle's end", where);
}

/* ---- which last error goes with which thread ---- */

static struct {
    DWORD now, later, wrong;
} kinds;

/* One data call, made by CALL: its completion is the next of this status. */
static void look(DWORD_PTR result, DWORD error, DWORD status, DWORD before)
{
    const struct note *note;

    rec_wait(status, before + 1);
    rec_skip();
    note = rec_last(status);
    if (result && error == ERROR_SUCCESS && note->in_call)
        kinds.now++;
    else if (result && error == ERROR_IO_PENDING && note->thread != GetCurrentThreadId())
        kinds.later++;
    else
        kinds.wrong++;
}

static DWORD query(void)
{
    DWORD before = rec_count(STATUS(DATA_AVAILABLE));
    DWORD_PTR result = CALL(WinHttpQueryDataAvailable(the.request, NULL));

    look(result, GetLastError(), STATUS(DATA_AVAILABLE), before);
    return note_dword(rec_last(STATUS(DATA_AVAILABLE)));
}

static DWORD read_some(DWORD size)
{
    DWORD before = rec_count(STATUS(READ_COMPLETE));
    DWORD_PTR result = CALL(WinHttpReadData(the.request, bytes, size, NULL));

    look(result, GetLastError(), STATUS(READ_COMPLETE), before);
    return rec_last(STATUS(READ_COMPLETE))->length;
}

/* 300 bytes in 30 chunks; the server's segments end in the middle of chunks, and of their sizes. */
static void check_drops(INTERNET_PORT port, DWORD flags, const char *where)
{
    DWORD round, total, got, available;

    memset(&kinds, 0, sizeof(kinds));
    for (round = 0; round < 3; round++) {
        open_request(port, flags, L"/drops");
        exchange();
        total = 0;
        do {
            available = query();
            got = read_some(1 + round);
            total += got;
        } while (got && available && total < 1000);
        SAME(total, 300, "B21, B22 %s: all of the body, then 0", where);
        finish(where);
    }
    SAME(kinds.wrong, 0, "B20, N24, N25 %s: last error 0 with the calling thread, IO_PENDING with another", where);
    tap_ok(kinds.now > 100 && kinds.later > 10, "B20 %s: both have come, %lu and %lu times", where, kinds.now,
           kinds.later);
}

/* B14: one line a chunk; each amount that is reported ends with a line. */
static void check_lines(INTERNET_PORT port)
{
    DWORD available, chunks = 0, whole = 0;

    open_request(port, 0, L"/chunked");
    exchange();
    while ((available = query()) != 0) {
        chunks++;
        whole += read_some(available) == available && bytes[available - 1] == '\n';
    }
    tap_ok(chunks == 3 && whole == 3, "B14, B15: three chunks, each reported and read whole (%lu, %lu)", chunks, whole);
    finish("chunks");
}

/* ---- inside callbacks ---- */

static struct {
    BOOL received, option, returned;
    DWORD thread;
    WCHAR url[80];
} inside;

static void receive_inside(HINTERNET request, void *unused)
{
    DWORD size = sizeof(inside.url);

    (void)unused;
    inside.thread = GetCurrentThreadId();
    inside.option = WinHttpQueryOption(request, WINHTTP_OPTION_URL, inside.url, &size);
    inside.received = WinHttpReceiveResponse(request, NULL);
    inside.returned = rec_count(STATUS(HEADERS_AVAILABLE)) == 0;
}

static void check_inside(INTERNET_PORT port)
{
    open_request(port, 0, L"/slow");
    rec_hook(STATUS(SENDREQUEST_COMPLETE), receive_inside, NULL);
    WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 0, 0);
    tap_ok(rec_wait(STATUS(HEADERS_AVAILABLE), 1), "D2, N34: ReceiveResponse inside a callback");
    rec_skip();
    tap_ok(inside.received && inside.returned, "D2: returns there before the answer has come");
    tap_ok(rec_last(STATUS(RECEIVING_RESPONSE))->thread == inside.thread, "D2, N18: RECEIVING_RESPONSE on that thread");
    tap_ok(inside.option && !memcmp(inside.url, L"http://localhost:", 34), "N34, O24: options can be asked for there");
    finish("inside a callback");
}

int main(void)
{
    INTERNET_PORT stub = need_port("STUB_PLAIN_PORT"), stub_tls = need_port("STUB_TLS_PORT");

    check_drops(stub, 0, "http");
    check_drops(stub_tls, WINHTTP_FLAG_SECURE, "https");
    check_lines(stub);
    check_inside(stub);
    return tap_done();
}
