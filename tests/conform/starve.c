/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * starve [ROUNDS [SEED]], or by STARVE_ROUNDS and STARVE_SEED of the environment: memory and kernel objects run out at
 * each moment in turn, then ever so often, then at random (HOUSE, "exactly once": SEMANTICS N30, N31).
 *
 * It needs a DLL configured with --enable-failmalloc, whose allocations can be made to fail by number (base/mem.h).
 * STARVE_ONLY names the one play that is wanted; STARVE_WAYS has a bit for each way it is played: synchronous, the same
 * over TLS, asynchronous, the same over TLS.
 *
 * A *trial* is one play with one *plan*: which allocations fail. A play is tried with its first allocation failing,
 * with its second, and so on until one trial comes to its end without reaching the number; then with each 2nd, 3rd,
 * 5th, 7th, 11th and 50th failing; then ROUNDS times at random distances. After each trial everything is closed, and
 * then: each accepted operation has completed exactly once, HANDLE_CLOSING was the last callback, all errors were
 * ERROR_NOT_ENOUGH_MEMORY, and no block of memory is left. At the end no thread is left either, nor a kernel handle.
 */
#include "starve.h"
#include "census.h"
#include "client.h"

#include <stdint.h>
#include <stdlib.h>

#define ROUNDS    3
#define SEED      1
#define TRIAL_MAX 5000  /* allocations of a play; more of them mean that it does not end */
#define SETTLED   25000 /* ms until threads, sockets and memory of closed handles must have gone */
#define ENOUGH    20    /* failed checks, and the program gives up */

struct plan {
    size_t nth;   /* this allocation alone fails; 0: see every */
    size_t every; /* each so many; 0: none fails */
    uint32_t seed;
};

struct stage stage;

static struct {
    void (*fail_at)(size_t nth, size_t *alloc_count);
    void (*fail_often)(size_t every, uint32_t seed);
    size_t (*live)(void);
} mem;

static struct {
    const struct play *play;
    struct plan plan;
    unsigned failures; /* of calls and operations in this trial */
    unsigned trials, complaints;
} now;

static HANDLE never;

/* ---- what is found wrong ---- */

static void complain(const char *what, DWORD number)
{
    tap_ok(FALSE, "%s, %s, %s: %s (%lu %s) when allocation %u alone, or each %u, seed %u, fails", now.play->name,
           stage.async ? "asynchronous" : "synchronous", stage.secure ? "TLS" : "plain", what, number,
           error_name(number), (unsigned)now.plan.nth, (unsigned)now.plan.every, (unsigned)now.plan.seed);
    if (++now.complaints == ENOUGH)
        exit(tap_done());
}

void stage_wrong(const char *what)
{
    complain(what, 0);
}

/* What stays away for so long hangs; nothing can be known of what would follow. */
static void await(HANDLE event, const char *what)
{
    if (WaitForSingleObject(event, WAIT_MS) == WAIT_OBJECT_0)
        return;
    complain(what, 0);
    exit(tap_done());
}

/* ---- steps ---- */

static BOOL is_starved(void)
{
    return now.plan.nth || now.plan.every;
}

/* A failure of a call or an operation. With one allocation that fails there is one. */
static void note_failure(const char *what, DWORD error)
{
    DWORD of_system = 0, size = sizeof(of_system);

    if (error != ERROR_NOT_ENOUGH_MEMORY &&
        WinHttpQueryOption(stage.request.handle, WINHTTP_OPTION_EXTENDED_ERROR, &of_system, &size))
        tap_diag("%s (%lu); the system's error was %lu", what, error, of_system);
    if (!is_starved() || error != ERROR_NOT_ENOUGH_MEMORY || (now.failures++ && now.plan.nth))
        complain(what, error);
}

BOOL stage_again(void)
{
    DWORD error = GetLastError();

    if (error != ERROR_NOT_ENOUGH_MEMORY || now.failures)
        return FALSE;
    note_failure("a call fails", error);
    return TRUE;
}

BOOL stage_refused(void)
{
    note_failure("a call fails", GetLastError());
    return FALSE;
}

BOOL stage_still_refused(const struct actor *actor)
{
    if (stage.async && actor == &stage.socket && now.failures == 1 && GetLastError() == ERROR_NOT_ENOUGH_MEMORY)
        return FALSE;
    return stage_refused();
}

BOOL stage_answer(DWORD error)
{
    SetLastError(error);
    return error == ERROR_SUCCESS;
}

BOOL stage_step(struct actor *actor, enum op op, BOOL accepted)
{
    if (!accepted || !stage.async)
        return accepted;
    await(actor->ended[op], "an operation does not complete");
    if (actor->error[op])
        note_failure("an operation fails", actor->error[op]);
    return !actor->error[op];
}

