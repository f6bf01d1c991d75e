/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bench.exe SIDE WORK key=value...: does one piece of work and says what it took, as one line of JSON.
 *
 * SIDE is winhttp (whichever DLL is loaded under that name), winsock (the same on bare Winsock: what the machine can
 * do) or gnutls (bare Winsock below the GnuTLS that our DLL is linked with). Asynchronous work means callbacks there
 * and a completion port here; synchronous work means calls that block.
 *
 *   in        receive `count` messages of `size` bytes, one Receive each      keys, all numbers:
 *   out       send as many, until the server has them all                     port     of the server, 127.0.0.1
 *   echo      `count` messages of `size` bytes there and back,                tls      1: it is the TLS port
 *             the server answers after `us` microseconds                      async    1: asynchronous
 *   get       `count` GETs on one connection                                  count, size, us, conns
 *   reopen    `count` GETs, a connection each                                 chunk    bytes of one ReadData, WriteData
 *   download  `size` bytes
 *   upload    `size` bytes
 *   many      `conns` WebSockets opened, each with a Receive; then a broadcast reaches all
 *   spread    `count` echoes, round robin over `conns` WebSockets
 *
 * What is prepared before bench_start and torn down behind bench_stop is not measured. A step that fails ends the
 * program with status 1 and a line on standard error.
 */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <winsock2.h>
#include <windows.h>
#include <stdbool.h>
#include <stdint.h>

struct job {
    const char *work;
    bool tls, async;
    unsigned short port;
    uint64_t count, size, us, conns, chunk;
};

extern struct job job;

struct work {
    const char *name;
    bool async;
    void (*run)(void);
};

extern const struct work winhttp_works[], winsock_works[], gnutls_works[]; /* a NULL name ends each */

void bench_start(void);
void bench_stop(uint64_t units);
/* For many: what the process holds now; reported as bytes each, for `conns` of them, and threads. */
void bench_weigh_before(void);
void bench_weigh(void);

/* Says what failed, with the last error, and exits. */
void bench_fail(const char *what) __attribute__((noreturn));
/* good, or the end. */
#define NEED(good)                                                                                                     \
    do {                                                                                                               \
        if (!(good))                                                                                                   \
            bench_fail(#good);                                                                                         \
    } while (0)

void *bench_memory(size_t n); /* zeroed, or the end */

#define SPREAD_SIZE 64u /* bytes of a message in spread, and of a broadcast */
#define OPENING     32u /* connections that many and spread open at a time */

#endif
