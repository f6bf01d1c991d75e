/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * WinHttpSetOption and WinHttpQueryOption: one table (options.def), one set of rules, and for each row two small
 * functions that speak to core.
 *
 * Rules, in order. Set: the handle lives; the option is offered, can be set, on this kind of handle; a buffer is there
 * unless its length is 0; its size is the value's, exactly (O6); the request is not under way, where that matters.
 * Lengths of text are characters (CR4), with or without the NUL. Query: the handle lives; there is a length; the option
 * is offered, can be queried, on this kind of handle; there is a value (its state comes before its size, O26); it fits
 * (O2-O4, CR2-CR8), else the length becomes the size that is needed.
 *
 * Threads: any. Ownership: what is queried is a copy, and certificate objects are references of the caller's own.
 * Errors: guard.h's and the above. Source: SEMANTICS sections 4, 15 and 18.2, GEN9, D15; API.md section 2.2.
 */
#include <winsock2.h>
#include <windows.h>
#define SECURITY_WIN32
#include <sspi.h>
#include <schannel.h>

#include "api/guard.h"
#include "base/mem.h"
#include "core/option.h"
#include "core/websocket.h"
#include "core/wide.h"

enum { S = ON_SESSION, C = ON_CONNECT, R = ON_REQUEST, W = ON_WEBSOCKET, NOWHERE = 0 };

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
    TYPE_MASK = 0xFF,
    EXACT = 0x100,
    IDLE = 0x200
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
};

static const DWORD sizes[] = {
    [NUMBER] = sizeof(DWORD),
    [POINTER] = sizeof(DWORD_PTR),
    [CONNECTION_INFO] = sizeof(WINHTTP_CONNECTION_INFO),
    [CERTIFICATE_INFO] = sizeof(WINHTTP_CERTIFICATE_INFO),
    [SECURITY_INFO] = sizeof(WINHTTP_SECURITY_INFO),
    [CERTIFICATE] = sizeof(PCCERT_CONTEXT),
    [CHAIN] = sizeof(PCCERT_CHAIN_CONTEXT),
};

struct option;

/* in: the value, its size checked; of text, a pointer to its characters. Both answer a Win32 error. */
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

/* ---- setting ---- */

#define set_none NULL
#define get_none NULL

static DWORD set_nothing(struct object *o, const struct option *row, const union value *in, size_t chars)
{
    (void)o, (void)row, (void)in, (void)chars;
    return ERROR_SUCCESS;
}

static DWORD set_setting(struct object *o, const struct option *row, const union value *in, size_t chars)
{
    (void)chars;
    return err_code(option_set(o, (enum setting)row->argument, in->number));
}

/* A callback that comes without a mask gets everything. */
static DWORD set_callback(struct object *o, const struct option *row, const union value *in, size_t chars)
{
    (void)row, (void)chars;
    notify_set_callback(o, (WINHTTP_STATUS_CALLBACK)in->pointer, WINHTTP_CALLBACK_FLAG_ALL_NOTIFICATIONS);
    return ERROR_SUCCESS;
}

static DWORD set_context(struct object *o, const struct option *row, const union value *in, size_t chars)
{
    (void)row, (void)chars;
    notify_set_context(o, in->pointer);
    return ERROR_SUCCESS;
}

static DWORD set_agent(struct object *o, const struct option *row, const union value *in, size_t chars)
{
    (void)row;
    return err_code(option_set_agent(o, in->text, chars));
}

static DWORD set_passport(struct object *o, const struct option *row, const union value *in, size_t chars)
{
    (void)o, (void)row, (void)chars;
    return in->number & ~WINHTTP_DISABLE_PASSPORT_KEYRING ? ERROR_WINHTTP_INVALID_OPTION : ERROR_SUCCESS;
}

static DWORD set_protocols(struct object *o, const struct option *row, const union value *in, size_t chars)
{
    enum wh_err err = option_set_protocols(o, in->number);

    (void)row, (void)chars;
    return err == WH_E_STATE ? ERROR_ACCESS_DENIED : err_code(err);
}

static DWORD set_unload_event(struct object *o, const struct option *row, const union value *in, size_t chars)
{
    (void)row, (void)chars;
    return err_code(option_set_unload_event(o, (HANDLE)in->pointer));
}

/* That there is no certificate can be said; one with a key cannot be used yet (D15). */
static DWORD set_client_cert(struct object *o, const struct option *row, const union value *in, size_t chars)
{
    enum wh_err err = WH_OK;

    (void)row, (void)chars;
    if (!in)
        err = option_set_no_client_cert(o);
    return in ? ERROR_WINHTTP_INVALID_OPTION : err_code(err);
}

/* Which bits there are depends on the handle (O17, O18, API.md section 2 row 79). */
static DWORD set_feature(struct object *o, const struct option *row, const union value *in, size_t chars)
{
    bool session = guard_is(o, ON_SESSION);

    if (in->number != (session ? WINHTTP_ENABLE_SSL_REVERT_IMPERSONATION : WINHTTP_ENABLE_SSL_REVOCATION))
        return ERROR_INVALID_PARAMETER;
    return session ? ERROR_SUCCESS : set_setting(o, row, in, chars);
}