static void note_result(struct actor *actor, enum op op, DWORD status, const void *info, DWORD length)
{
    actor->error[op] =
        status == WINHTTP_CALLBACK_STATUS_REQUEST_ERROR ? ((const WINHTTP_ASYNC_RESULT *)info)->dwError : 0;
    if (status == WINHTTP_CALLBACK_STATUS_DATA_AVAILABLE)
        actor->number = *(const DWORD *)info;
    else if (status == WINHTTP_CALLBACK_STATUS_READ_COMPLETE && actor == &stage.request)
        actor->number = length;
    else if (status == WINHTTP_CALLBACK_STATUS_READ_COMPLETE) {
        actor->number = ((const WINHTTP_WEB_SOCKET_STATUS *)info)->dwBytesTransferred;
        actor->type = ((const WINHTTP_WEB_SOCKET_STATUS *)info)->eBufferType;
    }
}

void CALLBACK stage_callback(HINTERNET handle, DWORD_PTR context, DWORD status, LPVOID info, DWORD length)
{
    struct actor *actor = (struct actor *)context;
    enum op op;

    if (!actor)
        return; /* of the session or the connection */
    if (!handle)
        InterlockedIncrement(&actor->tally.wrong);
    op = tally_callback(&actor->tally, status, info, length);
    if (op != OP_COUNT) {
        note_result(actor, op, status, info, length);
        SetEvent(actor->ended[op]);
    }
    if (status == WINHTTP_CALLBACK_STATUS_HANDLE_CLOSING)
        SetEvent(actor->gone);
}

/* ---- opening and closing ---- */

static void actor_init(struct actor *actor)
{
    int op;

    actor->gone = CreateEventW(NULL, FALSE, FALSE, NULL);
    for (op = 0; op < OP_COUNT; op++)
        actor->ended[op] = CreateEventW(NULL, FALSE, FALSE, NULL);
}

static void actor_enters(struct actor *actor)
{
    int op;

    actor->tally = (struct tally){0};
    for (op = 0; op < OP_COUNT; op++)
        ResetEvent(actor->ended[op]);
}

BOOL stage_open(const WCHAR *host, INTERNET_PORT port)
{
    return TRY((stage.session = WinHttpOpen(L"starve", WINHTTP_ACCESS_TYPE_NO_PROXY, NULL, NULL,
                                            stage.async ? WINHTTP_FLAG_ASYNC : 0)) != NULL) &&
           TRY((stage.connect = WinHttpConnect(stage.session, host, port, 0)) != NULL);
}

BOOL stage_request(const WCHAR *verb, const WCHAR *path)
{
    struct actor *actor = &stage.request;
    DWORD_PTR context = (DWORD_PTR)actor;

    actor_enters(actor);
    if (!TRY((actor->handle = WinHttpOpenRequest(stage.connect, verb, path, NULL, NULL, NULL, stage.secure)) != NULL))
        return FALSE;
    WinHttpSetStatusCallback(actor->handle, stage_callback, WINHTTP_CALLBACK_FLAG_ALL_NOTIFICATIONS, 0);
    return TRY(WinHttpSetOption(actor->handle, WINHTTP_OPTION_CONTEXT_VALUE, &context, sizeof(context)));
}

BOOL stage_socket(void)
{
    struct actor *actor = &stage.socket;

    actor_enters(actor);
    return TRY((actor->handle = WinHttpWebSocketCompleteUpgrade(stage.request.handle, (DWORD_PTR)actor)) != NULL);
}

void stage_close(struct actor *actor)
{
    if (!actor->handle)
        return;
    if (!WinHttpCloseHandle(actor->handle))
        complain("WinHttpCloseHandle fails", GetLastError());
    await(actor->gone, "HANDLE_CLOSING does not come");
    if (!tally_even(&actor->tally))
        complain("the notifications are wrong", 0);
    actor->handle = NULL;
}

static void stage_end(void)
{
    stage_close(&stage.socket);
    stage_close(&stage.request);
    if (stage.connect)
        WinHttpCloseHandle(stage.connect);
    if (stage.session)
        WinHttpCloseHandle(stage.session);
    stage.connect = stage.session = NULL;
}

/* Connections that wait in the pool hold memory, and rightly so: requests that end them take them out. */
static void empty_pool(void)
{
    struct client client;
    BYTE byte;
    int i;

    client_open_host(&client, 0, L"localhost", stage.http);
    for (i = 0; i < 3; i++) {
        client_request(&client, NULL, L"/size/1", stage.secure);
        WinHttpAddRequestHeaders(client.request, L"Connection: close", (DWORD)-1, WINHTTP_ADDREQ_FLAG_ADD);
        client_exchange(&client);
        client_read_all(&client, &byte, 1);
    }
    client_close(&client);
}

