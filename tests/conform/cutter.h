/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cutter.h: a relay in front of a TLS server that cuts what the server says, at a place counted in TLS records (RFC
 * 8446 section 5.1). It forwards bytes and understands of them only where a record ends.
 *
 * A connection is known by its number: the client connects to 127.1.X.Y, which is number X * 256 + Y.
 *
 * Threads: as many as it can relay at a time; they live as long as the program. Limits: what comes neither way for
 * WAIT_MS ends a connection.
 */
#ifndef CONFORM_CUTTER_H
#define CONFORM_CUTTER_H

#include "wire.h"

struct cut {
    enum fault fault;
    unsigned record; /* of the server, the first is 0; UINT_MAX: it is not cut */
    int bytes;       /* of that record are let through; negative: so many are held back of the one before */
    unsigned seen;   /* records that were let through, complete */
};

/* A relay to this port; its own. cuts: one for each number, each looked at while its connection lives; served: a
 * semaphore that is released at the end of each. */
INTERNET_PORT cutter_open(INTERNET_PORT target, struct cut *cuts, HANDLE served, unsigned at_once);

/* The name by which a client reaches the relay under this number. */
void cutter_host(unsigned number, WCHAR host[16]);

#endif
