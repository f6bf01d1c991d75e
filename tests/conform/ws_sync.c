/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ws_sync: WebSockets on synchronous handles (SEMANTICS 18.1, 18.3; D3 to D7), plain and TLS.
 *
 * Conversations with a real server on WS_PORT and WSS_PORT; handshakes and frames that are wrong, on purpose, from the
 * scripted server on STUB_PLAIN_PORT and STUB_TLS_PORT.
 */
#include "client.h"

#define BINARY          WINHTTP_WEB_SOCKET_BINARY_MESSAGE_BUFFER_TYPE
#define BINARY_FRAGMENT WINHTTP_WEB_SOCKET_BINARY_FRAGMENT_BUFFER_TYPE
#define UTF8            WINHTTP_WEB_SOCKET_UTF8_MESSAGE_BUFFER_TYPE
#define UTF8_FRAGMENT   WINHTTP_WEB_SOCKET_UTF8_FRAGMENT_BUFFER_TYPE
#define CLOSED          WINHTTP_WEB_SOCKET_CLOSE_BUFFER_TYPE
typedef WINHTTP_WEB_SOCKET_BUFFER_TYPE TYPE;

static struct client the;
static HINTERNET ws;

static void open_socket(INTERNET_PORT port, DWORD flags, const WCHAR *path)
{
    client_open_host(&the, 0, L"localhost", port);
    ws = client_web_socket(&the, path, flags);
}

static void close_socket(void)
{
    WinHttpCloseHandle(ws);
    client_close(&the);
}

/* ---- the handshake ---- */

/* A request header that the handshake adds (Q37); its length in characters, or -1 and the error as last error. */
static long header_length(const WCHAR *name, WCHAR *text, DWORD size)
{
    if (!WinHttpQueryHeaders(the.request, WINHTTP_QUERY_CUSTOM | WINHTTP_QUERY_FLAG_REQUEST_HEADERS, name, text, &size,
                             NULL))
        return -1;
    return (long)(size / sizeof(WCHAR));
}

static void check_handshake(INTERNET_PORT port, DWORD flags, const char *where)
{
    WCHAR key[60] = L"", again[60] = L"", text[60] = L"";
    DWORD size = sizeof(text), number = POISON;
    HINTERNET second;

    client_open_host(&the, 0, L"localhost", port);
    client_request(&the, NULL, L"/echo", flags);
    SUCCEEDS(WinHttpSetOption(the.request, WINHTTP_OPTION_UPGRADE_TO_WEB_SOCKET, NULL, 0), "W1 %s: upgrade", where);
    SetLastError(0);
    tap_ok(header_length(L"Sec-WebSocket-Key", key, sizeof(key)) == -1 &&
               GetLastError() == ERROR_WINHTTP_HEADER_NOT_FOUND,
           "Q37 %s: no key before sending", where);
    FAILS(WinHttpWebSocketCompleteUpgrade(the.request, 0) != NULL, ERROR_WINHTTP_INCORRECT_HANDLE_STATE,
          "API 55 %s: no upgrade before sending", where);
    SUCCEEDS(WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 0, 0), "W3 %s: sent", where);
    SAME(header_length(L"Sec-WebSocket-Key", key, sizeof(key)), 24, "W2, W3, Q37 %s: a key of 24 characters", where);
    SAME(header_length(L"Sec-WebSocket-Version", text, sizeof(text)), 2, "W2, Q37 %s: a version", where);
    SAME_TEXT(text, L"13", "W2 %s: which is 13", where);
    SUCCEEDS(WinHttpReceiveResponse(the.request, NULL), "R21 %s: received", where);
    SAME(client_status(&the), 101, "R21 %s: status 101", where);
    tap_ok(WinHttpQueryHeaders(the.request, WINHTTP_QUERY_UPGRADE, NULL, text, &size, NULL) &&
               !_wcsicmp(text, L"websocket"),
           "R21 %s: Upgrade can be asked for", where);
    size = sizeof(text);
    tap_ok(WinHttpQueryHeaders(the.request, WINHTTP_QUERY_CUSTOM, L"Sec-WebSocket-Accept", text, &size, NULL) &&
               wcslen(text) == 28,
           "R21 %s: so can Sec-WebSocket-Accept", where);
    SUCCEEDS(WinHttpQueryDataAvailable(the.request, &number), "B9 %s: data available", where);
    SAME(number, 0, "B9 %s: none", where);
    SUCCEEDS((ws = WinHttpWebSocketCompleteUpgrade(the.request, 7)) != NULL, "W4, GEN2 %s: upgraded", where);
    size = sizeof(text);
    tap_ok(WinHttpQueryHeaders(the.request, WINHTTP_QUERY_STATUS_CODE, NULL, text, &size, NULL), "R22 %s: still",
           where);
    FAILS(WinHttpQueryHeaders(ws, WINHTTP_QUERY_STATUS_CODE, NULL, text, &size, NULL),
          ERROR_WINHTTP_INCORRECT_HANDLE_TYPE, "R2 %s: but not of the WebSocket", where);
    SUCCEEDS(WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 0, 0), "S6, W3 %s: the request is sent again", where);
    header_length(L"Sec-WebSocket-Key", again, sizeof(again));
    tap_ok(wcslen(again) == 24 && wcscmp(again, key), "W3 %s: with another key", where);
    SUCCEEDS((second = WinHttpWebSocketCompleteUpgrade(the.request, 0)) != NULL, "W5 %s: and upgraded", where);
    tap_ok(second != ws, "W5 %s: to another handle", where);
    SUCCEEDS(WinHttpCloseHandle(ws), "W6, H4 %s: the first is closed", where);
    SUCCEEDS(WinHttpCloseHandle(second), "W6 %s: the second too", where);
    SAME(client_status(&the), 101, "H4, W6 %s: the request stays", where);
    client_close(&the);
}

