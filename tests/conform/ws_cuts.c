/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ws_cuts: a WebSocket conversation that ends behind every byte of what the server says: by a FIN, by a reset, or by
 * silence (SEMANTICS D6, D7, W29; CLIENTS 6, 13). Whatever is cut, the step that needed the missing bytes fails with
 * the right error, what came before is delivered, each operation completes once, and nothing is left behind.
 *
 * In one conversation the server closes, in the other the client does. Both begin with a text of the client's, and the
 * server waits for that one before it goes on behind its 101, so that a reset cannot overtake it.
 */
#include "census.h"
#include "client.h"
#include "talk.h"
#include "wire.h"

#include <stdio.h>
#include <stdlib.h>

#define AT_ONCE     64
#define SERVERS     96  /* a server is done later than its client */
#define TIMEOUT     300 /* ms of receiving and closing, where silence is expected */
#define PATIENCE    5   /* times as much for runs whose time was over before the silence began, and that twice */
#define SYNC_STEP   3   /* synchronously every so manieth byte */
#define RUNS_MAX    1500
#define THREADS_MAX 16 /* of the DLL and of the program itself */
#define SPARE       64 /* blocks of memory that the system may keep for itself, and kernel handles; a leak is more */

struct part {
    const char *server; /* what the server says */
    const char *told;   /* and what the client is told once all of it has come */
};

struct conversation {
    const char *name;
    unsigned closes; /* of struct talk */
    size_t answers;  /* so many parts are said before the client has closed, the others behind its close frame */
    struct part parts[8];
};

static const struct conversation conversations[] = {
    {"the server closes",
     0,
     8,
     {{"P\"ping\"", ""},
      {"T\"hello\"", "T\"hello\""},
      {"t\"ab\" P c\"cd\" C\"e\"", " T\"abcde\""},
      {"B*3", " B*3"},
      {"B*126", " B*126"},
      {"X1000\"bye\"", " X1000\"bye\""}}},
    {"the client closes", 2, 2, {{"T\"hello\"", "T\"hello\""}, {"B*3", " B*3"}, {"Q T\"late\"", ""}, {"X1000", ""}}},
};

/* One run: where it is cut, and what came of it. */
struct job {
    enum fault fault;
    size_t cut;        /* bytes of the server; SIZE_MAX: not at all */
    enum wire_end end; /* of the client */
};

static const struct conversation *the;
static size_t answer_size, part_size[8], early_size, whole_size; /* in bytes: of the 101, the parts, those said first */
static struct job jobs[RUNS_MAX];
static struct talk talks[RUNS_MAX];
static HANDLE served;

/* ---- the server ---- */

/* The parts from..to, as bytes. */
static struct ws_bytes render(size_t from, size_t to)
{
    struct ws_bytes bytes = {0};

    for (; from < to && from < COUNT(the->parts) && the->parts[from].server; from++)
        ws_script_render(the->parts[from].server, &bytes);
    return bytes;
}

/* Sends the bytes that lie before the cut, the first of which is number `from`; frees them. FALSE at the cut. */
static BOOL say(struct wire *wire, size_t cut, size_t from, struct ws_bytes *bytes)
{
    size_t end = from + bytes->n;

    wire_send(wire, bytes->p, cut < end ? cut - from : bytes->n);
    ws_bytes_free(bytes);
    return cut >= end;
}

static void say_until(struct wire *wire, size_t cut)
{
    struct ws_bytes answer = {0}, early = render(0, the->answers), late = render(the->answers, COUNT(the->parts));
    struct wire_frame frame;
    struct story story = {0};

    wire_answer(wire, NULL, &answer);
    answer_size = answer.n;
    if (say(wire, cut, 0, &answer) && wire_frame(wire, &frame) && say(wire, cut, answer_size, &early) && late.n &&
        wire_listen(wire, &story))
        say(wire, cut, answer_size + early_size, &late);
    story_free(&story);
    ws_bytes_free(&early);
    ws_bytes_free(&late);
}

static void play(struct wire *wire)
{
    struct job *job = &jobs[wire->number];

    say_until(wire, job->cut);
    wire_fail(wire, job->fault);
    wire_drain(wire);
    job->end = wire->end;
    ReleaseSemaphore(served, 1, NULL);
}

/* ---- what is expected ---- */

/* The step that needs the first byte behind the cut. */
static enum talk_step expected_step(const struct job *job)
{
    if (job->cut >= whole_size)
        return TALK_IS_OVER;
    if (job->cut < answer_size)
        return TALK_AWAITS_ANSWER;
    return the->closes && job->cut >= answer_size + early_size ? TALK_CLOSES : TALK_RECEIVES;
}

static BOOL told_well(const struct job *job, const struct talk *talk)
{
    char script[256] = "";
    size_t end = answer_size, n = 0, i;

    for (i = 0; i < COUNT(the->parts) && the->parts[i].server && (end += part_size[i]) <= job->cut; i++)
        n += (size_t)snprintf(script + n, sizeof(script) - n, "%s", the->parts[i].told);
    return story_is(&talk->told, script, "told");
}

static BOOL status_well(const struct talk *talk)
{
    if (talk->step < TALK_RECEIVES)
        return TRUE;
    if (talk->error == ERROR_WINHTTP_TIMEOUT)
        return talk->status_error == ERROR_INVALID_OPERATION;
    return !talk->status_error && talk->status == (talk->error ? WINHTTP_WEB_SOCKET_ABORTED_CLOSE_STATUS
                                                               : WINHTTP_WEB_SOCKET_SUCCESS_CLOSE_STATUS);
}

