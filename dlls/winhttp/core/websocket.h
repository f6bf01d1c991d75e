/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A WebSocket handle: a connection taken over from an upgraded request, and a link (stack/x_ws.h) on it. One slot for
 * each verb. States are facts of the link (close frame sent, close frame seen), not another enum; what is ours is
 * below.
 *
 * Guard (user_lock): lock of user.conn for everything but user itself, the object lock once the connection has been let
 * go: when the conversation is over, or the handle closed.
 */
#ifndef CORE_WEBSOCKET_H
#define CORE_WEBSOCKET_H

#include "core/conn.h"
#include "core/request.h"
#include "stack/x_ws.h"

#define WS_REASON_MAX 123u /* RFC 6455 section 5.5: 125 bytes less the code */

struct websocket {
    struct object object;
    struct conn_user user;
    struct settings settings; /* of the request, constant */
    struct x_ws *link;
    struct op receive;
    struct op send;
    struct op shutdown;
    struct op close;
    WINHTTP_WEB_SOCKET_BUFFER_TYPE receive_type; /* of the last completed Receive */
    WINHTTP_WEB_SOCKET_BUFFER_TYPE send_type;    /* of the Send under way */
    bool send_started;                           /* its frame is not complete in the output yet */
    bool ahead_full;                             /* nobody waits and the read-ahead has no room: do not receive */
    bool close_told;                             /* a Receive has delivered the peer's close frame (W39) */
    bool closing;                                /* WinHttpWebSocketClose was called: data is discarded (W43) */
    bool failed;                                 /* the link or the connection failed, with fail_err */
    bool fail_told;                              /* a Receive has said so */
    enum wh_err fail_err;
    int fail_net_error;        /* Winsock's code behind it, 0: none */
    bool hang_up, hang_up_fin; /* follow-up: the connection is to be let go (conn_linger) */
    bool swept;                /* synchronous: a worker may arm a receive between calls */
    bool called;               /* ... if this is still false when sweep_due comes */
    uint64_t sweep_due;
};

static inline struct websocket *websocket_of(struct object *o)
{
    return (struct websocket *)o;
}

static inline struct websocket *websocket_of_user(struct conn_user *u)
{
    return container_of(u, struct websocket, user);
}

/* websocket.c */
enum wh_err websocket_create(struct request *r, DWORD_PTR context, struct websocket **out);

/* One verb each. A Win32-ready error as enum; WH_OK: done, or accepted (asynchronous). */
enum wh_err websocket_receive(struct websocket *w, void *buf, DWORD len, DWORD *got,
                              WINHTTP_WEB_SOCKET_BUFFER_TYPE *type);
enum wh_err websocket_send(struct websocket *w, WINHTTP_WEB_SOCKET_BUFFER_TYPE type, const void *buf, DWORD len);
enum wh_err websocket_shutdown(struct websocket *w, USHORT status, const void *reason, DWORD len);
enum wh_err websocket_close(struct websocket *w, USHORT status, const void *reason, DWORD len);
enum wh_err websocket_close_status(struct websocket *w, USHORT *status, void *reason, DWORD len, DWORD *used);
enum wh_err websocket_set_keepalive(struct websocket *w, DWORD ms); /* W16-W18 */
enum wh_err websocket_set_close_timeout(struct websocket *w, DWORD ms);
DWORD websocket_get_close_timeout(struct websocket *w);

/* Internals shared by the ws_ files; C held unless said otherwise. */
enum wh_err ws_ready(struct websocket *w, struct conn *c); /* whether a verb may begin at all */
void ws_receive_up(struct websocket *w);
uint64_t ws_receive_due(struct websocket *w); /* as due, room and landed of a connection's user */
uint8_t *ws_receive_room(struct websocket *w, size_t *n);
void ws_receive_landed(struct websocket *w, size_t n);
bool ws_has_unread(struct websocket *w); /* received bytes that a Receive could still take */
void ws_send_down(struct websocket *w);
void ws_close_up(struct websocket *w);
void ws_close_down(struct websocket *w);
void ws_close_unsent(struct websocket *w, enum wh_err err); /* nothing can be sent any more: what that means to Close */
void ws_echo_close(struct websocket *w);                    /* queues a close frame that repeats the peer's status */
void ws_fail(struct websocket *w, enum wh_err err);         /* resolves every slot; the connection is let go */
void ws_violated(struct websocket *w,
                 enum wh_err err); /* the same for an error of the link, whose close frame goes out first */
/* A synchronous handle between calls: when none was made in a while of CONN_SWEEP_MS, or in the next, a worker arms a
 * receive. True: the while begins now, and the deadline is to be set. */
bool ws_rest(struct websocket *w);

/* One call of a verb: the claim of the lane it may deliver, however deep in callbacks if what it tells is promised
 * inside the call (W44); the lock, and the way out. */
enum { WS_LANE_RECEIVE = 1u << LANE_RECEIVE, WS_LANE_SEND = 1u << LANE_SEND, WS_HOWEVER_DEEP = 1u << LANE_COUNT };
struct ws_call {
    struct websocket *w;
    struct conn *c; /* locked, or NULL: the object lock is held */
    bool claimed[LANE_COUNT];
};
void ws_enter_call(struct ws_call *k, struct websocket *w, unsigned lanes);
enum wh_err ws_refuse_call(struct ws_call *k, enum wh_err err); /* unlocks; answers err */
/* op has been begun. Asynchronous: cranks, unlocks, delivers. Synchronous: waits for the outcome; CRANK_ALL also
 * receives. */
enum wh_err ws_leave_call(struct ws_call *k, struct op *op, enum crank crank);

#endif
