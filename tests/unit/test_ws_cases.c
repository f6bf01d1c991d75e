/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The case table of RFC 6455 driven through the link (stack/x_ws.h): each row in many cuts, with large and small
 * receive buffers, with a Receive always waiting and with the read-ahead between, which must all look the same to the
 * program.
 */
#include "unit/harness.h"

#include "proto/ws_frame.h"
#include "stack/x_ws.h"
#include "unit/ws_case.h"

#include <stdio.h>

/* How the program receives. */
struct manner {
    const char *name;
    size_t cap;         /* its buffer */
    size_t ahead_limit; /* 0: a Receive always waits */
};

static const struct manner manners[] = {
    {"waiting, large buffer", 65536, 0},
    {"waiting, small buffer", 3, 0},
    {"read-ahead", 65536, 32768},
    {"small read-ahead, small buffer", 7, 48},
};

/* What came or went: kinds as in the table. */
struct record {
    char kind;
    int code;
    size_t at, n; /* payload, in bytes */
};

struct history {
    struct record list[1100];
    size_t count;
    struct ws_bytes bytes;
};

static struct history told, said;

static void remember(struct history *h, char kind, int code, size_t at)
{
    struct record r = {kind, code, at, h->bytes.n - at};

    if (CHECK(h->count < sizeof(h->list) / sizeof(h->list[0])))
        h->list[h->count++] = r;
}

static void forget(struct history *h)
{
    h->count = 0;
    h->bytes.n = 0;
}

struct program {
    const struct manner *manner;
    struct x_ws *link;
    struct buf in, out;
    uint8_t buffer[65536];
    size_t n;          /* of the Receive that waits */
    size_t message_at; /* where the message began in told.bytes */
    bool message_text, over;
};

static struct program prog;

static void count_up(void *dst, size_t n)
{
    static uint8_t next;

    for (size_t i = 0; i < n; i++)
        ((uint8_t *)dst)[i] = next++;
}

static void end(struct program *p, char kind, int code, struct span reason)
{
    told.bytes.n = p->message_at; /* a message that is not complete is not told */
    ws_bytes_add(&told.bytes, reason.p, reason.n);
    remember(&told, kind, code, p->message_at);
    p->over = true;
}

static void piece_came(struct program *p, const struct x_ws_piece *piece)
{
    struct span reason;
    uint16_t code;

    if (piece->kind == X_WS_CLOSE) {
        CHECK_INT(p->n, 0);
        CHECK_INT(x_ws_peer_status(p->link, &code, &reason), WH_OK);
        end(p, 'X', code, reason);
        CHECK_INT(x_ws_close(p->link, code, span_make(NULL, 0)), WH_OK);
        return;
    }
    CHECK(p->n > 0 || piece->fin);
    if (told.bytes.n > p->message_at)
        CHECK_INT(piece->text, p->message_text);
    p->message_text = piece->text;
    ws_bytes_add(&told.bytes, p->buffer, p->n);
    if (piece->fin) {
        remember(&told, piece->text ? 'T' : 'B', 0, p->message_at);
        p->message_at = told.bytes.n;
    }
    p->n = 0;
}

/* Receives until nothing more comes of it. */
static void receive_all(struct program *p)
{
    while (!p->over) {
        struct x_ws_piece piece;
        size_t n, cap = p->manner->cap - p->n;
        enum wh_err err = x_ws_receive(p->link, &p->in, p->buffer + p->n, cap, &n, &piece);

        CHECK(n <= cap);
        p->n += n;
        if (err == WH_OK) {
            piece_came(p, &piece);
        } else if (err == WH_AGAIN) {
            CHECK_INT(buf_len(&p->in), 0);
            return;
        } else {
            CHECK_INT(err, WH_E_RESPONSE);
            end(p, '!', 0, span_make(NULL, 0));
        }
    }
}

static void pump(struct program *p, bool last)
{
    enum wh_err err = WH_E_FULL;

    if (p->manner->ahead_limit && !p->n)
        err = x_ws_ahead(p->link, &p->in);
    if (err == WH_E_FULL || last)
        receive_all(p);
    if (err == WH_OK)
        CHECK_INT(buf_len(&p->in), 0);
    CHECK_INT(x_ws_flush(p->link, &p->out), WH_OK);
}

