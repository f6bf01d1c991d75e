/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * option_table: every option that the documentation knows (option_rows.inc), on every kind of handle: who takes it,
 * which sizes, what it is at first, which error it gives else (API 2, API 2.2, SEMANTICS 4.1, GEN1, GEN7, GEN8, D15).
 * Numbers that nobody has documented answer like options that are not offered. WebSockets need WS_PORT.
 */
#include "client.h"

enum { NONE = 0, G = 1, S = 2, C = 4, R = 8, W = 16 };
enum { STATE = 1, EXACT = 2 };

#define NO_DEFAULT    POISON
#define NO_SIZE       0
#define TEXT_SIZE     0xfffffffeu
#define ANY_SIZE      0xffffffffu
#define SIZE_OF(w, n) (sizeof(void *) == 8 ? (w) : (n))
#define LARGEST       600

static const struct row {
    DWORD option;
    const char *name;
    DWORD size;
    unsigned set_on, query_on;
    DWORD first;
    unsigned traits;
    BOOL later;
} rows[] = {
#define OFFERED(number, name, size, set_on, query_on, first, traits)                                                   \
    {number, #name, size, set_on, query_on, first, traits, FALSE},
#define LATER(number, name) {number, #name, NO_SIZE, NONE, NONE, NO_DEFAULT, 0, TRUE},
#include "option_rows.inc"
};

static struct client the;
static HINTERNET web_socket;

static const struct kind {
    unsigned bit;
    const char *name;
    HINTERNET *handle; /* NULL: the handle NULL */
} kinds[] = {
    {G, "NULL", NULL},
    {S, "a session", &the.session},
    {C, "a connection", &the.connect},
    {R, "a request", &the.request},
    {W, "a WebSocket", &web_socket},
};

static BOOL sized(const struct row *row)
{
    return row->size != NO_SIZE && row->size != TEXT_SIZE && row->size != ANY_SIZE;
}

/* ---- setting ---- */

static void check_set_sizes(const struct row *row, const struct kind *kind, HINTERNET handle)
{
    const DWORD wrong[] = {0, 1, 3, 5, 8, row->size - 1, row->size + 1};
    const DWORD error = row->traits & EXACT ? ERROR_INVALID_PARAMETER : ERROR_INSUFFICIENT_BUFFER;
    BYTE buffer[LARGEST] = {0};
    size_t i;

    FAILS(WinHttpSetOption(handle, row->option, NULL, row->size), ERROR_INVALID_PARAMETER,
          "O5: setting %s on %s without a buffer", row->name, kind->name);
    for (i = 0; i < COUNT(wrong); i++)
        if (wrong[i] != row->size)
            FAILS(WinHttpSetOption(handle, row->option, buffer, wrong[i]), error,
                  "O6, O19, W16: setting %s on %s with %lu bytes", row->name, kind->name, wrong[i]);
}

static void check_set(const struct row *row, const struct kind *kind, HINTERNET handle)
{
    DWORD value = row->first, error;

    if (!(row->set_on & kind->bit)) {
        error = !row->set_on ? ERROR_WINHTTP_OPTION_NOT_SETTABLE : ERROR_WINHTTP_INCORRECT_HANDLE_TYPE;
        if (row->later)
            error = ERROR_WINHTTP_INVALID_OPTION;
        if (kind->bit == G)
            error = ERROR_INVALID_HANDLE;
        FAILS(WinHttpSetOption(handle, row->option, &value, sizeof(value)), error, "D15, O9, GEN7: setting %s on %s",
              row->name, kind->name);
        return;
    }
    if (sized(row))
        check_set_sizes(row, kind, handle);
    if (row->first != NO_DEFAULT && kind->bit != G)
        SUCCEEDS(WinHttpSetOption(handle, row->option, &value, sizeof(value)), "GEN4: setting %s on %s to its default",
                 row->name, kind->name);
}

/* ---- asking ---- */

/* The value is there: its size and what of a buffer is written. */
static void check_value(const struct row *row, const struct kind *kind, HINTERNET handle)
{
    BYTE buffer[LARGEST];
    DWORD size = 0xffffffff, need, value;

    FAILS(WinHttpQueryOption(handle, row->option, NULL, &size), ERROR_INSUFFICIENT_BUFFER,
          "O2: asking %s of %s without a buffer", row->name, kind->name);
    need = size;
    if (sized(row))
        SAME(need, row->size, "O2: the size of %s", row->name);
    poison(buffer, sizeof(buffer));
    size = need - 1;
    FAILS(WinHttpQueryOption(handle, row->option, buffer, &size), ERROR_INSUFFICIENT_BUFFER,
          "O3: asking %s of %s with a byte too few", row->name, kind->name);
    tap_ok(size == need && is_poison(buffer, sizeof(buffer)), "O3, GEN8: only the size is told");
    SUCCEEDS(WinHttpQueryOption(handle, row->option, buffer, &size), "GEN4: asking %s of %s", row->name, kind->name);
    memcpy(&value, buffer, sizeof(value));
    if (row->first != NO_DEFAULT)
        SAME(value, row->first, "API 2: the default of %s on %s", row->name, kind->name);
    if (row->size == TEXT_SIZE)
        need -= sizeof(WCHAR);
    SAME(size, need, "GEN9: so many bytes");
    poison(buffer, sizeof(buffer));
    size = sizeof(buffer);
    SUCCEEDS(WinHttpQueryOption(handle, row->option, buffer, &size), "O4: with more than enough");
    if (row->size == TEXT_SIZE)
        need += sizeof(WCHAR);
    tap_ok(is_poison(buffer + need, sizeof(buffer) - need), "O4: what is behind is left alone");
}

static void check_query(const struct row *row, const struct kind *kind, HINTERNET handle)
{
    BYTE buffer[LARGEST];
    DWORD size = sizeof(buffer), error = ERROR_SUCCESS;

    if (!(row->query_on & kind->bit))
        error = row->query_on ? ERROR_WINHTTP_INCORRECT_HANDLE_TYPE : ERROR_INVALID_PARAMETER;
    else if (row->traits & STATE)
        error = ERROR_WINHTTP_INCORRECT_HANDLE_STATE;
    if (kind->bit == G && !(row->query_on & G))
        error = ERROR_INVALID_HANDLE;
    FAILS(WinHttpQueryOption(handle, row->option, buffer, NULL),
          kind->bit == G && !(row->query_on & G) ? ERROR_INVALID_HANDLE : ERROR_INVALID_PARAMETER,
          "O1, GEN7: asking %s of %s without a size", row->name, kind->name);
    if (!error) {
        check_value(row, kind, handle);
        return;
    }
    poison(buffer, sizeof(buffer));
    FAILS(WinHttpQueryOption(handle, row->option, buffer, &size), error, "D15, O15, O26: asking %s of %s", row->name,
          kind->name);
    tap_ok(size == sizeof(buffer) && is_poison(buffer, sizeof(buffer)), "GEN8: nothing is touched");
}

/* ---- all of them ---- */

static BOOL documented(DWORD option)
{
    size_t i;

    for (i = 0; i < COUNT(rows); i++)
        if (rows[i].option == option)
            return TRUE;
    return FALSE;
}

/* Numbers between and behind the documented ones. */
static void check_unknown(void)
{
    DWORD option, value = 1, size, wrong = 0, known = 0;
    size_t k;

    for (k = 1; k < COUNT(kinds); k++)
        for (option = 0; kinds[k].handle && *kinds[k].handle && option < 0x1100; option++) {
            if (option == 300)
                option = 0xff0;
            if (documented(option)) {
                known++;
                continue;
            }
            size = sizeof(value);
            if (WinHttpSetOption(*kinds[k].handle, option, &value, sizeof(value)) ||
                GetLastError() != ERROR_WINHTTP_INVALID_OPTION)
                wrong++;
            if (WinHttpQueryOption(*kinds[k].handle, option, &value, &size) ||
                GetLastError() != ERROR_INVALID_PARAMETER)
                wrong++;
        }
    tap_ok(known >= COUNT(rows) && !wrong, "O7, O8, API 2.1: numbers that mean nothing, %lu answered otherwise", wrong);
}

int main(void)
{
    INTERNET_PORT port = find_port("WS_PORT");
    size_t i, k;

    client_open(&the, 0, port ? port : 80);
    if (port)
        web_socket = client_web_socket(&the, L"/echo", 0);
    else
        tap_skip("W7 to W18: WS_PORT is not set");
    client_request(&the, NULL, NULL, WINHTTP_FLAG_SECURE);
    for (i = 0; i < COUNT(rows); i++)
        for (k = 0; k < COUNT(kinds); k++) {
            HINTERNET handle = kinds[k].handle ? *kinds[k].handle : NULL;

            if (kinds[k].handle && !handle)
                continue;
            check_query(&rows[i], &kinds[k], handle);
            check_set(&rows[i], &kinds[k], handle);
        }
    check_unknown();
    if (web_socket)
        WinHttpCloseHandle(web_socket);
    client_close(&the);
    return tap_done();
}
