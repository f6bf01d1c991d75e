/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Answers about headers, for WinHttpQueryHeaders: one *item* of the request or of the response in one *form*.
 *
 * The raw items are regenerated, not the bytes that went over the wire (R14). A header is looked up by name, and by
 * *index where it occurs more than once; success moves the index on, for headers alone (Q27, Q33). Sizes are bytes:
 * what is needed with the NUL when it does not fit, what was written without it when it does (GEN9).
 *
 * Threads: any. Ownership: nothing is kept. Errors, as Win32 codes because the forms are Windows':
 * ERROR_INSUFFICIENT_BUFFER and *size; ERROR_WINHTTP_INCORRECT_HANDLE_STATE (no response yet, R1);
 * ERROR_WINHTTP_HEADER_NOT_FOUND, also where the value has not the form that was asked for; ERROR_NOT_ENOUGH_MEMORY. On
 * any error buf and *index are untouched. Source: SEMANTICS Q26-Q37, R1-R15, R22, C13, GEN9.
 */
#ifndef CORE_REQ_QUERY_H
#define CORE_REQ_QUERY_H

#include "core/request.h"

enum req_item {
    REQ_ITEM_HEADER,
    REQ_ITEM_VERSION,
    REQ_ITEM_STATUS,
    REQ_ITEM_REASON,
    REQ_ITEM_METHOD,
    REQ_ITEM_RAW,
    REQ_ITEM_RAW_CRLF
};

enum req_form { REQ_FORM_TEXT, REQ_FORM_NUMBER, REQ_FORM_NUMBER64, REQ_FORM_SYSTEMTIME };

struct req_query {
    enum req_item item;
    enum req_form form;
    bool of_request;     /* the request's headers, else the response's */
    const char *header;  /* HEADER: its name, ... */
    const WCHAR *custom; /* ... or the application's name for it, when header is NULL */
};

DWORD request_query_headers(struct request *r, const struct req_query *q, void *buf, DWORD *size, DWORD *index);

#endif
