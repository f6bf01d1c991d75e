/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Kernel objects that are refused like memory, by the same count (base/mem.h). --enable-failmalloc puts this file in
 * front of every file of the Windows rooms; in other builds nobody includes it.
 *
 * A refused call leaves the last error that the system leaves when it has no memory. Threads: any. Header only.
 */
#ifndef IO_STARVE_H
#define IO_STARVE_H

#include <winsock2.h>
#include <windows.h>
#include <ws2tcpip.h>
#include "base/mem.h"

static inline bool starve_admit(DWORD error)
{
    if (mem_admit())
        return true;
    SetLastError(error);
    return false;
}

#define STARVE_CALL(refusal, call) (starve_admit(ERROR_NOT_ENOUGH_MEMORY) ? call : (refusal))
#define STARVE_SOCK(refusal, call) (starve_admit(WSAENOBUFS) ? call : (refusal))

#define CreateEventW(...)               STARVE_CALL(NULL, CreateEventW(__VA_ARGS__))
#define CreateIoCompletionPort(...)     STARVE_CALL(NULL, CreateIoCompletionPort(__VA_ARGS__))
#define CreateThread(...)               STARVE_CALL(NULL, CreateThread(__VA_ARGS__))
#define PostQueuedCompletionStatus(...) STARVE_CALL(FALSE, PostQueuedCompletionStatus(__VA_ARGS__))
#define TlsAlloc(...)                   STARVE_CALL(TLS_OUT_OF_INDEXES, TlsAlloc(__VA_ARGS__))

#define GetAddrInfoW(...) STARVE_SOCK(EAI_MEMORY, GetAddrInfoW(__VA_ARGS__))
#define WSARecv(...)      STARVE_SOCK(SOCKET_ERROR, WSARecv(__VA_ARGS__))
#define WSASend(...)      STARVE_SOCK(SOCKET_ERROR, WSASend(__VA_ARGS__))
#define WSASocketW(...)   STARVE_SOCK(INVALID_SOCKET, WSASocketW(__VA_ARGS__))
#define WSAStartup(...)   STARVE_SOCK(WSAENOBUFS, WSAStartup(__VA_ARGS__))

#endif
