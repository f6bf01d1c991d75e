/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A GnuTLS client session between two buffers.
 *
 * GnuTLS asks for bytes (tls__pull), and gets what wire_in holds or "not now"; it gives bytes (tls__push), which always
 * go into wire_out. It asks for exactly a record's five bytes of head and then for its body, so nothing of the next
 * record is ever inside it; what it may hold is one incomplete record, and a decrypted remainder that did not fit into
 * plain.
 *
 * States beside those of filter.h, all inside OPEN:
 *   renegotiating  a new handshake runs because the server asked for it (TLS 1.2 and older). Writing waits, since many
 *                  servers take application data between handshake messages for an error. GnuTLS refuses an unsafe
 *                  renegotiation (RFC 5746) and one that changes the server's certificate, so the verdict stays good.
 *   peer_done      the server's close_notify was read; recv says so from then on.
 *   said_bye       our close_notify is in wire_out; nothing may follow it.
 * Authentication after the handshake (TLS 1.3) is not offered, so no server may ask for it; Windows does not offer it
 * either.
 *
 * A refused certificate puts the filter back into HANDSHAKE, so that the next turn has a wire_out for the alert.
 *
 * Limits: GnuTLS holds one record (16 KB and overhead) and one handshake message, which QUIET_MAX bounds.
 * Source: RFC 8446, RFC 5246; SEMANTICS D9, D16, T13.
 */
#include "stack/f_tls.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "base/mem.h"
#include "stack/f_tls_info.h"
#include "stack/f_tls_params.h"

#define RECORD_PLAIN 16384u /* RFC 8446 section 5.1 */

/* Head, explicit IV, tag, padding, and the empty record that TLS 1.0 puts in front: more than any of them together. */
#define RECORD_OVERHEAD 512u

/*
 * The part of wire_out that records of ours leave free, for what the session must say while it reads: alerts, answers
 * to key updates (27 bytes each, and GnuTLS takes 8 a second at most), a second handshake. A peer that makes us fill it
 * without reading any of it has broken the connection.
 */
#define CONTROL_RESERVE 4096u

/*
 * Bytes that may come without one application byte among them: a whole handshake, or what a session says to itself.
 * GnuTLS looks at the length of a handshake message when it has all of it, and that may be 16 MB. Windows takes 32 KB a
 * message; certificate chains of servers, with names by the hundred, stay far below this.
 */
#define QUIET_MAX ((size_t)256 << 10)

struct tls {
    struct filter base; /* must be first */
    gnutls_session_t session;
    struct tls_common *common, *own_common; /* what the session goes by; the same if it is its own, else NULL */
    struct buf *wire_in, *wire_out;         /* of the call that runs now; NULL between calls */
    size_t quiet;                           /* bytes read since the last application byte, or since the handshake */
    enum wh_err push_error;                 /* why tls__push failed, or WH_OK */
    bool refused;
    bool shaken; /* the first handshake is complete: the session can be asked about itself */
    bool reneg_asked, renegotiating;
    bool got_plain; /* the server has sent application data */
    bool peer_done;
    bool said_bye;
    bool cert_asked;
    char host[TLS_HOST_MAX + 1];
};

static struct tls *tls__of(const struct filter *f)
{
    return (struct tls *)(uintptr_t)f;
}

/* ---- bytes to and from GnuTLS; its types for these functions equal ptrdiff_t on every host -------------------------
 */

static ptrdiff_t tls__pull(gnutls_transport_ptr_t ptr, void *dst, size_t n)
{
    struct tls *t = ptr;
    size_t got = t->wire_in && t->quiet < QUIET_MAX ? buf_read(t->wire_in, dst, n) : 0;

    if (got == 0) {
        gnutls_transport_set_errno(t->session, t->quiet < QUIET_MAX ? EAGAIN : EIO);
        return -1;
    }
    t->quiet += got;
    return (ptrdiff_t)got;
}

