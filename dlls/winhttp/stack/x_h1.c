/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The answer on an HTTP/1 connection: joins h1_head, h1_rules and h1_body; the contract is in exchange.h and x_h1.h.
 *
 * States: HEAD (a head is being read) -> INTERIM (one that answers nothing was handed out: the next call begins anew)
 * -> HEAD ... -> BODY. INTERIM_MAX bounds what a peer can make us read before it answers; a server that says "102
 * Processing" every 20 seconds may go on for more than an hour.
 *
 * Threads: the connection's lock. Ownership: the object owns heads and trailers. Errors: exchange.h; a failed head or
 * body stays failed.
 */
#include "stack/x_h1.h"

#include "base/list.h"
#include "base/mem.h"
#include "proto/h1_body.h"
#include "proto/h1_head.h"
#include "proto/h1_rules.h"

#include <assert.h>

#define INTERIM_MAX 256u

enum x_h1_state { X_H1_HEAD, X_H1_INTERIM, X_H1_BODY, X_H1_FAILED };

struct x_h1 {
    struct exchange base;
    struct x_h1_config cfg;
    enum x_h1_state state;
    enum wh_err error; /* FAILED: why */
    unsigned interims;
    struct h1_head parser;
    struct http_head head; /* what was handed out last; reason lies in the parser */
    bool keep_alive;
    bool has_body; /* body is initialised */
    struct h1_body body;
};

static struct x_h1 *x_h1_of(struct exchange *x)
{
    return container_of(x, struct x_h1, base);
}

static const struct x_h1 *x_h1_of_const(const struct exchange *x)
{
    return (const struct x_h1 *)(const void *)((const char *)x - offsetof(struct x_h1, base));
}

static enum wh_err fail(struct x_h1 *x, enum wh_err err)
{
    x->state = X_H1_FAILED;
    x->error = err;
    return err;
}

/* Takes the finished head out of the parser. */
static void take_head(struct x_h1 *x)
{
    hdr_clear(&x->head.fields);
    hdr_move(&x->head.fields, &x->parser.f.fields);
    x->head.status = x->parser.status;
    x->head.minor = x->parser.minor;
    x->head.reason = span_make(x->parser.reason, x->parser.reason_n);
}

/* Decides what follows the head; WH_OK or what is wrong with it. */
static enum wh_err plan(struct x_h1 *x, bool *interim)
{
    struct h1_request rq = {x->cfg.no_body, false, x->cfg.request_close};
    unsigned status = x->head.status;
    struct h1_plan p;
    enum wh_err err;

    *interim = status < 200 && status != 101;
    if (*interim) {
        x->state = X_H1_INTERIM;
        return ++x->interims > INTERIM_MAX ? WH_E_RESPONSE : WH_OK;
    }
    /* Nobody asked for another protocol, and nobody here could speak it. */
    if (status == 101 && !x->cfg.upgrade)
        return WH_E_RESPONSE;
    err = h1_rules_plan(&rq, status, x->head.minor, &x->head.fields, &p);
    if (err != WH_OK)
        return err;
    x->keep_alive = p.keep_alive;
    h1_body_init(&x->body, p.framing, p.length);
    x->has_body = true;
    x->state = X_H1_BODY;
    return WH_OK;
}

static enum wh_err x_h1_head(struct exchange *base, struct buf *in, bool eof, const struct http_head **head,
                             bool *interim)
{
    struct x_h1 *x = x_h1_of(base);
    bool more = false;
    enum wh_err err;

    if (x->state == X_H1_FAILED)
        return x->error;
    if (x->state == X_H1_INTERIM) {
        h1_head_reset(&x->parser);
        x->state = X_H1_HEAD;
    }
    if (x->state == X_H1_HEAD) {
        err = h1_head_read(&x->parser, in);
        if (err == WH_AGAIN)
            return eof ? fail(x, WH_E_CLOSED) : WH_AGAIN;
        if (err != WH_OK)
            return fail(x, err);
        take_head(x);
        err = plan(x, &more);
        if (err != WH_OK)
            return fail(x, err);
    }
    *head = &x->head;
    *interim = more;
    return WH_OK;
}

static enum wh_err x_h1_body_peek(struct exchange *base, struct buf *in, bool eof, struct span *out)
{
    struct x_h1 *x = x_h1_of(base);

    if (x->state == X_H1_FAILED)
        return x->error;
    if (x->state != X_H1_BODY)
        return WH_E_STATE;
    return h1_body_peek(&x->body, in, eof, out);
}

static void x_h1_body_take(struct exchange *base, struct buf *in, size_t n)
{
    struct x_h1 *x = x_h1_of(base);

    assert(x->state == X_H1_BODY);
    h1_body_take(&x->body, in, n);
}

static uint64_t x_h1_body_due(const struct exchange *base)
{
    const struct x_h1 *x = x_h1_of_const(base);

    return x->state == X_H1_BODY ? h1_body_due(&x->body) : 0;
}

static void x_h1_body_landed(struct exchange *base, struct buf *in, size_t n)
{
    h1_body_landed(&x_h1_of(base)->body, in, n);
}

static bool x_h1_done(const struct exchange *base)
{
    const struct x_h1 *x = x_h1_of_const(base);

    return x->state == X_H1_BODY && h1_body_done(&x->body);
}

static bool x_h1_begun(const struct exchange *base)
{
    const struct x_h1 *x = x_h1_of_const(base);

    return x->interims || x->parser.lines.bytes;
}

static bool x_h1_keeps(const struct exchange *base)
{
    const struct x_h1 *x = x_h1_of_const(base);

    return x->state == X_H1_BODY && x->keep_alive;
}

static bool x_h1_reusable(const struct exchange *base)
{
    return x_h1_done(base) && x_h1_keeps(base);
}

static uint64_t x_h1_body_left(const struct exchange *base, bool *known)
{
    const struct x_h1 *x = x_h1_of_const(base);

    if (x->state == X_H1_BODY)
        return h1_body_left(&x->body, known);
    *known = false;
    return 0;
}

static void x_h1_destroy(struct exchange *base)
{
    struct x_h1 *x = x_h1_of(base);

    if (x->has_body)
        h1_body_clear(&x->body);
    h1_head_clear(&x->parser);
    hdr_clear(&x->head.fields);
    mem_free(x);
}

static const struct exchange_ops x_h1_ops = {
    .name = "HTTP/1",
    .head = x_h1_head,
    .body_peek = x_h1_body_peek,
    .body_take = x_h1_body_take,
    .body_due = x_h1_body_due,
    .body_landed = x_h1_body_landed,
    .done = x_h1_done,
    .begun = x_h1_begun,
    .keeps = x_h1_keeps,
    .reusable = x_h1_reusable,
    .body_left = x_h1_body_left,
    .destroy = x_h1_destroy,
};

enum wh_err x_h1_create(const struct x_h1_config *cfg, struct exchange **out)
{
    struct x_h1 *x = mem_zalloc(sizeof *x);

    if (!x)
        return WH_E_NOMEM;
    x->base.ops = &x_h1_ops;
    x->cfg = *cfg;
    x->state = X_H1_HEAD;
    h1_head_init(&x->parser, cfg->max_head, cfg->max_count);
    hdr_init(&x->head.fields, 0, 0);
    *out = &x->base;
    return WH_OK;
}
