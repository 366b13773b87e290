# taplines.py - TAP from Python, and the command line as people run it
# SPDX-License-Identifier: MIT
import importlib
import os
import subprocess
import sys

number = failed = 0


def ok(condition, text, *diagnosis):
    global number, failed
    number += 1
    failed += not condition
    print(f"{'' if condition else 'not '}ok {number} - {text}", flush=True)
    if not condition:
        print('#', *map(repr, diagnosis), flush=True)


def skip(text, why):
    global number
    number += 1
    print(f'ok {number} - {text} # SKIP {why}')


def need(*modules):
    """Ends the test, skipped, where a module is missing."""
    for name in modules:
        try:
            importlib.import_module(name)
        except ImportError as error:
            print(f'1..0 # SKIP {name}: {error}')
            sys.exit(0)


def write(name, data):
    with open(name, 'wb') as file:
        file.write(data)


def read(name):
    with open(name, 'rb') as file:
        return file.read()


def raised(kind, call, *arguments):
    """The exception that the call raises, of this kind; None if none."""
    try:
        call(*arguments)
    except kind as error:
        return error
    return None


def done():
    print(f'1..{number}')
    sys.exit(failed > 0)


def operations(program):
    """Those that the library has, as an error tells."""
    said = run(program, 'explain', 'nobody').stderr.split('must be ')[1]
    return said.split(';')[0].replace(' or ', ', ').split(', ')


def run(*words, **more):
    """With env as changes of the environment, None for what is not there."""
    env = dict(os.environ)
    for name, value in more.pop('env', {}).items():
        env.pop(name, None)
        if value is not None:
            env[name] = value
    return subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, env=env, **more)
