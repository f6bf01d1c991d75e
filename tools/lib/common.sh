# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What every command here shares: where things are, how it speaks, how it takes a lock.
# Sourced, never run. Sets:
#   top    the source tree            cache  the place for everything that is made once
#   jobs   parallel jobs for make
# Messages of ours go to standard error, so that a wrapped program keeps standard output to itself.

set -euo pipefail
# One order for sort, one encoding for everybody, and for Wine's idea of a code page.
export LC_ALL=C.UTF-8

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
cache=${WINHTTP_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/winhttp}
# shellcheck disable=SC2034  # for make
jobs=${WINHTTP_JOBS:-$(nproc 2>/dev/null || echo 1)}
mkdir -p "$cache"

say() {
    printf '== %s\n' "$*" >&2
}

die() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 1
}

# as_root COMMAND...: runs it as root, through sudo where we are not root ourselves.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        die "this step needs root or sudo: $*"
    fi
}

# with_lock NAME COMMAND...: only one process at a time does NAME. The lock is the kernel's, on an open file, so a killed
# holder leaves nothing behind. COMMAND does not inherit the file, for a child of it may outlive us (a wineserver does);
# the closing `exit` keeps the shell, and so the lock, alive until COMMAND is done.
with_lock() {
    local name=$1
    shift
    mkdir -p "$cache/locks"
    (
        if ! flock -n 9; then
            say "waiting for another process that holds the lock '$name'"
            flock 9
        fi
        "$@" 9>&-
        exit $?
    ) 9>"$cache/locks/$name"
}

# attempt COMMAND...: leaves its status in $status and goes on. COMMAND stands in no condition, so that `set -e` holds
# inside when it is a function; in a subshell, so that `die` ends only that.
attempt() {
    set +e
    (
        set -e
        "$@"
    )
    status=$?
    set -e
}

# logged LOG COMMAND...: keeps the output of a long step in a file and shows its end only when the step fails.
logged() {
    local log=$1 status
    shift
    mkdir -p "$(dirname "$log")"
    attempt "$@" >"$log" 2>&1 </dev/null
    if [ "$status" != 0 ]; then
        tail -n 40 "$log" >&2
        die "failed: $* (the whole output is in $log)"
    fi
}

# debian_release: the code name of the Debian that this machine runs.
debian_release() {
    sed -n 's/^VERSION_CODENAME=//p' /etc/os-release
}

# digest: a short key for whatever stands on standard input.
digest() {
    sha256sum | cut -c1-16
}
