/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The clocks of a WebSocket over the whole stack, plain and over TLS, in virtual time: keep-alive (SEMANTICS D3, W17,
 * W18, option 116) and the wait of Close (D7, option 115).
 */
#include "chain/talk.h"
#include "unit/harness.h"

static const struct talk_options usual[] = {
    {.tls = NULL},
    {.tls = PRIORITY_TLS12},
    {.tls = PRIORITY_TLS13},
};
static const struct talk_options idle = {.idle = true};

static struct talk t;

static void begin(const struct talk_options *options)
{
    harness_row(options->tls ? options->tls : "plain");
    talk_begin(&t, options);
    talk_open(&t);
}

/* Runs each of the scenarios below on plain connections and on TLS. */
static void everywhere(void (*scenario)(void))
{
    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
        begin(&usual[i]);
        scenario();
        talk_end(&t);
    }
    harness_row(NULL);
}

/* ---- keep-alive ---- */

static void default_interval(void)
{
    CHECK_INT(x_ws_deadline(t.link), 30000);
    talk_wait(&t, 29999);
    TALK_SAID(&t, "");
    talk_wait(&t, 1);
    TALK_SAID(&t, "@30000 Q");
    CHECK_INT(x_ws_deadline(t.link), 60000);
    talk_wait(&t, 300000);
    TALK_SAID(&t, "@60000 Q @90000 Q @120000 Q @150000 Q @180000 Q @210000 Q @240000 Q @270000 Q @300000 Q @330000 Q");
    TALK_TOLD(&t, "");
    CHECK_INT(t.state, TALK_OPEN);
}

static void test_default(void)
{
    everywhere(default_interval);
}

static void other_intervals(void)
{
    CHECK_INT(x_ws_set_keepalive(t.link, 14999, t.now), WH_E_ARG);
    CHECK_INT(x_ws_set_keepalive(t.link, 0, t.now), WH_E_ARG);
    CHECK_INT(x_ws_deadline(t.link), 30000);
    CHECK_INT(x_ws_set_keepalive(t.link, 15000, t.now), WH_OK);
    talk_wait(&t, 46000);
    TALK_SAID(&t, "@15000 Q @30000 Q @45000 Q");
    harness_row("counted from the change on");
    CHECK_INT(x_ws_set_keepalive(t.link, 20000, t.now), WH_OK);
    talk_wait(&t, 40000);
    TALK_SAID(&t, "@66000 Q @86000 Q");
    harness_row("to a longer one, just before its end");
    talk_wait(&t, 19999);
    CHECK_INT(x_ws_set_keepalive(t.link, 3600000, t.now), WH_OK);
    talk_wait(&t, 3599999);
    TALK_SAID(&t, "");
    talk_wait(&t, 1);
    TALK_SAID(&t, "@3705999 Q");
    harness_row("to for ever");
    CHECK_INT(x_ws_set_keepalive(t.link, UINT32_MAX, t.now), WH_OK);
    CHECK_INT(x_ws_deadline(t.link), X_WS_NEVER);
    talk_wait(&t, (uint64_t)UINT32_MAX * 4);
    TALK_SAID(&t, "");
}

static void test_other_intervals(void)
{
    everywhere(other_intervals);
}

/* What is said and heard meanwhile changes nothing. */
static void beside_traffic(void)
{
    for (int i = 0; i < 6; i++) {
        talk_wait(&t, 10000);
        talk_says_script(&t, "P\"p\" T\"tick\"", 0);
        talk_run(&t);
        CHECK_INT(talk_send(&t, 'B', span_str("tock")), WH_OK);
    }
    TALK_SAID(&t, "@10000 Q\"p\" B\"tock\" @20000 Q\"p\" B\"tock\" @30000 Q Q\"p\" B\"tock\" @40000 Q\"p\" B\"tock\" "
                  "@50000 Q\"p\" B\"tock\" @60000 Q Q\"p\" B\"tock\"");
    TALK_TOLD(&t, "@10000 T\"tick\" sent @20000 T\"tick\" sent @30000 T\"tick\" sent @40000 T\"tick\" sent "
                  "@50000 T\"tick\" sent @60000 T\"tick\" sent");
}

static void test_beside_traffic(void)
{
    everywhere(beside_traffic);
}

