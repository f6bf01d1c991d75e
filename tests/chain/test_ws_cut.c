/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A conversation that breaks at every byte of what the server says: ends, is reset, or stops for ever; and one that
 * only rests there. What came before is told, then the right error; nothing is told twice, or in part (SEMANTICS D7).
 * What the client says is test_ws_stall's.
 */
#include "chain/talk.h"
#include "unit/harness.h"
#include "unit/ws_case.h"

#include <stdio.h>

/* What the server says, and what comes of it: the program is told, the server hears. */
static const struct {
    const char *script, *told, *said;
} items[] = {
    {NULL, "open", ""}, /* the 101 answer */
    {"T\"hello\"", " T\"hello\"", ""},
    {"P\"ping\"", "", "Q\"ping\""},
    {"t\"frag\"", "", ""},
    {"P", "", " Q"},
    {"c\"ment\"", "", ""},
    {"c", "", ""},
    {"Q\"unasked\"", "", ""},
    {"C\"ed\"", " T\"fragmented\"", ""},
    {"B*300", " B*300", ""},
    {"b", "", ""},
    {"C\"bytes\"", " B\"bytes\"", ""},
    {"T", " T", ""},
    {"T\"\xe2\x82\xac\xf0\x9f\x98\x80\"", " T\"\xe2\x82\xac\xf0\x9f\x98\x80\"", ""},
    {"P*125", "", " Q*125"},
    {"X1000\"bye\"", " X1000\"bye\" closed", " X1000"},
};

#define ITEMS (sizeof(items) / sizeof(items[0]))

static struct ws_bytes wire;
static size_t plain_end[ITEMS]; /* where each ends in wire */
static size_t ends[ITEMS];      /* and counted in bytes that the kernel delivers, TLS and all */

static const struct talk_options plain = {.tls = NULL};
static const struct talk_options small = {.tls = NULL, .cap = 3, .ahead_limit = 40};
static const struct talk_options tls12 = {.tls = PRIORITY_TLS12};
static const struct talk_options tls13 = {.tls = PRIORITY_TLS13};

static struct talk t;

