/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* client.c: see client.h. */
#include "client.h"

/* Reports a step that had to work. */
static BOOL need(BOOL good, const char *step)
{
    DWORD error = GetLastError();

    if (!good)
        tap_ok(FALSE, "%s, a step on the way, fails with %lu %s", step, error, error_name(error));
    return good;
}

BOOL client_open_host(struct client *client, DWORD flags, const WCHAR *host, INTERNET_PORT port)
{
    *client = (struct client){0};
    client->session = WinHttpOpen(L"conform", WINHTTP_ACCESS_TYPE_NO_PROXY, NULL, NULL, flags);
    if (!need(!!client->session, "WinHttpOpen"))
        return FALSE;
    client->connect = WinHttpConnect(client->session, host, port, 0);
    return need(!!client->connect, "WinHttpConnect");
}

BOOL client_open(struct client *client, DWORD flags, INTERNET_PORT port)
{
    return client_open_host(client, flags, L"127.0.0.1", port);
}

BOOL client_request(struct client *client, const WCHAR *verb, const WCHAR *path, DWORD flags)
{
    if (client->request)
        WinHttpCloseHandle(client->request);
    client->request = WinHttpOpenRequest(client->connect, verb, path, NULL, NULL, NULL, flags);
    return need(!!client->request, "WinHttpOpenRequest");
}

DWORD client_exchange(struct client *client)
{
    if (!WinHttpSendRequest(client->request, NULL, 0, NULL, 0, 0, 0))
        return GetLastError();
    return WinHttpReceiveResponse(client->request, NULL) ? ERROR_SUCCESS : GetLastError();
}

long client_read_all(struct client *client, void *buffer, DWORD room)
{
    DWORD filled = 0, got;

    do {
        if (!WinHttpReadData(client->request, (BYTE *)buffer + filled, room - filled, &got))
            return -1;
        filled += got;
    } while (got && filled < room);
    return (long)filled;
}

DWORD client_status(struct client *client)
{
    DWORD status = 0, size = sizeof(status);

    WinHttpQueryHeaders(client->request, WINHTTP_QUERY_STATUS_CODE | WINHTTP_QUERY_FLAG_NUMBER, NULL, &status, &size,
                        WINHTTP_NO_HEADER_INDEX);
    return status;
}

void client_close(struct client *client)
{
    if (client->request)
        WinHttpCloseHandle(client->request);
    if (client->connect)
        WinHttpCloseHandle(client->connect);
    if (client->session)
        WinHttpCloseHandle(client->session);
    *client = (struct client){0};
}

HINTERNET client_web_socket(struct client *client, const WCHAR *path, DWORD flags)
{
    HINTERNET socket;

    if (!client_request(client, NULL, path, flags) ||
        !need(WinHttpSetOption(client->request, WINHTTP_OPTION_UPGRADE_TO_WEB_SOCKET, NULL, 0),
              "WinHttpSetOption UPGRADE_TO_WEB_SOCKET") ||
        !need(WinHttpSendRequest(client->request, NULL, 0, NULL, 0, 0, 0), "WinHttpSendRequest") ||
        !need(WinHttpReceiveResponse(client->request, NULL), "WinHttpReceiveResponse"))
        return NULL;
    socket = WinHttpWebSocketCompleteUpgrade(client->request, 0);
    need(!!socket, "WinHttpWebSocketCompleteUpgrade");
    WinHttpCloseHandle(client->request);
    client->request = NULL;
    return socket;
}

void client_listen(struct client *client, WINHTTP_STATUS_CALLBACK callback, DWORD_PTR context)
{
    WinHttpSetStatusCallback(client->session, callback, WINHTTP_CALLBACK_FLAG_ALL_NOTIFICATIONS, 0);
    WinHttpSetOption(client->session, WINHTTP_OPTION_CONTEXT_VALUE, &context, sizeof(context));
}
