/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* stack/x_h1.h: whole answers in every cut; interim heads, upgrade, reuse (SEMANTICS R16-R21, CN2-CN7, B3-B16). */
#include "harness.h"

#include "base/mem.h"
#include "stack/x_h1.h"

#include <stdio.h>

enum { NO_BODY = 1, UPGRADE = 2, REQUEST_CLOSE = 4, END = 8 };

/* heads: status of each head handed out, as decimal text; want: how it ends; left: what stays in the buffer. END: the
 * peer ends. */
struct row {
    const char *id;
    unsigned flags;
    const char *text;
    const char *heads;
    enum wh_err want;
    const char *body, *left;
    bool reusable;
};

#define OK200 "HTTP/1.1 200 OK\r\n"

static const struct row rows[] = {
    {"CN4", 0, OK200 "Content-Length: 5\r\n\r\nhelloNEXT", "200 ", WH_OK, "hello", "NEXT", true},
    {"CN3", 0, OK200 "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nN", "200 ", WH_OK, "abc", "N", true},
    {"CN6", 0, OK200 "Content-Length: 1\r\nConnection: close\r\n\r\na", "200 ", WH_OK, "a", "", false},
    {"CN7", REQUEST_CLOSE, OK200 "Content-Length: 0\r\n\r\n", "200 ", WH_OK, "", "", false},
    {"B7", NO_BODY, OK200 "Content-Length: 100\r\n\r\n", "200 ", WH_OK, "", "", true},
    {"R19", 0, "HTTP/1.1 304 Not Modified\r\n\r\nN", "304 ", WH_OK, "", "N", true},
    {"R20", 0, "HTTP/1.1 204 No Content\r\n\r\n", "204 ", WH_OK, "", "", true},
    {"B10", END, OK200 "\r\nuntil the end", "200 ", WH_OK, "until the end", "", false},
    {"R18", END, OK200 "Content-Length: 9\r\n\r\n", "200 ", WH_E_CLOSED, "", "", false},
    {"100, 103, 200", 0,
     "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" OK200 "Content-Length: 1\r\n\r\na",
     "100 103 200 ", WH_OK, "a", "", true},
    {"R21", UPGRADE, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x02hi", "101 ", WH_OK, "",
     "\x81\x02hi", false},
    {"100, then 101", UPGRADE, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 101 S\r\n\r\nX", "100 101 ", WH_OK, "", "X",
     false},
    {"upgrade refused", UPGRADE, "HTTP/1.1 400 Bad\r\nContent-Length: 2\r\n\r\nno", "400 ", WH_OK, "no", "", true},
    {"101 without a wish", 0, "HTTP/1.1 101 S\r\n\r\n", "", WH_E_RESPONSE, "", NULL, false},
    {"R16", 0, "<html></html>", "", WH_E_RESPONSE, "", NULL, false},
    {"lengths differ", 0, OK200 "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", "", WH_E_RESPONSE, "", NULL, false},
    {"ended before the head", END, "", "", WH_E_CLOSED, "", NULL, false},
    {"ended inside the head", END, "HTTP/1.1 200 OK\r\nA: 1\r\n", "", WH_E_CLOSED, "", NULL, false},
    {"ended behind an interim head", END, "HTTP/1.1 100 Continue\r\n\r\n", "100 ", WH_E_CLOSED, "", NULL, false},
    {"not yet", 0, OK200 "Content-Length: 5\r\n\r\nhel", "200 ", WH_AGAIN, "hel", "", false},
    {"bad chunk", 0, OK200 "Transfer-Encoding: chunked\r\n\r\nzz\r\n", "200 ", WH_E_RESPONSE, "", NULL, false},
};

struct seen {
    char heads[32], body[64];
    size_t heads_n, body_n;
    bool final;
};

static enum wh_err pump(struct exchange *x, struct buf *in, bool eof, struct seen *seen)
{
    const struct http_head *head;
    bool interim;
    struct span s;
    enum wh_err err;

