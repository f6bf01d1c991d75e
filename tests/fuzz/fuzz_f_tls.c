/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a server may send to the TLS floor: a real server's bytes, whole, cut, changed, dropped, with others between
 * them, or nothing but the input's own. Each byte of the input is an act of the wire, the server or the client, some
 * with arguments behind it. Whatever happens,
 *   - no plain byte passes before the verdict, and none that the server did not send, in its order
 *   - an error stays, and an open floor was accepted
 *   - with nothing changed, everything arrives
 * GnuTLS draws its random numbers from here, so that an input does in a new process what it did in the old one.
 */
#include "fuzz/fuzz.h"

#include <sys/random.h>

#include "chain/peer.h"

#define SENT_MAX    ((size_t)1 << 20)
#define UPDATES_MAX 4u
#define WANTED_MAX  (255u * 80u) /* more than a record */

static struct {
    struct span script;
    struct link l;
    struct buf sent; /* by the server, and not seen by the client yet */
    bool tampered, accepted, refused, ended, shut, renegotiates;
    unsigned updates; /* of keys */
    size_t wanted;    /* bytes that are read straight, before a turn */
    enum wh_err failed;
} t;

/* In place of the C library's: the same numbers in every process. */
ssize_t getrandom(void *dst, size_t n, unsigned flags)
{
    static uint64_t state = 1;

    (void)flags;
    for (size_t i = 0; i < n; i++) {
        state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
        ((uint8_t *)dst)[i] = (uint8_t)(state >> 56);
    }
    return (ssize_t)n;
}

static uint8_t next_byte(void)
{
    return fuzz_byte(&t.script);
}

static struct span next_bytes(size_t n)
{
    struct span s = span_head(t.script, n);

    t.script = span_skip(t.script, s.n);
    return s;
}

/* ---- the client ---- */

/* Plain bytes are what the server sent. */
static void look(void)
{
    struct buf *in = chain_in(&t.l.chain);

    REQUIRE(!buf_len(in) || t.accepted);
    while (buf_len(in)) {
        struct span got = buf_peek(in), want = span_head(buf_peek(&t.sent), got.n);

        REQUIRE(want.n && memcmp(got.p, want.p, want.n) == 0);
        buf_consume(in, want.n);
        buf_consume(&t.sent, want.n);
    }
}

static void read_wanted(void)
{
    static uint8_t got[WANTED_MAX], want[WANTED_MAX];
    size_t n = t.wanted ? chain_read(&t.l.chain, got, t.wanted) : 0;

    REQUIRE(!n || t.accepted);
    REQUIRE(buf_read(&t.sent, want, n) == n && memcmp(got, want, n) == 0);
}

static void turn(void)
{
    enum filter_state before = t.l.tls->state;
    enum wh_err err;

    read_wanted();
    err = chain_turn(&t.l.chain);
    if (before == FILTER_FAILED)
        REQUIRE(err == t.failed);
    REQUIRE((err == WH_OK) == (t.l.tls->state == FILTER_OPEN));
    REQUIRE((err == WH_AGAIN) == (t.l.tls->state == FILTER_HANDSHAKE || t.l.tls->state == FILTER_DECISION));
    REQUIRE(t.l.tls->state != FILTER_OPEN || t.accepted);
    if (err != WH_OK && err != WH_AGAIN) {
        REQUIRE(t.l.tls->state == FILTER_FAILED && t.l.tls->error == err);
        REQUIRE(err == WH_E_TLS || err == WH_E_CERT || err == WH_E_CLOSED || err == WH_E_CLIENT_CERT_NEEDED);
        REQUIRE((err == WH_E_CERT) <= t.refused);
        /* A server that is left alone is understood, until we have said our last word: no new handshake fits behind. */
        REQUIRE(t.tampered || t.refused || t.ended || t.shut || t.l.peer->error || err == WH_E_CLIENT_CERT_NEEDED);
        t.failed = err;
    }
    look();
}

static void decide(bool accept)
{
    struct filter *f = chain_deciding(&t.l.chain);

    if (!f)
        return;
    REQUIRE(f == t.l.tls && f_tls_cert_count(f) > 0);
    for (size_t i = 0; i < f_tls_cert_count(f); i++)
        REQUIRE(f_tls_cert(f, i).n > 0);
    f_tls_host_matches(f);
    t.accepted = accept;
    t.refused = !accept;
    f_tls_decide(f, accept);
    turn();
}

static void answer(struct span s)
{
    if (t.shut || s.n > buf_room(chain_out(&t.l.chain)))
        return;
    REQUIRE(buf_append(chain_out(&t.l.chain), s) == WH_OK);
    turn();
}

/* Nothing may be written behind it. */
static void shut(void)
{
    chain_shutdown(&t.l.chain);
    t.shut = true;
}

static void ask(void)
{
    struct tls_info info;
    struct span session;

    f_tls_info(t.l.tls, &info);
    if (f_tls_session(t.l.tls, &session) == WH_OK)
        mem_free((void *)(uintptr_t)session.p);
}

/* ---- the wire ---- */

