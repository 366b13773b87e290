/* sum_partials.h - the ordered sum of partials, as part of a batch
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_OPS_SUM_PARTIALS_H
#define CLRELU_OPS_SUM_PARTIALS_H

#include "core/batch.h"

/* clrelu_sum_partials; without rows partials may be left out. */
clrelu_status clrelu_sum_partials_add(clrelu_batch *batch, clrelu_dtype dtype,
                                      size_t rows, size_t count,
                                      clrelu_buffer partials,
                                      clrelu_buffer out);

#endif
