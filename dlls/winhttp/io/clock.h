/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Monotonic milliseconds since an arbitrary start; the only clock of the house. Threads: any. */
#ifndef IO_CLOCK_H
#define IO_CLOCK_H

#include <stdint.h>

uint64_t clock_ms(void);
uint64_t clock_ticks(void); /* the performance counter itself, for what applications are shown */

#endif
