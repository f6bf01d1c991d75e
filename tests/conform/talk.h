/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * talk.h: one conversation of a WebSocket client, from the handshake to the last handle, as a record: what it was told,
 * where and how it ended, whether every operation completed once.
 *
 * The client receives until the server closes, and answers with the same code (or closes first, after so many
 * messages); an error ends the conversation. Asynchronous conversations run many at a time, driven by their
 * notifications alone; synchronous ones run each on a thread.
 *
 * Threads: a talk belongs to whoever runs it, until that has returned. Ownership: the connection handle is the
 * caller's; talk_free gives back what a run has left.
 */
#ifndef CONFORM_TALK_H
#define CONFORM_TALK_H

#include "story.h"

enum talk_step { TALK_SENDS, TALK_AWAITS_ANSWER, TALK_UPGRADES, TALK_RECEIVES, TALK_CLOSES, TALK_IS_OVER };

struct talk {
    /* What to do. */
    HINTERNET connect;
    unsigned number; /* asks for the path "/NUMBER" */
    DWORD flags;     /* of WinHttpOpenRequest */
    DWORD room;      /* bytes of each Receive */
    DWORD timeout;   /* ms, of what is received, and over TLS of all; 0: as they are */
    const char *say; /* a text to be sent first, or NULL */
    unsigned closes; /* after so many messages; 0: when the server does */
    LONG gates;      /* the first Receive waits for so many talk_pass, of which the talk makes one itself */

    /* What happened. */
    struct story told;   /* messages, the close frame, ! for 12152 */
    enum talk_step step; /* where it ended */
    DWORD error;         /* what ended it; 0: it is over as it should be */
    DWORD later;         /* what a Receive answers after an error */
    DWORD status_error;  /* what QueryCloseStatus answers in the end, and the status */
    USHORT status;
    BOOL wrong;               /* a piece that no server's bytes can explain: its size, its type */
    LONG accepted, completed; /* operations of the WebSocket */

    /* Of the run. */
    HINTERNET request, socket;
    LONG handles;            /* without their HANDLE_CLOSING */
    BYTE *buffer;            /* room bytes */
    struct ws_bytes message; /* so far */
    BOOL inside, text;       /* a message is incomplete, and its kind */
    unsigned messages;
    HANDLE slots; /* one is free again when it is over */
};

/* Runs these conversations, `at_once` at a time, on connections of an asynchronous session; or of a synchronous one,
 * each on one of so many threads. */
void talk_run(struct talk *list, size_t count, unsigned at_once);
void talk_run_sync(struct talk *list, size_t count, unsigned at_once);
/* Opens one of the gates. */
void talk_pass(struct talk *talk);
void talk_free(struct talk *talk);

/* Where a talk stands, for messages. */
const char *talk_step_name(enum talk_step step);

#endif
