/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The chunk queue; the contract is in buf.h.
 *
 * A chunk's bytes lie in data[head..tail). Only the last chunk has room that is used (data[tail..size)), because
 * appending always continues there. A chunk that runs empty leaves the queue at once and becomes the spare or is freed,
 * with one exception: the last chunk while a reservation points into it (reserved), which leaves when the reservation
 * is committed.
 *
 * Growth: a new chunk is as large as what is to be written, at least BUF_CHUNK_SMALL and, once more than that is
 * queued, as large as the queue, so that many small appends need few chunks; never above BUF_CHUNK_LARGE.
 */
#include "base/buf.h"

#include "base/mem.h"

#include <assert.h>

struct buf_chunk {
    struct buf_chunk *next;
    size_t size, head, tail;
    bool reserved;
    uint8_t data[];
};

static size_t min_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* An empty chunk with room for size bytes: the spare when it is large enough. */
static struct buf_chunk *chunk_get(struct buf *b, size_t size)
{
    struct buf_chunk *c = b->spare;

    if (c && c->size >= size) {
        b->spare = NULL;
    } else {
        c = mem_alloc(sizeof *c + size);
        if (!c)
            return NULL;
        c->size = size;
    }
    c->next = NULL;
    c->head = c->tail = 0;
    c->reserved = false;
    return c;
}

/* Keeps the larger of c and the spare. */
static void chunk_put(struct buf *b, struct buf_chunk *c)
{
    if (!b->spare || b->spare->size < c->size) {
        mem_free(b->spare);
        b->spare = c;
    } else {
        mem_free(c);
    }
}

static size_t chunk_len(const struct buf_chunk *c)
{
    return c->tail - c->head;
}

static size_t chunk_room(const struct buf_chunk *c)
{
    return c ? c->size - c->tail : 0;
}

static size_t size_for(const struct buf *b, size_t n)
{
    size_t size = n > b->len ? n : b->len;

    if (size < BUF_CHUNK_SMALL)
        size = BUF_CHUNK_SMALL;
    return min_size(size, BUF_CHUNK_LARGE);
}

static void link_tail(struct buf *b, struct buf_chunk *c)
{
    if (b->tail)
        b->tail->next = c;
    else
        b->head = c;
    b->tail = c;
}

static void drop_head(struct buf *b)
{
    struct buf_chunk *c = b->head;

    b->head = c->next;
    if (!b->head)
        b->tail = NULL;
    chunk_put(b, c);
}

static void free_chunks(struct buf_chunk *c)
{
    while (c) {
        struct buf_chunk *next = c->next;

        mem_free(c);
        c = next;
    }
}

void buf_init(struct buf *b, size_t limit)
{
    b->head = b->tail = b->spare = NULL;
    b->len = 0;
    b->limit = limit;
}

void buf_clear(struct buf *b)
{
    free_chunks(b->head);
    b->head = b->tail = NULL;
    b->len = 0;
    buf_trim(b);
}

void buf_trim(struct buf *b)
{
    mem_free(b->spare);
    b->spare = NULL;
}

struct buf_chunk *buf_take_huge(struct buf *b)
{
    struct buf_chunk *c = b->spare;

    if (!c || c->size <= BUF_CHUNK_LARGE)
        return NULL;
    b->spare = NULL;
    return c;
}

void buf_give_spare(struct buf *b, struct buf_chunk *c)
{
    chunk_put(b, c);
}

static void put_bytes(struct buf_chunk *c, const uint8_t *p, size_t n)
{
    memcpy(c->data + c->tail, p, n);
    c->tail += n;
}

enum wh_err buf_append(struct buf *b, struct span s)
{
    struct buf_chunk *fresh = NULL, **link = &fresh;
    size_t here, rest;

    if (s.n > buf_room(b))
        return WH_E_FULL;
    if (!s.n)
        return WH_OK;
    assert(!b->tail || !b->tail->reserved);

    /* All memory first, so that a failure leaves nothing half done. */
    here = min_size(chunk_room(b->tail), s.n);
    for (rest = s.n - here; rest; rest -= min_size(rest, (*link)->size), link = &(*link)->next) {
        *link = chunk_get(b, size_for(b, rest));
        if (!*link) {
            free_chunks(fresh);
            return WH_E_NOMEM;
        }
    }

    b->len += s.n;
    if (here)
        put_bytes(b->tail, s.p, here);
    for (s = span_skip(s, here); s.n; s = span_skip(s, here)) {
        struct buf_chunk *c = fresh;

        fresh = c->next;
        c->next = NULL;
        here = min_size(s.n, c->size);
        put_bytes(c, s.p, here);
        link_tail(b, c);
    }
    return WH_OK;
}

enum wh_err buf_append_str(struct buf *b, const char *s)
{
    return buf_append(b, span_str(s));
}

