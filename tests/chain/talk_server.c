/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Kernel, server and logs of a conversation; see talk_server.h. */
#include "chain/talk_server.h"

#include "proto/ws_frame.h"
#include "unit/harness.h"
#include "unit/ws_case.h"

#include <stdio.h>
#include <stdlib.h>

#define SHORT 40u /* payload that is written out in a log */

static void must(bool ok)
{
    if (!ok)
        exit(99);
}

/* ---- logs ---- */

const char *talk_error_name(enum wh_err err)
{
    switch (err) {
    case WH_E_RESPONSE:
        return "response";
    case WH_E_CLOSED:
        return "closed";
    case WH_E_TIMEOUT:
        return "timeout";
    case WH_E_TLS:
        return "tls";
    case WH_E_CANCELLED:
        return "cancelled";
    default:
        return "unexpected";
    }
}

void talk_note(const struct talk *t, struct talk_log *log, const char *entry)
{
    char at[32] = "";
    int n;

    if (t->now != log->at)
        snprintf(at, sizeof(at), "@%llu ", (unsigned long long)t->now);
    log->at = t->now;
    n = snprintf(log->text + log->n, TALK_LOG - log->n, "%s%s%s", log->n ? " " : "", at, entry);
    must(n > 0 && (size_t)n < TALK_LOG - log->n);
    log->n += (size_t)n;
}

static bool is_pattern(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] != 'a' + i % 26)
            return false;
    return true;
}

void talk_note_frame(const struct talk *t, struct talk_log *log, char kind, uint16_t code, struct span payload)
{
    char entry[64 + SHORT], number[8] = "";

    if (kind == 'X' && code != 1005)
        snprintf(number, sizeof(number), "%u", code);
    if (payload.n > SHORT) {
        CHECK(is_pattern(payload));
        snprintf(entry, sizeof(entry), "%c%s*%zu", kind, number, payload.n);
    } else if (payload.n) {
        snprintf(entry, sizeof(entry), "%c%s\"%.*s\"", kind, number, (int)payload.n, (const char *)payload.p);
    } else {
        snprintf(entry, sizeof(entry), "%c%s", kind, number);
    }
    talk_note(t, log, entry);
}

void talk_check(struct talk_log *log, const char *want)
{
    CHECK_SPAN(span_make(log->text, log->n), span_str(want));
    log->n = 0;
}

/* ---- the server's ear ---- */

static bool hear_head(struct talk *t)
{
    struct span s;
    const char *end;

    must(!buf_pullup(&t->heard, buf_len(&t->heard), &s));
    for (size_t i = 4; i <= s.n; i++) {
        end = (const char *)s.p + i;
        if (memcmp(end - 4, "\r\n\r\n", 4) == 0) {
            CHECK(span_equal(span_head(s, 19), span_str("GET /talk HTTP/1.1\r")) || s.n < 19);
            buf_consume(&t->heard, i);
            return true;
        }
    }
    return false;
}

static char frame_kind(const struct ws_frame *f)
{
    switch (f->opcode) {
    case WS_OP_TEXT:
        return f->fin ? 'T' : 't';
    case WS_OP_BINARY:
        return f->fin ? 'B' : 'b';
    case WS_OP_CONTINUATION:
        return f->fin ? 'C' : 'c';
    case WS_OP_PING:
        return 'P';
    case WS_OP_PONG:
        return 'Q';
    default:
        return 'X';
    }
}

/* One whole frame, unmasked; false: there is none yet. */
static bool hear_frame(struct talk *t)
{
    struct ws_frame f;
    struct span s, payload;
    uint16_t code = 1005;
    uint8_t *copy;
    size_t used;
    enum wh_err err;

    must(!buf_pullup(&t->heard, buf_len(&t->heard) < BUF_CHUNK_LARGE ? buf_len(&t->heard) : BUF_CHUNK_LARGE, &s));
    err = ws_frame_decode(s, WS_CLIENT, &f, &used);
    if (err != WH_OK || f.len > buf_len(&t->heard) - used) {
        CHECK(err == WH_OK || err == WH_AGAIN);
        return false;
    }
    copy = malloc((size_t)f.len + 1);
    must(copy != NULL);
    buf_consume(&t->heard, used);
    buf_read(&t->heard, copy, (size_t)f.len);
    ws_frame_mask(copy, copy, (size_t)f.len, f.key, 0);
    payload = span_make(copy, (size_t)f.len);
    if (f.opcode == WS_OP_CLOSE && CHECK(f.len != 1) && f.len) {
        code = (uint16_t)(copy[0] << 8 | copy[1]);
        payload = span_skip(payload, 2);
    }
    talk_note_frame(t, &t->said, frame_kind(&f), code, payload);
    free(copy);
    return true;
}

static void hear(struct talk *t)
{
    must(!buf_splice(&t->heard, t->peer ? &t->peer->plain : &t->server_in));
    if (buf_len(&t->heard) && !t->head_heard)
        t->head_heard = hear_head(t);
    while (t->head_heard && buf_len(&t->heard) && hear_frame(t))
        continue;
}

/* ---- the kernel ---- */

static size_t move(struct buf *dst, struct buf *src, size_t n)
{
    size_t moved = 0;

    while (moved < n && buf_len(src) && buf_room(dst)) {
        struct span s = span_head(span_head(buf_peek(src), n - moved), buf_room(dst));

        /* A chunk of its own: what is looked at behind its end is seen by a sanitizer. */
        if (buf_room(dst) >= BUF_CHUNK_SMALL && s.n <= BUF_CHUNK_LARGE)
            feed_chunk(dst, s);
        else
            must(!buf_append(dst, s));
        buf_consume(src, s.n);
        moved += s.n;
    }
    return moved;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static struct buf *server_out(struct talk *t)
{
    return t->peer ? &t->peer->out : &t->server_out;
}

size_t talk_pending(const struct talk *t)
{
    return buf_len(t->peer ? &t->peer->out : &t->server_out);
}

size_t talk_deliver(struct talk *t)
{
    size_t n = move(&t->chain.wire_in, server_out(t), smaller(t->step, t->deliver - t->delivered));

    t->delivered += n;
    return n;
}

void talk_take(struct talk *t)
{
    t->taken += move(t->peer ? &t->peer->in : &t->server_in, &t->chain.wire_out, t->take - t->taken);
    if (t->peer)
        peer_work(t->peer);
    hear(t);
}

/* ---- what the server says ---- */

void talk_says(struct talk *t, struct span s, size_t record)
{
    if (!t->peer) {
        must(!buf_append(&t->server_out, s));
        return;
    }
    while (s.n) {
        struct span one = span_head(s, record ? record : s.n);

        peer_send(t->peer, one.p, one.n);
        s = span_skip(s, one.n);
    }
}

void talk_says_script(struct talk *t, const char *script, size_t record)
{
    struct ws_bytes wire = {NULL, 0, 0};

    ws_script_render(script, &wire);
    talk_says(t, span_make(wire.p, wire.n), record);
    ws_bytes_free(&wire);
}

void talk_says_upgrade(struct talk *t, size_t record)
{
    talk_says(t,
              span_str("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                       "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"),
              record);
}
