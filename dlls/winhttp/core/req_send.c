/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The way down: WinHttpSendRequest and WinHttpWriteData. Both complete when the kernel has taken their last byte. */
#include "core/request.h"
#include <string.h>
#include "core/wide.h"
#include "io/clock.h"
#include "proto/h1_write.h"
#include "proto/hdr_lines.h"
#include "stack/x_h1.h"

/* Application bytes copied into the output at a time: one chunk. */
#define SEND_STEP BUF_CHUNK_LARGE

void req_reset_exchange(struct request *r)
{
    if (r->x)
        r->x->ops->destroy(r->x);
    r->x = NULL;
    r->head = NULL;
    req_facts_clear(&r->facts);
    req_times_reset(&r->times);
    r->optional_done = 0;
    r->sent_count = 0;
    r->head_written = r->closing_told = r->cert_asked = false;
    r->turn = TURN_NONE;
}

/* A new exchange on this request: the last one, its connection and its response go. Object lock held. */
static void begin_exchange(struct request *r, void *optional, DWORD optional_len)
{
    req_drop_conn(r);
    req_reset_exchange(r);
    r->optional = optional;
    r->optional_len = optional_len;
    r->body_written = optional_len;
    r->redirects = 0;
    r->retried = r->resending = false;
    op_begin(&r->send, API_SEND_REQUEST, optional, optional_len);
    req_enter(r, REQ_OPENING);
}

/* Object lock held. Whether the request may be sent now; the slots are read under the lock that guards them. */
static bool may_send(struct request *r)
{
    struct conn *c = r->user.conn;
    bool busy;

    if (c)
        conn_lock(c);
    busy = op_busy(&r->send) || req_receiving(r);
    if (c)
        conn_unlock(c);
    return !busy;
}

/*
 * Additional headers: a length of 0 with text means up to the NUL here (S4). They stay with the request. Whoever sends
 * it again says the same ones again (S6; CLIENTS 15): those are there already.
 */
static enum wh_err add_headers(struct request *r, const WCHAR *headers, DWORD len)
{
    size_t n = len;

    if (len == 0 || len == WIDE_TERMINATED)
        n = wide_length(headers);
    return req_add_lines(r, headers, n, hdr_count(&r->sent) ? HDR_LINES_ADD | HDR_LINES_ONCE : HDR_LINES_ADD);
}

/* All that goes out is composed; a call that is refused here leaves no header behind. */
static enum wh_err prepare(struct request *r, const WCHAR *headers, DWORD headers_len, DWORD optional_len, DWORD total)
{
    struct hdr before;
    enum wh_err err;

    if (!headers || !*headers)
        return req_head_prepare(r, optional_len, total);
    hdr_init(&before, REQ_HEAD_MAX, REQ_HEAD_LINES);
    err = hdr_copy(&before, &r->headers);
    if (err != WH_OK)
        return err;
    err = add_headers(r, headers, headers_len);
    if (err == WH_OK)
        err = req_head_prepare(r, optional_len, total);
    if (err != WH_OK) {
        hdr_clear(&r->headers);
        hdr_move(&r->headers, &before);
    }
    hdr_clear(&before);
    return err;
}

static enum wh_err send_request(struct request *r, const WCHAR *headers, DWORD headers_len, void *optional,
                                DWORD optional_len, DWORD total, DWORD_PTR context)
{
    struct object *o = &r->object;
    bool starved;
    enum wh_err err;

    lock_exclusive(&o->lock);
    err = o->closed ? WH_E_CANCELLED : may_send(r) ? WH_OK : WH_E_STATE;
    if (err == WH_OK && context)
        notify_set_context(o, context); /* before anything else can fail (D14) */
    if (err == WH_OK && optional_len && !optional)
        err = WH_E_ARG;
    if (err == WH_OK && session_proxied(session_of(o)))
        err = WH_E_UNSUPPORTED;
    starved = r->upgrade && r->settings.ws_send_buffer < WS_SEND_BUFFER_MIN; /* W12 */
    if (err == WH_OK && starved && !o->async)
        err = WH_E_NOMEM;
    if (err == WH_OK)
        err = prepare(r, headers, headers_len, optional_len, total);
    if (err != WH_OK) {
        unlock_exclusive(&o->lock);
        return err;
    }
    begin_exchange(r, optional, optional_len);
    if (starved)
        req_break(r, WH_E_NOMEM);
    unlock_exclusive(&o->lock);
    if (starved) {
        lane_kick(o, LANE_MAIN); /* there is nothing to start; a worker tells the failure */
        return WH_OK;
    }
    return req_start(r);
}

enum wh_err request_send(struct request *r, const WCHAR *headers, DWORD headers_len, void *optional, DWORD optional_len,
                         DWORD total, DWORD_PTR context)
{
    enum wh_err err;

    if (!r->object.async && op_prepare_wait(&r->send) != WH_OK)
        return WH_E_NOMEM;
    err = req_take_turn(r);
    if (err != WH_OK)
        return err;
    err = send_request(r, headers, headers_len, optional, optional_len, total, context);
    req_end_turn(r);
    return err;
}

