/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * GnuTLS made ready, once for the process, when TLS is first needed: never while the DLL is being loaded, since GnuTLS
 * loads DLLs and gathers randomness of its own.
 *
 * Call tls_init before the first f_tls_create; later calls cost one load. GnuTLS is built so that its own constructor
 * does nothing (tools/lib/deps.sh), so nothing of it runs earlier.
 *
 * Threads: any, also at the same time; the others wait for the first. Not under the loader lock.
 * Errors: WH_E_TLS (GnuTLS refuses to start, for good).
 */
#ifndef SYS_TLS_INIT_H
#define SYS_TLS_INIT_H

#include "base/err.h"

enum wh_err tls_init(void);

#endif
