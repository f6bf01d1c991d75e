/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Milliseconds from the performance counter: monotonic, and finer than the 16 ms steps of GetTickCount64 (the same on
 * Windows and under Wine), which would turn a limit of 100 ms into anything from 94 to 110.
 *
 * Threads: any. Ownership: nothing. Limits: none in this universe. Errors: the counter is documented never to fail
 * since Windows XP.
 */
#include "io/clock.h"

#include <winsock2.h>
#include <windows.h>

uint64_t clock_ticks(void)
{
    LARGE_INTEGER ticks;

    QueryPerformanceCounter(&ticks);
    return (uint64_t)ticks.QuadPart;
}

uint64_t clock_ms(void)
{
    LARGE_INTEGER ticks, per_second;
    uint64_t t, f;

    QueryPerformanceFrequency(&per_second);
    QueryPerformanceCounter(&ticks);
    t = (uint64_t)ticks.QuadPart;
    f = (uint64_t)per_second.QuadPart;
    /* Seconds and their rest apart, since ticks * 1000 could overflow. */
    return t / f * 1000 + t % f * 1000 / f;
}
