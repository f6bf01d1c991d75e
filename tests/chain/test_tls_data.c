/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bytes through an open TLS floor: cuts, sizes, limits, and what the session says to itself in between (RFC 8446). */
#include "chain/peer.h"

#include "base/mem.h"
#include "unit/harness.h"

#define BIG ((size_t)3 << 20)

static const struct tls_params params_tls12 = {.host = "server.test", .versions = TLS_V1_2};
static const struct peer_options options_tls12 = {.priority = PRIORITY_TLS12};
static const struct peer_options options_tls13 = {.priority = PRIORITY_TLS13};

/* A byte that tells its place. */
static uint8_t pattern(size_t i)
{
    return (uint8_t)(i * 31 + (i >> 8) + (i >> 16));
}

/* Takes all of b and compares it with the pattern from *at on. */
static bool take_pattern(struct buf *b, size_t *at)
{
    bool same = true;

    while (buf_len(b)) {
        struct span s = buf_peek(b);

        for (size_t i = 0; i < s.n; i++)
            same = same && s.p[i] == pattern(*at + i);
        *at += s.n;
        buf_consume(b, s.n);
    }
    return same;
}

/* Puts up to n bytes of the pattern behind b, as far as its limit allows. */
static void put_pattern(struct buf *b, size_t *at, size_t n)
{
    uint8_t bytes[1000];

    while (n && buf_room(b)) {
        size_t some = n < sizeof(bytes) ? n : sizeof(bytes);

        some = some < buf_room(b) ? some : buf_room(b);
        for (size_t i = 0; i < some; i++)
            bytes[i] = pattern(*at + i);
        CHECK_INT(buf_append(b, span_make(bytes, some)), WH_OK);
        *at += some;
        n -= some;
    }
}

static void test_record_cut_everywhere(void)
{
    static const uint8_t text[] = "one record of a server, cut at every place";
    struct link l;
    size_t size = 100;

    link_open(&l, NULL, &options_tls13);
    CHECK_INT(link_accept(&l), WH_OK);
    for (size_t cut = 0; cut <= size; cut++) {
        peer_send(l.peer, text, sizeof(text));
        size = buf_len(&l.peer->out);
        CHECK_INT(link_up(&l, cut), WH_OK);
        CHECK_INT(buf_len(chain_in(&l.chain)), cut < size ? 0 : sizeof(text));
        CHECK_INT(link_up(&l, SIZE_MAX), WH_OK);
        CHECK_SPAN(buf_peek(chain_in(&l.chain)), span_make(text, sizeof(text)));
        buf_consume(chain_in(&l.chain), sizeof(text));
    }
    link_close(&l);
}

static void run_large_up(const struct peer_options *options, size_t step, size_t total, size_t in_limit)
{
    static uint8_t bytes[BIG];
    size_t got = 0;
    struct link l;

    link_open_limited(&l, NULL, options, in_limit, 65536);
    CHECK_INT(link_accept(&l), WH_OK);
    l.step = step;
    for (size_t i = 0; i < total; i++)
        bytes[i] = pattern(i);
    peer_send(l.peer, bytes, total);
    while (got < total && buf_len(&l.peer->out) + buf_len(&l.chain.wire_in) + buf_len(chain_in(&l.chain))) {
        CHECK(link_up(&l, step) == WH_OK);
        CHECK(buf_len(chain_in(&l.chain)) <= in_limit);
        CHECK(take_pattern(chain_in(&l.chain), &got));
    }
    /* What stayed inside the session for want of room comes when there is room, with no more bytes from the wire. */
    while (chain_turn(&l.chain) == WH_OK && buf_len(chain_in(&l.chain)))
        CHECK(take_pattern(chain_in(&l.chain), &got));
    CHECK_INT(got, total);
    link_close(&l);
}

static void test_large_up(void)
{
    run_large_up(&options_tls12, SIZE_MAX, BIG, (size_t)1 << 20);
    run_large_up(&options_tls13, SIZE_MAX, BIG, (size_t)1 << 20);
    run_large_up(&options_tls13, 1460, BIG, 65536);
    run_large_up(&options_tls13, 7, 100000, 65536);
}

