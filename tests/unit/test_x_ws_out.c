/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sending through the WebSocket link: data frames, and the control frames between them. RFC 6455 sections 5.3 to 5.5;
 * SEMANTICS W30, W31, W34, W35, D3, D17.
 */
#include "unit/harness.h"

#include "base/mem.h"
#include "proto/ws_frame.h"
#include "stack/x_ws.h"

#include <stdio.h>

static struct x_ws *link;
static struct buf in, out;
static uint8_t wire[1u << 20]; /* everything that left out */
static size_t wire_n;
static uint32_t drawn; /* keys given out by counting */

static void count_keys(void *dst, size_t n)
{
    CHECK_INT(n % 4, 0);
    for (size_t i = 0; i < n; i += 4) {
        drawn++;
        memcpy((uint8_t *)dst + i, &drawn, 4);
    }
}

static void start(size_t out_limit)
{
    struct x_ws_config cfg = {1000, count_keys};

    wire_n = 0;
    buf_init(&in, 1u << 20);
    buf_init(&out, out_limit);
    CHECK_INT(x_ws_create(&cfg, &link), WH_OK);
}

static void stop(void)
{
    x_ws_destroy(link);
    buf_clear(&in);
    buf_clear(&out);
}

static void drain(void)
{
    wire_n += buf_read(&out, wire + wire_n, sizeof(wire) - wire_n);
}

/* Lets the server's frames be decoded; there is no data among them. */
static void came(struct span s)
{
    CHECK_INT(buf_append(&in, s), WH_OK);
    CHECK_INT(x_ws_ahead(link, &in), WH_OK);
}

static void ping(const void *payload, size_t n)
{
    uint8_t frame[127] = {0x89, (uint8_t)n};

    memcpy(frame + 2, payload, n);
    came(span_make(frame, n + 2));
}

/* Takes the next frame off wire and checks it. Keys never repeat: each is looked for among those drawn, and used up. */
static size_t taken;
static uint32_t last_key[64];
static size_t keys_seen;

static void frame_is(unsigned first_byte, struct span payload)
{
    static uint8_t clear[1u << 20];
    struct ws_frame f;
    size_t used;
    uint32_t key;

    if (!CHECK_INT(ws_frame_decode(span_make(wire + taken, wire_n - taken), WS_CLIENT, &f, &used), WH_OK))
        return;
    CHECK_INT((f.fin ? 0x80 : 0) | f.opcode, first_byte);
    if (!CHECK_INT(f.len, payload.n) || !CHECK(f.len <= wire_n - taken - used))
        return;
    ws_frame_mask(clear, wire + taken + used, (size_t)f.len, f.key, 0);
    CHECK_SPAN(span_make(clear, (size_t)f.len), payload);
    memcpy(&key, f.key, 4);
    CHECK(key >= 1 && key <= drawn);
    for (size_t i = 0; i < keys_seen && i < 64; i++)
        CHECK(last_key[i] != key);
    last_key[keys_seen++ % 64] = key;
    taken += used + (size_t)f.len;
}

static void all_taken(void)
{
    CHECK_INT(taken, wire_n);
    taken = wire_n = 0;
}

/* Sends one frame with out drained whenever it is full. */
static void send_all(bool text, bool fin, struct span s)
{
    size_t used, done = 0;
    enum wh_err err;

    CHECK_INT(x_ws_send_begin(link, text, fin, s.n), WH_OK);
    do {
        err = x_ws_send_some(link, span_skip(s, done), &out, &used);
        done += used;
        drain();
    } while (err == WH_AGAIN);
    CHECK_INT(err, WH_OK);
    CHECK_INT(done, s.n);
}

static void frames(void)
{
    uint32_t before = drawn;

    start(4096);
    send_all(true, true, LITERAL("Hello"));
    send_all(false, false, LITERAL("ab"));
    send_all(false, false, LITERAL(""));
    send_all(false, false, LITERAL("cd"));
    send_all(false, true, LITERAL(""));
    send_all(true, true, LITERAL(""));
    frame_is(0x81, LITERAL("Hello"));
    frame_is(0x02, LITERAL("ab"));
    frame_is(0x00, LITERAL(""));
    frame_is(0x00, LITERAL("cd"));
    frame_is(0x80, LITERAL(""));
    frame_is(0x81, LITERAL(""));
    all_taken();
    CHECK_INT(drawn - before, 16); /* six frames, one call for random bytes */
    stop();
}

