#!/usr/bin/env python3
# client_pyopencl.py - a pyopencl program's own context, queue and arrays
# SPDX-License-Identifier: MIT
"""client_pyopencl.py LIBCLRELU CLRELU_H"""
import pathlib
import re
import sys
import time

from taplines import done, need, ok, raised, run

need('numpy', 'pyopencl')
import numpy as np
import pyopencl as cl
import pyopencl.array as cl_array

import clrelu

# What is correctly rounded is float64's result in float32: of values whose
# product is exact there.
U = 2.0**-24
SHAPE = 7, 5, 6, 4
SHARED = (), (1,), (1, 2), (3,), (2, 3), (1, 2, 3), (3, 1)
SCALARS = ('leaky_relu', 0.3), ('elu', 1.0), ('elu', -0.7), \
    ('thresholded_relu', 1.0), ('thresholded_relu', 0.0)


def forward(op, x, p):
    x, p = x.astype(np.float64), np.float64(np.float32(p))
    if op == 'leaky_relu':
        return np.where(x < 0, p * x, x)
    if op == 'elu':
        return np.where(x < 0, p * np.expm1(np.minimum(x, 0)), x)
    return np.where(x > p, x, 0)


def slope(op, x, p):
    x, p = x.astype(np.float64), np.float64(np.float32(p))
    if op == 'leaky_relu':
        return np.where(x < 0, p, 1)
    if op == 'elu':
        return np.where(x < 0, p * np.exp(np.minimum(x, 0)), 1)
    return np.where(x > p, 1, 0)


def near(got, wanted, ulps):
    """Within ulps, and correctly rounded for 0.5 of them."""
    if ulps == 0.5:
        return np.array_equal(got, wanted.astype(np.float32))
    ulp = np.spacing(np.abs(wanted).astype(np.float32)).astype(np.float64)
    return bool(np.all(np.abs(got - wanted) <= ulps * ulp))


def place(queue, values, before):
    """The values some elements into a buffer."""
    if not before:
        return cl_array.to_device(queue, values)
    whole = cl_array.zeros(queue, values.size + before, values.dtype)
    part = whole[before:].reshape(values.shape)
    part.set(values)
    return part


def test_scalar(relu, x, dy, before):
    dx_, dy_ = (place(relu.queue, a, before) for a in (x, dy))
    for op, p in SCALARS:
        exact = op != 'elu'
        what = f'{op} {p:g}, {before} elements into a buffer'
        y = relu.forward(op, dx_, p).get()
        ok(near(y, forward(op, x, p), 0.5 if exact else 1.5), f'{what}: y')
        dx = relu.backward(op, dx_, dy_, p).get()
        ok(near(dx, slope(op, x, p) * dy, 0.5 if exact else 2), f'{what}: dx')
        out = place(relu.queue, x, before)
        relu.forward(op, out, p, out=out)
        ok(np.array_equal(out.get(), y), f'{what}: in place')
        ok(not np.any(head(out)), f'{what}: nothing before it')


