/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * stack/chain.h, with floors whose protocol can be read: each has a letter. Its handshake is the letter from the peer,
 * answered by the letter; then it may want a decision. Its records are the letter and one plain byte; letter and "!"
 * ends it; anything else is a fault, for which it says letter and "?". Its closing bytes are letter and ".".
 */
#include "harness.h"

#include "base/list.h"
#include "base/mem.h"
#include "stack/chain.h"

struct toy {
    struct filter base;
    uint8_t letter;
    bool decides;
    unsigned shakes; /* calls of its handshake */
};

static unsigned destroyed;

static struct toy *toy_of(struct filter *f)
{
    return container_of(f, struct toy, base);
}

static void say(struct toy *t, struct buf *out, uint8_t c)
{
    uint8_t pair[2] = {t->letter, c};

    CHECK_INT(buf_append(out, span_make(pair, 2)), WH_OK);
}

static enum wh_err toy_fail(struct toy *t, struct buf *out)
{
    say(t, out, '?');
    t->base.state = FILTER_FAILED;
    return t->base.error = WH_E_TLS;
}

static enum wh_err toy_handshake(struct filter *f, struct buf *in, struct buf *out)
{
    struct toy *t = toy_of(f);
    uint8_t c;

    t->shakes++;
    if (!buf_read(in, &c, 1))
        return WH_AGAIN;
    if (c != t->letter)
        return toy_fail(t, out);
    CHECK_INT(buf_append(out, span_make(&t->letter, 1)), WH_OK);
    f->state = t->decides ? FILTER_DECISION : FILTER_OPEN;
    return WH_OK;
}

static enum wh_err toy_recv(struct filter *f, struct buf *in, struct buf *plain, struct buf *out, bool *eof)
{
    struct toy *t = toy_of(f);
    bool moved = false;
    uint8_t pair[2];

    while (buf_len(in) >= 2 && buf_room(plain)) {
        buf_read(in, pair, 2);
        if (pair[0] != t->letter)
            return toy_fail(t, out);
        if (pair[1] == '!') {
            *eof = true;
            return WH_E_CLOSED;
        }
        CHECK_INT(buf_append(plain, span_make(pair + 1, 1)), WH_OK);
        moved = true;
    }
    return moved ? WH_OK : WH_AGAIN;
}

static enum wh_err toy_send(struct filter *f, struct buf *plain, struct buf *out)
{
    uint8_t c;

    if (f->state == FILTER_FAILED)
        return f->error;
    while (buf_len(plain)) {
        if (f->state != FILTER_OPEN || buf_room(out) < 2)
            return WH_AGAIN;
        buf_read(plain, &c, 1);
        say(toy_of(f), out, c);
    }
    return WH_OK;
}

static enum wh_err toy_shutdown(struct filter *f, struct buf *out)
{
    say(toy_of(f), out, '.');
    return WH_OK;
}

static void toy_destroy(struct filter *f)
{
    destroyed = destroyed * 100 + toy_of(f)->letter;
    mem_free(toy_of(f));
}

static const struct filter_ops toy_ops = {
    .name = "toy",
    .handshake = toy_handshake,
    .recv = toy_recv,
    .send = toy_send,
    .shutdown = toy_shutdown,
    .destroy = toy_destroy,
};

static struct filter *push(struct chain *c, char letter, bool decides)
{
    struct toy *t = mem_zalloc(sizeof *t);

    t->base.ops = &toy_ops;
    t->letter = (uint8_t)letter;
    t->decides = decides;
    chain_push(c, &t->base);
    return &t->base;
}

static void wire(struct chain *c, const char *text)
{
    CHECK_INT(buf_append_str(&c->wire_in, text), WH_OK);
}

/* Everything in b, taken out. */
static struct span take(struct buf *b)
{
    static char text[256];

    return span_make(text, buf_read(b, text, sizeof text));
}

