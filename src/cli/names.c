/* names.c - names of operations, types and layouts
 * SPDX-License-Identifier: MIT */
#include "names.h"

#include <stdio.h>
#include <string.h>

enum { SPELLINGS = 6 };

/* The short name, then NumPy's. */
static const char *const dtypes[][SPELLINGS] = {
    [CLRELU_FLOAT32] = {"f32", "float32", "f4", "<f4", "f", "single"},
    [CLRELU_FLOAT16] = {"f16", "float16", "f2", "<f2", "e", "half"},
    [CLRELU_BFLOAT16] = {"bf16", "bfloat16"},
    [CLRELU_FLOAT64] = {"f64", "float64", "f8", "<f8", "d", "double"},
};

static const char *const layouts[] = {[CLRELU_ALPHA_KERAS] = "keras",
                                      [CLRELU_ALPHA_NUMPY] = "onnx",
                                      [CLRELU_ALPHA_TORCH] = "torch"};

static bool same(const char *word, size_t length, const char *name)
{
    return strlen(name) == length && strncmp(word, name, length) == 0;
}

bool names_op(const char *word, size_t length, clrelu_op *op)
{
    const char *name;

    for (int i = 1; (name = clrelu_op_name((clrelu_op)i)); i++)
        if (same(word, length, name)) {
            *op = (clrelu_op)i;
            return true;
        }
    return false;
}

const char *names_ops(char text[NAMES_TEXT])
{
    const char *name, *between = "";
    size_t used = 0;

    for (int i = 1; (name = clrelu_op_name((clrelu_op)i)); i++) {
        if (i > 1)
            between = clrelu_op_name((clrelu_op)(i + 1)) ? ", " : " or ";
        used += (size_t)snprintf(text + used, NAMES_TEXT - used, "%s%s",
                                 between, name);
        if (used >= NAMES_TEXT)
            break;
    }
    return text;
}

bool names_dtype(const char *word, size_t length, clrelu_dtype *dtype)
{
    for (int i = CLRELU_FLOAT32; names_of_dtype((clrelu_dtype)i); i++)
        for (int k = 0; k < SPELLINGS && dtypes[i][k]; k++)
            if (same(word, length, dtypes[i][k])) {
                *dtype = (clrelu_dtype)i;
                return true;
            }
    return false;
}

const char *names_of_dtype(clrelu_dtype dtype)
{
    return clrelu_dtype_size(dtype) > 0 ? dtypes[dtype][0] : NULL;
}

bool names_layout(const char *word, clrelu_alpha_layout *l)
{
    for (int i = CLRELU_ALPHA_KERAS; i <= CLRELU_ALPHA_TORCH; i++)
        if (strcmp(word, layouts[i]) == 0) {
            *l = (clrelu_alpha_layout)i;
            return true;
        }
    return false;
}

const char *names_of_layout(clrelu_alpha_layout l)
{
    return layouts[l];
}
