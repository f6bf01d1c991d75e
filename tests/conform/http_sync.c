/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * http_sync: requests and answers on synchronous handles (SEMANTICS 7, 8, 9, 13), against nginx on HTTP_PORT and
 * HTTPS_PORT, and against the scripted server, plain and TLS.
 */
#include <stdlib.h>

#include "client.h"

#define NO_LENGTH ((DWORD)-1)

static struct client the;
static BYTE buffer[65536];

/* ---- bodies ---- */

/* One exchange: the status, the Content-Length (or NO_LENGTH), and the bytes of the body, which hold the test pattern
 * or, where `text` stands, this text. */
struct exchange {
    const WCHAR *verb, *path;
    DWORD status, length, body;
    const char *text;
    const char *ids;
};

static const struct exchange nginx_rows[] = {
    {L"GET", L"/size/1", 200, 1, 1, NULL, "1 byte"},
    {L"GET", L"/size/127", 200, 127, 127, NULL, "127 bytes"},
    {L"GET", L"/size/8192", 200, 8192, 8192, NULL, "8 KB"},
    {L"GET", L"/size/65537", 200, 65537, 65537, NULL, "64 KB and one"},
    {L"GET", L"/size/1000000", 200, 1000000, 1000000, NULL, "1 MB"},
    {L"GET", L"/size/16777216", 200, 16777216, 16777216, NULL, "16 MB"},
    {L"HEAD", L"/size/4096", 200, 4096, 0, NULL, "B7"},
    {L"GET", L"/chunked/1", 200, NO_LENGTH, 1, NULL, "B13, 1 byte"},
    {L"GET", L"/chunked/1000000", 200, NO_LENGTH, 1000000, NULL, "B13, 1 MB"},
    {L"GET", L"/empty", 200, 0, 0, NULL, "B8"},
    {L"GET", L"/none", 204, NO_LENGTH, 0, NULL, "B5, R20"},
    {L"GET", L"/close", 200, 5, 5, "hello", "CN6"},
    {L"GET", L"/missing", 404, 0, 0, "", "404"},
};

static const struct exchange stub_rows[] = {
    {L"GET", L"/ok", 200, 5, 5, "hello", "five bytes"},
    {L"GET", L"/bytewise", 200, 5, 5, "hello", "one byte in each segment"},
    {L"GET", L"/interim", 200, 5, 5, "hello", "an interim answer before"},
    {L"GET", L"/empty", 200, 0, 0, "", "B8"},
    {L"GET", L"/nothing-204", 204, NO_LENGTH, 0, "", "R20, B5"},
    {L"GET", L"/unchanged-304", 304, NO_LENGTH, 0, "", "R19, B6"},
    {L"HEAD", L"/announced-100", 200, 100, 0, "", "B7"},
    {L"GET", L"/chunked", 200, NO_LENGTH, 19, "first\nsecond\nthird\n", "B13, B15"},
    {L"GET", L"/chunked-bytewise", 200, NO_LENGTH, 19, "first\nsecond\nthird\n", "B13, B15, bytewise"},
    {L"GET", L"/chunked-one", 200, NO_LENGTH, 9, "nine byte", "B16"},
    {L"GET", L"/until-close", 200, NO_LENGTH, 128, NULL, "B10, B11"},
    {L"GET", L"/until-close-8784", 200, NO_LENGTH, 8784, NULL, "B12"},
    {L"GET", L"/denied", 401, 12, 12, "no entrance!", "R17, B17"},
    {L"GET", L"/close-response", 200, 5, 5, "hello", "CN6"},
};

static void check_head(const struct exchange *row, const char *where)
{
    DWORD value = POISON, size = sizeof(value);

    SAME(client_status(&the), row->status, "%s %s: the status", where, row->ids);
    if (row->status == 404)
        return; /* nginx's page has a length of its own */
    WinHttpQueryHeaders(the.request, WINHTTP_QUERY_CONTENT_LENGTH | WINHTTP_QUERY_FLAG_NUMBER, NULL, &value, &size,
                        NULL);
    SAME(value, row->length == NO_LENGTH ? POISON : row->length, "%s %s: Content-Length", where, row->ids);
}

/* Reads the body in pieces of this size, or, with 0, in the pieces that QueryDataAvailable tells (B2). Answers whether
 * every byte was right; *total is how many came. */
static BOOL read_body(const struct exchange *row, DWORD piece, DWORD *total)
{
    DWORD wanted, got;

    for (*total = 0;; *total += got) {
        wanted = piece;
        if (!piece && !WinHttpQueryDataAvailable(the.request, &wanted))
            return FALSE;
        if (wanted > sizeof(buffer))
            return FALSE;
        if (!WinHttpReadData(the.request, buffer, wanted ? wanted : 1, &got) || (!piece && got != wanted))
            return FALSE;
        if (!got)
            return TRUE;
        if (row->text ? *total + got > strlen(row->text) || memcmp(buffer, row->text + *total, got)
                      : !pattern_is(buffer, *total, got))
            return FALSE;
    }
}

