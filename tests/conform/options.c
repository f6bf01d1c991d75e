/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * options: WinHttpSetOption, WinHttpQueryOption, WinHttpSetTimeouts (SEMANTICS 4, 18.2; API 2).
 *
 * First tables over all handle types: what each DWORD option is by default, on what it can be set and asked for, and
 * which error it gives elsewhere. Then the rules for sizes, and what one handle takes from another. No network but for
 * the options of a WebSocket, which need WS_PORT.
 *
 * Options that come later (D15) answer 12009; their rows are skipped as long as they do.
 */
#include <stddef.h>

#include "client.h"

enum { S = 1, C = 2, R = 4 };

static struct client the;

static const struct handle_type {
    DWORD type;
    const char *name;
    size_t offset;
} types[] = {
    {S, "session", offsetof(struct client, session)},
    {C, "connection", offsetof(struct client, connect)},
    {R, "request", offsetof(struct client, request)},
};

static HINTERNET handle_of(const struct handle_type *type)
{
    return *(HINTERNET *)((char *)&the + type->offset);
}

/* ---- DWORD options ---- */

static const struct dword_option {
    DWORD option;
    const char *name;
    DWORD set_on, query_on;
    DWORD first;             /* the default */
    DWORD value;             /* something to set, and what then is read */
    DWORD wrong_set_error;   /* setting it elsewhere */
    DWORD wrong_query_error; /* asking elsewhere */
    BOOL later;              /* D15: perhaps not offered yet */
} dwords[] = {
    {WINHTTP_OPTION_RESOLVE_TIMEOUT, "TO5, TO6 RESOLVE_TIMEOUT", S | R, S | C | R, 0, 0xbeefdead,
     ERROR_WINHTTP_INCORRECT_HANDLE_TYPE, 0, FALSE},
    {WINHTTP_OPTION_CONNECT_TIMEOUT, "TO5, TO6 CONNECT_TIMEOUT", S | R, S | C | R, 60000, 0xbeefdead,
     ERROR_WINHTTP_INCORRECT_HANDLE_TYPE, 0, FALSE},
    {WINHTTP_OPTION_SEND_TIMEOUT, "TO5, TO6 SEND_TIMEOUT", S | R, S | C | R, 30000, 0xbeefdead,
     ERROR_WINHTTP_INCORRECT_HANDLE_TYPE, 0, FALSE},
    {WINHTTP_OPTION_RECEIVE_TIMEOUT, "TO5, TO6 RECEIVE_TIMEOUT", S | R, S | C | R, 30000, 48879,
     ERROR_WINHTTP_INCORRECT_HANDLE_TYPE, 0, FALSE},
    {WINHTTP_OPTION_RECEIVE_RESPONSE_TIMEOUT, "TO10, TO11 RECEIVE_RESPONSE_TIMEOUT", S | R, S | C | R, 0xffffffff,
     0xffffff00, ERROR_WINHTTP_INCORRECT_HANDLE_TYPE, 0, FALSE},
    {WINHTTP_OPTION_WEB_SOCKET_RECEIVE_BUFFER_SIZE, "W7, W8, W10 WEB_SOCKET_RECEIVE_BUFFER_SIZE", S | R, S | R, 32768,
     65535, ERROR_WINHTTP_INCORRECT_HANDLE_TYPE, ERROR_WINHTTP_INCORRECT_HANDLE_TYPE, FALSE},
    {WINHTTP_OPTION_WEB_SOCKET_SEND_BUFFER_SIZE, "W7, W8, W10 WEB_SOCKET_SEND_BUFFER_SIZE", S | R, S | R, 32768, 15,
     ERROR_WINHTTP_INCORRECT_HANDLE_TYPE, ERROR_WINHTTP_INCORRECT_HANDLE_TYPE, FALSE},
    {WINHTTP_OPTION_REDIRECT_POLICY, "O10, RD10 REDIRECT_POLICY", S | R, S | R,
     WINHTTP_OPTION_REDIRECT_POLICY_DISALLOW_HTTPS_TO_HTTP, WINHTTP_OPTION_REDIRECT_POLICY_NEVER,
     ERROR_WINHTTP_INCORRECT_HANDLE_TYPE, ERROR_WINHTTP_INCORRECT_HANDLE_TYPE, TRUE},
    {WINHTTP_OPTION_MAX_HTTP_AUTOMATIC_REDIRECTS, "O21 MAX_HTTP_AUTOMATIC_REDIRECTS", S | R, S | R, 10, 3,
     ERROR_WINHTTP_INCORRECT_HANDLE_TYPE, ERROR_WINHTTP_INCORRECT_HANDLE_TYPE, TRUE},
    {WINHTTP_OPTION_MAX_CONNS_PER_SERVER, "API 73 MAX_CONNS_PER_SERVER", S, S, 0xffffffff, 7,
     ERROR_WINHTTP_INCORRECT_HANDLE_TYPE, ERROR_WINHTTP_INCORRECT_HANDLE_TYPE, FALSE},
    {WINHTTP_OPTION_MAX_CONNS_PER_1_0_SERVER, "API 74 MAX_CONNS_PER_1_0_SERVER", S, S, 0xffffffff, 7,
     ERROR_WINHTTP_INCORRECT_HANDLE_TYPE, ERROR_WINHTTP_INCORRECT_HANDLE_TYPE, FALSE},
    {WINHTTP_OPTION_CONNECT_RETRIES, "O20 CONNECT_RETRIES", S | R, S | R, 5, 6, ERROR_WINHTTP_INCORRECT_HANDLE_TYPE,
     ERROR_WINHTTP_INCORRECT_HANDLE_TYPE, TRUE},
};

