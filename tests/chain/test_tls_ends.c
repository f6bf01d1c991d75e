/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a TLS floor ends: said, cut off, broken by the peer, broken by want of memory or room (RFC 8446 section 6). */
#include "chain/peer.h"

#include "base/mem.h"
#include "unit/harness.h"

static const struct tls_params params_usual = {.host = "server.test", .versions = TLS_V1_2 | TLS_V1_3};
static const char *const versions[] = {PRIORITY_TLS12, PRIORITY_TLS13};

static void open_accepted(struct link *l, const char *priority)
{
    struct peer_options options = {.priority = priority};

    harness_row(priority);
    link_open(l, &params_usual, &options);
    CHECK_INT(link_accept(l), WH_OK);
}

static void test_close_notify(void)
{
    for (size_t i = 0; i < 2; i++) {
        struct link l;

        open_accepted(&l, versions[i]);
        peer_send(l.peer, "last words", 10);
        gnutls_bye(l.peer->session, GNUTLS_SHUT_WR);
        CHECK_INT(link_pump(&l), WH_OK);
        CHECK_STR(buf_peek(chain_in(&l.chain)), "last words");
        CHECK(l.chain.eof && l.chain.eof_clean);
        /* The other direction is still open. */
        CHECK_INT(buf_append_str(chain_out(&l.chain), "answer"), WH_OK);
        CHECK_INT(link_pump(&l), WH_OK);
        CHECK(buf_len(&l.chain.wire_out) == 0);
        link_close(&l);
    }
}

/* A connection that ends without close_notify may have been cut by anybody. */
static void test_truncated(void)
{
    for (size_t i = 0; i < 2; i++)
        for (size_t cut = 0; cut < 2; cut++) {
            struct link l;

            open_accepted(&l, versions[i]);
            peer_send(l.peer, "first", 5);
            peer_send(l.peer, "second", 6);
            CHECK_INT(link_up(&l, buf_len(&l.peer->out) - cut), WH_OK);
            chain_wire_eof(&l.chain);
            CHECK_INT(chain_turn(&l.chain), WH_OK);
            CHECK(l.chain.eof && !l.chain.eof_clean);
            CHECK_INT(buf_len(chain_in(&l.chain)), cut ? 5 : 11);
            link_close(&l);
        }
}

static void test_eof_in_handshake(void)
{
    struct peer_options options = {0};

    for (size_t part = 0; part < 2; part++) {
        struct link l;

        link_open(&l, &params_usual, &options);
        CHECK_INT(chain_turn(&l.chain), WH_AGAIN);
        if (part) {
            link_down(&l);
            CHECK_INT(link_up(&l, 100), WH_AGAIN);
        }
        chain_wire_eof(&l.chain);
        CHECK_INT(chain_turn(&l.chain), WH_E_CLOSED);
        CHECK_INT(chain_turn(&l.chain), WH_E_CLOSED);
        link_close(&l);
    }
}

/* The end of the wire while the verdict is awaited changes nothing about what came before. */
static void test_eof_while_deciding(void)
{
    struct peer_options options = {.priority = PRIORITY_TLS13};
    struct link l;

    link_open(&l, &params_usual, &options);
    CHECK_INT(link_pump(&l), WH_AGAIN);
    peer_send(l.peer, "hello", 5);
    gnutls_bye(l.peer->session, GNUTLS_SHUT_WR);
    CHECK_INT(link_up(&l, SIZE_MAX), WH_AGAIN);
    chain_wire_eof(&l.chain);
    CHECK_INT(chain_turn(&l.chain), WH_AGAIN);
    f_tls_decide(l.tls, true);
    CHECK_INT(chain_turn(&l.chain), WH_OK);
    CHECK_STR(buf_peek(chain_in(&l.chain)), "hello");
    CHECK(l.chain.eof && l.chain.eof_clean);
    link_close(&l);
}

/* What stands in place of a server that speaks TLS. An answer that could still become a record may only be WH_AGAIN. */
static void feed_nonsense(const struct span *pieces, size_t count, void *ctx)
{
    struct peer_options options = {0};
    enum wh_err err = WH_AGAIN;
    struct link l;

    (void)ctx;
    link_open(&l, &params_usual, &options);
    CHECK_INT(chain_turn(&l.chain), WH_AGAIN);
    for (size_t i = 0; i < count && err == WH_AGAIN; i++) {
        feed_chunk(&l.chain.wire_in, pieces[i]);
        err = chain_turn(&l.chain);
    }
    CHECK_INT(err, WH_E_TLS);
    CHECK_INT(chain_turn(&l.chain), WH_E_TLS);
    CHECK_INT(l.tls->error, WH_E_TLS);
    CHECK(chain_deciding(&l.chain) == NULL);
    link_close(&l);
}

