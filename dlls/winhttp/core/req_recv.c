/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The head of the response: WinHttpReceiveResponse. */
#include "core/request.h"
#include "core/resume.h"
#include "core/wait.h"
#include "io/clock.h"
#include "proto/ws_handshake.h"

static void head_arrived(struct request *r, const struct http_head *head)
{
    DWORD count = (DWORD)(r->user.conn->rx_count - r->rx_mark);
    bool switched = r->upgrade && head->status == HTTP_STATUS_SWITCH_PROTOCOLS;

    req_times_mark(&r->times, WinHttpReceiveResponseHeadersEnd);
    if (!r->user.conn->carried++ && r->secure)
        resume_keep(r->user.conn);
    notify_inform(&r->object, LANE_MAIN, WINHTTP_CALLBACK_STATUS_RESPONSE_RECEIVED, &count, sizeof(count),
                  sizeof(count), NULL);
    if (switched && ws_handshake_verify(&r->sent, head->minor, &head->fields) != WH_OK) {
        req_break(r, WH_E_RESPONSE); /* D6 */
        return;
    }
    r->head = head;
    if (r->settings.max_conns_per_1_0_server != LIMIT_NONE)
        limit_learn(r->host, r->port, head->minor);
    if (req_redirects(r, head)) {
        req_enter(r, REQ_AGAIN);
        return;
    }
    req_enter(r, switched ? REQ_UPGRADED : REQ_BODY);
    if (!switched)
        req_done(r);
    op_succeed(&r->recv, WINHTTP_CALLBACK_STATUS_HEADERS_AVAILABLE, NULL, 0);
}

void req_recv_up(struct request *r)
{
    struct conn *c = r->user.conn;
    struct buf *in = chain_in(&c->chain);

    for (;;) {
        const struct http_head *head;
        bool interim;
        size_t before = buf_len(in);
        enum wh_err err = r->x->ops->head(r->x, in, conn_ended(c), &head, &interim);
        DWORD status;

        if (before && !r->times.at[WinHttpReceiveResponseStart])
            req_times_mark(&r->times, WinHttpReceiveResponseStart);
        r->times.stat[WinHttpResponseHeadersSize] += before - buf_len(in);
        if (err == WH_AGAIN)
            return;
        if (err == WH_E_CLOSED && c->rx_error != WH_OK)
            err = c->rx_error;
        if (err == WH_E_CLIENT_CERT_NEEDED && r->no_client_cert)
            err = WH_E_TLS; /* D16: asking again would change nothing */
        if (err == WH_OK && interim && !r->interim_left--)
            err = WH_E_RESPONSE;
        if (err != WH_OK) {
            req_lost(r, err);
            return;
        }
        if (!interim) {
            head_arrived(r, head);
            return;
        }
        status = head->status;
        notify_inform(&r->object, LANE_MAIN, WINHTTP_CALLBACK_STATUS_INTERMEDIATE_RESPONSE, &status, sizeof(status),
                      sizeof(status), NULL);
    }
}

/* Whether the call is in order. While a SendRequest is under way it waits for its turn (N19). */
static bool in_order(const struct request *r)
{
    return r->wire == REQ_SENT ||
           (r->object.async && r->send.pending && (r->wire == REQ_OPENING || r->wire == REQ_SENDING));
}

static void begin_receive(struct request *r, DWORD not_on, bool waited)
{
    uint32_t limit = r->settings.receive_response_timeout;

    if (limit < r->settings.receive_timeout)
        limit = r->settings.receive_timeout; /* TO12 */
    if (!r->settings.receive_timeout)
        limit = 0;
    r->response_deadline = deadline_in(limit);
    r->interim_left = r->settings.max_status_continue;
    r->redirect_told = false;
    op_begin(&r->recv, API_RECEIVE_RESPONSE, NULL, 0);
    r->recv.note.not_on = not_on;
    r->recv.waited = waited;
    if (r->wire == REQ_SENT)
        req_enter(r, REQ_HEAD);
    if (r->wire == REQ_HEAD && r->cert_asked)
        req_break(r, WH_E_CLIENT_CERT_NEEDED);
}

/* D2: an application's thread stays for a while, so that a quick answer completes on it (N17), unless the handle is
 * closed, which tells the end itself (D14). The lane is claimed. */
