#!/usr/bin/env python3
# coverage.py - the sweep covers all of the API and all subcommands
# SPDX-License-Identifier: MIT
"""coverage.py HEADER CLRELU TEST_SWEEP TEST_SWEEP_CLI

Each function of the headers in the folder that HEADER is named after is named
by a scenario of test_sweep, and each subcommand that 'clrelu --help' shows
begins a line of test_sweep_cli.
"""
import pathlib
import re
import sys

from taplines import done, ok, run

header, clrelu, sweep, sweep_cli = sys.argv[1:]

# Leaves no trace that a scenario of its own would see: all look at it.
WITHOUT = {'clrelu_error'}


def same(text, there, covered):
    ok(there and there == covered, f'{len(there)} {text}',
       f'not in the sweep: {sorted(there - covered)}',
       f'only in the sweep: {sorted(covered - there)}')


headers = ''.join(part.read_text(encoding='utf-8') for part in
                  pathlib.Path(header).with_suffix('').glob('*.h'))
declared = set(re.findall(r'CLRELU_API[^;(]*?\b(clrelu_\w+)\(', headers))
named = set(re.findall(r'\bclrelu_\w+', run(sweep, '--list').stdout))
commands = run(clrelu, '--help').stdout.partition('commands:\n')[2]
subcommands = set(re.findall(r'^  (\w+)', commands.partition('\n\n')[0],
                             re.MULTILINE))
lines = {line.split()[0] for line in run(sweep_cli, '--list').stdout.splitlines()}

same('functions of the headers are in the sweep', declared,
     named - {'clrelu_enqueue'} | WITHOUT)
same("subcommands are in the command line's", subcommands, lines)
done()
