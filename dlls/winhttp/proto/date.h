/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * date: HTTP dates, both ways.
 *
 * Written in one form, `Mon, 28 Jul 2008 10:05:52 GMT`. Read in the three forms that RFC 9110 section 5.6.7 asks a
 * recipient to know (that one, RFC 850's, asctime's) and more leniently: letters in any case, any separators, weekday
 * and time zone optional. The zone is always taken for GMT. A year of two digits below 70 is 20xx, else 19xx (RFC 6265
 * section 5.1.1), because the clock that RFC 9110 would consult is not to be had here.
 *
 * Threads: any; no state. Ownership: nothing is kept. Limits: years 1601 to 30827, as in SYSTEMTIME.
 * Errors: WH_E_ARG when fields or text are no date. Source: RFC 9110 section 5.6.7, SEMANTICS TM2, TM4 and TM5.
 */
#ifndef PROTO_DATE_H
#define PROTO_DATE_H

#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

struct date {
    uint16_t year;
    uint16_t month;   /* 1 to 12 */
    uint16_t day;     /* 1 to 31 */
    uint16_t weekday; /* 0 is Sunday; always computed from the other fields, never trusted */
    uint16_t hour;
    uint16_t minute;
    uint16_t second; /* 0 to 59 */
};

/* Room for the longest text, whose year has five digits, and its NUL. */
#define DATE_TEXT_SIZE 31

/* Writes *date as text with a NUL. */
enum wh_err date_format(const struct date *date, char text[DATE_TEXT_SIZE]);

/* Reads a complete date: day, month, year, hour, minute and second. */
enum wh_err date_parse(struct span text, struct date *date);

/*
 * Replaces in *date what the text has, as far as it can be read, and leaves the rest. If what comes out is no date,
 * *date stays as it was.
 */
enum wh_err date_update(struct span text, struct date *date);

#endif
