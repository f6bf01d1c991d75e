# SPDX-License-Identifier: LGPL-2.1-or-later
#
# C without its comments and without what stands in its strings and characters; the lines keep their numbers.
{
    line = ""
    i = 1
    n = length($0)
    while (i <= n) {
        two = substr($0, i, 2)
        one = substr($0, i, 1)
        if (comment) {
            if (two == "*/") {
                comment = 0
                i += 2
            } else {
                i++
            }
        } else if (quote != "") {
            if (one == "\\") {
                i += 2
            } else {
                if (one == quote) {
                    line = line one
                    quote = ""
                }
                i++
            }
        } else if (two == "/*") {
            comment = 1
            line = line " "
            i += 2
        } else if (two == "//") {
            break
        } else {
            if (one == "\"" || one == "'")
                quote = one
            line = line one
            i++
        }
    }
    quote = ""
    print line
}
