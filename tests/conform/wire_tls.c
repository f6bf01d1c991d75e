/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wire_tls.c: see wire_tls.h. The session's transport is memory: wire.c has the socket. */
#include "wire_tls.h"

#include <gnutls/x509.h>
#include <errno.h>
#include <stdlib.h>

#define RECORD_MAX 16384

/* Nobody here looks at the dates. */
#define VALID_FROM  1600000000
#define VALID_UNTIL 2000000000

struct wire_tls {
    gnutls_session_t session;
    struct ws_bytes in; /* records that came */
    size_t taken;       /* of them, by the session */
    BOOL shaken;
    struct wire *wire;
};

static gnutls_certificate_credentials_t credentials;
static gnutls_datum_t ticket_key;
static size_t record_size = RECORD_MAX;

static BOOL fine(int ret, const char *what)
{
    return ret >= 0 || tap_ok(FALSE, "the server: %s: %s", what, gnutls_strerror(ret));
}

static struct wire_tls *tls_of(const struct wire *wire)
{
    return wire->of_floor;
}

gnutls_session_t wire_tls_session(const struct wire *wire)
{
    return tls_of(wire)->session;
}

/* ---- the transport ---- */

static ssize_t push(gnutls_transport_ptr_t transport, const void *bytes, size_t size)
{
    struct wire_tls *t = transport;

    ws_bytes_add(&t->wire->out, bytes, size);
    return (ssize_t)size;
}

static ssize_t pull(gnutls_transport_ptr_t transport, void *bytes, size_t size)
{
    struct wire_tls *t = transport;
    size_t n = t->in.n - t->taken;

    if (!n) {
        gnutls_transport_set_errno(t->session, EAGAIN);
        return -1;
    }
    if (n > size)
        n = size;
    memcpy(bytes, t->in.p + t->taken, n);
    t->taken += n;
    if (t->taken == t->in.n)
        t->taken = t->in.n = 0;
    return (ssize_t)n;
}

static int pull_in_time(gnutls_transport_ptr_t transport, unsigned ms)
{
    const struct wire_tls *t = transport;

    (void)ms;
    return t->in.n > t->taken;
}

/* ---- the floor ---- */

static void open_floor(struct wire *wire)
{
    struct wire_tls *t = calloc(1, sizeof(*t));

    t->wire = wire;
    wire->of_floor = t;
    gnutls_init(&t->session, GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_AUTO_SEND_TICKET);
    gnutls_priority_set_direct(t->session, "NORMAL:-VERS-ALL:+VERS-TLS1.3", NULL);
    gnutls_credentials_set(t->session, GNUTLS_CRD_CERTIFICATE, credentials);
    gnutls_session_ticket_enable_server(t->session, &ticket_key);
    gnutls_transport_set_ptr(t->session, t);
    gnutls_transport_set_push_function(t->session, push);
    gnutls_transport_set_pull_function(t->session, pull);
    gnutls_transport_set_pull_timeout_function(t->session, pull_in_time);
}

static BOOL go_up(struct wire *wire, const void *bytes, size_t size)
{
    struct wire_tls *t = tls_of(wire);
    static __thread BYTE plain[RECORD_MAX];
    ssize_t got;

    ws_bytes_add(&t->in, bytes, size);
    if (!t->shaken) {
        int ret = gnutls_handshake(t->session);

        if (ret == GNUTLS_E_AGAIN)
            return TRUE;
        if (!fine(ret, "the handshake"))
            return FALSE;
        t->shaken = TRUE;
    }
    do {
        got = gnutls_record_recv(t->session, plain, sizeof(plain));
        if (got > 0)
            ws_bytes_add(&wire->in, plain, (size_t)got);
    } while (got > 0 || (got == GNUTLS_E_AGAIN && t->in.n)); /* which a message of the session's own answers, too */
    return !got || got == GNUTLS_E_AGAIN;
}

static BOOL go_down(struct wire *wire, const void *bytes, size_t size)
{
    const BYTE *p = bytes;
    ssize_t n;

    for (; size; p += n, size -= (size_t)n) {
        n = gnutls_record_send(wire_tls_session(wire), p, size < record_size ? size : record_size);
        if (n <= 0)
            return FALSE;
    }
    return TRUE;
}

static void say_bye(struct wire *wire)
{
    gnutls_bye(wire_tls_session(wire), GNUTLS_SHUT_WR);
}

static void close_floor(struct wire *wire)
{
    struct wire_tls *t = tls_of(wire);

    gnutls_deinit(t->session);
    ws_bytes_free(&t->in);
    free(t);
}

static const struct wire_floor floor_tls = {open_floor, go_up, go_down, say_bye, close_floor};

/* ---- the server ---- */

static void make_credentials(void)
{
    gnutls_x509_privkey_t key;
    gnutls_x509_crt_t crt;

    gnutls_x509_privkey_init(&key);
    fine(gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0),
         "key");
    gnutls_x509_crt_init(&crt);
    gnutls_x509_crt_set_version(crt, 3);
    gnutls_x509_crt_set_serial(crt, "\1", 1);
    gnutls_x509_crt_set_activation_time(crt, VALID_FROM);
    gnutls_x509_crt_set_expiration_time(crt, VALID_UNTIL);
    gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, "localhost", 9);
    gnutls_x509_crt_set_key(crt, key);
    fine(gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0), "certificate");
    gnutls_certificate_allocate_credentials(&credentials);
    fine(gnutls_certificate_set_x509_key(credentials, &crt, 1, key), "credentials");
    fine(gnutls_session_ticket_key_generate(&ticket_key), "tickets");
    gnutls_x509_crt_deinit(crt);
    gnutls_x509_privkey_deinit(key);
}

INTERNET_PORT wire_serve_tls(wire_script *script, unsigned at_once, size_t record)
{
    if (!credentials) {
        fine(gnutls_global_init(), "GnuTLS");
        make_credentials();
    }
    if (record)
        record_size = record;
    return wire_serve_on(&floor_tls, script, at_once);
}
