# SPDX-License-Identifier: LGPL-2.1-or-later
# Files of the room api: append them to dll_sources.
