/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lines and field lines of HTTP/1 (RFC 9112 sections 2.2 and 5), read incrementally: what a response head and a trailer
 * section share.
 *
 * h1_lines gives one line at a time. A line that lies whole in one chunk of the buffer is read in place; the bytes of a
 * line whose end has not arrived are eaten into a block of its own, so no byte is looked at twice. A line ends with LF;
 * one CR before it is not part of it. h1_fields turns lines into fields until an empty line:
 *   - blanks between name and colon, and around the value, are dropped (SEMANTICS R14)
 *   - a line that begins with a blank continues the value before it, joined by one blank (obs-fold, section 5.2); with
 * no field before it, it is skipped (section 2.2)
 *   - a line without a colon or whose name is not a token is skipped, with its continuations (R15)
 *   - NUL, bare CR and other control characters except tab are refused with WH_E_RESPONSE
 *
 * Threads: the owner's lock. Ownership: the line block and the header block are owned here.
 * Limits: bytes of the section, line ends included (WH_E_HEADER_SIZE); lines of it (WH_E_HEADER_COUNT); 128 MB whatever
 * is asked. Memory follows the bytes seen. Errors: those, WH_E_NOMEM, WH_AGAIN. The first error is sticky.
 */
#ifndef PROTO_H1_FIELDS_H
#define PROTO_H1_FIELDS_H

#include "base/buf.h"
#include "proto/hdr.h"

struct h1_lines {
    uint8_t *part; /* beginning of a line whose end has not arrived */
    size_t part_n, part_cap;
    size_t in_place;         /* bytes of buf the last line still occupies */
    size_t bytes, max_bytes; /* eaten or about to be, and their limit */
};

void h1_lines_init(struct h1_lines *l, size_t max_bytes);
void h1_lines_clear(struct h1_lines *l);
/* WH_OK: *line, without its end, valid until the next call (or change of in); WH_AGAIN: all of in was eaten. */
enum wh_err h1_lines_next(struct h1_lines *l, struct buf *in, struct span *line);
/* Eats what the last line stands on. Whoever wants no further line calls it, once it is done with the last. */
void h1_lines_settle(struct h1_lines *l, struct buf *in);

/* No control characters but tab: what a field line and a reason phrase may hold. */
bool h1_text_allowed(struct span s);

struct h1_fields {
    struct hdr fields;
    size_t lines, max_lines;
    bool skipping; /* the last line was no field: its continuations are not either */
};

void h1_fields_init(struct h1_fields *f, size_t max_bytes, size_t max_lines);
void h1_fields_clear(struct h1_fields *f);
/* One line. WH_OK: taken; *end says whether it was the empty line. */
enum wh_err h1_fields_line(struct h1_fields *f, struct span line, bool *end);

#endif
