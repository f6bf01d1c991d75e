/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The session: what WinHttpOpen makes; the root of inheritance. Guard: its object lock.
 * The unload event (option 99) is set when the last object below the session has gone and the last callback has
 * returned (H16-H19).
 */
#ifndef CORE_SESSION_H
#define CORE_SESSION_H

#include "core/object.h"
#include "core/settings.h"

struct session {
    struct object object;
    struct settings settings;
    WCHAR *agent;          /* NULL: none is sent */
    DWORD access_type;     /* constant */
    WCHAR *proxy, *bypass; /* constant, may be NULL */
    uint32_t pool;         /* its number, once it has kept its connections to itself (option 195); 0: never */
    HANDLE unload_event;   /* the application's, duplicated; NULL when none */
    bool secure_defaults;  /* constant; nothing below TLS 1.2 (API.md section 4.4) */
};

/*
 * flags: those of WinHttpOpen. WH_E_ARG: flags or an access type that do not exist, a named proxy without a name
 * (C1-C3). Automatic proxies and the machine's default proxy are not looked up yet: such a session goes direct. A named
 * proxy is stored; sending through it is not offered.
 */
enum wh_err session_create(const WCHAR *agent, DWORD access, const WCHAR *proxy, const WCHAR *bypass, DWORD flags,
                           struct session **out);

/* The values that a request opened now inherits (TO8), and those that a query on the session or a connection answers.
 */
void session_settings(struct session *s, struct settings *out);
bool session_proxied(const struct session *s); /* a proxy was named; nothing may silently go past it */

static inline struct session *session_of(struct object *o)
{
    return (struct session *)object_session(o);
}

#endif
