/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* talk.c: see talk.h. First what both manners share, then the asynchronous one, then the synchronous one. */
#include "talk.h"

#include <stdio.h>
#include <stdlib.h>

#define UTF8 WINHTTP_WEB_SOCKET_UTF8_MESSAGE_BUFFER_TYPE

static BOOL open_request(struct talk *talk)
{
    WCHAR path[16];

    _snwprintf(path, COUNT(path), L"/%u", talk->number);
    talk->request = WinHttpOpenRequest(talk->connect, NULL, path, NULL, NULL, NULL, talk->flags);
    if (!talk->request)
        return FALSE;
    talk->buffer = malloc(talk->room);
    if (talk->timeout) {
        int before = talk->flags & WINHTTP_FLAG_SECURE ? (int)talk->timeout : 0;

        WinHttpSetTimeouts(talk->request, before, before, before, (int)talk->timeout);
    }
    if (talk->flags & WINHTTP_FLAG_SECURE) {
        DWORD ignore = SECURITY_FLAG_IGNORE_UNKNOWN_CA | SECURITY_FLAG_IGNORE_CERT_CN_INVALID;

        WinHttpSetOption(talk->request, WINHTTP_OPTION_SECURITY_FLAGS, &ignore, sizeof(ignore));
    }
    return WinHttpSetOption(talk->request, WINHTTP_OPTION_UPGRADE_TO_WEB_SOCKET, NULL, 0);
}

static void set_close_timeout(struct talk *talk)
{
    if (talk->timeout)
        WinHttpSetOption(talk->socket, WINHTTP_OPTION_WEB_SOCKET_CLOSE_TIMEOUT, &talk->timeout, sizeof(talk->timeout));
}

/* A piece of a message is in the buffer. TRUE when the client is to close now. */
static BOOL take_piece(struct talk *talk, DWORD size, WINHTTP_WEB_SOCKET_BUFFER_TYPE type)
{
    BOOL text = type == UTF8 || type == WINHTTP_WEB_SOCKET_UTF8_FRAGMENT_BUFFER_TYPE;
    BOOL last = type == UTF8 || type == WINHTTP_WEB_SOCKET_BINARY_MESSAGE_BUFFER_TYPE;

    if (size > talk->room || (!last && !size) || (talk->inside && text != talk->text)) {
        talk->wrong = TRUE;
        return TRUE;
    }
    ws_bytes_add(&talk->message, talk->buffer, size);
    talk->inside = !last;
    talk->text = text;
    if (!last)
        return FALSE;
    story_add(&talk->told, text ? 'T' : 'B', 0, talk->message.p, talk->message.n);
    talk->message.n = 0;
    return ++talk->messages == talk->closes;
}

/* The server's close frame has come. */
static USHORT take_close(struct talk *talk, DWORD size)
{
    BYTE reason[WINHTTP_WEB_SOCKET_MAX_CLOSE_REASON_LENGTH];
    USHORT status = 0;
    DWORD used = 0;

    talk->wrong |= size != 0;
    talk->status_error = WinHttpWebSocketQueryCloseStatus(talk->socket, &status, reason, sizeof(reason), &used);
    talk->status = status;
    story_add(&talk->told, 'X', status, reason, used);
    return status;
}

static void take_error(struct talk *talk, enum talk_step step, DWORD error)
{
    DWORD used;
    WINHTTP_WEB_SOCKET_BUFFER_TYPE type;

    talk->step = step;
    talk->error = error;
    if (error == ERROR_WINHTTP_INVALID_SERVER_RESPONSE)
        story_add(&talk->told, '!', 0, NULL, 0);
    if (!talk->socket)
        return;
    talk->later = WinHttpWebSocketReceive(talk->socket, talk->buffer, talk->room, &used, &type);
    talk->status_error = WinHttpWebSocketQueryCloseStatus(talk->socket, &talk->status, NULL, 0, &used);
}

static void take_end(struct talk *talk)
{
    DWORD used;

    talk->step = TALK_IS_OVER;
    if (talk->closes)
        talk->status_error = WinHttpWebSocketQueryCloseStatus(talk->socket, &talk->status, NULL, 0, &used);
}

void talk_free(struct talk *talk)
{
    free(talk->buffer);
    ws_bytes_free(&talk->message);
    story_free(&talk->told);
    talk->buffer = NULL;
}

const char *talk_step_name(enum talk_step step)
{
    static const char *const names[] = {"sending the request", "the answer", "the upgrade",
                                        "receiving",           "closing",    "the end"};
    return names[step];
}

