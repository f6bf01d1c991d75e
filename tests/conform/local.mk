# SPDX-License-Identifier: LGPL-2.1-or-later
# Windows test programs: append to conform_programs; shared files to conform_support_sources.
