/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See lane.h for the rules; here is only the bookkeeping that keeps them. */
#include "notify/lane.h"
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include "base/mem.h"
#include "core/object.h"
#include "io/clock.h"
#include "notify/listener.h"
#include "notify/net_error.h"

/* A completion that must not come on the thread that called may be handed on this often before that thread delivers it
 * after all: by then the call has long returned, and no other worker is to be had. */
#define HAND_ON_LIMIT 64u

static DWORD depth_slot = TLS_OUT_OF_INDEXES;

bool notify_attach(void)
{
    depth_slot = TlsAlloc();
    return depth_slot != TLS_OUT_OF_INDEXES && net_error_attach();
}

void notify_detach(void)
{
    net_error_detach();
    TlsFree(depth_slot);
}

unsigned notify_depth(void)
{
    return (unsigned)(uintptr_t)TlsGetValue(depth_slot);
}

static void set_depth(unsigned depth)
{
    TlsSetValue(depth_slot, (void *)(uintptr_t)depth);
}

/* A stay in application code: one callback, or a drain's callbacks with no work of ours between them. */
struct stay {
    bool inside;
    unsigned depth; /* of this thread's callbacks before it */
};

static void stay_begin(struct stay *s)
{
    if (s->inside) {
        loop_back_in_app();
        return;
    }
    s->inside = true;
    s->depth = notify_depth();
    set_depth(s->depth + 1);
    loop_enter_app();
}

static void stay_end(struct stay *s)
{
    if (!s->inside)
        return;
    s->inside = false;
    loop_leave_app();
    set_depth(s->depth);
}

/* The only place where the application is called. */
static void call_application(struct object *o, struct listener who, DWORD status, const void *info, DWORD info_len,
                             struct stay *s)
{
    if (!who.callback)
        return;
    lock_none_held();
    stay_begin(s);
    who.callback(o->handle, who.context, status, (void *)info, info_len);
}

static void run_deliver_task(struct task *t);

void notify_init(struct notify *n, struct notify *inherit)
{
    memset(n, 0, sizeof(*n));
    lock_init(&n->lock, LOCK_LANE);
    for (int i = 0; i < LANE_COUNT; i++) {
        n->lane[i].id = (enum lane_id)i;
        list_init(&n->lane[i].queue);
        n->lane[i].deliver.run = run_deliver_task;
    }
    if (!inherit)
        return;
    lock_shared(&inherit->lock);
    n->callback = inherit->callback;
    n->mask = inherit->mask;
    n->context = inherit->context;
    unlock_shared(&inherit->lock);
}

void notify_post(struct object *o, enum lane_id id, struct note *n)
{
    struct notify *nt = &o->notify;
    struct lane *l = &nt->lane[id];

    lock_exclusive(&nt->lock);
    atomic_store_explicit(&n->queued, true, memory_order_relaxed);
    list_add_tail(&l->queue, &n->node);
    if (l->wake && l->drainer != GetCurrentThreadId())
        SetEvent(l->wake);
    unlock_exclusive(&nt->lock);
}

bool note_queued(const struct note *n)
{
    return atomic_load_explicit(&n->queued, memory_order_acquire);
}

enum wh_err notify_inform(struct object *o, enum lane_id id, DWORD status, const void *info, DWORD info_len,
                          DWORD info_bytes, note_after after)
{
    struct note *n;

    if (!after && !notify_wanted(o, status))
        return WH_OK;
    n = mem_zalloc(sizeof(*n) + info_bytes);
    if (!n)
        return WH_E_NOMEM;
    n->status = status;
    n->heap = true;
    n->after = after;
    if (info) {
        memcpy(n + 1, info, info_bytes);
        n->info = n + 1;
        n->info_len = info_len;
    }
    notify_post(object_ref(o), id, n);
    return WH_OK;
}

/* Lock held. Whether HANDLE_CLOSING is due now: nothing queued, nobody else in a callback. Then it is ours to deliver.
 */
static bool take_closing(struct notify *nt)
{
    if (!nt->closing || nt->closed || nt->now_running)
        return false;
    for (int i = 0; i < LANE_COUNT; i++)
        if (nt->lane[i].drainer || !list_empty(&nt->lane[i].queue))
            return false;
    nt->closed = true;
    return true;
}

/* A call that no other follows. */
static void call_once(struct object *o, DWORD status, const void *info, DWORD info_len)
{
    struct stay stay = {0};
    struct listener who;

    lock_shared(&o->notify.lock);
    who = listener_for(&o->notify, status);
    unlock_shared(&o->notify.lock);
    call_application(o, who, status, info, info_len, &stay);
    stay_end(&stay);
}

