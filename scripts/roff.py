# roff.py - text as a manual page has it
# SPDX-License-Identifier: MIT
SPECIAL = {'\\': '\\e', '-': '\\-', "'": '\\(aq', '`': '\\(ga', '^': '\\(ha',
           '~': '\\(ti'}


def escape(text):
    """A line or several: nothing in it is a request."""
    text = ''.join(SPECIAL.get(c, c) for c in text)
    return '\n'.join('\\&' + line if line.startswith('.') else line
                     for line in text.split('\n'))


def verbatim(lines):
    """Lines as they are."""
    return ['.RS 4', '.nf', *map(escape, lines), '.fi', '.RE']


def paragraph(lines):
    """Lines that begin with two spaces, and those around them."""
    out, kept = [], []
    for line in lines:
        if line.startswith('  '):
            kept.append(line[2:])
            continue
        if kept:
            out += verbatim(kept)
            kept = []
        out.append(escape(line))
    return out + (verbatim(kept) if kept else [])