static DWORD set_upgrade(struct object *o, const struct option *row, const union value *in, size_t chars)
{
    (void)row, (void)in, (void)chars;
    return err_code(option_set_upgrade(o));
}

static DWORD set_credential(struct object *o, const struct option *row, const union value *in, size_t chars)
{
    return err_code(option_set_credential(o, row->argument, in->text, chars));
}

static DWORD set_close_timeout(struct object *o, const struct option *row, const union value *in, size_t chars)
{
    (void)row, (void)chars;
    return err_code(websocket_set_close_timeout(websocket_of(o), in->number));
}

static DWORD set_keepalive(struct object *o, const struct option *row, const union value *in, size_t chars)
{
    (void)row, (void)chars;
    return err_code(websocket_set_keepalive(websocket_of(o), in->number));
}

/* ---- getting ---- */

static DWORD get_zero(struct object *o, const struct option *row, union value *out)
{
    (void)o, (void)row;
    out->number = 0;
    return ERROR_SUCCESS;
}

static DWORD get_setting(struct object *o, const struct option *row, union value *out)
{
    out->number = option_get(o, (enum setting)row->argument);
    return ERROR_SUCCESS;
}

static DWORD get_callback(struct object *o, const struct option *row, union value *out)
{
    (void)row;
    out->pointer = (DWORD_PTR)notify_callback(o);
    return ERROR_SUCCESS;
}

static DWORD get_handle_type(struct object *o, const struct option *row, union value *out)
{
    (void)row;
    out->number = (DWORD)object_kind(o);
    return ERROR_SUCCESS;
}

static DWORD get_parent(struct object *o, const struct option *row, union value *out)
{
    (void)row;
    out->pointer = (DWORD_PTR)object_parent(o);
    return ERROR_SUCCESS;
}

static DWORD get_context(struct object *o, const struct option *row, union value *out)
{
    (void)row;
    out->pointer = notify_context(o);
    return ERROR_SUCCESS;
}

static DWORD get_agent(struct object *o, const struct option *row, union value *out)
{
    (void)row;
    return err_code(option_agent(o, &out->text));
}

static DWORD get_url(struct object *o, const struct option *row, union value *out)
{
    (void)row;
    return err_code(option_url(o, &out->text));
}

static DWORD get_credential(struct object *o, const struct option *row, union value *out)
{
    return err_code(option_credential(o, row->argument, &out->text));
}

static DWORD get_extended_error(struct object *o, const struct option *row, union value *out)
{
    (void)row;
    out->number = option_net_error(o);
    return ERROR_SUCCESS;
}

/* The limits are those of the names: 40, 56 and 128 bits. */
static DWORD strength(unsigned bits)
{
    if (bits >= 128)
        return SECURITY_FLAG_STRENGTH_STRONG;
    return bits >= 56 ? SECURITY_FLAG_STRENGTH_MEDIUM : SECURITY_FLAG_STRENGTH_WEAK;
}

static DWORD get_security_flags(struct object *o, const struct option *row, union value *out)
{
    unsigned bits;

    get_setting(o, row, out);
    if (option_secure(o, &bits))
        out->number |= SECURITY_FLAG_SECURE | strength(bits);
    return ERROR_SUCCESS;
}

static DWORD get_key_bits(struct object *o, const struct option *row, union value *out)
{
    unsigned bits;

    (void)row;
    if (!option_secure(o, &bits))
        return ERROR_WINHTTP_INCORRECT_HANDLE_STATE;
    out->number = bits;
    return ERROR_SUCCESS;
}

static DWORD get_connection(struct object *o, const struct option *row, union value *out)
{
    (void)row;
    return err_code(option_connection(o, &out->connection));
}

static DWORD get_certificate(struct object *o, const struct option *row, union value *out)
{
    (void)row;
    return err_code(option_certificate(o, &out->certificate));
}

static DWORD get_chain(struct object *o, const struct option *row, union value *out)
{
    (void)row;
    return err_code(option_chain(o, &out->chain));
}

static DWORD get_certificate_info(struct object *o, const struct option *row, union value *out)
{
    (void)row;
    return err_code(option_certificate_info(o, &out->certificate_info));
}

/* Version, suite and strength, in Schannel's structures; what they also have room for is Schannel's own, and 0. */
static DWORD get_security_info(struct object *o, const struct option *row, union value *out)
{
    struct option_tls tls;
    SecPkgContext_CipherInfo *cipher = &out->security_info.CipherInfo;
    enum wh_err err = option_tls(o, &tls);

    (void)row;
    if (err)
        return err_code(err);
    ZeroMemory(&out->security_info, sizeof(out->security_info));
    out->security_info.ConnectionInfo.dwProtocol = tls.protocol;
    out->security_info.ConnectionInfo.dwCipherStrength = tls.bits;
    cipher->dwVersion = SECPKGCONTEXT_CIPHERINFO_V1;
    cipher->dwProtocol = tls.version;
    cipher->dwCipherSuite = cipher->dwBaseCipherSuite = tls.suite;
    cipher->dwCipherLen = tls.bits;
    for (size_t i = 0; tls.name[i] && i + 1 < SZ_ALG_MAX_SIZE; i++)
        cipher->szCipherSuite[i] = (unsigned char)tls.name[i];
    return ERROR_SUCCESS;
}

