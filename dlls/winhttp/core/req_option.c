/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See option.h: what options read and write in requests. */
#include "core/option.h"
#include "base/mem.h"
#include "core/request.h"
#include "core/wide.h"
#include "proto/url.h"
#include "sys/certctx.h"

/* ---- what the application sets ---- */

bool option_under_way(struct object *request)
{
    struct request *r = request_of(request);
    struct conn *c = user_lock(&r->user);
    bool under_way = r->wire >= REQ_AGAIN && r->wire <= REQ_HEAD;

    user_unlock(&r->user, c);
    return under_way;
}

enum wh_err option_set_upgrade(struct object *request)
{
    if (option_under_way(request))
        return WH_E_STATE;
    lock_exclusive(&request->lock);
    request_of(request)->upgrade = true;
    unlock_exclusive(&request->lock);
    return WH_OK;
}

enum wh_err option_set_no_client_cert(struct object *request)
{
    struct request *r = request_of(request);

    lock_exclusive(&request->lock);
    if (r->secure)
        r->no_client_cert = true;
    unlock_exclusive(&request->lock);
    return r->secure ? WH_OK : WH_E_STATE;
}

enum wh_err option_credential(struct object *request, unsigned which, WCHAR **out)
{
    struct request *r = request_of(request);
    enum wh_err err;

    lock_shared(&request->lock);
    err = r->credentials[which] ? wide_copy_or_null(r->credentials[which], out) : wide_copy(NULL, 0, out);
    unlock_shared(&request->lock);
    return err;
}

/* What is replaced may be a password: it does not stay in memory that is given back. */
enum wh_err option_set_credential(struct object *request, unsigned which, const WCHAR *text, size_t n)
{
    struct request *r = request_of(request);
    WCHAR *copy, *old;
    enum wh_err err = wide_copy(text, n, &copy);

    if (err)
        return err;
    lock_exclusive(&request->lock);
    old = r->credentials[which];
    r->credentials[which] = copy;
    unlock_exclusive(&request->lock);
    wide_wipe(old);
    return WH_OK;
}

enum wh_err option_set_alias(struct object *request, const WCHAR *name, size_t n)
{
    struct request *r = request_of(request);
    WCHAR *copy = NULL, *old;
    enum wh_err err = n ? wide_copy(name, n, &copy) : WH_OK;

    if (err)
        return err;
    lock_exclusive(&request->lock);
    old = r->alias;
    r->alias = copy;
    unlock_exclusive(&request->lock);
    mem_free(old);
    return WH_OK;
}

enum wh_err option_expire(struct object *request)
{
    struct request *r = request_of(request);
    struct conn *c = user_lock(&r->user);
    bool active = c && r->wire >= REQ_OPENING && r->wire <= REQ_BODY && !(r->x && r->x->ops->done(r->x));

    if (active)
        c->expiring = true;
    user_unlock(&r->user, c);
    return active ? WH_OK : WH_E_STATE;
}

/* ---- the effective URL (O24, O25, RD2, RD3) ---- */

enum wh_err option_url(struct object *request, WCHAR **out)
{
    static const WCHAR schemes[2][6] = {L"http", L"https"};
    struct request *r = request_of(request);
    struct url_text t = {0};
    enum wh_err err;
    WCHAR *url = NULL;
    size_t n;

    lock_shared(&request->lock);
    t.scheme = wspan_make(schemes[r->secure], wide_length(schemes[r->secure]));
    t.host = wspan_make(r->host, wide_length(r->host));
    for (size_t i = 0; i < t.host.n; i++)
        t.literal = t.literal || t.host.p[i] == ':';
    t.port = r->port;
    t.write_port = r->port != url_default_port(r->secure ? URL_SCHEME_HTTPS : URL_SCHEME_HTTP);
    t.path = wspan_make(r->object_name, wide_length(r->object_name));
    err = url_compose(&t, NULL, 0, &n);
    if (!err)
        url = mem_alloc((n + 1) * sizeof(*url));
    if (!err && !url)
        err = WH_E_NOMEM;
    if (!err)
        err = url_compose(&t, url, n, &n);
    unlock_shared(&request->lock);
    if (err) {
        mem_free(url);
        return err;
    }
    url[n] = 0;
    *out = url;
    return WH_OK;
}

/* ---- facts of the connection ---- */

/* A copy of what is known, with references of its own, to be cleared by the caller; secure: only of a TLS connection.
 */
static enum wh_err option_facts(struct object *request, bool secure, struct req_facts *copy)
{
    struct request *r = request_of(request);
    struct conn *c = user_lock(&r->user);
    bool known = r->facts.known && (!secure || r->facts.secure);

    if (known)
        req_facts_copy(copy, &r->facts);
    user_unlock(&r->user, c);
    return known ? WH_OK : WH_E_STATE;
}

enum wh_err option_connection(struct object *request, WINHTTP_CONNECTION_INFO *out)
{
    struct req_facts f;
    enum wh_err err = option_facts(request, false, &f);

