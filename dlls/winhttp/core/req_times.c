/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See req_times.h. */
#include "core/req_times.h"
#include "io/clock.h"
#include "stack/f_tls.h"

static const WINHTTP_REQUEST_TIME_ENTRY entries[CONN_MARKS] = {
    [CONN_MARK_RESOLVE] = WinHttpNameResolutionStart,
    [CONN_MARK_RESOLVED] = WinHttpNameResolutionEnd,
    [CONN_MARK_CONNECT] = WinHttpConnectionEstablishmentStart,
    [CONN_MARK_CONNECTED] = WinHttpConnectionEstablishmentEnd,
    [CONN_MARK_SECURE] = WinHttpTlsHandshakeClientLeg1Start,
    [CONN_MARK_VERIFY] = WinHttpTlsHandshakeClientLeg1End,
    [CONN_MARK_VERIFIED] = WinHttpTlsHandshakeClientLeg2Start,
    [CONN_MARK_SECURED] = WinHttpTlsHandshakeClientLeg2End,
};

void req_times_reset(struct req_times *t)
{
    *t = (struct req_times){0};
}

void req_times_mark(struct req_times *t, WINHTTP_REQUEST_TIME_ENTRY which)
{
    t->at[which] = clock_ticks();
}

void req_times_take(struct req_times *t, const struct conn *c, bool fresh)
{
    struct tls_info tls = {0};

    t->index = c->carried;
    if (!t->index)
        t->flags |= WINHTTP_REQUEST_STAT_FLAG_FIRST_REQUEST;
    if (!fresh)
        return;
    for (size_t i = 0; i < CONN_MARKS; i++)
        t->at[entries[i]] = c->marks[i];
    t->stat[WinHttpConnectFailureCount] = c->connect_failures;
    if (c->chain.top && filter_is_tls(c->chain.top))
        f_tls_info(c->chain.top, &tls);
    if (tls.resumed)
        t->flags |= WINHTTP_REQUEST_STAT_FLAG_TLS_SESSION_RESUMPTION;
}
