# _layer.py - PReLU with its alpha
# SPDX-License-Identifier: MIT
from __future__ import annotations

import ctypes
import weakref
from typing import TYPE_CHECKING, Optional, Sequence

import numpy as np

from . import _library as c
from ._context import Context
from ._operations import flags_of, shape_of
from ._operands import MAP_READ, check_same, dtype_of, output

if TYPE_CHECKING:
    from ._operations import Array, Output


class PReLU:
    """PReLU with alpha and its gradient, as Keras's layer.

    Its alpha is float32.  The calls run on the context's queue, which must be
    in order.

    Parameters
    ----------
    context : Context
        The device.
    input_shape : sequence of int
        The shape of x, batch first; 0 leaves the batch or a shared axis open.
    shared_axes : sequence of int
        The axes, from 1, that share an alpha.
    alpha_initializer, alpha_regularizer, alpha_constraint : str, optional
        Such as ``'he_normal'``, ``'l1(0.01)'`` and ``'max_norm(2)'``.
    seed : int
        For an initializer without a seed.
    """

    def __init__(self, context: Context, input_shape: Sequence[int], *,
                 shared_axes: Sequence[int] = (),
                 alpha_initializer: Optional[str] = None,
                 alpha_regularizer: Optional[str] = None,
                 alpha_constraint: Optional[str] = None, seed: int = 0):
        shape = shape_of(input_shape, None, shared_axes, 'keras').contents
        specs = {name: spec and spec.encode() for name, spec in (
            ('initializer', alpha_initializer),
            ('regularizer', alpha_regularizer),
            ('constraint', alpha_constraint))}
        self._create(context, 'prelu_layer_create', c.struct(
            'prelu_layer_params', rank=shape.rank, dims=shape.dims,
            shared_count=shape.shared_count, shared_axes=shape.shared_axes,
            seed=seed, **specs))

    @classmethod
    def from_config(cls, context: Context, config: str) -> PReLU:
        """A layer of a text such as
        ``'PReLU(input_shape=[0,8],alpha_regularizer=l1(0.01))'``."""
        layer = cls.__new__(cls)
        layer._create(context, 'prelu_layer_create_from_config',
                      config.encode())
        return layer

    def _create(self, context, name, arguments):
        self._context, self._handle = context, ctypes.c_void_p()
        context._run(name, context._handle, None, arguments, self._handle,
                     reads={}, writes={})
        weakref.finalize(self, c.LIBRARY.clrelu_prelu_layer_destroy,
                         self._handle)

    def _run(self, name, *arguments, call=None, reads={}, writes={}):
        self._context._run('prelu_layer_' + name, self._handle, call,
                           *arguments, reads=reads, writes=writes)

    @property
    def config(self) -> str:
        """The layer's configuration as a text for :meth:`from_config`."""
        return c.text_of('prelu_layer_config', self._handle)

    @property
    def alpha_shape(self) -> tuple[int, ...]:
        """The shape of alpha."""
        rank, dims = ctypes.c_size_t(), (ctypes.c_size_t * 64)()
        c.call('prelu_layer_alpha_dims', self._handle, rank, dims, None)
        return tuple(dims[:rank.value])

    @property
    def alpha(self) -> np.ndarray:
        """alpha's values; an assignment writes them."""
        values = np.empty(self.alpha_shape, np.float32)
        self._run('read_alpha', values.size, values.ctypes.data_as(
            ctypes.POINTER(ctypes.c_float)))
        return values

    @alpha.setter
    def alpha(self, values: np.ndarray) -> None:
        values = np.ascontiguousarray(values, np.float32)
        self._run('write_alpha', values.size, values.ctypes.data_as(
            ctypes.POINTER(ctypes.c_float)))

    @property
    def dalpha(self) -> np.ndarray:
        """The sum of alpha's gradients since the last update."""
        values = np.empty(self.alpha_shape, np.float32)
        buffer = c.LIBRARY.clrelu_prelu_layer_dalpha_buffer(self._handle)
        queue = self._context._queue
        mapped = c.opencl('clEnqueueMapBuffer', queue, buffer.mem, 1, MAP_READ,
                          4 * buffer.offset, values.nbytes, 0, None, None)
        ctypes.memmove(values.ctypes.data, mapped, values.nbytes)
        c.opencl('clEnqueueUnmapMemObject', queue, buffer.mem, mapped, 0, None,
                 None)
        return values

    def _call(self, x, accumulate=()):
        return c.struct('prelu', dtype=dtype_of(x), flags=flags_of(accumulate),
                        shape=shape_of(x.shape, None, (), 'keras'))

    def forward(self, x: Array, *, out: Optional[Array] = None) -> Array:
        """y from x."""
        y = output(out, x)
        self._run('forward', call=self._call(x), reads={'x': x},
                  writes={'y': y})
        return y

    def backward(self, x: Array, dy: Array, *, dx: Output = None,
                 accumulate: Sequence[str] = ()) -> Optional[Array]:
        """dx, unless that is False; alpha's gradient is added to dalpha."""
        check_same(dy, x.shape, x.dtype)
        dx = output(dx, x)
        self._run('backward', call=self._call(x, accumulate),
                  reads={'x': x, 'dy': dy}, writes={'dx': dx})
        return None if dx is False else dx

    def penalty(self) -> float:
        """The regularizer's value for alpha, 0 without one."""
        result = np.empty(1, np.float32)
        self._run('penalty', writes={'penalty': result})
        return float(result[0])

    def update(self, learning_rate: float, momentum: float = 0.0) -> None:
        """Adds the regularizer's gradient to dalpha, makes a step of stochastic
        gradient descent, and applies the constraint; dalpha is 0 then."""
        self._run('update', learning_rate, momentum)

    def save(self, path: str) -> None:
        """Writes alpha to a NumPy file, atomically."""
        self._run('save', str(path).encode())

    def load(self, path: str) -> None:
        """Reads alpha from a NumPy file."""
        self._run('load', str(path).encode())
