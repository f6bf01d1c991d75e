/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ws_cases: the case table of RFC 6455 (tests/unit/ws_cases.inc) through the DLL: what the server sends, what a program
 * that receives until the end is told, what the client sends, and how both ends end (SEMANTICS W19, W20, W29, D3 to D7,
 * D17). The texts of ws_utf8_cases.inc are rows as well: in one frame, and in frames of one byte.
 *
 * Every row is run in several manners, which must all look the same to the program; it is one check. Messages
 * that are larger than any row here are in ws_limits.
 */
#include "client.h"
#include "talk.h"
#include "wire_tls.h"

#include <stdio.h>
#include <stdlib.h>

#define AT_ONCE    64
#define THREADS    8
#define LARGE      80000 /* bytes of the server; rows like these are in ws_limits */
#define RECORD     5     /* bytes, over TLS: no frame of a row is in one record but the shortest */
#define CODE_SPACE 8192  /* of a script that is made here */

struct manner {
    const char *name;
    BOOL async;
    DWORD room;       /* of each Receive */
    size_t longest;   /* bytes of the server; longer rows are left out */
    size_t piece;     /* bytes of each send; 0: all in one */
    BOOL with_answer; /* one send begins with the 101 */
    BOOL late;        /* nobody receives before all has been sent */
    BOOL secure;
};

static const struct manner manners[] = {
    {"asynchronous", TRUE, 4096, LARGE, 0, FALSE, FALSE, FALSE},
    {"asynchronous, 7 bytes at a time", TRUE, 7, 2000, 0, FALSE, FALSE, FALSE},
    {"asynchronous, 1 byte at a time", TRUE, 1, 300, 0, FALSE, FALSE, FALSE},
    {"asynchronous, sent byte by byte", TRUE, 4096, 100, 1, FALSE, FALSE, FALSE},
    {"asynchronous, behind the 101", TRUE, 65536, LARGE, 0, TRUE, FALSE, FALSE},
    {"asynchronous, received late", TRUE, 4096, 20000, 0, FALSE, TRUE, FALSE},
    {"synchronous", FALSE, 4096, LARGE, 0, FALSE, FALSE, FALSE},
    {"synchronous, 7 bytes at a time, behind the 101", FALSE, 7, 2000, 0, TRUE, FALSE, FALSE},
    {"asynchronous, TLS", TRUE, 4096, LARGE, 0, FALSE, FALSE, TRUE},
    {"asynchronous, TLS, 7 bytes at a time, received late", TRUE, 7, 2000, 0, FALSE, TRUE, TRUE},
    {"synchronous, TLS, behind the 101", FALSE, 4096, LARGE, 0, TRUE, FALSE, TRUE},
};

struct row {
    const char *id, *source, *server, *delivered, *sent;
    struct ws_bytes wire; /* what the server sends */
    char last;            /* the kind of the last item delivered */
    unsigned failures;    /* so many manners */
};

struct job {
    struct row *row;
    const struct manner *manner;
    struct story said; /* by the client */
    enum wire_end end; /* of the client */
    BOOL wrong;
};

static struct row *rows;
static size_t row_count;
/* Of the manner that is being run: number for number, what the server knows and what the client does. */
static struct job *jobs;
static struct talk *talks;
static HANDLE served;

/* ---- rows ---- */

static char last_kind(const char *script)
{
    struct ws_item item;
    char kind = 0;

    while (ws_item_next(&script, &item)) {
        kind = item.kind;
        ws_bytes_free(&item.payload);
    }
    return kind;
}

static void add_row(const char *id, const char *source, const char *server, const char *delivered, const char *sent)
{
    struct row *row = &rows[row_count++];

    *row = (struct row){.id = id, .source = source, .server = server, .delivered = delivered, .sent = sent};
    row->last = last_kind(delivered);
    ws_script_render(server, &row->wire);
    if (row->wire.n >= LARGE) {
        ws_bytes_free(&row->wire);
        row_count--;
    }
}

/* A text as a payload of the table's language: in a frame of kind `first`, or in frames of a byte each. */
static char *write_text(const struct ws_utf8_case *text, BOOL bytes)
{
    char *script = malloc(CODE_SPACE);
    size_t i, n = (size_t)snprintf(script, CODE_SPACE, bytes ? "t" : "T\"");

    for (i = 0; i < text->n; i++)
        n += (size_t)snprintf(script + n, CODE_SPACE - n, bytes ? "%s\"\\x%02x\"" : "%s\\x%02x", bytes && i ? " c" : "",
                              (BYTE)text->bytes[i]);
    snprintf(script + n, CODE_SPACE - n, bytes ? " C" : "\"");
    return script;
}

static void add_text(size_t i)
{
    const struct ws_utf8_case *text = &ws_utf8_cases[i];
    BOOL valid = text->first_bad == WS_UTF8_VALID;
    char *whole = write_text(text, FALSE), *ids = malloc(64);

    snprintf(ids, 64, "text %u", (unsigned)i);
    add_row(ids, text->source, whole, valid ? whole : "!", valid ? "" : "X1007");
    add_row(ids, text->source, write_text(text, TRUE), valid ? whole : "!", valid ? "" : "X1007");
}

