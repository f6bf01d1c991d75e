# SPDX-License-Identifier: LGPL-2.1-or-later
# Files of the room base: append them to pure_sources.
pure_sources += dlls/winhttp/base/err.h
pure_sources += dlls/winhttp/base/span.h
pure_sources += dlls/winhttp/base/list.h
pure_sources += dlls/winhttp/base/heap.h
pure_sources += dlls/winhttp/base/mem.h dlls/winhttp/base/mem.c
pure_sources += dlls/winhttp/base/buf.h dlls/winhttp/base/buf.c
pure_sources += dlls/winhttp/base/text.h dlls/winhttp/base/text.c
pure_sources += dlls/winhttp/base/trace.h dlls/winhttp/base/trace.c
