# clrelu.py - the library on pyopencl's queues and arrays
# SPDX-License-Identifier: MIT
"""To be copied into a program of yours, and read first.

    relu = clrelu.Relu(queue)
    y = relu.forward('leaky_relu', x, 0.3)             # x: pyopencl.array.Array
    dx = relu.backward('leaky_relu', x, dy, 0.3)
    y = relu.prelu_forward(x, alpha, shared_axes=(1, 2))
    dx, dalpha = relu.prelu_backward(x, alpha, dy, shared_axes=(1, 2))
    y = relu.prelu_forward(x, weight, layout='torch')   # torch.nn.PReLU's
    y = relu.prelu_forward(x, slope, layout='onnx')     # of ONNX's PRelu
    text = clrelu.source('elu')                 # for your own kernels: fused.py

A call only enqueues.  The device waits for the arrays' events first, and the
call's own event is added to all of them; pyopencl itself waits for the oldest
of an array's events where it has more than twelve.  out= is written instead of
a new array, and may be the input.  What the library refuses is an Error.
"""
import ctypes
import ctypes.util
import os

import pyopencl
import pyopencl.array

DTYPES = {'float32': 1, 'float16': 2, 'float64': 4}  # clrelu_dtype
LAYOUTS = {'keras': 0, 'onnx': 1, 'torch': 2}  # clrelu_alpha_layout, numpy: onnx

pointer, size, number = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int
u32, u64 = ctypes.c_uint32, ctypes.c_uint64


class Params(ctypes.Structure):
    _fields_ = [('spec', ctypes.c_char_p), ('context', pointer),
                ('device', pointer), ('queue', pointer),
                ('program', ctypes.c_char_p), ('log', pointer),
                ('log_data', pointer), ('reserved', u64 * 4)]


class Buffer(ctypes.Structure):
    _fields_ = [('mem', pointer), ('pointer', pointer), ('offset', size),
                ('reserved', pointer)]


class Exec(ctypes.Structure):
    _fields_ = [('queue', pointer), ('wait_count', ctypes.c_uint),
                ('reserved_32', u32),
                ('wait_list', ctypes.POINTER(pointer)),
                ('event', ctypes.POINTER(pointer)), ('reserved', u64 * 2)]


class Elementwise(ctypes.Structure):
    _fields_ = [('op', number), ('dtype', number), ('flags', u32),
                ('reserved_32', u32), ('scalar', ctypes.c_double), ('n', size),
                ('x', Buffer), ('y', Buffer), ('dy', Buffer), ('dx', Buffer),
                ('reserved', u64 * 8)]


class Shape(ctypes.Structure):
    _fields_ = [('rank', size), ('dims', ctypes.POINTER(size)),
                ('shared_count', size), ('shared_axes', ctypes.POINTER(number)),
                ('alpha_rank', size), ('alpha_dims', ctypes.POINTER(size)),
                ('alpha_layout', number), ('reserved_32', u32),
                ('reserved', u64 * 4)]


class Prelu(ctypes.Structure):
    _fields_ = [('dtype', number), ('alpha_dtype', number), ('flags', u32),
                ('reserved_32', u32), ('shape', ctypes.POINTER(Shape)),
                ('x', Buffer), ('alpha', Buffer), ('y', Buffer), ('dy', Buffer),
                ('dx', Buffer), ('dalpha', Buffer), ('workspace', Buffer),
                ('reserved', u64 * 8)]


class Error(Exception):
    """str() is the library's text, status its name of it."""

    def __init__(self, status, text):
        super().__init__(text)
        self.status = status


def load(path=None):
    """The library, with the types of what is called below."""
    lib = ctypes.CDLL(path or os.environ.get('CLRELU_LIBRARY')
                      or ctypes.util.find_library('clrelu')
                      or 'libclrelu.so.0')
    lib.clrelu_error.restype = ctypes.c_char_p
    lib.clrelu_op_name.restype = ctypes.c_char_p
    lib.clrelu_status_name.restype = ctypes.c_char_p
    lib.clrelu_context_create.argtypes = [ctypes.POINTER(Params),
                                          ctypes.POINTER(pointer)]
    lib.clrelu_context_destroy.argtypes = [ctypes.POINTER(pointer)]
    lib.clrelu_context_cl_device.argtypes = [pointer]
    lib.clrelu_context_cl_device.restype = pointer
    lib.clrelu_source.argtypes = [number, number, ctypes.c_char_p, size,
                                  ctypes.c_char_p, ctypes.POINTER(size)]
    for name, call in (('forward', Elementwise), ('backward', Elementwise),
                       ('prelu_forward', Prelu), ('prelu_backward', Prelu)):
        getattr(lib, 'clrelu_' + name).argtypes = [
            pointer, ctypes.POINTER(Exec), ctypes.POINTER(call)]
    return lib


def check(lib, status):
    if status:
        raise Error(lib.clrelu_status_name(status).decode(),
                    lib.clrelu_error().decode())


def pick_device(library=None):
    """The device that the library picks, or that CLRELU_DEVICE names."""
    lib, context = load(library), ctypes.c_void_p()
    check(lib, lib.clrelu_context_create(Params(), context))
    device = pyopencl.Device.from_int_ptr(lib.clrelu_context_cl_device(context))
    lib.clrelu_context_destroy(context)
    return device


