/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* HTTP dates: RFC 9110 section 5.6.7, RFC 6265 section 5.1.1, SEMANTICS TM2, TM4 and TM5. */
#include "harness.h"

#include "proto/date.h"

/* Monday. */
static const struct date example = {2008, 7, 28, 1, 10, 5, 52};

static void check_date(const struct date *got, const struct date *want)
{
    CHECK_INT(got->year, want->year);
    CHECK_INT(got->month, want->month);
    CHECK_INT(got->day, want->day);
    CHECK_INT(got->weekday, want->weekday);
    CHECK_INT(got->hour, want->hour);
    CHECK_INT(got->minute, want->minute);
    CHECK_INT(got->second, want->second);
}

static void test_format(void)
{
    /* Weekdays around the rules for leap years; the 0 in each row is to be ignored. */
    static const struct {
        struct date date;
        const char *text;
    } rows[] = {
        {{2008, 7, 28, 0, 10, 5, 52}, "Mon, 28 Jul 2008 10:05:52 GMT"},
        {{1601, 1, 1, 0, 0, 0, 0}, "Mon, 01 Jan 1601 00:00:00 GMT"},
        {{1700, 2, 28, 0, 1, 2, 3}, "Sun, 28 Feb 1700 01:02:03 GMT"},
        {{1700, 3, 1, 0, 1, 2, 3}, "Mon, 01 Mar 1700 01:02:03 GMT"},
        {{1970, 1, 1, 0, 0, 0, 0}, "Thu, 01 Jan 1970 00:00:00 GMT"},
        {{1994, 11, 6, 0, 8, 49, 37}, "Sun, 06 Nov 1994 08:49:37 GMT"},
        {{2000, 2, 29, 0, 23, 59, 59}, "Tue, 29 Feb 2000 23:59:59 GMT"},
        {{2024, 12, 31, 0, 12, 0, 0}, "Tue, 31 Dec 2024 12:00:00 GMT"},
        {{2400, 2, 29, 0, 0, 0, 1}, "Tue, 29 Feb 2400 00:00:01 GMT"},
        {{30827, 12, 31, 0, 23, 59, 59}, "Fri, 31 Dec 30827 23:59:59 GMT"},
    };
    char text[DATE_TEXT_SIZE];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        harness_row(rows[i].text);
        CHECK_INT(date_format(&rows[i].date, text), WH_OK);
        CHECK_STR(span_str(text), rows[i].text);
    }
}

static void test_format_refuses(void)
{
    static const struct date rows[] = {
        {1600, 1, 1, 0, 0, 0, 0},     {30828, 1, 1, 0, 0, 0, 0}, {2008, 0, 1, 0, 0, 0, 0},  {2008, 13, 1, 0, 0, 0, 0},
        {2008, 1, 0, 0, 0, 0, 0},     {2008, 1, 32, 0, 0, 0, 0}, {2008, 4, 31, 0, 0, 0, 0}, {2009, 2, 29, 0, 0, 0, 0},
        {2100, 2, 29, 0, 0, 0, 0},    {2008, 1, 1, 0, 24, 0, 0}, {2008, 1, 1, 0, 0, 60, 0}, {2008, 1, 1, 0, 0, 0, 60},
        {2008, 65535, 1, 0, 0, 0, 0},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[DATE_TEXT_SIZE] = "untouched";
        CHECK_INT(date_format(&rows[i], text), WH_E_ARG);
        CHECK_STR(span_str(text), "untouched");
    }
}

static void test_parse(void)
{
    static const char *const rows[] = {
        "Mon, 28 Jul 2008 10:05:52 GMT",  "Mon, 28 Jul 2008 10:05:52 GMT\r\n", " mon 28 jul 2008 10 05 52",
        "Monday, 28-Jul-08 10:05:52 GMT", "Mon Jul 28 10:05:52 2008",          "28 Jul 2008 10:05:52",
        "28 JULY 2008 10:05:52 +0000",    "Sun, 28 Jul 2008 10:05:52 GMT",     "28Jul2008 10:5:52",
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct date date = {0};
        harness_row(rows[i]);
        CHECK_INT(date_parse(guard_make(span_str(rows[i])), &date), WH_OK);
        check_date(&date, &example);
    }
}

static void test_parse_years(void)
{
    static const struct {
        const char *text;
        uint16_t year;
    } rows[] = {
        {"06-Nov-69 08:49:37", 2069}, {"06-Nov-70 08:49:37", 1970},     {"06-Nov-00 08:49:37", 2000},
        {"06-Nov-99 08:49:37", 1999}, {"06-Nov-30827 08:49:37", 30827}, {"Nov 6 08:49:37 94", 1994},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct date date = {0};
        harness_row(rows[i].text);
        CHECK_INT(date_parse(guard_make(span_str(rows[i].text)), &date), WH_OK);
        CHECK_INT(date.year, rows[i].year);
    }
}

