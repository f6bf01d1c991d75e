/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* report.h: what wscat tells about a connection: the DLL, the answer, the TLS version, the close status. */
#ifndef WSCAT_REPORT_H
#define WSCAT_REPORT_H

#include "winhttp.h"

/* Which winhttp.dll this process has loaded. */
void report_module(void);

/* The status of the answer, the chosen subprotocol, the TLS version. FALSE, and a complaint, if it is not a 101. */
BOOL report_response(HINTERNET request, BOOL verbose);

/* What is wrong with a certificate: the flags of SECURE_FAILURE. */
void report_secure_failure(DWORD flags);

/* "closed: 1000 SUCCESS". */
BOOL report_close_status(HINTERNET socket);

#endif
