/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ws_limits: large messages and many frames, both ways (RFC 6455 sections 5.2, 5.4, 5.5; SEMANTICS W19, W20, W30, W41,
 * D3, D17): 64 KB to 16 MB in one frame and in fragments from 64 bytes on, 65,537 fragments, buffers smaller than the
 * message, frames and messages of nothing, pings between fragments, during a large send and in a burst.
 *
 * Each row is played with a synchronous and an asynchronous handle, plain and over TLS, where messages and records end
 * in different places. The argument "all" (or LIMITS_ALL in the environment) adds the rows that take their time.
 */
#include "client.h"
#include "speaker.h"
#include "wire_tls.h"

#include <stdio.h>
#include <stdlib.h>

#define KB      1024u
#define MB      (1024u * KB)
#define LARGEST (16 * MB)
#define SERVERS 2
#define RECORD  5000 /* bytes, over TLS: fits no row */
#define SLOW    4096 /* calls; more are made only where they cost no turn of threads and no record each */
/* The client's next word comes behind its last call for a row, of which there may be 65,537, each with its wait. */
#define ROW_MS (100 * WAIT_MS)

#define PINGS      200 /* between fragments; their pongs may all wait together (D17: 8 KB) */
#define PIECE      100 /* bytes of a fragment between them, both ways */
#define LARGE_PONG 64  /* pings of 125 bytes in a burst */
#define SMALL_PONG 900 /* pings of 3 */

static struct speaker me;
static const char *where; /* manner of the handle and the connection, for texts */
static BYTE *out, *in;    /* LARGEST bytes: the pattern, and what came */

/* A message of so many bytes, in fragments of so many. */
struct row {
    unsigned size, fragment;
    BOOL slow; /* only with "all" */
};

static const struct row rows[] = {
    {64 * KB, 64 * KB, FALSE}, {64 * KB, 64, FALSE},
    {64 * KB, 256, FALSE},     {64 * KB, KB, FALSE},
    {64 * KB, 4 * KB, FALSE},  {256 * KB, 256 * KB, FALSE},
    {256 * KB, 64, TRUE},      {256 * KB, KB, FALSE},
    {MB, MB, FALSE},           {MB, 64, TRUE},
    {MB, 256, TRUE},           {MB, KB, FALSE},
    {MB, 4 * KB, FALSE},       {MB, 64 * KB, FALSE},
    {4 * MB, 4 * MB, FALSE},   {4 * MB, 64, TRUE},
    {4 * MB, KB, TRUE},        {4 * MB, 16 * KB, FALSE},
    {16 * MB, 16 * MB, FALSE}, {16 * MB, 64, TRUE},
    {16 * MB, 256, TRUE},      {16 * MB, 4 * KB, TRUE},
    {16 * MB, 64 * KB, TRUE},  {16 * MB, MB, FALSE},
    {65537, 1, FALSE},         {65537, 65536, FALSE},
};

/* ---- the server ---- */

enum {
    TO_CLIENT = 0,
    FROM_CLIENT = 1000,
    BETWEEN = 2000,
    BURST,
    DURING,
    NOTHING
}; /* numbers; rows are added to the first two */

static struct {
    struct story said; /* by the client, but for data */
    unsigned frames;
    size_t size; /* of data */
    BOOL right;  /* it is the pattern, one text or binary message in frames as large as the row says */
    enum wire_end end;
} record;
static HANDLE served;

static size_t put_head(BYTE *head, BYTE first, ULONGLONG size)
{
    int bytes = size < 126 ? 0 : size < 65536 ? 2 : 8, i;

    head[0] = first;
    head[1] = (BYTE)(bytes == 0 ? size : bytes == 2 ? 126 : 127);
    for (i = 0; i < bytes; i++)
        head[2 + i] = (BYTE)(size >> 8 * (bytes - 1 - i));
    return 2 + (size_t)bytes;
}

