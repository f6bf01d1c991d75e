/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See req_target.h. */
#include "core/req_target.h"
#include <limits.h>
#include "base/mem.h"
#include "core/wide.h"
#include "proto/url_escape.h"

static enum wh_err escape_text(struct wspan text, unsigned escape, char **out)
{
    char *target;
    size_t len;
    enum wh_err err = url_escape_target(text, escape, NULL, 0, &len);

    if (err != WH_OK)
        return err;
    target = mem_zalloc(len + 1);
    if (!target)
        return WH_E_NOMEM;
    url_escape_target(text, escape, (uint8_t *)target, len, &len);
    *out = target;
    return WH_OK;
}

/* The same name with each byte of the query's code page as a character of its own. */
static enum wh_err recode(const WCHAR *name, size_t path, UINT codepage, WCHAR **out, size_t *len)
{
    const WCHAR *query = name + path;
    size_t n = wide_length(query);
    int bytes;
    WCHAR *text;
    char *p;

    if (n > INT_MAX)
        return WH_E_ARG;
    bytes = WideCharToMultiByte(codepage, 0, query, (int)n, NULL, 0, NULL, NULL);
    if (bytes <= 0)
        return WH_E_ARG;
    text = mem_alloc((path + (size_t)bytes) * sizeof(*text));
    p = mem_alloc((size_t)bytes);
    if (!text || !p) {
        mem_free(text);
        mem_free(p);
        return WH_E_NOMEM;
    }
    WideCharToMultiByte(codepage, 0, query, (int)n, p, bytes, NULL, NULL);
    memcpy(text, name, path * sizeof(*text));
    for (int i = 0; i < bytes; i++)
        text[path + (size_t)i] = (unsigned char)p[i];
    mem_free(p);
    *out = text;
    *len = path + (size_t)bytes;
    return WH_OK;
}

enum wh_err req_target_make(const WCHAR *name, unsigned escape, UINT codepage, char **out)
{
    size_t n = wide_length(name), path = wcscspn(name, L"?"), len;
    WCHAR *text;
    enum wh_err err;

    if (codepage == CP_UTF8 || path == n)
        return escape_text(wspan_make(name, n), escape, out);
    err = recode(name, path, codepage, &text, &len);
    if (err != WH_OK)
        return err;
    err = escape_text(wspan_make(text, len), escape | URL_ESCAPE_QUERY_BYTES, out);
    mem_free(text);
    return err;
}
