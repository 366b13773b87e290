#!/usr/bin/env python3
# planted.py - a copy of a source file with a bug in it
# SPDX-License-Identifier: MIT
"""planted.py SOURCE OUTPUT OLD NEW"""
import sys

source, output, old, new = sys.argv[1:]
with open(source, encoding='utf-8') as file:
    text = file.read()
if text.count(old) != 1:
    sys.exit(f'planted.py: {source} has {text.count(old)} of "{old}"')
with open(output, 'w', encoding='utf-8') as file:
    file.write(text.replace(old, new))
