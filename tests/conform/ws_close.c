/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ws_close: who closes first, who closes last, and what each side has of the other's bytes (SEMANTICS W24 to W29, W33
 * to W39, W43, W48, D7, D18). The server is asked as well as the client: which frames came, and how the connection
 * ended. A client that closes has its last bytes delivered, and its end is a FIN, never a reset.
 *
 * Each scene is played with a synchronous and an asynchronous handle.
 */
#include "client.h"
#include "speaker.h"
#include "wire.h"

#include <stdio.h>
#include <stdlib.h>

#define MUCH    300000   /* bytes of the client: what two sockets hold without a reader, but not one */
#define FLOOD   1048576u /* bytes of the server: more than sockets hold, */
#define ROOM    65536    /* its own having a buffer of so many */
#define LINGERS 900      /* ms; a client gives the server little more when its handle is closed (CONN_LINGER_MS) */
#define SERVERS 4

static struct speaker me;
static BYTE bytes[MUCH], flood[16384];
static const char *where; /* manner of the handle, for texts */

/* Of the newest connection, once `served` is signalled. */
static struct {
    struct story said; /* by the client */
    enum wire_end end;
    BOOL wrong;
} record;
static HANDLE served;

/* ---- the server's part of the scenes ---- */

/* Ends as a server should: its FIN, and then what the client still does. */
static void part(struct wire *wire)
{
    wire_fin(wire);
    wire_listen(wire, &record.said);
}

/* On the client's close frame it has something left to say. */
static void serve_late(struct wire *wire)
{
    if (wire_listen(wire, &record.said))
        wire_say(wire, "T\"late\" B*3 X1000\"ok\"");
    part(wire);
}

static void serve_first(struct wire *wire)
{
    wire_say(wire, "T\"a\" X4001\"go\"");
    wire_listen(wire, &record.said);
    part(wire);
}

/* Says much, and does not listen before it has said all; what the client says waits in sockets. */
static void serve_flood(struct wire *wire)
{
    u_long off = 0;
    int room = ROOM;
    size_t sent;

    setsockopt(wire->socket, SOL_SOCKET, SO_SNDBUF, (char *)&room, sizeof(room));
    ioctlsocket(wire->socket, FIONBIO, &off);
    for (sent = 0; sent < FLOOD; sent += sizeof(flood))
        send(wire->socket, (char *)flood, sizeof(flood), 0);
    off = 1;
    ioctlsocket(wire->socket, FIONBIO, &off);
    wire_listen(wire, &record.said);
    wire_listen(wire, &record.said);
}

/* Goes on until the client's close frame comes. */
static void serve_on(struct wire *wire)
{
    struct wire_frame frame = {0};

    do {
        if (wire_hears(wire) && wire_frame(wire, &frame))
            wire_tell(&frame, &record.said);
    } while (frame.first != 0x88 && wire_send(wire, flood, sizeof(flood)));
    wire_say(wire, "X1000");
    part(wire);
}

/* Listens, and says nothing of its own end: the client must make one. */
static void serve_mute(struct wire *wire)
{
    wire_listen(wire, &record.said);
    wire_say(wire, "X1000");
    wire_listen(wire, &record.said);
}

static void serve_answer(struct wire *wire)
{
    wire_listen(wire, &record.said);
    wire_say(wire, "X1000");
    part(wire);
}

static void serve_listener(struct wire *wire)
{
    wire_listen(wire, &record.said);
    wire_listen(wire, &record.said);
}

/* A reason as long as can be. */
static void serve_reason(struct wire *wire)
{
    wire_say(wire, "X1000*123");
    wire_listen(wire, &record.said);
    part(wire);
}

static void serve_unread(struct wire *wire)
{
    wire_say(wire, "T\"a\" B*1000");
    wire_listen(wire, &record.said);
    part(wire);
}

