# _operations.py - the operations of a context
# SPDX-License-Identifier: MIT
from __future__ import annotations

import ctypes
from typing import (TYPE_CHECKING, Any, Collection, Literal, Optional,
                    Sequence, Union)

import numpy as np

from . import _library as c
from ._operands import (Operands, check_same, dtype_of, find_gaps, new,
                        numpy_type, output, strides_of)

if TYPE_CHECKING:
    import pyopencl
    import pyopencl.array

    Array = Union[np.ndarray, pyopencl.array.Array]
    # None: a new array; False: not computed.
    Output = Union[Array, None, Literal[False]]

OPS = c.names('op')
LAYOUTS = c.names('alpha_layout', 'CLRELU_ALPHA_')
LAYOUTS['onnx'] = LAYOUTS['numpy']
ACCUMULATE = c.names('flag', 'CLRELU_ACCUMULATE_')
FROM_OUTPUT = c.names('flag')['from_output']


def default(op: str) -> float:
    """The value of an operation's alpha or theta in Keras."""
    value = ctypes.c_double()
    c.LIBRARY.clrelu_op_parameter(c.value_of(OPS, op, 'op'), value)
    return value.value


def partial_type(array):
    """Of the partials of an array."""
    return np.dtype('float64' if array.dtype == 'float64' else 'float32')


def flags_of(accumulate, from_output=False):
    return sum(c.value_of(ACCUMULATE, name, 'accumulate')
               for name in {*accumulate}) + FROM_OUTPUT * from_output


def signs(x, mask, from_output):
    """What a backward call reads to know where x was negative."""
    return {'y' if from_output else 'x': x, 'mask': mask}


