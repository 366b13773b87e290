#!/usr/bin/env python3
# test_cli_terminal.py - colour on terminals, and what to do where nothing is
# SPDX-License-Identifier: MIT
"""test_cli_terminal.py CLRELU"""
import os
import pty
import subprocess
import sys
import tempfile

from taplines import done, ok, run

program = os.path.abspath(sys.argv[1])
TERMINAL = {'TERM': 'xterm-256color', 'NO_COLOR': None}


def on_terminal(*words, env):
    """What a terminal gets."""
    both = dict(os.environ)
    for name, value in env.items():
        both.pop(name, None)
        if value is not None:
            both[name] = value
    main, other = pty.openpty()
    process = subprocess.Popen([program, *words], stdin=other, stdout=other,
                               stderr=other, env=both)
    os.close(other)
    text = b''
    try:
        while part := os.read(main, 4096):
            text += part
    except OSError:
        pass  # it is closed
    os.close(main)
    process.wait()
    return text.decode(errors='replace').replace('\r\n', '\n')


def test_colour():
    plain = {'nothing': run(program, 'nothing').stderr,
             'devices': run(program, 'devices').stdout}
    red, green, off = '\033[1;31m', '\033[1;32m', '\033[0m'
    got = on_terminal('nothing', env=TERMINAL)
    ok(got == plain['nothing'].replace('clrelu:', f'{red}clrelu:{off}', 1),
       'an error on a terminal has a red name', got)
    got = on_terminal('devices', env=TERMINAL)
    want = [f'{green}{line}{off}' if line.startswith('*') else line
            for line in plain['devices'].split('\n')]
    ok(got.split('\n') == want, 'the device picked is green', got)
    ok(on_terminal('nothing', env={**TERMINAL, 'NO_COLOR': ''})
       == on_terminal('nothing', env=TERMINAL), 'an empty NO_COLOR is none')
    for change in ({'NO_COLOR': '1'}, {'TERM': 'dumb'}, {'TERM': None},
                   {'TERM': ''}):
        for word, want in plain.items():
            got = on_terminal(word, env={**TERMINAL, **change})
            ok(got == want, f'{word}: no colour with {change}', got)
    for word in plain:
        result = run(program, word, env=TERMINAL)
        ok('\033' not in result.stdout + result.stderr,
           f'{word}: no colour in a pipe')
    got = on_terminal('devices', '--json', env=TERMINAL)
    ok('\033' not in got and got.startswith('{'), '--json has no colour')


def test_no_platform():
    lines = [('devices',), ('devices', '--json'), ('tune',),
             ('explain', 'elu', '--shape', '3'), ('cache', 'warm'),
             ('compile', '-o', 'all'), ('plot', 'elu', '-o', 'elu.png'),
             ('forward', 'elu', '-i', 'x.npy', '-o', 'y.npy')]
    with tempfile.TemporaryDirectory() as empty, \
            tempfile.TemporaryDirectory() as kept:
        for line in lines:
            result = run(program, *line, cwd=empty,
                         env={'OCL_ICD_VENDORS': empty, 'OCL_ICD_FILENAMES':
                              None, 'CLRELU_DEVICE': None,
                              'CLRELU_CACHE': None, 'CLRELU_CACHE_DIR': kept})
            ok(result.returncode == 1 and not result.stdout
               and result.stderr.count('\n') == 1
               and all(part in result.stderr for part in (
                   'clrelu: no OpenCL device: no OpenCL platform is installed',
                   'pocl-opencl-icd (Debian, Ubuntu)', 'pocl (Fedora, Arch)')),
               f'no platform: {" ".join(line)} says what to install', result)
        ok(os.listdir(empty) == [], 'no platform: nothing is left')
    result = run(program, 'devices', '--device', 'nobody')
    ok(result.returncode == 1 and 'pocl-opencl-icd' not in result.stderr,
       'a device that is not there is no reason to install one', result)


test_colour()
test_no_platform()
done()
