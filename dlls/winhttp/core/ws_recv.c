/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* WinHttpWebSocketReceive: payload goes straight into the application's buffer, from the connection's chunk or from the
 * socket. */
#include "core/websocket.h"

static WINHTTP_WEB_SOCKET_BUFFER_TYPE type_of(const struct x_ws_piece *p)
{
    if (p->kind == X_WS_CLOSE)
        return WINHTTP_WEB_SOCKET_CLOSE_BUFFER_TYPE;
    if (p->text)
        return p->fin ? WINHTTP_WEB_SOCKET_UTF8_MESSAGE_BUFFER_TYPE : WINHTTP_WEB_SOCKET_UTF8_FRAGMENT_BUFFER_TYPE;
    return p->fin ? WINHTTP_WEB_SOCKET_BINARY_MESSAGE_BUFFER_TYPE : WINHTTP_WEB_SOCKET_BINARY_FRAGMENT_BUFFER_TYPE;
}

static void receive_done(struct websocket *w, const struct x_ws_piece *p)
{
    struct note *n = &w->receive.note;

    n->u.ws_status.dwBytesTransferred = (DWORD)w->receive.done;
    n->u.ws_status.eBufferType = w->receive_type = type_of(p);
    w->close_told = p->kind == X_WS_CLOSE;
    op_succeed(&w->receive, WINHTTP_CALLBACK_STATUS_READ_COMPLETE, &n->u, sizeof(n->u.ws_status));
}

void ws_receive_up(struct websocket *w)
{
    struct op *op = &w->receive;
    struct buf *in = chain_in(&w->user.conn->chain);
    enum wh_err err = WH_OK;

    if (op->pending) {
        struct x_ws_piece piece;
        size_t n;

        err = x_ws_receive(w->link, in, op->buf + op->done, op->len - op->done, &n, &piece);
        op->done += n;
        if (err == WH_OK)
            receive_done(w, &piece);
    }
    w->ahead_full = false;
    if (err == WH_OK && !op->pending && !w->closing) {
        err = x_ws_ahead(w->link, in);
        w->ahead_full = err == WH_E_FULL;
    }
    if (err != WH_OK && err != WH_AGAIN && err != WH_E_FULL)
        ws_violated(w, err);
}

uint64_t ws_receive_due(struct websocket *w)
{
    return w->receive.pending ? x_ws_due(w->link) : 0;
}

uint8_t *ws_receive_room(struct websocket *w, size_t *n)
{
    return op_room(&w->receive, ws_receive_due(w), n);
}

void ws_receive_landed(struct websocket *w, size_t n)
{
    struct op *op = &w->receive;
    struct x_ws_piece piece;
    enum wh_err err = x_ws_landed(w->link, span_make(op->buf + op->done, n), op->len - op->done, &piece);

    if (err == WH_OK || err == WH_AGAIN)
        op->done += n;
    if (err == WH_OK)
        receive_done(w, &piece);
    else if (err != WH_AGAIN)
        ws_violated(w, err);
}

bool ws_has_unread(struct websocket *w)
{
    return x_ws_has_ahead(w->link) || (w->ahead_full && buf_len(chain_in(&w->user.conn->chain)));
}

/* The link or the connection has failed while nobody received: first what had come before, then the failure. */
static void receive_rest(struct websocket *w)
{
    struct op *op = &w->receive;
    struct x_ws_piece piece;
    struct buf none;
    size_t n;

    buf_init(&none, 0);
    if (x_ws_receive(w->link, &none, op->buf, op->len, &n, &piece) == WH_OK) {
        op->done = n;
        receive_done(w, &piece);
    } else {
        w->fail_told = true;
        op->net_error = w->fail_net_error;
        op_fail(op, w->fail_err);
    }
}

/* W38, W39. */
static enum wh_err may_receive(struct websocket *w, struct conn *c)
{
    enum wh_err err = w->failed && !w->fail_told && !w->object.closed ? WH_OK : ws_ready(w, c);

    if (err == WH_OK && (op_busy(&w->receive) || w->closing || w->close_told))
        err = WH_E_STATE;
    return err;
}

enum wh_err websocket_receive(struct websocket *w, void *buf, DWORD len, DWORD *got,
                              WINHTTP_WEB_SOCKET_BUFFER_TYPE *type)
{
    struct ws_call k;
    enum wh_err err;

    if (!buf || !len)
        return WH_E_ARG; /* W21 */
    if (!w->object.async && op_prepare_wait(&w->receive) != WH_OK)
        return WH_E_NOMEM;
    ws_enter_call(&k, w, WS_LANE_RECEIVE);
    err = may_receive(w, k.c);
    if (err != WH_OK)
        return ws_refuse_call(&k, err);
    op_begin(&w->receive, WINHTTP_WEB_SOCKET_RECEIVE_OPERATION, buf, len);
    if (w->failed)
        receive_rest(w);
    err = ws_leave_call(&k, &w->receive, CRANK_ALL);
    if (!w->object.async && err == WH_OK) {
        if (got)
            *got = (DWORD)w->receive.done;
        if (type)
            *type = w->receive_type;
    }
    return err;
}
