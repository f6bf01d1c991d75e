/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * race [ROUNDS [SEED]], or by RACE_ROUNDS and RACE_SEED of the environment: several threads open, send, receive, shut
 * down and close the same handles, in the middle of everything and inside callbacks, against servers that echo, push,
 * stall, close and reset, in the midst of TLS records too (SEMANTICS D14, W44 to W46, N30 to N32, H2, H3, H8; HOUSE,
 * "Whose memory").
 *
 * A *round* is the life of one request and of the WebSocket it may become. Its leader opens them; the others do what
 * their generators say, to the same handles, without asking. What each thread tries is decided by the seed, when it
 * comes to it by the machine. race_acts.h says how each handle is watched.
 *
 * After FIRST rounds, each AGAIN rounds and at the end everything is closed, and the process holds the same each time:
 * threads, kernel handles, and blocks of memory.
 */
#include "census.h"
#include "client.h"
#include "race_acts.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#define ROUNDS   400
#define FIRST    1000  /* rounds before the first count; half of a short run */
#define AGAIN    10000 /* rounds from one count to the next */
#define SEED     1
#define OTHERS   2
#define LONG_RUN 2000 /* rounds; connections are kept for later requests then, and their end is waited for */

static struct {
    BOOL silent; /* the server will not answer */
    BOOL pools;
    HANDLE go[OTHERS], done[OTHERS];
    HINTERNET session, connect; /* the round's own, whose handles end before its request's; or NULL */
    LONG failures;
} game;

enum { ECHO, STUB, ECHO_TLS, STUB_TLS, TORN, PORTS = TORN + 4 };

static INTERNET_PORT ports[PORTS];
static HINTERNET sessions[2], connects[2][PORTS]; /* synchronous, asynchronous */

/* ---- the others ---- */

/* What GnuTLS and the compiler's run-time keep for a living thread comes with the first TLS it speaks: for each thread
 * that is before the first count. */
static void speak_tls(void)
{
    struct client c = {0};

    client_open_host(&c, 0, L"localhost", ports[STUB_TLS]);
    client_request(&c, L"GET", L"/close-response", WINHTTP_FLAG_SECURE);
    SAME(client_exchange(&c), 0, "this thread has spoken TLS");
    client_close(&c);
}

static DWORD WINAPI other_thread(void *arg)
{
    unsigned me = (unsigned)(ULONG_PTR)arg, move, moves;

    speak_tls();
    SetEvent(game.done[me]);
    while (WaitForSingleObject(game.go[me], INFINITE) == WAIT_OBJECT_0) {
        struct chance c = chance_of(me + 1);

        moves = 1 + pick(&c, MOVES);
        for (move = 0; move < moves; move++) {
            if (now.socket.handle)
                socket_move(&now.socket, &c);
            else
                request_move(&now.request, &c);
        }
        SetEvent(game.done[me]);
    }
    return 0;
}

/* ---- the leader ---- */

static void report(const char *name, const struct check *k)
{
    tap_diag("%s: pending %ld %ld %ld %ld, wrong callbacks %ld, HANDLE_CLOSING %ld times, open %ld, muted %ld", name,
             k->tally.pending[0], k->tally.pending[1], k->tally.pending[2], k->tally.pending[3], k->tally.wrong,
             k->tally.closings, k->open, k->muted);
}

static void fail(const char *what)
{
    tap_ok(FALSE, "%s in round %ld of seed %u", what, now.number, now.seed);
    report("request", &now.request);
    if (now.socket.handle)
        report("WebSocket", &now.socket);
    game.failures++;
}

/* What stays away for so long hangs; nothing can be known of what would follow. */
static void await(HANDLE event, const char *what)
{
    if (WaitForSingleObject(event, WAIT_MS) == WAIT_OBJECT_0)
        return;
    fail(what);
    exit(tap_done());
}

/* An asynchronous step: until a completion, or the end. */
static BOOL await_step(struct check *k, BOOL accepted, DWORD status)
{
    HANDLE events[2] = {k->step, k->gone};

    if (!accepted || !now.async)
        return accepted;
    if (WaitForMultipleObjects(2, events, FALSE, game.silent ? 5 : WAIT_MS) == WAIT_TIMEOUT) {
        if (game.silent)
            return FALSE;
        fail("a step of opening hangs");
        exit(tap_done());
    }
    return k->last == status;
}

