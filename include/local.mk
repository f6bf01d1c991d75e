# SPDX-License-Identifier: LGPL-2.1-or-later
# Public headers: append them to public_headers.
public_headers += include/winhttp.h
public_headers += include/winhttp-options.h
public_headers += include/winhttp-values.h
