/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * exhaust: sockets and threads run out, for real (SEMANTICS N30, N31). What cannot be had ends the one operation that
 * wanted it, with ERROR_NOT_ENOUGH_MEMORY and once; what was open goes on; what is opened later, when there is room
 * again, works.
 *
 * Wine's server has a descriptor for each socket and some for each thread of its prefix, the process some for each
 * thread and one for each socket that bytes went through, and both may have so many open. The program takes them itself
 * until it gets no more, its *ballast*, and then gives back as many as a *trial* shall find: the *room*. Each room from
 * none on refuses something else; in some, CreateThread succeeds for threads that die before they begin.
 *
 * tools/wine-run --files makes the limit low enough to be reached soon; where it is not, all is skipped. What is
 * refused artificially, and by number, is tested by starve.c.
 */
#include "census.h"
#include "client.h"
#include "tally.h"

#include <stdlib.h>

#define BALLAST_MAX 2000 /* more room than that is not filled */
#define BALLAST_MIN 100
#define ROOM_MAX    24 /* enough for every conversation below, with all threads that it starts */
#define SLACK       60 /* what the program itself wants between trials */
#define REFUSALS    20

/* A handle with a callback: a request, or the WebSocket that it became. */
struct actor {
    HINTERNET handle;
    BOOL async;
    HANDLE gone;            /* HANDLE_CLOSING came */
    HANDLE ended[OP_COUNT]; /* the operation has completed */
    DWORD error[OP_COUNT];  /* of the last one */
    BYTE in[8];
    struct tally tally;
};

/* A way to open a WebSocket. */
struct way {
    const char *name;
    const WCHAR *host;
    DWORD flags;
};

static const struct way ways[] = {
    {"ws, by address", L"127.0.0.1", 0},
    {"ws, by name", L"localhost", 0}, /* a thread looks it up */
    {"wss", L"localhost", WINHTTP_FLAG_SECURE},
};
#define BY_ADDRESS (&ways[0])
#define BY_NAME    (&ways[1])
#define SECURE     (&ways[2])

static INTERNET_PORT plain_port, tls_port;
static unsigned complaints;

static const char *manner(BOOL async)
{
    return async ? "asynchronous" : "synchronous";
}

/* Something that no shortage excuses. */
static void complain(const char *what, DWORD number)
{
    complaints++;
    tap_diag("%s: %lu %s", what, number, error_name(number));
}

/* ---- ballast ---- */

/* What is short: descriptors of Wine's server, or the process's own. */
enum scarce { OF_SERVER, OF_PROCESS };
static const char *const scarce_names[] = {"the server's", "the process's"};

static struct {
    enum scarce kind;
    HANDLE file;
    HANDLE held[BALLAST_MAX];
    unsigned count;
    DWORD refusal;
} ballast;

/* A socket is one of the server's; one of the process's is every handle by which a file was read, and the server has
 * one for them all. */
static BOOL take_one(HANDLE *taken)
{
    DWORD got;
    BYTE byte;

    if (ballast.kind == OF_SERVER) {
        *taken = (HANDLE)WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED);
        return *taken != INVALID_HANDLE_VALUE;
    }
    if (!DuplicateHandle(GetCurrentProcess(), ballast.file, GetCurrentProcess(), taken, 0, FALSE,
                         DUPLICATE_SAME_ACCESS))
        return FALSE;
    if (ReadFile(*taken, &byte, 1, &got, NULL))
        return TRUE;
    ballast.refusal = GetLastError();
    CloseHandle(*taken);
    SetLastError(ballast.refusal);
    return FALSE;
}

static void give_back(unsigned count)
{
    while (count-- && ballast.count) {
        HANDLE last = ballast.held[--ballast.count];

        if (ballast.kind == OF_SERVER)
            closesocket((SOCKET)last);
        else
            CloseHandle(last);
    }
}

static void leave_room(unsigned room)
{
    while (ballast.count < BALLAST_MAX && take_one(&ballast.held[ballast.count]))
        ballast.count++;
    ballast.refusal = GetLastError();
    give_back(room);
}