/* D3: with nobody receiving; with a read-ahead that is full, so that nothing is read any more. */
static void test_without_receive(void)
{
    begin(&idle);
    talk_wait(&t, 60000);
    TALK_SAID(&t, "@30000 Q @60000 Q");
    talk_says_script(&t, "P\"early\" B*30000 B*30000 P\"late\"", 0);
    talk_run(&t);
    CHECK(t.ahead_full);
    talk_wait(&t, 60000);
    TALK_SAID(&t, "Q\"early\" @90000 Q @120000 Q");
    TALK_TOLD(&t, "");
    talk_receive(&t);
    TALK_TOLD(&t, "@120000 B*30000 B*30000");
    TALK_SAID(&t, "Q\"late\"");
    talk_wait(&t, 30000);
    TALK_SAID(&t, "@150000 Q");
    talk_end(&t);
}

/* Between the fragments of a message, never inside a frame; a frame that hangs is sign of life enough. */
static void beside_sending(void)
{
    static uint8_t payload[500000];

    for (size_t i = 0; i < sizeof(payload); i++)
        payload[i] = (uint8_t)('a' + i % 26);
    CHECK_INT(talk_send(&t, 't', span_str("one")), WH_OK);
    talk_wait(&t, 30000);
    CHECK_INT(talk_send(&t, 'T', span_str("two")), WH_OK);
    TALK_SAID(&t, "t\"one\" @30000 Q C\"two\"");
    TALK_TOLD(&t, "sent @30000 sent");
    t.take = t.taken + 1000;
    CHECK_INT(talk_send(&t, 'B', span_make(payload, sizeof(payload))), WH_OK);
    talk_wait(&t, 60000);
    TALK_SAID(&t, "");
    t.take = SIZE_MAX;
    talk_run(&t);
    TALK_SAID(&t, "@90000 B*500000");
    TALK_TOLD(&t, "@90000 sent");
    talk_wait(&t, 30000);
    TALK_SAID(&t, "@120000 Q");
}

static void test_beside_sending(void)
{
    everywhere(beside_sending);
}

/* A kernel that takes nothing for hours gets one pong afterwards, not hundreds. */
static void stalled(void)
{
    t.take = t.taken + 1;
    talk_wait(&t, 30000 * 500);
    TALK_SAID(&t, "");
    t.take = SIZE_MAX;
    talk_run(&t);
    TALK_SAID(&t, "@15000000 Q");
    talk_wait(&t, 30000);
    TALK_SAID(&t, "@15030000 Q");
}

static void test_stalled(void)
{
    everywhere(stalled);
}

/* A machine that slept through many of them says one and finds the grid again. */
static void test_slept(void)
{
    begin(&usual[0]);
    t.now = 1000000;
    CHECK_INT(x_ws_expired(t.link, t.now, true), WH_OK);
    talk_run(&t);
    TALK_SAID(&t, "@1000000 Q");
    CHECK_INT(x_ws_deadline(t.link), 1030000);
    talk_wait(&t, 30007);
    TALK_SAID(&t, "@1030000 Q");
    harness_row("a little late");
    t.now = 1060400;
    CHECK_INT(x_ws_expired(t.link, t.now, true), WH_OK);
    CHECK_INT(x_ws_deadline(t.link), 1090000);
    talk_end(&t);
}

static void stops_with_ours(void)
{
    talk_wait(&t, 30000);
    CHECK_INT(x_ws_close(t.link, 1000, span_str("")), WH_OK); /* Shutdown */
    CHECK_INT(x_ws_deadline(t.link), X_WS_NEVER);
    talk_run(&t);
    talk_wait(&t, 100000);
    TALK_SAID(&t, "@30000 Q X1000");
    harness_row("pings are answered still");
    talk_says_script(&t, "P\"p\"", 0);
    talk_run(&t);
    TALK_SAID(&t, "@130000 Q\"p\"");
    talk_says_script(&t, "X1000", 0);
    talk_run(&t);
    TALK_TOLD(&t, "@130000 X1000 closed");
}

static void test_stops_with_ours(void)
{
    everywhere(stops_with_ours);
}

static void test_stops_with_theirs(void)
{
    struct talk_options mute = {.mute = true};

    begin(&mute);
    talk_says_script(&t, "X1001\"bye\"", 0);
    talk_run(&t);
    TALK_TOLD(&t, "X1001\"bye\"");
    CHECK_INT(x_ws_deadline(t.link), X_WS_NEVER);
    talk_wait(&t, 100000);
    TALK_SAID(&t, "");
    CHECK_INT(talk_close(&t, 1001, ""), WH_OK);
    TALK_TOLD(&t, "@100000 closed");
    talk_end(&t);
}

