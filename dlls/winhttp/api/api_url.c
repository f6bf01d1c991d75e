/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * WinHttpCrackUrl: a URL into its parts, as pointers into the caller's own string or as copies. The parts are found by
 * proto/url.c.
 *
 * Each component of URL_COMPONENTS is in one of three *modes*: not wanted (NULL, 0), pointed to (NULL, any other
 * length), copied (a buffer and its size). ICU_DECODE and ICU_ESCAPE change path and extra info only, after the URL was
 * split (UX16), and only where they are copied: what is pointed to is the caller's text, so DECODE refuses it (UX28),
 * and ESCAPE leaves it alone. The escaped form is UTF-8.
 *
 * Threads: any; no state. Ownership: nothing is kept. Errors: ERROR_INVALID_PARAMETER,
 * ERROR_WINHTTP_UNRECOGNIZED_SCHEME, ERROR_WINHTTP_INVALID_URL, ERROR_INSUFFICIENT_BUFFER, ERROR_NOT_ENOUGH_MEMORY.
 * Nothing is changed on error, except the lengths that the last but one reports (UX4, UX11). Source: SEMANTICS
 * section 16.2; API.md 1.1 row 6, 4.4.
 */
#include <winsock2.h>
#include <windows.h>

#include "base/mem.h"
#include "core/err.h"
#include "notify/net_error.h"
#include "proto/url.h"
#include "winhttp.h"

enum mode { MODE_NONE, MODE_POINT, MODE_COPY };

/* The components in the order of the structure. */
enum { SCHEME, HOST, USER, PASSWORD, PATH, EXTRA, COUNT };

struct component {
    LPWSTR *pointer;
    DWORD *length;
    enum mode mode;
    struct url_part part; /* in the URL */
    bool absent;          /* UX6: pointed to, it is NULL */
    struct wspan text;    /* what is copied: of the URL, or owned */
    uint16_t *owned;
};

static DWORD url_modes(URL_COMPONENTS *u, DWORD flags, struct component c[COUNT])
{
    c[SCHEME] = (struct component){.pointer = &u->lpszScheme, .length = &u->dwSchemeLength};
    c[HOST] = (struct component){.pointer = &u->lpszHostName, .length = &u->dwHostNameLength};
    c[USER] = (struct component){.pointer = &u->lpszUserName, .length = &u->dwUserNameLength};
    c[PASSWORD] = (struct component){.pointer = &u->lpszPassword, .length = &u->dwPasswordLength};
    c[PATH] = (struct component){.pointer = &u->lpszUrlPath, .length = &u->dwUrlPathLength};
    c[EXTRA] = (struct component){.pointer = &u->lpszExtraInfo, .length = &u->dwExtraInfoLength};
    for (int i = 0; i < COUNT; i++) {
        if (*c[i].pointer && !*c[i].length)
            return ERROR_INVALID_PARAMETER;
        c[i].mode = *c[i].pointer ? MODE_COPY : *c[i].length ? MODE_POINT : MODE_NONE;
        if (c[i].mode == MODE_POINT && (flags & ICU_DECODE))
            return ERROR_INVALID_PARAMETER;
    }
    return ERROR_SUCCESS;
}

static void url_assign(struct wspan url, const struct url_parts *parts, struct component c[COUNT])
{
    c[SCHEME].part = parts->scheme;
    c[HOST].part = parts->host;
    c[USER].part = parts->user;
    c[USER].absent = !parts->has_user;
    c[PASSWORD].part = parts->password;
    c[PASSWORD].absent = !parts->has_password;
    c[PATH].part = parts->path;
    c[EXTRA].part = parts->extra;
    if (c[EXTRA].mode == MODE_NONE)
        c[PATH].part.len += parts->extra.len;
    for (int i = 0; i < COUNT; i++)
        c[i].text = wspan_make(url.p + c[i].part.off, c[i].part.len);
}

/* Replaces the text by what fn makes of it. */
static enum wh_err url_change(struct component *c,
                              enum wh_err (*fn)(struct wspan s, uint16_t *dst, size_t cap, size_t *len))
{
    size_t n;
    uint16_t *changed;
    enum wh_err err = fn(c->text, NULL, 0, &n);

    if (err)
        return err;
    changed = mem_alloc(n * sizeof(*changed));
    if (!changed)
        return WH_E_NOMEM;
    err = fn(c->text, changed, n, &n);
    mem_free(c->owned);
    c->owned = changed;
    c->text = wspan_make(changed, n);
    return err;
}

static enum wh_err url_escape(struct wspan s, uint16_t *dst, size_t cap, size_t *len)
{
    return url_escape_icu(s, true, dst, cap, len);
}

static enum wh_err url_transform(struct component *c, DWORD flags)
{
    enum wh_err err = WH_OK;

    if (c->mode != MODE_COPY)
        return WH_OK;
    if (flags & ICU_DECODE)
        err = url_change(c, url_decode);
    if (!err && (flags & ICU_ESCAPE))
        err = url_change(c, url_escape);
    return err;
}

/* UX4: every copied component tells its length, those that do not fit with the NUL. */
static DWORD url_measure(struct component c[COUNT])
{
    DWORD error = ERROR_SUCCESS;

    for (int i = 0; i < COUNT; i++)
        if (c[i].mode == MODE_COPY && c[i].text.n >= *c[i].length)
            error = ERROR_INSUFFICIENT_BUFFER;
    for (int i = 0; error && i < COUNT; i++)
        if (c[i].mode == MODE_COPY)
            *c[i].length = (DWORD)(c[i].text.n + (c[i].text.n >= *c[i].length));
    return error;
}

static void url_write(LPCWSTR url, struct component c[COUNT])
{
    for (int i = 0; i < COUNT; i++) {
        if (c[i].mode == MODE_NONE)
            continue;
        if (c[i].mode == MODE_POINT) {
            *c[i].pointer = c[i].absent ? NULL : (LPWSTR)url + c[i].part.off;
        } else {
            memcpy(*c[i].pointer, c[i].text.p, c[i].text.n * sizeof(WCHAR));
            (*c[i].pointer)[c[i].text.n] = 0;
        }
        *c[i].length = (DWORD)c[i].text.n;
    }
}

static DWORD url_crack(LPCWSTR text, DWORD length, DWORD flags, URL_COMPONENTS *u)
{
    struct component c[COUNT];
    struct url_parts parts;
    struct wspan url = wspan_make(text, length);
    DWORD error = url_modes(u, flags, c);
    enum wh_err err;

    if (error)
        return error;
    while (!length && text[url.n])
        url.n++;
    err = url_split(url, &parts);
    if (!err && parts.has_user && (flags & ICU_REJECT_USERPWD))
        err = WH_E_URL;
    if (err)
        return err_code(err);
    url_assign(url, &parts, c);
    err = url_transform(&c[PATH], flags);
    if (!err)
        err = url_transform(&c[EXTRA], flags);
    error = err ? err_code(err) : url_measure(c);
    if (!error) {
        url_write(text, c);
        u->nScheme = parts.scheme_id;
        u->nPort = parts.port;
    }
    mem_free(c[PATH].owned);
    mem_free(c[EXTRA].owned);
    return error;
}

BOOL WINAPI WinHttpCrackUrl(LPCWSTR url, DWORD length, DWORD flags, LPURL_COMPONENTS components)
{
    DWORD error = ERROR_INVALID_PARAMETER;

    if (url && components && components->dwStructSize == sizeof(*components))
        error = url_crack(url, length, flags, components);
    net_error_returned(error);
    SetLastError(error);
    return error == ERROR_SUCCESS;
}