/* Answers how much there is of it. */
static unsigned make_scarce(enum scarce kind)
{
    WCHAR path[MAX_PATH];
    unsigned most;

    give_back(BALLAST_MAX);
    ballast.kind = kind;
    if (!ballast.file) {
        GetModuleFileNameW(NULL, path, MAX_PATH);
        ballast.file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    }
    leave_room(0);
    most = ballast.count;
    tap_diag("%u descriptors of %s, then %s", most, scarce_names[kind], error_name(ballast.refusal));
    give_back(BALLAST_MAX);
    return most;
}

/* All but those. */
static DWORD other_handles(void)
{
    return census_handles() - ballast.count;
}

/* ---- actors ---- */

static void CALLBACK on_status(HINTERNET handle, DWORD_PTR context, DWORD status, LPVOID info, DWORD length)
{
    struct actor *a = (struct actor *)context;
    enum op op;

    (void)handle;
    if (!a)
        return; /* of the session or the connection */
    op = tally_callback(&a->tally, status, info, length);
    if (op != OP_COUNT) {
        a->error[op] = status == WINHTTP_CALLBACK_STATUS_REQUEST_ERROR ? ((WINHTTP_ASYNC_RESULT *)info)->dwError : 0;
        SetEvent(a->ended[op]);
    }
    if (status == WINHTTP_CALLBACK_STATUS_HANDLE_CLOSING)
        SetEvent(a->gone);
}

static void actor_enters(struct actor *a, BOOL async)
{
    int op;

    for (op = 0; op < OP_COUNT; op++)
        if (!a->ended[op])
            a->ended[op] = CreateEventW(NULL, FALSE, FALSE, NULL);
    if (!a->gone)
        a->gone = CreateEventW(NULL, FALSE, FALSE, NULL);
    a->tally = (struct tally){0};
    a->async = async;
}

/* What stays away for so long hangs; nothing can be known of what would follow. */
static void await(HANDLE event, const char *what)
{
    if (WaitForSingleObject(event, WAIT_MS) == WAIT_OBJECT_0)
        return;
    tap_ok(FALSE, "%s", what);
    exit(tap_done());
}

static void actor_leaves(struct actor *a)
{
    int op;

    if (!a->handle)
        return;
    WinHttpCloseHandle(a->handle);
    a->handle = NULL;
    await(a->gone, "N31: HANDLE_CLOSING comes");
    if (!tally_even(&a->tally))
        complain("the notifications of a handle are wrong", 0);
    for (op = 0; op < OP_COUNT; op++)
        ResetEvent(a->ended[op]);
}

static void actor_free(struct actor *a)
{
    int op;

    actor_leaves(a);
    for (op = 0; op < OP_COUNT; op++)
        CloseHandle(a->ended[op]);
    CloseHandle(a->gone);
}

/* The end of an operation: 0 or its error. */
static DWORD ends(struct actor *a, enum op op, BOOL accepted)
{
    if (!accepted)
        return GetLastError();
    if (!a->async)
        return 0;
    await(a->ended[op], "N30: an operation completes");
    return a->error[op];
}
#define STEP(a, op, call) ends((a), (op), TALLY(&(a)->tally, (op), (a)->async, (call)))

/* For functions that answer an error number. */
static BOOL answer(DWORD error)
{
    SetLastError(error);
    return error == ERROR_SUCCESS;
}

/* ---- conversations ---- */

static DWORD open_client(struct client *c, BOOL async, const WCHAR *host, INTERNET_PORT port)
{
    *c = (struct client){0};
    c->session = WinHttpOpen(L"conform", WINHTTP_ACCESS_TYPE_NO_PROXY, NULL, NULL, async ? WINHTTP_FLAG_ASYNC : 0);
    if (!c->session)
        return GetLastError();
    c->connect = WinHttpConnect(c->session, host, port, 0);
    return c->connect ? 0 : GetLastError();
}

static DWORD open_way(struct client *c, BOOL async, const struct way *way)
{
    return open_client(c, async, way->host, way->flags ? tls_port : plain_port);
}

