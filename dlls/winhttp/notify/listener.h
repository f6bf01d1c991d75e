/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whom a handle tells its news: the callback that was set last, if its mask takes the status, with the handle's context
 * (SEMANTICS D11, D12; notify_set_callback and its kin are declared in lane.h).
 *
 * Threads: the lock of struct notify. Ownership: nothing is held. Errors: none.
 */
#ifndef NOTIFY_LISTENER_H
#define NOTIFY_LISTENER_H

#include "notify/lane.h"

struct listener {
    WINHTTP_STATUS_CALLBACK callback; /* NULL: nobody */
    DWORD_PTR context;
};

/* Lock held. */
struct listener listener_for(const struct notify *nt, DWORD status);

#endif
