/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* speaker.c: see speaker.h. */
#include "speaker.h"

#include <stdio.h>

static void ends(struct speaker *s, enum verb verb, DWORD error, const WINHTTP_WEB_SOCKET_STATUS *status)
{
    struct outcome *outcome = &s->outcomes[verb];

    outcome->error = error;
    if (status)
        outcome->status = *status;
    InterlockedIncrement(&s->completions);
    SetEvent(outcome->done);
}

static void fails(struct speaker *s, BOOL web_socket, const void *info)
{
    const WINHTTP_WEB_SOCKET_ASYNC_RESULT *result = info;

    if (!web_socket)
        ends(s, VERB_REQUEST, ((const WINHTTP_ASYNC_RESULT *)info)->dwError, NULL);
    else
        ends(s, result->Operation == WINHTTP_WEB_SOCKET_RECEIVE_OPERATION ? VERB_RECEIVE : VERB_SEND,
             result->AsyncResult.dwError, NULL);
}

static void CALLBACK on_news(HINTERNET handle, DWORD_PTR context, DWORD status, LPVOID info, DWORD length)
{
    struct speaker *s = (struct speaker *)context;

    switch (status) {
    case WINHTTP_CALLBACK_STATUS_SENDREQUEST_COMPLETE:
    case WINHTTP_CALLBACK_STATUS_HEADERS_AVAILABLE:
        ends(s, VERB_REQUEST, 0, NULL);
        break;
    case WINHTTP_CALLBACK_STATUS_READ_COMPLETE:
        if (handle == s->request)
            ends(s, VERB_REQUEST, 0, &(WINHTTP_WEB_SOCKET_STATUS){.dwBytesTransferred = length});
        else
            ends(s, VERB_RECEIVE, 0, info);
        break;
    case WINHTTP_CALLBACK_STATUS_WRITE_COMPLETE:
        ends(s, VERB_SEND, 0, info);
        break;
    case WINHTTP_CALLBACK_STATUS_SHUTDOWN_COMPLETE:
    case WINHTTP_CALLBACK_STATUS_CLOSE_COMPLETE:
        ends(s, VERB_SEND, 0, NULL);
        break;
    case WINHTTP_CALLBACK_STATUS_REQUEST_ERROR:
        fails(s, length == sizeof(WINHTTP_WEB_SOCKET_ASYNC_RESULT), info);
        break;
    }
}

BOOL speaker_open(struct speaker *s, BOOL async, INTERNET_PORT port)
{
    int i;

    *s = (struct speaker){.async = async};
    for (i = 0; i < VERB_COUNT; i++)
        s->outcomes[i].done = CreateEventW(NULL, FALSE, FALSE, NULL);
    s->session = WinHttpOpen(L"conform", WINHTTP_ACCESS_TYPE_NO_PROXY, NULL, NULL, async ? WINHTTP_FLAG_ASYNC : 0);
    if (async)
        WinHttpSetStatusCallback(s->session, on_news, WINHTTP_CALLBACK_FLAG_ALL_NOTIFICATIONS, 0);
    s->connect = WinHttpConnect(s->session, L"127.0.0.1", port, 0);
    return tap_ok(s->connect != NULL, "a session and a connection");
}

DWORD speaker_await(struct speaker *s, enum verb verb)
{
    if (WaitForSingleObject(s->outcomes[verb].done, WAIT_MS) != WAIT_OBJECT_0)
        return WAIT_TIMEOUT;
    return s->outcomes[verb].error;
}

/* What an operation came to whose call answered `error`. */
static DWORD outcome(struct speaker *s, enum verb verb, DWORD error)
{
    return error || !s->async ? error : speaker_await(s, verb);
}

static DWORD error_of(BOOL result)
{
    return result ? ERROR_SUCCESS : GetLastError();
}

DWORD speaker_ask(struct speaker *s, unsigned number, DWORD flags, const WCHAR *lines)
{
    DWORD ignore = SECURITY_FLAG_IGNORE_UNKNOWN_CA | SECURITY_FLAG_IGNORE_CERT_CN_INVALID, error;
    DWORD_PTR context = (DWORD_PTR)s;
    WCHAR path[16];

    _snwprintf(path, COUNT(path), L"/%u", number);
    s->request = WinHttpOpenRequest(s->connect, NULL, path, NULL, NULL, NULL, flags);
    if (!s->request || !WinHttpSetOption(s->request, WINHTTP_OPTION_UPGRADE_TO_WEB_SOCKET, NULL, 0))
        return GetLastError();
    if (flags & WINHTTP_FLAG_SECURE)
        WinHttpSetOption(s->request, WINHTTP_OPTION_SECURITY_FLAGS, &ignore, sizeof(ignore));
    error = outcome(s, VERB_REQUEST, error_of(WinHttpSendRequest(s->request, lines, (DWORD)-1, NULL, 0, 0, context)));
    return error ? error : outcome(s, VERB_REQUEST, error_of(WinHttpReceiveResponse(s->request, NULL)));
}