static void check_subprotocol(INTERNET_PORT port)
{
    WCHAR text[60] = L"";
    DWORD size = sizeof(text);

    client_open_host(&the, 0, L"localhost", port);
    client_request(&the, NULL, L"/echo", 0);
    WinHttpSetOption(the.request, WINHTTP_OPTION_UPGRADE_TO_WEB_SOCKET, NULL, 0);
    WinHttpAddRequestHeaders(the.request, L"Sec-WebSocket-Protocol: none, chat", (DWORD)-1, WINHTTP_ADDREQ_FLAG_ADD);
    ANSWERS(client_exchange(&the), ERROR_SUCCESS, "D6: a subprotocol that was offered");
    WinHttpQueryHeaders(the.request, WINHTTP_QUERY_CUSTOM, L"Sec-WebSocket-Protocol", text, &size, NULL);
    SAME_TEXT(text, L"chat", "D6: can be asked for");
    client_close(&the);
}

static const struct {
    const WCHAR *path;
    const char *ids;
} bad_handshakes[] = {
    {L"/ws-wrong-accept", "a wrong accept value"},
    {L"/ws-no-accept", "no accept value"},
    {L"/ws-no-upgrade", "no Upgrade"},
    {L"/ws-no-connection", "no Connection"},
    {L"/ws-unasked-protocol", "a subprotocol that was not offered"},
    {L"/ws-unasked-extension", "an extension that was not offered"},
};

static void check_bad_handshakes(INTERNET_PORT port)
{
    size_t i;

    client_open_host(&the, 0, L"localhost", port);
    for (i = 0; i < COUNT(bad_handshakes); i++) {
        client_request(&the, NULL, bad_handshakes[i].path, 0);
        WinHttpSetOption(the.request, WINHTTP_OPTION_UPGRADE_TO_WEB_SOCKET, NULL, 0);
        ANSWERS(client_exchange(&the), ERROR_WINHTTP_INVALID_SERVER_RESPONSE, "D6: %s", bad_handshakes[i].ids);
        tap_ok(!WinHttpWebSocketCompleteUpgrade(the.request, 0), "D6: and no upgrade");
    }
    client_request(&the, NULL, L"/ok", 0);
    WinHttpSetOption(the.request, WINHTTP_OPTION_UPGRADE_TO_WEB_SOCKET, NULL, 0);
    ANSWERS(client_exchange(&the), ERROR_SUCCESS, "D6: an ordinary answer");
    SAME(client_status(&the), 200, "D6: with its status");
    FAILS(WinHttpWebSocketCompleteUpgrade(the.request, 0) != NULL, ERROR_WINHTTP_INCORRECT_HANDLE_STATE,
          "D6: cannot be upgraded");
    client_close(&the);
}