/* The whole message is made first, and sent as it lies there, whatever the frames. */
static void send_row(struct wire *wire, const struct row *row)
{
    struct ws_bytes bytes = {0};
    BYTE head[10];
    unsigned at, n;

    for (at = 0; at < row->size; at += n) {
        n = row->size - at < row->fragment ? row->size - at : row->fragment;
        ws_bytes_add(&bytes, head, put_head(head, (BYTE)((at ? 0 : 2) | (at + n == row->size ? 0x80 : 0)), n));
        ws_bytes_add(&bytes, out + at, n);
    }
    wire_send(wire, bytes.p, bytes.n);
    ws_bytes_free(&bytes);
}

/* Data is compared and not kept; the rest is told. */
static void hear(struct wire *wire, unsigned fragment)
{
    struct wire_frame frame;

    record.right = TRUE;
    while (wire_frame(wire, &frame)) {
        if (frame.first & 8) {
            wire_tell(&frame, &record.said);
            if (frame.first == 0x88)
                return;
            continue;
        }
        record.right &= frame.size <= fragment && pattern_is(frame.payload, record.size, frame.size) &&
                        (frame.first & 15) == (record.frames ? 0 : 2);
        record.size += frame.size;
        record.frames++;
    }
}

/* Over TLS the session has its own to say between fragments: tickets, and new keys both ways, but of these few: GnuTLS
 * takes more than 8 in a second for an attack. */
static void say_more(struct wire *wire, int i)
{
    if (!wire->floor)
        return;
    if (i % 10 == 0)
        gnutls_session_ticket_send(wire_tls_session(wire), 1, 0);
    if (i % 50 == 5)
        gnutls_session_key_update(wire_tls_session(wire), GNUTLS_KU_PEER);
}

/* A fragment and a ping, and so on; the client does the same, and its pongs come between its own fragments. */
static void serve_between(struct wire *wire)
{
    char script[64];
    int i;

    for (i = 0; i < PINGS; i++) {
        snprintf(script, sizeof(script), "%s*%u P\"%03d\"", i == 0 ? "t" : i < PINGS - 1 ? "c" : "C", PIECE, i);
        say_more(wire, i);
        wire_say(wire, script);
    }
    hear(wire, PIECE);
}

/* Pings, and a word when the last of their pongs has come. */
static BOOL serve_burst(struct wire *wire, const char *payload, unsigned pings)
{
    struct wire_frame frame;
    char script[32];
    unsigned i;

    snprintf(script, sizeof(script), "P%s{%u}", payload, pings);
    wire_say(wire, script);
    for (i = 0; i < pings && wire_frame(wire, &frame); i++)
        wire_tell(&frame, &record.said);
    return wire_say(wire, "T\"done\"");
}

static void play(struct wire *wire)
{
    unsigned n = wire->number;
    struct ws_bytes answer = {0};

    wire->patience_ms = ROW_MS;
    wire_answer(wire, NULL, &answer);
    wire_send(wire, answer.p, answer.n);
    ws_bytes_free(&answer);
    if (n < FROM_CLIENT) {
        send_row(wire, &rows[n]);
        hear(wire, 0);
    } else if (n < BETWEEN) {
        hear(wire, rows[n - FROM_CLIENT].fragment);
    } else if (n == BETWEEN) {
        serve_between(wire);
    } else if (n == BURST) {
        serve_burst(wire, "*125", LARGE_PONG);
        serve_burst(wire, "*3", SMALL_PONG);
        hear(wire, 0);
    } else if (n == DURING) {
        wire_say(wire, "P*125{64} T\"after\"");
        hear(wire, LARGEST);
    } else {
        wire_listen(wire, &record.said);
    }
    wire_say(wire, "X1000");
    wire_fin(wire);
    wire_listen(wire, &record.said);
    record.end = wire->end;
    SetEvent(served);
}

/* ---- the client ---- */

