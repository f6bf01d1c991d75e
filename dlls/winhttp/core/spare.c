/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/spare.h"
#include <winsock2.h>
#include <windows.h>

static void *volatile kept[SPARE_KEPT];

void spare_lend(struct buf *b)
{
    struct buf_chunk *c;

    if (buf_len(b))
        return;
    c = buf_take_huge(b); /* it has one of its own */
    for (unsigned i = 0; !c && i < SPARE_KEPT; i++)
        c = InterlockedExchangePointer(&kept[i], NULL);
    if (c)
        buf_give_spare(b, c);
}

void spare_return(struct buf *b)
{
    struct buf_chunk *c = buf_take_huge(b);

    if (!c)
        return;
    for (unsigned i = 0; i < SPARE_KEPT; i++)
        if (!InterlockedCompareExchangePointer(&kept[i], c, NULL))
            return;
    buf_give_spare(b, c);
    buf_trim(b);
}

void spare_forget(void)
{
    struct buf b;

    buf_init(&b, 0);
    for (unsigned i = 0; i < SPARE_KEPT; i++) {
        spare_lend(&b);
        buf_trim(&b);
    }
}
