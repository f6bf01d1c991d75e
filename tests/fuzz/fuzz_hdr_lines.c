/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* proto/hdr_lines.h: an error changes nothing, and what was accepted can be rendered and applied again. First byte: the
 * flags. */
#include "fuzz.h"

#include "proto/hdr_lines.h"

static uint8_t *render(const struct hdr *h)
{
    uint8_t *raw = malloc(hdr_raw_size(h) + 1);

    REQUIRE(raw);
    hdr_render_raw(h, raw);
    return raw;
}

/* The rendered block is what the same block gives when its lines are added to an empty one. */
static void require_clean(const struct hdr *h)
{
    uint8_t *raw = render(h), *again;
    struct hdr copy;

    hdr_init(&copy, 1u << 20, 1000);
    REQUIRE(hdr_lines_apply(&copy, span_make(raw, hdr_raw_size(h)), HDR_LINES_ADD) == WH_OK);
    again = render(&copy);
    REQUIRE(hdr_count(h) == hdr_count(&copy));
    REQUIRE(hdr_raw_size(h) == hdr_raw_size(&copy) && memcmp(raw, again, hdr_raw_size(h)) == 0);
    hdr_clear(&copy);
    free(raw);
    free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span text = span_make(data, size);
    unsigned flags = fuzz_byte(&text);
    size_t live = mem_live(), before;
    uint8_t *was, *is;
    struct hdr h;

    hdr_init(&h, 4096, 50);
    REQUIRE(hdr_lines_apply(&h, span_str("a: 1\r\nb: 2\r\na: 3"), HDR_LINES_ADD) == WH_OK);
    was = render(&h);
    before = hdr_raw_size(&h);
    if (hdr_lines_apply(&h, text, flags) == WH_OK) {
        /* A value joined to an empty one may begin or end with blanks, which another reading strips. */
        if (!(flags & (HDR_LINES_COALESCE_COMMA | HDR_LINES_COALESCE_SEMICOLON)))
            require_clean(&h);
    } else {
        is = render(&h);
        REQUIRE(hdr_raw_size(&h) == before && memcmp(was, is, before) == 0);
        free(is);
    }
    free(was);
    hdr_clear(&h);
    REQUIRE(mem_live() == live);
    return 0;
}
