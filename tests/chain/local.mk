# SPDX-License-Identifier: LGPL-2.1-or-later
# Chain programs: append to chain_programs.
chain_programs += tests/chain/test_tls_handshake
chain_programs += tests/chain/test_tls_data
chain_programs += tests/chain/test_tls_ends
chain_programs += tests/chain/test_tls_exchange
test_support_sources += tests/chain/peer.c tests/chain/peer.h
test_support_sources += tests/chain/talk.c tests/chain/talk.h
test_support_sources += tests/chain/talk_server.c tests/chain/talk_server.h
chain_programs += tests/chain/test_ws_time
chain_programs += tests/chain/test_ws_cut
chain_programs += tests/chain/test_ws_stall
