/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* imports.h: calls that the DLL makes of the system, turned to functions of the program. */
#ifndef CONFORM_IMPORTS_H
#define CONFORM_IMPORTS_H

#include <winsock2.h>
#include <windows.h>

/* As long as winhttp.dll stays loaded, what it calls as `function` of the DLL `from` is `to`. FALSE: it does not import
 * that by name. */
BOOL imports_turn(const char *from, const char *function, ULONG_PTR to);

/* The same for what the program itself calls. */
BOOL imports_turn_own(const char *from, const char *function, ULONG_PTR to);

#endif
