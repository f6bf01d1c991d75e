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

/* One for each mask of versions. */
#define COMMONS ((TLS_V1_0 | TLS_V1_1 | TLS_V1_2 | TLS_V1_3) + 1)

static struct {
    struct lock lock;
    struct list all; /* the youngest first */
    unsigned count;
    struct tls_common *common[COMMONS];
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

/* With a reference of the caller's; NULL: there are no such versions, or there is no memory. */
static struct tls_common *common_for(unsigned versions)
{
    struct tls_common **at = &memories.common[versions % COMMONS], *c;

    lock_exclusive(&memories.lock);
    c = *at || tls_common_create(versions, at) == WH_OK ? tls_common_ref(*at) : NULL;
    unlock_exclusive(&memories.lock);
    return c;
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
    params->common = common_for(params->versions);
    err = f_tls_create(params, out);
    tls_common_unref(params->common);
    forget(m);
    return err;
}

void resume_forget(void)
{
    struct tls_common *c;
    struct memory *m;

    for (unsigned i = 0; i < COMMONS; i++) {
        lock_exclusive(&memories.lock);
        c = memories.common[i];
        memories.common[i] = NULL;
        unlock_exclusive(&memories.lock);
        tls_common_unref(c);
    }
    do {
        lock_exclusive(&memories.lock);
        m = list_empty(&memories.all) ? NULL : take_out(memories.all.next);
        unlock_exclusive(&memories.lock);
        forget(m);
    } while (m);
}
