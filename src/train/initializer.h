/* initializer.h - the initial values of a parameter
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_TRAIN_INITIALIZER_H
#define CLRELU_TRAIN_INITIALIZER_H

#include "core/call.h"
#include "train/spec.h"

clrelu_status clrelu_initializer_parse(const char *text, size_t length,
                                       clrelu_spec *spec);

/* Enqueues; the caller has checked out.  seed: for a spec without one. */
clrelu_status clrelu_initializer_run(const clrelu_call *call,
                                     const clrelu_spec *spec, uint64_t seed,
                                     size_t rank, const size_t *dims,
                                     clrelu_buffer out);

#endif
