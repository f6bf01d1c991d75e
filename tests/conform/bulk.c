/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bulk: large reads (HOUSE, "Whose memory"). What is due may be received straight into the caller's buffer, and over
 * TLS decrypted into it; whether it is or not, with buffers a byte smaller and larger than those for which it is,
 * synchronously and asynchronously, every byte is in its place, none behind the buffer or the body, text is looked at,
 * an end in the middle is told, and nothing is written once the operation has been cancelled.
 */
#include "client.h"
#include "speaker.h"
#include "wire_tls.h"

#include <stdio.h>
#include <stdlib.h>

#define SIZE 2000000u /* of a body, or a message */
#define STRAIGHT                                                                                                       \
    262144u            /* a buffer of so many bytes is filled straight, a smaller one where it takes all that is due */
#define LAND   4096u   /* over TLS, and for so many bytes */
#define RECORD 5000    /* bytes, over TLS: fits nothing here */
#define HALF   900001u /* of SIZE: what comes before the failure */
#define GUARD  64u

enum { LENGTH, CHUNKS, ODD_CHUNKS, CLOSE, BODIES, CUT = BODIES, TEXT = CUT + FAULT_COUNT, BAD_TEXT, HELD };

static const char *const body_names[BODIES] = {"a length", "chunks", "odd chunks", "the end of the connection"};
static const DWORD rooms[] = {STRAIGHT - 1, STRAIGHT, STRAIGHT + 1, 3 * STRAIGHT, SIZE, SIZE + 1};
static const DWORD tls_rooms[] = {LAND - 1, LAND, LAND + 1, 5 * LAND};
static const DWORD chunk_sizes[][4] = {{STRAIGHT, 100000, 3 * STRAIGHT, 300000},
                                       {STRAIGHT + 1, 1, 2 * STRAIGHT - 1, 7}};

static struct speaker me;
static const char *where;
static BYTE *out, *in; /* SIZE bytes and a guard: what is sent, and what came */
static HANDLE half_said, go_on, served;

/* ---- the server ---- */

static void say_text(struct wire *wire, const char *text)
{
    wire_send(wire, text, strlen(text));
}

static void say_chunks(struct wire *wire, const DWORD sizes[4])
{
    struct ws_bytes bytes = {0};
    char line[32];
    DWORD at, n;
    int i = 0;

    for (at = 0; at < SIZE; at += n) {
        n = sizes[i++ % 4];
        if (n > SIZE - at)
            n = SIZE - at;
        ws_bytes_add(&bytes, line, (size_t)snprintf(line, sizeof(line), "%lx\r\n", n));
        ws_bytes_add(&bytes, out + at, n);
        ws_bytes_add(&bytes, "\r\n", 2);
    }
    ws_bytes_add(&bytes, "0\r\n\r\n", 5);
    wire_send(wire, bytes.p, bytes.n);
    ws_bytes_free(&bytes);
}

static void say_body(struct wire *wire, unsigned kind)
{
    char line[64];

    say_text(wire, "HTTP/1.1 200 OK\r\nConnection: close\r\n");
    if (kind == CHUNKS || kind == ODD_CHUNKS) {
        say_text(wire, "Transfer-Encoding: chunked\r\n\r\n");
        say_chunks(wire, chunk_sizes[kind == ODD_CHUNKS]);
        return;
    }
    snprintf(line, sizeof(line), "Content-Length: %u\r\n\r\n", SIZE);
    say_text(wire, kind == CLOSE ? "\r\n" : line);
    wire_send(wire, out, kind >= CUT ? HALF : SIZE);
    if (kind == CLOSE)
        wire_fin(wire);
    if (kind >= CUT)
        wire_fail(wire, (enum fault)(kind - CUT));
}

/* One frame of SIZE bytes and the whole message behind it, of which nothing may be taken with the first. */
static void say_message(struct wire *wire, unsigned kind)
{
    BYTE head[10] = {(BYTE)(kind == HELD ? 0x82 : 0x81), 127, 0, 0, 0, 0, 0, SIZE >> 16, SIZE >> 8 & 0xff, SIZE & 0xff};
    struct ws_bytes answer = {0};

    wire_answer(wire, NULL, &answer);
    wire_send(wire, answer.p, answer.n);
    ws_bytes_free(&answer);
    wire_send(wire, head, sizeof(head));
    wire_send(wire, out, HALF);
    if (kind == HELD) {
        SetEvent(half_said);
        WaitForSingleObject(go_on, WAIT_MS);
    }
    wire_send(wire, out + HALF, SIZE - HALF);
    if (kind != HELD)
        wire_say(wire, "T\"behind\"");
}

static void play(struct wire *wire)
{
    if (wire->number < TEXT)
        say_body(wire, wire->number);
    else
        say_message(wire, wire->number);
    wire_drain(wire);
    SetEvent(served);
}

/* ---- the client ---- */