/* B3, B4: at the end, both calls succeed with nothing, as often as one likes. */
static void check_end(const struct exchange *row, const char *where)
{
    DWORD available = POISON, read = POISON, again = POISON;
    BOOL good = WinHttpQueryDataAvailable(the.request, &available) &&
                WinHttpReadData(the.request, buffer, sizeof(buffer), &read) &&
                WinHttpQueryDataAvailable(the.request, &again);

    tap_ok(good && !available && !read && !again, "B3, B4 %s %s: asking, reading and asking again at the end", where,
           row->ids);
}

static void check_exchange(const struct exchange *row, DWORD flags, const char *where, DWORD piece)
{
    DWORD total = 0;

    client_request(&the, row->verb, row->path, flags);
    SUCCEEDS(WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 0, 0), "GEN3 %s %s: sent", where, row->ids);
    if (!SUCCEEDS(WinHttpReceiveResponse(the.request, NULL), "GEN3 %s %s: received", where, row->ids))
        return;
    check_head(row, where);
    if (row->status == 404)
        return;
    tap_ok(read_body(row, piece, &total), "B2 %s %s: each byte of the body, %s", where, row->ids,
           piece ? "read" : "asked for and read");
    SAME(total, row->body, "%s %s: the number of bytes", where, row->ids);
    check_end(row, where);
}

static void check_rows(const struct exchange *rows, size_t count, INTERNET_PORT port, DWORD flags, const char *where)
{
    size_t i;

    client_open_host(&the, 0, L"localhost", port);
    for (i = 0; i < count; i++) {
        check_exchange(&rows[i], flags, where, 0);
        check_exchange(&rows[i], flags, where, sizeof(buffer));
    }
    client_close(&the);
}

static void check_large_download(INTERNET_PORT port, DWORD flags, const char *where)
{
    static const struct exchange row = {L"GET", L"/size/104857600", 200, 104857600, 104857600, NULL, "100 MB"};

    client_open_host(&the, 0, L"localhost", port);
    check_exchange(&row, flags, where, sizeof(buffer));
    client_close(&the);
}

/* ---- bodies that end badly ---- */

static const struct {
    const WCHAR *path;
    DWORD receive_error; /* of ReceiveResponse */
    DWORD read_error;    /* of reading to the end; 0: it succeeds */
    const char *ids;
} bad_bodies[] = {
    {L"/promised", 0, ERROR_WINHTTP_CONNECTION_ERROR, "R18: announced and not sent"},
    {L"/cut", 0, ERROR_WINHTTP_CONNECTION_ERROR, "half of what was announced"},
    {L"/chunked-cut", 0, ERROR_WINHTTP_CONNECTION_ERROR, "an end inside a chunk"},
    {L"/chunked-bad", 0, ERROR_WINHTTP_INVALID_SERVER_RESPONSE, "a chunk size that is none"},
    {L"/until-close-reset", 0, ERROR_WINHTTP_CONNECTION_ERROR, "a reset instead of an end"},
    {L"/html-only", ERROR_WINHTTP_INVALID_SERVER_RESPONSE, 0, "R16: no status line"},
    {L"/bad-version", ERROR_WINHTTP_INVALID_SERVER_RESPONSE, 0, "no HTTP"},
};

static void check_bad_bodies(INTERNET_PORT port)
{
    size_t i;
    long got;
    DWORD error;

    client_open(&the, 0, port);
    for (i = 0; i < COUNT(bad_bodies); i++) {
        client_request(&the, NULL, bad_bodies[i].path, 0);
        ANSWERS(client_exchange(&the), bad_bodies[i].receive_error, "%s: the head", bad_bodies[i].ids);
        if (bad_bodies[i].receive_error)
            continue;
        got = client_read_all(&the, buffer, sizeof(buffer));
        error = got < 0 ? GetLastError() : ERROR_SUCCESS;
        ANSWERS(error, bad_bodies[i].read_error, "%s: the body", bad_bodies[i].ids);
    }
    client_close(&the);
}

/* ---- uploads ---- */