    while (!seen->final) {
        err = x->ops->head(x, in, eof, &head, &interim);
        if (err != WH_OK)
            return err;
        seen->heads_n += (size_t)snprintf(seen->heads + seen->heads_n, 8, "%u ", head->status);
        seen->final = !interim;
        CHECK(!x->ops->done(x) || seen->final);
    }
    while ((err = x->ops->body_peek(x, in, eof, &s)) == WH_OK && s.n) {
        CHECK(x->ops->body_due(x) >= s.n);
        memcpy(seen->body + seen->body_n, s.p, s.n);
        seen->body_n += s.n;
        x->ops->body_take(x, in, s.n);
    }
    return err;
}

/* Of s what is due lands with the caller, as long as nothing is queued; answers the rest. */
static struct span land(struct exchange *x, struct buf *in, struct span s, struct seen *seen)
{
    while (s.n && !buf_len(in) && x->ops->body_due(x)) {
        struct span now = span_head(s, x->ops->body_due(x) < s.n ? (size_t)x->ops->body_due(x) : s.n);

        memcpy(seen->body + seen->body_n, now.p, now.n);
        seen->body_n += now.n;
        x->ops->body_landed(x, in, now.n);
        s = span_skip(s, now.n);
    }
    return s;
}

/* Every other piece is queued whole. */
static void feed(const struct span *pieces, size_t count, void *ctx)
{
    const struct row *r = ctx;
    struct x_h1_config cfg = {r->flags & NO_BODY, r->flags & UPGRADE, r->flags & REQUEST_CLOSE, 4096, 50};
    struct seen seen = {.heads_n = 0};
    enum wh_err err = WH_AGAIN;
    struct exchange *x = NULL;
    struct span left;
    struct buf in;
    bool ok;

    buf_init(&in, 1u << 16);
    CHECK_INT(x_h1_create(&cfg, &x), WH_OK);
    for (size_t i = 0; i < count; i++) {
        feed_chunk(&in, i % 2 && err == WH_AGAIN ? land(x, &in, pieces[i], &seen) : pieces[i]);
        if (err == WH_AGAIN)
            err = pump(x, &in, (r->flags & END) && i + 1 == count, &seen);
    }
    ok = CHECK_INT(err, r->want);
    ok = CHECK_STR(span_make(seen.heads, seen.heads_n), r->heads) && ok;
    ok = CHECK_STR(span_make(seen.body, seen.body_n), r->body) && ok;
    ok = CHECK_INT(x->ops->done(x), r->want == WH_OK) && ok;
    ok = CHECK_INT(x->ops->reusable(x), r->reusable) && ok;
    if (r->left) {
        ok = CHECK_INT(buf_pullup(&in, buf_len(&in), &left), WH_OK) && ok;
        ok = CHECK_STR(left, r->left) && ok;
    }
    if (!ok)
        printf("#   in row \"%s\"\n", r->id);
    x->ops->destroy(x);
    buf_clear(&in);
}

static void table(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        feed_all_ways(span_str(rows[i].text), feed, (void *)(uintptr_t)&rows[i]);
}

