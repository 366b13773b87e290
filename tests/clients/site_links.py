#!/usr/bin/env python3
# site_links.py - the site's pages, their links, and every name of the headers
# SPDX-License-Identifier: MIT
"""site_links.py SITE CLRELU_H"""
import html.parser
import pathlib
import re
import sys
import tempfile

from taplines import done, need, ok, run

need('markdown_it')
VOID = {'meta', 'link', 'img', 'br', 'hr', 'li', 'p', 'tr', 'td', 'th'}


class Page(html.parser.HTMLParser):
    """The ids, the links, and the tags that are not closed in their order."""

    def __init__(self, path):
        super().__init__()
        self.ids, self.links, self.open, self.bad = [], [], [], []
        self.feed(path.read_text(encoding='utf-8'))

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.ids += [attrs['id']] if 'id' in attrs else []
        self.links += [attrs[name] for name in ('href', 'src')
                       if name in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID and self.open[-1:] != [tag]:
            self.bad.append(tag)
        elif tag not in VOID:
            self.open.pop()


def dead(folder, pages, path):
    """The links of a page that lead nowhere."""
    for link in pages[path].links:
        if re.match(r'\w+:', link):
            continue
        file, _, anchor = link.partition('#')
        there = (path.parent / file).resolve() if file else path
        if not there.is_file() or folder not in there.parents or (
                anchor and anchor not in pages[there].ids):
            yield link


def main(site, header):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder).resolve()
        made = run(sys.executable, site, str(folder))
        ok(made.returncode == 0, 'the site is made', made.stderr)
        pages = {path: Page(path) for path in sorted(folder.rglob('*.html'))}
        ok(len(pages) > 25, f'{len(pages)} pages')
        for path, page in pages.items():
            lost = [*dead(folder, pages, path)]
            ok(not lost and not page.bad and not page.open and
               len(page.ids) == len(set(page.ids)),
               f'{path.relative_to(folder)}: {len(page.links)} links', lost,
               page.bad, page.open)
        text = ''.join(part.read_text(encoding='utf-8') for part in
                       pathlib.Path(header).with_suffix('').glob('*.h'))
        names = set(re.findall(r'^CLRELU_API [^;(]*\b(clrelu_\w+)\(|'
                               r'^} (clrelu_\w+);', text, re.MULTILINE))
        missing = {a or b for a, b in names} - set(
            pages[folder / 'reference.html'].ids)
        ok(len(names) > 50 and not missing,
           f'the reference has all {len(names)} names', sorted(missing))


main(*sys.argv[1:])
done()
