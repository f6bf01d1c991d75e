# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The three build trees: build/win64, build/win32 and build/native. Configured again only when the choices changed; make
# knows the rest.

# bootstrap: makes configure and its friends where they are missing or older than what they are made from.
bootstrap() {
    if [ -x "$top/configure" ] && [ -e "$top/Makefile.in" ] &&
        [ -z "$(find "$top/configure.ac" "$top/Makefile.am" "$top/include" "$top/dlls" "$top/tools" "$top/tests" \
            \( -name configure.ac -o -name Makefile.am -o -name local.mk \) -newer "$top/Makefile.in" -print -quit)" ]; then
        return 0
    fi
    say "making configure"
    (cd "$top" && logged "$top/build/bootstrap.log" autoreconf -fi)
}

# configured DIR ARGUMENT...: configures DIR, unless it was with the same arguments.
configured() {
    local dir=$1
    shift
    if [ -e "$dir/config.status" ] && [ "$(cat "$dir/configured-with" 2>/dev/null)" = "$*" ]; then
        return 0
    fi
    say "configuring ${dir#"$top"/}"
    rm -rf "$dir"
    mkdir -p "$dir"
    (cd "$dir" && logged "$dir/configure.log" "$top/configure" -q "$@")
    echo "$*" >"$dir/configured-with"
}

# compile DIR TARGET...: the compiler's words are wanted when it fails, its silence otherwise.
compile() {
    local dir=$1
    shift
    say "building ${dir#"$top"/}"
    make -C "$dir" -s -j"$jobs" V=0 "$@" >&2
}

# windows_host BITS
windows_host() {
    case $1 in
    64) echo x86_64-w64-mingw32 ;;
    32) echo i686-w64-mingw32 ;;
    *) die "bits are 64 or 32, not '$1'" ;;
    esac
}

# build_windows BITS TARGET...: the DLL and the programs in build/win64 or build/win32. 64-debug and 64-starve (and 32) are trees
# of their own: one asserts more, the other besides lets memory run out.
build_windows() {
    local tree=$1 host deps arguments=()
    shift
    host=$(windows_host "${tree%-*}")
    case $tree in
    *-debug) arguments=(--enable-debug) ;;
    *-starve) arguments=(--enable-debug --enable-failmalloc) ;;
    esac
    deps=$("$top/tools/deps" "$host")
    with_lock "tree-$(echo "$top" | digest)" bootstrap
    configured "$top/build/win$tree" --host="$host" --with-deps="$deps" "${arguments[@]}"
    compile "$top/build/win$tree" "$@"
}

# build_native NAME ARGUMENT... -- TARGET...: the pure rooms, in build/NAME.
build_native() {
    local name=$1 arguments=()
    shift
    while [ "$1" != -- ]; do
        arguments+=("$1")
        shift
    done
    shift
    with_lock "tree-$(echo "$top" | digest)" bootstrap
    configured "$top/build/$name" "${arguments[@]}"
    compile "$top/build/$name" "$@"
}
