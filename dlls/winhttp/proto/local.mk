# SPDX-License-Identifier: LGPL-2.1-or-later
# Files of the room proto: append them to pure_sources.
pure_sources += dlls/winhttp/proto/date.c
pure_sources += dlls/winhttp/proto/date.h
pure_sources += dlls/winhttp/proto/h1_body.h dlls/winhttp/proto/h1_body.c
pure_sources += dlls/winhttp/proto/h1_fields.h dlls/winhttp/proto/h1_fields.c
pure_sources += dlls/winhttp/proto/h1_head.h dlls/winhttp/proto/h1_head.c
pure_sources += dlls/winhttp/proto/h1_rules.h dlls/winhttp/proto/h1_rules.c
pure_sources += dlls/winhttp/proto/h1_write.h dlls/winhttp/proto/h1_write.c
pure_sources += dlls/winhttp/proto/hdr.h dlls/winhttp/proto/hdr.c
pure_sources += dlls/winhttp/proto/hdr_lines.h dlls/winhttp/proto/hdr_lines.c
pure_sources += dlls/winhttp/proto/hdr_value.h dlls/winhttp/proto/hdr_value.c
pure_sources += dlls/winhttp/proto/url.h dlls/winhttp/proto/url.c
pure_sources += dlls/winhttp/proto/url_escape.h dlls/winhttp/proto/url_escape.c
pure_sources += dlls/winhttp/proto/ws_frame.c dlls/winhttp/proto/ws_frame.h
pure_sources += dlls/winhttp/proto/ws_handshake.c dlls/winhttp/proto/ws_handshake.h
pure_sources += dlls/winhttp/proto/ws_key.c dlls/winhttp/proto/ws_key.h
pure_sources += dlls/winhttp/proto/ws_msg.c dlls/winhttp/proto/ws_msg.h
pure_sources += dlls/winhttp/proto/redirect.c dlls/winhttp/proto/redirect.h
