/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Headers: adding to the request's, asking for either side's. Here the information level is taken apart;
 * core/req_query.c finds the answer.
 *
 * Threads: any. Ownership: text is copied. Errors: guard.h's, ERROR_INVALID_PARAMETER (no size, no name for a custom
 * header, a level that does not exist: also one with a modifier that is not offered), and those of core/req_query.h and
 * proto/hdr_lines.h. Source: SEMANTICS section 5, R1-R15; API.md 1.1 rows 1 and 35, 4.2, 4.3.
 */
#include "api/guard.h"
#include "api/query_names.h"
#include "core/req_query.h"

static const struct {
    DWORD flag;
    enum req_form form;
} forms[] = {
    {WINHTTP_QUERY_FLAG_NUMBER, REQ_FORM_NUMBER},
    {WINHTTP_QUERY_FLAG_NUMBER64, REQ_FORM_NUMBER64},
    {WINHTTP_QUERY_FLAG_SYSTEMTIME, REQ_FORM_SYSTEMTIME},
};

#define MODIFIERS                                                                                                      \
    (WINHTTP_QUERY_FLAG_REQUEST_HEADERS | WINHTTP_QUERY_FLAG_NUMBER | WINHTTP_QUERY_FLAG_NUMBER64 |                    \
     WINHTTP_QUERY_FLAG_SYSTEMTIME)

static const enum req_item items[] = {
    [QUERY_HEADER] = REQ_ITEM_HEADER,
    [QUERY_CUSTOM] = REQ_ITEM_HEADER,
    [QUERY_VERSION] = REQ_ITEM_VERSION,
    [QUERY_STATUS_CODE] = REQ_ITEM_STATUS,
    [QUERY_STATUS_TEXT] = REQ_ITEM_REASON,
    [QUERY_RAW_HEADERS] = REQ_ITEM_RAW,
    [QUERY_RAW_HEADERS_CRLF] = REQ_ITEM_RAW_CRLF,
    [QUERY_REQUEST_METHOD] = REQ_ITEM_METHOD,
};

static DWORD api_headers_level(DWORD level, LPCWSTR name, struct req_query *q)
{
    enum query_kind kind = query_name_find(level & ~(DWORD)MODIFIERS, &q->header);

    if (kind == QUERY_OUT_OF_RANGE || (kind == QUERY_CUSTOM && !name))
        return ERROR_INVALID_PARAMETER;
    if (kind == QUERY_UNASSIGNED)
        return ERROR_WINHTTP_HEADER_NOT_FOUND;
    q->item = items[kind];
    q->custom = kind == QUERY_CUSTOM ? name : NULL;
    q->of_request = (level & WINHTTP_QUERY_FLAG_REQUEST_HEADERS) != 0;
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
        if (level & forms[i].flag) {
            q->form = forms[i].form;
            break;
        }
    return ERROR_SUCCESS;
}

BOOL WINAPI WinHttpQueryHeaders(HINTERNET request, DWORD level, LPCWSTR name, LPVOID buffer, LPDWORD length,
                                LPDWORD index)
{
    struct req_query q = {.form = REQ_FORM_TEXT};
    struct object *o;
    DWORD error = guard_enter(request, ON_REQUEST, &o);

    if (!error && !length)
        error = ERROR_INVALID_PARAMETER;
    if (!error)
        error = api_headers_level(level, name, &q);
    if (!error)
        error = request_query_headers(request_of(o), &q, buffer, length, index);
    return guard_leave(o, "WinHttpQueryHeaders", error);
}

BOOL WINAPI WinHttpAddRequestHeaders(HINTERNET request, LPCWSTR headers, DWORD length, DWORD modifiers)
{
    struct object *o;
    DWORD error = guard_enter(request, ON_REQUEST, &o);

    if (!error)
        error = err_code(request_add_headers(request_of(o), headers, length, modifiers));
    return guard_leave(o, "WinHttpAddRequestHeaders", error);
}
