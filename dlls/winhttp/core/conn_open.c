/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From nothing to CONN_OPEN: look the name up, try its addresses in the resolver's order, secure, verify. One function
 * per state; each either waits (false) or has advanced (true). Addresses are tried one after the other, each within the
 * connect timeout, at most as many as option 4 allows (SEMANTICS S12, N14; API.md option 4): Windows does not race them
 * unless option 140 asks for it.
 */
#include <assert.h>
#include "base/mem.h"
#include "core/conn.h"
#include "core/resume.h"
#include "io/clock.h"
#include "sys/tls_init.h"

static void mark(struct conn *c, enum conn_mark which)
{
    if (!c->marks[which])
        c->marks[which] = clock_ticks();
}

static void tell(struct conn *c, enum conn_news what, const void *info, DWORD len)
{
    if (c->user)
        c->user->ops->news(c->user, what, info, len);
}

void conn_open_failed(struct conn *c, enum wh_err err)
{
    struct conn_user *u = c->user;

    conn_kill(c);
    if (u)
        u->ops->failed(u, err);
}

/* On a DNS pool thread. */
static void on_resolved(void *ctx, enum wh_err err, int code, const struct resolve_addrs *addrs)
{
    struct conn *c = ctx;

    conn_lock(c);
    c->lookup_done = true;
    c->lookup_err = err;
    c->net_error = code;
    if (err == WH_OK)
        c->addrs = *addrs;
    if (c->state == CONN_RESOLVING)
        conn_post(c);
    conn_unlock(c);
    conn_unref(c);
}

static bool open_new(struct conn *c)
{
    const WCHAR *name = c->target.alias ? c->target.alias : c->target.host;
    enum wh_err err;

    c->state = CONN_RESOLVING;
    mark(c, CONN_MARK_RESOLVE);
    tell(c, CONN_NEWS_RESOLVING, name, (DWORD)wcslen(name) + 1);
    c->open_deadline = deadline_in(c->settings.resolve_timeout);
    conn_ref(c);
    err = resolve_start(name, c->target.port, on_resolved, c, &c->addrs, &c->lookup);
    if (err == WH_AGAIN)
        return false;
    conn_unref(c);
    c->lookup_done = true;
    c->lookup_err = err;
    c->net_error = err == WH_E_NAME ? WSAHOST_NOT_FOUND : 0;
    return true;
}

static bool open_resolving(struct conn *c)
{
    WCHAR text[RESOLVE_TEXT];

    if (!c->lookup_done)
        return false;
    c->open_deadline = TIMER_NEVER;
    if (c->lookup_err != WH_OK) {
        conn_open_failed(c, c->lookup_err);
        return false;
    }
    mark(c, CONN_MARK_RESOLVED);
    tell(c, CONN_NEWS_RESOLVED, text, resolve_text(&c->addrs.addr[0], text) + 1);
    c->state = CONN_CONNECTING;
    return true;
}

/* Issues the connect to the next address. False: waiting, or there is none left and the opening has failed. */
static bool try_next(struct conn *c, HANDLE event, enum wh_err last)
{
    const SOCKADDR_STORAGE *addr = &c->addrs.addr[c->addr_next];

    if (c->addr_next >= c->addrs.count || c->addr_next >= c->settings.connect_retries) {
        conn_open_failed(c, last);
        return false;
    }
    if (c->rx_event && c->rx_event != event) {
        SetEvent(c->rx_event); /* the synchronous call connects itself */
        return false;
    }
    c->addr_text_len = resolve_text(addr, c->addr_text) + 1;
    mark(c, CONN_MARK_CONNECT);
    tell(c, CONN_NEWS_CONNECTING, c->addr_text, c->addr_text_len);
    c->connect_late = false;
    c->connect_err = sock_open(&c->sock, addr->ss_family);
    if (c->connect_err == WH_OK && c->settings.keep_alive.on)
        sock_keep_alive(&c->sock, 1, c->settings.keep_alive.idle, c->settings.keep_alive.interval);
    if (c->connect_err == WH_OK)
        c->connect_err = sock_connect(&c->sock, (const struct sockaddr *)addr, c->addrs.len[c->addr_next], c->rx_event);
    c->addr_next++;
    if (c->connect_err == WH_AGAIN) {
        conn_ref(c);
        c->open_deadline = deadline_in(c->settings.connect_timeout);
        return false;
    }
    c->connect_done = true;
    return true;
}