static void type_rules(void)
{
    size_t used;

    start(4096);
    CHECK_INT(x_ws_send_some(link, LITERAL("x"), &out, &used), WH_E_STATE);
    send_all(false, false, LITERAL("a"));
    CHECK_INT(x_ws_send_begin(link, true, false, 1), WH_E_ARG);
    CHECK_INT(x_ws_send_begin(link, true, true, 1), WH_E_ARG);
    send_all(false, true, LITERAL("b"));
    CHECK_INT(x_ws_send_begin(link, true, true, 1), WH_OK);
    CHECK_INT(x_ws_send_begin(link, true, true, 1), WH_E_STATE);
    CHECK_INT(x_ws_send_some(link, LITERAL("c"), &out, &used), WH_OK);
    drain();
    frame_is(0x02, LITERAL("a"));
    frame_is(0x80, LITERAL("b"));
    frame_is(0x81, LITERAL("c"));
    all_taken();
    stop();
}

static void lengths(void)
{
    static const size_t lens[] = {124, 125, 126, 127, 65535, 65536, 200001};
    static uint8_t payload[200001];
    struct span s;

    for (size_t i = 0; i < sizeof(payload); i++)
        payload[i] = (uint8_t)(i * 31 + (i >> 8));
    s = guard_make(span_make(payload, sizeof(payload)));
    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        start(30000);
        send_all(false, true, span_make(s.p + s.n - lens[i], lens[i]));
        frame_is(0x82, span_make(payload + sizeof(payload) - lens[i], lens[i]));
        all_taken();
        stop();
    }
    CHECK_SPAN(s, span_make(payload, sizeof(payload))); /* the caller's memory is only read */
}

/* The caller may hand its payload over as it has it. */
static void short_spans(void)
{
    size_t used;

    start(4096);
    CHECK_INT(x_ws_send_begin(link, false, true, 5), WH_OK);
    CHECK_INT(x_ws_send_some(link, LITERAL("ab"), &out, &used), WH_AGAIN);
    CHECK_INT(used, 2);
    CHECK_INT(x_ws_send_some(link, LITERAL(""), &out, &used), WH_AGAIN);
    CHECK_INT(x_ws_send_some(link, LITERAL("cdefgh"), &out, &used), WH_OK);
    CHECK_INT(used, 3);
    drain();
    frame_is(0x82, LITERAL("abcde"));
    all_taken();
    stop();
}

/* Any room will do, and no control frame ever stands inside a data frame: pings come at every step. */
static void little_room(void)
{
    static const char payload[] = "0123456789abcdefghijklmnopqrstuvwxyz";
    char row[32] = "";

    harness_row(row);
    for (size_t limit = 1; limit < 60; limit++) {
        size_t used, done = 0;
        bool second = false;
        enum wh_err err;

        snprintf(row, sizeof(row), "room for %zu", limit);
        start(limit);
        ping("first", 5);
        CHECK_INT(x_ws_send_begin(link, true, true, 36), WH_OK);
        do {
            err = x_ws_send_some(link, span_make(payload + done, 36 - done), &out, &used);
            done += used;
            drain();
            if (err == WH_AGAIN && done && !second) {
                ping("second", 6);
                second = true;
            }
            if (err == WH_AGAIN && second)
                CHECK_INT(x_ws_flush(link, &out), WH_AGAIN);
            CHECK_INT(buf_len(&out), 0);
        } while (err == WH_AGAIN);
        CHECK_INT(x_ws_close(link, 1000, LITERAL("bye")), WH_OK);
        while (x_ws_flush(link, &out) == WH_AGAIN)
            drain();
        drain();
        CHECK(x_ws_close_sent(link));
        frame_is(0x8A, LITERAL("first"));
        frame_is(0x81, LITERAL("0123456789abcdefghijklmnopqrstuvwxyz"));
        CHECK(second || limit > 36);
        if (second)
            frame_is(0x8A, LITERAL("second"));
        frame_is(0x88, LITERAL("\x03\xe8"
                               "bye"));
        all_taken();
        stop();
    }
}

static void pong_between_fragments(void)
{
    start(4096);
    send_all(true, false, LITERAL("a"));
    ping("p", 1);
    send_all(true, true, LITERAL("b"));
    frame_is(0x01, LITERAL("a"));
    frame_is(0x8A, LITERAL("p"));
    frame_is(0x80, LITERAL("b"));
    all_taken();
    stop();
}

