/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* inbox.c: see inbox.h. `lock` guards everything here; `changed` tells the waiting thread. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inbox.h"
#include "names.h"

static SRWLOCK lock = SRWLOCK_INIT;
static CONDITION_VARIABLE changed = CONDITION_VARIABLE_INIT;
static BYTE *message;
static DWORD filled, room;
static const BYTE *wanted;
static DWORD wanted_size;
static DWORD arrived;
static BOOL ended, differs;

static BOOL is_last_piece(WINHTTP_WEB_SOCKET_BUFFER_TYPE type)
{
    return type == WINHTTP_WEB_SOCKET_BINARY_MESSAGE_BUFFER_TYPE || type == WINHTTP_WEB_SOCKET_UTF8_MESSAGE_BUFFER_TYPE;
}

/* Makes room by doubling, so that a long message is not copied for each of its pieces. */
static BOOL append(const void *piece, DWORD size)
{
    DWORD target = room ? room : 65536;
    BYTE *larger;

    if (size > INBOX_MAX - filled)
        return FALSE;
    while (target < filled + size)
        target *= 2;
    if (target != room) {
        larger = realloc(message, target);
        if (!larger)
            return FALSE;
        message = larger;
        room = target;
    }
    if (size)
        memcpy(message + filled, piece, size);
    filled += size;
    return TRUE;
}

/* Text as it is; of binary data the beginning, in hexadecimal. */
static void print_message(BOOL text)
{
    DWORD i;

    if (text) {
        fwrite(message, 1, filled, stdout);
    } else {
        printf("[%lu bytes]", filled);
        for (i = 0; i < filled && i < 16; i++)
            printf(" %02x", message[i]);
        fputs(filled > 16 ? " ..." : "", stdout);
    }
    putchar('\n');
    fflush(stdout);
}

static void finish_message(BOOL text)
{
    if (!wanted)
        print_message(text);
    else if (filled == wanted_size && !memcmp(message, wanted, filled))
        printf("echo of %lu bytes: the same\n", filled);
    else {
        fprintf(stderr, "wscat: sent %lu bytes, and %lu other ones came back\n", wanted_size, filled);
        differs = TRUE;
    }
    fflush(stdout);
    wanted = NULL;
    filled = 0;
    arrived++;
}

BOOL inbox_take(const void *piece, DWORD size, WINHTTP_WEB_SOCKET_BUFFER_TYPE type)
{
    BOOL taken;

    AcquireSRWLockExclusive(&lock);
    taken = append(piece, size);
    if (!taken)
        fprintf(stderr, "wscat: a message of more than %lu bytes does not fit\n", filled);
    else if (is_last_piece(type))
        finish_message(type == WINHTTP_WEB_SOCKET_UTF8_MESSAGE_BUFFER_TYPE);
    ReleaseSRWLockExclusive(&lock);
    WakeAllConditionVariable(&changed);
    return taken;
}

void inbox_check_next(const void *bytes, DWORD size)
{
    AcquireSRWLockExclusive(&lock);
    wanted = bytes;
    wanted_size = size;
    ReleaseSRWLockExclusive(&lock);
}

void inbox_end(void)
{
    AcquireSRWLockExclusive(&lock);
    ended = TRUE;
    ReleaseSRWLockExclusive(&lock);
    WakeAllConditionVariable(&changed);
}

BOOL inbox_wait(DWORD count, DWORD timeout_ms)
{
    BOOL in_time = TRUE, done;

    AcquireSRWLockExclusive(&lock);
    while (arrived < count && !ended && in_time)
        in_time = SleepConditionVariableSRW(&changed, &lock, timeout_ms, 0);
    done = arrived >= count && !differs;
    if (arrived < count)
        fprintf(stderr, "wscat: %s after %lu of %lu messages\n", ended ? "the connection ended" : "nothing came",
                arrived, count);
    ReleaseSRWLockExclusive(&lock);
    return done;
}

BOOL inbox_wait_end(DWORD timeout_ms)
{
    BOOL in_time = TRUE, done;

    AcquireSRWLockExclusive(&lock);
    while (!ended && in_time)
        in_time = SleepConditionVariableSRW(&changed, &lock, timeout_ms, 0);
    done = ended;
    ReleaseSRWLockExclusive(&lock);
    return done;
}
