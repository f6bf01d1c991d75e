/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The one table from internal errors to the numbers applications see (API.md section 5). Threads: any. */
#ifndef CORE_ERR_H
#define CORE_ERR_H

#include <winsock2.h>
#include <windows.h>
#include "base/err.h"

DWORD err_code(enum wh_err e); /* ERROR_SUCCESS for WH_OK, ERROR_IO_PENDING for WH_AGAIN */

#endif
