/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * times: WinHttpTimeFromSystemTime and WinHttpTimeToSystemTime (SEMANTICS TM1 to TM6). The parser itself has a unit
 * test; here is what the functions add to it.
 */
#include "harness.h"

#define TEXT_CHARS (WINHTTP_TIME_FORMAT_BUFSIZE / sizeof(WCHAR))

static const SYSTEMTIME monday = {2008, 7, 1, 28, 10, 5, 52, 0};

static void check_from(void)
{
    SYSTEMTIME time = monday;
    WCHAR text[TEXT_CHARS];

    poison(text, sizeof(text));
    FAILS(WinHttpTimeFromSystemTime(NULL, text), ERROR_INVALID_PARAMETER, "TM1: NULL time");
    FAILS(WinHttpTimeFromSystemTime(&time, NULL), ERROR_INVALID_PARAMETER, "TM1: NULL string");
    time.wMonth = 13;
    FAILS(WinHttpTimeFromSystemTime(&time, text), ERROR_INVALID_PARAMETER, "D18: a time that does not exist");
    tap_ok(is_poison(text, sizeof(text)), "GEN8: the string is untouched");
    SUCCEEDS(WinHttpTimeFromSystemTime(&monday, text), "TM6: a time becomes text");
    SAME_TEXT(text, L"Mon, 28 Jul 2008 10:05:52 GMT", "TM2: in this form");
    time = monday;
    time.wYear = 30827;
    SUCCEEDS(WinHttpTimeFromSystemTime(&time, text), "API 1.1: the last year fits the documented buffer");
    SAME(text[TEXT_CHARS - 1], 0, "API 1.1: and fills it");
}

static void check_to(void)
{
    static const WCHAR *const texts[] = {
        L"Mon, 28 Jul 2008 10:05:52 GMT\n",
        L" mon 28 jul 2008 10 05 52",
        L"Monday, 28-Jul-08 10:05:52 GMT",
        L"Mon Jul 28 10:05:52 2008",
    };
    SYSTEMTIME time;

    poison(&time, sizeof(time));
    FAILS(WinHttpTimeToSystemTime(NULL, &time), ERROR_INVALID_PARAMETER, "TM3: NULL string");
    tap_ok(is_poison(&time, sizeof(time)), "GEN8: the time is untouched");
    FAILS(WinHttpTimeToSystemTime(texts[0], NULL), ERROR_INVALID_PARAMETER, "TM3: NULL time");
    for (size_t i = 0; i < COUNT(texts); i++) {
        poison(&time, sizeof(time));
        SUCCEEDS(WinHttpTimeToSystemTime(texts[i], &time), "TM6: form %u is read", (unsigned)i);
        tap_ok(!memcmp(&time, &monday, sizeof(time)), "TM4, TM5: as the same time, without milliseconds");
    }
}

/* What a text lacks comes from the present time, which must lie between two looks at the clock. */
static void check_lenient(void)
{
    static const WCHAR *const texts[] = {L"", L"no date at all", L"\x7d1\x3042", L"99999999 99 99"};
    SYSTEMTIME before, time, after;
    FILETIME least, got, most;

    for (size_t i = 0; i < COUNT(texts); i++) {
        GetSystemTime(&before);
        before.wMilliseconds = 0;
        SUCCEEDS(WinHttpTimeToSystemTime(texts[i], &time), "API 1.1: garbage %u is tolerated", (unsigned)i);
        GetSystemTime(&after);
        SystemTimeToFileTime(&before, &least);
        SystemTimeToFileTime(&after, &most);
        tap_ok(SystemTimeToFileTime(&time, &got) && CompareFileTime(&least, &got) <= 0 &&
                   CompareFileTime(&got, &most) <= 0,
               "API 1.1: and gives the present time");
    }
}

int main(void)
{
    check_from();
    check_to();
    check_lenient();
    return tap_done();
}