static BOOL not_offered(const struct dword_option *row)
{
    DWORD value = row->first;

    return row->later && !WinHttpSetOption(the.request, row->option, &value, sizeof(value)) &&
           GetLastError() == ERROR_WINHTTP_INVALID_OPTION;
}

static void check_dword_on(const struct dword_option *row, const struct handle_type *type)
{
    DWORD value = POISON, size = sizeof(value);
    HINTERNET handle = handle_of(type);

    if (row->query_on & type->type) {
        SUCCEEDS(WinHttpQueryOption(handle, row->option, &value, &size), "%s: asked on a %s", row->name, type->name);
        SAME(value, row->first, "%s: its default on a %s", row->name, type->name);
    } else {
        FAILS(WinHttpQueryOption(handle, row->option, &value, &size), row->wrong_query_error, "%s: asked on a %s",
              row->name, type->name);
        SAME(value, POISON, "GEN8 %s: the value is left alone", row->name);
    }
    value = row->value;
    if (row->set_on & type->type) {
        SUCCEEDS(WinHttpSetOption(handle, row->option, &value, sizeof(value)), "%s: set on a %s", row->name,
                 type->name);
        value = POISON;
        WinHttpQueryOption(handle, row->option, &value, &size);
        SAME(value, row->value, "%s: reads back on a %s", row->name, type->name);
    } else
        FAILS(WinHttpSetOption(handle, row->option, &value, sizeof(value)), row->wrong_set_error, "%s: set on a %s",
              row->name, type->name);
}

/* On a request first, so that the session's new value cannot have changed its default (TO9, W9). */
static void check_dwords(void)
{
    size_t i, type;

    for (i = 0; i < COUNT(dwords); i++) {
        client_open(&the, 0, 80);
        client_request(&the, NULL, NULL, WINHTTP_FLAG_SECURE);
        if (not_offered(&dwords[i]))
            tap_skip("%s is not offered yet", dwords[i].name);
        else
            for (type = COUNT(types); type-- > 0;)
                check_dword_on(&dwords[i], &types[type]);
        client_close(&the);
    }
}

/* ---- sizes ---- */

