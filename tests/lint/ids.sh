#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Facts that are not tested are opinions. Each sequence of notifications (N), each state rule of WebSockets (W30 to W49)
# and each decision (D) of SEMANTICS is named by the text of at least one check in tests/conform, by its whole id: in a
# range only the ends count. What cannot be tested there is listed here with the reason, and only as long as that is so.

# shellcheck source=tests/lint/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

declare -A exempt=(
    [D10]='no cookies are kept yet, so there is no store to ask'
    [D13]='says which page wins, not what the library does'
)

# The ids in the texts of tests/conform: what stands between double quotes.
cited=$(sources 'tests/conform/*.c' | xargs -r grep -hoE '"([^"\\]|\\.)*"' | grep -oE '\b(N|W|D)[0-9]+\b' | sort -u)

is_cited() {
    grep -qx "$1" <<<"$cited"
}

# each LETTER FIRST LAST: the rule for these ids.
each() {
    local id n
    for ((n = $2; n <= $3; n++)); do
        id=$1$n
        is_cited "$id" || [ -n "${exempt[$id]-}" ] || echo "$id: no check in tests/conform names it"
    done | verdict "$1$2 to $1$3: each is named by a check"
}

each N 1 35
each W 30 49
each D 1 18

for id in "${!exempt[@]}"; do
    ! is_cited "$id" || echo "$id: is named by a check, so it needs no exemption"
done | verdict 'what is exempt is not tested'

finish
