/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The attribute numbers of WinHttpQueryHeaders: API.md section 4.2, SEMANTICS R3 and R4. */
#include "harness.h"

#include "api/query_names.h"

static void test_kinds(void)
{
    static const struct {
        uint32_t number;
        enum query_kind kind;
    } rows[] = {
        {0, QUERY_HEADER},          {18, QUERY_VERSION},         {19, QUERY_STATUS_CODE},
        {20, QUERY_STATUS_TEXT},    {21, QUERY_RAW_HEADERS},     {22, QUERY_RAW_HEADERS_CRLF},
        {45, QUERY_REQUEST_METHOD}, {71, QUERY_UNASSIGNED},      {74, QUERY_UNASSIGNED},
        {78, QUERY_HEADER},         {79, QUERY_OUT_OF_RANGE},    {65534, QUERY_OUT_OF_RANGE},
        {65535, QUERY_CUSTOM},      {65536, QUERY_OUT_OF_RANGE}, {UINT32_MAX, QUERY_OUT_OF_RANGE},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *name = "untouched";
        CHECK_INT(query_name_find(rows[i].number, &name), rows[i].kind);
        CHECK_INT(!strcmp(name, "untouched"), rows[i].kind != QUERY_HEADER);
    }
}

/* Some from every part of the table, so that a row left out or moved shows. */
static void test_names(void)
{
    static const struct {
        uint32_t number;
        const char *name;
    } rows[] = {
        {0, "MIME-Version"},
        {1, "Content-Type"},
        {5, "Content-Length"},
        {11, "Last-Modified"},
        {17, "Pragma"},
        {23, "Connection"},
        {33, "Location"},
        {34, "Orig-URI"},
        {40, "WWW-Authenticate"},
        {41, "Proxy-Authenticate"},
        {43, "Set-Cookie"},
        {44, "Cookie"},
        {46, "Refresh"},
        {54, "ETag"},
        {55, "Host"},
        {63, "Transfer-Encoding"},
        {64, "Upgrade"},
        {70, "Unless-Modified-Since"},
        {75, "Proxy-Support"},
        {78, "PassportConfig"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *name = "";
        CHECK_INT(query_name_find(rows[i].number, &name), QUERY_HEADER);
        CHECK_STR(span_str(name), rows[i].name);
    }
}

/* A name is a token, and belongs to one number. */
static void test_whole_table(void)
{
    size_t headers = 0;

    for (uint32_t i = 0; i < 79; i++) {
        const char *name = "", *other = "";
        if (query_name_find(i, &name) != QUERY_HEADER)
            continue;
        headers++;
        CHECK(strlen(name) > 1 &&
              strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-") == strlen(name));
        for (uint32_t j = 0; j < i; j++)
            if (query_name_find(j, &other) == QUERY_HEADER)
                CHECK(!span_equal_nocase(span_str(name), span_str(other)));
    }
    CHECK_INT(headers, 79 - 6 - 4);
}

static const struct test tests[] = {
    {"R3, R4: headers, special attributes, gaps and the end of the table", test_kinds},
    {"API 4.2: numbers and names", test_names},
    {"no name is empty or given twice", test_whole_table},
};

HARNESS_MAIN(tests)