static const struct {
    unsigned scripted; /* index in ports: 0 echo server, 1 scripted server */
    const WCHAR *path;
    BOOL socket;
} places[] = {
    {ECHO, L"/echo", TRUE},          {ECHO, L"/echo", TRUE},
    {ECHO, L"/echo", TRUE},          {ECHO, L"/push/5/3000", TRUE},
    {ECHO, L"/close/1000/x", TRUE},  {ECHO, L"/close/0", TRUE},
    {ECHO, L"/fragments/7", TRUE},   {ECHO, L"/delay/3", TRUE},
    {STUB, L"/ws-silent", TRUE},     {STUB, L"/ws-reset", TRUE},
    {STUB, L"/ws-drop", TRUE},       {STUB, L"/ws-drop-now", TRUE},
    {STUB, L"/ws-half-frame", TRUE}, {STUB, L"/ws-early", TRUE},
    {STUB, L"/ws-ping", TRUE},       {STUB, L"/ws-never-closes", TRUE},
    {STUB, L"/ws-close-1000", TRUE}, {STUB, L"/ws-bad-rsv", TRUE},
    {STUB, L"/ok", FALSE},           {STUB, L"/chunked", FALSE},
    {STUB, L"/to-head-301", FALSE},  {STUB, L"/cut", FALSE},
    {STUB, L"/reset", FALSE},        {STUB, L"/silent", FALSE},
    {STUB, L"/until-close", FALSE},  {STUB, L"/ok-close", FALSE},
    {STUB, L"/ok-reset", FALSE},     {STUB, L"/chunked-cut", FALSE},
    {STUB, L"/half-head", FALSE},
};

/* The connection to open the request on; one in six rounds has parents of its own. */
static HINTERNET parent_of(struct chance *c, unsigned port)
{
    if (!one_in(c, 6))
        return connects[now.async][port];
    game.session = WinHttpOpen(L"race", WINHTTP_ACCESS_TYPE_NO_PROXY, NULL, NULL, now.async ? WINHTTP_FLAG_ASYNC : 0);
    game.connect = WinHttpConnect(game.session, L"localhost", ports[port], 0);
    return game.connect;
}

/* In either order; H2, H3: their children live on. */
static void close_parents(struct chance *c)
{
    BOOL session_first = one_in(c, 2);

    if (game.session && session_first)
        WinHttpCloseHandle(game.session);
    if (game.connect)
        WinHttpCloseHandle(game.connect);
    if (game.session && !session_first)
        WinHttpCloseHandle(game.session);
    game.session = game.connect = NULL;
}

/* Where the round goes, and whether over TLS: into a port's index. */
static unsigned choose_port(struct chance *c, unsigned place)
{
    if (!one_in(c, 4))
        return places[place].scripted;
    if (places[place].scripted == STUB && one_in(c, 3))
        return TORN + pick(c, PORTS - TORN);
    return places[place].scripted + ECHO_TLS;
}

static void open_request(struct chance *c, BOOL *socket)
{
    static const DWORD statuses[] = {
        WINHTTP_CALLBACK_STATUS_NAME_RESOLVED,      WINHTTP_CALLBACK_STATUS_CONNECTED_TO_SERVER,
        WINHTTP_CALLBACK_STATUS_SENDING_REQUEST,    WINHTTP_CALLBACK_STATUS_REQUEST_SENT,
        WINHTTP_CALLBACK_STATUS_RECEIVING_RESPONSE, WINHTTP_CALLBACK_STATUS_RESPONSE_RECEIVED,
        WINHTTP_CALLBACK_STATUS_HEADERS_AVAILABLE,  WINHTTP_CALLBACK_STATUS_READ_COMPLETE,
        WINHTTP_CALLBACK_STATUS_REDIRECT,           WINHTTP_CALLBACK_STATUS_SENDREQUEST_COMPLETE};
    struct check *k = &now.request;
    unsigned place = pick(c, COUNT(places)), port;
    DWORD_PTR context = (DWORD_PTR)k;
    HINTERNET request;

    /* A synchronous call on a silent server ends by another thread's CloseHandle, which may not come. */
    while (!now.async && !wcscmp(places[place].path, L"/silent"))
        place = pick(c, COUNT(places));
    port = choose_port(c, place);
    *socket = places[place].socket;
    if (one_in(c, 8))
        k->mischief = (LONG)statuses[pick(c, COUNT(statuses))];
    game.silent = !wcscmp(places[place].path, L"/silent");
    request = WinHttpOpenRequest(parent_of(c, port), NULL, places[place].path, NULL, NULL, NULL,
                                 port >= ECHO_TLS ? WINHTTP_FLAG_SECURE : 0);
    if (!request) {
        fail("WinHttpOpenRequest fails");
        exit(tap_done());
    }
    if (*socket)
        WinHttpSetOption(request, WINHTTP_OPTION_UPGRADE_TO_WEB_SOCKET, NULL, 0);
    else if (!game.pools || one_in(c, 3))
        WinHttpAddRequestHeaders(request, L"Connection: close", (DWORD)-1, WINHTTP_ADDREQ_FLAG_ADD);
    if (one_in(c, 6))
        WinHttpSetTimeouts(request, 500, 500, 1 + (int)pick(c, 40), 1 + (int)pick(c, 40));
    WinHttpSetOption(request, WINHTTP_OPTION_CONTEXT_VALUE, &context, sizeof(context));
    WinHttpSetStatusCallback(request, on_status, WINHTTP_CALLBACK_FLAG_ALL_NOTIFICATIONS, 0);
    k->handle = request;
    if (one_in(c, 2))
        close_parents(c);
}

