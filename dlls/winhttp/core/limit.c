/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See limit.h. */
#include "core/limit.h"
#include <assert.h>
#include <string.h>
#include <wchar.h>
#include "base/mem.h"

struct limit_server {
    struct list node;
    HINTERNET session;
    uint64_t hash;           /* of host and port */
    uint32_t most, most_1_0; /* as the newest request says */
    uint32_t seats;          /* taken or granted */
    uint32_t resting;        /* connections in the pool */
    struct list waiting;     /* the first to come stands first */
    uint16_t port;
    WCHAR host[];
};

static struct {
    struct lock lock;
    struct list servers;
    uint64_t old[LIMIT_OLD_SERVERS]; /* hashes of those that speak HTTP/1.0; 0: none */
    unsigned old_next;               /* is forgotten next */
} limits = {.lock = LOCK_INIT(LOCK_POOL), .servers = {&limits.servers, &limits.servers}};

/* FNV-1a; host names differ in ASCII letters only. Never 0. */
static uint64_t server_hash(const WCHAR *host, uint16_t port)
{
    uint64_t h = 14695981039346656037u ^ port;

    for (; *host; host++)
        h = (h ^ (*host >= L'A' && *host <= L'Z' ? *host + 32u : *host)) * 1099511628211u;
    return h | 1;
}

static uint64_t *find_old(uint64_t hash)
{
    for (size_t i = 0; i < LIMIT_OLD_SERVERS; i++)
        if (limits.old[i] == hash)
            return &limits.old[i];
    return NULL;
}

static uint32_t most_seats(const struct limit_server *s)
{
    return s->most_1_0 < s->most && find_old(s->hash) ? s->most_1_0 : s->most;
}

static struct limit_server *find_server(const struct limit_ask *ask)
{
    struct list *pos, *tmp;

    LIST_FOR_EACH(pos, tmp, &limits.servers)
    {
        struct limit_server *s = container_of(pos, struct limit_server, node);

        if (s->session == ask->session && s->port == ask->port && !_wcsicmp(s->host, ask->host))
            return s;
    }
    return NULL;
}

static struct limit_server *make_server(const struct limit_ask *ask)
{
    size_t bytes = (wcslen(ask->host) + 1) * sizeof(WCHAR);
    struct limit_server *s = mem_zalloc(sizeof(*s) + bytes);

    if (!s)
        return NULL;
    s->session = ask->session;
    s->hash = server_hash(ask->host, ask->port);
    s->port = ask->port;
    memcpy(s->host, ask->host, bytes);
    list_init(&s->waiting);
    list_add_head(&limits.servers, &s->node);
    return s;
}

/* Grants what seats there are, in order; a server that nobody needs any more goes. */
static void settle(struct limit_server *s)
{
    while (!list_empty(&s->waiting) && s->seats < most_seats(s)) {
        struct limit_place *p = container_of(list_pop(&s->waiting), struct limit_place, node);

        s->seats++;
        p->waiting = false;
        p->seat = s;
        loop_post(p->task);
    }
    if (s->seats || s->resting || !list_empty(&s->waiting))
        return;
    list_remove(&s->node);
    mem_free(s);
}

static enum wh_err enter(struct limit_place *p, const struct limit_ask *ask)
{
    struct limit_server *s = find_server(ask);

    if (!s && !(s = make_server(ask)))
        return WH_E_NOMEM;
    s->most = ask->most;
    s->most_1_0 = ask->most_1_0;
    if (list_empty(&s->waiting) && s->seats < most_seats(s)) {
        s->seats++;
        p->seat = s;
        return WH_OK;
    }
    p->waiting = true;
    list_add_tail(&s->waiting, &p->node);
    settle(s); /* the limits may have been raised */
    return WH_AGAIN;
}

enum wh_err limit_enter(struct limit_place *p, const struct limit_ask *ask)
{
    enum wh_err err;

    assert(!p->waiting);
    if (p->seat || (ask->most == LIMIT_NONE && ask->most_1_0 == LIMIT_NONE))
        return WH_OK;
    lock_exclusive(&limits.lock);
    err = enter(p, ask);
    unlock_exclusive(&limits.lock);
    return err;
}

bool limit_leave(struct limit_place *p)
{
    struct limit_server *seat;
    bool waited;

    lock_exclusive(&limits.lock);
    waited = p->waiting;
    p->waiting = false;
    if (waited)
        list_remove(&p->node); /* whoever it waited for keeps the server alive */
    seat = p->seat;
    p->seat = NULL;
    unlock_exclusive(&limits.lock);
    limit_give(seat);
    return waited;
}

void limit_rest(struct limit_server *seat)
{
    if (!seat)
        return;
    lock_exclusive(&limits.lock);
    assert(seat->seats);
    seat->seats--;
    seat->resting++;
    settle(seat);
    unlock_exclusive(&limits.lock);
}

void limit_give(struct limit_server *seat)
{
    if (!seat)
        return;
    lock_exclusive(&limits.lock);
    assert(seat->seats);
    seat->seats--;
    settle(seat);
    unlock_exclusive(&limits.lock);
}

void limit_wake(struct limit_server *seat)
{
    if (!seat)
        return;
    lock_exclusive(&limits.lock);
    assert(seat->resting);
    seat->resting--;
    settle(seat);
    unlock_exclusive(&limits.lock);
}

bool limit_crowded(struct limit_server *seat)
{
    bool crowded;

    if (!seat)
        return false;
    lock_shared(&limits.lock);
    crowded = seat->resting && seat->seats + seat->resting > most_seats(seat);
    unlock_shared(&limits.lock);
    return crowded;
}

void limit_learn(const WCHAR *host, uint16_t port, unsigned minor)
{
    uint64_t hash = server_hash(host, port), *known;

    lock_exclusive(&limits.lock);
    known = find_old(hash);
    if (known && minor) {
        *known = 0;
    } else if (!known && !minor) {
        limits.old[limits.old_next] = hash;
        limits.old_next = (limits.old_next + 1) % LIMIT_OLD_SERVERS;
    }
    unlock_exclusive(&limits.lock);
}
