/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Name resolution off the loop. A literal address is answered on the spot (WH_OK); a name goes to the DNS pool and done
 * is called, no lock held, exactly once per WH_AGAIN: on a pool thread with the answer, or, when resolve_cancel came
 * first, on a worker of the loop with WH_E_CANCELLED and no addresses.
 *
 * Ownership: resolve_start gives a handle that is referenced by the look-up and by the caller; the caller drops it with
 * resolve_free after done (also from inside it). The host text is copied. Threads: any; the loop is held by the caller
 * until done was called. Limits: RESOLVE_MAX_ADDRS, the rest is dropped. Errors: WH_E_NAME, WH_E_NOMEM.
 */
#ifndef IO_RESOLVE_H
#define IO_RESOLVE_H

#include <stdint.h>
#include <winsock2.h>
#include <ws2tcpip.h>
#include "base/err.h"

#define RESOLVE_MAX_ADDRS 16u /* more than option 4 (connect retries, default 5) ever tries */

struct resolve_addrs {
    unsigned count;
    SOCKADDR_STORAGE addr[RESOLVE_MAX_ADDRS]; /* port filled in; in the resolver's order */
    int len[RESOLVE_MAX_ADDRS];
};

struct resolve;

/* addrs is NULL unless err is WH_OK, and valid during the call; code is Winsock's, behind WH_E_NAME. */
typedef void (*resolve_done)(void *ctx, enum wh_err err, int code, const struct resolve_addrs *addrs);

/*
 * host: UTF-16 name or literal (IPv6 with or without brackets). WH_OK: *addrs is filled, no handle. WH_AGAIN: *out is
 * set, done comes, perhaps before this returns. *out is NULL after anything else.
 */
enum wh_err resolve_start(const WCHAR *host, uint16_t port, resolve_done done, void *ctx, struct resolve_addrs *addrs,
                          struct resolve **out);
void resolve_cancel(struct resolve *r); /* done comes soon, wherever the look-up stands: its thread is left behind */
void resolve_free(struct resolve *r);

/* Text of an address, "127.0.0.1" or "::1", without port; dst holds at least RESOLVE_TEXT WCHARs. Returns chars without
 * NUL, 0 when it is no address. */
#define RESOLVE_TEXT 64u
unsigned resolve_text(const SOCKADDR_STORAGE *addr, WCHAR *dst);

#endif
