# _fused.py - an activation in one pass with what is around it
# SPDX-License-Identifier: MIT
from __future__ import annotations

from typing import (TYPE_CHECKING, Any, Collection, NamedTuple, Optional,
                    Sequence)

import numpy as np

from . import _library as c
from ._operands import check_same, dtype_of, new, output
from ._operations import (OPS, Operations, default, flags_of, partial_type,
                          shape_of)

if TYPE_CHECKING:
    from ._operations import Array, Output


class DenseGradients(NamedTuple):
    """The gradients of a dense layer; None is what was not asked for."""
    dz: Array
    dw: Array
    db: Array
    dx: Optional[Array]
    dalpha: Optional[Array]


class ChainGradients(NamedTuple):
    """The gradients of a chain; None is what was not asked for."""
    dx: Optional[Array]
    dscale: Optional[Array]
    dbias: Optional[Array]
    dalpha: Optional[Array]
    dresidual: Optional[Array]


class SecondGradients(NamedTuple):
    """The gradients of a chain's gradients; None is what was not asked for."""
    dx: Optional[Array]
    dscale: Optional[Array]
    dbias: Optional[Array]
    dalpha: Optional[Array]
    ddy: Optional[Array]


def sum_outputs(x, partial, **sums):
    """The arrays of sums, of each of which (given, its parameter) is known."""
    def array(given, like):
        if like is None:
            return given
        if partial:
            return output(given, x, (2, *like.shape), partial_type(x))
        return output(given, like)

    return {name: array(*known) for name, known in sums.items()}


