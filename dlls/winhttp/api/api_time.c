/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The two time functions: SYSTEMTIME to and from the text of an HTTP date.
 *
 * Text that is no date, or half of one, is not refused: what it lacks is taken from the present time, as Windows does.
 *
 * Threads: any; no state. Ownership: nothing is kept. Limits: of a text, the first 128 characters are read.
 * Errors: ERROR_INVALID_PARAMETER. Source: SEMANTICS TM1 to TM6, API.md 1.1 rows 51 and 52.
 */
#include <windows.h>

#include "proto/date.h"
#include "winhttp.h"

#define API_TIME_TEXT_MAX 128

_Static_assert(DATE_TEXT_SIZE * sizeof(WCHAR) == WINHTTP_TIME_FORMAT_BUFSIZE, "the text fits the documented buffer");

static BOOL api_time__result(DWORD error)
{
    SetLastError(error);
    return error == ERROR_SUCCESS;
}

static struct date api_time__date(const SYSTEMTIME *st)
{
    struct date d = {.year = st->wYear,
                     .month = st->wMonth,
                     .day = st->wDay,
                     .hour = st->wHour,
                     .minute = st->wMinute,
                     .second = st->wSecond};
    return d;
}

/* Dates are ASCII; any other character separates, like a space, and cannot pass for a digit or a letter. */
static struct span api_time__narrow(const WCHAR *text, uint8_t narrow[API_TIME_TEXT_MAX])
{
    size_t n = 0;

    for (; n < API_TIME_TEXT_MAX && text[n]; n++)
        narrow[n] = text[n] < 0x80 ? (uint8_t)text[n] : ' ';
    return span_make(narrow, n);
}

BOOL WINAPI WinHttpTimeFromSystemTime(const SYSTEMTIME *time, LPWSTR string)
{
    char text[DATE_TEXT_SIZE];

    if (!time || !string)
        return api_time__result(ERROR_INVALID_PARAMETER);
    struct date date = api_time__date(time);
    if (date_format(&date, text) != WH_OK)
        return api_time__result(ERROR_INVALID_PARAMETER);

    size_t n = 0;
    do
        string[n] = (WCHAR)text[n];
    while (text[n++]);
    return api_time__result(ERROR_SUCCESS);
}

BOOL WINAPI WinHttpTimeToSystemTime(LPCWSTR string, SYSTEMTIME *time)
{
    uint8_t narrow[API_TIME_TEXT_MAX];
    SYSTEMTIME now;

    if (!string || !time)
        return api_time__result(ERROR_INVALID_PARAMETER);
    GetSystemTime(&now);
    struct date date = api_time__date(&now);
    date.weekday = now.wDayOfWeek;
    date_update(api_time__narrow(string, narrow), &date);

    *time = (SYSTEMTIME){.wYear = date.year,
                         .wMonth = date.month,
                         .wDayOfWeek = date.weekday,
                         .wDay = date.day,
                         .wHour = date.hour,
                         .wMinute = date.minute,
                         .wSecond = date.second};
    return api_time__result(ERROR_SUCCESS);
}