static void render(void)
{
    static const char head[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                               "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

    ws_bytes_add(&wire, head, sizeof(head) - 1);
    plain_end[0] = wire.n;
    for (size_t i = 1; i < ITEMS; i++) {
        ws_script_render(items[i].script, &wire);
        plain_end[i] = wire.n;
    }
}

/* All of it, in records of so many bytes, wherever frames end in them. */
static void say_all(size_t record)
{
    size_t item = 0;

    if (!t.peer || !record)
        record = wire.n;
    for (size_t at = 0; at < wire.n;) {
        struct span s = span_head(span_make(wire.p + at, wire.n - at), record);

        talk_says(&t, s, 0);
        for (at += s.n; item < ITEMS && plain_end[item] <= at; item++)
            ends[item] = t.delivered + talk_pending(&t) - (t.peer ? 0 : at - plain_end[item]);
    }
}

/* The logs of what is whole in the first n bytes, with an entry added to what was told. */
static void check_so_far(size_t n, const char *more)
{
    struct ws_bytes told = {NULL, 0, 0}, said = {NULL, 0, 0};

    for (size_t i = 0; i < ITEMS && ends[i] <= n; i++) {
        ws_bytes_add(&told, items[i].told, strlen(items[i].told));
        ws_bytes_add(&said, items[i].said, strlen(items[i].said));
    }
    ws_bytes_add(&told, more, strlen(more));
    CHECK_SPAN(span_make(t.told.text, t.told.n), span_make(told.p, told.n));
    CHECK_SPAN(span_make(t.said.text, t.said.n), span_make(said.p, said.n));
    ws_bytes_free(&told);
    ws_bytes_free(&said);
}

/*
 * A connection that delivers n bytes and no more; false: that is everything. Over TLS the server has said nothing yet
 * if they end inside the handshake.
 */
static bool begin(const struct talk_options *options, size_t record, size_t n)
{
    static char row[80];

    snprintf(row, sizeof(row), "%s, records of %zu, %zu bytes", options->tls ? options->tls : "plain", record, n);
    harness_row(row);
    talk_begin(&t, options);
    t.deliver = n;
    talk_run(&t);
    for (size_t i = 0; i < ITEMS; i++)
        ends[i] = SIZE_MAX;
    if (!t.peer || t.peer->shaken)
        say_all(record);
    talk_run(&t);
    check_so_far(n, "");
    return t.state != TALK_OVER;
}

/* ---- how it ends ---- */

static void after_error(void)
{
    struct span reason;
    uint16_t code;
    size_t told = t.told.n, said = t.said.n;

    CHECK_INT(t.state, TALK_OVER);
    if (t.link && !x_ws_peer_closed(t.link))
        CHECK_INT(x_ws_peer_status(t.link, &code, &reason), WH_E_STATE);
    talk_wait(&t, 100000);
    talk_run(&t);
    CHECK_INT(t.told.n, told);
    CHECK_INT(t.said.n, said);
}

static void broken(void (*how)(struct talk *))
{
    bool open = t.state == TALK_OPEN;

    how(&t);
    check_so_far(t.deliver, open ? " receive!closed" : "open!closed");
    after_error();
}

static void ends_here(void)
{
    broken(talk_cut);
}

static void is_reset_here(void)
{
    broken(talk_reset);
}

/* Nothing comes any more: pings of ours go out, and Close waits no longer than it was told. */
static void stops_here(void)
{
    if (t.state != TALK_OPEN) {
        talk_wait(&t, 1000000);
        check_so_far(t.deliver, "");
        return;
    }
    check_so_far(t.deliver, "");
    t.said.n = 0;
    talk_wait(&t, 61000);
    TALK_SAID(&t, "@30000 Q @60000 Q");
    CHECK_INT(talk_close(&t, 1001, "enough"), WH_OK);
    t.told.n = 0;
    talk_wait(&t, 9999);
    TALK_TOLD(&t, "");
    talk_wait(&t, 1);
    TALK_TOLD(&t, "@71000 close!timeout");
    TALK_SAID(&t, "@61000 X1001\"enough\"");
    after_error();
}

/* A rest of no length: the kernel cuts the bytes in two. */
static void goes_on(void)
{
    t.deliver = SIZE_MAX;
    talk_run(&t);
    if (t.peer && t.state == TALK_UPGRADING && !talk_pending(&t) && ends[0] == SIZE_MAX) {
        say_all(0);
        talk_run(&t);
    }
    check_so_far(SIZE_MAX - 1, "");
    CHECK_INT(t.state, TALK_OVER);
}

/* At every byte, from the first to the last. */
static void everywhere(const struct talk_options *options, size_t record, void (*fate)(void))
{
    for (size_t n = 0; begin(options, record, n); n++) {
        fate();
        talk_end(&t);
    }
    after_error();
    talk_end(&t);
    harness_row(NULL);
}

/* The same behind the handshake of TLS alone: one run tells how long that is. Every run costs a handshake, so each fate
 * is left to one version of TLS here, where versions do not matter. */
static void behind_handshake(const struct talk_options *options, size_t record, void (*fate)(void))
{
    size_t n;

    begin(options, record, SIZE_MAX - 1);
    n = ends[0] - 200;
    talk_end(&t);
    for (; begin(options, record, n); n++) {
        fate();
        talk_end(&t);
    }
    talk_end(&t);
    harness_row(NULL);
}

static void test_plain_cut(void)
{
    everywhere(&plain, 0, ends_here);
    everywhere(&small, 0, ends_here);
}

static void test_plain_reset(void)
{
    everywhere(&plain, 0, is_reset_here);
    everywhere(&small, 0, is_reset_here);
}

static void test_plain_stop(void)
{
    everywhere(&plain, 0, stops_here);
    everywhere(&small, 0, stops_here);
}

static void test_plain_split(void)
{
    everywhere(&plain, 0, goes_on);
    everywhere(&small, 0, goes_on);
}

static void test_tls_cut(void)
{
    behind_handshake(&tls12, 0, ends_here);
    everywhere(&tls13, 0, ends_here);
}

static void test_tls_reset(void)
{
    behind_handshake(&tls13, 100, is_reset_here);
}

static void test_tls_stop(void)
{
    behind_handshake(&tls12, 100, stops_here);
}

static void test_tls_split(void)
{
    everywhere(&tls12, 0, goes_on);
    behind_handshake(&tls13, 50, goes_on);
}

/* A frame whose length takes eight bytes, broken in its head and around its end. */
static void long_frame(const struct talk_options *options, void (*fate)(struct talk *), const char *told)
{
    static const size_t whole = 10 + 65536;

    for (size_t n = 0; n < whole; n = n == 16 ? whole - 16 : n + 1) {
        talk_begin(&t, options);
        talk_open(&t);
        talk_says_script(&t, "B*65536 P\"behind\"", 0);
        t.deliver = t.delivered + n;
        talk_run(&t);
        TALK_TOLD(&t, "");
        t.deliver = fate == talk_run ? SIZE_MAX : t.deliver;
        fate(&t);
        TALK_TOLD(&t, told);
        TALK_SAID(&t, fate == talk_run ? "Q\"behind\"" : "");
        talk_end(&t);
    }
}

static void test_long_frame(void)
{
    static const struct talk_options *const all[] = {&plain, &small, &tls13};

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        long_frame(all[i], talk_run, "B*65536");
        long_frame(all[i], talk_cut, "receive!closed");
        long_frame(all[i], talk_reset, "receive!closed");
    }
}

