/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * headers: request headers (SEMANTICS 5) without a network, and response headers (SEMANTICS 8) from the scripted server
 * on STUB_PLAIN_PORT.
 */
#include "client.h"

static struct client the;

#define REQUEST WINHTTP_QUERY_FLAG_REQUEST_HEADERS
#define CUSTOM  (WINHTTP_QUERY_CUSTOM | REQUEST)
#define END     ((DWORD)-1)

/* The n-th value of a request header; "(none)" if there is none. */
static const WCHAR *value_of(const WCHAR *name, DWORD index)
{
    static WCHAR text[200];
    DWORD size = sizeof(text);

    if (!WinHttpQueryHeaders(the.request, CUSTOM, name, text, &size, &index))
        return GetLastError() == ERROR_WINHTTP_HEADER_NOT_FOUND ? L"(none)" : L"(error)";
    return text;
}

/* ---- adding ---- */

/* One call on a fresh request, and what the header "x" is afterwards. */
static const struct added {
    const WCHAR *line;
    DWORD length;
    BOOL accepted;
    const WCHAR *value;
    const char *ids;
} lines[] = {
    {L"x: plain", END, TRUE, L"plain", "Q1"},
    {L"x: plain", 0, FALSE, L"(none)", "Q2"},
    {L"x: plain behind", 8, TRUE, L"plain", "Q1: a length in characters"},
    {L"x: line\r\n", END, TRUE, L"line", "Q3"},
    {L"x:", END, TRUE, L"", "Q4"},
    {L":", END, FALSE, L"(none)", "Q5"},
    {L":value", END, FALSE, L"(none)", "Q6"},
    {L"x", END, FALSE, L"(none)", "Q7"},
    {L" x :f", END, FALSE, L"(none)", "Q8"},
    {L"x : value", END, FALSE, L"(none)", "Q9"},
    {L"x:    spaced", END, TRUE, L"spaced", "Q10"},
    {L"x:tight", END, TRUE, L"tight", "Q10"},
    {L"a: 1\r\nx: two", END, TRUE, L"two", "Q11: CR LF"},
    {L"a: 1\nx: two", END, TRUE, L"two", "Q11: LF"},
    {L"a: 1\rx: two", END, TRUE, L"two", "Q11: CR"},
    {L"a: 1\n\rx: two", END, TRUE, L"two", "Q11: LF CR"},
    {L"a: 1\n\n\nx: two", END, TRUE, L"two", "Q11: LF LF LF"},
    {L"a: 1\r\r\rx: two", END, TRUE, L"two", "Q11: CR CR CR"},
    {L"a: 1\r\n\r\nx: two", END, TRUE, L"two", "Q11: an empty line does not end the list"},
    {L"\r\n", 2, TRUE, L"(none)", "CLIENTS 1: an empty line adds nothing"},
};

static void check_lines(void)
{
    size_t i;

    for (i = 0; i < COUNT(lines); i++) {
        const struct added *row = &lines[i];
        BOOL added;

        client_request(&the, NULL, NULL, 0);
        SetLastError(POISON);
        added = WinHttpAddRequestHeaders(the.request, row->line, row->length, WINHTTP_ADDREQ_FLAG_ADD);
        tap_ok(added == row->accepted && (!added || GetLastError() == ERROR_SUCCESS), "GEN3, %s: line %lu is %s",
               row->ids, (DWORD)i, row->accepted ? "taken" : "refused");
        SAME_TEXT(value_of(L"x", 0), row->value, "%s: and what is there afterwards", row->ids);
    }
    FAILS(WinHttpAddRequestHeaders(the.request, L"x: y", 0, WINHTTP_ADDREQ_FLAG_ADD), ERROR_INVALID_PARAMETER,
          "Q2: a length of 0");
    FAILS(WinHttpAddRequestHeaders(the.request, L"nonsense", END, WINHTTP_ADDREQ_FLAG_ADD), ERROR_INVALID_PARAMETER,
          "API 1: a malformed line");
}

/* ---- modifying ---- */

