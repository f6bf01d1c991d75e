# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the lints share. Each lint takes the tree to look at (default: this one) and prints TAP: one line for each rule, and
# before a failed one a comment for each place that breaks it.

set -u
# The last part of a pipe is this shell, so that verdict can count.
shopt -s lastpipe

root=${1:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)}
cd "$root" || exit 1
number=0
failures=0

# What autoreconf makes, where no git says that it is not ours.
generated='^(build/|build-aux/|autom4te\.cache/|aclocal\.m4$|configure$|configure~$|Makefile\.in$)'

# sources PATTERN...: the files of ours, known to git or not yet, whose path matches one of the shell patterns.
sources() {
    local file pattern
    if [ -e .git ]; then
        git ls-files --cached --others --exclude-standard
    else
        find . -type f | sed 's|^\./||' | grep -vE "$generated"
    fi | sort -u | while IFS= read -r file; do
        [ -f "$file" ] || continue
        for pattern; do
            # shellcheck disable=SC2053  # a pattern is meant
            if [[ $file == $pattern ]]; then
                printf '%s\n' "$file"
                break
            fi
        done
    done
}

# verdict RULE: ok, unless the places on standard input are any.
verdict() {
    local places
    places=$(cat)
    number=$((number + 1))
    if [ -z "$places" ]; then
        printf 'ok %d - %s\n' "$number" "$1"
        return
    fi
    printf '%s\n' "$places" | sed 's/^/# /'
    printf 'not ok %d - %s\n' "$number" "$1"
    failures=$((failures + 1))
}

# tools NAME...: a lint whose tool is missing must not find everything in order.
tools() {
    local tool
    for tool; do
        command -v "$tool" >/dev/null || echo "$tool is not installed"
    done | verdict "the tools are there: $*"
}

# finish: the plan, and the exit status.
finish() {
    printf '1..%d\n' "$number"
    [ "$failures" = 0 ]
}