static void test_stops_with_an_error(void)
{
    begin(&usual[0]);
    talk_says_script(&t, "=8300", 0);
    talk_run(&t);
    TALK_TOLD(&t, "receive!response");
    CHECK_INT(x_ws_deadline(t.link), X_WS_NEVER);
    CHECK_INT(x_ws_expired(t.link, 100000, true), WH_OK);
    CHECK_INT(x_ws_flush(t.link, chain_out(&t.chain)), WH_OK);
    talk_run(&t);
    TALK_SAID(&t, "X1002");
    talk_end(&t);
}

/* ---- the wait of Close ---- */

static void close_default(void)
{
    talk_wait(&t, 5000);
    CHECK_INT(talk_close(&t, 1000, "done"), WH_OK);
    TALK_SAID(&t, "@5000 X1000\"done\"");
    CHECK_INT(x_ws_deadline(t.link), 15000);
    talk_wait(&t, 9999);
    TALK_TOLD(&t, "@5000 receive!cancelled");
    talk_wait(&t, 1);
    TALK_TOLD(&t, "@15000 close!timeout");
    TALK_SAID(&t, "");
    CHECK_INT(t.state, TALK_OVER);
}

static void test_close_default(void)
{
    everywhere(close_default);
}

static void test_close_others(void)
{
    static const uint32_t waits[] = {1, 2, 999, 10000, 15000, 30000, 30001, 3600000, UINT32_MAX - 1};

    for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
        uint64_t begun;

        begin(&usual[0]);
        CHECK_INT(x_ws_close_wait(t.link), 10000);
        x_ws_set_close_wait(t.link, waits[i]);
        CHECK_INT(x_ws_close_wait(t.link), waits[i]);
        talk_wait(&t, 40000);
        t.said.n = 0;
        begun = t.now;
        CHECK_INT(talk_close(&t, 1000, ""), WH_OK);
        TALK_SAID(&t, "@40000 X1000");
        talk_wait(&t, waits[i] - 1);
        CHECK_INT(t.state, TALK_OPEN);
        talk_wait(&t, 1);
        CHECK_INT(t.state, TALK_OVER);
        CHECK_INT(t.told.at, begun + waits[i]);
        TALK_SAID(&t, "");
        talk_end(&t);
    }
}

/* TO2: 0 and 0xFFFFFFFF are for ever. A change while Close waits counts from where Close began. */
static void test_close_changed(void)
{
    begin(&usual[0]);
    x_ws_set_close_wait(t.link, 0);
    CHECK_INT(talk_close(&t, 1000, ""), WH_OK);
    CHECK_INT(x_ws_deadline(t.link), X_WS_NEVER);
    x_ws_set_close_wait(t.link, UINT32_MAX);
    CHECK_INT(x_ws_deadline(t.link), X_WS_NEVER);
    talk_wait(&t, (uint64_t)UINT32_MAX * 2);
    CHECK_INT(t.state, TALK_OPEN);
    t.now = 5000;
    x_ws_set_close_wait(t.link, 7000);
    talk_wait(&t, 1999);
    CHECK_INT(t.state, TALK_OPEN);
    talk_wait(&t, 1);
    TALK_TOLD(&t, "receive!cancelled @7000 close!timeout");
    talk_end(&t);
}

/* The server's close frame at the last millisecond, and one too late. */
static void close_just_before(void)
{
    CHECK_INT(talk_close(&t, 1000, ""), WH_OK);
    talk_wait(&t, 9999);
    talk_says_script(&t, "X1000", 0);
    talk_run(&t);
    TALK_TOLD(&t, "receive!cancelled @9999 closed");
    talk_wait(&t, 100000);
    TALK_TOLD(&t, "");
    TALK_SAID(&t, "X1000");
}

static void close_just_after(void)
{
    CHECK_INT(talk_close(&t, 1000, ""), WH_OK);
    talk_wait(&t, 10000);
    talk_says_script(&t, "X1000", 0);
    talk_run(&t);
    TALK_TOLD(&t, "receive!cancelled @10000 close!timeout");
    talk_wait(&t, 100000);
    TALK_TOLD(&t, "");
}

