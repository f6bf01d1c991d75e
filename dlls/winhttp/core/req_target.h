/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From object name to request target: proto/url_escape.h, and before it the code page of the query (option 68).
 *
 * Threads: any. Ownership: the target is the caller's, to be given back with mem_free. Errors: WH_E_NOMEM; WH_E_ARG
 * (the code page does not take the query). Outputs are then untouched. Source: SEMANTICS section 6; API.md rows 68 and
 * 138.
 */
#ifndef CORE_REQ_TARGET_H
#define CORE_REQ_TARGET_H

#include <winsock2.h>
#include <windows.h>
#include "base/err.h"

/* escape: URL_ESCAPE_... */
enum wh_err req_target_make(const WCHAR *name, unsigned escape, UINT codepage, char **out);

#endif