DWORD speaker_read(struct speaker *s, void *buffer, DWORD size, DWORD *got)
{
    DWORD piece = 0, error;

    *got = 0;
    do {
        error = outcome(
            s, VERB_REQUEST,
            error_of(WinHttpReadData(s->request, (BYTE *)buffer + *got, size - *got, s->async ? NULL : &piece)));
        if (s->async)
            piece = s->outcomes[VERB_REQUEST].status.dwBytesTransferred;
        if (!error)
            *got += piece;
    } while (!error && piece && *got < size);
    return error;
}

BOOL speaker_upgrade(struct speaker *s, unsigned number)
{
    DWORD error = speaker_ask(s, number, s->flags, NULL);

    if (!error) {
        s->socket = WinHttpWebSocketCompleteUpgrade(s->request, (DWORD_PTR)s);
        error = error_of(s->socket != NULL);
    }
    WinHttpCloseHandle(s->request);
    s->request = NULL;
    if (error)
        tap_ok(FALSE, "the upgrade, a step on the way, fails with %lu %s", error, error_name(error));
    return !error;
}

void speaker_hang_up(struct speaker *s)
{
    if (s->socket)
        WinHttpCloseHandle(s->socket);
    if (s->request)
        WinHttpCloseHandle(s->request);
    s->socket = s->request = NULL;
}

void speaker_close_all(struct speaker *s)
{
    int i;

    speaker_hang_up(s);
    WinHttpCloseHandle(s->connect);
    WinHttpCloseHandle(s->session);
    for (i = 0; i < VERB_COUNT; i++)
        CloseHandle(s->outcomes[i].done);
}

DWORD speaker_send(struct speaker *s, TYPE type, const void *bytes, size_t size)
{
    DWORD error = outcome(s, VERB_SEND, WinHttpWebSocketSend(s->socket, type, (void *)bytes, (DWORD)size));
    const WINHTTP_WEB_SOCKET_STATUS *status = &s->outcomes[VERB_SEND].status;

    if (s->async && !error && (status->dwBytesTransferred != size || status->eBufferType != type))
        return ERROR_INTERNAL_ERROR;
    return error;
}

DWORD speaker_begin_receive(struct speaker *s, void *buffer, DWORD size)
{
    return WinHttpWebSocketReceive(s->socket, buffer, size, NULL, NULL);
}

DWORD speaker_receive(struct speaker *s, void *buffer, DWORD size, DWORD *got, TYPE *type)
{
    const WINHTTP_WEB_SOCKET_STATUS *status = &s->outcomes[VERB_RECEIVE].status;
    DWORD error = outcome(s, VERB_RECEIVE, WinHttpWebSocketReceive(s->socket, buffer, size, got, type));

    if (s->async && !error) {
        *got = status->dwBytesTransferred;
        *type = status->eBufferType;
    }
    return error;
}

DWORD speaker_message(struct speaker *s, BYTE *buffer, DWORD size, DWORD room, DWORD *got, TYPE *type)
{
    DWORD piece = 0, error;

    *got = 0;
    do {
        error = speaker_receive(s, buffer + *got, size - *got < room ? size - *got : room, &piece, type);
        if (!error)
            *got += piece;
    } while (!error && (*type == BINARY_FRAGMENT || *type == UTF8_FRAGMENT));
    return error;
}

DWORD speaker_shutdown(struct speaker *s, USHORT status, const char *reason)
{
    DWORD size = reason ? (DWORD)strlen(reason) : 0;

    return outcome(s, VERB_SEND, WinHttpWebSocketShutdown(s->socket, status, (void *)reason, size));
}

DWORD speaker_close(struct speaker *s, USHORT status, const char *reason)
{
    DWORD size = reason ? (DWORD)strlen(reason) : 0;

    return outcome(s, VERB_SEND, WinHttpWebSocketClose(s->socket, status, (void *)reason, size));
}
