/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "stack/f_tls_info.h"

#include "base/mem.h"

static unsigned info__version_bit(gnutls_protocol_t version)
{
    switch (version) {
    case GNUTLS_TLS1_0:
        return TLS_V1_0;
    case GNUTLS_TLS1_1:
        return TLS_V1_1;
    case GNUTLS_TLS1_2:
        return TLS_V1_2;
    case GNUTLS_TLS1_3:
        return TLS_V1_3;
    default:
        return 0;
    }
}

static const char *info__version_name(unsigned bit)
{
    switch (bit) {
    case TLS_V1_0:
        return "TLS 1.0";
    case TLS_V1_1:
        return "TLS 1.1";
    case TLS_V1_2:
        return "TLS 1.2";
    case TLS_V1_3:
        return "TLS 1.3";
    default:
        return "";
    }
}

/* GnuTLS tells the number of a suite only when asked for all of them. A suite of TLS 1.3 names no key exchange. */
static uint16_t info__suite_number(gnutls_session_t session, unsigned version)
{
    gnutls_cipher_algorithm_t cipher = gnutls_cipher_get(session), c;
    gnutls_mac_algorithm_t mac = gnutls_mac_get(session), m;
    gnutls_kx_algorithm_t kx = version == TLS_V1_3 ? GNUTLS_KX_UNKNOWN : gnutls_kx_get(session), k;
    gnutls_protocol_t min;
    unsigned char id[2];

    for (size_t i = 0; gnutls_cipher_suite_info(i, id, &k, &c, &m, &min); i++)
        if (c == cipher && m == mac && k == kx && (min == GNUTLS_TLS1_3) == (version == TLS_V1_3))
            return (uint16_t)(id[0] << 8 | id[1]);
    return 0;
}

void tls_session_info(gnutls_session_t session, struct tls_info *out)
{
    const char *cipher = gnutls_ciphersuite_get(session);

    out->version = info__version_bit(gnutls_protocol_get_version(session));
    out->protocol = info__version_name(out->version);
    out->cipher = cipher ? cipher : "";
    out->cipher_bits = (unsigned)gnutls_cipher_get_key_size(gnutls_cipher_get(session)) * 8;
    out->suite = info__suite_number(session, out->version);
    out->resumed = gnutls_session_is_resumed(session) != 0;
}

/* Under TLS 1.3 GnuTLS would wait for a ticket that has not come, and without one the data resumes nothing. */
static bool info__resumable(gnutls_session_t session)
{
    gnutls_datum_t id = {NULL, 0};

    if (gnutls_session_get_flags(session) & GNUTLS_SFLAGS_SESSION_TICKET)
        return true;
    return gnutls_protocol_get_version(session) != GNUTLS_TLS1_3 && gnutls_session_get_id2(session, &id) == 0 &&
           id.size;
}

enum wh_err tls_session_data(gnutls_session_t session, struct span *out)
{
    gnutls_datum_t data = {NULL, 0};
    void *copy;

    if (!info__resumable(session) || gnutls_session_get_data2(session, &data) < 0)
        return WH_E_NOT_FOUND;
    copy = mem_dup(data.data, data.size);
    if (copy)
        *out = span_make(copy, data.size);
    gnutls_free(data.data);
    return copy ? WH_OK : WH_E_NOMEM;
}
