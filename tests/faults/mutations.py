#!/usr/bin/env python3
# mutations.py - mistakes in copies of the library's files, which tests must find
# SPDX-License-Identifier: MIT
"""mutations.py SOURCE SOURCES_C OUTPUT OLD NEW
    writes SOURCE with NEW in place of OLD; for a kernel file SOURCES_C, which
    has the kernels' texts, with SOURCE so
mutations.py --run LAYER (PROGRAM SCENARIO COMPLAINT)...
    runs programs that have such a file; with LAYER and SCENARIO, if there is one
"""
import os
import re
import sys

INCLUDE = '#include "cl_sources.h"\n'


def replaced(path, old, new):
    with open(path, encoding='utf-8') as file:
        text = file.read()
    if text.count(old) != 1:
        sys.exit(f'mutations.py: {path} has {text.count(old)} of "{old}"')
    return text.replace(old, new)


def write(source, sources_c, output, old, new):
    text = replaced(source, old, new)
    if source.endswith('.cl'):
        symbol = os.path.basename(source).replace('.', '_')
        data = ', '.join(map(str, text.encode()))
        text = replaced(sources_c, INCLUDE, f'{INCLUDE}#define {symbol} mutated\n'
                        f'static const char mutated[] = {{{data}, 0}};\n')
    with open(output, 'w', encoding='utf-8') as file:
        file.write(text)


def main(layer, *mutants):
    from taplines import done, ok, run

    for program, scenario, complaint in zip(*[iter(mutants)] * 3):
        said = run(program, *([layer, scenario] if scenario else []))
        ok(said.returncode and re.search(f'^(#|not ok) .*{complaint}',
                                         said.stdout, re.MULTILINE),
           f'{os.path.basename(program)}: {complaint}', said.stdout)
    done()


if sys.argv[1] == '--run':
    main(*sys.argv[2:])
else:
    write(*sys.argv[1:])