/* Who wants more than a large chunk gets one that is as large as they come, whatever is wanted: it fits again. */
static size_t reserved_size(const struct buf *b, size_t want)
{
    if (want > BUF_CHUNK_LARGE)
        return min_size(b->limit, BUF_CHUNK_HUGE);
    return want < BUF_CHUNK_SMALL ? BUF_CHUNK_SMALL : want;
}

enum wh_err buf_reserve(struct buf *b, size_t want, uint8_t **p, size_t *n)
{
    size_t enough;

    assert(want > 0 && (!b->tail || !b->tail->reserved));
    want = min_size(want, buf_room(b));
    if (!want)
        return WH_E_FULL;

    enough = min_size(want / 2, 512);
    if (chunk_room(b->tail) < (enough ? enough : 1)) {
        size_t size = reserved_size(b, want);
        struct buf_chunk *c;

        /* Who asks for little means to wait with it, and must not wait with a large chunk in hand, used or spare. */
        if (size == BUF_CHUNK_SMALL && b->spare && b->spare->size > BUF_CHUNK_SMALL)
            buf_trim(b);
        c = chunk_get(b, size);
        if (!c)
            return WH_E_NOMEM;
        link_tail(b, c);
    }
    b->tail->reserved = true;
    *p = b->tail->data + b->tail->tail;
    *n = min_size(want, chunk_room(b->tail));
    return WH_OK;
}

void buf_commit(struct buf *b, size_t n)
{
    struct buf_chunk *c = b->tail, *before;

    assert(c && c->reserved && n <= chunk_room(c) && n <= buf_room(b));
    c->reserved = false;
    c->tail += n;
    b->len += n;
    if (chunk_len(c))
        return;

    /* Nothing came: an empty last chunk must not stay. It is the first one too, or stands behind chunks that hold
     * bytes. */
    if (c == b->head) {
        drop_head(b);
        return;
    }
    for (before = b->head; before->next != c; before = before->next)
        ;
    before->next = NULL;
    b->tail = before;
    chunk_put(b, c);
}

struct span buf_peek(const struct buf *b)
{
    return b->head ? span_make(b->head->data + b->head->head, chunk_len(b->head)) : span_make(NULL, 0);
}

size_t buf_spans(const struct buf *b, struct span *out, size_t max, size_t *count)
{
    size_t bytes = 0, i = 0;

    for (const struct buf_chunk *c = b->head; c && i < max && chunk_len(c); c = c->next) {
        out[i] = span_make(c->data + c->head, chunk_len(c));
        bytes += out[i++].n;
    }
    *count = i;
    return bytes;
}

void buf_consume(struct buf *b, size_t n)
{
    assert(n <= b->len);
    b->len -= n;
    while (n) {
        struct buf_chunk *c = b->head;
        size_t step = min_size(n, chunk_len(c));

        c->head += step;
        n -= step;
        if (!chunk_len(c) && !c->reserved)
            drop_head(b);
    }
}

size_t buf_read(struct buf *b, void *dst, size_t n)
{
    uint8_t *to = dst;
    size_t rest = n = min_size(n, b->len);

    while (rest) {
        struct span s = span_head(buf_peek(b), rest);

        memcpy(to, s.p, s.n);
        buf_consume(b, s.n);
        to += s.n;
        rest -= s.n;
    }
    return n;
}

enum wh_err buf_pullup(struct buf *b, size_t n, struct span *out)
{
    struct buf_chunk *c = b->head;

    assert(n <= b->len && n <= BUF_CHUNK_LARGE);
    if (n && chunk_len(c) < n) {
        /* The bytes go to a chunk of their own in front; what they stood in stays behind it with the rest. */
        size_t len = b->len;
        struct buf_chunk *front = chunk_get(b, n < BUF_CHUNK_SMALL ? BUF_CHUNK_SMALL : n);

        if (!front)
            return WH_E_NOMEM;
        front->tail = buf_read(b, front->data, n);
        front->next = b->head;
        b->head = front;
        if (!b->tail)
            b->tail = front;
        b->len = len;
        c = front;
    }
    *out = n ? span_make(c->data + c->head, n) : span_make(NULL, 0);
    return WH_OK;
}

enum wh_err buf_splice(struct buf *dst, struct buf *src)
{
    if (src->len > buf_room(dst))
        return WH_E_FULL;
    if (!src->len)
        return WH_OK;
    assert(!src->tail->reserved && (!dst->tail || !dst->tail->reserved));
    if (dst->tail)
        dst->tail->next = src->head;
    else
        dst->head = src->head;
    dst->tail = src->tail;
    dst->len += src->len;
    src->head = src->tail = NULL;
    src->len = 0;
    return WH_OK;
}