#define ADD     WINHTTP_ADDREQ_FLAG_ADD
#define REPLACE WINHTTP_ADDREQ_FLAG_REPLACE
#define NEW     WINHTTP_ADDREQ_FLAG_ADD_IF_NEW
#define COMMA   WINHTTP_ADDREQ_FLAG_COALESCE_WITH_COMMA
#define SEMI    WINHTTP_ADDREQ_FLAG_COALESCE_WITH_SEMICOLON

/* A request with `before` added one by one, then one call; error 0 is success. `after` are all values of "x". */
static const struct modified {
    const WCHAR *before[3];
    const WCHAR *line;
    DWORD flags;
    DWORD error;
    const WCHAR *after[4];
    const char *ids;
} changes[] = {
    {{NULL}, L"x: 1", 0, 0, {L"1"}, "Q13: no flag"},
    {{L"x: 1"}, L"x: 2", ADD, 0, {L"1", L"2"}, "Q14"},
    {{NULL}, L"x: 1", NEW, 0, {L"1"}, "Q15: new"},
    {{L"x: 1"}, L"x: 2", NEW, ERROR_WINHTTP_HEADER_ALREADY_EXISTS, {L"1"}, "Q15: not new"},
    {{NULL}, L"x: 1", REPLACE, ERROR_WINHTTP_HEADER_NOT_FOUND, {NULL}, "Q16"},
    {{NULL}, L"x: 1", ADD | REPLACE, 0, {L"1"}, "Q17"},
    {{L"x: 1", L"x: 2"}, L"x: 3", REPLACE, 0, {L"3", L"2"}, "Q18"},
    {{L"x: 1", L"x: 2"}, L"x: 3", ADD | REPLACE, 0, {L"3", L"2"}, "Q19"},
    {{L"x: 1"}, L"x:", REPLACE, 0, {NULL}, "Q20"},
    {{NULL}, L"x:", REPLACE, ERROR_WINHTTP_HEADER_NOT_FOUND, {NULL}, "Q16, Q20: nothing to delete"},
    {{L"x: 1", L"x: 2"}, L"x: 3", REPLACE | 1, 0, {L"1", L"3"}, "API 4.3, Q18: the index chooses the second"},
    {{L"x: 1", L"x: 2"}, L"x:", REPLACE | 1, 0, {L"1"}, "API 4.3, Q20: the second is deleted"},
    {{L"x: 1", L"x: 2"}, L"x: 3", REPLACE | 2, ERROR_WINHTTP_HEADER_NOT_FOUND, {L"1", L"2"}, "API 4.3, Q16: no third"},
    {{L"x: 1", L"x: 2"}, L"x: 3", ADD | REPLACE | 2, 0, {L"1", L"2", L"3"}, "API 4.3, Q17: no third, but ADD"},
    {{L"x: 1"}, L"x: 2", ADD | 0xffff, 0, {L"1", L"2"}, "API 4.3: the index is only for REPLACE"},
    {{L"x: X"}, L"x: Y", WINHTTP_ADDREQ_FLAG_COALESCE, 0, {L"X, Y"}, "Q21"},
    {{L"x: X", L"x: Z"}, L"x: Y", WINHTTP_ADDREQ_FLAG_COALESCE, 0, {L"X, Y", L"Z"}, "Q21: others stay"},
    {{L"x: X"}, L"x: Y", COMMA, 0, {L"X, Y"}, "Q22"},
    {{L"x: X"}, L"x: Y", SEMI, 0, {L"X; Y"}, "Q23"},
    {{L"X: 1"}, L"x: 2", ADD, 0, {L"1", L"2"}, "names have no case"},
};

static void check_changes(void)
{
    size_t i, k;

    for (i = 0; i < COUNT(changes); i++) {
        const struct modified *row = &changes[i];

        client_request(&the, NULL, NULL, 0);
        for (k = 0; k < COUNT(row->before) && row->before[k]; k++)
            WinHttpAddRequestHeaders(the.request, row->before[k], END, ADD);
        if (row->error)
            FAILS(WinHttpAddRequestHeaders(the.request, row->line, END, row->flags), row->error, "%s", row->ids);
        else
            SUCCEEDS(WinHttpAddRequestHeaders(the.request, row->line, END, row->flags), "%s", row->ids);
        for (k = 0; k == 0 || row->after[k - 1]; k++)
            SAME_TEXT(value_of(L"x", (DWORD)k), row->after[k] ? row->after[k] : L"(none)", "%s: value %lu", row->ids,
                      (DWORD)k);
    }
}

