#!/usr/bin/env python3
# parameters.py - how many parameters the public functions take
# SPDX-License-Identifier: MIT
"""parameters.py [HEADER]...

Prints what is beyond the limits, and fails then; the largest number and the
median go to the standard error.
"""
import os
import re
import statistics
import sys

MAX, MEDIAN = 7, 4
# What is between CLRELU_API and the semicolon, without comments and #lines.
IGNORED = re.compile(r'/\*(?:.|\n)*?\*/|^#(?:.*\\\n)*.*$', re.MULTILINE)
FUNCTION = re.compile(r'CLRELU_API[^;(]*?\b(clrelu_\w+)\s*\(([^;]*)\)\s*;')


def count(parameters):
    """A parameter may be a pointer to a function, with commas of its own."""
    while '(' in parameters:
        parameters = re.sub(r'\([^()]*\)', '', parameters)
    return 0 if parameters.strip() == 'void' else parameters.count(',') + 1


def read(paths):
    """{function: its number of parameters}"""
    counts = {}
    for path in paths:
        with open(path, encoding='utf-8') as file:
            text = IGNORED.sub('', file.read())
        counts.update((m[1], count(m[2])) for m in FUNCTION.finditer(text))
    return counts


folder = os.path.join(os.path.dirname(__file__), '../include/clrelu')
counts = read(sys.argv[1:] or [os.path.join(folder, name)
                               for name in sorted(os.listdir(folder))])
median = statistics.median(counts.values())
print(f'{len(counts)} functions, at most {max(counts.values())} parameters, '
      f'median {median:g}', file=sys.stderr)
wrong = [f'{name}: {n} parameters, at most {MAX}'
         for name, n in sorted(counts.items()) if n > MAX]
if median > MEDIAN:
    wrong.append(f'median {median:g}, at most {MEDIAN}')
print(*wrong, sep='\n', end='\n' if wrong else '')
sys.exit(bool(wrong))