/* Never blocks: GnuTLS asks only before some reads, and the answer is what a read would find. */
static int tls__pull_timeout(gnutls_transport_ptr_t ptr, unsigned ms)
{
    struct tls *t = ptr;

    (void)ms;
    return t->wire_in && buf_len(t->wire_in) ? 1 : 0;
}

static ptrdiff_t tls__push(gnutls_transport_ptr_t ptr, const void *src, size_t n)
{
    struct tls *t = ptr;
    enum wh_err err = t->wire_out ? buf_append(t->wire_out, span_make(src, n)) : WH_E_STATE;

    if (err != WH_OK) {
        t->push_error = err;
        gnutls_transport_set_errno(t->session, EIO);
        return -1;
    }
    return (ptrdiff_t)n;
}

static void tls__enter(struct tls *t, struct buf *wire_in, struct buf *wire_out)
{
    t->wire_in = wire_in;
    t->wire_out = wire_out;
}

static enum wh_err tls__leave(struct tls *t, enum wh_err err)
{
    t->wire_in = t->wire_out = NULL;
    return err;
}

/* ---- failing -------------------------------------------------------------------------------------------------------
 */

static enum wh_err tls__fail(struct tls *t, enum wh_err err)
{
    t->base.state = FILTER_FAILED;
    t->base.error = err;
    return err;
}

/*
 * What a fatal answer of GnuTLS comes to; the alert that belongs to it goes into wire_out. A server that asked for a
 * client certificate, got none and ends the conversation before it has begun wanted one; by which alert differs between
 * servers.
 */
static enum wh_err tls__fatal(struct tls *t, int error)
{
    if (t->push_error != WH_OK)
        return tls__fail(t, t->push_error == WH_E_NOMEM ? WH_E_NOMEM : WH_E_TLS);
    if (error == GNUTLS_E_FATAL_ALERT_RECEIVED)
        return tls__fail(t, t->cert_asked && !t->got_plain ? WH_E_CLIENT_CERT_NEEDED : WH_E_TLS);
    (void)gnutls_alert_send_appropriate(t->session, error);
    return tls__fail(t, tls_error(error) == WH_E_NOMEM ? WH_E_NOMEM : WH_E_TLS);
}

/* ---- handshake -----------------------------------------------------------------------------------------------------
 */

/* One handshake, the first or a later one, as far as wire_in allows. 0, or what GnuTLS said. */
static int tls__shake(struct tls *t)
{
    int ret;

    /* A warning alert ("unrecognized_name" is the usual one) is the server's to give and changes nothing. */
    do
        ret = gnutls_handshake(t->session);
    while (ret == GNUTLS_E_INTERRUPTED || ret == GNUTLS_E_WARNING_ALERT_RECEIVED);
    if (gnutls_certificate_client_get_request_status(t->session))
        t->cert_asked = true;
    return ret;
}

static enum wh_err tls__first_handshake(struct tls *t)
{
    int ret;

    if (t->refused) {
        (void)gnutls_alert_send(t->session, GNUTLS_AL_FATAL, GNUTLS_A_BAD_CERTIFICATE);
        return tls__fail(t, WH_E_CERT);
    }
    ret = tls__shake(t);
    if (ret == GNUTLS_E_AGAIN)
        return WH_AGAIN;
    if (ret < 0)
        return tls__fatal(t, ret);
    if (f_tls_cert_count(&t->base) == 0)
        return tls__fatal(t, GNUTLS_E_NO_CERTIFICATE_FOUND);
    t->shaken = true;
    t->quiet = 0;
    t->base.state = FILTER_DECISION;
    return WH_OK;
}

static enum wh_err tls_handshake(struct filter *f, struct buf *wire_in, struct buf *wire_out)
{
    struct tls *t = tls__of(f);

    switch (f->state) {
    case FILTER_FAILED:
        return f->error;
    case FILTER_DECISION:
        return WH_AGAIN;
    case FILTER_OPEN:
        return WH_OK;
    case FILTER_HANDSHAKE:
        break;
    }
    tls__enter(t, wire_in, wire_out);
    return tls__leave(t, tls__first_handshake(t));
}