/* Our close frame stands behind the frame that was begun before it, and before pongs asked for after it. */
static void close_order(void)
{
    size_t used;

    start(4096);
    ping("1", 1);
    ping("2", 1);
    CHECK_INT(x_ws_send_begin(link, false, false, 1), WH_OK);
    CHECK(!x_ws_close_queued(link));
    CHECK_INT(x_ws_close(link, 1005, span_make(NULL, 0)), WH_OK);
    CHECK(x_ws_close_queued(link) && !x_ws_close_sent(link));
    ping("3", 1);
    CHECK_INT(x_ws_flush(link, &out), WH_AGAIN);
    CHECK_INT(x_ws_send_some(link, LITERAL("x"), &out, &used), WH_OK);
    CHECK_INT(x_ws_flush(link, &out), WH_OK);
    CHECK(x_ws_close_sent(link));
    CHECK_INT(x_ws_send_begin(link, false, true, 1), WH_E_STATE);
    CHECK_INT(x_ws_close(link, 1000, span_make(NULL, 0)), WH_E_STATE);
    drain();
    frame_is(0x02, LITERAL("x"));
    frame_is(0x8A, LITERAL("1"));
    frame_is(0x8A, LITERAL("2"));
    frame_is(0x88, LITERAL(""));
    frame_is(0x8A, LITERAL("3"));
    all_taken();
    stop();
}

static void close_arguments(void)
{
    static const uint16_t refused[] = {0, 999, 1004, 1006, 1015, 1016, 2999, 5000, 65535};
    uint8_t reason[124];

    memset(reason, 'r', sizeof(reason));
    start(4096);
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        CHECK_INT(x_ws_close(link, refused[i], span_make(NULL, 0)), WH_E_ARG);
    CHECK_INT(x_ws_close(link, 1000, span_make(reason, 124)), WH_E_ARG);
    CHECK_INT(x_ws_close(link, 1005, span_make(reason, 1)), WH_E_ARG);
    CHECK(!x_ws_close_queued(link));
    CHECK_INT(x_ws_close(link, 4999, span_make(reason, 123)), WH_OK);
    CHECK_INT(x_ws_flush(link, &out), WH_OK);
    drain();
    CHECK_INT(wire[1], 0x80 | 125);
    CHECK_INT(wire_n, 6 + 125);
    wire_n = 0;
    stop();
}

/* D17 and section 5.5.3. waiting: how many of the pings are answered, the newest always among them. */
static void flood(size_t pings, size_t payload, size_t answered)
{
    uint8_t bytes[125];

    memset(bytes, 'x', sizeof(bytes));
    start(1u << 20);
    for (size_t i = 0; i < pings; i++) {
        if (payload >= 2)
            bytes[0] = (uint8_t)i, bytes[1] = (uint8_t)(i >> 8);
        ping(bytes, payload);
    }
    CHECK_INT(x_ws_flush(link, &out), WH_OK);
    drain();
    for (size_t i = 0; i < answered; i++) {
        size_t which = i + 1 == answered ? pings - 1 : i;

        if (payload >= 2)
            bytes[0] = (uint8_t)which, bytes[1] = (uint8_t)(which >> 8);
        frame_is(0x8A, span_make(bytes, payload));
    }
    all_taken();
    stop();
}

static void pongs(void)
{
    harness_row("64 of the largest");
    flood(64, 125, 64);
    harness_row("65 of the largest");
    flood(65, 125, 64);
    harness_row("thousands of the largest");
    flood(5000, 125, 64);
    harness_row("small ones up to 8 KB: 8192 / (6 + 2)");
    flood(1024, 2, 1024);
    flood(1025, 2, 1024);
    flood(60000, 2, 1024);
    harness_row("empty ones: 8192 / 6");
    flood(1365, 0, 1365);
    flood(1366, 0, 1365);
}

/* Once the output moves again, so do later pongs, behind the newest that waited. */
static void pongs_after_flood(void)
{
    uint8_t bytes[125] = {0};

    start(200);
    for (unsigned i = 0; i < 70; i++) {
        bytes[0] = (uint8_t)i;
        ping(bytes, 125);
    }
    CHECK_INT(x_ws_flush(link, &out), WH_AGAIN);
    drain();
    bytes[0] = 100;
    ping(bytes, 125);
    while (x_ws_flush(link, &out) == WH_AGAIN)
        drain();
    drain();
    for (unsigned i = 0; i < 63; i++) {
        bytes[0] = (uint8_t)i;
        frame_is(0x8A, span_make(bytes, 125));
    }
    bytes[0] = 69;
    frame_is(0x8A, span_make(bytes, 125));
    bytes[0] = 100;
    frame_is(0x8A, span_make(bytes, 125));
    all_taken();
    stop();
}

