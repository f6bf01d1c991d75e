# SPDX-License-Identifier: LGPL-2.1-or-later
# Windows test programs: append to conform_programs; shared files to conform_support_sources.
conform_programs += tests/conform/header_sizes
conform_programs += tests/conform/messages
conform_programs += tests/conform/stubs
conform_programs += tests/conform/times
tests_conform_messages_LDADD = $(LDADD) -lversion

conform_support_sources += \
	tests/conform/client.c tests/conform/client.h \
	tests/conform/harness.c tests/conform/harness.h \
	tests/conform/recorder.c tests/conform/recorder.h \
	tools/wscat/names.c tools/wscat/names.h

conform_programs += tests/conform/crackurl
conform_programs += tests/conform/handles
conform_programs += tests/conform/headers
conform_programs += tests/conform/options
conform_programs += tests/conform/trustca

EXTRA_DIST += tests/conform/run.sh
EXTRA_DIST += tests/server/make_certs.sh tests/server/make_nginx.py tests/server/scripts.txt
EXTRA_DIST += tests/server/stub.py tests/server/ws_echo.py
