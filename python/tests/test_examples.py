# test_examples.py - the examples that use the package
# SPDX-License-Identifier: MIT
import pathlib
import subprocess
import sys

import pytest

EXAMPLES = pathlib.Path(__file__).parents[2] / 'examples' / 'python'


def run(name):
    done = subprocess.run([sys.executable, EXAMPLES / name], text=True,
                          capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_fused():
    pytest.importorskip('pyopencl')
    assert ': 0 of ' in run('fused.py')


@pytest.mark.slow
def test_torch():
    pytest.importorskip('torch')
    run('torch_ops.py')