static void check_sizes(void)
{
    const DWORD option = WINHTTP_OPTION_CONNECT_TIMEOUT;
    DWORD buffer[2] = {POISON, POISON}, size;

    FAILS(WinHttpQueryOption(the.session, option, NULL, NULL), ERROR_INVALID_PARAMETER, "O1: no buffer and no size");
    FAILS(WinHttpQueryOption(the.session, option, buffer, NULL), ERROR_INVALID_PARAMETER, "O1: no size");
    size = 0xffffffff;
    FAILS(WinHttpQueryOption(the.session, option, NULL, &size), ERROR_INSUFFICIENT_BUFFER, "O2: no buffer, huge size");
    SAME(size, sizeof(DWORD), "O2: the size needed");
    size = 3;
    FAILS(WinHttpQueryOption(the.session, option, buffer, &size), ERROR_INSUFFICIENT_BUFFER, "O3: three bytes");
    SAME(size, sizeof(DWORD), "O3: the size needed");
    SAME(buffer[0], POISON, "GEN8: the buffer is left alone");
    size = sizeof(buffer);
    SUCCEEDS(WinHttpQueryOption(the.session, option, buffer, &size), "O4: more than is needed");
    SAME(size, sizeof(DWORD), "O4: the size used");
    SAME(buffer[1], POISON, "O4: what is behind is left alone");
    FAILS(WinHttpSetOption(the.session, option, NULL, 4), ERROR_INVALID_PARAMETER, "O5: set without a buffer");
    FAILS(WinHttpSetOption(the.session, option, buffer, 3), ERROR_INSUFFICIENT_BUFFER, "O6: set with three bytes");
    FAILS(WinHttpSetOption(the.session, option, buffer, 5), ERROR_INSUFFICIENT_BUFFER, "O6: set with five bytes");
}

static void check_no_options(void)
{
    static const DWORD unknown[] = {0, 213, 5000, 0xffffffff};
    DWORD value = 1, size;
    size_t i, type;

    for (type = 0; type < COUNT(types); type++)
        for (i = 0; i < COUNT(unknown); i++) {
            HINTERNET handle = handle_of(&types[type]);

            size = sizeof(value);
            FAILS(WinHttpSetOption(handle, unknown[i], &value, sizeof(value)), ERROR_WINHTTP_INVALID_OPTION,
                  "O7: setting option %lu on a %s", unknown[i], types[type].name);
            FAILS(WinHttpQueryOption(handle, unknown[i], &value, &size), ERROR_INVALID_PARAMETER,
                  "O8: asking for option %lu on a %s", unknown[i], types[type].name);
        }
    size = sizeof(value);
    FAILS(WinHttpSetOption(the.request, WINHTTP_OPTION_HANDLE_TYPE, &value, sizeof(value)),
          ERROR_WINHTTP_OPTION_NOT_SETTABLE, "API 2.2: setting what can only be asked for");
    FAILS(WinHttpQueryOption(the.session, WINHTTP_OPTION_SECURE_PROTOCOLS, &value, &size), ERROR_INVALID_PARAMETER,
          "API 2.2: asking for what can only be set");
    FAILS(WinHttpSetOption(NULL, WINHTTP_OPTION_CONNECT_TIMEOUT, &value, sizeof(value)), ERROR_INVALID_HANDLE,
          "GEN7: setting on NULL");
    FAILS(WinHttpQueryOption(NULL, WINHTTP_OPTION_CONNECT_TIMEOUT, &value, &size), ERROR_INVALID_HANDLE,
          "GEN7: asking on NULL");
}

/* ---- the others ---- */

static void check_relations(void)
{
    static const DWORD expected[] = {WINHTTP_HANDLE_TYPE_SESSION, WINHTTP_HANDLE_TYPE_CONNECT,
                                     WINHTTP_HANDLE_TYPE_REQUEST};
    HINTERNET parent;
    DWORD value, size;
    size_t type;

    for (type = 0; type < COUNT(types); type++) {
        size = sizeof(value);
        SUCCEEDS(WinHttpQueryOption(handle_of(&types[type]), WINHTTP_OPTION_HANDLE_TYPE, &value, &size),
                 "API 9: the type of a %s", types[type].name);
        SAME(value, expected[type], "API 4.13: is %lu", expected[type]);
    }
    size = sizeof(parent);
    SUCCEEDS(WinHttpQueryOption(the.request, WINHTTP_OPTION_PARENT_HANDLE, &parent, &size),
             "API 21: a request's parent");
    tap_ok(parent == the.connect, "API 21: is its connection");
    SUCCEEDS(WinHttpQueryOption(the.connect, WINHTTP_OPTION_PARENT_HANDLE, &parent, &size), "API 21: a connection's");
    tap_ok(parent == the.session, "API 21: is its session");
}

