#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Length: a file holds one idea and a function one screen. Function bodies are what stands between a brace alone in the
# first column and the next closing one there, which clang-format makes sure of; tables do not begin so.

# shellcheck source=tests/lint/lib.sh
. "$(dirname "$0")/lib.sh"

file_limit=600
function_limit=80

sources '*.c' '*.h' '*.py' '*.sh' 'tools/*' 'tests/*/run' 'configure.ac' '*.mk' '*.am' | while IFS= read -r file; do
    lines=$(wc -l <"$file")
    [ "$lines" -le "$file_limit" ] || echo "$file: $lines lines"
done | verdict "no file has more than $file_limit lines"

sources '*.c' '*.h' | while IFS= read -r file; do
    awk -v limit="$function_limit" -v file="$file" '
        /^{/ { start = NR; next }
        /^}/ && start {
            if (NR - start - 1 > limit)
                print file ":" start ": a body of " NR - start - 1 " lines"
            start = 0
        }' "$file"
done | verdict "no function body has more than $function_limit lines"

finish
