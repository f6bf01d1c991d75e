/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The only way to memory for the pure rooms, and for the rest of the DLL, so that a test can make the nth allocation
 * fail.
 *
 * Threads: any. Ownership: what mem_alloc, mem_zalloc, mem_realloc and mem_dup return is given back with mem_free.
 * Errors: NULL; the last error of Windows is not touched on purpose.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void *mem_alloc(size_t n);              /* n bytes, not cleared; n == 0 gives a valid pointer */
void *mem_zalloc(size_t n);             /* cleared */
void *mem_realloc(void *p, size_t n);   /* on failure p stays valid and is still the caller's */
void *mem_dup(const void *p, size_t n); /* a copy */
void mem_free(void *p);                 /* NULL is allowed */
size_t mem_live(void);                  /* blocks handed out and not given back; for leak checks */

/*
 * For tests, while nobody allocates. mem_fail_at: the nth allocation from now (1 = next) and it alone fails; 0 switches
 * off; alloc_count, may be NULL, receives how many were tried since the switch was last set. mem_fail_often: each
 * every-th fails; with a seed (not 0) they fail at random distances, every on average.
 */
void mem_fail_at(size_t nth, size_t *alloc_count);
void mem_fail_often(size_t every, uint32_t seed);
/* Counts as an allocation and says whether it may be made: for what is no memory but is refused like it. */
bool mem_admit(void);

#endif
