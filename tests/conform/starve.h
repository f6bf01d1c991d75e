/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * starve.h: between the plays (starve_plays.c), which say what an application does, and the stage (starve.c), which
 * lets memory run out meanwhile and looks at what that did.
 *
 * A *play* opens the session, the connection and the requests it needs, and leaves the closing to the stage. It stops
 * where a step fails; the answer is whether it came to its end. Each step is a call through one of the macros below,
 * which hold what want of memory may do: fail a call with ERROR_NOT_ENOUGH_MEMORY, which can then be made again, or
 * fail the operation that was accepted with the same number.
 */
#ifndef CONFORM_STARVE_H
#define CONFORM_STARVE_H

#include "tally.h"

/* A handle with a callback: the request, or the WebSocket that it became. */
struct actor {
    HINTERNET handle;
    HANDLE gone;            /* HANDLE_CLOSING came */
    HANDLE ended[OP_COUNT]; /* the operation has completed */
    DWORD error[OP_COUNT];  /* of the last one */
    DWORD number;           /* newest DATA_AVAILABLE, or bytes of the last READ_COMPLETE */
    WINHTTP_WEB_SOCKET_BUFFER_TYPE type;
    struct tally tally;
};

struct stage {
    BOOL async;
    DWORD secure;                   /* WINHTTP_FLAG_SECURE or 0 */
    INTERNET_PORT http, stub, echo; /* of the servers, plain or TLS */
    HINTERNET session, connect;
    struct actor request, socket;
};
extern struct stage stage;

struct play {
    const char *name;
    BOOL (*run)(void);
    BOOL silent; /* nothing reaches a server: neither TLS nor asynchronous handles make a difference */
    BOOL pools;  /* leaves connections in the pool */
};
extern const struct play plays[];
extern const unsigned play_count;

/* A call that takes effect at once; TRUE or not NULL is success. One that failed is made once more. */
#define TRY(call) ((call) || (stage_again() && (call)) || stage_refused())
BOOL stage_again(void);
BOOL stage_refused(void);

/* A call that begins an operation, which then is left alone. What an asynchronous handle has refused can be begun
 * again; a synchronous call may have failed on the way. A WebSocket that has lost its connection says so each time. */
#define BEGIN(actor, op, call)                                                                                         \
    (TALLY(&(actor)->tally, (op), stage.async, (call)) ||                                                              \
     (stage.async && stage_again() && TALLY(&(actor)->tally, (op), TRUE, (call))) || stage_still_refused(actor))
BOOL stage_still_refused(const struct actor *actor);
/* The same, and its end; the value is whether it succeeded. */
#define STEP(actor, op, call) stage_step((actor), (op), BEGIN((actor), (op), (call)))
BOOL stage_step(struct actor *actor, enum op op, BOOL accepted);

/* For functions that answer an error number. */
BOOL stage_answer(DWORD error);

/* Session and connection to host:port; a request on them, whose callback counts. */
BOOL stage_open(const WCHAR *host, INTERNET_PORT port);
BOOL stage_request(const WCHAR *verb, const WCHAR *path);
/* WinHttpWebSocketCompleteUpgrade. */
BOOL stage_socket(void);
/* Closes it; the stage closes what is still open. */
void stage_close(struct actor *actor);
/* What came is not what the server sent. */
void stage_wrong(const char *what);

void CALLBACK stage_callback(HINTERNET handle, DWORD_PTR context, DWORD status, LPVOID info, DWORD length);

#endif
