/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * News for the application, and the only room that calls it.
 *
 * A *note* is one notification. An object has up to two *lanes*, each a serial queue of notes: requests and the rest
 * use LANE_MAIN; a WebSocket has LANE_RECEIVE (= LANE_MAIN) and LANE_SEND, so that a callback blocked in one does not
 * hold up the other. Notes of a lane are delivered one at a time, in order, by the thread that has *claimed* the lane;
 * HANDLE_CLOSING waits for both lanes and is the last note ever.
 *
 * Who claims, the one rule (HOUSE, Telling the application; SEMANTICS B20, B25, N17, W32, W44, D2, D14):
 *  - an API call on an asynchronous handle claims its lane before it starts the operation and drains it before it
 * returns, unless another thread has the claim (that thread delivers), or this thread's callbacks are nested
 * LANE_NESTING deep already;
 *  - a call made from inside a callback of the same lane finds the claim with its own thread: where the API promises a
 * result by last error (requests) it drains nested; for a WebSocket the drain below it on the stack goes on when it
 * returns;
 *  - a worker claims after it has cranked a connection; synchronous handles are drained only by the thread that is
 * inside the call.
 *
 * Threads: any; the lane lock is a leaf and is never held while the application runs. Ownership: a posted note belongs
 * to the lane until it is taken for delivery: it is copied then, so that an operation's own note is free again before
 * the application runs. info may point into the note's u. `after` runs behind the delivery, also when the mask filtered
 * the note.
 */
#ifndef NOTIFY_LANE_H
#define NOTIFY_LANE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <winsock2.h>
#include <windows.h>
#include <winhttp.h>
#include "base/err.h"
#include "base/list.h"
#include "io/lock.h"
#include "io/loop.h"

/* How long a closing thread waits for a drainer of ours that is between two of its steps, ms; it takes microseconds
 * where the machine lets it run. */
#define LANE_HAND_OVER_MS 1000u

/* A thread of the application's that came to tell the completion of its call tells no more than so many, should the
 * next ones come as fast as its callbacks ask for them: the rest is a worker's. */
#define LANE_TURN 8u

#define LANE_NESTING 3u /* completions delivered inside callbacks, per thread (SEMANTICS B25) */

enum lane_id { LANE_MAIN = 0, LANE_RECEIVE = 0, LANE_SEND = 1 };
#define LANE_COUNT 2

struct object;
struct note;

/* Runs after delivery, or instead of it when the handle was closed first (dropped); no lock held, the object is
 * referenced. */
typedef void (*note_after)(struct object *o, bool dropped);

struct note {
    struct list node; /* lane lock */
    DWORD status;
    const void *info; /* what the callback gets; may point into u or to memory that `after` frees */
    DWORD info_len;
    DWORD net_error;    /* behind a REQUEST_ERROR (net_error.h) */
    bool completion;    /* asynchronous handles only; never dropped by a close */
    bool heap;          /* the lane frees it with mem_free once delivered */
    bool ends_drain;    /* what is behind it is left to another drain (N21) */
    atomic_bool queued; /* written under the lane lock; once false, the note is its owner's again */
    DWORD not_on;       /* thread that called, and was told that the completion comes on another (B20); 0 = any */
    note_after after;   /* may be NULL */
    union {
        DWORD dword;
        HINTERNET handle;
        WINHTTP_ASYNC_RESULT result;
        WINHTTP_WEB_SOCKET_ASYNC_RESULT ws_result;
        WINHTTP_WEB_SOCKET_STATUS ws_status;
    } u;
};

struct lane {
    enum lane_id id; /* constant: its index in struct notify */
    struct list queue;
    volatile DWORD drainer; /* thread that has the claim, 0 = none; each thread may ask for itself without the lock */
    unsigned claims;        /* nested claims of that thread */
    DWORD wanted_by;        /* thread that waits for the claim (D2), 0 = none */
    HANDLE handed_over;     /* its event; the claim has been given up in its favour */
    HANDLE wake;            /* event of the drainer, set when another thread posts a note; NULL = none */
    bool yields;         /* ... and when another thread closes the handle, for which the drainer gives up its claim */
    struct task deliver; /* posted when a worker shall drain */
    bool deliver_posted;
    volatile unsigned in_app; /* its callbacks on its stack; written by it alone, raised under the lane lock */
    unsigned handed_on;       /* times a worker found a note it must not deliver (note.not_on) */
};

