/* names.h - operations by their names
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CLI_NAMES_H
#define CLRELU_CLI_NAMES_H

#include <clrelu.h>
#include <stdbool.h>

enum { NAMES_TEXT = 256 };

/* word need not end where it ends; false if no operation has that name. */
bool names_op(const char *word, size_t length, clrelu_op *op);

/* All, such as "leaky_relu, prelu or elu"; returns text. */
const char *names_ops(char text[NAMES_TEXT]);

#endif
