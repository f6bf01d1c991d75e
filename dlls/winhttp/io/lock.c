/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The ranks that each thread holds, one bit for each, in a slot of thread-local storage. Part of builds with
 * --enable-debug only; see lock.h.
 */
#include "io/lock.h"

#include <assert.h>
#include <stdint.h>

static DWORD held_slot = TLS_OUT_OF_INDEXES;

bool lock_attach(void)
{
    held_slot = TlsAlloc();
    return held_slot != TLS_OUT_OF_INDEXES;
}

void lock_detach(void)
{
    TlsFree(held_slot);
}

/* TlsGetValue writes the last error, which a caller may be carrying. */
static uintptr_t held(void)
{
    DWORD error = GetLastError();
    uintptr_t ranks = (uintptr_t)TlsGetValue(held_slot);

    SetLastError(error);
    return ranks;
}

static void set_held(uintptr_t ranks)
{
    TlsSetValue(held_slot, (void *)ranks);
}

void lock_init(struct lock *l, enum lock_rank rank)
{
    InitializeSRWLock(&l->srw);
    l->rank = rank;
}

void lock_take(const struct lock *l)
{
    uintptr_t ranks = held();

    assert(ranks >> l->rank == 0);
    set_held(ranks | (uintptr_t)1 << l->rank);
}

void lock_drop(const struct lock *l)
{
    uintptr_t ranks = held();

    assert(ranks >> l->rank & 1);
    set_held(ranks & ~((uintptr_t)1 << l->rank));
}

void lock_none_held(void)
{
    assert(held() == 0);
}
