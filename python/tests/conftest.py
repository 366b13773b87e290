# conftest.py - one context for all tests, and arrays of either kind
# SPDX-License-Identifier: MIT
import numpy as np
import pytest

import clrelu

try:
    import pyopencl
    import pyopencl.array
except ImportError:
    pyopencl = None


def pytest_addoption(parser):
    parser.addoption('--tap', action='store_true',
                     help='prints TAP; with -p no:terminal')


class Tap:
    """A line for each test."""

    count = 0

    def pytest_runtest_logreport(self, report):
        if report.when != 'call' and report.passed:
            return
        self.count += 1
        print('not ' * report.failed + f'ok {self.count} - {report.nodeid}' +
              (f' # SKIP {report.longrepr[2]}' if report.skipped else ''))
        if report.failed:
            print('# ' + str(report.longrepr).replace('\n', '\n# '))

    def pytest_sessionfinish(self):
        print(f'1..{self.count}', flush=True)


def pytest_configure(config):
    config.addinivalue_line('markers', 'slow: not in the quick suite')
    if config.getoption('--tap'):
        config.pluginmanager.register(Tap())


@pytest.fixture(scope='session')
def relu():
    """On pyopencl's queue, if there is pyopencl."""
    if not pyopencl:
        return clrelu.Context()
    device = pyopencl.Device.from_int_ptr(clrelu.Context().queue.device.int_ptr)
    return clrelu.Context(queue=pyopencl.CommandQueue(
        pyopencl.Context([device])))


class Arrays:
    """Arrays of NumPy or of pyopencl, some elements into their memory."""

    def __init__(self, kind, queue):
        self.kind, self.queue = kind, queue

    def __call__(self, values, before=0):
        values = np.asarray(values)
        whole = np.zeros(values.size + before, values.dtype)
        whole[before:] = values.ravel()
        if self.kind == 'pyopencl':
            whole = pyopencl.array.to_device(self.queue, whole)
        return whole[before:].reshape(values.shape)

    def get(self, array):
        assert isinstance(array, np.ndarray) == (self.kind == 'numpy')
        return array.get() if self.kind == 'pyopencl' else array


@pytest.fixture(params=['numpy', 'pyopencl'])
def arrays(request, relu):
    if request.param == 'pyopencl' and not pyopencl:
        pytest.skip('no pyopencl')
    return Arrays(request.param, pyopencl and relu.queue)


@pytest.fixture
def rng():
    return np.random.default_rng(1)


@pytest.fixture
def data(rng):
    """x with special values, and dy."""
    x, dy = (rng.normal(0, 3, (7, 5, 6, 4)).astype(np.float32)
             for _ in range(2))
    x.flat[:4] = 0, -0.0, 1, -1
    return x, dy
