/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* harness.c: see harness.h. Results go to standard output, one flushed line each, so that a crash loses none. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <io.h>
#include <fcntl.h>

#include "harness.h"

static LONG checks, failures;
static SRWLOCK output_lock = SRWLOCK_INIT;

/* ---- TAP ---- */

/* One line: what stands before the text, the text, a line feed. Standard output is switched to bytes, because TAP
 * readers on Linux do not expect CR. */
static void print_line(const char *before, const char *format, va_list arguments)
{
    static BOOL binary;

    AcquireSRWLockExclusive(&output_lock);
    if (!binary) {
        _setmode(1, _O_BINARY);
        binary = TRUE;
    }
    fputs(before, stdout);
    vprintf(format, arguments);
    fputs("\n", stdout);
    fflush(stdout);
    ReleaseSRWLockExclusive(&output_lock);
}

static BOOL report(BOOL pass, const char *format, va_list arguments)
{
    char before[40];

    snprintf(before, sizeof(before), "%s %ld - ", pass ? "ok" : "not ok", InterlockedIncrement(&checks));
    if (!pass)
        InterlockedIncrement(&failures);
    print_line(before, format, arguments);
    return pass;
}

/* A check's own text comes to it as variable arguments: every public check starts and ends like this. */
#define REPORT(pass)                                                                                                   \
    do {                                                                                                               \
        va_list arguments;                                                                                             \
        va_start(arguments, format);                                                                                   \
        report((pass), format, arguments);                                                                             \
        va_end(arguments);                                                                                             \
    } while (0)

BOOL tap_ok(BOOL pass, const char *format, ...)
{
    REPORT(pass);
    return pass;
}

void tap_diag(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    print_line("# ", format, arguments);
    va_end(arguments);
}

void tap_skip(const char *format, ...)
{
    char before[40];
    va_list arguments;

    snprintf(before, sizeof(before), "ok %ld - # SKIP ", InterlockedIncrement(&checks));
    va_start(arguments, format);
    print_line(before, format, arguments);
    va_end(arguments);
}

int tap_done(void)
{
    printf("1..%ld\n", checks);
    fflush(stdout);
    return failures ? 1 : 0;
}

/* ---- checks of calls ---- */

/* What the call that is being checked on this thread came to. */
static _Thread_local struct {
    BOOL result;
    DWORD error;
} last;

void tap_before(void)
{
    SetLastError(POISON);
}

void tap_after(BOOL result)
{
    last.error = GetLastError();
    last.result = result;
}

BOOL tap_fails(DWORD expected, const char *format, ...)
{
    BOOL pass = !last.result && last.error == expected;

    REPORT(pass);
    if (last.result)
        tap_diag("the call succeeded; expected %s", error_name(expected));
    else if (!pass) {
        tap_diag("got %lu %s", last.error, error_name(last.error));
        tap_diag("expected %lu %s", expected, error_name(expected));
    }
    return pass;
}

BOOL tap_succeeds(const char *format, ...)
{
    BOOL pass = last.result && last.error == ERROR_SUCCESS;

    REPORT(pass);
    if (!pass)
        tap_diag("the call %s, last error %lu %s", last.result ? "succeeded" : "failed", last.error,
                 error_name(last.error));
    return pass;
}

BOOL tap_answers(DWORD result, DWORD expected, const char *format, ...)
{
    BOOL pass = result == expected;

    REPORT(pass);
    if (!pass) {
        tap_diag("got %lu %s", result, error_name(result));
        tap_diag("expected %lu %s", expected, error_name(expected));
    }
    return pass;
}

BOOL tap_same(ULONGLONG got, ULONGLONG expected, const char *format, ...)
{
    BOOL pass = got == expected;

    REPORT(pass);
    if (!pass)
        tap_diag("got %llu (0x%llx), expected %llu (0x%llx)", got, got, expected, expected);
    return pass;
}

BOOL tap_same_text(const WCHAR *got, const WCHAR *expected, const char *format, ...)
{
    BOOL pass = got && !wcscmp(got, expected);

    REPORT(pass);
    if (!pass)
        tap_diag("got '%ls', expected '%ls'", got ? got : L"(null)", expected);
    return pass;
}

void poison(void *buffer, size_t size)
{
    memset(buffer, 0xa5, size);
}

BOOL is_poison(const void *buffer, size_t size)
{
    const BYTE *bytes = buffer;

    while (size--)
        if (bytes[size] != 0xa5)
            return FALSE;
    return TRUE;
}

/* ---- servers ---- */

INTERNET_PORT find_port(const char *name)
{
    const char *value = getenv(name);

    return value ? (INTERNET_PORT)strtoul(value, NULL, 10) : 0;
}

INTERNET_PORT need_port(const char *name)
{
    INTERNET_PORT port = find_port(name);

    if (!port) {
        printf("1..0 # SKIP %s is not set: run this program by run.sh\n", name);
        exit(0);
    }
    return port;
}

/* One that was free a moment ago may be given to somebody, even to the client that connects to it; this one is not. */
INTERNET_PORT unused_port(void)
{
    return 1; /* tcpmux (RFC 1078) */
}

/* ---- data ---- */

void pattern_fill(BYTE *buffer, size_t offset, size_t size)
{
    size_t i;

    for (i = 0; i < size; i++)
        buffer[i] = (BYTE)((offset + i) % 251);
}

BOOL pattern_is(const BYTE *buffer, size_t offset, size_t size)
{
    size_t i;

    for (i = 0; i < size; i++)
        if (buffer[i] != (offset + i) % 251)
            return FALSE;
    return TRUE;
}
