/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An intrusive, circular, doubly linked list. The same struct is the head of a list and the link inside an element.
 *
 * A head points at itself when the list is empty; so does a link that is in no list (list_init or list_remove made it
 * so), which makes list_remove of an unlinked element harmless and lets list_empty(&element->link) answer "in no list".
 *
 * Threads: none of its own; the owner's lock. Ownership: the list owns nothing. Limits: none. Errors: none.
 */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

/* The struct of the given type whose member is at ptr. */
#ifndef container_of
#define container_of(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))
#endif

struct list {
    struct list *next;
    struct list *prev;
};

static inline void list_init(struct list *l)
{
    l->next = l;
    l->prev = l;
}

static inline bool list_empty(const struct list *l)
{
    return l->next == l;
}

/* Links e, which must be in no list, in front of pos; with a head as pos that is the end of its list. */
static inline void list_insert_before(struct list *pos, struct list *e)
{
    e->prev = pos->prev;
    e->next = pos;
    pos->prev->next = e;
    pos->prev = e;
}

static inline void list_add_tail(struct list *head, struct list *e)
{
    list_insert_before(head, e);
}

static inline void list_add_head(struct list *head, struct list *e)
{
    list_insert_before(head->next, e);
}

static inline void list_remove(struct list *e)
{
    e->prev->next = e->next;
    e->next->prev = e->prev;
    list_init(e);
}

/* The first link, or NULL. */
static inline struct list *list_first(const struct list *head)
{
    return list_empty(head) ? NULL : head->next;
}

/* The link behind e, or NULL when e is the last. */
static inline struct list *list_next(const struct list *head, const struct list *e)
{
    return e->next == head ? NULL : e->next;
}

/* Unlinks and returns the first element's link, or NULL. */
static inline struct list *list_pop(struct list *head)
{
    struct list *e = list_first(head);

    if (e)
        list_remove(e);
    return e;
}

/* Moves all elements of src, in order, behind those of dst; src is empty afterwards. */
static inline void list_splice_tail(struct list *dst, struct list *src)
{
    if (list_empty(src))
        return;
    src->next->prev = dst->prev;
    dst->prev->next = src->next;
    src->prev->next = dst;
    dst->prev = src->prev;
    list_init(src);
}

/* Visits each link of head; the visited element may be removed from the list, and freed, in the body. */
#define LIST_FOR_EACH(pos, tmp, head)                                                                                  \
    for ((pos) = (head)->next, (tmp) = (pos)->next; (pos) != (head); (pos) = (tmp), (tmp) = (pos)->next)

#endif
