/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * recorder.c: see recorder.h. The notes lie in one array of fixed size; more than fit are counted and reported as a
 * failure by the next check, for a test that makes so many should not use the recorder.
 *
 * Threads: `lock` guards the notes; `more` wakes whoever waits for them. Hooks run without the lock, inside the
 * callback.
 */
#include <stdarg.h>
#include <stdio.h>

#include "recorder.h"

#define NOTES 4096
#define HOOKS 8

#define OUTLASTS 400 /* ms of a call: D2's wait, without what a coarse clock may swallow */

static SRWLOCK lock = SRWLOCK_INIT;
static CONDITION_VARIABLE more = CONDITION_VARIABLE_INIT;
static struct note notes[NOTES];
static unsigned count, cursor, lost, running;
static DWORD calling_thread, caller;
static ULONGLONG entered; /* when the last call began */
static BOOL outlasted;    /* it took longer than D2 lets it wait */

static struct hook {
    DWORD status;
    void (*function)(HINTERNET handle, void *argument);
    void *argument;
} hooks[HOOKS];
static unsigned hook_count;

/* ---- taking notes ---- */

/* Whether the information is something to look at: a length without a pointer, or a pointer that is the caller's own
 * buffer (READ_COMPLETE of a request), is not copied blindly beyond what the length says. */
static void copy_info(struct note *note, const void *info, DWORD length)
{
    DWORD size = length;

    switch (note->status) {
    case WINHTTP_CALLBACK_STATUS_RESOLVING_NAME:
    case WINHTTP_CALLBACK_STATUS_NAME_RESOLVED:
    case WINHTTP_CALLBACK_STATUS_CONNECTING_TO_SERVER:
    case WINHTTP_CALLBACK_STATUS_CONNECTED_TO_SERVER:
    case WINHTTP_CALLBACK_STATUS_REDIRECT:
        size = length * sizeof(WCHAR); /* strings are counted in characters */
        break;
    }
    if (!info)
        return;
    note->info_size = size < NOTE_INFO ? size : NOTE_INFO;
    memcpy(note->info, info, note->info_size);
}

void CALLBACK rec_callback(HINTERNET handle, DWORD_PTR context, DWORD status, LPVOID info, DWORD length)
{
    struct hook hook = {0};
    struct note note = {.handle = handle, .context = context, .status = status, .pointer = info, .length = length};
    unsigned i;

    note.thread = GetCurrentThreadId();
    copy_info(&note, info, length);
    AcquireSRWLockExclusive(&lock);
    note.in_call = note.thread == calling_thread;
    if (count < NOTES)
        notes[count++] = note;
    else
        lost++;
    for (i = 0; i < hook_count && !hook.function; i++)
        if (hooks[i].status == status) {
            hook = hooks[i];
            hooks[i] = hooks[--hook_count];
        }
    running++;
    ReleaseSRWLockExclusive(&lock);
    if (hook.function)
        hook.function(handle, hook.argument);
    AcquireSRWLockExclusive(&lock);
    running--;
    ReleaseSRWLockExclusive(&lock);
    WakeAllConditionVariable(&more);
}

void rec_reset(void)
{
    AcquireSRWLockExclusive(&lock);
    count = cursor = lost = hook_count = 0;
    ReleaseSRWLockExclusive(&lock);
}

void rec_hook(DWORD status, void (*function)(HINTERNET handle, void *argument), void *argument)
{
    AcquireSRWLockExclusive(&lock);
    hooks[hook_count++] = (struct hook){status, function, argument};
    ReleaseSRWLockExclusive(&lock);
}

void rec_enter(void)
{
    AcquireSRWLockExclusive(&lock);
    calling_thread = caller = GetCurrentThreadId();
    entered = GetTickCount64();
    ReleaseSRWLockExclusive(&lock);
    SetLastError(POISON);
}

DWORD_PTR rec_leave(DWORD_PTR result)
{
    DWORD error = GetLastError();

    AcquireSRWLockExclusive(&lock);
    calling_thread = 0;
    outlasted = GetTickCount64() - entered >= OUTLASTS;
    ReleaseSRWLockExclusive(&lock);
    SetLastError(error);
    return result;
}

/* ---- comparing with tables ---- */

enum match { MATCHED, INCOMPLETE, WRONG };

static BOOL row_takes(const struct expected *row, const struct note *note)
{
    if (row->status != note->status)
        return FALSE;
    if (row->where == CALLER)
        return note->in_call;
    if (row->where == PROMPT)
        return note->in_call || outlasted;
    if (row->where == OTHER)
        return note->thread != caller;
    return TRUE;
}

/* Rows in order, each as greedy as its `often` allows. `end` is where the match ended, or the note that is wrong. */
static enum match match_in_order(const struct expected *row, unsigned *end)
{
    unsigned at = cursor;
    enum match result = MATCHED;

    for (; row->status && result == MATCHED; row++) {
        if (at < count && row_takes(row, &notes[at])) {
            at++;
            while (row->often == SOME && at < count && row_takes(row, &notes[at]))
                at++;
        } else if (row->often != MAYBE)
            result = at < count ? WRONG : INCOMPLETE;
    }
    *end = at;
    return result;
}

