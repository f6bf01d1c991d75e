/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The object name of a request (UTF-16) as request target (bytes): what is percent-encoded under which flag, SEMANTICS
 * P1-P13.
 *
 * The name is split at its first "?": the *path* before it, the *query* behind it. Modes, per half:
 *   escaped  control characters, blank, DEL and "#<>[\]^`{|} are written %XX; "%" too with URL_ESCAPE_PERCENT (P1-P6)
 *   raw      only the blank is (P7); CR and LF are dropped wherever they stand, so that no header can be smuggled (P8)
 * Non-ASCII characters are UTF-8, each byte escaped, in both (P10, P11); with URL_ESCAPE_QUERY_BYTES the query's are
 * bytes already. A NUL is escaped in both. A name without a
 * leading slash gets one (C9, C11).
 *
 * Threads: any. Ownership: the caller's memory only. Limits: cap.
 * Errors: WH_E_FULL (does not fit; nothing touched), WH_E_ARG (the length cannot be expressed).
 */
#ifndef PROTO_URL_ESCAPE_H
#define PROTO_URL_ESCAPE_H

#include "base/text.h"

#define URL_ESCAPE_PERCENT       1u /* P6 */
#define URL_ESCAPE_DISABLE       2u /* P7: path and query raw */
#define URL_ESCAPE_DISABLE_QUERY 4u /* P9: query raw */
#define URL_ESCAPE_QUERY_BYTES   8u /* units of the query are bytes of some code page, below 0x100 (option 68) */

/* dst NULL: only *len. */
enum wh_err url_escape_target(struct wspan name, unsigned flags, uint8_t *dst, size_t cap, size_t *len);

#endif
