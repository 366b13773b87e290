#!/usr/bin/env python3
# client_keras.py - Keras's layers against the command line
# SPDX-License-Identifier: MIT
"""client_keras.py CLRELU

Outputs, and gradients by GradientTape, of Keras 2 on TensorFlow.  Where Keras
differs, as README.md says, its own answer is asserted too: a Keras that no
longer differs is to be known.  Skipped without TensorFlow; for another Python
than the build's: PYTHONPATH=tests/support VENV/bin/python
tests/clients/client_keras.py build/clrelu
"""
import os
import subprocess
import sys
import tempfile

from taplines import done, need, ok

os.environ['TF_CPP_MIN_LOG_LEVEL'] = '3'
need('numpy', 'tensorflow')
import numpy as np
import tensorflow as tf

try:
    import tf_keras as keras
except ImportError:
    keras = tf.keras
program = os.path.abspath(sys.argv[1])
inf, nan = np.inf, np.nan
U = 2.0**-24
SHAPE = 6, 5, 4, 3
layers = keras.layers


def run(direction, op, *options, **arrays):
    """Outputs y, or dx and dalpha, of the command line; None is an error."""
    for name, value in arrays.items():
        np.save(name, value)
    more = ['-g', 'dy.npy'] if direction == 'backward' else []
    if 'alpha' in arrays:
        more += ['--alpha-file', 'alpha.npy']
        more += ['--dalpha', 'dalpha.npy'] if direction == 'backward' else []
    result = subprocess.run([program, direction, op, *options, '-i', 'x.npy',
                             '-o', 'out.npy', *more], capture_output=True,
                            check=False)
    if result.returncode:
        return None
    out = np.load('out.npy')
    return (out, np.load('dalpha.npy')) if '--dalpha' in more else out


def of_keras(layer, x, dy):
    """y, dx and the gradient of alpha, if there is one."""
    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x)
    wanted = [x, *layer.trainable_weights]
    return y.numpy(), *(g.numpy() for g in tape.gradient(
        y, wanted, output_gradients=tf.constant(dy)))


def same(a, b):
    """In every bit, all NaNs being one."""
    return np.array_equal(a, b, equal_nan=True) and np.array_equal(
        np.signbit(a)[~np.isnan(a)], np.signbit(b)[~np.isnan(b)])


def near(a, b, rtol, atol):
    return np.allclose(a, b, rtol=rtol, atol=atol, equal_nan=False)


def draw(rng, *shape):
    values = rng.normal(0, 3, shape).astype(np.float32)
    values[values == 0] = 1
    return values


def test_scalars(rng):
    x, dy = draw(rng, *SHAPE), draw(rng, *SHAPE)
    for op, option, make, values, exact in (
            ('leaky_relu', '--alpha', layers.LeakyReLU, (0.3, 0.0, 1.7), True),
            ('elu', '--alpha', layers.ELU, (1.0, 0.5, -1.0), False),
            ('thresholded_relu', '--theta', layers.ThresholdedReLU,
             (1.0, 0.0, 0.1), True)):
        for value in (None, *values):
            options = [] if value is None else [f'{option}={value}']
            layer = make() if value is None else make(value)
            y, dx = of_keras(layer, x, dy)
            what = f'{op} {"by default" if value is None else value}'
            ours = run('forward', op, *options, x=x)
            # Where Keras multiplies by a mask, the sign of 0 is x's.
            check = np.array_equal if exact else \
                lambda a, b: near(a, b, 2e-6, 1.2e-7)
            ok(check(ours, y), f'{what}: y')
            ours = run('backward', op, *options, x=x, dy=dy)
            # TensorFlow makes ELU's derivative from y, in y's last digits.
            check = np.array_equal if exact else \
                lambda a, b: near(a, b, 2e-6, 2.4e-7 * 12)
            ok(check(ours, dx), f'{what}: dx')


def test_prelu(rng):
    x, dy = draw(rng, *SHAPE), draw(rng, *SHAPE)
    for axes in (None, [1], [2], [3], [1, 2], [2, 3], [1, 3], [1, 2, 3],
                 [3, 1]):
        layer = layers.PReLU(shared_axes=axes,
                             alpha_initializer='random_normal')
        layer.build(SHAPE)
        alpha = rng.uniform(-1, 1, layer.alpha.shape).astype(np.float32)
        layer.set_weights([alpha])
        y, dx, dalpha = of_keras(layer, x, dy)
        options = ['--shared-axes', ','.join(map(str, axes))] if axes else []
        ours = run('forward', 'prelu', *options, x=x, alpha=alpha)
        ok(np.array_equal(ours, y), f'prelu, shared_axes {axes}: y')
        ours = run('backward', 'prelu', *options, x=x, dy=dy, alpha=alpha)
        ok(np.array_equal(ours[0], dx), f'prelu, shared_axes {axes}: dx')
        terms = np.abs(np.where(x < 0, x * dy, 0)).sum(
            axis=(0, *(axes or ())), keepdims=True)[0]
        ok(ours[1].shape == dalpha.shape and np.all(
            np.abs(ours[1] - dalpha) <= x.size * U * terms),
           f'prelu, shared_axes {axes}: dalpha of shape {dalpha.shape}')


def update(alpha, *options):
    """The penalty's line, dalpha and the new alpha, where dalpha is that of the
    penalty alone."""
    np.save('x', np.ones((1, *alpha.shape), np.float32))
    np.save('alpha', alpha)
    result = subprocess.run(
        [program, 'backward', 'prelu', '--alpha-file=alpha.npy', '-i', 'x.npy',
         '-g', 'x.npy', '-o', 'out.npy', '--dalpha=dalpha.npy',
         '--alpha-out=new.npy', '--learning-rate=0', *options],
        capture_output=True, text=True, check=True)
    return result.stdout, np.load('dalpha.npy'), np.load('new.npy')


