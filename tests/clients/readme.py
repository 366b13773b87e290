#!/usr/bin/env python3
# readme.py - the first C block of the README, as a source file and as a test
# SPDX-License-Identifier: MIT
"""readme.py README.md OUTPUT.c    writes the block
readme.py README.md PROGRAM     runs what was made of it, and tests the README
"""
import pathlib
import re
import subprocess
import sys

LINES = 25  # of code: fewer than these
readme, output = sys.argv[1:]
with open(readme, encoding="utf-8") as f:
    text = f.read()
block = re.search(r"^```c\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
if not block:
    sys.exit(f"{readme} has no ```c block")
if output.endswith(".c"):
    line = text.count("\n", 0, block.start(1)) + 1
    with open(output, "w", encoding="utf-8") as f:
        f.write(f'#line {line} "README.md"\n{block.group(1)}')
    sys.exit()

from taplines import done, ok

code = block.group(1)
says = re.search(r"printf\(.*/\* (.*) \*/", code).group(1)
count = len([line for line in code.splitlines()
             if line.strip() and not re.match(r"\s*/\*.*\*/$", line)])
ran = subprocess.run([output], capture_output=True, text=True, check=False)
root = pathlib.Path(readme).resolve().parent
sources = "".join(path.read_text(encoding="utf-8") for folder in
                  ("include", "src", "examples", "bench")
                  for path in sorted((root / folder).rglob("*.[ch]")))
targets = {"clrelu_dep", "clrelu_static"}  # of Meson and CMake
names = set(re.findall(r"\b(?:clrelu|CLRELU)_\w+", text)) - targets
unknown = [name for name in names if not re.search(rf"\b{name}\b", sources)]
others = {"cflags", "libs", "prefix", "setup", "static"}  # options of other programs
options = {f'"{name}"' for name in
           re.findall(r"(?<![-\w])--([a-z][-a-z]+)", text) if name not in others}
fields = {name + ";" for name in re.findall(r"`params\.(\w+)", text)}
unknown += [word for word in options | fields if word not in sources]
names |= options | fields
tests = (
    (count < LINES, f"the example has {count} lines of code"),
    (ran.returncode == 0 and ran.stdout.strip() == says,
     f"it prints {ran.stdout.strip()}{ran.stderr.strip()}, must be {says}"),
    (all(word in code for word in
         ("clCreateCommandQueue", "clCreateBuffer", ".queue = queue")),
     "its queue and its buffer are the program's own"),
    (names and not unknown, f"{len(names)} names and options of ours exist, missing: "
     f"{' '.join(unknown) or 'none'}"),
    (all((root / link).exists() for link in
         re.findall(r"\]\((?!http|#)([^)#]+)", text)), "all links exist"))
for good, what in tests:
    ok(good, what)
done()
