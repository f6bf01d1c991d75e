# SPDX-License-Identifier: LGPL-2.1-or-later
# Files of the room stack: append them to pure_sources.
pure_sources += dlls/winhttp/stack/f_tls.c dlls/winhttp/stack/f_tls.h
pure_sources += dlls/winhttp/stack/f_tls_params.c dlls/winhttp/stack/f_tls_params.h