def head(part):
    """The elements of the buffer before those of the array."""
    values = np.empty(part.offset // part.dtype.itemsize, part.dtype)
    if values.size:
        cl.enqueue_copy(part.queue, values, part.base_data)
    return values


def check_prelu(relu, x, dy, alpha, wide, what, before=0, **how):
    """wide is alpha as NumPy broadcasts it to x."""
    x_, dy_, a_ = (place(relu.queue, a, before) for a in (x, dy, alpha))
    y = relu.prelu_forward(x_, a_, **how).get()
    ok(near(y, np.where(x < 0, wide * x, x), 0.5), f'{what}: y')
    dx, dalpha = relu.prelu_backward(x_, a_, dy_, **how)
    ok(near(dx.get(), np.where(x < 0, wide * dy, dy), 0.5), f'{what}: dx')
    terms = np.where(x < 0, x.astype(np.float64) * dy, 0)
    over = tuple(i for i in range(x.ndim) if wide.shape[i] == 1)
    total, size = (a.sum(axis=over, keepdims=True) for a in
                   (terms, np.abs(terms)))
    bound = U * np.abs(total) + 2 * (321 * U)**2 * size
    ok(dalpha.shape == alpha.shape and np.all(
        np.abs(dalpha.get().reshape(total.shape) - total) <= bound),
       f'{what}: dalpha')


def test_prelu(relu, x, dy, rng):
    for shared in SHARED:
        dims = tuple(1 if i in shared else SHAPE[i]
                     for i in range(1, len(SHAPE)))
        alpha = rng.uniform(-1, 1, dims).astype(np.float32)
        check_prelu(relu, x, dy, alpha, alpha.astype(np.float64)[None],
                    f'prelu {shared}', 3, shared_axes=shared)


def test_layouts(relu, x, dy, rng):
    n, c, h, w = x.shape
    for layout, of_alpha, wide in (
            ('torch', (c,), (1, c, 1, 1)), ('torch', (1,), (1, 1, 1, 1)),
            ('torch', (), (1, 1, 1, 1)), ('onnx', (w,), (1, 1, 1, w)),
            ('onnx', (c, 1, 1), (1, c, 1, 1)), ('onnx', (h, w), (1, 1, h, w)),
            ('onnx', (n, 1, 1, w), (n, 1, 1, w)),
            ('onnx', (n, c, h, w), (n, c, h, w))):
        alpha = rng.uniform(-1, 1, of_alpha).astype(np.float32)
        check_prelu(relu, x, dy, alpha,
                    alpha.astype(np.float64).reshape(wide),
                    f'{layout}: alpha of {of_alpha}', layout=layout)
    for of_x in (5,), (), (2, 3):
        few, more = (np.resize(a, of_x) for a in (x, dy))
        one = np.full((1,), 0.5, np.float32)
        check_prelu(relu, few, more, one, np.full((1,) * few.ndim, 0.5),
                    f'torch: one alpha for {of_x}', layout='torch')


def test_types(relu, x):
    for dtype in (np.float16, np.float64):
        if dtype == np.float64 and not relu.queue.device.double_fp_config:
            continue
        narrow = x.astype(dtype)
        y = relu.forward('leaky_relu', cl_array.to_device(relu.queue, narrow),
                         0.25).get()
        ok(np.array_equal(y, np.where(narrow < 0, dtype(0.25) * narrow,
                                      narrow)), f'{dtype.__name__}')


def test_source(library):
    ok('float16 my_elu16(' in clrelu.source('elu', 'float32', 'my_', library),
       'source')
    error = raised(clrelu.Error, clrelu.source, 'gelu', 'float32', 'a_',
                   library)
    ok(error and error.status == 'CLRELU_INVALID_OP', f'source: {error}')
    fused = pathlib.Path(clrelu.__file__).with_name('fused.py')
    result = run(sys.executable, str(fused), *([library] if library else []))
    ok(result.returncode == 0 and ': 0 of ' in result.stdout, 'fused.py',
       result.stdout, result.stderr)


def test_empty(relu):
    x = cl_array.empty(relu.queue, (0, 3), np.float32)
    alpha = cl_array.to_device(relu.queue, np.ones(3, np.float32))
    ok(relu.forward('elu', x, 1).shape == (0, 3), 'elu of nothing')
    _, dalpha = relu.prelu_backward(x, alpha, x)
    ok(np.array_equal(dalpha.get(), np.zeros(3)), 'prelu of nothing: dalpha')
    x, alpha = (cl_array.to_device(relu.queue, np.array(v, np.float32))
                for v in (-2, 0.5))
    dx, dalpha = relu.prelu_backward(x, alpha, x)
    ok((dx.shape, dx.get(), dalpha.shape, dalpha.get()) == ((), -1, (), 4),
       'prelu of a 0-d array')


def test_events(context, library, x):
    """Nothing may start before the events of its arrays, and what it writes
    has an event: on a queue without an order of its own, if there is one."""
    flag = cl.command_queue_properties.OUT_OF_ORDER_EXEC_MODE_ENABLE
    loose = context.devices[0].queue_properties & flag
    queue = cl.CommandQueue(context, properties=flag if loose else 0)
    relu = clrelu.Relu(queue, library)
    x_, dy = (cl_array.to_device(queue, a) for a in (x, x + 1))
    alpha = cl_array.to_device(queue, np.full(x.shape[1:], 0.5, np.float32))
    gate = cl.UserEvent(context)
    x_.add_event(gate)
    results = [relu.forward('leaky_relu', x_, 0.5)]
    results += [relu.forward('leaky_relu', results[0], 0.5),
                relu.backward('leaky_relu', results[0], dy, 0.5),
                relu.prelu_forward(results[0], alpha),
                *relu.prelu_backward(results[0], alpha, dy)]
    queue.flush()
    time.sleep(0.1)
    ok(all(a.events and a.events[-1].command_execution_status !=
           cl.command_execution_status.COMPLETE for a in results),
       'all wait for the first array')
    ok(all(a.events for a in (dy, alpha)), 'inputs have an event')
    gate.set_status(cl.command_execution_status.COMPLETE)
    for a in results:
        a.finish()
    ok(np.array_equal(results[1].get(), np.where(x < 0, x / 4, x)),
       'the right result in the end')


def test_errors(relu, other, x):
    here = cl_array.to_device(relu.queue, x)
    odd = cl_array.Array(relu.queue, (1,), np.float32, data=here.base_data,
                         offset=2)
    foreign = cl_array.to_device(other, x)
    alpha = cl_array.zeros(relu.queue, (5, 1, 5), np.float32)
    half = cl_array.zeros(relu.queue, x.shape, np.float16)
    flat = cl_array.zeros(relu.queue, 6, np.float32)
    for status, word, call, *arguments in (
            ('CLRELU_INVALID_SCALAR', 'alpha is -1, must be >= 0',
             relu.forward, 'leaky_relu', here, -1),
            ('CLRELU_INVALID_SCALAR', 'theta is nan',
             relu.forward, 'thresholded_relu', here, float('nan')),
            ('CLRELU_INVALID_OP', 'op is', relu.forward, 'gelu', here, 1),
            ('CLRELU_INVALID_OP', 'clrelu_prelu_forward',
             relu.forward, 'prelu', here, 1),
            ('CLRELU_INVALID_AXIS', 'axes', relu.prelu_forward, here, alpha,
             (0,)),
            ('CLRELU_INVALID_ALPHA_SHAPE', '5', relu.prelu_forward, here,
             alpha, (2,)),
            ('CLRELU_INVALID_AXIS', 'shared', relu.prelu_forward, here, alpha,
             (1,), None, 'torch'),
            ('CLRELU_INVALID_ALPHA_SHAPE', '(5, 1, 5)', relu.prelu_forward,
             here, alpha, (), None, 'torch'),
            ('CLRELU_INVALID_ALPHA_SHAPE', '(6,)', relu.prelu_forward, flat,
             flat, (), None, 'torch'),
            ('CLRELU_INVALID_ALPHA_SHAPE', '(5, 1, 5)', relu.prelu_forward,
             here, alpha, (), None, 'onnx')):
        error = raised(clrelu.Error, call, *arguments)
        ok(error and error.status == status and word in str(error),
           f'{status}: {error}')
    for what, call, *arguments in (
            ('another context', relu.forward, 'elu', foreign, 1),
            ('must be as x', relu.forward, 'elu', here, 1, half),
            ('2 bytes into an element', relu.forward, 'elu', odd, 1),
            ('must be one of keras', relu.prelu_forward, here, alpha, (),
             None, 'jax'),
            ('contiguous', relu.forward, 'elu', here.T, 1)):
        error = raised(ValueError, call, *arguments)
        ok(error and what in str(error), f'ValueError: {error}')


def test_header(library, header):
    """What clrelu.py says of the interface is what the headers say."""
    parts = sorted(pathlib.Path(header).with_suffix('').glob('*.h'))
    text = ''.join(part.read_text(encoding='utf-8') for part in parts)
    text = re.sub(r'/\*.*?\*/', '', text, flags=re.DOTALL)
    lib = clrelu.load(library)
    for name in ('context_create', 'context_destroy', 'context_cl_device',
                 'forward', 'backward', 'prelu_forward', 'prelu_backward',
                 'source'):
        parameters = re.search(rf'\bclrelu_{name}\((.*?)\)', text, re.DOTALL)
        there = parameters[1].count(',') + 1
        ok(there == len(getattr(lib, 'clrelu_' + name).argtypes),
           f'clrelu_{name} has {there} parameters')
    layouts = {name.replace('onnx', 'numpy'): value
               for name, value in clrelu.LAYOUTS.items()}
    for prefix, values in ('', clrelu.DTYPES), ('ALPHA_', layouts):
        for name, value in values.items():
            ok(re.search(rf'CLRELU_{prefix}{name.upper()} = {value}\b', text),
               name)
    for kind, name in ((clrelu.Buffer, 'buffer'), (clrelu.Exec, 'exec'),
                       (clrelu.Elementwise, 'elementwise'),
                       (clrelu.Shape, 'shape'), (clrelu.Prelu, 'prelu'),
                       (clrelu.Params, 'context_params')):
        body = re.search(rf'struct clrelu_{name} {{(.*?)}}', text, re.DOTALL)
        there = re.findall(r'(\w+)(?:\[(\d+)\])?[;,]', body[1])
        fields = [(field, str(getattr(type_, '_length_', '')))
                  for field, type_ in kind._fields_]
        ok(there == fields, f'clrelu_{name}: {there}', fields)


def main(library, header):
    device = clrelu.pick_device(library)
    context = cl.Context([device])
    relu = clrelu.Relu(cl.CommandQueue(context), library)
    other = cl.CommandQueue(cl.Context([device]))
    rng = np.random.default_rng(1)
    x, dy = (rng.normal(0, 3, SHAPE).astype(np.float32) for _ in range(2))
    x.flat[:4] = 0, -0.0, 1, -1
    test_header(library, header)
    for before in (0, 1, 3):
        test_scalar(relu, x, dy, before)
    test_prelu(relu, x, dy, rng)
    test_layouts(relu, x, dy, rng)
    test_types(relu, x)
    test_source(library)
    test_empty(relu)
    test_events(context, library, x)
    test_errors(relu, other, x)


main(*sys.argv[1:])
done()
