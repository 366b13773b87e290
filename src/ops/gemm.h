/* gemm.h - matrix products by CLBlast
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_OPS_GEMM_H
#define CLRELU_OPS_GEMM_H

#include <stdbool.h>

#include "core/call.h"

/* c = a b, or c += a b.  Matrices in C order: a (rows, inner), b (inner,
 * columns), c (rows, columns); a or b may be stored transposed. */
typedef struct clrelu_gemm {
    size_t rows, columns, inner;
    bool transpose_a, transpose_b, accumulate;
    clrelu_buffer a, b, c;
} clrelu_gemm;

/* CLRELU_UNSUPPORTED in a library without CLBlast. */
clrelu_status clrelu_gemm_check(void);

/* event, if not NULL, completes with the product; the caller releases it. */
clrelu_status clrelu_gemm_enqueue(const clrelu_call *call, const clrelu_gemm *g,
                                  cl_event *event);

#endif
