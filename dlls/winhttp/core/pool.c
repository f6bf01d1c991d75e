/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/pool.h"
#include <wchar.h>

static struct {
    struct lock lock;
    struct list idle; /* the one put last stands first: it is the least likely to have been closed */
} pool = {.lock = LOCK_INIT(LOCK_POOL), .idle = {&pool.idle, &pool.idle}};

static bool same_alias(const WCHAR *a, const WCHAR *b)
{
    return a && b ? !_wcsicmp(a, b) : a == b;
}

bool pool_shares(const struct conn_target *t, const struct settings *s, const struct conn *c)
{
    return c->target.port == t->port && c->target.secure == t->secure && !_wcsicmp(c->target.host, t->host) &&
           same_alias(c->target.alias, t->alias) && settings_same_pool(&c->settings, s, t->secure);
}

bool pool_put(struct conn *c)
{
    if (c->state != CONN_OPEN || c->expiring || c->rx_ended || conn_ended(c) || c->tx_error != WH_OK ||
        sock_busy(&c->sock) || !conn_flushed(c) || buf_len(&c->chain.wire_in) || buf_len(chain_in(&c->chain)))
        return false;
    c->state = CONN_POOLED;
    conn_trim(c);
    conn_ref(c);
    lock_exclusive(&pool.lock);
    list_add_head(&pool.idle, &c->pool_node);
    unlock_exclusive(&pool.lock);
    limit_rest(c->seat);
    conn_idle_until(c, deadline_in(POOL_IDLE_MS));
    return true;
}

/* Takes c out; false: somebody else has. */
static bool unlink_idle(struct conn *c)
{
    bool was_in;

    lock_exclusive(&pool.lock);
    was_in = !list_empty(&c->pool_node);
    list_remove(&c->pool_node);
    unlock_exclusive(&pool.lock);
    return was_in;
}

/* What is looked for: a connection that serves a request, or one that rests where another is to be made. */
struct wanted {
    const struct conn_target *target;
    const struct settings *settings;
    const struct limit_server *seat; /* with target NULL */
};

static struct conn *unlink_match(const struct wanted *w)
{
    struct conn *found = NULL;
    struct list *pos, *tmp;

    lock_exclusive(&pool.lock);
    LIST_FOR_EACH(pos, tmp, &pool.idle)
    {
        struct conn *c = container_of(pos, struct conn, pool_node);

        if (w->target ? !pool_shares(w->target, w->settings, c) : c->seat != w->seat)
            continue;
        list_remove(pos);
        found = c;
        break;
    }
    unlock_exclusive(&pool.lock);
    return found;
}

static bool is_fresh(struct conn *c, enum pool_for use)
{
    if (c->state != CONN_POOLED)
        return false;
    conn_follow(c);
    return (use == POOL_FOR_SYNC_AGAIN && conn_warm(c)) || conn_probe(c, use == POOL_FOR_ASYNC);
}

struct conn *pool_take(const struct conn_target *target, const struct settings *settings, struct limit_server *seat,
                       enum pool_for use)
{
    struct wanted w = {.target = target, .settings = settings};
    struct conn *c;

    while ((c = unlink_match(&w)) != NULL) {
        bool fresh;

        conn_lock(c);
        fresh = is_fresh(c, use);
        if (fresh) {
            c->state = CONN_OPEN;
            limit_wake(c->seat);
            c->seat = seat;
            conn_idle_until(c, TIMER_NEVER);
        } else {
            conn_kill(c);
        }
        conn_unlock(c);
        if (fresh)
            return c;
        conn_unref(c);
    }
    return NULL;
}

void pool_make_room(struct limit_server *seat)
{
    struct wanted w = {.seat = seat};
    struct conn *c;

    while (limit_crowded(seat) && (c = unlink_match(&w)) != NULL) {
        conn_lock(c);
        conn_kill(c);
        conn_unlock(c);
        conn_unref(c);
    }
}

void pool_expire(struct conn *c)
{
    if (!unlink_idle(c))
        return;
    conn_kill(c);
    conn_unref(c);
}
