/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An exchange on one HTTP/1 connection (RFC 9112). The request head and body are written by core through
 * proto/h1_write.h; this object reads the answer. After a 101 to an upgrade request the bytes behind the head are left
 * in the buffer for whoever takes over.
 */
#ifndef STACK_X_H1_H
#define STACK_X_H1_H

#include "stack/exchange.h"

struct x_h1_config {
    bool no_body;       /* HEAD */
    bool upgrade;       /* 101 is a final answer: it has no body and the exchange is done behind it */
    bool request_close; /* the request said Connection: close, or HTTP/1.0 without keep-alive: never reusable (SEMANTICS
                           CN7) */
    size_t max_head;    /* option 91, bytes of one response head: WH_E_HEADER_SIZE beyond */
    unsigned max_count; /* lines of one head: WH_E_HEADER_COUNT beyond */
};

enum wh_err x_h1_create(const struct x_h1_config *cfg, struct exchange **out);

#endif
