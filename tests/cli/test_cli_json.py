#!/usr/bin/env python3
# test_cli_json.py - what is printed for programs to read
# SPDX-License-Identifier: MIT
"""test_cli_json.py CLRELU CLRELU_BENCH"""
import csv
import json
import math
import os
import re
import sys
import tempfile

from taplines import done, ok, run

program, bench = sys.argv[1:3]


def refuse(word):
    raise ValueError(f'{word} is no JSON')


def read(text):
    """JSON to the letter: without NaN and infinities, and without a field
    twice."""
    def unique(pairs):
        if len(pairs) != len(dict(pairs)):
            raise ValueError('a field twice')
        return dict(pairs)
    return json.loads(text, parse_constant=refuse, object_pairs_hook=unique)


def documented(command):
    """The names that begin the indented lines below --json."""
    text = run(program, command, '--help').stdout
    block = next(b for b in text.split('\n\n') if b.startswith('With --json'))
    heads = [line[2:23] if len(line) > 23 and line[22] == ' ' else line
             for line in block.split('\n') if line.startswith('  ')
             and line[2] != ' ']
    return set(re.findall(r'\w+', ' '.join(heads)))


def test_devices():
    result = run(program, 'devices', '--json')
    value = read(result.stdout)
    devices = value['devices']
    table = re.findall(r'^([* ]) (\w+:\d+)', run(program, 'devices').stdout,
                       re.MULTILINE)
    version = run(program, '--version').stdout.split()[1]
    ok(result.returncode == 0 and value['version'] == version
       and set(value) == {'version', 'devices'}, 'devices: one object', value)
    ok(all(set(d) == documented('devices') for d in devices),
       'devices: the fields are those of the help',
       set(devices[0]) ^ documented('devices'))
    ok([('*' if d['picked'] else ' ', d['spec']) for d in devices] == table,
       'devices: those of the table, the same one picked', table)
    types = {'picked': bool, 'compiler': bool, 'svm': bool,
             'same_bits': (bool, type(None)),
             'compute_units': int, 'memory_bytes': int, 'max_alloc_bytes': int,
             'cache_bytes': int}
    ok(all(isinstance(d[f], types.get(f, str)) for d in devices for f in d),
       'devices: types')
    last = run(program, 'devices', '--json', '--device', devices[-1]['spec'])
    ok([d['picked'] for d in read(last.stdout)['devices']]
       == [False] * (len(devices) - 1) + [True], 'devices: --device picks')


def test_explain():
    lines = [('elu', '--shape', '0'), ('leaky_relu', '--shape', '4096,1024'),
             ('thresholded_relu', '--shape', '9', '--dtype', 'bf16'),
             ('prelu', '--shape', '64,64,56,56', '--shared-axes', '2,3',
              '--backward')]
    for line in lines:
        value = read(run(program, 'explain', *line, '--json').stdout)
        plain = dict(re.findall(r'^([\w ]+): +(.*)$', run(
            program, 'explain', *line).stdout, re.MULTILINE))
        other = {'workspace': 'workspace_bytes'}
        same = all(str(value[other.get(k, k.replace(' ', '_'))]) == v
                   for k, v in plain.items())
        ok(plain and same and value['op'] == line[0] and value['direction']
           == ('backward' if '--backward' in line else 'forward')
           and value['dtype'] == ('bf16' if 'bf16' in line else 'f32'),
           f'explain {" ".join(line)}: the same as in words', value, plain)
    expected = documented('explain')
    ok(set(value) == expected, 'explain: the fields are those of the help',
       set(value) ^ expected)


def test_bench():
    with tempfile.TemporaryDirectory() as folder:
        files = [os.path.join(folder, name) for name in ('rows.csv', 'rows.js')]
        result = run(bench, '--no-peers', '--op', 'prelu', '--pattern', 'nchw',
                     '--size', '10', '--runs', '3', '--csv', files[0], '--json',
                     files[1])
        ok(result.returncode == 0, 'clrelu-bench --csv --json', result.stderr)
        with open(files[0], encoding='utf-8', newline='') as file:
            rows = list(csv.DictReader(file))
        with open(files[1], encoding='utf-8') as file:
            value = read(file.read())
    ok(set(value) == {'version', 'device', 'platform', 'driver',
                      'compute_units', 'rows'}, 'bench: one object', value)
    ok(len(rows) == len(value['rows']) > 2
       and all(list(a) == list(b) for a, b in zip(rows, value['rows'])),
       'bench: the rows and names of the CSV')
    for a, b in zip(rows, value['rows']):
        b['shape'] = 'x'.join(map(str, b['shape']))
        b['shared_axes'] = ' '.join(map(str, b['shared_axes']))
        ok(all(a[name] == str(b[name]) or (isinstance(b[name], float)
               and math.isclose(float(a[name]), b[name], rel_tol=1e-3))
               for name in a), f"bench: {a['case']}, {a['impl']}", a, b)
    bad = run(bench, '--json', '/nowhere/rows.js', '--no-peers', '--size', '10')
    ok(bad.returncode == 1 and '/nowhere/rows.js' in bad.stderr,
       'bench: a file that cannot be written', bad)


test_devices()
test_explain()
test_bench()
done()
