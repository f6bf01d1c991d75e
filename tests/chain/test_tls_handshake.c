/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The TLS floor from its first byte to the verdict (RFC 8446, RFC 5246; SEMANTICS D9, D16). */
#include "chain/peer.h"

#include "base/mem.h"
#include "unit/harness.h"

static const struct tls_params params_all = {.host = "server.test",
                                             .versions = TLS_V1_0 | TLS_V1_1 | TLS_V1_2 | TLS_V1_3};

static void send_plain(struct link *l, const char *text)
{
    CHECK_INT(buf_append_str(chain_out(&l->chain), text), WH_OK);
}

/* Both sides have something to say, and say it. */
static void check_talk(struct link *l)
{
    char got[16] = "";

    send_plain(l, "ping");
    CHECK_INT(link_pump(l), WH_OK);
    CHECK_STR(buf_peek(&l->peer->plain), "ping");
    buf_consume(&l->peer->plain, 4);
    peer_send(l->peer, "pong", 4);
    CHECK_INT(link_pump(l), WH_OK);
    CHECK_INT(buf_read(chain_in(&l->chain), got, sizeof(got)), 4);
    CHECK_STR(span_str(got), "pong");
}

static void run_version(const char *priority, unsigned version, const char *name, size_t step)
{
    struct peer_options options = {.priority = priority};
    struct tls_info info;
    struct link l;

    harness_row(name);
    link_open(&l, &params_all, &options);
    l.step = step;
    CHECK_INT(link_pump(&l), WH_AGAIN);
    CHECK_INT(l.tls->state, FILTER_DECISION);
    CHECK(chain_deciding(&l.chain) == l.tls);
    CHECK_INT(f_tls_cert_count(l.tls), 2);
    CHECK(f_tls_cert(l.tls, 0).n > 100 && f_tls_cert(l.tls, 1).n > 100 && f_tls_cert(l.tls, 2).n == 0);
    CHECK(f_tls_host_matches(l.tls));
    f_tls_decide(l.tls, true);
    CHECK_INT(link_pump(&l), WH_OK);
    CHECK(l.peer->shaken);
    f_tls_info(l.tls, &info);
    CHECK_INT(info.version, version);
    CHECK_STR(span_str(info.protocol), name);
    CHECK(info.suite && info.cipher[0] && info.cipher_bits >= 128 && !info.resumed && !info.client_cert_asked);
    check_talk(&l);
    link_close(&l);
}

static void run_versions(size_t step)
{
    run_version(PRIORITY_TLS10, TLS_V1_0, "TLS 1.0", step);
    run_version(PRIORITY_TLS11, TLS_V1_1, "TLS 1.1", step);
    run_version(PRIORITY_TLS12, TLS_V1_2, "TLS 1.2", step);
    run_version(PRIORITY_TLS13, TLS_V1_3, "TLS 1.3", step);
}

static void test_versions(void)
{
    run_versions(SIZE_MAX);
}

static void test_versions_bytewise(void)
{
    run_versions(1);
}

static void test_suites(void)
{
    static const struct {
        const char *priority;
        unsigned suite, bits;
    } rows[] = {
        {PRIORITY_TLS13 ":-CIPHER-ALL:+AES-256-GCM", 0x1302, 256},
        {PRIORITY_TLS13 ":-CIPHER-ALL:+AES-128-GCM", 0x1301, 128},
        {PRIORITY_TLS13 ":-CIPHER-ALL:+CHACHA20-POLY1305", 0x1303, 256},
        {PRIORITY_TLS12 ":-CIPHER-ALL:+AES-256-GCM", 0xc02c, 256},
        {PRIORITY_TLS12 ":-CIPHER-ALL:+AES-128-GCM", 0xc02b, 128},
        {PRIORITY_TLS12 ":-CIPHER-ALL:+CHACHA20-POLY1305", 0xcca9, 256},
        {PRIORITY_TLS12 ":-CIPHER-ALL:+AES-128-CBC:-MAC-ALL:+SHA256", 0xc023, 128},
        {PRIORITY_TLS12 ":-CIPHER-ALL:+AES-256-CBC:-MAC-ALL:+SHA1", 0xc00a, 256},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct peer_options options = {.priority = rows[i].priority};
        struct tls_info info;
        struct link l;

        harness_row(rows[i].priority);
        link_open(&l, NULL, &options);
        CHECK_INT(link_accept(&l), WH_OK);
        f_tls_info(l.tls, &info);
        CHECK_INT(info.suite, rows[i].suite);
        CHECK_INT(info.cipher_bits, rows[i].bits);
        check_talk(&l);
        link_close(&l);
    }
}

