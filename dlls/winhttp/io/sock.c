/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sockets (contract in sock.h). Every operation goes the same way: sock__begin, one Winsock call, sock__issued; and
 * comes back the same way, sock_result. What finished at once and what finished later differ in nothing but the time.
 *
 * Threads, Ownership, Limits, Errors: sock.h. Source: Microsoft's pages of the functions used; sock_quirks.c.
 */
#include "io/sock.h"

#include <assert.h>
#include <mstcpip.h>
#include <mswsock.h>
#include <string.h>
#include "io/inner.h"
#include "io/lock.h"
#include "io/sock_quirks.h"

/* ---- outcomes ---- */

/* WSAEMFILE is like the others: no address is to blame, and the peer has done nothing. */
bool winsock_lacks(int code)
{
    return code == WSAEMFILE || code == WSAENOBUFS || code == WSA_NOT_ENOUGH_MEMORY;
}

static enum wh_err sock__failed(struct sock *s, enum sock_kind kind, int code)
{
    s->last_error = code;
    if (winsock_lacks(code) || (kind != SOCK_OP_CONNECT && quirk_lacks_descriptor(code)))
        return WH_E_NOMEM;
    switch (code) {
    case WSA_OPERATION_ABORTED:
        return WH_E_CANCELLED;
    case WSAECONNRESET:
        return WH_E_CLOSED; /* of a connect: it was accepted, and reset before anybody looked */
    default:
        return kind == SOCK_OP_CONNECT ? WH_E_CONNECT : WH_E_CLOSED;
    }
}

/* A receive that brought 0 bytes where it could have brought some. */
static enum wh_err sock__ended(struct sock *s)
{
    if (!s->fin_sent && quirk_was_reset(s->s))
        return sock__failed(s, SOCK_OP_RECV, WSAECONNRESET);
    return WH_OK;
}

/*
 * Winsock knows that the socket is connected only after this. A request or a frame is handed over whole; Nagle's delay
 * could only hold its last segment back. That is said here, and not before, because Wine asks its server each time for
 * a socket that is not connected yet; where it fails the first operation does so too, and knows why.
 */
static enum wh_err sock__connected(struct sock *s)
{
    BOOL nodelay = TRUE;

    if (setsockopt(s->s, SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, NULL, 0))
        return sock__failed(s, SOCK_OP_CONNECT, WSAGetLastError());
    setsockopt(s->s, IPPROTO_TCP, TCP_NODELAY, (const char *)&nodelay, sizeof(nodelay));
    return WH_OK;
}

/* The one end of every operation that the system calls a success. */
static enum wh_err sock__succeeded(struct sock_op *op, DWORD bytes)
{
    if (op->kind == SOCK_OP_CONNECT)
        return sock__connected(op->sock);
    if (op->kind == SOCK_OP_RECV && bytes == 0 && op->vec[0].len > 0)
        return sock__ended(op->sock);
    return WH_OK;
}

/* ---- issuing ---- */

static void sock__begin(struct sock_op *op, enum sock_kind kind, HANDLE event)
{
    assert(!op->pending);
    memset(&op->ov, 0, sizeof(op->ov));
    if (event)
        op->ov.hEvent = (HANDLE)((ULONG_PTR)event | 1);
    op->kind = kind;
    op->evented = event != NULL;
    op->pending = true;
}

/* Behind the call that issued op: code is 0 when that succeeded. */
static enum wh_err sock__issued(struct sock_op *op, int code, DWORD bytes, size_t *moved)
{
    struct sock *s = op->sock;
    enum wh_err err;

    if (code == WSA_IO_PENDING)
        return WH_AGAIN;
    if (code == 0 && !op->evented && !s->skips_packets)
        return WH_AGAIN; /* it is done, but its packet is on the way */
    op->pending = false;
    err = code ? sock__failed(s, op->kind, code) : sock__succeeded(op, bytes);
    if (err == WH_OK && moved)
        *moved = bytes;
    return err;
}

static ULONG sock__shorten(size_t n)
{
    return n < SOCK_MAX ? (ULONG)n : SOCK_MAX;
}

static DWORD sock__fill(WSABUF *vec, const struct span *v, size_t count)
{
    size_t left = SOCK_MAX;

    assert(count <= SOCK_SEND_SPANS);
    for (size_t i = 0; i < count; i++) {
        size_t n = v[i].n < left ? v[i].n : left;

        vec[i].buf = (char *)(void *)(uintptr_t)v[i].p; /* WSASend only reads it; the type of WSABUF cannot say so */
        vec[i].len = (ULONG)n;
        left -= n;
    }
    return (DWORD)count;
}

enum wh_err sock_recv(struct sock *s, void *p, size_t n, HANDLE event, size_t *got)
{
    struct sock_op *op = &s->recv;
    DWORD bytes = 0, flags = 0;
    int code;

