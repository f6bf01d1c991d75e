#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# C as clang-format 14 writes it, shell as shellcheck likes it, and the licence's name in the first line of every file.

# shellcheck source=tests/lint/lib.sh
. "$(dirname "$0")/lib.sh"

tools clang-format-14 shellcheck

sources '*.c' '*.h' | while IFS= read -r file; do
    clang-format-14 --dry-run -Werror "$file" 2>&1 | grep -m 1 'error:'
done | verdict 'C is formatted'

# Libraries of shell functions are looked at through the commands that read them.
sources 'tools/*' 'tests/*' '.ci/run' | while IFS= read -r file; do
    head -n 1 "$file" | grep -aqE '^#!.*\b(ba)?sh$' || continue
    shellcheck -S warning -x -a -P SCRIPTDIR "$file" </dev/null
done | verdict 'shellcheck has nothing to say'

# A script's first line is its interpreter. Corpora and other data have no place for it.
sources '*' | grep -vE '^(COPYING\.LIB|README|tests/fuzz/corpus/.*|.*\.(txt|bin|pem|der))$' | while IFS= read -r file; do
    head -n 2 "$file" | grep -aq 'SPDX-License-Identifier: LGPL-2.1-or-later' || echo "$file"
done | verdict 'every file names its licence first'

finish
