# SPDX-License-Identifier: LGPL-2.1-or-later
# Fuzz targets: append to fuzz_programs.
test_support_sources += tests/fuzz/fuzz.h
fuzz_programs += tests/fuzz/fuzz_h1_body
fuzz_programs += tests/fuzz/fuzz_h1_head
fuzz_programs += tests/fuzz/fuzz_hdr_lines
fuzz_programs += tests/fuzz/fuzz_hdr_value
fuzz_programs += tests/fuzz/fuzz_url
fuzz_programs += tests/fuzz/fuzz_url_escape
EXTRA_DIST += tests/fuzz/corpus
fuzz_programs += tests/fuzz/fuzz_ws_frame
fuzz_programs += tests/fuzz/fuzz_ws_msg
fuzz_programs += tests/fuzz/fuzz_x_ws
fuzz_programs += tests/fuzz/fuzz_ws_chain tests/fuzz/fuzz_f_tls
tests_fuzz_fuzz_ws_chain_SOURCES = tests/fuzz/fuzz_ws_chain.c tests/chain/peer.c tests/chain/peer.h
tests_fuzz_fuzz_f_tls_SOURCES = tests/fuzz/fuzz_f_tls.c tests/chain/peer.c tests/chain/peer.h
