/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The floors and the buffers between them; the contract is in chain.h.
 *
 * Floors are numbered from the bottom. Below floor 0 are the socket's buffers, below floor i the plain side of floor i
 * - 1. A turn repeats one pass from the bottom to the top as long as something moved, then moves bytes down. The passes
 * are bounded: each moves bytes out of a buffer that nothing refills, or changes a filter's state, which only goes
 * forward.
 */
#include "stack/chain.h"

#include <assert.h>

static struct buf *below_in(struct chain *c, size_t i)
{
    return i ? &c->floors[i - 1].up : &c->wire_in;
}

static struct buf *below_out(struct chain *c, size_t i)
{
    return i ? &c->floors[i - 1].down : &c->wire_out;
}

static bool below_ended(const struct chain *c, size_t i)
{
    return i ? c->floors[i - 1].ended : c->wire_ended;
}

void chain_init(struct chain *c, size_t in_limit, size_t out_limit)
{
    memset(c, 0, sizeof *c);
    buf_init(&c->wire_in, in_limit);
    buf_init(&c->wire_out, out_limit);
}

void chain_push(struct chain *c, struct filter *f)
{
    struct chain_floor *floor = &c->floors[c->count];

    assert(c->count < CHAIN_FLOORS_MAX);
    floor->filter = f;
    floor->ended = false;
    buf_init(&floor->up, c->wire_in.limit);
    buf_init(&floor->down, c->wire_out.limit);
    f->next = c->top;
    c->top = f;
    c->count++;
    c->eof = c->eof_clean = false;
}

void chain_destroy(struct chain *c)
{
    while (c->count) {
        struct chain_floor *floor = &c->floors[--c->count];

        floor->filter->ops->destroy(floor->filter);
        buf_clear(&floor->up);
        buf_clear(&floor->down);
    }
    c->top = NULL;
    buf_clear(&c->wire_in);
    buf_clear(&c->wire_out);
}

void chain_trim(struct chain *c)
{
    buf_trim(&c->wire_in);
    buf_trim(&c->wire_out);
    for (size_t i = 0; i < c->count; i++) {
        buf_trim(&c->floors[i].up);
        buf_trim(&c->floors[i].down);
    }
}

struct buf *chain_in(struct chain *c)
{
    return c->count ? &c->floors[c->count - 1].up : &c->wire_in;
}

struct buf *chain_out(struct chain *c)
{
    return c->count ? &c->floors[c->count - 1].down : &c->wire_out;
}

void chain_wire_eof(struct chain *c)
{
    c->wire_ended = true;
    if (!c->count)
        c->eof = c->eof_clean = true;
}

/* A peer that ends in the middle of a handshake has failed it. */
static enum wh_err handshake(struct chain *c, size_t i)
{
    struct filter *f = c->floors[i].filter;
    enum wh_err err = f->ops->handshake(f, below_in(c, i), below_out(c, i));

    if (err == WH_AGAIN && f->state == FILTER_HANDSHAKE && below_ended(c, i)) {
        f->state = FILTER_FAILED;
        f->error = err = WH_E_CLOSED;
    }
    return err;
}

/* Bytes of an open floor. Its end is believed once everything before it has been moved up. */
static enum wh_err receive(struct chain *c, size_t i)
{
    struct chain_floor *floor = &c->floors[i];
    struct filter *f = floor->filter;
    bool said = false;
    enum wh_err err;

    if (floor->ended)
        return WH_AGAIN;
    err = f->ops->recv(f, below_in(c, i), &floor->up, below_out(c, i), &said);
    if (err == WH_E_CLOSED && f->state != FILTER_FAILED) {
        floor->ended = true;
        err = WH_AGAIN;
    } else if (err == WH_AGAIN && below_ended(c, i) && buf_room(&floor->up)) {
        floor->ended = true;
    }
    if (floor->ended && i + 1 == c->count) {
        c->eof = true;
        c->eof_clean = said;
    }
    return err;
}

