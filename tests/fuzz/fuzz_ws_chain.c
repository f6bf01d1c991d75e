/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The whole way up of a WebSocket: the server's bytes through a chain (plain, or the records of a real TLS session),
 * the answer to the upgrade, the link. The same bytes are received in one piece into a large buffer, and in small
 * pieces through a small read-ahead into a small one; what the program is told, and what it says, must be the same:
 *   - every whole message, in order, and how the conversation ended
 *   - every pong, as long as there are no more than D17 promises to answer, and the close frame
 *
 * Input: how (see struct manner), record size, step, and the server's bytes; an answer that opens the WebSocket is put
 * in front of them unless how says that they begin with one of their own.
 */
#include "fuzz/fuzz.h"

#include "chain/peer.h"
#include "proto/ws_frame.h"
#include "proto/ws_handshake.h"
#include "stack/x_h1.h"
#include "stack/x_ws.h"

#define HOW_TLS  1u
#define HOW_HEAD 2u /* the input brings its own head */

#define LIMIT       ((size_t)1 << 20)
#define INPUT_MAX   16384u
#define STEPS_MAX   512u
#define RECORDS_MAX 64u /* a small one costs as much as a large one */
#define ANSWERED    64u /* D17 */

struct manner {
    size_t record, step; /* of the server; of the wire */
    size_t cap, ahead;
};

/* Sums of what was told and said, message by message, frame by frame. */
struct outcome {
    enum wh_err head, end;
    size_t messages, frames;
    uint64_t told, said;
};

static struct {
    struct link tls; /* one session for every input: only its record numbers change */
    bool open;
    struct chain plain;
    struct buf server;
    struct chain *chain;
    struct x_ws *link;
    struct buf piece, heard;
    struct hdr request;
    struct outcome got;
} t;

static void zeros(void *dst, size_t n)
{
    memset(dst, 0, n);
}

static uint64_t mix(uint64_t sum, struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        sum = (sum ^ s.p[i]) * UINT64_C(0x100000001b3);
    return (sum ^ s.n) * UINT64_C(0x100000001b3);
}

/* ---- the wire ---- */

static void open_tls(void)
{
    static const struct peer_options options = {.priority = PRIORITY_TLS13};

    link_open(&t.tls, NULL, &options);
    REQUIRE(link_accept(&t.tls) == WH_OK);
    t.open = true;
}

static void say(struct span s, bool tls, size_t record)
{
    if (!tls) {
        REQUIRE(buf_append(&t.server, s) == WH_OK);
        return;
    }
    for (; s.n; s = span_skip(s, span_head(s, record).n))
        peer_send(t.tls.peer, s.p, span_head(s, record).n);
}

/* At most n bytes of the server's reach the chain; false: there are none. */
static bool arrive(bool tls, size_t n)
{
    struct buf *from = tls ? &t.tls.peer->out : &t.server;

    if (!buf_len(from))
        return false;
    while (n && buf_len(from)) {
        struct span s = span_head(span_head(buf_peek(from), n), BUF_CHUNK_LARGE);

        fuzz_feed(&t.chain->wire_in, s);
        buf_consume(from, s.n);
        n -= s.n;
    }
    REQUIRE(chain_turn(t.chain) == WH_OK);
    return true;
}

/* ---- the program ---- */

static void heard_frame(const struct ws_frame *f, struct span payload)
{
    uint8_t kind = f->opcode;

    REQUIRE(f->fin && (kind == WS_OP_PONG || kind == WS_OP_CLOSE));
    if (kind == WS_OP_CLOSE || t.got.frames++ < ANSWERED)
        t.got.said = mix(mix(t.got.said, span_make(&kind, 1)), payload);
}

/* What the client says leaves at once; keys are zero, so payload stands as it is. */
static void hear(void)
{
    struct ws_frame f;
    struct span s;
    size_t used;

    REQUIRE(x_ws_flush(t.link, &t.heard) == WH_OK);
    while (buf_len(&t.heard)) {
        REQUIRE(buf_pullup(&t.heard, buf_len(&t.heard) < 131 ? buf_len(&t.heard) : 131, &s) == WH_OK);
        REQUIRE(ws_frame_decode(s, WS_CLIENT, &f, &used) == WH_OK && f.len <= s.n - used);
        heard_frame(&f, span_make(s.p + used, (size_t)f.len));
        buf_consume(&t.heard, used + (size_t)f.len);
    }
}

static void piece_came(const struct x_ws_piece *piece)
{
    struct span s;
    uint16_t code;

    if (piece->kind == X_WS_CLOSE) {
        REQUIRE(x_ws_peer_status(t.link, &code, &s) == WH_OK);
        t.got.told = mix(mix(t.got.told, s), span_make(&code, sizeof(code)));
        REQUIRE(x_ws_close(t.link, code, span_make(NULL, 0)) == WH_OK);
        t.got.end = WH_OK;
        return;
    }
    if (!piece->fin)
        return;
    REQUIRE(buf_len(&t.piece) <= BUF_CHUNK_LARGE);
    REQUIRE(buf_pullup(&t.piece, buf_len(&t.piece), &s) == WH_OK);
    t.got.told = mix(mix(t.got.told, s), span_make(&piece->text, 1));
    t.got.messages++;
    buf_consume(&t.piece, buf_len(&t.piece));
}

