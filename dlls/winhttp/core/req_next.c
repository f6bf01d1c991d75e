/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Another exchange for the same operation: a redirect that is followed (SEMANTICS section 10, D8), or a pooled
 * connection that turned out to be closed (RFC 9112 section 9.3.1). The crank only notes that it is due (turn); what is
 * decided here is decided with no lock held, in the order crank: wire REQ_AGAIN, turn -> follow-up: where to; REDIRECT
 * is queued -> delivered -> req_again on a worker, or in the synchronous call. It is a loop through the same states,
 * never a recursion.
 */
#include "core/request.h"
#include <string.h>
#include "base/mem.h"
#include "core/option.h"
#include "core/req_target.h"
#include "core/wide.h"
#include "io/clock.h"
#include "proto/redirect.h"
#include "proto/url.h"
#include "proto/url_escape.h"

bool req_redirects(struct request *r, const struct http_head *head)
{
    if (r->settings.redirect_policy == WINHTTP_OPTION_REDIRECT_POLICY_NEVER ||
        r->settings.disable_feature & WINHTTP_DISABLE_REDIRECTS || !hdr_has(&head->fields, "Location") ||
        !redirect_plan(head->status, span_str(r->verb), &r->plan))
        return false;
    r->turn = TURN_REDIRECT;
    return true;
}

/* RFC 9110 section 9.2.2: repeating them changes nothing. */
static bool is_idempotent(const char *verb)
{
    static const char *const verbs[] = {"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"};

    for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
        if (!strcmp(verb, verbs[i]))
            return true;
    return false;
}

bool req_repeatable(const struct request *r)
{
    return is_idempotent(r->verb) && r->length_known && r->total_len == r->optional_len;
}

/* The connection out of the pool is replaced, once. */
static void replace_conn(struct request *r)
{
    r->retried = true;
    r->turn = TURN_RETRY;
    req_enter(r, REQ_AGAIN);
    conn_kill(r->user.conn);
}

/* Not a byte of an answer may have come; what TLS says for itself, its farewell for instance, is none. */
void req_lost(struct request *r, enum wh_err err)
{
    struct conn *c = r->user.conn;

    conn_turn_chain(c);
    if (err != WH_E_CLOSED || !r->reused || r->retried || r->x->ops->begun(r->x) || buf_len(chain_in(&c->chain)) ||
        r->body_written != r->optional_len || !is_idempotent(r->verb)) {
        req_break(r, err);
        return;
    }
    replace_conn(r);
}

bool req_forestalled(struct request *r)
{
    if (!r->reused || r->retried || !conn_spoken(r->user.conn))
        return false;
    replace_conn(r);
    return true;
}

/* The absolute URL behind a Location, as text of its own. */
static enum wh_err resolve(struct request *r, struct span location, WCHAR **out, struct url_parts *parts)
{
    WCHAR *base = NULL, *text = NULL, *url = NULL;
    size_t n, len = 0;
    enum wh_err err = option_url(&r->object, &base);

    if (err == WH_OK)
        err = wide_from_bytes(location, &text, &n);
    if (err == WH_OK && !(url = mem_alloc((REDIRECT_URL_MAX + 1) * sizeof(*url))))
        err = WH_E_NOMEM;
    if (err == WH_OK)
        err = redirect_resolve(wspan_make(base, wide_length(base)), wspan_make(text, n), url, REDIRECT_URL_MAX, &len);
    if (err == WH_OK)
        err = url_split(wspan_make(url, len), parts);
    mem_free(base);
    mem_free(text);
    if (err != WH_OK) {
        mem_free(url);
        return err;
    }
    url[len] = 0;
    *out = url;
    return WH_OK;
}

/* WH_E_REDIRECT: too many, or not allowed to go there. WH_E_URL: it names a user (option 100). */
static enum wh_err check_step(struct request *r, const struct url_parts *to)
{
    if (r->redirects++ >= r->settings.max_redirects)
        return WH_E_REDIRECT;
    if (r->settings.reject_userpwd && (to->has_user || to->has_password))
        return WH_E_URL;
    return redirect_allowed(r->settings.redirect_policy, r->secure, to->scheme_id == URL_SCHEME_HTTPS) ? WH_OK
                                                                                                       : WH_E_REDIRECT;
}

static void redirect_passed(struct object *o, bool dropped);

/* A redirect: where to is found out, and told. The response stays readable until the callback has returned. */
static void tell_redirect(struct request *r)
{
    struct url_parts to;
    WCHAR *url = NULL;
    struct span location;
    struct conn *c;
    enum wh_err err = WH_E_REDIRECT;

    if (hdr_get(&r->head->fields, "Location", &location))
        err = resolve(r, location, &url, &to);
    c = user_lock(&r->user);
    if (err == WH_OK)
        err = check_step(r, &to);
    else if (err != WH_E_NOMEM)
        err = WH_E_REDIRECT;
    if (r->recv.pending && err == WH_OK) {
        mem_free(r->next_url);
        r->next_url = url;
        url = NULL;
        r->redirect_note.status = WINHTTP_CALLBACK_STATUS_REDIRECT;
        r->redirect_note.info = r->next_url;
        r->redirect_note.info_len = (DWORD)wide_length(r->next_url) + 1;
        r->redirect_note.after = redirect_passed;
        r->redirect_note.ends_drain = true;
        notify_post(object_ref(&r->object), LANE_MAIN, &r->redirect_note);
    } else if (r->recv.pending) {
        req_break(r, err);
    }
    user_unlock(&r->user, c);
    mem_free(url);
}