/* Sends a body of the test pattern: `optional` bytes with the head, the rest by WriteData in pieces. */
static void check_upload(const WCHAR *path, DWORD flags, DWORD total, DWORD optional, DWORD piece, const char *where)
{
    static BYTE body[1000000], echo[1000001];
    DWORD at = optional, written, size;
    BOOL good = TRUE;

    pattern_fill(body, 0, total);
    client_request(&the, L"POST", path, flags);
    SUCCEEDS(WinHttpSendRequest(the.request, NULL, 0, optional ? body : NULL, optional, total, 0),
             "S13 %s: %lu of %lu bytes with the head", where, optional, total);
    for (; good && at < total; at += written) {
        size = total - at < piece ? total - at : piece;
        SetLastError(POISON);
        good = WinHttpWriteData(the.request, body + at, size, &written) && !GetLastError() && written == size;
    }
    tap_ok(good, "S8, GEN3 %s: the rest in pieces of %lu", where, piece);
    SUCCEEDS(WinHttpReceiveResponse(the.request, NULL), "%s: the answer", where);
    SAME(client_read_all(&the, echo, sizeof(echo)), total, "S13 %s: the body came back", where);
    tap_ok(!memcmp(echo, body, total), "S13 %s: unchanged", where);
}

static void check_uploads(INTERNET_PORT port, const WCHAR *path, DWORD flags, const char *where)
{
    client_open_host(&the, 0, L"localhost", port);
    check_upload(path, flags, 0, 0, 1, where);
    check_upload(path, flags, 4, 4, 1, where);
    check_upload(path, flags, 9, 4, 1, where);
    check_upload(path, flags, 100, 0, 100, where);
    check_upload(path, flags, 1000000, 0, 7777, where);
    check_upload(path, flags, 1000000, 0, 1000000, where); /* more than the kernel takes at once */
    check_upload(path, flags, 1000000, 1000000, 1, where);
    client_close(&the);
}

/* The head that the server saw, of a request that the caller has sent. */
static const char *seen_head(void)
{
    static char head[2000];
    long length;

    head[0] = 0;
    if (WinHttpReceiveResponse(the.request, NULL)) {
        length = client_read_all(&the, head, sizeof(head) - 1);
        head[length > 0 ? length : 0] = 0;
    }
    return head;
}

static unsigned occurrences(const char *text, const char *part)
{
    unsigned count = 0;

    for (; (text = strstr(text, part)) != NULL; text++)
        count++;
    return count;
}

static void check_upload_heads(INTERNET_PORT port)
{
    DWORD written = POISON;
    const char *head;

    client_open(&the, 0, port);
    client_request(&the, L"POST", L"/head", 0);
    SUCCEEDS(WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 0, 0), "S1: no headers, no body");
    tap_ok(strstr(seen_head(), "\r\nContent-Length: 0\r\n") != NULL, "S5: POST without a body says so");
    client_request(&the, L"GET", L"/head", 0);
    SUCCEEDS(WinHttpSendRequest(the.request, L"", 0, NULL, 0, 0, 0), "S1: an empty string of headers");
    tap_ok(!strstr(seen_head(), "Content-Length"), "GET without a body does not");
    client_request(&the, L"POST", L"/body", 0);
    SUCCEEDS(WinHttpSendRequest(the.request, L"Transfer-Encoding: chunked\r\n", (DWORD)-1, NULL, 0, 0, 0),
             "S2, Q25, S14, CLIENTS 2: a caller's own chunks");
    WinHttpWriteData(the.request, "5\r\nhello\r\n0\r\n\r\n", 15, &written);
    SAME(written, 15, "S14: go out raw");
    tap_ok(!strcmp(seen_head(), "hello"), "S14: and are understood, so no Content-Length was sent with them");
    client_request(&the, L"POST", L"/head", 0);
    WinHttpSendRequest(the.request, L"Content-Length: 4", (DWORD)-1, "abcd", 4, 4, 0);
    head = seen_head();
    SAME(occurrences(head, "Content-Length: 4"), 1, "CLIENTS 15: one Content-Length, not two");
    client_request(&the, L"POST", L"/body", 0);
    WinHttpSendRequest(the.request, NULL, 0, "abcd", 4, 4, 0);
    written = POISON;
    FAILS(WinHttpWriteData(the.request, "x", 1, &written), ERROR_INVALID_PARAMETER, "S7: more than was promised");
    SAME(written, POISON, "S7: nothing is counted");
    tap_ok(!strcmp(seen_head(), "abcd"), "S7: and the exchange goes on");
    client_close(&the);
}

/* ---- handles used again, and connections ---- */

