/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Option 24: the Winsock code behind the error of 12000..12200 that this thread was told last, by a call that failed or
 * by a REQUEST_ERROR (API.md section 2 row 24). An error with no socket behind it makes it 0.
 *
 * A failure that a call is about to return has its code noted first (behind), and is told when the call returns.
 * Threads: each has its own. Ownership: nothing is allocated, the codes live in a TLS slot. Limits: a code has 16 bits,
 * as Winsock's have. Errors: none.
 */
#ifndef NOTIFY_NET_ERROR_H
#define NOTIFY_NET_ERROR_H

#include <stdbool.h>
#include <winsock2.h>
#include <windows.h>

bool net_error_attach(void); /* DllMain only, as the next */
void net_error_detach(void);

void net_error_behind(DWORD code);            /* of the failure that the call on this thread is going to return */
void net_error_returned(DWORD error);         /* the call returns this; the last error is the caller's to set */
void net_error_told(DWORD error, DWORD code); /* REQUEST_ERROR is about to be told on this thread */
DWORD net_error_last(void);

#endif