enum scene { LATE, FIRST, FLOODING, GOING_ON, MUTE, ANSWER, LISTENER, REASON, UNREAD };
static wire_script *const scripts[] = {serve_late,   serve_first,    serve_flood,  serve_on,    serve_mute,
                                       serve_answer, serve_listener, serve_reason, serve_unread};

static void play(struct wire *wire)
{
    struct ws_bytes answer = {0};

    wire_answer(wire, NULL, &answer);
    wire_send(wire, answer.p, answer.n);
    ws_bytes_free(&answer);
    scripts[wire->number](wire);
    record.end = wire->end;
    record.wrong = wire->wrong;
    SetEvent(served);
}

/* ---- steps ---- */

static enum scene playing;
static ULONGLONG begun; /* when it did */

static BOOL begin(enum scene scene)
{
    story_free(&record.said);
    playing = scene;
    begun = GetTickCount64();
    return speaker_upgrade(&me, scene);
}

/* Closes the handle; the server must have been told this, and then a FIN. One that has had too little of the machine to
 * be served in time finds a client that has given up: what it was told is the beginning then. */
static void finish(const char *said, const char *ids)
{
    BOOL same, late;

    speaker_hang_up(&me);
    if (!tap_ok(WaitForSingleObject(served, WAIT_MS) == WAIT_OBJECT_0, "%s, %s: the server's end", ids, where))
        exit(tap_done());
    late = playing != MUTE && GetTickCount64() - begun >= LINGERS; /* a mute server is always waited for so long */
    if (late)
        tap_diag("%s, %s: the scene took longer than the client lingers", ids, where);
    same = (late ? story_begins : story_is)(&record.said, said, "sent by the client");
    tap_ok(same && !record.wrong, "%s, %s: the server has all that was said", ids, where);
    tap_ok(record.end == WIRE_FIN || (late && record.end == WIRE_RESET), "%s, %s: and a FIN, not a reset (%d)", ids,
           where, record.end);
}

static void expect_message(const char *text, TYPE type, const char *ids)
{
    BYTE buffer[64];
    DWORD got = 0;
    TYPE is = CLOSED;
    DWORD error = speaker_receive(&me, buffer, sizeof(buffer), &got, &is);

    tap_ok(!error && is == type && got == strlen(text) && !memcmp(buffer, text, got), "%s, %s: receives '%s'", ids,
           where, text);
    if (error || is != type)
        tap_diag("%lu, type %d, %lu bytes", error, is, got);
}

static void expect_closed(USHORT status, const char *reason, const char *ids)
{
    char text[124] = "";
    USHORT is = 0;
    DWORD used = 0;

    expect_message("", CLOSED, ids);
    ANSWERS(WinHttpWebSocketQueryCloseStatus(me.socket, &is, text, sizeof(text), &used), 0, "W29 %s, %s: status", ids,
            where);
    tap_ok(is == status && used == strlen(reason) && !memcmp(text, reason, used), "W29 %s, %s: is %u '%s'", ids, where,
           status, reason);
}

static void expect_status(USHORT status, const char *ids)
{
    USHORT is = 0;
    DWORD used = POISON;

    ANSWERS(WinHttpWebSocketQueryCloseStatus(me.socket, &is, NULL, 0, &used), 0, "W28 %s, %s: status", ids, where);
    SAME(is, status, "W29 %s, %s: which", ids, where);
}

/* ---- orders ---- */

