# SPDX-License-Identifier: LGPL-2.1-or-later
# Files of the room api: append them to dll_sources.
dll_sources += dlls/winhttp/api/api_stub.c
dll_sources += dlls/winhttp/api/api_time.c
dll_sources += dlls/winhttp/api/query_names.c
dll_sources += dlls/winhttp/api/query_names.h
dll_sources += dlls/winhttp/api/dllmain.c
dll_sources += dlls/winhttp/api/guard.h
dll_sources += dlls/winhttp/api/options.def
dll_sources += dlls/winhttp/api/api_session.c
dll_sources += dlls/winhttp/api/api_request.c
dll_sources += dlls/winhttp/api/api_headers.c
dll_sources += dlls/winhttp/api/api_data.c
dll_sources += dlls/winhttp/api/api_websocket.c
dll_sources += dlls/winhttp/api/api_option.c
dll_sources += dlls/winhttp/api/api_url.c
dll_sources += dlls/winhttp/api/option_row.h
dll_sources += dlls/winhttp/api/option_rules.c
