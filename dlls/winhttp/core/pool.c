/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/pool.h"
#include <wchar.h>

static struct {
    struct lock lock;
    struct list idle; /* the one put last stands first: it is the least likely to have been closed */
} pool = {.lock = LOCK_INIT(LOCK_POOL), .idle = {&pool.idle, &pool.idle}};

static bool serves(const struct conn *c, const struct conn_target *t, const struct settings *s)
{
    return c->target.port == t->port && c->target.secure == t->secure && !_wcsicmp(c->target.host, t->host) &&
           settings_same_pool(&c->settings, s, t->secure);
}

bool pool_put(struct conn *c)
{
    if (c->state != CONN_OPEN || c->rx_ended || c->tx_error != WH_OK || sock_busy(&c->sock) || !conn_flushed(c) ||
        buf_len(&c->chain.wire_in) || buf_len(chain_in(&c->chain)))
        return false;
    c->state = CONN_POOLED;
    conn_trim(c);
    conn_ref(c);
    lock_exclusive(&pool.lock);
    list_add_head(&pool.idle, &c->pool_node);
    unlock_exclusive(&pool.lock);
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

static struct conn *unlink_match(const struct conn_target *t, const struct settings *s)
{
    struct conn *found = NULL;
    struct list *pos, *tmp;

    lock_exclusive(&pool.lock);
    LIST_FOR_EACH(pos, tmp, &pool.idle)
    {
        struct conn *c = container_of(pos, struct conn, pool_node);

        if (!serves(c, t, s))
            continue;
        list_remove(pos);
        found = c;
        break;
    }
    unlock_exclusive(&pool.lock);
    return found;
}

/* One attempt: nothing may be there, neither bytes nor an end. TLS may have left a ticket to be read: that is no reason
 * to keep it. */
static bool still_fresh(struct conn *c)
{
    uint8_t byte;
    size_t n;

    return c->state == CONN_POOLED && sock_try_recv(&c->sock, &byte, sizeof(byte), &n) == WH_AGAIN;
}

struct conn *pool_take(const struct conn_target *target, const struct settings *settings)
{
    struct conn *c;

    while ((c = unlink_match(target, settings)) != NULL) {
        bool fresh;

        conn_lock(c);
        fresh = still_fresh(c);
        if (fresh) {
            c->state = CONN_OPEN;
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

void pool_expire(struct conn *c)
{
    if (!unlink_idle(c))
        return;
    conn_kill(c);
    conn_unref(c);
}
