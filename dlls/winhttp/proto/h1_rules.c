/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Framing and persistence; the contract is in h1_rules.h.
 */
#include "proto/h1_rules.h"

#include "proto/hdr_value.h"

/* What the Transfer-Encoding fields say together. */
struct codings {
    bool present;      /* some coding other than identity */
    bool chunked_last; /* the last of them is chunked */
};

/* RFC 9112 section 6.1. identity is a coding of RFC 2616 that means none. */
static enum wh_err read_codings(const struct hdr *fields, struct codings *out)
{
    struct span field = span_str("Transfer-Encoding"), chunked = span_str("chunked"), identity = span_str("identity");
    struct codings c = {false, false};

    for (size_t i = 0; i < hdr_count(fields); i++) {
        struct span name, value, e, coding;
        struct hdr_params params;
        struct hdr_list it;

        hdr_at(fields, i, &name, &value);
        if (!span_equal_nocase(name, field))
            continue;
        hdr_list_init(&it, value);
        while (hdr_list_next(&it, &e)) {
            hdr_params_init(&params, e, &coding);
            if (span_equal_nocase(coding, identity))
                continue;
            /* Nothing may follow chunked, least of all chunked. */
            if (c.chunked_last)
                return WH_E_RESPONSE;
            c.present = true;
            c.chunked_last = span_equal_nocase(coding, chunked);
        }
    }
    *out = c;
    return WH_OK;
}

static bool body_forbidden(const struct h1_request *rq, unsigned status)
{
    return rq->head || status < 200 || status == 204 || status == 304 || (rq->connect && status < 300);
}

/* RFC 9112 section 9.3: close wins over everything; HTTP/1.0 must ask to stay. */
static bool stays_open(const struct h1_request *rq, unsigned minor, const struct hdr *fields)
{
    if (rq->close || hdr_has_token(fields, "Connection", "close"))
        return false;
    return minor >= 1 || hdr_has_token(fields, "Connection", "keep-alive");
}

enum wh_err h1_rules_plan(const struct h1_request *rq, unsigned status, unsigned minor, const struct hdr *fields,
                          struct h1_plan *out)
{
    struct h1_plan plan = {H1_NONE, 0, stays_open(rq, minor, fields)};
    struct codings codings;
    bool has_length;
    enum wh_err err;

    if (body_forbidden(rq, status)) {
        /* A tunnel, or another protocol, begins here. */
        if (status == 101 || (rq->connect && status >= 200 && status < 300))
            plan.keep_alive = false;
        *out = plan;
        return WH_OK;
    }

    err = read_codings(fields, &codings);
    if (err != WH_OK)
        return err;
    if (codings.present) {
        plan.framing = codings.chunked_last ? H1_CHUNKED : H1_CLOSE;
        if (!codings.chunked_last || minor == 0 || hdr_has(fields, "Content-Length"))
            plan.keep_alive = false;
        *out = plan;
        return WH_OK;
    }

    err = hdr_content_length(fields, &has_length, &plan.length);
    if (err != WH_OK)
        return err;
    plan.framing = has_length ? H1_LENGTH : H1_CLOSE;
    if (!has_length)
        plan.keep_alive = false;
    *out = plan;
    return WH_OK;
}
