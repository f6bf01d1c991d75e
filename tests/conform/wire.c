/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wire.c: see wire.h. Sockets do not block, so that a script which sends can go on taking in what the client sends. */
#include "wire.h"

#include <bcrypt.h>
#include <stdio.h>
#include <stdlib.h>

#define STACK   262144 /* a handshake of TLS wants some of it */
#define LOOK_MS 100    /* between two tries of what nothing else tells */

struct server {
    SOCKET listener;
    const struct wire_floor *floor;
    wire_script *script;
};

/* ---- bytes ---- */

/* Until something can be read, or written if asked for; FALSE when that comes too late. Behind its end the client's
 * side can always be read, and is not looked at. */
static BOOL wait_for(const struct wire *wire, BOOL writing, long ms)
{
    struct timeval limit = {ms / 1000, ms % 1000 * 1000};
    fd_set reads, writes;

    FD_ZERO(&reads);
    FD_ZERO(&writes);
    if (!writing || wire->end == WIRE_OPEN)
        FD_SET(wire->socket, &reads);
    FD_SET(wire->socket, &writes);
    return select(0, &reads, writing ? &writes : NULL, NULL, &limit) > 0;
}

/* Takes in what is there; FALSE when nothing is, or nothing will be. */
static BOOL take_in(struct wire *wire)
{
    char bytes[16384];
    int got;

    if (wire->end != WIRE_OPEN)
        return FALSE;
    got = recv(wire->socket, bytes, sizeof(bytes), 0);
    if (got > 0 && !wire->floor)
        ws_bytes_add(&wire->in, bytes, (size_t)got);
    else if (got > 0 && !wire->floor->up(wire, bytes, (size_t)got))
        wire->end = WIRE_RESET;
    else if (got == 0)
        wire->end = WIRE_FIN;
    else if (got < 0 && WSAGetLastError() != WSAEWOULDBLOCK)
        wire->end = WIRE_RESET;
    return got > 0;
}

/*
 * One send; what it took, or -1 when the client has ended. What comes while it has to wait is kept. That a client which
 * has said its end resets the connection Wine's select (since its version 10) does not tell who waits for writing, but
 * a send that is tried again does.
 */
static int send_some(struct wire *wire, const void *bytes, size_t size)
{
    long left = wire->patience_ms, step = wire->end == WIRE_OPEN ? left : LOOK_MS;
    BOOL ready = FALSE;

    while (!ready) {
        int sent = send(wire->socket, bytes, size < 1048576 ? (int)size : 1048576, 0);

        if (sent >= 0)
            return sent;
        if (WSAGetLastError() != WSAEWOULDBLOCK || left <= 0)
            return -1;
        ready = wait_for(wire, TRUE, step);
        left -= step;
    }
    take_in(wire);
    return 0;
}

BOOL wire_flush(struct wire *wire)
{
    size_t at;
    int sent = 0;

    for (at = 0; at < wire->out.n && (sent = send_some(wire, wire->out.p + at, wire->out.n - at)) >= 0;)
        at += (size_t)sent;
    wire->out.n = 0;
    return sent >= 0;
}

/* Waits for more; FALSE when the client has ended. */
static BOOL more(struct wire *wire)
{
    size_t had = wire->in.n;

    while (!take_in(wire)) {
        if (wire->end != WIRE_OPEN || !wire_flush(wire))
            return FALSE;
        if (wire->in.n > had) /* it came while that was sent */
            return TRUE;
        if (!wait_for(wire, FALSE, wire->patience_ms))
            wire->end = WIRE_LATE;
    }
    return TRUE;
}

BOOL wire_send(struct wire *wire, const void *bytes, size_t size)
{
    const char *p = bytes;
    int sent;

    if (wire->floor)
        return wire->floor->down(wire, bytes, size) && wire_flush(wire);
    for (; size; p += sent, size -= (size_t)sent)
        if ((sent = send_some(wire, p, size)) < 0)
            return FALSE;
    return TRUE;
}

BOOL wire_send_pieces(struct wire *wire, const void *bytes, size_t size, size_t piece)
{
    const BYTE *p = bytes;
    size_t n;

    for (; size; p += n, size -= n) {
        n = size < piece ? size : piece;
        if (!wire_send(wire, p, n))
            return FALSE;
    }
    return TRUE;
}

