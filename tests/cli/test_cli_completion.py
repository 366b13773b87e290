#!/usr/bin/env python3
# test_cli_completion.py - shells complete all that the program takes
# SPDX-License-Identifier: MIT
"""test_cli_completion.py CLRELU BASH_COMPLETION ZSH_COMPLETION

The completions must be those of the program's help.  The words are typed into
the shells on a terminal of their own.
"""
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time

from taplines import done, ok, operations, skip

program, bash_file, zsh_file = map(os.path.abspath, sys.argv[1:4])


def clrelu(*words):
    return subprocess.run([program, *words], capture_output=True, text=True,
                          check=True).stdout


def help_options(command):
    """All words that the lines of options begin with."""
    lines = re.findall(r'^  (-.*)', clrelu(command, '--help'), re.MULTILINE)
    return [word for line in lines
            for word in re.match(r'(?:-\w, )?--[\w-]+', line)[0].split(', ')]


def commands():
    lines = clrelu('--help').split('commands:\n')[1].split('\n\n')[0]
    return [line.split()[0] for line in lines.splitlines()]


BREAKS = '"\'><=;|&(:'  # readline's own, as far as they matter here
DRIVER = '''
source "$1"
COMP_WORDBREAKS=$2 COMP_LINE=$3 COMP_POINT=${#3}
shift 3
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_clrelu
[[ ${#COMPREPLY[@]} -gt 0 ]] && printf '%s\\n' "${COMPREPLY[@]}"
'''


def bash(line):
    """What bash gets when TAB is pressed at the end of the line."""
    words = [w for word in line.split(' ')
             for w in re.findall(r'[:=]+|[^:=]+', word) or ['']]
    if line[-1:] in ':=':
        words.append('')
    words[0] = program
    run = subprocess.run(['bash', '-c', DRIVER, 'bash', bash_file, BREAKS, line,
                          *words], capture_output=True, text=True)
    if run.stderr:
        print('#', run.stderr)
    return run.stdout.split('\n')[:-1]


def test_function():
    names, ops = commands(), operations(program)
    specs = re.findall(r'^[* ] (\w+:\d+)', clrelu('devices'), re.MULTILINE)
    ok(bash('clrelu ')[:len(names)] == names, 'bash: commands',
       bash('clrelu '))
    for name in names:
        want = help_options(name)
        got = bash(f'clrelu {name} -')
        ok(len(want) > 1 and sorted(want) == sorted(got),
           f'bash: all options of {name}', want, got)
    for name in ('forward', 'backward', 'plot', 'explain', 'source'):
        ok(bash(f'clrelu {name} ') == ops, f'bash: operations of {name}')
    cases = [
        ('clrelu forward e', ['elu']),
        ('clrelu cache ', ['list', 'verify', 'clear', 'warm']),
        ('clrelu forward elu --dtype ', ['f16', 'bf16', 'f32', 'f64']),
        ('clrelu forward elu --dtype=b', ['bf16']),
        ('clrelu compile --dtype f32,', [
            'f32,f16', 'f32,bf16', 'f32,f32', 'f32,f64']),
        ('clrelu compile --op elu,pre', ['elu,prelu']),
        ('clrelu forward elu --alpha ', []),
        ('clrelu forward --alpha 3 pre', ['prelu']),
        ('clrelu forward elu -i ', ['x.npy', 'folder']),
        ('clrelu forward elu --output=fo', ['folder']),
        ('clrelu plot elu -o no', ['note.txt']),
        ('clrelu compile --source ', ['folder']),
        ('clrelu pack ', ['folder']),
        ('clrelu nothing ', []),
        ('clrelu devices --device ', 'gpu cpu accelerator any'.split() + specs),
        ('clrelu devices --device gp', ['gpu']),
    ]
    if specs:
        kind = specs[0].split(':')[0]
        cases.append((f'clrelu tune --device {kind}:',
                      [s.split(':')[1] for s in specs if s.startswith(kind)]))
    for line, want in cases:
        ok(bash(line) == want, f"bash: '{line}'", bash(line), want)


class Terminal:
    """A shell on a terminal; C-x prints its line between < and >."""
    def __init__(self, words, setup):
        self.process, self.fd = pty.fork()
        if self.process == 0:
            env = dict(os.environ, TERM='dumb', PS1='', PATH=os.path.dirname(
                program) + ':' + os.environ['PATH'], HOME=os.getcwd())
            os.execvpe(words[0], words, env)
        self.write(setup + '\necho re""ady\n')
        self.read('ready')

    def write(self, text):
        os.write(self.fd, text.encode())

    def read(self, end):
        text, stop = '', time.monotonic() + 600
        while not re.search(end, text) and time.monotonic() < stop:
            if select.select([self.fd], [], [], 1)[0]:
                text += os.read(self.fd, 4096).decode(errors='replace')
        return text

    def complete(self, line):
        self.write(line + '\t')
        time.sleep(0.2)
        self.write('\x18')
        found = re.search('<([^<>]*)>', self.read('<[^<>]*>'))
        self.write('\x15')
        return found[1] if found else None

    def close(self):
        os.close(self.fd)
        os.waitpid(self.process, 0)


def test_terminal(name, terminal):
    cases = [('clrelu forw', 'clrelu forward '),
             ('clrelu forward thr', 'clrelu forward thresholded_relu '),
             ('clrelu forward elu --mem', r'clrelu forward elu --memory[ =]?'),
             ('clrelu forward elu --dtype b',
              'clrelu forward elu --dtype bf16 ?'),
             ('clrelu forward elu -i x', 'clrelu forward elu -i x.npy ?'),
             ('clrelu compile --op elu,pr', 'clrelu compile --op elu,prelu[, ]?'),
             ('clrelu cache w', 'clrelu cache warm '),
             ('clrelu devices --device gp', 'clrelu devices --device gpu ?'),
             ('clrelu pack fo', 'clrelu pack folder/')]
    for line, want in cases:
        got = terminal.complete(line)
        ok(got is not None and re.fullmatch(want, got),
           f"{name} on a terminal: '{line}'", got)
    terminal.close()


def test_shells():
    test_terminal('bash', Terminal(
        ['bash', '--norc', '--noprofile', '-i'],
        f"source {bash_file}; bind -x '\"\\C-x\": echo \"<$READLINE_LINE>\"'"))
    if not shutil.which('zsh'):
        skip('zsh', 'not installed')
        return
    ok(subprocess.run(['zsh', '-n', zsh_file]).returncode == 0, 'zsh -n')
    test_terminal('zsh', Terminal(
        ['zsh', '-f', '-i'],
        f'fpath=({os.path.dirname(zsh_file)} $fpath); '
        'autoload -Uz compinit; compinit -u -D; '
        'show() { print -r -- "<$BUFFER>" }; zle -N show; bindkey "^X" show; '
        'bindkey "^U" kill-whole-line'))


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    os.mkdir('folder')
    for file in ('x.npy', 'note.txt'):
        open(file, 'w').close()
    test_function()
    test_shells()
    os.chdir('/')
done()
