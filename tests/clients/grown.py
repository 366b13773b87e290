#!/usr/bin/env python3
# grown.py - every struct of the interface grows, and nobody has to recompile
# SPDX-License-Identifier: MIT
"""grown.py SOURCE CL_SOURCES SHARED COMPILER...

SOURCE is the folder of the sources, CL_SOURCES cl_sources.h in the build
folder, and SHARED today's library.  A copy of the sources becomes a later
version, in which each struct has given a reserved field a name, and
clrelu_elementwise a meaning.
"""
import os
import pathlib
import re
import shutil
import sys
import tempfile

from taplines import done, ok, run

# What the texts call a struct that is an argument.
ARGUMENTS = {'clrelu_buffer': '(x|values)', 'clrelu_context_params': 'params',
             'clrelu_chain': 'call', 'clrelu_second': 'second',
             'clrelu_dense': 'call', 'clrelu_elementwise': 'call',
             'clrelu_exec': 'exec', 'clrelu_parameter': 'parameter',
             'clrelu_prelu': 'call', 'clrelu_prelu_layer_params': 'params',
             'clrelu_shape': 'shape', 'clrelu_strides': 'strides'}
RESULTS = {'clrelu_device', 'clrelu_explanation', 'clrelu_float_check',
           'clrelu_kernel_check', 'clrelu_tuned'}
FLAGS = ('-std=c11', '-O0', '-D_POSIX_C_SOURCE=200809L',
         '-DCL_TARGET_OPENCL_VERSION=120')

source, cl_sources, shared, *compiler = sys.argv[1:]
client = os.path.join(source, 'tests/clients/grown_client.c')


def compile(*arguments):
    made = run(*compiler, *FLAGS, *map(str, arguments))
    if made.returncode:
        sys.exit(f'Bail out! {made.stderr}')


def change(path, pattern, replacement):
    """In place; returns the number of changes."""
    text, count = re.subn(pattern, replacement, path.read_text())
    path.write_text(text)
    return count


def shrink(match):
    rest = int(match[1]) - 1
    return 'uint64_t future;' + (f' uint64_t reserved[{rest}];' if rest else '')


def grow(root):
    """Returns the structs' names and how many have grown."""
    structs, grown = set(), 0
    for header in sorted((root / 'include/clrelu').glob('*.h')):
        structs |= set(re.findall(r'^typedef struct (clrelu_\w+) \{',
                                  header.read_text(), re.MULTILINE))
        grown += change(header, r'uint64_t reserved\[(\d+)\];', shrink)
        grown += change(header, r'void \*reserved;', 'const size_t *strides;')
    changes = [
        change(root / 'include/clrelu/base.h', r'(VERSION_MINOR) \d+',
               r'\1 99'),
        change(root / 'src/core/check.c',
               r'CLRELU_CHECK_RESERVED\(name, buffer\.reserved\)', 'CLRELU_OK'),
        change(root / 'src/ops/elementwise.c',
               r'if \(!status\)\s+status = clrelu_check_n\(e->n\);',
               r'if (!status && e->future)'
               r' return clrelu_fail(CLRELU_INVALID_SIZE, "future acts");'
               r'\g<0>')]
    if changes != [1, 1, 1]:
        sys.exit(f'Bail out! the sources have other texts: {changes}')
    return structs, grown


def version_of(root):
    text = pathlib.Path(root, 'include/clrelu/base.h').read_text()
    major, minor, patch = map(int, re.findall(
        r'^#define CLRELU_VERSION_\w+ (\d+)', text, re.MULTILINE))
    return f'version {major * 10000 + minor * 100 + patch}'


def build_library(root, folder):
    sources = [path for path in sorted((root / 'src').rglob('*.c'))
               if path.parent.name != 'cli' and path.name not in (
                   'gemm_clblast.c', 'os_windows.c')]
    name = re.match(r'.*\.so\.\d+', os.path.basename(shared))[0]
    folder.mkdir()
    compile('-shared', '-fPIC', '-fvisibility=hidden', '-I', root / 'include',
            '-I', root / 'src', '-I', os.path.dirname(cl_sources), *sources,
            '-o', folder / name, f'-Wl,-soname,{name}', '-lOpenCL', '-lxxhash',
            '-lm', '-pthread')


def build_client(include, program, *flags):
    names = ' '.join(f'X({name})' for name in sorted(structs))
    compile('-I', include, f'-DSTRUCTS={names}', *flags, client, shared,
            '-lOpenCL', '-o', program)
    return program


def call(program, library, *words):
    """Its lines; the version of the library is none of them."""
    ran = run(program, *words,
              env={'LD_LIBRARY_PATH': str(library), 'CLRELU_CACHE': '0',
                   'POCL_DEVICES': os.environ.get('POCL_DEVICES',
                                                  'pthread pthread')})
    lines = ran.stdout.splitlines()
    version = [line for line in lines if line.startswith('version ')]
    lines = [line for line in lines if line not in version]
    ok(ran.returncode == 0 and
       version == [version_of(scratch if library == later else source)],
       f'{" ".join((program.name, *words))} runs with the '
       f'{library.name} library', ran.returncode, version, ran.stderr)
    return lines


def failures(lines):
    """(status, text) of the calls that failed."""
    found = (re.match(r'\w+: CLRELU_(\w+) (.*)', line) for line in lines)
    return [match.groups() for match in found if match and match[1] != 'OK']


def refuses(name):
    """Today's library does not ignore what it does not know."""
    failed = failures(call(grown_client, today, name))
    word = re.compile(ARGUMENTS[name] + r': a reserved field is not 0')
    ok(failed and all(status == 'INVALID_RESERVED' and word.match(text)
                      for status, text in failed),
       f"today's library refuses the future of {name}", failed)


def acts(name):
    failed = failures(call(grown_client, later, name))
    expected = [('INVALID_SIZE', 'future acts')] * 2
    ok(failed == (expected if name == 'clrelu_elementwise' else []),
       f'the later library knows the future of {name}', failed)


with tempfile.TemporaryDirectory() as scratch:
    scratch = pathlib.Path(scratch)
    today, later = pathlib.Path(shared).parent, scratch / 'later'
    for name in ('include', 'src', 'cl'):
        shutil.copytree(os.path.join(source, name), scratch / name)
    structs, grown = grow(scratch)
    ok(structs == set(ARGUMENTS) | RESULTS, 'this test knows all structs',
       sorted(structs))
    ok(grown == len(structs), f'all {len(structs)} structs grow', grown)
    build_library(scratch, later)
    old_client = build_client(os.path.join(source, 'include'),
                              scratch / 'old_client')
    grown_client = build_client(scratch / 'include', scratch / 'grown_client',
                                '-DGROWN')

    lines = call(old_client, today)
    ok(len(lines) > 30 and not failures(lines), 'all calls succeed', *lines)
    for program, library in ((old_client, later), (grown_client, today),
                             (grown_client, later)):
        ok(call(program, library) == lines,
           'sizes, strides and results are the same')
    for name in sorted(ARGUMENTS):
        refuses(name)
        acts(name)
done()
