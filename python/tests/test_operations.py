# test_operations.py - every operation, on arrays of both kinds
# SPDX-License-Identifier: MIT
import numpy as np
import pytest
from reference import (forward, near, near_sum, slope, sums, to_float64,
                       to_type)

import clrelu

# Ulps forward and backward; float64's reference is 1 ulp from the truth.
CASES = [('leaky_relu', 0.3, 'float32', .5, .5), ('elu', 1, 'float32', 1, 2),
         ('elu', -0.7, 'float32', 1.5, 2), ('elu', 1, 'float64', 2.5, 3),
         ('thresholded_relu', 1, 'float32', 0, 0),
         ('thresholded_relu', 0, 'float32', 0, 0),
         ('leaky_relu', 0.25, 'float16', .5, .5),
         ('leaky_relu', 0.25, 'bfloat16', .5, .5)]


@pytest.mark.parametrize('before', [0, 3])
@pytest.mark.parametrize('op, p, dtype, y_ulps, dx_ulps', CASES)
def test_elementwise(relu, arrays, data, op, p, dtype, y_ulps, dx_ulps,
                     before):
    x, dy = (to_type(a, dtype) for a in data)
    x_, dy_ = arrays(x, before), arrays(dy, before)
    wide, wide_dy = to_float64(x), to_float64(dy)
    y = arrays.get(relu.forward(op, x_, p))
    assert near(y, forward(op, wide, p), y_ulps, dtype)
    dx = arrays.get(relu.backward(op, x_, dy_, p))
    assert near(dx, slope(op, wide, p) * wide_dy, dx_ulps, dtype)
    in_place = relu.forward(op, x_, p, out=x_)
    assert in_place is x_ and arrays.get(x_).tobytes() == y.tobytes()


def test_accumulate(relu, arrays, data):
    x, dy = map(arrays, data)
    out = arrays(np.ones_like(data[0]))
    dx = relu.backward('leaky_relu', x, dy, 0.5, out=out, accumulate=('dx',))
    product = np.where(data[0] < 0, np.float32(0.5) * data[1], data[1])
    assert np.array_equal(arrays.get(dx), product + 1)


