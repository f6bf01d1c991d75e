/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* io_room.c: see io_room.h. */
#include "io_room.h"

#include <stdio.h>
#include <tlhelp32.h>

static void room__give_up(const char *what)
{
    printf("Bail out! %s\n", what);
    fflush(stdout);
    ExitProcess(2);
}

static bool room__known(const struct room_threads *before, DWORD id)
{
    for (DWORD i = 0; before && i < before->count; i++)
        if (before->ids[i] == id)
            return true;
    return false;
}

void room_threads(struct room_threads *now, const struct room_threads *before)
{
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
    THREADENTRY32 entry = {.dwSize = sizeof(entry)};

    now->count = 0;
    for (BOOL more = Thread32First(snapshot, &entry); more; more = Thread32Next(snapshot, &entry)) {
        HANDLE thread;

        if (entry.th32OwnerProcessID != GetCurrentProcessId() || entry.th32ThreadID == GetCurrentThreadId())
            continue;
        if (room__known(before, entry.th32ThreadID) || now->count == ROOM_THREADS)
            continue;
        thread = OpenThread(SYNCHRONIZE, FALSE, entry.th32ThreadID);
        if (!thread)
            continue; /* it has ended meanwhile */
        now->ids[now->count] = entry.th32ThreadID;
        now->handles[now->count++] = thread;
    }
    CloseHandle(snapshot);
}

bool room_threads_gone(struct room_threads *t, DWORD rest, DWORD ms)
{
    ULONGLONG until = GetTickCount64() + ms;
    DWORD left = t->count;

    while (left > rest) {
        ULONGLONG now = GetTickCount64();
        DWORD got = now >= until ? WAIT_TIMEOUT : WaitForMultipleObjects(left, t->handles, FALSE, (DWORD)(until - now));

        if (got >= WAIT_OBJECT_0 + left)
            break;
        CloseHandle(t->handles[got]);
        t->handles[got] = t->handles[--left];
    }
    for (DWORD i = 0; i < left; i++)
        CloseHandle(t->handles[i]);
    t->count = 0;
    return left <= rest;
}

HANDLE room_event(void)
{
    HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);

    if (!event)
        room__give_up("no event");
    return event;
}

bool room_wait(HANDLE event)
{
    return WaitForSingleObject(event, WAIT_MS) == WAIT_OBJECT_0;
}

/* By asking for each number: GetProcessHandleCount says 0 under Wine 8. */
DWORD room_handles(void)
{
    DWORD count = 0, flags;

    for (ULONG_PTR number = 4; number < 0x10000; number += 4)
        count += GetHandleInformation((HANDLE)number, &flags) != 0;
    return count;
}

void room_hold(void)
{
    if (loop_hold() != WH_OK)
        room__give_up("loop_hold failed");
}

bool room_release(const struct room_threads *before)
{
    struct room_threads ours;

    room_threads(&ours, before);
    loop_release();
    return room_threads_gone(&ours, 0, WAIT_MS);
}

void room_start(void)
{
    if (!lock_attach())
        room__give_up("no thread-local storage");
    if (!LoadLibraryW(L"winhttp.dll"))
        tap_diag("winhttp.dll could not be loaded: error %lu", GetLastError());
}
