# SPDX-License-Identifier: LGPL-2.1-or-later
# Files of wscat.exe: append them to wscat_sources.

wscat_sources += \
	tools/wscat/inbox.c tools/wscat/inbox.h \
	tools/wscat/link.c tools/wscat/link.h \
	tools/wscat/names.c tools/wscat/names.h \
	tools/wscat/options.c tools/wscat/options.h \
	tools/wscat/report.c tools/wscat/report.h \
	tools/wscat/trace.c tools/wscat/trace.h \
	tools/wscat/wscat.c
