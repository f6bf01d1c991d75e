/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * refusals: what the system refuses for want of memory fails what it was wanted for, at once, with
 * ERROR_NOT_ENOUGH_MEMORY and not with what follows from it (SEMANTICS N30, N31). starve.c looks for places where that
 * goes wrong; here are those that were found, for every build.
 *
 * The DLL's calls of the system come here, and one of them is refused. Time-outs are long: what waits for one fails,
 * but not with the right number.
 */
#include "client.h"
#include "imports.h"

#include <stdlib.h>

#define PATIENCE   20000 /* ms */
#define SOON       300   /* ms within which what must not come would come */
#define CALLS_MAX  100   /* of one kind in an exchange; more of them mean that it does not end */
#define CHUNK      2048u /* the smallest memory for bytes that come or go */
#define CHUNK_HEAD 128u  /* and at most this for itself */

enum call { CALL_SOCKET, CALL_SEND, CALL_RECEIVE, CALL_CHUNK, CALL_COUNT };
static const char *const names[CALL_COUNT] = {"WSASocketW", "WSASend", "WSARecv", "memory for bytes"};

static volatile LONG until[CALL_COUNT]; /* the call that makes it 0 is refused */
static volatile LONG sockets;

static BOOL is_refused(enum call call)
{
    if (InterlockedDecrement(&until[call]) != 0)
        return FALSE;
    WSASetLastError(WSAENOBUFS);
    return TRUE;
}

static SOCKET WSAAPI some_socket(int family, int type, int protocol, LPWSAPROTOCOL_INFOW info, GROUP group, DWORD flags)
{
    InterlockedIncrement(&sockets);
    return is_refused(CALL_SOCKET) ? INVALID_SOCKET : WSASocketW(family, type, protocol, info, group, flags);
}

static int WSAAPI some_send(SOCKET s, LPWSABUF v, DWORD count, LPDWORD sent, DWORD flags, LPWSAOVERLAPPED overlapped,
                            LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    return is_refused(CALL_SEND) ? SOCKET_ERROR : WSASend(s, v, count, sent, flags, overlapped, routine);
}

static int WSAAPI some_receive(SOCKET s, LPWSABUF v, DWORD count, LPDWORD got, LPDWORD flags,
                               LPWSAOVERLAPPED overlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    return is_refused(CALL_RECEIVE) ? SOCKET_ERROR : WSARecv(s, v, count, got, flags, overlapped, routine);
}

static void *some_memory(size_t size)
{
    return size >= CHUNK && size < CHUNK + CHUNK_HEAD && is_refused(CALL_CHUNK) ? NULL : malloc(size);
}

/* Of the loop that ends, and of the one that starts while it does. */
static HANDLE ending, starting;
static BOOL together;

static int WSAAPI some_startup(WORD version, LPWSADATA data)
{
    SetEvent(starting);
    return WSAStartup(version, data);
}

static int WSAAPI some_cleanup(void)
{
    ResetEvent(starting);
    SetEvent(ending);
    together |= WaitForSingleObject(starting, SOON) == WAIT_OBJECT_0;
    return WSACleanup();
}

static BOOL turn_imports(void)
{
    return imports_turn("ws2_32.dll", "WSASocketW", (ULONG_PTR)some_socket) &&
           imports_turn("ws2_32.dll", "WSASend", (ULONG_PTR)some_send) &&
           imports_turn("ws2_32.dll", "WSARecv", (ULONG_PTR)some_receive) &&
           imports_turn("ws2_32.dll", "WSAStartup", (ULONG_PTR)some_startup) &&
           imports_turn("ws2_32.dll", "WSACleanup", (ULONG_PTR)some_cleanup) &&
           imports_turn("msvcrt.dll", "malloc", (ULONG_PTR)some_memory);
}

/* A request on a connection of its own, to the end of the answer. */
static DWORD exchange(struct client *client, DWORD flags)
{
    BYTE text[100];
    DWORD error;

    client_request(client, NULL, L"/kept", flags);
    WinHttpAddRequestHeaders(client->request, L"Connection: close", (DWORD)-1, WINHTTP_ADDREQ_FLAG_ADD);
    error = client_exchange(client);
    if (!error && client_read_all(client, text, sizeof(text)) < 0)
        error = GetLastError();
    return error;
}

