/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * tls: certificates, versions and names (SEMANTICS 15; D9, D16; CLIENTS 8), against nginx with good and bad
 * certificates.
 */
#include "client.h"
#include "recorder.h"

#include <wincrypt.h>

#define STATUS(name) WINHTTP_CALLBACK_STATUS_##name
#define BAD(name)    WINHTTP_CALLBACK_STATUS_FLAG_##name

static struct client the;

static void open_secure(DWORD flags, const WCHAR *host, INTERNET_PORT port)
{
    rec_reset();
    client_open_host(&the, flags, host, port);
    client_listen(&the, rec_callback, 1);
    WinHttpCloseHandle(the.connect);
    the.connect = WinHttpConnect(the.session, host, port, 0);
    client_request(&the, NULL, L"/size/127", WINHTTP_FLAG_SECURE);
    rec_skip();
}

/* ---- bad certificates ---- */

static const struct bad {
    const char *server;
    DWORD flags;  /* that SECURE_FAILURE must hold */
    DWORD ignore; /* security flags with which it works all the same; 0: there are none */
} certificates[] = {
    {"EXPIRED_PORT", BAD(CERT_DATE_INVALID), SECURITY_FLAG_IGNORE_CERT_DATE_INVALID},
    {"NOTYET_PORT", BAD(CERT_DATE_INVALID), SECURITY_FLAG_IGNORE_CERT_DATE_INVALID},
    {"WRONGNAME_PORT", BAD(CERT_CN_INVALID), SECURITY_FLAG_IGNORE_CERT_CN_INVALID},
    {"WRONGUSAGE_PORT", BAD(CERT_WRONG_USAGE), SECURITY_FLAG_IGNORE_CERT_WRONG_USAGE},
    {"SELFSIGNED_PORT", BAD(INVALID_CA), SECURITY_FLAG_IGNORE_UNKNOWN_CA},
    {"STRANGER_PORT", BAD(INVALID_CA), SECURITY_FLAG_IGNORE_UNKNOWN_CA},
};

static void check_secure_failure(const struct bad *row)
{
    const struct note *note = rec_last(STATUS(SECURE_FAILURE));

    SAME(rec_count(STATUS(SECURE_FAILURE)), 1, "T15, CLIENTS 8 %s: SECURE_FAILURE, once", row->server);
    SAME(note->length, sizeof(DWORD), "T15 %s: with a DWORD", row->server);
    tap_ok((note_dword(note) & row->flags) == row->flags, "T15 %s: flags 0x%lx hold 0x%lx", row->server,
           note_dword(note), row->flags);
}

static void check_refused(const struct bad *row, INTERNET_PORT port)
{
    DWORD ignore = row->ignore, error;
    BYTE body[200];

    open_secure(0, L"localhost", port);
    error = client_exchange(&the);
    rec_skip();
    ANSWERS(error, ERROR_WINHTTP_SECURE_FAILURE, "D9, CLIENTS 8 %s: refused", row->server);
    check_secure_failure(row);
    SAME(rec_count(STATUS(SENDING_REQUEST)), 0, "HOUSE %s: before a byte of the request was sent", row->server);
    SUCCEEDS(WinHttpSetOption(the.request, WINHTTP_OPTION_SECURITY_FLAGS, &ignore, sizeof(ignore)),
             "T2 %s: ignoring just that", row->server);
    ANSWERS(client_exchange(&the), ERROR_SUCCESS, "CLIENTS 8 %s: the same request can be sent again", row->server);
    SAME(client_read_all(&the, body, sizeof(body)), 127, "CLIENTS 8 %s: and answers", row->server);
    client_close(&the);

    /* A verdict that was waived once is not waived for the next request. */
    open_secure(0, L"localhost", port);
    ANSWERS(client_exchange(&the), ERROR_WINHTTP_SECURE_FAILURE, "HOUSE %s: refused again elsewhere", row->server);
    client_close(&the);
}

