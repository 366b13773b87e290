/* op.h - what there is to know of an operation beside its formulas
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_SRC_OP_H
#define CLRELU_SRC_OP_H

#include "clrelu.h"

/* The least value of its parameter; op is an enumerator. */
double clrelu_op_least(clrelu_op op);

#endif
