/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The caller's header text (AddRequestHeaders, SendRequest) applied to a header block.
 *
 * A *line* is what stands between runs of CR and LF; an empty line ends nothing (SEMANTICS Q11). Each must be
 * "name:value": a token, at once the colon, then the value, stripped of blanks at both ends (Q5-Q10). Text of nothing
 * but CR and LF is an empty list and a success (CLIENTS finding 1).
 *
 * All lines get the same treatment, chosen by flags. Where several are set, the first in this list wins:
 *
 * - REPLACE: the first field of the name, or the nth (from 0) with NTH(n), is replaced in place (Q18), or deleted by an
 *   empty value (Q20). There is none: WH_E_NOT_FOUND, or with ADD it is added (Q17).
 * - COALESCE: the first field of the name gets ", " or "; " and the value behind its own (Q21-Q23); none: added.
 * - ADD_IF_NEW, or no flag: added when there is none (Q13), else WH_E_EXISTS (Q15).
 * - ADD: added (Q14); with ONCE, unless the same line stands there already.
 *
 * Threads: the owner's lock. Ownership: text stays the caller's. Limits: those of the block.
 * Errors: WH_E_ARG (a malformed line), WH_E_NOT_FOUND, WH_E_EXISTS, WH_E_FULL, WH_E_NOMEM. All or nothing: on error, on
 * whichever line, the block is as it was.
 */
#ifndef PROTO_HDR_LINES_H
#define PROTO_HDR_LINES_H

#include "proto/hdr.h"

#define HDR_LINES_ADD                1u
#define HDR_LINES_ADD_IF_NEW         2u
#define HDR_LINES_REPLACE            4u
#define HDR_LINES_COALESCE_COMMA     8u
#define HDR_LINES_COALESCE_SEMICOLON 16u
#define HDR_LINES_ONCE               32u
#define HDR_LINES_NTH(n)             ((unsigned)(n) << 16) /* n below 0x10000 */

enum wh_err hdr_lines_apply(struct hdr *h, struct span text, unsigned flags);

/* Takes the next line out of *text, which hdr_lines_apply has accepted; false, *name untouched: there is none. */
bool hdr_lines_next(struct span *text, struct span *name);

#endif
