#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# tests/conform/run.sh --bits 64|32 BUILD_DIR [PROGRAM...]: runs the conformance programs against real servers.
#
# Starts nginx, the WebSocket servers and the scripted server on loopback, makes the test authority trusted in the
# private prefix, runs each program of BUILD_DIR/tests/conform (or those named), and stops the servers. Prints TAP: each
# program's lines with its name in front, numbered anew, and one line for a program that ended badly. The last line is
# the plan; the exit status is 0 if nothing failed.
#
# RUNNER is the command that runs a Windows program (default: tools/wine-run, which takes --win32, --any and --files).
# CONFORM_TIMEOUT is the longest a program may take, in seconds (default 900).

set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd -P)
top=$(cd "$here/../.." && pwd -P)
servers=$top/tests/server
python=/usr/bin/python3

die() {
    printf 'run.sh: %s\n' "$*" >&2
    exit 2
}

if [ "${1-}" != --bits ] || [ $# -lt 3 ]; then
    die "usage: tests/conform/run.sh --bits 64|32 BUILD_DIR [PROGRAM...]"
fi
bits=$2
build=$(cd "$3" && pwd -P)/tests/conform
shift 3

read -r -a runner <<<"${RUNNER:-$top/tools/wine-run}"
[ "$bits" = 64 ] || runner+=(--win32)

# ---- servers -------------------------------------------------------------------------------------------------------

work=$(mktemp -d)
started=()

stop_servers() {
    [ ${#started[@]} = 0 ] || kill "${started[@]}" 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$work"
}
trap stop_servers EXIT

# start NAME COMMAND...: runs a server in the background, its output in $work/NAME.
start() {
    local name=$1
    shift
    "$@" >"$work/$name" 2>"$work/$name.errors" </dev/null &
    started+=($!)
}

# await NAME PATTERN: until the server's output has this line. The server says when it is ready; this only looks.
await() {
    local tries=0
    until grep -q "$2" "$work/$1"; do
        tries=$((tries + 1))
        [ $tries -lt 1200 ] || {
            cat "$work/$1.errors" >&2
            die "the server $1 did not start"
        }
        sleep 0.05
    done
}

# start_nginx CERTS: on ports that were free a moment ago. If somebody has taken one since, nginx ends, and gets others;
# its pid is written when it listens on all of them.
start_nginx() {
    local nginx tries pid
    nginx=$(PATH=$PATH:/usr/sbin command -v nginx) || die "nginx is not installed"
    for _ in 1 2 3; do
        "$python" "$servers/make_nginx.py" "$work/nginx" "$1" "$STUB_PLAIN_PORT" >"$work/nginx.ports"
        start nginx-output "$nginx" -p "$work/nginx" -c "$work/nginx/nginx.conf" -e "$work/nginx/nginx-error.log"
        pid=${started[-1]}
        for ((tries = 0; tries < 1200; tries++)); do
            [ ! -s "$work/nginx/nginx.pid" ] || return 0
            kill -0 "$pid" 2>/dev/null || break
            sleep 0.05
        done
    done
    cat "$work/nginx-output.errors" "$work/nginx/nginx-error.log" >&2 || true
    die "nginx did not start"
}

start_servers() {
    local certs=$work/certs port name
    "$servers/make_certs.sh" "$certs"
    start ws "$python" "$servers/ws_echo.py" --subprotocol chat --subprotocol echo
    start wss "$python" "$servers/ws_echo.py" --subprotocol chat --cert "$certs/server.pem" --key "$certs/server.key"
    start stub "$python" "$servers/stub.py" "$servers/scripts.txt" --cert "$certs/server.pem" --key "$certs/server.key"
    await ws PORT
    await wss PORT
    await stub READY
    while read -r _ name port; do
        [ -z "$port" ] || export "STUB_${name^^}_PORT=$port"
    done <"$work/stub"
    WS_PORT=$(cut -d' ' -f2 "$work/ws")
    WSS_PORT=$(cut -d' ' -f2 "$work/wss")
    export WS_PORT WSS_PORT
    start_nginx "$certs"
    set -a
    # shellcheck source=/dev/null
    . "$work/nginx.ports"
    set +a
    "${runner[@]}" --any "$build/trustca.exe" <"$certs/ca.der" || die "the test authority could not be made trusted"
}

# ---- programs ------------------------------------------------------------------------------------------------------

number=0
failed=0

# result ok|"not ok" TEXT
result() {
    number=$((number + 1))
    [ "$1" = ok ] || failed=$((failed + 1))
    printf '%s %d - %s\n' "$1" "$number" "$2"
}

# renumber NAME: the lines of one program on standard input, as lines of ours. Sets `planned` and `seen`.
renumber() {
    local line
    planned='' seen=0
    while IFS= read -r line; do
        line=${line%$'\r'}
        case $line in
        'ok '* | 'not ok '*)
            seen=$((seen + 1))
            if [[ $line =~ ^(ok|not\ ok)\ [0-9]+\ -\ (.*)$ ]]; then
                result "${BASH_REMATCH[1]}" "$1: ${BASH_REMATCH[2]}"
            else
                result "not ok" "$1: cannot read: $line"
            fi
            ;;
        1..0*) planned=0 && result ok "$1: # SKIP ${line#*SKIP }" ;;
        1..*) planned=${line#1..} ;;
        *) printf '# %s: %s\n' "$1" "${line#\# }" ;;
        esac
    done
}

# run_program NAME: programs named io_* test a room without the DLL, so the runner must not insist on it; exhaust is about
# a limit that must not be far.
run_program() {
    local name=$1 status=0 from=$SECONDS options=()
    [[ $name != io_* ]] || options=(--any)
    [ "$name" != exhaust ] || options=(--files 500)
    if ! [ -e "$build/$name.exe" ]; then
        result "not ok" "$name: $build/$name.exe was not built"
        return
    fi
    timeout -k 10 "${CONFORM_TIMEOUT:-900}" "${runner[@]}" "${options[@]}" "$build/$name.exe" >"$work/output" 2>"$work/errors" \
        </dev/null || status=$?
    renumber "$name" <"$work/output"
    if [ "$status" = 124 ] || [ "$status" = 137 ]; then
        result "not ok" "$name: took longer than ${CONFORM_TIMEOUT:-900} seconds"
    elif [ "$planned" != "$seen" ] && [ "$planned" != 0 ]; then
        result "not ok" "$name: ended early (exit status $status, $seen checks, plan ${planned:-missing})"
        sed "s/^/# $name: /" "$work/errors"
    elif [ "$status" -gt 1 ]; then
        result "not ok" "$name: exit status $status"
        sed "s/^/# $name: /" "$work/errors"
    fi
    printf '# %s: %d checks, %d s\n' "$name" "$seen" $((SECONDS - from))
}

start_servers
if [ $# = 0 ]; then
    for program in "$build"/*.exe; do
        name=$(basename "$program" .exe)
        [ "$name" = trustca ] || set -- "$@" "$name"
    done
fi
for program; do
    run_program "$(basename "$program" .exe)"
done
printf '# %d-bit: %d checks, %d failed, %d s\n' "$bits" "$number" "$failed" "$SECONDS"
printf '1..%d\n' "$number"
[ "$failed" = 0 ]
