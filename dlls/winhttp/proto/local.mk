# SPDX-License-Identifier: LGPL-2.1-or-later
# Files of the room proto: append them to pure_sources.
pure_sources += dlls/winhttp/proto/date.c
pure_sources += dlls/winhttp/proto/date.h
