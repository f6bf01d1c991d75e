/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What Windows refuses in a chain and Wine's crypt32 does not: signatures by MD5 and its elders, RSA keys below 1024
 * bits.
 *
 * Measured, Wine 8.0, leaf under a trusted authority: a signature by md5WithRSAEncryption, and an RSA key of 768 bits,
 * both give chain status 0 and policy 0. For comparison, what it does see: a spoilt signature (status 8), a name
 * constraint (status 0x4000, policy 0), an unknown authority (status 0x10000, policy 0), a leaf in the place of an
 * authority (status 0x400, policy 0), which is why trust.c reads both.
 *
 * Threads: any. Ownership: nothing kept. Errors: none; a key whose size cannot be told is weak.
 */
#ifndef SYS_TRUST_WEAK_H
#define SYS_TRUST_WEAK_H

#include <stdbool.h>

#include <winsock2.h>
#include <windows.h>
#include <wincrypt.h>

bool trust_weak(PCCERT_CHAIN_CONTEXT chain);

#endif
