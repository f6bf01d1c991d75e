/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The WinHTTP side: what its two files share. A *line* is one asynchronous request and the WebSocket it becomes; its
 * opening runs by itself, from callback to callback, and ends with opened().
 */
#ifndef BENCH_WINHTTP_SIDE_H
#define BENCH_WINHTTP_SIDE_H

#include "bench/bench.h"

#include <winhttp.h>

extern HINTERNET side_session, side_connect;

/* Session and connection handle; certificates are not judged. */
void side_open(void);
HINTERNET side_request(const WCHAR *verb, const WCHAR *path);
/* Wire bytes of `count` frames of ours of `size` bytes. */
uint64_t side_wire(void);
BYTE *side_payload(size_t n);

/* Works; synchronous ones in winhttp_sync.c, asynchronous ones in winhttp_async.c. */
void sync_in(void);
void sync_out(void);
void sync_echo(void);
void sync_get(void);
void sync_reopen(void);
void sync_download(void);
void sync_upload(void);
void async_in(void);
void async_out(void);
void async_echo(void);
void async_get(void);
void async_download(void);
void async_many(void);
void async_spread(void);

#endif
