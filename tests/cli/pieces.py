#!/usr/bin/env python3
# pieces.py - the command line with arrays in pieces
# SPDX-License-Identifier: MIT
"""pieces.py CLRELU [some]

A little --memory makes small arrays take the way of large ones: results are
those of one piece, bit by bit, but for dalpha's, whose sum has another order.
some: only float32.
"""
import os
import random
import struct
import subprocess
import sys
import tempfile

from taplines import done, ok, read, write

program = os.path.abspath(sys.argv[1])

TYPES = {'<f4': ('f', 1e-6), '>f4': ('f', 1e-6), '<f8': ('d', 1e-14),
         '<f2': ('e', 1e-6), '<i4': ('i', 1e-6)}
CHOSEN = list(TYPES)[:1 if 'some' in sys.argv else None]


def product(dims):
    n = 1
    for extent in dims:
        n *= extent
    return n


def npy(dims, values, descr='<f4', fortran=False):
    shape = '(' + ''.join(f'{d}, ' for d in dims) + ')'
    text = (f"{{'descr': '{descr}', 'fortran_order': {fortran}, "
            f"'shape': {shape}, }}").ljust(117) + '\n'
    order = '>' if descr[0] == '>' else '<'
    form = TYPES[descr][0]
    if form == 'i':
        values = [int(v) for v in values]
    if fortran:
        values = reorder(dims, values)
    return (b'\x93NUMPY\x01\x00' + struct.pack('<H', len(text)) +
            text.encode() + struct.pack(f'{order}{len(values)}{form}', *values))


def reorder(dims, values):
    """From C order to Fortran's."""
    result = [None] * len(values)
    index = [0] * len(dims)
    strides, stride = [], 1
    for extent in dims:
        strides.append(stride)
        stride *= extent
    for v in values:
        result[sum(i * s for i, s in zip(index, strides))] = v
        for axis in reversed(range(len(dims))):
            index[axis] += 1
            if index[axis] < dims[axis]:
                break
            index[axis] = 0
    return result


def data(name, form):
    raw = read(name)
    start = 10 + struct.unpack('<H', raw[8:10])[0]
    n = (len(raw) - start) // struct.calcsize(form)
    return struct.unpack(f'<{n}{form}', raw[start:])


def run(line, memory, **more):
    more.setdefault('stdin', subprocess.DEVNULL)
    words = line.split() + (['--memory', memory] if memory else [])
    result = subprocess.run([program, *words], capture_output='stdout' not in
                            more, **more)
    return result


def same(line, memory, text, exact=('y.npy',), dalpha=None):
    """One piece and many give the same files."""
    kept = {}
    for budget in (None, memory):
        for name in ('y.npy', 'da.npy', 'a2.npy'):
            if os.path.exists(name):
                os.remove(name)
        result = run(line, budget)
        if b'has no cl_khr_fp64' in result.stderr:
            ok(True, f'{text} # SKIP the device has no cl_khr_fp64')
            return
        if result.returncode != 0:
            ok(False, f"{text}: {result.stderr.decode().strip()}")
            return
        kept[budget] = [read(name) for name in exact]
        if dalpha:
            kept[budget].append(data('da.npy', dalpha[0]))
    one, many = kept[None], kept[memory]
    good = one[:len(exact)] == many[:len(exact)]
    if dalpha:
        scale = max(abs(v) for v in one[-1]) + 1.0
        good = good and len(one[-1]) == len(many[-1]) and all(
            abs(a - b) <= 8 * dalpha[1] * scale
            for a, b in zip(one[-1], many[-1]))
    ok(good, text)


def inputs(dims, descr='<f4', fortran=False, alpha=None):
    n = product(dims)
    write('x.npy', npy(dims, [random.randint(-64, 63) / 8 for _ in range(n)],
                       descr, fortran))
    write('dy.npy', npy(dims, [random.randint(-64, 63) / 8 for _ in range(n)],
                        descr))
    if alpha:
        form = descr if descr != '<i4' else '<f4'
        write('a.npy', npy(alpha, [random.randint(1, 64) / 64
                                   for _ in range(product(alpha))], form))


def test_elementwise():
    ops = ('leaky_relu', 'elu', 'thresholded_relu')
    for i, descr in enumerate(CHOSEN):
        inputs((5, 8, 170), descr)
        for op in ops if i == 0 else ops[i % 3:i % 3 + 1]:
            same(f'forward {op} -i x.npy -o y.npy', '16K', f'{op} of {descr}')
            same(f'backward {op} -i x.npy -g dy.npy -o y.npy', '32K',
                 f'{op} backward of {descr}')