/* Without memory for a queue the newest ping is still answered, and our close frame still goes. */
static void no_memory(void)
{
    start(4096);
    mem_fail_at(2, NULL); /* 1: the ping's own bytes in the input */
    ping("1", 1);
    ping("2", 1);
    mem_fail_at(0, NULL);
    ping("3", 1);
    CHECK_INT(x_ws_close(link, 1000, span_make(NULL, 0)), WH_OK);
    mem_fail_at(1, NULL);
    CHECK_INT(x_ws_flush(link, &out), WH_E_NOMEM);
    mem_fail_at(0, NULL);
    CHECK_INT(x_ws_flush(link, &out), WH_OK);
    drain();
    frame_is(0x8A, LITERAL("2"));
    frame_is(0x8A, LITERAL("3"));
    frame_is(0x88, LITERAL("\x03\xe8"));
    all_taken();
    stop();
}

/* The output cannot grow: nothing is lost, the Send goes on where it was. */
static void send_without_memory(void)
{
    static uint8_t payload[10000];
    size_t used, done = 0;
    enum wh_err err;
    size_t failures = 0;

    memset(payload, 'p', sizeof(payload));
    start(100000);
    CHECK_INT(x_ws_send_begin(link, false, true, sizeof(payload)), WH_OK);
    for (size_t turn = 0; turn < 9; turn++) {
        mem_fail_at(turn < 3 ? 1 + turn / 2 : 0, NULL);
        err = x_ws_send_some(link, span_make(payload + done, sizeof(payload) - done), &out, &used);
        mem_fail_at(0, NULL);
        done += used;
        failures += err == WH_E_NOMEM;
        if (!err)
            break;
    }
    CHECK_INT(err, WH_OK);
    CHECK(failures > 0);
    drain();
    frame_is(0x82, span_make(payload, sizeof(payload)));
    all_taken();
    stop();
}

/* Comes just when the link asked for it, or as late as a link that asks for nothing deserves. */
static void tick(void)
{
    uint64_t due = x_ws_deadline(link);

    CHECK_INT(x_ws_expired(link, due == X_WS_NEVER ? X_WS_NEVER - 1 : due, true), WH_OK);
}

static void keepalive(void)
{
    size_t used;

    start(4096);
    CHECK_INT(x_ws_set_keepalive(link, X_WS_KEEPALIVE_MIN, 0), WH_OK);
    tick();
    tick(); /* the first one waits still: one is enough */
    CHECK_INT(x_ws_flush(link, &out), WH_OK);
    drain();
    frame_is(0x8A, LITERAL(""));
    all_taken();
    harness_row("not inside a frame");
    CHECK_INT(x_ws_send_begin(link, false, true, 2), WH_OK);
    CHECK_INT(x_ws_send_some(link, LITERAL("a"), &out, &used), WH_AGAIN);
    tick();
    CHECK_INT(x_ws_send_some(link, LITERAL("b"), &out, &used), WH_OK);
    CHECK_INT(x_ws_flush(link, &out), WH_OK);
    drain();
    frame_is(0x82, LITERAL("ab"));
    all_taken();
    harness_row("not behind our close frame");
    CHECK_INT(x_ws_close(link, 1000, span_make(NULL, 0)), WH_OK);
    tick();
    CHECK_INT(x_ws_flush(link, &out), WH_OK);
    tick();
    CHECK_INT(x_ws_flush(link, &out), WH_OK);
    drain();
    frame_is(0x88, LITERAL("\x03\xe8"));
    all_taken();
    stop();
}

static const struct test tests[] = {
    {"5.4, W30: frames, fragments, empty ones; a fresh key for each", frames},
    {"W31: one type for a message, one Send at a time", type_rules},
    {"5.2: lengths, and the caller's memory is only read", lengths},
    {"payload handed over in parts", short_spans},
    {"5.4: little room, and no control frame inside a frame", little_room},
    {"5.5.3: pongs between our own fragments", pong_between_fragments},
    {"W34, W35: where our close frame stands", close_order},
    {"7.4, W25: what our close frame may say", close_arguments},
    {"D17: how many pings are answered", pongs},
    {"D17: after a flood", pongs_after_flood},
    {"control frames need no memory", no_memory},
    {"a Send goes on when memory comes back", send_without_memory},
    {"D3: keep-alive is an unsolicited pong, when nothing else waits", keepalive},
};

HARNESS_MAIN(tests)