BOOL wire_say(struct wire *wire, const char *script)
{
    struct ws_bytes bytes = {0};
    BOOL sent;

    ws_script_render(script, &bytes);
    sent = wire_send(wire, bytes.p, bytes.n);
    ws_bytes_free(&bytes);
    return sent;
}

void wire_drain(struct wire *wire)
{
    while (more(wire))
        wire->in.n = wire->taken = 0;
}

void wire_fin(struct wire *wire)
{
    if (wire->floor)
        wire->floor->bye(wire);
    wire_flush(wire);
    shutdown(wire->socket, SD_SEND);
}

void wire_reset(struct wire *wire)
{
    struct linger now = {1, 0};

    setsockopt(wire->socket, SOL_SOCKET, SO_LINGER, (char *)&now, sizeof(now));
    closesocket(wire->socket);
    wire->socket = INVALID_SOCKET;
    wire->end = WIRE_RESET;
}

const char *fault_name(enum fault fault)
{
    static const char *const names[FAULT_COUNT] = {"FIN", "a reset", "silence"};

    return names[fault];
}

void wire_fail(struct wire *wire, enum fault fault)
{
    if (fault == FAULT_FIN)
        wire_fin(wire);
    if (fault == FAULT_RESET)
        wire_reset(wire);
}

/* ---- the handshake ---- */

BOOL wire_request(struct wire *wire)
{
    const char *end, *path;

    if (wire->taken)
        memmove(wire->in.p, wire->in.p + wire->taken, wire->in.n - wire->taken);
    wire->in.n -= wire->taken;
    wire->taken = 0;
    for (;;) {
        ws_bytes_add(&wire->in, "", 1);
        wire->in.n--;
        end = strstr((char *)wire->in.p, "\r\n\r\n");
        if (end)
            break;
        if (!more(wire))
            return FALSE;
    }
    wire->head = wire->taken = (size_t)(end + 4 - (char *)wire->in.p);
    path = strstr((char *)wire->in.p, " /");
    wire->number = path ? strtoul(path + 2, NULL, 10) : 0;
    return TRUE;
}

BOOL wire_skip(struct wire *wire, size_t size)
{
    while (wire->in.n - wire->taken < size)
        if (!more(wire))
            return FALSE;
    wire->taken += size;
    return TRUE;
}

/* What stands behind this beginning of a line; NULL if no line begins so. */
static const char *find_line(const struct wire *wire, const char *begin)
{
    const char *line = (char *)wire->in.p, *end = line + wire->head - 2;
    size_t size = strlen(begin);

    for (; line < end; line = strstr(line, "\r\n") + 2)
        if (!_strnicmp(line, begin, size))
            return line + size;
    return NULL;
}

BOOL wire_asks(const struct wire *wire, const char *line)
{
    const char *rest = find_line(wire, line);

    return rest && !memcmp(rest, "\r\n", 2);
}

static void base64(const BYTE *from, size_t size, char *to)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t i;

    for (i = 0; i < size; i += 3) {
        unsigned v = from[i] << 16 | (i + 1 < size ? from[i + 1] << 8 : 0) | (i + 2 < size ? from[i + 2] : 0);

        *to++ = letters[v >> 18];
        *to++ = letters[v >> 12 & 63];
        *to++ = i + 1 < size ? letters[v >> 6 & 63] : '=';
        *to++ = i + 2 < size ? letters[v & 63] : '=';
    }
    *to = 0;
}

