/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a TLS session is told before its first byte: versions, algorithms, server name, ALPN, an earlier session to
 * resume.
 *
 * The host is kept in the form that SNI and certificates use: without the brackets of an IPv6 literal, its zone, and
 * the dot that ends a rooted name (RFC 6066 section 3).
 *
 * Threads: any. Ownership: the caller's throughout; GnuTLS copies what it is given.
 * Limits: TLS_PRIORITY_MAX bytes of priority string; a host name of at most 255 bytes (RFC 1035 section 2.3.4).
 * Errors: WH_E_TLS (no version left, or GnuTLS refuses), WH_E_ARG (a host that cannot be one), WH_E_NOMEM.
 */
#ifndef STACK_F_TLS_PARAMS_H
#define STACK_F_TLS_PARAMS_H

#include <gnutls/gnutls.h>

#include "base/err.h"
#include "stack/f_tls.h"

#define TLS_PRIORITY_MAX 512u
#define TLS_HOST_MAX     255u

struct tls_common {
    gnutls_priority_t priority;
    gnutls_certificate_credentials_t credentials; /* no authorities, no certificate */
};

/* The GnuTLS priority string for a mask of TLS_V... bits; bits that have no version are ignored. */
enum wh_err tls_priority(unsigned versions, char out[TLS_PRIORITY_MAX]);

/* The host as SNI and certificates name it. */
enum wh_err tls_host(const char *host, char out[TLS_HOST_MAX + 1]);

/* An IPv4 or IPv6 literal, which must not be sent as a server name. host is in the form that tls_host gives. */
bool tls_host_is_ip(const char *host);

/* Tells the session everything in params, and common, which has to outlive it; host is what tls_host made of
 * params->host. */
enum wh_err tls_params_apply(gnutls_session_t session, const struct tls_params *params, const struct tls_common *common,
                             const char *host);

/* What an error of GnuTLS means to the house. */
enum wh_err tls_error(int gnutls_error);

#endif