static bool secure_begin(struct conn *c)
{
    struct tls_params params = {.host = c->target.tls_host, .versions = 0};
    struct filter *tls;
    enum wh_err err = tls_init();

    if (c->settings.secure_protocols & WINHTTP_FLAG_SECURE_PROTOCOL_TLS1)
        params.versions |= TLS_V1_0;
    if (c->settings.secure_protocols & WINHTTP_FLAG_SECURE_PROTOCOL_TLS1_1)
        params.versions |= TLS_V1_1;
    if (c->settings.secure_protocols & WINHTTP_FLAG_SECURE_PROTOCOL_TLS1_2)
        params.versions |= TLS_V1_2;
    if (c->settings.secure_protocols & WINHTTP_FLAG_SECURE_PROTOCOL_TLS1_3)
        params.versions |= TLS_V1_3;
    if (err == WH_OK)
        err = resume_create(c, &params, &tls);
    if (err != WH_OK) {
        conn_open_failed(c, err);
        return false;
    }
    mark(c, CONN_MARK_SECURE);
    chain_push(&c->chain, tls);
    c->open_deadline = deadline_in(c->settings.send_timeout);
    c->state = CONN_SECURING;
    return true;
}

static bool opened(struct conn *c)
{
    c->open_deadline = TIMER_NEVER;
    c->tx_last = conn_now(c); /* what is sent now has a limit of its own, which does not count the opening */
    c->state = CONN_OPEN;
    sock_names(&c->sock, &c->local, &c->remote);
    tell(c, CONN_NEWS_CONNECTED, c->addr_text, c->addr_text_len);
    if (c->user)
        c->user->ops->opened(c->user);
    return false;
}

static bool open_connecting(struct conn *c, HANDLE event)
{
    enum wh_err err = c->connect_err;

    if (c->sock.send.pending)
        return false;
    if (!c->connect_done)
        return try_next(c, event, WH_E_CONNECT);
    c->connect_done = false;
    if (err == WH_OK) {
        c->net_error = 0;
        mark(c, CONN_MARK_CONNECTED);
        return c->target.secure ? secure_begin(c) : opened(c);
    }
    c->net_error = c->connect_late ? WSAETIMEDOUT : c->sock.last_error;
    c->connect_failures++;
    sock_close(&c->sock, false);
    if (err == WH_E_NOMEM) {
        conn_open_failed(c, err); /* no address is to blame */
        return false;
    }
    if (c->connect_late)
        err = WH_E_TIMEOUT;
    return try_next(c, event, err == WH_E_TIMEOUT || err == WH_E_CLOSED ? err : WH_E_CONNECT);
}

/* On a pool thread for Windows services. */
static void run_verify(struct work *w)
{
    struct conn *c = container_of(w, struct conn, verify_work);
    struct trust_verdict verdict = {0};
    enum wh_err err = trust_judge(c->verify_query, &verdict);

    conn_lock(c);
    trust_query_free(c->verify_query);
    c->verify_query = NULL;
    c->verdict = verdict;
    c->verdict_err = err;
    c->verdict_done = true;
    if (c->state == CONN_VERIFYING)
        conn_post(c);
    conn_unlock(c);
    conn_unref(c);
}

/* A handshake that fails for a reason other than the certificate is told like one that does (SEMANTICS T12, API.md
 * section 4.8). */
static void secure_failed(struct conn *c, enum wh_err err)
{
    DWORD flags = WINHTTP_CALLBACK_STATUS_FLAG_SECURITY_CHANNEL_ERROR;
    struct span alert = buf_peek(&c->chain.wire_out);
    size_t sent;

    if (alert.n && !c->tx_busy)
        sock_try_send(&c->sock, &alert, 1, &sent);
    if (err == WH_E_TLS)
        tell(c, CONN_NEWS_SECURE_FAILURE, &flags, sizeof(flags));
    conn_open_failed(c, err);
}

