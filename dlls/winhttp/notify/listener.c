/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See listener.h. */
#include "notify/listener.h"
#include "core/object.h"

/* CLOSE_COMPLETE and SHUTDOWN_COMPLETE lie outside ALL_COMPLETIONS; a mask that holds all of this value takes them too
 * (D11). */
#define MASK_TAKES_CLOSE 0x017E0000u

static bool mask_takes(DWORD mask, DWORD status)
{
    if (mask & status)
        return true;
    return (status & (WINHTTP_CALLBACK_STATUS_CLOSE_COMPLETE | WINHTTP_CALLBACK_STATUS_SHUTDOWN_COMPLETE)) &&
           (mask & MASK_TAKES_CLOSE) == MASK_TAKES_CLOSE;
}

/* Clients dereference the context of HANDLE_CLOSING without a check (D12). */
struct listener listener_for(const struct notify *nt, DWORD status)
{
    struct listener who = {nt->callback, nt->context};

    if (!mask_takes(nt->mask, status) || (status == WINHTTP_CALLBACK_STATUS_HANDLE_CLOSING && !who.context))
        who.callback = NULL;
    return who;
}

WINHTTP_STATUS_CALLBACK notify_set_callback(struct object *o, WINHTTP_STATUS_CALLBACK cb, DWORD mask)
{
    WINHTTP_STATUS_CALLBACK previous;

    lock_exclusive(&o->notify.lock);
    previous = o->notify.callback;
    o->notify.callback = cb;
    o->notify.mask = mask;
    unlock_exclusive(&o->notify.lock);
    return previous;
}

WINHTTP_STATUS_CALLBACK notify_callback(struct object *o)
{
    WINHTTP_STATUS_CALLBACK cb;

    lock_shared(&o->notify.lock);
    cb = o->notify.callback;
    unlock_shared(&o->notify.lock);
    return cb;
}

void notify_set_context(struct object *o, DWORD_PTR context)
{
    lock_exclusive(&o->notify.lock);
    o->notify.context = context;
    unlock_exclusive(&o->notify.lock);
}

DWORD_PTR notify_context(struct object *o)
{
    DWORD_PTR context;

    lock_shared(&o->notify.lock);
    context = o->notify.context;
    unlock_shared(&o->notify.lock);
    return context;
}

bool notify_wanted(struct object *o, DWORD status)
{
    bool wanted;

    lock_shared(&o->notify.lock);
    wanted = o->notify.callback && mask_takes(o->notify.mask, status);
    unlock_shared(&o->notify.lock);
    return wanted;
}
