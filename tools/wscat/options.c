/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* options.c: the command line of wscat, as a table. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>
#include <windows.h>
#include <shellapi.h>

#include "options.h"

static const char usage[] =
    "usage: wscat [OPTION]... ws://HOST[:PORT]/PATH | wss://HOST[:PORT]/PATH\n"
    "\n"
    "Holds a WebSocket conversation through winhttp.dll: sends each line of standard input as a message and prints\n"
    "what arrives. With --send, --send-size or --expect it does that and ends.\n"
    "\n"
    "  --async             work with notifications instead of blocking calls\n"
    "  --trace             print each API call and each callback: time since start, thread, result\n"
    "  --verbose           print which winhttp.dll was loaded, the answer's status and the TLS version\n"
    "  --binary            send binary messages instead of text\n"
    "  --subprotocol NAME  offer this subprotocol\n"
    "  --header 'N: V'     add a header to the handshake (repeatable)\n"
    "  --insecure          accept any certificate\n"
    "  --send TEXT         send this message (repeatable)\n"
    "  --send-size N       send N bytes and check that the echo equals them (repeatable)\n"
    "  --expect N          wait for N messages at the end (default: one for each --send)\n"
    "  --timeout SECONDS   the longest wait for a message (default 30)\n";

enum kind { FLAG, TEXT, NUMBER, HEADER, SEND_TEXT, SEND_SIZE };

static const struct row {
    const WCHAR *name;
    enum kind kind;
    size_t offset;
} rows[] = {
    {L"--async", FLAG, offsetof(struct options, async)},
    {L"--trace", FLAG, offsetof(struct options, trace)},
    {L"--verbose", FLAG, offsetof(struct options, verbose)},
    {L"--binary", FLAG, offsetof(struct options, binary)},
    {L"--insecure", FLAG, offsetof(struct options, insecure)},
    {L"--subprotocol", TEXT, offsetof(struct options, subprotocol)},
    {L"--expect", NUMBER, offsetof(struct options, expect)},
    {L"--timeout", NUMBER, offsetof(struct options, timeout_ms)},
    {L"--header", HEADER, 0},
    {L"--send", SEND_TEXT, 0},
    {L"--send-size", SEND_SIZE, 0},
};

static const struct row *find_row(const WCHAR *name)
{
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (!wcscmp(rows[i].name, name))
            return &rows[i];
    return NULL;
}

static BOOL read_number(const WCHAR *text, DWORD *number)
{
    WCHAR *end;

    *number = wcstoul(text, &end, 10);
    return *text && !*end;
}

/* Stores the value of one option; FALSE if there is no room or no sense in it. */
static BOOL store(struct options *options, const struct row *row, const WCHAR *value)
{
    void *field = (char *)options + row->offset;
    struct send *send = &options->sends[options->send_count];

    switch (row->kind) {
    case FLAG:
        *(BOOL *)field = TRUE;
        return TRUE;
    case TEXT:
        *(const WCHAR **)field = value;
        return TRUE;
    case NUMBER:
        return read_number(value, field);
    case HEADER:
        if (options->header_count == OPTIONS_HEADERS)
            return FALSE;
        options->headers[options->header_count++] = value;
        return TRUE;
    case SEND_TEXT:
    case SEND_SIZE:
        if (options->send_count == OPTIONS_SENDS || (row->kind == SEND_SIZE && !read_number(value, &send->size)))
            return FALSE;
        send->text = row->kind == SEND_TEXT ? value : NULL;
        options->send_count++;
        return TRUE;
    }
    return FALSE;
}

static BOOL complain(const char *what, const WCHAR *argument)
{
    fprintf(stderr, "wscat: %s '%ls'; see wscat --help\n", what, argument);
    return FALSE;
}

BOOL options_read(struct options *options, int *status)
{
    int count, i;
    WCHAR **arguments = CommandLineToArgvW(GetCommandLineW(), &count);

    *options = (struct options){.expect = OPTIONS_EXPECT_REPLIES, .timeout_ms = 30};
    *status = 2;
    for (i = 1; i < count; i++) {
        const struct row *row = find_row(arguments[i]);

        if (!wcscmp(arguments[i], L"--help")) {
            fputs(usage, stdout);
            *status = 0;
            return FALSE;
        }
        if (!row && (arguments[i][0] == '-' || options->url))
            return complain("what is", arguments[i]);
        if (!row)
            options->url = arguments[i];
        else if (row->kind != FLAG && i + 1 == count)
            return complain("a value is missing after", arguments[i]);
        else if (!store(options, row, row->kind == FLAG ? NULL : arguments[++i]))
            return complain("cannot use", arguments[i]);
    }
    if (!options->url) {
        fputs(usage, stderr);
        return FALSE;
    }
    options->timeout_ms *= 1000;
    options->scripted = options->send_count || options->expect != OPTIONS_EXPECT_REPLIES;
    return TRUE;
}