/* ---- asking for request headers ---- */

static void check_custom_query(void)
{
    WCHAR text[20];
    DWORD size = sizeof(text), index = 0;

    client_request(&the, NULL, NULL, 0);
    WinHttpAddRequestHeaders(the.request, L"x: one\r\nx: two", END, ADD);
    SUCCEEDS(WinHttpQueryHeaders(the.request, CUSTOM, L"x", text, &size, &index), "Q26: by name, before sending");
    SAME(index, 1, "Q27: the index goes up");
    SAME(size, 6, "Q30: the size without the NUL");
    SAME_TEXT(text, L"one", "Q30: and with a NUL");
    size = sizeof(text);
    WinHttpQueryHeaders(the.request, CUSTOM, L"x", text, &size, &index);
    SAME_TEXT(text, L"two", "Q14: the second");
    size = sizeof(text);
    FAILS(WinHttpQueryHeaders(the.request, CUSTOM, L"x", text, &size, &index), ERROR_WINHTTP_HEADER_NOT_FOUND,
          "Q28: past the last");
    SAME(index, 2, "Q27: the index stays after a failure");
    index = 0;
    size = 6;
    poison(text, sizeof(text));
    FAILS(WinHttpQueryHeaders(the.request, CUSTOM, L"x", text, &size, &index), ERROR_INSUFFICIENT_BUFFER,
          "Q29: no room for the NUL");
    SAME(size, 8, "Q29: the size needed");
    SAME(index, 0, "Q27: the index stays");
    tap_ok(is_poison(text, sizeof(text)), "Q29: the buffer is left alone");
    size = sizeof(text);
    FAILS(WinHttpQueryHeaders(the.request, CUSTOM, L"y", text, &size, NULL), ERROR_WINHTTP_HEADER_NOT_FOUND,
          "Q26: a missing header");
}

static void check_raw_query(void)
{
    WCHAR text[400];
    DWORD size, needed, index = 0, used;

    client_request(&the, L"PUT", L"/path", 0);
    WinHttpAddRequestHeaders(the.request, L"x: one", END, ADD);
    size = 10;
    FAILS(WinHttpQueryHeaders(the.request, WINHTTP_QUERY_RAW_HEADERS_CRLF | REQUEST, NULL, NULL, &size, &index),
          ERROR_INSUFFICIENT_BUFFER, "Q32: raw headers without a buffer");
    needed = size;
    size = sizeof(text);
    FAILS(WinHttpQueryHeaders(the.request, WINHTTP_QUERY_RAW_HEADERS_CRLF | REQUEST, NULL, NULL, &size, &index),
          ERROR_INSUFFICIENT_BUFFER, "Q32: whatever the size");
    size = sizeof(text);
    SUCCEEDS(
        WinHttpQueryHeaders(the.request, WINHTTP_QUERY_RAW_HEADERS_CRLF | REQUEST, L"ignored", text, &size, &index),
        "Q31: raw headers before sending");
    used = size / sizeof(WCHAR);
    tap_ok(!wcsncmp(text, L"PUT /path HTTP/1", 16), "Q31: begin with the request line");
    tap_ok(used > 4 && !wcscmp(text + used - 4, L"\r\n\r\n"),
           "Q31: end with an empty line; the size leaves out the NUL");
    tap_ok(wcsstr(text, L"\r\nx: one\r\n") != NULL, "Q31: and hold what was added");
    tap_ok(needed >= size + sizeof(WCHAR), "Q32: the size reported had room for the NUL");
    SAME(index, 0, "Q32, Q33: the index does not move");
    size = sizeof(text);
    SUCCEEDS(WinHttpQueryHeaders(the.request, WINHTTP_QUERY_RAW_HEADERS | REQUEST, NULL, text, &size, NULL),
             "Q34: raw headers with NULs");
    used = size / sizeof(WCHAR);
    tap_ok(used > 1 && !text[used - 1] && !text[used], "Q34: end with two NULs, of which the size counts one");
    tap_ok(!wcsncmp(text, L"PUT /path HTTP/1", 16) && wcslen(text) < used, "Q34: the request line is a string");
}

