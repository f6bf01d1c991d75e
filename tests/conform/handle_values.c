/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * handle_values: what a HINTERNET's value is, and that no wrong one is ever taken for it (SEMANTICS H6, H7; CLIENTS,
 * libmatoya): closed values stay dead while others come and go, addresses are refused unread, and threads may open, use
 * and close at once.
 */
#include "harness.h"

#include <stdlib.h>

/* Above the number of slots that are there without allocating, and above how many must be free before one is used
 * again. */
#define MANY 5000

static HINTERNET first[MANY], second[MANY];

static HINTERNET open_session(void)
{
    return WinHttpOpen(NULL, WINHTTP_ACCESS_TYPE_NO_PROXY, NULL, NULL, 0);
}

static BOOL is_live(HINTERNET h)
{
    DWORD type, size = sizeof(type);

    return WinHttpQueryOption(h, WINHTTP_OPTION_HANDLE_TYPE, &type, &size);
}

static int compare(const void *a, const void *b)
{
    const ULONG_PTR x = *(const ULONG_PTR *)a, y = *(const ULONG_PTR *)b;

    return (x > y) - (x < y);
}

static int open_all(HINTERNET *handles)
{
    int good = 0;

    for (int i = 0; i < MANY; i++) {
        handles[i] = open_session();
        good += handles[i] && (INT_PTR)handles[i] > 0 &&
                (ULONG_PTR)handles[i] < (ULONG_PTR)1 << (sizeof(void *) == 8 ? 53 : 31);
    }
    return good;
}

static int count_live(const HINTERNET *handles)
{
    int live = 0;

    for (int i = 0; i < MANY; i++)
        live += is_live(handles[i]);
    return live;
}

static int close_all(const HINTERNET *handles)
{
    int closed = 0;

    for (int i = 0; i < MANY; i++)
        closed += WinHttpCloseHandle(handles[i]);
    return closed;
}

static void check_many(void)
{
    static ULONG_PTR sorted[2 * MANY];
    int same = 0;

    SAME(open_all(first), MANY, "%d handles, each positive, and exact in a double", MANY);
    SAME(count_live(first), MANY, "all of them live");
    SAME(close_all(first), MANY, "all of them are closed");
    SAME(count_live(first), 0, "H6: none of them lives");
    SAME(open_all(second), MANY, "as many again");
    SAME(count_live(first), 0, "H6: the closed ones are as dead as before");
    SAME(close_all(first), 0, "H7: and cannot be closed again");
    SAME(count_live(second), MANY, "while the new ones live");
    memcpy(sorted, first, sizeof(first));
    memcpy(sorted + MANY, second, sizeof(second));
    qsort(sorted, 2 * MANY, sizeof(sorted[0]), compare);
    for (int i = 1; i < 2 * MANY; i++)
        same += sorted[i] == sorted[i - 1];
    SAME(same, 0, "no value was given out twice");
    SAME(close_all(second), MANY, "all of the new ones are closed");
}

/* One handle opened and closed over and over: its value comes back late, if at all. */
static void check_reuse(void)
{
    HINTERNET old = open_session();
    int again = 0;

    WinHttpCloseHandle(old);
    for (int i = 0; i < 20000; i++) {
        HINTERNET h = open_session();

        again += h == old;
        WinHttpCloseHandle(h);
    }
    SAME(again, 0, "H6: a closed value is not given out again soon");
}

/* Addresses of every kind, live memory and none. */
static void check_addresses(void)
{
    HINTERNET session = open_session();
    void *heap = malloc(100);
    void *reserved = VirtualAlloc(NULL, 65536, MEM_RESERVE, PAGE_NOACCESS);
    const struct {
        const char *what;
        HINTERNET value;
    } rows[] = {
        {"of a variable that holds a handle", &session},
        {"on the heap", heap},
        {"of a constant", (void *)rows},
        {"of a function", (HINTERNET)(ULONG_PTR)&check_addresses},
        {"of memory that cannot be read", reserved},
        {"none", (HINTERNET)1},
        {"all ones", (HINTERNET) ~(ULONG_PTR)0},
        {"the next handle", (HINTERNET)((ULONG_PTR)session + 2)},
        {"the handle without its lowest bit", (HINTERNET)((ULONG_PTR)session & ~(ULONG_PTR)1)},
        {"half the handle", (HINTERNET)((ULONG_PTR)session >> (sizeof(void *) == 8 ? 32 : 16))},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        FAILS(WinHttpSetOption(rows[i].value, WINHTTP_OPTION_CONTEXT_VALUE, &heap, sizeof(heap)), ERROR_INVALID_HANDLE,
              "libmatoya: no handle: an address, %s", rows[i].what);
        FAILS(WinHttpCloseHandle(rows[i].value), ERROR_INVALID_HANDLE, "and it cannot be closed");
    }
    tap_ok(is_live(session), "the real handle is none the worse");
    WinHttpCloseHandle(session);
    VirtualFree(reserved, 0, MEM_RELEASE);
    free(heap);
}

#define THREADS 4
#define ROUNDS  5000
#define SHARED  64

static HINTERNET volatile shared[SHARED];

/* Each thread puts new handles into shared places and closes what it finds there; others use them meanwhile. */
static DWORD WINAPI use_and_close(void *arg)
{
    ULONG state = (ULONG)(ULONG_PTR)arg * 2654435761u + 1;
    LONG closed = 0;

    for (int i = 0; i < ROUNDS; i++) {
        HINTERNET h;

        state = state * 1664525u + 1013904223u;
        h = InterlockedExchangePointer((void *volatile *)&shared[(state >> 16) % SHARED], open_session());
        is_live(shared[(state >> 8) % SHARED]);
        if (h)
            closed += WinHttpCloseHandle(h);
    }
    return (DWORD)closed;
}

static void check_threads(void)
{
    HANDLE threads[THREADS];
    DWORD closed = 0, one;

    for (int i = 0; i < THREADS; i++)
        threads[i] = CreateThread(NULL, 0, use_and_close, (void *)(ULONG_PTR)i, 0, NULL);
    WaitForMultipleObjects(THREADS, threads, TRUE, INFINITE);
    for (int i = 0; i < THREADS; i++) {
        GetExitCodeThread(threads[i], &one);
        closed += one;
        CloseHandle(threads[i]);
    }
    for (int i = 0; i < SHARED; i++)
        if (shared[i])
            closed += WinHttpCloseHandle(shared[i]);
    SAME(closed, THREADS * ROUNDS, "%d threads: each of %d handles is closed exactly once", THREADS, THREADS * ROUNDS);
}

int main(void)
{
    check_many();
    check_reuse();
    check_addresses();
    check_threads();
    return tap_done();
}
