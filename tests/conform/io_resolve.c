/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * io_resolve: name resolution (dlls/winhttp/io/resolve.h). Needs no network: an unknown name is looked up in the
 * top-level domain that has none (RFC 6761 section 6.4).
 */
#include "io_room.h"

#include "io/resolve.h"
#include "io/work.h"

#define LOOKUPS 50

/* ---- a look-up and what became of it ---- */

struct lookup {
    struct resolve *handle;
    HANDLE done;
    LONG calls;
    enum wh_err err;
    bool addrs_given, on_worker;
    DWORD thread;
    struct resolve_addrs addrs;
    int code; /* Winsock's */
};

static void on_done(void *ctx, enum wh_err err, int code, const struct resolve_addrs *addrs)
{
    struct lookup *l = ctx;

    l->err = err;
    l->code = code;
    l->addrs_given = addrs != NULL;
    if (addrs)
        l->addrs = *addrs;
    l->thread = GetCurrentThreadId();
    l->on_worker = loop_on_worker();
    InterlockedIncrement(&l->calls);
    SetEvent(l->done);
}

static enum wh_err lookup_start(struct lookup *l, const WCHAR *host, uint16_t port)
{
    memset(l, 0, sizeof(*l));
    l->done = room_event();
    return resolve_start(host, port, on_done, l, &l->addrs, &l->handle);
}

static void lookup_end(struct lookup *l)
{
    if (l->handle)
        resolve_free(l->handle);
    CloseHandle(l->done);
}

/* ---- literals ---- */

static void test_literals(void)
{
    static const struct {
        const WCHAR *host;
        short family;
        const WCHAR *text;
    } literals[] = {
        {L"127.0.0.1", AF_INET, L"127.0.0.1"}, {L"192.0.2.255", AF_INET, L"192.0.2.255"},    {L"::1", AF_INET6, L"::1"},
        {L"[::1]", AF_INET6, L"::1"},          {L"[2001:DB8::1]", AF_INET6, L"2001:db8::1"},
    };

    for (size_t i = 0; i < COUNT(literals); i++) {
        struct lookup l;
        WCHAR text[RESOLVE_TEXT];

        SAME(lookup_start(&l, literals[i].host, 8080), WH_OK, "a literal is answered at once: %ls", literals[i].host);
        tap_ok(!l.handle && l.calls == 0, "without handle and call");
        tap_ok(l.addrs.count == 1 && l.addrs.addr[0].ss_family == literals[i].family, "one address of its family");
        /* sin_port and sin6_port are at the same place. */
        SAME(ntohs(((struct sockaddr_in *)&l.addrs.addr[0])->sin_port), 8080, "with the port");
        SAME(resolve_text(&l.addrs.addr[0], text), wcslen(literals[i].text), "length of its text");
        SAME_TEXT(text, literals[i].text, "its text");
        lookup_end(&l);
    }
}

static void test_refused(void)
{
    WCHAR host[400], text[RESOLVE_TEXT];
    SOCKADDR_STORAGE none = {0};
    struct lookup l;

    SAME(lookup_start(&l, L"", 80), WH_E_NAME, "an empty name");
    lookup_end(&l);
    SAME(lookup_start(&l, L"[]", 80), WH_E_NAME, "an empty literal");
    lookup_end(&l);
    for (size_t i = 0; i < COUNT(host); i++)
        host[i] = 'a';
    host[COUNT(host) - 1] = 0;
    SAME(lookup_start(&l, host, 80), WH_E_NAME, "a name longer than any");
    tap_ok(!l.handle, "no handle");
    lookup_end(&l);
    SAME(resolve_text(&none, text), 0, "no text for what is no address");
    tap_ok(text[0] == 0, "but a NUL");

    mem_fail_at(1, NULL);
    SAME(lookup_start(&l, L"localhost", 80), WH_E_NOMEM, "no memory");
    mem_fail_at(0, NULL);
    tap_ok(!l.handle && l.calls == 0, "no handle, no call");
    lookup_end(&l);
}

/* ---- names ---- */

