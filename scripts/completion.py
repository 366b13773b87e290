# completion.py - what shells complete, from the help of the commands
# SPDX-License-Identifier: MIT
"""completion.py TEMPLATE OUTPUT COMMAND.txt...

Fills in a template of completions/; clrelu.txt comes first.
"""
import re
import sys

from helptext import Help


def operations(helps):
    for block in (b for h in helps for b in h.text):
        if block[0] == 'OP is one of':
            return [line.split()[0] for line in block[1:]]
    sys.exit('no text lists the operations')


def first_words(text):
    return text.split(';')[0].replace(',', '').split()


def kind(option):
    """What its value is: a word for the templates, and what goes with it."""
    value = option.value
    if not value:
        return ['none']
    if option.name == 'device':
        return ['device']
    if value.endswith('.npy'):
        return ['npy']
    if value in ('FILE', 'FOLDER'):
        return [value.lower()]
    if '|' in value:
        return ['word'] + value.split('|')
    if re.fullmatch(r'[A-Z]+,\.\.\.', value):
        return ['list'] + first_words(option.text)
    return ['any']


def operand(help_, ops):
    """The same for the word after the command."""
    words = [usage.split()[2] for usage in help_.usage]
    if words[0] == 'OP':
        return ['word'] + ops
    if words[0] == 'FOLDER':
        return ['folder']
    return ['word'] + [w for w in words if w.isalpha()]


def names(option):
    short = [f'-{option.short}'] if option.short else []
    return short + [f'--{option.name}']


def bash(helps, ops):
    kinds, options, operands = [], [], []
    for h in helps:
        every = [n for o in h.options for n in names(o)]
        options.append(f"    {h.name}) echo '{' '.join(every)}' ;;")
        for o in h.options:
            case = ' | '.join(f"'{h.name} {n}'" for n in names(o))
            kinds.append(f"    {case}) echo '{' '.join(kind(o))}' ;;")
        if h.usage[0].split()[1] == h.name:
            operands.append(f"    {h.name}) echo "
                            f"'{' '.join(operand(h, ops))}' ;;")
    return options, kinds, operands


def zsh_action(words):
    word, more = words[0], ' '.join(words[1:])
    return {'device': '_clrelu_devices', 'npy': '_files -g "*.npy(-.)"',
            'file': '_files', 'folder': '_files -/', 'word': f'({more})',
            'list': f'_sequence compadd - {more}', 'any': ' '}[word]


def quoted(text):
    return text.replace("'", "'\\''")


def zsh_option(option):
    every = names(option)
    text = quoted(re.sub(r'([\[\]\\])', r'\\\1', option.text))
    has_value = option.value is not None
    also = f"'({' '.join(every)})'" if len(every) > 1 else ''
    value = quoted(f':{option.value}:{zsh_action(kind(option))}'.replace(
        '|', ' or ')) if has_value else ''
    forms = [n + (('=' if n[1] == '-' else '+') if has_value else '')
             for n in every]
    form = '{' + ','.join(forms) + '}' if len(forms) > 1 else forms[0]
    return f"{also}{form}'[{text or option.name}]{value}'"


def zsh(helps, ops):
    cases = []
    for h in helps[1:]:
        words = operand(h, ops)
        lines = [zsh_option(o) for o in h.options]
        if len(words) > 1 or words[0] == 'folder':
            lines.append(f"'1:operand:{zsh_action(words)}'")
        joined = ' \\\n            '.join(lines)
        cases.append(f'    {h.name})\n        _arguments \\\n'
                     f'            {joined} ;;')
    return cases


def commands(main):
    for words in main.commands:
        text = words[1:] if words[1] != 'OP' else words[2:]
        yield words[0], ' '.join(text).replace('... ', '')


def main():
    template, output, *paths = sys.argv[1:]
    helps = [Help(path) for path in paths]
    ops = operations(helps)
    options, kinds, operands = bash(helps, ops)
    parts = {
        'COMMANDS': ' '.join(name for name, _ in commands(helps[0])),
        'OPTIONS': '\n'.join(options),
        'KINDS': '\n'.join(kinds),
        'OPERANDS': '\n'.join(operands),
        'DESCRIPTIONS': '\n'.join(
            f"    '{name}:{quoted(text)}'"
            for name, text in commands(helps[0])),
        'ARGUMENTS': '\n'.join(zsh(helps, ops)),
    }
    with open(template, encoding='ascii') as source:
        text = re.sub(r'^@(\w+)@$|@(\w+)@',
                      lambda m: parts[m[1] or m[2]], source.read(),
                      flags=re.MULTILINE)
    with open(output, 'w', encoding='ascii') as out:
        out.write(text)


if __name__ == '__main__':
    main()
