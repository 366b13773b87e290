# reference.py - manual pages of the library, from the comments of its headers
# SPDX-License-Identifier: MIT
"""reference.py --names HEADER...
reference.py VERSION FOLDER HEADER...

A header is prose in between declarations.  What stands right under a comment is
one page, with a link for each further name; inline functions are on the page
before them.  clrelu.3 has the first comments of the first two headers,
clrelu.h and base.h, and what there is under each heading; the other headers
begin with a section of their own name.
"""
import os
import re
import sys
import textwrap

from roff import escape, paragraph, verbatim

HEADING = re.compile(r'/\* -+ (.*?) -- \*/')
FUNCTION = re.compile(r'CLRELU_API\b[^;]*?\b(clrelu_\w+)\(')
CALLBACK = re.compile(r'^typedef \w+ \(\*(clrelu_\w+)\)\(', re.MULTILINE)
INLINE = re.compile(r'static inline [^(]*?\b(clrelu_\w+)\(')
TYPE = re.compile(r'^(?:\} |typedef struct \w+ )(clrelu_\w+);', re.MULTILINE)
CONSTANT = re.compile(r'^#define (CLRELU_\w+) [\\\d]', re.MULTILINE)
LABEL = re.compile(r'(Thread-safety|Aliasing|Accuracy|Ordering|Errors): ')


class Page:
    def __init__(self, comment, code):
        self.comment, self.code = comment, code
        self.names = [m[1] for pattern in (TYPE, CALLBACK, FUNCTION, CONSTANT)
                      for m in pattern.finditer(code)]
        self.is_call = bool(FUNCTION.search(code))

    def join(self, code):
        """Adds an inline function, without its body."""
        declaration = re.sub(r'\n\{.*', ';', code, flags=re.DOTALL)
        self.code += '\n\n' + declaration
        self.names += INLINE.findall(declaration)


class Section:
    def __init__(self, title):
        self.title, self.prose, self.pages = title, [], []


def text_of(comment):
    """The lines of a comment without its stars."""
    lines = comment.strip()[2:-2].rstrip().split('\n')
    return [re.sub(r'^ ?\* ?', '', line) if i else line[1:]
            for i, line in enumerate(lines)]


def chunks(text):
    """Comments and declarations, in turn; an empty line ends both."""
    depth, chunk, in_comment = 0, [], False
    for line in text.split('\n'):
        outside = depth == 0 and not in_comment
        starts = outside and line.startswith('/*')
        if (starts or (outside and not line)) and chunk:
            yield '\n'.join(chunk)
            chunk = []
        if outside and not line:
            continue
        chunk.append(line)
        if not starts and not in_comment:
            depth += line.count('{') - line.count('}')
            continue
        in_comment = '*/' not in line
        if not in_comment:
            yield '\n'.join(chunk)
            chunk = []
    if chunk:
        yield '\n'.join(chunk)


def is_code(chunk):
    return not chunk.startswith('/*') and (
        any(pattern.search(chunk) for pattern in
            (FUNCTION, TYPE, CALLBACK, CONSTANT)))


def parse(path):
    """The first comment's lines, and the sections."""
    with open(path, encoding='ascii') as header:
        text = re.sub(r'#ifdef __cplusplus\n.*?#endif\n\n', '', header.read(),
                      flags=re.DOTALL)
    first, *pieces = re.split(r'\n\n+(?=/\* -)', text)
    comment = re.match(r'/\*.*?\*/', first, re.DOTALL)[0]
    intro = text_of(comment)
    start = next(i for i, line in enumerate(intro) if 'SPDX' in line) + 1
    own = Section(os.path.basename(path).partition('.')[0])
    own.prose += [intro[start:]] if any(intro[start:]) else []
    read_section(own, first[len(comment):])
    sections = [own]
    for piece in pieces:
        heading, _, body = piece.partition('\n')
        sections.append(Section(HEADING.match(heading)[1]))
        read_section(sections[-1], body)
    return intro[:start], sections


def parse_all(paths):
    """The title and the prose of clrelu.3, and the sections."""
    headers = [parse(path) for path in paths]
    title = headers[0][0][0].split(' - ', 1)[1]
    # clrelu.h and base.h have nothing else before their first heading.
    prose = [p for _, sections in headers[:2] for p in sections.pop(0).prose]
    return title, prose, [s for _, sections in headers for s in sections
                          if s.prose or s.pages]


def read_section(section, body):
    comment = None
    for chunk in chunks(body):
        if chunk.startswith('/*'):
            if comment:
                section.prose.append(text_of(comment))
            comment = chunk
        elif INLINE.match(chunk):
            section.pages[-1].join(chunk)
        elif is_code(chunk):
            if comment and comment + '\n' + chunk not in body:
                section.prose.append(text_of(comment))
                comment = None
            section.pages.append(Page(text_of(comment) if comment else [],
                                      chunk))
            comment = None
    if comment:
        section.prose.append(text_of(comment))


def blocks(lines):
    """Paragraphs; a label begins one, too."""
    block = []
    for line in lines + ['']:
        if (not line or LABEL.match(line)) and block:
            yield block
            block = []
        if line:
            block.append(line)


