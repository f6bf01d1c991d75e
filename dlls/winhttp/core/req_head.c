/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The head of a request: the application's header lines, and ours where it has none of that name. Order on the wire:
 * Connection (and Upgrade), the application's lines in its order, User-Agent, Content-Length, the WebSocket lines, Host
 * last, as Windows sends them.
 */
#include <stdio.h>
#include "base/mem.h"
#include "base/text.h"
#include "core/request.h"
#include "io/rand.h"
#include "proto/hdr_value.h"
#include "proto/ws_key.h"

static bool keeps_alive(const struct request *r)
{
    return !(r->settings.disable_feature & WINHTTP_DISABLE_KEEP_ALIVE);
}

static const char *connection_value(const struct request *r)
{
    if (r->upgrade)
        return "Upgrade";
    return keeps_alive(r) ? "Keep-Alive" : "close";
}

/* CN7, CN11: whether the connection ends with the answer, as far as it is up to us. HTTP/1.0 must ask to go on (RFC
 * 9112 section 9.3). */
static bool says_close(const struct request *r, const struct hdr *h)
{
    if (!keeps_alive(r) || hdr_has_token(h, "Connection", "close"))
        return true;
    return r->minor == 0 && !hdr_has_token(h, "Connection", "keep-alive");
}

bool req_head_owns(const struct request *r, struct span name)
{
    static const char *const names[] = {"Connection", "Upgrade", "Sec-WebSocket-Key", "Sec-WebSocket-Version"};

    for (size_t i = 0; r->upgrade && i < sizeof(names) / sizeof(*names); i++)
        if (span_equal_nocase(name, span_str(names[i])))
            return true;
    return false;
}

static enum wh_err copy_own(struct request *r, struct hdr *h)
{
    enum wh_err err = WH_OK;

    for (size_t i = 0; err == WH_OK && i < hdr_count(&r->headers); i++) {
        struct span name, value;

        hdr_at(&r->headers, i, &name, &value);
        if (!req_head_owns(r, name))
            err = hdr_add(h, name, value);
    }
    return err;
}

static enum wh_err add_agent(struct request *r, struct hdr *h)
{
    struct session *s = session_of(&r->object);
    struct span value;
    uint8_t *text = NULL;
    size_t len;
    struct wspan agent;
    enum wh_err err;

    lock_shared(&s->object.lock);
    agent = wspan_make((const uint16_t *)s->agent, s->agent ? wcslen(s->agent) : 0);
    err = text_utf8_from_utf16(agent, NULL, 0, &len);
    if (err == WH_OK && len)
        text = mem_alloc(len);
    if (text)
        text_utf8_from_utf16(agent, text, len, &len);
    unlock_shared(&s->object.lock);
    if (!len)
        return WH_OK;
    if (!text)
        return WH_E_NOMEM;
    value = span_make(text, len);
    err = hdr_add(h, span_str("User-Agent"), value);
    mem_free(text);
    return err;
}

/* Whether a length is announced, and which (S5, S14; CLIENTS 2, 15). */
static enum wh_err add_length(struct request *r, struct hdr *h, size_t optional_len, uint64_t total)
{
    bool own_length, chunked = hdr_has(&r->headers, "Transfer-Encoding");
    bool body_verb = !strcmp(r->verb, "POST") || !strcmp(r->verb, "PUT") || !strcmp(r->verb, "PATCH");
    uint64_t given = total, announced = total;
    char text[24];
    enum wh_err err;

    if (total < optional_len)
        total = optional_len;
    r->length_known = !chunked;
    err = hdr_content_length(&r->headers, &own_length, &announced);
    if (err != WH_OK || (own_length && chunked))
        return WH_E_ARG;
    r->total_len = total;
    if (own_length) {
        /* The total may be left to the header (WINHTTP_IGNORE_REQUEST_TOTAL_LENGTH), but must not contradict it (API.md
         * 1.1 row 44). */
        if ((given && given != announced) || announced < optional_len)
            return WH_E_ARG;
        r->total_len = announced;
        return WH_OK;
    }
    if (chunked || (!total && !body_verb))
        return WH_OK;
    snprintf(text, sizeof(text), "%llu", (unsigned long long)total);
    return hdr_add_str(h, "Content-Length", text);
}

static enum wh_err add_host(struct request *r, struct hdr *h)
{
    size_t n = wcslen(r->host), len;
    bool literal6 = wcschr(r->host, L':') != NULL;
    uint8_t *text = mem_alloc(3 * n + 16);
    enum wh_err err;

    if (!text)
        return WH_E_NOMEM;
    text_utf8_from_utf16(wspan_make((const uint16_t *)r->host, n), text + 1, 3 * n, &len);
    if (literal6) {
        text[0] = '[';
        text[++len] = ']';
        len++;
    } else {
        memmove(text, text + 1, len);
    }
    if (r->port != (r->secure ? INTERNET_DEFAULT_HTTPS_PORT : INTERNET_DEFAULT_HTTP_PORT))
        len += (size_t)snprintf((char *)text + len, 8, ":%u", r->port);
    err = hdr_add(h, span_str("Host"), span_make(text, len));
    mem_free(text);
    return err;
}

static enum wh_err add_ws_key(struct hdr *h)
{
    uint8_t random[WS_KEY_RANDOM], key[WS_KEY_LEN];
    enum wh_err err;

    rand_bytes(random, sizeof(random));
    ws_key_make(random, key);
    err = hdr_add(h, span_str("Sec-WebSocket-Key"), span_make(key, sizeof(key)));
    return err == WH_OK ? hdr_add_str(h, "Sec-WebSocket-Version", "13") : err;
}

enum wh_err req_head_prepare(struct request *r, size_t optional_len, uint64_t total_len)
{
    struct hdr h;
    enum wh_err err = WH_OK;

    hdr_init(&h, REQ_HEAD_MAX, REQ_HEAD_LINES);
    if (r->upgrade || !hdr_has(&r->headers, "Connection"))
        err = hdr_add_str(&h, "Connection", connection_value(r));
    if (err == WH_OK && r->upgrade)
        err = hdr_add_str(&h, "Upgrade", "websocket");
    if (err == WH_OK)
        err = copy_own(r, &h);
    if (err == WH_OK && !hdr_has(&r->headers, "User-Agent"))
        err = add_agent(r, &h);
    if (err == WH_OK)
        err = add_length(r, &h, optional_len, total_len);
    if (err == WH_OK && r->upgrade)
        err = add_ws_key(&h);
    if (err == WH_OK && !hdr_has(&r->headers, "Host"))
        err = add_host(r, &h);
    if (err != WH_OK) {
        hdr_clear(&h);
        return err;
    }
    r->request_close = says_close(r, &h);
    hdr_clear(&r->sent);
    hdr_move(&r->sent, &h);
    return WH_OK;
}