/* The frames in out, unmasked, as records. */
static void read_out(struct buf *out)
{
    static uint8_t wire[65536];
    size_t n = buf_read(out, wire, sizeof(wire));
    struct span s = span_make(wire, n);

    CHECK_INT(buf_len(out), 0);
    while (s.n) {
        struct ws_frame f;
        size_t used, at = said.bytes.n;
        enum wh_err err = ws_frame_decode(s, WS_CLIENT, &f, &used);

        if (!CHECK_INT(err, WH_OK) || !CHECK(f.fin && f.len <= s.n - used))
            return;
        ws_bytes_add(&said.bytes, s.p + used, (size_t)f.len);
        ws_frame_mask(said.bytes.p + at, said.bytes.p + at, (size_t)f.len, f.key, 0);
        s = span_skip(s, used + (size_t)f.len);
        if (f.opcode == WS_OP_PONG) {
            remember(&said, 'Q', 0, at);
        } else if (CHECK(f.opcode == WS_OP_CLOSE && f.len != 1)) {
            int code = f.len ? said.bytes.p[at] << 8 | said.bytes.p[at + 1] : 1005;

            remember(&said, 'X', code, f.len ? at + 2 : at);
        }
    }
}

static void compare(const struct history *h, const char *script)
{
    struct ws_item item;
    size_t i = 0;

    while (ws_item_next(&script, &item)) {
        for (size_t k = 0; k < item.count; k++, i++) {
            if (!CHECK(i < h->count))
                break;
            CHECK_INT(h->list[i].kind, item.kind);
            CHECK_INT(h->list[i].code, item.code);
            CHECK_SPAN(span_make(h->bytes.p + h->list[i].at, h->list[i].n), span_make(item.payload.p, item.payload.n));
        }
        ws_bytes_free(&item.payload);
    }
    CHECK_INT(h->count, i);
}

/* One run of a row: wire in pieces of first, then step bytes. */
static void run(const struct ws_case *row, const struct ws_bytes *wire, const struct manner *manner, size_t first,
                size_t step)
{
    struct x_ws_config cfg = {manner->ahead_limit, count_up};
    size_t at = 0, n = first;

    prog.manner = manner;
    prog.n = prog.message_at = 0;
    prog.over = false;
    forget(&told);
    forget(&said);
    buf_init(&prog.in, wire->n + 1);
    buf_init(&prog.out, 65536);
    CHECK_INT(x_ws_create(&cfg, &prog.link), WH_OK);
    do {
        n = n < wire->n - at ? n : wire->n - at;
        CHECK_INT(buf_append(&prog.in, span_make(wire->p + at, n)), WH_OK);
        at += n;
        n = step;
        pump(&prog, at == wire->n);
    } while (at < wire->n);
    read_out(&prog.out);
    compare(&told, row->delivered);
    compare(&said, row->sent);
    x_ws_destroy(prog.link);
    buf_clear(&prog.in);
    buf_clear(&prog.out);
}

/* Short rows in every cut, long ones in a few. */
static void run_row(const struct ws_case *row)
{
    struct ws_bytes wire = {NULL, 0, 0};
    char name[160];

    ws_script_render(row->server, &wire);
    harness_row(name);
    for (size_t m = 0; m < sizeof(manners) / sizeof(manners[0]); m++) {
        const struct manner *manner = &manners[m];

        snprintf(name, sizeof(name), "%s (%s), %s", row->id, row->source, manner->name);
        run(row, &wire, manner, wire.n, wire.n);
        if (wire.n <= 300) {
            run(row, &wire, manner, 1, 1);
            for (size_t cut = 1; cut < wire.n; cut++)
                run(row, &wire, manner, cut, wire.n);
        } else if (wire.n <= 80000) {
            for (size_t cut = 1; cut < 32; cut++)
                run(row, &wire, manner, cut, wire.n);
            run(row, &wire, manner, 3, 7);
        }
        if (wire.n > 1460)
            run(row, &wire, manner, 1460, 1460);
    }
    harness_row(NULL);
    ws_bytes_free(&wire);
}

/* Whole, and byte by byte. */
static void run_row_twice(const struct ws_case *row)
{
    struct ws_bytes wire = {NULL, 0, 0};

    ws_script_render(row->server, &wire);
    harness_row(row->server);
    for (size_t m = 0; m < sizeof(manners) / sizeof(manners[0]); m++) {
        run(row, &wire, &manners[m], wire.n, wire.n);
        run(row, &wire, &manners[m], 1, 1);
    }
    harness_row(NULL);
    ws_bytes_free(&wire);
}

