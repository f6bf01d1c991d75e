/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* base/buf.h: order, limits, reservations, lent spans, splicing, and a long random run against a plain array. */
#include "harness.h"

#include "base/mem.h"

#include <stdlib.h>

static void fill(uint8_t *p, size_t n, unsigned seed)
{
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)(seed + i * 7 + (i >> 8));
}

static void order(void)
{
    uint8_t back[16];
    struct buf b;

    buf_init(&b, 100);
    CHECK_INT(buf_peek(&b).n, 0);
    CHECK_INT(buf_append_str(&b, "hello "), WH_OK);
    CHECK_INT(buf_append_str(&b, "world"), WH_OK);
    CHECK_INT(buf_len(&b), 11);
    CHECK_INT(buf_room(&b), 89);
    CHECK_INT(buf_read(&b, back, 3), 3);
    CHECK_SPAN(span_make(back, 3), span_str("hel"));
    CHECK_STR(buf_peek(&b), "lo world");
    buf_consume(&b, 3);
    CHECK_INT(buf_read(&b, back, sizeof back), 5);
    CHECK_SPAN(span_make(back, 5), span_str("world"));
    CHECK_INT(buf_read(&b, back, sizeof back), 0);
    buf_clear(&b);
}

static void limit(void)
{
    uint8_t *p;
    struct buf b;
    size_t n;

    buf_init(&b, 10);
    CHECK_INT(buf_append_str(&b, "01234567890"), WH_E_FULL);
    CHECK_INT(buf_len(&b), 0);
    CHECK_INT(buf_append_str(&b, "012345"), WH_OK);
    CHECK_INT(buf_append_str(&b, "67890"), WH_E_FULL);
    CHECK_STR(buf_peek(&b), "012345");
    CHECK_INT(buf_reserve(&b, 100, &p, &n), WH_OK);
    CHECK_INT(n, 4);
    memcpy(p, "6789", 4);
    buf_commit(&b, 4);
    CHECK_INT(buf_room(&b), 0);
    CHECK_INT(buf_reserve(&b, 1, &p, &n), WH_E_FULL);
    CHECK_INT(buf_append_str(&b, ""), WH_OK);
    CHECK_STR(buf_peek(&b), "0123456789");
    buf_clear(&b);
}

static void memory(void)
{
    size_t live = mem_live();
    struct buf b;

    buf_init(&b, 1u << 20);
    for (int i = 0; i < 1000; i++) {
        buf_append_str(&b, "message");
        buf_consume(&b, 7);
    }
    CHECK(mem_live() - live <= 1);
    mem_fail_at(0, NULL);
    for (int i = 0; i < 1000; i++) {
        buf_append_str(&b, "message");
        buf_consume(&b, 7);
    }
    mem_fail_at(0, &live);
    harness_row("a busy buffer does not allocate per message");
    CHECK_INT(live, 0);
    buf_trim(&b);
    buf_clear(&b);
}

static void lent_spans(void)
{
    static uint8_t data[200000];
    struct span spans[8], s;
    size_t count, bytes;
    struct buf b;

    fill(data, sizeof data, 3);
    buf_init(&b, sizeof data);
    CHECK_INT(buf_append(&b, span_make(data, 100)), WH_OK);
    s = buf_peek(&b);
    CHECK_INT(buf_append(&b, span_make(data + 100, sizeof data - 100)), WH_OK);
    harness_row("a lent span does not move while bytes are appended");
    CHECK(buf_peek(&b).p == s.p);
    CHECK_SPAN(s, span_make(data, 100));
    bytes = buf_spans(&b, spans, 8, &count);
    CHECK_INT(bytes, sizeof data);
    for (size_t i = 0, at = 0; i < count; at += spans[i++].n)
        CHECK_SPAN(spans[i], span_make(data + at, spans[i].n));
    harness_row("only as many spans as asked for");
    CHECK_INT(buf_spans(&b, spans, 1, &count), buf_peek(&b).n);
    CHECK_INT(count, 1);
    buf_clear(&b);
}

static void reservations(void)
{
    size_t live = mem_live(), n;
    struct buf b;
    uint8_t *p;

    buf_init(&b, 1u << 20);
    CHECK_INT(buf_reserve(&b, 10, &p, &n), WH_OK);
    CHECK_INT(n, 10);
    buf_commit(&b, 0);
    buf_trim(&b);
    harness_row("an unused chunk is given back");
    CHECK_INT(mem_live(), live);

    CHECK_INT(buf_reserve(&b, BUF_CHUNK_LARGE, &p, &n), WH_OK);
    CHECK_INT(n, BUF_CHUNK_LARGE);
    memset(p, 'x', n);
    buf_commit(&b, n - 600);
    harness_row("600 bytes left are enough for 5000");
    CHECK_INT(buf_reserve(&b, 5000, &p, &n), WH_OK);
    CHECK_INT(n, 600);
    buf_commit(&b, 300);
    harness_row("300 bytes left are not");
    CHECK_INT(buf_reserve(&b, 5000, &p, &n), WH_OK);
    CHECK_INT(n, 5000);
    buf_commit(&b, 0);
    harness_row("but they are for 300");
    CHECK_INT(buf_reserve(&b, 300, &p, &n), WH_OK);
    CHECK_INT(n, 300);
    buf_commit(&b, 1);
    buf_clear(&b);
}

