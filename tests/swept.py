#!/usr/bin/env python3
# swept.py - is everything there is in the sweep?
# SPDX-License-Identifier: MIT
"""swept.py HEADER CLRELU TEST_SWEEP TEST_SWEEP_CLI

Each function of the header is named by a scenario of test_sweep, and each
subcommand that 'clrelu --help' shows begins a line of test_sweep_cli.
"""
import re
import subprocess
import sys

header, clrelu, sweep, sweep_cli = sys.argv[1:]

# Leaves no trace that a scenario of its own would see: all look at it.
WITHOUT = {'clrelu_error'}


def output(*words):
    return subprocess.run(words, check=True, capture_output=True,
                          text=True).stdout


def same(number, text, there, swept):
    missing, unknown = sorted(there - swept), sorted(swept - there)
    good = there and not missing and not unknown
    for name in missing:
        print(f'# {name} is not in the sweep')
    for name in unknown:
        print(f'# {name} is in the sweep, but is not there')
    print(f"{'' if good else 'not '}ok {number} - {len(there)} {text}")
    return good


with open(header, encoding='utf-8') as file:
    declared = set(re.findall(r'CLRELU_API[^;(]*?\b(clrelu_\w+)\(',
                              file.read()))
named = set(re.findall(r'\bclrelu_\w+', output(sweep, '--list')))
commands = output(clrelu, '--help').partition('commands:\n')[2]
subcommands = set(re.findall(r'^  (\w+)', commands.partition('\n\n')[0],
                             re.MULTILINE))
lines = {line.split()[0] for line in output(sweep_cli, '--list').splitlines()}

good = same(1, 'functions of the header are in the sweep', declared,
            named - {'clrelu_enqueue'} | WITHOUT)
good = same(2, "subcommands are in the command line's", subcommands,
            lines) and good
print('1..2')
sys.exit(not good)