static DWORD exchange(HINTERNET connect, const WCHAR *path, DWORD flags, BOOL upgrade, struct actor *r)
{
    DWORD_PTR context = (DWORD_PTR)r;
    DWORD error;

    r->handle = WinHttpOpenRequest(connect, NULL, path, NULL, NULL, NULL, flags);
    if (!r->handle)
        return GetLastError();
    WinHttpSetStatusCallback(r->handle, on_status, WINHTTP_CALLBACK_FLAG_ALL_NOTIFICATIONS, 0);
    WinHttpSetOption(r->handle, WINHTTP_OPTION_CONTEXT_VALUE, &context, sizeof(context));
    if (upgrade)
        WinHttpSetOption(r->handle, WINHTTP_OPTION_UPGRADE_TO_WEB_SOCKET, NULL, 0);
    error = STEP(r, OP_SEND, WinHttpSendRequest(r->handle, NULL, 0, NULL, 0, 0, 0));
    return error ? error : STEP(r, OP_RECEIVE, WinHttpReceiveResponse(r->handle, NULL));
}

/* 0: w is an open WebSocket; else why it is not, and everything is closed again. */
static DWORD open_socket(HINTERNET connect, BOOL async, const WCHAR *path, DWORD flags, struct actor *w)
{
    static struct actor r;
    DWORD error;

    actor_enters(&r, async);
    error = exchange(connect, path, flags, TRUE, &r);
    if (!error) {
        actor_enters(w, async);
        w->handle = WinHttpWebSocketCompleteUpgrade(r.handle, (DWORD_PTR)w);
        error = w->handle ? 0 : GetLastError();
    }
    actor_leaves(&r);
    return error;
}

static DWORD say_hello(struct actor *w)
{
    return STEP(
        w, OP_SEND,
        answer(WinHttpWebSocketSend(w->handle, WINHTTP_WEB_SOCKET_UTF8_MESSAGE_BUFFER_TYPE, (void *)"hello", 5)));
}

static BOOL listens(struct actor *w)
{
    memset(w->in, 0, sizeof(w->in));
    return TALLY(&w->tally, OP_RECEIVE, TRUE,
                 answer(WinHttpWebSocketReceive(w->handle, w->in, sizeof(w->in), NULL, NULL)));
}

/* The receive that listens() has begun. */
static BOOL has_heard(struct actor *w)
{
    await(w->ended[OP_RECEIVE], "a WebSocket that was opened before is served");
    return !w->error[OP_RECEIVE] && !memcmp(w->in, "hello", 5);
}

static DWORD hear_hello(struct actor *w)
{
    WINHTTP_WEB_SOCKET_BUFFER_TYPE type;
    DWORD got, error;

    if (w->async)
        return listens(w) ? has_heard(w) ? 0 : w->error[OP_RECEIVE] : GetLastError();
    memset(w->in, 0, sizeof(w->in));
    error = WinHttpWebSocketReceive(w->handle, w->in, sizeof(w->in), &got, &type);
    if (!error && (got != 5 || memcmp(w->in, "hello", 5)))
        complain("an echo is not what was sent", got);
    return error;
}

static DWORD echo(struct actor *w)
{
    DWORD error = say_hello(w);

    return error ? error : hear_hello(w);
}

/* From the session to an echo, and back. */
static DWORD converse(BOOL async, const struct way *way)
{
    static struct actor w;
    struct client c;
    DWORD error = open_way(&c, async, way);

    if (!error)
        error = open_socket(c.connect, async, L"/echo", way->flags, &w);
    if (!error)
        error = echo(&w);
    actor_leaves(&w);
    client_close(&c);
    return error;
}

/* ---- checks ---- */

/* What census_settles does, by shorter looks. */
static BOOL threads_go(void)
{
    DWORD waited;

    for (waited = 0; census_threads() > 1 && waited < WAIT_MS; waited++)
        WaitForSingleObject(GetCurrentProcess(), 1);
    return waited < WAIT_MS;
}

