/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Life of a request: opening, what a connection asks of it, failing, closing; and the frame that all verbs share. */
#include "core/request.h"
#include <assert.h>
#include "base/mem.h"
#include "base/text.h"
#include "base/trace.h"
#include "core/pool.h"
#include "core/process.h"
#include "core/req_target.h"
#include "core/wait.h"
#include "core/wide.h"
#include "io/clock.h"
#include "proto/url_escape.h"

static const struct object_ops request_ops;

void req_enter(struct request *r, enum req_wire wire)
{
    WH_TRACE("request", "%p wire %d -> %d", r->object.handle, r->wire, wire);
    r->wire = wire;
}

static void request_destroy(struct object *o)
{
    struct request *r = request_of(o);

    if (r->x)
        r->x->ops->destroy(r->x);
    op_destroy(&r->send);
    op_destroy(&r->recv);
    req_facts_clear(&r->facts);
    hdr_clear(&r->headers);
    hdr_clear(&r->sent);
    for (size_t i = 0; i < sizeof(r->credentials) / sizeof(*r->credentials); i++)
        mem_free(r->credentials[i]);
    mem_free(r->next_url);
    mem_free(r->verb);
    mem_free(r->target);
    mem_free(r->object_name);
    mem_free(r->host);
    mem_free(r->alias);
    mem_free(r);
}

/* The verb as it stands on the wire; it must be a token. */
static enum wh_err take_verb(struct request *r, const WCHAR *verb)
{
    size_t len;
    enum wh_err err;

    if (!verb || !*verb)
        verb = L"GET";
    err = wide_to_bytes(verb, wide_length(verb), (uint8_t **)&r->verb, &len);
    if (err == WH_OK && !text_is_token(span_make(r->verb, len)))
        err = WH_E_ARG;
    return err;
}

static enum wh_err take_version(struct request *r, const WCHAR *version)
{
    uint32_t minor = r->settings.http_minor;

    r->minor = minor == SETTINGS_HTTP_OF_PROCESS ? process_http_minor() : minor;
    if (!version || !*version)
        return WH_OK;
    r->minor = 1;
    if (!_wcsicmp(version, L"HTTP/1.1"))
        return WH_OK;
    if (_wcsicmp(version, L"HTTP/1.0"))
        return WH_E_ARG;
    r->minor = 0;
    return WH_OK;
}

enum wh_err req_retarget(struct request *r)
{
    unsigned always = r->settings.encode_extra ? URL_ESCAPE_DISABLE | URL_ESCAPE_DISABLE_QUERY : 0;
    char *target;
    enum wh_err err = req_target_make(r->object_name, r->escape & ~always, r->settings.codepage, &target);

    if (err != WH_OK)
        return err;
    mem_free(r->target);
    r->target = target;
    return WH_OK;
}

/* The object name gets its leading slash here once, for the wire and for the URL option (C9, C11, RD3). */
static enum wh_err take_target(struct request *r, const WCHAR *name, DWORD flags)
{
    size_t n = name ? wide_length(name) : 0;
    bool slash = n && name[0] == L'/';

    if (flags & WINHTTP_FLAG_ESCAPE_PERCENT)
        r->escape |= URL_ESCAPE_PERCENT;
    if (flags & WINHTTP_FLAG_ESCAPE_DISABLE)
        r->escape |= URL_ESCAPE_DISABLE;
    if (flags & WINHTTP_FLAG_ESCAPE_DISABLE_QUERY)
        r->escape |= URL_ESCAPE_DISABLE_QUERY;
    r->object_name = mem_alloc((n + 2) * sizeof(WCHAR));
    if (!r->object_name)
        return WH_E_NOMEM;
    r->object_name[0] = L'/';
    if (n)
        memcpy(r->object_name + !slash, name, n * sizeof(WCHAR));
    r->object_name[n + !slash] = 0;
    return req_retarget(r);
}

