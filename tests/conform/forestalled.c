/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * forestalled: a server that is quicker than the request (SEMANTICS CN8, CN9, N19, N21). A connection out of the pool
 * receives from the moment it is taken; what comes then is seen by everybody, but wanted by nobody yet.
 *
 * Between the taking and the first byte of the request lies SENDING_REQUEST. A connection that ends there, or on which
 * the server says something of its own accord, is replaced: nothing has gone, so the verb does not matter. A server
 * may also answer before it has read the request: the answer waits until the request has gone.
 *
 * A connection on which requests follow each other at once is believed to be kept, for a moment (conn_warm): where that
 * proves wrong a GET is sent again, and where the moment passes inside SENDING_REQUEST it is looked at as any other.
 *
 * The server is in this program. It counts its connections, and each answer is the number of its own.
 */
#include "client.h"
#include "recorder.h"
#include "wire_tls.h"

#include <stdio.h>
#include <stdlib.h>

#define STATUS(name) WINHTTP_CALLBACK_STATUS_##name
#define AT_ONCE      24
#define SMALL        10
#define LIMIT        10000 /* ms for an answer; less than a connection may stay in the pool, and than WAIT_MS */
#define MOMENT       20    /* ms; more than CONN_WARM_MS, by a clock of 16 ms */
#define KEPT         20    /* answers before the last one; more than CONN_WARM_AFTER */
#define LARGE        (16u * 1048576u) /* more than sockets hold */

/* ---- the server ---- */

enum path { ANSWERS_THEN_ACTS, FINDS_THEN_ACTS, KEEPS_VERB_THEN_ACTS, KEEPS_VERB, ANSWERS, ANSWERS_FIRST };

enum deed { ENDS, RESETS, SAYS_A_WORD, SAYS_FAREWELL, DEEDS };
static const char *const deed_names[DEEDS] = {"ends", "resets", "says a word", "says farewell"};

static volatile enum deed deed;
static HANDLE due, acted; /* the client is inside SENDING_REQUEST; the deed is done */
static LONG connections, posts;

static void act(struct wire *wire)
{
    if (WaitForSingleObject(due, WAIT_MS) != WAIT_OBJECT_0)
        return;
    if (deed == ENDS)
        shutdown(wire->socket, SD_SEND);
    else if (deed == RESETS)
        wire_reset(wire);
    else if (deed == SAYS_A_WORD)
        wire_send(wire, "!", 1);
    else
        wire_fin(wire);
    SetEvent(acted);
}

static void answer(struct wire *wire, long number)
{
    char text[128];

    wire_send(wire, text,
              (size_t)snprintf(text, sizeof(text), "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n%10ld", number));
}

static void redirect(struct wire *wire, unsigned status, enum path to)
{
    char text[128];

    wire_send(wire, text,
              (size_t)snprintf(text, sizeof(text),
                               "HTTP/1.1 %u Elsewhere\r\nLocation: /%d\r\nContent-Length: 0\r\n\r\n", status, to));
}

static size_t body_size(const struct wire *wire)
{
    static const size_t sizes[] = {SMALL, LARGE};
    char line[64];
    size_t i;

    for (i = 0; i < COUNT(sizes); i++) {
        snprintf(line, sizeof(line), "Content-Length: %u", (unsigned)sizes[i]);
        if (wire_asks(wire, line))
            return sizes[i];
    }
    return 0;
}

/* FALSE: no further request is to come. */
static BOOL serve(struct wire *wire, long number)
{
    size_t size = body_size(wire);

    if (wire->number == ANSWERS_FIRST)
        answer(wire, number);
    if (!wire_skip(wire, size))
        return FALSE;
    switch (wire->number) {
    case ANSWERS_THEN_ACTS:
        answer(wire, number);
        act(wire);
        return FALSE;
    case FINDS_THEN_ACTS:
        redirect(wire, 302, ANSWERS);
        act(wire);
        return FALSE;
    case KEEPS_VERB_THEN_ACTS:
        redirect(wire, 307, ANSWERS);
        act(wire);
        return FALSE;
    case KEEPS_VERB:
        redirect(wire, 307, ANSWERS_FIRST);
        break;
    case ANSWERS:
        if (size)
            InterlockedIncrement(&posts);
        answer(wire, number);
    }
    return TRUE;
}

static void play(struct wire *wire)
{
    long number = InterlockedIncrement(&connections);

    while (serve(wire, number) && wire_request(wire))
        ;
    if (wire->socket != INVALID_SOCKET)
        wire_drain(wire);
}