/* ---- messages ---- */

/* Receives one message in pieces of at most `room`; the sum, or -1. Every piece but the last is a full FRAGMENT. */
static long receive_message(BYTE *buffer, DWORD size, DWORD room, TYPE message, TYPE fragment)
{
    DWORD filled = 0, got;
    TYPE type;

    do {
        if (WinHttpWebSocketReceive(ws, buffer + filled, size - filled < room ? size - filled : room, &got, &type))
            return -1;
        filled += got;
    } while (type == fragment && filled < size);
    return type == message ? (long)filled : -1;
}

static BYTE sent[16 * 1024 * 1024], echoed[16 * 1024 * 1024 + 1];

static void check_echo(TYPE type, DWORD size, DWORD room, const char *where)
{
    TYPE fragment = type == UTF8 ? UTF8_FRAGMENT : BINARY_FRAGMENT;
    DWORD i;

    for (i = 0; i < size; i++)
        sent[i] = (BYTE)(type == UTF8 ? 'a' + i % 26 : i % 251);
    ANSWERS(WinHttpWebSocketSend(ws, type, sent, size), ERROR_SUCCESS, "GEN6 %s: %lu bytes sent as %s", where, size,
            buffer_type_name(type));
    SAME(receive_message(echoed, sizeof(echoed), room, type, fragment), size, "W19, W20 %s: %lu bytes come back", where,
         size);
    tap_ok(!memcmp(sent, echoed, size), "W19 %s: the same %lu bytes", where, size);
}

static const DWORD sizes[] = {0, 1, 125, 126, 127, 128, 4096, 65535, 65536, 65537, 1000000};

static void check_echoes(INTERNET_PORT port, DWORD flags, const char *where)
{
    size_t i;

    open_socket(port, flags, L"/echo");
    for (i = 0; i < COUNT(sizes); i++) {
        check_echo(BINARY, sizes[i], sizeof(echoed), where);
        check_echo(UTF8, sizes[i], 10000, where);
    }
    check_echo(BINARY, sizeof(sent), 65536, where);
    check_echo(UTF8, sizeof(sent), sizeof(echoed), where);
    close_socket();
    open_socket(port, flags, L"/fragments/1000");
    check_echo(UTF8, 12345, sizeof(echoed), where);
    close_socket();
}

/* W30, W31: a message in fragments; its kind cannot change within. */
static void check_fragments(INTERNET_PORT port)
{
    open_socket(port, 0, L"/echo");
    pattern_fill(sent, 0, 300);
    ANSWERS(WinHttpWebSocketSend(ws, BINARY_FRAGMENT, sent, 100), ERROR_SUCCESS, "W30: a fragment");
    ANSWERS(WinHttpWebSocketSend(ws, UTF8_FRAGMENT, sent, 1), ERROR_INVALID_PARAMETER,
            "W31: a fragment of another kind");
    ANSWERS(WinHttpWebSocketSend(ws, UTF8, sent, 1), ERROR_INVALID_PARAMETER, "W31: an end of another kind");
    ANSWERS(WinHttpWebSocketSend(ws, BINARY_FRAGMENT, sent + 100, 200), ERROR_SUCCESS, "W30, W31: the next fragment");
    ANSWERS(WinHttpWebSocketSend(ws, BINARY, NULL, 0), ERROR_SUCCESS, "W30, W23: an empty end");
    SAME(receive_message(echoed, sizeof(echoed), sizeof(echoed), BINARY, BINARY_FRAGMENT), 300, "W30: one message");
    tap_ok(pattern_is(echoed, 0, 300), "W30: of all bytes");
    close_socket();
}

/* ---- arguments ---- */