static void check_orders(void)
{
    begin(LATE);
    ANSWERS(speaker_send(&me, UTF8, "one", 3), 0, "W33, %s: a message", where);
    ANSWERS(speaker_shutdown(&me, 1000, "bye"), 0, "W33, %s: Shutdown", where);
    expect_message("late", UTF8, "W36");
    expect_message("abc", BINARY, "W36");
    expect_closed(1000, "ok", "W47");
    finish("T\"one\" X1000\"bye\"", "Shutdown, then Receive until CLOSE");

    begin(FIRST);
    expect_message("a", UTF8, "the server closes first");
    expect_closed(4001, "go", "the server closes first");
    ANSWERS(speaker_close(&me, 4002, "me"), 0, "W48, %s: Close says something else", where);
    finish("X4002\"me\"", "the server closes first");

    begin(FIRST);
    expect_message("a", UTF8, "the server closes first");
    expect_closed(4001, "go", "the server closes first");
    ANSWERS(speaker_shutdown(&me, 4003, NULL), 0, "W33, %s: Shutdown answers it", where);
    finish("X4003", "the server closes first, Shutdown");

    begin(FIRST);
    expect_message("a", UTF8, "the server closes first");
    expect_closed(4001, "go", "the server closes first");
    finish("X4001", "the server closes first, the handle is closed");

    begin(FIRST);
    ANSWERS(speaker_close(&me, 1000, NULL), 0, "W43, %s: both close at once", where);
    finish("X1000", "both at once");

    begin(GOING_ON);
    ANSWERS(speaker_close(&me, 1001, "enough"), 0, "W43, %s: Close while the server talks", where);
    expect_status(1000, "W43");
    finish("X1001\"enough\"", "Close while the server talks");

    begin(MUTE);
    ANSWERS(speaker_close(&me, 1000, NULL), 0, "%s: a server that does not end", where);
    expect_status(1000, "a server that does not end");
    finish("X1000", "a server that does not end");
}

/* ---- nothing is lost ---- */

static void check_last_words(void)
{
    static const struct {
        enum scene scene;
        const char *name;
    } rows[] = {
        {LISTENER, "Shutdown, then the handle"},
        {UNREAD, "Shutdown, then the handle, with unread messages"},
        {FLOODING, "Shutdown, then the handle, before a server that says 1 MB first"},
        {GOING_ON, "Shutdown, then the handle, while the server talks"},
    };
    char said[32];
    size_t i;

    snprintf(said, sizeof(said), "B*%u X1000\"end\"", MUCH);
    for (i = 0; i < COUNT(rows); i++) {
        begin(rows[i].scene);
        ANSWERS(speaker_send(&me, BINARY, bytes, MUCH), 0, "%s, %s: much is sent", rows[i].name, where);
        ANSWERS(speaker_shutdown(&me, 1000, "end"), 0, "W33 %s, %s", rows[i].name, where);
        finish(said, rows[i].name);
    }
    begin(UNREAD);
    finish("", "the handle alone, with unread messages");
    begin(FLOODING);
    ANSWERS(speaker_send(&me, BINARY, bytes, MUCH), 0, "the handle alone, %s: much is sent", where);
    snprintf(said, sizeof(said), "B*%u", MUCH);
    finish(said, "the handle alone, before a server that says 1 MB first");
}

/* ---- arguments ---- */

/* What Shutdown and Close take: the codes that a close frame may carry (RFC 6455 section 7.4), and 1005 for none. */
static const struct {
    USHORT code;
    BOOL taken;
} codes[] = {{0, FALSE},    {1, FALSE},    {999, FALSE},  {1000, TRUE}, {1001, TRUE},  {1002, TRUE},  {1003, TRUE},
             {1004, FALSE}, {1005, TRUE},  {1006, FALSE}, {1007, TRUE}, {1008, TRUE},  {1009, TRUE},  {1010, TRUE},
             {1011, TRUE},  {1012, TRUE},  {1013, TRUE},  {1014, TRUE}, {1015, FALSE}, {1016, FALSE}, {1099, FALSE},
             {1100, FALSE}, {2000, FALSE}, {2999, FALSE}, {3000, TRUE}, {3999, TRUE},  {4000, TRUE},  {4999, TRUE},
             {5000, FALSE}, {9999, FALSE}, {65535, FALSE}};

