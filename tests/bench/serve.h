/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The load server: one thread, epoll, plain and TLS listeners on loopback; it must never be what limits a measurement,
 * so what it sends lies ready in memory.
 *
 * A *peer* is one accepted connection. Its output is a short text of its own (an answer's head, one frame) and behind
 * it `left` bytes of a *block* that is sent round and round: many frames, a large frame's payload, a download. Its
 * input is first a request head; the path names the *job* (serve_jobs.c), and the job says what becomes of further
 * input. Nothing is allocated while a job runs.
 *
 * The program prints "PORTS plain tls" once it listens, and ends with its standard input.
 */
#ifndef BENCH_SERVE_H
#define BENCH_SERVE_H

#include <gnutls/gnutls.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PEER_IN    (1u << 16) /* a request head, or what one read brings */
#define PEER_SAY   (1u << 12) /* an answer's head, or small frames */
#define WRITE_STEP (1u << 18) /* bytes of a block in one write */

enum job {
    JOB_HEAD,   /* a request head is awaited */
    JOB_UPLOAD, /* `awaited` body bytes, then the answer */
    JOB_SINK,   /* `awaited` bytes of frames, then one short frame */
    JOB_ECHO,   /* each small frame is sent back, after `delay_us` */
    JOB_QUIET,  /* input is dropped: floods, and those that wait for a broadcast */
};

struct block {
    const uint8_t *bytes;
    size_t size;
};

struct peer {
    int fd;
    gnutls_session_t tls; /* NULL: plain */
    bool secured;         /* its handshake is over */
    bool writes;          /* epoll also waits until it can be written to */
    bool last;            /* the connection is closed behind the answer, as was asked */
    bool gone;
    bool ended; /* it has said that it will send no more */
    enum job job;
    uint64_t awaited;
    unsigned delay_us;
    uint8_t say[PEER_SAY];
    size_t say_n, say_off;
    struct block block;
    size_t block_off;
    uint64_t left;
    struct peer *idle_next; /* of those that wait for a broadcast */
    struct peer **idle_at;
    size_t in_n;
    uint8_t in[PEER_IN];
};

/* serve_jobs.c. Input has come (p->in, p->in_n); what is used up is taken out of it. False: the peer is to be closed.
 */
bool job_input(struct peer *p);
void job_forget(struct peer *p); /* it is about to be closed */
void jobs_prepare(void);

/* serve.c. Output was added to p: write what goes now. */
void peer_push(struct peer *p);
bool peer_say(struct peer *p, const void *bytes, size_t n); /* false: there is no room */

#endif
