# SPDX-License-Identifier: LGPL-2.1-or-later
# Unit programs: append to unit_programs; shared harness files to test_support_sources.
unit_programs += tests/unit/test_date
unit_programs += tests/unit/test_query_names
tests_unit_test_query_names_SOURCES = tests/unit/test_query_names.c dlls/winhttp/api/query_names.c