static void deliver_closing(struct object *o)
{
    HINTERNET handle = o->handle;

    call_once(o, WINHTTP_CALLBACK_STATUS_HANDLE_CLOSING, &handle, sizeof(handle));
}

void notify_now(struct object *o, DWORD status, const void *info, DWORD info_len)
{
    struct notify *nt = &o->notify;
    bool last;

    lock_exclusive(&nt->lock);
    last = nt->closing;
    if (!last)
        nt->now_running++;
    unlock_exclusive(&nt->lock);
    if (last)
        return;
    call_once(o, status, info, info_len);
    lock_exclusive(&nt->lock);
    nt->now_running--;
    last = take_closing(nt);
    unlock_exclusive(&nt->lock);
    if (last)
        deliver_closing(o);
}

/* Without the lock: only the thread itself makes a claim its own, and gives it up. */
static bool is_claimed_by(const struct lane *l, DWORD thread)
{
    return l->drainer == thread;
}

/* Lock held. */
static void set_wake(struct lane *l, HANDLE event, bool yields)
{
    l->wake = event;
    l->yields = yields;
}

/* wake: see lane_set_wake; NULL: it is left as it is. */
static bool claim(struct object *o, enum lane_id id, bool nested, bool at_any_depth, HANDLE wake)
{
    struct lane *l = &o->notify.lane[id];
    DWORD me = GetCurrentThreadId();
    bool mine = false;

    if (!nested && is_claimed_by(l, me))
        return false;
    lock_exclusive(&o->notify.lock);
    /* The end of a handle is told inside CloseHandle, wherever that is called (D14). */
    if (!at_any_depth && !o->notify.closing && notify_depth() >= LANE_NESTING)
        mine = false;
    else if (!l->drainer && (!l->wanted_by || l->wanted_by == me)) {
        l->drainer = me;
        l->claims = 1;
        mine = true;
    } else if (l->drainer == me && nested) {
        l->claims++;
        mine = true;
    }
    if (mine && wake)
        set_wake(l, wake, false);
    unlock_exclusive(&o->notify.lock);
    return mine;
}

bool lane_claim(struct object *o, enum lane_id id, bool nested)
{
    return claim(o, id, nested, !o->async, NULL);
}

bool lane_claim_promised(struct object *o, enum lane_id id)
{
    return claim(o, id, false, true, NULL);
}

bool lane_claim_waiting(struct object *o, enum lane_id id, HANDLE event)
{
    return claim(o, id, true, true, event);
}

bool lane_claim_wait(struct object *o, enum lane_id id, HANDLE event, DWORD ms)
{
    struct lane *l = &o->notify.lane[id];
    DWORD me = GetCurrentThreadId();
    uint64_t until = clock_ms() + ms;

    for (;;) {
        uint64_t now = clock_ms();
        bool late = now >= until, claimed = false, asked;

        lock_exclusive(&o->notify.lock);
        asked = !l->wanted_by || l->wanted_by == me;
        if (!l->drainer && asked) {
            l->drainer = me;
            l->claims = 1;
            claimed = true;
        }
        if (asked && (claimed || late)) {
            l->wanted_by = 0;
        } else if (asked) {
            l->wanted_by = me;
            l->handed_over = event;
        }
        unlock_exclusive(&o->notify.lock);
        if (claimed || late || !asked)
            return claimed;
        lock_none_held();
        WaitForSingleObject(event, (DWORD)(until - now));
    }
}

/* Lock held. Another thread has the claim, is in no callback of this handle and waits for nothing, or yields; and
 * nobody else is in the queue for it. */
static bool will_give_up(const struct notify *nt, const struct lane *l, DWORD me)
{
    return l->drainer && l->drainer != me && !l->in_app && !nt->now_running && (!l->wake || l->yields) &&
           (!l->wanted_by || l->wanted_by == me);
}

/* Lock held. One look: claimed, or (with an event) asked for. */
static bool claim_or_ask(struct notify *nt, struct lane *l, HANDLE event, bool *asks)
{
    DWORD me = GetCurrentThreadId();
    bool claimed = !l->drainer;

    if (claimed) {
        l->drainer = me;
        l->claims = 1;
    }
    *asks = will_give_up(nt, l, me);
    if (*asks && event) {
        l->wanted_by = me;
        l->handed_over = event;
        if (l->wake)
            SetEvent(l->wake);
    } else if (l->wanted_by == me) {
        l->wanted_by = 0;
    }
    return claimed;
}

