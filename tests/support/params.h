/* params.h - parameters of a CPU with AVX-512 and of a GPU
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_TESTS_PARAMS_H
#define CLRELU_TESTS_PARAMS_H

#include "core/device_params.h"

static const clrelu_device_params cpu_params = {.group = 1,
                                                .vector = 16,
                                                .prelu_vector = 16,
                                                .cpu_span = 65536,
                                                .gpu_accesses = 2,
                                                .tasks = 96,
                                                .compute_units = 2,
                                                .max_group = 1,
                                                .non_temporal_bytes = 32u
                                                                      << 20};
static const clrelu_device_params gpu_params = {.group = 128,
                                                .vector = 4,
                                                .prelu_vector = 4,
                                                .cpu_span = 65536,
                                                .gpu_accesses = 2,
                                                .tasks = 96,
                                                .compute_units = 132,
                                                .max_group = 1024};

#endif
