#!/usr/bin/env python3
# hostile.py - the command line as an accident or an attacker finds it
# SPDX-License-Identifier: MIT
"""hostile.py CLRELU

Whatever the files are: the exit status is 0 with a right output, or 1 with one
line that names the file and an output that is as it was.
"""
import os
import random
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time

from taplines import done, ok, read, write

program = os.path.abspath(sys.argv[1])


def header(shape, major=1, size=None):
    text = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}"
    text = text.ljust((len(text) + 75) // 64 * 64 - 11) + '\n'
    form = '<H' if major == 1 else '<I'
    length = struct.pack(form, len(text) if size is None else size)
    return b'\x93NUMPY' + bytes([major, 0]) + length + text.encode()


def npy(values):
    return header((len(values),)) + struct.pack(f'<{len(values)}f', *values)


def run(*words, **more):
    more.setdefault('stdin', subprocess.DEVNULL)
    more.setdefault('stdout', subprocess.PIPE)
    return subprocess.run([program, *words], stderr=subprocess.PIPE, **more)


def leaky(source, target, **more):
    return run('forward', 'leaky_relu', '--alpha', '0.5', '-i', source, '-o',
               target, **more)


ramp = [i - 50.0 for i in range(100)]
X = npy(ramp)
Y = npy([v / 2 if v < 0 else v for v in ramp])
OLD = b'older'


def names():
    return sorted(os.listdir('.'))


def gives(text, source, target, **more):
    result = leaky(source, target, **more)
    ok(result.returncode == 0 and read(target) == Y, text)


def refuses(text, source, word=None, target='y.npy', **more):
    write('y.npy', OLD)
    before = names()
    result = leaky(source, target, **more)
    said = result.stderr.decode()
    good = (result.returncode == 1 and said.count('\n') == 1 and
            (word or source) in said and read('y.npy') == OLD and
            names() == before)
    ok(good, text)
    if not good:
        print('#', result.returncode, said.strip(), names())


def test_kinds():
    write('x.npy', X)
    gives('a file', 'x.npy', 'y.npy')
    gives('a pipe', '-', 'y.npy', input=X, stdin=None)
    os.mkfifo('fifo')
    feeder = threading.Thread(target=write, args=('fifo', X))
    feeder.start()
    gives('a pipe with a name', 'fifo', 'y.npy')
    feeder.join()
    os.remove('fifo')
    refuses('a pipe that ends early', '-', 'standard input', input=X[:300],
            stdin=None)
    os.mkdir('folder')
    refuses('a folder', 'folder')
    refuses('a folder as the output', 'x.npy', 'folder', target='folder')
    os.rmdir('folder')
    refuses('no such file', 'absent.npy')
    refuses('no such folder', 'x.npy', 'absent', target='absent/y.npy')
    refuses('a name with a line feed', 'a\nb.npy', 'a?b.npy')


def test_same():
    """test_cli_files has an output that is the input, or a link."""
    write('x.npy', X)
    os.symlink('x.npy', 'link.npy')
    gives('the input is a link to the output', 'link.npy', 'x.npy')
    os.remove('link.npy')
    write('x.npy', X)
    os.symlink('link.npy', 'link.npy')
    refuses('a link to itself', 'link.npy')
    os.remove('link.npy')
    os.link('x.npy', 'hard.npy')
    gives('the output is another name of the input', 'x.npy', 'hard.npy')
    ok(read('x.npy') in (X, Y), 'the input is whole')
    os.remove('hard.npy')


def test_files():
    """What test_cli_files does not have, and an older output."""
    big = 2 ** 32
    write('bad.npy', b'')
    refuses('an empty file', 'bad.npy')
    write('bad.npy', header((4,), 2, size=big - 1))
    refuses('a header of 4 GB', 'bad.npy')
    with open('bad.npy', 'ab') as file:
        file.truncate(big + 100)
    refuses('a header of 4 GB in a file as long', 'bad.npy')
    write('bad.npy', header((2 ** 63,)))
    refuses('an extent that overflows', 'bad.npy')
    write('bad.npy', X[:-1])
    refuses('one byte short', 'bad.npy')
    write('bad.npy', X + b'more')
    result = leaky('bad.npy', 'y.npy')
    ok(result.returncode in (0, 1) and read('y.npy') in (OLD, Y),
       'bytes beyond the end: refused, or ignored')
    os.remove('bad.npy')


def test_disks():
    write('x.npy', X)
    if os.path.exists('/dev/full'):
        refuses('a full device', 'x.npy', '/dev/full', target='/dev/full')
        with open('/dev/full', 'wb') as full:
            refuses('a full standard output', 'x.npy', 'standard output',
                    target='-', stdout=full)
            result = run('devices', stdout=full)
            ok(result.returncode == 1 and b'standard output' in result.stderr,
               'devices: a full standard output')
    for fd in (0, 1, 2):
        write('y.npy', OLD)
        result = subprocess.run(
            ['sh', '-c', f'exec {program} forward leaky_relu --alpha 0.5 '
             f'-i x.npy -o y.npy {fd}>&-'])
        ok(result.returncode == 0 and read('y.npy') == Y,
           f'descriptor {fd} is closed')


def test_killed():
    """Whenever it ends, the output is whole, and old or new."""
    n = 2000000
    write('large.npy', header((n,)) + bytes(4 * n))
    whole = header((n,)) + bytes(4 * n)
    for number, leaves in ((signal.SIGKILL, True), (signal.SIGTERM, False),
                           (signal.SIGINT, False)):
        good = True
        ended = left = 0
        for i in range(12):
            write('y.npy', OLD)
            before = names()
            child = subprocess.Popen([program, 'forward', 'elu', '-i',
                                      'large.npy', '-o', 'y.npy'],
                                     stderr=subprocess.DEVNULL)
            time.sleep(random.uniform(0, 0.15))
            child.send_signal(number)
            ended += child.wait() != 0
            good = good and read('y.npy') in (OLD, whole)
            for name in set(names()) - set(before):
                left += 1
                os.remove(name)
        ok(good and (leaves or left == 0),
           f'{number.name}: the output is whole, old or new')
        print(f'# {ended} of 12 ended by it, {left} temporary files left')
    os.remove('large.npy')


random.seed(1)
with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    for test in (test_kinds, test_same, test_files, test_disks, test_killed):
        test()
    ok(names() == ['x.npy', 'y.npy'], 'no other file is left')
    os.chdir('/')
done()