static void check_arguments(INTERNET_PORT port)
{
    static char reason[128] = "a reason";
    USHORT status = 0xa5a5;
    DWORD number = POISON;
    TYPE type = (TYPE)POISON;
    BYTE byte;

    open_socket(port, 0, L"/echo");
    ANSWERS(WinHttpWebSocketReceive(ws, NULL, 0, &number, &type), ERROR_INVALID_PARAMETER, "W21: Receive(NULL, 0)");
    ANSWERS(WinHttpWebSocketReceive(ws, NULL, 1, &number, &type), ERROR_INVALID_PARAMETER, "W21: Receive(NULL, 1)");
    ANSWERS(WinHttpWebSocketReceive(ws, &byte, 0, &number, &type), ERROR_INVALID_PARAMETER, "W21: Receive(buffer, 0)");
    ANSWERS(WinHttpWebSocketReceive(ws, &byte, 0, NULL, NULL), ERROR_INVALID_PARAMETER, "W21: without outputs");
    tap_ok(number == POISON && type == (TYPE)POISON, "GEN8: outputs are left alone");
    ANSWERS(WinHttpWebSocketSend(ws, BINARY, NULL, 1), ERROR_INVALID_PARAMETER, "W22: Send(NULL, 1)");
    ANSWERS(WinHttpWebSocketSend(ws, CLOSED, NULL, 0), ERROR_INVALID_PARAMETER, "API 58: a CLOSE cannot be sent");
    ANSWERS(WinHttpWebSocketSend(ws, (TYPE)5, NULL, 0), ERROR_INVALID_PARAMETER, "API 58: nor what is no type");
    ANSWERS(WinHttpWebSocketSend(ws, (TYPE)-1, NULL, 0), ERROR_INVALID_PARAMETER, "API 58: nor -1");
    ANSWERS(WinHttpWebSocketShutdown(ws, 1000, NULL, 1), ERROR_INVALID_PARAMETER, "W24: Shutdown(NULL, 1)");
    ANSWERS(WinHttpWebSocketShutdown(ws, 1000, reason, 124), ERROR_INVALID_PARAMETER, "W25: Shutdown, 124 bytes");
    ANSWERS(WinHttpWebSocketClose(ws, 1000, NULL, 1), ERROR_INVALID_PARAMETER, "W24: Close(NULL, 1)");
    ANSWERS(WinHttpWebSocketClose(ws, 1000, reason, 128), ERROR_INVALID_PARAMETER, "W25: Close, 128 bytes");
    ANSWERS(WinHttpWebSocketQueryCloseStatus(ws, NULL, NULL, 0, &number), ERROR_INVALID_PARAMETER, "W27: no status");
    ANSWERS(WinHttpWebSocketQueryCloseStatus(ws, &status, NULL, 0, NULL), ERROR_INVALID_PARAMETER, "W27: no length");
    ANSWERS(WinHttpWebSocketQueryCloseStatus(ws, NULL, NULL, 0, NULL), ERROR_INVALID_PARAMETER, "W27: neither");
    ANSWERS(WinHttpWebSocketQueryCloseStatus(ws, &status, NULL, 1, &number), ERROR_INVALID_PARAMETER, "W28: (NULL, 1)");
    ANSWERS(WinHttpWebSocketQueryCloseStatus(ws, &status, NULL, 0, &number), ERROR_INVALID_OPERATION, "W42: not yet");
    tap_ok(status == 0xa5a5 && number == POISON, "W42, GEN8: outputs are left alone");
    check_echo(UTF8, 10, 100, "after all this");
    close_socket();
}

/* ---- closing ---- */

static void check_close_status(USHORT expected, const char *reason, const char *ids)
{
    char text[124] = "";
    USHORT status = 0xa5a5;
    DWORD length = POISON;

    ANSWERS(WinHttpWebSocketQueryCloseStatus(ws, &status, text, sizeof(text), &length), ERROR_SUCCESS, "%s: known",
            ids);
    SAME(status, expected, "%s: the status", ids);
    tap_ok(length == strlen(reason) && !memcmp(text, reason, strlen(reason)), "%s: the reason '%s'", ids, reason);
}

