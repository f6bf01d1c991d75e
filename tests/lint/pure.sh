#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# pure.sh ARCHIVE: what the compiled pure rooms say of themselves. Data that can be written and lives as long as the
# program is state that no caller sees; only base may have some (the counters of mem, the sink of trace).

archive=$(realpath "$1")
set --
# shellcheck source=tests/lint/lib.sh
. "$(dirname "$0")/lib.sh"

objdump -t "$archive" | awk '
    /file format/ { object = $1; sub(/:$/, "", object) }
    $0 ~ / O (\.data|\.bss|\.tdata|\.tbss|\*COM\*)/ && object !~ /^(mem|trace)\.o$/ && $NF !~ /^__/ &&
        $NF !~ /^\.L/ && $NF !~ /asan|ubsan|\.LASANLOC/ && $0 !~ /\.data\.rel\.ro/ { print object " has the variable " $NF }' |
    verdict 'pure rooms: no static data that can be written'

finish