static void check_refused(void)
{
    size_t i;

    begin(LISTENER);
    for (i = 0; i < COUNT(codes); i++) {
        if (codes[i].taken)
            continue;
        ANSWERS(speaker_shutdown(&me, codes[i].code, NULL), ERROR_INVALID_PARAMETER, "D18 %s: Shutdown, code %u", where,
                codes[i].code);
        ANSWERS(speaker_close(&me, codes[i].code, NULL), ERROR_INVALID_PARAMETER, "D18 %s: Close, code %u", where,
                codes[i].code);
    }
    ANSWERS(speaker_shutdown(&me, 1005, "x"), ERROR_INVALID_PARAMETER, "D18 %s: 1005 leaves no place for a reason",
            where);
    ANSWERS(speaker_send(&me, UTF8, "on", 2), 0, "%s: after all this a message", where);
    ANSWERS(speaker_shutdown(&me, 1000, NULL), 0, "%s: and a close", where);
    ANSWERS(speaker_shutdown(&me, 1006, NULL), ERROR_INVALID_PARAMETER, "D18 %s: arguments are looked at first", where);
    ANSWERS(speaker_shutdown(&me, 2000, NULL), ERROR_INVALID_PARAMETER, "D18 %s: all of them", where);
    finish("T\"on\" X1000", "codes that are refused leave nothing behind");
}

static void check_codes(void)
{
    char said[16];
    size_t i;

    check_refused();
    for (i = 0; i < COUNT(codes); i++) {
        if (!codes[i].taken)
            continue;
        snprintf(said, sizeof(said), codes[i].code == 1005 ? "X" : "X%u", codes[i].code);
        begin(LISTENER);
        ANSWERS(speaker_shutdown(&me, codes[i].code, NULL), 0, "D18 %s: Shutdown, code %u", where, codes[i].code);
        finish(said, "Shutdown with a code");
        begin(ANSWER);
        ANSWERS(speaker_close(&me, codes[i].code, NULL), 0, "D18 %s: Close, code %u", where, codes[i].code);
        finish(said, "Close with a code");
    }
}

/* W25, and API 56: the length that is needed comes with the error, and the status, which has its place (D18). */
static void check_sizes(void)
{
    char reason[124], text[124];
    DWORD size, wrong = 0, used, error;
    USHORT status;
    size_t i;

    for (i = 0; i < 123; i++)
        reason[i] = (char)('a' + i % 26);
    reason[123] = 0;
    begin(REASON);
    expect_closed(1000, reason, "a long reason");
    for (size = 0; size <= sizeof(text); size++) {
        poison(text, sizeof(text));
        used = POISON;
        status = 0;
        error = WinHttpWebSocketQueryCloseStatus(me.socket, &status, size ? text : NULL, size, &used);
        wrong += error != (size < 123 ? ERROR_INSUFFICIENT_BUFFER : 0) || used != 123 || status != 1000 ||
                 (size < 123 ? !is_poison(text, sizeof(text)) : memcmp(text, reason, 123) || !is_poison(text + 123, 1));
    }
    SAME(wrong, 0, "API 56, D18 %s: QueryCloseStatus with room for 0 to 124 bytes of 123", where);
    ANSWERS(speaker_close(&me, 1000, reason), 0, "W25 %s: a reason of 123 bytes", where);
    finish("X1000*123", "a reason as long as can be");
}

int main(void)
{
    INTERNET_PORT port = wire_serve(play, SERVERS);
    int async;
    size_t i;

    served = CreateEventW(NULL, FALSE, FALSE, NULL);
    for (i = 0; i < MUCH; i++)
        bytes[i] = (BYTE)('a' + i % 26);
    for (i = 0; i < sizeof(flood); i += 64)
        memcpy(flood + i, "\x82\x3e", 2); /* messages of 62 bytes */
    for (async = 0; async <= 1; async++) {
        where = async ? "async" : "sync";
        speaker_open(&me, async, port);
        check_orders();
        check_last_words();
        check_codes();
        check_sizes();
        speaker_close_all(&me);
    }
    return tap_done();
}
