/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The connection handle: a host and a port, nothing on the wire (SEMANTICS C4-C7). Everything is constant; queries of
 * timeouts mirror the session (TO7). */
#ifndef CORE_CONNECT_H
#define CORE_CONNECT_H

#include "core/session.h"

struct connect {
    struct object object;
    WCHAR *host;        /* as given; IPv6 literals without brackets */
    INTERNET_PORT port; /* 0 = the default of the request's scheme (C6) */
};

/* WH_E_ARG: no host. WH_E_URL: an empty one, or one with characters that a host name cannot have: none of them may
 * reach the Host header. */
enum wh_err connect_create(struct session *s, const WCHAR *host, INTERNET_PORT port, struct connect **out);

#endif
