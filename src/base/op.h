/* op.h - what there is to know of an operation beside its formulas
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_BASE_OP_H
#define CLRELU_BASE_OP_H

#include "clrelu.h"

/* The least value of its parameter; op is an enumerator. */
double clrelu_op_min(clrelu_op op);

#endif
