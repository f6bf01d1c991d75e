/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ws_upgrade: the opening handshake from both sides (SEMANTICS W1 to W6, Q37, D6; RFC 6455 section 4): what the client
 * asks, which answers it takes and which it does not, what an answer other than 101 leaves, and a WebSocket that
 * outlives everything it came from.
 *
 * Each row is played with a synchronous and an asynchronous handle.
 */
#include "client.h"
#include "speaker.h"
#include "wire.h"

#include <stdio.h>

#define SERVERS 8

static struct speaker me;
static const char *where; /* manner of the handle, for texts */

/* An answer: its head, in which ACCEPT stands for the right value, and what comes with it in the same segment. */
struct answer {
    const char *name;
    const WCHAR *asked; /* header lines of the caller, or NULL */
    const char *head;
    DWORD error; /* of ReceiveResponse */
};

#define SWITCH     "HTTP/1.1 101 Switching Protocols\r\n"
#define UPGRADE    "Upgrade: websocket\r\n"
#define CONNECTION "Connection: Upgrade\r\n"
#define ACCEPT     "Sec-WebSocket-Accept: ACCEPT\r\n"
#define PROTOCOL   "Sec-WebSocket-Protocol: "
#define BAD        ERROR_WINHTTP_INVALID_SERVER_RESPONSE

static const struct answer answers[] = {
    {"as it should be", NULL, SWITCH UPGRADE CONNECTION ACCEPT, 0},
    {"capitals", NULL, SWITCH "uPGRADE: WebSocket\r\nCONNECTION: UPGRADE\r\nsec-websocket-accepT: ACCEPT\r\n", 0},
    {"Connection lists more", NULL, SWITCH UPGRADE "Connection: keep-alive, Upgrade\r\n" ACCEPT, 0},
    {"Connection twice", NULL, SWITCH UPGRADE "Connection: keep-alive\r\n" CONNECTION ACCEPT, 0},
    {"spaces around", NULL,
     SWITCH "Upgrade:  websocket \r\nConnection:\tUpgrade\r\nSec-WebSocket-Accept:   ACCEPT  \r\n", 0},
    {"headers of its own", NULL, SWITCH "Server: x\r\n" UPGRADE CONNECTION ACCEPT "Set-Cookie: a=b\r\nX-More: 1\r\n",
     0},
    {"another reason phrase", NULL, "HTTP/1.1 101 \r\n" UPGRADE CONNECTION ACCEPT, 0},
    {"behind a 100", NULL, "HTTP/1.1 100 Continue\r\n\r\n" SWITCH UPGRADE CONNECTION ACCEPT, 0},

    {"no Upgrade", NULL, SWITCH CONNECTION ACCEPT, BAD},
    {"an empty Upgrade", NULL, SWITCH "Upgrade:\r\n" CONNECTION ACCEPT, BAD},
    {"Upgrade to something else", NULL, SWITCH "Upgrade: h2c\r\n" CONNECTION ACCEPT, BAD},
    {"Upgrade to two things", NULL, SWITCH "Upgrade: websocket, h2c\r\n" CONNECTION ACCEPT, BAD},
    {"Upgrade to a longer name", NULL, SWITCH "Upgrade: websockets\r\n" CONNECTION ACCEPT, BAD},
    {"no Connection", NULL, SWITCH UPGRADE ACCEPT, BAD},
    {"Connection: close", NULL, SWITCH UPGRADE "Connection: close\r\n" ACCEPT, BAD},
    {"Connection: upgraded", NULL, SWITCH UPGRADE "Connection: upgraded\r\n" ACCEPT, BAD},
    {"no Accept", NULL, SWITCH UPGRADE CONNECTION, BAD},
    {"an empty Accept", NULL, SWITCH UPGRADE CONNECTION "Sec-WebSocket-Accept:\r\n", BAD},
    {"somebody else's Accept", NULL, SWITCH UPGRADE CONNECTION "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n",
     BAD},
    {"Accept and something behind it", NULL, SWITCH UPGRADE CONNECTION "Sec-WebSocket-Accept: ACCEPT=\r\n", BAD},
    {"Accept in quotes", NULL, SWITCH UPGRADE CONNECTION "Sec-WebSocket-Accept: \"ACCEPT\"\r\n", BAD},
    {"Accept twice", NULL, SWITCH UPGRADE CONNECTION ACCEPT ACCEPT, BAD},

    {"a protocol that was asked for", L"Sec-WebSocket-Protocol: a, chat",
     SWITCH UPGRADE CONNECTION ACCEPT PROTOCOL "chat\r\n", 0},
    {"a protocol of two headers", L"Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: chat",
     SWITCH UPGRADE CONNECTION ACCEPT PROTOCOL "chat\r\n", 0},
    {"no protocol, though asked for", L"Sec-WebSocket-Protocol: chat", SWITCH UPGRADE CONNECTION ACCEPT, 0},
    {"a protocol nobody asked for", NULL, SWITCH UPGRADE CONNECTION ACCEPT PROTOCOL "chat\r\n", BAD},
    {"another protocol", L"Sec-WebSocket-Protocol: a, b", SWITCH UPGRADE CONNECTION ACCEPT PROTOCOL "chat\r\n", BAD},
    {"the protocol in other letters", L"Sec-WebSocket-Protocol: chat",
     SWITCH UPGRADE CONNECTION ACCEPT PROTOCOL "Chat\r\n", BAD},
    {"two protocols", L"Sec-WebSocket-Protocol: a, chat", SWITCH UPGRADE CONNECTION ACCEPT PROTOCOL "a, chat\r\n", BAD},
    {"an empty protocol", L"Sec-WebSocket-Protocol: chat", SWITCH UPGRADE CONNECTION ACCEPT PROTOCOL "\r\n", BAD},
    {"an extension nobody asked for", NULL,
     SWITCH UPGRADE CONNECTION ACCEPT "Sec-WebSocket-Extensions: permessage-deflate\r\n", BAD},
};

