/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sys/tls_init.h"

#include <winsock2.h>
#include <windows.h>
#include <gnutls/gnutls.h>

#include "base/trace.h"

/* GnuTLS stays until the process ends: nothing says when the last of its sessions is gone, and unloading frees its
 * memory. */
static INIT_ONCE tls_once = INIT_ONCE_STATIC_INIT;

static BOOL CALLBACK tls__start(INIT_ONCE *once, void *param, void **context)
{
    int ret = gnutls_global_init();

    (void)once;
    (void)context;
    if (ret < 0)
        WH_TRACE("tls", "GnuTLS does not start: %s", gnutls_strerror(ret));
    *(int *)param = ret;
    return ret == 0;
}

enum wh_err tls_init(void)
{
    int ret = 0;

    return InitOnceExecuteOnce(&tls_once, tls__start, &ret, NULL) ? WH_OK : WH_E_TLS;
}
