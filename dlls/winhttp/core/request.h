/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A request: one exchange after another with a server. Two axes, each with its own enum: what has happened on the wire
 * (wire), and which operations the application waits for (the slots send and recv). req_enter is the only setter of
 * wire.
 *
 * Guard: fields marked O: object lock; C: lock of user.conn while bound (object lock while not). Slots: C.
 * Files: request.c life; req_conn.c its connection; req_head.c headers of a request; req_send.c the way down;
 * req_recv.c the head of the response; req_read.c its body; req_add.c the application's headers; req_query.[ch] answers
 * about headers; option.h what options read and write; req_facts.h.
 */
#ifndef CORE_REQUEST_H
#define CORE_REQUEST_H

#include "core/conn.h"
#include "core/connect.h"
#include "core/req_facts.h"
#include "core/req_times.h"
#include "proto/hdr.h"
#include "proto/redirect.h"
#include "stack/exchange.h"
#include "stack/f_tls.h"

/* A request head of the application's making, bytes: far above what servers take, and it fits into the output
 * (CONN_OUT_LIMIT) as a whole. */
#define REQ_HEAD_MAX   (1u << 17)
#define REQ_HEAD_LINES 1024u
/* A response head with more lines than this is refused with 12181. */
#define RESP_HEAD_LINES 1024u

/* W12: below this SendRequest of an upgrade fails for lack of memory. */
#define WS_SEND_BUFFER_MIN 16u

/* D2: how long an asynchronous ReceiveResponse may wait on an application's thread, ms. */
#define REQ_INLINE_WAIT_MS 500u

enum req_wire {
    REQ_IDLE,     /* nothing sent, or the last send failed */
    REQ_AGAIN,    /* redirected, or the connection was stale: another exchange is about to begin (req_next.c) */
    REQ_OPENING,  /* SendRequest accepted: a connection is being made */
    REQ_SENDING,  /* SENDING_REQUEST has been told; the head and the optional data are going out */
    REQ_SENT,     /* ... and have gone; WriteData may follow */
    REQ_HEAD,     /* the response head is awaited */
    REQ_BODY,     /* the final head has been delivered; the body can be read, also after its end */
    REQ_UPGRADED, /* 101 verified: CompleteUpgrade may take the connection */
    REQ_TAKEN,    /* ... and has */
    REQ_BROKEN,   /* the exchange failed; only a new SendRequest helps */
};

/* What the follow-up of a crank has to see to. */
enum req_turn { TURN_NONE, TURN_REDIRECT, TURN_RETRY, TURN_GIVE_BACK };

struct request {
    struct object object;
    struct conn_user user;
    /* O, while no connection is bound: a redirect changes them */
    char *verb;         /* ASCII token */
    char *target;       /* escaped request target, with leading slash */
    WCHAR *object_name; /* as given, with leading slash: what the URL option shows */
    WCHAR *host;        /* of the connect handle */
    uint16_t port;      /* never 0 */
    bool secure;
    unsigned minor;  /* HTTP/1.minor of the request line */
    unsigned escape; /* URL_ESCAPE_... that made the target, before option 138 */
    WCHAR *alias;    /* what is resolved in place of host (option 165), or NULL */

    struct settings settings; /* O */
    WCHAR *credentials[4];    /* O: options 0x1000-0x1003; NULL = empty */
    bool upgrade;             /* O: option 114 */
    const void *client_cert;  /* O: PCCERT_CONTEXT, owned; option 47 */
    bool no_client_cert;      /* O */

    struct hdr headers; /* O: the application's */
    struct hdr sent;    /* O, and C while the head is written: what the last SendRequest composed of them; empty before
                           (Q36, Q37) */

