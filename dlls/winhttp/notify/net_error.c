/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The slot holds two codes: in its low half the one that was told, above it the one behind the call under way. */
#include "notify/net_error.h"
#include <stdint.h>

#define FIRST_ERROR 12000u /* of those that option 24 speaks about */
#define LAST_ERROR  12200u
#define HALF        16
#define LOW         0xFFFFu

static DWORD slot = TLS_OUT_OF_INDEXES;

bool net_error_attach(void)
{
    slot = TlsAlloc();
    return slot != TLS_OUT_OF_INDEXES;
}

void net_error_detach(void)
{
    TlsFree(slot);
}

static uint32_t get(void)
{
    return (uint32_t)(uintptr_t)TlsGetValue(slot);
}

static void set(uint32_t codes)
{
    TlsSetValue(slot, (void *)(uintptr_t)codes);
}

void net_error_behind(DWORD code)
{
    set((get() & LOW) | (code & LOW) << HALF);
}

void net_error_returned(DWORD error)
{
    uint32_t codes = get(), then = codes & LOW;

    if (error >= FIRST_ERROR && error <= LAST_ERROR)
        then = codes >> HALF;
    if (then != codes)
        set(then);
}

void net_error_told(DWORD error, DWORD code)
{
    if (error >= FIRST_ERROR && error <= LAST_ERROR)
        set((get() & ~LOW) | (code & LOW));
}

DWORD net_error_last(void)
{
    return get() & LOW;
}
