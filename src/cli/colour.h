/* colour.h - colour, on terminals alone
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CLI_COLOUR_H
#define CLRELU_CLI_COLOUR_H

#include <stdio.h>

typedef enum colour { COLOUR_ERROR, COLOUR_PICKED, COLOUR_NONE } colour;

/* What switches a colour on, or all off with COLOUR_NONE, where file is a
 * terminal that has colours and NO_COLOR is not set; else "". */
const char *colour_code(FILE *file, colour which);

#endif