    /* C */
    enum req_wire wire;
    struct op send; /* SendRequest, WriteData */
    struct op recv; /* ReceiveResponse, QueryDataAvailable, ReadData */
    struct exchange *x;
    const struct http_head *head; /* of the final response, NULL before; owned by x, which outlives the connection */
    const uint8_t *optional;      /* SendRequest's data, application memory */
    size_t optional_len, optional_done;
    uint64_t total_len;         /* announced body length */
    uint64_t body_written;      /* body bytes accepted so far, optional included */
    bool length_known;          /* false: no Content-Length of ours limits WriteData */
    bool head_written;          /* the request head is in the output */
    bool request_close;         /* the request said Connection: close */
    uint64_t sent_count;        /* bytes of head and optional data, for REQUEST_SENT */
    uint64_t rx_mark;           /* conn->rx_count when the exchange began */
    unsigned interim_left;      /* 1xx answers still tolerated (option 90) */
    uint64_t response_deadline; /* of the whole head */
    bool closing_told;          /* CLOSING_CONNECTION, CONNECTION_CLOSED were told (N27) */
    bool cert_asked;            /* D16: the server asks for a certificate, and nothing was said about one */
    struct req_times times;     /* of the last exchange */
    struct req_facts facts;     /* kept for options after the connection has gone */
    struct note gate;           /* SENDING_REQUEST: the head goes out when it has been delivered */
    enum req_turn turn;
    struct redirect_plan plan; /* of the redirect that is due */
    WCHAR *next_url;           /* where it goes; told by REDIRECT */
    struct note redirect_note;
    unsigned redirects;   /* followed since SendRequest */
    bool redirect_told;   /* since ReceiveResponse: the wait of D2 is over (N21) */
    bool resending;       /* the exchange was begun by us: nothing is told when the request has been sent but that */
    bool reused, retried; /* the connection came from the pool; one that failed was replaced */
    bool receiving;       /* a ReceiveResponse is about to take its slot */
    struct task start;    /* asynchronous SendRequest begins on a worker, */
    struct task seated;   /* and so does whoever waited for a seat */
    volatile LONG start_posted;
    struct limit_place place; /* O: where it waits for a seat, and the object is referenced for its turn */
};

static inline struct request *request_of_user(struct conn_user *u)
{
    return container_of(u, struct request, user);
}

static inline struct request *request_of(struct object *o)
{
    return (struct request *)o;
}

/* A request is on its way down: the application's SendRequest or WriteData, or ours. C. */
static inline bool req_sending(const struct request *r)
{
    return r->send.pending || r->resending;
}

/* The slot recv is taken, or about to be. C. */
static inline bool req_receiving(struct request *r)
{
    return r->receiving || op_busy(&r->recv);
}

/* request.c */
enum wh_err request_create(struct connect *c, const WCHAR *verb, const WCHAR *name, const WCHAR *version,
                           const WCHAR *referrer, const WCHAR **accept, DWORD flags, struct request **out);
void req_enter(struct request *r, enum req_wire wire);
/* Object lock held, unbound: the target is made of the object name, as flags, code page and option 138 say. */
enum wh_err req_retarget(struct request *r);
extern const struct conn_user_ops request_user_ops;

/* req_conn.c */
enum wh_err
req_start(struct request *r); /* no lock: the send slot has been begun; the outcome, or WH_OK when asynchronous */
void req_start_task(struct task *t);
void req_seated_task(struct task *t);
void req_again(struct request *r);     /* no lock; the exchange begins again, soon or here */
void req_done(struct request *r);      /* C, REQ_BODY: perhaps everything has been read that the answer holds */
void req_give_back(struct request *r); /* no lock; the follow-up of req_done */
void req_drop_conn(struct request *r); /* object lock held, not C: unbinds and lets the connection go */

/* req_next.c */
bool req_redirects(struct request *r,
                   const struct http_head *head);  /* C; a redirect that is to be followed: turn says so */
void req_lost(struct request *r, enum wh_err err); /* C; the connection failed: break, or another try */
/* Object lock held or C: all of it is ours to send again, and doing so changes nothing. */
bool req_repeatable(const struct request *r);
/* C, outside the crank, before a byte has gone: whether the connection out of the pool has ended meanwhile, or the
 * server talks of its own accord. Then another try is due, whatever the request asks for. */