/* Every read but the last fills its buffer (API row 38). */
static void check_body(unsigned kind, DWORD room)
{
    DWORD total = 0, got, error = speaker_ask(&me, kind, me.flags, NULL);
    BOOL well = TRUE;

    do {
        DWORD want = SIZE - total < room ? SIZE - total : room;

        poison(in, want + GUARD);
        error = error ? error : speaker_read(&me, in, room, &got);
        well = well && !error && got == want && pattern_is(in, total, got) && is_poison(in + got, GUARD);
        total += error ? 0 : got;
    } while (well && got);
    tap_ok(well && total == SIZE, "B4, B16 %s: a body that ends by %s, %lu bytes at a time", where, body_names[kind],
           room);
    speaker_hang_up(&me);
    WaitForSingleObject(served, WAIT_MS);
}

static void check_cut(enum fault fault)
{
    DWORD got, error = speaker_ask(&me, CUT + fault, me.flags, NULL);

    poison(in, SIZE + GUARD);
    error = error ? error : speaker_read(&me, in, SIZE, &got);
    tap_ok(error == (fault == FAULT_FIN || fault == FAULT_RESET ? ERROR_WINHTTP_CONNECTION_ERROR : WAIT_TIMEOUT) &&
               is_poison(in + HALF, SIZE - HALF),
           "R18 %s: a body cut by %s (%lu)", where, fault_name(fault), error);
    speaker_hang_up(&me);
    WaitForSingleObject(served, WAIT_MS);
}

static void check_text(DWORD room)
{
    DWORD got = 0, error;
    TYPE type = CLOSED;

    speaker_upgrade(&me, TEXT);
    poison(in, SIZE + GUARD);
    error = speaker_message(&me, in, SIZE + GUARD, room, &got, &type);
    tap_ok(!error && type == UTF8 && got == SIZE && !memcmp(in, out, SIZE) && is_poison(in + SIZE, GUARD),
           "W20 %s: a text of 2 MB, %lu bytes at a time", where, room);
    error = speaker_receive(&me, in, SIZE, &got, &type);
    tap_ok(!error && type == UTF8 && got == 6 && !memcmp(in, "behind", 6), "W20 %s: and the message behind it", where);
    speaker_hang_up(&me);
    WaitForSingleObject(served, WAIT_MS);
}

static void check_bad_text(void)
{
    DWORD got = 0;
    TYPE type = CLOSED;

    speaker_upgrade(&me, BAD_TEXT);
    ANSWERS(speaker_receive(&me, in, SIZE, &got, &type), ERROR_WINHTTP_INVALID_SERVER_RESPONSE,
            "D4 %s: text that is none, far behind its beginning", where);
    speaker_hang_up(&me);
    WaitForSingleObject(served, WAIT_MS);
}

static void check_cancelled(void)
{
    speaker_upgrade(&me, HELD);
    speaker_begin_receive(&me, in, SIZE);
    WaitForSingleObject(half_said, WAIT_MS);
    WinHttpCloseHandle(me.socket);
    me.socket = NULL;
    SAME(speaker_await(&me, VERB_RECEIVE), ERROR_WINHTTP_OPERATION_CANCELLED, "W44: cancelled in the middle");
    poison(in, SIZE);
    SetEvent(go_on);
    WaitForSingleObject(served, WAIT_MS);
    tap_ok(is_poison(in, SIZE), "HOUSE: the buffer is the application's again");
}

/* Two-byte characters; one of the last is broken, or none. */
static void make_text(BOOL bad)
{
    for (DWORD i = 0; i < SIZE; i += 2)
        memcpy(out + i, "\xc3\xa4", 2);
    if (bad)
        out[SIZE - 5001] = 0xff;
}

static void check_rooms(const DWORD *list, size_t count)
{
    pattern_fill(out, 0, SIZE);
    for (unsigned kind = 0; kind < BODIES; kind++)
        for (size_t i = 0; i < count; i++)
            check_body(kind, list[i]);
    make_text(FALSE);
    for (size_t i = 0; i < count; i++)
        check_text(list[i]);
}

static void check_manner(BOOL async, BOOL secure, INTERNET_PORT port)
{
    where = secure ? async ? "asynchronous, TLS" : "synchronous, TLS" : async ? "asynchronous" : "synchronous";
    speaker_open(&me, async, port);
    me.flags = secure ? WINHTTP_FLAG_SECURE : 0;
    check_rooms(rooms, COUNT(rooms));
    if (secure)
        check_rooms(tls_rooms, COUNT(tls_rooms));
    pattern_fill(out, 0, SIZE);
    check_cut(FAULT_FIN);
    check_cut(FAULT_RESET);
    make_text(TRUE);
    check_bad_text();
    if (async)
        check_cancelled();
    speaker_close_all(&me);
}

int main(void)
{
    WSADATA data;
    INTERNET_PORT ports[2];

    WSAStartup(MAKEWORD(2, 2), &data);
    half_said = CreateEventW(NULL, FALSE, FALSE, NULL);
    go_on = CreateEventW(NULL, FALSE, FALSE, NULL);
    served = CreateEventW(NULL, FALSE, FALSE, NULL);
    out = malloc(SIZE);
    in = malloc(SIZE + GUARD);
    ports[FALSE] = wire_serve(play, 1);
    ports[TRUE] = wire_serve_tls(play, 1, RECORD);
    for (BOOL secure = FALSE; secure <= TRUE; secure++)
        for (BOOL async = FALSE; async <= TRUE; async++)
            check_manner(async, secure, ports[secure]);
    return tap_done();
}