static void check_refused_async(const struct bad *row, INTERNET_PORT port)
{
    static const struct expected refused[] = {{STATUS(RESOLVING_NAME), ANYWHERE, MAYBE},
                                              {STATUS(NAME_RESOLVED), ANYWHERE, MAYBE},
                                              {STATUS(CONNECTING_TO_SERVER), ANYWHERE, SOME},
                                              {STATUS(CONNECTED_TO_SERVER), ANYWHERE, MAYBE},
                                              {STATUS(CLOSING_CONNECTION), ANYWHERE, MAYBE},
                                              {STATUS(CONNECTION_CLOSED), ANYWHERE, MAYBE},
                                              {STATUS(SECURE_FAILURE), ANYWHERE, ONCE},
                                              {STATUS(REQUEST_ERROR), ANYWHERE, ONCE},
                                              {0}};

    open_secure(WINHTTP_FLAG_ASYNC, L"localhost", port);
    SUCCEEDS(CALL(WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 0, 0)), "S15 %s: asynchronously", row->server);
    rec_expect(refused, "API 3.1 %s: SECURE_FAILURE, then the failure", row->server);
    check_secure_failure(row);
    ANSWERS(note_result(rec_last(STATUS(REQUEST_ERROR))).dwError, ERROR_WINHTTP_SECURE_FAILURE, "CLIENTS 8: 12175");
    SAME(note_result(rec_last(STATUS(REQUEST_ERROR))).dwResult, API_SEND_REQUEST, "T12: of SendRequest");
    client_close(&the);
    rec_expect_lives(TRUE, "H8 %s: and every handle ends", row->server);
}

static void check_certificates(void)
{
    size_t i;

    for (i = 0; i < COUNT(certificates); i++) {
        INTERNET_PORT port = need_port(certificates[i].server);

        check_refused(&certificates[i], port);
        check_refused_async(&certificates[i], port);
    }
}

/* A certificate with two faults is not let through when one of them is ignored. */
static void check_two_faults(INTERNET_PORT port)
{
    DWORD ignore = SECURITY_FLAG_IGNORE_UNKNOWN_CA, all = SECURITY_FLAG_IGNORE_ALL_CERT_ERRORS;

    open_secure(0, L"127.0.0.2", port);
    WinHttpSetOption(the.request, WINHTTP_OPTION_SECURITY_FLAGS, &ignore, sizeof(ignore));
    ANSWERS(client_exchange(&the), ERROR_WINHTTP_CANNOT_CONNECT, "nothing listens on 127.0.0.2");
    client_close(&the);
    open_secure(0, L"localhost", port);
    WinHttpSetOption(the.request, WINHTTP_OPTION_SECURITY_FLAGS, &all, sizeof(all));
    ANSWERS(client_exchange(&the), ERROR_SUCCESS, "T2: IGNORE_ALL_CERT_ERRORS");
    client_close(&the);
}

/* An ECDSA signature that Wine's crypt32 cannot verify counts if it is right; nothing forgives one that is wrong. */
static void check_signatures(void)
{
    static const char *const right[] = {"SHORT256_PORT", "SHORT521_PORT"};
    DWORD all = SECURITY_FLAG_IGNORE_ALL_CERT_ERRORS;
    size_t i;

    for (i = 0; i < COUNT(right); i++) {
        open_secure(0, L"localhost", need_port(right[i]));
        ANSWERS(client_exchange(&the), ERROR_SUCCESS, "D9 %s: a right signature", right[i]);
        client_close(&the);
    }
    open_secure(0, L"localhost", need_port("SPOILT_PORT"));
    WinHttpSetOption(the.request, WINHTTP_OPTION_SECURITY_FLAGS, &all, sizeof(all));
    ANSWERS(client_exchange(&the), ERROR_WINHTTP_SECURE_FAILURE, "D9: a wrong signature");
    rec_skip();
    SAME(rec_count(STATUS(SECURE_FAILURE)), 1, "T15: SECURE_FAILURE, once");
    SAME(note_dword(rec_last(STATUS(SECURE_FAILURE))), BAD(INVALID_CERT), "T15: for the certificate alone");
    client_close(&the);
}

