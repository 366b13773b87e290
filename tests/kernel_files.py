#!/usr/bin/env python3
# kernel_files.py - what kernel files need, and the programs that use them
# SPDX-License-Identifier: MIT
"""kernel_files.py TEST_PORTABILITY

TEST_PORTABILITY writes all programs that the library builds.  One TAP line for
each kernel file:
    needs     are the files before it in a program whose names it uses, in at
              least one program; no name that it uses comes later
    used by   are exactly the programs that it is in
"""
import os
import re
import subprocess
import sys
import tempfile

import names

DTYPES = ['float32', 'float16', 'bfloat16', 'float64']


class Program:
    """What it is, in words, and its files in order."""

    def __init__(self, text):
        options = dict(re.findall(r'-D(\w+)=(\w+)', text.split('\n', 1)[0]))
        self.files = re.findall(r'^#line 1 "([\w.]+)"', text, re.MULTILINE)
        self.words = {'CPUs' if options.get('GROUP') == '1' else 'GPUs',
                      DTYPES[int(options.get('DTYPE', 1)) - 1],
                      options.get('OP', options.get('CHAIN_OP', '')),
                      *self.kind(options, text),
                      *['strided'] * ('STRIDED' in options)}
        self.name = ' '.join(sorted(self.words))

    @staticmethod
    def kind(options, text):
        if 'DOUBLE' in options:
            sums = '1' in (options[sum] for sum in ('DALPHA', 'DBIAS', 'DSCALE'))
            return 'chain', 'double', 'sums' if sums else 'dx'
        if 'CHAIN_OP' in options:
            if '1' in (options[sum] for sum in ('DALPHA', 'DBIAS', 'DSCALE')):
                return 'chain', 'sums'
            if options['BACKWARD'] == '1':
                return 'chain', 'dx'
            pair = options['RESIDUAL'] == '1' or options['SECOND'] != '0'
            return 'chain', 'pair' if pair else 'forward'
        if 'MASK_OP' in options:
            return ['mask'] + ['alphas'] * (options['ALPHA_DTYPE'] != '0')
        output = ['output'] * ('FROM_OUTPUT' in options)
        if 'ALPHA_DTYPE' in options:
            if options['DALPHA'] == '1':
                return 'prelu', 'sums', *output
            return ('prelu', 'dx' if options['DX'] == '1' else 'forward',
                    *output)
        if 'OP' in options:
            return ['elementwise', *output]
        for kernel, kind in (('initialize', 'initializer'),
                             ('sgd_step', 'parameter'),
                             ('sum_partials', 'partials'),
                             ('arithmetic', 'float_check')):
            if re.search(rf'void {kernel}\(', text):
                return [kind]
        return []

    def split_at(self, name):
        place = self.files.index(name)
        return self.files[:place], self.files[place + 1:]

    def is_one_of(self, users):
        """Of 'KIND [on DEVICE] [with A or B]... [but KIND]'."""
        kind, *more = re.split(' (on|with|but) ', ' '.join(users.split()))
        if kind != 'all' and not self.words >= set(kind.split()):
            return False
        return all((word == 'but') != bool(self.words & set(text.split(' or ')))
                   for word, text in zip(more[::2], more[1::2]))


def programs(writer):
    found = []
    for device in ('cpu16', 'gpu'):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([writer, device, folder], check=True,
                           stdout=subprocess.DEVNULL)
            for name in sorted(os.listdir(folder)):
                path = os.path.join(folder, name)
                with open(path, encoding='utf-8') as file:
                    found.append(Program(file.read()))
    return found


def check_needs(file, all_programs, files):
    """Complaints."""
    used = set()
    for program in all_programs:
        if file.name not in program.files:
            continue
        before, after = [[files[n] for n in part] for part in
                         program.split_at(file.name)]
        for name in file.takes(before + after):
            homes = [f.name for f in before if name in f.defines]
            used.update(homes)
            if not homes:
                yield f'{name} comes later in {program.name}'
            elif not any(map(file.is_needed, homes)):
                yield f'{name} of {" ".join(homes)} in {program.name}'
    for pattern in file.needs:
        if pattern != 'nothing' and not names.fnmatch.filter(used, pattern):
            yield f'{pattern} is not needed'


def check_users(file, all_programs):
    """Complaints."""
    for program in all_programs:
        is_in = file.name in program.files
        if is_in != any(program.is_one_of(users) for users in file.users):
            yield f'{"is" if is_in else "is not"} in {program.name}'
    for users in file.users:
        if not any(program.is_one_of(users) for program in all_programs):
            yield f'no program is "{users.strip()}"'


def main():
    files = {file.name: file for file in names.read_all()}
    all_programs = programs(sys.argv[1])
    for i, file in enumerate(files.values()):
        complaints = [*check_needs(file, all_programs, files),
                      *check_users(file, all_programs)]
        for text in complaints[:9]:
            print('#', text)
        print(f'{"not " if complaints else ""}ok {i + 1} - {file.name}: its '
              'needs and users')
    print(f'1..{len(files)}')


if __name__ == '__main__':
    main()
