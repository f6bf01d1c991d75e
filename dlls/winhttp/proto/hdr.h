/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A header block: ordered fields (name, value) in one arena. Bytes, not wide characters; no meaning, only storage.
 *
 * A *field* is one name and one value. Order is order of addition; names repeat; lookup folds ASCII case. The *raw
 * size* is what hdr_render_raw writes: each field as "Name: value" CRLF. Whatever is in the block can be put on the
 * wire as it is: a name is a token (RFC 9110 section 5.6.2) and a value holds no CR, LF or NUL (section 5.5). hdr_add
 * and its friends refuse anything else, so no other file needs to.
 *
 * Threads: the owner's lock. Ownership: the block owns the arena; spans handed out live until the next change of the
 * block. Spans given to hdr_add, hdr_replace_at and hdr_append_value must not lie in the block itself. Limits, given at
 * init: raw size in bytes, number of fields. Errors: WH_E_ARG (not allowed in a header), WH_E_FULL (a limit),
 * WH_E_NOMEM. After any error the block is as it was, but for hdr_follow.
 */
#ifndef PROTO_HDR_H
#define PROTO_HDR_H

#include "base/err.h"
#include "base/span.h"

struct hdr_field; /* hdr.c */

struct hdr {
    uint8_t *arena; /* names and values, in no particular order, with holes */
    size_t used;    /* arena bytes handed out, holes included */
    size_t cap;
    struct hdr_field *fields;
    size_t count, fields_cap;
    size_t raw; /* raw size of all fields */
    size_t max_raw, max_count;
};

void hdr_init(struct hdr *h, size_t max_raw, size_t max_count);
void hdr_clear(struct hdr *h); /* gives all memory back; empty and usable, with the same limits */
/* Replaces the fields (not the limits) of dst by those of src. */
enum wh_err hdr_copy(struct hdr *dst, const struct hdr *src);
/* Hands everything, limits included, from src to dst, which must hold no memory; src is left empty with the same
 * limits. */
void hdr_move(struct hdr *dst, struct hdr *src);

size_t hdr_count(const struct hdr *h);
/* i < hdr_count; name and value may each be NULL. */
void hdr_at(const struct hdr *h, size_t i, struct span *name, struct span *value);
/* Index of the nth (from 0) field of that name; false, *index untouched, when there are not so many. */
bool hdr_find(const struct hdr *h, struct span name, size_t nth, size_t *index);
/* The value of the first field of that name (a C string); false, *value untouched, when there is none. */
bool hdr_get(const struct hdr *h, const char *name, struct span *value);
bool hdr_has(const struct hdr *h, const char *name);

enum wh_err hdr_add(struct hdr *h, struct span name, struct span value);                   /* at the end */
enum wh_err hdr_add_str(struct hdr *h, const char *name, const char *value);               /* the same for C strings */
enum wh_err hdr_replace_at(struct hdr *h, size_t i, struct span value);                    /* keeps place and name */
enum wh_err hdr_append_value(struct hdr *h, size_t i, const char *sep, struct span value); /* old value, sep, value */
void hdr_remove_at(struct hdr *h, size_t i);                                               /* later fields move up */
void hdr_remove_all(struct hdr *h, const char *name);
/* The fields of that name become those of src: values where they stand, what is too much goes, what is missing is added
 * at the end. After an error some may be as in src already. */
enum wh_err hdr_follow(struct hdr *h, const struct hdr *src, struct span name);

size_t hdr_raw_size(const struct hdr *h);
void hdr_render_raw(const struct hdr *h, uint8_t *dst); /* exactly hdr_raw_size bytes, no empty line at the end */

#endif
