# SPDX-License-Identifier: LGPL-2.1-or-later
# Files of the room sys: append them to dll_sources.
