/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See settings.h. */
#include "core/settings.h"
#include <stddef.h>
#include <winsock2.h>
#include <windows.h>
#include <winhttp.h>

/* SSL 2 and 3 may be named, as programs of their time do, but nothing speaks them any more. */
#define PROTOCOLS_KNOWN                                                                                                \
    (WINHTTP_FLAG_SECURE_PROTOCOL_ALL | WINHTTP_FLAG_SECURE_PROTOCOL_TLS1_1 | WINHTTP_FLAG_SECURE_PROTOCOL_TLS1_2 |    \
     WINHTTP_FLAG_SECURE_PROTOCOL_TLS1_3)
#define PROTOCOLS_DEFAULT (WINHTTP_FLAG_SECURE_PROTOCOL_TLS1_2 | WINHTTP_FLAG_SECURE_PROTOCOL_TLS1_3)

#define ANY 0xFFFFFFFFu

/* What 0 means as a number of connections (API.md section 2 row 73). */
#define CONNS_DEFAULT 2u

enum change { REPLACE, ADD, CONNS };

static const struct {
    size_t offset;
    uint32_t bits; /* those a value may have */
    uint32_t largest;
    enum change change;
    uint32_t initial;
} rows[] = {
#define FIELD(name) offsetof(struct settings, name)
    [SETTING_RESOLVE_TIMEOUT] = {FIELD(resolve_timeout), ANY, ANY, REPLACE, 0},
    [SETTING_CONNECT_TIMEOUT] = {FIELD(connect_timeout), ANY, ANY, REPLACE, 60000},
    [SETTING_SEND_TIMEOUT] = {FIELD(send_timeout), ANY, ANY, REPLACE, 30000},
    [SETTING_RECEIVE_TIMEOUT] = {FIELD(receive_timeout), ANY, ANY, REPLACE, 30000},
    [SETTING_RECEIVE_RESPONSE_TIMEOUT] = {FIELD(receive_response_timeout), ANY, ANY, REPLACE, ANY},
    [SETTING_CONNECT_RETRIES] = {FIELD(connect_retries), ANY, ANY, REPLACE, 5},
    [SETTING_SECURE_PROTOCOLS] = {FIELD(secure_protocols), PROTOCOLS_KNOWN, ANY, REPLACE, PROTOCOLS_DEFAULT},
    [SETTING_REDIRECT_POLICY] = {FIELD(redirect_policy), ANY, WINHTTP_OPTION_REDIRECT_POLICY_LAST, REPLACE,
                                 WINHTTP_OPTION_REDIRECT_POLICY_DEFAULT},
    [SETTING_MAX_REDIRECTS] = {FIELD(max_redirects), ANY, ANY, REPLACE, 10},
    [SETTING_MAX_STATUS_CONTINUE] = {FIELD(max_status_continue), ANY, ANY, REPLACE, 10},
    [SETTING_MAX_RESPONSE_HEADER] = {FIELD(max_response_header), ANY, ANY, REPLACE, 65536},
    [SETTING_MAX_RESPONSE_DRAIN] = {FIELD(max_response_drain), ANY, ANY, REPLACE, 1048576},
    [SETTING_WS_RECEIVE_BUFFER] = {FIELD(ws_receive_buffer), ANY, ANY, REPLACE, 32768},
    [SETTING_WS_SEND_BUFFER] = {FIELD(ws_send_buffer), ANY, ANY, REPLACE, 32768},
    [SETTING_MAX_CONNS_PER_SERVER] = {FIELD(max_conns_per_server), ANY, ANY, CONNS, WINHTTP_CONNS_PER_SERVER_UNLIMITED},
    [SETTING_MAX_CONNS_PER_1_0_SERVER] = {FIELD(max_conns_per_1_0_server), ANY, ANY, CONNS,
                                          WINHTTP_CONNS_PER_SERVER_UNLIMITED},
    [SETTING_REJECT_USERPWD] = {FIELD(reject_userpwd), ANY, ANY, REPLACE, false},
    [SETTING_IGNORE_REVOCATION_OFFLINE] = {FIELD(ignore_revocation_offline), ANY, ANY, REPLACE, false},
    [SETTING_DISABLE_FEATURE] = {FIELD(disable_feature), ANY, ANY, ADD, 0},
    [SETTING_ENABLE_FEATURE] = {FIELD(enable_feature), ANY, ANY, ADD, 0},
    [SETTING_SECURITY_FLAGS] = {FIELD(security_flags), SECURITY_FLAG_IGNORE_ALL_CERT_ERRORS, ANY, REPLACE, 0},
#undef FIELD
};

static uint32_t *settings_field(struct settings *s, enum setting which)
{
    return (uint32_t *)((char *)s + rows[which].offset);
}

void settings_default(struct settings *s)
{
    *s = (struct settings){0};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        *settings_field(s, (enum setting)i) = rows[i].initial;
    s->http_minor = SETTINGS_HTTP_OF_PROCESS;
    s->codepage = CP_UTF8;
}

bool settings_same_pool(const struct settings *a, const struct settings *b, bool secure)
{
    if (a->own_pool != b->own_pool)
        return false;
    return !secure ||
           (a->secure_protocols == b->secure_protocols && a->security_flags == b->security_flags &&
            a->enable_feature == b->enable_feature && !a->ignore_revocation_offline == !b->ignore_revocation_offline);
}

uint32_t settings_get(const struct settings *s, enum setting which)
{
    uint32_t value = *(const uint32_t *)((const char *)s + rows[which].offset);

    if (which == SETTING_RECEIVE_RESPONSE_TIMEOUT && value < s->receive_timeout)
        return s->receive_timeout;
    return value;
}

enum wh_err settings_set(struct settings *s, enum setting which, uint32_t value)
{
    uint32_t *field = settings_field(s, which);

    if ((value & ~rows[which].bits) || value > rows[which].largest)
        return WH_E_ARG;
    if (rows[which].change == CONNS && value == 0)
        value = CONNS_DEFAULT;
    *field = rows[which].change == ADD ? *field | value : value;
    if (which == SETTING_RECEIVE_TIMEOUT)
        s->receive_timeout_set = true;
    return WH_OK;
}