bool req_forestalled(struct request *r);
void req_follow_up(struct object *o);      /* no lock */
bool req_prepare_again(struct request *r); /* no lock; true: begin */

/* req_head.c; object lock held. Composes the request's own headers behind the application's (Q36, Q37, S5, S14, W2).
 * WH_E_ARG on a contradiction. */
enum wh_err req_head_prepare(struct request *r, size_t optional_len, uint64_t total_len);
/* Lines a WebSocket handshake must own: a caller's would contradict what is verified (D6). */
bool req_head_owns(const struct request *r, struct span name);

/* The verbs. Each sets the outcome for the caller: WH_OK (complete; for asynchronous handles delivered or left to its
 * lane: *inline_done tells), or an error with which the call fails at once and no completion follows. */
enum wh_err request_send(struct request *r, const WCHAR *headers, DWORD headers_len, void *optional, DWORD optional_len,
                         DWORD total, DWORD_PTR context);
enum wh_err request_write(struct request *r, const void *data, DWORD len, DWORD *written, bool *inline_done);
enum wh_err request_receive(struct request *r);
enum wh_err request_await(struct request *r); /* the same, but waits for the head and tells no completion, also on an
                                                 asynchronous handle (W5) */
enum wh_err request_query_data(struct request *r, DWORD *available, bool *inline_done);
enum wh_err request_read(struct request *r, void *buf, DWORD len, DWORD *read, bool *inline_done);

/* req_add.c */
enum wh_err request_add_headers(struct request *r, const WCHAR *headers, DWORD len, DWORD modifiers);
enum wh_err req_add_lines(struct request *r, const WCHAR *text, size_t n,
                          unsigned flags); /* object lock held; HDR_LINES_... */

/* Internals shared by the req_ files; C held unless said otherwise. */
void req_opened(struct request *r);         /* the connection is up: SENDING_REQUEST, and what follows its delivery */
void req_send_down(struct request *r);      /* writes what there is room for, resolves the send slot */
void req_reset_exchange(struct request *r); /* object lock held, unbound: nothing of the last exchange is left */
void req_sent(struct request *r);           /* SendRequest is complete */
void req_recv_up(struct request *r);        /* looks for the response head */
void req_read_up(struct request *r);        /* serves QueryDataAvailable and ReadData */
uint64_t req_read_due(struct request *r);   /* as due, room and landed of a connection's user */
uint8_t *req_read_room(struct request *r, size_t *n);
void req_read_landed(struct request *r, size_t n);
void req_break(struct request *r, enum wh_err err); /* the exchange is over: resolves both slots */
/* One call of a verb: the claim of the lane, the lock, and the way out. */
struct req_call {
    struct request *r;
    struct conn *c; /* locked, or NULL: the object lock is held */
    bool claimed;
};
/* WH_OK, or why the call is refused whatever it asks: WH_E_CANCELLED, WH_E_STATE. Both ways the call is in the frame.
 */
enum wh_err req_enter_call(struct req_call *k, struct request *r);
/* op has been begun. Asynchronous: cranks, unlocks, delivers; *inline_done tells whether on this thread. Synchronous:
 * waits for the outcome. *result (may be NULL) gets the bytes moved, if they are known when the call returns (B23,
 * B24). */
enum wh_err req_leave_call(struct req_call *k, struct op *op, DWORD *result, bool *inline_done);
enum wh_err req_refuse_call(struct req_call *k, enum wh_err err); /* unlocks; answers err */
/*
 * A synchronous request is in one call at a time: a verb of another thread is refused with WH_E_STATE, for it could
 * neither make its callbacks nor go on when the first one leaves. Taken before any lock, ended after all of them; nests
 * on one thread. Asynchronous requests have nothing to take.
 */
enum wh_err req_take_turn(struct request *r);
void req_end_turn(struct request *r);

#endif