def test_masks(relu, arrays, data):
    """A mask or the output take x's place, with the same bits."""
    x, dy = map(arrays, data)
    mask = arrays(np.zeros(-(-data[0].size // 32), np.uint32))
    y = relu.forward('leaky_relu', x, 0.5, mask=mask)
    bits = np.unpackbits(arrays.get(mask).view(np.uint8), bitorder='little')
    assert np.array_equal(bits[:data[0].size], data[0].ravel() >= 0)
    dx = arrays.get(relu.backward('leaky_relu', x, dy, 0.5))
    for how in dict(x=None, mask=mask), dict(x=y, from_output=True):
        again = relu.backward('leaky_relu', dy=dy, scalar=0.5, **how)
        # -0, the second element, counts as negative in the output.
        assert np.array_equal(arrays.get(again).ravel()[2:], dx.ravel()[2:])
    with pytest.raises(ValueError, match='uint32'):
        relu.forward('leaky_relu', x, mask=x)


def test_gaps(relu, arrays, data):
    """Slices need no copy, and nothing else is written."""
    part = np.s_[:, 1:4, :, 1:3]
    x, dy = map(arrays, data)
    out = arrays(np.full_like(data[0], 7))
    want = np.full_like(data[0], 7)
    want[part] = relu.backward('leaky_relu', *(a[part].copy() for a in data))
    relu.backward('leaky_relu', x[part], dy[part], out=out[part])
    assert arrays.get(out).tobytes() == want.tobytes()


@pytest.mark.slow
def test_prelu_gaps(relu, arrays, data):
    part = np.s_[:, 1:4, :, 1:3]
    x, dy = map(arrays, data)
    alpha = np.float32([[[.5]], [[-1]], [[.25]]])
    out = arrays(np.full_like(data[0], 7))
    want = np.full_like(data[0], 7)
    want[part], sums_of_part = relu.prelu_backward(
        data[0][part].copy(), alpha, data[1][part].copy(), shared_axes=(2, 3))
    _, dalpha = relu.prelu_backward(x[part], arrays(alpha), dy[part],
                                    shared_axes=(2, 3), dx=out[part])
    assert arrays.get(out).tobytes() == want.tobytes()
    assert arrays.get(dalpha).tobytes() == sums_of_part.tobytes()


@pytest.mark.slow
def test_prelu_masks(relu, arrays, data):
    x, dy = map(arrays, data)
    alpha = arrays(np.full(data[0].shape[1:], 0.25, np.float32))
    mask = arrays(np.zeros(-(-data[0].size // 32), np.uint32))
    relu.prelu_forward(x, alpha, mask=mask)
    dx, _ = relu.prelu_backward(x, alpha, dy, dalpha=False)
    again, _ = relu.prelu_backward(None, alpha, dy, mask=mask, dalpha=False)
    assert np.array_equal(arrays.get(again), arrays.get(dx))
    with pytest.raises(clrelu.Error) as error:
        relu.prelu_backward(None, alpha, dy, mask=mask)
    assert error.value.status == 'CLRELU_UNSUPPORTED'
    y = relu.prelu_forward(x, alpha)
    want = relu.prelu_backward(x, alpha, dy)[1]
    got = relu.prelu_backward(y, alpha, dy, from_output=True)[1]
    # alpha is a power of 2: nothing is rounded.
    assert np.array_equal(arrays.get(got), arrays.get(want))


def test_default(relu, arrays, data):
    assert clrelu.default('leaky_relu') == 0.3 and clrelu.default('elu') == 1
    x = arrays(data[0])
    assert np.array_equal(arrays.get(relu.forward('leaky_relu', x)),
                          arrays.get(relu.forward('leaky_relu', x, 0.3)))


def check_prelu(relu, arrays, data, alpha, wide_shape, **how):
    """wide_shape is that of alpha as NumPy broadcasts it to x."""
    x, dy = data
    wide = alpha.astype(np.float64).reshape(wide_shape)
    x_, dy_, alpha_ = (arrays(a, 3) for a in (x, dy, alpha))
    y = arrays.get(relu.prelu_forward(x_, alpha_, **how))
    assert near(y, np.where(x < 0, wide * x, x), .5)
    dx, dalpha = map(arrays.get, relu.prelu_backward(x_, alpha_, dy_, **how))
    assert near(dx, np.where(x < 0, wide * dy, dy), .5)
    assert dalpha.shape == alpha.shape
    assert near_sum(dalpha, x, dy, wide_shape)


@pytest.mark.parametrize('shared', [(), (1,), (2, 3), (1, 2, 3), (3, 1)])
def test_prelu_keras(relu, arrays, data, rng, shared):
    dims = tuple(1 if i in shared else data[0].shape[i] for i in (1, 2, 3))
    alpha = rng.uniform(-1, 1, dims).astype(np.float32)
    check_prelu(relu, arrays, data, alpha, (1, *dims), shared_axes=shared)


@pytest.mark.parametrize('layout, of_alpha, wide', [
    ('torch', (5,), (1, 5, 1, 1)), ('torch', (1,), (1, 1, 1, 1)),
    ('torch', (), (1, 1, 1, 1)), ('onnx', (4,), (1, 1, 1, 4)),
    ('numpy', (5, 1, 1), (1, 5, 1, 1)), ('onnx', (7, 1, 1, 4), (7, 1, 1, 4))])
def test_prelu_layouts(relu, arrays, data, rng, layout, of_alpha, wide):
    alpha = rng.uniform(-1, 1, of_alpha).astype(np.float32)
    check_prelu(relu, arrays, data, alpha, wide, layout=layout)


@pytest.mark.slow
def test_prelu_outputs(relu, arrays, data):
    x, dy = map(arrays, data)
    alpha = arrays(np.full(data[0].shape[1:], 0.5, np.float32))
    both = relu.prelu_backward(x, alpha, dy)
    dx, dalpha = relu.prelu_backward(x, alpha, dy, dalpha=False)
    assert dalpha is None
    assert np.array_equal(arrays.get(dx), arrays.get(both[0]))
    dx, dalpha = relu.prelu_backward(x, alpha, dy, dx=False)
    assert dx is None
    once = arrays.get(both[1]).copy()
    assert np.array_equal(arrays.get(dalpha), once)
    relu.prelu_backward(x, alpha, dy, dx=False, dalpha=dalpha,
                        accumulate=('dalpha',))
    assert np.allclose(arrays.get(dalpha), 2 * once, rtol=1e-6)


@pytest.mark.slow
def test_prelu_half(relu, arrays, data):
    """alpha of float32 with x of float16."""
    x = data[0].astype(np.float16)
    alpha = np.full(x.shape[1:], 0.25, np.float32)
    y = arrays.get(relu.prelu_forward(arrays(x), arrays(alpha)))
    assert y.dtype == np.float16
    assert np.array_equal(y, np.where(x < 0, np.float16(0.25) * x, x))


def test_shards(relu, arrays, data, rng):
    """The shards' partials make the batch's dalpha, on host and device."""
    alpha = arrays(rng.uniform(-1, 1, (5, 1, 1)).astype(np.float32))
    parts, dxs = [], []
    for piece in np.array_split(np.arange(7), 3):
        dx, partial = relu.prelu_backward_partial(
            arrays(data[0][piece]), alpha, arrays(data[1][piece]),
            shared_axes=(2, 3))
        parts.append(arrays.get(partial))
        dxs.append(arrays.get(dx))
    rows = np.concatenate(parts)
    assert rows.shape == (6, 5, 1, 1)
    dalpha = clrelu.sum_partials(rows)
    assert near_sum(dalpha, *data, (1, 5, 1, 1))
    assert np.array_equal(dalpha, arrays.get(relu.sum_partials(arrays(rows))))
    short = clrelu.sum_partials(rows, 'bfloat16')
    assert near(short, dalpha.astype(np.float64), .51, 'bfloat16')
    dx, _ = relu.prelu_backward(*map(arrays, data[:1]), alpha, arrays(data[1]),
                                shared_axes=(2, 3))
    assert np.array_equal(np.concatenate(dxs), arrays.get(dx))


@pytest.mark.slow
def test_dense(relu, arrays, rng):
    x, w, b, alpha, dy = (rng.normal(0, 1, shape).astype(np.float32)
                          for shape in ((6, 4), (4, 3), (3,), (3,), (6, 3)))
    x_, w_, b_, alpha_, dy_ = map(arrays, (x, w, b, alpha, dy))
    try:
        y, z = relu.dense_forward('prelu', x_, w_, b_, alpha=alpha_)
    except clrelu.Error as error:
        assert error.status == 'CLRELU_UNSUPPORTED'
        pytest.skip(str(error))
    wide = x.astype(np.float64) @ w + b
    assert np.allclose(arrays.get(z), wide, atol=1e-5)
    z_ = arrays.get(z)
    assert near(arrays.get(y), np.where(z_ < 0, alpha * np.float64(1) * z_,
                                        z_), .5)
    g = relu.dense_backward('prelu', x_, w_, z, dy_, alpha=alpha_)
    dz = np.where(z_ < 0, alpha * np.float64(1) * dy, dy)
    for got, wanted in ((g.dz, dz), (g.dw, x.T @ dz), (g.db, dz.sum(axis=0)),
                        (g.dx, dz @ w.T),
                        (g.dalpha, sums(z_, dy, (1, 3))[0][0])):
        assert np.allclose(arrays.get(got), wanted, atol=1e-5)
    y, z = relu.dense_forward('elu', x_, w_, b_, z=False)
    assert z is None and np.allclose(arrays.get(y), forward('elu', wide, 1),
                                     atol=1e-5)


PARTS = {'scale': 1.5, 'bias': -0.5, 'alpha': 0.25}


def chain_of(relu, arrays, x, residual, parts, **how):
    """y, and the call's arrays."""
    given = {name: arrays(np.full((5, 1, 1), PARTS[name], np.float32))
             for name in parts}
    if residual is not None:
        how['residual'] = arrays(residual)
    y = relu.chain_forward('prelu' if 'alpha' in parts else 'leaky_relu',
                           arrays(x), shared_axes=(2, 3), **given, **how)
    return arrays.get(y), given


def test_chain_forward(relu, arrays, data):
    y, _ = chain_of(relu, arrays, data[0], None, ('bias',))
    z = arrays(data[0] + np.float32(PARTS['bias']))
    assert np.array_equal(y, arrays.get(relu.forward('leaky_relu', z)))


@pytest.mark.slow
@pytest.mark.parametrize('parts', [('scale', 'bias', 'alpha'), ('bias',)])
def test_chain(relu, arrays, data, parts):
    """Each part is rounded as a call of its own."""
    x, dy = data
    op = 'prelu' if 'alpha' in parts else 'leaky_relu'
    y, given = chain_of(relu, arrays, x, dy, parts, gain=0.5)
    scale = np.float32(PARTS['scale'] if 'scale' in parts else 1)
    z = scale * x + np.float32(PARTS['bias'])
    slope = np.where(z < 0, np.float32(0.25 if 'alpha' in parts else 0.3), 1)
    slope = slope.astype(np.float32)
    assert np.array_equal(y, np.float32(0.5) * (slope * z) + dy)
    g = relu.chain_backward(op, arrays(x), arrays(dy), shared_axes=(2, 3),
                            gain=0.5, **given)
    df = np.float32(0.5) * dy
    dz = slope * df
    assert np.array_equal(arrays.get(g.dx), scale * dz)
    for name, terms in (('scale', x * np.float64(1) * dz), ('bias', dz),
                        ('alpha', np.where(z < 0, z * np.float64(1) * df, 0))):
        got = getattr(g, 'd' + name)
        if name not in parts:
            assert got is None
            continue
        total = terms.sum(axis=(0, 2, 3), dtype=np.float64).reshape(5, 1, 1)
        assert np.allclose(arrays.get(got), total, rtol=1e-6, atol=1e-4)
    assert g.dresidual is None


@pytest.mark.slow
def test_chain_shards(relu, arrays, data):
    _, given = chain_of(relu, arrays, data[0], None, ('bias',))
    x, dy = map(arrays, data)
    how = dict(shared_axes=(2, 3), dx=False, **given)
    partial = relu.chain_backward('leaky_relu', x, dy, partial=True, **how)
    assert partial.dbias.shape == (2, 5, 1, 1)
    whole = relu.chain_backward('leaky_relu', x, dy, **how)
    assert np.array_equal(arrays.get(relu.sum_partials(partial.dbias)),
                          arrays.get(whole.dbias))


def test_double_backward(relu, arrays, data):
    """PReLU's tangent, and the gradients of its gradients."""
    x, dy = data
    x_, dy_, alpha, ddalpha = map(arrays, (
        x, dy, *(np.full((5, 1, 1), v, np.float32) for v in (0.25, -1.5))))
    how = dict(alpha=alpha, ddx=dy_, ddalpha=ddalpha, shared_axes=(2, 3))
    tangent = relu.chain_double_backward('prelu', x_, None, dx=False,
                                         dalpha=False, **how)
    slope = np.where(x < 0, np.float32(0.25), np.float32(1))
    ddy = slope * dy + np.where(x < 0, np.float32(-1.5) * x, np.float32(0))
    assert np.array_equal(arrays.get(tangent.ddy), ddy)
    assert tangent.dx is None and tangent.dalpha is None
    g = relu.chain_double_backward('prelu', x_, dy_, **how)
    assert np.array_equal(arrays.get(g.ddy), ddy)
    assert np.array_equal(arrays.get(g.dx),
                          np.where(x < 0, np.float32(-1.5) * dy, 0))
    terms = np.where(x < 0, dy * np.float64(1) * dy, 0)
    assert np.allclose(arrays.get(g.dalpha).ravel(),
                       terms.sum(axis=(0, 2, 3)), rtol=1e-6)
    assert g.dscale is None and g.dbias is None


def test_training(relu, arrays):
    values = relu.initialize('constant(2)', arrays(np.zeros((3, 4), 'f')))
    gradient, velocity = (arrays(np.zeros((3, 4), 'f')) for _ in range(2))
    assert arrays.get(relu.penalty('l1(0.5)', values, gradient)) == 12
    assert np.all(arrays.get(gradient) == 0.5)
    relu.sgd_step(values, gradient, velocity, learning_rate=2, momentum=0.5)
    assert np.all(arrays.get(values) == 1)
    assert not np.any(arrays.get(gradient))
    relu.constrain('max_norm(1, axis=None)', values)
    assert np.isclose(np.linalg.norm(arrays.get(values)), 1)


def test_empty(relu, arrays):
    x = arrays(np.empty((0, 3), np.float32))
    alpha = arrays(np.ones(3, np.float32))
    assert relu.forward('elu', x).shape == (0, 3)
    assert not np.any(arrays.get(relu.prelu_backward(x, alpha, x)[1]))
    x, alpha = (arrays(np.array(v, np.float32)) for v in (-2, 0.5))
    dx, dalpha = relu.prelu_backward(x, alpha, x)
    assert (dx.shape, float(arrays.get(dx))) == ((), -1)
    assert (dalpha.shape, float(arrays.get(dalpha))) == ((), 4)
