/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * errors: peers that are not there, say nothing, say nonsense or go away, over HTTP and WebSocket, plain and TLS;
 * absurd arguments. Each ends with the documented error, within the timeouts, and leaves outputs alone (GEN8).
 */
#include "client.h"

static struct client the;
static BYTE buffer[1000];

/* ---- peers ---- */

/* `send` and `receive` are the errors of SendRequest and ReceiveResponse; 0 is success. */
static const struct peer {
    const char *server;
    const WCHAR *path;
    DWORD flags;
    DWORD send, receive;
    const char *ids;
} peers[] = {
    {"STUB_SILENT_PORT", L"/", 0, 0, ERROR_WINHTTP_TIMEOUT, "CLIENTS 6: accepts and is silent"},
    {"STUB_PLAIN_PORT", L"/silent", 0, 0, ERROR_WINHTTP_TIMEOUT, "CLIENTS 6: reads and is silent"},
    {"STUB_PLAIN_PORT", L"/half-head-stall", 0, 0, ERROR_WINHTTP_TIMEOUT, "CLIENTS 6: half a head, then silence"},
    {"STUB_TLS_PORT", L"/silent", WINHTTP_FLAG_SECURE, 0, ERROR_WINHTTP_TIMEOUT, "CLIENTS 6: TLS, silent"},
    {"STUB_PLAIN_PORT", L"/slam", 0, 0, ERROR_WINHTTP_CONNECTION_ERROR, "closes instead of answering"},
    {"STUB_PLAIN_PORT", L"/reset", 0, 0, ERROR_WINHTTP_CONNECTION_ERROR, "resets instead of answering"},
    {"STUB_PLAIN_PORT", L"/half-head", 0, 0, ERROR_WINHTTP_CONNECTION_ERROR, "half a head, then an end"},
    {"STUB_TLS_PORT", L"/slam", WINHTTP_FLAG_SECURE, 0, ERROR_WINHTTP_CONNECTION_ERROR, "TLS, closes"},
    {"STUB_TLS_PORT", L"/reset", WINHTTP_FLAG_SECURE, 0, ERROR_WINHTTP_CONNECTION_ERROR, "TLS, resets"},
    {"STUB_PLAIN_PORT", L"/html-only", 0, 0, ERROR_WINHTTP_INVALID_SERVER_RESPONSE, "R16: no status line"},
    {"STUB_PLAIN_PORT", L"/bad-version", 0, 0, ERROR_WINHTTP_INVALID_SERVER_RESPONSE, "R16: no HTTP"},
    {"STUB_NOISE_PORT", L"/", 0, 0, ERROR_WINHTTP_INVALID_SERVER_RESPONSE, "R16: noise"},
    {"STUB_TEXT_PORT", L"/", 0, 0, ERROR_WINHTTP_INVALID_SERVER_RESPONSE, "R16: another protocol"},
};

static DWORD send_error(void)
{
    return WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 0, 0) ? ERROR_SUCCESS : GetLastError();
}

static void check_peer(const struct peer *peer, BOOL upgrade)
{
    const char *kind = upgrade ? "WebSocket" : "HTTP";

    client_open_host(&the, 0, L"localhost", need_port(peer->server));
    WinHttpSetTimeouts(the.session, 5000, 5000, 5000, peer->receive == ERROR_WINHTTP_TIMEOUT ? 500 : WAIT_MS);
    client_request(&the, NULL, peer->path, peer->flags);
    if (upgrade)
        WinHttpSetOption(the.request, WINHTTP_OPTION_UPGRADE_TO_WEB_SOCKET, NULL, 0);
    if (ANSWERS(send_error(), peer->send, "%s, %s: sending", peer->ids, kind) && !peer->send)
        FAILS(WinHttpReceiveResponse(the.request, NULL), peer->receive, "%s, %s: receiving", peer->ids, kind);
    tap_ok(!WinHttpWebSocketCompleteUpgrade(the.request, 0), "%s, %s: no upgrade", peer->ids, kind);
    client_close(&the);
}

