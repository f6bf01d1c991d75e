/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * crackurl: WinHttpCrackUrl without ICU_ESCAPE and ICU_DECODE (SEMANTICS 16.2).
 *
 * One table of URLs is gone through twice: with buffers, where components are copied, and with pointers, where they
 * point into the URL. Absent parts are "" in the table; what a pointer must be for an absent part is checked apart.
 */
#include "client.h"

struct parts {
    const WCHAR *url;
    INTERNET_SCHEME scheme;
    INTERNET_PORT port;
    const WCHAR *host, *user, *password, *path, *extra;
    const char *ids;
};

static const struct parts good[] = {
    {L"http://www.site.test/", 1, 80, L"www.site.test", L"", L"", L"/", L"", "UX12"},
    {L"https://www.site.test/", 2, 443, L"www.site.test", L"", L"", L"/", L"", "UX12"},
    {L"HTTP://www.site.test/", 1, 80, L"www.site.test", L"", L"", L"/", L"", "UX12: upper case"},
    {L"http://www.site.test", 1, 80, L"www.site.test", L"", L"", L"", L"", "UX7, UX8"},
    {L"http://u:p@host.test:42/dir/file?a=b", 1, 42, L"host.test", L"u", L"p", L"/dir/file", L"?a=b", "UX19, UX20"},
    {L"http://u@host.test/", 1, 80, L"host.test", L"u", L"", L"/", L"", "UX19: no password"},
    {L"http://host.test:80/", 1, 80, L"host.test", L"", L"", L"/", L"", "UX20, UX32"},
    {L"http://host.test:443/", 1, 443, L"host.test", L"", L"", L"/", L"", "UX20"},
    {L"http://host.test:0/", 1, 0, L"host.test", L"", L"", L"/", L"", "UX21"},
    {L"http://host.test:", 1, 80, L"host.test", L"", L"", L"", L"", "UX22"},
    {L"https://host.test:/", 2, 443, L"host.test", L"", L"", L"/", L"", "UX22"},
    {L"http://host.test:65535/", 1, 65535, L"host.test", L"", L"", L"/", L"", "UX23: the largest port"},
    {L"http://host.test/p?", 1, 80, L"host.test", L"", L"", L"/p", L"?", "UX13"},
    {L"http://host.test/p?q?r", 1, 80, L"host.test", L"", L"", L"/p", L"?q?r", "UX13: the first question mark"},
    {L"http://host.test/a;b", 1, 80, L"host.test", L"", L"", L"/a;b", L"", "UX15"},
    {L"http://host.test/a#b", 1, 80, L"host.test", L"", L"", L"/a#b", L"", "UX16"},
    {L"http://host.test/a@b", 1, 80, L"host.test", L"", L"", L"/a@b", L"", "UX17"},
    {L"http://host.test/?a@b:c", 1, 80, L"host.test", L"", L"", L"/", L"?a@b:c", "UX17, UX18"},
    {L"http://host.test:8080/p?w=3:abc", 1, 8080, L"host.test", L"", L"", L"/p", L"?w=3:abc", "UX18, UX33"},
    {L"http://127.0.0.1:1/", 1, 1, L"127.0.0.1", L"", L"", L"/", L"", "UX32: numbers"},
};

static const struct {
    const WCHAR *url;
    DWORD error;
    const char *ids;
} bad[] = {
    {L"http://host.test:65536/", ERROR_WINHTTP_INVALID_URL, "UX23"},
    {L"http://host.test:999999999999/", ERROR_WINHTTP_INVALID_URL, "UX23"},
    {L"http:host.test", ERROR_WINHTTP_INVALID_URL, "UX25"},
    {L"http:/host.test", ERROR_WINHTTP_INVALID_URL, "UX25"},
    {L"HTTP:host.test", ERROR_WINHTTP_INVALID_URL, "UX25"},
    {L"HTTP:/host.test", ERROR_WINHTTP_INVALID_URL, "UX25"},
    {L"http://", ERROR_WINHTTP_INVALID_URL, "UX26"},
    {L"www.host.test", ERROR_WINHTTP_UNRECOGNIZED_SCHEME, "UX27"},
    {L"www", ERROR_WINHTTP_UNRECOGNIZED_SCHEME, "UX27"},
    {L"http", ERROR_WINHTTP_UNRECOGNIZED_SCHEME, "UX27"},
    {L"", ERROR_WINHTTP_UNRECOGNIZED_SCHEME, "UX27"},
    {L"ftp://host.test/", ERROR_WINHTTP_UNRECOGNIZED_SCHEME, "http and https only"},
    {L"ws://host.test/", ERROR_WINHTTP_UNRECOGNIZED_SCHEME, "http and https only"},
    {L"wss://host.test/", ERROR_WINHTTP_UNRECOGNIZED_SCHEME, "http and https only"},
};