/* Neither side's application bytes pass before the verdict, whatever is turned meanwhile. */
static void run_decision(const char *priority, unsigned flags, bool accept)
{
    struct peer_options options = {.priority = priority, .flags = flags};
    struct link l;
    size_t quiet;

    harness_row(priority);
    link_open(&l, NULL, &options);
    send_plain(&l, "secret of the client");
    CHECK_INT(link_pump(&l), WH_AGAIN);
    CHECK(l.peer->shaken);
    peer_send(l.peer, "secret of the server", 20);
    for (int i = 0; i < 3; i++) {
        CHECK_INT(link_pump(&l), WH_AGAIN);
        CHECK_INT(chain_send(&l.chain), WH_AGAIN);
        CHECK_INT(l.tls->state, FILTER_DECISION);
    }
    quiet = buf_len(&l.chain.wire_in);
    CHECK(quiet > 20);
    CHECK_INT(buf_len(chain_in(&l.chain)), 0);
    CHECK_INT(buf_len(&l.chain.wire_out), 0);
    CHECK_INT(buf_len(&l.peer->plain), 0);
    f_tls_decide(l.tls, accept);
    if (accept) {
        CHECK_INT(link_pump(&l), WH_OK);
        CHECK_STR(buf_peek(chain_in(&l.chain)), "secret of the server");
        CHECK_STR(buf_peek(&l.peer->plain), "secret of the client");
    } else {
        CHECK_INT(link_pump(&l), WH_E_CERT);
        CHECK_INT(chain_turn(&l.chain), WH_E_CERT);
        CHECK_INT(l.peer->alert, GNUTLS_A_BAD_CERTIFICATE);
        CHECK_INT(buf_len(chain_in(&l.chain)), 0);
        CHECK_INT(buf_len(&l.chain.wire_in), quiet);
        CHECK_INT(buf_len(&l.peer->plain), 0);
        /* A late second answer changes nothing. */
        f_tls_decide(l.tls, true);
        CHECK_INT(link_pump(&l), WH_E_CERT);
    }
    link_close(&l);
}

static void test_decision_accept(void)
{
    run_decision(PRIORITY_TLS12, 0, true);
    run_decision(PRIORITY_TLS13, 0, true);
}

static void test_decision_refuse(void)
{
    run_decision(PRIORITY_TLS12, 0, false);
    run_decision(PRIORITY_TLS13, 0, false);
}

/* TLS 1.3 lets the server speak right behind its own Finished, before the client's has arrived. */
static void test_decision_early_server(void)
{
    struct peer_options options = {.priority = PRIORITY_TLS13, .flags = GNUTLS_ENABLE_EARLY_START};
    struct link l;

    link_open(&l, NULL, &options);
    CHECK_INT(chain_turn(&l.chain), WH_AGAIN);
    link_down(&l);
    CHECK(l.peer->shaken);
    peer_send(l.peer, "early", 5);
    CHECK_INT(link_up(&l, SIZE_MAX), WH_AGAIN);
    CHECK_INT(l.tls->state, FILTER_DECISION);
    CHECK_INT(buf_len(chain_in(&l.chain)), 0);
    CHECK(buf_len(&l.chain.wire_in) > 5);
    f_tls_decide(l.tls, true);
    CHECK_INT(link_pump(&l), WH_OK);
    CHECK_STR(buf_peek(chain_in(&l.chain)), "early");
    link_close(&l);
}

static void test_hosts(void)
{
    static const struct {
        const char *host;
        const char *sni;
        bool matches;
    } rows[] = {
        {"server.test", "server.test", true},
        {"SERVER.test", "SERVER.test", true},
        {"server.test.", "server.test", true},
        {"other.test", "other.test", false},
        {"a.wild.test", "a.wild.test", true},
        {"a.b.wild.test", "a.b.wild.test", false},
        {"wild.test", "wild.test", false},
        {"192.0.2.7", "", true},
        {"192.0.2.8", "", false},
        {"[2001:db8::7]", "", false},
        {"xn--bcher-kva.wild.test", "xn--bcher-kva.wild.test", true},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tls_params params = {.host = rows[i].host, .versions = TLS_V1_3};
        struct peer_options options = {0};
        char sni[256] = "";
        size_t n = sizeof(sni);
        unsigned type;
        struct link l;

        harness_row(rows[i].host);
        link_open(&l, &params, &options);
        CHECK_INT(link_pump(&l), WH_AGAIN);
        CHECK_INT(l.tls->state, FILTER_DECISION);
        CHECK_INT(f_tls_host_matches(l.tls), rows[i].matches);
        if (gnutls_server_name_get(l.peer->session, sni, &n, &type, 0) < 0)
            sni[0] = 0;
        CHECK_STR(span_str(sni), rows[i].sni);
        link_close(&l);
    }
}

