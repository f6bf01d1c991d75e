/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the rows of the case table; the language is described in ws_case.h. */
#include "ws_case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct ws_case ws_cases[] = {
#define WS_CASE(id, source, server, delivered, sent) {id, source, server, delivered, sent},
#include "ws_cases.inc"
#undef WS_CASE
};
const size_t ws_case_count = sizeof(ws_cases) / sizeof(ws_cases[0]);

const struct ws_utf8_case ws_utf8_cases[] = {
#define WS_UTF8(source, bytes, first_bad) {source, bytes, sizeof(bytes) - 1, first_bad},
#include "ws_utf8_cases.inc"
#undef WS_UTF8
};
const size_t ws_utf8_case_count = sizeof(ws_utf8_cases) / sizeof(ws_utf8_cases[0]);

static void bad_row(const char *at)
{
    fprintf(stderr, "case table: cannot read: %s\n", at);
    abort();
}

void ws_bytes_add(struct ws_bytes *b, const void *p, size_t n)
{
    if (n > b->cap - b->n) {
        b->cap = b->cap * 2 > b->n + n ? b->cap * 2 : b->n + n;
        b->p = realloc(b->p, b->cap);
        if (!b->p)
            bad_row("out of memory");
    }
    if (n)
        memcpy(b->p + b->n, p, n);
    b->n += n;
}

void ws_bytes_free(struct ws_bytes *b)
{
    free(b->p);
    memset(b, 0, sizeof(*b));
}

static size_t number(const char **s)
{
    char *end;
    unsigned long long v;

    if (**s < '0' || **s > '9')
        bad_row(*s);
    v = strtoull(*s, &end, 10);
    *s = end;
    return (size_t)v;
}

static uint8_t hex_byte(const char **s)
{
    static const char digits[] = "0123456789abcdef";
    const char *high = (*s)[0] ? strchr(digits, (*s)[0]) : NULL;
    const char *low = high && (*s)[1] ? strchr(digits, (*s)[1]) : NULL;

    if (!low)
        bad_row(*s);
    *s += 2;
    return (uint8_t)((high - digits) << 4 | (low - digits));
}

static void quoted(const char **s, struct ws_bytes *out)
{
    const char *p = *s + 1;

    while (*p != '"') {
        uint8_t c = (uint8_t)*p++;

        if (!c)
            bad_row(*s);
        if (c == '\\' && *p == 'x') {
            p++;
            c = hex_byte(&p);
        } else if (c == '\\') {
            c = (uint8_t)*p++;
        }
        ws_bytes_add(out, &c, 1);
    }
    *s = p + 1;
}

static void pattern(const char **s, struct ws_bytes *out)
{
    size_t n;

    ++*s;
    n = number(s);
    for (size_t i = 0; i < n; i++) {
        uint8_t c = (uint8_t)('a' + i % 26);

        ws_bytes_add(out, &c, 1);
    }
}

static void part(const char **s, struct ws_bytes *payload)
{
    struct ws_bytes one = {NULL, 0, 0};
    size_t times = 1;

    if (**s == '"')
        quoted(s, &one);
    else
        pattern(s, &one);
    if (**s == '^') {
        ++*s;
        times = number(s);
    }
    while (times--)
        ws_bytes_add(payload, one.p, one.n);
    ws_bytes_free(&one);
}

bool ws_item_next(const char **script, struct ws_item *item)
{
    const char *s = *script;

    memset(item, 0, sizeof(*item));
    item->count = 1;
    while (*s == ' ')
        s++;
    if (!*s) {
        *script = s;
        return false;
    }
    item->kind = *s++;
    if (!strchr("TtBbCcPQX=!", item->kind))
        bad_row(s - 1);
    if (item->kind == '=') {
        while (*s && *s != ' ' && *s != '{') {
            uint8_t c = hex_byte(&s);

            ws_bytes_add(&item->payload, &c, 1);
        }
    }
    if (item->kind == 'X')
        item->code = *s >= '0' && *s <= '9' ? (int)number(&s) : 1005;
    if (*s == '"' || *s == '*')
        part(&s, &item->payload);
    while (*s == '+') {
        s++;
        part(&s, &item->payload);
    }
    if (*s == '{') {
        s++;
        item->count = number(&s);
        if (*s++ != '}')
            bad_row(s - 1);
    }
    if (*s && *s != ' ')
        bad_row(s);
    *script = s;
    return true;
}

static uint8_t first_byte(char kind)
{
    switch (kind) {
    case 'T':
        return 0x81;
    case 't':
        return 0x01;
    case 'B':
        return 0x82;
    case 'b':
        return 0x02;
    case 'C':
        return 0x80;
    case 'c':
        return 0x00;
    case 'P':
        return 0x89;
    case 'Q':
        return 0x8A;
    default:
        return 0x88;
    }
}

/* Written out here, not by the encoder under test. */
static void frame(const struct ws_item *item, struct ws_bytes *wire)
{
    bool code = item->kind == 'X' && item->code != 1005;
    size_t n = item->payload.n + (code ? 2 : 0);
    uint8_t head[12] = {first_byte(item->kind)};
    size_t used = 2;

    if (n < 126) {
        head[1] = (uint8_t)n;
    } else if (n < 65536) {
        head[1] = 126;
        head[used++] = (uint8_t)(n >> 8);
        head[used++] = (uint8_t)n;
    } else {
        head[1] = 127;
        for (int shift = 56; shift >= 0; shift -= 8)
            head[used++] = (uint8_t)((uint64_t)n >> shift);
    }
    if (code) {
        head[used++] = (uint8_t)(item->code >> 8);
        head[used++] = (uint8_t)item->code;
    }
    ws_bytes_add(wire, head, used);
    ws_bytes_add(wire, item->payload.p, item->payload.n);
}

void ws_script_render(const char *script, struct ws_bytes *wire)
{
    struct ws_item item;

    while (ws_item_next(&script, &item)) {
        for (size_t i = 0; i < item.count; i++) {
            if (item.kind == '=')
                ws_bytes_add(wire, item.payload.p, item.payload.n);
            else
                frame(&item, wire);
        }
        ws_bytes_free(&item.payload);
    }
}
