/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * recorder.h: a status callback that remembers, and tables of what ought to have been remembered.
 *
 * A *note* is one notification. Notes stand in the order in which they came. A table of `struct expected` describes the
 * notes of one step: status, thread, how often. A *cursor* moves over the notes: each rec_expect() begins where the
 * last one ended, so a notification that no table expects is found by the next step, and by rec_expect_end() at the
 * latest.
 *
 *     static const struct expected sent[] = {
 *         {WINHTTP_CALLBACK_STATUS_SENDING_REQUEST, ANYWHERE, ONCE},
 *         {WINHTTP_CALLBACK_STATUS_SENDREQUEST_COMPLETE, OTHER, ONCE},
 *         {0}};
 *     SUCCEEDS(CALL(WinHttpSendRequest(...)), "S15 ...");
 *     rec_expect(sent, "N10 ...");
 *
 * CALL() marks the extent of an API call. CALLER means: on the thread of that call and before it returned. PROMPT means
 * CALLER, unless the call outlasted D2's wait: then the rest comes on any thread. OTHER means: on any other thread. One
 * CALL at a time; calls made inside callbacks (see rec_hook) are not marked.
 *
 * There is one recorder in a program, for it is the program's whole subject. All functions may be called on any thread.
 */
#ifndef CONFORM_RECORDER_H
#define CONFORM_RECORDER_H

#include "harness.h"

enum where { ANYWHERE, CALLER, PROMPT, OTHER };
enum often { ONCE, MAYBE, SOME };

struct expected {
    DWORD status; /* 0 ends the table */
    enum where where;
    enum often often; /* ONCE: exactly; MAYBE: at most; SOME: once or more in a row */
};

#define NOTE_INFO 64

struct note {
    HINTERNET handle;
    DWORD_PTR context;
    DWORD status;
    void *pointer; /* the information's address, valid only during the callback */
    DWORD length;
    DWORD thread;
    BOOL in_call; /* the thread was inside CALL() */
    BYTE info[NOTE_INFO];
    DWORD info_size; /* bytes of it that were copied */
};

/* The callback, for WinHttpSetStatusCallback. */
void CALLBACK rec_callback(HINTERNET handle, DWORD_PTR context, DWORD status, LPVOID info, DWORD length);

/* Forgets all notes and hooks. */
void rec_reset(void);

/* Runs an API call inside which CALLER notifications may come. The last error is what the call left. */
#define CALL(call) (rec_enter(), rec_leave((DWORD_PTR)(call)))
void rec_enter(void);
DWORD_PTR rec_leave(DWORD_PTR result);

/* One check: waits until every row that must come has come, in this order and with nothing between, and until no
 * callback runs. */
BOOL rec_expect(const struct expected *table, const char *format, ...) TAP_FORMAT(2, 3);
/* The same, but the rows may come in any order: operations that do not wait for each other. */
BOOL rec_expect_set(const struct expected *table, const char *format, ...) TAP_FORMAT(2, 3);
/* One check: nothing has come since the cursor. Waits for nothing. */
BOOL rec_expect_end(const char *format, ...) TAP_FORMAT(1, 2);
/* One check, at the end, after all handles were closed; waits for their ends. Each handle that was seen has exactly one
 * HANDLE_CLOSING and nothing after it (H8, N31); every note's information had the length its status promises; no note
 * came without handle or, with `context`, without context (D12). */
BOOL rec_expect_lives(BOOL context, const char *format, ...) TAP_FORMAT(2, 3);

/* The newest note of this status before the cursor; an empty one if there is none. */
const struct note *rec_last(DWORD status);
/* How many notes of this status came so far. */
DWORD rec_count(DWORD status);
/* Waits until `count` notes of this status have come and their callbacks have returned; FALSE after WAIT_MS. */
BOOL rec_wait(DWORD status, DWORD count);
/* Moves the cursor behind all notes that have come. */
void rec_skip(void);

/* What the information of a note was. */
DWORD note_dword(const struct note *note);
WINHTTP_ASYNC_RESULT note_result(const struct note *note);
WINHTTP_WEB_SOCKET_ASYNC_RESULT note_ws_result(const struct note *note);
WINHTTP_WEB_SOCKET_STATUS note_ws_status(const struct note *note);

/* Calls `function` inside the next callback with this status, after the note was taken. One hook a status. */
void rec_hook(DWORD status, void (*function)(HINTERNET handle, void *argument), void *argument);

#endif
