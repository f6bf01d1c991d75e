/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One connection to a server: a socket, a chain of floors, and the object that uses it just now (its *user*: a request
 * or a WebSocket). It exists, unconnected, from the moment an operation needs it. conn*.c are the only callers of both
 * stack and io for established links.
 *
 * The crank (conn_crank, lock held, any thread, never nested): bytes up, user's turn, bytes down in as few sends as
 * possible, a receive if someone wants bytes, the one deadline. It resolves operations; it never delivers. Afterwards
 * the caller unlocks with conn_unlock_deliver.
 *
 * Who receives: an asynchronous user's receives end on the port. A synchronous call sets rx_event while it is inside;
 * then only the thread that owns that event issues receives (and connects), every other thread that finds a reason to
 * crank sets the event. Sends always end on the port. The receive that a connection out of the pool is given at once
 * (conn_probe) belongs to no call, but to the connection, and waits for the answer: the calls that come wait for it
 * too, and should none come any more, a worker ends it.
 *
 * References: the user, each operation the kernel holds, an armed timer, a look-up or verdict under way, and whoever is
 * inside a call. Lock: c->lock guards everything below that is not marked constant, and the slots and buffers of the
 * bound user.
 */
#ifndef CORE_CONN_H
#define CORE_CONN_H

#include "core/limit.h"
#include "core/op.h"
#include "core/settings.h"
#include "io/resolve.h"
#include "io/sock.h"
#include "io/timer.h"
#include "io/work.h"
#include "stack/chain.h"
#include "sys/trust.h"

struct conn;
struct conn_user;

/* Buffers between socket and user, bytes. In: what one receive brings in bulk. Out:
 * what is masked or encrypted ahead of the kernel, and what one send hands it at most. */
#define CONN_IN_LIMIT  (4u * 65536u)
#define CONN_OUT_LIMIT BUF_CHUNK_HUGE

/* A receive that waits where the rest is to land with the caller asks for so much. */
#define CONN_FORERUNNER 16384u

/* An attempt that has brought so much is followed by one for CONN_IN_LIMIT, which costs less than a receive that waits
 * for little. A receive that waits must have brought BUF_CHUNK_LARGE, for the next may wait with all of that in
 * hand. */
#define CONN_BURST 16384u

/* Taken in at a time outside the crank, on the stack. */
#define CONN_PULL 8192u

/* Receives that may bring something before a connection is used again: room for a few tickets. Who says more wants
 * something else. */
#define CONN_PROBES 16u

/* A connection runs warm when so many requests in a row have found it silent, each within so many ms of its last byte
 * (conn_warm). No server's patience is as short; a client that asks in a loop is quicker. A server that closes behind
 * an answer, though it has not said so, does it sooner. */
#define CONN_WARM_AFTER 16u
#define CONN_WARM_MS    2u

/* So many plain bytes in a row that are due, and have room with the caller, are decrypted into his buffer. */
#define CONN_LAND_MIN 4096u

/* Closing (HOUSE, Whose memory): what the peer still sends is read and dropped, so that our last bytes are not lost to
 * a reset. A peer that says all it has before it listens again has as much under way as its socket and ours hold; more
 * than that is somebody who will not stop. */
#define CONN_LINGER_BYTES (16u * 1048576u)
#define CONN_LINGER_MS    1000u

/* A synchronous WebSocket between calls: after this silence, or up to twice as much, a worker arms a receive, so that
 * pings are answered (D3). */
#define CONN_SWEEP_MS 100u

enum conn_state {
    CONN_NEW,        /* nothing has happened */
    CONN_RESOLVING,  /* the name is being looked up */
    CONN_CONNECTING, /* an address is being tried */
    CONN_SECURING,   /* the TLS handshake runs */
    CONN_VERIFYING,  /* the certificate is being judged; no receive is armed */
    CONN_OPEN,       /* the user's bytes flow */
    CONN_POOLED,     /* no user: waits for another request (pool.h) */
    CONN_LINGER,     /* no user: output is flushed, input dropped, until the peer's FIN or CONN_LINGER_MS */
    CONN_DEAD,       /* the socket is closed; only references remain */
};

