/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Auto-reset events for threads that wait, kept from one wait to the next: under Wine making one and closing it are two
 * calls into the server, as dear as a send.
 *
 * An event may come signalled, for whoever set it last may have been late: its waiter looks at what it waits for, not
 * at the event alone. No kernel operation may still end by an event that is given back.
 *
 * Threads: any. Ownership: who takes one gives it back while it still holds the loop; what is spare is closed with the
 * loop. Limits: EVENT_SPARES. Errors: NULL, no resources.
 */
#ifndef IO_EVENT_H
#define IO_EVENT_H

#include <winsock2.h>
#include <windows.h>

/* A synchronous request takes two; so many of them may come and go side by side before any is made anew. */
#define EVENT_SPARES 32u

HANDLE event_take(void);
void event_give(HANDLE event); /* NULL is allowed */

#endif