    if (err)
        return err;
    *out = (WINHTTP_CONNECTION_INFO){sizeof(*out), f.local, f.remote};
    req_facts_clear(&f);
    return WH_OK;
}

bool option_secure(struct object *request, unsigned *bits)
{
    struct req_facts f;

    if (option_facts(request, true, &f))
        return false;
    *bits = f.tls.cipher_bits;
    req_facts_clear(&f);
    return true;
}

enum wh_err option_certificate(struct object *request, PCCERT_CONTEXT *out)
{
    struct req_facts f;
    PCCERT_CONTEXT leaf;
    enum wh_err err = option_facts(request, true, &f);

    if (err)
        return err;
    leaf = f.leaf;
    f.leaf = NULL;
    req_facts_clear(&f);
    if (!leaf)
        return WH_E_STATE;
    *out = leaf;
    return WH_OK;
}

enum wh_err option_chain(struct object *request, PCCERT_CHAIN_CONTEXT *out)
{
    struct req_facts f;
    PCCERT_CHAIN_CONTEXT chain;
    enum wh_err err = option_facts(request, true, &f);

    if (err)
        return err;
    chain = f.chain;
    f.chain = NULL;
    req_facts_clear(&f);
    if (!chain)
        return WH_E_STATE;
    *out = chain;
    return WH_OK;
}

enum wh_err option_certificate_info(struct object *request, WINHTTP_CERTIFICATE_INFO *out)
{
    struct req_facts f;
    enum wh_err err = option_facts(request, true, &f);

    if (err)
        return err;
    err = f.leaf ? certctx_info(f.leaf, f.tls.cipher_bits, out) : WH_E_STATE;
    req_facts_clear(&f);
    return err;
}

static const struct {
    unsigned version;
    uint32_t protocol;
    uint16_t number;
} versions[] = {
    {TLS_V1_0, WINHTTP_FLAG_SECURE_PROTOCOL_TLS1, 0x0301},
    {TLS_V1_1, WINHTTP_FLAG_SECURE_PROTOCOL_TLS1_1, 0x0302},
    {TLS_V1_2, WINHTTP_FLAG_SECURE_PROTOCOL_TLS1_2, 0x0303},
    {TLS_V1_3, WINHTTP_FLAG_SECURE_PROTOCOL_TLS1_3, 0x0304},
};

enum wh_err option_tls(struct object *request, struct option_tls *out)
{
    struct req_facts f;
    enum wh_err err = option_facts(request, true, &f);

    if (err)
        return err;
    *out =
        (struct option_tls){.suite = f.tls.suite, .bits = f.tls.cipher_bits, .name = f.tls.cipher ? f.tls.cipher : ""};
    for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++)
        if (versions[i].version == f.tls.version) {
            out->protocol = versions[i].protocol;
            out->version = versions[i].number;
        }
    req_facts_clear(&f);
    return WH_OK;
}

/* ---- measurements ---- */

void option_times(struct object *request, WINHTTP_REQUEST_TIMES *out)
{
    struct request *r = request_of(request);
    struct conn *c = user_lock(&r->user);

    *out = (WINHTTP_REQUEST_TIMES){.cTimes = WinHttpRequestTimeLast};
    memcpy(out->rgullTimes, r->times.at, sizeof(r->times.at));
    user_unlock(&r->user, c);
}

void option_stats(struct object *request, WINHTTP_REQUEST_STATS *out)
{
    struct request *r = request_of(request);
    struct conn *c = user_lock(&r->user);

    *out = (WINHTTP_REQUEST_STATS){r->times.flags, r->times.index, WinHttpRequestStatLast, {0}};
    memcpy(out->rgullStats, r->times.stat, sizeof(r->times.stat));
    user_unlock(&r->user, c);
}

/* ---- the channel binding ---- */

enum wh_err option_bindings(struct object *request, SEC_CHANNEL_BINDINGS **out, size_t *size)
{
    static const char prefix[] = "tls-server-end-point:";
    uint8_t hash[CERTCTX_HASH_MAX];
    struct req_facts f;
    SEC_CHANNEL_BINDINGS *b;
    size_t n, text = sizeof(prefix) - 1;
    enum wh_err err = option_facts(request, true, &f);

    if (err)
        return err;
    err = f.leaf ? certctx_end_point(f.leaf, hash, &n) : WH_E_STATE;
    req_facts_clear(&f);
    if (err)
        return WH_E_STATE;
    b = mem_zalloc(sizeof(*b) + text + n);
    if (!b)
        return WH_E_NOMEM;
    b->cbApplicationDataLength = (ULONG)(text + n);
    b->dwApplicationDataOffset = sizeof(*b);
    memcpy(b + 1, prefix, text);
    memcpy((uint8_t *)(b + 1) + text, hash, n);
    *out = b;
    *size = sizeof(*b) + text + n;
    return WH_OK;
}