def operations(lib):
    """{name: clrelu_op}"""
    ops = {}
    while name := lib.clrelu_op_name(len(ops) + 1):
        ops[name.decode()] = len(ops) + 1
    return ops


def source(op, dtype='float32', prefix='clrelu_', library=None):
    """The operation as functions of OpenCL C, for kernels of your own."""
    lib, length = load(library), size()
    call = operations(lib).get(op, 0), DTYPES[dtype], prefix.encode()
    check(lib, lib.clrelu_source(*call, 0, None, length))
    text = ctypes.create_string_buffer(length.value + 1)
    check(lib, lib.clrelu_source(*call, len(text), text, None))
    return text.value.decode()


def dtype_of(array):
    """clrelu_dtype of an array."""
    if array.dtype.name not in DTYPES:
        raise ValueError(f"an array is {array.dtype}, must be one of "
                         f"{', '.join(DTYPES)}")
    return DTYPES[array.dtype.name]


def buffer(array):
    """What the library knows of an array: its cl_mem, and elements into it."""
    if not array.flags.c_contiguous:
        raise ValueError('an array is not contiguous in C order')
    offset, rest = divmod(array.offset, array.dtype.itemsize)
    if rest:
        raise ValueError(f'an array begins {rest} bytes into an element')
    return Buffer(mem=array.base_data.int_ptr if array.size else None,
                  offset=offset)


def shape_of(x, alpha, shared_axes, layout):
    if layout not in LAYOUTS:
        raise ValueError(f'layout is {layout!r}, must be one of '
                         f"{', '.join(LAYOUTS)}")
    return Shape(
        rank=x.ndim, dims=(size * x.ndim)(*x.shape),
        shared_count=len(shared_axes),
        shared_axes=(number * len(shared_axes))(*shared_axes),
        alpha_rank=alpha.ndim, alpha_dims=(size * alpha.ndim)(*alpha.shape),
        alpha_layout=LAYOUTS[layout])


class Relu:
    """The library on the context and device of a queue."""

    def __init__(self, queue, library=None):
        self.context = ctypes.c_void_p()
        self.queue = queue
        self.lib = load(library)
        self.ops = operations(self.lib)
        check(self.lib, self.lib.clrelu_context_create(
            Params(queue=queue.int_ptr), self.context))

    def __del__(self):
        if getattr(self, 'context', None):
            self.lib.clrelu_context_destroy(self.context)

    def call(self, function, call, **arrays):
        """function of the library, after the arrays' events.  The arrays go to
        the fields of call that have their names."""
        if any(a.context != self.queue.context for a in arrays.values()):
            raise ValueError('an array is of another context than the queue')
        for name, array in arrays.items():
            setattr(call, name, buffer(array))
        waits = [event for a in arrays.values() for event in a.events]
        handles = (pointer * len(waits))(*(e.int_ptr for e in waits))
        done = pointer()
        check(self.lib, function(self.context, Exec(
            queue=self.queue.int_ptr, wait_count=len(waits),
            wait_list=handles if waits else None,
            event=ctypes.pointer(done)), call))
        event = pyopencl.Event.from_int_ptr(done.value, retain=False)
        for array in {id(a): a for a in arrays.values()}.values():
            array.add_event(event)

    def like(self, x, *others):
        """x's type for the library; the others must have it and x's shape."""
        for other in others:
            if other.shape != x.shape or other.dtype != x.dtype:
                raise ValueError(f'an array is {other.dtype}{other.shape}, must'
                                 f" be as x: {x.dtype}{x.shape}")
        return dtype_of(x)

    def new(self, array):
        return pyopencl.array.empty(self.queue, array.shape, array.dtype)

    def scalar(self, op, parameter, x, *others):
        return Elementwise(op=self.ops.get(op, -1), dtype=self.like(x, *others),
                           scalar=parameter, n=x.size)

    def prelu(self, alpha, shared_axes, layout, x, *others):
        return Prelu(dtype=self.like(x, *others), alpha_dtype=dtype_of(alpha),
                     shape=ctypes.pointer(shape_of(x, alpha, shared_axes,
                                                   layout)))

    def forward(self, op, x, parameter, out=None):
        y = self.new(x) if out is None else out
        self.call(self.lib.clrelu_forward, self.scalar(op, parameter, x, y),
                  x=x, y=y)
        return y

    def backward(self, op, x, dy, parameter, out=None):
        dx = self.new(x) if out is None else out
        self.call(self.lib.clrelu_backward,
                  self.scalar(op, parameter, x, dy, dx), x=x, dy=dy, dx=dx)
        return dx

    def prelu_forward(self, x, alpha, shared_axes=(), out=None,
                      layout='keras'):
        y = self.new(x) if out is None else out
        self.call(self.lib.clrelu_prelu_forward,
                  self.prelu(alpha, shared_axes, layout, x, y),
                  x=x, alpha=alpha, y=y)
        return y

    def prelu_backward(self, x, alpha, dy, shared_axes=(), layout='keras'):
        dx, dalpha = self.new(x), self.new(alpha)
        self.call(self.lib.clrelu_prelu_backward,
                  self.prelu(alpha, shared_axes, layout, x, dy),
                  x=x, alpha=alpha, dy=dy, dx=dx, dalpha=dalpha)
        return dx, dalpha
