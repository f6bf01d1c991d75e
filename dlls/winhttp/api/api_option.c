/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The options, one row each (options.def), and for each row two small functions that speak to core.
 *
 * Threads: any. Ownership: what is queried is a copy, and certificate objects are references of the caller's own.
 * Errors: those of core. Source: SEMANTICS sections 4, 15 and 18.2, D15; API.md section 2.
 */
#include "api/option_row.h"
#include "core/process.h"
#include "core/websocket.h"

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

static DWORD set_workers(struct object *o, const struct option *row, const union value *in, size_t chars)
{
    (void)o, (void)row, (void)chars;
    return err_code(process_set_workers(in->number));
}

static DWORD set_tracing(struct object *o, const struct option *row, const union value *in, size_t chars)
{
    (void)o, (void)row, (void)chars;
    process_set_tracing(in->number != 0);
    return ERROR_SUCCESS;
}

/* Credentials are shared only where an administrator allows it, and nobody can here (API.md section 2 rows 97, 98). */
static DWORD set_unshared(struct object *o, const struct option *row, const union value *in, size_t chars)
{
    (void)o, (void)row, (void)in, (void)chars;
    return ERROR_WINHTTP_INVALID_OPTION;
}

static DWORD set_http_version(struct object *o, const struct option *row, const union value *in, size_t chars)
{
    (void)row, (void)chars;
    return in->version.dwMajorVersion == 1 ? err_code(option_set_http_minor(o, in->version.dwMinorVersion))
                                           : ERROR_INVALID_PARAMETER;
}

static DWORD set_codepage(struct object *o, const struct option *row, const union value *in, size_t chars)
{
    (void)row, (void)chars;
    return err_code(option_set_codepage(o, in->number));
}

static DWORD set_keep_alive(struct object *o, const struct option *row, const union value *in, size_t chars)
{
    (void)row, (void)chars;
    option_set_keep_alive(o, &in->keep_alive);
    return ERROR_SUCCESS;
}

static DWORD set_own_pool(struct object *o, const struct option *row, const union value *in, size_t chars)
{
    (void)row, (void)chars;
    option_set_own_pool(o, in->number != 0);
    return ERROR_SUCCESS;
}

static DWORD set_encode_extra(struct object *o, const struct option *row, const union value *in, size_t chars)
{
    (void)row, (void)chars;
    return err_code(option_set_encode_extra(o, in->number != 0));
}

static DWORD set_alias(struct object *o, const struct option *row, const union value *in, size_t chars)
{
    (void)row;
    return err_code(option_set_alias(o, in->text, chars));
}

static DWORD set_expire(struct object *o, const struct option *row, const union value *in, size_t chars)
{
    (void)row, (void)in, (void)chars;
    return err_code(option_expire(o));
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
    (void)o, (void)row;
    out->number = net_error_last();
    return ERROR_SUCCESS;
}

static DWORD get_tracing(struct object *o, const struct option *row, union value *out)
{
    (void)o, (void)row;
    out->number = process_tracing();
    return ERROR_SUCCESS;
}

static DWORD get_http_version(struct object *o, const struct option *row, union value *out)
{
    (void)row;
    out->version = (HTTP_VERSION_INFO){1, option_http_minor(o)};
    return ERROR_SUCCESS;
}

static DWORD get_times(struct object *o, const struct option *row, union value *out)
{
    (void)row;
    option_times(o, &out->times);
    return ERROR_SUCCESS;
}

static DWORD get_stats(struct object *o, const struct option *row, union value *out)
{
    (void)row;
    option_stats(o, &out->stats);
    return ERROR_SUCCESS;
}

static DWORD get_bindings(struct object *o, const struct option *row, union value *out)
{
    (void)row;
    return err_code(option_bindings(o, &out->bindings.data, &out->bindings.size));
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

/* ---- the table ---- */

static const struct option options[] = {
#define OPTION(name, set_on, query_on, value, set, get, argument)                                                      \
    {WINHTTP_OPTION_##name, set_on, query_on, value, set_##set, get_##get, argument},
#include "api/options.def"
#undef OPTION
};

const struct option *option_find(DWORD id)
{
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
        if (options[i].id == id)
            return &options[i];
    return NULL;
}
