# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The libraries that go into winhttp.dll, cross-built static from Debian's source packages: one recipe each, and the
# sysroot they end in. A sysroot is keyed by the versions, the compiler and the recipes, is filled under another name and
# renamed when complete, so that a half-finished one is never mistaken for a finished one. After a kill the next run goes
# on behind the last library that was finished.
#
# Source versions are those of the installed native packages: both kinds of build link the same code.

# Library: Debian source package, the binary package whose version is followed.
deps_order=(gmp nettle tasn1 gnutls)
declare -A deps_source=([gmp]=gmp [nettle]=nettle [tasn1]=libtasn1-6 [gnutls]=gnutls28)
declare -A deps_binary=([gmp]=libgmp-dev [nettle]=nettle-dev [tasn1]=libtasn1-6-dev [gnutls]=libgnutls28-dev)

# Each recipe runs in the unpacked source; $host and $prefix are set. Generated build files are taken as shipped: Debian's
# patches touch their inputs, and a time stamp shall not call for tools that the machine has not.
as_shipped=(AUTOCONF=: AUTOHEADER=: AUTOMAKE=: ACLOCAL=: AUTOM4TE=: MAKEINFO=: AUTOGEN=: GTKDOC_SCAN=:)

configure_static() {
    PKG_CONFIG_LIBDIR=$prefix/lib/pkgconfig ./configure --host="$host" --prefix="$prefix" --libdir="$prefix/lib" \
        --enable-static --disable-shared --disable-dependency-tracking "${as_shipped[@]}" \
        CFLAGS="-O2 -ffunction-sections -fdata-sections -ffile-prefix-map=$PWD=. -ffile-prefix-map=$prefix=." \
        CPPFLAGS="-I$prefix/include -D_WIN32_WINNT=0x0A00" LDFLAGS="-L$prefix/lib" "$@"
}

# gmp: assembly for the CPU found at run time. Debian removed doc/, which configure wants to fill.
recipe_gmp() {
    mkdir -p doc
    printf 'all install install-data install-exec check clean distclean:\n' >doc/Makefile.in
    configure_static --enable-fat --disable-cxx CC_FOR_BUILD=gcc
    make -j"$jobs"
    make install
}

# nettle: the fat build chooses AES-NI, SHA and CLMUL code when the library starts; that reads CPUID and nothing else.
recipe_nettle() {
    configure_static --enable-fat --disable-openssl --disable-documentation --disable-gcov \
        --with-include-path="$prefix/include" --with-lib-path="$prefix/lib" CC_FOR_BUILD=gcc
    make -j"$jobs" libnettle.a libhogweed.a nettle.pc hogweed.pc
    make install-headers install-static install-pkgconfig
}

recipe_tasn1() {
    configure_static --disable-doc --disable-valgrind-tests
    make -j"$jobs" -C lib
    make -C lib install
}

# GnuTLS: what a TLS 1.2/1.3 client needs. Certificates are judged elsewhere, so no trust store, no PKCS #11, no file of
# system-wide settings. On Windows its constructor cannot be switched off from outside, although the function that asks is
# there: it is made to answer yes, and gnutls_global_init() is called by us, never under the loader lock. One of Debian's
# patches adds two files to a Makefile.am that is not run here: they join the library at the end. The header takes for
# granted that Windows programs use the DLL; ours does not.
recipe_gnutls() {
    sed -i '/^#ifndef _WIN32$/,/^#endif$/ { /^inline static int _gnutls_global_init_skip/,/^}/ s/return 0;/return 1;/ }' \
        lib/global.c
    grep -q 'return 1;' <(sed -n '/^inline static int _gnutls_global_init_skip/,/^}/p' lib/global.c)
    configure_static --disable-doc --disable-manpages --disable-tools --disable-cxx --disable-tests --disable-nls \
        --disable-guile --disable-libdane --disable-heartbeat-support --disable-dtls-srtp-support --disable-gost \
        --disable-srp-authentication --disable-anon-authentication --disable-openssl-compatibility \
        --disable-full-test-suite --disable-bash-tests --disable-valgrind-tests --disable-rpath --disable-gcc-warnings \
        --with-included-unistring --without-p11-kit --without-idn --without-tpm --without-tpm2 --without-zlib \
        --without-brotli --without-zstd --with-system-priority-file= --with-default-trust-store-file= \
        --without-default-trust-store-dir --enable-dyn-ncrypt
    make -j"$jobs" -C gl
    make -j"$jobs" -C gl gl_list.lo gl_linkedhash_list.lo
    make -j"$jobs" -C lib
    make -C lib install
    "$host-ar" rs "$prefix/lib/libgnutls.a" gl/gl_list.o gl/gl_linkedhash_list.o
    sed -i 's/^# define _SYM_EXPORT __declspec(dllimport)$/# define _SYM_EXPORT/' "$prefix/include/gnutls/gnutls.h"
    ! grep -q dllimport "$prefix/include/gnutls/gnutls.h"
}

# deps_versions: one line for each library; part of the key and of what the sysroot says about itself.
deps_versions() {
    local library
    for library in "${deps_order[@]}"; do
        echo "${deps_source[$library]} $(source_version "${deps_binary[$library]}")"
    done
}

# deps_key HOST: what a sysroot depends on. `declare` prints the recipes without their comments.
deps_key() {
    { deps_versions && "$1-gcc" -dumpfullversion && declare -f configure_static "${deps_order[@]/#/recipe_}"; } | digest
}

deps_path() {
    echo "$cache/deps/$1-$(deps_key "$1")"
}

# deps_refresh: the archive keeps only the newest revision of a source, so the packages that name the versions must be
# the newest as well.
deps_refresh() {
    enable_sources
    with_lock packages install_packages "${deps_binary[@]}"
}

# deps_library HOST LIBRARY: builds one library into $prefix, or finds that a run before did so.
deps_library() {
    local host=$1 library=$2 work=$3 prefix=$4 version source
    [ ! -e "$work/$library.done" ] || return 0
    version=$(source_version "${deps_binary[$library]}")
    source=$work/$library
    say "$host: building ${deps_source[$library]} $version"
    logged "$work/$library.fetch.log" with_lock sources unpack_source "${deps_source[$library]}" "$version" "$source"
    (
        cd "$source"
        logged "$work/$library.log" "recipe_$library"
    )
    rm -rf "$source"
    touch "$work/$library.done"
}

# deps_build HOST: fills the sysroot; the caller holds the lock of this host.
deps_build() {
    local host=$1 final work prefix library
    final=$(deps_path "$host")
    [ ! -d "$final" ] || return 0
    logged "$cache/log/sources.log" with_lock sources deps_refresh
    final=$(deps_path "$host")
    [ ! -d "$final" ] || return 0
    work=$cache/building/${final##*/}
    prefix=$work/sysroot
    mkdir -p "$prefix"
    for library in "${deps_order[@]}"; do
        deps_library "$host" "$library" "$work" "$prefix"
    done
    # The tree moves: pkg-config shall find it from where the .pc file lies, and libtool's archives would not.
    # shellcheck disable=SC2016  # the braces are pkg-config's
    sed -i "s|$prefix|\${pcfiledir}/../..|g" "$prefix"/lib/pkgconfig/*.pc
    rm -rf "${prefix:?}"/lib/*.la "${prefix:?}/bin" "${prefix:?}/share"
    deps_versions >"$prefix/VERSIONS"
    mkdir -p "$cache/deps"
    mv "$prefix" "$final"
    rm -rf "$work"
}