/* Rows may take longer than the time after which the client sends a pong that nobody has asked for (D3). */
static void begin(unsigned number)
{
    DWORD interval = 3600000;

    story_free(&record.said);
    memset(&record, 0, sizeof(record));
    if (speaker_upgrade(&me, number))
        WinHttpSetOption(me.socket, WINHTTP_OPTION_WEB_SOCKET_KEEPALIVE_INTERVAL, &interval, sizeof(interval));
}

/* Closes; what the server heard besides data. */
static BOOL finish(const char *said)
{
    DWORD error = speaker_close(&me, 1000, NULL);
    BOOL same;

    speaker_hang_up(&me);
    if (WaitForSingleObject(served, 2 * WAIT_MS) != WAIT_OBJECT_0) {
        tap_ok(FALSE, "the server's end, %s", where);
        exit(tap_done());
    }
    same = story_is(&record.said, said, "sent by the client");
    if (error || record.end != WIRE_FIN)
        tap_diag("Close answers %lu, the end is %d", error, record.end);
    return !error && same && record.end == WIRE_FIN;
}

/* Sends a message in fragments of so many bytes; the error of the first that fails. */
static DWORD send_message(TYPE fragment, TYPE message, unsigned size, unsigned piece)
{
    DWORD error = 0;
    unsigned at, n;

    for (at = 0; !error && at < size; at += n) {
        n = size - at < piece ? size - at : piece;
        error = speaker_send(&me, at + n == size ? message : fragment, out + at, n);
    }
    return error;
}

static void check_to_client(unsigned i, DWORD room)
{
    const struct row *row = &rows[i];
    TYPE type = CLOSED;
    DWORD got = 0, error;

    begin(TO_CLIENT + i);
    memset(in, 0, row->size);
    error = speaker_message(&me, in, LARGEST, room, &got, &type);
    tap_ok(!error && type == BINARY && got == row->size && !memcmp(in, out, got) && finish("X1000"),
           "W20, W41 %s: %u bytes in frames of %u are received, %lu at a time", where, row->size, row->fragment, room);
    if (error || got != row->size)
        tap_diag("error %lu, type %d, %lu bytes", error, type, got);
}

static void check_from_client(unsigned i)
{
    const struct row *row = &rows[i];
    unsigned frames = (row->size + row->fragment - 1) / row->fragment;
    BOOL well;
    DWORD error;

    begin(FROM_CLIENT + i);
    error = send_message(BINARY_FRAGMENT, BINARY, row->size, row->fragment);
    well = finish("X1000");
    tap_ok(!error && well && record.right && record.size == row->size && record.frames == frames,
           "W30, W32 %s: %u bytes are sent in frames of %u", where, row->size, row->fragment);
    if (error || record.size != row->size)
        tap_diag("error %lu, %u bytes in %u frames", error, (unsigned)record.size, record.frames);
}

static char *pongs(void)
{
    static char script[PINGS * 8];
    int i, n = 0;

    for (i = 0; i < PINGS; i++)
        n += snprintf(script + n, sizeof(script) - (size_t)n, "Q\"%03d\" ", i);
    snprintf(script + n, sizeof(script) - (size_t)n, "X1000");
    return script;
}

static void check_between(void)
{
    BYTE buffer[PIECE];
    DWORD got, error = 0, sum = 0;
    TYPE type = CLOSED;
    int i;

    begin(BETWEEN);
    for (i = 0; !error && i < PINGS; i++) {
        error = speaker_send(&me, i < PINGS - 1 ? BINARY_FRAGMENT : BINARY, out + i * PIECE, PIECE);
        if (!error)
            error = speaker_receive(&me, buffer, PIECE, &got, &type);
        sum += got;
    }
    tap_ok(!error && type == UTF8 && sum == PINGS * PIECE, "D3 %s: fragments go both ways, pings between them", where);
    tap_ok(finish(pongs()) && record.right && record.frames == PINGS,
           "D3 %s: every pong, in order, and in no frame of ours", where);
}