static bool is_large(const struct ws_case *row)
{
    return strncmp(row->id, "size-", 5) == 0 || strncmp(row->id, "fragments-65537", 15) == 0;
}

static void small_rows(void)
{
    for (size_t i = 0; i < ws_case_count; i++)
        if (!is_large(&ws_cases[i]))
            run_row(&ws_cases[i]);
}

/* ---- rows made of the text table, and of numbers ---- */

static void add(struct ws_bytes *script, const char *s)
{
    ws_bytes_add(script, s, strlen(s));
}

/* A frame of text in the language of the table. */
static void add_text(struct ws_bytes *script, const char *kind, const char *s, size_t n)
{
    char escaped[8];

    add(script, kind);
    add(script, "\"");
    for (size_t i = 0; i < n; i++) {
        snprintf(escaped, sizeof(escaped), "\\x%02x", (uint8_t)s[i]);
        add(script, escaped);
    }
    add(script, "\"");
}

/* The text in two frames with a ping between them, cut at every place; cut n + 1: in one frame. */
static void text_row(const struct ws_utf8_case *u, size_t cut)
{
    struct ws_bytes server = {NULL, 0, 0}, delivered = {NULL, 0, 0};
    bool bad = u->first_bad != WS_UTF8_VALID;
    bool early = u->first_bad >= 0 && (size_t)u->first_bad < cut; /* the ping is not reached */
    struct ws_case row = {"text", u->source, NULL, "!", bad ? "Q\"p\" X1007" : "Q\"p\""};

    if (cut > u->n) {
        add_text(&server, "T", u->bytes, u->n);
        row.sent = bad ? "X1007" : "";
    } else {
        add_text(&server, "t", u->bytes, cut);
        add(&server, " P\"p\" ");
        add_text(&server, "C", u->bytes + cut, u->n - cut);
    }
    if (early)
        row.sent = "X1007";
    if (!bad)
        add_text(&delivered, "T", u->bytes, u->n);
    ws_bytes_add(&server, "", 1);
    ws_bytes_add(&delivered, "", 1);
    row.server = (const char *)server.p;
    if (!bad)
        row.delivered = (const char *)delivered.p;
    if (cut > u->n)
        run_row(&row);
    else
        run_row_twice(&row);
    ws_bytes_free(&server);
    ws_bytes_free(&delivered);
}

static void text_rows(void)
{
    CHECK(ws_utf8_case_count >= 140);
    for (size_t i = 0; i < ws_utf8_case_count; i++)
        for (size_t cut = 0; cut <= ws_utf8_cases[i].n + 1; cut++)
            text_row(&ws_utf8_cases[i], cut);
}

/* RFC 6455 section 7.4 with the registry as it is, said once more: what a close frame may carry. */
static bool code_is_good(unsigned code)
{
    return (code >= 1000 && code <= 1014 && !(code >= 1004 && code <= 1006)) || (code >= 3000 && code <= 4999);
}

static void close_codes(void)
{
    for (unsigned code = 0; code <= 5000; code++)
        for (unsigned reason = 0; reason < 2; reason++) {
            char server[32], x[8], told_x[16];
            struct ws_case row = {"close code", "7.4", server, "!", "X1002"};

            snprintf(server, sizeof(server), "=%s%04x%s", reason ? "8805" : "8802", code, reason ? "627965" : "");
            snprintf(x, sizeof(x), "X%u", code);
            snprintf(told_x, sizeof(told_x), "%s%s", x, reason ? "\"bye\"" : "");
            if (code_is_good(code)) {
                row.delivered = told_x;
                row.sent = x;
            }
            run_row_twice(&row);
        }
}

static void large_rows(void)
{
    for (size_t i = 0; i < ws_case_count; i++)
        if (is_large(&ws_cases[i]))
            run_row(&ws_cases[i]);
    ws_bytes_free(&told.bytes);
    ws_bytes_free(&said.bytes);
}

static const struct test tests[] = {
    {"RFC 6455: every row of the case table, in every cut and manner of receiving", small_rows},
    {"8.1, D4: every text of the UTF-8 table, in one frame in every cut, and in two frames cut anywhere", text_rows},
    {"7.4: close codes 0 to 5000, with a reason and without", close_codes},
    {"RFC 6455: messages of 64 KB to 16 MB, and of 65,537 fragments", large_rows},
};

HARNESS_MAIN(tests)
