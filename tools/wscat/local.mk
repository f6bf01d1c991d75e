# SPDX-License-Identifier: LGPL-2.1-or-later
# Files of wscat.exe: append them to wscat_sources.
