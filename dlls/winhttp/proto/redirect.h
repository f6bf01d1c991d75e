/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a 3xx answer means: whether it is followed, as what request, and to where (RFC 9110 section 15.4, RFC 3986
 * section 5, SEMANTICS RD1-RD12, D8).
 *
 * Threads: any. Ownership: the caller's memory only. Limits: cap.
 * Errors: WH_E_URL, WH_E_SCHEME (not http or https), WH_E_FULL; outputs are then untouched.
 */
#ifndef PROTO_REDIRECT_H
#define PROTO_REDIRECT_H

#include "base/text.h"

/* The numbers of option 88. */
#define REDIRECT_NEVER        0u
#define REDIRECT_NO_DOWNGRADE 1u /* not from https to http */
#define REDIRECT_ALWAYS       2u

/* Units of a URL that a redirect may lead to; servers refuse longer ones. */
#define REDIRECT_URL_MAX   8192u
#define REDIRECT_MERGE_MAX (2 * REDIRECT_URL_MAX)

struct redirect_plan {
    bool get;       /* the new method is GET; else it stays */
    bool drop_body; /* nothing is sent with it, and the fields that describe a body go */
};

/* Whether status is a redirect that this method follows by itself, and how. */
bool redirect_plan(unsigned status, struct span method, struct redirect_plan *out);

/* Whether policy allows the step. */
bool redirect_allowed(unsigned policy, bool from_secure, bool to_secure);

/* Location, relative to the absolute URL base, as an absolute URL without fragment and dot segments. dst holds cap
 * units; no terminator. */
enum wh_err redirect_resolve(struct wspan base, struct wspan location, uint16_t *dst, size_t cap, size_t *len);

#endif