/* Every step of the wire, every size of a record. */
static void test_steps(void)
{
    static const struct talk_options *const all[] = {&plain, &small, &tls12, &tls13};

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        for (size_t step = 1; step < 24; step++)
            for (size_t record = 0; record < (all[i]->tls ? 6 : 1); record++) {
                talk_begin(&t, all[i]);
                t.step = step;
                talk_run(&t);
                say_all(record);
                talk_run(&t);
                check_so_far(SIZE_MAX - 1, "");
                talk_end(&t);
            }
}

/* A record that was changed on the way is never told, nor anything behind it (RFC 8446 section 5.2). */
static void changed_here(void)
{
    static uint8_t rest[4096];
    size_t n = buf_read(&t.peer->out, rest, sizeof(rest));

    rest[0] ^= 0x10;
    CHECK(buf_append(&t.peer->out, span_make(rest, n)) == WH_OK);
    t.deliver = SIZE_MAX;
    talk_run(&t);
    talk_cut(&t);
    CHECK_INT(t.state, TALK_OVER);
    CHECK(t.rx_error != WH_E_RESPONSE);
    t.deliver = t.delivered - n;
    if (t.link)
        check_so_far(t.deliver, t.rx_error == WH_E_TLS ? " receive!tls" : " receive!closed");
    else
        check_so_far(t.deliver, t.rx_error == WH_E_TLS ? "open!tls" : "open!closed");
}

static void test_tls_changed(void)
{
    behind_handshake(&tls12, 100, changed_here);
    behind_handshake(&tls13, 100, changed_here);
}

static void test_render(void)
{
    render();
    CHECK(plain_end[ITEMS - 1] == wire.n);
}

static void test_free(void)
{
    ws_bytes_free(&wire);
}

static const struct test tests[] = {
    {"the conversation", test_render},
    {"D7: cut at every byte, plain", test_plain_cut},
    {"D7: reset at every byte, plain", test_plain_reset},
    {"D7, D3: stopped at every byte, plain", test_plain_stop},
    {"in two pieces at every byte, plain", test_plain_split},
    {"D7: cut at every byte, TLS", test_tls_cut},
    {"D7: reset at every byte, TLS", test_tls_reset},
    {"D7, D3: stopped at every byte, TLS", test_tls_stop},
    {"in two pieces at every byte, TLS", test_tls_split},
    {"5.2: in and around a frame of 64 KB, plain and TLS", test_long_frame},
    {"in steps of 1 to 23 bytes, records of 1 to 5", test_steps},
    {"a byte changed in every place of every record", test_tls_changed},
    {"and its end", test_free},
};

HARNESS_MAIN(tests)