static enum wh_err add_line(struct request *r, const char *name, const WCHAR *value)
{
    uint8_t *bytes;
    size_t len;
    enum wh_err err = wide_to_bytes(value, wide_length(value), &bytes, &len);

    if (err != WH_OK)
        return err;
    err = hdr_add(&r->headers, span_str(name), span_trim(span_make(bytes, len)));
    mem_free(bytes);
    return err == WH_E_FULL ? WH_E_NOMEM : err;
}

/* What the arguments of WinHttpOpenRequest put into the head. */
static enum wh_err take_lines(struct request *r, const WCHAR *referrer, const WCHAR **accept, DWORD flags)
{
    enum wh_err err = WH_OK;

    if (flags & WINHTTP_FLAG_REFRESH)
        err = hdr_add_str(&r->headers, "Cache-Control", "no-cache");
    if (err == WH_OK && flags & WINHTTP_FLAG_REFRESH)
        err = hdr_add_str(&r->headers, "Pragma", "no-cache");
    for (; err == WH_OK && accept && *accept; accept++)
        if (**accept)
            err = add_line(r, "Accept", *accept);
    if (err == WH_OK && referrer && *referrer)
        err = add_line(r, "Referer", referrer);
    return err;
}

static void gate_passed(struct object *o, bool dropped);

enum wh_err request_create(struct connect *c, const WCHAR *verb, const WCHAR *name, const WCHAR *version,
                           const WCHAR *referrer, const WCHAR **accept, DWORD flags, struct request **out)
{
    struct request *r = mem_zalloc(sizeof(*r));
    enum wh_err err =
        r ? object_init(&r->object, &request_ops, OBJECT_REQUEST, &c->object, c->object.async) : WH_E_NOMEM;

    if (err != WH_OK) {
        mem_free(r);
        return err;
    }
    r->user.ops = &request_user_ops;
    r->user.object = &r->object;
    op_init(&r->send, &r->object, LANE_MAIN);
    op_init(&r->recv, &r->object, LANE_MAIN);
    hdr_init(&r->headers, REQ_HEAD_MAX, REQ_HEAD_LINES);
    hdr_init(&r->sent, REQ_HEAD_MAX, REQ_HEAD_LINES);
    r->start.run = req_start_task;
    r->seated.run = req_seated_task;
    r->place.task = &r->seated;
    r->gate.status = WINHTTP_CALLBACK_STATUS_SENDING_REQUEST;
    r->gate.after = gate_passed;
    r->secure = flags & WINHTTP_FLAG_SECURE;
    r->port = c->port ? c->port : r->secure ? INTERNET_DEFAULT_HTTPS_PORT : INTERNET_DEFAULT_HTTP_PORT;
    session_settings(session_of(&c->object), &r->settings);

    err = wide_copy(c->host, wide_length(c->host), &r->host);
    if (err == WH_OK)
        err = take_verb(r, verb);
    if (err == WH_OK)
        err = take_version(r, version);
    if (err == WH_OK)
        err = take_target(r, name, flags);
    if (err == WH_OK)
        err = take_lines(r, referrer, accept, flags);
    if (err != WH_OK) {
        object_unref(&r->object);
        return err;
    }
    *out = r;
    return WH_OK;
}

static void request_closing(struct object *o)
{
    struct request *r = request_of(o);
    bool waited;
    struct conn *c;

    c = user_lock(&r->user);
    if (r->send.pending)
        op_fail(&r->send, WH_E_CANCELLED);
    if (r->recv.pending)
        op_fail(&r->recv, WH_E_CANCELLED);
    r->resending = false; /* the application's data is not read any more */
    user_unlock(&r->user, c);
    lock_exclusive(&o->lock);
    waited = limit_leave(&r->place);
    req_drop_conn(r);
    unlock_exclusive(&o->lock);
    if (waited)
        object_unref(o); /* which its turn would have dropped */
}