/* The same, straight to where it is wanted, `room` bytes at a time; what lies in plain_in comes first. */
static void run_read(const struct peer_options *options, size_t step, size_t total, size_t room)
{
    static uint8_t bytes[BIG];
    size_t got = 0, n = 0;
    struct link l;

    link_open(&l, NULL, options);
    CHECK_INT(chain_read(&l.chain, bytes, sizeof(bytes)), 0);
    CHECK_INT(link_accept(&l), WH_OK);
    for (size_t i = 0; i < total; i++)
        bytes[i] = pattern(i);
    peer_send(l.peer, bytes, total);
    gnutls_bye(l.peer->session, GNUTLS_SHUT_WR);
    CHECK_INT(link_up(&l, 17000), WH_OK);
    CHECK(buf_len(chain_in(&l.chain)));
    CHECK_INT(chain_read(&l.chain, bytes, room), 0);
    CHECK(take_pattern(chain_in(&l.chain), &got));
    while (n || buf_len(&l.peer->out)) {
        struct span s = span_head(buf_peek(&l.peer->out), step);
        bool same = true;

        CHECK_INT(buf_append(&l.chain.wire_in, s), WH_OK);
        buf_consume(&l.peer->out, s.n);
        n = chain_read(&l.chain, bytes, room);
        for (size_t i = 0; i < n; i++)
            same = same && bytes[i] == pattern(got + i);
        CHECK(same && n <= room && !buf_len(chain_in(&l.chain)));
        got += n;
    }
    CHECK_INT(got, total);
    CHECK(!l.chain.eof);
    CHECK_INT(chain_turn(&l.chain), WH_OK);
    CHECK(l.chain.eof && l.chain.eof_clean && !buf_len(chain_in(&l.chain)));
    CHECK_INT(chain_read(&l.chain, bytes, room), 0);
    link_close(&l);
}

static void test_read(void)
{
    run_read(&options_tls12, 65536, BIG, 65536);
    run_read(&options_tls13, 65536, BIG, 65536);
    run_read(&options_tls13, 1460, 500000, 16384);
    run_read(&options_tls13, 20000, 500000, 1000);
    run_read(&options_tls12, 7, 100000, 5);
}

static void test_small_plain_limit(void)
{
    run_large_up(&options_tls13, 1000, 200000, 4096);
    run_large_up(&options_tls12, 100, 40000, 300);
}

/* Sizes of the records in b, from their heads (RFC 8446 section 5.1). */
static void check_records(const struct buf *b, size_t plain, size_t overhead_max)
{
    struct span runs[64];
    size_t count, at = 0, total = buf_spans(b, runs, 64, &count), left = plain;
    static uint8_t flat[BIG * 2];

    CHECK_INT(total, buf_len(b));
    for (size_t i = 0; i < count; i++) {
        memcpy(flat + at, runs[i].p, runs[i].n);
        at += runs[i].n;
    }
    for (at = 0; at + 5 <= total;) {
        size_t n = (size_t)flat[at + 3] << 8 | flat[at + 4];
        size_t want = left < 16384 ? left : 16384;

        CHECK_INT(flat[at], 23);
        CHECK(n > want && n <= want + overhead_max);
        left -= want;
        at += 5 + n;
    }
    CHECK_INT(at, total);
    CHECK_INT(left, 0);
}

static void test_full_records(void)
{
    static const size_t sizes[] = {1, 16383, 16384, 16385, 100000, 1000000};

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        size_t put = 0, got = 0;
        struct link l;

        link_open_limited(&l, NULL, &options_tls13, 65536, (size_t)4 << 20);
        CHECK_INT(link_accept(&l), WH_OK);
        put_pattern(chain_out(&l.chain), &put, sizes[i]);
        CHECK_INT(chain_send(&l.chain), WH_OK);
        check_records(&l.chain.wire_out, sizes[i], 17);
        CHECK_INT(link_pump(&l), WH_OK);
        CHECK(take_pattern(&l.peer->plain, &got));
        CHECK_INT(got, sizes[i]);
        link_close(&l);
    }
}