/* ---- versions and names ---- */

static const struct {
    const char *server;
    DWORD protocols; /* 0: not set */
    BOOL works;
} versions[] = {
    {"TLS12_PORT", 0, TRUE},
    {"TLS13_PORT", WINHTTP_FLAG_SECURE_PROTOCOL_TLS1_2 | WINHTTP_FLAG_SECURE_PROTOCOL_TLS1_3, TRUE},
    {"TLS12_PORT", WINHTTP_FLAG_SECURE_PROTOCOL_TLS1_2, TRUE},
    {"TLS13_PORT", WINHTTP_FLAG_SECURE_PROTOCOL_TLS1_3, TRUE},
    {"TLS13_PORT", WINHTTP_FLAG_SECURE_PROTOCOL_TLS1_2, FALSE},
    {"TLS12_PORT", WINHTTP_FLAG_SECURE_PROTOCOL_TLS1_3, FALSE},
};

static void check_versions(void)
{
    size_t i;
    DWORD error;

    for (i = 0; i < COUNT(versions); i++) {
        DWORD protocols = versions[i].protocols;

        open_secure(0, L"localhost", need_port(versions[i].server));
        if (protocols)
            SUCCEEDS(WinHttpSetOption(the.session, WINHTTP_OPTION_SECURE_PROTOCOLS, &protocols, sizeof(protocols)),
                     "O23, T11: protocols 0x%lx", protocols);
        client_request(&the, NULL, L"/size/1", WINHTTP_FLAG_SECURE);
        error = client_exchange(&the);
        tap_ok((error == ERROR_SUCCESS) == versions[i].works, "T11 %s with protocols 0x%lx: %s (%s)",
               versions[i].server, protocols, versions[i].works ? "works" : "does not", error_name(error));
        if (!versions[i].works)
            tap_ok(error == ERROR_WINHTTP_SECURE_FAILURE || error == ERROR_WINHTTP_SECURE_CHANNEL_ERROR ||
                       error == ERROR_WINHTTP_CONNECTION_ERROR,
                   "T12: with an error that says so");
        client_close(&the);
    }
}

static void check_names(INTERNET_PORT port)
{
    static const WCHAR *const good[] = {L"localhost", L"LOCALHOST", L"127.0.0.1"};
    size_t i;

    for (i = 0; i < COUNT(good); i++) {
        open_secure(0, good[i], port);
        ANSWERS(client_exchange(&the), ERROR_SUCCESS, "D9: the name %ls", good[i]);
        client_close(&the);
    }
}

/* ---- not TLS at all ---- */

static const struct {
    const char *server;
    DWORD error;
} no_tls[] = {
    {"STUB_TEXT_PORT", ERROR_WINHTTP_SECURE_FAILURE},    {"STUB_NOISE_PORT", ERROR_WINHTTP_SECURE_FAILURE},
    {"HTTP_PORT", ERROR_WINHTTP_SECURE_FAILURE},         {"STUB_SLAM_PORT", ERROR_WINHTTP_CONNECTION_ERROR},
    {"STUB_RESET_PORT", ERROR_WINHTTP_CONNECTION_ERROR},
};

static void check_no_tls(void)
{
    size_t i;
    DWORD error;

    for (i = 0; i < COUNT(no_tls); i++) {
        open_secure(0, L"127.0.0.1", need_port(no_tls[i].server));
        SetLastError(POISON);
        error = WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 0, 0) ? 0 : GetLastError();
        tap_ok(error == no_tls[i].error || error == ERROR_WINHTTP_SECURE_CHANNEL_ERROR ||
                   error == ERROR_WINHTTP_CONNECTION_ERROR,
               "T12, API 12030 %s: %s", no_tls[i].server, error_name(error));
        client_close(&the);
    }
    /* C7: the other way round, nginx answers 400 to plain text on its TLS port. */
    rec_reset();
    client_open(&the, 0, need_port("HTTPS_PORT"));
    client_request(&the, NULL, L"/", 0);
    ANSWERS(client_exchange(&the), ERROR_SUCCESS, "C7: plain text to a TLS port");
    SAME(client_status(&the), 400, "C7: is answered");
    client_close(&the);
}

