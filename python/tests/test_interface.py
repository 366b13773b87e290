# test_interface.py - structs, contexts, errors, and pyopencl's events
# SPDX-License-Identifier: MIT
import ctypes
import os
import pathlib
import shutil
import subprocess
import threading

import numpy as np
import pytest

import clrelu
from clrelu import _library

OPS = 'leaky_relu', 'prelu', 'elu', 'thresholded_relu'


def test_structs(tmp_path):
    """Sizes and offsets, as a C compiler has them."""
    cc = shutil.which(os.environ.get('CC', 'cc'))
    include = pathlib.Path(__file__).parents[2] / 'include'
    if not cc or not include.is_dir():
        pytest.skip('no compiler')
    structs = {name: kind for name, kind in _library.TYPES.items()
               if isinstance(kind, type) and issubclass(kind, ctypes.Structure)}
    assert len(structs) > 10
    wanted = {f'sizeof({name})': ctypes.sizeof(kind)
              for name, kind in structs.items()}
    wanted.update((f'offsetof({name}, {field})', getattr(kind, field).offset)
                  for name, kind in structs.items()
                  for field, _ in kind._fields_)
    source = tmp_path / 'offsets.c'
    source.write_text('#include <clrelu.h>\n' + ''.join(
        f'_Static_assert({c} == {value}, "{c}");\n'
        for c, value in wanted.items()))
    done = subprocess.run([cc, '-std=c11', '-I', include, '-fsyntax-only',
                           source], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_functions():
    """Every function of the headers has its types."""
    for name in 'forward', 'prelu_layer_load', 'tune', 'sum_partials':
        function = getattr(_library.LIBRARY, 'clrelu_' + name)
        assert function.argtypes[0] is ctypes.c_void_p
    assert len(_library.LIBRARY.clrelu_sum_partials.argtypes) == 7


def test_devices(relu):
    found = clrelu.devices()
    assert found and found[0].memory_bytes > 0 and found[0].compiler
    assert clrelu.devices('no such device') == []
    x = np.array([-1, 2], np.float32)
    for context in (clrelu.Context(device=found[0]),
                    clrelu.Context(found[0].name)):
        assert np.array_equal(context.forward('leaky_relu', x, 0.5), [-.5, 2])
    with pytest.raises(clrelu.Error, match=found[0].name) as error:
        clrelu.Context('no such device')
    assert error.value.status == 'CLRELU_NO_DEVICE'


def test_programs(relu, tmp_path):
    lines = []
    first = clrelu.Context(log=lambda level, text: lines.append((level, text)))
    first.precompile('thresholded_relu')
    assert lines and all(level == 2 for level, _ in lines)
    path = str(tmp_path / 'programs')
    first.save_programs(path)
    second = clrelu.Context(program=path)
    x = np.array([-1, 2], np.float32)
    assert np.array_equal(second.forward('thresholded_relu', x), [0, 2])
    with pytest.raises(clrelu.Error) as error:
        second.forward('elu', x)
    assert error.value.status == 'CLRELU_INVALID_PROGRAM'


def test_float_check(relu):
    check = relu.float_check()
    assert check.is_ieee == (check.differs == '')


def test_source(relu):
    for op in OPS:
        assert f'float4 my_{op}4(' in clrelu.source(op, 'float32', 'my_')
    check = relu.check_kernel('leaky_relu')
    assert check.same_bits == (check.differs == '')
    with pytest.raises(clrelu.Error) as error:
        clrelu.source('elu', prefix='1')
    assert 'my_chain_gradN(x, bias, dy)' in clrelu.chain_source(
        'elu', ['bias', 'residual'], 'float16', prefix='my_')
    assert error.value.status == 'CLRELU_INVALID_SPEC'


def test_explain(relu):
    plan = relu.explain('elu', (10, 100), direction='backward')
    assert plan.bytes_read == 8000 and plan.bytes_written == 4000
    plan = relu.explain('prelu', (8, 16, 28, 28), alpha_shape=(16, 1, 1),
                        shared_axes=(2, 3))
    assert plan.shape == '8 shared x 16 kept x 784 shared'


def test_threads(relu, data):
    """A context for all, and a queue of its own for each."""
    pyopencl = pytest.importorskip('pyopencl')
    wanted, results = relu.forward('elu', data[0]), []

    def work():
        mine = relu.on(pyopencl.CommandQueue(relu.queue.context))
        results.append(mine.forward('elu', data[0]))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4
    assert all(np.array_equal(r, wanted) for r in results)


def test_events(relu, data):
    """Nothing starts before the events of its arrays, and what it writes has
    an event: on a queue without an order of its own, if there is one."""
    cl = pytest.importorskip('pyopencl')
    import pyopencl.array as cl_array
    context = relu.queue.context
    flag = cl.command_queue_properties.OUT_OF_ORDER_EXEC_MODE_ENABLE
    loose = context.devices[0].queue_properties & flag
    queue = cl.CommandQueue(context, properties=flag if loose else 0)
    loose = clrelu.Context(queue=queue)
    x, dy, alpha = (cl_array.to_device(queue, a) for a in (
        data[0], data[1], np.full(data[0].shape[1:], 0.5, np.float32)))
    gate = cl.UserEvent(context)
    x.add_event(gate)
    results = [loose.forward('leaky_relu', x, 0.5)]
    results += [loose.forward('leaky_relu', results[0], 0.5),
                loose.backward('leaky_relu', results[0], dy, 0.5),
                *loose.prelu_backward(results[0], alpha, dy)]
    queue.flush()
    assert all(a.events[-1].command_execution_status !=
               cl.command_execution_status.COMPLETE for a in results)
    assert dy.events and alpha.events
    gate.set_status(cl.command_execution_status.COMPLETE)
    for a in results:
        a.finish()
    assert np.array_equal(results[1].get(),
                          np.where(data[0] < 0, data[0] / 4, data[0]))


def test_library_errors(relu, arrays, data):
    x = arrays(data[0])
    alpha = arrays(np.zeros((5, 1, 5), np.float32))
    for status, text, call in (
            ('INVALID_SCALAR', 'alpha is -1, must be >= 0',
             lambda: relu.forward('leaky_relu', x, -1)),
            ('INVALID_SCALAR', 'theta is nan',
             lambda: relu.forward('thresholded_relu', x, float('nan'))),
            ('INVALID_OP', 'clrelu_prelu_forward',
             lambda: relu.forward('prelu', x, 1)),
            ('INVALID_AXIS', 'axes',
             lambda: relu.prelu_forward(x, alpha, shared_axes=(0,))),
            ('INVALID_ALPHA_SHAPE', '5',
             lambda: relu.prelu_forward(x, alpha, shared_axes=(2,))),
            ('INVALID_AXIS', 'shared', lambda: relu.prelu_forward(
                x, alpha, shared_axes=(1,), layout='torch')),
            ('INVALID_ALPHA_SHAPE', r'\(5, 1, 5\)',
             lambda: relu.prelu_forward(x, alpha, layout='torch'))):
        with pytest.raises(clrelu.Error, match=text) as error:
            call()
        assert error.value.status == 'CLRELU_' + status


def test_python_errors(relu, arrays, data):
    x, flat = arrays(data[0]), arrays(np.zeros(6, np.float32))
    half = arrays(np.zeros(data[0].shape, np.float16))
    pairs = arrays(np.zeros((2, 6), np.float32))
    for text, call in (
            ("op is 'gelu', must be one of leaky_relu",
             lambda: relu.forward('gelu', x)),
            ("layout is 'jax'",
             lambda: relu.prelu_forward(x, flat, layout='jax')),
            ("accumulate is 'y'",
             lambda: relu.backward('elu', x, x, accumulate=('y',))),
            ('must be float32', lambda: relu.forward('elu', x, out=half)),
            ('must be float16', lambda: relu.backward('elu', x, half)),
            ('int32', lambda: relu.forward('elu', arrays(np.zeros(3, 'i')))),
            ('not contiguous',
             lambda: relu.prelu_backward(pairs, flat, pairs, dalpha=arrays(
                 np.zeros(12, np.float32))[::2]))):
        with pytest.raises(ValueError, match=text):
            call()


def test_numpy_memory(relu):
    memory = np.arange(-6, 6, dtype=np.float32)
    with pytest.raises(ValueError, match='overlap'):
        relu.forward('elu', memory[:6], out=memory[3:9])
    assert np.array_equal(relu.forward('leaky_relu', memory[::2], 0.5),
                          [-3, -2, -1, 0, 2, 4])
    with pytest.raises(ValueError, match='float32'):
        relu.forward('elu', memory.astype('>f4'))
    memory.flags.writeable = False
    assert relu.forward('elu', memory)[-1] == 5
    with pytest.raises(ValueError, match='read-only'):
        relu.forward('elu', memory, out=memory)


def test_other_context(relu, data):
    cl_array = pytest.importorskip('pyopencl.array')
    x = cl_array.to_device(clrelu.Context().queue, data[0])
    x.finish()
    with pytest.raises(clrelu.Error) as error:
        relu.forward('elu', x)
    assert error.value.status == 'CLRELU_INVALID_CONTEXT'


def test_offset(relu):
    cl_array = pytest.importorskip('pyopencl.array')
    whole = cl_array.zeros(relu.queue, 4, np.float32)
    odd = cl_array.Array(relu.queue, (1,), np.float32, data=whole.base_data,
                         offset=2)
    with pytest.raises(ValueError, match='2 bytes into an element'):
        relu.forward('elu', odd)
