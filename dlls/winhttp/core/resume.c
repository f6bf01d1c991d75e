/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See resume.h. */
#include "core/resume.h"
#include "base/mem.h"
#include "core/pool.h"
#include "core/wide.h"
#include "io/clock.h"

struct memory {
    struct list node;
    struct conn_target target; /* its strings are ours; tls_host is NULL */
    struct settings settings;
    struct span session;
    struct trust_verdict verdict;
    uint64_t judged; /* clock_ms */
};

struct tls_share {
    unsigned refs; /* one is the table's; the lock */
    struct tls_common *common;
};

/* One for each mask of versions. */
#define SHARES ((TLS_V1_0 | TLS_V1_1 | TLS_V1_2 | TLS_V1_3) + 1)

static struct {
    struct lock lock;
    struct list all; /* the youngest first */
    unsigned count;
    struct tls_share *share[SHARES];
} memories = {.lock = LOCK_INIT(LOCK_POOL), .all = {&memories.all, &memories.all}};

static void forget(struct memory *m)
{
    if (!m)
        return;
    mem_free(m->target.host);
    mem_free(m->target.alias);
    if (m->session.n)
        SecureZeroMemory((void *)(uintptr_t)m->session.p, m->session.n);
    mem_free((void *)(uintptr_t)m->session.p);
    trust_verdict_clear(&m->verdict);
    mem_free(m);
}

/* A server that asks for a certificate must ask each time (D16), and does not when it resumes. */
static struct memory *make(const struct conn *c)
{
    struct tls_info info;
    struct memory *m;

    f_tls_info(c->chain.top, &info);
    m = info.client_cert_asked ? NULL : mem_zalloc(sizeof(*m));
    if (!m)
        return NULL;
    list_init(&m->node);
    m->target.port = c->target.port;
    m->target.secure = true;
    m->settings = c->settings;
    m->judged = c->judged;
    if (wide_copy_or_null(c->target.host, &m->target.host) != WH_OK ||
        wide_copy_or_null(c->target.alias, &m->target.alias) != WH_OK ||
        f_tls_session(c->chain.top, &m->session) != WH_OK) {
        forget(m);
        return NULL;
    }
    trust_verdict_copy(&m->verdict, &c->verdict);
    return m;
}

/* Lock held. */
static struct memory *take_out(struct list *node)
{
    list_remove(node);
    memories.count--;
    return container_of(node, struct memory, node);
}

void resume_keep(const struct conn *c)
{
    struct memory *m = make(c), *oldest = NULL;

    if (!m)
        return;
    lock_exclusive(&memories.lock);
    if (memories.count == RESUME_MAX)
        oldest = take_out(memories.all.prev);
    list_add_head(&memories.all, &m->node);
    memories.count++;
    unlock_exclusive(&memories.lock);
    forget(oldest);
}

static struct memory *recall(const struct conn *c)
{
    struct memory *found = NULL;
    struct list *pos, *tmp;

    lock_exclusive(&memories.lock);
    LIST_FOR_EACH(pos, tmp, &memories.all)
    {
        struct memory *m = container_of(pos, struct memory, node);

        if (pool_shares(&m->target, &m->settings, c)) {
            found = take_out(pos);
            break;
        }
    }
    unlock_exclusive(&memories.lock);
    return found;
}

/* A verdict on a chain that may be revoked stands for one handshake only. */
static bool stands(const struct memory *m)
{
    return clock_ms() - m->judged < RESUME_VERDICT_MS && !(m->settings.enable_feature & WINHTTP_ENABLE_SSL_REVOCATION);
}

/* Lock held. NULL: there are no such versions, or there is no memory. */
static struct tls_share *make_share(unsigned versions)
{
    struct tls_share *s = mem_zalloc(sizeof(*s));

    if (s && tls_common_create(versions, &s->common) == WH_OK) {
        s->refs = 1;
        return s;
    }
    mem_free(s);
    return NULL;
}

static struct tls_share *take_share(unsigned versions)
{
    struct tls_share **at = &memories.share[versions % SHARES], *s;

    lock_exclusive(&memories.lock);
    if (!*at)
        *at = make_share(versions);
    s = *at;
    if (s)
        s->refs++;
    unlock_exclusive(&memories.lock);
    return s;
}

void resume_unshare(struct tls_share *s)
{
    bool last;

    if (!s)
        return;
    lock_exclusive(&memories.lock);
    last = --s->refs == 0;
    unlock_exclusive(&memories.lock);
    if (!last)
        return;
    tls_common_destroy(s->common);
    mem_free(s);
}

enum wh_err resume_create(struct conn *c, struct tls_params *params, struct filter **out)
{
    struct memory *m = recall(c);
    enum wh_err err;

    if (m) {
        params->resume = m->session;
        if (stands(m)) {
            trust_verdict_copy(&c->verdict, &m->verdict);
            c->judged = m->judged;
        }
    }
    c->share = take_share(params->versions);
    params->common = c->share ? c->share->common : NULL;
    err = f_tls_create(params, out);
    forget(m);
    return err;
}

void resume_forget(void)
{
    struct tls_share *s;
    struct memory *m;

    for (unsigned i = 0; i < SHARES; i++) {
        lock_exclusive(&memories.lock);
        s = memories.share[i];
        memories.share[i] = NULL;
        unlock_exclusive(&memories.lock);
        resume_unshare(s);
    }
    do {
        lock_exclusive(&memories.lock);
        m = list_empty(&memories.all) ? NULL : take_out(memories.all.next);
        unlock_exclusive(&memories.lock);
        forget(m);
    } while (m);
}