static DWORD get_close_timeout(struct object *o, const struct option *row, union value *out)
{
    (void)row;
    out->number = websocket_get_close_timeout(websocket_of(o));
    return ERROR_SUCCESS;
}

/* ---- the rules ---- */

static const struct option options[] = {
#define OPTION(name, set_on, query_on, value, set, get, argument)                                                      \
    {WINHTTP_OPTION_##name, set_on, query_on, value, set_##set, get_##get, argument},
#include "api/options.def"
#undef OPTION
};

static const struct option *option_find(DWORD id)
{
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
        if (options[i].id == id)
            return &options[i];
    return NULL;
}

static DWORD option_check_set(struct object *o, const struct option *row, const void *buffer, DWORD length)
{
    unsigned type;

    if (!row)
        return ERROR_WINHTTP_INVALID_OPTION;
    if (!row->set_on)
        return ERROR_WINHTTP_OPTION_NOT_SETTABLE;
    if (!guard_is(o, row->set_on))
        return ERROR_WINHTTP_INCORRECT_HANDLE_TYPE;
    if (!buffer && length)
        return ERROR_INVALID_PARAMETER;
    type = row->value & TYPE_MASK;
    if (sizes[type] && length != sizes[type])
        return row->value & EXACT ? ERROR_INVALID_PARAMETER : ERROR_INSUFFICIENT_BUFFER;
    if (row->value & IDLE && guard_is(o, ON_REQUEST) && option_under_way(o))
        return ERROR_WINHTTP_INCORRECT_HANDLE_STATE;
    return ERROR_SUCCESS;
}

static DWORD option_set_text(struct object *o, const struct option *row, WCHAR *text, DWORD length)
{
    union value value = {.text = text};
    size_t chars = text && length == WIDE_TERMINATED ? wide_length(text) : length;

    if (chars && !text[chars - 1])
        chars--;
    return row->set(o, row, &value, chars);
}

BOOL WINAPI WinHttpSetOption(HINTERNET h, DWORD id, LPVOID buffer, DWORD length)
{
    const struct option *row = option_find(id);
    union value value;
    struct object *o;
    DWORD error = guard_enter(h, ON_ANY, &o);

    if (!error)
        error = option_check_set(o, row, buffer, length);
    if (error)
        return guard_leave(o, "WinHttpSetOption", error);
    switch (row->value & TYPE_MASK) {
    case TEXT:
        error = option_set_text(o, row, buffer, length);
        break;
    case NOTHING:
        error = row->set(o, row, buffer, 0);
        break;
    default:
        memcpy(&value, buffer, length);
        error = row->set(o, row, &value, 0);
        break;
    }
    return guard_leave(o, "WinHttpSetOption", error);
}

/* A value that was not handed out, or was copied, is given back. */
static void option_drop(unsigned type, union value *value, bool handed_out)
{
    if (type == TEXT)
        wide_wipe(value->text);
    if (handed_out)
        return;
    if (type == CERTIFICATE)
        CertFreeCertificateContext(value->certificate);
    if (type == CHAIN)
        CertFreeCertificateChain(value->chain);
    if (type == CERTIFICATE_INFO) {
        LocalFree(value->certificate_info.lpszSubjectInfo);
        LocalFree(value->certificate_info.lpszIssuerInfo);
    }
}

static DWORD option_query(struct object *o, const struct option *row, void *buffer, DWORD *length)
{
    unsigned type;
    union value value;
    const void *from = &value;
    DWORD need, error;

    if (!row || !row->query_on)
        return ERROR_INVALID_PARAMETER;
    if (!guard_is(o, row->query_on))
        return ERROR_WINHTTP_INCORRECT_HANDLE_TYPE;
    error = row->get(o, row, &value);
    if (error)
        return error;
    type = row->value & TYPE_MASK;
    need = sizes[type];
    if (type == TEXT) {
        need = (DWORD)((wide_length(value.text) + 1) * sizeof(WCHAR));
        from = value.text;
    }
    error = !buffer || *length < need ? ERROR_INSUFFICIENT_BUFFER : ERROR_SUCCESS;
    if (!error)
        memcpy(buffer, from, need);
    *length = !error && type == TEXT ? need - (DWORD)sizeof(WCHAR) : need;
    option_drop(type, &value, !error);
    return error;
}

BOOL WINAPI WinHttpQueryOption(HINTERNET h, DWORD id, LPVOID buffer, LPDWORD length)
{
    struct object *o;
    DWORD error = guard_enter(h, ON_ANY, &o);

    if (!error && !length)
        error = ERROR_INVALID_PARAMETER;
    if (!error)
        error = option_query(o, option_find(id), buffer, length);
    return guard_leave(o, "WinHttpQueryOption", error);
}
