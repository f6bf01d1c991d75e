# SPDX-License-Identifier: LGPL-2.1-or-later
# The lints, for the distribution.