/* ---- asynchronous ---- */

static void end(struct talk *talk, enum talk_step step, DWORD error)
{
    take_error(talk, step, error);
    WinHttpCloseHandle(talk->socket ? talk->socket : talk->request);
}

/* An operation was begun: it is accepted, or ends the talk. */
static void begun(struct talk *talk, enum talk_step step, DWORD error)
{
    if (!error)
        return;
    InterlockedDecrement(&talk->accepted);
    end(talk, step, error);
}

static void receive(struct talk *talk)
{
    InterlockedIncrement(&talk->accepted);
    begun(talk, TALK_RECEIVES, WinHttpWebSocketReceive(talk->socket, talk->buffer, talk->room, NULL, NULL));
}

static void close_with(struct talk *talk, USHORT status)
{
    InterlockedIncrement(&talk->accepted);
    begun(talk, TALK_CLOSES, WinHttpWebSocketClose(talk->socket, status, NULL, 0));
}

void talk_pass(struct talk *talk)
{
    if (InterlockedDecrement(&talk->gates) == 0)
        receive(talk);
}

static void on_answer(struct talk *talk)
{
    talk->socket = WinHttpWebSocketCompleteUpgrade(talk->request, (DWORD_PTR)talk);
    if (!talk->socket) {
        end(talk, TALK_UPGRADES, GetLastError());
        return;
    }
    InterlockedIncrement(&talk->handles);
    WinHttpCloseHandle(talk->request);
    set_close_timeout(talk);
    if (talk->say) {
        InterlockedIncrement(&talk->accepted);
        begun(talk, TALK_SENDS, WinHttpWebSocketSend(talk->socket, UTF8, (void *)talk->say, (DWORD)strlen(talk->say)));
    }
    if (!talk->error)
        talk_pass(talk);
}

static void on_piece(struct talk *talk, const WINHTTP_WEB_SOCKET_STATUS *status)
{
    if (status->eBufferType == WINHTTP_WEB_SOCKET_CLOSE_BUFFER_TYPE)
        close_with(talk, take_close(talk, status->dwBytesTransferred));
    else if (take_piece(talk, status->dwBytesTransferred, status->eBufferType))
        close_with(talk, WINHTTP_WEB_SOCKET_SUCCESS_CLOSE_STATUS);
    else
        receive(talk);
}

/* One that comes behind the error which has ended the talk is counted, and no more. */
static void on_error(struct talk *talk, HINTERNET handle, const void *info)
{
    const WINHTTP_WEB_SOCKET_ASYNC_RESULT *result = info;

    if (handle == talk->request) {
        end(talk, talk->step, ((const WINHTTP_ASYNC_RESULT *)info)->dwError);
        return;
    }
    InterlockedIncrement(&talk->completed);
    if (!talk->error)
        end(talk, result->Operation == WINHTTP_WEB_SOCKET_CLOSE_OPERATION ? TALK_CLOSES : TALK_RECEIVES,
            result->AsyncResult.dwError);
}

static void CALLBACK on_news(HINTERNET handle, DWORD_PTR context, DWORD status, LPVOID info, DWORD length)
{
    struct talk *talk = (struct talk *)context;

    (void)length;
    switch (status) {
    case WINHTTP_CALLBACK_STATUS_SENDREQUEST_COMPLETE:
        talk->step = TALK_AWAITS_ANSWER;
        if (!WinHttpReceiveResponse(talk->request, NULL))
            end(talk, TALK_AWAITS_ANSWER, GetLastError());
        break;
    case WINHTTP_CALLBACK_STATUS_HEADERS_AVAILABLE:
        on_answer(talk);
        break;
    case WINHTTP_CALLBACK_STATUS_READ_COMPLETE:
        InterlockedIncrement(&talk->completed);
        on_piece(talk, info);
        break;
    case WINHTTP_CALLBACK_STATUS_WRITE_COMPLETE:
        InterlockedIncrement(&talk->completed);
        break;
    case WINHTTP_CALLBACK_STATUS_CLOSE_COMPLETE:
        InterlockedIncrement(&talk->completed);
        take_end(talk);
        WinHttpCloseHandle(talk->socket);
        break;
    case WINHTTP_CALLBACK_STATUS_REQUEST_ERROR:
        on_error(talk, handle, info);
        break;
    case WINHTTP_CALLBACK_STATUS_HANDLE_CLOSING:
        if (InterlockedDecrement(&talk->handles) == 0)
            ReleaseSemaphore(talk->slots, 1, NULL);
        break;
    }
}

