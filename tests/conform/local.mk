# SPDX-License-Identifier: LGPL-2.1-or-later
# Windows test programs: append to conform_programs; shared files to conform_support_sources.
conform_programs += tests/conform/header_sizes
conform_programs += tests/conform/messages
conform_programs += tests/conform/stubs
conform_programs += tests/conform/times
tests_conform_messages_LDADD = $(LDADD) -lversion
