/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * names.h: the names of WinHTTP's numbers, for programs that print them (wscat, the conformance programs).
 *
 * Every function answers a string that lives for ever. A number without a name gives its own digits, in a buffer of
 * the calling thread that the next call on that thread writes over.
 */
#ifndef WSCAT_NAMES_H
#define WSCAT_NAMES_H

#include <windows.h>

/* WINHTTP_CALLBACK_STATUS_x, without the prefix: "READ_COMPLETE". */
const char *status_name(DWORD status);

/* "ERROR_WINHTTP_TIMEOUT", "ERROR_INVALID_HANDLE", ...; only the errors that WinHTTP functions answer. */
const char *error_name(DWORD error);

/* WINHTTP_WEB_SOCKET_x_BUFFER_TYPE: "UTF8_MESSAGE". */
const char *buffer_type_name(DWORD type);

/* WINHTTP_WEB_SOCKET_x_OPERATION: "RECEIVE". */
const char *operation_name(DWORD operation);

/* WINHTTP_WEB_SOCKET_x_CLOSE_STATUS: "SUCCESS"; codes of 3000 and up are "APPLICATION". */
const char *close_status_name(DWORD status);

/* The dwResult of a WINHTTP_ASYNC_RESULT: "API_SEND_REQUEST". */
const char *api_name(DWORD_PTR result);

#endif
