/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* proto/h1_rules.h: RFC 9112 sections 6.3 and 9.3; SEMANTICS CN2-CN9, B4-B10, R19-R21. */
#include "harness.h"

#include "proto/hdr_lines.h"
#include "proto/h1_rules.h"

enum { HEAD = 1, CONNECT = 2, CLOSE = 4 };

struct row {
    const char *id;
    unsigned request, status, minor;
    const char *fields;
    enum wh_err want;
    enum h1_framing framing;
    uint64_t length;
    bool keep_alive;
};

static const struct row rows[] = {
    {"CN2", 0, 200, 1, "Connection: keep-alive\nContent-Length: 5", WH_OK, H1_LENGTH, 5, true},
    {"CN3", 0, 200, 1, "Transfer-Encoding: chunked\nConnection: Keep-Alive", WH_OK, H1_CHUNKED, 0, true},
    {"CN4", 0, 200, 1, "Content-Length: 5", WH_OK, H1_LENGTH, 5, true},
    {"CN5", 0, 200, 1, "Content-Length: 0", WH_OK, H1_LENGTH, 0, true},
    {"CN6", 0, 200, 1, "Content-Length: 5\nConnection: close", WH_OK, H1_LENGTH, 5, false},
    {"CN6, in a list", 0, 200, 1, "Content-Length: 5\nConnection: x, CLOSE", WH_OK, H1_LENGTH, 5, false},
    {"9.3: close wins", 0, 200, 1, "Content-Length: 5\nConnection: keep-alive, close", WH_OK, H1_LENGTH, 5, false},
    {"CN7", CLOSE, 200, 1, "Content-Length: 0", WH_OK, H1_LENGTH, 0, false},
    {"CN9, B10", 0, 200, 1, "", WH_OK, H1_CLOSE, 0, false},
    {"9.3: HTTP/1.0", 0, 200, 0, "Content-Length: 5", WH_OK, H1_LENGTH, 5, false},
    {"9.3: HTTP/1.0 keep-alive", 0, 200, 0, "Content-Length: 5\nConnection: keep-alive", WH_OK, H1_LENGTH, 5, true},
    {"B7: HEAD", HEAD, 200, 1, "Content-Length: 100", WH_OK, H1_NONE, 0, true},
    {"HEAD, chunked", HEAD, 200, 1, "Transfer-Encoding: chunked", WH_OK, H1_NONE, 0, true},
    {"HEAD, no length", HEAD, 200, 1, "", WH_OK, H1_NONE, 0, true},
    {"HEAD, close", HEAD, 200, 1, "Connection: close", WH_OK, H1_NONE, 0, false},
    {"R20, B5", 0, 204, 1, "", WH_OK, H1_NONE, 0, true},
    {"204 with a length", 0, 204, 1, "Content-Length: 5", WH_OK, H1_NONE, 0, true},
    {"R19, B6", 0, 304, 1, "", WH_OK, H1_NONE, 0, true},
    {"304 with a length", 0, 304, 1, "Content-Length: 5", WH_OK, H1_NONE, 0, true},
    {"100", 0, 100, 1, "Content-Length: 5", WH_OK, H1_NONE, 0, true},
    {"R21, CN12: 101", 0, 101, 1, "Connection: Upgrade", WH_OK, H1_NONE, 0, false},
    {"CONNECT 200", CONNECT, 200, 1, "Content-Length: 5", WH_OK, H1_NONE, 0, false},
    {"CONNECT 407", CONNECT, 407, 1, "Content-Length: 5", WH_OK, H1_LENGTH, 5, true},
    {"6.3: both", 0, 200, 1, "Content-Length: 5\nTransfer-Encoding: chunked", WH_OK, H1_CHUNKED, 0, false},
    {"6.3: both, bad length", 0, 200, 1, "Content-Length: x\nTransfer-Encoding: chunked", WH_OK, H1_CHUNKED, 0, false},
    {"6.1: chunked with HTTP/1.0", 0, 200, 0, "Transfer-Encoding: chunked\nConnection: keep-alive", WH_OK, H1_CHUNKED,
     0, false},
    {"gzip, chunked", 0, 200, 1, "Transfer-Encoding: gzip, chunked", WH_OK, H1_CHUNKED, 0, true},
    {"two fields", 0, 200, 1, "Transfer-Encoding: gzip\nTransfer-Encoding: Chunked", WH_OK, H1_CHUNKED, 0, true},
    {"6.3: not chunked last", 0, 200, 1, "Transfer-Encoding: gzip\nContent-Length: 5", WH_OK, H1_CLOSE, 0, false},
    {"chunked, gzip", 0, 200, 1, "Transfer-Encoding: chunked, gzip", WH_E_RESPONSE, 0, 0, false},
    {"chunked twice", 0, 200, 1, "Transfer-Encoding: chunked\nTransfer-Encoding: chunked", WH_E_RESPONSE, 0, 0, false},
    {"xchunked", 0, 200, 1, "Transfer-Encoding: xchunked", WH_OK, H1_CLOSE, 0, false},
    {"identity", 0, 200, 1, "Transfer-Encoding: identity\nContent-Length: 5", WH_OK, H1_LENGTH, 5, true},
    {"6.3: repeated length", 0, 200, 1, "Content-Length: 5\nContent-Length: 5, 5", WH_OK, H1_LENGTH, 5, true},
    {"6.3: lengths differ", 0, 200, 1, "Content-Length: 5\nContent-Length: 6", WH_E_RESPONSE, 0, 0, false},
    {"6.3: no number", 0, 200, 1, "Content-Length: five", WH_E_RESPONSE, 0, 0, false},
    {"too large", 0, 200, 1, "Content-Length: 9223372036854775808", WH_E_RESPONSE, 0, 0, false},
    {"largest", 0, 200, 1, "Content-Length: 9223372036854775807", WH_OK, H1_LENGTH, INT64_MAX, true},
};

static void table(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *r = &rows[i];
        struct h1_request rq = {r->request & HEAD, r->request & CONNECT, r->request & CLOSE};
        struct h1_plan p = {H1_NONE, 4711, false};
        struct hdr h;

        harness_row(r->id);
        hdr_init(&h, 1000, 10);
        CHECK_INT(hdr_lines_apply(&h, span_str(r->fields), HDR_LINES_ADD), WH_OK);
        CHECK_INT(h1_rules_plan(&rq, r->status, r->minor, &h, &p), r->want);
        if (r->want == WH_OK) {
            CHECK_INT(p.framing, r->framing);
            CHECK_INT(p.length, r->length);
            CHECK_INT(p.keep_alive, r->keep_alive);
        } else {
            CHECK_INT(p.length, 4711);
        }
        hdr_clear(&h);
    }
}

static const struct test tests[] = {
    {"RFC 9112 6.3, 9.3; SEMANTICS CN2-CN12, B5-B10, R19-R21", table},
};

HARNESS_MAIN(tests)
