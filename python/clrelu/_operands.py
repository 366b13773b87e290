# _operands.py - pyopencl's and NumPy's arrays as those of a call
# SPDX-License-Identifier: MIT
import ctypes

import numpy as np

from . import _library as c

DTYPES = c.names('dtype')
USE_HOST_PTR = 1 << 0 | 1 << 3  # and read and write
MAP_READ = 1


def dtype_of(array):
    """clrelu_dtype of an array.  NumPy has no bfloat16: ml_dtypes has, or two
    bytes of anything, V2."""
    name = array.dtype.name.replace('void16', 'bfloat16')
    if name not in DTYPES or not array.dtype.isnative:
        raise ValueError(f'an array is {array.dtype}, must be one of '
                         f"{', '.join(DTYPES)}")
    return DTYPES[name]


def numpy_type(name):
    """NumPy's type of a dtype's name."""
    c.value_of(DTYPES, name, 'dtype')
    return np.dtype('V2' if name == 'bfloat16' else name)


def new(like, shape, dtype):
    """An array of the other's kind, with any values."""
    if isinstance(like, np.ndarray):
        return np.empty(shape, dtype)
    import pyopencl.array  # it is there, as like is its array
    return pyopencl.array.empty(like.queue, shape, dtype)


def output(given, like, shape=None, dtype=None):
    """The array to write: given, checked, or for None a new one, or for False
    none."""
    shape = like.shape if shape is None else tuple(shape)
    dtype = like.dtype if dtype is None else dtype
    if given is None:
        return new(like, shape, dtype)
    if given is not False:
        check_same(given, shape, dtype)
    return given


def check_same(array, shape, dtype):
    if array.shape != shape or array.dtype != dtype:
        raise ValueError(f'an array is {array.dtype}{array.shape}, must be '
                         f'{dtype}{shape}')


def check_contiguous(array):
    if not array.flags.c_contiguous:
        raise ValueError('an array is not contiguous in C order')


# Arrays of a call that may have gaps, and how many axes they may have then.
MAY_HAVE_GAPS = {'x', 'y', 'dy', 'dx', 'residual', 'z', 'dresidual'}
MAX_AXES = 6


def steps_of(array):
    """An array's strides in elements; None where a call cannot take them."""
    size = array.dtype.itemsize
    strides = [s if n > 1 else size
               for s, n in zip(array.strides, array.shape)]
    if array.ndim > MAX_AXES or any(s < 0 or s % size for s in strides):
        return None
    return [s // size for s in strides]


def find_gaps(arrays):
    """The strides of those with gaps.  A call with a mask takes none."""
    if arrays.get('mask') is not None:
        return {}
    given = {field: array for field, array in arrays.items()
             if field in MAY_HAVE_GAPS and array is not None
             and array is not False}
    found = {field: steps_of(array) for field, array in given.items()
             if array.size and not array.flags.c_contiguous}
    return {field: steps for field, steps in found.items() if steps}


def strides_of(arrays, gaps):
    """clrelu_strides."""
    dims = arrays[next(iter(gaps))].shape
    return ctypes.pointer(c.struct(
        'strides', rank=len(dims), dims=(ctypes.c_size_t * len(dims))(*dims),
        **{field: (ctypes.c_int64 * len(dims))(*steps)
           for field, steps in gaps.items()}))


def extent_of(array):
    """The bytes from the first to the last element."""
    return array.dtype.itemsize + sum(
        s * (n - 1) for s, n in zip(array.strides, array.shape))


class Operands:
    """The arrays of one call on a queue.

    pyopencl's arrays are used as they are: the call waits for their events,
    and its own event is added to all of them.  NumPy's become buffers in their
    own memory, without a copy where the device is the CPU; the call then waits
    for its end.
    """

    def __init__(self, context, queue):
        self.context, self.queue = context, queue
        self.arrays = []  # pyopencl's
        self.borrowed = {}  # address: (bytes, buffer, array)
        self.written = set()  # addresses

    def buffer(self, array, is_output, has_gaps=False):
        """clrelu_buffer of an array."""
        if not isinstance(array, np.ndarray):
            return self.of_pyopencl(array, has_gaps)
        if is_output:
            if not has_gaps:
                check_contiguous(array)
            if not array.flags.writeable:
                raise ValueError('an output is read-only')
        if not has_gaps:
            array = np.ascontiguousarray(array)
        return c.struct('buffer', mem=self.borrow(array, is_output))

    def of_pyopencl(self, array, has_gaps):
        if not has_gaps:
            check_contiguous(array)
        offset, rest = divmod(array.offset, array.dtype.itemsize)
        if rest:
            raise ValueError(f'an array begins {rest} bytes into an element')
        self.arrays.append(array)
        memory = array.base_data
        if not array.size:
            return c.struct('buffer')
        if hasattr(memory, 'svm_ptr'):
            return c.struct('buffer', pointer=memory.svm_ptr, offset=offset)
        return c.struct('buffer', mem=memory.int_ptr, offset=offset)

    def borrow(self, array, is_output):
        """The buffer in an array's memory: one for the same bytes."""
        if not array.size:
            return None
        address, size = array.ctypes.data, extent_of(array)
        if is_output:
            self.written.add(address)
        if self.borrowed.get(address, (0,))[0] != size:
            for start, (length, *_) in self.borrowed.items():
                if start < address + size and address < start + length:
                    raise ValueError('arrays overlap, and are not the same')
            self.borrowed[address] = size, c.opencl(
                'clCreateBuffer', self.context, USE_HOST_PTR, size,
                address), array
        return self.borrowed[address][1]

    def enqueue(self, name, *arguments):
        """name(owner, exec, the other arguments)."""
        waits = [event for a in self.arrays for event in a.events]
        handles = (ctypes.c_void_p * len(waits))(*(e.int_ptr for e in waits))
        done = ctypes.c_void_p()
        c.call(name, arguments[0], c.struct(
            'exec', queue=self.queue, wait_count=len(waits),
            wait_list=handles if waits else None,
            event=ctypes.pointer(done) if self.arrays else None),
            *arguments[1:])
        if self.arrays:
            import pyopencl
            event = pyopencl.Event.from_int_ptr(done.value, retain=False)
            for array in {id(a): a for a in self.arrays}.values():
                array.add_event(event)
        if self.borrowed:
            self.finish()

    def finish(self):
        """NumPy's arrays have the results then."""
        c.opencl('clFinish', self.queue)
        for address in self.written:
            size, mem, _ = self.borrowed[address]
            mapped = c.opencl('clEnqueueMapBuffer', self.queue, mem, 1,
                              MAP_READ, 0, size, 0, None, None)
            c.opencl('clEnqueueUnmapMemObject', self.queue, mem, mapped, 0,
                     None, None)
        if self.written:
            c.opencl('clFinish', self.queue)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for _, mem, _ in self.borrowed.values():
            c.LIBRARY.clReleaseMemObject(mem)
