/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See connect.h. */
#include "core/connect.h"
#include "base/mem.h"
#include "core/wide.h"

static void connect_destroy(struct object *o)
{
    struct connect *c = (struct connect *)o;

    mem_free(c->host);
    mem_free(c);
}

static const struct object_ops connect_ops = {.destroy = connect_destroy};

/* No control, no blank, and none of what delimits the parts of a URL. What is left goes to the resolver, which knows
 * what a name is. */
static bool connect_host_char(WCHAR ch)
{
    switch (ch) {
    case '/':
    case '\\':
    case '?':
    case '#':
    case '@':
    case '"':
    case '<':
    case '>':
    case '[':
    case ']':
        return false;
    default:
        return ch > ' ' && ch != 0x7F;
    }
}

/* A colon makes a host an IPv6 literal, which has two of them at least; one alone would be a port in the wrong place.
 */
static bool connect_host_ok(const WCHAR *host, size_t n)
{
    size_t colons = 0;

    for (size_t i = 0; i < n; i++) {
        if (!connect_host_char(host[i]))
            return false;
        colons += host[i] == ':';
    }
    return n > 0 && colons != 1;
}

enum wh_err connect_create(struct session *s, const WCHAR *host, INTERNET_PORT port, struct connect **out)
{
    struct connect *c;
    size_t n;
    enum wh_err err;

    if (!host)
        return WH_E_ARG;
    n = wide_length(host);
    if (n > 2 && host[0] == '[' && host[n - 1] == ']') {
        host++;
        n -= 2;
    }
    if (!connect_host_ok(host, n))
        return WH_E_URL;
    c = mem_zalloc(sizeof(*c));
    if (!c)
        return WH_E_NOMEM;
    c->port = port;
    err = wide_copy(host, n, &c->host);
    if (!err)
        err = object_init(&c->object, &connect_ops, OBJECT_CONNECT, &s->object, s->object.async);
    if (err) {
        mem_free(c->host);
        mem_free(c);
        return err;
    }
    *out = c;
    return WH_OK;
}
