/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tally.c: see tally.h. */
#include "tally.h"

void tally_begin(struct tally *t, enum op op)
{
    InterlockedIncrement(&t->pending[op]);
}

BOOL tally_begun(struct tally *t, enum op op, BOOL async, BOOL accepted)
{
    if (!accepted || !async)
        InterlockedDecrement(&t->pending[op]);
    return accepted;
}

static enum op op_of(DWORD status, const void *info, DWORD length)
{
    static const enum op of_socket[] = {OP_SEND, OP_RECEIVE, OP_CLOSE, OP_SHUTDOWN};
    DWORD_PTR api;

    switch (status) {
    case WINHTTP_CALLBACK_STATUS_SENDREQUEST_COMPLETE:
    case WINHTTP_CALLBACK_STATUS_WRITE_COMPLETE:
        return OP_SEND;
    case WINHTTP_CALLBACK_STATUS_HEADERS_AVAILABLE:
    case WINHTTP_CALLBACK_STATUS_DATA_AVAILABLE:
    case WINHTTP_CALLBACK_STATUS_READ_COMPLETE:
        return OP_RECEIVE;
    case WINHTTP_CALLBACK_STATUS_SHUTDOWN_COMPLETE:
        return OP_SHUTDOWN;
    case WINHTTP_CALLBACK_STATUS_CLOSE_COMPLETE:
        return OP_CLOSE;
    case WINHTTP_CALLBACK_STATUS_REQUEST_ERROR:
        if (length == sizeof(WINHTTP_WEB_SOCKET_ASYNC_RESULT))
            return of_socket[((const WINHTTP_WEB_SOCKET_ASYNC_RESULT *)info)->Operation];
        api = ((const WINHTTP_ASYNC_RESULT *)info)->dwResult;
        return api == API_SEND_REQUEST || api == API_WRITE_DATA ? OP_SEND : OP_RECEIVE;
    default:
        return OP_COUNT;
    }
}

enum op tally_callback(struct tally *t, DWORD status, const void *info, DWORD length)
{
    enum op op = op_of(status, info, length);

    if (t->closings)
        InterlockedIncrement(&t->wrong);
    if (status == WINHTTP_CALLBACK_STATUS_HANDLE_CLOSING)
        InterlockedIncrement(&t->closings);
    if (op != OP_COUNT && InterlockedDecrement(&t->pending[op]) < 0)
        InterlockedIncrement(&t->wrong);
    return op;
}

/* Whether nothing came twice, and of operations that are still out none where all were to be told. */
static BOOL judge(const struct tally *t, BOOL all)
{
    LONG off = 0;
    int op;

    for (op = 0; op < OP_COUNT; op++)
        if (t->pending[op] < 0 || all)
            off |= t->pending[op];
    if (!off && !t->wrong && t->closings == 1)
        return TRUE;
    tap_diag("pending: send %ld, receive %ld, shutdown %ld, close %ld; wrong callbacks %ld, HANDLE_CLOSING %ld times",
             t->pending[OP_SEND], t->pending[OP_RECEIVE], t->pending[OP_SHUTDOWN], t->pending[OP_CLOSE], t->wrong,
             t->closings);
    return FALSE;
}

BOOL tally_even(const struct tally *t)
{
    return judge(t, TRUE);
}

BOOL tally_none_twice(const struct tally *t)
{
    return judge(t, FALSE);
}
