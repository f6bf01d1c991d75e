/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * See sock_quirks.h. What was measured, under Wine 8.0, and needs no code of its own is kept here too, for whoever
 * wonders why sock.c may rely on it:
 *
 * - An overlapped WSARecv, WSASend or ConnectEx pends although the socket is non-blocking; the same call without an
 *   OVERLAPPED answers WSAEWOULDBLOCK. Windows documents both (pages of WSARecv and WSASend).
 * - hEvent with its low bit set keeps the packet away from the port (page of GetQueuedCompletionStatus), and
 *   WSAGetOverlappedResult bears that bit. At immediate success Wine leaves the event alone, Windows sets it.
 * - A zero-byte WSARecv pends until bytes or the FIN are there, and leaves them there.
 * - A call that fails at once makes no packet. A cancelled one makes one (ERROR_OPERATION_ABORTED), also when the
 * socket was closed in between. closesocket alone ends each pending operation exactly once as well, by packet or event,
 * but under Wine with whatever status: 0xC0000024 and 0x8000000A were seen. Hence sock_close cancels first, and what
 * ends after it counts as cancelled whatever its status says.
 * - A pending send may be followed by shutdown(SD_SEND): the FIN goes out behind its last byte.
 * - A pending receive without an event outlives the thread that issued it.
 * - ConnectEx wants a bound socket (WSAEINVAL otherwise), and the socket wants SO_UPDATE_CONNECT_CONTEXT afterwards
 *   (page of ConnectEx); Wine does not mind when that is missing.
 */
#include "io/sock_quirks.h"

#include <ws2tcpip.h>
#include <windows.h>

enum { HANDLES_UNKNOWN, HANDLES_REAL, HANDLES_OTHER };

static LONG quirk__handles(SOCKET s)
{
    WSAPROTOCOL_INFOW info;
    int len = sizeof(info);

    if (getsockopt(s, SOL_SOCKET, SO_PROTOCOL_INFOW, (char *)&info, &len))
        return HANDLES_UNKNOWN;
    return info.dwServiceFlags1 & XP1_IFS_HANDLES ? HANDLES_REAL : HANDLES_OTHER;
}

/*
 * FILE_SKIP_COMPLETION_PORT_ON_SUCCESS must not be used where a layered service provider without real file handles sits
 * in the chain: it would lose or invent packets (Microsoft KB 2568167, "SetFileCompletionNotificationModes causes an
 * I/O completion port to not work correctly if a non-IFS LSP is installed"). XP1_IFS_HANDLES in the protocol
 * information tells whether the handle is a real one. FILE_SKIP_SET_EVENT_ON_HANDLE saves signalling the socket's own
 * handle, for which nobody waits.
 */
bool quirk_skip_packets(SOCKET s, int family)
{
    static volatile LONG known[2]; /* of each family's provider */
    volatile LONG *handles = &known[family == AF_INET6];

    if (*handles == HANDLES_UNKNOWN)
        *handles = quirk__handles(s);
    if (*handles != HANDLES_REAL)
        return false;
    return SetFileCompletionNotificationModes((HANDLE)s,
                                              FILE_SKIP_COMPLETION_PORT_ON_SUCCESS | FILE_SKIP_SET_EVENT_ON_HANDLE);
}

/*
 * Under Wine 8 a reset that arrives while no receive is pending is read as 0 bytes, as if it were a FIN, since the
 * server process has taken the error away. The difference still shows: after a reset the socket has no peer any more
 * (WSAENOTCONN), after the peer's FIN it has. Once both sides have sent a FIN there is none either, so a socket that
 * has sent its own cannot be asked. On Windows the receive itself fails with WSAECONNRESET, and the question is
 * answered no.
 */
bool quirk_was_reset(SOCKET s)
{
    SOCKADDR_STORAGE peer;
    int len = sizeof(peer);

    return getpeername(s, (struct sockaddr *)&peer, &len) != 0 && WSAGetLastError() == WSAENOTCONN;
}

/*
 * Bytes go through a descriptor that the process gets for the socket with its first operation. Where it may have no
 * more of them open Wine 8 has no better word for that than WSAEINVAL. The pages of WSARecv and WSASend have it for
 * sockets that are not bound and for operations that were begun wrongly; ours never are.
 */
bool quirk_lacks_descriptor(int code)
{
    return code == WSAEINVAL;
}