#define ROOM 100

static WCHAR scheme[ROOM], host[ROOM], user[ROOM], password[ROOM], path[ROOM], extra[ROOM];

/* Components that ask for copies into the buffers above. */
static URL_COMPONENTS with_buffers(void)
{
    return (URL_COMPONENTS){
        .dwStructSize = sizeof(URL_COMPONENTS),
        .lpszScheme = scheme,
        .dwSchemeLength = ROOM,
        .lpszHostName = host,
        .dwHostNameLength = ROOM,
        .lpszUserName = user,
        .dwUserNameLength = ROOM,
        .lpszPassword = password,
        .dwPasswordLength = ROOM,
        .lpszUrlPath = path,
        .dwUrlPathLength = ROOM,
        .lpszExtraInfo = extra,
        .dwExtraInfoLength = ROOM,
        .nPort = 12345,
    };
}

/* Components that ask for pointers; `length` is any number but 0 (UX5). */
static URL_COMPONENTS with_pointers(DWORD length)
{
    return (URL_COMPONENTS){
        .dwStructSize = sizeof(URL_COMPONENTS),
        .dwSchemeLength = length,
        .dwHostNameLength = length,
        .dwUserNameLength = length,
        .dwPasswordLength = length,
        .dwUrlPathLength = length,
        .dwExtraInfoLength = length,
        .nPort = 12345,
    };
}

/* Whether a component has this text and this length. An absent one of pointer mode may be NULL. */
static BOOL has(const WCHAR *got, DWORD length, const WCHAR *expected)
{
    return length == wcslen(expected) && (!length || !wcsncmp(got, expected, length));
}

static BOOL as_expected(const URL_COMPONENTS *got, const struct parts *row)
{
    return got->nScheme == row->scheme && got->nPort == row->port &&
           has(got->lpszHostName, got->dwHostNameLength, row->host) &&
           has(got->lpszUserName, got->dwUserNameLength, row->user) &&
           has(got->lpszPassword, got->dwPasswordLength, row->password) &&
           has(got->lpszUrlPath, got->dwUrlPathLength, row->path) &&
           has(got->lpszExtraInfo, got->dwExtraInfoLength, row->extra) &&
           has(got->lpszScheme, got->dwSchemeLength, row->scheme == 1 ? L"http" : L"https");
}

static void show(const URL_COMPONENTS *got)
{
    tap_diag("scheme %d port %u host %lu user %lu password %lu path %lu extra %lu", got->nScheme, got->nPort,
             got->dwHostNameLength, got->dwUserNameLength, got->dwPasswordLength, got->dwUrlPathLength,
             got->dwExtraInfoLength);
}

static BOOL same_scheme(const WCHAR *got, DWORD length, const struct parts *row)
{
    return length == (row->scheme == 1 ? 4u : 5u) && !_wcsnicmp(got, row->url, length);
}

static void check_row(const struct parts *row, URL_COMPONENTS parts, const char *mode)
{
    BOOL cracked;

    SetLastError(POISON);
    cracked = WinHttpCrackUrl(row->url, 0, 0, &parts);
    tap_ok(cracked && GetLastError() == ERROR_SUCCESS, "GEN5, %s: %ls, %s", row->ids, row->url, mode);
    if (cracked && same_scheme(parts.lpszScheme, parts.dwSchemeLength, row)) {
        /* The scheme comes in the URL's own letters; compared above, so that the rest can be compared exactly. */
        parts.lpszScheme = row->scheme == 1 ? L"http" : L"https";
    }
    if (!tap_ok(cracked && as_expected(&parts, row), "UX2, UX3, UX5, UX24, %s: its parts", row->ids))
        show(&parts);
}

static void check_bad(size_t i)
{
    URL_COMPONENTS parts = with_pointers(1), before = parts;

    FAILS(WinHttpCrackUrl(bad[i].url, 0, 0, &parts), bad[i].error, "%s: '%ls'", bad[i].ids, bad[i].url);
    tap_ok(!memcmp(&parts, &before, sizeof(parts)), "GEN8, %s: nothing is written", bad[i].ids);
}