static void check_url(void)
{
    static const WCHAR expected[] = L"https://127.0.0.1:80/a/b?c";
    WCHAR text[60];
    DWORD size = sizeof(expected);

    client_request(&the, NULL, L"/a/b?c", WINHTTP_FLAG_SECURE);
    SUCCEEDS(WinHttpQueryOption(the.request, WINHTTP_OPTION_URL, text, &size),
             "O24, O25: the URL, in just enough bytes");
    SAME_TEXT(text, expected, "O24: with scheme, host, port and path");
    SAME(size, sizeof(expected) - sizeof(WCHAR), "GEN9: the size without the NUL");
    poison(text, sizeof(text));
    size = sizeof(expected) - sizeof(WCHAR);
    FAILS(WinHttpQueryOption(the.request, WINHTTP_OPTION_URL, text, &size), ERROR_INSUFFICIENT_BUFFER,
          "GEN9: one character too small");
    SAME(size, sizeof(expected), "GEN9: the size with the NUL");
    tap_ok(is_poison(text, sizeof(text)), "GEN8: nothing was written");
    size = 0;
    FAILS(WinHttpQueryOption(the.request, WINHTTP_OPTION_URL, NULL, &size), ERROR_INSUFFICIENT_BUFFER,
          "GEN9: no buffer");
    SAME(size, sizeof(expected), "GEN9: the size with the NUL");
}

static void check_security(void)
{
    static const DWORD allowed[] = {SECURITY_FLAG_IGNORE_CERT_WRONG_USAGE,
                                    SECURITY_FLAG_IGNORE_UNKNOWN_CA | SECURITY_FLAG_IGNORE_CERT_DATE_INVALID |
                                        SECURITY_FLAG_IGNORE_CERT_CN_INVALID,
                                    SECURITY_FLAG_IGNORE_ALL_CERT_ERRORS, 0};
    DWORD value = POISON, size = sizeof(value), protocols = WINHTTP_FLAG_SECURE_PROTOCOL_TLS1_2;
    size_t i;

    client_request(&the, NULL, NULL, WINHTTP_FLAG_SECURE);
    SUCCEEDS(WinHttpQueryOption(the.request, WINHTTP_OPTION_SECURITY_FLAGS, &value, &size), "T1: security flags");
    SAME(value, 0, "T1: are 0 at first");
    for (i = 0; i < COUNT(allowed); i++) {
        value = allowed[i];
        SUCCEEDS(WinHttpSetOption(the.request, WINHTTP_OPTION_SECURITY_FLAGS, &value, sizeof(value)),
                 "T2: setting 0x%lx", value);
        WinHttpQueryOption(the.request, WINHTTP_OPTION_SECURITY_FLAGS, &value, &size);
        SAME(value, allowed[i], "T2: reads back");
    }
    value = SECURITY_FLAG_SECURE;
    tap_ok(!WinHttpSetOption(the.request, WINHTTP_OPTION_SECURITY_FLAGS, &value, sizeof(value)), "T3: SECURE fails");
    value = SECURITY_FLAG_STRENGTH_STRONG;
    tap_ok(!WinHttpSetOption(the.request, WINHTTP_OPTION_SECURITY_FLAGS, &value, sizeof(value)), "T4: STRONG fails");
    SUCCEEDS(WinHttpSetOption(the.session, WINHTTP_OPTION_SECURE_PROTOCOLS, &protocols, sizeof(protocols)),
             "O23: TLS 1.2 on a session");
    FAILS(WinHttpSetOption(the.connect, WINHTTP_OPTION_SECURE_PROTOCOLS, &protocols, sizeof(protocols)),
          ERROR_WINHTTP_INCORRECT_HANDLE_TYPE, "O23: not on a connection");
}

