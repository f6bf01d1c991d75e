# SPDX-License-Identifier: LGPL-2.1-or-later
# Files of the room stack: append them to pure_sources.
