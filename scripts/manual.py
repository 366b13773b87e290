# manual.py - clrelu.1, from the help of the commands
# SPDX-License-Identifier: MIT
"""manual.py TEMPLATE OUTPUT VERSION COMMAND.txt...

clrelu.txt comes first.
"""
import re
import sys
import textwrap

from helptext import Help
from roff import escape, paragraph, verbatim


def usage(help_):
    return ['.nf', *(f'.B {escape(line)}' for line in help_.usage), '.fi']


def option(o):
    tag = f'\\fB\\-{o.short}\\fP, ' if o.short else ''
    tag += f'\\fB{escape("--" + o.name)}\\fP'
    if o.value:
        tag += f' \\fI{escape(o.value)}\\fP'
    text = 'shows this text' if o.name == 'help' else o.text
    return ['.TP', tag, *map(escape, textwrap.wrap(text, 72))]


def command(help_, seen):
    """seen: paragraphs of the commands before, by the first that has them."""
    lines = [f'.SS clrelu {help_.name}'] + usage(help_)
    other = None
    for block in help_.text:
        text = '\n'.join(block)
        if text in seen and len(block) > 3:
            other = seen[text]
            continue
        seen[text] = help_.name
        lines += ['.PP'] + paragraph(block)
    if other:
        lines += ['.PP', 'Operations and files are those of',
                  f'.BR "clrelu {other}" .']
    for o in help_.options:
        lines += option(o)
    examples = [line[2:] for line in help_.examples]
    return lines + ['.PP', 'Examples:', *verbatim(examples)]


def synopsis(helps):
    lines = ['.nf']
    for h in helps:
        lines += [f'.B {escape(line)}' for line in h.usage]
    return lines + ['.B clrelu \\-\\-version', '.fi']


def main():
    template, output, version, *paths = sys.argv[1:]
    helps = [Help(path) for path in paths][1:]
    seen = {}
    parts = {'VERSION': version, 'SYNOPSIS': '\n'.join(synopsis(helps)),
             'COMMANDS': '\n'.join(l for h in helps for l in command(h, seen))}
    with open(template, encoding='ascii') as source:
        text = re.sub(r'@(\w+)@', lambda m: parts[m[1]], source.read())
    with open(output, 'w', encoding='ascii') as out:
        out.write(text)


if __name__ == '__main__':
    main()