static void check_pointers(void)
{
    static const WCHAR plain[] = L"http://host.test";
    static const WCHAR query[] = L"http://host.test?a=b";
    URL_COMPONENTS parts = with_pointers((DWORD)-1);

    WinHttpCrackUrl(plain, 0, 0, &parts);
    tap_ok(parts.lpszHostName == plain + 7, "UX5: the host is inside the URL");
    tap_ok(!parts.lpszUserName && !parts.dwUserNameLength, "UX6: an absent user is NULL");
    tap_ok(!parts.lpszPassword && !parts.dwPasswordLength, "UX6: an absent password is NULL");
    tap_ok(parts.lpszUrlPath == plain + 16 && !parts.dwUrlPathLength, "UX7: an absent path is the end of the URL");
    tap_ok(parts.lpszExtraInfo == plain + 16 && !parts.dwExtraInfoLength, "UX8: so is absent extra info");
    parts = with_pointers(1);
    tap_ok(WinHttpCrackUrl(L"http://host.test?", 0, 0, &parts) && !parts.dwUrlPathLength && !parts.dwExtraInfoLength,
           "UX14: without a path, a question mark does not begin extra info");
    parts = with_pointers(1);
    SUCCEEDS(WinHttpCrackUrl(query, 16, 0, &parts), "UX2: a length cuts the URL off");
    SAME(parts.dwHostNameLength, 9, "UX2: the host ends there");
}

static void check_unwanted(void)
{
    static const WCHAR url[] = L"http://host.test/path?query";
    URL_COMPONENTS parts = {.dwStructSize = sizeof(parts), .dwUrlPathLength = 1};

    SUCCEEDS(WinHttpCrackUrl(url, 0, 0, &parts), "UX9: only the path is wanted");
    tap_ok(!parts.lpszScheme && !parts.lpszHostName && !parts.dwHostNameLength, "UX9: the others stay NULL and 0");
    SAME(parts.nScheme, INTERNET_SCHEME_HTTP, "UX9: the number of the scheme is told all the same");
    tap_ok(parts.lpszUrlPath == url + 16 && parts.dwUrlPathLength == 11, "UX10: the path includes the query");
}

static void check_arguments(void)
{
    URL_COMPONENTS parts = with_buffers(), before;

    FAILS(WinHttpCrackUrl(L"http://host.test/", 0, 0, NULL), ERROR_INVALID_PARAMETER, "UX1: no components");
    FAILS(WinHttpCrackUrl(NULL, 0, 0, &parts), ERROR_INVALID_PARAMETER, "UX1: no URL");
    parts.dwSchemeLength = 0;
    before = parts;
    FAILS(WinHttpCrackUrl(L"https://host.test/", 0, 0, &parts), ERROR_INVALID_PARAMETER, "UX11: a buffer of length 0");
    tap_ok(!memcmp(&parts, &before, sizeof(parts)), "UX11: nothing is changed");
    parts = with_buffers();
    parts.dwStructSize = 0;
    FAILS(WinHttpCrackUrl(L"http://host.test/", 0, 0, &parts), ERROR_INVALID_PARAMETER,
          "API 6: a wrong structure size");
}

static void check_short_buffers(void)
{
    URL_COMPONENTS parts = with_buffers();

    parts.dwHostNameLength = 9; /* host.test has 9 characters: no room for the NUL */
    parts.dwUrlPathLength = 2;
    FAILS(WinHttpCrackUrl(L"http://host.test/path?q", 0, 0, &parts), ERROR_INSUFFICIENT_BUFFER, "UX4: short buffers");
    SAME(parts.dwHostNameLength, 10, "UX4: what the host needs, NUL included");
    SAME(parts.dwUrlPathLength, 6, "UX4: what the path needs, NUL included");
    SAME(parts.dwExtraInfoLength, 2, "UX4: the length of what had room");
}

int main(void)
{
    size_t i;

    for (i = 0; i < COUNT(good); i++) {
        check_row(&good[i], with_buffers(), "copied");
        check_row(&good[i], with_pointers(1), "by pointers");
    }
    for (i = 0; i < COUNT(bad); i++)
        check_bad(i);
    check_pointers();
    check_unwanted();
    check_arguments();
    check_short_buffers();
    return tap_done();
}
