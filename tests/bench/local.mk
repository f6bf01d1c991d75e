# SPDX-License-Identifier: LGPL-2.1-or-later
# The benches: built with the tests, run by tools/bench alone.
if WINDOWS
check_PROGRAMS += tests/bench/bench
tests_bench_bench_SOURCES = \
	tests/bench/bench.c tests/bench/bench.h \
	tests/bench/winhttp_async.c tests/bench/winhttp_side.h tests/bench/winhttp_sync.c \
	tests/bench/winsock_block.c tests/bench/winsock_iocp.c tests/bench/winsock_side.h \
	tests/bench/wire.c tests/bench/wire.h
tests_bench_bench_LDADD = libwinhttp.a $(DEPS_LIBS) $(system_libraries) -lpsapi
tests_bench_bench_LDFLAGS = -static
else
if !FUZZ
check_PROGRAMS += tests/bench/serve
endif
endif
tests_bench_serve_SOURCES = tests/bench/serve.c tests/bench/serve.h tests/bench/serve_jobs.c
tests_bench_serve_LDADD = $(DEPS_LIBS)

EXTRA_DIST += tests/bench/run.py
