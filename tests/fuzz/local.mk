# SPDX-License-Identifier: LGPL-2.1-or-later
# Fuzz targets: append to fuzz_programs.
