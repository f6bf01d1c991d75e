/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * race [ROUNDS [SEED]], or by RACE_ROUNDS and RACE_SEED of the environment: several threads open, send, receive, shut
 * down and close the same handles, in the middle of everything and inside callbacks, against servers that echo, push,
 * stall, close and reset (SEMANTICS D14, W44 to W46, N30 to N32, H8; HOUSE, "Whose memory").
 *
 * A *round* is the life of one request and of the WebSocket it may become. Its leader opens them; the others do what
 * their generators say, to the same handles, without asking. What each thread tries is decided by the seed, when it
 * comes to it by the machine.
 *
 * A *check* watches one handle. Each operation is counted before its call, taken back when the call refuses it, and
 * counted off by its completion: at the end every count is 0, so that each accepted operation has completed exactly
 * once; HANDLE_CLOSING has come once, and nothing behind it. Buffers go with HANDLE_CLOSING: whoever touches them later
 * crashes. Half way, and at the end, everything is closed, and the process holds the same both times.
 */
#include "census.h"
#include "client.h"
#include "tally.h"

#include <stdio.h>
#include <stdlib.h>

#define ROUNDS   400
#define SEED     1
#define OTHERS   2
#define MOVES    6      /* at most so many actions of a thread in a round */
#define ROOM     150000 /* bytes of a handle's buffers */
#define BLOCKS   64    /* of memory that the system may keep for itself meanwhile; a leak in each third round is more */
#define SETTLED  25000 /* ms until all threads and sockets of closed handles must have gone, those in the pool too */
#define LONG_RUN 2000  /* rounds */

struct check {
    HANDLE step, gone; /* a completion came; HANDLE_CLOSING did */
    volatile HINTERNET handle;
    volatile LONG open; /* nobody has called CloseHandle yet */
    struct tally tally;
    volatile LONG mischief; /* in the next callback with this status the handle is closed; 0: in none */
    volatile LONG again;    /* so often a completion's callback begins the next Send or Receive */
    DWORD last;             /* newest status that ended a step */
    BYTE *in, *out;
};

static struct {
    LONG round;
    BOOL async;
    BOOL silent; /* the server will not answer */
    BOOL pools;  /* connections are kept for later requests; a long run, which waits for their end */
    HANDLE go[OTHERS], done[OTHERS];
    volatile LONG over; /* no more rounds */
    unsigned seed;
    struct check request, socket;
    LONG failures;
} game;

/* ---- chance ---- */

struct chance {
    unsigned state;
};

static struct chance chance_of(unsigned thread)
{
    struct chance c = {(game.seed * 2654435761u ^ (unsigned)game.round * 40503u ^ thread * 69069u) | 1};

    return c;
}

/* 0 to below - 1. */
static unsigned pick(struct chance *c, unsigned below)
{
    c->state ^= c->state << 13;
    c->state ^= c->state >> 17;
    c->state ^= c->state << 5;
    return (c->state >> 8) % below;
}

static BOOL one_in(struct chance *c, unsigned n)
{
    return pick(c, n) == 0;
}

/* ---- the check ---- */