static void check_order_of_calls(INTERNET_PORT port)
{
    DWORD number = POISON;
    BYTE byte = 0xa5;

    client_open(&the, 0, port);
    client_request(&the, NULL, L"/ok", 0);
    FAILS(WinHttpQueryDataAvailable(the.request, &number), ERROR_WINHTTP_INCORRECT_HANDLE_STATE, "B1: before sending");
    SAME(number, POISON, "B1: the number is left alone");
    FAILS(WinHttpReadData(the.request, &byte, 1, &number), ERROR_WINHTTP_INCORRECT_HANDLE_STATE,
          "reading before sending");
    tap_ok(number == POISON && byte == 0xa5, "GEN8: nothing is written");
    FAILS(WinHttpReceiveResponse(the.request, NULL), ERROR_WINHTTP_INCORRECT_HANDLE_STATE, "S11: receiving unsent");
    FAILS(WinHttpWriteData(the.request, "x", 1, &number), ERROR_WINHTTP_INCORRECT_HANDLE_STATE, "writing unsent");
    ANSWERS(client_exchange(&the), ERROR_SUCCESS, "the request can still be sent");
    SAME(client_read_all(&the, buffer, sizeof(buffer)), 5, "and its body be read");
    ANSWERS(client_exchange(&the), ERROR_SUCCESS, "S6: and sent again");
    SAME(client_read_all(&the, buffer, sizeof(buffer)), 5, "S6: with a second body");
    client_close(&the);
}

static void check_refused(void)
{
    client_open_host(&the, 0, L"localhost", unused_port());
    client_request(&the, L"POST", L"/", 0);
    FAILS(WinHttpSendRequest(the.request, NULL, 0, "x", 1, 1, 0), ERROR_WINHTTP_CANNOT_CONNECT, "S9: nobody listens");
    FAILS(WinHttpReceiveResponse(the.request, NULL), ERROR_WINHTTP_INCORRECT_HANDLE_STATE, "S11: after a failed send");
    client_close(&the);
}

/* The number of the connection that the scripted server sees. */
static long connection_number(void)
{
    char digits[11] = "";

    client_request(&the, NULL, L"/number", 0);
    if (client_exchange(&the) || client_read_all(&the, digits, 10) != 10)
        return -1;
    /* The end of the body must have been seen for the connection to be free again. */
    client_request(&the, NULL, L"/number", 0);
    return strtol(digits, NULL, 10);
}

static const struct {
    const WCHAR *path, *header;
    BOOL read_all, reusable;
    const char *ids;
} connections[] = {
    {L"/ok", NULL, TRUE, TRUE, "CN2, CN4: Content-Length, read to the end"},
    {L"/chunked-one", NULL, TRUE, TRUE, "CN3: chunked, read to the end"},
    {L"/empty", NULL, FALSE, TRUE, "CN5: Content-Length 0"},
    {L"/nothing-204", NULL, FALSE, TRUE, "R20: 204"},
    {L"/close-response", NULL, TRUE, FALSE, "CN6: the answer says close"},
    {L"/empty", L"Connection: close", FALSE, FALSE, "CN7: the request says close"},
    {L"/until-close", NULL, TRUE, FALSE, "CN9: a body until close"},
};

static void check_connections(INTERNET_PORT port)
{
    long before, after;
    size_t i;

    client_open(&the, 0, port);
    for (i = 0; i < COUNT(connections); i++) {
        before = connection_number();
        client_request(&the, NULL, connections[i].path, 0);
        if (connections[i].header)
            WinHttpAddRequestHeaders(the.request, connections[i].header, (DWORD)-1, WINHTTP_ADDREQ_FLAG_ADD);
        ANSWERS(client_exchange(&the), ERROR_SUCCESS, "%s: the exchange", connections[i].ids);
        if (connections[i].read_all)
            client_read_all(&the, buffer, sizeof(buffer));
        after = connection_number();
        tap_ok(before > 0 && (before == after) == connections[i].reusable, "%s: %s", connections[i].ids,
               connections[i].reusable ? "the connection is used again" : "another connection is used");
    }
    before = connection_number();
    client_close(&the);
    client_open(&the, 0, port);
    SAME(connection_number(), before, "CN1: another session uses the same connection");
    client_close(&the);
}

int main(void)
{
    INTERNET_PORT http = need_port("HTTP_PORT"), https = need_port("HTTPS_PORT");
    INTERNET_PORT plain = need_port("STUB_PLAIN_PORT"), tls = need_port("STUB_TLS_PORT");

    check_rows(nginx_rows, COUNT(nginx_rows), http, 0, "http");
    check_rows(nginx_rows, COUNT(nginx_rows), https, WINHTTP_FLAG_SECURE, "https");
    check_rows(stub_rows, COUNT(stub_rows), plain, 0, "scripted");
    check_rows(stub_rows, COUNT(stub_rows), tls, WINHTTP_FLAG_SECURE, "scripted TLS");
    check_large_download(http, 0, "http");
    check_large_download(https, WINHTTP_FLAG_SECURE, "https");
    check_bad_bodies(plain);
    check_uploads(plain, L"/body", 0, "scripted");
    check_uploads(http, L"/stub/body", 0, "http");
    check_uploads(https, L"/stub/body", WINHTTP_FLAG_SECURE, "https");
    check_upload_heads(plain);
    check_order_of_calls(plain);
    check_refused();
    check_connections(plain);
    return tap_done();
}
