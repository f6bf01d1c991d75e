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
    return flags | HDR_LINES_NTH(modifiers & WINHTTP_ADDREQ_INDEX_MASK);
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

/*
 * Fields that are ours to set in what has been composed: they frame a message that is on its way, or name where it
 * goes, or the answer to a handshake is held against them. A change of them shows with the next SendRequest.
 */
static bool req_add_fixed(const struct request *r, struct span name)
{
    static const char *const framing[] = {"Connection", "Content-Length", "Transfer-Encoding", "Host"};

    if (req_head_owns(r, name))
        return true;
    for (size_t i = 0; !r->head_written && i < sizeof(framing) / sizeof(*framing); i++)
        if (span_equal_nocase(name, span_str(framing[i])))
            return true;
    return false;
}

/*
 * What was composed by the last SendRequest follows the application's block, so that queries show a header as soon as
 * it has been added (Q26); if the head has not been written yet, inside SENDING_REQUEST, it even goes out with it.
 */
static enum wh_err req_add_follow(struct request *r, const struct hdr *own, struct span text, struct hdr *sent)
{
    struct span name;
    enum wh_err err = hdr_copy(sent, &r->sent);

    while (err == WH_OK && hdr_lines_next(&text, &name))
        if (!req_add_fixed(r, name))
            err = hdr_follow(sent, own, name);
    return err;
}

/* Both blocks change, or none. Object lock held. */
static enum wh_err req_add_both(struct request *r, struct span text, unsigned flags)
{
    struct conn *c = r->user.conn;
    struct hdr own, sent;
    enum wh_err err;

    hdr_init(&own, REQ_HEAD_MAX, REQ_HEAD_LINES);
    hdr_init(&sent, REQ_HEAD_MAX, REQ_HEAD_LINES);
    if (c)
        conn_lock(c);
    err = hdr_copy(&own, &r->headers);
    if (err == WH_OK)
        err = hdr_lines_apply(&own, text, flags);
    if (err == WH_OK && hdr_count(&r->sent))
        err = req_add_follow(r, &own, text, &sent);
    if (err == WH_OK) {
        hdr_clear(&r->headers);
        hdr_move(&r->headers, &own);
    }
    if (err == WH_OK && hdr_count(&r->sent)) {
        hdr_clear(&r->sent);
        hdr_move(&r->sent, &sent);
    }
    if (c)
        conn_unlock(c);
    hdr_clear(&own);
    hdr_clear(&sent);
    return err == WH_E_FULL ? WH_E_NOMEM : err;
}

enum wh_err request_add_headers(struct request *r, const WCHAR *headers, DWORD len, DWORD modifiers)
{
    unsigned flags = req_add_flags(modifiers);
    size_t n = len, bytes_n;
    uint8_t *bytes;
    enum wh_err err;

    if (headers && len == WIDE_TERMINATED)
        n = wide_length(headers);
    if (!headers || n == 0)
        return WH_E_ARG;
    err = wide_to_bytes(headers, n, &bytes, &bytes_n);
    if (err)
        return err;
    lock_exclusive(&r->object.lock);
    err = req_add_both(r, span_make(bytes, bytes_n), flags);
    unlock_exclusive(&r->object.lock);
    mem_free(bytes);
    return err;
}
