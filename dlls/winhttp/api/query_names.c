/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "api/query_names.h"

#include <stddef.h>

/* WINHTTP_QUERY_CUSTOM, far above the others. */
#define QUERY_NAMES_CUSTOM 65535

static const struct {
    enum query_kind kind;
    const char *name;
} attributes[] = {
    [0] = {QUERY_HEADER, "MIME-Version"},
    [1] = {QUERY_HEADER, "Content-Type"},
    [2] = {QUERY_HEADER, "Content-Transfer-Encoding"},
    [3] = {QUERY_HEADER, "Content-ID"},
    [4] = {QUERY_HEADER, "Content-Description"},
    [5] = {QUERY_HEADER, "Content-Length"},
    [6] = {QUERY_HEADER, "Content-Language"},
    [7] = {QUERY_HEADER, "Allow"},
    [8] = {QUERY_HEADER, "Public"},
    [9] = {QUERY_HEADER, "Date"},
    [10] = {QUERY_HEADER, "Expires"},
    [11] = {QUERY_HEADER, "Last-Modified"},
    [12] = {QUERY_HEADER, "Message-ID"},
    [13] = {QUERY_HEADER, "URI"},
    [14] = {QUERY_HEADER, "Derived-From"},
    [15] = {QUERY_HEADER, "Cost"},
    [16] = {QUERY_HEADER, "Link"},
    [17] = {QUERY_HEADER, "Pragma"},
    [18] = {QUERY_VERSION, NULL},
    [19] = {QUERY_STATUS_CODE, NULL},
    [20] = {QUERY_STATUS_TEXT, NULL},
    [21] = {QUERY_RAW_HEADERS, NULL},
    [22] = {QUERY_RAW_HEADERS_CRLF, NULL},
    [23] = {QUERY_HEADER, "Connection"},
    [24] = {QUERY_HEADER, "Accept"},
    [25] = {QUERY_HEADER, "Accept-Charset"},
    [26] = {QUERY_HEADER, "Accept-Encoding"},
    [27] = {QUERY_HEADER, "Accept-Language"},
    [28] = {QUERY_HEADER, "Authorization"},
    [29] = {QUERY_HEADER, "Content-Encoding"},
    [30] = {QUERY_HEADER, "Forwarded"},
    [31] = {QUERY_HEADER, "From"},
    [32] = {QUERY_HEADER, "If-Modified-Since"},
    [33] = {QUERY_HEADER, "Location"},
    [34] = {QUERY_HEADER, "Orig-URI"},
    [35] = {QUERY_HEADER, "Referer"},
    [36] = {QUERY_HEADER, "Retry-After"},
    [37] = {QUERY_HEADER, "Server"},
    [38] = {QUERY_HEADER, "Title"},
    [39] = {QUERY_HEADER, "User-Agent"},
    [40] = {QUERY_HEADER, "WWW-Authenticate"},
    [41] = {QUERY_HEADER, "Proxy-Authenticate"},
    [42] = {QUERY_HEADER, "Accept-Ranges"},
    [43] = {QUERY_HEADER, "Set-Cookie"},
    [44] = {QUERY_HEADER, "Cookie"},
    [45] = {QUERY_REQUEST_METHOD, NULL},
    [46] = {QUERY_HEADER, "Refresh"},
    [47] = {QUERY_HEADER, "Content-Disposition"},
    [48] = {QUERY_HEADER, "Age"},
    [49] = {QUERY_HEADER, "Cache-Control"},
    [50] = {QUERY_HEADER, "Content-Base"},
    [51] = {QUERY_HEADER, "Content-Location"},
    [52] = {QUERY_HEADER, "Content-MD5"},
    [53] = {QUERY_HEADER, "Content-Range"},
    [54] = {QUERY_HEADER, "ETag"},
    [55] = {QUERY_HEADER, "Host"},
    [56] = {QUERY_HEADER, "If-Match"},
    [57] = {QUERY_HEADER, "If-None-Match"},
    [58] = {QUERY_HEADER, "If-Range"},
    [59] = {QUERY_HEADER, "If-Unmodified-Since"},
    [60] = {QUERY_HEADER, "Max-Forwards"},
    [61] = {QUERY_HEADER, "Proxy-Authorization"},
    [62] = {QUERY_HEADER, "Range"},
    [63] = {QUERY_HEADER, "Transfer-Encoding"},
    [64] = {QUERY_HEADER, "Upgrade"},
    [65] = {QUERY_HEADER, "Vary"},
    [66] = {QUERY_HEADER, "Via"},
    [67] = {QUERY_HEADER, "Warning"},
    [68] = {QUERY_HEADER, "Expect"},
    [69] = {QUERY_HEADER, "Proxy-Connection"},
    [70] = {QUERY_HEADER, "Unless-Modified-Since"},
    [71] = {QUERY_UNASSIGNED, NULL},
    [72] = {QUERY_UNASSIGNED, NULL},
    [73] = {QUERY_UNASSIGNED, NULL},
    [74] = {QUERY_UNASSIGNED, NULL},
    [75] = {QUERY_HEADER, "Proxy-Support"},
    [76] = {QUERY_HEADER, "Authentication-Info"},
    [77] = {QUERY_HEADER, "PassportURLs"},
    [78] = {QUERY_HEADER, "PassportConfig"},
};

enum query_kind query_name_find(uint32_t number, const char **name)
{
    if (number == QUERY_NAMES_CUSTOM)
        return QUERY_CUSTOM;
    if (number >= sizeof(attributes) / sizeof(attributes[0]))
        return QUERY_OUT_OF_RANGE;
    if (attributes[number].kind == QUERY_HEADER)
        *name = attributes[number].name;
    return attributes[number].kind;
}