static void wait_inline(struct request *r, uint64_t until)
{
    struct object *o = &r->object;
    uint64_t now;

    lane_set_wake(o, LANE_MAIN, r->recv.event, true);
    while (!lane_drain(o, LANE_MAIN, &r->recv.note) && !r->redirect_told && !lane_wanted(o, LANE_MAIN) &&
           (now = clock_ms()) < until)
        wait_until(r->recv.event, NULL, now, until);
    lane_set_wake(o, LANE_MAIN, NULL, false);
}

/* A second call while one has not completed is refused at once, so that it takes nothing from the first. */
static enum wh_err reserve(struct request *r)
{
    struct conn *c = user_lock(&r->user);
    enum wh_err err = r->object.closed ? WH_E_CANCELLED : req_receiving(r) ? WH_E_STATE : WH_OK;

    if (err == WH_OK)
        r->receiving = true;
    user_unlock(&r->user, c);
    return err;
}

/* What was reserved is taken, unless the handle has been closed meanwhile. The failure of a call that is out of order
 * is told by its completion (R23, R24, N26). */
static enum wh_err take_slot(struct request *r, DWORD not_on)
{
    struct conn *c = user_lock(&r->user);
    enum wh_err err = r->object.closed ? WH_E_CANCELLED : WH_OK;
    bool ordered = in_order(r);

    r->receiving = false;
    if (err == WH_OK) {
        begin_receive(r, not_on, false);
        if (!ordered)
            op_fail(&r->recv, WH_E_STATE);
        else if (c && r->recv.pending)
            conn_crank(c, CRANK_ALL, NULL);
    }
    user_unlock(&r->user, c);
    req_follow_up(&r->object);
    return err;
}

static bool is_in_order(struct request *r)
{
    struct conn *c = user_lock(&r->user);
    bool ordered = in_order(r);

    user_unlock(&r->user, c);
    return ordered;
}

static enum wh_err receive_async(struct request *r)
{
    struct object *o = &r->object;
    bool waits = !notify_depth() && !loop_on_worker();
    uint64_t until = clock_ms() + REQ_INLINE_WAIT_MS;
    enum wh_err err;
    bool claimed;

    if (op_prepare_wait(&r->recv) != WH_OK)
        return WH_E_NOMEM;
    err = reserve(r);
    if (err != WH_OK)
        return err;
    claimed = waits ? lane_claim_wait(o, LANE_MAIN, r->recv.event, REQ_INLINE_WAIT_MS) : lane_claim(o, LANE_MAIN, true);
    if (is_in_order(r))
        notify_now(o, WINHTTP_CALLBACK_STATUS_RECEIVING_RESPONSE, NULL, 0);
    err = take_slot(r, waits ? 0 : GetCurrentThreadId());
    if (!claimed) {
        lane_kick(o, LANE_MAIN);
        return err;
    }
    if (waits && err == WH_OK)
        wait_inline(r, until);
    else
        lane_drain(o, LANE_MAIN, &r->recv.note);
    lane_release(o, LANE_MAIN);
    return err;
}

/* What was in order before the callback need not be behind it: the handle may have been closed there. */
static enum wh_err await_head(struct request *r)
{
    struct conn *c;
    enum wh_err err = WH_OK;

    if (is_in_order(r))
        notify_now(&r->object, WINHTTP_CALLBACK_STATUS_RECEIVING_RESPONSE, NULL, 0);
    c = user_lock(&r->user);
    r->receiving = false;
    if (r->object.closed)
        err = WH_E_CANCELLED;
    else if (!in_order(r))
        err = WH_E_STATE;
    else
        begin_receive(r, 0, true);
    user_unlock(&r->user, c);
    return err == WH_OK ? wait_for(&r->recv, &r->user, r->object.async ? WAIT_DELIVERS : WAIT_DRIVES) : err;
}

enum wh_err request_await(struct request *r)
{
    enum wh_err err;

    if (op_prepare_wait(&r->recv) != WH_OK)
        return WH_E_NOMEM;
    err = req_take_turn(r);
    if (err != WH_OK)
        return err;
    err = reserve(r);
    if (err == WH_OK)
        err = await_head(r);
    req_end_turn(r);
    return err;
}

enum wh_err request_receive(struct request *r)
{
    return r->object.async ? receive_async(r) : request_await(r);
}
