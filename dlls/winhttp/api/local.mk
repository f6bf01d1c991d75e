# SPDX-License-Identifier: LGPL-2.1-or-later
# Files of the room api: append them to dll_sources.
dll_sources += dlls/winhttp/api/api_stub.c
dll_sources += dlls/winhttp/api/api_time.c
dll_sources += dlls/winhttp/api/query_names.c
dll_sources += dlls/winhttp/api/query_names.h