static void make_rows(void)
{
    size_t i;

    rows = calloc(ws_case_count + 2 * ws_utf8_case_count, sizeof(*rows));
    for (i = 0; i < ws_case_count; i++)
        add_row(ws_cases[i].id, ws_cases[i].source, ws_cases[i].server, ws_cases[i].delivered, ws_cases[i].sent);
    for (i = 0; i < ws_utf8_case_count; i++)
        add_text(i);
}

/* ---- the server ---- */

/* A row that leaves the connection open is followed by the connection's end. */
static void play(struct wire *wire)
{
    struct job *job = &jobs[wire->number];
    struct ws_bytes bytes = {0};

    wire_answer(wire, NULL, &bytes);
    if (job->manner->with_answer)
        ws_bytes_add(&bytes, job->row->wire.p, job->row->wire.n);
    wire_send(wire, bytes.p, bytes.n);
    if (!job->manner->with_answer)
        wire_send_pieces(wire, job->row->wire.p, job->row->wire.n, job->manner->piece ? job->manner->piece : LARGE);
    ws_bytes_free(&bytes);
    if (job->manner->late)
        talk_pass(&talks[wire->number]);
    if (job->row->last != 'X' && job->row->last != '!')
        wire_fin(wire);
    if (wire_listen(wire, &job->said))
        wire_fin(wire);
    wire_listen(wire, &job->said); /* nothing more, but the end */
    job->end = wire->end;
    job->wrong = wire->wrong;
    ReleaseSemaphore(served, 1, NULL);
}

/* ---- checks ---- */

/* How the talk must have ended. A close frame is answered; a violation is told once; an end without a close frame every
 * time (D7). */
static BOOL ended_well(const struct job *job, const struct talk *talk)
{
    if (talk->accepted != talk->completed)
        return FALSE;
    switch (job->row->last) {
    case 'X':
        return !talk->error && talk->step == TALK_IS_OVER && !talk->status_error;
    case '!':
        return talk->error == ERROR_WINHTTP_INVALID_SERVER_RESPONSE && talk->step == TALK_RECEIVES &&
               talk->later == ERROR_INVALID_OPERATION && talk->status_error == ERROR_INVALID_OPERATION;
    default:
        return talk->error == ERROR_WINHTTP_CONNECTION_ERROR && talk->step == TALK_RECEIVES &&
               talk->later == ERROR_WINHTTP_CONNECTION_ERROR && !talk->status_error &&
               talk->status == WINHTTP_WEB_SOCKET_ABORTED_CLOSE_STATUS;
    }
}

static void check_job(const struct job *job, const struct talk *talk)
{
    BOOL told = story_is(&talk->told, job->row->delivered, "told");
    BOOL said = story_is(&job->said, job->row->sent, "sent by the client");
    BOOL well = ended_well(job, talk);

    if (told && said && well && !talk->wrong && !job->wrong && job->end == WIRE_FIN)
        return;
    job->row->failures++;
    tap_diag("%s, %s: ended at %s by %lu, then %lu; status %u by %lu; %ld operations, %ld completions", job->row->id,
             job->manner->name, talk_step_name(talk->step), talk->error, talk->later, talk->status, talk->status_error,
             talk->accepted, talk->completed);
    tap_diag("pieces %s, frames %s, the client's end %d", talk->wrong ? "wrong" : "right",
             job->wrong ? "wrong" : "right", job->end);
}

/* The rows of this manner become jobs; how many. */
static size_t make_jobs(const struct manner *manner, HINTERNET connect)
{
    size_t i, count = 0;

    for (i = 0; i < row_count; i++) {
        if (rows[i].wire.n > manner->longest)
            continue;
        jobs[count] = (struct job){.row = &rows[i], .manner = manner};
        talks[count] = (struct talk){.connect = connect,
                                     .number = (unsigned)count,
                                     .flags = manner->secure ? WINHTTP_FLAG_SECURE : 0,
                                     .room = manner->room};
        talks[count++].gates = manner->late;
    }
    return count;
}

static void run_manner(const struct manner *manner, INTERNET_PORT port)
{
    struct client client;
    size_t i, count;

    client_open(&client, manner->async ? WINHTTP_FLAG_ASYNC : 0, port);
    count = make_jobs(manner, client.connect);
    if (manner->async)
        talk_run(talks, count, AT_ONCE);
    else
        talk_run_sync(talks, count, THREADS);
    for (i = 0; i < count; i++)
        WaitForSingleObject(served, 2 * WAIT_MS);
    for (i = 0; i < count; i++) {
        check_job(&jobs[i], &talks[i]);
        story_free(&jobs[i].said);
        talk_free(&talks[i]);
    }
    client_close(&client);
}

int main(void)
{
    INTERNET_PORT plain = wire_serve(play, AT_ONCE), tls = wire_serve_tls(play, AT_ONCE, RECORD);
    size_t i;

    served = CreateSemaphoreW(NULL, 0, LONG_MAX, NULL);
    make_rows();
    jobs = calloc(row_count, sizeof(*jobs));
    talks = calloc(row_count, sizeof(*talks));
    for (i = 0; i < COUNT(manners); i++)
        run_manner(&manners[i], manners[i].secure ? tls : plain);
    for (i = 0; i < row_count; i++)
        SAME(rows[i].failures, 0, "RFC 6455 %s: %s, in each manner", rows[i].source, rows[i].id);
    return tap_done();
}
