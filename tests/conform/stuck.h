/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * stuck.h: a request that stands still in a phase of one's choice, for programs that cancel it, let its time run out,
 * or end the process around it.
 *
 * Peers are made in this process: a listener that is never accepted from (its kernel shakes hands, and takes what its
 * buffers hold), or one whose queue is full. The two phases without a peer stand still inside the system: the DLL's
 * imports of GetAddrInfoW and CertGetCertificateChain are turned to functions that wait until stuck_release.
 *
 * One request at a time for each struct; any number of those.
 */
#ifndef CONFORM_STUCK_H
#define CONFORM_STUCK_H

#include "client.h"

enum stuck_phase {
    STUCK_NAME,      /* the name is looked up; SendRequest */
    STUCK_CONNECT,   /* the peer's queue is full; SendRequest */
    STUCK_HANDSHAKE, /* no answer to the ClientHello; SendRequest */
    STUCK_VERDICT,   /* the certificate is judged; SendRequest */
    STUCK_SEND,      /* the peer reads nothing; SendRequest */
    STUCK_WRITE,     /* the peer reads nothing; WriteData */
    STUCK_HEAD,      /* the peer does not answer; ReceiveResponse */
    STUCK_AVAILABLE, /* the body does not come; QueryDataAvailable */
    STUCK_BODY,      /* the body does not come; ReadData */
    STUCK_PHASES
};

struct stuck {
    enum stuck_phase phase;
    struct client client;
    BOOL async;
    SOCKET listener, peer, fill[8];
    HANDLE completed; /* auto-reset: a completion was told */
    HANDLE closed;    /* manual: HANDLE_CLOSING was told */
    HANDLE reached;   /* manual: the phase has begun, or is about to; of calls that tell nothing, that they wait */
    HANDLE call;      /* thread of stuck_call_elsewhere */
    /* the request's notifications */
    volatile LONG completions, errors, closings, behind; /* behind: after HANDLE_CLOSING */
    DWORD error;                                         /* of the last REQUEST_ERROR */
    LONG connecting;                                     /* addresses tried */
    void (*hook)(struct stuck *s, DWORD status);         /* inside each callback; may be NULL */
};

extern const char *const stuck_names[STUCK_PHASES];

/* Session, connection, request and peer; all timeouts infinite. `flags` are WinHttpOpen's. FALSE after a skip: the
 * phase cannot be had here. */
BOOL stuck_open(struct stuck *s, enum stuck_phase phase, DWORD flags);
/* The calls before the one that gets stuck. FALSE after a failed check. */
BOOL stuck_prepare(struct stuck *s);
/* The call that gets stuck; its error, or 0. */
DWORD stuck_call(struct stuck *s);
/* The same on a thread of its own, until the phase has been reached. */
void stuck_call_elsewhere(struct stuck *s);
/* What that call answered; WAIT_TIMEOUT: it has not returned within ms. */
DWORD stuck_answer(struct stuck *s, DWORD ms);
/* Sets the event when the next call of this thread has come to its wait; at once where that cannot be seen. */
void stuck_tell_wait(HANDLE event);
/* Look-ups and verdicts under way go on. */
void stuck_release(void);
/* Closes what is open, peers too. */
void stuck_close(struct stuck *s);
/* The peer takes the connection over: s->peer. */
BOOL stuck_accept(struct stuck *s);
/* ... and says this. */
void stuck_say(struct stuck *s, const char *text);

#endif
