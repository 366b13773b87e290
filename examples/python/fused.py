# fused.py - elu in pyopencl's own kernels, one pass over memory each
# SPDX-License-Identifier: MIT
"""The text of clrelu.source is the preamble of an ElementwiseKernel, which adds
a bias first, and of a ReductionKernel, which sums what it never stores.  Prints
what differs from the library's results: nothing.
"""
import sys

import numpy as np
import pyopencl.array as cl_array
from pyopencl.elementwise import ElementwiseKernel
from pyopencl.reduction import ReductionKernel

import clrelu

relu = clrelu.Context()
queue = relu.queue
text = clrelu.source('elu')

bias_elu = ElementwiseKernel(
    queue.context, 'const float *z, float bias, float *y',
    'y[i] = clrelu_elu(z[i] + bias, 1)', 'bias_elu', preamble=text)
sum_elu = ReductionKernel(
    queue.context, np.float32, neutral='0', reduce_expr='a + b',
    map_expr='clrelu_elu(x[i], 1)', arguments='__global const float *x',
    preamble=text)

z = np.random.default_rng(1).normal(0, 3, 100003).astype(np.float32)
bias = np.float32(0.25)
fused = cl_array.empty(queue, z.shape, np.float32)
bias_elu(cl_array.to_device(queue, z), bias, fused)
x = cl_array.to_device(queue, z + bias)
separate = relu.forward('elu', x)
differ = np.count_nonzero(fused.get().view(np.uint32)
                          != separate.get().view(np.uint32))
print(f'bias and elu in one kernel: {differ} of {z.size} results differ')

total = float(sum_elu(x).get())
exact = float(separate.get().sum(dtype=np.float64))
near = abs(total - exact) <= 1e-4 * np.abs(separate.get()).sum()
print(f'sum of elu: {total:.6g}, with the stored results {exact:.6g}')
sys.exit(differ > 0 or not near)