static void test_not_tls(void)
{
    const struct span rows[] = {
        LITERAL("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"),
        LITERAL("220 mail.example ESMTP\r\n"),
        LITERAL("\x16\x03\x03\xff\xff\x02"), /* a record longer than any may be */
        LITERAL("\x17\x03\x03\x00\x05"
                "hello\x17\x03\x03\x00\x05"
                "hello"),                                                    /* application data without a handshake */
        LITERAL("\x15\x03\x03\x00\x02\x02\x28"),                             /* alert: handshake_failure */
        LITERAL("\x16\x03\x03\x00\x04\x0e\x00\x00\x00\x00\x00\x00\x00\x00"), /* ServerHelloDone first */
        LITERAL("\x80\x2e\x01\x03\x01\x00\x15\x00\x00\x00\x10\x01\x00\x80\x02\x00\x80\x03\x00\x80\x04\x00\x80\x05"),
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char row[16] = {(char)('0' + i), 0};

        harness_row(row);
        feed_all_ways(rows[i], feed_nonsense, NULL);
    }
}

/* A handshake message of 16 MB, which a server may announce and even send: we do not take it. */
static void test_endless_message(void)
{
    static uint8_t record[5 + 16384] = {22, 3, 3, 0x40, 0, 2, 0xff, 0xff, 0xff};
    struct peer_options options = {0};
    enum wh_err err;
    struct link l;
    size_t n = 0;

    link_open(&l, &params_usual, &options);
    CHECK_INT(chain_turn(&l.chain), WH_AGAIN);
    do {
        CHECK_INT(buf_append(&l.chain.wire_in, span_make(record, sizeof(record))), WH_OK);
        err = chain_turn(&l.chain);
        memset(record + 5, 0, 4);
        n += sizeof(record);
    } while (err == WH_AGAIN && n < ((size_t)16 << 20));
    CHECK_INT(err, WH_E_TLS);
    CHECK(n <= (size_t)300 << 10);
    link_close(&l);
}

/* Every byte of a handshake's first flight spoilt in turn: the handshake fails, or at the least never opens by itself.
 */
static void test_spoilt_handshake(void)
{
    struct peer_options options = {.priority = PRIORITY_TLS13};
    size_t size = 1;

    for (size_t at = 0; at < size; at += 5) {
        static uint8_t flight[8192];
        struct link l;
        enum wh_err err;

        link_open(&l, &params_usual, &options);
        CHECK_INT(chain_turn(&l.chain), WH_AGAIN);
        link_down(&l);
        size = buf_read(&l.peer->out, flight, sizeof(flight));
        flight[at] ^= 0x20;
        CHECK_INT(buf_append(&l.chain.wire_in, span_make(flight, size)), WH_OK);
        err = chain_turn(&l.chain);
        CHECK(err == WH_E_TLS || err == WH_AGAIN);
        CHECK(l.tls->state != FILTER_OPEN);
        chain_wire_eof(&l.chain);
        err = chain_turn(&l.chain);
        CHECK(err == WH_E_TLS || err == WH_E_CLOSED || l.tls->state == FILTER_DECISION);
        link_close(&l);
    }
}

static void test_spoilt_record(void)
{
    for (size_t i = 0; i < 2; i++)
        for (size_t at = 0; at < 30; at++) {
            static uint8_t record[200];
            struct link l;
            size_t size;
            enum wh_err err;

            /* With TLS 1.3 the head's type and version are constants, and GnuTLS does not look at them. */
            if (i == 1 && at < 3)
                continue;
            open_accepted(&l, versions[i]);
            peer_send(l.peer, "good", 4);
            CHECK_INT(link_pump(&l), WH_OK);
            peer_send(l.peer, "spoilt", 6);
            size = buf_read(&l.peer->out, record, sizeof(record));
            if (at < size) {
                record[at] ^= 1;
                CHECK_INT(buf_append(&l.chain.wire_in, span_make(record, size)), WH_OK);
                err = chain_turn(&l.chain);
                /* A length made longer waits for bytes that do not come; anything else is found out at once. */
                CHECK(err == WH_E_TLS || (err == WH_OK && (at == 3 || at == 4)));
                CHECK_STR(buf_peek(chain_in(&l.chain)), "good");
                if (err == WH_E_TLS) {
                    CHECK_INT(chain_turn(&l.chain), WH_E_TLS);
                    link_down(&l);
                    CHECK(l.peer->alert >= 0);
                }
            }
            link_close(&l);
        }
}