static void check_switches(void)
{
    BOOL yes = TRUE;
    HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);

    SUCCEEDS(WinHttpSetOption(the.session, WINHTTP_OPTION_ASSURED_NON_BLOCKING_CALLBACKS, &yes, sizeof(yes)),
             "CLIENTS 4: ASSURED_NON_BLOCKING_CALLBACKS on a session");
    SUCCEEDS(WinHttpSetOption(the.session, WINHTTP_OPTION_UNLOAD_NOTIFY_EVENT, &event, sizeof(event)),
             "H16: an unload event on a session");
    SUCCEEDS(WinHttpSetOption(the.request, WINHTTP_OPTION_UPGRADE_TO_WEB_SOCKET, NULL, 0), "W1: upgrade on a request");
    FAILS(WinHttpSetOption(the.session, WINHTTP_OPTION_UPGRADE_TO_WEB_SOCKET, NULL, 0),
          ERROR_WINHTTP_INCORRECT_HANDLE_TYPE, "O9: not on a session");
}

/* ---- timeouts ---- */

static DWORD timeout_of(HINTERNET handle, DWORD option)
{
    DWORD value = POISON, size = sizeof(value);

    WinHttpQueryOption(handle, option, &value, &size);
    return value;
}

static void check_set_timeouts_on(HINTERNET handle, const char *name)
{
    int values[4], i;

    for (i = 0; i < 4; i++) {
        values[0] = values[1] = values[2] = values[3] = 1000;
        values[i] = -2;
        FAILS(WinHttpSetTimeouts(handle, values[0], values[1], values[2], values[3]), ERROR_INVALID_PARAMETER,
              "TO1: -2 as value %d on a %s", i, name);
    }
}

static void check_timeouts(void)
{
    check_set_timeouts_on(the.session, "session");
    check_set_timeouts_on(the.connect, "connection");
    check_set_timeouts_on(the.request, "request");
    FAILS(WinHttpSetTimeouts(the.connect, 1, 2, 3, 4), ERROR_WINHTTP_INCORRECT_HANDLE_TYPE, "TO3: on a connection");
    SUCCEEDS(WinHttpSetTimeouts(the.request, 0, 0, 0, 0), "TO2: all 0");
    SUCCEEDS(WinHttpSetTimeouts(the.request, -1, -1, -1, -1), "TO2: all -1");
    WinHttpSetTimeouts(the.request, 31, 32, 33, 34);
    SUCCEEDS(WinHttpSetTimeouts(the.session, 11, 12, 13, 14), "TO4: four values");
    SAME(timeout_of(the.session, WINHTTP_OPTION_RESOLVE_TIMEOUT), 11, "TO4: resolve");
    SAME(timeout_of(the.session, WINHTTP_OPTION_CONNECT_TIMEOUT), 12, "TO4: connect");
    SAME(timeout_of(the.session, WINHTTP_OPTION_SEND_TIMEOUT), 13, "TO4: send");
    SAME(timeout_of(the.session, WINHTTP_OPTION_RECEIVE_TIMEOUT), 14, "TO4: receive");
    SAME(timeout_of(the.connect, WINHTTP_OPTION_RECEIVE_TIMEOUT), 14, "TO7: a connection shows the session's");
    SAME(timeout_of(the.request, WINHTTP_OPTION_RECEIVE_TIMEOUT), 34, "TO9: a request keeps its own");
    client_request(&the, NULL, NULL, 0);
    SAME(timeout_of(the.request, WINHTTP_OPTION_RECEIVE_TIMEOUT), 14, "TO8: a new request takes the session's");
    WinHttpSetTimeouts(the.request, 21, 22, 23, 24);
    SAME(timeout_of(the.session, WINHTTP_OPTION_RESOLVE_TIMEOUT), 11, "TO9: the session keeps its own");
}

static void check_response_timeout(void)
{
    static const struct {
        DWORD receive, set, read;
    } rows[] = {
        {0xbeefdead, 30000, 0xbeefdead},
        {48879, 48878, 48879},
        {48879, 48880, 48880},
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        DWORD receive = rows[i].receive, set = rows[i].set;

        WinHttpSetOption(the.request, WINHTTP_OPTION_RECEIVE_TIMEOUT, &receive, sizeof(receive));
        WinHttpSetOption(the.request, WINHTTP_OPTION_RECEIVE_RESPONSE_TIMEOUT, &set, sizeof(set));
        SAME(timeout_of(the.request, WINHTTP_OPTION_RECEIVE_RESPONSE_TIMEOUT), rows[i].read,
             "TO12: %lu with a receive timeout of %lu", set, receive);
    }
    SAME(timeout_of(the.connect, WINHTTP_OPTION_RECEIVE_RESPONSE_TIMEOUT), 0xffffffff,
         "TO13: the connection's reading");
    SAME(timeout_of(the.session, WINHTTP_OPTION_RECEIVE_RESPONSE_TIMEOUT), 0xffffffff, "TO13: the session's");
}

