/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The values of the opening handshake: the examples of RFC 6455 sections 1.3 and 4.1, SEMANTICS W2. */
#include "unit/harness.h"

#include "proto/ws_key.h"

static void key(void)
{
    uint8_t random[WS_KEY_RANDOM], text[WS_KEY_LEN];

    /* Section 4.1 gives the sixteen bytes 01 to 10 as its example. */
    for (unsigned i = 0; i < sizeof(random); i++)
        random[i] = (uint8_t)(i + 1);
    ws_key_make(random, text);
    CHECK_SPAN(span_make(text, sizeof(text)), LITERAL("AQIDBAUGBwgJCgsMDQ4PEA=="));
    ws_key_make((const uint8_t *)"the sample nonce", text);
    CHECK_SPAN(span_make(text, sizeof(text)), LITERAL("dGhlIHNhbXBsZSBub25jZQ=="));
}

static void accept_value(void)
{
    uint8_t text[WS_ACCEPT_LEN];

    ws_key_accept(guard_make(LITERAL("dGhlIHNhbXBsZSBub25jZQ==")), text);
    CHECK_SPAN(span_make(text, sizeof(text)), LITERAL("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
}

static const struct test tests[] = {
    {"RFC 6455 4.1, W2: the key is 24 characters of base64", key},
    {"RFC 6455 1.3: the accept value of the sample nonce", accept_value},
};

HARNESS_MAIN(tests)