/* Nothing of the DLL is there at the beginning of a trial: it starts its threads in the room that it finds. */
static void check_rooms(BOOL async, const struct way *way)
{
    DWORD error, first = 0, last = 0;
    unsigned room, refused = 0;

    complaints = 0;
    for (room = 0; room <= ROOM_MAX; room++) {
        leave_room(room);
        error = converse(async, way);
        if (error && error != ERROR_NOT_ENOUGH_MEMORY) {
            tap_diag("where %u could be opened:", room);
            complain("a wrong error", error);
        }
        first = room ? first : error;
        last = error;
        refused += error != 0;
        leave_room(SLACK);
        if (!threads_go())
            complain("threads are left", room);
    }
    SAME(complaints, 0, "N30, N31 %s %s: in any room of %s a whole conversation, or one error 8; %u were refused",
         manner(async), way->name, scarce_names[ballast.kind], refused);
    SAME(first, ERROR_NOT_ENOUGH_MEMORY, "%s %s: where there is no room it is refused", manner(async), way->name);
    SAME(last, 0, "%s %s: in room enough it is not", manner(async), way->name);
}

/* What was opened before: a WebSocket of each kind, and a connection that waits in the pool for its next request. */
struct early {
    struct client http, ws[2];
    struct actor socket[2];
    char connection[16]; /* the server's name for the one in the pool */
};

static void open_early(struct early *e)
{
    int async;

    for (async = 0; async < 2; async++) {
        SAME(open_way(&e->ws[async], async, BY_ADDRESS), 0, "%s: session and connection", manner(async));
        SAME(open_socket(e->ws[async].connect, async, L"/echo", 0, &e->socket[async]), 0, "%s: a WebSocket is opened",
             manner(async));
    }
    listens(&e->socket[1]);
    SAME(open_client(&e->http, FALSE, L"127.0.0.1", need_port("HTTP_PORT")), 0, "session and connection");
}

static void ask(struct early *e, const WCHAR *headers, char number[16])
{
    memset(number, 0, 16);
    client_request(&e->http, NULL, L"/connection", 0);
    if (headers)
        WinHttpAddRequestHeaders(e->http.request, headers, (DWORD)-1, WINHTTP_ADDREQ_FLAG_ADD);
    if (client_exchange(&e->http) || client_read_all(&e->http, number, 15) < 1)
        complain("a request fails", GetLastError());
}

static void check_early(struct early *e, const WCHAR *headers, const char *when)
{
    char number[16];

    SAME(echo(&e->socket[0]), 0, "the synchronous WebSocket echoes %s", when);
    SAME(say_hello(&e->socket[1]), 0, "the asynchronous WebSocket sends %s", when);
    tap_ok(has_heard(&e->socket[1]) && listens(&e->socket[1]), "and its receive, pending all the while, completes");
    ask(e, headers, number);
    tap_ok(*number && !strcmp(number, e->connection), "a request is answered on the pool's connection %s", when);
}

/*
 * Without any room: every one of these wants a socket, and nothing of it may stay behind. A connection that was closed
 * before may still be waiting for its server, and makes room for one when it goes.
 */
static void check_refusals(struct early *e, BOOL async)
{
    HINTERNET named = WinHttpConnect(e->ws[async].session, BY_NAME->host, plain_port, 0);
    DWORD handles = 0, error;
    struct actor r = {0};
    unsigned i, refused = 0;

    complaints = 0;
    for (i = 0; refused < REFUSALS && i < 2 * REFUSALS; i++) {
        actor_enters(&r, async);
        leave_room(0); /* other programs of the prefix may have ended */
        error = exchange(i & 2 ? named : e->ws[async].connect, L"/echo", 0, i & 1, &r);
        if (error && error != ERROR_NOT_ENOUGH_MEMORY)
            complain("a wrong error", error);
        refused += error == ERROR_NOT_ENOUGH_MEMORY;
        actor_leaves(&r);
        if (!handles && refused)
            handles = other_handles(); /* with the events that were made, and are kept for the next call */
    }
    SAME(refused, REFUSALS, "N30, N31 %s: each of so many is refused, with error 8", manner(async));
    SAME(complaints, 0, "%s: each operation once, HANDLE_CLOSING last", manner(async));
    tap_ok(census_settles(other_handles, handles), "%s: no handle of theirs is left", manner(async));
    actor_free(&r);
    WinHttpCloseHandle(named);
}

