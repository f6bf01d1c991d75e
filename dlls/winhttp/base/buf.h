/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A queue of bytes in chunks, with a hard limit: the sole buffer type between layers.
 *
 * Bytes are written at the tail and consumed at the head. Chunks never move and a byte never moves inside its chunk
 * until it is consumed, so spans taken by buf_peek and buf_spans may be lent to an overlapped send, and the space given
 * by buf_reserve to an overlapped receive, while bytes are appended behind them. The lender keeps the buffer from being
 * consumed or cleared meanwhile.
 *
 * full:   buf_len() == limit. A call that would pass the limit changes nothing and answers WH_E_FULL.
 * Threads: none of its own; the owner's lock. Ownership: the buffer owns its chunks. Memory: an empty buffer owns no
 * chunk (one spare may be kept between buf_trim calls, so that a busy connection does not allocate per message; it may
 * be handed to another buffer meanwhile).
 * Errors: WH_E_NOMEM (nothing changed), WH_E_FULL.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/err.h"
#include "base/span.h"

/* Chunk sizes, in bytes of payload. Small ones are what an idle connection holds under a pending receive (a small frame
 * or the head of a large one); large ones take a burst of small frames, or a whole TLS record (16384 + 256 + 5) with
 * room, in one call. */
#define BUF_CHUNK_SMALL 2048u
#define BUF_CHUNK_LARGE 65536u
/* A large payload on its way out: one call into the kernel costs more than copying 64 KB, and half a megabyte still
 * lies in the nearer caches when the kernel copies it. Beside it there is room for what goes before, a frame's head. */
#define BUF_CHUNK_HUGE (8u * BUF_CHUNK_LARGE + BUF_CHUNK_SMALL)

struct buf_chunk;

struct buf {
    struct buf_chunk *head;
    struct buf_chunk *tail;
    struct buf_chunk *spare; /* the largest chunk that was emptied, kept for reuse, or NULL */
    size_t len;              /* bytes queued */
    size_t limit;            /* bytes it may ever hold */
};

void buf_init(struct buf *b, size_t limit);
void buf_clear(struct buf *b); /* drops the bytes and every chunk, the spare too */
void buf_trim(struct buf *b);  /* gives the spare back; an idle connection calls this */
/* The spare itself, if it is larger than BUF_CHUNK_LARGE, else NULL: the caller's, to give it to a buffer again. */
struct buf_chunk *buf_take_huge(struct buf *b);
void buf_give_spare(struct buf *b, struct buf_chunk *c); /* the smaller of two is freed */

static inline size_t buf_len(const struct buf *b)
{
    return b->len;
}

static inline size_t buf_room(const struct buf *b)
{
    return b->limit - b->len;
}

enum wh_err buf_append(struct buf *b, struct span s); /* all of s or nothing */
enum wh_err buf_append_str(struct buf *b, const char *s);

/*
 * Contiguous space at the tail for up to want bytes (want > 0): *p and *n (1 <= *n) describe it; a new chunk of at
 * least BUF_CHUNK_SMALL, at most BUF_CHUNK_LARGE payload bytes, or of BUF_CHUNK_HUGE for who wants more than that, is
 * made when the tail has less than want/2 (or 512 bytes, whichever is less) left. buf_commit makes the first n bytes of
 * it part of the queue; committing 0 is allowed and gives an unused empty chunk back. A small chunk is never made of a
 * large spare, which is given back instead: a connection that waits holds little. Between the two the buffer may be
 * consumed but not appended to.
 */
enum wh_err buf_reserve(struct buf *b, size_t want, uint8_t **p, size_t *n);
void buf_commit(struct buf *b, size_t n);

struct span buf_peek(const struct buf *b); /* the first contiguous run; n == 0 when empty */
size_t buf_spans(const struct buf *b, struct span *out, size_t max,
                 size_t *count);                     /* first runs, for a gathered send; returns their bytes */
void buf_consume(struct buf *b, size_t n);           /* n <= buf_len */
size_t buf_read(struct buf *b, void *dst, size_t n); /* copies and consumes min(n, len) */

/* Makes the first n bytes (n <= len, n <= BUF_CHUNK_LARGE) contiguous and returns them; *out untouched on WH_E_NOMEM.
 */
enum wh_err buf_pullup(struct buf *b, size_t n, struct span *out);

/* Moves all bytes of src behind those of dst by relinking chunks; WH_E_FULL moves nothing. */
enum wh_err buf_splice(struct buf *dst, struct buf *src);

#endif
