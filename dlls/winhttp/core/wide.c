/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See wide.h. */
#include "core/wide.h"
#include <string.h>
#include "base/mem.h"
#include "base/text.h"

size_t wide_length(const WCHAR *s)
{
    size_t n = 0;

    while (s[n])
        n++;
    return n;
}

enum wh_err wide_copy(const WCHAR *s, size_t n, WCHAR **out)
{
    WCHAR *copy = mem_alloc((n + 1) * sizeof(*copy));

    if (!copy)
        return WH_E_NOMEM;
    if (n)
        memcpy(copy, s, n * sizeof(*copy));
    copy[n] = 0;
    *out = copy;
    return WH_OK;
}

enum wh_err wide_copy_or_null(const WCHAR *s, WCHAR **out)
{
    if (s)
        return wide_copy(s, wide_length(s), out);
    *out = NULL;
    return WH_OK;
}

enum wh_err wide_to_bytes(const WCHAR *s, size_t n, uint8_t **out, size_t *len)
{
    size_t need;
    uint8_t *bytes;

    text_utf8_from_utf16(wspan_make(s, n), NULL, 0, &need);
    bytes = mem_alloc(need + 1);
    if (!bytes)
        return WH_E_NOMEM;
    text_utf8_from_utf16(wspan_make(s, n), bytes, need, &need);
    bytes[need] = 0;
    *out = bytes;
    *len = need;
    return WH_OK;
}

enum wh_err wide_from_bytes(struct span s, WCHAR **out, size_t *len)
{
    size_t need;
    bool utf8 = text_utf16_from_utf8(s, NULL, 0, &need) == WH_OK;
    WCHAR *wide;

    if (!utf8)
        need = s.n;
    wide = mem_alloc((need + 1) * sizeof(*wide));
    if (!wide)
        return WH_E_NOMEM;
    if (utf8)
        text_utf16_from_utf8(s, wide, need, &need);
    else
        text_utf16_from_latin1(s, wide, need, &need);
    wide[need] = 0;
    *out = wide;
    *len = need;
    return WH_OK;
}

void wide_wipe(WCHAR *s)
{
    if (s)
        SecureZeroMemory(s, wide_length(s) * sizeof(*s));
    mem_free(s);
}
