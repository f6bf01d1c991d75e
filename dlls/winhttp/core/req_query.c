/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See req_query.h. First the item is found, as bytes of its own; then, with no lock held, these are given the form
 * asked for. */
#include "core/req_query.h"
#include <stdio.h>
#include <string.h>
#include "base/mem.h"
#include "core/err.h"
#include "core/wide.h"
#include "proto/date.h"
#include "proto/hdr_value.h"

/* The first line of a head, and what stands below it. */
struct head_view {
    char line[64];     /* of a response: without its reason */
    struct span first; /* the whole first line, or its beginning */
    struct span tail;  /* the rest of it */
    const struct hdr *fields;
};

/* The answer before it has its form; bytes is owned. */
struct found {
    uint8_t *bytes;
    size_t len;
};

static enum wh_err found_set(struct found *f, struct span s)
{
    uint8_t *copy = mem_dup(s.p, s.n);

    if (!copy)
        return WH_E_NOMEM;
    *f = (struct found){copy, s.n};
    return WH_OK;
}

/* ---- raw heads ---- */

static uint8_t *put(uint8_t *p, struct span s)
{
    if (s.n)
        memcpy(p, s.p, s.n);
    return p + s.n;
}

/* All lines, each with eol behind it, and for CRLF the empty line; the NUL-separated form gets its last NUL as every
 * text does (Q34). */
static enum wh_err raw_build(const struct head_view *v, bool crlf, struct found *f)
{
    struct span eol = crlf ? span_make("\r\n", 2) : span_make("", 1), name, value;
    size_t count = hdr_count(v->fields), need = v->first.n + v->tail.n + eol.n;
    uint8_t *bytes, *p;

    for (size_t i = 0; i < count; i++) {
        hdr_at(v->fields, i, &name, &value);
        need += name.n + 2 + value.n + eol.n;
    }
    need += crlf ? eol.n : 0;
    bytes = mem_alloc(need);
    if (!bytes)
        return WH_E_NOMEM;
    p = put(put(put(bytes, v->first), v->tail), eol);
    for (size_t i = 0; i < count; i++) {
        hdr_at(v->fields, i, &name, &value);
        p = put(put(put(put(p, name), span_make(": ", 2)), value), eol);
    }
    if (crlf)
        put(p, eol);
    *f = (struct found){bytes, need};
    return WH_OK;
}

static enum wh_err header_find(const struct hdr *h, struct span name, DWORD nth, struct found *f)
{
    struct span value;
    size_t i;

    if (!hdr_find(h, name, nth, &i))
        return WH_E_NOT_FOUND;
    hdr_at(h, i, NULL, &value);
    return found_set(f, value);
}

/* ---- the two sides ---- */

/* Before it is sent, a request has the application's headers; afterwards also ours, as they were composed (Q36, Q37).
 */
static const struct hdr *request_fields(const struct request *r)
{
    return hdr_count(&r->sent) ? &r->sent : &r->headers;
}

static enum wh_err request_raw(const struct request *r, bool crlf, struct found *f)
{
    struct head_view v = {.fields = request_fields(r)};
    size_t verb = strlen(r->verb), target = strlen(r->target);
    char *line = mem_alloc(verb + 1 + target);
    enum wh_err err;
    int n;

    if (!line)
        return WH_E_NOMEM;
    memcpy(line, r->verb, verb);
    line[verb] = ' ';
    memcpy(line + verb + 1, r->target, target);
    v.first = span_make(line, verb + 1 + target);
    n = snprintf(v.line, sizeof(v.line), " HTTP/1.%u", r->minor);
    v.tail = span_make(v.line, (size_t)n);
    err = raw_build(&v, crlf, f);
    mem_free(line);
    return err;
}

/* Object lock held. */
static enum wh_err find_in_request(const struct request *r, const struct req_query *q, struct span name, DWORD nth,
                                   struct found *f)
{
    char text[16];

    switch (q->item) {
    case REQ_ITEM_HEADER:
        return header_find(request_fields(r), name, nth, f);
    case REQ_ITEM_VERSION:
        return found_set(f, span_make(text, (size_t)snprintf(text, sizeof(text), "HTTP/1.%u", r->minor)));
    case REQ_ITEM_RAW:
    case REQ_ITEM_RAW_CRLF:
        return request_raw(r, q->item == REQ_ITEM_RAW_CRLF, f);
    default:
        return WH_E_NOT_FOUND;
    }
}

/* Connection lock held. */
static enum wh_err find_in_response(const struct request *r, const struct req_query *q, struct span name, DWORD nth,
                                    struct found *f)
{
    const struct http_head *head = r->head;
    struct head_view v;
    int n;

