# SPDX-License-Identifier: LGPL-2.1-or-later
# The lints, for the distribution.
EXTRA_DIST += tests/lint/can_fail.sh tests/lint/dll.sh tests/lint/format.sh tests/lint/ids.sh tests/lint/lib.sh \
  tests/lint/pure.sh tests/lint/rooms.sh tests/lint/size.sh tests/lint/strip.awk tests/lint/words.sh
