/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The ugly truths about sockets that decide code in sock.c, each with where it is documented or how it was measured, so
 * that sock.c itself can be about sockets as they should be.
 *
 * Threads: any. Ownership: nothing. Limits: none. Errors: none; every answer is usable.
 */
#ifndef IO_SOCK_QUIRKS_H
#define IO_SOCK_QUIRKS_H

#include <stdbool.h>
#include <winsock2.h>

/* Asks that an operation that finishes at once makes no packet. False: it will make one all the same. */
bool quirk_skip_packets(SOCKET s, int family);

/* A receive brought 0 bytes, on a socket that has not sent its FIN: was it a reset rather than the peer's FIN? */
bool quirk_was_reset(SOCKET s);

/* A receive or a send failed with this code: for want of a descriptor rather than anything about the connection? */
bool quirk_lacks_descriptor(int code);

#endif
