/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * See handle.h. A handle's value, from the low end: one bit that is always set, the slot, the generation of the slot,
 * and on 64-bit hosts one more bit. Thus a value
 *   - is never 0, and never the address of a variable, since those are aligned (CLIENTS, libmatoya);
 *   - on 64-bit hosts lies above every address of a program and below 2^53, so that languages which keep numbers in a
 * double do not spoil it;
 *   - is positive as a signed number of its width.
 * No address is ever followed to find out whether a value is a handle.
 *
 * A closed slot's generation moves on at once. Slots wait in a queue, and are taken from it only while HANDLE_MIN_FREE
 * others wait behind them, so that a value comes back after HANDLE_MIN_FREE times the number of generations closes at
 * the earliest.
 *
 * Memory: the first slots are part of the module; more are allocated as handles are opened, and given back when the
 * last one is closed. Limits: 2^18 live handles on 32-bit hosts, 2^24 on 64-bit: more than fit into memory.
 */
#include "core/handle.h"
#include <stdint.h>
#include <string.h>
#include "base/mem.h"

#define HANDLE_MIN_FREE    1024u
#define HANDLE_FIRST_SLOTS 2048u

#if defined(_WIN64)
#define SLOT_BITS       24
#define GENERATION_BITS 27
#define HANDLE_MARK     ((ULONG_PTR)1 << 52 | 1) /* above all addresses; and the bit that is always set */
#else
#define SLOT_BITS       18
#define GENERATION_BITS 12
#define HANDLE_MARK     ((ULONG_PTR)1)
#endif

#define SLOT_LIMIT       (1u << SLOT_BITS)
#define GENERATION_LIMIT (1u << GENERATION_BITS)
#define GENERATION_SHIFT (SLOT_BITS + 1)
#define NO_SLOT          0xFFFFFFFFu

struct slot {
    struct object *object; /* NULL: free */
    uint32_t generation;   /* of the present handle, or of the next */
    uint32_t next;         /* free: the slot that was freed after this one */
};

static struct {
    struct lock lock;
    struct slot *slots; /* NULL: first, not yet used */
    uint32_t made;      /* slots that have ever been used */
    uint32_t capacity;
    uint32_t live;
    uint32_t free_head, free_tail, free_count;
    uint32_t fresh; /* generation at which slots begin that are new */
} table = {.lock = LOCK_INIT(LOCK_LEAF), .free_head = NO_SLOT, .free_tail = NO_SLOT};

static struct slot first[HANDLE_FIRST_SLOTS];

static HINTERNET handle_of(uint32_t index, uint32_t generation)
{
    return (HINTERNET)(HANDLE_MARK | (ULONG_PTR)generation << GENERATION_SHIFT | (ULONG_PTR)index << 1);
}

/* The slot that h names, if it is live; NULL else. Lock held. */
static struct slot *slot_of(HINTERNET h)
{
    uint32_t index = (uint32_t)((ULONG_PTR)h >> 1) & (SLOT_LIMIT - 1);
    struct slot *s;

    if (index >= table.made)
        return NULL;
    s = &table.slots[index];
    return s->object && h == handle_of(index, s->generation) ? s : NULL;
}

/* Room for one more slot at the end. */
static bool table_grow(void)
{
    uint32_t capacity;
    struct slot *more;

    if (!table.slots) {
        table.slots = first;
        table.capacity = HANDLE_FIRST_SLOTS;
    }
    if (table.made < table.capacity)
        return true;
    capacity = table.capacity * 2;
    if (capacity > SLOT_LIMIT)
        return false;
    more = mem_alloc(capacity * sizeof(*more));
    if (!more)
        return false;
    memcpy(more, table.slots, table.made * sizeof(*more));
    if (table.slots != first)
        mem_free(table.slots);
    table.slots = more;
    table.capacity = capacity;
    return true;
}

static uint32_t free_take(void)
{
    uint32_t index = table.free_head;

    table.free_head = table.slots[index].next;
    if (table.free_head == NO_SLOT)
        table.free_tail = NO_SLOT;
    table.free_count--;
    return index;
}

static void free_put(uint32_t index)
{
    table.slots[index].next = NO_SLOT;
    if (table.free_tail == NO_SLOT)
        table.free_head = index;
    else
        table.slots[table.free_tail].next = index;
    table.free_tail = index;
    table.free_count++;
}

static uint32_t slot_take(void)
{
    if (table.free_count <= HANDLE_MIN_FREE && table_grow()) {
        table.slots[table.made] = (struct slot){.generation = table.fresh, .next = NO_SLOT};
        return table.made++;
    }
    return table.free_count ? free_take() : NO_SLOT;
}

/*
 * No handle is left: the slots beyond the first go. What comes into their places later begins behind the newest of
 * their generations, and the order in which the first were freed is lost, but not their generations.
 */
static void table_shrink(void)
{
    if (table.slots == first)
        return;
    for (uint32_t i = HANDLE_FIRST_SLOTS; i < table.made; i++)
        if (table.slots[i].generation > table.fresh)
            table.fresh = table.slots[i].generation;
    memcpy(first, table.slots, sizeof(first));
    mem_free(table.slots);
    table.slots = first;
    table.capacity = table.made = HANDLE_FIRST_SLOTS;
    table.free_head = table.free_tail = NO_SLOT;
    table.free_count = 0;
    for (uint32_t i = 0; i < table.made; i++)
        free_put(i);
}

enum wh_err handle_publish(struct object *o)
{
    uint32_t index;

    lock_exclusive(&table.lock);
    index = slot_take();
    if (index != NO_SLOT) {
        table.slots[index].object = object_ref(o);
        table.live++;
        o->handle = handle_of(index, table.slots[index].generation);
    }
    unlock_exclusive(&table.lock);
    return index == NO_SLOT ? WH_E_NOMEM : WH_OK;
}

struct object *handle_find(HINTERNET h)
{
    struct object *o = NULL;
    struct slot *s;

    lock_shared(&table.lock);
    s = slot_of(h);
    if (s)
        o = object_ref(s->object);
    unlock_shared(&table.lock);
    return o;
}

/* Takes the handle out; the table's reference becomes the caller's. */
static struct object *handle_remove(HINTERNET h)
{
    struct object *o = NULL;
    struct slot *s;

    lock_exclusive(&table.lock);
    s = slot_of(h);
    if (s) {
        o = s->object;
        s->object = NULL;
        s->generation = (s->generation + 1) & (GENERATION_LIMIT - 1);
        free_put((uint32_t)(s - table.slots));
        if (--table.live == 0)
            table_shrink();
    }
    unlock_exclusive(&table.lock);
    return o;
}

void handle_forget(struct object *o)
{
    object_unref(handle_remove(o->handle));
}

enum wh_err handle_close(HINTERNET h)
{
    struct object *o = handle_remove(h);
    bool claimed[LANE_COUNT];

    if (!o)
        return WH_E_NOT_FOUND;
    lock_exclusive(&o->lock);
    o->closed = true;
    unlock_exclusive(&o->lock);
    for (int i = 0; i < LANE_COUNT; i++)
        claimed[i] = o->async && lane_claim_closing(o, (enum lane_id)i);
    if (o->ops->closing)
        o->ops->closing(o);
    notify_closing(o);
    for (int i = 0; i < LANE_COUNT; i++)
        if (claimed[i]) {
            lane_drain(o, (enum lane_id)i, NULL);
            lane_release(o, (enum lane_id)i);
        }
    notify_deliver(o);
    object_unref(o);
    return WH_OK;
}
