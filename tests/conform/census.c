/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* census.c: see census.h. */
#include "census.h"

#include <tlhelp32.h>

#include "harness.h"

#define SETTLED 25000 /* ms: pooled connections and lingering ones have gone by then */
#define LOOKS   200   /* ms from one look to the next */

/* A snapshot may come out empty while other programs come and go. */
static DWORD threads_in_snapshot(void)
{
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
    THREADENTRY32 entry = {.dwSize = sizeof(entry)};
    DWORD count = 0;
    BOOL more;

    for (more = Thread32First(snapshot, &entry); more; more = Thread32Next(snapshot, &entry))
        count += entry.th32OwnerProcessID == GetCurrentProcessId();
    CloseHandle(snapshot);
    return count;
}

DWORD census_threads(void)
{
    DWORD count;

    do
        count = threads_in_snapshot();
    while (!count); /* this one is there */
    return count;
}

DWORD census_handles(void)
{
    DWORD count = 0, flags;
    ULONG_PTR number;

    for (number = 4; number < 0x10000; number += 4)
        count += GetHandleInformation((HANDLE)number, &flags) != 0;
    return count;
}

DWORD census_marked(HANDLE heap, const void *mark, size_t n)
{
    PROCESS_HEAP_ENTRY entry = {0};
    DWORD count = 0;

    if (!HeapLock(heap))
        return 0;
    while (HeapWalk(heap, &entry))
        count += (entry.wFlags & PROCESS_HEAP_ENTRY_BUSY) && entry.cbData >= n && !memcmp(entry.lpData, mark, n);
    HeapUnlock(heap);
    return count;
}

DWORD census_heap(HANDLE heap)
{
    return census_marked(heap, "", 0);
}

DWORD census_blocks(void)
{
    HANDLE heaps[64];
    DWORD many = GetProcessHeaps(64, heaps), count = 0, i;

    for (i = 0; i < many && i < 64; i++)
        count += census_heap(heaps[i]);
    return count;
}

BOOL census_settles(DWORD (*what)(void), DWORD most)
{
    DWORD now, waited;

    for (waited = 0; (now = what()) > most && waited < SETTLED; waited += LOOKS)
        WaitForSingleObject(GetCurrentProcess(), LOOKS); /* which does not end */
    if (now > most)
        tap_diag("%lu, not %lu at most", now, most);
    return now <= most;
}