/* ---- responses ---- */

static void check_before_response(void)
{
    WCHAR text[40];
    DWORD size = sizeof(text);

    client_request(&the, NULL, L"/ok", 0);
    FAILS(WinHttpQueryHeaders(the.request, WINHTTP_QUERY_CONNECTION, NULL, text, &size, NULL),
          ERROR_WINHTTP_INCORRECT_HANDLE_STATE, "R1: before sending");
    WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 0, 0);
    FAILS(WinHttpQueryHeaders(the.request, WINHTTP_QUERY_CONNECTION, NULL, text, &size, NULL),
          ERROR_WINHTTP_INCORRECT_HANDLE_STATE, "R1: before receiving");
}

static void check_response_queries(void)
{
    WCHAR text[400];
    DWORD size, value = POISON, index = 0, used;

    client_request(&the, NULL, L"/repeated", 0);
    ANSWERS(client_exchange(&the), ERROR_SUCCESS, "R8: an answer with repeated headers");
    size = sizeof(text);
    FAILS(WinHttpQueryHeaders(the.request, WINHTTP_QUERY_ORIG_URI, NULL, text, &size, NULL),
          ERROR_WINHTTP_HEADER_NOT_FOUND, "R3: an absent header");
    FAILS(WinHttpQueryHeaders(the.request, WINHTTP_QUERY_MAX + 1, NULL, text, &size, NULL), ERROR_INVALID_PARAMETER,
          "R4: a number too high");
    size = sizeof(value);
    SUCCEEDS(WinHttpQueryHeaders(the.request, WINHTTP_QUERY_STATUS_CODE | WINHTTP_QUERY_FLAG_NUMBER, NULL, &value,
                                 &size, NULL),
             "R5: the status as a number");
    SAME(value, 200, "R5: is 200");
    SAME(size, sizeof(value), "R5: in four bytes");
    size = 0;
    FAILS(WinHttpQueryHeaders(the.request, WINHTTP_QUERY_VERSION, NULL, NULL, &size, NULL), ERROR_INSUFFICIENT_BUFFER,
          "R7: the version without a buffer");
    SAME(size, 18, "R7: the size needed");
    SUCCEEDS(WinHttpQueryHeaders(the.request, WINHTTP_QUERY_VERSION, NULL, text, &size, NULL),
             "R7, R10: with that size, without an index");
    SAME_TEXT(text, L"HTTP/1.1", "R7: the version");
    SAME(size, 16, "R7: its size");
    size = sizeof(text);
    SUCCEEDS(WinHttpQueryHeaders(the.request, WINHTTP_QUERY_STATUS_TEXT, NULL, text, &size, NULL), "the status text");
    SAME_TEXT(text, L"OK", "the status text is OK");
    size = sizeof(text);
    SUCCEEDS(WinHttpQueryHeaders(the.request, WINHTTP_QUERY_CUSTOM, L"x-many", text, &size, &index), "R8: by name");
    SAME_TEXT(text, L"one", "R8: the first only");
    SAME(index, 1, "R8: the index goes up");
    index = size = 0;
    FAILS(WinHttpQueryHeaders(the.request, WINHTTP_QUERY_CUSTOM, L"X-Many", NULL, &size, &index),
          ERROR_INSUFFICIENT_BUFFER, "R9: without a buffer");
    SAME(size, 8, "R9: the size needed");
    SAME(index, 0, "R9: the index stays");
    size = 0;
    tap_ok(!WinHttpQueryHeaders(the.request, WINHTTP_QUERY_RAW_HEADERS_CRLF, NULL, NULL, &size, NULL), "R13: raw");
    size = sizeof(text);
    SUCCEEDS(WinHttpQueryHeaders(the.request, WINHTTP_QUERY_RAW_HEADERS_CRLF, NULL, text, &size, NULL),
             "R11: raw, CRLF");
    SAME_TEXT(text, L"HTTP/1.1 200 OK\r\nX-Many: one\r\nX-Many: two\r\nX-Many: three\r\nContent-Length: 0\r\n\r\n",
              "R11: all lines and an empty one");
    SAME(size, wcslen(text) * sizeof(WCHAR), "R11: the size without the NUL");
    size = sizeof(text);
    WinHttpQueryHeaders(the.request, WINHTTP_QUERY_RAW_HEADERS, NULL, text, &size, NULL);
    used = size / sizeof(WCHAR);
    tap_ok(used > 2 && !text[used - 1] && text[used - 2], "R12: the NUL form ends with one counted NUL");
}