/* Answers each request on a connection of its own. */
static void play_other(struct wire *wire)
{
    answer(wire, 0);
    wire_fin(wire);
    wire_drain(wire);
}

/* ---- the client ---- */

static struct client the;
static INTERNET_PORT other_port;
static BYTE body[LARGE];

static BOOL async;
static DWORD secure;
static const char *where;

/* What a connection brings is noticed in the order in which it comes: once this conversation on another one is over,
 * what the server did before it is known to whoever waits for it. */
static void converse(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(other_port)};
    SOCKET s = socket(AF_INET, SOCK_STREAM, 0);
    char byte;

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (!connect(s, (struct sockaddr *)&to, sizeof(to)) && send(s, "GET / HTTP/1.1\r\n\r\n", 18, 0) == 18)
        while (recv(s, &byte, 1, 0) == 1)
            ;
    closesocket(s);
}

/* Inside SENDING_REQUEST; longer than a connection is believed in. */
static void let_it_act(HINTERNET handle, void *unused)
{
    ULONGLONG since = GetTickCount64();

    (void)handle;
    (void)unused;
    SetEvent(due);
    if (WaitForSingleObject(acted, WAIT_MS) != WAIT_OBJECT_0)
        return;
    do
        converse();
    while (GetTickCount64() - since < MOMENT);
}

static void arm(HINTERNET handle, void *unused)
{
    (void)handle;
    rec_hook(STATUS(SENDING_REQUEST), let_it_act, unused);
}

static BOOL ends(BOOL accepted, DWORD status, DWORD before)
{
    return accepted && (!async || rec_wait(status, before + 1));
}

/* Without a time-out, so that none has a look at the connection later: what was forgotten then stays so. */
static void open_request(const WCHAR *verb, enum path path)
{
    DWORD ignore = SECURITY_FLAG_IGNORE_UNKNOWN_CA;
    WCHAR name[8];

    _snwprintf(name, COUNT(name), L"/%d", path);
    client_request(&the, verb, name, secure);
    WinHttpSetTimeouts(the.request, 0, 0, 0, 0);
    if (secure)
        WinHttpSetOption(the.request, WINHTTP_OPTION_SECURITY_FLAGS, &ignore, sizeof(ignore));
}

static long read_number(void)
{
    DWORD before = rec_count(STATUS(READ_COMPLETE)), got = 10;
    char digits[11] = "";

    if (!ends(WinHttpReadData(the.request, digits, 10, async ? NULL : &got), STATUS(READ_COMPLETE), before) ||
        got != 10)
        return -1;
    return strtol(digits, NULL, 10);
}

/* Sends, with a body of so many bytes, and receives; `early`: the answer is asked for before the request has gone. The
 * number of the connection, or -1. */
static long exchange(DWORD size, BOOL early)
{
    DWORD sent = rec_count(STATUS(SENDREQUEST_COMPLETE)), came = rec_count(STATUS(HEADERS_AVAILABLE));

    if (!WinHttpSendRequest(the.request, NULL, 0, size ? body : NULL, size, size, 0) ||
        (!early && !ends(TRUE, STATUS(SENDREQUEST_COMPLETE), sent)) ||
        !ends(WinHttpReceiveResponse(the.request, NULL), STATUS(HEADERS_AVAILABLE), came))
        return -1;
    return read_number();
}

static void open_way(INTERNET_PORT port)
{
    rec_reset();
    client_open_host(&the, async ? WINHTTP_FLAG_ASYNC : 0, L"localhost", port);
    client_listen(&the, rec_callback, 1);
    WinHttpCloseHandle(the.connect);
    the.connect = WinHttpConnect(the.session, L"localhost", port, 0);
}

/* Leaves a connection in the pool, which has been kept so many times, and nothing else there; its number. */
static long leave_kept(enum path path, unsigned times)
{
    long number;

    open_request(L"GET", ANSWERS);
    WinHttpAddRequestHeaders(the.request, L"Connection: close", (DWORD)-1, WINHTTP_ADDREQ_FLAG_ADD);
    exchange(0, FALSE);
    while (times--) {
        open_request(L"GET", ANSWERS);
        exchange(0, FALSE);
    }
    open_request(L"GET", path);
    number = exchange(0, FALSE);
    tap_ok(number > 0, "%s: an answer before", where);
    return number;
}

static long leave_one(enum path path)
{
    return leave_kept(path, 0);
}