/* SendRequest and ReceiveResponse; the others may be at it too. */
static BOOL exchange(void)
{
    struct check *k = &now.request;

    k->last = 0;
    return await_step(k, TALLY(&k->tally, OP_SEND, now.async, WinHttpSendRequest(k->handle, NULL, 0, NULL, 0, 0, 0)),
                      WINHTTP_CALLBACK_STATUS_SENDREQUEST_COMPLETE) &&
           await_step(k, TALLY(&k->tally, OP_RECEIVE, now.async, WinHttpReceiveResponse(k->handle, NULL)),
                      WINHTTP_CALLBACK_STATUS_HEADERS_AVAILABLE);
}

static void open_socket(struct chance *c)
{
    static const DWORD statuses[] = {WINHTTP_CALLBACK_STATUS_READ_COMPLETE, WINHTTP_CALLBACK_STATUS_WRITE_COMPLETE,
                                     WINHTTP_CALLBACK_STATUS_REQUEST_ERROR, WINHTTP_CALLBACK_STATUS_CLOSE_COMPLETE};
    struct check *k = &now.socket;
    HINTERNET socket;

    check_start(k);
    if (one_in(c, 4))
        k->mischief = (LONG)statuses[pick(c, COUNT(statuses))];
    k->again = pick(c, 2 * MOVES);
    socket = WinHttpWebSocketCompleteUpgrade(now.request.handle, (DWORD_PTR)k);
    if (!socket) {
        check_drop(k);
        return;
    }
    /* Somebody may have taken the request's callback away at that moment. */
    WinHttpSetStatusCallback(socket, on_status, WINHTTP_CALLBACK_FLAG_ALL_NOTIFICATIONS, 0);
    if (one_in(c, 2))
        check_close(&now.request);
    k->handle = socket;
}

/* Nothing runs any more on either handle. */
static void judge(struct check *k, const char *what)
{
    await(k->gone, what);
    if (!check_right(k))
        fail(what);
}

static void play_round(void)
{
    struct chance c;
    BOOL socket, early;
    unsigned i, moves, repeats;

    now.number++;
    c = chance_of(0);
    now.async = !one_in(&c, 4);
    now.socket.handle = NULL;
    check_start(&now.request);
    open_request(&c, &socket);
    early = one_in(&c, 3);
    for (i = 0; early && i < OTHERS; i++)
        SetEvent(game.go[i]);
    repeats = one_in(&c, 4) ? 2 : 0;
    if (exchange() && socket)
        open_socket(&c);
    for (i = 0; !early && i < OTHERS; i++)
        SetEvent(game.go[i]);
    while (!socket && repeats-- && exchange())
        request_move(&now.request, &c);
    moves = pick(&c, MOVES);
    for (i = 0; i < moves; i++) {
        if (now.socket.handle && now.async)
            socket_move(&now.socket, &c);
        else if (!now.socket.handle)
            request_move(&now.request, &c);
    }
    linger(&c);
    close_parents(&c);
    if (now.socket.handle)
        check_close(&now.socket);
    check_close(&now.request);
    for (i = 0; i < OTHERS; i++)
        await(game.done[i], "a call hangs");
    judge(&now.request, "the request's notifications are wrong");
    if (now.socket.handle)
        judge(&now.socket, "the WebSocket's notifications are wrong");
}

/* ---- before and after ---- */

