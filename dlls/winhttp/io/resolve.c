/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Look-ups with GetAddrInfoW on threads of the DNS pool. The blocked call cannot be interrupted, so a cancelled look-up
 * is answered at once from the loop and its thread left behind (work.h makes up for it); what it finds is thrown away.
 *
 * States of a look-up: QUEUED (no thread has it yet) -> RUNNING -> ANSWERED, or from the first two to CANCELLED. Who
 * leads it into one of the last two calls done, and nobody else.
 *
 * Threads: any; one lock for all look-ups, a leaf, held for a few instructions. Ownership: references of the caller, of
 * the item in the pool, and of the cancellation's task. Limits: RESOLVE_MAX_ADDRS, RESOLVE_MAX_HOST. Errors: resolve.h.
 */
#include "io/resolve.h"

#include <string.h>
#include <wchar.h>
#include "base/list.h"
#include "base/mem.h"
#include "io/inner.h"
#include "io/lock.h"
#include "io/loop.h"
#include "io/work.h"

#define RESOLVE_MAX_HOST 256u /* no name is longer (RFC 1035 section 2.3.4), nor any literal */

enum resolve_state { RESOLVE_QUEUED, RESOLVE_RUNNING, RESOLVE_ANSWERED, RESOLVE_CANCELLED };

struct resolve {
    volatile LONG refs;
    enum resolve_state state; /* resolve lock */
    struct work work;
    struct task task; /* delivers the cancellation */
    resolve_done done;
    void *ctx;
    uint16_t port;
    WCHAR host[];
};

static struct lock resolve_lock = LOCK_INIT(LOCK_LEAF);

/* Without the brackets that URLs put around IPv6 literals; false: too long, or empty. */
static bool resolve__strip(const WCHAR *host, WCHAR dst[RESOLVE_MAX_HOST])
{
    size_t n = wcslen(host);

    if (n >= 2 && host[0] == '[' && host[n - 1] == ']') {
        host++;
        n -= 2;
    }
    if (n == 0 || n >= RESOLVE_MAX_HOST)
        return false;
    memcpy(dst, host, n * sizeof(*host));
    dst[n] = 0;
    return true;
}

static void resolve__collect(const ADDRINFOW *list, uint16_t port, struct resolve_addrs *addrs)
{
    memset(addrs, 0, sizeof(*addrs));
    for (; list && addrs->count < RESOLVE_MAX_ADDRS; list = list->ai_next) {
        SOCKADDR_STORAGE *to = &addrs->addr[addrs->count];

        if (list->ai_family != AF_INET && list->ai_family != AF_INET6)
            continue;
        if (list->ai_addrlen > sizeof(*to))
            continue;
        memcpy(to, list->ai_addr, list->ai_addrlen);
        if (list->ai_family == AF_INET)
            ((struct sockaddr_in *)to)->sin_port = htons(port);
        else
            ((struct sockaddr_in6 *)to)->sin6_port = htons(port);
        addrs->len[addrs->count++] = (int)list->ai_addrlen;
    }
}

/* Blocks unless flags say AI_NUMERICHOST. */
static enum wh_err resolve__ask(const WCHAR *host, int flags, uint16_t port, struct resolve_addrs *addrs, int *why)
{
    ADDRINFOW hints = {.ai_flags = flags, .ai_socktype = SOCK_STREAM, .ai_protocol = IPPROTO_TCP};
    ADDRINFOW *list = NULL;
    int code = GetAddrInfoW(host, NULL, &hints, &list);

    *why = code;
    if (code)
        return winsock_lacks(code) ? WH_E_NOMEM : WH_E_NAME; /* EAI_MEMORY is one of those numbers */
    resolve__collect(list, port, addrs);
    FreeAddrInfoW(list);
    if (!addrs->count)
        *why = WSANO_DATA;
    return addrs->count ? WH_OK : WH_E_NAME;
}

/* From one of the states before the last into the next; false: someone has ended it already. */
static bool resolve__advance(struct resolve *r, enum resolve_state to, enum resolve_state *from)
{
    bool open;

    lock_exclusive(&resolve_lock);
    *from = r->state;
    open = r->state == RESOLVE_QUEUED || r->state == RESOLVE_RUNNING;
    if (open)
        r->state = to;
    unlock_exclusive(&resolve_lock);
    return open;
}

/* On a pool thread. */
static void resolve__run(struct work *w)
{
    struct resolve *r = container_of(w, struct resolve, work);
    struct resolve_addrs addrs;
    enum resolve_state was;
    enum wh_err err;
    int code;

    if (resolve__advance(r, RESOLVE_RUNNING, &was)) {
        err = resolve__ask(r->host, 0, r->port, &addrs, &code);
        if (resolve__advance(r, RESOLVE_ANSWERED, &was))
            r->done(r->ctx, err, code, err == WH_OK ? &addrs : NULL);
        else
            work_came_back(WORK_DNS);
    }
    resolve_free(r);
}

/* On a worker. */
static void resolve__cancelled(struct task *t)
{
    struct resolve *r = container_of(t, struct resolve, task);

    r->done(r->ctx, WH_E_CANCELLED, 0, NULL);
    resolve_free(r);
}

enum wh_err resolve_start(const WCHAR *host, uint16_t port, resolve_done done, void *ctx, struct resolve_addrs *addrs,
                          struct resolve **out)
{
    WCHAR name[RESOLVE_MAX_HOST];
    struct resolve *r;
    enum wh_err err;
    size_t size;
    int code;

    *out = NULL;
    if (!resolve__strip(host, name))
        return WH_E_NAME;
    err = resolve__ask(name, AI_NUMERICHOST, port, addrs, &code);
    if (err != WH_E_NAME)
        return err;

    size = (wcslen(name) + 1) * sizeof(*name);
    r = mem_alloc(sizeof(*r) + size);
    if (!r)
        return WH_E_NOMEM;
    r->refs = 2;
    r->state = RESOLVE_QUEUED;
    r->work.run = resolve__run;
    r->task.run = resolve__cancelled;
    r->done = done;
    r->ctx = ctx;
    r->port = port;
    memcpy(r->host, name, size);
    /* Set first: done may come, and look for the handle, before this returns. */
    *out = r;
    err = work_submit(WORK_DNS, &r->work);
    if (err != WH_OK) {
        *out = NULL;
        mem_free(r);
        return err;
    }
    return WH_AGAIN;
}

void resolve_cancel(struct resolve *r)
{
    enum resolve_state was;

    if (!resolve__advance(r, RESOLVE_CANCELLED, &was))
        return;
    if (was == RESOLVE_RUNNING)
        work_left_behind(WORK_DNS);
    InterlockedIncrement(&r->refs);
    loop_post(&r->task);
}

void resolve_free(struct resolve *r)
{
    if (InterlockedDecrement(&r->refs) == 0)
        mem_free(r);
}

unsigned resolve_text(const SOCKADDR_STORAGE *addr, WCHAR *dst)
{
    socklen_t len = addr->ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);

    if (GetNameInfoW((const struct sockaddr *)addr, len, dst, RESOLVE_TEXT, NULL, 0, NI_NUMERICHOST))
        dst[0] = 0;
    return (unsigned)wcslen(dst);
}
