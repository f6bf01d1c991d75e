# SPDX-License-Identifier: LGPL-2.1-or-later
# Unit programs: append to unit_programs; shared harness files to test_support_sources.