/* D7 of a silent TLS server: the connection is there, the handshake never ends. */
static void check_silent_handshake(INTERNET_PORT port)
{
    open_secure(0, L"127.0.0.1", port);
    WinHttpSetTimeouts(the.request, 1000, 1000, 1000, 1000);
    ANSWERS(client_exchange(&the), ERROR_WINHTTP_TIMEOUT, "T12: a handshake without an answer ends by timeout");
    client_close(&the);
}

/* ---- what can be asked about the server ---- */

static void check_certificate_options(INTERNET_PORT port)
{
    PCCERT_CONTEXT first = NULL, second = NULL;
    DWORD size = sizeof(first);
    WCHAR name[100] = L"";

    open_secure(0, L"localhost", port);
    WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 0, 0);
    if (!WinHttpQueryOption(the.request, WINHTTP_OPTION_SERVER_CERT_CONTEXT, &first, &size) &&
        GetLastError() == ERROR_INVALID_PARAMETER) {
        tap_skip("T8: SERVER_CERT_CONTEXT is not offered yet (D15)");
        client_close(&the);
        return;
    }
    tap_ok(first != NULL && size == sizeof(first), "T8: the certificate, after sending");
    WinHttpReceiveResponse(the.request, NULL);
    SUCCEEDS(WinHttpQueryOption(the.request, WINHTTP_OPTION_SERVER_CERT_CONTEXT, &second, &size), "T8: and later");
    if (first)
        CertGetNameStringW(first, CERT_NAME_SIMPLE_DISPLAY_TYPE, 0, NULL, name, 100);
    SAME_TEXT(name, L"server", "T8: it is the server's");
    if (first)
        CertFreeCertificateContext(first);
    if (second)
        CertFreeCertificateContext(second);
    client_close(&the);
}

/* ---- resumption ---- */

/* A GET on a connection of its own. Did its handshake resume an earlier one? */
static BOOL resumes(DWORD ignore)
{
    WINHTTP_REQUEST_STATS stats = {0};
    PCCERT_CONTEXT server = NULL;
    DWORD size = sizeof(stats), error;
    BYTE body[200];

    client_request(&the, NULL, L"/size/127", WINHTTP_FLAG_SECURE);
    WinHttpAddRequestHeaders(the.request, L"Connection: close", (DWORD)-1, WINHTTP_ADDREQ_FLAG_ADD);
    if (ignore)
        WinHttpSetOption(the.request, WINHTTP_OPTION_SECURITY_FLAGS, &ignore, sizeof(ignore));
    error = client_exchange(&the);
    ANSWERS(error, ERROR_SUCCESS, "RFC 8446 2.2: resumed or not, it is answered");
    SAME(client_read_all(&the, body, sizeof(body)), 127, "RFC 8446 2.2: in full");
    WinHttpQueryOption(the.request, WINHTTP_OPTION_REQUEST_STATS, &stats, &size);
    tap_ok(stats.ullFlags & WINHTTP_REQUEST_STAT_FLAG_FIRST_REQUEST, "CN6: on a new connection");
    size = sizeof(server);
    SUCCEEDS(WinHttpQueryOption(the.request, WINHTTP_OPTION_SERVER_CERT_CONTEXT, &server, &size),
             "T8: a resumed connection has the server's certificate too");
    if (server)
        CertFreeCertificateContext(server);
    return (stats.ullFlags & WINHTTP_REQUEST_STAT_FLAG_TLS_SESSION_RESUMPTION) != 0;
}

/* A session of its own, so that nothing is remembered that another check has left. */
static void open_alone(INTERNET_PORT port)
{
    DWORD on = TRUE;

    client_open_host(&the, 0, L"localhost", port);
    SUCCEEDS(WinHttpSetOption(the.session, WINHTTP_OPTION_DISABLE_GLOBAL_POOLING, &on, sizeof(on)), "API 195");
    WinHttpCloseHandle(the.connect);
    the.connect = WinHttpConnect(the.session, L"localhost", port, 0);
}