static void check_nobody(const WCHAR *host, INTERNET_PORT port, DWORD flags, DWORD expected, const char *ids)
{
    client_open_host(&the, 0, host, port);
    client_request(&the, NULL, L"/", flags);
    ANSWERS(send_error(), expected, "%s", ids);
    FAILS(WinHttpReceiveResponse(the.request, NULL), ERROR_WINHTTP_INCORRECT_HANDLE_STATE, "S11, %s: receiving", ids);
    client_close(&the);
}

/* A body that stops: what came is given, and the rest ends by timeout. */
static void check_stalled_body(INTERNET_PORT port)
{
    DWORD got = 0, sum = 0, error = 0, limit = 500;

    client_open(&the, 0, port);
    client_request(&the, NULL, L"/stall-body", 0);
    ANSWERS(client_exchange(&the), ERROR_SUCCESS, "CLIENTS 6: a body that stalls: its head");
    WinHttpSetOption(the.request, WINHTTP_OPTION_RECEIVE_TIMEOUT, &limit, sizeof(limit));
    do {
        sum += got;
        SetLastError(0);
        error = WinHttpReadData(the.request, buffer, 10, &got) ? ERROR_SUCCESS : GetLastError();
    } while (!error && got);
    ANSWERS(error, ERROR_WINHTTP_TIMEOUT, "CLIENTS 6: reading it ends by timeout");
    tap_ok(sum <= 5, "CLIENTS 6: after at most the bytes that came");
    client_close(&the);
}

/* A WebSocket on which nothing comes: the receive timeout ends a synchronous Receive. */
static void check_silent_socket(INTERNET_PORT port)
{
    WINHTTP_WEB_SOCKET_BUFFER_TYPE type;
    DWORD number = POISON, error;
    HINTERNET ws;

    poison(&type, sizeof(type));
    client_open(&the, 0, port);
    WinHttpSetTimeouts(the.session, 5000, 5000, 5000, 3000); /* the handshake's answer must come in that time */
    ws = client_web_socket(&the, L"/ws-silent", 0);
    error = WinHttpWebSocketReceive(ws, buffer, sizeof(buffer), &number, &type);
    ANSWERS(error, ERROR_WINHTTP_TIMEOUT, "API 57: a Receive on a silent WebSocket ends by timeout");
    tap_ok(number == POISON && is_poison(&type, sizeof(type)), "GEN8: outputs are left alone");
    WinHttpCloseHandle(ws);
    client_close(&the);
}

/* A peer that reads nothing: a send larger than all buffers ends by the send timeout. */
static void check_stopped_reader(INTERNET_PORT port)
{
    static BYTE large[32 * 1024 * 1024];
    HINTERNET ws;

    client_open(&the, 0, port);
    WinHttpSetTimeouts(the.session, 5000, 5000, 500, 5000);
    ws = client_web_socket(&the, L"/ws-stop-reading", 0);
    ANSWERS(WinHttpWebSocketSend(ws, WINHTTP_WEB_SOCKET_BINARY_MESSAGE_BUFFER_TYPE, large, sizeof(large)),
            ERROR_WINHTTP_TIMEOUT, "API 58: a Send to a peer that reads nothing ends by timeout");
    WinHttpCloseHandle(ws);
    client_close(&the);
}

/* ---- arguments ---- */

