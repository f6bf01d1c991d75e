#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A lint that cannot fail holds nothing. Each rule is shown a small tree that breaks it, and must say so.

here=$(cd "$(dirname "$0")" && pwd -P)
set --
# shellcheck source=tests/lint/lib.sh
. "$here/lib.sh"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# breaks LINT RULE PATH: a tree with one file at PATH, whose text is on standard input; the lint must name the rule.
breaks() {
    local lint=$1 rule=$2 path=$3
    rm -rf "$scratch/tree"
    mkdir -p "$scratch/tree/$(dirname "$path")"
    cat >"$scratch/tree/$path"
    if ! "$here/$lint.sh" "$scratch/tree" 2>&1 | grep -q "^not ok [0-9]* - .*$rule"; then
        echo "$lint.sh passed a tree that breaks '$rule'"
    fi | verdict "$lint notices: $rule"
}

breaks rooms 'base includes' dlls/winhttp/base/a.c <<<'#include <windows.h>'
breaks rooms 'proto includes' dlls/winhttp/proto/a.c <<<'#  include <gnutls/gnutls.h>'
breaks rooms 'proto includes' dlls/winhttp/proto/a.c <<<'#include <time.h>'
breaks rooms 'stack includes' dlls/winhttp/stack/a.h <<<'#include "io/loop.h"'
breaks rooms 'io includes' dlls/winhttp/io/a.c <<<'#include "core/conn.h"'
breaks rooms 'io includes' dlls/winhttp/io/a.c <<<'#include <gnutls/gnutls.h>'
breaks rooms 'sys includes' dlls/winhttp/sys/a.c <<<'#include "core/session.h"'
breaks rooms 'core includes' dlls/winhttp/core/a.c <<<'#include "api/guard.h"'
breaks rooms 'notify includes' dlls/winhttp/notify/a.c <<<'#include "core/conn.h"'
breaks rooms 'api includes' dlls/winhttp/api/a.c <<<'#include "stack/chain.h"'
breaks rooms 'com includes' dlls/winhttp/com/a.c <<<'#include "core/object.h"'
breaks rooms 'lives in a room' dlls/winhttp/util.c <<<'int a;'
breaks size 'no file' dlls/winhttp/base/a.c < <(yes 'int a;' | head -n 601)
breaks size 'no function' dlls/winhttp/base/a.c < <(printf 'int a(void)\n{\n' && yes '    b();' | head -n 81 && printf '}\n')
breaks ids 'named by a check' tests/conform/a.c <<<'int a(void) { return b("N1 N2 to N35: W30 W49"); }'
breaks ids 'not tested' tests/conform/a.c <<<'int a(void) { return b("D13: both"); }'
breaks format 'C is formatted' a.c <<<'int a( void );'
# shellcheck disable=SC2016  # the text of a script
breaks format 'shellcheck' tools/a <<<'#!/bin/sh
echo "$nobody_set_me"'
breaks format 'licence' a.c <<<'int a;'
breaks words 'how long its result' a.c <<<'void a(char *b) { strcpy(b, b); }'
breaks words 'without a check' a.c <<<'int a(char *b) { return atoi(b); }'
breaks words 'base/mem' dlls/winhttp/proto/a.c <<<'void *a(void) { return malloc(1); }'
breaks words 'differs between' dlls/winhttp/base/a.h <<<'unsigned long a;'
breaks words 'no clock' dlls/winhttp/stack/a.c <<<'int a(void) { return rand(); }'
breaks words 'no threads' dlls/winhttp/proto/a.c <<<'static _Atomic int a;'
breaks words 'io alone' dlls/winhttp/core/a.c <<<'int a(int b) { return recv(b, 0, 0, 0); }'
breaks words 'last error' dlls/winhttp/core/a.c <<<'int a(void) { return GetLastError(); }'
breaks words 'put to sleep' dlls/winhttp/notify/a.c <<<'void a(void) { Sleep(1); }'
breaks words 'tests do not sleep' tests/unit/a.c <<<'void a(void) { usleep(1); }'
breaks words 'unfinished' a.c <<<'/* TO''DO */'
breaks words 'one machine' a.txt < <(printf '/%s/main\n' work)

# What must not be noticed: words in comments and strings, and names that only contain them.
rm -rf "$scratch/tree"
mkdir -p "$scratch/tree/dlls/winhttp/stack"
cat >"$scratch/tree/dlls/winhttp/stack/a.c" <<'END'
/* Not a long time; free( of malloc(. */
const char *a = "strcpy(long)"; // DWORD
int b(struct filter *f) { return f->send(f) + f->ops.recv(f) + mem_free(f) + belong(f); }
END
"$here/words.sh" "$scratch/tree" | grep '^not ok' | verdict 'words takes comments, strings and longer names for what they are'

finish
