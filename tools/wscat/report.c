/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* report.c: see report.h. What belongs to the conversation goes to standard output. */
#define SECURITY_WIN32
#include <stdio.h>
#include <windows.h>
#include <security.h>
#include <schannel.h>

#include "winhttp.h"
#include "names.h"
#include "report.h"
#include "trace.h"

void report_module(void)
{
    WCHAR path[MAX_PATH] = L"";

    GetModuleFileNameW(GetModuleHandleW(L"winhttp.dll"), path, MAX_PATH);
    printf("loaded: %ls\n", path);
    fflush(stdout);
}

/* The version as the security provider numbers it (option 151), or in the certificate's own words (option 32). */
static void report_tls(HINTERNET request)
{
    WINHTTP_SECURITY_INFO security;
    WINHTTP_CERTIFICATE_INFO certificate;
    DWORD size = sizeof(security);

    if (WinHttpQueryOption(request, WINHTTP_OPTION_SECURITY_INFO, &security, &size)) {
        DWORD protocol = security.ConnectionInfo.dwProtocol;

        if (protocol == SP_PROT_TLS1_2_CLIENT)
            puts("TLS: 1.2");
        else if (protocol == SP_PROT_TLS1_3_CLIENT)
            puts("TLS: 1.3");
        else
            printf("TLS: protocol 0x%lx\n", protocol);
        return;
    }
    size = sizeof(certificate);
    if (!WinHttpQueryOption(request, WINHTTP_OPTION_SECURITY_CERTIFICATE_STRUCT, &certificate, &size))
        return; /* not a TLS connection */
    if (certificate.lpszProtocolName)
        printf("TLS: %ls\n", certificate.lpszProtocolName);
    LocalFree(certificate.lpszSubjectInfo);
    LocalFree(certificate.lpszIssuerInfo);
}

static void report_subprotocol(HINTERNET request)
{
    WCHAR name[100];
    DWORD size = sizeof(name);

    if (WinHttpQueryHeaders(request, WINHTTP_QUERY_CUSTOM, L"Sec-WebSocket-Protocol", name, &size,
                            WINHTTP_NO_HEADER_INDEX))
        printf("subprotocol: %ls\n", name);
}

BOOL report_response(HINTERNET request, BOOL verbose)
{
    DWORD status = 0, size = sizeof(status);

    WinHttpQueryHeaders(request, WINHTTP_QUERY_STATUS_CODE | WINHTTP_QUERY_FLAG_NUMBER, WINHTTP_HEADER_NAME_BY_INDEX,
                        &status, &size, WINHTTP_NO_HEADER_INDEX);
    if (verbose) {
        printf("status: %lu\n", status);
        report_subprotocol(request);
        report_tls(request);
        fflush(stdout);
    }
    if (status != HTTP_STATUS_SWITCH_PROTOCOLS)
        fprintf(stderr, "wscat: the server answers with status %lu instead of opening a WebSocket\n", status);
    return status == HTTP_STATUS_SWITCH_PROTOCOLS;
}

void report_secure_failure(DWORD flags)
{
    static const struct {
        DWORD flag;
        const char *text;
    } rows[] = {
        {WINHTTP_CALLBACK_STATUS_FLAG_CERT_REV_FAILED, "whether it was revoked cannot be found out"},
        {WINHTTP_CALLBACK_STATUS_FLAG_INVALID_CERT, "it is not valid"},
        {WINHTTP_CALLBACK_STATUS_FLAG_CERT_REVOKED, "it was revoked"},
        {WINHTTP_CALLBACK_STATUS_FLAG_INVALID_CA, "nobody knows the authority that signed it"},
        {WINHTTP_CALLBACK_STATUS_FLAG_CERT_CN_INVALID, "it is for another host"},
        {WINHTTP_CALLBACK_STATUS_FLAG_CERT_DATE_INVALID, "it has expired or is not valid yet"},
        {WINHTTP_CALLBACK_STATUS_FLAG_CERT_WRONG_USAGE, "it is not for servers"},
        {WINHTTP_CALLBACK_STATUS_FLAG_SECURITY_CHANNEL_ERROR, "the security library failed"},
    };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (flags & rows[i].flag)
            fprintf(stderr, "wscat: the server's certificate: %s\n", rows[i].text);
}

BOOL report_close_status(HINTERNET socket)
{
    char reason[124];
    USHORT status = 0;
    DWORD length = 0, error;

    error = WinHttpWebSocketQueryCloseStatus(socket, &status, reason, sizeof(reason), &length);
    if (!trace_call(error, "WinHttpWebSocketQueryCloseStatus", "%u", status))
        return FALSE;
    printf("closed: %u %s%s%.*s\n", status, close_status_name(status), length ? " " : "", (int)length, reason);
    fflush(stdout);
    return TRUE;
}
