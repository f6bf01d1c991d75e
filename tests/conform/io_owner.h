/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * io_owner.h: what the tests of sockets (dlls/winhttp/io/sock.h) share: an owner of a socket as core's connection is
 * one in the DLL, with a lock and a sink, and its peer, a plain blocking socket of this process.
 */
#ifndef CONFORM_IO_OWNER_H
#define CONFORM_IO_OWNER_H

#include "io_room.h"

#include <ws2tcpip.h>
#include "io/sock.h"

#define BIG (8u << 20) /* more than the kernel buffers */

extern SOCKET listener;
extern struct sockaddr_in listener_addr;
extern uint8_t *big;
extern LONG sinks; /* calls of the sink, all in all */

/* What core's connection is in the DLL: a lock, a socket, and somebody who is told when an operation ended. */
struct owner {
    struct sock sock;
    SRWLOCK lock;
    SOCKET peer;
    HANDLE event[2]; /* receive, and connect or send: set by the sink */
    LONG sinks[2];   /* calls of the sink */
    enum wh_err err[2];
    size_t bytes[2];
    bool on_worker;
};

/* The loop, the sink, the listener and BIG bytes; and the end of them. */
void owners_start(void);
void owners_end(void);

void owner_start(struct owner *o);
enum wh_err connect_owner(struct owner *o);
/* Connected, with a peer. */
void owner_connect(struct owner *o);
void owner_end(struct owner *o);
/* The pending receive (0) or send (1) ends on the port, once, like this. */
void ends(struct owner *o, int which, enum wh_err err, size_t bytes, const char *what);
/* Under the lock, as core does: the packet may come before the call has returned. */
enum wh_err receive(struct owner *o, void *p, size_t n, HANDLE event, size_t *got);
enum wh_err send_spans(struct owner *o, const struct span *v, size_t count, HANDLE event, size_t *sent);
enum wh_err send_big(struct owner *o, HANDLE event);
/* As a call does that leaves: cancelled, and the kernel waited for. */
void take_back(struct sock_op *op, HANDLE event);
void abort_peer(struct owner *o);
/* Bytes that the peer gets until the end, which is a FIN (0) or an error. */
size_t drain_peer(struct owner *o, int *end);
/* Waits until the peer's bytes or its end have arrived at our side. */
void await_arrival(struct owner *o);

#endif