enum conn_news {
    CONN_NEWS_RESOLVING,
    CONN_NEWS_RESOLVED,
    CONN_NEWS_CONNECTING,
    CONN_NEWS_CONNECTED,
    CONN_NEWS_SECURE_FAILURE
};

/* What a connection asks of its user. All with the connection's lock held and from inside the crank; none may crank. */
struct conn_user_ops {
    void (*news)(struct conn_user *u, enum conn_news what, const void *info,
                 DWORD len);                            /* text incl. NUL in chars, or a DWORD mask */
    void (*opened)(struct conn_user *u);                /* CONN_OPEN was reached */
    void (*failed)(struct conn_user *u, enum wh_err e); /* it will not be reached: the connection is dead */
    void (*up)(struct conn_user *u);                    /* consume chain_in; look at conn_ended */
    /* Plain bytes known to come next for an operation that waits; 0: nobody knows. */
    uint64_t (*due)(struct conn_user *u);
    /* Where plain bytes that come next are wanted: *n of them, straight in a caller's buffer, without passing through
     * chain_in, which is empty; 0: nowhere. landed: n bytes have come there. */
    uint8_t *(*room)(struct conn_user *u, size_t *n);
    void (*landed)(struct conn_user *u, size_t n);
    void (*down)(
        struct conn_user *u); /* append to chain_out what there is room for; look at c->tx_error and conn_flushed */
    bool (*wants)(struct conn_user *u);                 /* more bytes are wanted now */
    uint64_t (*deadline)(struct conn_user *u);          /* earliest of the user's deadlines, clock_ms, TIMER_NEVER */
    void (*expired)(struct conn_user *u, uint64_t now); /* some of them may have passed */
    bool (*undecided)(struct conn_user *u);             /* the crank has left something to follow_up */
    void (*follow_up)(struct object *o); /* NO lock held, object referenced: what is to be decided, if anything */
};

struct conn_user {
    const struct conn_user_ops *ops;
    struct object *object;
    struct conn *conn; /* object lock and connection lock for writing, either for reading; NULL when unbound */
    struct conn *line; /* of a user that is bound once and for all: the same, constant and referenced to the end */
};

struct conn_target {
    WCHAR *host;    /* what is asked for; owned by the connection */
    WCHAR *alias;   /* what is resolved in its place (option 165), or NULL; owned by the connection */
    char *tls_host; /* the same as ASCII, for SNI and the certificate; NULL on plain connections */
    uint16_t port;
    bool secure;
};

/* Stages of the opening whose time is kept, in clock_ticks (option 142). */
enum conn_mark {
    CONN_MARK_RESOLVE,
    CONN_MARK_RESOLVED,
    CONN_MARK_CONNECT, /* to the first address */
    CONN_MARK_CONNECTED,
    CONN_MARK_SECURE,
    CONN_MARK_VERIFY, /* the server's certificates are there */
    CONN_MARK_VERIFIED,
    CONN_MARK_SECURED,
    CONN_MARKS
};

struct conn {
    volatile LONG refs;
    struct lock lock;
    /* constant */
    struct conn_target target;
    struct settings settings; /* of the request that opened it */

    enum conn_state state;
    struct conn_user *user;
    bool cranking;    /* asserts that the crank is not nested */
    uint64_t now;     /* conn_now's answer under this hold of the lock, 0: nobody has asked */
    HANDLE rx_event;  /* event of the synchronous call that owns receives, NULL: the port */
    HANDLE own_event; /* ends the one receive that stays when a synchronous call leaves (conn_probe); NULL: none yet */

