# SPDX-License-Identifier: LGPL-2.1-or-later
# The commands, for the distribution.
EXTRA_DIST += tools/bench tools/build tools/check tools/deps tools/install-prefix tools/quickstart tools/soak tools/wine-root \
  tools/wine-run tools/stdcall-def.sh tools/lib/bench-one tools/lib/build.sh tools/lib/common.sh tools/lib/deps.sh tools/lib/enter-root \
  tools/lib/packages.sh tools/lib/sources.sh tools/lib/tap.sh tools/lib/wine.sh
