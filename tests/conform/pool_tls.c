/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * pool_tls: what a server says over TLS behind its answer, and whether the connection is used again (SEMANTICS CN1, N8;
 * RFC 8446 sections 4.6.1, 4.6.3, 6.1). Tickets and new keys are no application's bytes, and change nothing; a word
 * that nobody has asked for, or a farewell, ends the connection's days.
 *
 * The server is in this program, for no server says such things when it is told to. It counts its connections, and each
 * answer is the number of its own.
 */
#include "client.h"
#include "wire_tls.h"

#include <stdio.h>
#include <stdlib.h>

#define BODY    40000 /* so much lands with the caller, and what stands behind it stays encrypted */
#define AT_ONCE 8

/* ---- what is said ---- */

static int say_ticket(gnutls_session_t session)
{
    return gnutls_session_ticket_send(session, 1, 0);
}

static int say_tickets(gnutls_session_t session)
{
    int error = say_ticket(session);

    return error ? error : gnutls_session_ticket_send(session, 2, 0);
}

static int say_new_key(gnutls_session_t session)
{
    return gnutls_session_key_update(session, 0);
}

/* The client has to change its own, too, and to say so. */
static int say_new_keys(gnutls_session_t session)
{
    return gnutls_session_key_update(session, GNUTLS_KU_PEER);
}

static int say_word(gnutls_session_t session)
{
    return (int)gnutls_record_send(session, "!", 1);
}

static int say_farewell(gnutls_session_t session)
{
    return gnutls_bye(session, GNUTLS_SHUT_WR);
}

static const struct row {
    const char *name;
    int (*say)(gnutls_session_t session);
    BOOL again; /* the connection is used again */
} rows[] = {
    {"nothing", NULL, TRUE},
    {"a ticket", say_ticket, TRUE},
    {"tickets", say_tickets, TRUE},
    {"a new key", say_new_key, TRUE},
    {"new keys", say_new_keys, TRUE},
    {"a word", say_word, FALSE},
    {"a farewell", say_farewell, FALSE},
};

/* When it is said: in one piece with the end of the answer, or once the client has read that to its end. */
enum moment { WITH, BEHIND, MOMENTS };
static const char *const moment_names[MOMENTS] = {"with its end", "behind it"};

/* ---- the server ---- */

static const struct row *volatile row; /* of the next answer */
static enum moment volatile moment;
static HANDLE has_read, has_said;
static LONG connections;

/* The answer and what is said with it go in one piece. */
static BOOL say_answer(struct wire *wire, LONG number)
{
    const struct row *now = row;
    enum moment when = moment;
    char text[BODY + 128];
    int size = snprintf(text, sizeof(text), "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%*ld", BODY, BODY, number);
    BOOL said = wire->floor->down(wire, text, (size_t)size);

    if (when == BEHIND) {
        said &= wire_flush(wire);
        WaitForSingleObject(has_read, WAIT_MS);
    }
    if (now->say)
        said &= tap_ok(now->say(wire_tls_session(wire)) >= 0, "the server says %s", now->name);
    said &= wire_flush(wire);
    SetEvent(has_said);
    return said;
}

static void play(struct wire *wire)
{
    LONG number = InterlockedIncrement(&connections);

    while (say_answer(wire, number) && wire_request(wire))
        ;
}

/* ---- the client ---- */

static struct client the;
static BOOL async;
static HANDLE completed;
static DWORD outcome, came; /* of the operation that completed last: its error; the bytes of a read */

static void CALLBACK on_status(HINTERNET handle, DWORD_PTR context, DWORD status, void *info, DWORD length)
{
    (void)handle;
    (void)context;
    switch (status) {
    case WINHTTP_CALLBACK_STATUS_SENDREQUEST_COMPLETE:
    case WINHTTP_CALLBACK_STATUS_HEADERS_AVAILABLE:
        outcome = 0;
        break;
    case WINHTTP_CALLBACK_STATUS_READ_COMPLETE:
        outcome = 0;
        came = length;
        break;
    case WINHTTP_CALLBACK_STATUS_REQUEST_ERROR:
        outcome = ((const WINHTTP_ASYNC_RESULT *)info)->dwError;
        break;
    default:
        return;
    }
    SetEvent(completed);
}

static BOOL ends(BOOL accepted)
{
    return accepted && (!async || (WaitForSingleObject(completed, WAIT_MS) == WAIT_OBJECT_0 && !outcome));
}

/* The number of the connection that served a request, whose answer was read to its end; 0: it failed. */
static unsigned ask(const WCHAR *verb)
{
    DWORD ignore = SECURITY_FLAG_IGNORE_UNKNOWN_CA, n = 0;
    static char text[BODY + 1];

    client_request(&the, verb, L"/", WINHTTP_FLAG_SECURE);
    WinHttpSetOption(the.request, WINHTTP_OPTION_SECURITY_FLAGS, &ignore, sizeof(ignore));
    if (async)
        WinHttpSetStatusCallback(the.request, on_status, WINHTTP_CALLBACK_FLAG_ALL_COMPLETIONS, 0);
    if (!ends(WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 0, 1)) ||
        !ends(WinHttpReceiveResponse(the.request, NULL))) {
        tap_diag("error %lu", async ? outcome : GetLastError());
        return 0;
    }
    do {
        if (!ends(WinHttpReadData(the.request, text + n, sizeof(text) - 1 - n, async ? NULL : &came)))
            return 0;
        n += came;
    } while (came);
    return strtoul(text, NULL, 10);
}

static void check_row(const struct row *next, enum moment when)
{
    const char *manner = async ? "async" : "sync";
    unsigned first, second;

    row = next;
    moment = when;
    first = ask(L"GET");
    if (when == BEHIND)
        SetEvent(has_read);
    tap_ok(first && WaitForSingleObject(has_said, WAIT_MS) == WAIT_OBJECT_0, "%s: an answer, and %s %s", manner,
           next->name, moment_names[when]);
    row = &rows[0];
    moment = WITH;
    second = ask(L"POST"); /* which is not sent again by itself, should it meet a connection that is over */
    tap_ok(second && WaitForSingleObject(has_said, WAIT_MS) == WAIT_OBJECT_0, "%s: the next request is answered",
           manner);
    tap_ok((first == second) == next->again, "CN1 %s: after %s %s the connection is used %s", manner, next->name,
           moment_names[when], next->again ? "again" : "no more");
    if ((first == second) != next->again)
        tap_diag("%u, then %u", first, second);
}

int main(void)
{
    INTERNET_PORT port = wire_serve_tls(play, AT_ONCE, 0);
    enum moment when;
    size_t i;

    has_read = CreateEventW(NULL, FALSE, FALSE, NULL);
    has_said = CreateEventW(NULL, FALSE, FALSE, NULL);
    completed = CreateEventW(NULL, FALSE, FALSE, NULL);
    for (async = 0; async < 2; async++) {
        client_open_host(&the, async ? WINHTTP_FLAG_ASYNC : 0, L"localhost", port);
        for (when = WITH; when < MOMENTS; when++)
            for (i = 0; i < COUNT(rows); i++)
                check_row(&rows[i], when);
        client_close(&the);
    }
    return tap_done();
}