/* ---- trials ---- */

static void check_memory(void)
{
    DWORD waited;

    for (waited = 0; mem.live() && waited < SETTLED; waited++)
        WaitForSingleObject(never, 1);
    if (mem.live()) {
        complain("memory is left behind", (DWORD)mem.live());
        exit(tap_done());
    }
}

/* Answers how many allocations there were. */
static size_t try_play(const struct play *play, struct plan plan)
{
    size_t made;
    BOOL whole;

    now.play = play;
    now.plan = plan;
    now.failures = 0;
    now.trials++;
    if (plan.every)
        mem.fail_often(plan.every, plan.seed);
    else
        mem.fail_at(plan.nth, NULL);
    whole = play->run();
    stage_end();
    mem.fail_at(0, &made);
    if (play->pools)
        empty_pool();
    check_memory();
    if (!whole && (!is_starved() || (plan.nth && made < plan.nth)))
        complain("does not come to its end with all the memory it wants", 0);
    return made;
}

static void try_each(const struct play *play)
{
    size_t nth;

    for (nth = 1; nth <= TRIAL_MAX && try_play(play, (struct plan){.nth = nth}) >= nth; nth++)
        ;
    tap_ok(nth > 1 && nth <= TRIAL_MAX, "N30, N31 %s, %s, %s: each of %u allocations may fail", play->name,
           stage.async ? "asynchronous" : "synchronous", stage.secure ? "TLS" : "plain", (unsigned)nth - 1);
}

static void try_often(const struct play *play, unsigned rounds, uint32_t seed)
{
    static const size_t every[] = {2, 3, 5, 7, 11, 50};
    unsigned i;

    for (i = 0; i < COUNT(every); i++)
        try_play(play, (struct plan){.every = every[i]});
    for (i = 0; i < rounds; i++)
        try_play(play, (struct plan){.every = 2 + (seed + i) * 7 % 60, .seed = seed + i});
}

static unsigned setting(const char *argument, const char *name, unsigned otherwise)
{
    const char *text = argument ? argument : getenv(name);

    return text && *text ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}

static void try_all(unsigned rounds, uint32_t seed)
{
    const char *only = getenv("STARVE_ONLY");
    unsigned ways = setting(NULL, "STARVE_WAYS", 15), i, async, secure;

    for (i = 0; i < play_count; i++)
        for (async = 0; async < 2; async++)
            for (secure = 0; secure < 2; secure++) {
                if ((plays[i].silent && (async || secure)) || (only && strcmp(only, plays[i].name)) ||
                    !(ways & 1u << (2 * async + secure)))
                    continue;
                stage.async = async;
                stage.secure = secure ? WINHTTP_FLAG_SECURE : 0;
                stage.http = need_port(secure ? "HTTPS_PORT" : "HTTP_PORT");
                stage.stub = need_port(secure ? "STUB_TLS_PORT" : "STUB_PLAIN_PORT");
                stage.echo = need_port(secure ? "WSS_PORT" : "WS_PORT");
                try_each(&plays[i]);
                try_often(&plays[i], rounds, seed);
            }
}

static BOOL find_switch(void)
{
    HMODULE module = GetModuleHandleW(L"winhttp.dll");

    mem.fail_at = (__typeof__(mem.fail_at))(void (*)(void))GetProcAddress(module, "mem_fail_at");
    mem.fail_often = (__typeof__(mem.fail_often))(void (*)(void))GetProcAddress(module, "mem_fail_often");
    mem.live = (__typeof__(mem.live))(void (*)(void))GetProcAddress(module, "mem_live");
    return mem.fail_at && mem.fail_often && mem.live;
}

int main(int argc, char **argv)
{
    unsigned rounds = setting(argc > 1 ? argv[1] : NULL, "STARVE_ROUNDS", ROUNDS);
    unsigned seed = setting(argc > 2 ? argv[2] : NULL, "STARVE_SEED", SEED);
    DWORD threads, waited;

    if (!tap_ok(find_switch(), "the DLL was configured with --enable-failmalloc"))
        return tap_done();
    never = CreateEventW(NULL, TRUE, FALSE, NULL);
    actor_init(&stage.request);
    actor_init(&stage.socket);
    threads = census_threads();
    try_all(rounds, seed);
    for (waited = 0; census_threads() > threads && waited < SETTLED; waited += 50)
        WaitForSingleObject(never, 50);
    SAME(census_threads(), threads, "HOUSE: no thread is left");
    SAME(now.complaints, 0, "N30, N31: in %u trials each accepted operation completes once", now.trials);
    return tap_done();
}