def test_orthogonal(rng):
    for shape in (5, 7), (7, 5), (2, 1):
        for mode in 'rows', 'columns':
            alpha = draw(rng, *shape)
            layer = keras.regularizers.OrthogonalRegularizer(0.5, mode)
            a = tf.constant(alpha)
            with tf.GradientTape() as tape:
                tape.watch(a)
                penalty = layer(a)
            gradient = tape.gradient(penalty, a).numpy()
            said, dalpha, _ = update(
                alpha, f'--alpha-regularizer=OrthogonalRegularizer(0.5,{mode})')
            what = f'orthogonal_regularizer, {mode} of {shape}'
            single = shape[mode == 'columns'] == 1
            ours = float(said.split()[1])
            if single:
                ok(np.isnan(penalty.numpy()) and ours == 0 and
                   not np.any(dalpha), f'{what}: Keras says nan, clrelu 0')
                continue
            ok(near(ours, penalty.numpy(), 1e-5, 0), f'{what}: penalty')
            ok(near(dalpha, gradient, 1e-5, 1e-6), f'{what}: gradient')


def test_radial(rng):
    for size in range(1, 8):
        alpha = draw(rng, size, size, 3, 2)
        _, _, new = update(alpha, '--alpha-constraint=RadialConstraint')
        try:
            wanted = keras.constraints.RadialConstraint()(
                tf.constant(alpha)).numpy()
        except tf.errors.InvalidArgumentError:
            wanted = None
        if size == 1:
            ok(wanted is None and np.array_equal(new, alpha),
               'radial_constraint of 1 x 1: Keras fails, clrelu keeps it')
        else:
            ok(np.array_equal(new, wanted), f'radial_constraint of {size}')


def corner(what, layer, x, keras_says, we_say, *words):
    """What each says of y, or of dx for a dy of 1, at some x."""
    x = np.array([x], np.float32)
    ones = np.ones_like(x)
    backward = what.startswith('dx')
    theirs = of_keras(layer, x, ones)[backward]
    arrays = {'x': x, 'dy': ones} if backward else {'x': x}
    if isinstance(layer, layers.PReLU):
        arrays['alpha'] = layer.get_weights()[0]
    ours = run('backward' if backward else 'forward', *words, **arrays)
    ours = ours[0] if isinstance(ours, tuple) else ours
    there = np.array([keras_says], np.float32)
    here = np.array([we_say], np.float32)
    ok(same(theirs, there), f'{what}: Keras says {keras_says}')
    ok(same(ours, here), f'{what}: clrelu says {we_say}')


def test_corners():
    prelu = layers.PReLU()
    prelu.build((1, 2))
    prelu.set_weights([np.full(2, 0.25, np.float32)])
    corner('dx of leaky_relu at 0, -0', layers.LeakyReLU(0.25), [0, -0.0],
           [0.25, 0.25], [1, 1], 'leaky_relu', '--alpha=0.25')
    corner('dx of prelu at 0, -0', prelu, [0, -0.0], [0, 0], [1, 1], 'prelu')
    corner('dx of elu at 0', layers.ELU(0.5), [0], [0.5], [1], 'elu',
           '--alpha=0.5')
    corner('dx of elu with alpha 1 at 0', layers.ELU(), [0], [1], [1], 'elu')
    tiny = np.float32(-1e-9)
    corner('y of elu near 0', layers.ELU(), [tiny], [0], [tiny], 'elu')
    deep = np.float32(np.exp(np.float64(-20)))
    corner('dx of elu at -20', layers.ELU(), [-20], [0], [deep], 'elu')
    corner('y of thresholded_relu at NaN, -inf', layers.ThresholdedReLU(),
           [nan, -inf], [nan, nan], [0, 0], 'thresholded_relu')
    corner('y of thresholded_relu at -2', layers.ThresholdedReLU(), [-2],
           [-0.0], [0], 'thresholded_relu')
    corner('y of leaky_relu at NaN, -0', layers.LeakyReLU(), [nan, -0.0],
           [nan, -0.0], [nan, -0.0], 'leaky_relu')


def test_refused(rng):
    """What Keras takes, and we do not."""
    x = draw(rng, *SHAPE)
    for axes, shape in (([0], (5, 4, 1)), ([-1], (5, 1, 3))):
        layer = layers.PReLU(shared_axes=axes)
        layer.build(SHAPE)
        ok(layer.alpha.shape == shape, f'prelu, shared_axes {axes}: Keras '
           f'makes an alpha of {shape}')
        ok(run('forward', 'prelu', f'--shared-axes={axes[0]}', x=x) is None,
           f'prelu, shared_axes {axes}: clrelu refuses')
    y = layers.LeakyReLU(-1.0)(tf.constant(x)).numpy()
    ok(np.array_equal(y, np.abs(x)), 'leaky_relu -1: Keras takes it')
    ok(run('forward', 'leaky_relu', '--alpha=-1', x=x) is None,
       'leaky_relu -1: clrelu refuses')


def main():
    # tf.keras of TensorFlow 2.15 does not tell.
    version = getattr(keras, '__version__', '2')
    print(f'# TensorFlow {tf.__version__}, Keras {version}')
    if version >= '3':
        print('1..0 # SKIP Keras 3 has no tf.keras of version 2')
        sys.exit(0)
    rng = np.random.default_rng(1)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        test_scalars(rng)
        test_prelu(rng)
        test_orthogonal(rng)
        test_radial(rng)
        test_corners()
        test_refused(rng)
        os.chdir('/')


main()
done()
