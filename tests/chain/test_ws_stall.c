/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A kernel that takes the client's bytes up to one of them, each in turn, and then rests, fails, or takes nothing ever
 * again. What the client says stays whole and in its order, what the server says is heard meanwhile, and each operation
 * ends once, with the right error (SEMANTICS D3, D7, W32).
 */
#include "chain/talk.h"
#include "unit/harness.h"

#include <stdio.h>
#include <stdlib.h>

static uint8_t pattern[400];

/* What happens, each when the one before it is done; bytes of the client's pattern, or a script of the server's. */
static const struct {
    char kind; /* a frame of the client's, 'X': Close, '<': the server */
    size_t n;
    const char *script;
} acts[] = {
    {'T', 5, NULL},   {'t', 0, NULL},   {'t', 200, NULL}, {'<', 0, "P\"one\" T\"hear\" P\"two\""},
    {'T', 3, NULL},   {'B', 126, NULL}, {'b', 1, NULL},   {'<', 0, "t\"a\" P*125 C\"b\""},
    {'B', 400, NULL}, {'X', 0, NULL},
};

#define ACTS (sizeof(acts) / sizeof(acts[0]))
/* The second T ends the message of the fragments before it. */
#define SAID "T\"abcde\" t c*200 Q\"one\" Q\"two\" C\"abc\" B*126 b\"a\" Q*125 C*400 X1000\"bye\""
#define TOLD "open sent sent sent T\"hear\" sent sent sent T\"ab\" sent receive!cancelled closed"

static const struct talk_options plain = {.tls = NULL};
static const struct talk_options small = {.tls = NULL, .out_limit = 180}; /* most frames wait inside the link */
static const struct talk_options tls12 = {.tls = PRIORITY_TLS12};
static const struct talk_options tls13 = {.tls = PRIORITY_TLS13};

static struct talk t;
static size_t next; /* act */
static bool upgrade_said, close_said;

static void act(void)
{
    const char kind = acts[next].kind;

    if (kind == '<')
        talk_says_script(&t, acts[next].script, 0);
    else if (kind == 'X')
        CHECK_INT(talk_close(&t, 1000, "bye"), WH_OK);
    else
        CHECK_INT(talk_send(&t, kind, span_make(pattern, acts[next].n)), WH_OK);
    next++;
    talk_run(&t);
}

/* As far as it goes: a Send that waits keeps the next one from being made. */
static void go_on(void)
{
    talk_run(&t);
    if (t.head_heard && !upgrade_said) {
        upgrade_said = true;
        talk_says_upgrade(&t, 0);
        talk_run(&t);
    }
    while (t.state == TALK_OPEN && !t.send_waits && next < ACTS)
        act();
    /* The server answers a close frame that it has heard. */
    if (t.said.n && strstr(t.said.text, "X1000") && !close_said) {
        close_said = true;
        talk_says_script(&t, "X1000", 0);
        talk_run(&t);
    }
}

/* A connection that takes n bytes; false: that is everything. */
static bool begin(const struct talk_options *options, size_t n)
{
    static char row[64];

    snprintf(row, sizeof(row), "%s, %zu bytes", options->tls ? options->tls : "plain", n);
    harness_row(row);
    talk_begin(&t, options);
    t.take = n;
    next = 0;
    upgrade_said = close_said = false;
    go_on();
    return t.state != TALK_OVER;
}

static void is_prefix(const struct talk_log *log, const char *all)
{
    CHECK_SPAN(span_make(log->text, log->n), span_head(span_str(all), log->n));
}

/* What was heard so far are the first frames of all, and what was told has not got ahead of it. */
static void check_so_far(void)
{
    is_prefix(&t.said, SAID);
    is_prefix(&t.told, TOLD);
    CHECK(t.state != TALK_OVER || close_said);
}

/* ---- and then ---- */

static void goes_on(void)
{
    t.take = SIZE_MAX;
    go_on();
    TALK_SAID(&t, SAID);
    TALK_TOLD(&t, TOLD);
}

/* It takes one byte after the other. */
static void crawls(void)
{
    while (t.state != TALK_OVER && t.take < 100000) {
        t.take++;
        go_on();
    }
    TALK_SAID(&t, SAID);
    TALK_TOLD(&t, TOLD);
}

/* The server is heard while a Send waits; its pings are answered when there is room (D3). */
static void hears_meanwhile(void)
{
    bool waits = t.state == TALK_OPEN && t.send_waits;

    if (waits) {
        t.told.n = 0;
        talk_says_script(&t, "P\"meanwhile\" T\"news\"", 0);
        talk_run(&t);
        TALK_TOLD(&t, "T\"news\"");
    }
    t.take = SIZE_MAX;
    go_on();
    CHECK_INT(t.state, TALK_OVER);
    t.said.text[t.said.n] = 0;
    CHECK((strstr(t.said.text, "Q\"meanwhile\"") != NULL) == waits);
    CHECK(strstr(t.told.text, "closed") != NULL);
}

