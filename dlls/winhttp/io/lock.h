/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A slim reader-writer lock that knows its place among the others.
 *
 * *Rank*: a thread takes locks in rising rank only, and never two of one rank (HOUSE, Locks). No lock at all is held
 * where the application is called, where a thread waits, and where crypt32, SSPI or DNS are asked: there stands
 * lock_none_held. A build with --enable-debug defines LOCK_RANKS, keeps for each thread which ranks it holds, and
 * asserts both; the usual build has neither the rank nor the check. Locks may be released in any order: user_lock goes
 * from an object to its connection and lets go of the object first.
 *
 * Here, in the lowest of the rooms that know Windows, because io, core and notify share one order. sys has a lock that
 * it takes with none of these held.
 *
 * Threads: any. Ownership: nothing is allocated for a lock. Limits: one rank each. Errors: none; a broken rule asserts.
 */
#ifndef IO_LOCK_H
#define IO_LOCK_H

#include <stdbool.h>
#include <winsock2.h>
#include <windows.h>

enum lock_rank {
    LOCK_REQUEST, /* a request or a WebSocket */
    LOCK_CONNECT,
    LOCK_SESSION,
    LOCK_CONN, /* a connection */
    LOCK_POOL,
    LOCK_LANE, /* an object's notifications */
    LOCK_LOOP,
    LOCK_LEAF, /* handle table, deadlines, look-ups, random bytes, thread pools: no other is taken below one of them */
};

struct lock {
    SRWLOCK srw;
#ifdef LOCK_RANKS
    enum lock_rank rank;
#endif
};

#ifdef LOCK_RANKS
#define LOCK_INIT(r)                                                                                                   \
    {                                                                                                                  \
        SRWLOCK_INIT, (r)                                                                                              \
    }
bool lock_attach(void); /* before the first lock is taken, and */
void lock_detach(void); /* behind the last: the slot in which threads keep what they hold */
void lock_init(struct lock *l, enum lock_rank rank);
void lock_take(const struct lock *l);
void lock_drop(const struct lock *l);
void lock_none_held(void);
#else
#define LOCK_INIT(r)                                                                                                   \
    {                                                                                                                  \
        SRWLOCK_INIT                                                                                                   \
    }
static inline bool lock_attach(void)
{
    return true;
}

static inline void lock_detach(void)
{
}

static inline void lock_init(struct lock *l, enum lock_rank rank)
{
    (void)rank;
    InitializeSRWLock(&l->srw);
}

static inline void lock_take(const struct lock *l)
{
    (void)l;
}

static inline void lock_drop(const struct lock *l)
{
    (void)l;
}

static inline void lock_none_held(void)
{
}
#endif

/* Tried first: under Wine that is one interlocked operation, where the other call makes two and waits for its own store
 * in between, and hardly any lock of ours is ever found taken. */
static inline void lock_exclusive(struct lock *l)
{
    lock_take(l);
    if (!TryAcquireSRWLockExclusive(&l->srw))
        AcquireSRWLockExclusive(&l->srw);
}

static inline void unlock_exclusive(struct lock *l)
{
    ReleaseSRWLockExclusive(&l->srw);
    lock_drop(l);
}

static inline void lock_shared(struct lock *l)
{
    lock_take(l);
    AcquireSRWLockShared(&l->srw);
}

static inline void unlock_shared(struct lock *l)
{
    ReleaseSRWLockShared(&l->srw);
    lock_drop(l);
}

/* Held exclusively, and no other: waits on v without it, at most ms. */
static inline void lock_sleep(struct lock *l, CONDITION_VARIABLE *v, DWORD ms)
{
    lock_drop(l);
    lock_none_held();
    SleepConditionVariableSRW(v, &l->srw, ms, 0);
    lock_take(l);
}

#endif
