# reference.py - the operations in NumPy's float64, and their types
# SPDX-License-Identifier: MIT
import numpy as np

U = 2.0**-24
# Digits, and the exponent of the smallest normal number as frexp counts.
DIGITS = {'float16': (11, -13), 'bfloat16': (8, -125), 'float32': (24, -125),
          'float64': (53, -1021)}


def to_type(values, dtype):
    """The values rounded to a type; bfloat16 is V2."""
    if dtype != 'bfloat16':
        return np.asarray(values).astype(dtype)
    bits = np.asarray(values, np.float32).view(np.uint32)
    return ((bits + 0x7fff + (bits >> 16 & 1)) >> 16).astype(
        np.uint16).view('V2')


def to_float64(array):
    if array.dtype.kind != 'V':
        return array.astype(np.float64)
    return (array.view(np.uint16).astype(np.uint32) << 16).view(
        np.float32).astype(np.float64)


def forward(op, x, p):
    p = np.float64(np.float32(p))
    if op == 'leaky_relu':
        return np.where(x < 0, p * x, x)
    if op == 'elu':
        return np.where(x < 0, p * np.expm1(np.minimum(x, 0)), x)
    return np.where(x > p, x, 0)


def slope(op, x, p):
    p = np.float64(np.float32(p))
    if op == 'leaky_relu':
        return np.where(x < 0, p, 1)
    if op == 'elu':
        return np.where(x < 0, p * np.exp(np.minimum(x, 0)), 1)
    return np.where(x > p, 1, 0)


def near(got, wanted, ulps, dtype='float32'):
    """Within so many ulps of the type."""
    digits, least = DIGITS[dtype]
    ulp = 2.0**(np.maximum(np.frexp(wanted)[1], least) - digits)
    return got.shape == wanted.shape and bool(
        np.all(np.abs(to_float64(got) - wanted) <= ulps * ulp))


def sums(x, dy, shape):
    """dalpha and the sum of its terms' magnitudes, over x's axes where shape,
    of the same rank, has 1 (and x may not)."""
    terms = np.where(x < 0, x.astype(np.float64) * dy, 0)
    over = tuple(i for i, extent in enumerate(shape) if extent == 1)
    return tuple(a.sum(axis=over, keepdims=True) for a in
                 (terms, np.abs(terms)))


def near_sum(dalpha, x, dy, shape):
    """Within the bound of clrelu_prelu_backward."""
    total, size = (a.reshape(dalpha.shape) for a in sums(x, dy, shape))
    return bool(np.all(np.abs(dalpha - total) <=
                       U * np.abs(total) + 2 * (321 * U)**2 * size))
