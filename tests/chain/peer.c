/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "chain/peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

#define PEER_LIMIT ((size_t)64 << 20)

/* Nobody here looks at the dates; fixed ones keep the clock out. */
#define VALID_FROM  1600000000
#define VALID_UNTIL 4000000000u

static void must(int ret, const char *what)
{
    if (ret >= 0)
        return;
    fprintf(stderr, "%s: %s\n", what, gnutls_strerror(ret));
    exit(99);
}

/* ---- certificates --------------------------------------------------------------------------------------------------
 */

static gnutls_x509_privkey_t new_key(void)
{
    gnutls_x509_privkey_t key;

    must(gnutls_x509_privkey_init(&key), "key");
    must(gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0),
         "key");
    return key;
}

static void add_name(gnutls_x509_crt_t crt, const char *name)
{
    unsigned char ip[4];

    if (inet_pton(AF_INET, name, ip) == 1) {
        must(gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_IPADDRESS, ip, 4, GNUTLS_FSAN_APPEND), name);
    } else {
        must(gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_DNSNAME, name, (unsigned)strlen(name),
                                                  GNUTLS_FSAN_APPEND),
             name);
    }
}

/* The same certificate as a peer would see it: GnuTLS knows the names of an imported certificate alone. */
static gnutls_x509_crt_t imported(gnutls_x509_crt_t made)
{
    gnutls_datum_t der;
    gnutls_x509_crt_t crt;

    must(gnutls_x509_crt_export2(made, GNUTLS_X509_FMT_DER, &der), "export");
    must(gnutls_x509_crt_init(&crt), "certificate");
    must(gnutls_x509_crt_import(crt, &der, GNUTLS_X509_FMT_DER), "import");
    gnutls_free(der.data);
    gnutls_x509_crt_deinit(made);
    return crt;
}

/* issuer NULL: an authority that has signed itself; names NULL: an authority. */
static gnutls_x509_crt_t new_cert(gnutls_x509_privkey_t key, gnutls_x509_crt_t issuer, gnutls_x509_privkey_t issuer_key,
                                  const char *common_name, const char *const *names)
{
    static unsigned char serial = 1;
    gnutls_x509_crt_t crt;

    must(gnutls_x509_crt_init(&crt), "certificate");
    must(gnutls_x509_crt_set_version(crt, 3), "version");
    must(gnutls_x509_crt_set_serial(crt, &serial, 1), "serial");
    serial++;
    must(gnutls_x509_crt_set_activation_time(crt, VALID_FROM), "date");
    must(gnutls_x509_crt_set_expiration_time(crt, (time_t)VALID_UNTIL), "date");
    must(gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, common_name, (unsigned)strlen(common_name)),
         "name");
    must(gnutls_x509_crt_set_key(crt, key), "key");
    must(gnutls_x509_crt_set_basic_constraints(crt, names ? 0 : 1, -1), "constraints");
    for (size_t i = 0; names && names[i]; i++)
        add_name(crt, names[i]);
    must(gnutls_x509_crt_sign2(crt, issuer ? issuer : crt, issuer_key, GNUTLS_DIG_SHA256, 0), "signature");
    return imported(crt);
}

gnutls_certificate_credentials_t peer_credentials(const char *const *names)
{
    gnutls_x509_privkey_t root_key = new_key(), middle_key = new_key(), key = new_key();
    gnutls_x509_crt_t root = new_cert(root_key, NULL, root_key, "root", NULL);
    gnutls_x509_crt_t middle = new_cert(middle_key, root, root_key, "middle", NULL);
    gnutls_x509_crt_t chain[2] = {new_cert(key, middle, middle_key, "leaf", names), middle};
    gnutls_certificate_credentials_t credentials;

    must(gnutls_certificate_allocate_credentials(&credentials), "credentials");
    must(gnutls_certificate_set_x509_key(credentials, chain, 2, key), "credentials");
    gnutls_x509_crt_deinit(chain[0]);
    gnutls_x509_crt_deinit(middle);
    gnutls_x509_crt_deinit(root);
    gnutls_x509_privkey_deinit(key);
    gnutls_x509_privkey_deinit(middle_key);
    gnutls_x509_privkey_deinit(root_key);
    return credentials;
}

/* ---- the server ----------------------------------------------------------------------------------------------------
 */

static ptrdiff_t peer_pull(gnutls_transport_ptr_t ptr, void *dst, size_t n)
{
    struct peer *p = ptr;
    size_t got = buf_read(&p->in, dst, n);

    if (got)
        return (ptrdiff_t)got;
    gnutls_transport_set_errno(p->session, EAGAIN);
    return -1;
}

static int peer_pull_timeout(gnutls_transport_ptr_t ptr, unsigned ms)
{
    struct peer *p = ptr;

    (void)ms;
    return buf_len(&p->in) ? 1 : 0;
}

static ptrdiff_t peer_push(gnutls_transport_ptr_t ptr, const void *src, size_t n)
{
    struct peer *p = ptr;

    if (buf_append(&p->out, span_make(src, n)) != WH_OK)
        exit(99);
    return (ptrdiff_t)n;
}

struct peer *peer_open(const struct peer_options *options)
{
    static const char *const usual_names[] = {"server.test", "*.wild.test", "192.0.2.7", NULL};
    static gnutls_certificate_credentials_t usual;
    struct peer *p = mem_zalloc(sizeof(*p));
    gnutls_certificate_credentials_t credentials;

