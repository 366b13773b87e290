/* initializer.h - the first values of an array
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_TRAIN_INITIALIZER_H
#define CLRELU_TRAIN_INITIALIZER_H

#include "core/check.h"
#include "train/spec.h"

clrelu_status clrelu_initializer_parse(const char *text, size_t length,
                                       clrelu_spec *spec);

/* Enqueues; out is checked already.  seed is for a spec that has none. */
clrelu_status clrelu_initializer_run(const clrelu_call *call,
                                     const clrelu_spec *spec, uint64_t seed,
                                     size_t rank, const size_t *dims,
                                     clrelu_buffer out);

#endif