    sock__begin(op, SOCK_OP_RECV, event);
    op->vec[0].buf = p;
    op->vec[0].len = sock__shorten(n);
    code = WSARecv(s->s, op->vec, 1, &bytes, &flags, &op->ov, NULL) ? WSAGetLastError() : 0;
    return sock__issued(op, code, bytes, got);
}

enum wh_err sock_send(struct sock *s, const struct span *v, size_t count, HANDLE event, size_t *sent)
{
    struct sock_op *op = &s->send;
    DWORD bytes = 0, vecs;
    int code;

    sock__begin(op, SOCK_OP_SEND, event);
    vecs = sock__fill(op->vec, v, count);
    code = WSASend(s->s, op->vec, vecs, &bytes, 0, &op->ov, NULL) ? WSAGetLastError() : 0;
    return sock__issued(op, code, bytes, sent);
}

/* ConnectEx insists on a bound socket. */
static int sock__bind_any(SOCKET s, int family)
{
    SOCKADDR_STORAGE any;

    memset(&any, 0, sizeof(any)); /* INADDR_ANY and in6addr_any are zeros, so is "any port" */
    any.ss_family = (short)family;
    return bind(s, (struct sockaddr *)&any,
                family == AF_INET ? (int)sizeof(struct sockaddr_in) : (int)sizeof(struct sockaddr_in6));
}

/* Asked once for each family, which may be another provider's. */
static LPFN_CONNECTEX sock__connectex(SOCKET s, int family)
{
    static volatile LPFN_CONNECTEX known[2];
    volatile LPFN_CONNECTEX *fn = &known[family == AF_INET6];
    GUID id = WSAID_CONNECTEX;
    LPFN_CONNECTEX found = *fn;
    DWORD bytes;

    if (found)
        return found;
    if (WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof(id), &found, sizeof(found), &bytes, NULL, NULL))
        return NULL;
    *fn = found;
    return found;
}

enum wh_err sock_connect(struct sock *s, const struct sockaddr *addr, int len, HANDLE event)
{
    LPFN_CONNECTEX connect_ex = sock__connectex(s->s, addr->sa_family);
    int code;

    if (!connect_ex || sock__bind_any(s->s, addr->sa_family))
        return sock__failed(s, SOCK_OP_CONNECT, WSAGetLastError());
    sock__begin(&s->send, SOCK_OP_CONNECT, event);
    code = connect_ex(s->s, addr, len, NULL, 0, NULL, &s->send.ov) ? 0 : WSAGetLastError();
    return sock__issued(&s->send, code, 0, NULL);
}

/* ---- attempts ---- */

/* An overlapped operation never waits, whatever the socket is; only an attempt asks for this. */
static enum wh_err sock__unblock(struct sock *s, enum sock_kind kind)
{
    u_long on = 1;

    if (!s->nonblocking && ioctlsocket(s->s, FIONBIO, &on))
        return sock__failed(s, kind, WSAGetLastError());
    s->nonblocking = true;
    return WH_OK;
}

enum wh_err sock_try_recv(struct sock *s, void *p, size_t n, size_t *got)
{
    WSABUF vec = {sock__shorten(n), p};
    DWORD bytes = 0, flags = 0;
    enum wh_err err = sock__unblock(s, SOCK_OP_RECV);

    assert(!s->recv.pending);
    if (err != WH_OK)
        return err;
    if (WSARecv(s->s, &vec, 1, &bytes, &flags, NULL, NULL)) {
        int code = WSAGetLastError();

        return code == WSAEWOULDBLOCK ? WH_AGAIN : sock__failed(s, SOCK_OP_RECV, code);
    }
    if (bytes == 0 && n > 0)
        err = sock__ended(s);
    if (err == WH_OK)
        *got = bytes;
    return err;
}

enum wh_err sock_try_send(struct sock *s, const struct span *v, size_t count, size_t *sent)
{
    WSABUF vec[SOCK_SEND_SPANS];
    DWORD bytes = 0, vecs = sock__fill(vec, v, count);
    enum wh_err err = sock__unblock(s, SOCK_OP_SEND);

    assert(!s->send.pending);
    if (err != WH_OK)
        return err;
    if (WSASend(s->s, vec, vecs, &bytes, 0, NULL, NULL)) {
        int code = WSAGetLastError();

        return code == WSAEWOULDBLOCK ? WH_AGAIN : sock__failed(s, SOCK_OP_SEND, code);
    }
    *sent = bytes;
    return WH_OK;
}

/* ---- ending ---- */

bool sock_done(const struct sock_op *op)
{
    return HasOverlappedIoCompleted(&op->ov);
}

enum wh_err sock_result(struct sock_op *op, size_t *bytes)
{
    struct sock *s = op->sock;
    DWORD moved = 0, flags = 0;
    enum wh_err err;