bool lane_claim_closing(struct object *o, enum lane_id id)
{
    struct lane *l = &o->notify.lane[id];
    uint64_t until = clock_ms() + LANE_HAND_OVER_MS;
    HANDLE event = NULL;
    bool claimed, asks, late;

    for (;;) {
        late = clock_ms() >= until;
        lock_exclusive(&o->notify.lock);
        claimed = claim_or_ask(&o->notify, l, late ? NULL : event, &asks);
        unlock_exclusive(&o->notify.lock);
        if (claimed || !asks || late)
            break;
        lock_none_held();
        if (event)
            WaitForSingleObject(event, LANE_HAND_OVER_MS);
        else if (!(event = CreateEventW(NULL, FALSE, FALSE, NULL)))
            break;
    }
    if (event)
        CloseHandle(event);
    return claimed;
}

bool lane_wanted(struct object *o, enum lane_id id)
{
    bool wanted;

    lock_shared(&o->notify.lock);
    wanted = o->notify.lane[id].wanted_by != 0;
    unlock_shared(&o->notify.lock);
    return wanted;
}

void lane_set_wake(struct object *o, enum lane_id id, HANDLE event, bool yields)
{
    lock_exclusive(&o->notify.lock);
    set_wake(&o->notify.lane[id], event, yields);
    unlock_exclusive(&o->notify.lock);
}

/* What a drainer has in hand. */
struct taken {
    struct note note;
    struct note *heap; /* its memory when it is the lane's to free, else NULL */
    struct listener who;
    bool mine; /* it is the one the drainer waits for */
};

/* Lock held: the next note this thread may deliver, unlinked and copied. */
static bool take_note(struct notify *nt, struct lane *l, const struct note *mine, struct taken *t)
{
    struct list *node = list_first(&l->queue);
    struct note *first;
    DWORD me = GetCurrentThreadId();

    if (!node || (l->wanted_by && l->wanted_by != me))
        return false;
    first = container_of(node, struct note, node);
    t->mine = !mine || first == mine;
    if (first->not_on == me && first != mine && l->handed_on < HAND_ON_LIMIT)
        return false;
    list_remove(node);
    l->handed_on = 0;
    l->in_app++;
    t->note = *first;
    t->heap = first->heap ? first : NULL;
    if (t->note.info == &first->u)
        t->note.info = &t->note.u;
    t->who = listener_for(nt, first->status);
    atomic_store_explicit(&first->queued, false, memory_order_release);
    return true;
}

static void deliver(struct object *o, struct lane *l, const struct taken *t, struct stay *stay)
{
    const struct note *n = &t->note;

    if (n->status == WINHTTP_CALLBACK_STATUS_REQUEST_ERROR)
        net_error_told(((const WINHTTP_ASYNC_RESULT *)n->info)->dwError, n->net_error);
    call_application(o, t->who, n->status, n->info, n->info_len, stay);
    l->in_app--;
    if (n->after) {
        stay_end(stay); /* it is work of ours */
        n->after(o, false);
    }
    mem_free(t->heap);
    object_unref(o);
}

/* Without the lock: what is posted meanwhile wakes a drainer that waits, and is found by the one that gives up its
 * claim. */
static bool is_silent(const struct lane *l)
{
    return *(struct list *const volatile *)&l->queue.next == &l->queue;
}

bool lane_drain(struct object *o, enum lane_id id, const struct note *mine)
{
    struct notify *nt = &o->notify;
    struct lane *l = &nt->lane[id];
    struct stay stay = {0};
    struct taken t;
    unsigned left = mine || !o->async || loop_on_worker() || notify_depth() ? UINT_MAX : LANE_TURN;
    bool delivered = false, got;

    do {
        if (is_silent(l))
            break;
        lock_exclusive(&nt->lock);
        got = take_note(nt, l, mine, &t);
        unlock_exclusive(&nt->lock);
        if (!got)
            break;
        deliver(o, l, &t, &stay);
        delivered |= t.mine;
    } while (!t.note.ends_drain && --left);
    stay_end(&stay);
    return delivered;
}