/* ---- bytes up ------------------------------------------------------------------------------------------------------
 */

/*
 * Space for what comes next: as much as lies in wire_in or inside GnuTLS, since plain text is never longer than its
 * record. An idle connection with small frames so keeps to small chunks.
 */
static size_t tls__recv_want(const struct tls *t)
{
    size_t want = buf_len(t->wire_in) + gnutls_record_check_pending(t->session);

    if (want > RECORD_PLAIN)
        return RECORD_PLAIN;
    return want ? want : 1;
}

/* Where plain bytes go: into a buffer, or to where they are wanted. */
struct sink {
    struct buf *plain; /* NULL: p */
    uint8_t *p;        /* where the next byte goes, */
    size_t left;       /* and so many may */
    size_t moved;
};

static bool sink__full(const struct sink *s)
{
    return s->plain ? buf_room(s->plain) == 0 : s->left == 0;
}

/* One read of GnuTLS. The result is GnuTLS's (0 is close_notify), or WH_E_... in *err. */
static ptrdiff_t tls__recv_once(struct tls *t, struct sink *s, enum wh_err *err)
{
    uint8_t *p = s->p;
    size_t n = s->left, moved;
    ptrdiff_t ret;

    *err = s->plain ? buf_reserve(s->plain, tls__recv_want(t), &p, &n) : WH_OK;
    if (*err != WH_OK)
        return GNUTLS_E_AGAIN;
    ret = gnutls_record_recv(t->session, p, n);
    moved = ret > 0 ? (size_t)ret : 0;
    s->moved += moved;
    if (s->plain) {
        buf_commit(s->plain, moved);
    } else {
        s->p += moved;
        s->left -= moved;
    }
    return ret;
}

/* Whether a read could give anything: bytes to take, or a remainder inside GnuTLS. */
static bool tls__recv_more(const struct tls *t)
{
    return buf_len(t->wire_in) || gnutls_record_check_pending(t->session);
}

/*
 * The new handshake begins when everything that came with the request for it has been read: GnuTLS gives up a handshake
 * that meets application data, so a server that sends more of it after our ClientHello loses the connection.
 */
static int tls__renegotiate(struct tls *t)
{
    int ret;

    if (t->reneg_asked && !tls__recv_more(t)) {
        t->reneg_asked = false;
        t->renegotiating = true;
    }
    if (!t->renegotiating)
        return 0;
    ret = tls__shake(t);
    if (ret == 0)
        t->renegotiating = false;
    return ret;
}

static enum wh_err tls__recv_all(struct tls *t, struct sink *s, bool *eof)
{
    enum wh_err err = WH_OK;
    ptrdiff_t ret;

    for (;;) {
        ret = tls__renegotiate(t);
        if (ret < 0 && ret != GNUTLS_E_AGAIN)
            return tls__fatal(t, (int)ret);
        if (ret < 0 || !tls__recv_more(t) || sink__full(s))
            break;
        ret = tls__recv_once(t, s, &err);
        if (err == WH_E_FULL)
            break;
        if (err != WH_OK)
            return tls__fail(t, err);
        if (ret > 0) {
            t->got_plain = true;
            t->quiet = 0;
        } else if (ret == 0) {
            t->peer_done = true;
            break;
        } else if (ret == GNUTLS_E_REHANDSHAKE) {
            t->reneg_asked = true;
        } else if (ret != GNUTLS_E_AGAIN && ret != GNUTLS_E_INTERRUPTED && ret != GNUTLS_E_WARNING_ALERT_RECEIVED) {
            return tls__fatal(t, (int)ret);
        }
        /* Otherwise a message of the session's own was read (ticket, key update, alert), or wire_in is used up. */
    }
    if (s->moved)
        return WH_OK;
    if (!t->peer_done)
        return WH_AGAIN;
    *eof = true;
    return WH_E_CLOSED;
}

static enum wh_err tls__recv(struct filter *f, struct buf *wire_in, struct sink *s, struct buf *wire_out, bool *eof)
{
    struct tls *t = tls__of(f);

