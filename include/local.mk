# SPDX-License-Identifier: LGPL-2.1-or-later
# Public headers: append them to public_headers.
