/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * harness.h: what every conformance program shares: results in TAP, checks of errors, the servers' addresses.
 *
 * A check prints one line, "ok N - text" or "not ok N - text", and says in "# ..." lines what it saw instead. The text
 * begins with the ids of the facts that it checks (SEMANTICS H1, D14, ...). Checks may run on any thread.
 *
 * Servers are named by environment variables that run.sh sets (HTTP_PORT, WS_PORT, ...). A program whose server is not
 * there skips all its checks.
 */
#ifndef CONFORM_HARNESS_H
#define CONFORM_HARNESS_H

#include <winsock2.h>
#include <windows.h>
#include <string.h>

#include "winhttp.h"
#include "../../tools/wscat/names.h"

/* The longest that a check waits for something that ought to come. Long, for machines that are slow or busy. */
#define WAIT_MS 20000

/* What stands in the last error and in outputs before a call, so that "set" and "left alone" can be told apart. */
#define POISON 0xdeadbeef

/* ---- TAP ---- */

#define TAP_FORMAT(text, first) __attribute__((format(gnu_printf, text, first)))

/* One check. Answers `pass`, so that what depends on it can be left out. */
BOOL tap_ok(BOOL pass, const char *format, ...) TAP_FORMAT(2, 3);
/* A remark that is no result. */
void tap_diag(const char *format, ...) TAP_FORMAT(1, 2);
/* A check that cannot be made here; the text says why. */
void tap_skip(const char *format, ...) TAP_FORMAT(1, 2);
/* Prints the plan; the value is the exit status. */
int tap_done(void);

/* ---- checks of calls ---- */

/* The call failed (FALSE or NULL) and left `expected` as the last error. */
#define FAILS(call, expected, ...) (tap_before(), tap_after((call) ? TRUE : FALSE), tap_fails((expected), __VA_ARGS__))
/* The call succeeded and set the last error to 0 (GEN1). */
#define SUCCEEDS(call, ...) (tap_before(), tap_after((call) ? TRUE : FALSE), tap_succeeds(__VA_ARGS__))
/* The call answered this Win32 error itself (GEN6); 0 is success. */
#define ANSWERS(call, expected, ...) tap_answers((call), (expected), __VA_ARGS__)
/* Two numbers are the same. */
#define SAME(got, expected, ...) tap_same((ULONGLONG)(got), (ULONGLONG)(expected), __VA_ARGS__)
/* Two UTF-16 strings are the same. */
#define SAME_TEXT(got, expected, ...) tap_same_text((got), (expected), __VA_ARGS__)

void tap_before(void);
void tap_after(BOOL result);
BOOL tap_fails(DWORD expected, const char *format, ...) TAP_FORMAT(2, 3);
BOOL tap_succeeds(const char *format, ...) TAP_FORMAT(1, 2);
BOOL tap_answers(DWORD result, DWORD expected, const char *format, ...) TAP_FORMAT(3, 4);
BOOL tap_same(ULONGLONG got, ULONGLONG expected, const char *format, ...) TAP_FORMAT(3, 4);
BOOL tap_same_text(const WCHAR *got, const WCHAR *expected, const char *format, ...) TAP_FORMAT(3, 4);

/* Not one byte of the buffer differs from the poison that poison() put there (GEN8). */
void poison(void *buffer, size_t size);
BOOL is_poison(const void *buffer, size_t size);

/* ---- servers ---- */

/* The port in this environment variable; where there is none, the program ends here, all skipped. */
INTERNET_PORT need_port(const char *name);
/* The same, or 0. */
INTERNET_PORT find_port(const char *name);
/* A loopback port on which nothing listens. */
INTERNET_PORT unused_port(void);

/* ---- data ---- */

/* The test pattern of the servers: the byte at offset i is i % 251. */
void pattern_fill(BYTE *buffer, size_t offset, size_t size);
BOOL pattern_is(const BYTE *buffer, size_t offset, size_t size);

/* Elements of an array. */
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
