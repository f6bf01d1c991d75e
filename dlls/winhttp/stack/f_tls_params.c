/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "stack/f_tls_params.h"

#include <stdio.h>
#include "base/mem.h"

struct version {
    unsigned bit;
    const char *name;
};

/* Newest first: the order in which GnuTLS prefers them. */
static const struct version versions_known[] = {
    {TLS_V1_3, ":+VERS-TLS1.3"},
    {TLS_V1_2, ":+VERS-TLS1.2"},
    {TLS_V1_1, ":+VERS-TLS1.1"},
    {TLS_V1_0, ":+VERS-TLS1.0"},
};

/*
 * NORMAL, with these changes:
 * - X25519 leads and P-256 follows; both are offered as key shares, so that hardly any server has to ask again.
 * - The static RSA exchange comes last, since it alone has no forward secrecy.
 * - CBC with SHA-256 and SHA-384 is offered behind the rest, as Windows does, for servers that have nothing newer.
 * - No CCM, EdDSA or pure RSA-PSS keys: Windows offers none of them, and a server that has two certificates must not
 * pick the one that the certificate services cannot judge.
 */
static const char algorithms[] =
    ":-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1:+GROUP-SECP521R1:+GROUP-FFDHE2048:+GROUP-FFDHE3072"
    ":-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA:+DHE-RSA:+RSA:+SHA256:+SHA384:-AES-256-CCM:-AES-128-CCM"
    ":-SIGN-EDDSA-ED25519:-SIGN-EDDSA-ED448:-SIGN-RSA-PSS-SHA256:-SIGN-RSA-PSS-SHA384:-SIGN-RSA-PSS-SHA512";

enum wh_err tls_priority(unsigned versions, char out[TLS_PRIORITY_MAX])
{
    char wanted[64] = "";
    size_t n = 0;

    for (size_t i = 0; i < sizeof(versions_known) / sizeof(versions_known[0]); i++)
        if (versions & versions_known[i].bit)
            n += (size_t)snprintf(wanted + n, sizeof(wanted) - n, "%s", versions_known[i].name);
    if (n == 0)
        return WH_E_TLS;
    snprintf(out, TLS_PRIORITY_MAX, "NORMAL:-VERS-ALL%s%s", wanted, algorithms);
    return WH_OK;
}

enum wh_err tls_host(const char *host, char out[TLS_HOST_MAX + 1])
{
    struct span s = span_str(host);
    const uint8_t *zone;

    if (s.n > 1 && s.p[0] == '[' && s.p[s.n - 1] == ']')
        s = span_make(s.p + 1, s.n - 2);
    zone = s.n ? memchr(s.p, '%', s.n) : NULL;
    if (zone && memchr(s.p, ':', s.n))
        s.n = (size_t)(zone - s.p);
    if (s.n > 1 && s.p[s.n - 1] == '.')
        s.n--;
    if (s.n == 0 || s.n > TLS_HOST_MAX)
        return WH_E_ARG;
    memcpy(out, s.p, s.n);
    out[s.n] = 0;
    return WH_OK;
}

bool tls_host_is_ip(const char *host)
{
    unsigned value = 0, digits = 0, dots = 0;

    /* No name holds a colon. */
    if (strchr(host, ':'))
        return true;
    for (const char *p = host; *p; p++) {
        if (*p == '.') {
            if (digits == 0 || ++dots > 3)
                return false;
            value = digits = 0;
            continue;
        }
        if (*p < '0' || *p > '9' || ++digits > 3)
            return false;
        value = value * 10 + (unsigned)(*p - '0');
        if (value > 255)
            return false;
    }
    return dots == 3 && digits > 0;
}

static enum wh_err params__alpn(gnutls_session_t session, const char *const alpn[4])
{
    gnutls_datum_t protocols[4];
    unsigned count = 0;

    while (count < 4 && alpn[count]) {
        protocols[count].data = (unsigned char *)(uintptr_t)alpn[count];
        protocols[count].size = (unsigned)strlen(alpn[count]);
        count++;
    }
    if (count == 0)
        return WH_OK;
    return tls_error(gnutls_alpn_set_protocols(session, protocols, count, 0));
}

enum wh_err tls_common_create(unsigned versions, struct tls_common **out)
{
    char priority[TLS_PRIORITY_MAX];
    enum wh_err err = tls_priority(versions, priority);
    struct tls_common *c;

    if (err != WH_OK)
        return err;
    c = mem_zalloc(sizeof(*c));
    if (!c)
        return WH_E_NOMEM;
    err = tls_error(gnutls_priority_init(&c->priority, priority, NULL));
    if (err == WH_OK)
        err = tls_error(gnutls_certificate_allocate_credentials(&c->credentials));
    if (err != WH_OK) {
        tls_common_destroy(c);
        return err;
    }
    *out = c;
    return WH_OK;
}

void tls_common_destroy(struct tls_common *c)
{
    if (!c)
        return;
    if (c->priority)
        gnutls_priority_deinit(c->priority);
    if (c->credentials)
        gnutls_certificate_free_credentials(c->credentials);
    mem_free(c);
}

enum wh_err tls_params_apply(gnutls_session_t session, const struct tls_params *params, const struct tls_common *common,
                             const char *host)
{
    enum wh_err err = tls_error(gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, common->credentials));

    if (err == WH_OK)
        err = tls_error(gnutls_priority_set(session, common->priority));
    if (err == WH_OK && !tls_host_is_ip(host))
        err = tls_error(gnutls_server_name_set(session, GNUTLS_NAME_DNS, host, strlen(host)));
    if (err == WH_OK)
        err = params__alpn(session, params->alpn);
    /* Session data that GnuTLS does not take (of another of its versions) costs a full handshake and nothing else. */
    if (err == WH_OK && params->resume.n)
        (void)gnutls_session_set_data(session, params->resume.p, params->resume.n);
    return err;
}

enum wh_err tls_error(int gnutls_error)
{
    if (gnutls_error >= 0)
        return WH_OK;
    switch (gnutls_error) {
    case GNUTLS_E_AGAIN:
    case GNUTLS_E_INTERRUPTED:
        return WH_AGAIN;
    case GNUTLS_E_MEMORY_ERROR:
        return WH_E_NOMEM;
    default:
        return WH_E_TLS;
    }
}
