# _context.py - the devices, and the operations on one of them
# SPDX-License-Identifier: MIT
from __future__ import annotations

import copy
import ctypes
import weakref
from typing import (TYPE_CHECKING, Callable, NamedTuple, Optional, Sequence,
                    Union)

import numpy as np

from . import _library as c
from ._fused import Fused
from ._operands import DTYPES, check_same, dtype_of, numpy_type
from ._operations import OPS, default, partial_type, shape_of

if TYPE_CHECKING:
    import pyopencl

DIRECTIONS = c.names('direction')

class Device(NamedTuple):
    """A device, as ``clrelu_device``; ``device`` is its handle."""
    name: str
    vendor: str
    platform_name: str
    version: str
    driver: str
    compute_units: int
    memory_bytes: int
    max_alloc_bytes: int
    cache_bytes: int
    compiler: bool
    svm: bool
    type: int
    device: int


class FloatCheck(NamedTuple):
    """Whether a device's float32 is IEEE 754's, and the deviations."""
    is_ieee: bool
    differs: str


class KernelCheck(NamedTuple):
    """Whether a kernel has the library's bits, and what differs."""
    same_bits: bool
    differs: str


class Explanation(NamedTuple):
    """The plan of a call, as ``clrelu_explanation``."""
    shape: str
    kernel: str
    options: str
    stores: str
    values: str
    groups: int
    local_size: int
    launches: int
    bytes_read: int
    bytes_written: int
    workspace_bytes: int


def devices(spec: str = '') -> list[Device]:
    """The available devices that match a device spec, best first.

    Parameters
    ----------
    spec : str
        ``[PLATFORM:][TYPE][:INDEX]``, such as ``'gpu:1'`` or ``'pocl'``.
    """
    count = ctypes.c_size_t()
    c.call('device_list', spec.encode(), 0, None, count)
    found = (c.TYPES['clrelu_device'] * count.value)()
    c.call('device_list', spec.encode(), len(found), found, count)
    return [c.record(Device, device) for device in found]


def source(op: str, dtype: str = 'float32', prefix: str = 'clrelu_') -> str:
    """An operation as functions of OpenCL C, for kernels of your own.

    Parameters
    ----------
    op : str
        ``'leaky_relu'``, ``'prelu'``, ``'elu'`` or ``'thresholded_relu'``.
    dtype : str
        The type of the elements: ``'float32'``, ``'float16'``, ``'bfloat16'``
        or ``'float64'``.
    prefix : str
        Begins every name that the text defines.
    """
    return c.text_of('source', c.value_of(OPS, op, 'op'),
                     c.value_of(DTYPES, dtype, 'dtype'), prefix.encode())


def chain_source(op: str, operands: Sequence[str], dtype: str = 'float32',
                 scalar: Optional[float] = None, gain: float = 1,
                 prefix: str = 'clrelu_') -> str:
    """A chain as functions of OpenCL C, for kernels of your own.

    Parameters
    ----------
    op, dtype, prefix
        As for :func:`source`.
    operands : sequence of str
        Any of ``'scale'``, ``'bias'`` and ``'residual'``.
    scalar, gain : float
        As for :meth:`Context.chain_forward`.
    """
    given = c.TYPES['clrelu_buffer'](pointer=1)
    call = c.struct('chain', op=c.value_of(OPS, op, 'op'),
                    dtype=c.value_of(DTYPES, dtype, 'dtype'), gain=gain,
                    scalar=default(op) if scalar is None else scalar,
                    **{name: given for name in operands})
    return c.text_of('chain_source', call, prefix.encode())


def sum_partials(partials: np.ndarray, dtype: str = 'float32') -> np.ndarray:
    """The sum of partials on the host, as :meth:`Context.sum_partials`."""
    partials = np.ascontiguousarray(partials)
    out = np.empty(partials.shape[1:], numpy_type(dtype))
    check_same(partials, partials.shape, partial_type(out))
    c.call('sum_partials_host', dtype_of(out), partials.shape[0], out.size,
           partials.ctypes.data, out.ctypes.data)
    return out


