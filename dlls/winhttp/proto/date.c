/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "proto/date.h"

#include <stdbool.h>

static const char month_names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
static const char weekday_names[] = "SunMonTueWedThuFriSat";

enum { DAY, MONTH, YEAR, HOUR, MINUTE, SECOND, FIELDS };

static bool date__leap(uint32_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static bool date__valid(const struct date *d)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    if (d->year < 1601 || d->year > 30827 || d->month < 1 || d->month > 12)
        return false;
    uint32_t last = days[d->month - 1] + (d->month == 2 && date__leap(d->year) ? 1u : 0u);
    return d->day >= 1 && d->day <= last && d->hour < 24 && d->minute < 60 && d->second < 60;
}

/* Days are counted from Monday, 1 January 1601, where a cycle of 400 years begins. */
static uint16_t date__weekday(const struct date *d)
{
    static const uint16_t before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};

    uint32_t years = d->year - 1601u;
    uint32_t days = years * 365 + years / 4 - years / 100 + years / 400 + before[d->month - 1] + d->day - 1u;
    if (d->month > 2 && date__leap(d->year))
        days++;
    return (uint16_t)((days + 1) % 7);
}

static char *date__put(char *out, const char *text, size_t n)
{
    memcpy(out, text, n);
    return out + n;
}

static char *date__put_number(char *out, uint32_t value, size_t digits)
{
    for (size_t i = digits; i-- > 0; value /= 10)
        out[i] = (char)('0' + value % 10);
    return out + digits;
}

enum wh_err date_format(const struct date *date, char text[DATE_TEXT_SIZE])
{
    if (!date__valid(date))
        return WH_E_ARG;

    char *out = text;
    out = date__put(out, weekday_names + 3 * date__weekday(date), 3);
    out = date__put(out, ", ", 2);
    out = date__put_number(out, date->day, 2);
    out = date__put(out, " ", 1);
    out = date__put(out, month_names + 3 * (date->month - 1), 3);
    out = date__put(out, " ", 1);
    out = date__put_number(out, date->year, date->year > 9999 ? 5 : 4);
    out = date__put(out, " ", 1);
    out = date__put_number(out, date->hour, 2);
    out = date__put(out, ":", 1);
    out = date__put_number(out, date->minute, 2);
    out = date__put(out, ":", 1);
    out = date__put_number(out, date->second, 2);
    date__put(out, " GMT", 5);
    return WH_OK;
}

static bool date__digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool date__letter(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Takes the run of bytes of one class from the front of *text. */
static struct span date__take(struct span *text, bool (*class)(uint8_t))
{
    size_t n = 0;
    while (n < text->n && class(text->p[n]))
        n++;
    struct span run = span_head(*text, n);
    *text = span_skip(*text, n);
    return run;
}

/* A run of digits as a number; longer ones than any field has are no number. */
static bool date__number(struct span run, uint16_t *value)
{
    uint32_t v = 0;

    if (run.n > 5)
        return false;
    for (size_t i = 0; i < run.n; i++)
        v = v * 10 + (uint32_t)(run.p[i] - '0');
    if (v > 30827)
        return false;
    *value = (uint16_t)v;
    return true;
}

/* The month a word begins with, 1 to 12, or 0. */
static uint16_t date__month(struct span word)
{
    for (uint16_t m = 0; m < 12; m++)
        if (word.n >= 3 && span_equal_nocase(span_head(word, 3), span_make(month_names + 3 * m, 3)))
            return (uint16_t)(m + 1);
    return 0;
}

static uint16_t date__full_year(uint16_t year, size_t digits)
{
    if (digits > 2)
        return year;
    return (uint16_t)(year + (year < 70 ? 2000 : 1900));
}

/*
 * Words and numbers, whatever separates them. The numbers come in one of two orders: day (month) year hour minute
 * second, or, when the month came before the first number (asctime), day hour minute second year. Numbers behind the
 * last one that is expected, and words other than months, say nothing.
 */
static unsigned date__scan(struct span text, uint16_t field[FIELDS])
{
    static const uint8_t day_first[] = {DAY, YEAR, HOUR, MINUTE, SECOND};
    static const uint8_t month_first[] = {DAY, HOUR, MINUTE, SECOND, YEAR};
    const uint8_t *order = day_first;
    unsigned found = 0;
    size_t numbers = 0;

    while (text.n && numbers < sizeof(day_first)) {
        struct span word = date__take(&text, date__letter);
        struct span run = date__take(&text, date__digit);
        uint16_t month = date__month(word);
        if (month && !(found & 1u << MONTH)) {
            field[MONTH] = month;
            found |= 1u << MONTH;
            order = numbers ? day_first : month_first;
        }
        if (run.n) {
            unsigned which = order[numbers++];
            if (!date__number(run, &field[which]))
                break;
            if (which == YEAR)
                field[YEAR] = date__full_year(field[YEAR], run.n);
            found |= 1u << which;
        }
        if (!word.n && !run.n)
            text = span_skip(text, 1);
    }
    /* A leap second is a valid date (RFC 9110 section 5.6.7), but no field of a SYSTEMTIME can hold it. */
    if (found & 1u << SECOND && field[SECOND] == 60)
        field[SECOND] = 59;
    return found;
}

static enum wh_err date__set(const uint16_t field[FIELDS], struct date *date)
{
    struct date d = {.year = field[YEAR],
                     .month = field[MONTH],
                     .day = field[DAY],
                     .hour = field[HOUR],
                     .minute = field[MINUTE],
                     .second = field[SECOND]};

    if (!date__valid(&d))
        return WH_E_ARG;
    d.weekday = date__weekday(&d);
    *date = d;
    return WH_OK;
}

enum wh_err date_parse(struct span text, struct date *date)
{
    uint16_t field[FIELDS] = {0};

    if (date__scan(text, field) != (1u << FIELDS) - 1)
        return WH_E_ARG;
    return date__set(field, date);
}

enum wh_err date_update(struct span text, struct date *date)
{
    uint16_t field[FIELDS] = {
        [DAY] = date->day,   [MONTH] = date->month,   [YEAR] = date->year,
        [HOUR] = date->hour, [MINUTE] = date->minute, [SECOND] = date->second,
    };

    date__scan(text, field);
    return date__set(field, date);
}
