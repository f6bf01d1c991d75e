# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Debian packages: what a build, a run and a test need, and how missing ones come onto the machine.
# Nothing is asked of the network while everything is installed already.

# shellcheck disable=SC2034  # each command takes the lists it needs

build_packages=(
    autoconf automake make gcc libc6-dev pkg-config m4 patch xz-utils bzip2 dpkg-dev ca-certificates
    gcc-mingw-w64-x86-64-win32 gcc-mingw-w64-i686-win32 binutils-mingw-w64-x86-64 binutils-mingw-w64-i686
    libz-mingw-w64-dev
    libgmp-dev nettle-dev libtasn1-6-dev libgnutls28-dev zlib1g-dev
)
# shellcheck disable=SC2034
run_packages=(wine wine64 libwine openssl python3 python3-websockets)
# shellcheck disable=SC2034
check_packages=(clang-14 libclang-rt-14-dev clang-format-14 shellcheck nginx-light debootstrap git)

# missing_packages NAME...: prints those that are not installed.
missing_packages() {
    local name
    for name; do
        [ "$(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || echo "$name"
    done
}

# need_packages NAME...: installs what is missing.
need_packages() {
    local missing
    command -v dpkg-query >/dev/null || die "this set-up is for Debian; elsewhere use configure and make (see README)"
    mapfile -t missing < <(missing_packages "$@")
    [ "${#missing[@]}" -gt 0 ] || return 0
    say "installing packages: ${missing[*]}"
    with_lock packages install_packages "${missing[@]}"
}

install_packages() {
    as_root apt-get -q update
    as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
        apt-get -q -y -o DPkg::Lock::Timeout=600 --no-install-recommends install "$@"
}
