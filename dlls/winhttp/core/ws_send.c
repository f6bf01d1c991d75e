/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* WinHttpWebSocketSend: one frame per call, masked from the application's buffer into the output as there is room;
 * complete when the kernel has it. */
#include "core/spare.h"
#include "core/websocket.h"

static void send_done(struct websocket *w)
{
    struct note *n = &w->send.note;

    n->u.ws_status.dwBytesTransferred = (DWORD)w->send.len;
    n->u.ws_status.eBufferType = w->send_type;
    spare_return(chain_out(&w->user.conn->chain));
    op_succeed(&w->send, WINHTTP_CALLBACK_STATUS_WRITE_COMPLETE, &n->u, sizeof(n->u.ws_status));
}

void ws_send_down(struct websocket *w)
{
    struct conn *c = w->user.conn;
    struct op *op = &w->send;

    if (w->send_started) {
        struct buf *out = chain_out(&c->chain);
        size_t used;
        enum wh_err err;

        if (op->len - op->done > BUF_CHUNK_LARGE)
            spare_lend(out);
        err = x_ws_send_some(w->link, span_make(op->buf + op->done, op->len - op->done), out, &used);
        op->done += used;
        if (err == WH_AGAIN)
            return;
        w->send_started = false;
        if (err != WH_OK) {
            ws_fail(w, err);
            return;
        }
    }
    if (op->pending && conn_flushed(c))
        send_done(w);
}

enum wh_err websocket_send(struct websocket *w, WINHTTP_WEB_SOCKET_BUFFER_TYPE type, const void *buf, DWORD len)
{
    bool text =
        type == WINHTTP_WEB_SOCKET_UTF8_MESSAGE_BUFFER_TYPE || type == WINHTTP_WEB_SOCKET_UTF8_FRAGMENT_BUFFER_TYPE;
    bool fin =
        type == WINHTTP_WEB_SOCKET_UTF8_MESSAGE_BUFFER_TYPE || type == WINHTTP_WEB_SOCKET_BINARY_MESSAGE_BUFFER_TYPE;
    struct ws_call k;
    enum wh_err err;

    if ((!buf && len) || (unsigned)type > WINHTTP_WEB_SOCKET_UTF8_FRAGMENT_BUFFER_TYPE)
        return WH_E_ARG; /* W22 */
    if (!w->object.async && op_prepare_wait(&w->send) != WH_OK)
        return WH_E_NOMEM;
    ws_enter_call(&k, w, WS_LANE_SEND);
    err = ws_ready(w, k.c);
    if (err == WH_OK && op_busy(&w->send))
        err = WH_E_STATE;
    if (err == WH_OK)
        err = x_ws_send_begin(w->link, text, fin, len); /* W31, W34 */
    if (err != WH_OK)
        return ws_refuse_call(&k, err);
    w->send_type = type;
    w->send_started = true;
    op_begin(&w->send, WINHTTP_WEB_SOCKET_SEND_OPERATION, (void *)buf, len);
    return ws_leave_call(&k, &w->send, CRANK_DOWN);
}