/* All of it but the last byte has come. */
static void close_nearly(void)
{
    CHECK_INT(talk_close(&t, 1000, ""), WH_OK);
    talk_says_script(&t, "X1000\"reason\"", 0);
    t.deliver = t.delivered + talk_pending(&t) - 1;
    talk_run(&t);
    talk_wait(&t, 9999);
    TALK_TOLD(&t, "receive!cancelled");
    talk_wait(&t, 1);
    TALK_TOLD(&t, "@10000 close!timeout");
}

static void test_close_edges(void)
{
    everywhere(close_just_before);
    everywhere(close_just_after);
    everywhere(close_nearly);
}

/* Data that goes on coming neither ends the wait nor makes it longer (W43); pings are answered meanwhile. */
static void close_beside_data(void)
{
    CHECK_INT(talk_close(&t, 1001, ""), WH_OK);
    for (int i = 0; i < 9; i++) {
        talk_wait(&t, 1100);
        talk_says_script(&t, i == 4 ? "t*5000 P\"still?\" C*60000" : "B*1000", 0);
        talk_run(&t);
    }
    TALK_SAID(&t, "X1001 @5500 Q\"still?\"");
    talk_wait(&t, 99);
    TALK_TOLD(&t, "receive!cancelled");
    talk_wait(&t, 1);
    TALK_TOLD(&t, "@10000 close!timeout");
}

/* Nor does a server that takes nothing, so that our own close frame does not leave. */
static void close_stalled(void)
{
    t.take = t.taken;
    CHECK_INT(talk_close(&t, 1001, ""), WH_OK);
    talk_says_script(&t, "X1001", 0);
    talk_run(&t);
    talk_wait(&t, 9999);
    TALK_TOLD(&t, "receive!cancelled");
    talk_wait(&t, 1);
    TALK_TOLD(&t, "@10000 close!timeout");
    TALK_SAID(&t, "");
}

/* Its close frame was there all along; ours leaves in time after all. */
static void close_late(void)
{
    t.take = t.taken;
    CHECK_INT(talk_close(&t, 1001, ""), WH_OK);
    talk_says_script(&t, "X1001", 0);
    talk_run(&t);
    talk_wait(&t, 9999);
    t.take = SIZE_MAX;
    talk_run(&t);
    TALK_TOLD(&t, "receive!cancelled @9999 closed");
    TALK_SAID(&t, "@9999 X1001");
}

static void test_close_meanwhile(void)
{
    everywhere(close_beside_data);
    everywhere(close_stalled);
    everywhere(close_late);
}

/* W26, W37: Shutdown has no wait of its own; that of Close begins with Close. */
static void close_behind_shutdown(void)
{
    CHECK_INT(x_ws_close(t.link, 1000, span_str("first")), WH_OK);
    talk_run(&t);
    talk_wait(&t, 50000);
    TALK_TOLD(&t, "");
    CHECK_INT(talk_close(&t, 1001, "second"), WH_OK);
    talk_wait(&t, 10000);
    TALK_SAID(&t, "X1000\"first\"");
    TALK_TOLD(&t, "@50000 receive!cancelled @60000 close!timeout");
}

static void test_close_behind_shutdown(void)
{
    everywhere(close_behind_shutdown);
}

static const struct test tests[] = {
    {"D3: a pong every 30 s unless something else is said", test_default},
    {"W17, W18: other intervals, from 15 s on, counted from the change", test_other_intervals},
    {"D3: traffic in between does not move it", test_beside_traffic},
    {"D3: with no Receive pending, and behind a full read-ahead", test_without_receive},
    {"D3, RFC 6455 5.4: between fragments, never inside a frame", test_beside_sending},
    {"D3: they do not pile up behind a kernel that takes nothing", test_stalled},
    {"D3: after a sleep one is said, and the grid found again", test_slept},
    {"D3: none behind our close frame", test_stops_with_ours},
    {"D3: none behind the server's close frame", test_stops_with_theirs},
    {"D3: none behind a violation", test_stops_with_an_error},
    {"D7: Close waits 10 s by default", test_close_default},
    {"D7: Close waits as long as it was told", test_close_others},
    {"TO2, D7: for ever, and changed meanwhile", test_close_changed},
    {"D7: the server's close frame just before, just after, and all but its last byte", test_close_edges},
    {"D7, W43: data, pings, and a server that takes nothing meanwhile", test_close_meanwhile},
    {"D7, W26: behind a Shutdown of long ago", test_close_behind_shutdown},
};

HARNESS_MAIN(tests)