/* ---- WebSocket ---- */

static void check_web_socket(INTERNET_PORT port)
{
    const DWORD keepalive = WINHTTP_OPTION_WEB_SOCKET_KEEPALIVE_INTERVAL;
    DWORD value[2] = {20000, 0}, size = sizeof(DWORD);
    HINTERNET socket;

    client_open(&the, 0, port);
    socket = client_web_socket(&the, L"/echo", 0);
    FAILS(WinHttpQueryOption(socket, keepalive, value, &size), ERROR_INVALID_PARAMETER, "W14: cannot be asked for");
    size = 0;
    FAILS(WinHttpQueryOption(socket, keepalive, NULL, &size), ERROR_INVALID_PARAMETER, "W14: nor its size");
    SUCCEEDS(WinHttpSetOption(socket, keepalive, value, sizeof(DWORD)), "W17: a keep-alive interval of 20 s");
    SUCCEEDS(WinHttpSetOption(socket, WINHTTP_OPTION_WEB_SOCKET_CLOSE_TIMEOUT, value, sizeof(DWORD)),
             "API 115: a close timeout of 20 s");
    FAILS(WinHttpSetOption(socket, keepalive, value, 2), ERROR_INVALID_PARAMETER, "W16: two bytes");
    FAILS(WinHttpSetOption(socket, keepalive, value, 8), ERROR_INVALID_PARAMETER, "W16: eight bytes");
    value[0] = 10000;
    FAILS(WinHttpSetOption(socket, keepalive, value, sizeof(DWORD)), ERROR_INVALID_PARAMETER, "W18: 10 s is too short");
    value[0] = 15000;
    SUCCEEDS(WinHttpSetOption(socket, keepalive, value, sizeof(DWORD)), "W18: 15 s is not");
    FAILS(WinHttpQueryOption(socket, WINHTTP_OPTION_WEB_SOCKET_RECEIVE_BUFFER_SIZE, value, &size),
          ERROR_WINHTTP_INCORRECT_HANDLE_TYPE, "W11: asking for a buffer size on a WebSocket");
    FAILS(WinHttpSetOption(socket, WINHTTP_OPTION_WEB_SOCKET_SEND_BUFFER_SIZE, value, sizeof(DWORD)),
          ERROR_WINHTTP_INCORRECT_HANDLE_TYPE, "W11: setting one");
    size = sizeof(DWORD);
    WinHttpQueryOption(socket, WINHTTP_OPTION_HANDLE_TYPE, value, &size);
    SAME(value[0], WINHTTP_HANDLE_TYPE_WEBSOCKET, "API 4.13: the type of a WebSocket");
    WinHttpCloseHandle(socket);
    client_request(&the, NULL, NULL, 0);
    value[0] = 20000;
    FAILS(WinHttpSetOption(the.request, keepalive, value, sizeof(DWORD)), ERROR_WINHTTP_INCORRECT_HANDLE_TYPE,
          "W15: not on a request");
    FAILS(WinHttpQueryOption(the.request, keepalive, value, &size), ERROR_INVALID_PARAMETER, "W14: nor asked there");
    FAILS(WinHttpQueryOption(the.session, keepalive, value, &size), ERROR_INVALID_PARAMETER, "W14: nor on a session");
    client_close(&the);
}

int main(void)
{
    INTERNET_PORT port = find_port("WS_PORT");

    check_dwords();
    client_open(&the, 0, 80);
    client_request(&the, NULL, NULL, 0);
    check_sizes();
    check_no_options();
    check_relations();
    check_url();
    check_security();
    check_switches();
    client_request(&the, NULL, NULL, 0);
    check_timeouts();
    check_response_timeout();
    client_close(&the);
    if (port)
        check_web_socket(port);
    else
        tap_skip("W11, W14 to W18: WS_PORT is not set");
    return tap_done();
}
