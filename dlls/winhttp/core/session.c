/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See session.h. */
#include "core/session.h"
#include "base/mem.h"
#include "core/wide.h"

/* The bit that makes SECURE_DEFAULTS of ASYNC. */
#define FLAG_SECURE_ONLY (WINHTTP_FLAG_SECURE_DEFAULTS & ~WINHTTP_FLAG_ASYNC)

static void session_free(struct session *s)
{
    mem_free(s->agent);
    mem_free(s->proxy);
    mem_free(s->bypass);
    mem_free(s);
}

/* The last child has gone and no callback runs any more (H16-H19). */
static void session_destroy(struct object *o)
{
    struct session *s = (struct session *)o;
    HANDLE event = s->unload_event;

    session_free(s);
    if (event) {
        SetEvent(event);
        CloseHandle(event);
    }
}

static const struct object_ops session_ops = {.destroy = session_destroy};

static bool session_args_ok(DWORD access, const WCHAR *proxy, DWORD flags)
{
    if ((flags & ~(DWORD)WINHTTP_FLAG_SECURE_DEFAULTS) || (flags & WINHTTP_FLAG_SECURE_DEFAULTS) == FLAG_SECURE_ONLY)
        return false;
    switch (access) {
    case WINHTTP_ACCESS_TYPE_DEFAULT_PROXY:
    case WINHTTP_ACCESS_TYPE_NO_PROXY:
    case WINHTTP_ACCESS_TYPE_AUTOMATIC_PROXY:
        return true;
    case WINHTTP_ACCESS_TYPE_NAMED_PROXY:
        return proxy && proxy[0];
    default:
        return false;
    }
}

enum wh_err session_create(const WCHAR *agent, DWORD access, const WCHAR *proxy, const WCHAR *bypass, DWORD flags,
                           struct session **out)
{
    struct session *s;
    enum wh_err err;

    if (!session_args_ok(access, proxy, flags))
        return WH_E_ARG;
    s = mem_zalloc(sizeof(*s));
    if (!s)
        return WH_E_NOMEM;
    settings_default(&s->settings);
    s->access_type = access;
    s->secure_defaults = (flags & FLAG_SECURE_ONLY) != 0;
    err = wide_copy_or_null(agent, &s->agent);
    if (!err && access == WINHTTP_ACCESS_TYPE_NAMED_PROXY)
        err = wide_copy_or_null(proxy, &s->proxy);
    if (!err && access == WINHTTP_ACCESS_TYPE_NAMED_PROXY)
        err = wide_copy_or_null(bypass, &s->bypass);
    if (!err)
        err = object_init(&s->object, &session_ops, OBJECT_SESSION, NULL, (flags & WINHTTP_FLAG_ASYNC) != 0);
    if (err) {
        session_free(s);
        return err;
    }
    *out = s;
    return WH_OK;
}

void session_settings(struct session *s, struct settings *out)
{
    lock_shared(&s->object.lock);
    *out = s->settings;
    unlock_shared(&s->object.lock);
}

bool session_proxied(const struct session *s)
{
    return s->proxy != NULL;
}
