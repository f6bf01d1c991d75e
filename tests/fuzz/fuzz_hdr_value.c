/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* proto/hdr_value.h: pieces lie inside the value, in order, and integers read back as written. */
#include "fuzz.h"

#include "proto/hdr_value.h"

static void require_inside(struct span piece, struct span whole)
{
    if (piece.n)
        REQUIRE(piece.p >= whole.p && piece.n <= whole.n && piece.p + piece.n <= whole.p + whole.n);
}

static void walk_params(struct span element)
{
    struct span head, name, value;
    struct hdr_params it;
    uint8_t text[64];
    size_t n;

    hdr_params_init(&it, element, &head);
    require_inside(head, element);
    while (hdr_params_next(&it, &name, &value)) {
        require_inside(name, element);
        require_inside(value, element);
        if (hdr_value_unquote(value, text, sizeof text, &n) == WH_OK)
            REQUIRE(n <= value.n);
        else
            REQUIRE(value.n > sizeof text);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span value = span_make(data, size), e, last = {data, 0};
    char digits[24];
    struct hdr_list it;
    uint64_t v;

    hdr_list_init(&it, value);
    while (hdr_list_next(&it, &e)) {
        REQUIRE(e.n);
        require_inside(e, value);
        REQUIRE(e.p >= last.p + last.n);
        last = e;
        walk_params(e);
        if (hdr_value_uint(e, UINT64_MAX, &v) == WH_OK) {
            size_t zeros = 0, n = (size_t)snprintf(digits, sizeof digits, "%llu", (unsigned long long)v);

            while (zeros + 1 < e.n && e.p[zeros] == '0')
                zeros++;
            REQUIRE(span_equal(span_skip(e, zeros), span_make(digits, n)));
        }
    }
    hdr_value_has_token(value, "close");
    return 0;
}