/* Each call of this kind is refused in turn, until an exchange does without so many. */
static void check_each(struct client *client, enum call call, DWORD flags)
{
    const char *where = flags ? "TLS" : "plain";
    DWORD error = ERROR_NOT_ENOUGH_MEMORY;
    LONG nth;

    for (nth = 1; error == ERROR_NOT_ENOUGH_MEMORY && nth < CALLS_MAX; nth++) {
        sockets = 0;
        until[call] = nth;
        error = exchange(client, flags);
        if (until[call] <= 0 && !error) /* the request was sent again, or the answer was there without it */
            error = ERROR_NOT_ENOUGH_MEMORY;
    }
    until[call] = 0;
    tap_ok(nth > 2 && !error, "%s, %s: each that is refused is told as 8 (%lu at number %ld)", names[call], where,
           error, nth - 1);
    if (call != CALL_SOCKET)
        return;
    until[call] = 1;
    sockets = 0;
    ANSWERS(exchange(client, flags), ERROR_NOT_ENOUGH_MEMORY, "%s, %s: no socket", names[call], where);
    SAME(sockets, 1, "%s, %s: no other address is tried", names[call], where);
}

/* The server waits for a pong for which there is no memory. */
static void check_pong(struct client *client, DWORD flags)
{
    const char *where = flags ? "wss" : "ws";
    HINTERNET socket = client_web_socket(client, L"/ws-ping-then-gone", flags);
    WINHTTP_WEB_SOCKET_BUFFER_TYPE type;
    BYTE text[100];
    DWORD got;

    until[CALL_SEND] = 2; /* the message, upon which the ping comes, and the pong */
    ANSWERS(WinHttpWebSocketSend(socket, WINHTTP_WEB_SOCKET_UTF8_MESSAGE_BUFFER_TYPE, (void *)"ping", 4), 0,
            "D3 %s: the server is asked for a ping", where);
    ANSWERS(WinHttpWebSocketReceive(socket, text, sizeof(text), &got, &type), ERROR_NOT_ENOUGH_MEMORY,
            "D3 %s: the Receive that could not send its pong", where);
    ANSWERS(WinHttpWebSocketSend(socket, WINHTTP_WEB_SOCKET_BINARY_MESSAGE_BUFFER_TYPE, text, 1),
            ERROR_NOT_ENOUGH_MEMORY, "%s: what comes later fails for the same reason", where);
    client_request(client, NULL, L"/await-gone", flags);
    got = client_exchange(client);
    tap_ok(!got && client_status(client) == 204, "D3 %s: the server's connection has gone (%lu)", where, got);
    WinHttpCloseHandle(socket);
}

/* HOUSE, "DLL life": the last handle is closed, and a session opened while what was behind it goes. */
static void check_restart(INTERNET_PORT port)
{
    struct client client;

    ResetEvent(ending);
    client_open(&client, 0, port);
    ANSWERS(exchange(&client, 0), 0, "an exchange, and its end");
    client_close(&client);
    SAME(WaitForSingleObject(ending, WAIT_MS), WAIT_OBJECT_0, "Winsock is given up with the last handle");
    client_open(&client, 0, port);
    ANSWERS(exchange(&client, 0), 0, "an exchange while that happens");
    tap_ok(!together, "Winsock is not started in the middle of that, where sockets may be lost");
    client_close(&client);
}

int main(void)
{
    INTERNET_PORT ports[] = {need_port("STUB_PLAIN_PORT"), need_port("STUB_TLS_PORT")};
    struct client client;
    unsigned secure, call;

    starting = CreateEventW(NULL, TRUE, FALSE, NULL);
    ending = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (!tap_ok(turn_imports(), "the DLL's calls of the system come here"))
        return tap_done();
    for (secure = 0; secure < 2; secure++) {
        DWORD flags = secure ? WINHTTP_FLAG_SECURE : 0;

        client_open(&client, 0, ports[secure]);
        WinHttpSetTimeouts(client.session, PATIENCE, PATIENCE, PATIENCE, PATIENCE);
        for (call = 0; call < CALL_COUNT; call++)
            check_each(&client, (enum call)call, flags);
        check_pong(&client, flags);
        client_close(&client);
    }
    check_restart(ports[0]);
    return tap_done();
}