/* ---- the server acts before the request has gone ---- */

/* What comes over TLS to an asynchronous connection is a worker's to decrypt, who may still be on his way: only a
 * request that is sent again in any case has a certain end. */
static BOOL is_certain(const WCHAR *verb)
{
    return !async || !secure || (deed != SAYS_A_WORD && !wcscmp(verb, L"GET"));
}

/* The request is answered by a connection behind the one before. */
static void check_replaced(const WCHAR *verb, DWORD size, long before, const char *what)
{
    LONG had = posts;
    long number;

    WinHttpSetTimeouts(the.request, 0, 0, 0, LIMIT);
    number = exchange(size, FALSE);

    tap_ok(number > before, "CN8 %s: %s, and the server %s before it has gone: another connection answers", where, what,
           deed_names[deed]);
    if (number <= before)
        tap_diag("%ld, after %ld", number, before);
    if (!wcscmp(verb, L"POST"))
        SAME(posts - had, 1, "CN8 %s: %s, and was sent once", where, what);
}

static void check_next(const WCHAR *verb, DWORD size, unsigned kept, const char *what)
{
    long before;

    if (!is_certain(verb))
        return;
    before = leave_kept(ANSWERS_THEN_ACTS, kept);
    open_request(verb, ANSWERS);
    rec_hook(STATUS(SENDING_REQUEST), let_it_act, NULL);
    check_replaced(verb, size, before, what);
}

static void check_redirected(const WCHAR *verb, DWORD size, enum path path, const char *what)
{
    long before;

    if (!is_certain(verb))
        return;
    before = leave_one(ANSWERS);
    open_request(verb, path);
    rec_hook(STATUS(REDIRECT), arm, NULL);
    check_replaced(verb, size, before, what);
}

/* The server acts while the request is on its way, or before, or behind it. */
static void check_at_once(void)
{
    long before;

    if (deed == SAYS_A_WORD)
        return; /* that is the answer, if it comes behind the request */
    before = leave_kept(ANSWERS_THEN_ACTS, KEPT);
    open_request(L"GET", ANSWERS);
    SetEvent(due);
    check_replaced(L"GET", 0, before, "a GET at once, on a connection kept before");
    WaitForSingleObject(acted, WAIT_MS);
}

/* ---- the server answers before it has read the request ---- */

static void check_answered_first(void)
{
    long before;

    if (async) {
        before = leave_one(ANSWERS);
        open_request(L"POST", ANSWERS_FIRST);
        WinHttpSetTimeouts(the.request, 0, 0, 0, LIMIT);
        SAME(exchange(LARGE, TRUE), before,
             "N19 %s: an answer that is asked for, and comes, before the request has gone", where);
    }
    before = leave_one(ANSWERS);
    open_request(L"POST", KEEPS_VERB);
    WinHttpSetTimeouts(the.request, 0, 0, 0, LIMIT);
    SAME(exchange(LARGE, FALSE), before, "N21 %s: an answer before the second request has been read", where);
}

static void check_way(INTERNET_PORT port)
{
    open_way(port);
    for (deed = ENDS; deed < DEEDS; deed++) {
        check_next(L"GET", 0, 0, "a GET");
        check_next(L"POST", SMALL, 0, "a POST");
        check_next(L"GET", 0, KEPT, "a GET on a connection kept before");
        check_next(L"POST", SMALL, KEPT, "a POST on a connection kept before");
        check_at_once();
        check_redirected(L"GET", 0, FINDS_THEN_ACTS, "a GET is redirected");
        check_redirected(L"POST", SMALL, KEEPS_VERB_THEN_ACTS, "a POST is redirected");
    }
    check_answered_first();
    client_close(&the);
    rec_expect_lives(TRUE, "H8, N31 %s: the ends of all", where);
}

int main(void)
{
    INTERNET_PORT plain = wire_serve(play, AT_ONCE), tls = wire_serve_tls(play, AT_ONCE, 0);

    other_port = wire_serve(play_other, 2);
    due = CreateEventW(NULL, FALSE, FALSE, NULL);
    acted = CreateEventW(NULL, FALSE, FALSE, NULL);
    memset(body, 'b', sizeof(body));
    for (async = 0; async < 2; async++) {
        secure = 0;
        where = async ? "plain, async" : "plain, sync";
        check_way(plain);
        secure = WINHTTP_FLAG_SECURE;
        where = async ? "TLS, async" : "TLS, sync";
        check_way(tls);
    }
    return tap_done();
}
