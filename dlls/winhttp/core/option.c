/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See option.h: settings and sessions here, requests in req_option.c. */
#include "core/option.h"
#include "base/mem.h"
#include "core/process.h"
#include "core/request.h"
#include "core/wide.h"

#define PROTOCOLS_SECURE (WINHTTP_FLAG_SECURE_PROTOCOL_TLS1_2 | WINHTTP_FLAG_SECURE_PROTOCOL_TLS1_3)

/* Whose settings answer for o, and that object itself, whose lock guards them. */
static struct settings *option_settings(struct object **o)
{
    if ((*o)->type == OBJECT_REQUEST)
        return &request_of(*o)->settings;
    *o = object_session(*o);
    return &((struct session *)*o)->settings;
}

uint32_t option_get(struct object *o, enum setting which)
{
    struct settings *s = option_settings(&o);
    uint32_t value;

    lock_shared(&o->lock);
    value = settings_get(s, which);
    unlock_shared(&o->lock);
    return value;
}

enum wh_err option_set(struct object *o, enum setting which, uint32_t value)
{
    struct settings *s = option_settings(&o);
    enum wh_err err;

    lock_exclusive(&o->lock);
    err = settings_set(s, which, value);
    unlock_exclusive(&o->lock);
    return err;
}

enum wh_err option_set_protocols(struct object *session, uint32_t protocols)
{
    if (((struct session *)session)->secure_defaults && (protocols & ~PROTOCOLS_SECURE))
        return WH_E_STATE;
    return option_set(session, SETTING_SECURE_PROTOCOLS, protocols);
}

enum wh_err option_agent(struct object *session, WCHAR **out)
{
    struct session *s = (struct session *)session;
    enum wh_err err;

    lock_shared(&session->lock);
    err = s->agent ? wide_copy_or_null(s->agent, out) : wide_copy(NULL, 0, out);
    unlock_shared(&session->lock);
    return err;
}

/* The agent becomes a header value of every request, so it must be able to be one. */
static bool option_agent_ok(const WCHAR *agent, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (agent[i] < ' ' && agent[i] != '\t')
            return false;
    return true;
}

enum wh_err option_set_agent(struct object *session, const WCHAR *agent, size_t n)
{
    struct session *s = (struct session *)session;
    WCHAR *copy, *old;
    enum wh_err err;

    if (!option_agent_ok(agent, n))
        return WH_E_ARG;
    err = wide_copy(agent, n, &copy);
    if (err)
        return err;
    lock_exclusive(&session->lock);
    old = s->agent;
    s->agent = copy;
    unlock_exclusive(&session->lock);
    mem_free(old);
    return WH_OK;
}

enum wh_err option_set_codepage(struct object *session, uint32_t codepage)
{
    if (!WideCharToMultiByte(codepage, 0, L"a", 1, NULL, 0, NULL, NULL))
        return WH_E_ARG;
    lock_exclusive(&session->lock);
    ((struct session *)session)->settings.codepage = codepage;
    unlock_exclusive(&session->lock);
    return WH_OK;
}

void option_set_keep_alive(struct object *session, const struct option_keep_alive *k)
{
    struct settings *s = &((struct session *)session)->settings;

    lock_exclusive(&session->lock);
    s->keep_alive.on = k->on;
    s->keep_alive.idle = k->idle;
    s->keep_alive.interval = k->interval;
    unlock_exclusive(&session->lock);
}

/* A number of its own, once and for all: switching off and on again does not part it from its connections. */
void option_set_own_pool(struct object *session, bool own)
{
    static volatile LONG last;
    struct session *s = (struct session *)session;

    lock_exclusive(&session->lock);
    if (own && !s->pool)
        s->pool = (uint32_t)InterlockedIncrement(&last);
    s->settings.own_pool = own ? s->pool : 0;
    unlock_exclusive(&session->lock);
}

uint32_t option_http_minor(struct object *o)
{
    uint32_t minor = SETTINGS_HTTP_OF_PROCESS;

    if (o) {
        lock_shared(&o->lock);
        minor = o->type == OBJECT_REQUEST ? request_of(o)->minor : ((struct session *)o)->settings.http_minor;
        unlock_shared(&o->lock);
    }
    return minor == SETTINGS_HTTP_OF_PROCESS ? process_http_minor() : minor;
}

enum wh_err option_set_http_minor(struct object *o, uint32_t minor)
{
    if (!o)
        return process_set_http_minor(minor);
    if (minor > 1)
        return WH_E_ARG;
    lock_exclusive(&o->lock);
    if (o->type == OBJECT_REQUEST)
        request_of(o)->minor = minor;
    else
        ((struct session *)o)->settings.http_minor = minor;
    unlock_exclusive(&o->lock);
    return WH_OK;
}

enum wh_err option_set_encode_extra(struct object *o, bool on)
{
    struct object *owner = o;
    struct settings *s = option_settings(&owner);
    enum wh_err err = WH_OK;
    uint32_t was;

    lock_exclusive(&owner->lock);
    was = s->encode_extra;
    s->encode_extra = on;
    if (o->type == OBJECT_REQUEST)
        err = req_retarget(request_of(o));
    if (err != WH_OK)
        s->encode_extra = was;
    unlock_exclusive(&owner->lock);
    return err;
}

enum wh_err option_set_unload_event(struct object *session, HANDLE event)
{
    struct session *s = (struct session *)session;
    HANDLE process = GetCurrentProcess(), copy = NULL, old;

    if (event && !DuplicateHandle(process, event, process, &copy, 0, FALSE, DUPLICATE_SAME_ACCESS))
        return WH_E_ARG;
    lock_exclusive(&session->lock);
    old = s->unload_event;
    s->unload_event = copy;
    unlock_exclusive(&session->lock);
    if (old)
        CloseHandle(old);
    return WH_OK;
}