/* Lock held: have a worker drain the lane; another than this thread if this one must not deliver what is next. */
static void post_deliver(struct object *o, struct lane *l)
{
    struct list *node = list_first(&l->queue);

    if (l->deliver_posted)
        return;
    l->deliver_posted = true;
    object_ref(o);
    if (node && container_of(node, struct note, node)->not_on == GetCurrentThreadId())
        loop_post_away(&l->deliver);
    else
        loop_post(&l->deliver);
}

/* waited: what lane_claim_waiting has set ends too. */
static void release(struct object *o, enum lane_id id, bool waited)
{
    struct notify *nt = &o->notify;
    struct lane *l = &nt->lane[id];
    bool closing = false;

    lock_exclusive(&nt->lock);
    if (waited)
        set_wake(l, NULL, false);
    if (--l->claims == 0) {
        l->drainer = 0;
        if (l->wanted_by)
            SetEvent(l->handed_over);
        else if (!list_empty(&l->queue) && (o->async || nt->closing))
            post_deliver(o, l);
        closing = take_closing(nt);
    }
    unlock_exclusive(&nt->lock);
    if (closing)
        deliver_closing(o);
}

void lane_release(struct object *o, enum lane_id id)
{
    release(o, id, false);
}

void lane_end_waiting(struct object *o, enum lane_id id)
{
    release(o, id, true);
}

void lane_kick(struct object *o, enum lane_id id)
{
    struct notify *nt = &o->notify;
    struct lane *l = &nt->lane[id];

    if (is_claimed_by(l, GetCurrentThreadId()))
        return; /* the drain below this call on the stack goes on */
    lock_exclusive(&nt->lock);
    if (!l->drainer && ((o->async && !list_empty(&l->queue)) || (nt->closing && !nt->closed)))
        post_deliver(o, l);
    unlock_exclusive(&nt->lock);
}

/* Lock held. A lane without news is left alone: a call that claims it meanwhile tells its own completion (N29). */
static bool is_due(const struct notify *nt, enum lane_id id)
{
    return nt->closing || !list_empty(&nt->lane[id].queue);
}

static void run_deliver_task(struct task *t)
{
    struct lane *l = container_of(t, struct lane, deliver);
    enum lane_id id = l->id;
    struct notify *nt = container_of(l - id, struct notify, lane);
    struct object *o = container_of(nt, struct object, notify);
    bool due;

    lock_exclusive(&nt->lock);
    l->deliver_posted = false;
    l->handed_on++;
    due = is_due(nt, id);
    unlock_exclusive(&nt->lock);
    if (due && lane_claim(o, id, false)) {
        lane_drain(o, id, NULL);
        lane_release(o, id);
    }
    object_unref(o);
}

/* The lanes with news, as bits. A callback that blocks in one must not hold up the other: where both have news, one
 * goes to a worker. */
static unsigned lanes_due(struct object *o)
{
    struct notify *nt = &o->notify;
    struct lane *l = &nt->lane[LANE_SEND];
    unsigned due = 0;

    lock_exclusive(&nt->lock);
    for (int i = 0; i < LANE_COUNT; i++)
        if (is_due(nt, (enum lane_id)i))
            due |= 1u << i;
    if (due == (1u << LANE_COUNT) - 1 && !nt->closing && !l->drainer)
        post_deliver(o, l);
    unlock_exclusive(&nt->lock);
    return due;
}

void notify_deliver(struct object *o)
{
    unsigned due = lanes_due(o);

    for (int i = 0; i < LANE_COUNT; i++) {
        if (!(due & 1u << i))
            continue;
        if (!lane_claim(o, (enum lane_id)i, false)) {
            lane_kick(o, (enum lane_id)i);
            continue;
        }
        lane_drain(o, (enum lane_id)i, NULL);
        lane_release(o, (enum lane_id)i);
    }
}

void notify_closing(struct object *o)
{
    struct notify *nt = &o->notify;
    struct list dropped, *pos, *tmp;

    list_init(&dropped);
    lock_exclusive(&nt->lock);
    nt->closing = true;
    for (int i = 0; i < LANE_COUNT; i++)
        LIST_FOR_EACH(pos, tmp, &nt->lane[i].queue)
        {
            struct note *n = container_of(pos, struct note, node);

            if (n->completion)
                continue;
            n->queued = false;
            list_remove(pos);
            list_add_tail(&dropped, pos);
        }
    unlock_exclusive(&nt->lock);
    LIST_FOR_EACH(pos, tmp, &dropped)
    {
        struct note *n = container_of(pos, struct note, node);

        if (n->after)
            n->after(o, true);
        if (n->heap)
            mem_free(n);
        object_unref(o);
    }
}