static void test_alpn(void)
{
    struct tls_params params = {.host = "server.test", .versions = TLS_V1_3, .alpn = {"h2", "http/1.1"}};
    struct peer_options options = {0};
    gnutls_datum_t h1 = {(unsigned char *)"http/1.1", 8}, chosen = {NULL, 0};
    struct link l;

    link_open(&l, &params, &options);
    CHECK_INT(gnutls_alpn_set_protocols(l.peer->session, &h1, 1, 0), 0);
    CHECK_INT(link_accept(&l), WH_OK);
    CHECK_INT(gnutls_alpn_get_selected_protocol(l.peer->session, &chosen), 0);
    CHECK_STR(span_make(chosen.data, chosen.size), "http/1.1");
    link_close(&l);
}

static void run_resumption(const char *priority)
{
    gnutls_datum_t key;
    struct peer_options options = {.priority = priority, .ticket_key = &key};
    struct tls_params params = {.host = "server.test", .versions = TLS_V1_2 | TLS_V1_3};
    struct span session = {NULL, 0};
    struct tls_info info;
    struct link l;

    harness_row(priority);
    CHECK_INT(gnutls_session_ticket_key_generate(&key), 0);
    link_open(&l, &params, &options);
    CHECK_INT(link_pump(&l), WH_AGAIN);
    CHECK_INT(f_tls_session(l.tls, &session), WH_E_NOT_FOUND);
    f_tls_decide(l.tls, true);
    CHECK_INT(link_pump(&l), WH_OK);
    CHECK_INT(f_tls_session(l.tls, &session), WH_OK);
    link_close(&l);

    /* The resumed session brings the certificates of the first one, and waits for a verdict as every other. */
    params.resume = session;
    link_open(&l, &params, &options);
    CHECK_INT(link_pump(&l), WH_AGAIN);
    CHECK_INT(l.tls->state, FILTER_DECISION);
    f_tls_info(l.tls, &info);
    CHECK(info.resumed);
    CHECK(f_tls_cert_count(l.tls) >= 1 && f_tls_host_matches(l.tls));
    f_tls_decide(l.tls, true);
    CHECK_INT(link_pump(&l), WH_OK);
    check_talk(&l);
    link_close(&l);

    /* Data of another kind costs nothing but the resumption. */
    params.resume = LITERAL("no session of ours");
    link_open(&l, &params, &options);
    CHECK_INT(link_accept(&l), WH_OK);
    f_tls_info(l.tls, &info);
    CHECK(!info.resumed);
    check_talk(&l);
    link_close(&l);
    mem_free((void *)(uintptr_t)session.p);
    gnutls_free(key.data);
}

static void test_resumption(void)
{
    run_resumption(PRIORITY_TLS12);
    run_resumption(PRIORITY_TLS13);
}

static void test_no_session_without_ticket(void)
{
    struct peer_options options = {.priority = PRIORITY_TLS13};
    struct span session = {NULL, 0};
    struct link l;

    link_open(&l, NULL, &options);
    CHECK_INT(link_accept(&l), WH_OK);
    CHECK_INT(f_tls_session(l.tls, &session), WH_E_NOT_FOUND);
    CHECK(session.p == NULL);
    link_close(&l);
}

static void test_client_cert_optional(void)
{
    static const char *const rows[] = {PRIORITY_TLS12, PRIORITY_TLS13};

    for (size_t i = 0; i < 2; i++) {
        struct peer_options options = {.priority = rows[i], .cert_request = GNUTLS_CERT_REQUEST};
        struct tls_info info;
        struct link l;

        harness_row(rows[i]);
        link_open(&l, NULL, &options);
        CHECK_INT(link_accept(&l), WH_OK);
        f_tls_info(l.tls, &info);
        CHECK(info.client_cert_asked);
        check_talk(&l);
        link_close(&l);
    }
}

