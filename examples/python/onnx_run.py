#!/usr/bin/env python3
# onnx_run.py - an ONNX model of activations, run by the library
# SPDX-License-Identifier: MIT
"""onnx_run.py MODEL.onnx INPUT.npy... OUTPUT.npy

Runs the nodes LeakyRelu, PRelu, Elu and ThresholdedRelu; any other is an error.
Defaults are ONNX's.  A slope of PRelu may have any shape that broadcasts to x.
Elements are float16, float32 or float64.
"""
import sys

import numpy
import onnx
import onnx.numpy_helper

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
    try:
        return relu.prelu_forward(x, slope, layout='onnx')
    except clrelu.Error as error:
        raise clrelu.Error(error.status,
                           f'{node.op_type} {node.name or node.output[0]}: '
                           f'{error}') from None


def run(model, inputs, relu):
    """The model's outputs; inputs and outputs are NumPy's arrays."""
    graph = model.graph
    fixed = {t.name: onnx.numpy_helper.to_array(t) for t in graph.initializer}
    names = [i.name for i in graph.input if i.name not in fixed]
    if len(inputs) != len(names):
        raise ValueError(f'the model has {len(names)} inputs: '
                         f"{', '.join(names)}; {len(inputs)} are given")
    values = {**fixed, **dict(zip(names, inputs))}
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
    return [values[output.name] for output in graph.output]


def main(path, *arrays):
    *inputs, output = arrays
    results = run(onnx.load(path), [numpy.load(i) for i in inputs],
                  clrelu.Context())
    numpy.save(output, results[0])


if __name__ == '__main__':
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    try:
        main(*sys.argv[1:])
    except (OSError, ValueError, clrelu.Error) as error:
        sys.exit(f'onnx_run.py: {error}')
