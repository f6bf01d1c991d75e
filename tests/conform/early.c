/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * early: the receive that a connection out of the pool is given as soon as it is taken (HOUSE, "Who moves bytes"). It
 * belongs to no call: it outlives the thread that sent the request, it holds what has come before anybody asked, and it
 * ends with the connection (SEMANTICS CN2, CN8, CN9, N16, N17, N23, D14).
 *
 * Each request here goes out on a connection that has served one before; the scripted server tells their numbers. What
 * the server shall do, and what it has seen, is told on other connections.
 */
#include <stdlib.h>

#include "census.h"
#include "client.h"
#include "recorder.h"

#define STATUS(name) WINHTTP_CALLBACK_STATUS_##name
#define LARGE        4000000

static struct client the;
static INTERNET_PORT plain;
static BYTE body[LARGE];
static DWORD threads;

/* The way that is gone at the moment. */
static BOOL async;
static DWORD secure;
static const char *where;

/* One exchange without a body, on a connection that leaves nothing behind. */
static BOOL ask(const WCHAR *path)
{
    struct client other;
    BOOL good;

    client_open_host(&other, 0, L"localhost", plain);
    client_request(&other, NULL, path, 0);
    WinHttpAddRequestHeaders(other.request, L"Connection: close", (DWORD)-1, WINHTTP_ADDREQ_FLAG_ADD);
    good = !client_exchange(&other) && client_status(&other) == 204;
    client_close(&other);
    return good;
}

/* ---- one request, synchronous or not; no step is a check ---- */

static void open_way(INTERNET_PORT port)
{
    rec_reset();
    client_open(&the, async ? WINHTTP_FLAG_ASYNC : 0, port);
    client_listen(&the, rec_callback, 1);
    WinHttpCloseHandle(the.connect);
    the.connect = WinHttpConnect(the.session, L"127.0.0.1", port, 0);
}

/* Whether a call has done its work: at once, or when that is told. */
static BOOL done(BOOL accepted, DWORD status, DWORD before)
{
    return accepted && (!async || rec_wait(status, before + 1));
}

static BOOL send_some(DWORD total)
{
    DWORD before = rec_count(STATUS(SENDREQUEST_COMPLETE));

    return done(WinHttpSendRequest(the.request, NULL, 0, NULL, 0, total, 0), STATUS(SENDREQUEST_COMPLETE), before);
}

static BOOL write_some(DWORD size)
{
    DWORD before = rec_count(STATUS(WRITE_COMPLETE)), written;

    return done(WinHttpWriteData(the.request, body, size, async ? NULL : &written), STATUS(WRITE_COMPLETE), before);
}

static BOOL receive(void)
{
    DWORD before = rec_count(STATUS(HEADERS_AVAILABLE));

    return done(WinHttpReceiveResponse(the.request, NULL), STATUS(HEADERS_AVAILABLE), before);
}

/* The number that is the body. */
static long read_number(void)
{
    DWORD before = rec_count(STATUS(READ_COMPLETE)), got = 10;
    char digits[11] = "";

    if (!done(WinHttpReadData(the.request, digits, 10, async ? NULL : &got), STATUS(READ_COMPLETE), before) ||
        got != 10)
        return -1;
    return strtol(digits, NULL, 10);
}

static long number(const WCHAR *header)
{
    client_request(&the, NULL, L"/number", secure);
    if (header)
        WinHttpAddRequestHeaders(the.request, header, (DWORD)-1, WINHTTP_ADDREQ_FLAG_ADD);
    return send_some(0) && receive() ? read_number() : -1;
}

/* Sends on a thread of its own, which ends behind it, or stays. Wine cancels what a thread has under way when that
 * ends, and has a thread itself note the end of what it began. */
enum sender { CALLER_SENDS, SENDER_ENDS, SENDER_STAYS };

static struct {
    enum sender how;
    HANDLE thread, sent, go;
    BOOL good;
} sender;

static DWORD WINAPI sender_main(void *unused)
{
    (void)unused;
    sender.good = send_some(0);
    SetEvent(sender.sent);
    if (sender.how == SENDER_STAYS)
        WaitForSingleObject(sender.go, INFINITE);
    return 0;
}

static void sender_ends(void)
{
    SetEvent(sender.go);
    WaitForSingleObject(sender.thread, INFINITE);
    CloseHandle(sender.thread);
    sender.thread = NULL;
}

static BOOL send_by(enum sender how, DWORD total)
{
    if (how == CALLER_SENDS)
        return send_some(total);
    sender.how = how;
    sender.thread = CreateThread(NULL, 0, sender_main, NULL, 0, NULL);
    WaitForSingleObject(sender.sent, INFINITE);
    if (how == SENDER_ENDS)
        sender_ends();
    return sender.good;
}

/* Leaves the request of the way sent on the connection that has served before; the connection's number. */
static long send_on_known(const WCHAR *verb, const WCHAR *path, DWORD total, enum sender how)
{
    long known = number(NULL);
    DWORD connected = rec_count(STATUS(CONNECTED_TO_SERVER));

    client_request(&the, verb, path, secure);
    tap_ok(send_by(how, total) && known > 0 && rec_count(STATUS(CONNECTED_TO_SERVER)) == connected,
           "CN2 %s: %ls goes out on a connection that is there", where, path);
    return known;
}

