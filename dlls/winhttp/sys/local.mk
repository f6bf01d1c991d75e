# SPDX-License-Identifier: LGPL-2.1-or-later
# Files of the room sys: append them to dll_sources.
dll_sources += dlls/winhttp/sys/certctx.c dlls/winhttp/sys/certctx.h
dll_sources += dlls/winhttp/sys/tls_init.c dlls/winhttp/sys/tls_init.h
dll_sources += dlls/winhttp/sys/trust.c dlls/winhttp/sys/trust.h
dll_sources += dlls/winhttp/sys/trust_signature.c dlls/winhttp/sys/trust_signature.h
dll_sources += dlls/winhttp/sys/trust_weak.c dlls/winhttp/sys/trust_weak.h
dll_sources += dlls/winhttp/sys/trust_engine.c dlls/winhttp/sys/trust_engine.h
