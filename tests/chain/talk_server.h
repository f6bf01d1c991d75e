/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The other end of talk.h: the kernel between client and server, the server's ear, and the logs. What the tests use of
 * it is in talk.h; the rest is for talk.c.
 *
 * Threads: one. Ownership: all in struct talk. Errors: what the server cannot read fails the test.
 */
#ifndef TESTS_CHAIN_TALK_SERVER_H
#define TESTS_CHAIN_TALK_SERVER_H

#include "chain/talk.h"

/* One step towards the client; returns the bytes that moved. */
size_t talk_deliver(struct talk *t);
/* Everything of the client's that the kernel takes; the server hears it. */
void talk_take(struct talk *t);

void talk_note(const struct talk *t, struct talk_log *log, const char *entry);
void talk_note_frame(const struct talk *t, struct talk_log *log, char kind, uint16_t code, struct span payload);
const char *talk_error_name(enum wh_err err);

#endif
