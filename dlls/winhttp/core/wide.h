/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Text between applications (UTF-16, WCHAR) and the wire (bytes), in memory of its own.
 *
 * Towards the wire text is UTF-8. What comes from the wire is read as UTF-8 if it is that, else as Latin-1, so that no
 * byte is ever lost. Threads: any. Ownership: what is handed out is the caller's, to be given back with mem_free.
 * Errors: WH_E_NOMEM; outputs are then untouched.
 */
#ifndef CORE_WIDE_H
#define CORE_WIDE_H

#include <stdbool.h>
#include <winsock2.h>
#include <windows.h>
#include "base/err.h"
#include "base/span.h"

/* A length that means "up to the NUL" (Q1, S2). */
#define WIDE_TERMINATED ((DWORD)-1)

size_t wide_length(const WCHAR *s);
enum wh_err wide_copy(const WCHAR *s, size_t n, WCHAR **out);                    /* with a NUL behind it */
enum wh_err wide_copy_or_null(const WCHAR *s, WCHAR **out);                      /* NULL for NULL */
enum wh_err wide_to_bytes(const WCHAR *s, size_t n, uint8_t **out, size_t *len); /* with a NUL behind it, not counted */
enum wh_err wide_from_bytes(struct span s, WCHAR **out, size_t *len);            /* with a NUL behind it, not counted */
void wide_wipe(WCHAR *s); /* overwrites, then gives back; NULL is allowed */

#endif
