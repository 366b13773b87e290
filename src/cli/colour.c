/* colour.c - colour, only on terminals
 * SPDX-License-Identifier: MIT */
#include "colour.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/os.h"

static bool wanted(FILE *file)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

    return isatty(fileno(file)) && !(no && *no) && term && *term &&
           strcmp(term, "dumb") != 0;
}

const char *colour_code(FILE *file, colour which)
{
    static const char *const codes[] = {[COLOUR_ERROR] = "\033[1;31m",
                                        [COLOUR_PICKED] = "\033[1;32m",
                                        [COLOUR_NONE] = "\033[0m"};

    return wanted(file) ? codes[which] : "";
}