/* wire_out is a dam: a record is made only when there is room for it, and the turn says that more waits. */
static void run_large_down(size_t step, size_t total, size_t out_limit)
{
    size_t put = 0, got = 0;
    struct link l;

    link_open_limited(&l, &params_tls12, &options_tls12, 65536, out_limit);
    CHECK_INT(link_accept(&l), WH_OK);
    l.step = step;
    while (got < total) {
        enum wh_err err;

        put_pattern(chain_out(&l.chain), &put, total - put);
        err = chain_send(&l.chain);
        CHECK_INT(err, buf_len(chain_out(&l.chain)) ? WH_AGAIN : WH_OK);
        CHECK(buf_len(&l.chain.wire_out) > 0);
        if (!buf_len(&l.chain.wire_out))
            break;
        link_down(&l);
        CHECK(take_pattern(&l.peer->plain, &got));
    }
    CHECK_INT(got, total);
    link_close(&l);
}

static void test_large_down(void)
{
    run_large_down(SIZE_MAX, BIG, (size_t)1 << 20);
    run_large_down(1460, BIG, 65536);
    run_large_down(SIZE_MAX, 200000, 9000);
}

static void test_key_update(void)
{
    struct link l;
    size_t put = 0, got = 0;

    link_open(&l, NULL, &options_tls13);
    CHECK_INT(link_accept(&l), WH_OK);
    for (int i = 0; i < 3; i++) {
        CHECK_INT(gnutls_session_key_update(l.peer->session, GNUTLS_KU_PEER), 0);
        peer_send(l.peer, "after", 5);
        put_pattern(chain_out(&l.chain), &put, 1000);
        l.step = i == 1 ? 1 : SIZE_MAX;
        CHECK_INT(link_pump(&l), WH_OK);
        CHECK_STR(buf_peek(chain_in(&l.chain)), "after");
        buf_consume(chain_in(&l.chain), 5);
        CHECK(take_pattern(&l.peer->plain, &got));
        CHECK_INT(got, put);
    }
    link_close(&l);
}

/* Tickets come behind the handshake and are no application bytes. */
static void test_tickets(void)
{
    gnutls_datum_t key;
    struct peer_options options = {.priority = PRIORITY_TLS13, .ticket_key = &key};
    struct link l;

    CHECK_INT(gnutls_session_ticket_key_generate(&key), 0);
    link_open(&l, NULL, &options);
    CHECK_INT(link_accept(&l), WH_OK);
    for (int i = 0; i < 5; i++) {
        CHECK_INT(gnutls_session_ticket_send(l.peer->session, 2, 0), 0);
        peer_send(l.peer, "x", 1);
    }
    l.step = 1;
    CHECK_INT(link_pump(&l), WH_OK);
    CHECK_STR(buf_peek(chain_in(&l.chain)), "xxxxx");
    link_close(&l);
    gnutls_free(key.data);
}

static void check_renegotiated(struct link *l)
{
    size_t put = 0, got = 0;

    put_pattern(chain_out(&l->chain), &put, 5000);
    CHECK_INT(link_pump(l), WH_OK);
    CHECK(take_pattern(&l->peer->plain, &got));
    CHECK_INT(got, put);
    peer_send(l->peer, "later", 5);
    CHECK_INT(link_pump(l), WH_OK);
    CHECK_STR(buf_peek(chain_in(&l->chain)), "later");
}

/* The server wants a second handshake, as some do to ask for a client certificate (RFC 5246 section 7.4.1.1). */
static void test_renegotiation(void)
{
    struct tls_info info;
    struct link l;

    link_open(&l, &params_tls12, &options_tls12);
    CHECK_INT(link_accept(&l), WH_OK);
    f_tls_info(l.tls, &info);
    CHECK(!info.client_cert_asked);
    gnutls_certificate_server_set_request(l.peer->session, GNUTLS_CERT_REQUEST);
    CHECK_INT(gnutls_rehandshake(l.peer->session), 0);
    l.peer->shaken = false;
    l.step = 1;
    CHECK_INT(link_pump(&l), WH_OK);
    CHECK(l.peer->shaken && l.peer->error == 0);
    f_tls_info(l.tls, &info);
    CHECK(info.client_cert_asked);
    check_renegotiated(&l);
    link_close(&l);
}