static void check_closing(INTERNET_PORT port, DWORD flags, const char *where)
{
    static char reason[] = "success";
    DWORD number;
    TYPE type;
    BYTE byte;

    open_socket(port, flags, L"/echo");
    ANSWERS(WinHttpWebSocketClose(ws, 1000, reason, 7), ERROR_SUCCESS, "W25 %s: Close with a reason", where);
    check_close_status(1000, "success", "W29, echoed by this server");
    ANSWERS(WinHttpWebSocketSend(ws, UTF8, "x", 1), ERROR_INVALID_OPERATION, "W34 %s: no Send after it", where);
    ANSWERS(WinHttpWebSocketReceive(ws, &byte, 1, &number, &type), ERROR_INVALID_OPERATION, "W39 %s: no Receive",
            where);
    ANSWERS(WinHttpWebSocketClose(ws, 1000, NULL, 0), ERROR_INVALID_OPERATION, "API 54 %s: no second Close", where);
    close_socket();

    open_socket(port, flags, L"/push/50/5000");
    ANSWERS(WinHttpWebSocketClose(ws, 1000, NULL, 0), ERROR_SUCCESS, "W43 %s: Close with much unread", where);
    check_close_status(1000, "", "W43");
    close_socket();
}

/* W34 to W37, W47: after Shutdown the other side may go on until it closes too. */
static void check_shutdown(INTERNET_PORT port, DWORD flags, const char *where)
{
    static char reason[] = "success";
    DWORD number;
    WINHTTP_WEB_SOCKET_BUFFER_TYPE type;
    BYTE byte;

    open_socket(port, flags, L"/ws-late");
    WinHttpWebSocketSend(ws, UTF8, "still", 5);
    ANSWERS(WinHttpWebSocketShutdown(ws, 1000, reason, 7), ERROR_SUCCESS, "W25 %s: Shutdown with a reason", where);
    ANSWERS(WinHttpWebSocketSend(ws, UTF8, "x", 1), ERROR_INVALID_OPERATION, "W34 %s: no Send after it", where);
    ANSWERS(WinHttpWebSocketShutdown(ws, 1000, NULL, 0), ERROR_INVALID_OPERATION, "W35 %s: no second Shutdown", where);
    ANSWERS(WinHttpWebSocketReceive(ws, echoed, 100, &number, &type), ERROR_SUCCESS, "W36 %s: Receive goes on", where);
    tap_ok(number == 5 && type == UTF8 && !memcmp(echoed, "still", 5), "W36 %s: what was under way arrives", where);
    ANSWERS(WinHttpWebSocketReceive(ws, echoed, 100, &number, &type), ERROR_SUCCESS, "W47 %s: and the close", where);
    tap_ok(number == 0 && type == CLOSED, "W47 %s: with 0 bytes and its type", where);
    check_close_status(1000, "", "W29");
    ANSWERS(WinHttpWebSocketReceive(ws, &byte, 1, &number, &type), ERROR_INVALID_OPERATION, "W39 %s: that was all",
            where);
    ANSWERS(WinHttpWebSocketClose(ws, 1000, NULL, 0), ERROR_SUCCESS, "W26, W37 %s: Close is allowed", where);
    close_socket();
}

static void check_short_reason(INTERNET_PORT port)
{
    char text[8];
    USHORT status = 0xa5a5;
    DWORD number, length = POISON;
    TYPE type = 0;

    open_socket(port, 0, L"/ws-close-reason");
    ANSWERS(WinHttpWebSocketReceive(ws, echoed, 10, &number, &type), ERROR_SUCCESS, "the server closes, with a reason");
    tap_ok(type == CLOSED && number == 0, "W47: a receive of type CLOSE");
    poison(text, sizeof(text));
    ANSWERS(WinHttpWebSocketQueryCloseStatus(ws, &status, text, 3, &length), ERROR_INSUFFICIENT_BUFFER,
            "API 56: too little room for the reason");
    SAME(length, 4, "API 56: the length needed");
    tap_ok(is_poison(text, sizeof(text)), "GEN8: the buffer is left alone");
    check_close_status(4001, "bye!", "API 56");
    close_socket();
}

/* ---- servers that behave oddly, or badly ---- */

