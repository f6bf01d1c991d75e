# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Running test programs and counting their subtests. A program prints TAP: `ok N - name`, `not ok N - name`, either with
# `# SKIP reason`, and a plan `1..N` first or last. Counted as one failure more: a program that ends with a bad status
# without having said why, that runs out of time, that prints fewer or more tests than it planned, or none at all.

passed=0
failed=0
skipped=0
# The program that runs now, and tap_stop to end it when we are ended: `timeout` has a process group of its own, which a
# terminal's interrupt does not reach.
tap_child=

tap_stop() {
    [ -z "$tap_child" ] || kill "$tap_child" 2>/dev/null || true
}

# tap_run NAME SECONDS COMMAND...
tap_run() {
    local name=$1 seconds=$2 log status=0 ok bad skip plan reason='' from=$SECONDS
    shift 2
    log=${WINHTTP_LOGS:-$top/build/logs}/$name.log
    mkdir -p "$(dirname "$log")"
    timeout --kill-after=10 "$seconds" "$@" >"$log" 2>&1 </dev/null &
    tap_child=$!
    # The shell itself would tell of a signal, too.
    { wait "$tap_child" || status=$?; } 2>/dev/null
    tap_child=

    skip=$(grep -aciE '^ok\b.*# *skip' "$log" || true)
    ok=$(($(grep -acE '^ok\b' "$log" || true) - skip))
    bad=$(grep -acE '^not ok\b' "$log" || true)
    plan=$(sed -nE 's/^1\.\.([0-9]+).*/\1/p' "$log" | head -n 1)
    if [ "$status" = 124 ] || [ "$status" = 137 ]; then
        reason="no end after $seconds s"
    elif [ "$status" != 0 ] && [ "$bad" = 0 ]; then
        reason="exit status $status"
    elif [ -n "$plan" ] && [ "$plan" != $((ok + bad + skip)) ]; then
        reason="$((ok + bad + skip)) tests where $plan were planned"
    elif [ "$((ok + bad + skip))" = 0 ] && [ "$plan" != 0 ]; then
        reason="no test was run"
    fi
    if [ "$plan" = 0 ] && [ -z "$reason" ]; then
        skip=1
    fi
    [ -z "$reason" ] || bad=$((bad + 1))
    passed=$((passed + ok))
    failed=$((failed + bad))
    skipped=$((skipped + skip))

    printf '%-44s %5d passed' "$name" "$ok"
    [ "$skip" = 0 ] || printf ', %d skipped' "$skip"
    [ "$bad" = 0 ] || printf ', %d FAILED' "$bad"
    [ -z "$reason" ] || printf ' (%s)' "$reason"
    [ $((SECONDS - from)) -lt 5 ] || printf ' [%d s]' $((SECONDS - from))
    printf '\n'
    grep -aiE '^(ok\b.*# *skip|1\.\.0)' "$log" | sed 's/^/    /' || true
    if [ "$bad" != 0 ]; then
        # What led to the failures; a program that broke off says it at its end.
        grep -aE '^(#|not ok)' "$log" | tail -n 40 | sed 's/^/    /' || true
        [ -z "$reason" ] || tail -n 30 "$log" | sed 's/^/    | /'
        printf '    (all of it: %s)\n' "${log#"$top"/}"
    fi
}

# tap_skip NAME REASON: something that this machine cannot run.
tap_skip() {
    skipped=$((skipped + 1))
    printf '%-44s SKIPPED: %s\n' "$1" "$2"
}

# tap_fail NAME REASON: something that failed before it could be run.
tap_fail() {
    failed=$((failed + 1))
    printf '%-44s FAILED: %s\n' "$1" "$2"
}

# tap_close: the closing line; its status is that of the whole run.
tap_close() {
    printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
    [ "$failed" = 0 ] && [ "$passed" -gt 0 ]
}
