#!/usr/bin/env python3
# count.py - what a run of `meson test` says, subtest by subtest
# SPDX-License-Identifier: MIT
"""count.py TESTLOG.json

Prints what failed, and "passed failed skipped" as the last line.  A program
that prints TAP counts once per subtest; one that dies, or prints fewer than it
planned, is one failure more; any other counts once.
"""
import json
import re
import sys

MOST_LINES = 60
SUBTEST = re.compile(r'(not )?ok\b(.*)')
SKIP = re.compile(r'(?<!\\)#\s*SKIP', re.IGNORECASE)


def count(test):
    """Numbers passed, failed and skipped, and the lines to show."""
    output = test.get('stdout', '').splitlines()
    matches = [m for m in map(SUBTEST.match, output) if m]
    skipped = sum(1 for m in matches if not m[1] and SKIP.search(m[2]))
    failed = sum(1 for m in matches if m[1])
    passed = len(matches) - failed - skipped
    good = test['result'] in ('OK', 'EXPECTEDFAIL', 'SKIP')

    if test['result'] == 'SKIP':
        skipped = max(skipped, 1)
    elif good and not matches:
        passed = 1
    elif not good and not failed:
        failed = 1
    return passed, failed, skipped


def show(test):
    output = test.get('stdout', '') + test.get('stderr', '')
    lines = [l for l in output.splitlines() if not l.startswith('ok ')]

    print(f"{test['name']}: {test['result']}, status {test['returncode']}")
    for line in lines[:MOST_LINES]:
        print('    ' + line)
    if len(lines) > MOST_LINES:
        print(f'    and {len(lines) - MOST_LINES} lines more in testlog.txt')


def main():
    total = [0, 0, 0]
    with open(sys.argv[1], encoding='utf-8') as log:
        for line in log:
            test = json.loads(line)
            numbers = count(test)
            total = [a + b for a, b in zip(total, numbers)]
            if numbers[1]:
                show(test)
    print(*total)


if __name__ == '__main__':
    main()