/* Both directions fail. */
static void fails(void)
{
    const char *want = t.close_waits ? "close!closed" : "receive!closed";
    size_t said = t.said.n;

    if (t.state != TALK_OPEN)
        want = "open!closed";
    else if (t.send_waits)
        want = "receive!closed send!closed";
    t.told.n = 0;
    talk_reset(&t);
    TALK_TOLD(&t, want);
    CHECK_INT(t.said.n, said);
    CHECK_INT(t.state, TALK_OVER);
}

/* D7: Close does not wait for a kernel that takes nothing any longer than for a server that says nothing. */
static void never_again(void)
{
    bool waits = t.close_waits;

    if (t.state != TALK_OPEN || t.send_waits)
        return;
    t.told.n = 0;
    if (!waits) {
        CHECK_INT(talk_close(&t, 1000, ""), WH_OK);
        TALK_TOLD(&t, "receive!cancelled");
    }
    talk_says_script(&t, "B*300 X1000", 0);
    talk_run(&t);
    talk_wait(&t, 9999);
    TALK_TOLD(&t, "");
    talk_wait(&t, 1);
    TALK_TOLD(&t, "@10000 close!timeout");
}

/* Ticks of the keep-alive do not get between anything. */
static void rests(void)
{
    if (t.state == TALK_OPEN && !t.close_waits) {
        talk_wait(&t, 100000);
        check_so_far();
    }
    t.take = SIZE_MAX;
    go_on();
    CHECK_INT(t.state, TALK_OVER);
}

static void everywhere(const struct talk_options *options, void (*fate)(void))
{
    for (size_t i = 0; i < sizeof(pattern); i++)
        pattern[i] = (uint8_t)('a' + i % 26);
    for (size_t n = 0; begin(options, n); n++) {
        check_so_far();
        fate();
        talk_end(&t);
    }
    TALK_SAID(&t, SAID);
    TALK_TOLD(&t, TOLD);
    talk_end(&t);
    harness_row(NULL);
}

static void test_goes_on(void)
{
    everywhere(&plain, goes_on);
    everywhere(&small, goes_on);
    everywhere(&tls12, goes_on);
}

static void test_crawls(void)
{
    static const struct talk_options *const all[] = {&plain, &small, &tls12, &tls13};

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        begin(all[i], 0);
        crawls();
        talk_end(&t);
    }
}

static void test_hears(void)
{
    everywhere(&plain, hears_meanwhile);
    everywhere(&small, hears_meanwhile);
    everywhere(&tls13, hears_meanwhile);
}

static void test_fails(void)
{
    everywhere(&plain, fails);
    everywhere(&small, fails);
    everywhere(&tls13, fails);
}

static void test_never_again(void)
{
    everywhere(&plain, never_again);
    everywhere(&small, never_again);
}

static void test_rests(void)
{
    everywhere(&plain, rests);
    everywhere(&small, rests);
}

/*
 * D17: thousands of pings while the kernel takes nothing. Memory stays where it is, what comes behind them is told, and
 * afterwards the oldest have been answered in order, and the newest.
 */
static void test_flood(void)
{
    const struct talk_options options = {.out_limit = 1024};
    unsigned heard = 0, last = 0;
    char ping[16];

    talk_begin(&t, &options);
    talk_open(&t);
    t.take = t.taken;
    for (unsigned i = 1; i <= 5000; i++) {
        snprintf(ping, sizeof(ping), "P\"%04u\"", i);
        talk_says_script(&t, ping, 0);
    }
    talk_says_script(&t, "T\"behind\"", 0);
    talk_run(&t);
    TALK_TOLD(&t, "T\"behind\"");
    CHECK(buf_len(&t.chain.wire_out) <= 1024);
    t.take = SIZE_MAX;
    talk_run(&t);
    for (const char *s = t.said.text; s; s = strstr(s + 1, "Q\"")) {
        unsigned number = (unsigned)strtoul(s + 2, NULL, 10);

        CHECK(number == last + 1 || (number == 5000 && heard >= 64));
        last = number;
        heard++;
    }
    CHECK_INT(last, 5000);
    CHECK(heard > 64 && heard < 2000);
    t.said.n = 0;
    harness_row("and then as ever");
    talk_says_script(&t, "P\"again\"", 0);
    talk_run(&t);
    CHECK_INT(talk_send(&t, 'T', span_str("still here")), WH_OK);
    TALK_SAID(&t, "Q\"again\" T\"still here\"");
    talk_end(&t);
}

static const struct test tests[] = {
    {"stalled at every byte, then taken", test_goes_on},
    {"taken one byte after the other", test_crawls},
    {"D3: the server is heard while a Send is stalled at any byte", test_hears},
    {"D7: reset at every byte of the client's", test_fails},
    {"D7: stalled for ever at every byte", test_never_again},
    {"D17: a flood of pings while nothing is taken", test_flood},
    {"D3: keep-alive at every byte where it may fall", test_rests},
};

HARNESS_MAIN(tests)