static void test_names(void)
{
    struct lookup l;
    bool loopback;

    SAME(lookup_start(&l, L"localhost", 443), WH_AGAIN, "a name is looked up");
    tap_ok(l.handle && room_wait(l.done), "the answer comes");
    SAME(l.err, WH_OK, "localhost is known");
    loopback =
        l.addrs.count > 0 && (l.addrs.addr[0].ss_family == AF_INET6 ||
                              ((struct sockaddr_in *)&l.addrs.addr[0])->sin_addr.s_addr == htonl(INADDR_LOOPBACK));
    tap_ok(loopback, "its address");
    SAME(ntohs(((struct sockaddr_in *)&l.addrs.addr[0])->sin_port), 443, "with the port");
    tap_ok(l.thread != GetCurrentThreadId() && !l.on_worker, "told by a thread of the pool");
    resolve_cancel(l.handle);
    lookup_end(&l);

    SAME(lookup_start(&l, L"no-such-host.invalid", 80), WH_AGAIN, "an unknown name is looked up");
    /* Where no name server answers, the system asks for a while. */
    tap_ok(WaitForSingleObject(l.done, 3 * WAIT_MS) == WAIT_OBJECT_0, "the answer comes");
    SAME(l.err, WH_E_NAME, "it is not known");
    tap_ok(!l.addrs_given && l.calls == 1, "no addresses, one call");
    lookup_end(&l);
}

/* ---- cancelled ---- */

struct plug {
    struct work work;
    HANDLE in, go;
};

static void plug_run(struct work *w)
{
    struct plug *p = container_of(w, struct plug, work);

    SetEvent(p->in);
    room_wait(p->go);
}

/* All threads of the pool are blocked, as by a name server that does not answer. */
static void test_cancel_queued(void)
{
    struct plug plugs[WORK_DNS_THREADS];
    HANDLE go = room_event();
    struct lookup l;

    for (size_t i = 0; i < COUNT(plugs); i++) {
        plugs[i] = (struct plug){.work.run = plug_run, .in = room_event(), .go = go};
        work_submit(WORK_DNS, &plugs[i].work);
        room_wait(plugs[i].in);
        CloseHandle(plugs[i].in);
    }
    SAME(lookup_start(&l, L"localhost", 80), WH_AGAIN, "a look-up behind blocked ones");
    resolve_cancel(l.handle);
    resolve_cancel(l.handle);
    tap_ok(room_wait(l.done), "cancelled, it is answered all the same");
    tap_ok(l.err == WH_E_CANCELLED && !l.addrs_given && l.on_worker, "by a worker, without addresses");
    SetEvent(go);
    SAME(l.calls, 1, "once");
    lookup_end(&l);
    CloseHandle(go);
}

/* Cancelled at any moment: one answer, which is one of two. */
static struct lookup lookups[LOOKUPS];

static void test_cancel_race(void)
{
    int right = 0;

    for (int i = 0; i < LOOKUPS; i++)
        lookup_start(&lookups[i], i % 2 ? L"localhost" : L"no-such-host.invalid", 80);
    for (int i = LOOKUPS; i-- > 0;)
        resolve_cancel(lookups[i].handle);
    for (int i = 0; i < LOOKUPS; i++) {
        struct lookup *l = &lookups[i];
        enum wh_err answer = i % 2 ? WH_OK : WH_E_NAME;

        right +=
            room_wait(l->done) && (l->err == answer || l->err == WH_E_CANCELLED) && l->addrs_given == (l->err == WH_OK);
    }
    SAME(right, LOOKUPS, "each cancelled look-up has its answer or WH_E_CANCELLED");
}

/* Behind the end of all threads, so that a second answer would have come. */
static void test_answered_once(void)
{
    int once = 0;

    for (int i = 0; i < LOOKUPS; i++) {
        once += lookups[i].calls == 1;
        lookup_end(&lookups[i]);
    }
    SAME(once, LOOKUPS, "each was answered once");
}

int main(void)
{
    struct room_threads at_start, ours;
    size_t memory;

    room_start();
    room_threads(&at_start, NULL);
    memory = mem_live();
    room_hold();
    test_literals();
    test_refused();
    test_names();
    test_cancel_queued();
    test_cancel_race();
    room_threads(&ours, &at_start);
    loop_release();
    tap_ok(room_threads_gone(&ours, 0, 60000), "all threads end, the pool's too");
    test_answered_once();
    SAME(mem_live(), memory, "no memory is kept");
    return tap_done();
}
