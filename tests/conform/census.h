/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* census.h: what this process holds at the moment, for programs that compare two moments. */
#ifndef CONFORM_CENSUS_H
#define CONFORM_CENSUS_H

#include <winsock2.h>
#include <windows.h>

DWORD census_threads(void);
/* Kernel handles, by asking for each number: GetProcessHandleCount says 0 under Wine 8. */
DWORD census_handles(void);
DWORD census_heap(HANDLE heap); /* blocks allocated on it */
/* Those that begin with these bytes. */
DWORD census_marked(HANDLE heap, const void *mark, size_t n);
/* The same on all heaps. */
DWORD census_blocks(void);

/* Waits until `what` is at most `most`, for what was closed may take its time to go; FALSE, with a remark, when it does
 * not come to that. */
BOOL census_settles(DWORD (*what)(void), DWORD most);

#endif