    assert(op->pending);
    if (!sock_done(op)) {
        assert(op->evented);
        return WH_AGAIN;
    }
    op->pending = false;
    if (s->s == INVALID_SOCKET)
        return sock__failed(s, op->kind, WSA_OPERATION_ABORTED);
    if (!WSAGetOverlappedResult(s->s, &op->ov, &moved, FALSE, &flags))
        return sock__failed(s, op->kind, WSAGetLastError());
    err = sock__succeeded(op, moved);
    if (err == WH_OK && bytes)
        *bytes = moved;
    return err;
}

void sock_cancel(struct sock *s, struct sock_op *op)
{
    /* Where there is nothing left to cancel the operation has ended, which is as good. */
    if (op->pending && s->s != INVALID_SOCKET)
        CancelIoEx((HANDLE)s->s, &op->ov);
}

bool sock_take_back(struct sock_op *op)
{
    if (!op->pending || sock_done(op))
        return true;
    assert(op->evented);
    sock_cancel(op->sock, op);
    /* Somebody else may have set the event, to wake the call. Cleared before the question is asked again, the kernel's
     * own signal cannot be lost: it comes after the answer has changed. */
    ResetEvent((HANDLE)((ULONG_PTR)op->ov.hEvent & ~(ULONG_PTR)1));
    return sock_done(op);
}

void sock_shutdown_send(struct sock *s)
{
    if (s->s == INVALID_SOCKET || s->fin_sent)
        return;
    shutdown(s->s, SD_SEND);
    s->fin_sent = true;
}

/* ---- opening and closing ---- */

void sock_init(struct sock *s, void *owner)
{
    memset(s, 0, sizeof(*s));
    s->s = INVALID_SOCKET;
    s->owner = owner;
    s->recv.sock = s->send.sock = s;
}

enum wh_err sock_open(struct sock *s, int family)
{
    assert(s->s == INVALID_SOCKET && !sock_busy(s));
    s->s = WSASocketW(family, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
    if (s->s == INVALID_SOCKET)
        return sock__failed(s, SOCK_OP_CONNECT, WSAGetLastError());
    s->fin_sent = s->nonblocking = false;
    s->last_error = 0;
    if (!CreateIoCompletionPort((HANDLE)s->s, loop_port(), 0, 0)) {
        int code = WSAGetLastError(); /* the same word as GetLastError */

        closesocket(s->s);
        s->s = INVALID_SOCKET;
        return sock__failed(s, SOCK_OP_CONNECT, code);
    }
    s->skips_packets = quirk_skip_packets(s->s, family);
    return WH_OK;
}

void sock_keep_alive(struct sock *s, uint32_t on, uint32_t idle, uint32_t interval)
{
    struct tcp_keepalive values = {on, idle, interval};
    DWORD bytes;

    WSAIoctl(s->s, SIO_KEEPALIVE_VALS, &values, sizeof(values), NULL, 0, &bytes, NULL, NULL);
}

void sock_close(struct sock *s, bool abort)
{
    SOCKET was = s->s;

    if (was == INVALID_SOCKET)
        return;
    if (sock_busy(s))
        CancelIoEx((HANDLE)was, NULL);
    if (abort) {
        struct linger reset = {1, 0};

        setsockopt(was, SOL_SOCKET, SO_LINGER, (const char *)&reset, sizeof(reset));
    }
    s->s = INVALID_SOCKET;
    closesocket(was);
}

bool sock_busy(const struct sock *s)
{
    return s->recv.pending || s->send.pending;
}

void sock_names(const struct sock *s, SOCKADDR_STORAGE *local, SOCKADDR_STORAGE *remote)
{
    int len = sizeof(*local);

    memset(local, 0, sizeof(*local));
    memset(remote, 0, sizeof(*remote));
    if (s->s == INVALID_SOCKET)
        return;
    if (getsockname(s->s, (struct sockaddr *)local, &len))
        memset(local, 0, sizeof(*local));
    len = sizeof(*remote);
    if (getpeername(s->s, (struct sockaddr *)remote, &len))
        memset(remote, 0, sizeof(*remote));
}

/* ---- winsock ---- */

/*
 * Winsock is started and given up one at a time. The last WSACleanup of a process closes the sockets that it finds, and
 * Wine's takes no lock for that: those of a loop that starts at the same moment were closed with them (WSAENOTSOCK).
 */
static struct lock winsock_lock = LOCK_INIT(LOCK_LOOP);

bool winsock_start(void)
{
    WSADATA data;
    bool up;

    lock_exclusive(&winsock_lock);
    up = WSAStartup(MAKEWORD(2, 2), &data) == 0;
    unlock_exclusive(&winsock_lock);
    return up;
}

void winsock_end(void)
{
    lock_exclusive(&winsock_lock);
    WSACleanup();
    unlock_exclusive(&winsock_lock);
}
