# SPDX-License-Identifier: LGPL-2.1-or-later
# Files of the room stack: append them to pure_sources.
pure_sources += dlls/winhttp/stack/f_tls.c dlls/winhttp/stack/f_tls.h
pure_sources += dlls/winhttp/stack/f_tls_info.c dlls/winhttp/stack/f_tls_info.h
pure_sources += dlls/winhttp/stack/f_tls_params.c dlls/winhttp/stack/f_tls_params.h
pure_sources += dlls/winhttp/stack/filter.h
pure_sources += dlls/winhttp/stack/chain.h dlls/winhttp/stack/chain.c
pure_sources += dlls/winhttp/stack/exchange.h
pure_sources += dlls/winhttp/stack/x_h1.h dlls/winhttp/stack/x_h1.c
pure_sources += dlls/winhttp/stack/x_ws.c dlls/winhttp/stack/x_ws.h
pure_sources += dlls/winhttp/stack/x_ws_out.c dlls/winhttp/stack/x_ws_out.h
pure_sources += dlls/winhttp/stack/x_ws_store.c dlls/winhttp/stack/x_ws_store.h
pure_sources += dlls/winhttp/stack/x_ws_time.c dlls/winhttp/stack/x_ws_time.h
