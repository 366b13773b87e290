/* gemm.h - matrix products, by CLBlast
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_OPS_GEMM_H
#define CLRELU_OPS_GEMM_H

#include <stdbool.h>

#include "clrelu.h"

/* c = a b, or c += a b: matrices in C order, a of (rows, inner), b of
 * (inner, columns), stored transposed where said so. */
typedef struct clrelu_gemm {
    size_t rows, columns, inner;
    bool transpose_a, transpose_b, accumulate;
    clrelu_buffer a, b, c;
} clrelu_gemm;

/* CLRELU_UNSUPPORTED where there is none. */
clrelu_status clrelu_gemm_check(void);

/* event, if not NULL, completes with the product and is the caller's to
 * release. */
clrelu_status clrelu_gemm_enqueue(cl_command_queue queue, const clrelu_gemm *g,
                                  cl_event *event);

#endif
