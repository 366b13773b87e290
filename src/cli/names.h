/* names.h - names of operations, types and layouts
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_CLI_NAMES_H
#define CLRELU_CLI_NAMES_H

#include <clrelu.h>
#include <stdbool.h>

#define NAMES_DTYPES "f16, bf16, f32 or f64"

enum { NAMES_TEXT = 256 };

/* word has length characters; false if no operation has that name. */
bool names_op(const char *word, size_t length, clrelu_op *op);

/* All, such as "leaky_relu, prelu or elu"; returns text. */
const char *names_ops(char text[NAMES_TEXT]);

/* Such as "bf16" or "bfloat16", and NumPy's, such as "f4" or "single". */
bool names_dtype(const char *word, size_t length, clrelu_dtype *dtype);

/* keras, onnx (NumPy's) and torch. */
bool names_layout(const char *word, clrelu_alpha_layout *l);
const char *names_of_layout(clrelu_alpha_layout l);

/* The short name; NULL if dtype is no enumerator. */
const char *names_of_dtype(clrelu_dtype dtype);

#endif
