# SPDX-License-Identifier: LGPL-2.1-or-later
# Files of the room notify: append them to dll_sources.
dll_sources += dlls/winhttp/notify/lane.c
dll_sources += dlls/winhttp/notify/lane.h
dll_sources += dlls/winhttp/notify/listener.c
dll_sources += dlls/winhttp/notify/listener.h
dll_sources += dlls/winhttp/notify/net_error.c
dll_sources += dlls/winhttp/notify/net_error.h
