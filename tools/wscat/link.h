/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * link.h: one WebSocket, opened, written to, read into the inbox, and closed, by blocking calls or by notifications.
 *
 * Blocking: a thread of ours sits in WinHttpWebSocketReceive; the caller's thread sends. Asynchronous: the callback of
 * each READ_COMPLETE starts the next receive, and the caller's thread waits for its own operations' completions.
 * Every function explains its failure on standard error and answers FALSE.
 */
#ifndef WSCAT_LINK_H
#define WSCAT_LINK_H

#include "options.h"
#include "winhttp.h"

/* Opens the WebSocket that the options name. */
BOOL link_open(const struct options *options);

/* Sends one message and waits until it is on its way. */
BOOL link_send(const void *bytes, DWORD size, BOOL binary);

/* Says that nothing more will be sent, prints what still arrives, and prints the close status of the other side. */
BOOL link_finish(void);

/* Closes every handle; allowed in any state. */
void link_close(void);

#endif