    if (!p)
        exit(99);
    if (!usual)
        usual = peer_credentials(usual_names);
    credentials = options->names ? peer_credentials(options->names) : usual;
    buf_init(&p->in, PEER_LIMIT);
    buf_init(&p->out, PEER_LIMIT);
    buf_init(&p->plain, PEER_LIMIT);
    p->alert = -1;
    must(gnutls_init(&p->session, GNUTLS_SERVER | GNUTLS_NONBLOCK | options->flags), "session");
    must(gnutls_priority_set_direct(p->session, options->priority ? options->priority : "NORMAL", NULL), "priority");
    must(gnutls_credentials_set(p->session, GNUTLS_CRD_CERTIFICATE, credentials), "credentials");
    if (options->cert_request)
        gnutls_certificate_server_set_request(p->session, options->cert_request);
    if (options->ticket_key)
        must(gnutls_session_ticket_enable_server(p->session, options->ticket_key), "tickets");
    if (options->names)
        gnutls_session_set_ptr(p->session, credentials);
    gnutls_transport_set_ptr(p->session, p);
    gnutls_transport_set_pull_function(p->session, peer_pull);
    gnutls_transport_set_pull_timeout_function(p->session, peer_pull_timeout);
    gnutls_transport_set_push_function(p->session, peer_push);
    return p;
}

void peer_close(struct peer *p)
{
    gnutls_certificate_credentials_t own = gnutls_session_get_ptr(p->session);

    gnutls_deinit(p->session);
    if (own)
        gnutls_certificate_free_credentials(own);
    buf_clear(&p->in);
    buf_clear(&p->out);
    buf_clear(&p->plain);
    mem_free(p);
}

static bool peer_failed(struct peer *p, int ret)
{
    if (ret >= 0 || !gnutls_error_is_fatal(ret))
        return false;
    p->error = ret;
    if (ret == GNUTLS_E_FATAL_ALERT_RECEIVED)
        p->alert = (int)gnutls_alert_get(p->session);
    else
        gnutls_alert_send_appropriate(p->session, ret);
    return true;
}

void peer_work(struct peer *p)
{
    static uint8_t bytes[16384];
    int ret;

    if (p->silent || p->error || p->eof)
        return;
    if (!p->shaken) {
        ret = gnutls_handshake(p->session);
        if (ret < 0) {
            peer_failed(p, ret);
            return;
        }
        p->shaken = true;
    }
    for (;;) {
        size_t before = buf_len(&p->in);

        ret = (int)gnutls_record_recv(p->session, bytes, sizeof(bytes));
        if (ret == 0)
            p->eof = true;
        /* "Not now" also follows a message of the session's own, with more behind it. */
        if (ret == GNUTLS_E_AGAIN && buf_len(&p->in) != before)
            continue;
        if (ret <= 0)
            break;
        if (buf_append(&p->plain, span_make(bytes, (size_t)ret)) != WH_OK)
            exit(99);
    }
    peer_failed(p, ret);
}

void peer_send(struct peer *p, const void *s, size_t n)
{
    const uint8_t *at = s;

    while (n) {
        int ret = (int)gnutls_record_send(p->session, at, n);

        must(ret, "server's record");
        at += ret;
        n -= (size_t)ret;
    }
}

/* ---- the link ------------------------------------------------------------------------------------------------------
 */

void link_open_limited(struct link *l, const struct tls_params *params, const struct peer_options *options,
                       size_t in_limit, size_t out_limit)
{
    static const struct tls_params usual = {.host = "server.test", .versions = TLS_V1_2 | TLS_V1_3};

    l->step = SIZE_MAX;
    l->peer = peer_open(options);
    chain_init(&l->chain, in_limit, out_limit);
    if (f_tls_create(params ? params : &usual, &l->tls) != WH_OK)
        exit(99);
    chain_push(&l->chain, l->tls);
}

void link_open(struct link *l, const struct tls_params *params, const struct peer_options *options)
{
    link_open_limited(l, params, options, (size_t)1 << 20, (size_t)1 << 20);
}

void link_close(struct link *l)
{
    chain_destroy(&l->chain);
    peer_close(l->peer);
}

/* Moves at most n bytes; fewer when dst has no room. */
static size_t move(struct buf *dst, struct buf *src, size_t n)
{
    size_t moved = 0;

    while (n && buf_len(src) && buf_room(dst)) {
        struct span s = span_head(buf_peek(src), n);

        s = span_head(s, buf_room(dst));
        if (buf_append(dst, s) != WH_OK)
            exit(99);
        buf_consume(src, s.n);
        moved += s.n;
        n -= s.n;
    }
    return moved;
}

void link_down(struct link *l)
{
    while (move(&l->peer->in, &l->chain.wire_out, l->step))
        peer_work(l->peer);
}

enum wh_err link_up(struct link *l, size_t n)
{
    move(&l->chain.wire_in, &l->peer->out, n);
    return chain_turn(&l->chain);
}

enum wh_err link_pump(struct link *l)
{
    enum wh_err err = chain_turn(&l->chain);
    bool moved;

    do {
        moved = buf_len(&l->chain.wire_out) != 0;
        link_down(l);
        while (buf_len(&l->peer->out) && buf_room(&l->chain.wire_in) && l->tls->state != FILTER_FAILED) {
            err = link_up(l, l->step);
            moved = true;
        }
    } while (moved);
    return err;
}

enum wh_err link_accept(struct link *l)
{
    enum wh_err err = link_pump(l);

    if (l->tls->state != FILTER_DECISION)
        return err;
    f_tls_decide(l->tls, true);
    return link_pump(l);
}