def check_mask(mask, x):
    if mask is not None:
        check_same(mask, (-(-x.size // 32),), np.dtype('uint32'))


def shape_of(dims, alpha_dims, shared_axes, layout):
    """clrelu_shape, without alpha_dims that of a layer's call."""
    size, axes = ctypes.c_size_t, tuple(shared_axes)
    more = {} if alpha_dims is None else dict(
        alpha_rank=len(alpha_dims),
        alpha_dims=(size * len(alpha_dims))(*alpha_dims))
    return ctypes.pointer(c.struct(
        'shape', rank=len(dims), dims=(size * len(dims))(*dims),
        shared_count=len(axes),
        shared_axes=(ctypes.c_int * len(axes))(*axes) if axes else None,
        alpha_layout=c.value_of(LAYOUTS, layout, 'layout'), **more))


class Operations:
    """What :class:`Context` computes.

    The arrays of x's shape may be views with gaps, of at most 6 axes, without
    a copy, except in a call with a mask.  An output's elements must not
    overlap.
    """

    _context: Any  # handles
    _handle: Any
    _queue: Any

    def _run(self, name, owner, call, *arguments, reads, writes, second=None):
        """Enqueues name(owner, exec, ...).  The arrays go to the fields of call
        and second that have their names; the others are arguments of their
        own."""
        structs = [struct for struct in (call, second) if struct is not None]
        more = []
        arrays = {**reads, **writes}
        gaps = find_gaps(arrays) if hasattr(call, 'strides') else {}
        if gaps:
            call.strides = strides_of(arrays, gaps)
        with Operands(self._context, self._queue) as operands:
            for arrays, is_output in (reads, False), (writes, True):
                for field, array in arrays.items():
                    if array is None or array is False:
                        continue
                    buffer = operands.buffer(array, is_output,
                                             field in gaps)
                    homes = [s for s in structs if hasattr(s, field)]
                    if homes:
                        setattr(homes[0], field, buffer)
                    else:
                        more.append(buffer)
            operands.enqueue(name, owner, *arguments, *structs, *more)

    # ------------------------------------------------------ element-wise

    def _elementwise(self, op, scalar, x, mask, flags=0):
        check_mask(mask, x)
        return c.struct('elementwise', op=c.value_of(OPS, op, 'op'),
                        dtype=dtype_of(x), flags=flags,
                        scalar=default(op) if scalar is None else scalar,
                        n=x.size)

    def forward(self, op: str, x: Array, scalar: Optional[float] = None, *,
                out: Optional[Array] = None, mask: Optional[Array] = None
                ) -> Array:
        """y = f(x).

        Parameters
        ----------
        op : str
            ``'leaky_relu'``, ``'elu'`` or ``'thresholded_relu'``.
        x : array
            The input.
        scalar : float, optional
            alpha or theta; the default is that of Keras.
        out : array, optional
            The output, which may be x.
        mask : array, optional
            Another output: uint32 of the shape (ceil(x.size/32),), a bit for
            each element whose derivative is 1.  Not for elu.
        """
        y = output(out, x)
        self._run('forward', self._handle,
                  self._elementwise(op, scalar, x, mask),
                  reads={'x': x}, writes={'y': y, 'mask': mask})
        return y

    def backward(self, op: str, x: Optional[Array], dy: Array,
                 scalar: Optional[float] = None, *,
                 out: Optional[Array] = None, mask: Optional[Array] = None,
                 from_output: bool = False,
                 accumulate: Collection[str] = ()) -> Array:
        """dx = f'(x) * dy.

        Parameters
        ----------
        op, scalar
            As in :meth:`forward`.
        x, dy : array
            The input of the forward call, and the gradient by its output.
        out : array, optional
            The output, which may be dy or x.
        mask : array, optional
            That of the forward call; x is None then.
        from_output : bool
            x is the forward call's output.
        accumulate : collection of str
            ``('dx',)``: out is added to.
        """
        dx = output(out, dy)
        call = self._elementwise(op, scalar, dy, mask,
                                 flags_of(accumulate, from_output))
        if x is not None:
            check_same(x, dy.shape, dy.dtype)
        self._run('backward', self._handle, call, writes={'dx': dx},
                  reads={'dy': dy, **signs(x, mask, from_output)})
        return dx

    # ------------------------------------------------------------- prelu

    def prelu_forward(self, x: Array, alpha: Array, *,
                      shared_axes: Sequence[int] = (), layout: str = 'keras',
                      out: Optional[Array] = None,
                      mask: Optional[Array] = None) -> Array:
        """y = x < 0 ? alpha*x : x.

        Parameters
        ----------
        x : array
            The input, batch first.
        alpha : array
            Of x's type, or float32 where x has 16 bits.
        shared_axes : sequence of int
            For the layout of Keras: the axes, from 1, that share an alpha.
        layout : str
            How alpha's shape is read: ``'keras'``, ``'torch'``, or ``'onnx'``
            alias ``'numpy'``.
        out, mask : array, optional
            As in :meth:`forward`.
        """
        y = output(out, x)
        call = self._prelu(x, alpha, shared_axes, layout)
        check_mask(mask, x)
        self._run('prelu_forward', self._handle, call,
                  reads={'x': x, 'alpha': alpha}, writes={'y': y, 'mask': mask})
        return y

    def _prelu(self, x, alpha, shared_axes, layout, flags=0):
        return c.struct('prelu', dtype=dtype_of(x),
                        alpha_dtype=dtype_of(alpha), flags=flags,
                        shape=shape_of(x.shape, alpha.shape, shared_axes,
                                       layout))

    def prelu_backward(self, x: Optional[Array], alpha: Array, dy: Array, *,
                       shared_axes: Sequence[int] = (), layout: str = 'keras',
                       dx: Output = None, dalpha: Output = None,
                       mask: Optional[Array] = None, from_output: bool = False,
                       accumulate: Collection[str] = ()
                       ) -> tuple[Optional[Array], Optional[Array]]:
        """dx and dalpha, from one pass over x and dy.

        Parameters
        ----------
        x, alpha, shared_axes, layout
            As in :meth:`prelu_forward`.
        dy : array
            The gradient by the output.
        dx, dalpha : array or False, optional
            The outputs; False is not computed.
        mask, from_output
            As in :meth:`backward`.  With a mask dalpha must be False.  With
            from_output each alpha must be positive.
        accumulate : collection of str
            Of ``'dx'`` and ``'dalpha'``: those that are added to.
        """
        check_mask(mask, dy)
        return self._prelu_backward(
            'prelu_backward', signs(x, mask, from_output), alpha, dy,
            shared_axes, layout, dx, output(dalpha, alpha),
            flags_of(accumulate, from_output))

    def prelu_backward_partial(self, x: Array, alpha: Array, dy: Array, *,
                               shared_axes: Sequence[int] = (),
                               layout: str = 'keras', dx: Output = None,
                               accumulate: Collection[str] = ()
                               ) -> tuple[Optional[Array], Array]:
        """dx and the partial of dalpha of a shard: the sums and their rounding
        errors, of the shape (2, *alpha.shape), for :meth:`sum_partials`.

        The parameters are those of :meth:`prelu_backward`.
        """
        partial = new(x, (2, *alpha.shape), partial_type(x))
        return self._prelu_backward(
            'prelu_backward_partial', {'x': x}, alpha, dy, shared_axes, layout,
            dx, partial, flags_of(accumulate))

    def _prelu_backward(self, name, signs, alpha, dy, shared_axes, layout, dx,
                        dalpha, flags):
        for x in (signs.get('x'), signs.get('y')):
            if x is not None:
                check_same(x, dy.shape, dy.dtype)
        dx = output(dx, dy)
        call = self._prelu(dy, alpha, shared_axes, layout, flags)
        self._run(name, self._handle, call,
                  reads={'alpha': alpha, 'dy': dy, **signs},
                  writes={'dx': dx, 'dalpha': dalpha})
        return tuple(None if a is False else a for a in (dx, dalpha))

    def sum_partials(self, partials: Array, dtype: str = 'float32', *,
                     out: Optional[Array] = None) -> Array:
        """The sums over the first axis, compensated, in its order.

        Parameters
        ----------
        partials : array
            Rows of float32, or of float64 for that dtype: two of each shard's
            dalpha, one of an array without rounding errors.
        dtype : str
            Of the result.
        """
        out = output(out, partials, partials.shape[1:], numpy_type(dtype))
        check_same(partials, partials.shape, partial_type(out))
        self._run('sum_partials', self._handle, None, dtype_of(out),
                  partials.shape[0], out.size,
                  reads={'partials': partials}, writes={'out': out})
        return out

    # ---------------------------------------------------------- training

    def _train(self, name, *arguments, reads=None, writes):
        arrays = {**(reads or {}), **writes}
        for array in arrays.values():
            if array is not None:
                check_same(array, array.shape, np.dtype('float32'))
        dims = arrays['values'].shape
        call = c.struct('parameter', rank=len(dims),
                        dims=(ctypes.c_size_t * len(dims))(*dims))
        self._run(name, self._handle, call, *arguments, reads=reads or {},
                  writes=writes)

    def initialize(self, initializer: str, values: Array, seed: int = 0
                   ) -> Array:
        """Fills a float32 array by an initializer such as ``'he_normal'``."""
        self._train('initialize', initializer.encode(), seed,
                    writes={'values': values})
        return values

    def constrain(self, constraint: str, values: Array) -> Array:
        """Applies a constraint such as ``'max_norm(2)'`` in place."""
        self._train('constrain', constraint.encode(),
                    writes={'values': values})
        return values

    def penalty(self, regularizer: str, values: Array,
                gradient: Optional[Array] = None) -> Array:
        """The value of a regularizer such as ``'l1(0.01)'``, of the shape (1,);
        its derivative is added to gradient."""
        result = new(values, (1,), np.dtype('float32'))
        self._train('penalty', regularizer.encode(), reads={'values': values},
                    writes={'gradient': gradient, 'penalty': result})
        return result

    def sgd_step(self, values: Array, gradient: Array,
                 velocity: Optional[Array] = None, *,
                 learning_rate: float, momentum: float = 0.0) -> None:
        """A step of stochastic gradient descent; gradient is 0 then."""
        self._train('sgd_step', learning_rate, momentum,
                    writes={'values': values, 'gradient': gradient,
                            'velocity': velocity})
