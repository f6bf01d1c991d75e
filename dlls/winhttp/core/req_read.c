/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The body of the response: WinHttpQueryDataAvailable and WinHttpReadData against what is buffered. ReadData fills the
 * caller's buffer unless the response ends before (API.md row 38); a chunk end ends what QueryDataAvailable reports
 * (B14). Both may be repeated at the end (B4).
 */
#include "core/request.h"
#include <string.h>

/* Most that QueryDataAvailable reports, bytes, as on Windows (API.md 1.1 row 34): callers make a buffer of what they
 * are told, or have one of a size that has always sufficed. */
#define AVAILABLE_MAX 8192u

/* N27: told when the end is reached and it was the request that asked for the connection to be closed. */
static void body_ended(struct request *r)
{
    if (!r->request_close || r->closing_told)
        return;
    r->closing_told = true;
    notify_inform(&r->object, LANE_MAIN, WINHTTP_CALLBACK_STATUS_CLOSING_CONNECTION, NULL, 0, 0, NULL);
    conn_kill(r->user.conn);
    notify_inform(&r->object, LANE_MAIN, WINHTTP_CALLBACK_STATUS_CONNECTION_CLOSED, NULL, 0, 0, NULL);
}

/* n: what QueryDataAvailable reports; ReadData tells what it has moved. */
static void read_done(struct request *r, size_t n)
{
    struct op *op = &r->recv;

    if (op->api == API_READ_DATA) {
        op_succeed(op, WINHTTP_CALLBACK_STATUS_READ_COMPLETE, op->buf, (DWORD)op->done);
        return;
    }
    op->done = n;
    op->note.u.dword = (DWORD)n;
    op_succeed(op, WINHTTP_CALLBACK_STATUS_DATA_AVAILABLE, &op->note.u, sizeof(op->note.u.dword));
}

/*
 * Bytes to report, some of which have come; 0: wait. What lies in several pieces counts as one. Of a chunk it is all
 * that is left (B14), for where the kernel has divided it is nobody's business; of more than is ever reported, and of
 * a body without chunks, what is there.
 */
static size_t available(struct request *r)
{
    struct conn *c = r->user.conn;
    uint64_t due = r->x->ops->body_due(r->x), n = buf_len(chain_in(&c->chain));
    bool whole;

    r->x->ops->body_left(r->x, &whole);
    if (n < due && due <= AVAILABLE_MAX && !whole && !conn_ended(c))
        return 0;
    if (n > due)
        n = due;
    return n < AVAILABLE_MAX ? (size_t)n : AVAILABLE_MAX;
}

void req_read_up(struct request *r)
{
    struct conn *c = r->user.conn;
    struct op *op = &r->recv;
    struct buf *in = chain_in(&c->chain);
    bool query = op->api == API_QUERY_DATA_AVAILABLE;

    while (query || op->done < op->len) {
        struct span s;
        enum wh_err err = r->x->ops->body_peek(r->x, in, conn_ended(c) && c->rx_error == WH_OK, &s);

        if (err == WH_AGAIN && conn_ended(c))
            err = c->rx_error; /* a reset ends no body */
        if (err == WH_AGAIN)
            return;
        if (err != WH_OK) {
            req_break(r, err);
            return;
        }
        if (!s.n) {
            if (!r->times.at[WinHttpReceiveResponseEnd])
                req_times_mark(&r->times, WinHttpReceiveResponseEnd);
            body_ended(r);
            break;
        }
        if (query) {
            size_t n = available(r);

            if (n)
                read_done(r, n);
            return;
        }
        s = span_head(s, op->len - op->done);
        memcpy(op->buf + op->done, s.p, s.n);
        op->done += s.n;
        r->times.stat[WinHttpResponseBodySize] += s.n;
        r->x->ops->body_take(r->x, in, s.n);
    }
    if (!query && r->x->ops->done(r->x))
        body_ended(r); /* N27: within the read that takes the last byte */
    req_done(r);
    read_done(r, 0);
}

uint64_t req_read_due(struct request *r)
{
    return r->recv.pending && r->wire == REQ_BODY ? r->x->ops->body_due(r->x) : 0;
}

/* QueryDataAvailable takes nothing: its len is 0. */
uint8_t *req_read_room(struct request *r, size_t *n)
{
    return op_room(&r->recv, req_read_due(r), n);
}

/* A full buffer is told at once, so that what comes behind it need not be decrypted yet; an end is found by
 * req_read_up.
 */
void req_read_landed(struct request *r, size_t n)
{
    r->recv.done += n;
    r->times.stat[WinHttpResponseBodySize] += n;
    r->x->ops->body_landed(r->x, chain_in(&r->user.conn->chain), n);
    if (r->recv.done == r->recv.len)
        req_read_up(r);
}

static enum wh_err read_call(struct request *r, DWORD api, void *buf, DWORD len, DWORD *result, bool *inline_done)
{
    struct req_call k;
    enum wh_err err;

    if (!r->object.async && op_prepare_wait(&r->recv) != WH_OK)
        return WH_E_NOMEM;
    err = req_enter_call(&k, r);
    if (err != WH_OK)
        return req_refuse_call(&k, err);
    if ((r->wire != REQ_BODY && r->wire != REQ_UPGRADED && r->wire != REQ_TAKEN) || req_receiving(r))
        return req_refuse_call(&k, WH_E_STATE);
    op_begin(&r->recv, api, buf, len);
    /* What is buffered is served here, also when the connection is dead. Behind the end of the body it may be
     * another's, and a 101 has no body (B4, B9). */
    if (r->wire == REQ_BODY && k.c)
        req_read_up(r);
    else
        read_done(r, 0);
    return req_leave_call(&k, &r->recv, result, inline_done);
}

enum wh_err request_query_data(struct request *r, DWORD *available, bool *inline_done)
{
    return read_call(r, API_QUERY_DATA_AVAILABLE, NULL, 0, available, inline_done);
}

enum wh_err request_read(struct request *r, void *buf, DWORD len, DWORD *read, bool *inline_done)
{
    return read_call(r, API_READ_DATA, buf, len, read, inline_done);
}
