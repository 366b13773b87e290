#!/usr/bin/env python3
# test_cli_plot.py - clrelu plot draws what the device computes, the benchmark
# what it measured
# SPDX-License-Identifier: MIT
"""test_cli_plot.py CLRELU CLRELU_BENCH"""
import math
import os
import re
import shutil
import struct
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

from taplines import done, ok, run, skip

program, bench = map(os.path.abspath, sys.argv[1:3])
BLUE, ORANGE = '#1b5a9e', '#d4611a'
CURVES = {
    'leaky_relu': lambda x, a: (a * x, a) if x < 0 else (x, 1),
    'prelu': lambda x, a: (a * x, a) if x < 0 else (x, 1),
    'elu': lambda x, a: (a * math.expm1(x), a * math.exp(x)) if x < 0
    else (x, 1),
    'thresholded_relu': lambda x, a: (x, 1) if x > a else (0, 0),
}


def lines_of(root, colour):
    """The curves of a colour, as lists of points of the picture."""
    found, state = [], None
    for element in root.iter():
        state = element.get('stroke') or state
        path = element.get('d') or ''
        if (state or '').lower() in (colour, rgb(colour)) and 'L' in path:
            found += [[tuple(map(float, p.split(','))) for p in
                       re.findall(r'[\d.-]+,[\d.-]+', part)]
                      for part in path.split('M')[1:]]
    return found


def rgb(colour):
    parts = [int(colour[i:i + 2], 16) for i in (1, 3, 5)]
    return 'rgb({:3d}, {:3d}, {:3d})'.format(*parts)


def ticks(root):
    """The numbers at the axes, as (value, x, y)."""
    for group in root.iter('{http://www.w3.org/2000/svg}g'):
        place = re.match(r'translate\(([\d.]+),([\d.]+)\)',
                         group.get('transform') or '')
        text = ''.join(group.itertext()).strip().replace('\u2212', '-')
        if place and re.fullmatch(r'-?[\d.]+', text):
            yield float(text), float(place[1]), float(place[2])


def scale(pairs):
    """Slope and offset of a line through the first and the last."""
    (v0, p0), (v1, p1) = pairs[0], pairs[-1]
    slope = (v1 - v0) / (p1 - p0)
    return slope, v0 - slope * p0


def check_curves(op, scalar, root):
    all_ticks = list(ticks(root))
    bottom = max(y for _, _, y in all_ticks)
    on_x = [(v, x) for v, x, y in all_ticks if y == bottom]
    on_y = [(v, y) for v, _, y in all_ticks if y != bottom]
    xs, x0 = scale(on_x)
    ys, _ = scale(on_y)
    curves = [lines_of(root, colour) for colour in (BLUE, ORANGE)]
    worst, points = 0.0, 0
    for which, curve in enumerate(curves):
        parts = [part for part in curve if len(part) > 50]
        # A label stands a little below what it labels; the curve's own end,
        # where all but ELU's slope is 1, tells how much.
        last = parts[-1][-1]
        want = CURVES[op](xs * last[0] + x0, scalar)[which]
        y0 = want - ys * last[1]
        for x, y in (p for part in parts for p in part):
            at = xs * x + x0
            near = [CURVES[op](at + d, scalar)[which] for d in (-.01, 0, .01)]
            value = ys * y + y0
            worst = max(worst, min(abs(value - n) for n in near))
            points += 1
    ok(points > 500 and worst < 0.03, f'{op}: the curves are where they belong',
       points, worst)


def test_svg(op, option, scalar):
    result = run(program, 'plot', op, option, str(scalar), '-o', 'plot.svg')
    ok(result.returncode == 0 and not result.stdout + result.stderr,
       f'{op}: an SVG', result)
    root = ElementTree.parse('plot.svg').getroot()
    text = ''.join(root.itertext()).replace('\u2212', '-')
    ok(str(scalar) in text and 'dy/dx' in text and 'y = x' in text,
       f'{op}: title, formula, parameter, legend', text)
    check_curves(op, scalar, root)


