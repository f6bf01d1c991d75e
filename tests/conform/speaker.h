/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * speaker.h: a WebSocket whose verbs look the same on synchronous and asynchronous handles: each call answers what the
 * operation came to, an asynchronous one after its completion. So one check can be made in both manners.
 *
 * Threads: one at a time. A verb that is begun and waited for separately (speaker_begin_receive, speaker_await) is for
 * asynchronous speakers alone. What does not complete within WAIT_MS answers WAIT_TIMEOUT.
 */
#ifndef CONFORM_SPEAKER_H
#define CONFORM_SPEAKER_H

#include "harness.h"

typedef WINHTTP_WEB_SOCKET_BUFFER_TYPE TYPE;

#define BINARY          WINHTTP_WEB_SOCKET_BINARY_MESSAGE_BUFFER_TYPE
#define BINARY_FRAGMENT WINHTTP_WEB_SOCKET_BINARY_FRAGMENT_BUFFER_TYPE
#define UTF8            WINHTTP_WEB_SOCKET_UTF8_MESSAGE_BUFFER_TYPE
#define UTF8_FRAGMENT   WINHTTP_WEB_SOCKET_UTF8_FRAGMENT_BUFFER_TYPE
#define CLOSED          WINHTTP_WEB_SOCKET_CLOSE_BUFFER_TYPE

/* Operations that may be under way side by side. */
enum verb { VERB_REQUEST, VERB_RECEIVE, VERB_SEND, VERB_COUNT };

struct speaker {
    BOOL async;
    DWORD flags; /* of the request that speaker_upgrade opens */
    HINTERNET session, connect, request, socket;
    struct outcome {
        HANDLE done;
        DWORD error;
        WINHTTP_WEB_SOCKET_STATUS status;
    } outcomes[VERB_COUNT];
    LONG completions; /* all that came */
};

/* A session and a connection to 127.0.0.1:port. */
BOOL speaker_open(struct speaker *s, BOOL async, INTERNET_PORT port);
/* A request for "/NUMBER" with the upgrade option and these further header lines (or NULL); sent, and its answer
 * received. The error of the step that failed. Over TLS any certificate will do. */
DWORD speaker_ask(struct speaker *s, unsigned number, DWORD flags, const WCHAR *lines);
/* Reads the body of an answer that is no upgrade, to its end or to `size` bytes. */
DWORD speaker_read(struct speaker *s, void *buffer, DWORD size, DWORD *got);
/* Asks, then upgrades; the request is closed. A failed check, and FALSE, when that fails. */
BOOL speaker_upgrade(struct speaker *s, unsigned number);
/* Closes the WebSocket, and the request; the session and the connection. */
void speaker_hang_up(struct speaker *s);
void speaker_close_all(struct speaker *s);

DWORD speaker_send(struct speaker *s, TYPE type, const void *bytes, size_t size);
DWORD speaker_receive(struct speaker *s, void *buffer, DWORD size, DWORD *got, TYPE *type);
DWORD speaker_shutdown(struct speaker *s, USHORT status, const char *reason);
DWORD speaker_close(struct speaker *s, USHORT status, const char *reason);

/* Receives a whole message of any number of pieces into the buffer of `size` bytes; an error, or 0 and what it was. */
DWORD speaker_message(struct speaker *s, BYTE *buffer, DWORD size, DWORD room, DWORD *got, TYPE *type);

DWORD speaker_begin_receive(struct speaker *s, void *buffer, DWORD size);
DWORD speaker_await(struct speaker *s, enum verb verb);

#endif
