/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a child inherits from its parent when it is created: a plain value, copied session -> connect -> request (API.md
 * section 2.2), constant in a connection once it has been made. Defaults and ranges: API.md section 2, SEMANTICS
 * sections 4.2, 4.4, 18.2.
 */
#ifndef CORE_SETTINGS_H
#define CORE_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>
#include "base/err.h"

/* The version of HTTP that nobody has chosen: the process's (core/process.h). */
#define SETTINGS_HTTP_OF_PROCESS 0xFFFFFFFFu

struct settings {
    /* milliseconds; 0 and 0xFFFFFFFF mean no limit */
    uint32_t resolve_timeout;
    uint32_t connect_timeout;
    uint32_t send_timeout;
    uint32_t receive_timeout;
    uint32_t receive_response_timeout; /* as set; what a query answers is never below receive_timeout (TO12) */
    bool receive_timeout_set;          /* an application chose it; only then it also limits a WebSocket's Receive */
    uint32_t connect_retries;          /* addresses tried at most */
    uint32_t secure_protocols;         /* WINHTTP_FLAG_SECURE_PROTOCOL_... */
    uint32_t redirect_policy;
    uint32_t max_redirects;
    uint32_t max_status_continue;
    uint32_t max_response_header; /* bytes */
    uint32_t max_response_drain;  /* bytes */
    uint32_t ws_receive_buffer;
    uint32_t ws_send_buffer;
    uint32_t max_conns_per_server;     /* at the same time, to one host and port */
    uint32_t max_conns_per_1_0_server; /* the same, once it has answered as HTTP/1.0 */
    uint32_t http_minor;               /* HTTP/1.minor, or SETTINGS_HTTP_OF_PROCESS */
    uint32_t codepage;                 /* of the query in an object name */
    uint32_t reject_userpwd;           /* a redirect may not name a user */
    uint32_t encode_extra;             /* path and query are escaped whatever the request's flags say */
    uint32_t own_pool;                 /* connections are shared only where this is the same; 0: by everybody */
    struct {
        uint32_t on, idle, interval; /* as struct tcp_keepalive */
    } keep_alive;
    /* requests only */
    uint32_t ignore_revocation_offline;
    uint32_t disable_feature; /* WINHTTP_DISABLE_... */
    uint32_t enable_feature;  /* WINHTTP_ENABLE_... */
    uint32_t security_flags;  /* SECURITY_FLAG_IGNORE_... */
};

/* The same by name, for options whose value is a DWORD. */
enum setting {
    SETTING_RESOLVE_TIMEOUT,
    SETTING_CONNECT_TIMEOUT,
    SETTING_SEND_TIMEOUT,
    SETTING_RECEIVE_TIMEOUT,
    SETTING_RECEIVE_RESPONSE_TIMEOUT,
    SETTING_CONNECT_RETRIES,
    SETTING_SECURE_PROTOCOLS,
    SETTING_REDIRECT_POLICY,
    SETTING_MAX_REDIRECTS,
    SETTING_MAX_STATUS_CONTINUE,
    SETTING_MAX_RESPONSE_HEADER,
    SETTING_MAX_RESPONSE_DRAIN,
    SETTING_WS_RECEIVE_BUFFER,
    SETTING_WS_SEND_BUFFER,
    SETTING_MAX_CONNS_PER_SERVER,
    SETTING_MAX_CONNS_PER_1_0_SERVER,
    SETTING_REJECT_USERPWD,
    SETTING_IGNORE_REVOCATION_OFFLINE,
    SETTING_DISABLE_FEATURE,
    SETTING_ENABLE_FEATURE,
    SETTING_SECURITY_FLAGS,
};

void settings_default(struct settings *s);

/* A connection that was opened with a may serve a request with b; secure: it is a TLS connection. */
bool settings_same_pool(const struct settings *a, const struct settings *b, bool secure);

uint32_t settings_get(const struct settings *s, enum setting which); /* as a query answers (TO12) */
/* Features are added to those that are set, everything else replaces. WH_E_ARG for a value the setting cannot have. */
enum wh_err settings_set(struct settings *s, enum setting which, uint32_t value);

#endif
