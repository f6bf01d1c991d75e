/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * query_names: which header a WINHTTP_QUERY_* attribute number means.
 *
 * An attribute is either a header with a name, or one of a few things that are no header (status code, raw header
 * block, request method ...), or the word that the caller brings a name of its own. The number is looked up here
 * without its WINHTTP_QUERY_FLAG_* modifiers.
 *
 * Threads: any; the table is constant. Ownership: names are string literals. Limits: none. Errors: none; an unknown
 * number is a kind of its own. Source: API.md section 4.2, SEMANTICS R3 and R4.
 */
#ifndef API_QUERY_NAMES_H
#define API_QUERY_NAMES_H

#include <stdint.h>

enum query_kind {
    QUERY_HEADER,           /* a header; its name is given */
    QUERY_CUSTOM,           /* a header whose name the caller gives */
    QUERY_VERSION,          /* the HTTP version of the status or request line */
    QUERY_STATUS_CODE,      /* the status code */
    QUERY_STATUS_TEXT,      /* the reason phrase */
    QUERY_RAW_HEADERS,      /* all lines, each ended by NUL */
    QUERY_RAW_HEADERS_CRLF, /* all lines, each ended by CRLF */
    QUERY_REQUEST_METHOD,   /* the verb of the request */
    QUERY_UNASSIGNED,       /* a gap in the numbering: such a header is never there (12150) */
    QUERY_OUT_OF_RANGE      /* above the highest attribute: ERROR_INVALID_PARAMETER (R4) */
};

/* What the attribute number means. For QUERY_HEADER the name is stored in *name; otherwise *name is untouched. */
enum query_kind query_name_find(uint32_t number, const char **name);

#endif