/* As many notes as rows that are not MAYBE; each note takes the first row that is free and fits. */
static enum match match_any_order(const struct expected *table, unsigned *end)
{
    unsigned taken = 0, needed = 0, row, at;

    for (row = 0; table[row].status; row++)
        needed += table[row].often != MAYBE;
    for (at = cursor; at < count && needed; at++) {
        for (row = 0; table[row].status; row++)
            if (!(taken & 1u << row) && row_takes(&table[row], &notes[at]))
                break;
        *end = at;
        if (!table[row].status)
            return WRONG;
        taken |= 1u << row;
        needed -= table[row].often != MAYBE;
    }
    *end = at;
    return needed ? INCOMPLETE : MATCHED;
}

static const char *where_name(enum where where)
{
    static const char *const names[] = {
        [ANYWHERE] = "any thread", [CALLER] = "calling thread", [PROMPT] = "caller, if soon", [OTHER] = "other thread"};

    return names[where];
}

static void show_note(const struct note *note)
{
    tap_diag("  got %-22s %-15s thread %04lx handle %p length %lu", status_name(note->status),
             note->in_call            ? "calling thread"
             : note->thread == caller ? "caller, later"
                                      : "other thread",
             note->thread, note->handle, note->length);
    if (note->status == WINHTTP_CALLBACK_STATUS_REQUEST_ERROR)
        tap_diag("    error %lu %s", note_result(note).dwError, error_name(note_result(note).dwError));
}

static void show_difference(const struct expected *table, unsigned from, unsigned to)
{
    for (; table->status; table++)
        tap_diag("  expected %-22s %-15s%s", status_name(table->status), where_name(table->where),
                 table->often == MAYBE  ? " (or not)"
                 : table->often == SOME ? " (or more)"
                                        : "");
    for (; from < to; from++)
        show_note(&notes[from]);
}

/* Whether the step that a table describes is over, be it as described or not: its last status has come, or an error. */
static BOOL step_is_over(const struct expected *table)
{
    DWORD last = 0;
    unsigned at;

    for (; table->status; table++)
        last = table->status;
    for (at = cursor; at < count; at++)
        if (notes[at].status == last || notes[at].status == WINHTTP_CALLBACK_STATUS_REQUEST_ERROR)
            return TRUE;
    return FALSE;
}

static BOOL expect(const struct expected *table, enum match (*match)(const struct expected *, unsigned *),
                   const char *format, va_list arguments)
{
    char text[200];
    unsigned end = 0, from;
    enum match result;

    vsnprintf(text, sizeof(text), format, arguments);
    AcquireSRWLockExclusive(&lock);
    /* A step that goes wrong is waited for as well, so that the next one does not find its rest. And callbacks must
     * have returned: while one runs, the thread that runs it also delivers what comes next (D14). */
    while ((result = match(table, &end)) == INCOMPLETE || running || (result == WRONG && !step_is_over(table)))
        if (!SleepConditionVariableSRW(&more, &lock, WAIT_MS, 0))
            break;
    from = cursor;
    cursor = result == MATCHED ? end : count;
    end = cursor;
    ReleaseSRWLockExclusive(&lock);
    if (!tap_ok(result == MATCHED && !lost, "%s", text)) {
        tap_diag(result == INCOMPLETE ? "something did not come within %u ms" : "not as expected", WAIT_MS);
        show_difference(table, from, end);
    }
    return result == MATCHED;
}

BOOL rec_expect(const struct expected *table, const char *format, ...)
{
    va_list arguments;
    BOOL pass;

    va_start(arguments, format);
    pass = expect(table, match_in_order, format, arguments);
    va_end(arguments);
    return pass;
}

BOOL rec_expect_set(const struct expected *table, const char *format, ...)
{
    va_list arguments;
    BOOL pass;

    va_start(arguments, format);
    pass = expect(table, match_any_order, format, arguments);
    va_end(arguments);
    return pass;
}

BOOL rec_expect_end(const char *format, ...)
{
    char text[200];
    unsigned from, to;
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    AcquireSRWLockExclusive(&lock);
    from = cursor;
    to = cursor = count;
    ReleaseSRWLockExclusive(&lock);
    if (tap_ok(from == to, "%s", text))
        return TRUE;
    for (; from < to; from++)
        show_note(&notes[from]);
    return FALSE;
}

/* ---- what every note must satisfy ---- */

