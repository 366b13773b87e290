/* colour.h - colour, only on terminals
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CLI_COLOUR_H
#define CLRELU_CLI_COLOUR_H

#include <stdio.h>

typedef enum colour { COLOUR_ERROR, COLOUR_PICKED, COLOUR_NONE } colour;

/* The code of a colour, or of COLOUR_NONE, which resets; "" if file is not a
 * terminal with colours or NO_COLOR is set. */
const char *colour_code(FILE *file, colour which);

#endif
