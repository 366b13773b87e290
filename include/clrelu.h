/* clrelu.h - LeakyReLU, PReLU, ELU and ThresholdedReLU on any OpenCL device
 * SPDX-License-Identifier: MIT
 *
 *   clrelu/base.h         rules for all functions, status, device, context
 *   clrelu/activations.h  the operations, forward and backward
 *   clrelu/chain.h        an activation with scale, bias, gain and residual
 *   clrelu/training.h     initializers, regularizers, PReLU's layer
 *   clrelu/formulas.h     the operations as functions for your own kernels
 *   clrelu/programs.h     programs compiled in advance
 *   clrelu/tuning.h       measured parameters, the plan of a call
 */
#ifndef CLRELU_H
#define CLRELU_H

#include "clrelu/activations.h"
#include "clrelu/base.h"
#include "clrelu/chain.h"
#include "clrelu/formulas.h"
#include "clrelu/programs.h"
#include "clrelu/training.h"
#include "clrelu/tuning.h"

#endif