static void arrive(struct span s)
{
    if (t.l.tls->state == FILTER_FAILED || t.ended || s.n > buf_room(&t.l.chain.wire_in))
        return;
    fuzz_feed(&t.l.chain.wire_in, s);
    turn();
}

/* n of the server's bytes, the first of them changed by mask. */
static void deliver(size_t n, uint8_t mask)
{
    uint8_t bytes[512];

    if (n > buf_room(&t.l.chain.wire_in))
        n = buf_room(&t.l.chain.wire_in);
    n = buf_read(&t.l.peer->out, bytes, n);
    if (!n)
        return;
    bytes[0] ^= mask;
    t.tampered = t.tampered || mask || t.ended;
    arrive(span_make(bytes, n));
}

static void drop(size_t n)
{
    uint8_t bytes[256];

    t.tampered = buf_read(&t.l.peer->out, bytes, n) || t.tampered;
}

static void inject(struct span s)
{
    if (s.n)
        t.tampered = true;
    arrive(s);
}

static void end(void)
{
    if (!t.ended)
        chain_wire_eof(&t.l.chain);
    t.ended = true;
    turn();
}

/* Everything both have to say. */
static void settle(void)
{
    do {
        turn();
        link_down(&t.l);
        peer_work(t.l.peer);
        while (buf_len(&t.l.peer->out) && buf_room(&t.l.chain.wire_in) && !t.ended && t.l.tls->state != FILTER_FAILED)
            deliver(512, 0);
    } while (buf_len(&t.l.chain.wire_out));
}

/* ---- the server ---- */

/* Whoever asks for a new handshake says nothing else until it has been held. */
static void say(struct span s)
{
    ptrdiff_t n = 0;

    if (t.l.peer->shaken && !t.l.peer->error && !t.renegotiates && s.n && buf_room(&t.sent) >= s.n)
        n = gnutls_record_send(t.l.peer->session, s.p, s.n);
    if (n > 0)
        REQUIRE(buf_append(&t.sent, span_head(s, (size_t)n)) == WH_OK);
}

static void say_other(unsigned what)
{
    gnutls_session_t session = t.l.peer->session;

    if (!t.l.peer->shaken || t.l.peer->error || t.renegotiates)
        return;
    switch (what % 4) {
    case 0:
        /* More than a few in a second are an attack to GnuTLS, and no clock may decide here. */
        if (t.updates++ < UPDATES_MAX)
            gnutls_session_key_update(session, what & 4 ? GNUTLS_KU_PEER : 0);
        break;
    case 1:
        gnutls_alert_send(session, GNUTLS_AL_WARNING, GNUTLS_A_UNRECOGNIZED_NAME);
        t.tampered = true; /* TLS 1.3 has no such thing */
        break;
    case 2:
        gnutls_bye(session, GNUTLS_SHUT_WR);
        break;
    case 3:
        if (gnutls_protocol_get_version(session) == GNUTLS_TLS1_2)
            t.renegotiates = gnutls_rehandshake(session) == 0;
        break;
    }
}

static void step(void)
{
    static uint8_t bytes[4096];
    uint8_t act = next_byte();

    switch (act & 15) {
    case 0:
        settle();
        break;
    case 1:
        link_down(&t.l);
        peer_work(t.l.peer);
        break;
    case 2:
        deliver(1u + next_byte(), 0);
        break;
    case 3:
        deliver(1u + next_byte(), next_byte());
        break;
    case 4:
        drop(next_byte());
        break;
    case 5:
        inject(next_bytes(next_byte()));
        break;
    case 6:
        decide(true);
        break;
    case 7:
        decide(false);
        break;
    case 8:
        say(next_bytes(next_byte()));
        break;
    case 9:
        say(span_make(bytes, next_byte() * 16u));
        break;
    case 10:
        say_other(next_byte());
        break;
    case 11:
        answer(span_make(bytes, next_byte()));
        break;
    case 12:
        ask();
        break;
    case 13:
        end();
        break;
    case 14:
        shut();
        break;
    default:
        t.wanted = next_byte() * 80u;
        turn();
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const priorities[] = {PRIORITY_TLS13, PRIORITY_TLS12, "NORMAL"};
    struct tls_params params = {.host = "server.test", .versions = TLS_V1_2 | TLS_V1_3, .alpn = {"http/1.1", NULL}};
    struct peer_options options = {0};
    size_t live = mem_live();
    unsigned how;

    memset(&t, 0, sizeof(t));
    t.script = span_make(data, size < 4096 ? size : 4096);
    how = fuzz_byte(&t.script);
    options.priority = priorities[how % 3];
    options.cert_request = how & 4 ? GNUTLS_CERT_REQUEST : GNUTLS_CERT_IGNORE;
    buf_init(&t.sent, SENT_MAX);
    link_open_limited(&t.l, &params, &options, 65536, 65536);
    turn();
    if (how & 8) {
        settle();
        decide(true);
        settle();
    }
    while (t.script.n)
        step();
    if (!t.tampered && !t.refused && !t.ended) {
        settle();
        decide(true);
        settle();
        REQUIRE(t.failed || !buf_len(&t.sent));
    }
    link_close(&t.l);
    buf_clear(&t.sent);
    REQUIRE(mem_live() == live);
    return 0;
}
