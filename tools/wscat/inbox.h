/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * inbox.h: what has arrived. Joins the pieces of a message, prints it or compares it with what was sent, and lets the
 * sender wait until so many messages are there.
 *
 * One thread at a time puts pieces in (the receiver); any thread may wait. Nothing here knows of WinHTTP but the types.
 */
#ifndef WSCAT_INBOX_H
#define WSCAT_INBOX_H

#include "winhttp.h"

/* The largest message that is put together; a longer one is a failure, not a reason to fill the memory. */
#define INBOX_MAX (64u * 1024 * 1024)

/* Takes one piece. FALSE: the message is too long, or the memory is used up; standard error says so. */
BOOL inbox_take(const void *piece, DWORD size, WINHTTP_WEB_SOCKET_BUFFER_TYPE type);

/* From now on the next message is not printed, but compared with these bytes. They must stay until it has arrived. */
void inbox_check_next(const void *bytes, DWORD size);

/* Nothing will arrive any more. */
void inbox_end(void);

/* Waits until `count` messages have arrived in all. FALSE: the time is up, the connection has ended, or an echo was not
 * what was sent; standard error says which. */
BOOL inbox_wait(DWORD count, DWORD timeout_ms);

/* Waits for inbox_end(). */
BOOL inbox_wait_end(DWORD timeout_ms);

#endif