static void plain(void)
{
    struct chain c;

    chain_init(&c, 100, 50);
    CHECK(chain_in(&c) == &c.wire_in && chain_out(&c) == &c.wire_out);
    CHECK(chain_open(&c));
    wire(&c, "bytes");
    CHECK_INT(chain_turn(&c), WH_OK);
    CHECK_STR(take(chain_in(&c)), "bytes");
    CHECK_INT(buf_room(chain_out(&c)), 50);
    CHECK_INT(chain_send(&c), WH_OK);
    CHECK_INT(chain_shutdown(&c), WH_OK);
    CHECK(!c.eof);
    chain_wire_eof(&c);
    CHECK_INT(chain_turn(&c), WH_OK);
    CHECK(c.eof && c.eof_clean);
    CHECK(chain_deciding(&c) == NULL);
    chain_destroy(&c);
}

static void one_floor(void)
{
    struct filter *f;
    struct chain c;

    chain_init(&c, 100, 100);
    f = push(&c, 'a', true);
    CHECK(!chain_open(&c));
    harness_row("nothing flows before the floor is open");
    CHECK_INT(buf_append_str(chain_out(&c), "hi"), WH_OK);
    CHECK_INT(chain_turn(&c), WH_AGAIN);
    CHECK_STR(take(&c.wire_out), "");
    CHECK_INT(chain_send(&c), WH_AGAIN);
    wire(&c, "aaxay");
    CHECK_INT(chain_turn(&c), WH_AGAIN);
    CHECK_STR(take(&c.wire_out), "a");
    CHECK(chain_deciding(&c) == f);
    CHECK_INT(buf_len(chain_in(&c)), 0);

    harness_row("open");
    f->state = FILTER_OPEN;
    CHECK_INT(chain_turn(&c), WH_OK);
    CHECK(chain_deciding(&c) == NULL);
    CHECK_STR(take(chain_in(&c)), "xy");
    CHECK_STR(take(&c.wire_out), "ahai");

    harness_row("the end is said by the top floor");
    wire(&c, "aza!");
    CHECK_INT(chain_turn(&c), WH_OK);
    CHECK_STR(take(chain_in(&c)), "z");
    CHECK(c.eof && c.eof_clean);

    harness_row("closing bytes stand behind what was written, once");
    buf_append_str(chain_out(&c), "b");
    CHECK_INT(chain_shutdown(&c), WH_OK);
    CHECK_INT(chain_shutdown(&c), WH_OK);
    CHECK_STR(take(&c.wire_out), "aba.");
    chain_destroy(&c);
}

static void cut_off(void)
{
    struct chain c;

    harness_row("an end without the floor's word is not clean");
    chain_init(&c, 100, 100);
    push(&c, 'a', false);
    wire(&c, "aaxaya");
    chain_wire_eof(&c);
    CHECK_INT(chain_turn(&c), WH_OK);
    CHECK_STR(take(chain_in(&c)), "xy");
    CHECK(c.eof && !c.eof_clean);
    chain_destroy(&c);

    harness_row("an end inside the handshake is an error, and sticky");
    chain_init(&c, 100, 100);
    push(&c, 'a', false);
    chain_wire_eof(&c);
    CHECK_INT(chain_turn(&c), WH_E_CLOSED);
    CHECK_INT(chain_turn(&c), WH_E_CLOSED);
    CHECK_INT(chain_send(&c), WH_E_CLOSED);
    chain_destroy(&c);
}

static void full_buffers(void)
{
    struct chain c;

    harness_row("what does not fit above stays below, and the end waits for it");
    chain_init(&c, 3, 6);
    push(&c, 'a', false);
    wire(&c, "aa1");
    CHECK_INT(chain_turn(&c), WH_OK);
    wire(&c, "a2");
    CHECK_INT(chain_turn(&c), WH_OK);
    wire(&c, "a3");
    CHECK_INT(chain_turn(&c), WH_OK);
    wire(&c, "a4");
    chain_wire_eof(&c);
    CHECK_INT(chain_turn(&c), WH_OK);
    CHECK_INT(buf_len(&c.wire_in), 2);
    CHECK(!c.eof);
    CHECK_STR(take(chain_in(&c)), "123");
    CHECK_INT(chain_turn(&c), WH_OK);
    CHECK(c.eof);
    CHECK_STR(take(chain_in(&c)), "4");

    harness_row("sending goes on when there is room");
    take(&c.wire_out);
    buf_append_str(chain_out(&c), "12345");
    CHECK_INT(chain_send(&c), WH_AGAIN);
    CHECK_INT(chain_shutdown(&c), WH_AGAIN);
    CHECK_STR(take(&c.wire_out), "a1a2a3");
    CHECK_INT(chain_shutdown(&c), WH_OK);
    CHECK_STR(take(&c.wire_out), "a4a5a.");
    chain_destroy(&c);
}