static void redirect_passed(struct object *o, bool dropped)
{
    struct request *r = request_of(o);

    if (dropped)
        return;
    r->redirect_told = true;
    req_again(r);
}

/* A broken exchange has no use for its connection: buffers and socket go now, not with the handle. */
static void let_broken_go(struct request *r)
{
    lock_exclusive(&r->object.lock);
    if (r->wire == REQ_BROKEN && r->user.conn)
        req_drop_conn(r);
    unlock_exclusive(&r->object.lock);
}

void req_follow_up(struct object *o)
{
    struct request *r = request_of(o);
    struct conn *c = user_lock(&r->user);
    enum req_turn turn = r->turn;
    bool broken = c && r->wire == REQ_BROKEN;

    r->turn = TURN_NONE;
    user_unlock(&r->user, c);
    if (broken)
        let_broken_go(r);
    if (turn == TURN_REDIRECT)
        tell_redirect(r);
    else if (turn == TURN_RETRY)
        req_again(r);
    else if (turn == TURN_GIVE_BACK)
        req_give_back(r);
}

/* Fields that describe a body that is not sent any more. */
static void drop_body(struct request *r)
{
    static const char *const names[] = {"Content-Length", "Transfer-Encoding", "Content-Type", "Content-Encoding"};

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        hdr_remove_all(&r->headers, names[i]);
    r->optional = NULL;
    r->optional_len = 0;
    r->body_written = r->total_len = 0;
}

/* What was meant for the first origin only (D8). */
static void leave_origin(struct request *r)
{
    hdr_remove_all(&r->headers, "Authorization");
    hdr_remove_all(&r->headers, "Host");
}

/* The parts of next_url become the request's. Object lock held, no connection bound. */
static enum wh_err take_url(struct request *r)
{
    WCHAR *url = r->next_url, *host = NULL, *name = NULL;
    char *target = NULL, *verb = NULL;
    struct url_parts u;
    struct wspan bare;
    enum wh_err err = url_split(wspan_make(url, wide_length(url)), &u);

    if (err != WH_OK)
        return err;
    bare = url_host_bare(wspan_make(url + u.host.off, u.host.len));
    err = wide_copy(bare.p, bare.n, &host);
    if (err == WH_OK)
        err = wide_copy(url + u.path.off, u.path.len + u.extra.len, &name);
    if (err == WH_OK)
        err = req_target_make(name, r->settings.encode_extra ? 0 : URL_ESCAPE_DISABLE, CP_UTF8, &target);
    if (err == WH_OK && !(verb = mem_dup(r->plan.get ? "GET" : r->verb, strlen(r->plan.get ? "GET" : r->verb) + 1)))
        err = WH_E_NOMEM;
    if (err != WH_OK) {
        mem_free(host);
        mem_free(name);
        mem_free(target);
        return err;
    }
    if (_wcsicmp(host, r->host) || u.port != r->port || (u.scheme_id == URL_SCHEME_HTTPS) != r->secure)
        leave_origin(r);
    if (r->plan.drop_body)
        drop_body(r);
    if (_wcsicmp(host, r->host)) {
        mem_free(r->alias); /* it stands for the other name */
        r->alias = NULL;
    }
    mem_free(r->host);
    mem_free(r->object_name);
    mem_free(r->target);
    mem_free(r->verb);
    r->host = host;
    r->object_name = name;
    r->target = target;
    r->verb = verb;
    r->port = u.port;
    r->secure = u.scheme_id == URL_SCHEME_HTTPS;
    r->retried = false;
    r->escape = URL_ESCAPE_DISABLE;
    r->settings.codepage = CP_UTF8; /* what a server names has none of ours */
    return WH_OK;
}

bool req_prepare_again(struct request *r)
{
    enum wh_err err = WH_OK;
    bool wanted;

    lock_exclusive(&r->object.lock);
    wanted = !r->object.closed && (r->recv.pending || r->send.pending);
    req_drop_conn(r);
    if (wanted && r->next_url)
        err = take_url(r);
    mem_free(r->next_url);
    r->next_url = NULL;
    /* What came by WriteData is the application's to send again, to where the request points now (API.md 12032). */
    if (wanted && err == WH_OK && r->body_written != r->optional_len)
        err = WH_E_RESEND;
    if (wanted && err == WH_OK)
        err = req_head_prepare(r, r->optional_len, r->total_len);
    if (wanted && err == WH_OK) {
        req_reset_exchange(r);
        r->resending = !r->send.pending;
        r->send.since = clock_ms();
        req_enter(r, REQ_OPENING);
    } else if (wanted) {
        req_break(r, err);
    }
    unlock_exclusive(&r->object.lock);
    return wanted && err == WH_OK;
}
