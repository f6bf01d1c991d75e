/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What Windows refuses in a chain and Wine's crypt32 does not: signatures by MD5 and its elders, RSA keys below 1024
 * bits.
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
