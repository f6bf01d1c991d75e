/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cutter.c: see cutter.h. One thread relays both directions of a connection. */
#include "cutter.h"

#include <stdio.h>
#include <stdlib.h>

#define HEAD  5u     /* bytes before a record's fragment: its type, a version, the fragment's size */
#define STACK 131072 /* bytes */
#define CHUNK 17408  /* a whole record */

struct relay {
    SOCKET listener;
    INTERNET_PORT target;
    struct cut *cuts;
    HANDLE served;
};

/* One connection. */
struct line {
    SOCKET client, server;
    struct cut *cut;
    BYTE kept[2 * CHUNK]; /* what the server said, whole records and the begin of one */
    size_t size;
};

static void reset(SOCKET socket)
{
    struct linger now = {1, 0};

    setsockopt(socket, SOL_SOCKET, SO_LINGER, (char *)&now, sizeof(now));
}

/* Waits for either side; which have something, as bits: 1 the client, 2 the server. */
static unsigned wait_for(const struct line *line, BOOL cut)
{
    struct timeval limit = {WAIT_MS / 1000, 0};
    fd_set reads;

    FD_ZERO(&reads);
    FD_SET(line->client, &reads);
    if (!cut)
        FD_SET(line->server, &reads);
    if (select(0, &reads, NULL, NULL, &limit) <= 0)
        return 0;
    return (FD_ISSET(line->client, &reads) ? 1u : 0) | (!cut && FD_ISSET(line->server, &reads) ? 2u : 0);
}

/* Size of the record at p, or 0 when not all of it is there. */
static size_t whole_record(const BYTE *p, size_t n)
{
    size_t size = n >= HEAD ? HEAD + (size_t)(p[3] << 8 | p[4]) : 0;

    return size && size <= n ? size : 0;
}

/* How much of the next record, which is whole, goes to the client: all of it unless the cut lies in it. */
static size_t allowed(const struct cut *cut, size_t size)
{
    if (cut->record == UINT_MAX)
        return size;
    if (cut->bytes < 0 && cut->seen + 1 == cut->record)
        return size - (size_t)-cut->bytes;
    return cut->seen == cut->record ? (size_t)cut->bytes : size;
}

/* Forwards the whole records that are kept; FALSE at the cut. */
static BOOL forward(struct line *line)
{
    size_t size, n;

    while ((size = whole_record(line->kept, line->size)) != 0) {
        n = allowed(line->cut, size);
        send(line->client, (char *)line->kept, (int)n, 0);
        if (n < size)
            return FALSE;
        line->cut->seen++;
        line->size -= size;
        memmove(line->kept, line->kept + size, line->size);
    }
    return TRUE;
}

static void do_fault(const struct line *line)
{
    if (line->cut->fault == FAULT_FIN)
        shutdown(line->client, SD_SEND);
    if (line->cut->fault == FAULT_RESET)
        reset(line->client);
}

/* Until the client ends, or the server does. Behind a cut that is no reset, what the client says is dropped. */
static void relay(struct line *line)
{
    BOOL cut = FALSE;
    BYTE bytes[CHUNK];
    unsigned ready;
    int got;

    while ((ready = wait_for(line, cut)) != 0) {
        if (ready & 1) {
            got = recv(line->client, (char *)bytes, sizeof(bytes), 0);
            if (got <= 0)
                return;
            send(line->server, (char *)bytes, got, 0);
        }
        if (!(ready & 2))
            continue;
        got = recv(line->server, (char *)line->kept + line->size, CHUNK, 0);
        if (got <= 0) {
            shutdown(line->client, SD_SEND);
            cut = TRUE;
            continue;
        }
        line->size += (size_t)got;
        if (forward(line))
            continue;
        do_fault(line);
        if (line->cut->fault == FAULT_RESET)
            return;
        cut = TRUE;
    }
}

static SOCKET connect_to(INTERNET_PORT port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    SOCKET s = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connect(s, (struct sockaddr *)&address, sizeof(address));
    return s;
}

static unsigned number_of(SOCKET s)
{
    struct sockaddr_in address;
    int size = sizeof(address);

    getsockname(s, (struct sockaddr *)&address, &size);
    return ntohl(address.sin_addr.s_addr) & 0xffff;
}

static DWORD WINAPI serve(void *argument)
{
    const struct relay *r = argument;
    struct line line;
    SOCKET s;

    while ((s = accept(r->listener, NULL, NULL)) != INVALID_SOCKET) {
        line.client = s;
        line.server = connect_to(r->target);
        line.cut = &r->cuts[number_of(s)];
        line.size = 0;
        relay(&line);
        closesocket(line.client);
        closesocket(line.server);
        ReleaseSemaphore(r->served, 1, NULL);
    }
    return 0;
}

INTERNET_PORT cutter_open(INTERNET_PORT target, struct cut *cuts, HANDLE served, unsigned at_once)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    struct relay *r = malloc(sizeof(*r));
    int size = sizeof(address);
    WSADATA data;

    WSAStartup(MAKEWORD(2, 2), &data);
    *r = (struct relay){socket(AF_INET, SOCK_STREAM, 0), target, cuts, served};
    if (bind(r->listener, (struct sockaddr *)&address, sizeof(address)) || listen(r->listener, SOMAXCONN) ||
        getsockname(r->listener, (struct sockaddr *)&address, &size)) {
        tap_ok(FALSE, "a relay cannot be opened: %d", WSAGetLastError());
        return 0;
    }
    while (at_once--)
        CloseHandle(CreateThread(NULL, STACK, serve, r, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL));
    return ntohs(address.sin_port);
}

void cutter_host(unsigned number, WCHAR host[16])
{
    _snwprintf(host, 16, L"127.1.%u.%u", number >> 8, number & 255);
}
