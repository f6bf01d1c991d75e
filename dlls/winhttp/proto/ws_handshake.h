/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether a 101 answer opens the WebSocket that was asked for (RFC 6455 section 4.1, SEMANTICS D6).
 *
 * Checked, all of it before the first frame is looked at:
 *   the status line           HTTP/1.1 or later: nobody may switch protocols in an answer of HTTP/1.0 (RFC 9110
 *                             sections 7.8 and 15.2)
 *   Upgrade                   present, and every element is "websocket" (case folded)
 *   Connection                has the token "Upgrade" (case folded)
 *   Sec-WebSocket-Accept      exactly one field, exactly the value that answers our key
 *   Sec-WebSocket-Protocol    none, or exactly one field with exactly one protocol, letter for letter one that was
 *                             offered
 *   Sec-WebSocket-Extensions  every extension was offered by name. None is offered by us; a caller may offer one in a
 *                             header of its own, and then answers for it, since the link refuses reserved bits all the
 *                             same
 *
 * Threads: no state. Ownership: spans into the blocks. Limits: those of the blocks. Errors: WH_E_RESPONSE.
 */
#ifndef PROTO_WS_HANDSHAKE_H
#define PROTO_WS_HANDSHAKE_H

#include "proto/hdr.h"

/* request: the header block that was sent, Sec-WebSocket-Key included. The status is the caller's to check; minor is
 * that of the status line's version. */
enum wh_err ws_handshake_verify(const struct hdr *request, unsigned minor, const struct hdr *response);

#endif
