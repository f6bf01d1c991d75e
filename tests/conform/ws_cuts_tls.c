/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ws_cuts_tls: a conversation with the server on WSS_PORT that is cut at each of its TLS records, one byte before, at
 * the boundary and one byte behind it: by a FIN, by a reset, or by silence (SEMANTICS D6, D7; CLIENTS 6, 13).
 *
 * What the records hold is the server's business. So the steps are not told by number: the later the cut, the later the
 * step that fails, from the handshake of TLS to the end, and each fails with the error of its fault.
 */
#include "client.h"
#include "cutter.h"
#include "talk.h"

#include <stdlib.h>

#define AT_ONCE     32
#define TIMEOUT     12000 /* ms of every kind, where silence is expected: a handshake takes its time on a busy machine */
#define RECORDS_MAX 40
#define RUNS_MAX    (3 * RECORDS_MAX)

static struct cut cuts[RUNS_MAX];
static struct talk talks[RUNS_MAX];
static HANDLE served;

static void run_cuts(size_t count, HINTERNET session, INTERNET_PORT port)
{
    WCHAR host[16];
    size_t i;

    for (i = 0; i < count; i++) {
        cutter_host((unsigned)i, host);
        talks[i] = (struct talk){.connect = WinHttpConnect(session, host, port, 0),
                                 .number = (unsigned)i,
                                 .flags = WINHTTP_FLAG_SECURE,
                                 .room = 64,
                                 .timeout = cuts[i].fault == FAULT_SILENCE ? TIMEOUT : 0,
                                 .say = "hi",
                                 .closes = 1};
    }
    talk_run(talks, count, AT_ONCE);
    for (i = 0; i < count; i++) {
        WaitForSingleObject(served, WAIT_MS);
        WinHttpCloseHandle(talks[i].connect);
    }
}

static BOOL check_run(const struct cut *cut, const struct talk *talk, enum talk_step least)
{
    DWORD error = talk->step == TALK_IS_OVER    ? ERROR_SUCCESS
                  : cut->fault == FAULT_SILENCE ? ERROR_WINHTTP_TIMEOUT
                                                : ERROR_WINHTTP_CONNECTION_ERROR;
    const char *told = talk->step >= TALK_CLOSES ? "T\"hi\"" : "";
    BOOL good = talk->step >= least && talk->error == error && talk->accepted == talk->completed && !talk->wrong &&
                story_is(&talk->told, told, "told");

    if (!good)
        tap_diag("%s at record %u, %+d: %s, %lu; %ld operations, %ld completions", fault_name(cut->fault), cut->record,
                 cut->bytes, talk_step_name(talk->step), talk->error, talk->accepted, talk->completed);
    return good;
}

static void check_fault(enum fault fault, unsigned records, HINTERNET session, INTERNET_PORT port)
{
    size_t i, count = 0, wrong = 0;
    enum talk_step furthest = TALK_SENDS;
    unsigned record;
    int bytes;

    for (record = 0; record < records; record++)
        for (bytes = record ? -1 : 0; bytes <= 1; bytes++)
            cuts[count++] = (struct cut){.fault = fault, .record = record, .bytes = bytes};
    run_cuts(count, session, port);
    for (i = 0; i < count; i++) {
        /* A reset takes along what was sent before it and has not been read yet. */
        wrong += !check_run(&cuts[i], &talks[i], fault == FAULT_RESET ? TALK_SENDS : furthest);
        if (talks[i].step > furthest)
            furthest = talks[i].step;
    }
    SAME(wrong, 0, "D7: %s around each of %u records", fault_name(fault), records);
    tap_ok(talks[0].step == TALK_SENDS && furthest >= TALK_CLOSES, "D7: %s from the handshake to the end: %s to %s",
           fault_name(fault), talk_step_name(talks[0].step), talk_step_name(furthest));
    for (i = 0; i < count; i++)
        talk_free(&talks[i]);
}

int main(void)
{
    INTERNET_PORT server = need_port("WSS_PORT"), port;
    struct client client;
    unsigned fault, records;

    served = CreateSemaphoreW(NULL, 0, LONG_MAX, NULL);
    port = cutter_open(server, cuts, served, 2 * AT_ONCE);
    client_open(&client, WINHTTP_FLAG_ASYNC, port);
    cuts[0] = (struct cut){.record = UINT_MAX};
    run_cuts(1, client.session, port);
    records = cuts[0].seen;
    tap_ok(talks[0].step == TALK_IS_OVER && records > 5 && records <= RECORDS_MAX, "not cut: %u records", records);
    if (talks[0].error)
        tap_diag("%s, %lu", talk_step_name(talks[0].step), talks[0].error);
    talk_free(&talks[0]);
    for (fault = 0; fault < FAULT_COUNT && records <= RECORDS_MAX; fault++)
        check_fault((enum fault)fault, records, client.session, port);
    client_close(&client);
    return tap_done();
}
