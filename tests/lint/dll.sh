#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# dll.sh DLL: what a finished winhttp.dll imports and exports, read from the file itself.

dll=$(realpath "$1")
set --
# shellcheck source=tests/lint/lib.sh
. "$(dirname "$0")/lib.sh"

headers=$(objdump -p "$dll")
documented='advapi32|bcrypt|crypt32|kernel32|msvcrt|ncrypt|ole32|oleaut32|secur32|shlwapi|user32|winhttp|ws2_32'

# Every other DLL would have to be installed beside ours.
sed -nE 's/^[[:space:]]*DLL Name: (.*)/\1/p' <<<"$headers" | grep -viE "^($documented)\.dll$" |
    sed 's/^/imported: /' | verdict 'imports come from documented system DLLs alone'

sed -nE 's/^[[:space:]]*DLL Name: (.*)/\1/p' <<<"$headers" | grep -iE '^(winhttp|wininet)\.dll$' |
    sed 's/^/imported: /' | verdict 'the DLL does not import what it replaces'

wanted=$(sed -nE '/^EXPORTS/,$ s/^[[:space:]]+([A-Za-z][A-Za-z0-9]*).*/\1/p' dlls/winhttp/api/winhttp.def | sort)
found=$(sed -nE '/Ordinal\/Name Pointer/,/^$/ s/^[[:space:]]*\[ *[0-9]+\] (.*)/\1/p' <<<"$headers" | sort)
diff <(echo "$wanted") <(echo "$found") | sed -n -e 's/^</missing:/p' -e 's/^>/not in the .def file:/p' |
    verdict 'exports are those of the .def file, undecorated'

for flag in DYNAMIC_BASE NX_COMPAT; do
    grep -q "^[[:space:]]*$flag" <<<"$headers" || echo "missing: $flag"
done | verdict 'the DLL may be moved and its data is not executable'

# A library linked as a DLL by mistake would lie here, or be missing here.
find "$(dirname "$dll")" -maxdepth 1 -name '*.dll' ! -name winhttp.dll | sed 's/^/beside it: /' |
    verdict 'no other DLL is needed beside it'

stat -c '%s' "$dll" | awk '$1 > 8388608 { print $1 " bytes" }' | verdict 'the DLL is shipped without its debug information'

finish
