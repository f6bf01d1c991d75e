/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * http and https URLs as UTF-16 units: split into offsets, so that the API can point into the caller's own string, and
 * composed.
 *
 * Parts: scheme "://" [user [":" password] "@"] host [":" port] path extra. path is "" or begins with "/" ("#", right
 * behind the host); extra is "" or begins with "?". The two are neighbours, so path and query together are path.len +
 * extra.len units (UX10). "#" begins nothing (UX16), it only ends the host, as it does for every other reader of URLs.
 * The host of an IPv6 literal keeps its brackets; url_host_bare takes them off. Nothing else of a host is checked
 * (UX31). An absent part has length 0 and has_... false; its offset is where it would stand (UX7, UX8, UX14).
 *
 * Threads: any. Ownership: the caller's memory only. Limits: cap of each call.
 * Errors: WH_E_SCHEME (no scheme, or not http or https: UX27), WH_E_URL (UX23, UX25, UX26), WH_E_FULL, WH_E_ARG.
 */
#ifndef PROTO_URL_H
#define PROTO_URL_H

#include "base/text.h"

/* The numbers of INTERNET_SCHEME. */
#define URL_SCHEME_NONE  0
#define URL_SCHEME_HTTP  1
#define URL_SCHEME_HTTPS 2

struct url_part {
    size_t off, len;
};

struct url_parts {
    struct url_part scheme, user, password, host, path, extra;
    bool has_user, has_password, has_path, has_extra;
    bool port_given; /* digits were there; else port is the scheme's default (UX22) */
    uint16_t port;
    int scheme_id;
};

enum wh_err url_split(struct wspan url, struct url_parts *out);

/* The host without the brackets of an IPv6 literal. */
struct wspan url_host_bare(struct wspan host);

uint16_t url_default_port(int scheme_id); /* 80, 443, or 0 */
int url_scheme_id(struct wspan scheme);   /* case folded; URL_SCHEME_NONE when unknown */

/* A URL to be composed: texts are copied as they are. */
struct url_text {
    struct wspan scheme; /* "http" without "://" */
    bool has_user, has_password;
    struct wspan user, password;
    struct wspan host; /* an IPv6 address without brackets gets them when literal is true */
    bool literal;
    bool write_port; /* the caller compares with url_default_port (RD3, UC12) */
    uint16_t port;
    struct wspan path, extra;
};

/* dst NULL: only *len. No terminator. WH_E_FULL: neither is touched. */
enum wh_err url_compose(const struct url_text *t, uint16_t *dst, size_t cap, size_t *len);

/*
 * ICU_DECODE (UX29): %XX to characters. A run of escapes that is UTF-8 becomes its characters; an escaped byte that is
 * not part of UTF-8 becomes the character of that number; %00 and a "%" without two digits stay as they are. Never
 * grows. dst NULL: only *len.
 */
enum wh_err url_decode(struct wspan s, uint16_t *dst, size_t cap, size_t *len);

/*
 * ICU_ESCAPE (UX30, UC19-UC23): percent-escapes, upper-case, the characters listed in UC19, "%" and "~" among them.
 * Above U+007F each byte of the character in the code page is escaped: UTF-8 when utf8 is true, else Latin-1, and
 * WH_E_ARG for a character outside it (UC23).
 */
enum wh_err url_escape_icu(struct wspan s, bool utf8, uint16_t *dst, size_t cap, size_t *len);

#endif
