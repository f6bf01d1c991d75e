/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The verdict on a 101 answer; the list of checks is in ws_handshake.h. */
#include "proto/ws_handshake.h"

#include "proto/hdr_value.h"
#include "proto/ws_key.h"

#define KEY        "Sec-WebSocket-Key"
#define ACCEPT     "Sec-WebSocket-Accept"
#define PROTOCOL   "Sec-WebSocket-Protocol"
#define EXTENSIONS "Sec-WebSocket-Extensions"

/* An extension's name: the element without its parameters. */
static struct span name_of(struct span element)
{
    struct hdr_params it;
    struct span name;

    hdr_params_init(&it, element, &name);
    return name;
}

static bool names_extension(struct span element, struct span name)
{
    return span_equal_nocase(name_of(element), name);
}

/* One of the elements of the fields called name is what, as is() sees it. */
static bool lists(const struct hdr *h, const char *name, struct span what, bool (*is)(struct span, struct span))
{
    struct hdr_list it;
    struct span value, element;
    size_t at;

    for (size_t i = 0; hdr_find(h, span_str(name), i, &at); i++) {
        hdr_at(h, at, NULL, &value);
        hdr_list_init(&it, value);
        while (hdr_list_next(&it, &element))
            if (is(element, what))
                return true;
    }
    return false;
}

/* Section 4.1, response item 2: the field is there and names nothing else. */
static bool upgrade_right(const struct hdr *response)
{
    struct hdr_list it;
    struct span value, element;
    size_t at, seen = 0;

    for (size_t i = 0; hdr_find(response, span_str("Upgrade"), i, &at); i++) {
        hdr_at(response, at, NULL, &value);
        hdr_list_init(&it, value);
        for (; hdr_list_next(&it, &element); seen++)
            if (!span_equal_nocase(element, span_str("websocket")))
                return false;
    }
    return seen > 0;
}

/* Section 11.3.3: the field must not appear more than once. */
static bool accept_right(const struct hdr *request, const struct hdr *response)
{
    uint8_t accept[WS_ACCEPT_LEN];
    struct span key, value;
    size_t second;

    if (!hdr_get(request, KEY, &key) || !hdr_get(response, ACCEPT, &value))
        return false;
    ws_key_accept(span_trim(key), accept);
    return span_equal(span_trim(value), span_make(accept, sizeof(accept))) &&
           !hdr_find(response, span_str(ACCEPT), 1, &second);
}

/* Response item 6, and section 11.3.4: one field, one protocol. */
static bool protocol_right(const struct hdr *request, const struct hdr *response)
{
    struct span value;
    size_t second;

    if (!hdr_get(response, PROTOCOL, &value))
        return true;
    return !hdr_find(response, span_str(PROTOCOL), 1, &second) &&
           lists(request, PROTOCOL, span_trim(value), span_equal);
}

/* Response item 5. */
static bool extensions_right(const struct hdr *request, const struct hdr *response)
{
    struct hdr_list it;
    struct span value, element;
    size_t at;

    for (size_t i = 0; hdr_find(response, span_str(EXTENSIONS), i, &at); i++) {
        hdr_at(response, at, NULL, &value);
        hdr_list_init(&it, value);
        while (hdr_list_next(&it, &element))
            if (!lists(request, EXTENSIONS, name_of(element), names_extension))
                return false;
    }
    return true;
}

enum wh_err ws_handshake_verify(const struct hdr *request, unsigned minor, const struct hdr *response)
{
    if (minor < 1)
        return WH_E_RESPONSE;
    if (!upgrade_right(response) || !hdr_has_token(response, "Connection", "Upgrade"))
        return WH_E_RESPONSE;
    if (!accept_right(request, response) || !protocol_right(request, response) || !extensions_right(request, response))
        return WH_E_RESPONSE;
    return WH_OK;
}
