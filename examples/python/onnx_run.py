#!/usr/bin/env python3
# onnx_run.py - an ONNX model of activations, run by the library
# SPDX-License-Identifier: MIT
"""onnx_run.py MODEL.onnx INPUT.npy... OUTPUT.npy

Runs the nodes LeakyRelu, PRelu, Elu and ThresholdedRelu; any other is an error.
Defaults are ONNX's.  A slope of PRelu may have any shape that broadcasts to x:
x gets one more axis of one element before its first, for the library shares
the first axis always, and the axes where the slope has one element are shared.
Elements are float16, float32 or float64.
"""
import sys

import numpy
import onnx
import onnx.numpy_helper
import pyopencl
import pyopencl.array

import clrelu

SCALARS = {'LeakyRelu': ('leaky_relu', 0.01), 'Elu': ('elu', 1.0),
           'ThresholdedRelu': ('thresholded_relu', 1.0)}


def run_scalar(relu, node, x):
    op, alpha = SCALARS[node.op_type]
    for attribute in node.attribute:
        if attribute.name == 'alpha':
            alpha = attribute.f
    return relu.forward(op, x, alpha)


def run_prelu(relu, node, x, slope):
    """Raises ValueError where the slope does not broadcast to x."""
    dims = (1,) * (x.ndim - slope.ndim) + slope.shape
    if len(dims) > x.ndim or any(s not in (1, d)
                                 for s, d in zip(dims, x.shape)):
        raise ValueError(f"{node.op_type} {node.name or node.output[0]}: slope "
                         f'of shape {slope.shape} cannot be mapped, must '
                         f'broadcast to x of shape {x.shape}')
    shared = [axis for axis, extent in enumerate(dims, 1) if extent == 1]
    y = relu.prelu_forward(x.reshape((1, *x.shape)), slope.reshape(dims),
                           shared)
    return y.reshape(x.shape)


def run(model, inputs, relu):
    """The model's outputs; inputs and outputs are NumPy's arrays."""
    graph = model.graph
    fixed = {t.name: onnx.numpy_helper.to_array(t) for t in graph.initializer}
    names = [i.name for i in graph.input if i.name not in fixed]
    if len(inputs) != len(names):
        raise ValueError(f'the model has {len(names)} inputs: '
                         f"{', '.join(names)}; {len(inputs)} are given")
    values = {name: pyopencl.array.to_device(relu.queue, numpy.array(
        value, order='C')) for name, value in
        [*fixed.items(), *zip(names, inputs)]}
    for node in graph.node:
        arrays = [values[name] for name in node.input]
        if node.op_type in SCALARS and not node.domain:
            result = run_scalar(relu, node, *arrays)
        elif node.op_type == 'PRelu' and not node.domain:
            result = run_prelu(relu, node, *arrays)
        else:
            raise ValueError(f'{node.op_type} {node.name}: not an operation of '
                             f"the library's: {', '.join(SCALARS)}, PRelu")
        values[node.output[0]] = result
    return [values[output.name].get() for output in graph.output]


def main(path, *arrays):
    *inputs, output = arrays
    context = pyopencl.Context([clrelu.pick_device()])
    relu = clrelu.Relu(pyopencl.CommandQueue(context))
    results = run(onnx.load(path), [numpy.load(i) for i in inputs], relu)
    numpy.save(output, results[0])


if __name__ == '__main__':
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    try:
        main(*sys.argv[1:])
    except (OSError, ValueError, clrelu.Error) as error:
        sys.exit(f'onnx_run.py: {error}')
