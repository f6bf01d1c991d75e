/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * client.h: the ordinary steps that come before and after what a program checks. None of them is a check itself; what
 * cannot be done here makes a failed check with the step's name, and the caller goes on with NULL handles.
 */
#ifndef CONFORM_CLIENT_H
#define CONFORM_CLIENT_H

#include "harness.h"

/* A session, one connection on it, one request on that. Any may be NULL. */
struct client {
    HINTERNET session, connect, request;
};

/* Session and connection to 127.0.0.1:port, without a proxy. `flags` are WinHttpOpen's. */
BOOL client_open(struct client *client, DWORD flags, INTERNET_PORT port);
/* The same, to this host name. */
BOOL client_open_host(struct client *client, DWORD flags, const WCHAR *host, INTERNET_PORT port);
/* Closes the former request, if any, and opens one; WINHTTP_FLAG_SECURE and the like in `flags`. */
BOOL client_request(struct client *client, const WCHAR *verb, const WCHAR *path, DWORD flags);
/* Synchronous: sends without a body and receives the head of the answer; 0 or the error of the step that failed. */
DWORD client_exchange(struct client *client);
/* Synchronous: reads the body to its end, into at most `room` bytes; the bytes read, or -1 after an error. */
long client_read_all(struct client *client, void *buffer, DWORD room);
/* The status code of the answer, or 0. */
DWORD client_status(struct client *client);
/* Closes what is open, children first. */
void client_close(struct client *client);

/* Synchronous: a request upgraded to a WebSocket; the request is closed. NULL after a failed check. */
HINTERNET client_web_socket(struct client *client, const WCHAR *path, DWORD flags);

/* Session-wide: callback and context, to be inherited by what is opened later. */
void client_listen(struct client *client, WINHTTP_STATUS_CALLBACK callback, DWORD_PTR context);

#endif