/* Answers that are no upgrade: an ordinary response, readable, that cannot be upgraded. */
static const struct {
    const char *head, *body;
    DWORD status;
} refusals[] = {
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n", "hello", 200},
    {"HTTP/1.1 400 Bad Request\r\nContent-Length: 3\r\n", "bad", 400},
    {"HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n", "4\r\nnope\r\n0\r\n\r\n", 403},
    {"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n", "", 404},
    {"HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nContent-Length: 2\r\n", "26", 426},
    {"HTTP/1.1 503 Unavailable\r\nContent-Length: 4\r\n", "busy", 503},
};
static const char *const bodies[] = {"hello", "bad", "nope", "", "26", "busy"};

enum { REFUSALS = 100, EARLY = 200, ECHO = 300 }; /* numbers of connections; below, those of answers */

/* What the request must have; a bit each. */
static const char *const lines[] = {"GET /300 HTTP/1.1",
                                    "Upgrade: websocket",
                                    "Connection: Upgrade",
                                    "Sec-WebSocket-Version: 13",
                                    "Sec-WebSocket-Protocol: a, chat",
                                    "X-Mine: 1"};

/* Of the newest connection, once `served` is signalled. */
static struct {
    struct story said; /* by the client */
    enum wire_end end;
    unsigned asked; /* bits of lines */
} record;
static HANDLE served;

/* ---- the server ---- */

static void add_text(struct ws_bytes *bytes, const char *text)
{
    ws_bytes_add(bytes, text, strlen(text));
}

/* A head, ACCEPT replaced, and its end. */
static void add_head(const struct wire *wire, const char *head, struct ws_bytes *bytes)
{
    char accept[29];
    const char *place;

    wire_accept(wire, accept);
    for (; (place = strstr(head, "ACCEPT")) != NULL; head = place + 6) {
        ws_bytes_add(bytes, head, (size_t)(place - head));
        add_text(bytes, accept);
    }
    add_text(bytes, head);
    add_text(bytes, "\r\n");
}