    if (!head)
        return WH_E_STATE;
    switch (q->item) {
    case REQ_ITEM_HEADER:
        return header_find(&head->fields, name, nth, f);
    case REQ_ITEM_VERSION:
        n = snprintf(v.line, sizeof(v.line), "HTTP/1.%u", head->minor);
        return found_set(f, span_make(v.line, (size_t)n));
    case REQ_ITEM_STATUS:
        n = snprintf(v.line, sizeof(v.line), "%u", head->status);
        return found_set(f, span_make(v.line, (size_t)n));
    case REQ_ITEM_REASON:
        return found_set(f, head->reason);
    case REQ_ITEM_RAW:
    case REQ_ITEM_RAW_CRLF:
        n = snprintf(v.line, sizeof(v.line), "HTTP/1.%u %u ", head->minor, head->status);
        v.first = span_make(v.line, (size_t)n);
        v.tail = head->reason;
        v.fields = &head->fields;
        return raw_build(&v, q->item == REQ_ITEM_RAW_CRLF, f);
    default:
        return WH_E_NOT_FOUND;
    }
}

static enum wh_err find(struct request *r, const struct req_query *q, DWORD nth, struct found *f)
{
    struct span name = q->header ? span_str(q->header) : span_make(NULL, 0);
    uint8_t *custom = NULL;
    struct conn *c;
    enum wh_err err;

    if (q->item == REQ_ITEM_METHOD) {
        lock_shared(&r->object.lock); /* a redirect changes it */
        err = found_set(f, span_str(r->verb));
        unlock_shared(&r->object.lock);
        return err;
    }
    if (q->custom) {
        err = wide_to_bytes(q->custom, wide_length(q->custom), &custom, &name.n);
        if (err)
            return err;
        name.p = custom;
    }
    if (q->of_request) {
        lock_shared(&r->object.lock);
        err = find_in_request(r, q, name, nth, f);
        unlock_shared(&r->object.lock);
    } else {
        c = user_lock(&r->user);
        err = find_in_response(r, q, name, nth, f);
        user_unlock(&r->user, c);
    }
    mem_free(custom);
    return err;
}

/* ---- forms ---- */

static DWORD answer(const void *value, size_t n, size_t need, void *buf, DWORD *size)
{
    if (!buf || *size < need) {
        *size = (DWORD)need;
        return ERROR_INSUFFICIENT_BUFFER;
    }
    memcpy(buf, value, need);
    *size = (DWORD)n;
    return ERROR_SUCCESS;
}

static DWORD answer_text(struct span s, void *buf, DWORD *size)
{
    WCHAR *wide;
    size_t n;
    DWORD code;
    enum wh_err err = wide_from_bytes(s, &wide, &n);

    if (err)
        return err_code(err);
    code = answer(wide, n * sizeof(WCHAR), (n + 1) * sizeof(WCHAR), buf, size);
    mem_free(wide);
    return code;
}

static DWORD answer_number(struct span s, bool wide, void *buf, DWORD *size)
{
    ULONGLONG value64;
    DWORD value;
    uint64_t n;

    if (hdr_value_uint(span_trim(s), wide ? UINT64_MAX : UINT32_MAX, &n) != WH_OK)
        return ERROR_WINHTTP_HEADER_NOT_FOUND;
    value64 = n;
    value = (DWORD)n;
    return wide ? answer(&value64, sizeof(value64), sizeof(value64), buf, size)
                : answer(&value, sizeof(value), sizeof(value), buf, size);
}

static DWORD answer_time(struct span s, void *buf, DWORD *size)
{
    SYSTEMTIME time = {0};
    struct date d;

    if (date_parse(s, &d) != WH_OK)
        return ERROR_WINHTTP_HEADER_NOT_FOUND;
    time.wYear = d.year;
    time.wMonth = d.month;
    time.wDay = d.day;
    time.wDayOfWeek = d.weekday;
    time.wHour = d.hour;
    time.wMinute = d.minute;
    time.wSecond = d.second;
    return answer(&time, sizeof(time), sizeof(time), buf, size);
}

static DWORD answer_form(enum req_form form, struct span s, void *buf, DWORD *size)
{
    switch (form) {
    case REQ_FORM_NUMBER:
        return answer_number(s, false, buf, size);
    case REQ_FORM_NUMBER64:
        return answer_number(s, true, buf, size);
    case REQ_FORM_SYSTEMTIME:
        return answer_time(s, buf, size);
    default:
        return answer_text(s, buf, size);
    }
}

DWORD request_query_headers(struct request *r, const struct req_query *q, void *buf, DWORD *size, DWORD *index)
{
    struct found f;
    DWORD code;
    enum wh_err err = find(r, q, index ? *index : 0, &f);

    if (err)
        return err_code(err);
    code = answer_form(q->form, span_make(f.bytes, f.len), buf, size);
    mem_free(f.bytes);
    if (code == ERROR_SUCCESS && index && q->item == REQ_ITEM_HEADER)
        ++*index;
    return code;
}