static void check_start(struct check *k)
{
    ResetEvent(k->step);
    ResetEvent(k->gone);
    k->tally = (struct tally){0};
    k->mischief = k->again = 0;
    k->last = 0;
    k->in = VirtualAlloc(NULL, ROOM, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    k->out = VirtualAlloc(NULL, ROOM, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    k->handle = NULL;
    k->open = 1;
}

static BOOL close_checked(struct check *k)
{
    return InterlockedExchange(&k->open, 0) ? WinHttpCloseHandle(k->handle) : FALSE;
}

static void check_gone(struct check *k)
{
    if (k->open)
        InterlockedIncrement(&k->tally.wrong);
    VirtualFree(k->in, 0, MEM_RELEASE);
    VirtualFree(k->out, 0, MEM_RELEASE);
    SetEvent(k->gone);
}

/* Around a call that starts an operation of an asynchronous handle. */
#define STARTS(k, op, accepted) TALLY(&(k)->tally, (op), game.async, (accepted))

/* ---- what threads do to a WebSocket ---- */

static BOOL act_receive(struct check *k, struct chance *c)
{
    WINHTTP_WEB_SOCKET_BUFFER_TYPE type;
    DWORD got;

    return STARTS(k, OP_RECEIVE, !WinHttpWebSocketReceive(k->handle, k->in, 1 + pick(c, 8000), &got, &type));
}

static BOOL act_send(struct check *k, struct chance *c)
{
    static const unsigned sizes[] = {1, 200, 5000, ROOM};

    return STARTS(k, OP_SEND,
                  !WinHttpWebSocketSend(k->handle, WINHTTP_WEB_SOCKET_BINARY_MESSAGE_BUFFER_TYPE, k->out,
                                        pick(c, sizes[pick(c, COUNT(sizes))])));
}

static BOOL act_shutdown(struct check *k)
{
    return STARTS(k, OP_SHUTDOWN, !WinHttpWebSocketShutdown(k->handle, 1000, NULL, 0));
}

static BOOL act_close(struct check *k)
{
    return STARTS(k, OP_CLOSE, !WinHttpWebSocketClose(k->handle, 1000, "bye", 3));
}

static void act_ask(struct check *k)
{
    DWORD used, ms = 20000;
    USHORT status;

    WinHttpWebSocketQueryCloseStatus(k->handle, &status, NULL, 0, &used);
    WinHttpSetOption(k->handle, WINHTTP_OPTION_WEB_SOCKET_KEEPALIVE_INTERVAL, &ms, sizeof(ms));
}

/* Inside a callback. */
static void begin_again(struct check *k, DWORD status)
{
    struct chance c = chance_of(100u + (unsigned)k->again);

    if (status == WINHTTP_CALLBACK_STATUS_READ_COMPLETE)
        act_receive(k, &c);
    else if (status == WINHTTP_CALLBACK_STATUS_WRITE_COMPLETE)
        act_send(k, &c);
    else
        act_close(k);
}

/* What was cancelled never comes back to its buffer, and nothing is begun behind a cancellation: whoever touches the
 * buffer now crashes. */
static void guard_cancelled(struct check *k, enum op op, DWORD status, const void *info)
{
    DWORD before;

    if (status == WINHTTP_CALLBACK_STATUS_REQUEST_ERROR && op <= OP_RECEIVE &&
        ((const WINHTTP_ASYNC_RESULT *)info)->dwError == ERROR_WINHTTP_OPERATION_CANCELLED)
        VirtualProtect(op == OP_SEND ? k->out : k->in, ROOM, PAGE_NOACCESS, &before);
}

static void CALLBACK on_status(HINTERNET handle, DWORD_PTR context, DWORD status, LPVOID info, DWORD length)
{
    struct check *k = (struct check *)context;
    enum op op;

    if (!handle || (k->handle && handle != k->handle))
        InterlockedIncrement(&k->tally.wrong);
    op = tally_callback(&k->tally, status, info, length);
    if (status == WINHTTP_CALLBACK_STATUS_HANDLE_CLOSING) {
        check_gone(k);
        return;
    }
    if (op != OP_COUNT) {
        guard_cancelled(k, op, status, info);
        k->last = status;
    }
    if (k->mischief == (LONG)status && InterlockedExchange(&k->mischief, 0))
        close_checked(k);
    else if (op != OP_COUNT && k == &game.socket && InterlockedDecrement(&k->again) >= 0)
        begin_again(k, status);
    if (op != OP_COUNT)
        SetEvent(k->step);
}

/* A little while, or none. */
static void linger(struct chance *c)
{
    static HANDLE never;

    if (!never)
        never = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (one_in(c, 3))
        WaitForSingleObject(never, pick(c, 4));
}

static void socket_move(struct check *k, struct chance *c)
{
    unsigned n = pick(c, 16);

    if (n == 0)
        act_close(k);
    else if (n == 1)
        act_shutdown(k);
    else if (n == 2)
        act_ask(k);
    else if (n == 3 && one_in(c, 3))
        close_checked(k);
    else if (n < 6)
        linger(c);
    else if (n < 11)
        act_send(k, c);
    else
        act_receive(k, c);
}

/* ---- what threads do to a request ---- */

static BOOL act_read(struct check *k, struct chance *c)
{
    DWORD got;

    if (one_in(c, 3))
        return STARTS(k, OP_RECEIVE, WinHttpQueryDataAvailable(k->handle, &got));
    return STARTS(k, OP_RECEIVE, WinHttpReadData(k->handle, k->in, 1 + pick(c, 5000), &got));
}

/* The leader opens it meanwhile; only an ill-timed read and an early end come from the others. */
static void request_move(struct check *k, struct chance *c)
{
    if (!k->handle)
        return;
    if (one_in(c, 12))
        close_checked(k);
    else if (game.async && one_in(c, 3))
        act_read(k, c);
    else
        linger(c);
}

static DWORD WINAPI other_thread(void *arg)
{
    unsigned me = (unsigned)(ULONG_PTR)arg, move, moves;

    for (;;) {
        struct chance c;

        WaitForSingleObject(game.go[me], INFINITE);
        if (game.over)
            return 0;
        c = chance_of(me + 1);
        moves = 1 + pick(&c, MOVES);
        for (move = 0; move < moves; move++) {
            if (game.socket.handle)
                socket_move(&game.socket, &c);
            else
                request_move(&game.request, &c);
        }
        SetEvent(game.done[me]);
    }
}

/* ---- the leader ---- */

static INTERNET_PORT ports[4]; /* WebSocket and scripted server, plain and TLS */
static struct client the[2];   /* synchronous, asynchronous */
static HINTERNET connects[2][4];

static void fail(const char *what)
{
    tap_ok(FALSE, "%s in round %ld of seed %u", what, game.round, game.seed);
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

    if (!accepted || !game.async)
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
    {0, L"/echo", TRUE},          {0, L"/echo", TRUE},       {0, L"/echo", TRUE},        {0, L"/push/5/3000", TRUE},
    {0, L"/close/1000/x", TRUE},  {0, L"/close/0", TRUE},    {0, L"/fragments/7", TRUE}, {0, L"/delay/3", TRUE},
    {1, L"/ws-silent", TRUE},     {1, L"/ws-reset", TRUE},   {1, L"/ws-drop", TRUE},     {1, L"/ws-drop-now", TRUE},
    {1, L"/ws-half-frame", TRUE}, {1, L"/ws-early", TRUE},   {1, L"/ws-ping", TRUE},     {1, L"/ws-never-closes", TRUE},
    {1, L"/ws-close-1000", TRUE}, {1, L"/ws-bad-rsv", TRUE}, {1, L"/ok", FALSE},         {1, L"/chunked", FALSE},
    {1, L"/to-head-301", FALSE},  {1, L"/cut", FALSE},       {1, L"/reset", FALSE},      {1, L"/silent", FALSE},
    {1, L"/until-close", FALSE},
};

static BOOL open_request(struct chance *c, BOOL *socket)
{
    static const DWORD statuses[] = {
        WINHTTP_CALLBACK_STATUS_NAME_RESOLVED,      WINHTTP_CALLBACK_STATUS_CONNECTED_TO_SERVER,
        WINHTTP_CALLBACK_STATUS_SENDING_REQUEST,    WINHTTP_CALLBACK_STATUS_REQUEST_SENT,
        WINHTTP_CALLBACK_STATUS_RECEIVING_RESPONSE, WINHTTP_CALLBACK_STATUS_RESPONSE_RECEIVED,
        WINHTTP_CALLBACK_STATUS_HEADERS_AVAILABLE,  WINHTTP_CALLBACK_STATUS_READ_COMPLETE};
    struct check *k = &game.request;
    unsigned place = pick(c, COUNT(places)), tls = one_in(c, 4);
    DWORD_PTR context = (DWORD_PTR)k;
    HINTERNET request;

    /* A synchronous call on a silent server ends by another thread's CloseHandle, which may not come. */
    while (!game.async && !places[place].socket)
        place = pick(c, COUNT(places));
    *socket = places[place].socket;
    if (one_in(c, 8))
        k->mischief = (LONG)statuses[pick(c, COUNT(statuses))];
    game.silent = !wcscmp(places[place].path, L"/silent");
    request = WinHttpOpenRequest(connects[game.async][places[place].scripted + 2 * tls], NULL, places[place].path, NULL,
                                 NULL, NULL, tls ? WINHTTP_FLAG_SECURE : 0);
    if (!request) {
        fail("WinHttpOpenRequest fails");
        return FALSE;
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
    return TRUE;
}

/* SendRequest and ReceiveResponse; the others may be at it too. */
static BOOL exchange(void)
{
    struct check *k = &game.request;

    return await_step(k, STARTS(k, OP_SEND, WinHttpSendRequest(k->handle, NULL, 0, NULL, 0, 0, 0)),
                      WINHTTP_CALLBACK_STATUS_SENDREQUEST_COMPLETE) &&
           await_step(k, STARTS(k, OP_RECEIVE, WinHttpReceiveResponse(k->handle, NULL)),
                      WINHTTP_CALLBACK_STATUS_HEADERS_AVAILABLE);
}

static void open_socket(struct chance *c)
{
    static const DWORD statuses[] = {WINHTTP_CALLBACK_STATUS_READ_COMPLETE, WINHTTP_CALLBACK_STATUS_WRITE_COMPLETE,
                                     WINHTTP_CALLBACK_STATUS_REQUEST_ERROR, WINHTTP_CALLBACK_STATUS_CLOSE_COMPLETE};
    struct check *k = &game.socket;
    HINTERNET socket;

    check_start(k);
    if (one_in(c, 4))
        k->mischief = (LONG)statuses[pick(c, COUNT(statuses))];
    k->again = pick(c, 2 * MOVES);
    socket = WinHttpWebSocketCompleteUpgrade(game.request.handle, (DWORD_PTR)k);
    if (!socket) {
        VirtualFree(k->in, 0, MEM_RELEASE);
        VirtualFree(k->out, 0, MEM_RELEASE);
        return;
    }
    if (one_in(c, 2))
        close_checked(&game.request);
    k->handle = socket;
}

/* Nothing runs any more on either handle. */
static void judge(struct check *k, const char *what)
{
    await(k->gone, what);
    if (!tally_even(&k->tally))
        fail(what);
}

static void play_round(void)
{
    struct chance c = chance_of(0);
    struct check *k = &game.request;
    BOOL socket, early;
    unsigned i, moves;

    game.async = !one_in(&c, 4);
    game.socket.handle = NULL;
    check_start(k);
    if (!open_request(&c, &socket))
        exit(tap_done());
    early = one_in(&c, 3);
    for (i = 0; early && i < OTHERS; i++)
        SetEvent(game.go[i]);
    if (exchange() && socket)
        open_socket(&c);
    for (i = 0; !early && i < OTHERS; i++)
        SetEvent(game.go[i]);
    moves = pick(&c, MOVES);
    for (i = 0; i < moves && game.async; i++) {
        if (game.socket.handle)
            socket_move(&game.socket, &c);
        else
            request_move(k, &c);
    }
    linger(&c);
    if (game.socket.handle)
        close_checked(&game.socket);
    close_checked(k);
    for (i = 0; i < OTHERS; i++)
        await(game.done[i], "a call hangs");
    judge(k, "the request's notifications are wrong");
    if (game.socket.handle)
        judge(&game.socket, "the WebSocket's notifications are wrong");
}

/* ---- before and after ---- */

static void open_sessions(void)
{
    unsigned async, place;

    for (async = 0; async < 2; async++) {
        client_open_host(&the[async], async ? WINHTTP_FLAG_ASYNC : 0, L"localhost", 80);
        for (place = 0; place < 4; place++)
            connects[async][place] = WinHttpConnect(the[async].session, L"localhost", ports[place], 0);
    }
}

/* Closes everything and waits until threads and handles are not more than `threads` and `handles` (0: no limit yet). */
static void close_sessions(DWORD *threads, DWORD *handles)
{
    HANDLE never = CreateEventW(NULL, TRUE, FALSE, NULL);
    DWORD now_threads, now_handles, waited, least = MAXDWORD;
    unsigned async, place;

    for (async = 0; async < 2; async++) {
        for (place = 0; place < 4; place++)
            WinHttpCloseHandle(connects[async][place]);
        client_close(&the[async]);
    }
    for (waited = 0; (now_threads = census_threads()) > *threads && waited < SETTLED; waited += 50)
        WaitForSingleObject(never, 50);
    tap_ok(now_threads <= *threads, "HOUSE: %lu threads when all is closed, not more than %lu", now_threads, *threads);
    for (waited = 0; waited < SETTLED; waited += 500) {
        now_handles = census_handles();
        if (now_handles < least)
            least = now_handles;
        if (!*handles ? waited >= 1000 : least <= *handles)
            break;
        WaitForSingleObject(never, 500);
    }
    CloseHandle(never);
    if (*handles)
        tap_ok(least <= *handles, "HOUSE: %lu kernel handles at the end, not more than the %lu half way", least,
               *handles);
    *handles = least;
}

/* Once half way, once at the end. */
static void check_memory(void)
{
    static DWORD half_way;
    DWORD blocks = census_blocks();

    if (half_way)
        tap_ok(blocks <= half_way + BLOCKS, "HOUSE: %lu blocks of memory at the end, %lu half way", blocks, half_way);
    half_way = blocks;
}

static void check_init(struct check *k)
{
    k->step = CreateEventW(NULL, FALSE, FALSE, NULL);
    k->gone = CreateEventW(NULL, TRUE, FALSE, NULL);
}

static unsigned setting(const char *argument, const char *name, unsigned otherwise)
{
    const char *text = argument ? argument : getenv(name);

    return text && *text ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}

int main(int argc, char **argv)
{
    LONG rounds = (LONG)setting(argc > 1 ? argv[1] : NULL, "RACE_ROUNDS", ROUNDS);
    DWORD threads, handles = 0;
    unsigned i;

    game.pools = rounds >= LONG_RUN;
    game.seed = setting(argc > 2 ? argv[2] : NULL, "RACE_SEED", SEED);
    ports[0] = need_port("WS_PORT");
    ports[1] = need_port("STUB_PLAIN_PORT");
    ports[2] = need_port("WSS_PORT");
    ports[3] = need_port("STUB_TLS_PORT");
    check_init(&game.request);
    check_init(&game.socket);
    for (i = 0; i < OTHERS; i++) {
        game.go[i] = CreateEventW(NULL, FALSE, FALSE, NULL);
        game.done[i] = CreateEventW(NULL, FALSE, FALSE, NULL);
        CloseHandle(CreateThread(NULL, 0, other_thread, (void *)(ULONG_PTR)i, 0, NULL));
    }
    threads = census_threads();
    open_sessions();
    for (game.round = 0; game.round < rounds / 2; game.round++)
        play_round();
    close_sessions(&threads, &handles);
    check_memory();
    open_sessions();
    for (; game.round < rounds; game.round++)
        play_round();
    close_sessions(&threads, &handles);
    check_memory();
    SAME(game.failures, 0,
         "D14, W44 to W46, N30: in %ld rounds of seed %u each accepted operation completes once, and "
         "HANDLE_CLOSING is the last",
         rounds, game.seed);
    return tap_done();
}
