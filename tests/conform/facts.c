/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * facts: what options tell of the connection of a request: addresses, TLS, certificates (SEMANTICS O26-O29, T1-T4,
 * T8-T10; API.md 2, 4.7).
 */
#include "client.h"

#include <stddef.h>
#include <wincrypt.h>
#define SECURITY_WIN32
#include <sspi.h>
#include <schannel.h>

/* winhttp.h gives the structure only behind schannel.h, which comes too late here: its parts, in order. */
struct security_info {
    SecPkgContext_ConnectionInfo connection;
    SecPkgContext_CipherInfo cipher;
};

static struct client the;

static const struct {
    const char *name;
    DWORD option, size;
    BOOL secure; /* only a TLS connection has it */
} facts[] = {
    {"CONNECTION_INFO", WINHTTP_OPTION_CONNECTION_INFO, sizeof(WINHTTP_CONNECTION_INFO), FALSE},
    {"SECURITY_KEY_BITNESS", WINHTTP_OPTION_SECURITY_KEY_BITNESS, sizeof(DWORD), TRUE},
    {"SECURITY_CERTIFICATE_STRUCT", WINHTTP_OPTION_SECURITY_CERTIFICATE_STRUCT, sizeof(WINHTTP_CERTIFICATE_INFO), TRUE},
    {"SERVER_CERT_CONTEXT", WINHTTP_OPTION_SERVER_CERT_CONTEXT, sizeof(PCCERT_CONTEXT), TRUE},
    {"SERVER_CERT_CHAIN_CONTEXT", WINHTTP_OPTION_SERVER_CERT_CHAIN_CONTEXT, sizeof(PCCERT_CHAIN_CONTEXT), TRUE},
    {"SECURITY_INFO", WINHTTP_OPTION_SECURITY_INFO, sizeof(struct security_info), TRUE},
};

/* Too small is told with the size; without a connection (or without TLS) the state comes first. */
static void check_sizes(BOOL connected, BOOL secure)
{
    BYTE buffer[2000];

    for (size_t i = 0; i < COUNT(facts); i++) {
        BOOL there = connected && (secure || !facts[i].secure);
        DWORD size = 0;

        poison(buffer, sizeof(buffer));
        FAILS(WinHttpQueryOption(the.request, facts[i].option, NULL, &size),
              there ? ERROR_INSUFFICIENT_BUFFER : ERROR_WINHTTP_INCORRECT_HANDLE_STATE, "O26, O27: %s without a buffer",
              facts[i].name);
        SAME(size, there ? facts[i].size : 0, "O27: the size");
        size = facts[i].size - 1;
        FAILS(WinHttpQueryOption(the.request, facts[i].option, buffer, &size),
              there ? ERROR_INSUFFICIENT_BUFFER : ERROR_WINHTTP_INCORRECT_HANDLE_STATE, "O3: %s, one byte short",
              facts[i].name);
        tap_ok(is_poison(buffer, sizeof(buffer)), "GEN8: the buffer is untouched");
        FAILS(WinHttpQueryOption(the.connect, facts[i].option, buffer, &size), ERROR_WINHTTP_INCORRECT_HANDLE_TYPE,
              "O9: %s of a connection", facts[i].name);
        FAILS(WinHttpSetOption(the.request, facts[i].option, buffer, facts[i].size), ERROR_WINHTTP_OPTION_NOT_SETTABLE,
              "API 2.2: %s cannot be set", facts[i].name);
    }
}

static DWORD number(DWORD option)
{
    DWORD value = POISON, size = sizeof(value);

    WinHttpQueryOption(the.request, option, &value, &size);
    return value;
}

static void check_addresses(INTERNET_PORT port)
{
    WINHTTP_CONNECTION_INFO info = {0};
    DWORD size = sizeof(info) + 100;
    struct sockaddr_in *remote = (struct sockaddr_in *)&info.RemoteAddress,
                       *local = (struct sockaddr_in *)&info.LocalAddress;

    SUCCEEDS(WinHttpQueryOption(the.request, WINHTTP_OPTION_CONNECTION_INFO, &info, &size), "O27: the addresses");
    SAME(size, sizeof(info), "O27: their size");
    SAME(info.cbSize, sizeof(info), "O29: and the size inside");
    SAME(remote->sin_family, AF_INET, "the server's family");
    SAME(ntohs(remote->sin_port), port, "the server's port");
    SAME(ntohl(remote->sin_addr.s_addr), INADDR_LOOPBACK, "the server's address");
    SAME(ntohl(local->sin_addr.s_addr), INADDR_LOOPBACK, "our address");
    tap_ok(local->sin_port != 0, "our port");
}