/* Receives all there is; kept counts bytes of a Receive that goes on waiting. */
static void receive(const struct manner *m, size_t *kept)
{
    static uint8_t dst[65536];
    struct x_ws_piece piece;
    size_t n;
    enum wh_err err;

    while (t.got.end == WH_AGAIN) {
        err = x_ws_receive(t.link, chain_in(t.chain), dst, m->cap - *kept, &n, &piece);
        REQUIRE(n <= m->cap - *kept && buf_append(&t.piece, span_make(dst, n)) == WH_OK);
        *kept = err == WH_AGAIN ? *kept + n : 0;
        if (err == WH_AGAIN)
            break;
        if (err == WH_OK) {
            piece_came(&piece);
        } else {
            REQUIRE(err == WH_E_RESPONSE);
            t.got.end = err;
        }
    }
    hear();
}

static void converse(bool tls, const struct manner *m)
{
    struct x_ws_config cfg = {.ahead_limit = m->ahead, .random = zeros};
    size_t kept = 0;
    bool odd = false;

    REQUIRE(x_ws_create(&cfg, &t.link) == WH_OK);
    t.got.end = WH_AGAIN;
    receive(m, &kept);
    while (arrive(tls, m->step) && t.got.end == WH_AGAIN) {
        odd = !odd;
        /* Nobody receives every other time; what is left of a piece is asked for first. */
        if (m->ahead && odd && !kept && x_ws_ahead(t.link, chain_in(t.chain)) == WH_OK)
            hear();
        else
            receive(m, &kept);
    }
    receive(m, &kept);
    x_ws_destroy(t.link);
}

/* ---- one run ---- */

static enum wh_err read_head(struct exchange *x, bool tls, size_t step)
{
    const struct http_head *head;
    bool interim = true;
    enum wh_err err = WH_OK;

    while (err == WH_OK && interim) {
        while ((err = x->ops->head(x, chain_in(t.chain), false, &head, &interim)) == WH_AGAIN)
            if (!arrive(tls, step))
                return err;
    }
    if (err == WH_OK)
        err = head->status == 101 ? ws_handshake_verify(&t.request, head->minor, &head->fields) : WH_E_STATE;
    return err;
}

static struct outcome run(struct span head, struct span in, bool tls, const struct manner *m)
{
    struct x_h1_config h1 = {.upgrade = true, .max_head = 65536, .max_count = 100};
    struct exchange *x;

    memset(&t.got, 0, sizeof(t.got));
    t.chain = tls ? &t.tls.chain : &t.plain;
    say(head, tls, m->record);
    say(in, tls, m->record);
    REQUIRE(x_h1_create(&h1, &x) == WH_OK);
    t.got.head = read_head(x, tls, m->step);
    if (t.got.head == WH_OK)
        converse(tls, m);
    x->ops->destroy(x);
    /* What nobody took goes. */
    do
        buf_clear(chain_in(t.chain));
    while (arrive(tls, 65536));
    buf_clear(&t.piece);
    buf_clear(&t.heard);
    return t.got;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct manner whole = {.record = 16384, .step = SIZE_MAX, .cap = 65536};
    static const char answer[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                 "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
    struct span in = span_make(data, size < INPUT_MAX ? size : INPUT_MAX);
    unsigned how = fuzz_byte(&in);
    bool tls = how & HOW_TLS;
    struct manner pieces = {.cap = 1u + (how >> 4), .ahead = (how & 4) ? 64 : 0};
    struct outcome one, other;
    struct span head = how & HOW_HEAD ? span_make(NULL, 0) : span_str(answer);
    size_t live;

    pieces.record = 1u + fuzz_byte(&in);
    pieces.step = 1u + fuzz_byte(&in);
    if (tls)
        in = span_head(in, pieces.record * RECORDS_MAX);
    pieces.step += in.n / STEPS_MAX;
    if (tls && !t.open)
        open_tls();
    live = mem_live();
    chain_init(&t.plain, LIMIT, LIMIT);
    buf_init(&t.server, LIMIT);
    buf_init(&t.piece, LIMIT);
    buf_init(&t.heard, LIMIT);
    hdr_init(&t.request, 4096, 16);
    REQUIRE(hdr_add_str(&t.request, "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==") == WH_OK);
    REQUIRE(hdr_add_str(&t.request, "Sec-WebSocket-Protocol", "chat, talk") == WH_OK);
    one = run(head, in, tls, &whole);
    other = run(head, in, tls, &pieces);
    REQUIRE(one.head == other.head && one.end == other.end && one.messages == other.messages);
    REQUIRE(one.told == other.told);
    REQUIRE(one.frames >= ANSWERED || (one.frames == other.frames && one.said == other.said));
    hdr_clear(&t.request);
    chain_destroy(&t.plain);
    buf_clear(&t.server);
    if (t.open)
        chain_trim(&t.tls.chain);
    REQUIRE(mem_live() <= live);
    return 0;
}
