/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Random bytes: a small store filled by BCryptGenRandom and handed out byte by byte, so that the four bytes of a
 * WebSocket mask (RFC 6455 section 5.3: unpredictable, a fresh one for every frame) cost a copy. Bytes that were handed
 * out are wiped from the store; requests that are large for it go to the system.
 *
 * Threads: any; one lock, a leaf. Ownership: nothing. Limits: none. Errors: none are returned; without random bytes
 * masks, keys and nonces could be guessed, so the process ends.
 */
#include "io/rand.h"

#include <stdint.h>
#include <string.h>
#include <winsock2.h>
#include <windows.h>
#include <bcrypt.h>
#include "io/lock.h"

#define RAND_STORE 512u

static struct {
    struct lock lock;
    size_t left; /* the last so many bytes of the store are fresh */
    uint8_t store[RAND_STORE];
} rand_pool = {.lock = LOCK_INIT(LOCK_LEAF)};

static void rand__system(void *dst, size_t n)
{
    uint8_t *p = dst;

    while (n) {
        ULONG part = n < 0x10000000u ? (ULONG)n : 0x10000000u;

        if (BCryptGenRandom(NULL, p, part, BCRYPT_USE_SYSTEM_PREFERRED_RNG) < 0)
            RaiseFailFastException(NULL, NULL, 0);
        p += part;
        n -= part;
    }
}

void rand_bytes(void *dst, size_t n)
{
    uint8_t *from;

    if (n > RAND_STORE / 4) {
        rand__system(dst, n);
        return;
    }
    lock_exclusive(&rand_pool.lock);
    if (rand_pool.left < n) {
        rand__system(rand_pool.store, RAND_STORE);
        rand_pool.left = RAND_STORE;
    }
    from = rand_pool.store + (RAND_STORE - rand_pool.left);
    memcpy(dst, from, n);
    SecureZeroMemory(from, n);
    rand_pool.left -= n;
    unlock_exclusive(&rand_pool.lock);
}
