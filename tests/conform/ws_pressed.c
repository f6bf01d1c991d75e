/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ws_pressed: a server that says more than anybody wants to hear, and does not stop (SEMANTICS D2, D7, W44, N30). A
 * call returns all the same, a Close runs out of time, a closed handle ends the connection; and the thread that asked
 * for the first message is not kept for all the others.
 */
#include "client.h"
#include "speaker.h"
#include "wire.h"

#include <stdio.h>
#include <stdlib.h>

#define SERVERS  4
#define PATIENCE 500 /* ms of a Close; nobody is to answer it */

static struct speaker me;
static BYTE flood[65536];
static const char *where;
static HANDLE served, returned;

/* ---- the server ---- */

enum scene { DEAF, UNTIL_RETURNED, ONE_MESSAGE };

static void play(struct wire *wire)
{
    struct ws_bytes answer = {0};
    struct wire_frame frame;

    wire_answer(wire, NULL, &answer);
    wire_send(wire, answer.p, answer.n);
    ws_bytes_free(&answer);
    if (wire->number == ONE_MESSAGE) {
        wire_say(wire, "T\"a\"");
        while (wire_frame(wire, &frame) && frame.first != 0x88)
            ;
        wire_say(wire, "X1000");
    } else {
        while ((wire->number == DEAF || WaitForSingleObject(returned, 0) != WAIT_OBJECT_0) &&
               wire_send(wire, flood, sizeof(flood)))
            ;
    }
    if (wire->number != DEAF) {
        wire_fin(wire);
        wire_drain(wire);
    }
    SetEvent(served);
}

static void expect_end(const char *ids)
{
    if (!tap_ok(WaitForSingleObject(served, WAIT_MS) == WAIT_OBJECT_0, "%s, %s: the server sees an end", ids, where))
        exit(tap_done());
}

/* ---- Close and CloseHandle ---- */

static void check_ends(void)
{
    DWORD limit = PATIENCE;

    if (!speaker_upgrade(&me, DEAF))
        return;
    SUCCEEDS(WinHttpSetOption(me.socket, WINHTTP_OPTION_WEB_SOCKET_CLOSE_TIMEOUT, &limit, sizeof(limit)),
             "D7 %s: a Close with little time", where);
    ANSWERS(speaker_close(&me, 1000, NULL), ERROR_WINHTTP_TIMEOUT, "D7 %s: ends, whatever the server still says",
            where);
    expect_end("D7");
    speaker_hang_up(&me);

    if (!speaker_upgrade(&me, DEAF))
        return;
    speaker_hang_up(&me);
    expect_end("the handle alone");
}

/* ---- callbacks ---- */

/* What the socket of a check has been told. */
static struct {
    void (*on_read)(HINTERNET socket);
    BYTE bytes[4096];
    char told[8]; /* r read, e error of the Receive, c closed */
    LONG tellings;
    HANDLE closed, gone;
    LONG in_close; /* Close is being called */
    BOOL inside;   /* the error of the Receive was told inside that */
    LONG reads;
} heard;

static void tell(char what)
{
    LONG i = InterlockedIncrement(&heard.tellings) - 1;

    if (i < (LONG)sizeof(heard.told) - 1)
        heard.told[i] = what;
}

static void CALLBACK on_socket(HINTERNET socket, DWORD_PTR context, DWORD status, void *info, DWORD length)
{
    const WINHTTP_WEB_SOCKET_ASYNC_RESULT *result = info;

    (void)context;
    switch (status) {
    case WINHTTP_CALLBACK_STATUS_READ_COMPLETE:
        InterlockedIncrement(&heard.reads);
        tell('r');
        heard.on_read(socket);
        break;
    case WINHTTP_CALLBACK_STATUS_REQUEST_ERROR:
        if (length == sizeof(*result) && result->Operation == WINHTTP_WEB_SOCKET_RECEIVE_OPERATION) {
            heard.inside = heard.in_close == (LONG)GetCurrentThreadId();
            tell('e');
        }
        break;
    case WINHTTP_CALLBACK_STATUS_CLOSE_COMPLETE:
        tell('c');
        SetEvent(heard.closed);
        break;
    case WINHTTP_CALLBACK_STATUS_HANDLE_CLOSING:
        SetEvent(heard.gone);
        break;
    }
}

static DWORD receive(HINTERNET socket)
{
    return WinHttpWebSocketReceive(socket, heard.bytes, sizeof(heard.bytes), NULL, NULL);
}

static void receive_again(HINTERNET socket)
{
    receive(socket);
}

static void receive_then_close(HINTERNET socket)
{
    ANSWERS(receive(socket), 0, "W44: a Receive inside READ_COMPLETE, which waits");
    heard.in_close = (LONG)GetCurrentThreadId();
    ANSWERS(WinHttpWebSocketClose(socket, 1000, NULL, 0), 0, "W44: and a Close behind it");
    heard.in_close = 0;
}

static BOOL begin(enum scene scene, void (*on_read)(HINTERNET socket))
{
    heard.on_read = on_read;
    heard.tellings = heard.reads = 0;
    heard.inside = FALSE;
    memset(heard.told, 0, sizeof(heard.told));
    if (!speaker_upgrade(&me, scene))
        return FALSE;
    WinHttpSetStatusCallback(me.socket, on_socket, WINHTTP_CALLBACK_FLAG_ALL_NOTIFICATIONS, 0);
    return TRUE;
}

static void end(void)
{
    WinHttpCloseHandle(me.socket);
    me.socket = NULL;
    tap_ok(WaitForSingleObject(heard.gone, WAIT_MS) == WAIT_OBJECT_0, "H8: HANDLE_CLOSING");
}

static void check_not_kept(void)
{
    if (!begin(UNTIL_RETURNED, receive_again))
        return;
    ANSWERS(receive(me.socket), 0, "HOUSE: a Receive, and one more in each callback");
    SetEvent(returned);
    expect_end("HOUSE: the first call returns while messages come");
    end();
}

static void check_close_in_callback(void)
{
    if (!begin(ONE_MESSAGE, receive_then_close))
        return;
    ANSWERS(receive(me.socket), 0, "W44: a Receive");
    tap_ok(WaitForSingleObject(heard.closed, WAIT_MS) == WAIT_OBJECT_0, "W44: the Close completes");
    tap_ok(heard.inside, "W44: the Receive that it cancels is told inside the call, a callback or not");
    tap_ok(!strcmp(heard.told, "rec"), "N30: the cancellation comes before CLOSE_COMPLETE");
    expect_end("W44");
    end();
}

int main(void)
{
    INTERNET_PORT port = wire_serve(play, SERVERS);
    int async;
    size_t i;

    served = CreateEventW(NULL, FALSE, FALSE, NULL);
    returned = CreateEventW(NULL, TRUE, FALSE, NULL);
    heard.closed = CreateEventW(NULL, FALSE, FALSE, NULL);
    heard.gone = CreateEventW(NULL, FALSE, FALSE, NULL);
    for (i = 0; i < sizeof(flood); i += 64)
        memcpy(flood + i, "\x82\x3e", 2); /* messages of 62 bytes */
    for (async = 0; async <= 1; async++) {
        where = async ? "async" : "sync";
        speaker_open(&me, async, port);
        check_ends();
        if (async) {
            check_not_kept();
            check_close_in_callback();
        }
        speaker_close_all(&me);
    }
    return tap_done();
}