void req_opened(struct request *r)
{
    struct x_h1_config cfg = {
        .no_body = !strcmp(r->verb, "HEAD"),
        .upgrade = r->upgrade,
        .request_close = r->request_close,
        .max_head = r->settings.max_response_header,
        .max_count = RESP_HEAD_LINES,
    };
    enum wh_err err = x_h1_create(&cfg, &r->x);

    r->rx_mark = r->user.conn->rx_count;
    req_facts_take(&r->facts, r->user.conn);
    req_times_take(&r->times, r->user.conn, !r->reused);
    req_times_mark(&r->times, WinHttpConnectionAcquireEnd);
    r->cert_asked = r->secure && r->facts.tls.client_cert_asked && !r->no_client_cert;
    if (err != WH_OK)
        req_break(r, err);
    else
        notify_post(object_ref(&r->object), LANE_MAIN, &r->gate);
}

/* Hands the kernel what it takes from where it stands, and copies of the rest what there is room for; true when all of
 * it has gone or is in the output. */
static bool pour(struct request *r, const uint8_t *p, size_t n, size_t *done)
{
    struct conn *c = r->user.conn;

    if (*done < n)
        *done += conn_send_direct(c, span_make(p + *done, n - *done));
    if (c->tx_error != WH_OK) {
        req_lost(r, c->tx_error);
        return false;
    }
    while (*done < n) {
        size_t room = conn_out_room(c), step = n - *done;
        enum wh_err err;

        if (step > room)
            step = room;
        if (step > SEND_STEP)
            step = SEND_STEP;
        if (!step)
            return false;
        err = buf_append(chain_out(&c->chain), span_make(p + *done, step));
        if (err != WH_OK) {
            req_break(r, err);
            return false;
        }
        *done += step;
    }
    return true;
}

static bool write_head(struct request *r)
{
    struct buf *out = chain_out(&r->user.conn->chain);
    size_t before = buf_len(out);
    enum wh_err err;

    if (r->head_written)
        return true;
    req_times_mark(&r->times, WinHttpSendRequestStart);
    err = h1_write_head(out, span_str(r->verb), span_str(r->target), r->minor, &r->sent);
    if (err != WH_OK) {
        req_break(r, err);
        return false;
    }
    r->head_written = true;
    r->sent_count = buf_len(out) - before + r->optional_len;
    r->times.stat[WinHttpRequestHeadersSize] = buf_len(out) - before;
    req_times_mark(&r->times, WinHttpSendRequestHeadersEnd);
    return true;
}

/* The second request of a redirect: the wait for its answer is told here, on whatever thread (N21, N22). */
static void sent_again(struct request *r)
{
    r->resending = false;
    r->recv.since = clock_ms();
    notify_inform(&r->object, LANE_MAIN, WINHTTP_CALLBACK_STATUS_RECEIVING_RESPONSE, NULL, 0, 0, NULL);
    req_enter(r, REQ_HEAD);
    if (r->cert_asked)
        req_break(r, WH_E_CLIENT_CERT_NEEDED);
}

void req_sent(struct request *r)
{
    DWORD count = (DWORD)r->sent_count;

    req_times_mark(&r->times, WinHttpSendRequestEnd);
    notify_inform(&r->object, LANE_MAIN, WINHTTP_CALLBACK_STATUS_REQUEST_SENT, &count, sizeof(count), sizeof(count),
                  NULL);
    if (r->resending) {
        sent_again(r);
        return;
    }
    req_enter(r, r->recv.pending ? REQ_HEAD : REQ_SENT);
    op_succeed(&r->send, WINHTTP_CALLBACK_STATUS_SENDREQUEST_COMPLETE, r->optional, (DWORD)r->optional_len);
    if (r->wire == REQ_HEAD && r->cert_asked)
        req_break(r, WH_E_CLIENT_CERT_NEEDED);
}

static void write_done(struct request *r)
{
    struct note *n = &r->send.note;

    req_times_mark(&r->times, WinHttpSendRequestEnd);
    n->u.dword = (DWORD)r->send.len;
    op_succeed(&r->send, WINHTTP_CALLBACK_STATUS_WRITE_COMPLETE, &n->u, sizeof(n->u.dword));
}

void req_send_down(struct request *r)
{
    struct conn *c = r->user.conn;
    bool first = r->resending || r->send.api == API_SEND_REQUEST;

    if (!req_sending(r) || r->wire < REQ_SENDING)
        return;
    if (c->tx_error != WH_OK) {
        req_lost(r, c->tx_error);
        return;
    }
    if (first ? !write_head(r) || !pour(r, r->optional, r->optional_len, &r->optional_done)
              : !pour(r, r->send.buf, r->send.len, &r->send.done))
        return;
    if (!conn_flushed(c))
        return;
    if (first)
        req_sent(r);
    else
        write_done(r);
}

/* Bytes still promised to the server. */
static bool may_write(const struct request *r, DWORD len)
{
    return !r->length_known || r->body_written + len <= r->total_len;
}

enum wh_err request_write(struct request *r, const void *data, DWORD len, DWORD *written, bool *inline_done)
{
    struct req_call k;
    enum wh_err err;

    if (!r->object.async && op_prepare_wait(&r->send) != WH_OK)
        return WH_E_NOMEM;
    err = req_enter_call(&k, r);
    if (err != WH_OK)
        return req_refuse_call(&k, err);
    if (r->wire != REQ_SENT || op_busy(&r->send))
        return req_refuse_call(&k, WH_E_STATE);
    if ((!data && len) || !may_write(r, len))
        return req_refuse_call(&k, WH_E_ARG); /* S7 */
    r->body_written += len;
    op_begin(&r->send, API_WRITE_DATA, (void *)data, len);
    if (r->cert_asked) {
        r->send.done = len; /* D16: its answer is known, and the server may have ended the connection already */
        write_done(r);
    }
    return req_leave_call(&k, &r->send, written, inline_done);
}