void wire_accept(const struct wire *wire, char accept[29])
{
    static const char salt[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    const char *key = find_line(wire, "Sec-WebSocket-Key: ");
    BCRYPT_ALG_HANDLE sha1;
    BYTE text[60], digest[20] = {0};

    memcpy(text, key ? key : "no key in the request...", 24);
    memcpy(text + 24, salt, 36);
    BCryptOpenAlgorithmProvider(&sha1, BCRYPT_SHA1_ALGORITHM, NULL, 0);
    BCryptHash(sha1, NULL, 0, text, sizeof(text), digest, sizeof(digest));
    BCryptCloseAlgorithmProvider(sha1, 0);
    base64(digest, sizeof(digest), accept);
}

void wire_answer(const struct wire *wire, const char *lines, struct ws_bytes *out)
{
    char accept[29], head[512];
    int size;

    wire_accept(wire, accept);
    size = snprintf(head, sizeof(head),
                    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    "Sec-WebSocket-Accept: %s\r\n%s\r\n",
                    accept, lines ? lines : "");
    ws_bytes_add(out, head, (size_t)size);
}

/* ---- frames ---- */

/* Decodes the head of a frame at p; its size, or 0 when more is needed. Written out here, not by the code under test.
 */
static size_t decode_head(struct wire *wire, const BYTE *p, size_t n, ULONGLONG *size)
{
    size_t form = n >= 2 ? p[1] & 127 : 0, bytes = form == 126 ? 2 : form == 127 ? 8 : 0, i;

    if (n < 6 || n < 6 + bytes)
        return 0;
    *size = bytes ? 0 : form;
    for (i = 0; i < bytes; i++)
        *size = *size << 8 | p[2 + i];
    if (!(p[1] & 128) || (bytes == 2 && *size < 126) || (bytes == 8 && *size < 65536) ||
        (wire->keyed && !memcmp(wire->key, p + 2 + bytes, 4)))
        wire->wrong = TRUE;
    memcpy(wire->key, p + 2 + bytes, 4);
    return 6 + bytes;
}

BOOL wire_hears(struct wire *wire)
{
    take_in(wire);
    return wire->in.n > wire->taken;
}

BOOL wire_frame(struct wire *wire, struct wire_frame *frame)
{
    ULONGLONG size = 0;
    BYTE *payload;
    size_t head, i;

    while (!(head = decode_head(wire, wire->in.p + wire->taken, wire->in.n - wire->taken, &size)))
        if (!more(wire))
            return FALSE;
    while (wire->in.n - wire->taken - head < size)
        if (!more(wire))
            return FALSE;
    frame->first = wire->in.p[wire->taken];
    payload = wire->in.p + wire->taken + head;
    for (i = 0; i < size; i++)
        payload[i] ^= wire->key[i % 4];
    frame->payload = payload;
    frame->size = (size_t)size;
    wire->taken += head + (size_t)size;
    wire->keyed = TRUE;
    return TRUE;
}

void wire_tell(const struct wire_frame *frame, struct story *story)
{
    static const char opcodes[] = "ctb?????????????CTB?????XPQ?????";
    BOOL plain = !(frame->first & 0x70);
    char kind = plain ? opcodes[(frame->first & 15) + (frame->first >> 7) * 16] : '?';

    if (kind == 'X')
        story_add_close(story, frame->payload, frame->size);
    else
        story_add(story, kind, 0, frame->payload, frame->size);
}

BOOL wire_listen(struct wire *wire, struct story *story)
{
    struct wire_frame frame;

    while (wire_frame(wire, &frame)) {
        wire_tell(&frame, story);
        if ((frame.first & 15) == 8)
            return TRUE;
    }
    return FALSE;
}

/* ---- the server ---- */

static void serve_one(const struct server *server, SOCKET socket)
{
    struct wire wire = {.socket = socket, .patience_ms = WAIT_MS, .floor = server->floor};
    u_long on = 1;

    ioctlsocket(socket, FIONBIO, &on);
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, (char *)&on, sizeof(on));
    if (wire.floor)
        wire.floor->open(&wire);
    if (wire_request(&wire))
        server->script(&wire);
    if (wire.floor)
        wire.floor->close(&wire);
    if (wire.socket != INVALID_SOCKET)
        closesocket(wire.socket);
    ws_bytes_free(&wire.in);
    ws_bytes_free(&wire.out);
}

static DWORD WINAPI serve(void *argument)
{
    const struct server *server = argument;
    SOCKET socket;

    while ((socket = accept(server->listener, NULL, NULL)) != INVALID_SOCKET)
        serve_one(server, socket);
    return 0;
}

INTERNET_PORT wire_serve(wire_script *script, unsigned at_once)
{
    return wire_serve_on(NULL, script, at_once);
}

INTERNET_PORT wire_serve_on(const struct wire_floor *floor, wire_script *script, unsigned at_once)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    struct server *server = calloc(1, sizeof(*server));
    int size = sizeof(address);
    WSADATA data;

    WSAStartup(MAKEWORD(2, 2), &data);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server->floor = floor;
    server->script = script;
    server->listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(server->listener, (struct sockaddr *)&address, sizeof(address)) || listen(server->listener, SOMAXCONN) ||
        getsockname(server->listener, (struct sockaddr *)&address, &size)) {
        tap_ok(FALSE, "a server cannot be opened: %d", WSAGetLastError());
        return 0;
    }
    while (at_once--)
        CloseHandle(CreateThread(NULL, STACK, serve, server, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL));
    return ntohs(address.sin_port);
}
