/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* trace.c: see trace.h. */
#include <stdarg.h>
#include <stdio.h>

#include "winhttp.h"
#include "names.h"
#include "trace.h"

static BOOL enabled;
static LARGE_INTEGER start, frequency;
static SRWLOCK lock = SRWLOCK_INIT;

void trace_start(BOOL on)
{
    enabled = on;
    QueryPerformanceFrequency(&frequency);
    QueryPerformanceCounter(&start);
}

/* One line: milliseconds since the start, the thread, what it did. */
static void print_line(const char *kind, const char *text)
{
    LARGE_INTEGER now;
    double ms;

    QueryPerformanceCounter(&now);
    ms = (double)(now.QuadPart - start.QuadPart) * 1000 / (double)frequency.QuadPart;
    AcquireSRWLockExclusive(&lock);
    fprintf(stderr, "%10.3f ms  thread %04lx  %-8s %s\n", ms, GetCurrentThreadId(), kind, text);
    fflush(stderr);
    ReleaseSRWLockExclusive(&lock);
}

BOOL trace_call(DWORD error, const char *function, const char *format, ...)
{
    BOOL good = error == ERROR_SUCCESS || error == ERROR_IO_PENDING;
    char arguments[300], text[400], what[100];
    va_list values;

    va_start(values, format);
    vsnprintf(arguments, sizeof(arguments), format, values);
    va_end(values);
    if (enabled) {
        snprintf(text, sizeof(text), "%s(%s) = %s", function, arguments, error ? error_name(error) : "ok");
        print_line("call", text);
    }
    if (!good) {
        snprintf(what, sizeof(what), "%s failed", function);
        trace_error(error, what);
    }
    return good;
}

/* What a callback's information says, in words. */
static void describe(char *text, size_t size, DWORD status, const void *info, DWORD length)
{
    const WINHTTP_WEB_SOCKET_ASYNC_RESULT *failed = info;
    const WINHTTP_WEB_SOCKET_STATUS *moved = info;

    text[0] = 0;
    switch (status) {
    case WINHTTP_CALLBACK_STATUS_RESOLVING_NAME:
    case WINHTTP_CALLBACK_STATUS_NAME_RESOLVED:
    case WINHTTP_CALLBACK_STATUS_CONNECTING_TO_SERVER:
    case WINHTTP_CALLBACK_STATUS_CONNECTED_TO_SERVER:
        snprintf(text, size, "%ls", (const WCHAR *)info);
        break;
    case WINHTTP_CALLBACK_STATUS_REQUEST_SENT:
    case WINHTTP_CALLBACK_STATUS_RESPONSE_RECEIVED:
        snprintf(text, size, "%lu bytes", *(const DWORD *)info);
        break;
    case WINHTTP_CALLBACK_STATUS_HANDLE_CREATED:
        snprintf(text, size, "%p", *(const HINTERNET *)info);
        break;
    case WINHTTP_CALLBACK_STATUS_SECURE_FAILURE:
        snprintf(text, size, "flags 0x%lx", *(const DWORD *)info);
        break;
    case WINHTTP_CALLBACK_STATUS_READ_COMPLETE:
    case WINHTTP_CALLBACK_STATUS_WRITE_COMPLETE:
        if (length == sizeof(*moved))
            snprintf(text, size, "%lu bytes, %s", moved->dwBytesTransferred, buffer_type_name(moved->eBufferType));
        break;
    case WINHTTP_CALLBACK_STATUS_REQUEST_ERROR:
        if (length == sizeof(*failed))
            snprintf(text, size, "%s: %s", operation_name(failed->Operation), error_name(failed->AsyncResult.dwError));
        else
            snprintf(text, size, "%s: %s", api_name(failed->AsyncResult.dwResult),
                     error_name(failed->AsyncResult.dwError));
        break;
    }
}

void trace_callback(HINTERNET handle, DWORD status, const void *info, DWORD length)
{
    char details[200], text[300];

    if (!enabled)
        return;
    describe(details, sizeof(details), status, info, length);
    snprintf(text, sizeof(text), "%s, handle %p%s%s", status_name(status), handle, *details ? ": " : "", details);
    print_line("callback", text);
}

void trace_error(DWORD error, const char *what)
{
    HMODULE module = GetModuleHandleW(L"winhttp.dll");
    WCHAR text[256] = L"";
    DWORD length;

    length = FormatMessageW(FORMAT_MESSAGE_FROM_HMODULE | FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS,
                            module, error, 0, text, sizeof(text) / sizeof(text[0]), NULL);
    while (length && text[length - 1] <= ' ')
        text[--length] = 0;
    AcquireSRWLockExclusive(&lock);
    fprintf(stderr, "wscat: %s: %s (%lu)%s%ls\n", what, error_name(error), error, length ? ": " : "", text);
    fflush(stderr);
    ReleaseSRWLockExclusive(&lock);
}