def check_png(result, width, height, text):
    with open("it's a.png", 'rb') as file:
        data = file.read()
    size = struct.unpack('>II', data[16:24])
    ok(result.returncode == 0 and data.startswith(b'\x89PNG\r\n\x1a\n')
       and data.endswith(b'IEND\xaeB`\x82') and size == (width, height),
       f'{text}: a PNG of {width} x {height}', result, size)
    os.remove("it's a.png")


def test_png():
    check_png(run(program, 'plot', 'elu', '--range=-2,1', '-o', "it's a.png"),
              800, 560, 'elu')


BENCH = [bench, '--no-peers', '--op', 'elu', '--size', '10:12', '--runs', '3',
         '--plot', "it's a.png"]


def test_bench():
    result = run(*BENCH)
    check_png(result, 1500, 820, 'clrelu-bench')
    ok(not result.stderr, 'clrelu-bench: gnuplot has nothing to say',
       result.stderr)


def refuse(text, words, said, status=1, env=None):
    result = run(program, 'plot', *words, env=env or {})
    ok(result.returncode == status and not result.stdout
       and result.stderr.count('\n') == 1 and said in result.stderr
       and os.listdir() == [], f'refused: {text}', result, os.listdir())


def test_failures():
    refuse('a range upside down', ['elu', '--range', '3,1', '-o', 'a.png'],
           "'3,1'", 2)
    for text in ('1', '1,', ',1', '1,2,3', 'a,b', '0,inf', 'nan,1', '1,1',
                 '0,1e39'):
        refuse(f'--range {text}', ['elu', '--range', text, '-o', 'a.png'],
               f"--range: '{text}'", 2)
    refuse('theta of elu', ['elu', '--theta', '1', '-o', 'a.png'], '--theta', 2)
    refuse('no output', ['elu'], '--output is missing', 2)
    refuse('alpha below 0', ['leaky_relu', '--alpha', '-1', '-o', 'a.png'],
           'alpha is -1')
    refuse('a folder that is not there', ['elu', '-o', 'none/a.png'],
           'none/a.png: No such')
    refuse('standard output', ['elu', '-o', '-'], 'is not a file')
    refuse('no gnuplot', ['elu', '-o', 'a.png'], 'package gnuplot-nox',
           env={'PATH': '/nowhere'})
    with tempfile.TemporaryDirectory() as folder:
        # PoCL's compiler calls it.
        os.symlink(shutil.which('ld'), os.path.join(folder, 'ld'))
        result = run(*BENCH, env={'PATH': folder})
    ok(result.returncode == 1 and os.listdir() == []
       and 'no picture: gnuplot is not installed: package' in result.stderr,
       'clrelu-bench without gnuplot', result.stderr)
    for end in ('exit 1', 'exit 0', "printf '\\211PNG' >\"$file\""):
        with tempfile.TemporaryDirectory() as folder:
            script = os.path.join(folder, 'gnuplot')
            with open(script, 'w', encoding='ascii') as file:
                file.write(f'#!/bin/sh\nfile=$(/bin/sed -n "s/^set output '
                           f"'\\(.*\\)'/\\1/p\")\n{end}\n")
            os.chmod(script, 0o755)
            refuse(f'a gnuplot that ends with {end!r}', ['elu', '-o', 'a.png'],
                   'a.png: gnuplot could not', env={'PATH': folder})


os.chdir(tempfile.mkdtemp())
test_failures()
if shutil.which('gnuplot'):
    test_png()
    test_bench()
    for each in (('leaky_relu', '--alpha', 0.25), ('prelu', '--alpha', -0.5),
                 ('elu', '--alpha', 1.5), ('thresholded_relu', '--theta', 2)):
        test_svg(*each)
    os.remove('plot.svg')
else:
    skip('pictures', 'gnuplot is not installed')
os.rmdir(os.getcwd())
done()