static void open_sessions(void)
{
    unsigned async, port;

    for (async = 0; async < 2; async++) {
        sessions[async] =
            WinHttpOpen(L"race", WINHTTP_ACCESS_TYPE_NO_PROXY, NULL, NULL, async ? WINHTTP_FLAG_ASYNC : 0);
        for (port = 0; port < PORTS; port++)
            connects[async][port] = WinHttpConnect(sessions[async], L"localhost", ports[port], 0);
    }
}

static void close_sessions(void)
{
    unsigned async, port;

    for (async = 0; async < 2; async++) {
        for (port = 0; port < PORTS; port++)
            WinHttpCloseHandle(connects[async][port]);
        WinHttpCloseHandle(sessions[async]);
    }
}

/*
 * Blocks of the C library's heap, from which base/mem and GnuTLS have theirs; the system's DLLs use other heaps. GnuTLS
 * (3.7, lib/random.c) makes a random generator for each thread that asks for random bytes, and keeps them all until
 * gnutls_global_deinit: two blocks for each thread that ever spoke TLS, the larger of which begins with the constant of
 * its ChaCha20 state (RFC 8439 section 2.3). They are not counted.
 */
static DWORD census_ours(void)
{
    HANDLE heap = (HANDLE)_get_heap_handle();

    return census_heap(heap) - 2 * census_marked(heap, "expand 32-byte k", 16);
}

static DWORD census_systems(void)
{
    return census_blocks() - census_heap((HANDLE)_get_heap_handle());
}

/* Everything is closed: what is held settles at what was held the first time. */
static void count_up(void)
{
    static struct {
        const char *name;
        DWORD (*count)(void);
        DWORD first;
    } counters[] = {{"threads", census_threads, 0},
                    {"kernel handles", census_handles, 0},
                    {"blocks of our memory", census_ours, 0},
                    {"blocks of the system's memory", census_systems, 0}};
    static LONG first;
    unsigned i;

    for (i = 0; i < COUNT(counters); i++) {
        DWORD held;

        if (!first) {
            counters[i].count(); /* counting may need something itself, once */
            counters[i].first = counters[i].count();
            continue;
        }
        census_settles(counters[i].count, counters[i].first);
        held = counters[i].count();
        tap_ok(held == counters[i].first, "HOUSE: %lu %s after round %ld, %lu after round %ld", held, counters[i].name,
               now.number, counters[i].first, first);
    }
    if (!first)
        first = now.number;
}

/* What the process has before its first session; its threads come to that again. */
static DWORD threads_before;

static void play_until(LONG last)
{
    open_sessions();
    while (now.number < last)
        play_round();
    close_sessions();
    tap_ok(census_settles(census_threads, threads_before), "HOUSE: no thread of ours after round %ld", now.number);
    count_up();
}

static unsigned setting(const char *argument, const char *name, unsigned otherwise)
{
    const char *text = argument ? argument : getenv(name);

    return text && *text ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}

int main(int argc, char **argv)
{
    static const char *const names[PORTS] = {"WS_PORT",           "STUB_PLAIN_PORT",   "WSS_PORT",
                                             "STUB_TLS_PORT",     "STUB_TORN2_PORT",   "STUB_TORN90_PORT",
                                             "STUB_TORN700_PORT", "STUB_TORN1500_PORT"};
    LONG rounds = (LONG)setting(argc > 1 ? argv[1] : NULL, "RACE_ROUNDS", ROUNDS);
    unsigned i;

    game.pools = rounds >= LONG_RUN;
    now.seed = setting(argc > 2 ? argv[2] : NULL, "RACE_SEED", SEED);
    for (i = 0; i < PORTS; i++)
        ports[i] = need_port(names[i]);
    check_init(&now.request);
    check_init(&now.socket);
    threads_before = census_threads() + OTHERS;
    for (i = 0; i < OTHERS; i++) {
        game.go[i] = CreateEventW(NULL, FALSE, FALSE, NULL);
        game.done[i] = CreateEventW(NULL, FALSE, FALSE, NULL);
        CloseHandle(CreateThread(NULL, 0, other_thread, (void *)(ULONG_PTR)i, 0, NULL));
    }
    speak_tls();
    for (i = 0; i < OTHERS; i++)
        await(game.done[i], "a call hangs");
    play_until(rounds / 2 < FIRST ? rounds / 2 : FIRST);
    while (now.number < rounds)
        play_until(rounds - now.number < 2 * AGAIN ? rounds : now.number / AGAIN * AGAIN + AGAIN);
    SAME(game.failures, 0,
         "D14, W44 to W46, N30: in %ld rounds of seed %u each accepted operation completes once, and "
         "HANDLE_CLOSING is the last",
         rounds, now.seed);
    return tap_done();
}
