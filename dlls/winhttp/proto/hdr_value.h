/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is inside a field value: lists, tokens, parameters, quoted strings, integers (RFC 9110 section 5.6).
 *
 * Iterators are small structs that walk a span; each next call yields a span inside it and answers false at the end.
 * Malformed input never fails an iterator: it yields what a lenient reader sees, and callers compare against what they
 * expect.
 *
 * Threads: any. Ownership: spans into the caller's value. Limits: the value's own length.
 * Errors: WH_E_RESPONSE (not what it should be), WH_E_FULL (unquoted text does not fit).
 */
#ifndef PROTO_HDR_VALUE_H
#define PROTO_HDR_VALUE_H

#include "proto/hdr.h"

/* Elements of a comma-separated list: trimmed, empty ones skipped, commas inside quoted strings respected. */
struct hdr_list {
    struct span rest;
};

void hdr_list_init(struct hdr_list *it, struct span value);
bool hdr_list_next(struct hdr_list *it, struct span *element);

/* Parameters behind the first ";" of an element: "text/html; charset=utf-8; q". value is as written (quotes included)
 * and empty, with p NULL, when there is no "=". head, may be NULL, receives what stands before the first ";". */
struct hdr_params {
    struct span rest;
};

void hdr_params_init(struct hdr_params *it, struct span element, struct span *head);
bool hdr_params_next(struct hdr_params *it, struct span *name, struct span *value);

/* A token as it is, a quoted string without quotes and with its escapes resolved, copied to dst. */
enum wh_err hdr_value_unquote(struct span value, uint8_t *dst, size_t cap, size_t *len);

/* The list value contains token (ASCII case folded, parameters of the element ignored). */
bool hdr_value_has_token(struct span value, const char *token);
/* The same over every field of that name. */
bool hdr_has_token(const struct hdr *h, const char *name, const char *token);

/* Decimal digits only, at least one, not above max. */
enum wh_err hdr_value_uint(struct span value, uint64_t max, uint64_t *out);

/*
 * Content-Length over all fields of the block (RFC 9110 section 8.6): lists and repeated fields are accepted if every
 * element is the same number. *present false, *out untouched, when there is no such field.
 */
enum wh_err hdr_content_length(const struct hdr *h, bool *present, uint64_t *out);

#endif