/* TLS 1.2 refuses inside the handshake; with TLS 1.3 the client is through it when the refusal comes. */
static void test_client_cert_required(void)
{
    static const char *const rows[] = {PRIORITY_TLS12, PRIORITY_TLS13};

    for (size_t i = 0; i < 2; i++) {
        struct peer_options options = {.priority = rows[i], .cert_request = GNUTLS_CERT_REQUIRE};
        struct tls_info info;
        struct link l;

        harness_row(rows[i]);
        link_open(&l, NULL, &options);
        CHECK_INT(link_accept(&l), WH_E_CLIENT_CERT_NEEDED);
        CHECK_INT(chain_turn(&l.chain), WH_E_CLIENT_CERT_NEEDED);
        f_tls_info(l.tls, &info);
        CHECK(info.client_cert_asked);
        link_close(&l);
    }
}

static void test_no_common_version(void)
{
    struct tls_params params = {.host = "server.test", .versions = TLS_V1_2};
    struct peer_options options = {.priority = PRIORITY_TLS13};
    struct link l;

    link_open(&l, &params, &options);
    CHECK_INT(link_pump(&l), WH_E_TLS);
    link_close(&l);
    /* And the other way round: the server's choice was not offered. */
    params.versions = TLS_V1_3;
    options.priority = PRIORITY_TLS12;
    link_open(&l, &params, &options);
    CHECK_INT(link_pump(&l), WH_E_TLS);
    link_close(&l);
}

/* One session fails and ends while another goes by the same. */
static void test_common(void)
{
    struct peer_options options = {.priority = PRIORITY_TLS13};
    struct tls_params params = params_all;
    struct link first, second;

    CHECK_INT(tls_common_create(0, &params.common), WH_E_TLS);
    CHECK(params.common == NULL);
    CHECK_INT(tls_common_create(params.versions, &params.common), WH_OK);
    link_open(&first, &params, &options);
    link_open(&second, &params, &options);
    CHECK_INT(link_pump(&first), WH_AGAIN);
    CHECK_INT(link_pump(&second), WH_AGAIN);
    f_tls_decide(first.tls, false);
    CHECK_INT(link_pump(&first), WH_E_CERT);
    link_close(&first);
    f_tls_decide(second.tls, true);
    CHECK_INT(link_pump(&second), WH_OK);
    check_talk(&second);
    link_close(&second);
    tls_common_destroy(params.common);
}

static void test_create_refusals(void)
{
    struct tls_params params = {.host = "server.test"};
    struct filter *f = NULL;
    char big[400];

    CHECK_INT(f_tls_create(&params, &f), WH_E_TLS);
    params.versions = TLS_V1_3;
    params.host = "";
    CHECK_INT(f_tls_create(&params, &f), WH_E_ARG);
    memset(big, 'a', sizeof(big));
    big[sizeof(big) - 1] = 0;
    params.host = big;
    CHECK_INT(f_tls_create(&params, &f), WH_E_ARG);
    CHECK(f == NULL);
}

static const struct test tests[] = {
    {"handshake, verdict and talk with TLS 1.0 to 1.3", test_versions},
    {"the same, one byte at a time in both directions", test_versions_bytewise},
    {"suites by number and key size", test_suites},
    {"no application byte passes before the verdict; all do after it", test_decision_accept},
    {"a refusal sends bad_certificate and passes nothing (D9)", test_decision_refuse},
    {"a server that speaks early waits for the verdict as well (RFC 8446 section 2)", test_decision_early_server},
    {"names: SNI for names only, DNS, wildcard, IP, A-label (RFC 6066 section 3)", test_hosts},
    {"ALPN is offered in order", test_alpn},
    {"resumption by ticket, TLS 1.2 and 1.3; foreign session data is ignored", test_resumption},
    {"no session data without a ticket, and no wait for one", test_no_session_without_ticket},
    {"a request for a client certificate is noted (D16)", test_client_cert_optional},
    {"a server that insists on a client certificate (T13)", test_client_cert_required},
    {"no common version is a TLS failure", test_no_common_version},
    {"sessions have algorithms and credentials in common", test_common},
    {"parameters that cannot work are refused", test_create_refusals},
};

HARNESS_MAIN(tests)
