# __init__.py - LeakyReLU, PReLU, ELU and ThresholdedReLU on OpenCL devices
# SPDX-License-Identifier: MIT
"""LeakyReLU, PReLU, ELU and ThresholdedReLU, forward and backward, on any
OpenCL 1.2 device, on pyopencl's or NumPy's arrays.

>>> import clrelu, numpy
>>> relu = clrelu.Context()
>>> relu.forward('elu', numpy.array([-1, 0, 2], 'float32'))
array([-0.63212055,  0.        ,  2.        ], dtype=float32)
"""
from ._context import (Context, Device, Explanation, FloatCheck, KernelCheck,
                       chain_source, devices, source, sum_partials)
from ._fused import ChainGradients, DenseGradients, SecondGradients
from ._layer import PReLU
from ._library import LIBRARY, Error
from ._operations import default

__version__: str = LIBRARY.clrelu_version().decode()
__all__ = ['ChainGradients', 'Context', 'DenseGradients', 'Device', 'Error',
           'Explanation', 'FloatCheck', 'KernelCheck', 'PReLU',
           'SecondGradients', 'default', 'chain_source', 'devices', 'source',
           'sum_partials']