class Fused(Operations):
    """Dense layers and chains."""

    # ------------------------------------------------------------- dense

    def _dense(self, op, scalar, x, w, alpha, accumulate=()):
        for array in x, w, *([] if alpha is None else [alpha]):
            check_same(array, array.shape, np.dtype('float32'))
        if x.ndim != 2 or w.ndim != 2 or x.shape[1] != w.shape[0]:
            raise ValueError(f'x is {x.shape} and w {w.shape}, must be (rows, '
                             'inputs) and (inputs, outputs)')
        return c.struct('dense', op=c.value_of(OPS, op, 'op'),
                        flags=flags_of(accumulate),
                        scalar=default(op) if scalar is None else scalar,
                        rows=x.shape[0], inputs=x.shape[1],
                        outputs=w.shape[1],
                        alpha_count=0 if alpha is None else alpha.size)

    def dense_forward(self, op: str, x: Array, w: Array, b: Array,
                      scalar: Optional[float] = None, *,
                      alpha: Optional[Array] = None, y: Optional[Array] = None,
                      z: Output = None) -> tuple[Array, Optional[Array]]:
        """y = f(z) and z = x w + b, in a library with CLBlast.

        Parameters
        ----------
        op, scalar
            As in :meth:`forward`.
        x, w, b : array
            float32 of (rows, inputs), (inputs, outputs) and (outputs,).
        alpha : array, optional
            For ``'prelu'``: one element, or one for each output.
        y, z : array, optional
            The outputs; a z of False is not stored.
        """
        call = self._dense(op, scalar, x, w, alpha)
        shape = call.rows, call.outputs
        check_same(b, shape[1:], x.dtype)
        y, z = output(y, x, shape), output(z, x, shape)
        self._run('dense_forward', self._handle, call,
                  reads={'x': x, 'w': w, 'b': b, 'alpha': alpha},
                  writes={'y': y, 'z': z})
        return y, None if z is False else z

    def dense_backward(self, op: str, x: Array, w: Array, z: Array, dy: Array,
                       scalar: Optional[float] = None, *,
                       alpha: Optional[Array] = None, dx: Output = None,
                       dw: Optional[Array] = None, db: Optional[Array] = None,
                       dalpha: Output = None,
                       accumulate: Collection[str] = ()) -> DenseGradients:
        """The gradients of :meth:`dense_forward`.

        Parameters
        ----------
        op, x, w, scalar, alpha
            As there.
        z, dy : array
            Its z, and the gradient by y.
        dx, dw, db, dalpha : array, optional
            The outputs; a dx or dalpha of False is not computed.
        accumulate : collection of str
            Of ``'dx'``, ``'dalpha'`` and ``'dw'``; the last is also for db.
        """
        call = self._dense(op, scalar, x, w, alpha, accumulate)
        for array in z, dy:
            check_same(array, (call.rows, call.outputs), x.dtype)
        arrays: dict[str, Any] = {
            'dz': new(x, z.shape, x.dtype), 'dw': output(dw, w),
            'db': output(db, x, (call.outputs,)), 'dx': output(dx, x),
            'dalpha': alpha is not None and output(dalpha, alpha)}
        self._run('dense_backward', self._handle, call,
                  reads={'x': x, 'w': w, 'z': z, 'dy': dy, 'alpha': alpha},
                  writes=arrays)
        return DenseGradients._make(None if array is False else array
                                    for array in arrays.values())

    # ------------------------------------------------------------- chain

    def _chain(self, op, x, scalar, gain, scale, bias, alpha, shared_axes,
               layout, accumulate=()):
        channels = [a for a in (scale, bias, alpha) if a is not None]
        for array in channels[1:]:
            if array is not alpha or alpha.size != 1:
                check_same(array, channels[0].shape, channels[0].dtype)
        return c.struct(
            'chain', op=c.value_of(OPS, op, 'op'), dtype=dtype_of(x),
            alpha_dtype=dtype_of(channels[0]) if channels else 0,
            flags=flags_of(accumulate), gain=gain,
            scalar=default(op) if scalar is None else scalar,
            alpha_count=0 if alpha is None else alpha.size,
            shape=shape_of(x.shape, channels[0].shape if channels else None,
                           shared_axes, layout))

    def chain_forward(self, op: str, x: Array, scalar: Optional[float] = None,
                      *, scale: Optional[Array] = None,
                      bias: Optional[Array] = None,
                      alpha: Optional[Array] = None, gain: float = 1.0,
                      residual: Optional[Array] = None,
                      shared_axes: Sequence[int] = (), layout: str = 'keras',
                      out: Optional[Array] = None, z: Optional[Array] = None
                      ) -> Array:
        """y = gain*f(z) + residual, z = scale*x + bias, in one pass.

        Parameters
        ----------
        op, scalar
            As in :meth:`forward`, or ``'prelu'``.
        x : array
            The input.
        scale, bias, alpha : array, optional
            Of one shape, as alpha in :meth:`prelu_forward`; alpha, for
            ``'prelu'`` alone, may have one element.
        gain : float
            Finite and not 0.
        residual : array, optional
            Of x's shape.
        shared_axes, layout
            As in :meth:`prelu_forward`.
        out, z : array, optional
            The outputs; z is stored only there.
        """
        y = output(out, x)
        call = self._chain(op, x, scalar, gain, scale, bias, alpha,
                           shared_axes, layout)
        for array in residual, z:
            if array is not None:
                check_same(array, x.shape, x.dtype)
        self._run('chain_forward', self._handle, call,
                  reads={'x': x, 'scale': scale, 'bias': bias, 'alpha': alpha,
                         'residual': residual}, writes={'y': y, 'z': z})
        return y

    def chain_backward(self, op: str, x: Array, dy: Array,
                       scalar: Optional[float] = None, *,
                       scale: Optional[Array] = None,
                       bias: Optional[Array] = None,
                       alpha: Optional[Array] = None, gain: float = 1.0,
                       shared_axes: Sequence[int] = (), layout: str = 'keras',
                       partial: bool = False, dx: Output = None,
                       dscale: Output = None, dbias: Output = None,
                       dalpha: Output = None,
                       dresidual: Optional[Array] = None,
                       accumulate: Collection[str] = ()) -> ChainGradients:
        """The gradients of :meth:`chain_forward`, from one pass.

        Parameters
        ----------
        op, x, scalar, scale, bias, alpha, gain, shared_axes, layout
            As there.
        dy : array
            The gradient by y.
        partial : bool
            For a shard of a batch: dscale, dbias and dalpha are partials for
            :meth:`sum_partials`, of the shape (2, *scale.shape).
        dx, dscale, dbias, dalpha : array or False, optional
            The outputs; False is not computed.  By default dscale, dbias and
            dalpha are, where their parameters are given.
        dresidual : array, optional
            An output.
        accumulate : collection of str
            The names of outputs that are added to.
        """
        call = self._chain(op, x, scalar, gain, scale, bias, alpha,
                           shared_axes, layout, accumulate)
        check_same(dy, x.shape, x.dtype)
        arrays: dict[str, Any] = {'dx': output(dx, x)}
        arrays.update(sum_outputs(x, partial, dscale=(dscale, scale),
                                  dbias=(dbias, bias), dalpha=(dalpha, alpha)))
        arrays['dresidual'] = dresidual
        self._run('chain_backward' + '_partial' * partial, self._handle, call,
                  reads={'x': x, 'dy': dy, 'scale': scale, 'bias': bias,
                         'alpha': alpha}, writes=arrays)
        return ChainGradients._make(None if array is False else array
                                    for array in arrays.values())

    def chain_double_backward(self, op: str, x: Array, dy: Optional[Array],
                              scalar: Optional[float] = None, *,
                              ddx: Optional[Array] = None,
                              ddscale: Optional[Array] = None,
                              ddbias: Optional[Array] = None,
                              ddalpha: Optional[Array] = None,
                              scale: Optional[Array] = None,
                              bias: Optional[Array] = None,
                              alpha: Optional[Array] = None, gain: float = 1.0,
                              shared_axes: Sequence[int] = (),
                              layout: str = 'keras', partial: bool = False,
                              dx: Output = None, dscale: Output = None,
                              dbias: Output = None, dalpha: Output = None,
                              ddy: Output = None,
                              accumulate: Collection[str] = ()
                              ) -> SecondGradients:
        """The gradients of :meth:`chain_backward`, from one pass.

        Parameters
        ----------
        op, x, scalar, scale, bias, alpha, gain, shared_axes, layout, partial
            As in :meth:`chain_backward`.
        dy : array, optional
            The gradient by y; None for ddy alone.
        ddx, ddscale, ddbias, ddalpha : array, optional
            The gradients by dx, dscale, dbias and dalpha; None is 0.
        dx, dscale, dbias, dalpha, ddy : array or False, optional
            The outputs, gradients by x, scale, bias, alpha and dy; False is
            not computed.  By default dscale, dbias and dalpha are, where their
            parameters are given.  With the tangents of x, scale, bias and
            alpha as ddx ... ddalpha, ddy is the tangent of y.
        accumulate : collection of str
            The names of outputs that are added to, but ddy.
        """
        call = self._chain(op, x, scalar, gain, scale, bias, alpha,
                           shared_axes, layout, accumulate)
        channels = bias if scale is None else scale
        for array, like in ((dy, x), (ddx, x), (ddscale, channels),
                            (ddbias, channels), (ddalpha, alpha)):
            if array is not None and like is not None:
                check_same(array, like.shape, like.dtype)
        arrays: dict[str, Any] = {'dx': output(dx, x)}
        arrays.update(sum_outputs(x, partial, dscale=(dscale, scale),
                                  dbias=(dbias, bias), dalpha=(dalpha, alpha)))
        arrays['ddy'] = output(ddy, x)
        self._run('chain_double_backward' + '_partial' * partial, self._handle,
                  call,
                  reads={'x': x, 'dy': dy, 'scale': scale, 'bias': bias,
                         'alpha': alpha, 'ddx': ddx, 'ddscale': ddscale,
                         'ddbias': ddbias, 'ddalpha': ddalpha},
                  writes=arrays, second=c.struct('second'))
        return SecondGradients._make(None if array is False else array
                                     for array in arrays.values())
