/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One option: where it may be set and queried, what kind of value it has, and the two functions that speak to core.
 *
 * The rows are in options.def, their functions in api_option.c, the rules that hold for all of them in option_rules.c.
 * Threads: any; a row is constant. Ownership: see the kinds of value below.
 */
#ifndef API_OPTION_ROW_H
#define API_OPTION_ROW_H

#include <winsock2.h>
#include <windows.h>
#define SECURITY_WIN32
#include <sspi.h>
#include <schannel.h>

#include "api/guard.h"
#include "core/option.h"

/* Handles, as a mask; G is the handle NULL: an option of the whole process. */
enum { G = 1, S = ON_SESSION, C = ON_CONNECT, R = ON_REQUEST, W = ON_WEBSOCKET, NOWHERE = 0 };

/* Types of values, and what may be or-ed to them. */
enum {
    NOTHING,
    NUMBER,
    POINTER,
    TEXT,
    CONNECTION_INFO,
    CERTIFICATE_INFO,
    SECURITY_INFO,
    CERTIFICATE,
    CHAIN,
    HTTP_VERSION,
    KEEP_ALIVE,
    TIMES,
    STATS,
    BINDINGS,
    TYPE_MASK = 0xFF,
    EXACT = 0x100,
    IDLE = 0x200,
    BYTES = 0x400
};

union value {
    DWORD number;
    DWORD_PTR pointer;
    WCHAR *text;
    WINHTTP_CONNECTION_INFO connection;
    WINHTTP_CERTIFICATE_INFO certificate_info;
    WINHTTP_SECURITY_INFO security_info;
    PCCERT_CONTEXT certificate;
    PCCERT_CHAIN_CONTEXT chain;
    HTTP_VERSION_INFO version;
    struct option_keep_alive keep_alive;
    WINHTTP_REQUEST_TIMES times;
    WINHTTP_REQUEST_STATS stats;
    struct {
        SEC_CHANNEL_BINDINGS *data;
        size_t size;
    } bindings;
};

struct option;

/* o: NULL for the handle NULL. in: the value, its size checked; of text, a pointer to its characters. Both answer a
 * Win32 error. */
typedef DWORD set_fn(struct object *o, const struct option *row, const union value *in, size_t chars);
typedef DWORD get_fn(struct object *o, const struct option *row, union value *out);

struct option {
    DWORD id;
    unsigned set_on, query_on;
    unsigned value;
    set_fn *set;
    get_fn *get;
    unsigned argument;
};

/* NULL: there is no such option, or it is not offered (D15). */
const struct option *option_find(DWORD id);

#endif