static void add_answer(const struct wire *wire, struct ws_bytes *bytes)
{
    unsigned n = wire->number;

    if (n < COUNT(answers)) {
        add_head(wire, answers[n].head, bytes);
        ws_script_render("T\"hi\"", bytes);
    } else if (n >= REFUSALS && n < EARLY) {
        add_text(bytes, refusals[n - REFUSALS].head);
        add_text(bytes, "Connection: close\r\n\r\n");
        add_text(bytes, refusals[n - REFUSALS].body);
    } else {
        add_head(wire, SWITCH UPGRADE CONNECTION ACCEPT, bytes);
        if (n == EARLY)
            ws_script_render("T\"one\" P\"ping\" B*30000 t\"a\" C\"b\" X1000\"early\"", bytes);
    }
}

/* Says again what it hears, until the close frame. */
static void echo(struct wire *wire)
{
    struct wire_frame frame;
    BYTE head[2];

    while (wire_frame(wire, &frame) && frame.first != 0x88) {
        wire_tell(&frame, &record.said);
        head[0] = frame.first;
        head[1] = (BYTE)frame.size;
        wire_send(wire, head, 2);
        wire_send(wire, frame.payload, frame.size);
    }
    wire_say(wire, "X1000");
}

static void play(struct wire *wire)
{
    struct ws_bytes bytes = {0};
    unsigned i;

    for (i = 0; i < COUNT(lines); i++)
        record.asked |= wire_asks(wire, lines[i]) ? 1u << i : 0;
    add_answer(wire, &bytes);
    wire_send(wire, bytes.p, bytes.n);
    ws_bytes_free(&bytes);
    if (wire->number >= REFUSALS && wire->number < EARLY) {
        wire_fin(wire);
        wire_drain(wire);
        return;
    }
    if (wire->number == ECHO)
        echo(wire);
    else if (wire_listen(wire, &record.said) && wire->number != EARLY)
        wire_say(wire, "X1000");
    wire_fin(wire);
    wire_listen(wire, &record.said);
    record.end = wire->end;
    SetEvent(served);
}

/* ---- checks ---- */

static BOOL upgrade(void)
{
    me.socket = WinHttpWebSocketCompleteUpgrade(me.request, (DWORD_PTR)&me);
    return me.socket != NULL;
}

/* The handles are closed; the server was told this, and then a FIN. */
static void finish(const char *said, const char *name)
{
    BOOL same;

    speaker_hang_up(&me);
    tap_ok(WaitForSingleObject(served, WAIT_MS) == WAIT_OBJECT_0, "%s, %s: the server's end", name, where);
    same = story_is(&record.said, said, "sent by the client");
    tap_ok(same && record.end == WIRE_FIN, "%s, %s: the client said what it ought to, and a FIN", name, where);
    story_free(&record.said);
    record.asked = 0;
}

static void expect_message(const char *text, TYPE type, const char *name)
{
    BYTE buffer[64];
    DWORD got = 0;
    TYPE is = CLOSED;
    DWORD error = speaker_receive(&me, buffer, sizeof(buffer), &got, &is);

    tap_ok(!error && is == type && got == strlen(text) && !memcmp(buffer, text, got), "%s, %s: '%s' is received", name,
           where, text);
}

static void check_answers(void)
{
    WCHAR protocol[32];
    DWORD size;
    unsigned i;

    for (i = 0; i < COUNT(answers); i++) {
        const struct answer *a = &answers[i];

        ANSWERS(speaker_ask(&me, i, 0, a->asked), a->error, "D6 %s: %s", where, a->name);
        if (a->error) {
            FAILS(upgrade(), ERROR_WINHTTP_INCORRECT_HANDLE_STATE, "D6 %s: no upgrade", where);
            finish("", a->name);
            continue;
        }
        size = sizeof(protocol);
        if (WinHttpQueryHeaders(me.request, WINHTTP_QUERY_CUSTOM, L"Sec-WebSocket-Protocol", protocol, &size, NULL))
            SAME_TEXT(protocol, L"chat", "D6 %s: the protocol can be asked for", where);
        SUCCEEDS(upgrade(), "W4 %s: upgraded", where);
        expect_message("hi", UTF8, a->name);
        ANSWERS(speaker_close(&me, 1000, NULL), 0, "%s: closed", where);
        finish("X1000", a->name);
    }
}

