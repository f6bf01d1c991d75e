/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What every handle stands for: a typed, counted object with a parent, a lock, and lanes of notifications.
 *
 * References: one for the open handle, one for each call in progress, each pending operation, each lane that is being
 * drained, and each child. The last one destroys; a destructor never calls the application. Parents outlive their
 * children in memory, not as handles (SEMANTICS H2, H3). Threads: any. Lock order: object -> connection -> pool -> lane
 * lock -> handle table; never two objects of one level.
 */
#ifndef CORE_OBJECT_H
#define CORE_OBJECT_H

#include <stdbool.h>
#include <winsock2.h>
#include <windows.h>
#include <winhttp.h>
#include "base/err.h"
#include "base/list.h"
#include "notify/lane.h"

/* Same numbers as option 9 (API.md section 4.13). */
enum object_type {
    OBJECT_SESSION = WINHTTP_HANDLE_TYPE_SESSION,
    OBJECT_CONNECT = WINHTTP_HANDLE_TYPE_CONNECT,
    OBJECT_REQUEST = WINHTTP_HANDLE_TYPE_REQUEST,
    OBJECT_WEBSOCKET = WINHTTP_HANDLE_TYPE_WEBSOCKET,
};

struct object;

struct object_ops {
    /* The handle has just been closed: resolve what is pending with WH_E_CANCELLED, let go of the connection. Called
     * once, no lock held. NULL: nothing can be pending on such an object. */
    void (*closing)(struct object *o);
    void (*destroy)(struct object *o);
};

struct object {
    const struct object_ops *ops; /* constant */
    enum object_type type;        /* constant */
    struct object *parent;        /* constant, referenced; NULL for a session */
    bool async;                   /* constant, inherited from the session */
    HINTERNET handle;             /* constant once published */
    volatile LONG refs;
    struct lock lock;     /* guards the fields of the derived object that no connection guards */
    bool closed;          /* lock: the handle has been closed */
    struct notify notify; /* its own lock */
};

/*
 * Starts with one reference, the caller's. parent is referenced; callback, mask and context are inherited from it (H9,
 * H10). The loop (io/loop.h) exists while any object does: WH_E_NOMEM when it cannot be had; then o holds nothing and
 * is the caller's to free.
 */
enum wh_err object_init(struct object *o, const struct object_ops *ops, enum object_type type, struct object *parent,
                        bool async) __attribute__((warn_unused_result));
struct object *object_ref(struct object *o);
void object_unref(struct object *o);

struct object *object_session(struct object *o); /* the topmost ancestor, not referenced */
/* The rest is for the API, which looks at no field. */
enum object_type object_kind(const struct object *o);
HINTERNET object_handle(const struct object *o); /* NULL before it is published */
bool object_async(const struct object *o);
HINTERNET object_parent(const struct object *o); /* the parent's handle, which may be closed; NULL for a session */

#endif
