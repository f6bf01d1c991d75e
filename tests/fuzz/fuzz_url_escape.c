/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* proto/url_escape.h: whatever the name, the target is one word that begins with a slash. First byte: flags and width
 * of the units. */
#include "fuzz.h"

#include "proto/url_escape.h"

#define UNITS_MAX 2048u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint16_t units[UNITS_MAX];
    struct span in = span_make(data, size);
    uint8_t mode = fuzz_byte(&in), *out;
    struct wspan name;
    size_t n = 0, m, k;

    while (in.n && n < UNITS_MAX) {
        unsigned c = fuzz_byte(&in);

        units[n++] = (uint16_t)(mode & 128 ? c << 8 | fuzz_byte(&in) : c);
    }
    name = wspan_make(units, n);
    REQUIRE(url_escape_target(name, mode & 7, NULL, 0, &m) == WH_OK);
    out = malloc(m);
    REQUIRE(out && url_escape_target(name, mode & 7, out, m, &k) == WH_OK && k == m);
    REQUIRE(url_escape_target(name, mode & 7, out, m - 1, &k) == WH_E_FULL);
    REQUIRE(out[0] == '/');
    for (size_t i = 0; i < m; i++) {
        REQUIRE(out[i] && out[i] != ' ' && out[i] != '\r' && out[i] != '\n' && out[i] < 0x80);
        if (!(mode & (URL_ESCAPE_DISABLE | URL_ESCAPE_DISABLE_QUERY)))
            REQUIRE(out[i] > ' ' && out[i] < 0x7F && out[i] != '#' && out[i] != '<' && out[i] != '"');
    }
    free(out);
    return 0;
}
