#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The include matrix: which room may include what. A room that reaches where it may not shows in its #include lines long
# before it shows in a bug.

# shellcheck source=tests/lint/lib.sh
. "$(dirname "$0")/lib.sh"

# C11 without clocks, locales, wide characters, threads and signals.
c11='<(assert|errno|float|inttypes|limits|stdalign|stdarg|stdatomic|stdbool|stddef|stdint|stdio|stdlib|stdnoreturn|string)\.h>'
digests='<nettle/[a-z0-9]+\.h>'
engines='<(gnutls/[a-z0-9]+|nghttp2/[a-z0-9]+|zlib)\.h>'
# Whatever the system offers, except the libraries that only some rooms may know.
system='<(?!gnutls/|nettle/|nghttp2/|zlib\.h)[A-Za-z0-9_/]+\.h>'
public='["<](winhttp|winhttp-[a-z]+|httprequest)\.h[">]'

# room ROOM ALLOWED...: Perl patterns for what stands behind #include.
room() {
    local name=$1 allowed
    shift
    allowed=$(printf '|%s' "\"$name/[a-z0-9_]+\.(h|def)\"" "$@")
    sources "dlls/winhttp/$name/*.c" "dlls/winhttp/$name/*.h" | while IFS= read -r file; do
        grep -nE '^[[:space:]]*#[[:space:]]*include' "$file" |
            grep -vP "^\d+:\s*#\s*include\s+(${allowed#|})" | sed "s|^|$file:|"
    done | verdict "$name includes only what it may"
}

room base "$c11"
room proto "$c11" '"base/' "$digests"
room stack "$c11" '"(base|proto)/' "$engines"
room io "$system" '"base/'
# The verdict on a certificate is spoken in the flags of the public header; GnuTLS's matcher judges host names.
room sys "$system" '"(base|stack)/' '<gnutls/' "$public"
room core "$system" '"(base|proto|stack|io|sys|notify)/' "$public"
# A lane is handed to a worker as a task, workers are told when they enter the application, one wait is bounded, and a
# lane's lock has its place in the one order.
room notify "$system" '"base/' '"core/object\.h"' '"io/(loop|clock|lock)\.h"' "$public"
# Two exported functions are nothing but HTTP's dates. DllMain attaches what the debug build keeps of locks.
room api "$system" '"(base|core|notify)/' '"io/lock\.h"' '"proto/(url[a-z_]*|date)\.h"' "$public"
room com "$system" '"base/' "$public"

sources 'dlls/winhttp/*.c' 'dlls/winhttp/*.h' |
    grep -vE '^dlls/winhttp/(base|proto|stack|io|sys|core|notify|api|com)/[a-z0-9_]+\.[ch]$' |
    sed 's/$/: in no room, or its name is not lower case/' | verdict 'every file lives in a room'

finish