/* Nothing more comes from the server, or goes to it. */
static enum wh_err lost_error(const struct conn *c)
{
    return c->rx_error == WH_E_NOMEM || c->tx_error == WH_E_NOMEM ? WH_E_NOMEM : WH_E_CLOSED;
}

void conn_open_unsent(struct conn *c)
{
    if (c->state == CONN_SECURING)
        secure_failed(c, lost_error(c));
}

/* The verdict is there, new or remembered. */
static bool decide(struct conn *c)
{
    DWORD failures = c->verdict.failures & ~trust_ignored(c->settings.security_flags);

    if (c->settings.ignore_revocation_offline)
        failures &= ~(DWORD)WINHTTP_CALLBACK_STATUS_FLAG_CERT_REV_FAILED;
    f_tls_decide(chain_deciding(&c->chain), !failures);
    if (!failures) {
        c->state = CONN_SECURING;
        return true;
    }
    chain_turn(&c->chain);
    tell(c, CONN_NEWS_SECURE_FAILURE, &failures, sizeof(failures));
    secure_failed(c, WH_E_CERT);
    return false;
}

static bool verify_begin(struct conn *c, struct filter *tls)
{
    struct tls_info info;
    enum wh_err err;

    f_tls_info(tls, &info);
    if (info.resumed && c->verdict.leaf)
        return decide(c);
    trust_verdict_clear(&c->verdict); /* on a session that the server has not resumed */
    c->state = CONN_VERIFYING;
    c->judged = clock_ms();
    mark(c, CONN_MARK_VERIFY);
    err = trust_ask(tls, c->settings.enable_feature & WINHTTP_ENABLE_SSL_REVOCATION, &c->verify_query);
    if (err == WH_OK) {
        c->verify_work.run = run_verify;
        conn_ref(c);
        err = work_submit(WORK_SYS, &c->verify_work);
        if (err == WH_OK)
            return false;
        trust_query_free(c->verify_query);
        c->verify_query = NULL;
        conn_unref(c);
    }
    conn_open_failed(c, err);
    return false;
}

static bool open_securing(struct conn *c)
{
    enum wh_err err = chain_turn(&c->chain);
    struct filter *deciding;

    if (err != WH_OK && err != WH_AGAIN) {
        secure_failed(c, err == WH_E_CLOSED ? lost_error(c) : err);
        return false;
    }
    if (chain_open(&c->chain)) {
        mark(c, c->marks[CONN_MARK_VERIFY] ? CONN_MARK_SECURED : CONN_MARK_VERIFY);
        return opened(c);
    }
    deciding = chain_deciding(&c->chain);
    if (deciding)
        return verify_begin(c, deciding);
    if (c->rx_ended || c->tx_error != WH_OK)
        secure_failed(c, lost_error(c));
    return false;
}

static bool open_verifying(struct conn *c)
{
    if (!c->verdict_done)
        return false;
    if (c->verdict_err != WH_OK) {
        conn_open_failed(c, c->verdict_err);
        return false;
    }
    mark(c, CONN_MARK_VERIFIED);
    return decide(c);
}

void conn_open_step(struct conn *c, HANDLE event)
{
    bool advanced;

    do {
        switch (c->state) {
        case CONN_NEW:
            advanced = open_new(c);
            break;
        case CONN_RESOLVING:
            advanced = open_resolving(c);
            break;
        case CONN_CONNECTING:
            advanced = open_connecting(c, event);
            break;
        case CONN_SECURING:
            advanced = open_securing(c);
            break;
        case CONN_VERIFYING:
            advanced = open_verifying(c);
            break;
        default:
            advanced = false;
        }
    } while (advanced);
}

void conn_open_expired(struct conn *c)
{
    if (c->state == CONN_CONNECTING && c->sock.send.pending) {
        /* The next address gets its turn when the kernel has let go of this attempt. */
        c->open_deadline = TIMER_NEVER;
        c->connect_late = true;
        sock_cancel(&c->sock, &c->sock.send);
        return;
    }
    conn_open_failed(c, WH_E_TIMEOUT);
}
