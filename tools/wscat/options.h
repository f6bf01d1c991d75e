/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* options.h: what wscat was told on its command line. */
#ifndef WSCAT_OPTIONS_H
#define WSCAT_OPTIONS_H

#include <windows.h>

#define OPTIONS_HEADERS 16
#define OPTIONS_SENDS   64

/* One --send or --send-size, in the order of the command line. */
struct send {
    const WCHAR *text; /* NULL: `size` bytes of a pattern, whose echo must equal them */
    DWORD size;
};

struct options {
    const WCHAR *url;
    const WCHAR *subprotocol;
    const WCHAR *headers[OPTIONS_HEADERS];
    unsigned header_count;
    struct send sends[OPTIONS_SENDS];
    unsigned send_count;
    DWORD expect;  /* messages to wait for at the end; OPTIONS_EXPECT_REPLIES: one for each --send */
    BOOL scripted; /* something was said about sending: standard input is not read */
    BOOL async;
    BOOL trace;
    BOOL binary;
    BOOL insecure;
    BOOL verbose;
    DWORD timeout_ms;
};

#define OPTIONS_EXPECT_REPLIES 0xffffffff

/* Reads the command line of the process. FALSE: it made no sense, and standard error says why; or --help was asked for,
 * and *status is 0. The strings live as long as the process. */
BOOL options_read(struct options *options, int *status);

#endif