static void check_certificates(void)
{
    PCCERT_CONTEXT leaf = NULL, again = NULL;
    PCCERT_CHAIN_CONTEXT chain = NULL;
    WINHTTP_CERTIFICATE_INFO info = {0};
    DWORD size = sizeof(leaf);

    SUCCEEDS(WinHttpQueryOption(the.request, WINHTTP_OPTION_SERVER_CERT_CONTEXT, &leaf, &size), "T8: the certificate");
    size = sizeof(again);
    SUCCEEDS(WinHttpQueryOption(the.request, WINHTTP_OPTION_SERVER_CERT_CONTEXT, &again, &size), "T8: and once more");
    tap_ok(leaf && again && leaf->cbCertEncoded == again->cbCertEncoded, "T8: it is the same");
    CertFreeCertificateContext(leaf);
    tap_ok(again && again->pbCertEncoded[0] == 0x30, "T8: each has a reference of its own");
    CertFreeCertificateContext(again);
    size = sizeof(chain);
    SUCCEEDS(WinHttpQueryOption(the.request, WINHTTP_OPTION_SERVER_CERT_CHAIN_CONTEXT, &chain, &size),
             "API 2: the chain");
    tap_ok(chain && chain->cChain && chain->rgpChain[0]->cElement == 2, "its leaf and its root");
    CertFreeCertificateChain(chain);
    size = sizeof(info);
    SUCCEEDS(WinHttpQueryOption(the.request, WINHTTP_OPTION_SECURITY_CERTIFICATE_STRUCT, &info, &size),
             "T10: its summary");
    tap_ok(info.lpszSubjectInfo && info.lpszIssuerInfo && wcscmp(info.lpszSubjectInfo, info.lpszIssuerInfo),
           "T10: a subject and another issuer");
    SAME(info.dwKeySize, number(WINHTTP_OPTION_SECURITY_KEY_BITNESS), "T9: the key size is the cipher's");
    LocalFree(info.lpszSubjectInfo);
    LocalFree(info.lpszIssuerInfo);
}

static void check_tls(void)
{
    struct security_info info;
    DWORD size = sizeof(info);

    SUCCEEDS(WinHttpQueryOption(the.request, WINHTTP_OPTION_SECURITY_INFO, &info, &size),
             "API 2: the security information");
    tap_ok(info.connection.dwProtocol == SP_PROT_TLS1_2_CLIENT || info.connection.dwProtocol == SP_PROT_TLS1_3_CLIENT,
           "TLS 1.2 or 1.3 is spoken");
    tap_ok(info.connection.dwCipherStrength >= 128, "with 128 bits or more");
    tap_ok(info.cipher.szCipherSuite[0] && info.cipher.dwCipherSuite, "by a suite with a name and a number");
    tap_ok(number(WINHTTP_OPTION_SECURITY_KEY_BITNESS) >= 128, "T9: the key has 128 bits or more");
    SAME(number(WINHTTP_OPTION_SECURITY_FLAGS), SECURITY_FLAG_SECURE | SECURITY_FLAG_STRENGTH_STRONG,
         "API 4.7: it is secure and strong");
}

static void check_flags(void)
{
    static const DWORD good[] = {SECURITY_FLAG_IGNORE_CERT_WRONG_USAGE,
                                 SECURITY_FLAG_IGNORE_UNKNOWN_CA | SECURITY_FLAG_IGNORE_CERT_DATE_INVALID |
                                     SECURITY_FLAG_IGNORE_CERT_CN_INVALID,
                                 SECURITY_FLAG_IGNORE_ALL_CERT_ERRORS, 0};
    static const DWORD bad[] = {SECURITY_FLAG_SECURE, SECURITY_FLAG_STRENGTH_STRONG, SECURITY_FLAG_STRENGTH_WEAK, 0x4};
    DWORD value;

    SAME(number(WINHTTP_OPTION_SECURITY_FLAGS), 0, "T1: no security flags at first");
    for (size_t i = 0; i < COUNT(good); i++) {
        value = good[i];
        SUCCEEDS(WinHttpSetOption(the.request, WINHTTP_OPTION_SECURITY_FLAGS, &value, sizeof(value)),
                 "T2: 0x%lx can be set", value);
        SAME(number(WINHTTP_OPTION_SECURITY_FLAGS), value, "T2: and is set");
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        value = bad[i];
        FAILS(WinHttpSetOption(the.request, WINHTTP_OPTION_SECURITY_FLAGS, &value, sizeof(value)),
              ERROR_INVALID_PARAMETER, "T3, T4: 0x%lx cannot be set", value);
    }
}

static void check_connection(INTERNET_PORT port, DWORD flags)
{
    BOOL secure = flags & WINHTTP_FLAG_SECURE;
    BYTE body[4096];

    tap_diag(secure ? "https" : "http");
    client_open(&the, 0, port);
    client_request(&the, NULL, L"/small", flags);
    check_sizes(FALSE, secure);
    check_flags();
    SUCCEEDS(WinHttpSendRequest(the.request, NULL, 0, NULL, 0, 0, 0), "the request is sent");
    check_sizes(TRUE, secure);
    check_addresses(port);
    SUCCEEDS(WinHttpReceiveResponse(the.request, NULL), "the response is there");
    client_read_all(&the, body, sizeof(body));
    check_addresses(port);
    if (secure) {
        check_certificates();
        check_tls();
    } else {
        SAME(number(WINHTTP_OPTION_SECURITY_FLAGS), 0, "API 4.7: a plain connection is not secure");
    }
    SAME(number(WINHTTP_OPTION_HTTP_PROTOCOL_USED), 0, "API 2: HTTP/1.1 has no flag");
    client_close(&the);
}

int main(void)
{
    WSADATA data;
    INTERNET_PORT http = need_port("HTTP_PORT"), https = need_port("HTTPS_PORT");

    WSAStartup(MAKEWORD(2, 2), &data);
    check_connection(http, 0);
    check_connection(https, WINHTTP_FLAG_SECURE);
    WSACleanup();
    return tap_done();
}
