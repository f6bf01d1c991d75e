/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Random bytes from the system's generator, buffered so that a mask key costs no system call; the only source of
 * randomness outside GnuTLS. Threads: any. Cannot fail: without a generator the process is ended, as GnuTLS does. */
#ifndef IO_RAND_H
#define IO_RAND_H

#include <stddef.h>

void rand_bytes(void *dst, size_t n);

#endif
