/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * wire_tls.h: the servers of wire.h over TLS 1.3. Their certificate is signed by itself: a client has to ignore that.
 *
 * What they send goes in records of as many bytes as is said here, so that messages and records end in different
 * places. A script may have the session say something by itself, a ticket or a new key (RFC 8446
 * sections 4.6.1, 4.6.3): that stands in wire->out until wire_flush or the next wire_send.
 *
 * A program that uses it is linked with $(tls_server_libraries).
 */
#ifndef CONFORM_WIRE_TLS_H
#define CONFORM_WIRE_TLS_H

#include "wire.h"

#include <gnutls/gnutls.h>

/* A server as wire_serve makes it. Servers of one program share the size of their records; 0 is the largest. */
INTERNET_PORT wire_serve_tls(wire_script *script, unsigned at_once, size_t record);

gnutls_session_t wire_tls_session(const struct wire *wire);

#endif
