/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The huge chunk of a large Send, kept for the next one, whichever connection that is on: fresh memory of that size
 * costs more than masking into it does, and a connection that has said its say must not sit on it.
 *
 * Threads: any, no lock is taken; b is the caller's. Limits: SPARE_KEPT chunks in the process. Errors: none.
 */
#ifndef CORE_SPARE_H
#define CORE_SPARE_H

#include "base/buf.h"

#define SPARE_KEPT 4u /* more threads than that seldom mask at the same time; 2 MB */

void spare_lend(struct buf *b);   /* much is about to be written to b: does nothing unless it is empty */
void spare_return(struct buf *b); /* and has been sent */
void spare_forget(void);          /* the end of the loop */

#endif
