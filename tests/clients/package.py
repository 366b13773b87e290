#!/usr/bin/env python3
# package.py - what the libraries export, and one version everywhere
# SPDX-License-Identifier: MIT
"""package.py SOURCE VERSION SHARED STATIC

SOURCE is the folder of the sources, VERSION what meson.build says.
"""
import os
import re
import subprocess
import sys

from taplines import done, ok

source, version, shared, static = sys.argv[1:]


def same(left, right, text):
    ok(left == right, text, f'only the first: {sorted(left - right)}',
       f'only the second: {sorted(right - left)}')


def read(*path):
    with open(os.path.join(source, *path), encoding='utf-8') as file:
        return file.read()


def first(pattern, text):
    match = re.search(pattern, text, re.MULTILINE)
    return match[1] if match else None


def symbols(*command):
    """The names in nm's three columns; what a sanitizer adds is not ours."""
    lines = subprocess.run(['nm', '--defined-only', *command], check=True,
                           stdout=subprocess.PIPE, text=True).stdout
    names = {l.split()[2] for l in lines.splitlines() if len(l.split()) == 3}
    return {n for n in names if not re.match(r'__(asan|odr_asan|ubsan|tsan)', n)}


headers = sorted(os.listdir(os.path.join(source, 'include', 'clrelu')))
header = read('include', 'clrelu.h') + ''.join(
    read('include', 'clrelu', name) for name in headers)
code = re.sub(r'/\*.*?\*/|^#.*?[^\\]$', '', header, flags=re.DOTALL | re.MULTILINE)
code = re.sub(r'^static inline .*?^}', '', code,
              flags=re.DOTALL | re.MULTILINE)
declared = set(re.findall(r'\b(clrelu_\w+)\s*\(', code))
marked = set(re.findall(r'CLRELU_API[^;(]*?\b(\w+)\s*\(', code))
exported = symbols('-D', shared)
packaged = set(re.findall(r'^ (\w+)@', read('debian', 'libclrelu1.symbols'),
                          re.MULTILINE))

umbrella = re.findall(r'^#include "clrelu/(\w+\.h)"', header, re.MULTILINE)
ok(sorted(umbrella) == headers, 'clrelu.h includes all others', umbrella)
ok(len(declared) > 40, f'the headers declare {len(declared)} functions')
same(declared, marked, 'each of them is marked CLRELU_API')
same(exported, declared, 'the shared library exports these and no others')
same(packaged, declared, 'debian/libclrelu1.symbols lists these and no others')
strange = {n for n in symbols('-g', static) if not n.startswith('clrelu_')}
ok(not strange, 'every name in the static library begins with clrelu_',
   sorted(strange))

parts = [first(rf'^#define CLRELU_VERSION_{part} (\d+)$', header)
         for part in ('MAJOR', 'MINOR', 'PATCH')]
ok(parts == version.split('.'), f"meson.build's version {version} is the "
   "header's", parts)
elf = subprocess.run(['readelf', '-d', shared], check=True,
                     stdout=subprocess.PIPE, text=True).stdout
ok(f'Library soname: [libclrelu.so.{parts[0]}]' in elf,
   'the soname has its first number', elf)
ok(os.path.basename(os.path.realpath(shared)) == f'libclrelu.so.{version}',
   "the library's file has it", os.path.realpath(shared))
for path, pattern in ((('debian', 'changelog'), r'\Aclrelu \(([\d.]+)-\w+\)'),
                      (('CHANGELOG.md',), r'^## ([\d.]+)')):
    found = first(pattern, read(*path))
    ok(found == version, f"{'/'.join(path)} begins with it", found)
done()
