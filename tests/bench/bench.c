/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See bench.h: arguments, the two clocks, the report. */
#include "bench/bench.h"

#include <psapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tlhelp32.h>

struct job job = {.count = 1, .size = 64, .conns = 1, .chunk = 65536};

static struct {
    LONGLONG begun;
    double seconds, cpu_begun, cpu;
    uint64_t units;
    uint64_t memory_before, memory_each;
    unsigned threads;
} tally;

void bench_fail(const char *what)
{
    fprintf(stderr, "bench: %s: %s failed, error %lu\n", job.work, what, GetLastError());
    exit(1);
}

void *bench_memory(size_t n)
{
    void *p = calloc(1, n);

    NEED(p);
    return p;
}

/* ---- clocks ---- */

static LONGLONG ticks(void)
{
    LARGE_INTEGER t;

    QueryPerformanceCounter(&t);
    return t.QuadPart;
}

static double file_time(FILETIME t)
{
    return (double)((uint64_t)t.dwHighDateTime << 32 | t.dwLowDateTime) / 1e7;
}

static double cpu_seconds(void)
{
    FILETIME created, ended, kernel, user;

    GetProcessTimes(GetCurrentProcess(), &created, &ended, &kernel, &user);
    return file_time(kernel) + file_time(user);
}

void bench_start(void)
{
    tally.cpu_begun = cpu_seconds();
    tally.begun = ticks();
}

void bench_stop(uint64_t units)
{
    LARGE_INTEGER rate;

    QueryPerformanceFrequency(&rate);
    tally.seconds = (double)(ticks() - tally.begun) / (double)rate.QuadPart;
    tally.cpu = cpu_seconds() - tally.cpu_begun;
    tally.units = units;
}

/* ---- weights ---- */

static uint64_t memory_now(void)
{
    PROCESS_MEMORY_COUNTERS m = {.cb = sizeof(m)};

    return GetProcessMemoryInfo(GetCurrentProcess(), &m, sizeof(m)) ? m.WorkingSetSize : 0;
}

static unsigned threads_now(void)
{
    HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
    THREADENTRY32 t = {.dwSize = sizeof(t)};
    unsigned n = 0;

    for (BOOL more = Thread32First(all, &t); more; more = Thread32Next(all, &t))
        n += t.th32OwnerProcessID == GetCurrentProcessId();
    CloseHandle(all);
    return n;
}

void bench_weigh_before(void)
{
    tally.memory_before = memory_now();
}

void bench_weigh(void)
{
    uint64_t now = memory_now();

    tally.memory_each = now > tally.memory_before ? (now - tally.memory_before) / job.conns : 0;
    tally.threads = threads_now();
}

/* ---- arguments ---- */

static bool take_key(const char *text)
{
    const char *value = strchr(text, '=');
    uint64_t n;

    if (!value)
        return false;
    n = strtoull(value + 1, NULL, 10);
    if (!strncmp(text, "port=", 5))
        job.port = (unsigned short)n;
    else if (!strncmp(text, "tls=", 4))
        job.tls = n != 0;
    else if (!strncmp(text, "async=", 6))
        job.async = n != 0;
    else if (!strncmp(text, "count=", 6))
        job.count = n;
    else if (!strncmp(text, "size=", 5))
        job.size = n;
    else if (!strncmp(text, "us=", 3))
        job.us = n;
    else if (!strncmp(text, "conns=", 6))
        job.conns = n;
    else if (!strncmp(text, "chunk=", 6))
        job.chunk = n;
    else
        return false;
    return true;
}

static const struct work *find_work(const char *side)
{
    const struct work *w = !strcmp(side, "winhttp")   ? winhttp_works
                           : !strcmp(side, "winsock") ? winsock_works
                           : !strcmp(side, "gnutls")  ? gnutls_works
                                                      : NULL;

    for (; w && w->name; w++)
        if (!strcmp(w->name, job.work) && w->async == job.async)
            return w;
    return NULL;
}

int main(int argc, char **argv)
{
    const struct work *w = NULL;
    WSADATA data;
    int i;

    for (i = 3; i < argc; i++)
        if (!take_key(argv[i]))
            break;
    if (argc > 2 && i == argc) {
        job.work = argv[2];
        w = find_work(argv[1]);
    }
    if (!w) {
        fprintf(stderr, "usage: bench winhttp|winsock|gnutls WORK key=value... (see bench.h)\n");
        return 2;
    }
    WSAStartup(MAKEWORD(2, 2), &data);
    w->run();
    printf("{\"units\": %llu, \"seconds\": %.6f, \"cpu\": %.6f, \"each\": %llu, \"threads\": %u}\n",
           (unsigned long long)tally.units, tally.seconds, tally.cpu, (unsigned long long)tally.memory_each,
           tally.threads);
    fflush(stdout);
    /* What is still open goes with the process, as in many programs. */
    TerminateProcess(GetCurrentProcess(), 0);
    return 0;
}
