/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Certificates as applications see them: contexts (options 78 and 147) and the summary of option 32.
 *
 * Threads: any, no lock needed: a certificate context never changes. Ownership: a context is the caller's, to be freed
 * by CertFreeCertificateContext; the two strings of the summary are freed by the application with LocalFree (SEMANTICS
 * T8, T10). Errors: WH_E_ARG (not a certificate), WH_E_NOMEM; outputs are then untouched.
 */
#ifndef SYS_CERTCTX_H
#define SYS_CERTCTX_H

#include <winsock2.h>
#include <windows.h>
#include <wincrypt.h>

#include "base/err.h"
#include "base/span.h"
#include "winhttp.h"

enum wh_err certctx_from_der(struct span der, PCCERT_CONTEXT *out);

/*
 * Validity, subject and issuer of the leaf; cipher_bits goes into dwKeySize. The names of protocol and algorithms stay
 * NULL: the Microsoft page for WINHTTP_CERTIFICATE_INFO says that WinHttpQueryOption does not set them, and nobody
 * would free them.
 */
enum wh_err certctx_info(PCCERT_CONTEXT leaf, unsigned cipher_bits, WINHTTP_CERTIFICATE_INFO *out);

/* Largest hash there is: SHA-512. */
#define CERTCTX_HASH_MAX 64u

/*
 * The hash of a server's certificate that binds authentication to its channel (RFC 5929 section 4.1): by the hash
 * function of its signature, SHA-256 in place of MD5 and SHA-1. WH_E_UNSUPPORTED: the signature has no one hash
 * function.
 */
enum wh_err certctx_end_point(PCCERT_CONTEXT leaf, uint8_t hash[CERTCTX_HASH_MAX], size_t *n);

#endif
