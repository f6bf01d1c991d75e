/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Options 142 and 146: when the stages of the last exchange were reached, and how large its parts were (API.md section
 * 4.14). Times are ticks of the performance counter, 0 where a stage was not gone through, as on a connection that was
 * there already. The first leg of a TLS handshake ends when the server's certificates have come, the second with the
 * handshake; a resumed one has only the first.
 *
 * Guard: as the request's C fields. Ownership: plain values. Errors: none.
 */
#ifndef CORE_REQ_TIMES_H
#define CORE_REQ_TIMES_H

#include "core/conn.h"

struct req_times {
    uint64_t at[WinHttpRequestTimeLast];
    uint64_t stat[WinHttpRequestStatLast];
    uint64_t flags; /* WINHTTP_REQUEST_STAT_FLAG_... */
    uint32_t index; /* requests that went over the connection before */
};

void req_times_reset(struct req_times *t);
void req_times_mark(struct req_times *t, WINHTTP_REQUEST_TIME_ENTRY which); /* now */
/* What the connection knows: fresh, of how it was opened; else only how many requests it has carried. */
void req_times_take(struct req_times *t, const struct conn *c, bool fresh);

#endif
