/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The closing handshake: Shutdown says our close frame and leaves the way in open; Close also waits for the peer's,
 * dropping data on the way. A violation by the peer ends here too: our close frame with the right code goes out, then
 * the connection is let go.
 */
#include "core/websocket.h"
#include <string.h>
#include "io/clock.h"
#include "proto/ws_msg.h"

/*
 * What has failed once cannot be begun again: every later call is refused, begins nothing and so completes nothing. It
 * says why each time (the connection was dropped, its time was up, memory was wanting); after a violation, and when the
 * connection has been let go, calls are out of order. Receive alone is accepted, for as long as it has something to
 * deliver: what came before the failure, then once the failure itself, if no pending Receive was told (ws_recv.c).
 */
enum wh_err ws_ready(struct websocket *w, struct conn *c)
{
    if (w->object.closed)
        return WH_E_CANCELLED;
    if (w->failed)
        return w->fail_err == WH_E_RESPONSE ? WH_E_STATE : w->fail_err;
    return c ? WH_OK : WH_E_STATE;
}

void ws_violated(struct websocket *w, enum wh_err err)
{
    ws_fail(w, err);
    w->hang_up_fin = true;
    x_ws_flush(w->link, chain_out(&w->user.conn->chain));
}

void ws_echo_close(struct websocket *w)
{
    struct span reason;
    uint16_t code;

    if (x_ws_peer_status(w->link, &code, &reason) == WH_OK)
        x_ws_close(w->link, code, span_make(NULL, 0));
}

void ws_close_up(struct websocket *w)
{
    enum wh_err err;

    if (!w->closing)
        return;
    err = x_ws_discard(w->link, chain_in(&w->user.conn->chain));
    if (err != WH_OK && err != WH_AGAIN)
        ws_violated(w, err);
}

static void close_done(struct websocket *w)
{
    op_succeed(&w->close, WINHTTP_CALLBACK_STATUS_CLOSE_COMPLETE, NULL, 0);
    w->hang_up = true; /* the peer closes the connection first (RFC 6455 section 7.1.1) */
}

void ws_close_down(struct websocket *w)
{
    if (!x_ws_close_sent(w->link) || !conn_flushed(w->user.conn))
        return;
    if (w->shutdown.pending)
        op_succeed(&w->shutdown, WINHTTP_CALLBACK_STATUS_SHUTDOWN_COMPLETE, NULL, 0);
    if (w->close.pending && x_ws_peer_closed(w->link))
        close_done(w);
}

void ws_close_unsent(struct websocket *w, enum wh_err err)
{
    if (!w->close.pending)
        return;
    if (x_ws_peer_closed(w->link))
        close_done(w);
    else
        op_fail(&w->close, err);
}

/* Arguments and state that Shutdown and Close share, up to our close frame being queued. */
static enum wh_err begin_close(struct websocket *w, struct conn *c, USHORT status, const void *reason, DWORD len,
                               bool again)
{
    enum wh_err err = ws_ready(w, c);

    if (err != WH_OK)
        return err;
    if (w->send.pending || w->closing)
        return WH_E_STATE;
    if (x_ws_close_queued(w->link))
        return again ? WH_OK : WH_E_STATE; /* W26, W35 */
    return x_ws_close(w->link, status, span_make(reason, len));
}

/*
 * What Shutdown and Close cannot say (D18): the page lists the codes of RFC 6455 section 7.4.1, so these and the ranges
 * left to registrations and applications are taken, and nothing that no close frame may carry. 1005, which is on that
 * list too, says that there shall be no status; then there is no place for a reason either.
 */
static bool bad_close(USHORT status, const void *reason, DWORD len)
{
    if ((!reason && len) || len > WS_REASON_MAX)
        return true; /* W24, W25 */
    return status == WINHTTP_WEB_SOCKET_EMPTY_CLOSE_STATUS ? len != 0 : !ws_msg_code_allowed(status);
}

enum wh_err websocket_shutdown(struct websocket *w, USHORT status, const void *reason, DWORD len)
{
    struct ws_call k;
    enum wh_err err;

    if (bad_close(status, reason, len))
        return WH_E_ARG;
    if (!w->object.async && op_prepare_wait(&w->shutdown) != WH_OK)
        return WH_E_NOMEM;
    ws_enter_call(&k, w, WS_LANE_SEND);
    err = begin_close(w, k.c, status, reason, len, false);
    if (err != WH_OK)
        return ws_refuse_call(&k, err);
    op_begin(&w->shutdown, WINHTTP_WEB_SOCKET_SHUTDOWN_OPERATION, NULL, 0);
    return ws_leave_call(&k, &w->shutdown, CRANK_DOWN);
}

enum wh_err websocket_close(struct websocket *w, USHORT status, const void *reason, DWORD len)
{
    struct ws_call k;
    enum wh_err err;

    if (bad_close(status, reason, len))
        return WH_E_ARG;
    if (!w->object.async && op_prepare_wait(&w->close) != WH_OK)
        return WH_E_NOMEM;
    ws_enter_call(&k, w, WS_LANE_SEND | WS_HOWEVER_DEEP);
    err = begin_close(w, k.c, status, reason, len, true);
    if (err != WH_OK)
        return ws_refuse_call(&k, err);
    w->closing = true;
    if (w->receive.pending) {
        /* W44, N30: told inside this call, and before the close. No Receive follows. */
        w->receive.lane = LANE_SEND;
        op_fail(&w->receive, WH_E_CANCELLED);
    }
    op_begin(&w->close, WINHTTP_WEB_SOCKET_CLOSE_OPERATION, NULL, 0);
    x_ws_closing(w->link, clock_ms());
    return ws_leave_call(&k, &w->close, CRANK_ALL);
}

enum wh_err websocket_close_status(struct websocket *w, USHORT *status, void *reason, DWORD len, DWORD *used)
{
    struct conn *c;
    struct span text;
    uint16_t code;
    enum wh_err err;

    if (!status || !used || (!reason && len))
        return WH_E_ARG; /* W27, W28 */
    c = user_lock(&w->user);
    err = x_ws_peer_status(w->link, &code, &text);
    if (err == WH_E_STATE && w->failed && w->fail_err == WH_E_CLOSED) {
        code = WINHTTP_WEB_SOCKET_ABORTED_CLOSE_STATUS; /* D7 */
        text = span_make(NULL, 0);
        err = WH_OK;
    }
    if (err == WH_OK) {
        /* D18: the status has its place, and "will be filled upon return", also where the reason does not fit. A caller
         * that asks with (NULL, 0) for the status alone gets it. */
        *status = code;
        *used = (DWORD)text.n;
        if (text.n > len)
            err = WH_E_FULL;
        else if (text.n)
            memcpy(reason, text.p, text.n);
    }
    user_unlock(&w->user, c);
    return err;
}
