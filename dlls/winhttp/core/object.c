/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See object.h. */
#include "core/object.h"
#include <assert.h>

static enum lock_rank rank_of(enum object_type type)
{
    switch (type) {
    case OBJECT_SESSION:
        return LOCK_SESSION;
    case OBJECT_CONNECT:
        return LOCK_CONNECT;
    default:
        return LOCK_REQUEST;
    }
}

enum wh_err object_init(struct object *o, const struct object_ops *ops, enum object_type type, struct object *parent,
                        bool async)
{
    enum wh_err err = loop_hold();

    if (err)
        return err;
    o->ops = ops;
    o->type = type;
    o->parent = parent ? object_ref(parent) : NULL;
    o->async = async;
    o->handle = NULL;
    o->refs = 1;
    lock_init(&o->lock, rank_of(type));
    o->closed = false;
    notify_init(&o->notify, parent ? &parent->notify : NULL);
    return WH_OK;
}

struct object *object_ref(struct object *o)
{
    LONG refs = InterlockedIncrement(&o->refs);

    assert(refs > 1);
    (void)refs;
    return o;
}

/* A child's end may be its parent's, and so on: upwards in a loop. The loop is released when the object's memory has
 * gone. */
void object_unref(struct object *o)
{
    while (o && InterlockedDecrement(&o->refs) == 0) {
        struct object *parent = o->parent;

        o->ops->destroy(o);
        loop_release();
        o = parent;
    }
}

struct object *object_session(struct object *o)
{
    while (o->parent)
        o = o->parent;
    return o;
}

enum object_type object_kind(const struct object *o)
{
    return o->type;
}

HINTERNET object_handle(const struct object *o)
{
    return o->handle;
}

bool object_async(const struct object *o)
{
    return o->async;
}

HINTERNET object_parent(const struct object *o)
{
    return o->parent ? o->parent->handle : NULL;
}
