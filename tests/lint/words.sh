#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Words that must not be: in the code of some rooms (comments and strings do not count), or anywhere at all.

# shellcheck source=tests/lint/lib.sh
. "$(dirname "$0")/lib.sh"

strip=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)/strip.awk

# banned RULE PATTERN FILES... [! EXCEPTIONS...]: a Perl pattern that the code of these files must not contain. A name
# counts where it is called or used by itself, not as a field (`filter->send`) or as a part of a longer name.
banned() {
    local rule=$1 pattern=$2 files=() exceptions=()
    shift 2
    while [ $# -gt 0 ] && [ "$1" != '!' ]; do
        files+=("$1")
        shift
    done
    [ $# = 0 ] || shift
    exceptions=("$@")
    sources "${files[@]}" | while IFS= read -r file; do
        [[ " ${exceptions[*]} " != *" $file "* ]] || continue
        awk -f "$strip" "$file" | grep -nP "(?<![A-Za-z0-9_.>])(?:$pattern)(?![A-Za-z0-9_])" | sed "s|^|$file:|"
    done | verdict "$rule"
}

pure=('dlls/winhttp/base/*.[ch]' 'dlls/winhttp/proto/*.[ch]' 'dlls/winhttp/stack/*.[ch]')
above=('dlls/winhttp/core/*.[ch]' 'dlls/winhttp/notify/*.[ch]' 'dlls/winhttp/api/*.[ch]' 'dlls/winhttp/com/*.[ch]')
windows=('dlls/winhttp/io/*.[ch]' 'dlls/winhttp/sys/*.[ch]' "${above[@]}")

banned 'no string function that does not know how long its result may be' \
    'strcpy|strcat|strncpy|strncat|strtok|sprintf|vsprintf|gets|scanf|sscanf|wcscpy|wcscat|wcsncpy|lstrcpy[AW]?|lstrcat[AW]?|wsprintf[AW]?|alloca|_alloca' \
    '*.c' '*.h'
banned 'no number read without a check' \
    'ato[ifl]|atoll|_wto[if]|strtok|wcstok' '*.c' '*.h'
banned 'pure rooms: memory comes from base/mem' \
    '(malloc|calloc|realloc|free|strdup|strndup|aligned_alloc)(?=\s*\()' "${pure[@]}" ! dlls/winhttp/base/mem.c
banned 'pure rooms: no type that differs between the hosts' \
    'wchar_t|WCHAR|long|DWORD|ULONG|BOOL|HANDLE|ssize_t|off_t' "${pure[@]}"
banned 'pure rooms: no clock, no chance, no environment' \
    '(time|clock|clock_gettime|gettimeofday|GetTickCount|GetTickCount64|rand|srand|random|getrandom|getenv|gnutls_rnd)(?=\s*\()' \
    "${pure[@]}"
banned 'pure rooms: no locks and no threads' \
    '_Thread_local|mtx_\w+|thrd_\w+|pthread_\w+|atomic_\w+|_Atomic' "${pure[@]}" ! dlls/winhttp/base/mem.c
banned 'sockets are touched in io alone' \
    '(WSA(Recv|Send|Socket|Connect|Poll|Ioctl|Startup)\w*|recv|send|recvfrom|sendto|socket|connect|select|closesocket|ioctlsocket|shutdown|getaddrinfo|GetAddrInfo\w*)(?=\s*\()' \
    "${pure[@]}" 'dlls/winhttp/sys/*.[ch]' "${above[@]}"
banned 'core keeps no state in the last error' \
    '(GetLastError|SetLastError|WSAGetLastError)(?=\s*\()' 'dlls/winhttp/core/*.[ch]' ! dlls/winhttp/core/err.c
banned 'each lock has its rank (io/lock.h); sys takes its own with no other held' \
    '((Acquire|Release|TryAcquire|Initialize)SRWLock\w*|SRWLOCK\w*|CRITICAL_SECTION|(Initialize|Enter|Leave)CriticalSection\w*)' \
    "${windows[@]}" ! dlls/winhttp/io/lock.h dlls/winhttp/io/lock.c dlls/winhttp/sys/trust_engine.c
banned 'no thread is killed, frozen or put to sleep; the default pool is the application'"'"'s' \
    '(TerminateThread|SuspendThread|Sleep|SleepEx|SwitchToThread|QueueUserWorkItem|SendMessage[AW]?|ExitThread)(?=\s*\()' \
    "${windows[@]}"
banned 'tests do not sleep' \
    '(sleep|usleep|nanosleep|Sleep|SleepEx)(?=\s*\()' 'tests/*.c' 'tests/*.h'

# Marks of unfinished work, in comments as well; this file names them in pieces.
sources '*' | grep -vE '^(COPYING\.LIB|tests/fuzz/corpus/.*)$' | while IFS= read -r file; do
    grep -aInwE 'TO''DO|FIX''ME|XX''X|HA''CK' "$file" | cut -c1-120 | sed "s|^|$file:|"
done | verdict 'nothing is marked as unfinished'

# Where the tree lay on somebody's machine, and where that machine gets its packages, is nobody's business.
sources '*' | grep -vE '^(COPYING\.LIB|tests/fuzz/corpus/.*)$' | while IFS= read -r file; do
    grep -aInE '(^|[^A-Za-z0-9_.$}/-])/(work|root|home|Users)/|https?://[^ ]+/debian' "$file" | cut -c1-120 |
        sed "s|^|$file:|"
done | verdict "no path of one machine and no archive's host"

finish