size_t chain_read(struct chain *c, uint8_t *p, size_t n)
{
    struct filter *f = c->top;
    size_t got = 0;
    bool said;

    if (c->count == 1 && f->state == FILTER_OPEN && !buf_len(&c->floors[0].up))
        (void)f->ops->read(f, &c->wire_in, p, n, &got, &c->wire_out, &said);
    return got;
}

/* One pass. WH_OK: something moved; WH_AGAIN: nothing did; or a floor's sticky error. */
static enum wh_err pass_up(struct chain *c)
{
    bool moved = false;

    for (size_t i = 0; i < c->count; i++) {
        struct filter *f = c->floors[i].filter;
        enum wh_err err = WH_AGAIN;

        if (f->state == FILTER_FAILED)
            return f->error;
        if (f->state == FILTER_HANDSHAKE)
            err = handshake(c, i);
        else if (f->state == FILTER_OPEN)
            err = receive(c, i);
        if (err != WH_OK && err != WH_AGAIN)
            return err;
        if (err == WH_OK)
            moved = true;
        /* Nothing flows above a floor that is not open. */
        if (f->state != FILTER_OPEN)
            break;
    }
    return moved ? WH_OK : WH_AGAIN;
}

/* Bytes that stand between floors, on their way down. */
static size_t waiting(const struct chain *c)
{
    size_t n = 0;

    for (size_t i = 0; i < c->count; i++)
        n += buf_len(&c->floors[i].down);
    return n;
}

/* A floor that cannot send now does not keep those below it from doing so. */
static enum wh_err pass_down(struct chain *c)
{
    enum wh_err result = WH_OK;

    for (size_t i = c->count; i-- > 0;) {
        struct filter *f = c->floors[i].filter;
        enum wh_err err = f->ops->send(f, &c->floors[i].down, below_out(c, i));

        if (err != WH_OK && (result == WH_OK || result == WH_AGAIN))
            result = err;
    }
    return result;
}

enum wh_err chain_send(struct chain *c)
{
    enum wh_err err;
    size_t before;

    /* A floor that was full may have been emptied by the one below it. */
    do {
        before = waiting(c);
        err = pass_down(c);
    } while (err == WH_AGAIN && c->count > 1 && waiting(c) != before);
    return err;
}

enum wh_err chain_turn(struct chain *c)
{
    enum wh_err up, down;

    do
        up = pass_up(c);
    while (up == WH_OK);
    /* Also behind an error: the alert that tells the peer may stand between two floors. */
    down = chain_send(c);
    if (up != WH_AGAIN)
        return up;
    if (down != WH_OK && down != WH_AGAIN)
        return down;
    return chain_open(c) ? WH_OK : WH_AGAIN;
}

bool chain_open(const struct chain *c)
{
    for (size_t i = 0; i < c->count; i++)
        if (c->floors[i].filter->state != FILTER_OPEN)
            return false;
    return true;
}

struct filter *chain_deciding(struct chain *c)
{
    for (size_t i = 0; i < c->count; i++)
        if (c->floors[i].filter->state == FILTER_DECISION)
            return c->floors[i].filter;
    return NULL;
}

enum wh_err chain_shutdown(struct chain *c)
{
    enum wh_err result = WH_OK;

    if (c->shut)
        return WH_OK;
    if (chain_open(c) && chain_send(c) == WH_AGAIN)
        return WH_AGAIN;
    c->shut = true;
    for (size_t i = c->count; i-- > 0;) {
        struct filter *f = c->floors[i].filter;
        enum wh_err err = WH_OK;

        if (f->state == FILTER_OPEN)
            err = f->ops->shutdown(f, below_out(c, i));
        if (err == WH_OK && i)
            err = c->floors[i - 1].filter->ops->send(c->floors[i - 1].filter, &c->floors[i - 1].down,
                                                     below_out(c, i - 1));
        if (err != WH_OK && result == WH_OK)
            result = err;
    }
    return result;
}