class Context(Fused):
    """The library on a device.

    Arrays are pyopencl's, for which a call only enqueues, or NumPy's, for which
    it waits.  Results are of the kind of the first array.  ``out`` and other
    outputs are written instead of new arrays, and may be the input.
    ``accumulate`` has the names of outputs that are added to, such as
    ``('dx',)``.

    Parameters
    ----------
    spec : str, optional
        A device spec, as in :func:`devices`; the default is the environment
        variable ``CLRELU_DEVICE``, or the best device.
    device : Device or pyopencl.Device, optional
        A device instead of a spec.
    queue : pyopencl.CommandQueue, optional
        A queue to adopt with its context and device.
    program : str, optional
        A file of :meth:`save_programs`; nothing is compiled then.  Else
        programs are cached on disk.
    log : callable, optional
        Called with a level, 1 for a warning and 2 for information, and a text.

    Raises
    ------
    Error
        What the library refuses, here and in all calls.
    """

    def __init__(self, spec: Optional[str] = None, *,
                 device: Union[Device, pyopencl.Device, None] = None,
                 queue: Optional[pyopencl.CommandQueue] = None,
                 program: Optional[str] = None,
                 log: Optional[Callable[[int, str], None]] = None):
        params = c.struct('context_params')
        params.spec = spec and spec.encode()
        params.device = getattr(device, 'int_ptr', getattr(device, 'device',
                                                           None))
        params.queue = queue and queue.int_ptr
        params.program = None if program is None else program.encode()
        if log:
            params.log = c.TYPES['clrelu_log_callback'](
                lambda data, level, text: log(level, text.decode()))
        handle = ctypes.c_void_p()
        c.call('context_create', params, handle)
        self._handle = handle.value
        self._kept: tuple = (params.log,)
        self._context = c.LIBRARY.clrelu_context_cl_context(handle)
        weakref.finalize(self, c.LIBRARY.clrelu_context_destroy, handle)
        self._own(queue)

    def _own(self, queue):
        if queue:
            self._queue = queue.int_ptr
            c.opencl('clRetainCommandQueue', self._queue)
        else:
            self._queue = c.opencl(
                'clCreateCommandQueue', self._context,
                c.LIBRARY.clrelu_context_cl_device(self._handle), 0)
        weakref.finalize(self, c.LIBRARY.clReleaseCommandQueue, self._queue)

    @property
    def queue(self) -> pyopencl.CommandQueue:
        """The queue of the calls, for pyopencl's arrays."""
        import pyopencl
        return pyopencl.CommandQueue.from_int_ptr(self._queue)

    def on(self, queue: pyopencl.CommandQueue) -> Context:
        """This context with another queue, such as that of a thread."""
        other = copy.copy(self)
        other._kept = (self,)  # which owns the handle
        other._own(queue)
        return other

    def precompile(self, op: str, dtype: str = 'float32') -> None:
        """Compiles all programs of an operation, and waits."""
        c.call('precompile', self._handle, c.value_of(OPS, op, 'op'),
               c.value_of(DTYPES, dtype, 'dtype'))

    def save_programs(self, path: str) -> None:
        """Writes the programs used so far to a file."""
        c.call('save_programs', self._handle, str(path).encode())

    def float_check(self) -> FloatCheck:
        """Whether the device's float32 gives the same bits as all others."""
        result = c.struct('float_check')
        c.call('context_float_check', self._handle, result)
        return c.record(FloatCheck, result)

    def check_kernel(self, op: str, dtype: str = 'float32',
                     options: Optional[str] = None) -> KernelCheck:
        """Whether :func:`source` has the library's bits in a program that is
        built with these options."""
        result = c.struct('kernel_check')
        c.call('check_kernel', self._handle, c.value_of(OPS, op, 'op'),
               c.value_of(DTYPES, dtype, 'dtype'), options and options.encode(),
               result)
        return c.record(KernelCheck, result)

    def explain(self, op: str, shape: Sequence[int], dtype: str = 'float32', *,
                direction: str = 'forward', shared_axes: Sequence[int] = (),
                alpha_shape: Optional[Sequence[int]] = None,
                layout: str = 'keras') -> Explanation:
        """The plan of a call on an array of a shape.

        Parameters
        ----------
        direction : str
            ``'forward'`` or ``'backward'``.
        shared_axes, alpha_shape, layout
            For ``'prelu'``: as in :meth:`prelu_forward`.
        """
        code = c.value_of(DTYPES, dtype, 'dtype')
        if op == 'prelu':
            call = c.struct('prelu', dtype=code, shape=shape_of(
                shape, alpha_shape, shared_axes, layout))
        else:
            call = c.struct('elementwise', op=c.value_of(OPS, op, 'op'),
                            dtype=code, n=int(np.prod(shape)),
                            scalar=default(op))
        result = c.struct('explanation')
        c.call('explain_prelu' if op == 'prelu' else 'explain_elementwise',
               self._handle, c.value_of(DIRECTIONS, direction, 'direction'),
               call, result)
        return c.record(Explanation, result)