static void test_shutdown(void)
{
    for (size_t i = 0; i < 2; i++) {
        struct link l;

        open_accepted(&l, versions[i]);
        CHECK_INT(buf_append_str(chain_out(&l.chain), "and then the end"), WH_OK);
        CHECK_INT(chain_shutdown(&l.chain), WH_OK);
        CHECK_INT(link_pump(&l), WH_OK);
        CHECK_STR(buf_peek(&l.peer->plain), "and then the end");
        CHECK(l.peer->eof);
        /* Nothing may follow; what the server still says is read. */
        CHECK_INT(chain_shutdown(&l.chain), WH_OK);
        CHECK_INT(buf_len(&l.chain.wire_out), 0);
        CHECK_INT(buf_append_str(chain_out(&l.chain), "x"), WH_OK);
        CHECK_INT(chain_send(&l.chain), WH_E_STATE);
        buf_clear(chain_out(&l.chain));
        peer_send(l.peer, "bye", 3);
        CHECK_INT(link_up(&l, SIZE_MAX), WH_OK);
        CHECK_STR(buf_peek(chain_in(&l.chain)), "bye");
        link_close(&l);
    }
}

/* Before the handshake is over there is nothing to close. */
static void test_shutdown_early(void)
{
    struct peer_options options = {0};
    struct link l;
    size_t said;

    link_open(&l, &params_usual, &options);
    CHECK_INT(chain_turn(&l.chain), WH_AGAIN);
    said = buf_len(&l.chain.wire_out);
    CHECK_INT(l.tls->ops->shutdown(l.tls, &l.chain.wire_out), WH_OK);
    CHECK_INT(buf_len(&l.chain.wire_out), said);
    link_close(&l);
}

/* A server that wants answers and does not read them: what it can make us hold is bounded. */
static void test_answers_without_reader(void)
{
    struct peer_options options = {.priority = PRIORITY_TLS13};
    enum wh_err err = WH_OK;
    struct link l;
    int sent = 0;

    link_open_limited(&l, &params_usual, &options, 65536, 8192);
    CHECK_INT(link_accept(&l), WH_OK);
    while (err == WH_OK && sent < 10000) {
        CHECK_INT(gnutls_session_key_update(l.peer->session, GNUTLS_KU_PEER), 0);
        peer_send(l.peer, "x", 1);
        err = link_up(&l, SIZE_MAX);
        sent++;
    }
    CHECK_INT(err, WH_E_TLS);
    CHECK(buf_len(&l.chain.wire_out) <= 8192);
    link_close(&l);
}

/* What GnuTLS allocates is its own; ours fails in turn. The server's turn is over before that begins. */
static enum wh_err one_turn(void *ctx)
{
    struct peer_options options = {.priority = PRIORITY_TLS13};
    size_t *nth = ctx;
    struct link l;
    enum wh_err err;

    mem_fail_at(0, NULL);
    link_open(&l, &params_usual, &options);
    CHECK_INT(link_accept(&l), WH_OK);
    peer_send(l.peer, "answer", 6);
    CHECK_INT(buf_append_str(chain_out(&l.chain), "question"), WH_OK);
    buf_trim(&l.chain.wire_out);
    CHECK_INT(buf_append(&l.chain.wire_in, buf_peek(&l.peer->out)), WH_OK);
    mem_fail_at(*nth, NULL);
    err = chain_turn(&l.chain);
    mem_fail_at(0, NULL);
    CHECK(err == WH_OK || l.tls->state == FILTER_FAILED);
    CHECK_INT(chain_turn(&l.chain), err);
    link_close(&l);
    return err;
}

static void test_no_memory(void)
{
    struct filter *f = NULL;
    size_t nth = 1;

    mem_fail_at(1, NULL);
    CHECK_INT(f_tls_create(&params_usual, &f), WH_E_NOMEM);
    mem_fail_at(0, NULL);
    CHECK(f == NULL);
    while (nth < 20 && one_turn(&nth) == WH_E_NOMEM)
        nth++;
    CHECK(nth > 1 && nth < 20);
    nth = 0;
    CHECK_INT(one_turn(&nth), WH_OK);
}

static const struct test tests[] = {
    {"close_notify is a clean end, one way (RFC 8446 section 6.1)", test_close_notify},
    {"an end without close_notify is not clean", test_truncated},
    {"an end inside the handshake", test_eof_in_handshake},
    {"an end while the verdict is awaited", test_eof_while_deciding},
    {"plain text and other nonsense, cut everywhere", test_not_tls},
    {"a handshake message without end", test_endless_message},
    {"a spoilt handshake", test_spoilt_handshake},
    {"a spoilt record ends the connection with an alert and gives no byte", test_spoilt_record},
    {"our close_notify is last", test_shutdown},
    {"nothing to close before the handshake is over", test_shutdown_early},
    {"key updates by a server that does not read are bounded", test_answers_without_reader},
    {"want of memory is sticky and leaves none behind", test_no_memory},
};

HARNESS_MAIN(tests)