static void huge(void)
{
    static const uint8_t head[14];
    struct buf b, other;
    struct buf_chunk *c;
    size_t live = mem_live(), n, none;
    uint8_t *p;

    buf_init(&b, BUF_CHUNK_HUGE);
    buf_init(&other, BUF_CHUNK_HUGE);
    harness_row("who wants more than a large chunk gets a huge one, however little more");
    CHECK_INT(buf_reserve(&b, BUF_CHUNK_LARGE + 1, &p, &n), WH_OK);
    CHECK_INT(n, BUF_CHUNK_LARGE + 1);
    buf_commit(&b, n);
    CHECK(buf_take_huge(&b) == NULL);
    buf_consume(&b, n);
    harness_row("it may go to another buffer, where it serves a head and what follows");
    c = buf_take_huge(&b);
    CHECK(c != NULL);
    CHECK(buf_take_huge(&b) == NULL);
    buf_give_spare(&other, c);
    mem_fail_at(0, NULL);
    CHECK_INT(buf_append(&other, span_make(head, sizeof head)), WH_OK);
    CHECK_INT(buf_reserve(&other, 1u << 20, &p, &n), WH_OK);
    mem_fail_at(0, &none);
    CHECK_INT(none, 0);
    CHECK_INT(n, BUF_CHUNK_HUGE - sizeof head);
    buf_commit(&other, n);
    buf_consume(&other, buf_len(&other));
    harness_row("a buffer with a smaller limit gets no more than that; a spare that is not huge stays");
    b.limit = BUF_CHUNK_LARGE + 2;
    CHECK_INT(buf_reserve(&b, 1u << 20, &p, &n), WH_OK);
    CHECK_INT(n, BUF_CHUNK_LARGE + 2);
    buf_commit(&b, 0);
    buf_trim(&b);
    CHECK_INT(buf_reserve(&b, BUF_CHUNK_LARGE, &p, &n), WH_OK);
    buf_commit(&b, 0);
    CHECK(b.spare != NULL && buf_take_huge(&b) == NULL);
    buf_clear(&b);
    buf_clear(&other);
    CHECK_INT(mem_live(), live);
}

static void waiting_is_small(void)
{
    struct buf b;
    uint8_t *p;
    size_t n;

    buf_init(&b, 1u << 20);
    CHECK_INT(buf_reserve(&b, BUF_CHUNK_LARGE, &p, &n), WH_OK);
    buf_commit(&b, n);
    buf_consume(&b, n);
    CHECK(b.spare != NULL);
    harness_row("a large reservation takes the large spare");
    mem_fail_at(0, NULL);
    CHECK_INT(buf_reserve(&b, BUF_CHUNK_LARGE, &p, &n), WH_OK);
    mem_fail_at(0, &n);
    CHECK_INT(n, 0);
    buf_commit(&b, 0);
    CHECK(b.spare != NULL);
    harness_row("a small one gives it back");
    CHECK_INT(buf_reserve(&b, BUF_CHUNK_SMALL, &p, &n), WH_OK);
    CHECK(b.spare == NULL);
    buf_commit(&b, 1);
    CHECK_INT(buf_reserve(&b, BUF_CHUNK_LARGE, &p, &n), WH_OK);
    CHECK_INT(n, BUF_CHUNK_SMALL - 1);
    buf_commit(&b, 0);
    buf_clear(&b);
}

static void consume_under_reservation(void)
{
    struct span s;
    struct buf b;
    uint8_t *p;
    size_t n;

    harness_row("the bytes before the reserved space leave, the space stays");
    buf_init(&b, 1000);
    CHECK_INT(buf_append_str(&b, "abc"), WH_OK);
    CHECK_INT(buf_reserve(&b, 100, &p, &n), WH_OK);
    buf_consume(&b, 3);
    CHECK_INT(buf_peek(&b).n, 0);
    memcpy(p, "defg", 4);
    buf_commit(&b, 4);
    CHECK_STR(buf_peek(&b), "defg");

    harness_row("they may be pulled up, too");
    CHECK_INT(buf_reserve(&b, 100, &p, &n), WH_OK);
    CHECK_INT(buf_pullup(&b, 2, &s), WH_OK);
    CHECK_STR(s, "de");
    buf_consume(&b, 4);
    buf_commit(&b, 0);
    CHECK_INT(buf_len(&b), 0);
    CHECK(b.head == NULL && b.tail == NULL);
    buf_clear(&b);
}

