# test_layer.py - PReLU's layer
# SPDX-License-Identifier: MIT
import numpy as np
import pytest

import clrelu


def test_layer(relu, arrays, data, tmp_path):
    x, dy = map(arrays, data)
    layer = clrelu.PReLU(relu, (0, 5, 0, 4), shared_axes=(2,),
                         alpha_initializer='constant(0.25)',
                         alpha_regularizer='l2(0.5)',
                         alpha_constraint='non_neg')
    assert layer.alpha_shape == (5, 1, 4) and np.all(layer.alpha == 0.25)
    assert np.isclose(layer.penalty(), 20 * 0.5 * 0.25**2)
    alpha = arrays(layer.alpha)
    y = layer.forward(x)
    assert np.array_equal(arrays.get(y), arrays.get(
        relu.prelu_forward(x, alpha, shared_axes=(2,))))
    dx, dalpha = map(arrays.get, relu.prelu_backward(x, alpha, dy,
                                                     shared_axes=(2,)))
    assert np.array_equal(arrays.get(layer.backward(x, dy)), dx)
    assert np.array_equal(layer.dalpha, dalpha)
    layer.update(0.01)
    wanted = np.maximum(0.25 - 0.01 * (dalpha + 0.25), 0)
    assert np.allclose(layer.alpha, wanted, atol=1e-6)
    assert not np.any(layer.dalpha)

    layer.save(tmp_path / 'alpha.npy')
    assert np.array_equal(np.load(tmp_path / 'alpha.npy'), layer.alpha)
    other = clrelu.PReLU.from_config(relu, layer.config)
    assert other.config == layer.config
    other.load(tmp_path / 'alpha.npy')
    assert np.array_equal(other.alpha, layer.alpha)
    other.alpha = np.full((5, 1, 4), 3)
    assert np.all(other.alpha == 3)


def test_errors(relu, tmp_path):
    with pytest.raises(clrelu.Error, match='l3') as error:
        clrelu.PReLU(relu, (0, 5), alpha_regularizer='l3')
    assert error.value.status == 'CLRELU_UNKNOWN_NAME'
    layer = clrelu.PReLU(relu, (0, 5))
    with pytest.raises(clrelu.Error) as error:
        layer.load(tmp_path / 'none.npy')
    assert error.value.status == 'CLRELU_FILE_ERROR'
    with pytest.raises(clrelu.Error):
        layer.alpha = np.zeros(4)
