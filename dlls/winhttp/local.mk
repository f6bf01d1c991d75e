# SPDX-License-Identifier: LGPL-2.1-or-later
#
# winhttp.dll from its rooms. Libtool would choose another name for it and Automake knows no DLLs, so the link is spelled
# out here: whole archives, exports by the .def file alone, a base that ASLR may move. Debug information goes to a file of
# its own beside the DLL (winhttp.dll.debug), which a debugger finds by name and a user need not install.

noinst_LIBRARIES += libwin.a
libwin_a_SOURCES = $(dll_sources)
# What programs import, the DLL defines.
libwin_a_CPPFLAGS = $(AM_CPPFLAGS) -DWINHTTP_BUILDING_DLL

# A DLL for tests: its memory and its kernel objects can be made to fail from outside (tests/conform/starve.c).
starve_definition =
if FAILMALLOC
libwin_a_CPPFLAGS += -include io/starve.h
starve_definition += $(top_srcdir)/dlls/winhttp/api/starve.def
endif

dlldir = $(bindir)
dll_DATA = winhttp.dll

system_libraries = -lws2_32 -lcrypt32 -lsecur32 -lbcrypt -ladvapi32 -lole32 -loleaut32
module_definition = $(top_srcdir)/dlls/winhttp/api/winhttp.def

winhttp.dll: libwin.a libpure.a dlls/winhttp/winhttp.res.o $(module_definition) $(starve_definition)
	$(AM_V_CCLD)$(CC) -shared $(AM_LDFLAGS) $(LDFLAGS) -o $@.full $(module_definition) $(starve_definition) dlls/winhttp/winhttp.res.o \
	  -Wl,--whole-archive libwin.a libpure.a -Wl,--no-whole-archive \
	  -Wl,--exclude-all-symbols -Wl,--dynamicbase -Wl,--nxcompat -Wl,--enable-stdcall-fixup \
	  $(DEPS_LIBS) $(system_libraries) $(LIBS)
	$(AM_V_at)$(OBJCOPY) --only-keep-debug $@.full $@.debug
	$(AM_V_at)$(OBJCOPY) --strip-debug --add-gnu-debuglink=$@.debug $@.full $@.part
	$(AM_V_at)rm -f $@.full && mv $@.part $@

# The programs link against our own names, not against what mingw-w64 knows. 32-bit names are decorated in objects and
# plain in the DLL: -k cuts the decoration off in the table of imports.
libwinhttp.a: libwin.a $(module_definition) $(top_srcdir)/tools/stdcall-def.sh
	$(AM_V_GEN)$(SHELL) $(top_srcdir)/tools/stdcall-def.sh '$(NM)' libwin.a $(module_definition) >winhttp.stdcall.def
	$(AM_V_at)$(DLLTOOL) -k -m $(dlltool_machine) -D winhttp.dll -d winhttp.stdcall.def -l $@

# The version resource and the texts of errors 12001 and up, so that FormatMessage(FROM_HMODULE) has something to say.
dlls/winhttp/messages.rc: $(top_srcdir)/dlls/winhttp/api/messages.mc
	$(AM_V_GEN)$(MKDIR_P) dlls/winhttp && $(WINDMC) -h dlls/winhttp -r dlls/winhttp $(top_srcdir)/dlls/winhttp/api/messages.mc

dlls/winhttp/winhttp.res.o: $(top_srcdir)/dlls/winhttp/winhttp.rc dlls/winhttp/messages.rc
	$(AM_V_GEN)$(WINDRES) -I dlls/winhttp -DPACKAGE_VERSION='\"$(PACKAGE_VERSION)\"' -i $(top_srcdir)/dlls/winhttp/winhttp.rc -o $@

CLEANFILES += winhttp.stdcall.def winhttp.dll winhttp.dll.debug winhttp.dll.full winhttp.dll.part libwinhttp.a \
  dlls/winhttp/winhttp.res.o dlls/winhttp/messages.rc dlls/winhttp/messages.h dlls/winhttp/MSG*.bin
EXTRA_DIST += dlls/winhttp/api/starve.def dlls/winhttp/winhttp.rc dlls/winhttp/api/winhttp.def dlls/winhttp/api/messages.mc

bin_PROGRAMS = wscat
wscat_SOURCES = $(wscat_sources)
wscat_LDADD = libwinhttp.a
wscat_DEPENDENCIES = libwinhttp.a

check_LIBRARIES += libconform.a
libconform_a_SOURCES = $(conform_support_sources)
check_PROGRAMS = $(conform_programs)
LDADD = libconform.a libwinhttp.a -lws2_32 -lcrypt32 -lbcrypt