/* The length that a status promises for its information (API 3.1), or -1 where there is no such promise. */
static long promised_length(const struct note *note)
{
    switch (note->status) {
    case WINHTTP_CALLBACK_STATUS_SENDING_REQUEST:
    case WINHTTP_CALLBACK_STATUS_RECEIVING_RESPONSE:
    case WINHTTP_CALLBACK_STATUS_CLOSING_CONNECTION:
    case WINHTTP_CALLBACK_STATUS_CONNECTION_CLOSED:
    case WINHTTP_CALLBACK_STATUS_HEADERS_AVAILABLE:
    case WINHTTP_CALLBACK_STATUS_CLOSE_COMPLETE:
    case WINHTTP_CALLBACK_STATUS_SHUTDOWN_COMPLETE:
        return 0;
    case WINHTTP_CALLBACK_STATUS_REQUEST_SENT:
    case WINHTTP_CALLBACK_STATUS_RESPONSE_RECEIVED:
    case WINHTTP_CALLBACK_STATUS_INTERMEDIATE_RESPONSE:
    case WINHTTP_CALLBACK_STATUS_SECURE_FAILURE:
    case WINHTTP_CALLBACK_STATUS_DATA_AVAILABLE:
        return sizeof(DWORD);
    case WINHTTP_CALLBACK_STATUS_HANDLE_CREATED:
    case WINHTTP_CALLBACK_STATUS_HANDLE_CLOSING:
        return sizeof(HINTERNET);
    }
    return -1;
}

static BOOL note_is_sound(const struct note *note, BOOL context)
{
    long promised = promised_length(note);

    if (!note->handle || (context && !note->context))
        return FALSE;
    if (promised >= 0 && note->length != (DWORD)promised)
        return FALSE;
    if (note->status <= WINHTTP_CALLBACK_STATUS_CONNECTED_TO_SERVER && (!note->pointer || !note->length))
        return FALSE;
    return promised <= 0 || note->pointer;
}

/* What follows note `at` on the same handle: another HANDLE_CLOSING, or anything. HANDLE_CREATED is told on a parent.
 */
static BOOL closes_last(unsigned at)
{
    unsigned later;

    for (later = at + 1; later < count; later++)
        if (notes[later].handle == notes[at].handle)
            return FALSE;
    return TRUE;
}

static BOOL is_closed(HINTERNET handle)
{
    unsigned at;

    for (at = 0; at < count; at++)
        if (notes[at].handle == handle && notes[at].status == WINHTTP_CALLBACK_STATUS_HANDLE_CLOSING)
            return TRUE;
    return FALSE;
}

static BOOL all_closed(void)
{
    unsigned at;

    for (at = 0; at < count; at++)
        if (!is_closed(notes[at].handle))
            return FALSE;
    return TRUE;
}

BOOL rec_expect_lives(BOOL context, const char *format, ...)
{
    char text[200];
    unsigned at, bad = 0, first = 0;
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    AcquireSRWLockExclusive(&lock);
    while (!all_closed() && SleepConditionVariableSRW(&more, &lock, WAIT_MS, 0))
        ;
    ReleaseSRWLockExclusive(&lock);
    for (at = 0; at < count; at++) {
        BOOL closing = notes[at].status == WINHTTP_CALLBACK_STATUS_HANDLE_CLOSING;
        BOOL good = note_is_sound(&notes[at], context) && (!closing || closes_last(at)) && is_closed(notes[at].handle);

        if (!good && !bad++)
            first = at;
    }
    if (tap_ok(!bad && count, "%s", text))
        return TRUE;
    tap_diag("%u notes have a wrong shape, come after HANDLE_CLOSING, or are of a handle without one; the first:", bad);
    show_note(&notes[first]);
    return FALSE;
}

/* ---- asking ---- */

const struct note *rec_last(DWORD status)
{
    static const struct note none;
    const struct note *found = &none;
    unsigned at;

    AcquireSRWLockExclusive(&lock);
    for (at = 0; at < cursor; at++)
        if (notes[at].status == status)
            found = &notes[at];
    ReleaseSRWLockExclusive(&lock);
    return found;
}

static DWORD count_locked(DWORD status)
{
    unsigned at;
    DWORD found = 0;

    for (at = 0; at < count; at++)
        found += notes[at].status == status;
    return found;
}

DWORD rec_count(DWORD status)
{
    DWORD found;

    AcquireSRWLockExclusive(&lock);
    found = count_locked(status);
    ReleaseSRWLockExclusive(&lock);
    return found;
}

BOOL rec_wait(DWORD status, DWORD wanted)
{
    BOOL come;

    AcquireSRWLockExclusive(&lock);
    while (!(come = count_locked(status) >= wanted) || running)
        if (!SleepConditionVariableSRW(&more, &lock, WAIT_MS, 0))
            break;
    ReleaseSRWLockExclusive(&lock);
    return come;
}

void rec_skip(void)
{
    AcquireSRWLockExclusive(&lock);
    cursor = count;
    ReleaseSRWLockExclusive(&lock);
}

DWORD note_dword(const struct note *note)
{
    DWORD value;

    memcpy(&value, note->info, sizeof(value));
    return value;
}

WINHTTP_ASYNC_RESULT note_result(const struct note *note)
{
    WINHTTP_ASYNC_RESULT value;

    memcpy(&value, note->info, sizeof(value));
    return value;
}

WINHTTP_WEB_SOCKET_ASYNC_RESULT note_ws_result(const struct note *note)
{
    WINHTTP_WEB_SOCKET_ASYNC_RESULT value;

    memcpy(&value, note->info, sizeof(value));
    return value;
}

WINHTTP_WEB_SOCKET_STATUS note_ws_status(const struct note *note)
{
    WINHTTP_WEB_SOCKET_STATUS value;

    memcpy(&value, note->info, sizeof(value));
    return value;
}