/* Bytes that came with the request are read first; ours wait until the new handshake is over. */
static void test_renegotiation_crossing(void)
{
    size_t put = 0;
    struct link l;

    link_open(&l, &params_tls12, &options_tls12);
    CHECK_INT(link_accept(&l), WH_OK);
    peer_send(l.peer, "before ", 7);
    CHECK_INT(gnutls_rehandshake(l.peer->session), 0);
    peer_send(l.peer, "behind", 6);
    l.peer->shaken = false;
    CHECK_INT(link_up(&l, SIZE_MAX), WH_OK);
    CHECK_STR(buf_peek(chain_in(&l.chain)), "before behind");
    buf_consume(chain_in(&l.chain), 13);
    put_pattern(chain_out(&l.chain), &put, 10);
    CHECK_INT(chain_send(&l.chain), WH_AGAIN);
    CHECK_INT(link_pump(&l), WH_OK);
    CHECK(l.peer->shaken && l.peer->error == 0);
    CHECK_INT(buf_len(&l.peer->plain), 10);
    buf_consume(&l.peer->plain, buf_len(&l.peer->plain));
    check_renegotiated(&l);
    link_close(&l);
}

/* Bytes that the server sends after our ClientHello cannot be taken in between. */
static void test_renegotiation_late_data(void)
{
    struct link l;

    link_open(&l, &params_tls12, &options_tls12);
    CHECK_INT(link_accept(&l), WH_OK);
    CHECK_INT(gnutls_rehandshake(l.peer->session), 0);
    CHECK_INT(link_up(&l, SIZE_MAX), WH_OK);
    peer_send(l.peer, "late", 4);
    CHECK_INT(link_up(&l, SIZE_MAX), WH_E_TLS);
    CHECK_INT(buf_len(chain_in(&l.chain)), 0);
    link_close(&l);
}

/* Another certificate would need another verdict, so there must not be one (a known attack). */
static void test_renegotiation_other_cert(void)
{
    static const char *const names[] = {"server.test", NULL};
    gnutls_certificate_credentials_t other = peer_credentials(names);
    struct link l;

    link_open(&l, &params_tls12, &options_tls12);
    CHECK_INT(link_accept(&l), WH_OK);
    CHECK_INT(gnutls_credentials_set(l.peer->session, GNUTLS_CRD_CERTIFICATE, other), 0);
    CHECK_INT(gnutls_rehandshake(l.peer->session), 0);
    l.peer->shaken = false;
    CHECK_INT(link_pump(&l), WH_E_TLS);
    CHECK(!l.peer->shaken);
    link_close(&l);
    gnutls_certificate_free_credentials(other);
}

static const struct test tests[] = {
    {"a record cut at every place gives its bytes when it is complete, and not before", test_record_cut_everywhere},
    {"megabytes from the server, in large and small steps", test_large_up},
    {"megabytes straight to where they are wanted, whatever fits there", test_read},
    {"a plain side smaller than a record loses nothing", test_small_plain_limit},
    {"records are full when there is enough to fill them (RFC 8446 section 5.1)", test_full_records},
    {"megabytes to the server through a bounded output", test_large_down},
    {"key updates are answered (RFC 8446 section 4.6.3)", test_key_update},
    {"tickets between application data (RFC 8446 section 4.6.1)", test_tickets},
    {"a server may ask for a second handshake (RFC 5246 section 7.4.1.1)", test_renegotiation},
    {"application data that comes with the request for it", test_renegotiation_crossing},
    {"application data inside a second handshake ends the connection", test_renegotiation_late_data},
    {"a second handshake must not change the certificate", test_renegotiation_other_cert},
};

HARNESS_MAIN(tests)
