# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Wine in its places. An *engine* is where a Wine comes from: the machine's own, or a Debian root of another architecture
# or release below the cache, entered by chroot. A *prefix* is a Windows of ours for one engine, one tree and one purpose
# (WINHTTP_PURPOSE), made once under another name and renamed, so that a killed wineboot leaves nothing that looks usable.
#
# wine_choose BITS      sets engine (host, an absolute path, or empty: none) and prefix
# wine_provide BITS     makes the engine available, if it can
# wine_prefix           makes the prefix
# wine_command NAME ... runs wine or wineserver in the engine, with the prefix
# wine_ready BITS       all of that, and a server that waits
#
# WINHTTP_WINE_SUITE=trixie takes both bitnesses from a root of that Debian release (tools/wine-root makes it).

purpose=${WINHTTP_PURPOSE:-run}
export WINEDLLOVERRIDES='' WINEDEBUG=${WINEDEBUG:--all}
suite=${WINHTTP_WINE_SUITE:-}
suite_here=$(debian_release)

root_path() {
    echo "$cache/roots/$1-$2"
}

# host_loader BITS: the machine's own Wine, past Debian's wrapper, which complains where only one bitness is installed.
host_loader() {
    local loader=/usr/lib/wine/wine64
    [ "$1" = 64 ] || loader=/usr/lib/wine/wine
    [ -x "$loader" ] && echo "$loader"
}

wine_architecture() {
    [ "$1" = 64 ] && echo amd64 || echo i386
}

wine_choose() {
    bits=$1
    engine=
    if [ -z "$suite" ] && host_loader "$bits" >/dev/null; then
        engine=host
    elif [ -e "$(root_path "${suite:-$suite_here}" "$(wine_architecture "$bits")")/usr/lib/wine" ]; then
        engine=$(root_path "${suite:-$suite_here}" "$(wine_architecture "$bits")")
    fi
    prefix=$cache/prefix/$purpose-${suite:-$suite_here}-$bits-$(echo "$top" | digest)
    [ -n "$engine" ]
}

# ---- engines -------------------------------------------------------------------------------------------------------

# wine_provide BITS: 64-bit Wine is a package of the machine. 32-bit Wine is one as well where i386 is enabled already;
# we do not enable it on a system that is not ours. Otherwise, and for another release, a root of its own.
wine_provide() {
    wine_choose "$1" && return 0
    if [ -z "$suite" ] && [ "$1" = 64 ]; then
        need_packages wine wine64 libwine
    elif [ -z "$suite" ] && dpkg --print-foreign-architectures | grep -qx i386 &&
        (need_packages wine32:i386); then
        :
    else
        need_packages debootstrap
        with_lock roots root_make "${suite:-$suite_here}" "$(wine_architecture "$1")" >&2
    fi
    wine_choose "$1"
}

# root_make SUITE ARCHITECTURE: the archive is the one this machine installs from.
root_make() {
    local final work packages archive
    final=$(root_path "$1" "$2")
    [ ! -e "$final" ] || return 0
    packages=wine,libwine
    [ "$2" = amd64 ] && packages=$packages,wine64 || packages=$packages,wine32
    # shellcheck disable=SC2016  # the braces are apt's
    archive=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME)' 'Created-By: Packages' |
        awk -v release="$suite_here" '$2 == release { print $1; exit }')
    [ -n "$archive" ] || die "apt knows no archive for $suite_here"
    say "making a root of Debian $1, $2, with Wine"
    work=$cache/roots/.part-$1-$2
    as_root rm -rf --one-file-system "$work"
    mkdir -p "$cache/roots"
    logged "$cache/log/debootstrap-$1-$2.log" as_root debootstrap --arch="$2" --variant=minbase \
        --include="$packages" "$1" "$work" "$archive"
    as_root rm -rf "$work/var/cache/apt" "$work/var/lib/apt/lists"
    as_root mv "$work" "$final"
}

# ---- running -------------------------------------------------------------------------------------------------------

# in_engine COMMAND...: inside a root the tree, the cache and the machine's /proc, /dev and /tmp are where they are outside,
# and so is every exported variable; the mounts belong to the process and go with it.
in_engine() {
    local name variables=()
    if [ "$engine" = host ]; then
        "$@"
        return
    fi
    for name in $(compgen -e); do
        variables+=("$name=${!name}")
    done
    as_root unshare --mount --propagation private "$BASH" "$top/tools/lib/enter-root" "$engine" "$(id -u):$(id -g)" \
        "$PWD" "$cache" "$top" -- env -i "${variables[@]}" "$@"
}

# wine_command NAME ARGUMENT...: wine or wineserver of the engine on the prefix. HOME is ours as well, for wineboot makes
# links into it.
wine_command() {
    local name=$1
    shift
    case $name-$bits in
    wine-64) name=wine64 ;;
    wineserver-*) [ ! -x "${engine#host}/usr/lib/wine/wineserver$bits" ] || name=wineserver$bits ;;
    esac
    (
        export WINEPREFIX=$prefix HOME=$cache/home DISPLAY='' WINEARCH=win$bits
        mkdir -p "$HOME"
        in_engine "/usr/lib/wine/$name" "$@"
    )
}

# wine_start: a server that outlives the programs for a while saves each of them the start of one. The first program also
# starts Windows' services; they shall not hold the standard files of the program that the user runs.
wine_start() {
    if wine_command wineserver -p"${WINHTTP_LINGER:-60}" >/dev/null 2>&1 </dev/null; then
        WINEDLLOVERRIDES='' wine_command wine cmd.exe /c exit >/dev/null 2>&1 </dev/null || true
    fi
}

wine_stop() {
    wine_command wineserver -k >/dev/null 2>&1 || true
}

# ---- prefixes ------------------------------------------------------------------------------------------------------

wine_prefix() {
    [ -e "$prefix/made" ] || with_lock "prefix-${prefix##*/}" prefix_make >&2
}

prefix_make() {
    local final=$prefix
    [ ! -e "$final/made" ] || return 0
    say "making a Wine prefix ($bits bit)"
    local prefix=$cache/prefix/.part-${final##*/}
    rm -rf "$prefix" "$final"
    mkdir -p "$cache/prefix"
    export WINEDLLOVERRIDES='mscoree=;mshtml=;winemenubuilder.exe='
    logged "$cache/log/wineboot-$bits.log" wine_command wine wineboot.exe -i
    wine_command wine reg.exe add 'HKCU\Software\Wine\WineDbg' /v ShowCrashDialog /t REG_DWORD /d 0 /f >/dev/null 2>&1
    wine_command wineserver -w
    [ -e "$prefix/system.reg" ] || die "wineboot made no prefix"
    touch "$prefix/made"
    mv "$prefix" "$final"
}

# wine_install_dll DLL: our DLL into the prefix; under another name first, for a running program may have the old one mapped.
wine_install_dll() {
    local target=$prefix/drive_c/windows/system32/winhttp.dll
    [ -s "$1" ] || die "$1 is not there: run tools/build $bits"
    cmp -s "$1" "$target" && return 0
    cp "$1" "$target.$$"
    mv -f "$target.$$" "$target"
}

# wine_ready BITS: engine, prefix and server, whatever of them is missing.
wine_ready() {
    wine_provide "$1" || die "no $1-bit Wine is to be had on this machine"
    wine_prefix
    wine_start
}