static const struct {
    const WCHAR *path;
    DWORD error; /* of the receive that meets the end */
    USHORT status;
    const char *ids;
} ends[] = {
    {L"/ws-close-1000", 0, 1000, "W28, W29: a close without a reason"},
    {L"/ws-close-empty", 0, 1005, "API 4.1: a close without a status"},
    {L"/ws-drop-now", ERROR_WINHTTP_CONNECTION_ERROR, 1006, "D7, CLIENTS 13: an end without a close frame"},
    {L"/ws-reset", ERROR_WINHTTP_CONNECTION_ERROR, 1006, "D7: a reset"},
    {L"/ws-half-frame", ERROR_WINHTTP_CONNECTION_ERROR, 1006, "D7: an end inside a frame"},
    {L"/ws-bad-rsv", ERROR_WINHTTP_INVALID_SERVER_RESPONSE, 0, "D5: a reserved bit"},
    {L"/ws-bad-opcode", ERROR_WINHTTP_INVALID_SERVER_RESPONSE, 0, "D5: a reserved opcode"},
    {L"/ws-bad-mask", ERROR_WINHTTP_INVALID_SERVER_RESPONSE, 0, "D5: a masked frame"},
    {L"/ws-bad-ping-fragment", ERROR_WINHTTP_INVALID_SERVER_RESPONSE, 0, "D5: a ping in fragments"},
    {L"/ws-bad-ping-long", ERROR_WINHTTP_INVALID_SERVER_RESPONSE, 0, "D5: a ping of 126 bytes"},
    {L"/ws-bad-continuation", ERROR_WINHTTP_INVALID_SERVER_RESPONSE, 0, "D5: a continuation of nothing"},
    {L"/ws-bad-interleave", ERROR_WINHTTP_INVALID_SERVER_RESPONSE, 0, "D5: a message inside a message"},
    {L"/ws-bad-close-1", ERROR_WINHTTP_INVALID_SERVER_RESPONSE, 0, "D5: a close of one byte"},
    {L"/ws-bad-close-1006", ERROR_WINHTTP_INVALID_SERVER_RESPONSE, 0, "D5: close code 1006"},
    {L"/ws-bad-close-999", ERROR_WINHTTP_INVALID_SERVER_RESPONSE, 0, "D5: close code 999"},
    {L"/ws-bad-length", ERROR_WINHTTP_INVALID_SERVER_RESPONSE, 0, "D5: a length with its top bit set"},
    {L"/ws-bad-utf8", ERROR_WINHTTP_INVALID_SERVER_RESPONSE, 0, "D4: text that is not UTF-8"},
    {L"/ws-bad-utf8-split", ERROR_WINHTTP_INVALID_SERVER_RESPONSE, 0, "D4: the same across fragments"},
};

/* Receives until something that is not data; the error, and 0 after a CLOSE. */
static DWORD receive_to_end(void)
{
    DWORD number, error;
    TYPE type;

    do
        error = WinHttpWebSocketReceive(ws, echoed, 100, &number, &type);
    while (!error && type != CLOSED);
    return error;
}

static void check_ends(INTERNET_PORT port, DWORD flags)
{
    size_t i;

    for (i = 0; i < COUNT(ends); i++) {
        open_socket(port, flags, ends[i].path);
        ANSWERS(receive_to_end(), ends[i].error, "%s", ends[i].ids);
        if (ends[i].status)
            check_close_status(ends[i].status, "", ends[i].ids);
        close_socket();
    }
}

static const struct {
    const WCHAR *path;
    const char *text; /* the first message */
    TYPE type;
    const char *ids;
} oddities[] = {
    {L"/ws-ping", "pong ok", UTF8, "D3, CLIENTS 10: a ping is answered with its payload"},
    {L"/ws-ping-in-message", "abcdef", UTF8, "CLIENTS 10: a ping inside a message"},
    {L"/ws-pong-unasked", "ok", UTF8, "a pong that nobody asked for"},
    {L"/ws-fragments", "abcdefghi", UTF8, "three frames, one byte at a time"},
    {L"/ws-empty", "", UTF8, "an empty message"},
};

static void check_oddities(INTERNET_PORT port, DWORD flags)
{
    TYPE fragment;
    size_t i;

    for (i = 0; i < COUNT(oddities); i++) {
        TYPE type = oddities[i].type;

        fragment = type == UTF8 ? UTF8_FRAGMENT : BINARY_FRAGMENT;
        open_socket(port, flags, oddities[i].path);
        SAME(receive_message(echoed, 100, 100, type, fragment), strlen(oddities[i].text), "%s: a message",
             oddities[i].ids);
        tap_ok(!memcmp(echoed, oddities[i].text, strlen(oddities[i].text)), "%s: its text", oddities[i].ids);
        close_socket();
    }
}

