#!/usr/bin/env python3
# client_onnx.py - ONNX's own cases of the four operations, by onnx_run.py
# SPDX-License-Identifier: MIT
"""CLRELU_LIBRARY is the library's path."""
import importlib
import subprocess
import sys
import tempfile

from taplines import done, need, ok, raised

need('numpy', 'onnx')
import numpy as np
import onnx
from onnx import TensorProto, helper
from onnx.backend.test.case import node as cases

import clrelu
import onnx_run

MODULES = 'elu', 'leakyrelu', 'prelu', 'thresholdedrelu'
EXPECTED = 11  # cases in ONNX 1.12


def own_cases():
    """collect_testcases() would import the cases of all operations, some of
    which fail on NumPy 1.24."""
    for module in MODULES:
        importlib.import_module(f'{cases.__name__}.{module}')
    return [case for case in cases._NodeTestCases
            if '_expanded' not in case.name]


def model(nodes, initializer=()):
    tensor = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None)
              for name in ('x', 'y')]
    return helper.make_model(helper.make_graph(
        nodes, 'g', tensor[:1], tensor[1:], initializer))


def slope(dims, values):
    return helper.make_tensor('slope', TensorProto.FLOAT, dims, values)


def test_own(relu):
    found = own_cases()
    ok(len(found) >= EXPECTED, f'ONNX {onnx.__version__} has {len(found)} '
       'cases')
    for case in found:
        for inputs, outputs in case.data_sets:
            results = onnx_run.run(case.model, inputs, relu)
            # exp(x) - 1 there, in float32, is good to an ulp of 1.
            atol = 1.2e-7 if 'test_elu' in case.name else 0
            ok(len(results) == len(outputs) and all(
                r.dtype == o.dtype and r.shape == o.shape and
                np.allclose(r, o, rtol=1.2e-7, atol=atol)
                for r, o in zip(results, outputs)), case.name)


def test_slopes(relu, x):
    """Every shape that broadcasts to x."""
    rng = np.random.default_rng(2)
    dims = x.shape
    shapes = [()]
    for extent in reversed(dims):
        shapes += [(e, *s) for s in shapes if len(s) == len(shapes[-1])
                   for e in {1, extent}]
    ok(len(shapes) == 15, f'{len(shapes)} shapes of slopes')
    for s in shapes:
        a = rng.uniform(-1, 1, s).astype(np.float32)
        prelu = model([helper.make_node('PRelu', ['x', 'slope'], ['y'])],
                      [slope(s, a.ravel())])
        y, = onnx_run.run(prelu, [x], relu)
        ok(np.array_equal(y, np.where(x < 0, a * x, x)), f'slope {s}')


def test_chain(relu, x):
    chain = model([helper.make_node('LeakyRelu', ['x'], ['a']),
                   helper.make_node('ThresholdedRelu', ['a'], ['b'], alpha=0.5),
                   helper.make_node('Elu', ['b'], ['y'], alpha=2.0)])
    y, = onnx_run.run(chain, [x], relu)
    ok(np.array_equal(y, np.where(x > 0.5, x, 0)), 'three nodes in a row')


def test_errors(relu, x):
    for kind, word, nodes, *more in (
            (clrelu.Error, 'PRelu y: alpha has shape (3,)',
             [helper.make_node('PRelu', ['x', 'slope'], ['y'])],
             [slope((3,), [1, 1, 1])]),
            (clrelu.Error, '(1, 1, 1, 1)',
             [helper.make_node('PRelu', ['x', 'slope'], ['y'])],
             [slope((1, 1, 1, 1), [1])]),
            (ValueError, 'Selu', [helper.make_node('Selu', ['x'], ['y'])]),
            (ValueError, 'Elu', [helper.make_node('Elu', ['x'], ['y'],
                                                  domain='of.others')]),
            (clrelu.Error, 'alpha is -1, must be >= 0',
             [helper.make_node('LeakyRelu', ['x'], ['y'], alpha=-1.0)])):
        error = raised(kind, onnx_run.run, model(nodes, *more), [x],
                              relu)
        ok(error and word in str(error), f'{kind.__name__}: {error}')
    bare = model([helper.make_node('Elu', ['x'], ['y'])])
    error = raised(ValueError, onnx_run.run, bare,
                          [x.astype(np.int32)], relu)
    ok(error and 'is int32' in str(error), f'ValueError: {error}')
    error = raised(ValueError, onnx_run.run, bare, [], relu)
    ok(error and '1 inputs' in str(error), f'ValueError: {error}')


def test_program(x):
    """onnx_run.py by itself, as a program."""
    with tempfile.TemporaryDirectory() as folder:
        def run(node, name):
            onnx.save(model([node]), f'{folder}/m.onnx')
            return subprocess.run(
                [sys.executable, onnx_run.__file__, f'{folder}/m.onnx',
                 f'{folder}/{name}.npy', f'{folder}/y.npy'],
                capture_output=True, text=True, check=False)
        np.save(f'{folder}/x.npy', x)
        leaky = helper.make_node('LeakyRelu', ['x'], ['y'], alpha=0.5)
        result = run(leaky, 'x')
        ok(result.returncode == 0 and np.array_equal(
            np.load(f'{folder}/y.npy'), np.where(x < 0, x / 2, x)),
           f'as a program {result.stderr.strip()}')
        result = run(leaky, 'missing')
        ok(result.returncode == 1 and 'missing.npy' in result.stderr and
           result.stderr.count('\n') == 1, f'... {result.stderr.strip()}')


def main():
    relu = clrelu.Context()
    x = np.random.default_rng(1).normal(0, 2, (3, 4, 5)).astype(np.float32)
    test_own(relu)
    test_slopes(relu, x)
    test_chain(relu, x)
    test_errors(relu, x)
    test_program(x)


main()
done()
