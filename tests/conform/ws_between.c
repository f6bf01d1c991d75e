/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ws_between: a synchronous WebSocket on which nobody calls (SEMANTICS D3, W29, W48; API 24). A worker receives then,
 * when no call has been made for a while; not while calls go on, for each of them would find the worker in its way. The
 * server tells what it has seen, on another connection: nothing here waits for time to pass.
 */
#include "client.h"

#define UTF8 WINHTTP_WEB_SOCKET_UTF8_MESSAGE_BUFFER_TYPE

/* So long must nobody call (CONN_SWEEP_MS), with a little to spare for clocks that differ. */
#define QUIET_MS 90
#define CALLS    15 /* with 20 ms and more between them, for longer than a worker ever waits */

static struct client the;
static INTERNET_PORT plain;
static HINTERNET ws;
static const char *where;

/* What the server has seen, or shall do; FALSE: it never saw it. */
static BOOL ask(const WCHAR *path)
{
    struct client other;
    BOOL good;

    client_open(&other, 0, plain);
    client_request(&other, NULL, path, 0);
    good = !client_exchange(&other) && client_status(&other) == 204;
    client_close(&other);
    return good;
}

/* What comes with the 101 is answered before the first call; what is told then comes later. */
static BOOL ask_for_pong(void)
{
    return ask(L"/raise-between") && ask(L"/await-ponged");
}

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

static DWORD say(const char *text)
{
    return WinHttpWebSocketSend(ws, UTF8, (void *)text, (DWORD)strlen(text));
}

static void check_hear(const char *what)
{
    WINHTTP_WEB_SOCKET_BUFFER_TYPE type = (WINHTTP_WEB_SOCKET_BUFFER_TYPE)POISON;
    DWORD got = POISON;
    char text[10];

    ANSWERS(WinHttpWebSocketReceive(ws, text, sizeof(text), &got, &type), 0, "W19 %s: Receive, %s", where, what);
    tap_ok(got == 2 && type == UTF8 && !memcmp(text, "hi", 2), "W19 %s: the message, %s", where, what);
}

/* ---- nobody calls ---- */

static void check_pings(INTERNET_PORT port, DWORD flags)
{
    open_socket(port, flags, L"/ws-between");
    tap_ok(ask_for_pong(), "D3 %s: a ping is answered before the first call", where);
    ANSWERS(say("one"), 0, "%s: a call", where);
    ANSWERS(say("two"), 0, "%s: and another", where);
    tap_ok(ask(L"/await-ponged"), "D3 %s: a ping is answered behind two calls", where);
    ask(L"/raise-between");
    check_hear("a worker having been there");
    ANSWERS(say("more"), 0, "%s: one more", where);
    tap_ok(ask(L"/await-ponged"), "D3 %s: a ping is answered behind a worker and two more calls", where);
    close_socket();

    open_socket(port, flags, L"/ws-late-ping");
    check_hear("long waited for");
    tap_ok(ask_for_pong(), "D3 %s: a ping is answered behind a call that has waited long", where);
    close_socket();
}

/* ---- calls go on ---- */

static ULONGLONG now_ms(void)
{
    LARGE_INTEGER count, second;

    QueryPerformanceCounter(&count);
    QueryPerformanceFrequency(&second);
    return (ULONGLONG)count.QuadPart * 1000 / (ULONGLONG)second.QuadPart;
}

/*
 * The server has every message before the pong. A machine that is too busy to make the calls one after the other leaves
 * gaps between them in which a ping may well be answered: then nothing is learnt.
 */
static void check_calls(INTERNET_PORT port, DWORD flags)
{
    ULONGLONG last, gap = 0;
    BOOL counted, ponged;

    open_socket(port, flags, L"/ws-calls");
    tap_ok(ask_for_pong(), "D3 %s: a worker has been there", where);
    last = now_ms();
    say("x");
    check_hear("which ends what the worker began");
    for (int i = 0; i < CALLS; i++) {
        ULONGLONG begun = now_ms(), ended;

        say("x");
        ended = now_ms();
        if (ended - last > gap)
            gap = ended - last;
        last = begun;
        if (i)
            ask(L"/pause-20");
    }
    /* Asked in any case: what the server has raised would be found by the next that asks for it. */
    counted = ask(L"/await-counted");
    ponged = counted && ask(L"/await-ponged");
    if (gap >= QUIET_MS) {
        tap_skip("%s: calls without a pause: %lu ms went by between two", where, (DWORD)gap);
    } else {
        tap_ok(counted, "HOUSE %s: no worker receives while calls are made", where);
        tap_ok(ponged, "D3 %s: it does behind them", where);
    }
    close_socket();
}

/* ---- over ---- */

/* The handle stays open; the connection does not. */
static void check_let_go(INTERNET_PORT port, DWORD flags)
{
    open_socket(port, flags, L"/ws-part");
    ANSWERS(WinHttpWebSocketClose(ws, 1000, NULL, 0), 0, "W29 %s: Close, which waits for the server's", where);
    tap_ok(ask(L"/ws-parted"), "RFC 6455 section 7.1.1 %s: the connection is let go", where);
    close_socket();

    open_socket(port, flags, L"/ws-part-first");
    WinHttpWebSocketReceive(ws, &(BYTE){0}, 1, &(DWORD){0}, &(WINHTTP_WEB_SOCKET_BUFFER_TYPE){0});
    ANSWERS(WinHttpWebSocketClose(ws, 1000, NULL, 0), 0, "W48 %s: Close, behind the server's", where);
    tap_ok(ask(L"/ws-parted"), "RFC 6455 section 7.1.1 %s: the connection is let go", where);
    close_socket();
}

/* A worker finds the end; the next call has only to tell it. */
static void check_reset(INTERNET_PORT port, DWORD flags)
{
    HANDLE never = CreateEventW(NULL, TRUE, FALSE, NULL);
    DWORD code = POISON, size = sizeof(code);

    open_socket(port, flags, L"/ws-reset");
    WaitForSingleObject(never, 400); /* without it the call finds the end by itself, which is as good */
    ANSWERS(WinHttpWebSocketReceive(ws, &(BYTE){0}, 1, &(DWORD){0}, &(WINHTTP_WEB_SOCKET_BUFFER_TYPE){0}),
            ERROR_WINHTTP_CONNECTION_ERROR, "D7 %s: reset between calls", where);
    WinHttpQueryOption(NULL, WINHTTP_OPTION_EXTENDED_ERROR, &code, &size);
    SAME(code, WSAECONNRESET, "API 24 %s: the code behind it", where);
    close_socket();
    CloseHandle(never);
}

int main(void)
{
    INTERNET_PORT tls = need_port("STUB_TLS_PORT");

    plain = need_port("STUB_PLAIN_PORT");
    for (int secure = 0; secure < 2; secure++) {
        INTERNET_PORT port = secure ? tls : plain;
        DWORD flags = secure ? WINHTTP_FLAG_SECURE : 0;

        where = secure ? "wss" : "ws";
        check_pings(port, flags);
        check_calls(port, flags);
        check_let_go(port, flags);
        check_reset(port, flags);
    }
    return tap_done();
}
