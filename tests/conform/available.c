/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * available: what QueryDataAvailable reports of bodies that come in one burst, and the last read of a connection that
 * is to be closed (SEMANTICS B14, B15, B18, N27; API.md 1.1 row 34). However the bytes are divided on their way, a
 * chunk is reported whole, and of much at most 8 KB at a time.
 *
 * The server is in this program.
 */
#include "client.h"
#include "wire.h"

#include <stdio.h>

#define AT_ONCE 4
#define MOST    8192
#define LINES   400
#define LINE    101 /* bytes of a chunk; no divisor of what is received at a time */
#define LARGE   100000

enum path { IN_CHUNKS, BY_LENGTH, LARGE_CHUNK };

static struct client the;
static BOOL async;
static const char *where;

/* ---- the server ---- */

static void play(struct wire *wire)
{
    static const char chunked[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    struct ws_bytes out = {0};
    static char text[LARGE];
    char line[LINE + 1];
    int i;

    memset(text, 'x', sizeof(text));
    do {
        out.n = 0;
        if (wire->number == BY_LENGTH) {
            snprintf(line, sizeof(line), "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", LARGE);
            ws_bytes_add(&out, line, strlen(line));
            ws_bytes_add(&out, text, LARGE);
        } else {
            ws_bytes_add(&out, chunked, sizeof(chunked) - 1);
            for (i = 0; i < LINES && wire->number == IN_CHUNKS; i++) {
                memset(line, 'a' + i % 26, LINE);
                line[LINE - 1] = '\n';
                ws_bytes_add(&out, "65\r\n", 4);
                ws_bytes_add(&out, line, LINE);
                ws_bytes_add(&out, "\r\n", 2);
            }
            if (wire->number == LARGE_CHUNK) {
                snprintf(line, sizeof(line), "%x\r\n", LARGE);
                ws_bytes_add(&out, line, strlen(line));
                ws_bytes_add(&out, text, LARGE);
                ws_bytes_add(&out, "\r\n", 2);
            }
            ws_bytes_add(&out, "0\r\n\r\n", 5);
        }
        /* Chunks come in pieces, too, the others in one burst. */
        wire_send_pieces(wire, out.p, out.n, wire->number == IN_CHUNKS ? 1000 : out.n);
    } while (wire_request(wire));
    ws_bytes_free(&out);
}

/* ---- the client ---- */

static HANDLE completed;
static DWORD came;    /* bytes that the last completion told of */
static char told[16]; /* what was told since the answer: c closing, x closed, r read */
static unsigned tellings;

static void tell(char what)
{
    if (tellings < sizeof(told) - 1)
        told[tellings++] = what;
}

static void CALLBACK on_status(HINTERNET handle, DWORD_PTR context, DWORD status, void *info, DWORD length)
{
    (void)handle, (void)context;
    switch (status) {
    case WINHTTP_CALLBACK_STATUS_CLOSING_CONNECTION:
        tell('c');
        return;
    case WINHTTP_CALLBACK_STATUS_CONNECTION_CLOSED:
        tell('x');
        return;
    case WINHTTP_CALLBACK_STATUS_DATA_AVAILABLE:
        came = *(const DWORD *)info;
        break;
    case WINHTTP_CALLBACK_STATUS_READ_COMPLETE:
        tell('r');
        came = length;
        break;
    case WINHTTP_CALLBACK_STATUS_SENDREQUEST_COMPLETE:
    case WINHTTP_CALLBACK_STATUS_HEADERS_AVAILABLE:
        break;
    default:
        return;
    }
    SetEvent(completed);
}

static BOOL ends(BOOL accepted)
{
    return accepted && (!async || WaitForSingleObject(completed, WAIT_MS) == WAIT_OBJECT_0);
}

static BOOL query(void)
{
    return ends(WinHttpQueryDataAvailable(the.request, async ? NULL : &came));
}

static BOOL read_some(void *buffer, DWORD size)
{
    return ends(WinHttpReadData(the.request, buffer, size, async ? NULL : &came));
}

static BOOL ask(enum path path, const WCHAR *header)
{
    WCHAR name[8];
    BOOL good;

    _snwprintf(name, COUNT(name), L"/%d", path);
    client_request(&the, NULL, name, 0);
    good = ends(WinHttpSendRequest(the.request, header, (DWORD)-1, NULL, 0, 0, 1)) &&
           ends(WinHttpReceiveResponse(the.request, NULL));
    memset(told, 0, sizeof(told));
    tellings = 0;
    return tap_ok(good, "%s: an answer", where);
}

/* Reads all as it is reported; the sum, and how often that was more than MOST, or no whole lines. */
static DWORD read_reported(DWORD *too_much, DWORD *broken)
{
    static char buffer[65536];
    DWORD sum = 0, reported;

    *too_much = *broken = 0;
    while (query() && came) {
        reported = came;
        *too_much += reported > MOST;
        if (reported > sizeof(buffer) || !read_some(buffer, reported) || came != reported)
            break;
        *broken += buffer[came - 1] != '\n';
        sum += came;
    }
    return sum;
}

static void check_reported(void)
{
    DWORD too_much, broken;

    ask(IN_CHUNKS, NULL);
    SAME(read_reported(&too_much, &broken), LINES * LINE, "B14, B15 %s: all of many chunks is reported", where);
    SAME(broken, 0, "B14 %s: never a part of one", where);
    SAME(too_much, 0, "API 34 %s: never more than %d bytes", where, MOST);
    ask(BY_LENGTH, NULL);
    SAME(read_reported(&too_much, &broken), LARGE, "B18 %s: all of a long body is reported", where);
    SAME(too_much, 0, "API 34 %s: never more than %d bytes", where, MOST);
    ask(LARGE_CHUNK, NULL);
    SAME(read_reported(&too_much, &broken), LARGE, "B14 %s: all of a long chunk is reported", where);
    SAME(too_much, 0, "API 34 %s: never more than %d bytes", where, MOST);
}

/* The read that takes the last byte tells the end of the connection, whether its buffer had room for more or not. */
static void check_last_read(DWORD room)
{
    static char buffer[LARGE + 1];

    ask(BY_LENGTH, L"Connection: close");
    tap_ok(read_some(buffer, room) && came == LARGE, "N27 %s: a read with room for %lu of %d bytes", where, room,
           LARGE);
    tap_ok(!strcmp(told, async ? "cxr" : "cx"), "N27 %s: tells the end within", where);
}

int main(void)
{
    INTERNET_PORT port = wire_serve(play, AT_ONCE);

    completed = CreateEventW(NULL, FALSE, FALSE, NULL);
    for (async = 0; async < 2; async++) {
        where = async ? "async" : "sync";
        client_open(&the, async ? WINHTTP_FLAG_ASYNC : 0, port);
        WinHttpSetStatusCallback(the.connect, on_status, WINHTTP_CALLBACK_FLAG_ALL_NOTIFICATIONS, 0);
        check_reported();
        check_last_read(LARGE);
        check_last_read(LARGE + 1);
        client_close(&the);
    }
    return tap_done();
}
