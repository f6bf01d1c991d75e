/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* base/list.h: order, removal from anywhere, splicing, removal while visiting. */
#include "harness.h"

#include "base/list.h"

struct item {
    int value;
    struct list link;
};

static struct item items[8];
static struct list head;

static void fill(int n)
{
    list_init(&head);
    for (int i = 0; i < n; i++) {
        items[i].value = i;
        list_add_tail(&head, &items[i].link);
    }
}

/* The values in order as decimal digits behind a 1, read from both ends. */
static unsigned forwards(void)
{
    unsigned v = 1;

    for (struct list *l = list_first(&head); l; l = list_next(&head, l))
        v = v * 10 + (unsigned)container_of(l, struct item, link)->value;
    return v;
}

static unsigned backwards(void)
{
    unsigned v = 1;

    for (struct list *l = head.prev; l != &head; l = l->prev)
        v = v * 10 + (unsigned)container_of(l, struct item, link)->value;
    return v;
}

static void order(void)
{
    fill(4);
    CHECK_INT(forwards(), 10123);
    CHECK_INT(backwards(), 13210);
    items[4].value = 4;
    list_add_head(&head, &items[4].link);
    CHECK_INT(forwards(), 140123);
    items[5].value = 5;
    list_insert_before(&items[2].link, &items[5].link);
    CHECK_INT(forwards(), 1401523);
    CHECK_INT(backwards(), 1325104);
}

static void removal(void)
{
    fill(4);
    list_remove(&items[0].link);
    list_remove(&items[2].link);
    list_remove(&items[3].link);
    CHECK_INT(forwards(), 11);
    CHECK(list_empty(&items[2].link));
    list_remove(&items[2].link);
    CHECK_INT(forwards(), 11);
    list_remove(&items[1].link);
    CHECK(list_empty(&head));
    CHECK(list_first(&head) == NULL);
    CHECK(list_pop(&head) == NULL);
}

static void popping(void)
{
    fill(3);
    for (int i = 0; i < 3; i++)
        CHECK(list_pop(&head) == &items[i].link);
    CHECK(list_empty(&head));
}

static void splicing(void)
{
    struct list other;

    fill(2);
    list_init(&other);
    list_splice_tail(&head, &other);
    CHECK_INT(forwards(), 101);
    for (int i = 2; i < 5; i++) {
        items[i].value = i;
        list_add_tail(&other, &items[i].link);
    }
    list_splice_tail(&head, &other);
    CHECK_INT(forwards(), 101234);
    CHECK_INT(backwards(), 143210);
    CHECK(list_empty(&other));
}

static void visiting(void)
{
    struct list *pos, *tmp;
    unsigned seen = 0;

    fill(5);
    LIST_FOR_EACH(pos, tmp, &head)
    {
        seen++;
        if (container_of(pos, struct item, link)->value % 2 == 0)
            list_remove(pos);
    }
    CHECK_INT(seen, 5);
    CHECK_INT(forwards(), 113);
}

static const struct test tests[] = {
    {"elements stand in the order of their insertion, both ways", order},
    {"removal works at both ends and in the middle, and twice", removal},
    {"pop takes from the front", popping},
    {"splice moves everything behind the other list", splicing},
    {"elements may be removed while they are visited", visiting},
};

HARNESS_MAIN(tests)