static void pullup(void)
{
    struct buf b;
    struct span s;

    buf_init(&b, 1000);
    feed_chunk(&b, span_str("ab"));
    feed_chunk(&b, span_str("cd"));
    feed_chunk(&b, span_str("efg"));
    CHECK_INT(buf_pullup(&b, 0, &s), WH_OK);
    CHECK_INT(s.n, 0);
    CHECK_INT(buf_pullup(&b, 2, &s), WH_OK);
    CHECK_STR(s, "ab");
    CHECK_INT(buf_pullup(&b, 5, &s), WH_OK);
    CHECK_STR(s, "abcde");
    CHECK_INT(buf_len(&b), 7);
    buf_consume(&b, 5);
    CHECK_STR(buf_peek(&b), "fg");
    CHECK_INT(buf_append_str(&b, "h"), WH_OK);
    CHECK_INT(buf_pullup(&b, 3, &s), WH_OK);
    CHECK_STR(s, "fgh");

    s = span_str("untouched");
    feed_chunk(&b, span_str("i"));
    mem_fail_at(1, NULL);
    buf_trim(&b);
    CHECK_INT(buf_pullup(&b, 4, &s), WH_E_NOMEM);
    mem_fail_at(0, NULL);
    CHECK_STR(s, "untouched");
    CHECK_INT(buf_len(&b), 4);
    buf_clear(&b);
}

static void splicing(void)
{
    struct buf a, b;
    struct span s;

    buf_init(&a, 10);
    buf_init(&b, 100);
    CHECK_INT(buf_splice(&a, &b), WH_OK);
    buf_append_str(&a, "12345");
    buf_append_str(&b, "678901");
    CHECK_INT(buf_splice(&a, &b), WH_E_FULL);
    CHECK_INT(buf_len(&a), 5);
    CHECK_INT(buf_len(&b), 6);
    buf_consume(&b, 1);
    CHECK_INT(buf_splice(&a, &b), WH_OK);
    CHECK_INT(buf_len(&b), 0);
    CHECK_INT(buf_pullup(&a, 10, &s), WH_OK);
    CHECK_STR(s, "1234578901");
    CHECK_INT(buf_append_str(&b, "again"), WH_OK);
    buf_clear(&a);
    buf_clear(&b);
}

static enum wh_err append_large(void *ctx)
{
    static uint8_t data[150000];
    struct buf b;
    enum wh_err err;

    (void)ctx;
    buf_init(&b, sizeof data + 10);
    err = buf_append_str(&b, "begin");
    if (err == WH_OK) {
        size_t before = buf_len(&b);

        err = buf_append(&b, span_make(data, sizeof data));
        if (err != WH_OK)
            CHECK_INT(buf_len(&b), before);
    }
    buf_clear(&b);
    return err;
}

static void no_memory(void)
{
    each_allocation_fails(append_large, NULL);
}

/* All operations in random order and size against one array that holds everything ever appended. */
static void against_array(void)
{
    enum { SIZE = 1 << 20 };
    uint8_t *all = malloc(SIZE), back[3000];
    size_t head = 0, tail = 0, n;
    uint32_t r = 12345;
    struct buf b, side;
    struct span s;
    uint8_t *p;

    fill(all, SIZE, 1);
    buf_init(&b, 100000);
    buf_init(&side, 100000);
    while (tail + 8000 < SIZE) {
        r = r * 1664525u + 1013904223u;
        n = (r >> 8) % 4000;
        switch (r >> 28) {
        case 0:
        case 1:
        case 2:
            if (buf_append(&b, span_make(all + tail, n)) == WH_OK)
                tail += n;
            break;
        case 3:
        case 4:
            if (buf_reserve(&b, n + 1, &p, &n) == WH_OK) {
                n -= n / 3;
                memcpy(p, all + tail, n);
                buf_commit(&b, n);
                tail += n;
            }
            break;
        case 5:
            buf_append(&side, span_make(all + tail, n));
            if (buf_splice(&b, &side) == WH_OK)
                tail += n;
            buf_clear(&side);
            break;
        case 6:
            n = n < buf_len(&b) ? n : buf_len(&b);
            CHECK_INT(buf_pullup(&b, n, &s), WH_OK);
            CHECK_SPAN(s, span_make(all + head, n));
            break;
        case 7:
        case 8:
            s = buf_peek(&b);
            CHECK_SPAN(s, span_make(all + head, s.n));
            buf_consume(&b, s.n);
            head += s.n;
            break;
        default:
            n = buf_read(&b, back, n < sizeof back ? n : sizeof back);
            CHECK_SPAN(span_make(back, n), span_make(all + head, n));
            head += n;
            break;
        }
        if (!CHECK_INT(buf_len(&b), tail - head))
            break;
    }
    buf_clear(&b);
    free(all);
}

static const struct test tests[] = {
    {"bytes leave in the order they came", order},
    {"the limit is never passed and a refusal changes nothing", limit},
    {"an emptied chunk is used again", memory},
    {"spans may be lent while bytes are appended", lent_spans},
    {"reservations choose between the tail and a new chunk", reservations},
    {"chunks of a large payload", huge},
    {"a small reservation does not keep a large spare", waiting_is_small},
    {"what is consumed under a reservation leaves it alone", consume_under_reservation},
    {"pullup joins chunks, or changes nothing", pullup},
    {"splice relinks, or changes nothing", splicing},
    {"an append that runs out of memory changes nothing", no_memory},
    {"a long random run agrees with an array", against_array},
};

HARNESS_MAIN(tests)
