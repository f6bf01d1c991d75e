/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The application's header text, UTF-16, into the request's header block: WinHttpAddRequestHeaders, and the text of
 * WinHttpSendRequest (Q1-Q25, S1-S4). */
#include "core/request.h"
#include "base/mem.h"
#include "core/wide.h"
#include "proto/hdr_lines.h"

static const struct {
    DWORD modifier;
    unsigned flag;
} modifiers_known[] = {
    {WINHTTP_ADDREQ_FLAG_ADD, HDR_LINES_ADD},
    {WINHTTP_ADDREQ_FLAG_ADD_IF_NEW, HDR_LINES_ADD_IF_NEW},
    {WINHTTP_ADDREQ_FLAG_REPLACE, HDR_LINES_REPLACE},
    {WINHTTP_ADDREQ_FLAG_COALESCE_WITH_COMMA, HDR_LINES_COALESCE_COMMA},
    {WINHTTP_ADDREQ_FLAG_COALESCE_WITH_SEMICOLON, HDR_LINES_COALESCE_SEMICOLON},
};

static unsigned req_add_flags(DWORD modifiers)
{
    unsigned flags = 0;

    for (size_t i = 0; i < sizeof(modifiers_known) / sizeof(modifiers_known[0]); i++)
        if (modifiers & modifiers_known[i].modifier)
            flags |= modifiers_known[i].flag;
    return flags;
}

/* A head beyond its limit is no memory: nobody asked for a buffer that could be larger. */
enum wh_err req_add_lines(struct request *r, const WCHAR *text, size_t n, unsigned flags)
{
    uint8_t *bytes;
    size_t len;
    enum wh_err err = wide_to_bytes(text, n, &bytes, &len);

    if (err)
        return err;
    err = hdr_lines_apply(&r->headers, span_make(bytes, len), flags);
    mem_free(bytes);
    return err == WH_E_FULL ? WH_E_NOMEM : err;
}

enum wh_err request_add_headers(struct request *r, const WCHAR *headers, DWORD len, DWORD modifiers)
{
    size_t n = len;
    enum wh_err err;

    if (headers && len == WIDE_TERMINATED)
        n = wide_length(headers);
    if (!headers || n == 0)
        return WH_E_ARG;
    AcquireSRWLockExclusive(&r->object.lock);
    err = req_add_lines(r, headers, n, req_add_flags(modifiers));
    ReleaseSRWLockExclusive(&r->object.lock);
    return err;
}
