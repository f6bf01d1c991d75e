# SPDX-License-Identifier: LGPL-2.1-or-later
# Files of the room io: append them to dll_sources.
dll_sources += \
  dlls/winhttp/io/clock.c dlls/winhttp/io/clock.h \
  dlls/winhttp/io/event.c dlls/winhttp/io/event.h \
  dlls/winhttp/io/inner.h \
  dlls/winhttp/io/lock.h \
  dlls/winhttp/io/loop.c dlls/winhttp/io/loop.h \
  dlls/winhttp/io/rand.c dlls/winhttp/io/rand.h \
  dlls/winhttp/io/resolve.c dlls/winhttp/io/resolve.h \
  dlls/winhttp/io/sock.c dlls/winhttp/io/sock.h \
  dlls/winhttp/io/sock_quirks.c dlls/winhttp/io/sock_quirks.h \
  dlls/winhttp/io/starve.h \
  dlls/winhttp/io/thread.c \
  dlls/winhttp/io/timer.c dlls/winhttp/io/timer.h \
  dlls/winhttp/io/work.c dlls/winhttp/io/work.h

# A lock's rank is looked at in builds with --enable-debug only.
if DEBUG
dll_sources += dlls/winhttp/io/lock.c
endif
