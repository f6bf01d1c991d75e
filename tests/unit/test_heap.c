/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* base/heap.h against a plain array that is searched for its minimum. */
#include "harness.h"

#include "base/heap.h"
#include "base/list.h"

#define NODES 512

static struct heap heap;
static struct heap_node nodes[NODES];

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* The array's answer to heap_min: smallest key, then earliest insertion. */
static struct heap_node *model_min(void)
{
    struct heap_node *best = NULL;

    for (int i = 0; i < NODES; i++) {
        struct heap_node *n = &nodes[i];

        if (!heap_contains(n))
            continue;
        if (!best || n->key < best->key || (n->key == best->key && n->order < best->order))
            best = n;
    }
    return best;
}

static void reset(void)
{
    heap_init(&heap);
    for (int i = 0; i < NODES; i++)
        heap_node_init(&nodes[i]);
}

static void ties(void)
{
    reset();
    for (int i = 0; i < 100; i++)
        heap_insert(&heap, &nodes[i], 7);
    for (int i = 0; i < 100; i++) {
        if (!CHECK(heap_min(&heap) == &nodes[i]))
            break;
        heap_remove(&heap, heap_min(&heap));
    }
    CHECK(heap_min(&heap) == NULL);
}

static void extremes(void)
{
    reset();
    heap_insert(&heap, &nodes[0], UINT64_MAX);
    heap_insert(&heap, &nodes[1], 0);
    heap_insert(&heap, &nodes[2], UINT64_C(1) << 40);
    CHECK(heap_min(&heap) == &nodes[1]);
    heap_remove(&heap, &nodes[1]);
    CHECK(heap_min(&heap) == &nodes[2]);
    heap_remove(&heap, &nodes[0]);
    CHECK(heap_min(&heap) == &nodes[2]);
    heap_remove(&heap, &nodes[0]);
    CHECK_INT(heap.count, 1);
}

/* Random insertions and removals of any node; the minimum is compared after each. */
static void against_model(void)
{
    uint32_t state = 1;

    reset();
    for (int step = 0; step < 20000; step++) {
        struct heap_node *n = &nodes[next_random(&state) % NODES];

        if (heap_contains(n))
            heap_remove(&heap, n);
        else
            heap_insert(&heap, n, next_random(&state) % 64);
        if (step % 3 == 0 && heap_min(&heap))
            heap_remove(&heap, heap_min(&heap));
        if (!CHECK(heap_min(&heap) == model_min()))
            return;
    }
}

/* Ascending and descending keys give the longest chains of children and siblings; nothing may recurse. */
static void long_chains(void)
{
    for (int down = 0; down < 2; down++) {
        reset();
        for (uint64_t i = 0; i < NODES; i++)
            heap_insert(&heap, &nodes[i], down ? NODES - i : i);
        for (uint64_t last = 0; heap_min(&heap);) {
            CHECK(heap_min(&heap)->key >= last);
            last = heap_min(&heap)->key;
            heap_remove(&heap, heap_min(&heap));
        }
        CHECK_INT(heap.count, 0);
    }
}

static const struct test tests[] = {
    {"equal keys leave in the order they came", ties},
    {"keys use all 64 bits; removing twice is harmless", extremes},
    {"random insertions and removals agree with a search", against_model},
    {"sorted input leaves sorted", long_chains},
};

HARNESS_MAIN(tests)