static void check_missing_length(void)
{
    DWORD value = POISON, size = sizeof(value);

    client_request(&the, NULL, L"/chunked", 0);
    client_exchange(&the);
    FAILS(WinHttpQueryHeaders(the.request, WINHTTP_QUERY_CONTENT_LENGTH | WINHTTP_QUERY_FLAG_NUMBER, NULL, &value,
                              &size, NULL),
          ERROR_WINHTTP_HEADER_NOT_FOUND, "R6, B13: no Content-Length");
    SAME(value, POISON, "R6: the value is left alone");
}

static void check_odd_lines(void)
{
    WCHAR text[200];
    DWORD size = sizeof(text);

    client_request(&the, NULL, L"/spaces", 0);
    ANSWERS(client_exchange(&the), ERROR_SUCCESS, "R14: spaces around a colon");
    WinHttpQueryHeaders(the.request, WINHTTP_QUERY_CUSTOM, L"X-Odd", text, &size, NULL);
    SAME_TEXT(text, L"odd value", "R14: the header is found by its name");
    size = sizeof(text);
    WinHttpQueryHeaders(the.request, WINHTTP_QUERY_CUSTOM, L"X-Next", text, &size, NULL);
    SAME_TEXT(text, L"next", "R15: and so is the one behind it");
    size = sizeof(text);
    WinHttpQueryHeaders(the.request, WINHTTP_QUERY_RAW_HEADERS_CRLF, NULL, text, &size, NULL);
    tap_ok(wcsstr(text, L"\r\nX-Odd: odd value\r\n") != NULL, "R14: the raw headers are regenerated");
}

/* What goes over the wire: the scripted server answers with the head that it received. */
static void check_wire(void)
{
    static char head[2000];
    static const char *const wanted[] = {
        "GET /head HTTP/1.1\r\n", "\r\nHost: 127.0.0.1:", "\r\nUser-Agent: conform\r\n",
        "\r\na: 1\r\n",           "\r\nb: 2\r\n",         "\r\nc: 3\r\nd: 4\r\n"};
    static const WCHAR *const kept[] = {L"a", L"b", L"c", L"d"};
    long length;
    size_t i;

    client_request(&the, NULL, L"/head", 0);
    WinHttpAddRequestHeaders(the.request, L"a: 1\n\n\nb: 2", END, ADD);
    SUCCEEDS(WinHttpSendRequest(the.request, L"c: 3\rd: 4", 0, NULL, 0, 0, 0),
             "S4: headers of length 0 are used in full");
    for (i = 0; i < COUNT(kept); i++)
        tap_ok(wcscmp(value_of(kept[i], 0), L"(none)") != 0, "Q36, S3: %ls is a request header", kept[i]);
    SUCCEEDS(WinHttpReceiveResponse(the.request, NULL), "GEN3: the answer");
    length = client_read_all(&the, head, sizeof(head) - 1);
    head[length > 0 ? length : 0] = 0;
    for (i = 0; i < COUNT(wanted); i++)
        tap_ok(strstr(head, wanted[i]) != NULL, "Q12, S3, S4: on the wire, a line like the expected one, %lu",
               (DWORD)i);
    tap_ok(!strstr(head, "\n\n") && strstr(head, "\r\n\r\n"), "Q12: clean lines");
}

