#!/usr/bin/env python3
# test_manuals.py - the manual pages are there, and without a warning
# SPDX-License-Identifier: MIT
"""test_manuals.py LIBRARY PAGE...

LIBRARY is what exports the functions that must have a page.
"""
import os
import re
import shutil
import sys

from taplines import done, ok, run, skip

library, *pages = sys.argv[1:]
texts = {}
for page in pages:
    with open(page, encoding='ascii') as file:
        texts[os.path.basename(page)] = file.read()
whole = [p for p in pages if not texts[os.path.basename(p)].startswith('.so ')]


def test_names():
    if shutil.which('nm'):
        exported = re.findall(r' T (clrelu_\w+)',
                              run('nm', '-D', '--defined-only', library).stdout)
        missing = [n for n in exported if f'{n}.3' not in texts]
        ok(len(exported) > 20 and not missing,
           f'each of {len(exported)} exported functions has a page', missing)
    else:
        skip('a page for each function', 'no nm')
    links = {n: re.match(r'\.so man3/(.*)\n$', t)[1] for n, t in texts.items()
             if t.startswith('.so ')}
    ok(links and all(target in texts and n[:-2] in texts[target].split(
        '.SH SYNOPSIS')[0] for n, target in links.items()),
       'links lead to pages that name them', links)
    referred = {f'{m[0]}.{m[1]}' for t in texts.values()
                for m in re.findall(r'\.BR (\w+) \((\d)\)', t)}
    ok(referred and referred <= set(texts), 'what pages refer to is there',
       referred - set(texts))


def test_contents():
    forward = texts['clrelu_forward.3']
    ok(all(f'.SH {head}' in forward for head in (
        'NAME', 'SYNOPSIS', 'DESCRIPTION', 'RETURN VALUE', 'ERRORS'))
       and 'CLRELU_INVALID_SCALAR' in forward, 'clrelu_forward(3): sections')
    command = texts['clrelu.1']
    ok(all(f'.SS clrelu {name}\n' in command for name in (
        'forward', 'backward', 'plot', 'devices', 'explain', 'source', 'compile',
        'pack', 'cache', 'tune')) and '--' not in re.sub(r'^\.\\".*$', '', command,
                                                 flags=re.MULTILINE),
       'clrelu(1): all commands, no hyphen for a minus sign')


def test_tools():
    tools = [('man', ['man', '--warnings', '-E', 'UTF-8', '-l', '-Tutf8']),
             ('groff', ['groff', '-ww', '-man', '-Tutf8']),
             ('mandoc', ['mandoc', '-T', 'lint', '-W', 'warning'])]
    for name, words in tools:
        if not shutil.which(name):
            skip(f'{name} warns of nothing', f'no {name}')
            continue
        result = run(*words, *whole, env={'MANWIDTH': '100'})
        # They have no date, as they are built at any.
        said = [line for line in (result.stderr if name != 'mandoc'
                                  else result.stdout).splitlines()
                if 'missing date' not in line]
        ok(not said, f'{name} warns of nothing', *said[:10])


test_names()
test_contents()
test_tools()
done()
