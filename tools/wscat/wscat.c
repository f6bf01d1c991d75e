/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * wscat: a WebSocket conversation on the command line, through winhttp.dll and nothing else.
 *
 * It is also an example of the API: link.c opens, sends, receives and closes, once with blocking calls and once with
 * notifications; report.c asks a request what it knows; trace.c turns errors and callbacks into words.
 *
 * The exit status is 0 after a conversation that ended as it should, 1 after a failure, 2 for a wrong command line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <io.h>
#include <fcntl.h>

#include "inbox.h"
#include "link.h"
#include "options.h"
#include "trace.h"

#define LINE_MAX_BYTES 65536

/* Messages that must have arrived before the conversation may go on or end. */
static DWORD due;

static BOOL wait_for_replies(const struct options *options)
{
    return inbox_wait(due, options->timeout_ms);
}

static BOOL send_text(const struct options *options, const WCHAR *text)
{
    int size = WideCharToMultiByte(CP_UTF8, 0, text, -1, NULL, 0, NULL, NULL);
    char *bytes = malloc((size_t)size);
    BOOL sent;

    if (!bytes)
        return FALSE;
    WideCharToMultiByte(CP_UTF8, 0, text, -1, bytes, size, NULL, NULL);
    sent = link_send(bytes, (DWORD)size - 1, options->binary);
    free(bytes);
    if (options->expect == OPTIONS_EXPECT_REPLIES)
        due++;
    return sent;
}

/* Sends `size` bytes and waits for the same bytes. Texts must be UTF-8, so these are letters there. */
static BOOL send_and_compare(const struct options *options, DWORD size)
{
    BYTE *bytes = malloc(size ? size : 1);
    DWORD i;
    BOOL same;

    if (!bytes) {
        fprintf(stderr, "wscat: no memory for %lu bytes\n", size);
        return FALSE;
    }
    for (i = 0; i < size; i++)
        bytes[i] = (BYTE)(options->binary ? i % 251 : 'a' + i % 26);
    same = wait_for_replies(options);
    if (same) {
        inbox_check_next(bytes, size);
        due++;
        same = link_send(bytes, size, options->binary) && wait_for_replies(options);
        inbox_check_next(NULL, 0);
    }
    free(bytes);
    return same;
}

static BOOL talk_by_script(const struct options *options)
{
    unsigned i;

    for (i = 0; i < options->send_count; i++) {
        const struct send *send = &options->sends[i];

        if (!(send->text ? send_text(options, send->text) : send_and_compare(options, send->size)))
            return FALSE;
    }
    if (options->expect != OPTIONS_EXPECT_REPLIES)
        due += options->expect;
    return wait_for_replies(options);
}

/* Each line of standard input, as it is, without its end. */
static BOOL talk_by_lines(const struct options *options)
{
    static char line[LINE_MAX_BYTES];

    while (fgets(line, sizeof(line), stdin)) {
        size_t length = strlen(line);

        while (length && (line[length - 1] == '\n' || line[length - 1] == '\r'))
            length--;
        if (!link_send(line, (DWORD)length, options->binary))
            return FALSE;
    }
    return TRUE;
}

int main(void)
{
    struct options options;
    int status;
    BOOL good;

    _setmode(_fileno(stdout), _O_BINARY);
    _setmode(_fileno(stderr), _O_BINARY);
    if (!options_read(&options, &status))
        return status;
    trace_start(options.trace);
    good = link_open(&options);
    if (good)
        good = (options.scripted ? talk_by_script(&options) : talk_by_lines(&options)) && link_finish();
    link_close();
    return good ? 0 : 1;
}