static void test_leap_second(void)
{
    struct date date = {0};

    CHECK_INT(date_parse(guard_make(LITERAL("Sat, 31 Dec 2016 23:59:60 GMT")), &date), WH_OK);
    CHECK_INT(date.second, 59);
}

static void test_parse_refuses(void)
{
    static const char *const rows[] = {
        "",
        "GMT",
        "no date at all",
        "Mon, 28 Jul 2008",
        "Mon, 28 Jul 2008 10:05",
        "Mon, 28 2008 10:05:52",
        "28 07 2008 10:05:52",
        "Mon, 28 Ju 2008 10:05:52",
        "Mon, 30 Feb 2008 10:05:52",
        "Mon, 28 Jul 1600 10:05:52",
        "Mon, 28 Jul 30828 10:05:52",
        "Mon, 28 Jul 4294969304 10:05:52",
        "Mon, 65564 Jul 2008 10:05:52",
        "Mon, 28 Jul 2008 24:00:00",
        "Mon, 28 Jul 2008 10:60:52",
        "Mon, 28 Jul 2008 10:05:61",
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct date date = example;
        harness_row(rows[i]);
        CHECK_INT(date_parse(guard_make(span_str(rows[i])), &date), WH_E_ARG);
        check_date(&date, &example);
    }
}

/* Every text that can be cut short is read without a look behind its end, and gives all of it or nothing. */
static void test_parse_truncated(void)
{
    struct span text = LITERAL("Mon, 28 Jul 2008 10:05:52");

    for (size_t n = 0; n <= text.n; n++) {
        struct date date = {0};
        enum wh_err err = date_parse(guard_make(span_head(text, n)), &date);
        CHECK_INT(err, n + 1 >= text.n ? WH_OK : WH_E_ARG);
        CHECK_INT(date.year, n + 1 >= text.n ? 2008 : 0);
    }
}

static void test_update(void)
{
    static const struct {
        const char *text;
        struct date want;
    } rows[] = {
        {"Mon, 28 Jul 2008 10:05:52 GMT", {2008, 7, 28, 1, 10, 5, 52}},
        {"Sun, 06 Nov 1994", {1994, 11, 6, 0, 10, 5, 52}},
        {"29 Jul", {2008, 7, 29, 2, 10, 5, 52}},
        {"29 Jul 2008 11", {2008, 7, 29, 2, 11, 5, 52}},
        {"29 Jul 2008 11:99999999", {2008, 7, 29, 2, 11, 5, 52}},
        {"", {2008, 7, 28, 1, 10, 5, 52}},
        {"no date at all", {2008, 7, 28, 1, 10, 5, 52}},
        {"30 Feb", {2008, 7, 28, 1, 10, 5, 52}},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct date date = example;
        harness_row(rows[i].text);
        date_update(guard_make(span_str(rows[i].text)), &date);
        check_date(&date, &rows[i].want);
    }
}

/* What is written is read as the same date: every day of a cycle of 400 years. */
static void test_round_trip(void)
{
    struct date date = {1601, 1, 1, 0, 0, 0, 0};
    unsigned weekday = 1;

    while (date.year < 2001) {
        char text[DATE_TEXT_SIZE];
        struct date back = {0};
        if (date_format(&date, text) != WH_OK) {
            /* The day does not exist: on to the first of the next month. */
            date.day = 1;
            date.year = (uint16_t)(date.year + (date.month == 12));
            date.month = (uint16_t)(date.month % 12 + 1);
            continue;
        }
        bool same = date_parse(span_str(text), &back) == WH_OK && back.year == date.year && back.month == date.month &&
                    back.day == date.day && back.weekday == weekday;
        if (!CHECK(same)) {
            harness_row(text);
            return;
        }
        weekday = (weekday + 1) % 7;
        date.day++;
    }
    CHECK_INT(weekday, 1);
}

static const struct test tests[] = {
    {"TM2: dates are written in one form, with the true weekday", test_format},
    {"fields that are no date are refused, and the text is untouched", test_format_refuses},
    {"TM4, TM5, RFC 9110 5.6.7: all forms give the same date", test_parse},
    {"RFC 6265 5.1.1: years of two digits", test_parse_years},
    {"RFC 9110 5.6.7: a leap second is accepted", test_leap_second},
    {"half a date and no date are refused, and the output is untouched", test_parse_refuses},
    {"a text cut short anywhere is refused", test_parse_truncated},
    {"an update takes what it can read and leaves the rest", test_update},
    {"each day of 400 years comes back as it went, weekday after weekday", test_round_trip},
};

HARNESS_MAIN(tests)