static const struct object_ops request_ops = {request_closing, request_destroy};

void req_break(struct request *r, enum wh_err err)
{
    if (r->user.conn && !r->facts.known)
        req_times_take(&r->times, r->user.conn, !r->reused);
    if (r->user.conn)
        r->send.net_error = r->recv.net_error = conn_net_error(r->user.conn, err);
    req_enter(r, REQ_BROKEN);
    r->resending = false;
    if (r->send.pending)
        op_fail(&r->send, err);
    if (r->recv.pending)
        op_fail(&r->recv, err);
}

/* SENDING_REQUEST has been delivered: certificates were looked at, and the handle may have been closed, before a byte
 * has gone. */
static void gate_passed(struct object *o, bool dropped)
{
    struct request *r = request_of(o);
    struct conn *c;

    if (dropped)
        return;
    c = user_lock(&r->user);
    if (c && req_sending(r) && r->wire == REQ_OPENING && !req_forestalled(r)) {
        req_enter(r, REQ_SENDING);
        conn_crank(c, o->async ? CRANK_ALL : CRANK_DOWN, NULL);
    }
    user_unlock(&r->user, c);
    req_follow_up(o);
}

/* What a connection asks of its user. */

static void user_news(struct conn_user *u, enum conn_news what, const void *info, DWORD len)
{
    static const DWORD status[] = {
        [CONN_NEWS_RESOLVING] = WINHTTP_CALLBACK_STATUS_RESOLVING_NAME,
        [CONN_NEWS_RESOLVED] = WINHTTP_CALLBACK_STATUS_NAME_RESOLVED,
        [CONN_NEWS_CONNECTING] = WINHTTP_CALLBACK_STATUS_CONNECTING_TO_SERVER,
        [CONN_NEWS_CONNECTED] = WINHTTP_CALLBACK_STATUS_CONNECTED_TO_SERVER,
        [CONN_NEWS_SECURE_FAILURE] = WINHTTP_CALLBACK_STATUS_SECURE_FAILURE,
    };
    DWORD bytes = what == CONN_NEWS_SECURE_FAILURE ? len : len * (DWORD)sizeof(WCHAR);

    notify_inform(u->object, LANE_MAIN, status[what], info, len, bytes, NULL);
}

static void user_opened(struct conn_user *u)
{
    req_opened(request_of_user(u));
}

/* D16, T13: a server that insists on a certificate fails the handshake, but it is the response that is refused. Who has
 * said that there is none hears of a handshake that failed (T12). */
static void user_failed(struct conn_user *u, enum wh_err e)
{
    static const DWORD flags = WINHTTP_CALLBACK_STATUS_FLAG_SECURITY_CHANNEL_ERROR;
    struct request *r = request_of_user(u);

    if (e == WH_E_CLIENT_CERT_NEEDED && r->no_client_cert) {
        user_news(u, CONN_NEWS_SECURE_FAILURE, &flags, sizeof(flags));
        e = WH_E_TLS;
    }
    if (e != WH_E_CLIENT_CERT_NEEDED || !r->send.pending) {
        req_break(r, e);
        return;
    }
    r->cert_asked = true;
    req_sent(r);
}

static void user_up(struct conn_user *u)
{
    struct request *r = request_of_user(u);

    if (!r->recv.pending)
        return;
    if (r->wire == REQ_HEAD)
        req_recv_up(r);
    else if (r->wire == REQ_BODY)
        req_read_up(r);
}

static uint64_t user_due(struct conn_user *u)
{
    return req_read_due(request_of_user(u));
}

static uint8_t *user_room(struct conn_user *u, size_t *n)
{
    return req_read_room(request_of_user(u), n);
}

static void user_landed(struct conn_user *u, size_t n)
{
    req_read_landed(request_of_user(u), n);
}

static void user_down(struct conn_user *u)
{
    req_send_down(request_of_user(u));
}

