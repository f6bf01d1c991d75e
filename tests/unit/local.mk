# SPDX-License-Identifier: LGPL-2.1-or-later
# Unit programs: append to unit_programs; shared harness files to test_support_sources.
unit_programs += tests/unit/test_date
unit_programs += tests/unit/test_query_names
tests_unit_test_query_names_SOURCES = tests/unit/test_query_names.c dlls/winhttp/api/query_names.c
test_support_sources += tests/unit/harness.h tests/unit/harness.c
unit_programs += tests/unit/test_buf
unit_programs += tests/unit/test_heap
unit_programs += tests/unit/test_list
unit_programs += tests/unit/test_mem
unit_programs += tests/unit/test_text