static void check_refusals(void)
{
    char body[16];
    DWORD got, status, size;
    unsigned i;

    for (i = 0; i < COUNT(refusals); i++) {
        ANSWERS(speaker_ask(&me, REFUSALS + i, 0, NULL), 0, "D6 %s: %lu is an answer", where, refusals[i].status);
        size = sizeof(status);
        WinHttpQueryHeaders(me.request, WINHTTP_QUERY_STATUS_CODE | WINHTTP_QUERY_FLAG_NUMBER, NULL, &status, &size,
                            NULL);
        SAME(status, refusals[i].status, "D6 %s: with its status", where);
        FAILS(upgrade(), ERROR_WINHTTP_INCORRECT_HANDLE_STATE, "D6 %s: no upgrade", where);
        ANSWERS(speaker_read(&me, body, sizeof(body), &got), 0, "D6 %s: and a body", where);
        tap_ok(got == strlen(bodies[i]) && !memcmp(body, bodies[i], got), "D6 %s: '%s'", where, bodies[i]);
        speaker_hang_up(&me);
    }
}

/* All that comes with the 101. */
static void check_early(void)
{
    static BYTE buffer[32768];
    TYPE type = CLOSED;
    DWORD got = 0;

    ANSWERS(speaker_ask(&me, EARLY, 0, NULL), 0, "%s: a server in a hurry", where);
    SUCCEEDS(upgrade(), "W4 %s: upgraded", where);
    expect_message("one", UTF8, "early");
    ANSWERS(speaker_message(&me, buffer, sizeof(buffer), 1000, &got, &type), 0, "early, %s: a large message", where);
    tap_ok(got == 30000 && type == BINARY && buffer[29999] == 'a' + 29999 % 26, "early, %s: all of it", where);
    ANSWERS(speaker_message(&me, buffer, sizeof(buffer), 1000, &got, &type), 0, "early, %s: one in two", where);
    tap_ok(got == 2 && type == UTF8 && !memcmp(buffer, "ab", 2), "early, %s: joined", where);
    expect_message("", CLOSED, "early");
    ANSWERS(speaker_close(&me, 1000, NULL), 0, "%s: closed", where);
    finish("Q\"ping\" X1000", "early");
}

/* CLIENTS, libmatoya: the WebSocket needs nobody. */
static void check_orphan(INTERNET_PORT port)
{
    struct speaker other;
    BYTE buffer[8];

    speaker_open(&other, me.async, port);
    ANSWERS(speaker_ask(&other, ECHO, 0, L"X-Mine: 1\r\nSec-WebSocket-Protocol: a, chat"), 0, "W2 %s: asked", where);
    SAME(record.asked, (1u << COUNT(lines)) - 1, "W2, Q37 %s: with all it takes, and the caller's own", where);
    other.socket = WinHttpWebSocketCompleteUpgrade(other.request, (DWORD_PTR)&other);
    if (other.async)
        ANSWERS(speaker_begin_receive(&other, buffer, sizeof(buffer)), 0, "W6: a Receive waits");
    WinHttpCloseHandle(other.request);
    WinHttpCloseHandle(other.connect);
    WinHttpCloseHandle(other.session);
    ANSWERS(speaker_send(&other, UTF8, "still", 5), 0, "W6 %s: request, connection and session are closed: Send",
            where);
    if (other.async) {
        ANSWERS(speaker_await(&other, VERB_RECEIVE), 0, "W6: and Receive");
    } else {
        TYPE type;
        DWORD got;

        ANSWERS(speaker_receive(&other, buffer, sizeof(buffer), &got, &type), 0, "W6: and Receive");
    }
    tap_ok(!memcmp(buffer, "still", 5), "W6 %s: the echo", where);
    ANSWERS(speaker_close(&other, 1000, NULL), 0, "W6 %s: and Close", where);
    WinHttpCloseHandle(other.socket);
    finish("T\"still\"", "an orphan");
}

int main(void)
{
    INTERNET_PORT port = wire_serve(play, SERVERS);
    int async;

    served = CreateEventW(NULL, FALSE, FALSE, NULL);
    for (async = 0; async <= 1; async++) {
        where = async ? "async" : "sync";
        speaker_open(&me, async, port);
        check_answers();
        check_early();
        check_orphan(port);
        check_refusals();
        speaker_close_all(&me);
    }
    return tap_done();
}
