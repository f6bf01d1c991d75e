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

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <stdlib.h>

#define BODY       40000 /* so much lands with the caller, and what stands behind it stays encrypted */
#define FLIGHT_MAX 65536

/* Nobody here looks at the dates. */
#define VALID_FROM  1600000000
#define VALID_UNTIL 2000000000

/* ---- what is said ---- */

struct guest {
    SOCKET socket;
    gnutls_session_t session;
    BYTE flight[FLIGHT_MAX]; /* said, and not sent yet: what stands here goes in one piece */
    size_t size;
    unsigned number; /* of the connection */
};

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
    return gnutls_record_send(session, "!", 1) == 1 ? 0 : -1;
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
static gnutls_certificate_credentials_t credentials;
static gnutls_datum_t ticket_key;
static SOCKET listener;

static BOOL fine(int ret, const char *what)
{
    return ret >= 0 || tap_ok(FALSE, "the server: %s: %s", what, gnutls_strerror(ret));
}

static BOOL flush(struct guest *g)
{
    size_t sent = 0;
    int n = 1;

    while (sent < g->size && (n = send(g->socket, (char *)g->flight + sent, (int)(g->size - sent), 0)) > 0)
        sent += (size_t)n;
    g->size = 0;
    return n > 0;
}

static ssize_t push(gnutls_transport_ptr_t transport, const void *bytes, size_t size)
{
    struct guest *g = transport;

    if (size > FLIGHT_MAX - g->size)
        return -1;
    memcpy(g->flight + g->size, bytes, size);
    g->size += size;
    return (ssize_t)size;
}

/* Blocks; what was said goes first. */
static ssize_t pull(gnutls_transport_ptr_t transport, void *bytes, size_t size)
{
    struct guest *g = transport;

    return flush(g) ? recv(g->socket, bytes, (int)size, 0) : 0;
}

/* Sessions of this program have no time limits. */
static int pull_in_time(gnutls_transport_ptr_t transport, unsigned ms)
{
    (void)transport;
    (void)ms;
    return 1;
}

static BOOL hear_request(gnutls_session_t session)
{
    char text[4096] = "";
    size_t n = 0;
    ssize_t got;

    do {
        got = gnutls_record_recv(session, text + n, sizeof(text) - 1 - n);
        n += got > 0 ? (size_t)got : 0;
    } while ((got > 0 || got == GNUTLS_E_AGAIN) && !strstr(text, "\r\n\r\n") && n < sizeof(text) - 1);
    return got > 0;
}

static BOOL say_answer(struct guest *g)
{
    const struct row *now = row;
    static char text[BODY + 128];
    int size = snprintf(text, sizeof(text), "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%*u", BODY, BODY, g->number);
    BOOL said = TRUE;
    ssize_t n;

    for (int at = 0; said && at < size; at += (int)n)
        said = fine((int)(n = gnutls_record_send(g->session, text + at, (size_t)(size - at))), "an answer");
    if (moment == BEHIND) {
        said &= flush(g);
        WaitForSingleObject(has_read, WAIT_MS);
    }
    if (now->say)
        said &= fine(now->say(g->session), now->name);
    said &= flush(g);
    SetEvent(has_said);
    return said;
}

static DWORD WINAPI serve(void *guest)
{
    struct guest *g = guest;

    gnutls_init(&g->session, GNUTLS_SERVER | GNUTLS_NO_AUTO_SEND_TICKET);
    gnutls_priority_set_direct(g->session, "NORMAL:-VERS-ALL:+VERS-TLS1.3", NULL);
    gnutls_credentials_set(g->session, GNUTLS_CRD_CERTIFICATE, credentials);
    gnutls_session_ticket_enable_server(g->session, &ticket_key);
    gnutls_transport_set_ptr(g->session, g);
    gnutls_transport_set_push_function(g->session, push);
    gnutls_transport_set_pull_function(g->session, pull);
    gnutls_transport_set_pull_timeout_function(g->session, pull_in_time);
    if (fine(gnutls_handshake(g->session), "the handshake"))
        while (hear_request(g->session) && say_answer(g))
            ;
    gnutls_deinit(g->session);
    closesocket(g->socket);
    free(g);
    return 0;
}

static DWORD WINAPI receive_guests(void *unused)
{
    unsigned number = 0;
    struct guest *g;
    SOCKET socket;
    BOOL on = TRUE;

    (void)unused;
    while ((socket = accept(listener, NULL, NULL)) != INVALID_SOCKET) {
        setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, (char *)&on, sizeof(on)); /* what was said has come, then */
        g = calloc(1, sizeof(*g));
        g->socket = socket;
        g->number = ++number;
        CloseHandle(CreateThread(NULL, 0, serve, g, 0, NULL));
    }
    return 0;
}

/* Signed by itself: what the client thinks of it is not looked at here. */
static void make_credentials(void)
{
    gnutls_x509_privkey_t key;
    gnutls_x509_crt_t crt;

    gnutls_x509_privkey_init(&key);
    fine(gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0),
         "key");
    gnutls_x509_crt_init(&crt);
    gnutls_x509_crt_set_version(crt, 3);
    gnutls_x509_crt_set_serial(crt, "\1", 1);
    gnutls_x509_crt_set_activation_time(crt, VALID_FROM);
    gnutls_x509_crt_set_expiration_time(crt, VALID_UNTIL);
    gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, "localhost", 9);
    gnutls_x509_crt_set_key(crt, key);
    fine(gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0), "certificate");
    gnutls_certificate_allocate_credentials(&credentials);
    fine(gnutls_certificate_set_x509_key(credentials, &crt, 1, key), "credentials");
    fine(gnutls_session_ticket_key_generate(&ticket_key), "tickets");
    gnutls_x509_crt_deinit(crt);
    gnutls_x509_privkey_deinit(key);
}

static INTERNET_PORT open_server(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    int size = sizeof(address);
    WSADATA data;

    WSAStartup(MAKEWORD(2, 2), &data);
    gnutls_global_init();
    make_credentials();
    has_read = CreateEventW(NULL, FALSE, FALSE, NULL);
    has_said = CreateEventW(NULL, FALSE, FALSE, NULL);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, SOMAXCONN) ||
        getsockname(listener, (struct sockaddr *)&address, &size))
        tap_ok(FALSE, "a server cannot be opened: %d", WSAGetLastError());
    CloseHandle(CreateThread(NULL, 0, receive_guests, NULL, 0, NULL));
    return ntohs(address.sin_port);
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
static unsigned ask(void)
{
    DWORD ignore = SECURITY_FLAG_IGNORE_UNKNOWN_CA, n = 0;
    static char text[BODY + 1];

    client_request(&the, NULL, L"/", WINHTTP_FLAG_SECURE);
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
    first = ask();
    if (when == BEHIND)
        SetEvent(has_read);
    tap_ok(first && WaitForSingleObject(has_said, WAIT_MS) == WAIT_OBJECT_0, "%s: an answer, and %s %s", manner,
           next->name, moment_names[when]);
    row = &rows[0];
    moment = WITH;
    second = ask();
    tap_ok(second && WaitForSingleObject(has_said, WAIT_MS) == WAIT_OBJECT_0, "%s: the next request is answered",
           manner);
    tap_ok((first == second) == next->again, "CN1 %s: after %s %s the connection is used %s", manner, next->name,
           moment_names[when], next->again ? "again" : "no more");
    if ((first == second) != next->again)
        tap_diag("%u, then %u", first, second);
}

int main(void)
{
    INTERNET_PORT port = open_server();
    enum moment when;
    size_t i;

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
