/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The verdict on a 101 answer, row by row: RFC 6455 sections 4.1, 11.3; SEMANTICS D6. */
#include "unit/harness.h"

#include "proto/ws_handshake.h"

#define KEY    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n"
#define UP     "Upgrade: websocket\n"
#define CONN   "Connection: Upgrade\n"
#define ACCEPT "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n"
#define GOOD   UP CONN ACCEPT
#define OFFER  KEY "Sec-WebSocket-Protocol: chat, superchat\n"
#define PROTO  "Sec-WebSocket-Protocol: "
#define EXT    "Sec-WebSocket-Extensions: "

static const struct {
    const char *what, *request, *response;
    bool opens;
} rows[] = {
    {"as in section 1.3", KEY, GOOD, true},
    {"names and tokens in any case", KEY, "UPGRADE: WebSocket\nconnection: uPGRADE\n" ACCEPT, true},
    {"other fields do not matter", KEY, GOOD "Server: x\nDate: y\nSec-WebSocket-Version: 13\n", true},
    {"Connection is a list", KEY, UP ACCEPT "Connection: keep-alive, Upgrade\n", true},
    {"Connection in two fields", KEY, UP ACCEPT "Connection: keep-alive\nConnection: upgrade\n", true},
    {"spaces around the accept value", KEY, UP CONN "Sec-WebSocket-Accept:   s3pPLMBiTxaQ9kYGzzhZRbK+xOo= \t\n", true},

    {"no Upgrade", KEY, CONN ACCEPT, false},
    {"empty Upgrade", KEY, "Upgrade: \n" CONN ACCEPT, false},
    {"Upgrade to something else", KEY, "Upgrade: h2c\n" CONN ACCEPT, false},
    {"Upgrade to something else too", KEY, "Upgrade: websocket, h2c\n" CONN ACCEPT, false},
    {"Upgrade to something that begins so", KEY, "Upgrade: websocketx\n" CONN ACCEPT, false},
    {"Upgrade with a version", KEY, "Upgrade: websocket/13\n" CONN ACCEPT, false},
    {"no Connection", KEY, UP ACCEPT, false},
    {"Connection without the token", KEY, UP ACCEPT "Connection: keep-alive\n", false},
    {"Connection with a longer token", KEY, UP ACCEPT "Connection: Upgraded\n", false},
    {"no accept value", KEY, UP CONN, false},
    {"empty accept value", KEY, UP CONN "Sec-WebSocket-Accept: \n", false},
    {"the key sent back", KEY, UP CONN "Sec-WebSocket-Accept: dGhlIHNhbXBsZSBub25jZQ==\n", false},
    {"accept value in another case", KEY, UP CONN "Sec-WebSocket-Accept: S3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n", false},
    {"accept value cut short", KEY, UP CONN "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo\n", false},
    {"accept value with more behind it", KEY, UP CONN "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=x\n", false},
    {"accept value twice", KEY, GOOD ACCEPT, false},
    {"accept value for another key", "Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==\n", GOOD, false},
    {"no key in the request", "Host: x\n", GOOD, false},

    {"first protocol offered", OFFER, GOOD PROTO "chat\n", true},
    {"second protocol offered", OFFER, GOOD PROTO "superchat\n", true},
    {"protocols offered in two fields", KEY PROTO "a\n" PROTO "b\n", GOOD PROTO "b\n", true},
    {"no protocol chosen", OFFER, GOOD, true},
    {"protocol not offered", OFFER, GOOD PROTO "other\n", false},
    {"protocol in another case", OFFER, GOOD PROTO "Chat\n", false},
    {"protocol when none was offered", KEY, GOOD PROTO "chat\n", false},
    {"two protocols in one field", OFFER, GOOD PROTO "chat, superchat\n", false},
    {"two protocol fields", OFFER, GOOD PROTO "chat\n" PROTO "superchat\n", false},
    {"the same protocol twice", OFFER, GOOD PROTO "chat\n" PROTO "chat\n", false},
    {"protocols are compared whole", KEY PROTO "chat;v=1\n", GOOD PROTO "chat\n", false},
    {"empty protocol", OFFER, GOOD PROTO "\n", false},
    {"empty protocol when none was offered", KEY, GOOD PROTO "\n", false},

    {"extension not offered", KEY, GOOD EXT "permessage-deflate\n", false},
    {"extension with parameters not offered", KEY, GOOD EXT "permessage-deflate; server_no_context_takeover\n", false},
    {"empty extension field", KEY, GOOD EXT "\n", true},
    {"extension the caller offered, in another case", KEY EXT "x-thing\n", GOOD EXT "X-Thing\n", true},
    {"extension the caller offered", KEY EXT "x-thing; a=1\n", GOOD EXT "x-thing; b=2\n", true},
    {"one of two extensions not offered", KEY EXT "x-thing\n", GOOD EXT "x-thing, x-other\n", false},
    {"second extension field not offered", KEY EXT "x-thing\n", GOOD EXT "x-thing\n" EXT "x-other\n", false},
};

/* "Name: value" lines, each ended by a line feed. */
static void fill(struct hdr *h, const char *lines)
{
    hdr_init(h, 4096, 64);
    while (*lines) {
        const char *colon = strchr(lines, ':'), *end = strchr(lines, '\n');
        struct span value = span_make(colon + 2, (size_t)(end - colon - 2));

        CHECK_INT(hdr_add(h, span_make(lines, (size_t)(colon - lines)), value), WH_OK);
        lines = end + 1;
    }
}

static void table(void)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct hdr request, response;

        harness_row(rows[i].what);
        fill(&request, rows[i].request);
        fill(&response, rows[i].response);
        CHECK_INT(ws_handshake_verify(&request, 1, &response), rows[i].opens ? WH_OK : WH_E_RESPONSE);
        CHECK_INT(ws_handshake_verify(&request, 2, &response), rows[i].opens ? WH_OK : WH_E_RESPONSE);
        CHECK_INT(ws_handshake_verify(&request, 0, &response), WH_E_RESPONSE); /* an answer of HTTP/1.0 */
        hdr_clear(&request);
        hdr_clear(&response);
    }
}

static const struct test tests[] = {
    {"RFC 6455 4.1, D6: what opens a WebSocket and what does not", table},
};

HARNESS_MAIN(tests)
