#!/usr/bin/env python3
# structure.py - the arrows between the files of src/
# SPDX-License-Identifier: MIT
"""structure.py [ROOT]

A module is a .c and a .h file of the same name.  An #include of another
module, or a call of an external function that it defines, is an arrow to it.
No arrows may form a cycle, or point to a later folder or to another folder of
the same rank.
"""
import os
import re
import sys

RANKS = [['base'], ['npy', 'store'], ['core'], ['plan'], ['ops'], ['train'],
         ['offline', 'tune'], ['cli']]
RANK = {folder: i for i, rank in enumerate(RANKS) for folder in rank}
# A function of the same name is another one on the other side.
PROGRAM = 'cli'

COMMENTS = re.compile(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'',
                      re.DOTALL)
INCLUDES = re.compile(r'^#include "([^"]+)\.h"', re.MULTILINE)
# A definition starts in the first column and ends in a brace of its own.
DEFINITIONS = re.compile(
    r'^(?!static\b|typedef\b|return\b)[A-Za-z_][\w \t\n*]*?\b(\w+)\([^;{}#]*\)'
    r'\s*\n\{', re.MULTILINE)
STATICS = re.compile(r'^static\b[^;={}#]*?\b(\w+)\([^;{}#]*\)\s*\n\{',
                     re.MULTILINE)
CALLS = re.compile(r'\b(\w+)\s*\(')


def read_modules(root):
    """{module: its .c file without comments and strings, all its text}."""
    modules = {}
    for folder, _, names in os.walk(root):
        for name in names:
            stem, ending = os.path.splitext(name)
            if ending not in ('.c', '.h'):
                continue
            path = os.path.join(folder, name)
            with open(path, encoding='utf-8') as file:
                text = file.read()
            module = os.path.relpath(os.path.join(folder, stem), root)
            code = COMMENTS.sub(lambda m: '""' if m[0][0] == '"' else ' ', text)
            old = modules.get(module, ('', ''))
            # A call in a .h file would be a prototype.
            modules[module] = (old[0] + (code if ending == '.c' else ''),
                               old[1] + text)
    return modules


def side(module):
    return module.split('/')[0] == PROGRAM


def find_definitions(modules):
    """{(side, function): module} of what exactly one module defines."""
    found = {}
    for module, (code, _) in modules.items():
        for name in DEFINITIONS.findall(code):
            found.setdefault((side(module), name), set()).add(module)
    return {key: min(value) for key, value in found.items()
            if len(value) == 1}


def find_arrows(modules):
    definitions = find_definitions(modules)
    arrows = {module: set() for module in modules}
    for module, (code, text) in modules.items():
        folder = module.split('/')[0]
        for name in INCLUDES.findall(text):
            for target in (name, f'{folder}/{name}'):
                if target in modules:
                    arrows[module].add(target)
        own = set(STATICS.findall(code)) | set(DEFINITIONS.findall(code))
        for name in set(CALLS.findall(code)) - own:
            for where in (side(module), False):
                if (where, name) in definitions:
                    arrows[module].add(definitions[where, name])
                    break
        arrows[module].discard(module)
    return arrows


def find_cycles(arrows):
    """Strongly connected components of more than one module (Tarjan)."""
    index, low, stack, cycles = {}, {}, [], []

    def visit(module):
        index[module] = low[module] = len(index)
        stack.append(module)
        for target in sorted(arrows[module]):
            if target not in index:
                visit(target)
            if target in stack:
                low[module] = min(low[module], low[target])
        if low[module] == index[module]:
            at = stack.index(module)
            if len(stack) - at > 1:
                cycles.append(sorted(stack[at:]))
            del stack[at:]

    for module in sorted(arrows):
        if module not in index:
            visit(module)
    return cycles


def is_wrong(source, target):
    a, b = source.split('/')[0], target.split('/')[0]
    return a != b and RANK[a] <= RANK[b]


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else 'src'
    arrows = find_arrows(read_modules(root))
    lines = [f'{source} uses {target}' for source in sorted(arrows)
             for target in sorted(arrows[source]) if is_wrong(source, target)]
    lines += ['a cycle: ' + ', '.join(cycle) for cycle in find_cycles(arrows)]
    if not lines and sum(map(len, arrows.values())) < len(arrows):
        lines.append(f'{root}: too few arrows to be all')
    print('\n'.join(lines), end='\n' if lines else '')
    return 1 if lines else 0


if __name__ == '__main__':
    sys.exit(main())
