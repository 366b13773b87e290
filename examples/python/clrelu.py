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


class Buffer(ctypes.Structure):
    _fields_ = [('mem', ctypes.c_void_p), ('offset', ctypes.c_size_t)]


class Shape(ctypes.Structure):
    _fields_ = [('rank', ctypes.c_size_t),
                ('dims', ctypes.POINTER(ctypes.c_size_t)),
                ('shared_count', ctypes.c_size_t),
                ('shared_axes', ctypes.POINTER(ctypes.c_int)),
                ('alpha_rank', ctypes.c_size_t),
                ('alpha_dims', ctypes.POINTER(ctypes.c_size_t)),
                ('alpha_dtype', ctypes.c_int)]


class Params(ctypes.Structure):
    _fields_ = [('spec', ctypes.c_char_p), ('context', ctypes.c_void_p),
                ('device', ctypes.c_void_p), ('queue', ctypes.c_void_p),
                ('program', ctypes.c_char_p)]


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
    pointer, size, number = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int
    wait = [ctypes.c_uint, ctypes.POINTER(pointer), ctypes.POINTER(pointer)]
    shape = ctypes.POINTER(Shape)
    lib.clrelu_error.restype = ctypes.c_char_p
    lib.clrelu_op_name.restype = ctypes.c_char_p
    lib.clrelu_status_name.restype = ctypes.c_char_p
    lib.clrelu_context_create.argtypes = [ctypes.POINTER(Params),
                                          ctypes.POINTER(pointer)]
    lib.clrelu_context_destroy.argtypes = [ctypes.POINTER(pointer)]
    lib.clrelu_context_device.argtypes = [pointer]
    lib.clrelu_context_device.restype = pointer
    lib.clrelu_forward.argtypes = [
        pointer, pointer, number, number, ctypes.c_double, size,
        Buffer, Buffer, *wait]
    lib.clrelu_backward.argtypes = [
        pointer, pointer, number, number, ctypes.c_double, ctypes.c_uint, size,
        Buffer, Buffer, Buffer, *wait]
    lib.clrelu_prelu_forward.argtypes = [
        pointer, pointer, number, shape, Buffer, Buffer, Buffer, *wait]
    lib.clrelu_prelu_backward.argtypes = [
        pointer, pointer, number, shape, ctypes.c_uint, *[Buffer] * 6, *wait]
    return lib


def check(lib, status):
    if status:
        raise Error(lib.clrelu_status_name(status).decode(),
                    lib.clrelu_error().decode())


def pick_device(library=None):
    """The device that the library picks, or that CLRELU_DEVICE names."""
    lib, context = load(library), ctypes.c_void_p()
    check(lib, lib.clrelu_context_create(Params(), context))
    device = pyopencl.Device.from_int_ptr(lib.clrelu_context_device(context))
    lib.clrelu_context_destroy(context)
    return device


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
    return Buffer(array.base_data.int_ptr if array.size else None, offset)


def lay_out(x, alpha, shared_axes, layout):
    """Shapes of x and alpha for the library, and the axes that share alpha.

    PyTorch's alpha is (C,) for an x of (N, C, ...), or one element.  ONNX's
    broadcasts to x from the right; as that may go along the first axis, which
    the library shares, x gets one more axis of one element before it.
    """
    if layout == 'keras':
        return x.shape, alpha.shape, tuple(shared_axes)
    if layout not in ('torch', 'onnx'):
        raise ValueError(f"layout is {layout!r}, must be 'keras', 'torch' or "
                         "'onnx'")
    if shared_axes:
        raise ValueError(f"shared_axes does not go with layout {layout!r}")
    dims, fits = alpha.shape, True
    if layout == 'torch' and alpha.size == 1:
        dims = ()
    elif layout == 'torch':
        fits = x.ndim > 1 and dims == x.shape[1:2]
        dims += (1,) * (x.ndim - 2)
    dims = (1,) * (x.ndim - len(dims)) + dims
    if not fits or len(dims) > x.ndim or any(
            a not in (1, d) for a, d in zip(dims, x.shape)):
        wanted = 'broadcast to' if layout == 'onnx' else \
            'be (C,), or one element, for'
        raise ValueError(f'alpha has shape {alpha.shape}, must {wanted} x of '
                         f'shape {x.shape}')
    return (1, *x.shape), dims, tuple(
        axis for axis, extent in enumerate(dims, 1) if extent == 1)


def shape_of(x, alpha, shared_axes, layout):
    x_dims, alpha_dims, shared = lay_out(x, alpha, shared_axes, layout)
    return Shape(len(x_dims), (ctypes.c_size_t * len(x_dims))(*x_dims),
                 len(shared), (ctypes.c_int * len(shared))(*shared),
                 len(alpha_dims), (ctypes.c_size_t * len(alpha_dims))(
                     *alpha_dims), dtype_of(alpha))


class Relu:
    """The library on the context and device of a queue."""

    def __init__(self, queue, library=None):
        self.context = ctypes.c_void_p()
        self.queue = queue
        self.lib = load(library)
        self.ops = {}
        while name := self.lib.clrelu_op_name(len(self.ops)):
            self.ops[name.decode()] = len(self.ops)
        check(self.lib, self.lib.clrelu_context_create(
            Params(queue=queue.int_ptr), self.context))

    def __del__(self):
        if getattr(self, 'context', None):
            self.lib.clrelu_context_destroy(self.context)

    def call(self, function, *arguments, arrays):
        """function of the library, after the arrays' events."""
        if any(a.context != self.queue.context for a in arrays):
            raise ValueError('an array is of another context than the queue')
        waits = [event for array in arrays for event in array.events]
        handles = (ctypes.c_void_p * len(waits))(*(e.int_ptr for e in waits))
        done = ctypes.c_void_p()
        check(self.lib, function(
            self.context, self.queue.int_ptr, *arguments, len(waits),
            handles if waits else None, done))
        event = pyopencl.Event.from_int_ptr(done.value, retain=False)
        for array in {id(a): a for a in arrays}.values():
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

    def forward(self, op, x, parameter, out=None):
        y = self.new(x) if out is None else out
        self.call(self.lib.clrelu_forward, self.ops.get(op, -1),
                  self.like(x, y), parameter, x.size, buffer(x), buffer(y),
                  arrays=(x, y))
        return y

    def backward(self, op, x, dy, parameter, out=None):
        dx = self.new(x) if out is None else out
        self.call(self.lib.clrelu_backward, self.ops.get(op, -1),
                  self.like(x, dy, dx), parameter, 0, x.size, buffer(x),
                  buffer(dy), buffer(dx), arrays=(x, dy, dx))
        return dx

    def prelu_forward(self, x, alpha, shared_axes=(), out=None,
                      layout='keras'):
        y = self.new(x) if out is None else out
        self.call(self.lib.clrelu_prelu_forward, self.like(x, y),
                  shape_of(x, alpha, shared_axes, layout), buffer(x),
                  buffer(alpha), buffer(y), arrays=(x, alpha, y))
        return y

    def prelu_backward(self, x, alpha, dy, shared_axes=(), layout='keras'):
        dx, dalpha = self.new(x), self.new(alpha)
        self.call(self.lib.clrelu_prelu_backward, self.like(x, dy),
                  shape_of(x, alpha, shared_axes, layout), 0, buffer(x),
                  buffer(alpha), buffer(dy), buffer(dx), buffer(dalpha), Buffer(),
                  arrays=(x, alpha, dy, dx, dalpha))
        return dx, dalpha