def short(page):
    if not page.comment or page.comment[0].startswith('  '):
        return f'{"type" if TYPE.search(page.code) else "constants"} of clrelu.h'
    text = ' '.join(next(blocks(page.comment)))
    text = re.split(r'[.:;](?: |$)', text, maxsplit=1)[0]
    return textwrap.shorten(text, 72, placeholder=' ...')


def undecorated(code):
    """Lines without the macro, whose place the lines below keep free."""
    free = 0
    for line in code.split('\n'):
        if line.startswith('CLRELU_API '):
            line = line[11:]
            free = 11 if '(' in line else 0
        elif line.startswith(' ' * (free + 4)):
            line = line[free:]
        else:
            free = 0
        yield line


def expand(line, statuses):
    """The statuses by their whole names."""
    return re.sub(r'\b[A-Z_]{3,}\b|\bBUFFER_\*',
                  lambda m: 'CLRELU_' + m[0] if 'CLRELU_' + m[0] in statuses
                  or m[0] == 'BUFFER_*' else m[0], line)


def bullets(block):
    """A list, each of whose items begins with " - "."""
    out = []
    for line in block:
        if line.startswith(' - '):
            out.append('.IP \\(bu 2')
        out.append(escape(line[3:] if line.startswith(' - ')
                          else line.lstrip()))
    return out


def prose(lines):
    """Paragraphs; the first needs no space before it."""
    out = []
    for block in blocks(lines):
        items = next((i for i, line in enumerate(block)
                      if line.startswith(' - ')), len(block))
        out += ['.PP'] + paragraph(block[:items]) + bullets(block[items:])
    return out[1:]


def description(page, statuses):
    errors, rest = [], []
    for block in blocks(page.comment):
        if block[0].startswith('Errors: '):
            text = expand(' '.join(block)[8:], statuses)
            errors = textwrap.wrap(text[0].upper() + text[1:], 72)
        else:
            rest += block + ['']
    out = ['.SH DESCRIPTION'] + prose(rest) if any(rest) else []
    if page.is_call and 'clrelu_status\n' in page.code.replace(' ', '\n'):
        out += ['.SH RETURN VALUE', 'CLRELU_OK, or a status that says what is '
                'wrong;', '.BR clrelu_error (3)', 'has a text of it.']
    return out + (['.SH ERRORS', *map(escape, errors)] if errors else [])


def see_also(names):
    out = [f'.BR {name} (3),' for name in names]
    return ['.SH SEE ALSO'] + out[:-1] + [out[-1][:-1]]


def page_text(page, section, version, statuses):
    names = ', '.join(page.names)
    others = [p.names[0] for p in section.pages if p is not page]
    lines = [f'.TH {page.names[0].upper()} 3 "" "clrelu {version}" '
             '"clrelu Manual"',
             '.SH NAME', f'{names} \\- {escape(short(page))}',
             '.SH SYNOPSIS', '.nf', '.B #include <clrelu.h>', '.PP',
             *map(escape, undecorated(page.code)), '.fi',
             *description(page, statuses), *see_also(['clrelu'] + others)]
    return '\n'.join(lines) + '\n'


def overview(title, texts, sections, version):
    lines = [f'.TH CLRELU 3 "" "clrelu {version}" "clrelu Manual"',
             '.SH NAME', f'clrelu \\- {escape(title)}',
             '.SH SYNOPSIS', '.nf', '.B #include <clrelu.h>', '.PP',
             '.B cc example.c $(pkg\\-config \\-\\-cflags \\-\\-libs clrelu)',
             '.fi', '.SH DESCRIPTION']
    for i, text in enumerate(texts):
        lines += (['.PP'] if i else []) + prose(text)
    for section in sections:
        lines += [f'.SH {section.title.upper()}']
        for i, comment in enumerate(section.prose):
            lines += (['.PP'] if i else []) + prose(comment)
        for page in section.pages:
            lines += ['.TP', '.BR ' + ' ", " '.join(
                f'{name} (3)' for name in page.names),
                      escape(short(page))]
    return '\n'.join(lines + ['.SH SEE ALSO', '.BR clrelu (1)']) + '\n'


def main():
    is_list = sys.argv[1] == '--names'
    title, texts, sections = parse_all(sys.argv[2 if is_list else 3:])
    pages = [(p, s) for s in sections for p in s.pages]
    names = [name for p, _ in pages for name in p.names]
    if is_list:
        print('\n'.join(f'{name}.3' for name in ['clrelu'] + names))
        return
    version, folder = sys.argv[1:3]
    statuses = set(re.findall(r'CLRELU_[A-Z_]+', '\n'.join(
        p.code for p, _ in pages if 'clrelu_status' in p.names)))
    manual = {'clrelu': overview(title, texts, sections, version)}
    for page, section in pages:
        manual[page.names[0]] = page_text(page, section, version, statuses)
        for name in page.names[1:]:
            manual[name] = f'.so man3/{page.names[0]}.3\n'
    for name, text in manual.items():
        path = os.path.join(folder, name + '.3')
        with open(path, 'w', encoding='ascii') as out:
            out.write(text)


if __name__ == '__main__':
    main()