static void faults(void)
{
    struct chain c;

    chain_init(&c, 100, 100);
    push(&c, 'a', false);
    wire(&c, "aaxb");
    CHECK_INT(chain_turn(&c), WH_OK);
    wire(&c, "y");
    CHECK_INT(chain_turn(&c), WH_E_TLS);
    harness_row("what came before the fault is there, and the alert too");
    CHECK_STR(take(chain_in(&c)), "x");
    CHECK_STR(take(&c.wire_out), "aa?");
    CHECK_INT(chain_turn(&c), WH_E_TLS);
    CHECK_INT(chain_shutdown(&c), WH_OK);
    CHECK_STR(take(&c.wire_out), "");
    chain_destroy(&c);
}

static void two_floors(void)
{
    struct filter *upper;
    struct chain c;

    chain_init(&c, 100, 100);
    push(&c, 'a', false);
    upper = push(&c, 'b', false);
    CHECK(c.top == upper && upper->next != NULL);
    harness_row("the lower floor opens first; the upper one's handshake goes through it");
    CHECK_INT(chain_turn(&c), WH_AGAIN);
    CHECK_INT(toy_of(upper)->shakes, 0);
    wire(&c, "a");
    CHECK_INT(chain_turn(&c), WH_AGAIN);
    CHECK_STR(take(&c.wire_out), "a");
    wire(&c, "ab");
    CHECK_INT(chain_turn(&c), WH_OK);
    CHECK_STR(take(&c.wire_out), "ab");
    wire(&c, "abax");
    CHECK_INT(chain_turn(&c), WH_OK);
    CHECK_STR(take(chain_in(&c)), "x");
    buf_append_str(chain_out(&c), "y");
    CHECK_INT(chain_send(&c), WH_OK);
    CHECK_STR(take(&c.wire_out), "abay");
    harness_row("closing is top-down");
    CHECK_INT(chain_shutdown(&c), WH_OK);
    CHECK_STR(take(&c.wire_out), "aba.a.");
    harness_row("the end of the lower floor cuts the upper one off");
    wire(&c, "a!");
    CHECK_INT(chain_turn(&c), WH_OK);
    CHECK(c.eof && !c.eof_clean);
    destroyed = 0;
    chain_destroy(&c);
    harness_row("destroyed from the top");
    CHECK_INT(destroyed, 'b' * 100 + 'a');

    harness_row("the alert of the upper floor goes down through the lower one");
    chain_init(&c, 100, 100);
    push(&c, 'a', false);
    push(&c, 'b', false);
    wire(&c, "aaX");
    CHECK_INT(chain_turn(&c), WH_E_TLS);
    CHECK_STR(take(&c.wire_out), "aaba?");
    chain_destroy(&c);
}

static void end_below_a_full_floor(void)
{
    static const char *const records[] = {"a", "ab", "ab", "ax", "ab", "ay", "ab", "a!"};
    struct chain c;

    chain_init(&c, 2, 100);
    push(&c, 'a', false);
    push(&c, 'b', false);
    for (size_t i = 0; i < sizeof records / sizeof records[0]; i++) {
        wire(&c, records[i]);
        chain_turn(&c);
    }
    harness_row("the lower floor has ended, but the upper one cannot move up what may be there");
    CHECK(!c.eof);
    CHECK_STR(take(chain_in(&c)), "xy");
    CHECK_INT(chain_turn(&c), WH_OK);
    CHECK(c.eof && !c.eof_clean);
    chain_destroy(&c);
}

static const struct test tests[] = {
    {"an empty chain is the socket's own buffers", plain},
    {"one floor: handshake, decision, bytes, end, closing", one_floor},
    {"a connection that ends without a word", cut_off},
    {"full buffers stop the flow and lose nothing", full_buffers},
    {"a failed floor stays failed and its alert goes out", faults},
    {"two floors", two_floors},
    {"an end waits for every floor above it", end_below_a_full_floor},
};

HARNESS_MAIN(tests)
