/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The request side of HTTP/1 as bytes (RFC 9112 sections 3 and 7.1): mechanics only; which fields are sent, and in
 * which order, is core's.
 *
 * Threads: the owner's lock. Ownership: nothing is kept. Limits: the buffer's.
 * Errors: WH_E_ARG (the method is no token; the target is empty or holds a blank, CR, LF or NUL), WH_E_FULL,
 * WH_E_NOMEM. On error nothing was appended.
 */
#ifndef PROTO_H1_WRITE_H
#define PROTO_H1_WRITE_H

#include "base/buf.h"
#include "proto/hdr.h"

/* "METHOD target HTTP/1.minor" CRLF, the fields, and the empty line; minor is 0 or 1. */
enum wh_err h1_write_head(struct buf *out, struct span method, struct span target, unsigned minor, const struct hdr *h);

/* Bytes h1_write_chunk adds around a payload at most. */
#define H1_CHUNK_OVERHEAD 20u

/* One chunk; an empty payload writes nothing (it would end the body). */
enum wh_err h1_write_chunk(struct buf *out, struct span payload);
/* The last chunk and the end of an empty trailer section. */
enum wh_err h1_write_last_chunk(struct buf *out);

#endif
