#!/usr/bin/env python3
# names.py - how many names a reader of a kernel file must know
# SPDX-License-Identifier: MIT
"""names.py [--table]

Counts, for each file of cl/, the functions, macros and types that it takes from
the files it needs, and those together with its own and the host's.  Prints the
files with more than the limits.
"""
import fnmatch
import glob
import os
import re
import sys

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'cl')
MAX_TAKEN = {'elementwise*.cl': 15}  # from other files
MAX_KNOWN = 80                       # in all

OPS = ['leaky_relu', 'elu', 'thresholded_relu']
DEFINITIONS = [
    r'^#\s*define (\w+)',
    r'^typedef [^;]*?(\w+)(?: __attribute__[^;]*| OF_32)?;',
    r'^struct (\w+) \{',
    r'^__constant \w+ (\w+)\[',
    r'^(?!#)\w[\w \n*]*?\b(\w+)\((?:[^;{}()]|\([^()]*\))*\)\s*\{',
]


class KernelFile:
    """The header of a file, and the names in its text."""

    def __init__(self, name, text):
        self.name = name
        header = text[:text.index('*/')]
        self.needs = self.list_of(header, 'needs').split()
        self.users = self.list_of(header, 'used by').split(';')
        self.host = set(re.findall(r'^ \*   (\w+)  ', header, re.MULTILINE))
        code = re.sub(r'/\*.*?\*/', ' ', text, flags=re.DOTALL)
        self.words = set(re.findall(r'[A-Za-z_]\w*', code))
        self.words |= {op + suffix for op in OPS for suffix in
                       re.findall(r'CAT\((?:FUNCTION|OP), (_\w+)\)', code)}
        self.defines = {found for pattern in DEFINITIONS
                        for found in re.findall(pattern, code, re.MULTILINE)}
        self.defines -= set(re.findall(r'^#undef (\w+)', code, re.MULTILINE))

    @staticmethod
    def list_of(header, field):
        found = re.search(rf'^ \* {field}: (.*(?:\n \*     .*)*)', header,
                          re.MULTILINE)
        if not found:
            sys.exit(f'no "{field}:" in {header.splitlines()[0]}')
        return found[1].replace('\n *', '')

    def is_needed(self, name):
        return any(fnmatch.fnmatch(name, pattern) for pattern in self.needs)

    def takes(self, others):
        """The names that it uses and others define."""
        defined = set().union(*(other.defines for other in others))
        return (self.words & defined) - self.defines


def read_all():
    files = []
    for path in sorted(glob.glob(os.path.join(FOLDER, '*.cl'))):
        with open(path, encoding='utf-8') as file:
            files.append(KernelFile(os.path.basename(path), file.read()))
    return files


def main():
    files = read_all()
    host = set().union(*(f.host for f in files))
    for f in files:
        taken = f.takes([o for o in files if f.is_needed(o.name)])
        known = taken | f.defines | (f.words & host)
        limit = min([n for pattern, n in MAX_TAKEN.items()
                     if fnmatch.fnmatch(f.name, pattern)] or [MAX_KNOWN])
        if '--table' in sys.argv:
            print(f'{f.name:28} {len(taken):3} {len(known):3}')
        elif len(taken) > limit:
            print(f'cl/{f.name}: {len(taken)} names of other files, at most '
                  f'{limit}')
        elif len(known) > MAX_KNOWN:
            print(f'cl/{f.name}: {len(known)} names, at most {MAX_KNOWN}')


if __name__ == '__main__':
    main()