/* Whatever the pool has goes with this. */
static void drain_pool(void)
{
    tap_ok(number(L"Connection: close") > 0, "CN8 %s: the pool's connection serves once more and ends", where);
    WinHttpCloseHandle(the.request);
    the.request = NULL;
}

static void check_nothing_left(const char *ids)
{
    client_close(&the);
    rec_expect_lives(TRUE, "H8, N31 %s, %s: the ends of all", where, ids);
    tap_ok(census_settles(census_threads, threads), "HOUSE %s, %s: and no thread of ours stays", where, ids);
}

/* ---- sent by a thread that ends ---- */

static void check_ended_thread(const WCHAR *path, BOOL told)
{
    long known = send_on_known(NULL, path, 0, SENDER_ENDS);

    if (told)
        ask(L"/raise-early");
    tap_ok(receive(), "%s %ls: sent by a thread that has ended, the answer is received by another", where, path);
    SAME(read_number(), known, "CN2 %s %ls: on the same connection", where, path);
}

/* ---- answered before anybody asks ---- */

/* The bytes of RESPONSE_RECEIVED. */
static DWORD received_bytes(BOOL answered_first)
{
    if (answered_first)
        tap_ok(ask(L"/await-answered"), "%s: the server has answered", where);
    if (!tap_ok(receive(), "%s: the answer is received", where))
        return 0;
    rec_skip();
    return note_dword(rec_last(STATUS(RESPONSE_RECEIVED)));
}

static void check_count(void)
{
    DWORD fresh = 0, usual, early;
    long known;

    drain_pool();
    client_request(&the, NULL, L"/number", secure);
    if (send_some(0))
        fresh = received_bytes(FALSE);
    read_number();
    known = send_on_known(NULL, L"/number", 0, CALLER_SENDS);
    usual = received_bytes(FALSE);
    SAME(read_number(), known, "CN2 %s: and its body", where);
    known = send_on_known(NULL, L"/number-told", 0, CALLER_SENDS);
    early = received_bytes(TRUE);
    SAME(read_number(), known, "CN2 %s, answered before ReceiveResponse: the body", where);
    tap_ok(usual > 10, "N16, N17 %s: RESPONSE_RECEIVED says %lu bytes", where, usual);
    if (!secure) /* behind a handshake there may be tickets, too */
        SAME(usual, fresh, "N16, N17 %s: as many as on a new connection", where);
    SAME(early, usual, "N16, N17 %s: no fewer where they came before ReceiveResponse", where);
}

/* ---- closed without ReceiveResponse ---- */

static void check_closed(INTERNET_PORT port, const WCHAR *path, enum sender how)
{
    open_way(port);
    send_on_known(NULL, path, 0, how);
    WinHttpCloseHandle(the.request);
    the.request = NULL;
    if (how == SENDER_STAYS)
        sender_ends();
    tap_ok(ask(L"/await-gone"), "D14, CN9 %s %ls: closed without ReceiveResponse, the connection ends", where, path);
    check_nothing_left("closed without ReceiveResponse");
}

/* ---- answered before the body has been read ---- */

static void check_hasty_server(DWORD size)
{
    long known = send_on_known(L"POST", L"/number-then-body", size, CALLER_SENDS);

    tap_ok(ask(L"/await-answered"), "%s: the server has answered before the body came", where);
    tap_ok(write_some(size), "N23 %s: %lu bytes are written all the same", where, size);
    tap_ok(receive(), "%s: and the answer is received", where);
    SAME(read_number(), known, "CN2 %s: on the same connection", where);
    SAME(number(NULL), known, "CN2 %s: which then serves the next request", where);
}

/* ---- not answered ---- */

static void check_timeout(enum sender how)
{
    long known = send_on_known(NULL, L"/silent", 0, how), next;

    WinHttpSetTimeouts(the.request, 0, 0, 0, 300);
    FAILS(WinHttpReceiveResponse(the.request, NULL), ERROR_WINHTTP_TIMEOUT, "%s: a server that never answers", where);
    next = number(NULL);
    tap_ok(next > 0 && next != known, "%s: the next request has a new connection (%ld, %ld)", where, known, next);
}

int main(void)
{
    INTERNET_PORT tls = need_port("STUB_TLS_PORT");
    static const char *const names[2][2] = {{"http", "https"}, {"http, asynchronous", "https, asynchronous"}};

    plain = need_port("STUB_PLAIN_PORT");
    sender.sent = CreateEventW(NULL, FALSE, FALSE, NULL);
    sender.go = CreateEventW(NULL, FALSE, FALSE, NULL);
    threads = census_threads();
    for (unsigned way = 0; way < 4; way++) {
        INTERNET_PORT port = way & 1 ? tls : plain;

        async = way >> 1;
        secure = way & 1 ? WINHTTP_FLAG_SECURE : 0;
        where = names[async][way & 1];
        check_closed(port, L"/silent-then-gone", CALLER_SENDS);
        check_closed(port, L"/silent-then-gone", SENDER_STAYS);
        check_closed(port, L"/silent-then-gone", SENDER_ENDS);
        check_closed(port, L"/endless-then-gone", CALLER_SENDS);
        open_way(port);
        check_ended_thread(L"/number", FALSE);
        check_ended_thread(L"/number-when-told", TRUE);
        check_count();
        check_hasty_server(10);
        check_hasty_server(LARGE);
        if (!async) {
            check_timeout(CALLER_SENDS);
            check_timeout(SENDER_STAYS);
        }
        drain_pool();
        check_nothing_left("all of them");
    }
    return tap_done();
}
