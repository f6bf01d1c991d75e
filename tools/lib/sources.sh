# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Debian source packages, without touching the system's apt configuration: the archives that the system already trusts
# are asked for their sources through a configuration, lists and cache of our own. Callers hold the lock "sources".

apt_private=$cache/apt
apt_options=(
    -o Dir::Etc::sourcelist=/dev/null
    -o Dir::Etc::sourceparts="$apt_private/sources"
    -o Dir::State::lists="$apt_private/lists"
    -o Dir::Cache="$apt_private/cache"
    -o APT::Sandbox::User=root
)

# enable_sources: copies the stanzas of this Debian release and turns them from binary into source archives.
enable_sources() {
    local release file
    release=$(debian_release)
    rm -rf "$apt_private/sources"
    mkdir -p "$apt_private"/{sources,lists/partial,cache/archives/partial}
    for file in /etc/apt/sources.list.d/*.sources; do
        [ -e "$file" ] || continue
        awk -v RS= -v ORS='\n\n' -v suites="(^|\n)Suites:[^\n]*[ \t]$release" '$0 ~ suites' "$file" |
            sed 's/^Types:.*/Types: deb-src/' >"$apt_private/sources/${file##*/}"
    done
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        [ -e "$file" ] || continue
        awk -v release="$release" '$1 == "deb" && $0 ~ ("[ \t]" release) { $1 = "deb-src"; print }' "$file" \
            >"$apt_private/sources/${file##*/}"
        case $file in *.list) ;; *) mv "$apt_private/sources/${file##*/}" "$apt_private/sources/main.list" ;; esac
    done
    apt-get -q "${apt_options[@]}" update
}

# source_version BINARY: the source version of an installed package. What we cross-build is what the native build links.
source_version() {
    # shellcheck disable=SC2016  # the braces are dpkg's
    dpkg-query -W -f='${source:Version}' "$1"
}

# unpack_source PACKAGE VERSION DIR: puts the patched source into DIR. The archives' signatures are apt's business.
unpack_source() {
    local package=$1 version=$2 dir=$3 download=$apt_private/download/$1
    rm -rf "$download" "$dir"
    mkdir -p "$download"
    (cd "$download" && apt-get -q "${apt_options[@]}" source --download-only "$package=$version")
    dpkg-source --no-copy -x "$download"/*.dsc "$dir"
    rm -rf "$download"
}
