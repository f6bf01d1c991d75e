/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See event.h. */
#include "io/event.h"

#include "io/inner.h"
#include "io/lock.h"

static struct {
    struct lock lock;
    unsigned count;
    HANDLE spare[EVENT_SPARES];
} events = {.lock = LOCK_INIT(LOCK_LEAF)};

/* NULL: none is left. */
static HANDLE event__pop(void)
{
    HANDLE event = NULL;

    lock_exclusive(&events.lock);
    if (events.count)
        event = events.spare[--events.count];
    unlock_exclusive(&events.lock);
    return event;
}

HANDLE event_take(void)
{
    HANDLE event = event__pop();

    return event ? event : CreateEventW(NULL, FALSE, FALSE, NULL);
}

void event_give(HANDLE event)
{
    bool kept;

    if (!event)
        return;
    lock_exclusive(&events.lock);
    kept = events.count < EVENT_SPARES;
    if (kept)
        events.spare[events.count++] = event;
    unlock_exclusive(&events.lock);
    if (!kept)
        CloseHandle(event);
}

void event_forget(void)
{
    HANDLE event;

    while ((event = event__pop()) != NULL)
        CloseHandle(event);
}