/* D17: nobody receives, and each ping is answered. Then the word that says so. */
static void check_burst(void)
{
    BYTE buffer[8];
    DWORD got, error;
    TYPE type;
    char script[64];
    int i;

    begin(BURST);
    for (i = 0; i < 2; i++) {
        error = speaker_receive(&me, buffer, sizeof(buffer), &got, &type);
        tap_ok(!error && type == UTF8 && got == 4, "D3, D17 %s: burst %d is answered", where, i);
    }
    snprintf(script, sizeof(script), "Q*125{%u} Q*3{%u} X1000", LARGE_PONG, SMALL_PONG);
    tap_ok(finish(script), "D17 %s: each ping, in order", where);
}

static void check_during(void)
{
    BYTE buffer[8];
    DWORD got = 0, error;
    TYPE type = CLOSED;

    begin(DURING);
    ANSWERS(speaker_send(&me, BINARY, out, LARGEST), 0, "%s: a large message, pings meanwhile", where);
    error = speaker_receive(&me, buffer, sizeof(buffer), &got, &type);
    tap_ok(!error && got == 5, "%s: what came behind the pings", where);
    tap_ok(finish("Q*125{64} X1000") && record.right && record.frames == 1 && record.size == LARGEST,
           "D3 %s: every pong, and none inside the frame", where);
}

static void check_nothing(void)
{
    static const struct {
        TYPE type;
        unsigned size;
    } list[] = {{BINARY_FRAGMENT, 0}, {BINARY_FRAGMENT, 0}, {BINARY_FRAGMENT, 3},
                {BINARY_FRAGMENT, 0}, {BINARY, 0},          {UTF8, 0},
                {BINARY, 0},          {UTF8_FRAGMENT, 0},   {UTF8, 3}};
    DWORD error = 0;
    size_t i;

    begin(NOTHING);
    for (i = 0; !error && i < COUNT(list); i++)
        error = speaker_send(&me, list[i].type, list[i].size ? "abc" : NULL, list[i].size);
    tap_ok(finish("b c c\"abc\" c C T B t C\"abc\" X1000") && !error, "W23, W30 %s: frames and messages of nothing",
           where);
}

static void check_rows(BOOL all)
{
    unsigned i, frames;

    for (i = 0; i < COUNT(rows); i++) {
        if (rows[i].slow && !all)
            continue;
        frames = rows[i].size / rows[i].fragment;
        if (all || frames <= SLOW || !me.flags || !me.async)
            check_to_client(i, LARGEST);
        if (rows[i].fragment > 20000)
            check_to_client(i, 20000);
        if (rows[i].fragment > 100 && rows[i].size <= 256 * KB)
            check_to_client(i, 100);
        if (all || frames <= SLOW || !(me.flags || me.async))
            check_from_client(i);
    }
}

int main(int argc, char **argv)
{
    BOOL all = argc > 1 ? !strcmp(argv[1], "all") : getenv("LIMITS_ALL") != NULL;
    INTERNET_PORT ports[] = {wire_serve(play, SERVERS), wire_serve_tls(play, SERVERS, RECORD)};
    static const char *const manners[] = {"sync", "async", "sync, TLS", "async, TLS"};
    int manner;

    served = CreateEventW(NULL, FALSE, FALSE, NULL);
    out = malloc(LARGEST);
    in = malloc(LARGEST);
    pattern_fill(out, 0, LARGEST);
    for (manner = 0; manner < 4; manner++) {
        where = manners[manner];
        speaker_open(&me, manner & 1, ports[manner / 2]);
        me.flags = manner & 2 ? WINHTTP_FLAG_SECURE : 0;
        check_nothing();
        check_between();
        check_burst();
        check_during();
        check_rows(all);
        speaker_close_all(&me);
    }
    return tap_done();
}