static void check_large_message_small_buffer(INTERNET_PORT port)
{
    DWORD number;
    TYPE type;

    open_socket(port, 0, L"/ws-256");
    ANSWERS(WinHttpWebSocketReceive(ws, echoed, 128, &number, &type), ERROR_SUCCESS, "W20: the first half");
    tap_ok(number == 128 && type == BINARY_FRAGMENT && pattern_is(echoed, 0, 128), "W20: a full FRAGMENT");
    ANSWERS(WinHttpWebSocketReceive(ws, echoed, 128, &number, &type), ERROR_SUCCESS, "W20: the second half");
    tap_ok(number == 128 && type == BINARY && pattern_is(echoed, 128, 128), "W20: is the MESSAGE");
    close_socket();
}

/* D7: a server that never answers our close frame costs the close timeout, not more. */
static void check_close_timeout(INTERNET_PORT port)
{
    DWORD limit = 500;

    open_socket(port, 0, L"/ws-never-closes");
    SUCCEEDS(WinHttpSetOption(ws, WINHTTP_OPTION_WEB_SOCKET_CLOSE_TIMEOUT, &limit, sizeof(limit)),
             "D7: a close timeout");
    ANSWERS(WinHttpWebSocketClose(ws, 1000, NULL, 0), ERROR_WINHTTP_TIMEOUT, "D7: Close gives up");
    close_socket();
}

/* W12, W13: the send buffer must not be absurdly small when the request is sent. */
static void check_send_buffer(INTERNET_PORT port)
{
    DWORD size = 15;

    client_open(&the, 0, port);
    client_request(&the, NULL, L"/echo", 0);
    WinHttpSetOption(the.request, WINHTTP_OPTION_UPGRADE_TO_WEB_SOCKET, NULL, 0);
    WinHttpSetOption(the.request, WINHTTP_OPTION_WEB_SOCKET_SEND_BUFFER_SIZE, &size, sizeof(size));
    FAILS(WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 0, 0), ERROR_NOT_ENOUGH_MEMORY, "W12: 15 is too small");
    size = 16;
    WinHttpSetOption(the.request, WINHTTP_OPTION_WEB_SOCKET_SEND_BUFFER_SIZE, &size, sizeof(size));
    SUCCEEDS(WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 0, 0), "W12: 16 is not");
    size = 15;
    WinHttpSetOption(the.request, WINHTTP_OPTION_WEB_SOCKET_SEND_BUFFER_SIZE, &size, sizeof(size));
    SUCCEEDS(WinHttpReceiveResponse(the.request, NULL), "W13: lowering it later does no harm");
    SUCCEEDS((ws = WinHttpWebSocketCompleteUpgrade(the.request, 0)) != NULL, "W13: nor to the upgrade");
    check_echo(BINARY, 1000, 1000, "W13");
    close_socket();
}

int main(void)
{
    INTERNET_PORT plain = need_port("WS_PORT"), tls = need_port("WSS_PORT");
    INTERNET_PORT stub = need_port("STUB_PLAIN_PORT"), stub_tls = need_port("STUB_TLS_PORT");

    check_handshake(plain, 0, "ws");
    check_handshake(tls, WINHTTP_FLAG_SECURE, "wss");
    check_subprotocol(plain);
    check_bad_handshakes(stub);
    check_echoes(plain, 0, "ws");
    check_echoes(tls, WINHTTP_FLAG_SECURE, "wss");
    check_fragments(plain);
    check_arguments(plain);
    check_closing(plain, 0, "ws");
    check_closing(tls, WINHTTP_FLAG_SECURE, "wss");
    check_shutdown(stub, 0, "ws");
    check_shutdown(stub_tls, WINHTTP_FLAG_SECURE, "wss");
    check_short_reason(stub);
    check_ends(stub, 0);
    check_ends(stub_tls, WINHTTP_FLAG_SECURE);
    check_oddities(stub, 0);
    check_oddities(stub_tls, WINHTTP_FLAG_SECURE);
    check_large_message_small_buffer(stub);
    check_close_timeout(stub);
    check_send_buffer(plain);
    return tap_done();
}