struct notify {
    struct lock lock;
    WINHTTP_STATUS_CALLBACK callback;
    DWORD mask;
    DWORD_PTR context;
    bool closing;         /* HANDLE_CLOSING is due behind everything queued */
    bool closed;          /* it is being, or has been delivered: nothing follows */
    unsigned now_running; /* callbacks made by notify_now that have not returned */
    struct lane lane[LANE_COUNT];
};

/* The per-thread nesting depth lives in a TLS slot. DllMain only. */
bool notify_attach(void);
void notify_detach(void);

/* inherit: the parent's, or NULL. The lanes point back to the object by container_of. */
void notify_init(struct notify *n, struct notify *inherit);

/* Settings; the previous callback is returned. */
WINHTTP_STATUS_CALLBACK notify_set_callback(struct object *o, WINHTTP_STATUS_CALLBACK cb, DWORD mask);
void notify_set_context(struct object *o, DWORD_PTR context);
DWORD_PTR notify_context(struct object *o);
WINHTTP_STATUS_CALLBACK notify_callback(struct object *o);
bool notify_wanted(struct object *o, DWORD status); /* a callback is set and its mask takes this status (D11) */

/* Queues n behind the lane's notes, with a reference of o that the caller gives up: the lane drops it behind the
 * delivery. Any lock may be held. Does not deliver. */
void notify_post(struct object *o, enum lane_id id, struct note *n);

/* A note for information: info_bytes of info are copied, info_len is what the callback is told (characters or bytes).
 * If memory fails the note is lost (WH_E_NOMEM), which matters only to a caller that relies on after. Filtered out and
 * no after: nothing is queued. */
enum wh_err notify_inform(struct object *o, enum lane_id id, DWORD status, const void *info, DWORD info_len,
                          DWORD info_bytes, note_after after);

/* At once, on this thread, not through a lane: RECEIVING_RESPONSE, HANDLE_CREATED. No lock held. */
void notify_now(struct object *o, DWORD status, const void *info, DWORD info_len);

/*
 * The claim of an API call. nested: a claim of this very thread may be nested (requests). true: the caller drains, then
 * releases.
 */
bool lane_claim(struct object *o, enum lane_id id, bool nested);
bool lane_claim_promised(struct object *o, enum lane_id id); /* of a call that tells what is promised inside it: at any
                                                                depth of callbacks */
/* Nested, of a call that waits for what only it may be able to deliver: at any depth of callbacks. With it comes
 * lane_set_wake, and both end in lane_end_waiting. */
bool lane_claim_waiting(struct object *o, enum lane_id id, HANDLE event);
void lane_end_waiting(struct object *o, enum lane_id id);
bool lane_claim_wait(struct object *o, enum lane_id id, HANDLE event,
                     DWORD ms); /* D2: asks another thread's claim to be handed over, which sets event */
/* CloseHandle on an asynchronous handle: the claim, before anything is cancelled. A drainer that is in no callback and
 * waits for nothing, or yields, gives it up at once (at most LANE_HAND_OVER_MS); one in a callback keeps it, and
 * delivers (D14). */
bool lane_claim_closing(struct object *o, enum lane_id id);
/* Claimed: set by notify_post, and for yields when CloseHandle wants the claim (lane_wanted); NULL to end. */
void lane_set_wake(struct object *o, enum lane_id id, HANDLE event, bool yields);
bool lane_wanted(struct object *o, enum lane_id id); /* another thread waits for this one's claim */
/* Delivers what is queued (claimed lanes only); true if `mine` was among what was delivered, with mine NULL if anything
 * was. */
bool lane_drain(struct object *o, enum lane_id id, const struct note *mine);
void lane_release(struct object *o,
                  enum lane_id id); /* leftover notes go to a worker; the last one out delivers HANDLE_CLOSING */

void lane_kick(
    struct object *o,
    enum lane_id id); /* the end of a call that did not get the claim: what it left goes to a worker, if to nobody */
bool note_queued(const struct note *n); /* posted and not taken yet; no lock needed */
void notify_deliver(
    struct object *o); /* a worker (or a closing thread): claims, drains and releases each lane that is free */
void notify_closing(struct object *o); /* drops queued information, makes HANDLE_CLOSING due (D12, D14); call
                                          notify_deliver behind it */
unsigned notify_depth(void);           /* callbacks of ours on this thread's stack */

#endif
