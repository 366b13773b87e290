#!/usr/bin/env python3
# test_cli_help.py - the help of each command against what it takes
# SPDX-License-Identifier: MIT
"""test_cli_help.py CLRELU SOURCE...

The sources are those that name the options.
"""
import os
import re
import struct
import sys
import tempfile

from taplines import done, ok, operations, run

program, *sources = sys.argv[1:]


def options(text):
    """Long names, and what stands for their values, "" for none."""
    return dict(re.findall(r'^  (?:-\w, )?--([\w-]+)(?: (\S+))?', text,
                           re.MULTILINE))


def test_layout(name, text):
    blocks = text.split('\n\n')
    heads = [b.split('\n')[0] for b in blocks]
    ok(text.startswith('usage: clrelu') and len(blocks) > 3
       and heads[-2:] == ['options:', 'examples:']
       and f'clrelu {name}' in blocks[0] and f'clrelu {name}' in blocks[-1],
       f'{name or "clrelu"} --help: usage, text, options, examples', heads)
    ok(all(len(line) < 80 and line == line.rstrip()
           for line in text.split('\n')) and text.endswith('\n'),
       f'{name or "clrelu"} --help: fits a terminal')
    ok(run(program, *name.split(), '-h').stdout == text,
       f'{name or "clrelu"} -h: the same')


def test_examples(helps):
    for name, text in helps.items():
        lines = text.split('examples:\n')[1].replace('\\\n', ' ').split('\n')
        for line in lines:
            words = re.search(r'\bclrelu (\w+)(.*)', line)
            unknown = [o for o in re.findall(r' --([\w-]+)', words[2])
                       if o not in options(helps[words[1]])] if words else []
            if words:
                ok(not unknown, f'example: {line.strip()}', unknown)


# What makes a line whole, and fail all the same.
LINES = {
    'forward': 'prelu -i none.npy -o none/y.npy',
    'backward': 'prelu -i none.npy -g none.npy -o none/y.npy',
    'plot': 'prelu -o none/y.png',
    'devices': '--device nobody',
    'explain': 'prelu --shape 3 --device nobody',
    'source': 'prelu --prefix 0',
    'compile': '-o none/y --device nobody',
    'pack': 'none -o none/y',
    'cache': 'warm --device nobody',
    'tune': '--device nobody',
}


def takes(name, option, value):
    line = LINES[name].replace('prelu', {'theta': 'thresholded_relu'}.get(
        option, 'prelu'))
    result = run(program, name, *line.split(), f'--{option}',
                 *([] if value is None else ['nobody']))
    errors = ('is not an option', 'does not belong to')
    return result.returncode and not any(e in result.stderr for e in errors)


def test_operations(helps):
    ops = operations(program)
    ok(len(ops) > 3, 'an error tells the operations', ops)
    for name, text in helps.items():
        listed = re.findall(r'^OP is (?!one of)(.*)\.$', text, re.MULTILINE)
        lists = [said.replace(' or ', ', ').split(', ') for said in listed]
        lists += [re.findall(r'^  (\w+)', block, re.MULTILINE)
                  for block in text.split('\n\n')
                  if block.startswith('OP is one of')]
        lists += [re.split(r',\s+', said) for said in re.findall(
            r'^  --op OP,\.\.\. +((?:.*\n *)*?.*);\s+all$', text, re.MULTILINE)]
        needs = not name or re.search(r'^usage: .* OP |^  --op ', text,
                                      re.MULTILINE)
        ok(lists == [ops] if needs else not lists,
           f'{name or "clrelu"} --help: the operations', lists)


def forward(op, *more):
    """The bytes of y, "" if the line is refused."""
    with tempfile.TemporaryDirectory() as folder:
        x, y = (os.path.join(folder, name) for name in ('x.npy', 'y.npy'))
        head = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 5)}\n"
        with open(x, 'wb') as file:
            file.write(b'\x93NUMPY\1\0' + struct.pack('<H', len(head)) + head
                       + struct.pack('<5f', -2, -0.25, 0.75, 1.25, 3))
        run(program, 'forward', op, '-i', x, '-o', y, *more)
        if not os.path.exists(y):
            return b''
        with open(y, 'rb') as file:
            return file.read()


def test_defaults(text):
    text = re.sub(r'\n {23}', ' ', text)
    for option in ('alpha', 'theta'):
        whose, first, more = re.search(
            rf'^  --{option} V +of ([^;]+); ([^,\n]+)(.*)', text,
            re.MULTILINE).groups()
        mine = {op: first for op in operations(program)
                if (op in whose.split()) != whose.startswith('all but')}
        mine.update(re.findall(r', (\w+): ([\d.]+)', more))
        for op in operations(program):
            given = forward(op, f'--{option}', mine.get(op, '1'))
            ok(given == (forward(op) if op in mine else b''),
               f"--{option} of {op}: {mine.get(op, 'none')}", given)


def test_options(helps):
    every = {option: value or None for text in helps.values()
             for option, value in options(text).items()}
    for source in sources:
        with open(source, encoding='ascii') as file:
            named = set(re.findall(r'\{"([a-z-]+)", ', file.read()))
        ok(named and named <= set(every), f'{source.rsplit("/", 1)[1]}: all '
           'options are in a help', named - set(every))
    every.pop('help')
    for name, text in helps.items():
        known = {o for o in every if takes(name, o, every[o])}
        said = set(options(text)) - {'help'}
        ok(known == said, f'{name}: takes the options that its help has',
           known ^ said)


main = run(program, '--help').stdout
names = re.findall(r'^  (\w+) ', main.split('commands:')[1].split('\n\n')[0],
                   re.MULTILINE)
texts = {name: run(program, name, '--help').stdout for name in names}
test_layout('', main)
for each in names:
    test_layout(each, texts[each])
test_examples(texts)
test_operations({'': main, **texts})
test_defaults(texts['forward'])
test_options(texts)
done()