    struct sock sock;
    struct chain chain;
    uint8_t *rx_space; /* memory of the receive that is under way, in chain.wire_in; bytes */
    size_t rx_size;
    size_t rx_burst;      /* the last receive came back full, or brought much: for so much ask next; 0: it did not */
    bool rx_ended;        /* FIN or an error was received */
    enum wh_err rx_error; /* why, WH_OK for FIN */
    enum wh_err tx_error; /* sending failed; nothing more goes out */
    size_t tx_busy;       /* bytes of the send the kernel holds */
    bool tx_moved;        /* it has taken some since the last step down */
    uint64_t rx_count;    /* bytes ever received, wire side */
    uint64_t rx_last;     /* clock_ms of the last byte received */
    uint64_t tx_last;     /* of the last one sent behind which another had to wait, or of CONN_OPEN */
    int net_error;        /* Winsock code of the last failure (option 24) */
    bool expiring;        /* it is not to carry another request (option 143) */
    uint32_t carried;     /* requests that have gone over it and been answered */
    uint32_t followed;    /* requests in a row that came right behind the answer before */

    /* opening (conn_open.c) */
    struct resolve *lookup;
    struct resolve_addrs addrs;
    uint64_t marks[CONN_MARKS];
    unsigned connect_failures; /* addresses tried in vain */
    unsigned addr_next;        /* index of the next address to try */
    enum wh_err lookup_err;
    bool lookup_done;
    struct work verify_work;
    struct trust_query *verify_query;
    struct tls_share *share;      /* what its TLS session has in common with others (resume.h) */
    struct trust_verdict verdict; /* kept for options 78, 32 and 147 */
    uint64_t judged;              /* clock_ms when the services were asked for it */
    enum wh_err verdict_err;
    bool verdict_done;
    bool connect_done; /* the connect under way has ended, with connect_err */
    bool connect_late; /* its time was up; it is being cancelled */
    enum wh_err connect_err;
    uint64_t open_deadline;         /* of the state it is in */
    WCHAR addr_text[RESOLVE_TEXT];  /* of the address being tried */
    DWORD addr_text_len;            /* chars with NUL */
    SOCKADDR_STORAGE local, remote; /* once it is open: asking the system costs as much as a send */

    struct timer timer;
    uint64_t timer_due;        /* what the timer is set to, TIMER_NEVER when idle */
    struct list pool_node;     /* pool's lock */
    struct limit_server *seat; /* in use or resting (limit.h); NULL: none. Constant while it is in the pool */
    uint64_t linger_deadline;  /* lingering, or pooled: when it is closed */
    size_t linger_left;
    bool linger_fin;      /* say the end of every floor, then FIN, once output is flushed */
    bool linger_notified; /* the floors have said it */
    struct task task;     /* crank on a worker */
    bool task_posted;
};

/* Takes over target (strings are freed by the connection). One reference, the caller's. WH_E_NOMEM. */
enum wh_err conn_create(const struct conn_target *target, const struct settings *settings, struct conn **out);
struct conn *conn_ref(struct conn *c);
void conn_unref(struct conn *c);

void conn_lock(struct conn *c);
void conn_unlock(struct conn *c);
uint64_t conn_now(struct conn *c); /* lock held: clock_ms when first asked under it, for asking costs a system call */
void conn_bind(struct conn *c,
               struct conn_user *u); /* lock held, and u's object lock; takes a reference of c for the user */
void conn_unbind(struct conn *c);    /* lock held, and the object's; the user's reference becomes the caller's */

/*
 * What guards a user's slots: the lock of the connection it is bound to, else its object's. The connection is returned
 * locked and alive; with NULL the object's lock is held. Both are undone by user_unlock. A user's line is asked first,
 * which saves the object's lock.
 */
struct conn *user_lock(struct conn_user *u);
void user_unlock(struct conn_user *u, struct conn *c);

/* Each does what the one before it does: sends; turns what has come already; receives. */
enum crank { CRANK_DOWN, CRANK_UP, CRANK_ALL };
void conn_crank(struct conn *c, enum crank what,
                HANDLE event);            /* event: the caller's, when it is a synchronous call; else NULL */
