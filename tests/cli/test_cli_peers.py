#!/usr/bin/env python3
# test_cli_peers.py - which peers clrelu-bench measures
# SPDX-License-Identifier: MIT
"""test_cli_peers.py CLRELU CLRELU_BENCH"""
import csv
import os
import sys
import tempfile

from taplines import done, ok, run

bench = sys.argv[2]


def test_names():
    for names in ('tensorrt', '', 'jax,', 'jax,,torch', 'torch.'):
        result = run(bench, '--peers', names)
        ok(result.returncode == 2 and f"--peers is '{names}'" in result.stderr,
           f"--peers '{names}' makes no sense", result)


def write(folder, name, text):
    with open(os.path.join(folder, name), 'w', encoding='ascii') as file:
        file.write(text)


def test_left_out():
    """A jax that cannot be imported, whatever is installed."""
    with tempfile.TemporaryDirectory() as folder:
        write(folder, 'jax.py', "raise ImportError('not\\ntoday')\n")
        path = os.path.join(folder, 'rows.csv')
        result = run(bench, '--peers', 'jax', '--python', sys.executable,
                     '--op', 'elu', '--direction', 'forward', '--size', '10',
                     '--runs', '3', '--csv', path,
                     env={'PYTHONPATH': folder})
        ok(result.returncode == 0, 'a peer may be missing', result)
        with open(path, encoding='utf-8', newline='') as file:
            rows = {row['impl']: row for row in csv.DictReader(file)}
    said = [line for line in result.stderr.split('\n') if 'without' in line]
    ok(said == ['without jax: not today'], 'one line says why', result)
    ok(set(rows) == {'clrelu', 'launch', 'naive', 'ceiling'}, 'it has no row',
       rows)
    ok(0 < float(rows['launch']['best_s']) < float(rows['naive']['best_s']),
       'empty kernels take less time', rows)
    version = run(bench, '--version').stdout.split()[1]
    ok(rows['clrelu']['impl_version'] == version, "clrelu's version", rows)


test_names()
test_left_out()
done()
