/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * io_room.h: what the tests of the room io share. They are linked with the room's own objects instead of calling the
 * DLL, and hold the room to its headers: dlls/winhttp/io (HOUSE, Threads and locks on one page).
 *
 * Waiting is always for an event or for the end of a thread, never for time to pass; WAIT_MS is how long a broken room
 * is borne with.
 */
#ifndef CONFORM_IO_ROOM_H
#define CONFORM_IO_ROOM_H

#include <stdbool.h>
#include "harness.h"
#include "base/list.h"
#include "base/mem.h"
#include "io/lock.h"
#include "io/loop.h"

#define ROOM_THREADS 64

/* Threads of this process at one moment, other than the calling one. */
struct room_threads {
    DWORD count;
    DWORD ids[ROOM_THREADS];
    HANDLE handles[ROOM_THREADS];
};

/* Those that are not in `before`, which may be NULL. */
void room_threads(struct room_threads *now, const struct room_threads *before);
/* Waits until at most `rest` of them are left; closes the handles. */
bool room_threads_gone(struct room_threads *t, DWORD rest, DWORD ms);

/* A manual-reset event, not set; the program ends without it. */
HANDLE room_event(void);
bool room_wait(HANDLE event);

/* How many kernel handles this process has. */
DWORD room_handles(void);

/* The loop is up, or the program ends. */
void room_hold(void);
/* The last loop_release, and until every thread that is not in `before` has ended. */
bool room_release(const struct room_threads *before);

/* To be called first: loads the DLL that the tests' runner wants to see, though these programs do not use it. */
void room_start(void);

#endif
