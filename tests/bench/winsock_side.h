/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The works on bare Winsock: winsock_block.c, and with a completion port winsock_iocp.c. */
#ifndef BENCH_WINSOCK_SIDE_H
#define BENCH_WINSOCK_SIDE_H

#include "bench/bench.h"

void block_in(void);
void block_out(void);
void block_echo(void);
void block_get(void);
void block_reopen(void);
void block_download(void);
void block_upload(void);
void port_in(void);
void port_out(void);
void port_echo(void);
void port_get(void);
void port_download(void);
void port_many(void);
void port_spread(void);

#endif
