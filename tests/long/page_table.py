# page_table.py - a table between two marks of a page
# SPDX-License-Identifier: MIT


def update(path, mark, head, rows, order):
    """Each row has its name in the first backquotes.  Rows that are not new
    stay; order has all names."""
    begin, end = f'<!-- {mark} -->\n', f'<!-- /{mark} -->\n'
    with open(path, encoding='utf-8') as file:
        before, _, rest = file.read().partition(begin)
    old, _, after = rest.partition(end)
    known = {row.split('`')[1]: row for row in [*old.splitlines(), *rows]
             if '`' in row}
    table = head + [known[name] for name in order if name in known]
    with open(path, 'w', encoding='utf-8') as file:
        file.write(before + begin + '\n'.join(table) + '\n' + end + after)
