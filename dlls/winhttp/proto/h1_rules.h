/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a response head says about its body and its connection (RFC 9112 sections 6.3 and 9.3, SEMANTICS CN2-CN9,
 * B4-B10).
 *
 * framing: NONE (HEAD, 1xx, 204, 304, 2xx to CONNECT), LENGTH, CHUNKED, or CLOSE (until the peer ends).
 * Transfer-Encoding wins over Content-Length; then, and when Transfer-Encoding comes with HTTP/1.0, the connection is
 * not used again (section 6.1). Transfer-Encoding whose last coding is not chunked: CLOSE. chunked named twice, a
 * Content-Length that is no number, or several that differ: WH_E_RESPONSE.
 *
 * Threads: any. Ownership: nothing. Limits: lengths up to 2^63 - 1. Errors: WH_E_RESPONSE.
 */
#ifndef PROTO_H1_RULES_H
#define PROTO_H1_RULES_H

#include "proto/hdr.h"

enum h1_framing { H1_NONE, H1_LENGTH, H1_CHUNKED, H1_CLOSE };

/* What must be known of the request. */
struct h1_request {
    bool head;    /* method HEAD */
    bool connect; /* method CONNECT */
    bool close;   /* it said Connection: close, or was HTTP/1.0 without keep-alive (CN7) */
};

struct h1_plan {
    enum h1_framing framing;
    uint64_t length; /* LENGTH only, else 0 */
    bool keep_alive; /* the connection may carry another request once the body has been read to its end */
};

enum wh_err h1_rules_plan(const struct h1_request *rq, unsigned status, unsigned minor, const struct hdr *fields,
                          struct h1_plan *out);

#endif