def test_prelu():
    patterns = (('', (6, 7, 13)), (' --shared-axes 2,3', (6, 1, 1)),
                (' --shared-axes 1,3', (1, 7, 1)),
                (' --shared-axes 1,2,3', (1, 1, 1)))
    for i, descr in enumerate(CHOSEN):
        form, least = TYPES[descr]
        form = 'f' if form == 'i' else form
        least = 1e-3 if form == 'e' else least
        for axes, alpha in patterns if i == 0 else patterns[i % 4:i % 4 + 1]:
            inputs((11, 6, 7, 13), descr, alpha=alpha)
            line = f'prelu --alpha-file a.npy{axes} -i x.npy -o y.npy'
            same(f'forward {line}', '40K', f'prelu{axes} of {descr}')
            same(f'backward {line} -g dy.npy --dalpha da.npy', '96K',
                 f'prelu{axes} backward of {descr}', dalpha=(form, least))


def test_inside():
    """A sample is more than a piece."""
    shape = (3, 5, 9, 77)
    for axes, alpha in (('', (5, 9, 77)), ('2,3', (5, 1, 1)),
                        ('1', (1, 9, 77)), ('1,2,3', (1, 1, 1)),
                        ('2', (5, 1, 77))):
        inputs(shape, alpha=alpha)
        shared = f' --shared-axes {axes}' if axes else ''
        line = f'prelu --alpha-file a.npy{shared} -i x.npy -o y.npy'
        same(f'forward {line}', '16K', f'cut inside a sample:{shared}')
        same(f'backward {line} -g dy.npy --dalpha da.npy', '32K',
             f'... backward:{shared}', dalpha=('f', 1e-6))
    inputs((1, 7001), alpha=(7001,))
    same('backward prelu --alpha-file a.npy -i x.npy -g dy.npy -o y.npy '
         '--dalpha da.npy', '40K', 'cut inside a vector', ('y.npy', 'da.npy'))


def test_ways():
    inputs((9, 31, 29), fortran=True, alpha=(31, 29))
    line = ('backward prelu --alpha-file a.npy -i x.npy -g dy.npy -o y.npy '
            '--dalpha da.npy --dtype f64')
    same(line, '80K', 'Fortran order, to another type', dalpha=('d', 1e-14))
    line = 'forward elu -i x.npy -o y.npy'
    run(line, None)
    want = read('y.npy')
    same(line, '16K', 'Fortran order, cut inside')
    result = run('forward elu -i - -o -', '16K', stdin=None, input=read('x.npy'))
    ok(result.returncode == 0 and result.stdout == want,
       'from a pipe in Fortran order, to a pipe')
    inputs((9, 31, 29), alpha=(31, 29))
    both = read('x.npy') + read('dy.npy')
    run('backward elu -i x.npy -g dy.npy -o y.npy', None)
    want = read('y.npy')
    line = 'backward elu -i - -g - -o -'
    result = run(line, '16K', stdin=None, input=both)
    ok(result.returncode == 0 and result.stdout == want,
       'two arrays from one pipe')
    write('both', both)
    with open('both', 'rb') as file:
        result = run(line, '16K', stdin=file)
    ok(result.returncode == 0 and result.stdout == want,
       'two arrays from one file')
    line = 'forward leaky_relu -i x.npy -o x.npy'
    run('forward leaky_relu -i x.npy -o y.npy', None)
    run(line, '16K')
    ok(read('x.npy') == read('y.npy'), 'the output is the input')
    inputs((9, 31, 29), alpha=(31, 29))
    same('backward prelu --alpha-file a.npy -i x.npy -g dy.npy -o y.npy '
         '--alpha-out a2.npy --learning-rate 0.5 --alpha-regularizer l2',
         '80K', 'a step of alpha')


def test_failures():
    inputs((9, 31, 29))
    whole = read('x.npy')
    write('y.npy', b'older')
    names = sorted(os.listdir('.'))
    result = run('forward elu -i - -o y.npy', '16K', stdin=None,
                 input=whole[:-5])
    ok(result.returncode == 1 and read('y.npy') == b'older' and
       sorted(os.listdir('.')) == names and b'truncated' in result.stderr,
       'an input that ends early leaves nothing')
    result = run('forward elu -i - -o -', '16K', stdin=None, input=whole[:-5])
    ok(result.returncode == 1 and result.stdout == b'',
       'and nothing in a pipe')
    result = run('backward prelu -i x.npy -g dy.npy -o y.npy', '5K')
    said = result.stderr.decode()
    ok(result.returncode == 1 and 'at least' in said and '--memory' in said and
       read('y.npy') == b'older', 'too little memory')
    least = said.split('at least ')[1].split(';')[0]
    result = run('backward prelu -i x.npy -g dy.npy -o y.npy', least)
    ok(result.returncode == 0, 'what it says it needs is enough')
    for bad in ('0', '-1', 'x', '1Q', '99999999T'):
        result = run('forward elu -i x.npy -o y.npy', bad)
        ok(result.returncode == 2 and b'--memory' in result.stderr,
           f'--memory {bad} is refused')
    if os.path.exists('/dev/full'):
        result = run('forward elu -i x.npy -o /dev/full', '16K')
        ok(result.returncode == 1 and b'/dev/full' in result.stderr,
           'a full device')


random.seed(1)
with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    for test in (test_elementwise, test_prelu, test_inside, test_ways,
                 test_failures):
        test()
    os.chdir('/')
done()