static bool user_wants(struct conn_user *u)
{
    struct request *r = request_of_user(u);

    return r->recv.pending && (r->wire == REQ_HEAD || r->wire == REQ_BODY);
}

static uint64_t send_due(struct request *r)
{
    return req_sending(r) ? op_due(&r->send, r->user.conn->tx_last, r->settings.send_timeout) : TIMER_NEVER;
}

static uint64_t recv_due(struct request *r)
{
    uint64_t due;

    if (!r->recv.pending || r->wire < REQ_HEAD)
        return TIMER_NEVER;
    due = op_due(&r->recv, r->user.conn->rx_last, r->settings.receive_timeout);
    return r->wire == REQ_HEAD && r->response_deadline < due ? r->response_deadline : due;
}

static uint64_t user_deadline(struct conn_user *u)
{
    struct request *r = request_of_user(u);
    uint64_t send = send_due(r), recv = recv_due(r);

    return send < recv ? send : recv;
}

static void user_expired(struct conn_user *u, uint64_t now)
{
    struct request *r = request_of_user(u);

    if (now < send_due(r) && now < recv_due(r))
        return;
    req_break(r, WH_E_TIMEOUT);
    conn_kill(u->conn);
}

static bool user_undecided(struct conn_user *u)
{
    const struct request *r = request_of_user(u);

    return r->turn != TURN_NONE || r->wire == REQ_BROKEN;
}

const struct conn_user_ops request_user_ops = {
    .news = user_news,
    .opened = user_opened,
    .failed = user_failed,
    .up = user_up,
    .due = user_due,
    .room = user_room,
    .landed = user_landed,
    .down = user_down,
    .wants = user_wants,
    .deadline = user_deadline,
    .expired = user_expired,
    .undecided = user_undecided,
    .follow_up = req_follow_up,
};

/* The frame of a verb. */

enum wh_err req_take_turn(struct request *r)
{
    return r->object.async || lane_claim(&r->object, LANE_MAIN, true) ? WH_OK : WH_E_STATE;
}

void req_end_turn(struct request *r)
{
    if (r->object.async)
        return;
    req_follow_up(&r->object);
    lane_release(&r->object, LANE_MAIN);
}

enum wh_err req_enter_call(struct req_call *k, struct request *r)
{
    k->r = r;
    k->claimed = lane_claim(&r->object, LANE_MAIN, true);
    k->c = user_lock(&r->user);
    if (r->object.closed)
        return WH_E_CANCELLED; /* by another thread, behind the look-up of the handle */
    return r->object.async || k->claimed ? WH_OK : WH_E_STATE;
}

enum wh_err req_refuse_call(struct req_call *k, enum wh_err err)
{
    user_unlock(&k->r->user, k->c);
    if (k->claimed)
        lane_release(&k->r->object, LANE_MAIN);
    return err;
}

enum wh_err req_leave_call(struct req_call *k, struct op *op, DWORD *result, bool *inline_done)
{
    struct request *r = k->r;
    enum wh_err err = WH_OK;

    *inline_done = !r->object.async;
    if (!r->object.async) {
        user_unlock(&r->user, k->c);
        err = wait_for(op, &r->user, WAIT_DRIVES);
        if (err == WH_OK && result)
            *result = (DWORD)op->done;
        req_end_turn(r);
        return err;
    }
    op->note.not_on = GetCurrentThreadId();
    if (k->c && op->pending)
        conn_crank(k->c, CRANK_ALL, NULL);
    if (!op->pending && op->err == WH_OK && result)
        *result = (DWORD)op->done;
    user_unlock(&r->user, k->c);
    req_follow_up(&r->object);
    if (k->claimed) {
        *inline_done = lane_drain(&r->object, LANE_MAIN, &op->note);
        lane_release(&r->object, LANE_MAIN);
    } else {
        lane_kick(&r->object, LANE_MAIN);
    }
    return WH_OK;
}