static BOOL check_run(const struct job *job, const struct talk *talk, const char *manner)
{
    enum talk_step step = expected_step(job);
    DWORD error = step == TALK_IS_OVER          ? ERROR_SUCCESS
                  : job->fault == FAULT_SILENCE ? ERROR_WINHTTP_TIMEOUT
                                                : ERROR_WINHTTP_CONNECTION_ERROR;
    BOOL told = told_well(job, talk), good;

    good = told && talk->step == step && talk->error == error && talk->accepted == talk->completed && !talk->wrong &&
           (step < TALK_RECEIVES || talk->later == (step == TALK_CLOSES ? ERROR_INVALID_OPERATION : error)) &&
           status_well(talk) && (job->fault == FAULT_RESET || job->end == WIRE_FIN);
    if (!good) {
        tap_diag("%s, %s behind byte %u, %s: expected %s, %lu", the->name, fault_name(job->fault), (unsigned)job->cut,
                 manner, talk_step_name(step), error);
        tap_diag("got %s, %lu, later %lu, status %u by %lu; %ld operations, %ld completions, end %d",
                 talk_step_name(talk->step), talk->error, talk->later, talk->status, talk->status_error, talk->accepted,
                 talk->completed, job->end);
    }
    return good;
}

/* ---- runs ---- */

static void run_talks(size_t count, HINTERNET connect, BOOL async, DWORD timeout)
{
    size_t i;

    for (i = 0; i < count; i++)
        talks[i] = (struct talk){.connect = connect,
                                 .number = (unsigned)i,
                                 .room = 64,
                                 .timeout = jobs[i].fault == FAULT_SILENCE ? timeout : 0,
                                 .say = "hi",
                                 .closes = the->closes};
    if (async)
        talk_run(talks, count, AT_ONCE);
    else
        talk_run_sync(talks, count, AT_ONCE);
    for (i = 0; i < count; i++)
        if (WaitForSingleObject(served, WAIT_MS) != WAIT_OBJECT_0) {
            tap_ok(FALSE, "each connection is the server's to end");
            exit(tap_done());
        }
}

/* On a busy machine a step that comes before the silence may run out of its short time, which says nothing of the step
 * that is to be looked at. */
static BOOL came_early(const struct job *job, const struct talk *talk)
{
    return job->fault == FAULT_SILENCE && talk->error == ERROR_WINHTTP_TIMEOUT &&
           (talk->step < expected_step(job) || !told_well(job, talk));
}

/* Runs the first `count` jobs; how many of them went wrong. */
static size_t run_jobs(size_t count, HINTERNET connect, BOOL async)
{
    DWORD timeout, longest = PATIENCE * PATIENCE * TIMEOUT;
    size_t i, again, wrong = 0;

    for (timeout = TIMEOUT; count; timeout *= PATIENCE) {
        run_talks(count, connect, async, timeout);
        for (again = i = 0; i < count; i++) {
            if (came_early(&jobs[i], &talks[i]) && timeout < longest)
                jobs[again++] = jobs[i];
            else
                wrong += !check_run(&jobs[i], &talks[i], async ? "asynchronous" : "synchronous");
            talk_free(&talks[i]);
        }
        if (again)
            tap_diag("%u of %u runs end before their silence, at %lu ms", (unsigned)again, (unsigned)count, timeout);
        count = again;
    }
    return wrong;
}

static void measure(void)
{
    size_t i;

    early_size = whole_size = 0;
    for (i = 0; i < COUNT(the->parts) && the->parts[i].server; i++) {
        struct ws_bytes bytes = render(i, i + 1);

        part_size[i] = bytes.n;
        whole_size += bytes.n;
        if (i < the->answers)
            early_size += bytes.n;
        ws_bytes_free(&bytes);
    }
    whole_size += answer_size;
}

static void run_conversation(INTERNET_PORT port, BOOL async)
{
    struct client client;
    size_t fault, cut, count, step = async ? 1 : SYNC_STEP;

    client_open(&client, async ? WINHTTP_FLAG_ASYNC : 0, port);
    jobs[0] = (struct job){.cut = SIZE_MAX};
    measure();
    SAME(run_jobs(1, client.connect, async), 0, "%s, %s: not cut", the->name, async ? "async" : "sync");
    measure();
    for (fault = 0; fault < FAULT_COUNT; fault++) {
        for (count = 0, cut = 0; cut <= whole_size; cut += step)
            jobs[count++] = (struct job){.fault = (enum fault)fault, .cut = cut};
        SAME(run_jobs(count, client.connect, async), 0, "D7 %s, %s: %s behind each of %u bytes", the->name,
             async ? "async" : "sync", fault_name((enum fault)fault), (unsigned)count);
    }
    client_close(&client);
}

int main(void)
{
    INTERNET_PORT port = wire_serve(play, SERVERS);
    DWORD handles = 0, blocks = 0;
    size_t i;

    served = CreateSemaphoreW(NULL, 0, LONG_MAX, NULL);
    for (i = 0; i < COUNT(conversations); i++) {
        the = &conversations[i];
        run_conversation(port, TRUE);
        run_conversation(port, FALSE);
        if (i == 0) {
            handles = census_handles();
            blocks = census_blocks();
        }
    }
    tap_ok(census_settles(census_handles, handles + SPARE), "HOUSE: no kernel handle is left of all this");
    tap_ok(census_settles(census_blocks, blocks + SPARE), "HOUSE: nor is memory");
    tap_ok(census_settles(census_threads, THREADS_MAX + SERVERS), "HOUSE: nor are threads");
    return tap_done();
}