void conn_unlock_deliver(struct conn *c); /* unlocks; follow-ups; news of the bound object (on behalf of a worker) */
void conn_post(struct conn *c); /* lock held: crank soon, on the thread that drives (rx_event's, or a worker) */

uint64_t conn_deadline(const struct conn *c);   /* earliest of everything that can expire */
void conn_expire(struct conn *c, uint64_t now); /* lock held, not inside the crank */

/* A synchronous call: reaps what ended by its event; leaves for good (nothing of its thread stays pending). Lock held;
 * conn_leave lets go of it while it waits for the kernel. */
void conn_reap(struct conn *c);
void conn_leave(struct conn *c, HANDLE event);

/* What ends the receive that belongs to no call, while there is one: a call that waits waits for this too. Valid as
 * long as the connection. NULL: there is none. */
HANDLE conn_own_receive(const struct conn *c);

/*
 * Out of the pool, bound for a user, who is synchronous or not: a receive, at once. It does not only tell whether the
 * peer has been silent since, but waits for what he will say: as an attempt and a receive these would be two more calls
 * into the system for each request. False: something was there, bytes or an end, or there is no memory; the connection
 * is to be killed. What TLS kept for itself (a ticket, a new key) does no harm.
 */
bool conn_probe(struct conn *c, bool async);

/* That the peer has been silent need not be asked for: it was each time in a long row, and has just answered another
 * request. Only for what may be sent again should that prove wrong: the probe costs a GET on the same machine a quarter
 * of its time. conn_follow: it is taken for another request; the row goes on, or begins anew. */
void conn_follow(struct conn *c);
bool conn_warm(struct conn *c);

/* Outside the crank, before anything is said on a connection out of the pool: whether the peer has said something
 * since, or its end; then it is to be killed. What is still on its way to a worker counts where no floor could keep it
 * for itself. */
bool conn_spoken(struct conn *c);

/* Outside the crank, no receive under way: takes in what has arrived, at most CONN_PULL bytes, without waiting for
 * more. True: something came, bytes or an end; what TLS kept for itself does not show in chain_in. */
bool conn_pull(struct conn *c);

/* Moves what has come up through the floors, wanted or not; a failure of one ends what is received. */
void conn_turn_chain(struct conn *c);

void conn_trim(struct conn *c);                     /* gives back the buffers' spare memory */
void conn_idle_until(struct conn *c, uint64_t due); /* for pool.c: sets the linger deadline, and the timer */
bool conn_flushed(const struct conn *c);            /* nothing is left to be taken by the kernel */
/* Winsock's code behind err, if it is one that comes from the network (option 24); 0: none. */
int conn_net_error(const struct conn *c, enum wh_err err);
bool conn_ended(const struct conn *c); /* the peer's side has ended: chain_in holds all there will ever be */
size_t conn_out_room(struct conn *c);
/* Inside the crank: of s, application memory, what the kernel takes at once past the chain's buffers; 0 where a floor
 * or bytes that wait stand between, or look at c->tx_error. */
size_t conn_send_direct(struct conn *c, struct span s);

/*
 * Leaves the connection to itself (unbound before): flushes, says our FIN if fin (else waits for the peer's first),
 * drops input, closes. conn_kill closes now. Both with the lock held; the reference stays the caller's.
 */
void conn_linger(struct conn *c, bool fin);
void conn_kill(struct conn *c);

/* conn_open.c: advances a connection that is not open yet (only for the crank); its time limit; that nothing can be
 * sent any more; its failure. */
void conn_open_step(struct conn *c, HANDLE event);
void conn_open_expired(struct conn *c);
void conn_open_unsent(struct conn *c);
void conn_open_failed(struct conn *c, enum wh_err err);

void conn_start(void); /* sets what the loop calls; once */

#endif
