# SPDX-License-Identifier: LGPL-2.1-or-later
# Windows test programs: append to conform_programs; shared files to conform_support_sources.
conform_programs += tests/conform/available
conform_programs += tests/conform/bulk
conform_programs += tests/conform/cancel
conform_programs += tests/conform/crackurl
conform_programs += tests/conform/early
conform_programs += tests/conform/errors
conform_programs += tests/conform/exhaust
conform_programs += tests/conform/facts
conform_programs += tests/conform/forestalled
conform_programs += tests/conform/handle_values
conform_programs += tests/conform/handles
conform_programs += tests/conform/header_sizes
conform_programs += tests/conform/headers
conform_programs += tests/conform/hostile
conform_programs += tests/conform/http_async
conform_programs += tests/conform/http_sync
conform_programs += tests/conform/io_connect
conform_programs += tests/conform/io_loop
conform_programs += tests/conform/io_pass
conform_programs += tests/conform/io_recv
conform_programs += tests/conform/io_resolve
conform_programs += tests/conform/io_send
conform_programs += tests/conform/io_timer
conform_programs += tests/conform/leave
conform_programs += tests/conform/life
conform_programs += tests/conform/messages
conform_programs += tests/conform/notify
conform_programs += tests/conform/option_effects
conform_programs += tests/conform/option_table
conform_programs += tests/conform/options
conform_programs += tests/conform/payloads
conform_programs += tests/conform/race
conform_programs += tests/conform/refusals
conform_programs += tests/conform/resend
conform_programs += tests/conform/sequences
conform_programs += tests/conform/stubs
conform_programs += tests/conform/timeouts
conform_programs += tests/conform/times
conform_programs += tests/conform/tls
conform_programs += tests/conform/trustca
conform_programs += tests/conform/trickle
conform_programs += tests/conform/turns
conform_programs += tests/conform/unload
conform_programs += tests/conform/ws_async
conform_programs += tests/conform/ws_between
conform_programs += tests/conform/ws_cases
conform_programs += tests/conform/ws_close
conform_programs += tests/conform/ws_cuts
conform_programs += tests/conform/ws_cuts_tls
conform_programs += tests/conform/ws_limits
conform_programs += tests/conform/ws_many
conform_programs += tests/conform/ws_pressed
conform_programs += tests/conform/ws_states
conform_programs += tests/conform/ws_sync
conform_programs += tests/conform/ws_upgrade
conform_programs += tests/conform/ws_twice
tests_conform_messages_LDADD = $(LDADD) -lversion
tests_conform_option_effects_LDADD = $(LDADD) -ladvapi32
# With servers that speak TLS.
tls_server_sources = tests/conform/wire_tls.c tests/conform/wire_tls.h
tls_server_libraries = $(LDADD) $(DEPS_LIBS) -lws2_32 -lcrypt32 -lbcrypt -lncrypt
tests_conform_bulk_SOURCES = tests/conform/bulk.c $(tls_server_sources)
tests_conform_bulk_LDFLAGS = $(AM_LDFLAGS) -static
tests_conform_bulk_LDADD = $(tls_server_libraries)
tests_conform_forestalled_SOURCES = tests/conform/forestalled.c $(tls_server_sources)
tests_conform_forestalled_LDFLAGS = $(AM_LDFLAGS) -static
tests_conform_forestalled_LDADD = $(tls_server_libraries)
tests_conform_pool_tls_SOURCES = tests/conform/pool_tls.c $(tls_server_sources)
tests_conform_pool_tls_LDFLAGS = $(AM_LDFLAGS) -static
tests_conform_pool_tls_LDADD = $(tls_server_libraries)
tests_conform_ws_cases_SOURCES = tests/conform/ws_cases.c $(tls_server_sources)
tests_conform_ws_cases_LDFLAGS = $(AM_LDFLAGS) -static
tests_conform_ws_cases_LDADD = $(tls_server_libraries)
tests_conform_ws_limits_SOURCES = tests/conform/ws_limits.c $(tls_server_sources)
tests_conform_ws_limits_LDFLAGS = $(AM_LDFLAGS) -static
tests_conform_ws_limits_LDADD = $(tls_server_libraries)

# For a DLL whose allocations can be made to fail.
starve_files = tests/conform/starve.c tests/conform/starve.h tests/conform/starve_plays.c
tests_conform_starve_SOURCES = $(starve_files)
EXTRA_DIST += $(starve_files)
if FAILMALLOC
conform_programs += tests/conform/starve
endif

conform_support_sources += \
	tests/conform/census.c tests/conform/census.h \
	tests/conform/client.c tests/conform/client.h \
	tests/conform/cutter.c tests/conform/cutter.h \
	tests/conform/harness.c tests/conform/harness.h \
	tests/conform/imports.c tests/conform/imports.h \
	tests/conform/recorder.c tests/conform/recorder.h \
	tests/conform/speaker.c tests/conform/speaker.h \
	tests/conform/story.c tests/conform/story.h \
	tests/conform/stuck.c tests/conform/stuck.h \
	tests/conform/tally.c tests/conform/tally.h \
	tests/conform/talk.c tests/conform/talk.h \
	tests/conform/wire.c tests/conform/wire.h \
	tests/unit/ws_case.c tests/unit/ws_case.h tests/unit/ws_cases.inc tests/unit/ws_utf8_cases.inc \
	tools/wscat/names.c tools/wscat/names.h

EXTRA_DIST += tests/conform/option_rows.inc tests/conform/run.sh
EXTRA_DIST += tests/server/make_certs.sh tests/server/make_nginx.py tests/server/scripts.txt
EXTRA_DIST += tests/server/short256.pem tests/server/short521.pem
EXTRA_DIST += tests/server/stub.py tests/server/ws_echo.py

# The room io under test: linked with the room's own objects instead of the DLL's exports.
io_room_files = tests/conform/io_room.c tests/conform/io_room.h
io_owner_files = $(io_room_files) tests/conform/io_owner.c tests/conform/io_owner.h
io_room_libraries = libconform.a libwin.a libpure.a -lws2_32 -lbcrypt
tests_conform_io_connect_SOURCES = tests/conform/io_connect.c $(io_owner_files)
tests_conform_io_connect_LDADD = $(io_room_libraries)
tests_conform_io_loop_SOURCES = tests/conform/io_loop.c $(io_room_files)
tests_conform_io_loop_LDADD = $(io_room_libraries)
tests_conform_io_pass_SOURCES = tests/conform/io_pass.c $(io_room_files)
tests_conform_io_pass_LDADD = $(io_room_libraries)
tests_conform_io_recv_SOURCES = tests/conform/io_recv.c $(io_owner_files)
tests_conform_io_recv_LDADD = $(io_room_libraries)
tests_conform_io_resolve_SOURCES = tests/conform/io_resolve.c $(io_room_files)
tests_conform_io_resolve_LDADD = $(io_room_libraries)
tests_conform_io_send_SOURCES = tests/conform/io_send.c $(io_owner_files)
tests_conform_io_send_LDADD = $(io_room_libraries)
tests_conform_io_timer_SOURCES = tests/conform/io_timer.c $(io_room_files)
tests_conform_io_timer_LDADD = $(io_room_libraries)
conform_programs += tests/conform/redirect
conform_programs += tests/conform/pool
conform_programs += tests/conform/pool_tls
conform_programs += tests/conform/limits
tests_conform_race_SOURCES = tests/conform/race.c tests/conform/race_acts.c tests/conform/race_acts.h