static void check_full(void)
{
    struct early e = {0};
    int async;

    open_early(&e);
    SAME(converse(FALSE, BY_NAME), 0, "a thread for looking names up is there");
    ask(&e, NULL, e.connection);
    for (async = 0; async < 2; async++) {
        check_refusals(&e, async);
        leave_room(0);
        check_early(&e, NULL, "while nothing can be opened"); /* each time, for the pool keeps nothing for long */
    }
    give_back(BALLAST_MAX);
    check_early(&e, L"Connection: close", "when there is room again");
    for (async = 0; async < 2; async++) {
        SAME(converse(async, BY_ADDRESS), 0, "%s: and another one is opened", manner(async));
        actor_free(&e.socket[async]);
        client_close(&e.ws[async]);
    }
    client_close(&e.http);
}

/* No ballast: WebSockets alone, until there can be no more. */
static void check_many(const struct way *way, unsigned most)
{
    struct actor *w = calloc(most, sizeof(*w));
    DWORD handles = census_handles(), error = 0, served = 0;
    struct client c;
    unsigned count = 0, i;

    complaints = 0;
    SAME(open_way(&c, TRUE, way), 0, "%s: session and connection", way->name);
    while (count < most && !(error = open_socket(c.connect, TRUE, L"/broadcast", way->flags, &w[count])))
        if (!listens(&w[count++]))
            complain("a receive is refused", GetLastError());
    SAME(error, ERROR_NOT_ENOUGH_MEMORY, "%s: %u WebSockets are open, each with a receive; the next one is refused",
         way->name, count);
    tap_ok(count && !say_hello(&w[0]), "%s: a message is sent on the first", way->name);
    for (i = 0; i < count; i++)
        served += has_heard(&w[i]);
    SAME(served, count, "%s: and comes to each", way->name);
    for (i = 0; i < count; i++)
        listens(&w[i]);
    for (i = 0; i < count; i++)
        actor_free(&w[i]);
    SAME(complaints, 0, "W46 %s: all are closed, each with one cancelled receive", way->name);
    client_close(&c);
    tap_ok(census_settles(census_handles, handles), "%s: no handle of theirs is left", way->name);
    SAME(converse(TRUE, way), 0, "%s: and another one is opened", way->name);
    free(w);
}

int main(void)
{
    enum scarce kind;
    DWORD handles;
    WSADATA data;
    unsigned most, i;
    int async;

    plain_port = need_port("WS_PORT");
    tls_port = need_port("WSS_PORT");
    WSAStartup(MAKEWORD(2, 2), &data);
    most = make_scarce(OF_SERVER);
    if (most == BALLAST_MAX || make_scarce(OF_PROCESS) == BALLAST_MAX) {
        tap_skip("nothing runs out: there are more than %d", BALLAST_MAX);
        return tap_done();
    }
    tap_ok(most >= BALLAST_MIN, "there is room to begin with");
    /* Once, for what stays: libraries are loaded, the system looks at its authorities. */
    for (async = 0; async < 2; async++)
        SAME(converse(async, SECURE), 0, "%s: a conversation", manner(async));
    threads_go();
    handles = census_handles();
    /* First, for Wine 8 leaves some of the process's descriptors behind with each thread that dies. */
    check_many(BY_NAME, 2 * most);
    check_many(SECURE, 2 * most);
    for (kind = OF_SERVER; kind <= OF_PROCESS; kind++) {
        make_scarce(kind);
        for (i = 0; i < COUNT(ways); i++)
            for (async = 0; async < 2; async++)
                check_rooms(async, &ways[i]);
        check_full();
    }
    tap_ok(census_settles(census_threads, 1), "no thread is left");
    tap_ok(census_settles(census_handles, handles), "no handle is left");
    return tap_done();
}