    if (f->state == FILTER_FAILED)
        return f->error;
    if (f->state != FILTER_OPEN)
        return WH_AGAIN;
    if (t->peer_done) {
        *eof = true;
        return WH_E_CLOSED;
    }
    tls__enter(t, wire_in, wire_out);
    return tls__leave(t, tls__recv_all(t, s, eof));
}

static enum wh_err tls_recv(struct filter *f, struct buf *wire_in, struct buf *plain, struct buf *wire_out, bool *eof)
{
    struct sink s = {.plain = plain};

    return tls__recv(f, wire_in, &s, wire_out, eof);
}

static enum wh_err tls_read(struct filter *f, struct buf *wire_in, uint8_t *p, size_t n, size_t *got,
                            struct buf *wire_out, bool *eof)
{
    struct sink s = {.p = p, .left = n};
    enum wh_err err = tls__recv(f, wire_in, &s, wire_out, eof);

    *got = s.moved;
    return err;
}

/* ---- bytes down ----------------------------------------------------------------------------------------------------
 */

/* Plain bytes for the next record: a full one if there are that many; 0 while wire_out has no room for it. */
static size_t tls__send_size(const struct buf *plain, const struct buf *wire_out)
{
    size_t room = buf_room(wire_out), n = buf_len(plain);

    if (n > RECORD_PLAIN)
        n = RECORD_PLAIN;
    if (room >= n + RECORD_OVERHEAD + CONTROL_RESERVE)
        return n;
    /* Only a buffer too small for a record at all gets shorter ones. */
    if (buf_len(wire_out) || room <= RECORD_OVERHEAD + CONTROL_RESERVE)
        return 0;
    return room - RECORD_OVERHEAD - CONTROL_RESERVE;
}

static enum wh_err tls__send_all(struct tls *t, struct buf *plain)
{
    while (buf_len(plain)) {
        struct span s = buf_peek(plain);
        size_t n = tls__send_size(plain, t->wire_out);
        enum wh_err err;
        ptrdiff_t ret;

        if (n == 0)
            return WH_AGAIN;
        if (s.n < n) {
            err = buf_pullup(plain, n, &s);
            if (err != WH_OK)
                return tls__fail(t, err);
        }
        ret = gnutls_record_send(t->session, s.p, n);
        if (ret <= 0)
            return tls__fatal(t, (int)ret);
        buf_consume(plain, (size_t)ret);
    }
    return WH_OK;
}

static enum wh_err tls_send(struct filter *f, struct buf *plain, struct buf *wire_out)
{
    struct tls *t = tls__of(f);

    if (f->state == FILTER_FAILED)
        return f->error;
    if (buf_len(plain) == 0)
        return WH_OK;
    if (f->state != FILTER_OPEN || t->renegotiating)
        return WH_AGAIN;
    if (t->said_bye)
        return WH_E_STATE;
    tls__enter(t, NULL, wire_out);
    return tls__leave(t, tls__send_all(t, plain));
}

static enum wh_err tls_shutdown(struct filter *f, struct buf *wire_out)
{
    struct tls *t = tls__of(f);
    int ret;

    if (f->state == FILTER_FAILED)
        return f->error;
    /* Before the handshake is complete there is no session to end, and closing the connection says enough. */
    if (!t->shaken || t->said_bye)
        return WH_OK;
    t->said_bye = true;
    tls__enter(t, NULL, wire_out);
    ret = gnutls_bye(t->session, GNUTLS_SHUT_WR);
    return tls__leave(t, ret < 0 ? tls__fatal(t, ret) : WH_OK);
}

static void tls_destroy(struct filter *f)
{
    struct tls *t = tls__of(f);

    if (t->session)
        gnutls_deinit(t->session);
    tls_common_destroy(t->own_common);
    mem_free(t);
}

static const struct filter_ops tls_ops = {
    .name = "TLS",
    .handshake = tls_handshake,
    .recv = tls_recv,
    .read = tls_read,
    .send = tls_send,
    .shutdown = tls_shutdown,
    .destroy = tls_destroy,
};