static void start(struct talk *talk)
{
    talk->gates++;
    talk->handles = 1;
    if (!open_request(talk)) {
        talk->error = GetLastError();
        ReleaseSemaphore(talk->slots, 1, NULL);
        return;
    }
    WinHttpSetStatusCallback(talk->request, on_news, WINHTTP_CALLBACK_FLAG_ALL_NOTIFICATIONS, 0);
    if (!WinHttpSendRequest(talk->request, NULL, 0, NULL, 0, 0, (DWORD_PTR)talk))
        end(talk, TALK_SENDS, GetLastError());
}

void talk_run(struct talk *list, size_t count, unsigned at_once)
{
    HANDLE slots = CreateSemaphoreW(NULL, (LONG)at_once, (LONG)at_once, NULL);
    BOOL late = FALSE;
    size_t i;

    for (i = 0; i < count && !late; i++) {
        late = WaitForSingleObject(slots, WAIT_MS) != WAIT_OBJECT_0;
        list[i].slots = slots;
        if (!late)
            start(&list[i]);
    }
    while (!late && at_once--)
        late = WaitForSingleObject(slots, WAIT_MS) != WAIT_OBJECT_0;
    for (i = 0; late && i < count; i++)
        if (list[i].handles)
            tap_diag("conversation %u has not ended: %s, %ld operations, %ld completions", list[i].number,
                     talk_step_name(list[i].step), list[i].accepted, list[i].completed);
    if (late) {
        tap_ok(FALSE, "every conversation ends");
        exit(tap_done());
    }
    CloseHandle(slots);
}

/* ---- synchronous ---- */

/* Up to the WebSocket; the step that failed, or TALK_RECEIVES. */
static enum talk_step open_now(struct talk *talk)
{
    if (!open_request(talk) || !WinHttpSendRequest(talk->request, NULL, 0, NULL, 0, 0, 0))
        return TALK_SENDS;
    if (!WinHttpReceiveResponse(talk->request, NULL))
        return TALK_AWAITS_ANSWER;
    talk->socket = WinHttpWebSocketCompleteUpgrade(talk->request, 0);
    return talk->socket ? TALK_RECEIVES : TALK_UPGRADES;
}

static void converse(struct talk *talk)
{
    WINHTTP_WEB_SOCKET_BUFFER_TYPE type = UTF8;
    USHORT status = WINHTTP_WEB_SOCKET_SUCCESS_CLOSE_STATUS;
    BOOL done = FALSE;
    DWORD size, error = 0;

    set_close_timeout(talk);
    if (talk->say)
        error = WinHttpWebSocketSend(talk->socket, UTF8, (void *)talk->say, (DWORD)strlen(talk->say));
    while (!error && !done) {
        error = WinHttpWebSocketReceive(talk->socket, talk->buffer, talk->room, &size, &type);
        done = type == WINHTTP_WEB_SOCKET_CLOSE_BUFFER_TYPE;
        if (!error && done)
            status = take_close(talk, size);
        else if (!error)
            done = take_piece(talk, size, type);
    }
    if (error) {
        take_error(talk, TALK_RECEIVES, error);
        return;
    }
    error = WinHttpWebSocketClose(talk->socket, status, NULL, 0);
    if (error)
        take_error(talk, TALK_CLOSES, error);
    else
        take_end(talk);
}

static void run_one(struct talk *talk)
{
    enum talk_step step = open_now(talk);

    if (step != TALK_RECEIVES)
        take_error(talk, step, GetLastError());
    WinHttpCloseHandle(talk->request);
    if (!talk->socket)
        return;
    if (!talk->error)
        converse(talk);
    WinHttpCloseHandle(talk->socket);
}

struct list {
    struct talk *talks;
    LONG count, next;
};

static DWORD WINAPI run_some(void *argument)
{
    struct list *list = argument;
    LONG i;

    while ((i = InterlockedIncrement(&list->next) - 1) < list->count)
        run_one(&list->talks[i]);
    return 0;
}

void talk_run_sync(struct talk *talks, size_t count, unsigned at_once)
{
    struct list list = {talks, (LONG)count, 0};
    HANDLE threads[MAXIMUM_WAIT_OBJECTS];
    DWORD i;

    for (i = 0; i < at_once; i++)
        threads[i] = CreateThread(NULL, 0, run_some, &list, 0, NULL);
    for (i = 0; i < at_once; i++) {
        WaitForSingleObject(threads[i], INFINITE);
        CloseHandle(threads[i]);
    }
}