static void check_resumption(const char *server)
{
    INTERNET_PORT port = need_port(server);
    DWORD ignore = SECURITY_FLAG_IGNORE_CERT_DATE_INVALID;

    open_alone(port);
    tap_ok(!resumes(0), "%s: the first connection resumes nothing", server);
    tap_ok(resumes(0), "%s: the second resumes the first", server);
    tap_ok(resumes(0), "%s: the third the second", server);
    tap_ok(!resumes(ignore), "%s: not a connection that was held to other rules", server);
    tap_ok(resumes(ignore), "%s: but one that was held to the same", server);
    client_close(&the);
    open_alone(port);
    tap_ok(!resumes(0), "%s: nor that of a session which keeps to itself", server);
    client_close(&the);
}

/* A failure that was ignored once is known when the session is resumed, and counts where it is not ignored. */
static void check_resumed_verdict(INTERNET_PORT port)
{
    open_alone(port);
    tap_ok(!resumes(SECURITY_FLAG_IGNORE_UNKNOWN_CA), "D9: a connection in spite of its authority");
    tap_ok(resumes(SECURITY_FLAG_IGNORE_UNKNOWN_CA), "D9: and one that resumes it");
    client_request(&the, NULL, L"/size/127", WINHTTP_FLAG_SECURE);
    ANSWERS(client_exchange(&the), ERROR_WINHTTP_SECURE_FAILURE, "D9: refused as ever without the flag");
    client_close(&the);
}

/* Where no certificate is offered, in so many words, the server lets pass. What it let pass must not spare the next
 * connection the question. */
static void check_asked_each_time(INTERNET_PORT port)
{
    open_alone(port);
    for (int i = 0; i < 2; i++) {
        client_request(&the, NULL, L"/size/127", WINHTTP_FLAG_SECURE);
        WinHttpAddRequestHeaders(the.request, L"Connection: close", (DWORD)-1, WINHTTP_ADDREQ_FLAG_ADD);
        SUCCEEDS(WinHttpSetOption(the.request, WINHTTP_OPTION_CLIENT_CERT_CONTEXT, WINHTTP_NO_CLIENT_CERT_CONTEXT, 0),
                 "T13: no certificate");
        ANSWERS(client_exchange(&the), ERROR_SUCCESS, "T13: is good enough");
    }
    client_request(&the, NULL, L"/size/127", WINHTTP_FLAG_SECURE);
    SUCCEEDS(WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 0, 0), "D16: sending works");
    FAILS(WinHttpReceiveResponse(the.request, NULL), ERROR_WINHTTP_CLIENT_AUTH_CERT_NEEDED, "D16: asked once more");
    client_close(&the);
}

static void check_client_certificates(void)
{
    static const char *const servers[] = {"CLIENTCERT_PORT", "CLIENTASK_PORT"};
    size_t i;

    for (i = 0; i < COUNT(servers); i++) {
        open_secure(0, L"localhost", need_port(servers[i]));
        SUCCEEDS(WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 0, 0), "T13, D16 %s: sending works", servers[i]);
        FAILS(WinHttpReceiveResponse(the.request, NULL), ERROR_WINHTTP_CLIENT_AUTH_CERT_NEEDED,
              "T13, D16 %s: receiving asks for a certificate", servers[i]);
        client_close(&the);
    }
}

int main(void)
{
    INTERNET_PORT https = need_port("HTTPS_PORT");

    check_certificates();
    check_signatures();
    check_two_faults(need_port("SELFSIGNED_PORT"));
    check_versions();
    check_names(https);
    check_no_tls();
    check_silent_handshake(need_port("STUB_SILENT_PORT"));
    check_certificate_options(https);
    check_client_certificates();
    check_resumption("TLS12_PORT");
    check_resumption("TLS13_PORT");
    check_resumed_verdict(need_port("SELFSIGNED_PORT"));
    check_asked_each_time(need_port("CLIENTASK_PORT"));
    return tap_done();
}
