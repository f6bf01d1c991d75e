/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What options read and write in live objects. The table of options (api/options.def) says which object may have which;
 * these functions trust it.
 *
 * Threads: any, no lock held. Ownership: text is handed out as a copy, to be given back with mem_free; certificate
 * objects are references of the caller's own. Errors: WH_E_NOMEM; WH_E_ARG (a value the option cannot have); WH_E_STATE
 * (the request is under way, or there is no connection yet whose facts could be told). Outputs are untouched on error.
 * Source: SEMANTICS sections 4, 15 and 18.2, API.md section 2.
 */
#ifndef CORE_OPTION_H
#define CORE_OPTION_H

#include "core/object.h"
#include "core/settings.h"
#include <wincrypt.h>
#define SECURITY_WIN32
#include <sspi.h>

/* A connection handle answers with its session's settings (TO7). */
uint32_t option_get(struct object *o, enum setting which);
enum wh_err option_set(struct object *o, enum setting which, uint32_t value);
/* Session only; WH_E_STATE where SECURE_DEFAULTS forbids a version. */
enum wh_err option_set_protocols(struct object *session, uint32_t protocols);

/* Sessions. */
enum wh_err option_agent(struct object *session, WCHAR **out); /* "" when there is none */
enum wh_err option_set_agent(struct object *session, const WCHAR *agent, size_t n);
enum wh_err option_set_codepage(struct object *session, uint32_t codepage); /* WH_E_ARG: the system has none such */
struct option_keep_alive {
    uint32_t on, idle, interval; /* as struct tcp_keepalive */
};
void option_set_keep_alive(struct object *session, const struct option_keep_alive *k);
void option_set_own_pool(struct object *session, bool own);
enum wh_err option_set_unload_event(struct object *session, HANDLE event); /* NULL: none; the handle is duplicated */

/* HTTP/1.minor: of the process (NULL), of a session's requests opened later, of a request. WH_E_ARG: neither 0 nor 1.
 */
uint32_t option_http_minor(struct object *o);
enum wh_err option_set_http_minor(struct object *o, uint32_t minor);
/* Session or request; a request's target is made anew. */
enum wh_err option_set_encode_extra(struct object *o, bool on);

/* Requests. */
#define OPTION_CREDENTIALS 4u
enum wh_err option_url(struct object *request, WCHAR **out);
enum wh_err option_credential(struct object *request, unsigned which, WCHAR **out); /* "" when there is none */
enum wh_err option_set_credential(struct object *request, unsigned which, const WCHAR *text, size_t n);
enum wh_err option_set_upgrade(struct object *request);
enum wh_err option_set_no_client_cert(struct object *request); /* WH_E_STATE on a plain request (T5) */
bool option_under_way(struct object *request);                 /* sent, and its response has not come */
bool option_secure(struct object *request,
                   unsigned *bits); /* an open secure connection is known; *bits of its cipher then */
enum wh_err option_set_alias(struct object *request, const WCHAR *name, size_t n); /* "": none */
enum wh_err option_expire(struct object *request); /* WH_E_STATE: no exchange is under way */
void option_times(struct object *request, WINHTTP_REQUEST_TIMES *out);
void option_stats(struct object *request, WINHTTP_REQUEST_STATS *out);
/* tls-server-end-point (RFC 5929) as Windows lays it out: SEC_CHANNEL_BINDINGS and its data, *size bytes, to be given
 * back with mem_free. */
enum wh_err option_bindings(struct object *request, SEC_CHANNEL_BINDINGS **out, size_t *size);

enum wh_err option_connection(struct object *request, WINHTTP_CONNECTION_INFO *out);
enum wh_err option_certificate(struct object *request, PCCERT_CONTEXT *out);
enum wh_err option_chain(struct object *request, PCCERT_CHAIN_CONTEXT *out);
enum wh_err option_certificate_info(struct object *request, WINHTTP_CERTIFICATE_INFO *out);

struct option_tls {
    uint32_t
        protocol;     /* one WINHTTP_FLAG_SECURE_PROTOCOL_... bit, which is Schannel's number for the client side too */
    uint16_t version; /* as it stands in a record: 0x0303 is TLS 1.2 */
    uint16_t suite;   /* IANA's number */
    unsigned bits;
    const char *name; /* of the suite, static */
};
enum wh_err option_tls(struct object *request, struct option_tls *out);

#endif