/* After SendRequest: a change shows in queries at once, and goes out with the next send. */
static void check_added_late(void)
{
    static char head[2000];
    static const struct {
        const WCHAR *line;
        DWORD flags;
        const WCHAR *name, *value;
    } rows[] = {
        {L"late: 1", ADD, L"late", L"1"},
        {L"early: 2", REPLACE, L"early", L"2"},
        {L"gone:", REPLACE, L"gone", L"(none)"},
        {L"User-Agent: mine", ADD, L"User-Agent", L"mine"},
        {L"Host: other.example", ADD, L"Host", L"other.example"},
    };
    static const char *const wanted[] = {"\r\nlate: 1\r\n", "\r\nearly: 2\r\n", "\r\nUser-Agent: mine\r\n",
                                         "\r\nHost: other.example\r\n"};
    long length;
    size_t i;

    client_request(&the, NULL, L"/head", 0);
    WinHttpAddRequestHeaders(the.request, L"early: 1\r\ngone: 1", END, ADD);
    ANSWERS(client_exchange(&the), ERROR_SUCCESS, "Q36: a first exchange");
    for (i = 0; i < COUNT(rows); i++) {
        SUCCEEDS(WinHttpAddRequestHeaders(the.request, rows[i].line, END, rows[i].flags),
                 "GEN3: a change after SendRequest, %lu", (DWORD)i);
        SAME_TEXT(value_of(rows[i].name, 0), rows[i].value, "Q26, Q36: %ls as it is now", rows[i].name);
        SAME_TEXT(value_of(rows[i].name, 1), L"(none)", "Q28: and there is no other");
    }
    FAILS(WinHttpAddRequestHeaders(the.request, L"late: 3", END, NEW), ERROR_WINHTTP_HEADER_ALREADY_EXISTS,
          "Q15: it is not new any more");
    client_read_all(&the, head, sizeof(head));
    ANSWERS(client_exchange(&the), ERROR_SUCCESS, "S6: sent again");
    length = client_read_all(&the, head, sizeof(head) - 1);
    head[length > 0 ? length : 0] = 0;
    for (i = 0; i < COUNT(wanted); i++)
        tap_ok(strstr(head, wanted[i]) != NULL, "S6: on the wire, changed line %lu", (DWORD)i);
    tap_ok(!strstr(head, "gone:") && !strstr(head, "conform"), "Q20: what was deleted or replaced is not");
}

/* SENDING_REQUEST is the last moment: what is added there still goes out (option 108 counts on it). */
static void CALLBACK add_at_the_gate(HINTERNET handle, DWORD_PTR context, DWORD status, void *info, DWORD length)
{
    (void)context, (void)info, (void)length;
    if (status == WINHTTP_CALLBACK_STATUS_SENDING_REQUEST)
        WinHttpAddRequestHeaders(handle, L"gate: open\r\nContent-Length: 7", END, ADD);
}

static void check_added_at_the_gate(void)
{
    static char head[2000];
    long length;

    client_request(&the, NULL, L"/head", 0);
    WinHttpSetStatusCallback(the.request, add_at_the_gate, WINHTTP_CALLBACK_FLAG_ALL_NOTIFICATIONS, 0);
    ANSWERS(client_exchange(&the), ERROR_SUCCESS, "API 108: headers added in SENDING_REQUEST");
    length = client_read_all(&the, head, sizeof(head) - 1);
    head[length > 0 ? length : 0] = 0;
    tap_ok(strstr(head, "\r\ngate: open\r\n") != NULL, "API 108: are on the wire");
    tap_ok(!strstr(head, "Content-Length"), "API 108: but not one that would contradict the message");
}

static void check_large_block(void)
{
    static WCHAR line[8200] = L"x: ";
    size_t i;

    client_request(&the, NULL, L"/head", 0);
    for (i = 3; i < 8000; i++)
        line[i] = L'v';
    SUCCEEDS(WinHttpAddRequestHeaders(the.request, line, END, ADD), "a header of 8,000 characters");
    ANSWERS(client_exchange(&the), ERROR_SUCCESS, "is sent");
    client_request(&the, NULL, L"/endless-head", 0);
    ANSWERS(client_exchange(&the), ERROR_WINHTTP_HEADER_SIZE_OVERFLOW, "API 5: a response head without end");
}

int main(void)
{
    INTERNET_PORT port = find_port("STUB_PLAIN_PORT");

    client_open(&the, 0, port ? port : 80);
    check_lines();
    check_changes();
    check_custom_query();
    check_raw_query();
    if (port) {
        check_before_response();
        check_response_queries();
        check_missing_length();
        check_odd_lines();
        check_wire();
        check_added_late();
        check_added_at_the_gate();
        check_large_block();
    } else
        tap_skip("R1 to R15: STUB_PLAIN_PORT is not set");
    client_close(&the);
    return tap_done();
}