bool filter_is_tls(const struct filter *f)
{
    return f->ops == &tls_ops;
}

/* ---- making one ----------------------------------------------------------------------------------------------------
 */

/*
 * NO_SIGNAL keeps GnuTLS off the process's signals. The two key shares are X25519 and P-256. No authorities are loaded
 * and nothing is verified here; an OCSP staple that the server sends is not looked at, since the certificate services
 * have no way to take it.
 */
static enum wh_err tls__session(struct tls *t, const struct tls_params *params)
{
    int ret = gnutls_init(&t->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL | GNUTLS_KEY_SHARE_TOP2);

    if (ret < 0)
        return tls_error(ret);
    gnutls_transport_set_ptr(t->session, t);
    gnutls_transport_set_pull_function(t->session, tls__pull);
    gnutls_transport_set_pull_timeout_function(t->session, tls__pull_timeout);
    gnutls_transport_set_push_function(t->session, tls__push);
    return tls_params_apply(t->session, params, t->common, t->host);
}

enum wh_err f_tls_create(const struct tls_params *params, struct filter **out)
{
    struct tls *t = mem_zalloc(sizeof(*t));
    enum wh_err err;

    if (!t)
        return WH_E_NOMEM;
    t->base.ops = &tls_ops;
    t->base.state = FILTER_HANDSHAKE;
    err = tls_host(params->host, t->host);
    if (err == WH_OK && !params->common)
        err = tls_common_create(params->versions, &t->own_common);
    t->common = params->common ? params->common : t->own_common;
    if (err == WH_OK)
        err = tls__session(t, params);
    if (err != WH_OK) {
        tls_destroy(&t->base);
        return err;
    }
    *out = &t->base;
    return WH_OK;
}

/* ---- the verdict and its evidence ----------------------------------------------------------------------------------
 */

size_t f_tls_cert_count(const struct filter *f)
{
    unsigned count = 0;
    const gnutls_datum_t *list = gnutls_certificate_get_peers(tls__of(f)->session, &count);

    return list ? count : 0;
}

struct span f_tls_cert(const struct filter *f, size_t index)
{
    unsigned count = 0;
    const gnutls_datum_t *list = gnutls_certificate_get_peers(tls__of(f)->session, &count);

    if (!list || index >= count)
        return span_make(NULL, 0);
    return span_make(list[index].data, list[index].size);
}

bool f_tls_host_matches(const struct filter *f)
{
    const struct tls *t = tls__of(f);
    struct span der = f_tls_cert(f, 0);
    gnutls_datum_t datum = {(unsigned char *)(uintptr_t)der.p, (unsigned)der.n};
    gnutls_x509_crt_t crt;
    bool matches;

    if (der.n == 0 || gnutls_x509_crt_init(&crt) < 0)
        return false;
    matches = gnutls_x509_crt_import(crt, &datum, GNUTLS_X509_FMT_DER) == 0 &&
              gnutls_x509_crt_check_hostname2(crt, t->host, 0);
    gnutls_x509_crt_deinit(crt);
    return matches;
}

void f_tls_decide(struct filter *f, bool accept)
{
    struct tls *t = tls__of(f);

    /* A verdict may come when the connection has failed meanwhile; it then changes nothing. */
    if (f->state != FILTER_DECISION)
        return;
    t->refused = !accept;
    f->state = accept ? FILTER_OPEN : FILTER_HANDSHAKE;
}

/* ---- what can be said of a session ---------------------------------------------------------------------------------
 */

void f_tls_info(const struct filter *f, struct tls_info *out)
{
    const struct tls *t = tls__of(f);

    memset(out, 0, sizeof(*out));
    out->protocol = out->cipher = "";
    if (t->shaken)
        tls_session_info(t->session, out);
    out->client_cert_asked = t->cert_asked;
}

enum wh_err f_tls_session(const struct filter *f, struct span *out)
{
    if (f->state != FILTER_OPEN)
        return WH_E_NOT_FOUND;
    return tls_session_data(tls__of(f)->session, out);
}