static void check_arguments(INTERNET_PORT port)
{
    static WCHAR host[300], path[70000];
    DWORD number = POISON, size = sizeof(buffer);
    size_t i;

    for (i = 0; i < COUNT(host) - 1; i++)
        host[i] = L'h';
    for (i = 0; i < COUNT(path) - 1; i++)
        path[i] = L'/';
    client_open(&the, 0, port);
    FAILS(WinHttpConnect(the.session, L"", 80, 0) != NULL, ERROR_WINHTTP_INVALID_URL, "API 5: an empty host name");
    FAILS(WinHttpOpenRequest(NULL, NULL, NULL, NULL, NULL, NULL, 0) != NULL, ERROR_INVALID_HANDLE, "GEN7: OpenRequest");
    client_request(&the, NULL, L"/ok", 0);
    FAILS(WinHttpSendRequest(the.request, L"no header", (DWORD)-1, NULL, 0, 0, 0), ERROR_INVALID_PARAMETER,
          "API 44: a malformed header");
    FAILS(WinHttpQueryHeaders(the.request, WINHTTP_QUERY_STATUS_CODE, NULL, buffer, NULL, NULL),
          ERROR_INVALID_PARAMETER, "API 35: no size");
    ANSWERS(client_exchange(&the), ERROR_SUCCESS, "after that, the request works");
    FAILS(WinHttpReadData(the.request, NULL, 5, &number), ERROR_INVALID_PARAMETER, "API 38: reading without a buffer");
    SAME(number, POISON, "GEN8: the number is left alone");
    FAILS(WinHttpQueryHeaders(the.request, 0x0000ffff - 1, NULL, buffer, &size, NULL), ERROR_INVALID_PARAMETER,
          "R4: an attribute that is none");
    FAILS(WinHttpAddRequestHeaders(the.request, NULL, 0, WINHTTP_ADDREQ_FLAG_ADD), ERROR_INVALID_PARAMETER,
          "API 1: no headers");
    tap_ok(client_read_all(&the, buffer, sizeof(buffer)) == 5, "after that, the body is still there");
    client_request(&the, NULL, path, 0);
    tap_ok(client_exchange(&the) != ERROR_INVALID_HANDLE, "a path of 69,999 characters");
    client_close(&the);
    client_open_host(&the, 0, host, port);
    client_request(&the, NULL, L"/", 0);
    ANSWERS(send_error(), ERROR_WINHTTP_NAME_NOT_RESOLVED, "S10: a host name of 299 characters");
    client_close(&the);
}

/* ---- closing from another thread ---- */

static DWORD WINAPI close_all_from_elsewhere(void *unused)
{
    struct client copy = the;

    (void)unused;
    WinHttpCloseHandle(copy.connect);
    WinHttpCloseHandle(copy.session);
    WinHttpCloseHandle(copy.request);
    return 0;
}

static void CALLBACK on_receiving(HINTERNET handle, DWORD_PTR context, DWORD status, LPVOID info, DWORD length)
{
    (void)handle, (void)context, (void)info, (void)length;
    if (status == WINHTTP_CALLBACK_STATUS_RECEIVING_RESPONSE)
        CloseHandle(CreateThread(NULL, 0, close_all_from_elsewhere, NULL, 0, NULL));
}

/* sentry: a synchronous call in progress is unblocked by closing its handles from another thread, parents first. */
static void check_unblocking(INTERNET_PORT port)
{
    BOOL received;

    client_open(&the, 0, port);
    client_request(&the, NULL, L"/silent", 0);
    WinHttpSetStatusCallback(the.request, on_receiving, WINHTTP_CALLBACK_FLAG_ALL_NOTIFICATIONS, 0);
    ANSWERS(send_error(), ERROR_SUCCESS, "sentry: a request to a silent server");
    SetLastError(POISON);
    received = WinHttpReceiveResponse(the.request, NULL);
    ANSWERS(received ? 0 : GetLastError(), ERROR_WINHTTP_OPERATION_CANCELLED,
            "sentry: ends when another thread closes it");
    the = (struct client){0};
}

int main(void)
{
    INTERNET_PORT stub = need_port("STUB_PLAIN_PORT"), nobody = unused_port();
    size_t i;

    for (i = 0; i < COUNT(peers); i++) {
        check_peer(&peers[i], FALSE);
        check_peer(&peers[i], TRUE);
    }
    check_nobody(L"localhost", nobody, 0, ERROR_WINHTTP_CANNOT_CONNECT, "S9: nobody listens");
    check_nobody(L"localhost", nobody, WINHTTP_FLAG_SECURE, ERROR_WINHTTP_CANNOT_CONNECT, "S9: nor for TLS");
    check_nobody(L"no.such.host.invalid", 80, 0, ERROR_WINHTTP_NAME_NOT_RESOLVED, "S10: no such host");
    check_stalled_body(stub);
    check_silent_socket(stub);
    check_stopped_reader(stub);
    check_arguments(stub);
    check_unblocking(stub);
    return tap_done();
}
