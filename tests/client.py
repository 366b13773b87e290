# client.py - what the tests in Python of the library's users share
# SPDX-License-Identifier: MIT
import importlib
import os
import sys

count = failed = 0
sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'examples',
                                'python'))


def ok(condition, text):
    global count, failed
    count += 1
    failed += not condition
    print(f"{'' if condition else 'not '}ok {count} - {text}", flush=True)


def need(*modules):
    """Ends the test, skipped, where a module is missing."""
    for name in modules:
        try:
            importlib.import_module(name)
        except ImportError as error:
            print(f'1..0 # SKIP {name}: {error}')
            sys.exit(0)


def done():
    print(f'1..{count}')
    sys.exit(failed > 0)


def raised(kind, call, *arguments):
    """What the call raises, which must be of this kind; None if nothing."""
    try:
        call(*arguments)
    except kind as error:
        return error
    return None
