# SPDX-License-Identifier: LGPL-2.1-or-later
# Chain programs: append to chain_programs.
