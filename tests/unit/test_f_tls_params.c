/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a TLS session is told before its first byte (stack/f_tls_params.h). */
#include "stack/f_tls_params.h"

#include <stdio.h>

#include "unit/harness.h"

/* GnuTLS understands the string, and makes of it exactly the versions of the mask, newest first. */
static void check_versions(unsigned mask, const char *want)
{
    char text[TLS_PRIORITY_MAX], got[64] = "";
    gnutls_priority_t priority;
    const unsigned *list;
    int count;

    CHECK_INT(tls_priority(mask, text), WH_OK);
    CHECK_INT(gnutls_priority_init(&priority, text, NULL), 0);
    count = gnutls_priority_protocol_list(priority, &list);
    for (int i = 0; i < count; i++) {
        size_t n = strlen(got);

        snprintf(got + n, sizeof(got) - n, "%s ", gnutls_protocol_get_name(list[i]));
    }
    CHECK_STR(span_str(got), want);
    gnutls_priority_deinit(priority);
}

static void test_versions(void)
{
    char text[TLS_PRIORITY_MAX] = "untouched";

    check_versions(TLS_V1_3, "TLS1.3 ");
    check_versions(TLS_V1_2, "TLS1.2 ");
    check_versions(TLS_V1_2 | TLS_V1_3, "TLS1.3 TLS1.2 ");
    check_versions(TLS_V1_0 | TLS_V1_1 | TLS_V1_2 | TLS_V1_3, "TLS1.3 TLS1.2 TLS1.1 TLS1.0 ");
    check_versions(TLS_V1_0 | TLS_V1_2 | 0x100, "TLS1.2 TLS1.0 ");
    CHECK_INT(tls_priority(0, text), WH_E_TLS);
    CHECK_INT(tls_priority(0x100, text), WH_E_TLS);
    CHECK_STR(span_str(text), "untouched");
}

static void test_algorithms(void)
{
    char text[TLS_PRIORITY_MAX];
    gnutls_priority_t priority;
    const unsigned *list;
    unsigned index;
    int count;

    CHECK_INT(tls_priority(TLS_V1_2 | TLS_V1_3, text), WH_OK);
    CHECK_INT(gnutls_priority_init(&priority, text, NULL), 0);
    CHECK(gnutls_priority_group_list(priority, &list) >= 2);
    CHECK_INT(list[0], GNUTLS_GROUP_X25519);
    CHECK_INT(list[1], GNUTLS_GROUP_SECP256R1);
    count = gnutls_priority_sign_list(priority, &list);
    for (int i = 0; i < count; i++)
        CHECK(list[i] != GNUTLS_SIGN_EDDSA_ED25519 && list[i] != GNUTLS_SIGN_EDDSA_ED448);
    for (unsigned i = 0;
         gnutls_priority_get_cipher_suite_index(priority, i, &index) != GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE; i++) {
        const char *name = gnutls_cipher_suite_info(index, NULL, NULL, NULL, NULL, NULL);

        CHECK(!name || (!strstr(name, "ANON") && !strstr(name, "NULL") && !strstr(name, "ARCFOUR") &&
                        !strstr(name, "3DES") && !strstr(name, "CCM") && !strstr(name, "PSK")));
    }
    gnutls_priority_deinit(priority);
}

static void test_hosts(void)
{
    static const struct {
        const char *host;
        const char *want;
        bool ip;
    } rows[] = {
        {"example.com", "example.com", false},
        {"example.com.", "example.com", false},
        {"Example.COM", "Example.COM", false},
        {"1.2.3.4", "1.2.3.4", true},
        {"255.255.255.255", "255.255.255.255", true},
        {"256.1.1.1", "256.1.1.1", false},
        {"1.2.3", "1.2.3", false},
        {"1.2.3.4.5", "1.2.3.4.5", false},
        {"1..3.4", "1..3.4", false},
        {"1.2.3.", "1.2.3", false},
        {"1.2.3.4a", "1.2.3.4a", false},
        {"0001.2.3.4", "0001.2.3.4", false},
        {"::1", "::1", true},
        {"[::1]", "::1", true},
        {"[fe80::1%25eth0]", "fe80::1", true},
        {"fe80::1%3", "fe80::1", true},
        {"a%b", "a%b", false},
        {"localhost", "localhost", false},
    };
    char out[TLS_HOST_MAX + 1];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        harness_row(rows[i].host);
        CHECK_INT(tls_host(rows[i].host, out), WH_OK);
        CHECK_STR(span_str(out), rows[i].want);
        CHECK_INT(tls_host_is_ip(out), rows[i].ip);
    }
}

static void test_host_limits(void)
{
    char host[TLS_HOST_MAX + 3], out[TLS_HOST_MAX + 1] = "untouched";

    memset(host, 'a', sizeof(host));
    host[TLS_HOST_MAX + 1] = 0;
    CHECK_INT(tls_host(host, out), WH_E_ARG);
    CHECK_INT(tls_host("", out), WH_E_ARG);
    CHECK_INT(tls_host("[]", out), WH_E_ARG);
    CHECK_STR(span_str(out), "untouched");
    host[TLS_HOST_MAX] = '.';
    CHECK_INT(tls_host(host, out), WH_OK);
    CHECK_INT(strlen(out), TLS_HOST_MAX);
}

static void test_errors(void)
{
    CHECK_INT(tls_error(0), WH_OK);
    CHECK_INT(tls_error(17), WH_OK);
    CHECK_INT(tls_error(GNUTLS_E_AGAIN), WH_AGAIN);
    CHECK_INT(tls_error(GNUTLS_E_INTERRUPTED), WH_AGAIN);
    CHECK_INT(tls_error(GNUTLS_E_MEMORY_ERROR), WH_E_NOMEM);
    CHECK_INT(tls_error(GNUTLS_E_DECRYPTION_FAILED), WH_E_TLS);
}

static const struct test tests[] = {
    {"the mask's versions and no others, newest first", test_versions},
    {"X25519 first, nothing weak, nothing the certificate services cannot judge", test_algorithms},
    {"hosts as SNI and certificates name them (RFC 6066 section 3)", test_hosts},
    {"hosts that cannot be one", test_host_limits},
    {"what GnuTLS's errors mean", test_errors},
};

HARNESS_MAIN(tests)
