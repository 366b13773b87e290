#!/usr/bin/env python3
# readme.py - the C blocks of the README, as source files and as tests
# SPDX-License-Identifier: MIT
"""readme.py README.md OUTPUT.c [NUMBER]      writes the block, by default 1
readme.py README.md CLRELU PROGRAM...      runs the programs of the blocks, and
                                           tests the README
"""
import json
import pathlib
import re
import subprocess
import sys

LINES = 24  # of code, at most
readme, output = sys.argv[1:3]
with open(readme, encoding="utf-8") as f:
    text = f.read()
blocks = list(re.finditer(r"^```c\n(.*?)^```$", text, re.DOTALL | re.MULTILINE))
if output.endswith(".c"):
    number = int((sys.argv[3:] or ["1"])[0])
    if number > len(blocks):
        sys.exit(f"{readme} has {len(blocks)} ```c blocks")
    block = blocks[number - 1]
    line = text.count("\n", 0, block.start(1)) + 1
    with open(output, "w", encoding="utf-8") as f:
        f.write(f'#line {line} "README.md"\n{block.group(1)}')
    sys.exit()

from taplines import done, ok, skip

NEEDED = (  # The first has its own queue and buffer, the second a pointer.
    ("clCreateCommandQueue", "clCreateBuffer", ".queue = queue"),
    ("clSVMAlloc", "clrelu_at_pointer"))
programs = sys.argv[3:]
devices = json.loads(subprocess.run(
    [output, "devices", "--json"], capture_output=True, text=True,
    check=True).stdout)["devices"]
has_svm = any(device["picked"] and device["svm"] for device in devices)
ok(len(blocks) == len(programs) == len(NEEDED), f"{len(blocks)} examples")
for block, program, needed in zip(blocks, programs, NEEDED):
    code = block.group(1)
    says = re.search(r"printf\(.*/\* (.*) \*/", code).group(1)
    count = len([line for line in code.splitlines()
                 if line.strip() and not re.match(r"\s*/\*.*\*/$", line)])
    ok(count <= LINES, f"the example has {count} lines of code")
    ok(all(word in code for word in needed), f"it has {', '.join(needed)}")
    if "clSVMAlloc" in code and not has_svm:
        skip(f"it prints {says}", "the device has no SVM")
        continue
    ran = subprocess.run([program], capture_output=True, text=True, check=False)
    ok(ran.returncode == 0 and ran.stdout.strip() == says,
       f"it prints {ran.stdout.strip()}{ran.stderr.strip()}, must be {says}")
root = pathlib.Path(readme).resolve().parent
sources = "".join(path.read_text(encoding="utf-8") for folder in
                  ("include", "src", "examples", "bench")
                  for path in sorted((root / folder).rglob("*.[ch]")))
targets = {"clrelu_dep", "clrelu_static"}  # of Meson and CMake
formulas = r"clrelu_(?:leaky_relu|prelu|elu|thresholded_relu)(?:_grad)?\d*"
names = set(re.findall(r"\b(?:clrelu|CLRELU)_\w+", text)) - targets
names = {name for name in names if not re.fullmatch(formulas, name)}
unknown = [name for name in names if not re.search(rf"\b{name}\b", sources)]
others = {"cflags", "libs", "prefix", "setup", "static"}  # options of other programs
options = {f'"{name}"' for name in
           re.findall(r"(?<![-\w])--([a-z][-a-z]+)", text) if name not in others}
fields = {name + ";" for name in re.findall(r"`params\.(\w+)", text)}
unknown += [word for word in options | fields if word not in sources]
names |= options | fields
tests = (
    (names and not unknown, f"{len(names)} names and options of ours exist, missing: "
     f"{' '.join(unknown) or 'none'}"),
    (all((root / link).exists() for link in
         re.findall(r"\]\((?!http|#)([^)#]+)", text)), "all links exist"))
for good, what in tests:
    ok(good, what)
done()
