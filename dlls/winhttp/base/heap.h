/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An intrusive min-heap of 64-bit keys (deadlines), as a pairing heap: insert and min in constant time, remove of any
 * node in logarithmic time on average, and no memory beside the nodes themselves.
 *
 * Equal keys leave in the order they came: each insertion takes a number from a counter of the heap, and the number
 * decides ties. child is a node's first child, sibling the next child of the same parent; prev is the previous sibling
 * or, for a first child, the parent. The root has neither prev nor sibling.
 *
 * Threads: none of its own; the owner's lock. Ownership: the heap owns nothing. Limits: none; nothing recurses. Errors:
 * none.
 */
#ifndef BASE_HEAP_H
#define BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct heap_node {
    uint64_t key;
    uint64_t order; /* number of the insertion */
    struct heap_node *child, *sibling, *prev;
    bool linked; /* in a heap */
};

struct heap {
    struct heap_node *root;
    uint64_t inserted;
    size_t count;
};

static inline void heap_init(struct heap *h)
{
    h->root = NULL;
    h->inserted = 0;
    h->count = 0;
}

static inline void heap_node_init(struct heap_node *n)
{
    n->key = n->order = 0;
    n->child = n->sibling = n->prev = NULL;
    n->linked = false;
}

static inline bool heap_contains(const struct heap_node *n)
{
    return n->linked;
}

/* The node with the smallest key, of several the one inserted first; NULL when empty. */
static inline struct heap_node *heap_min(const struct heap *h)
{
    return h->root;
}

/* Joins two roots (either may be NULL): the later one becomes the first child of the earlier one. */
static inline struct heap_node *heap__join(struct heap_node *a, struct heap_node *b)
{
    if (!a || !b)
        return a ? a : b;
    if (b->key < a->key || (b->key == a->key && b->order < a->order)) {
        struct heap_node *t = a;
        a = b;
        b = t;
    }
    b->prev = a;
    b->sibling = a->child;
    if (a->child)
        a->child->prev = b;
    a->child = b;
    return a;
}

/* Joins a chain of siblings into one root: pairs from left to right, stacking the results, then the stack from the
 * right. */
static inline struct heap_node *heap__join_siblings(struct heap_node *first)
{
    struct heap_node *stack = NULL, *root = NULL;

    while (first) {
        struct heap_node *a = first, *b = a->sibling;

        first = b ? b->sibling : NULL;
        a->sibling = a->prev = NULL;
        if (b)
            b->sibling = b->prev = NULL;
        a = heap__join(a, b);
        a->sibling = stack;
        stack = a;
    }
    while (stack) {
        struct heap_node *next = stack->sibling;

        stack->sibling = NULL;
        root = heap__join(root, stack);
        stack = next;
    }
    return root;
}

/* Adds n, which must be in no heap, under key. */
static inline void heap_insert(struct heap *h, struct heap_node *n, uint64_t key)
{
    heap_node_init(n);
    n->key = key;
    n->order = h->inserted++;
    n->linked = true;
    h->root = heap__join(h->root, n);
    h->count++;
}

/* Takes n out, wherever it stands; a node that is in no heap is left alone. */
static inline void heap_remove(struct heap *h, struct heap_node *n)
{
    struct heap_node *rest;

    if (!n->linked)
        return;
    rest = heap__join_siblings(n->child);
    if (n == h->root) {
        h->root = rest;
    } else {
        if (n->prev->child == n)
            n->prev->child = n->sibling;
        else
            n->prev->sibling = n->sibling;
        if (n->sibling)
            n->sibling->prev = n->prev;
        h->root = heap__join(h->root, rest);
    }
    heap_node_init(n);
    h->count--;
}

#endif
