/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * WinHttpSetOption and WinHttpQueryOption: the rules that hold for every row of the table (option_row.h).
 *
 * In order. Set: the handle lives; the option is offered, can be set, on this kind of handle; a buffer is there
 * unless its length is 0; its size is the value's, exactly (O6); the request is not under way, where that matters.
 * Lengths of text are characters (CR4), with or without the NUL. Query: the handle lives; there is a length; the option
 * is offered, can be queried, on this kind of handle; there is a value (its state comes before its size, O26); it fits
 * (O2-O4, CR2-CR8), else the length becomes the size that is needed. The handle NULL lives for the options that it may
 * set or query, and for no other (GEN7).
 *
 * Threads: any. Ownership: what is queried is a copy, and certificate objects are references of the caller's own.
 * Errors: guard.h's and the above. Source: SEMANTICS sections 4, 15 and 18.2, GEN7-GEN9, D15; API.md section 2.2.
 */
#include "api/option_row.h"
#include "base/mem.h"
#include "core/option.h"
#include "core/wide.h"

static const DWORD sizes[] = {
    [NUMBER] = sizeof(DWORD),
    [POINTER] = sizeof(DWORD_PTR),
    [CONNECTION_INFO] = sizeof(WINHTTP_CONNECTION_INFO),
    [CERTIFICATE_INFO] = sizeof(WINHTTP_CERTIFICATE_INFO),
    [SECURITY_INFO] = sizeof(WINHTTP_SECURITY_INFO),
    [CERTIFICATE] = sizeof(PCCERT_CONTEXT),
    [CHAIN] = sizeof(PCCERT_CHAIN_CONTEXT),
    [HTTP_VERSION] = sizeof(HTTP_VERSION_INFO),
    [KEEP_ALIVE] = sizeof(struct option_keep_alive),
    [TIMES] = sizeof(WINHTTP_REQUEST_TIMES),
    [STATS] = sizeof(WINHTTP_REQUEST_STATS),
    [BINDINGS] = sizeof(SecPkgContext_Bindings), /* and what it points to, behind it */
};

/* NULL is a handle only for what may be done with it. */
static DWORD option_enter(HINTERNET h, unsigned kinds, struct object **o)
{
    *o = NULL;
    if (h)
        return guard_enter(h, ON_ANY, o);
    return kinds & G ? ERROR_SUCCESS : ERROR_INVALID_HANDLE;
}

/* Whether an option may be set, or queried, on such a handle. */
static bool option_is_on(const struct object *o, unsigned kinds)
{
    return o ? guard_is(o, kinds) : kinds & G;
}

static DWORD option_check_set(struct object *o, const struct option *row, const void *buffer, DWORD length)
{
    unsigned type;

    if (!row)
        return ERROR_WINHTTP_INVALID_OPTION;
    if (!row->set_on)
        return ERROR_WINHTTP_OPTION_NOT_SETTABLE;
    if (!option_is_on(o, row->set_on))
        return ERROR_WINHTTP_INCORRECT_HANDLE_TYPE;
    if (!buffer && length)
        return ERROR_INVALID_PARAMETER;
    type = row->value & TYPE_MASK;
    if (sizes[type] && length != sizes[type])
        return row->value & EXACT ? ERROR_INVALID_PARAMETER : ERROR_INSUFFICIENT_BUFFER;
    if (row->value & IDLE && o && guard_is(o, ON_REQUEST) && option_under_way(o))
        return ERROR_WINHTTP_INCORRECT_HANDLE_STATE;
    return ERROR_SUCCESS;
}

static DWORD option_set_text(struct object *o, const struct option *row, WCHAR *text, DWORD length)
{
    union value value = {.text = text};
    size_t chars;

    if (row->value & BYTES && length % sizeof(WCHAR))
        return ERROR_INVALID_PARAMETER;
    if (row->value & BYTES)
        length /= sizeof(WCHAR);
    chars = text && length == WIDE_TERMINATED ? wide_length(text) : length;

    if (chars && !text[chars - 1])
        chars--;
    return row->set(o, row, &value, chars);
}

BOOL WINAPI WinHttpSetOption(HINTERNET h, DWORD id, LPVOID buffer, DWORD length)
{
    const struct option *row = option_find(id);
    union value value;
    struct object *o;
    DWORD error = option_enter(h, row ? row->set_on : NOWHERE, &o);

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
    if (type == BINDINGS)
        mem_free(value->bindings.data);
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

/* The structure, and behind it what it points to, in memory of any alignment. */
static void option_copy_bindings(uint8_t *to, const union value *value)
{
    SecPkgContext_Bindings b = {(ULONG)value->bindings.size, (SEC_CHANNEL_BINDINGS *)(void *)(to + sizeof(b))};

    memcpy(to, &b, sizeof(b));
    memcpy(to + sizeof(b), value->bindings.data, value->bindings.size);
}

static DWORD option_query(struct object *o, const struct option *row, void *buffer, DWORD *length)
{
    unsigned type;
    union value value;
    const void *from = &value;
    DWORD need, error;

    if (!row || !row->query_on)
        return ERROR_INVALID_PARAMETER;
    if (!option_is_on(o, row->query_on))
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
    if (type == BINDINGS)
        need += (DWORD)value.bindings.size;
    error = !buffer || *length < need ? ERROR_INSUFFICIENT_BUFFER : ERROR_SUCCESS;
    if (!error && type == BINDINGS)
        option_copy_bindings(buffer, &value);
    else if (!error)
        memcpy(buffer, from, need);
    *length = !error && type == TEXT ? need - (DWORD)sizeof(WCHAR) : need;
    option_drop(type, &value, !error);
    return error;
}

BOOL WINAPI WinHttpQueryOption(HINTERNET h, DWORD id, LPVOID buffer, LPDWORD length)
{
    const struct option *row = option_find(id);
    struct object *o;
    DWORD error = option_enter(h, row ? row->query_on : NOWHERE, &o);

    if (!error && !length)
        error = ERROR_INVALID_PARAMETER;
    if (!error)
        error = option_query(o, row, buffer, length);
    return guard_leave(o, "WinHttpQueryOption", error);
}
