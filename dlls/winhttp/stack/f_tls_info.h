/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a GnuTLS session whose handshake is complete says about itself, in the words of f_tls.h.
 *
 * Threads: the connection's lock. Ownership: names are static; session data is the caller's, to be given to mem_free.
 * Errors: WH_E_NOT_FOUND (nothing to resume with), WH_E_NOMEM; outputs are then untouched.
 */
#ifndef STACK_F_TLS_INFO_H
#define STACK_F_TLS_INFO_H

#include <gnutls/gnutls.h>

#include "stack/f_tls.h"

/* Fills all members but client_cert_asked. */
void tls_session_info(gnutls_session_t session, struct tls_info *out);

enum wh_err tls_session_data(gnutls_session_t session, struct span *out);

#endif