static void head_content(void)
{
    struct x_h1_config cfg = {false, false, false, 4096, 50};
    const struct http_head *head, *same;
    struct exchange *x = NULL;
    bool interim = true, known = true;
    struct span v;
    struct buf in;

    buf_init(&in, 4096);
    CHECK_INT(x_h1_create(&cfg, &x), WH_OK);
    CHECK_INT(x->ops->body_peek(x, &in, false, &v), WH_E_STATE);
    CHECK_INT(x->ops->body_left(x, &known), 0);
    CHECK(!known && !x->ops->done(x));
    buf_append_str(&in, "HTTP/1.0 299 Very Fine\r\nA: 1\r\nContent-Length: 7\r\n\r\nab");
    CHECK_INT(x->ops->head(x, &in, false, &head, &interim), WH_OK);
    CHECK(!interim);
    CHECK_INT(head->minor, 0);
    CHECK_STR(head->reason, "Very Fine");
    CHECK(hdr_get(&head->fields, "a", &v));
    CHECK_STR(v, "1");
    CHECK_INT(x->ops->head(x, &in, false, &same, &interim), WH_OK);
    CHECK(same == head && !interim);
    CHECK_INT(x->ops->body_left(x, &known), 7);
    CHECK(known);
    x->ops->body_take(x, &in, 0);
    CHECK_INT(x->ops->body_peek(x, &in, false, &v), WH_OK);
    x->ops->body_take(x, &in, 2);
    CHECK_INT(x->ops->body_left(x, &known), 5);
    x->ops->destroy(x);
    buf_clear(&in);
}

static void limits(void)
{
    struct x_h1_config cfg = {false, false, false, 40, 2};
    const struct http_head *head;
    enum wh_err err = WH_OK;
    struct exchange *x;
    unsigned heads = 0;
    bool interim;
    struct buf in;

    buf_init(&in, 1u << 20);
    CHECK_INT(x_h1_create(&cfg, &x), WH_OK);
    buf_append_str(&in, "HTTP/1.1 200 OK\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n");
    CHECK_INT(x->ops->head(x, &in, false, &head, &interim), WH_E_HEADER_COUNT);
    CHECK_INT(x->ops->head(x, &in, false, &head, &interim), WH_E_HEADER_COUNT);
    CHECK_INT(x->ops->body_peek(x, &in, false, &(struct span){0}), WH_E_HEADER_COUNT);
    x->ops->destroy(x);
    buf_clear(&in);

    CHECK_INT(x_h1_create(&cfg, &x), WH_OK);
    buf_append_str(&in, "HTTP/1.1 200 OK\r\nA: 0123456789012345678901234567890123456789\r\n\r\n");
    CHECK_INT(x->ops->head(x, &in, false, &head, &interim), WH_E_HEADER_SIZE);
    x->ops->destroy(x);
    buf_clear(&in);

    harness_row("a peer cannot go on saying nothing for ever");
    CHECK_INT(x_h1_create(&cfg, &x), WH_OK);
    while (err == WH_OK && heads < 10000) {
        buf_append_str(&in, "HTTP/1.1 102 Processing\r\n\r\n");
        err = x->ops->head(x, &in, false, &head, &interim);
        heads++;
    }
    CHECK_INT(err, WH_E_RESPONSE);
    CHECK_INT(heads, 257);
    x->ops->destroy(x);
    buf_clear(&in);
}

static enum wh_err converse(void *ctx)
{
    struct x_h1_config cfg = {false, false, false, 4096, 50};
    struct seen seen = {.heads_n = 0};
    struct exchange *x = NULL;
    enum wh_err err;
    struct buf in;

    (void)ctx;
    buf_init(&in, 4096);
    err = x_h1_create(&cfg, &x);
    if (err == WH_OK)
        err = buf_append_str(&in,
                             "HTTP/1.1 100 C\r\n\r\n" OK200 "A: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0;");
    if (err == WH_OK)
        err = pump(x, &in, false, &seen);
    if (err == WH_AGAIN)
        err = buf_append_str(&in, "x\r\nT: 1\r\n\r\n");
    if (err == WH_OK)
        err = pump(x, &in, false, &seen);
    if (x)
        x->ops->destroy(x);
    buf_clear(&in);
    return err;
}

static void no_memory(void)
{
    each_allocation_fails(converse, NULL);
}

static const struct test tests[] = {
    {"SEMANTICS R16-R21, CN2-CN7, B7-B10: whole answers in every cut", table},
    {"the head's content stays; the announced rest is counted", head_content},
    {"limits of a head, and of heads that answer nothing", limits},
    {"each allocation may fail", no_memory},
};

HARNESS_MAIN(tests)
