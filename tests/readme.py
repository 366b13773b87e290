#!/usr/bin/env python3
# readme.py - the first C block of the README, as a source file
# SPDX-License-Identifier: MIT
import re
import sys

readme, output = sys.argv[1:]
with open(readme, encoding="utf-8") as f:
    text = f.read()
block = re.search(r"^```c\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
if not block:
    sys.exit(f"{readme} has no ```c block")
line = text.count("\n", 0, block.start(1)) + 1
with open(output, "w", encoding="utf-8") as f:
    f.write(f'#line {line} "README.md"\n{block.group(1)}')
