/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Attach and detach. Nothing else happens under the loader lock: threads, sockets and GnuTLS start with the first
 * handle that needs them, and every thread of ours holds a reference of the module, so that a detach finds none. At
 * process exit nothing is done at all: the other threads are gone, wherever they stood.
 */
#include <winsock2.h>
#include <windows.h>
#include "core/conn.h"
#include "io/lock.h"
#include "notify/lane.h"

BOOL WINAPI DllMain(HINSTANCE module, DWORD reason, LPVOID reserved); /* the loader knows it by name, no header does */

BOOL WINAPI DllMain(HINSTANCE module, DWORD reason, LPVOID reserved)
{
    if (reason == DLL_PROCESS_ATTACH) {
        DisableThreadLibraryCalls(module);
        conn_start();
        return lock_attach() && notify_attach();
    }
    if (reason == DLL_PROCESS_DETACH && !reserved) {
        notify_detach();
        lock_detach();
    }
    return TRUE;
}
