/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What Wine's crypt32 refuses in a chain and Windows does not: ECDSA signatures whose numbers are short.
 *
 * An ECDSA signature is two numbers, r and s. Wine 8.0 finds the signature invalid when one of them has fewer bytes
 * than the curve (P-256 and P-384: one certificate in 128), and on P-521, of whose 66 bytes the first holds a single
 * bit, always. Measured, both bitnesses, leaf under an authority: P-256 with r and s of 32 bytes, and P-384 with 48,
 * status 0; with an r or s of 31 or 47, status 8 (CERT_TRUST_IS_NOT_SIGNATURE_VALID), likewise for an intermediate
 * authority; P-521 with 66 bytes, status 8 for each element, the anchor included. The bit stands at the certificate
 * whose signature it is; the chain is built to its end and everything else in it is found as well, so nothing hides
 * behind the bit. The SSL policy names one fault alone, a signature (0x80096004) before any other, so it must be asked
 * again.
 *
 * So for each element with that bit GnuTLS looks at the signature: by the key of the next element, or of the element
 * itself if it is the last. Where the signature is by ECDSA with SHA-2 and right, the bit is taken away; nothing else
 * is, and whatever cannot be told leaves it there. Whom to trust is not asked of GnuTLS.
 *
 * Words: the *view* of a chain is the chain with right signatures: crypt32's own unless a bit was taken away.
 *
 * Threads: any, after tls_init. Ownership: a view is the caller's until trust_signature_leave, and points into the
 * chain, which must outlive it. It is for reading: it cannot be duplicated or freed by crypt32. Errors: none; without
 * memory the chain stays as crypt32 found it.
 */
#ifndef SYS_TRUST_SIGNATURE_H
#define SYS_TRUST_SIGNATURE_H

#include <winsock2.h>
#include <windows.h>
#include <wincrypt.h>

PCCERT_CHAIN_CONTEXT trust_signature_view(PCCERT_CHAIN_CONTEXT chain);
void trust_signature_leave(PCCERT_CHAIN_CONTEXT view, PCCERT_CHAIN_CONTEXT chain);

#endif
