/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lists, parameters, quoted strings and integers; the contract is in hdr_value.h.
 */
#include "proto/hdr_value.h"

#include "base/text.h"

/* Offset of the first stop outside a quoted string, or s.n. An unclosed string reaches to the end. */
static size_t find_outside_quotes(struct span s, uint8_t stop)
{
    bool quoted = false;
    size_t i;

    for (i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];

        if (c == '"')
            quoted = !quoted;
        else if (quoted && c == '\\' && i + 1 < s.n)
            i++;
        else if (!quoted && c == stop)
            break;
    }
    return i;
}

/* Cuts what stands before the first stop off *rest, together with the stop; true when there was one. */
static bool cut(struct span *rest, uint8_t stop, struct span *piece)
{
    size_t n = find_outside_quotes(*rest, stop);
    bool found = n < rest->n;

    *piece = span_trim(span_head(*rest, n));
    *rest = span_skip(*rest, found ? n + 1 : n);
    return found;
}

void hdr_list_init(struct hdr_list *it, struct span value)
{
    it->rest = value;
}

bool hdr_list_next(struct hdr_list *it, struct span *element)
{
    while (it->rest.n) {
        struct span e;

        cut(&it->rest, ',', &e);
        if (e.n) {
            *element = e;
            return true;
        }
    }
    return false;
}

void hdr_params_init(struct hdr_params *it, struct span element, struct span *head)
{
    struct span before;

    it->rest = element;
    cut(&it->rest, ';', &before);
    if (head)
        *head = before;
}

bool hdr_params_next(struct hdr_params *it, struct span *name, struct span *value)
{
    while (it->rest.n) {
        struct span p, n;

        cut(&it->rest, ';', &p);
        if (!p.n)
            continue;
        *value = cut(&p, '=', &n) ? span_trim(p) : span_make(NULL, 0);
        *name = n;
        return true;
    }
    return false;
}

enum wh_err hdr_value_unquote(struct span value, uint8_t *dst, size_t cap, size_t *len)
{
    size_t n = 0, end = value.n, i = 0;
    bool quoted = value.n >= 2 && value.p[0] == '"' && value.p[value.n - 1] == '"';

    if (quoted) {
        i++;
        end--;
    }
    for (; i < end; i++) {
        if (quoted && value.p[i] == '\\' && i + 1 < end)
            i++;
        if (n == cap)
            return WH_E_FULL;
        dst[n++] = value.p[i];
    }
    *len = n;
    return WH_OK;
}

bool hdr_value_has_token(struct span value, const char *token)
{
    struct span want = span_str(token), e, head;
    struct hdr_params params;
    struct hdr_list it;

    hdr_list_init(&it, value);
    while (hdr_list_next(&it, &e)) {
        hdr_params_init(&params, e, &head);
        if (span_equal_nocase(head, want))
            return true;
    }
    return false;
}

/* The value of the next field of that name from index *i on, which moves behind it. One pass over the block, however
 * often a name repeats. */
static bool next_value(const struct hdr *h, struct span name, size_t *i, struct span *value)
{
    struct span n;

    while (*i < hdr_count(h)) {
        hdr_at(h, (*i)++, &n, value);
        if (span_equal_nocase(n, name))
            return true;
    }
    return false;
}

bool hdr_has_token(const struct hdr *h, const char *name, const char *token)
{
    struct span value;
    size_t i = 0;

    while (next_value(h, span_str(name), &i, &value))
        if (hdr_value_has_token(value, token))
            return true;
    return false;
}

enum wh_err hdr_value_uint(struct span value, uint64_t max, uint64_t *out)
{
    uint64_t v = 0;

    if (!value.n)
        return WH_E_RESPONSE;
    for (size_t i = 0; i < value.n; i++) {
        unsigned d = value.p[i] - (unsigned)'0';

        if (d > 9 || v > (max - d) / 10 || d > max)
            return WH_E_RESPONSE;
        v = v * 10 + d;
    }
    *out = v;
    return WH_OK;
}

enum wh_err hdr_content_length(const struct hdr *h, bool *present, uint64_t *out)
{
    struct span name = span_str("Content-Length"), value, e;
    uint64_t first = 0, v;
    bool field = false, any = false;
    struct hdr_list it;
    size_t i = 0;

    while (next_value(h, name, &i, &value)) {
        field = true;
        hdr_list_init(&it, value);
        while (hdr_list_next(&it, &e)) {
            if (hdr_value_uint(e, INT64_MAX, &v) != WH_OK || (any && v != first))
                return WH_E_RESPONSE;
            first = v;
            any = true;
        }
    }
    /* A field is there but names no number at all. */
    if (field && !any)
        return WH_E_RESPONSE;
    *present = any;
    if (any)
        *out = first;
    return WH_OK;
}
