#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# tools/stdcall-def.sh NM ARCHIVE DEF: prints DEF with the names as the 32-bit compiler decorates them (WinHttpOpen@20),
# which is what dlltool needs for an import library; ARCHIVE knows the decorations. Without any (64-bit) DEF comes out as it
# went in. A comment in DEF starts with a semicolon.

nm=$1 archive=$2 def=$3

"$nm" --defined-only "$archive" 2>/dev/null | awk '
    FNR == NR {
        # 00000000 T _WinHttpOpen@20
        if ($2 == "T" && $3 ~ /^_[A-Za-z0-9]+@[0-9]+$/) {
            name = substr($3, 2)
            plain = name
            sub(/@.*/, "", plain)
            decorated[plain] = name
        }
        next
    }
    { sub(/\r$/, "") }
    match($0, /^[ \t]*[A-Za-z][A-Za-z0-9]*/) {
        word = substr($0, 1, RLENGTH)
        gsub(/[ \t]/, "", word)
        if (word in decorated)
            sub(word, decorated[word])
    }
    { print }' - "$def"
