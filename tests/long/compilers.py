#!/usr/bin/env python3
# compilers.py - every program through the compilers of devices that are not here
# SPDX-License-Identifier: MIT
"""compilers.py TEST_PORTABILITY CLH CLRELU [--quick] [--table FILE] [--only TARGET]

TEST_PORTABILITY writes the programs that the library builds on a GPU, or on a
CPU with registers of some width.  CLH is clrelu.clh, which is one more program,
as are the chains that CLRELU, the command line, prints.  One TAP line for each
target; fails on a warning, on a register that a GPU spills to memory, and on a
vector that a CPU's innermost loop stores to the stack, but where may_spill says
so.  --quick: clang alone, without its optimizer, and half of the
programs for each target, none that adds to dx.  --table writes the figures
between the marks in FILE.
"""
import argparse
import concurrent.futures
import os
import re
import shlex
import shutil
import struct
import subprocess
import sys
import tempfile

import page_table

HEAD = ['| target | programs | kernels | most registers | spilled | in lanes '
        '| private bytes |', '| --- | --- | --- | --- | --- | --- | --- |']
CLC = '/usr/lib/clc'
# A variant may have no use for a parameter that another has.
FLAGS = ['-x', 'cl', '-Xclang', '-finclude-default-header', '-O3', '-Wall',
         '-Wextra', '-Werror', '-Wno-unused-parameter']
CLANG = ['clang-15'] + FLAGS
# For CPUs any version will do: there is no library to link with.
ANY_CLANG = next(filter(shutil.which, ('clang-15', 'clang-14')), 'clang')
FRONT_END = ['-emit-llvm', '-Xclang', '-disable-llvm-passes']
HERE = os.path.dirname(os.path.abspath(__file__))
KERNEL_FILES = os.path.join(HERE, '..', '..', 'cl')


class Kernel:
    """What a compiler said of one kernel; None is unknown.  spills are to
    memory, lanes are AMD's scalars in lanes of a vector register."""

    def __init__(self, name, registers=None, spills=None, private=None,
                 lanes=0):
        self.name, self.registers, self.lanes = name, registers, lanes
        self.spills, self.private = spills, private


class Failure(Exception):
    """What a compiler printed."""


def run(command, **options):
    result = subprocess.run(command, text=True, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, **options)
    if result.returncode:
        raise Failure(' '.join(command) + '\n' + result.stdout)
    return result.stdout


def write(path, text):
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text)


def names_in(source):
    with open(source, encoding='utf-8') as file:
        return re.findall(r'__kernel\s[^;{]*?void\s+(\w+)\(', file.read())


def number(text, pattern):
    found = re.search(pattern, text)
    return int(found[1]) if found else None


def elf_section(path, wanted):
    """A section of a 64-bit little-endian ELF file, as text."""
    with open(path, 'rb') as file:
        data = file.read()
    table, = struct.unpack_from('<Q', data, 0x28)
    size, count, names = struct.unpack_from('<HHH', data, 0x3a)
    headers = [struct.unpack_from('<IIQQQQ', data, table + i * size)
               for i in range(count)]
    for header in headers:
        at = headers[names][4] + header[0]
        if data[at:data.index(b'\0', at)] == wanted:
            return data[header[4]:header[4] + header[5]].decode()
    raise Failure(f'no section {wanted} in {path}')


def compile_intel(device, source, options, folder):
    output = run(['ocloc', 'compile', '-file', source, '-device', device,
                  '-out_dir', folder, '-output', 'z', '-options', options,
                  '-internal_options', '-cl-intel-allow-zebin'])
    # Spills are counted below.
    if re.search(r'^warning(?!.* spilled around)|: warning', output,
                 re.MULTILINE):
        raise Failure(output)
    binary = [f for f in os.listdir(folder) if f.endswith('.bin')]
    info = elf_section(os.path.join(folder, binary[0]), b'.ze_info')
    kernels = []
    for part in re.split(r'^  - name:', info.split('kernels_misc_info')[0],
                         flags=re.MULTILINE)[1:]:
        sizes = {'private_space': 0, 'spill_fill_space': 0}
        for buffer in part.split('per_thread_memory_buffers:')[1:]:
            for use, size in re.findall(r'usage:\s*(\w+)\s+size:\s*(\d+)',
                                        buffer):
                sizes[use] = sizes.get(use, 0) + int(size)
        kernels.append(Kernel(part.split()[0].strip("'"),
                              number(part, r'grf_count:\s*(\d+)'),
                              sizes['spill_fill_space'],
                              sizes['private_space']))
    return kernels


def compile_amd(device, source, options, folder):
    out = os.path.join(folder, 'out.s')
    run(CLANG + options.split()
        + ['-target', 'amdgcn--amdhsa', '-mcpu=' + device, '-nogpulib',
           '-Xclang', '-mlink-builtin-bitcode', '-Xclang',
           CLC + '/amdgcn--amdhsa.bc', '-S', '-o', out, source])
    with open(out, encoding='utf-8') as file:
        metadata = file.read().rpartition('amdhsa.kernels:')[2]
    kernels = []
    for part in re.split(r'^  - \.', metadata, flags=re.MULTILINE)[1:]:
        name = re.search(r'^ +\.name: +(\w+)', part, re.MULTILINE)
        if name and '.vgpr_count' in part:
            kernels.append(Kernel(
                name[1], number(part, r'\.vgpr_count: +(\d+)'),
                number(part, r'\.vgpr_spill_count: +(\d+)'),
                number(part, r'private_segment_fixed_size: +(\d+)'),
                number(part, r'\.sgpr_spill_count: +(\d+)')))
    return kernels


def compile_nvidia(device, source, options, folder):
    """clang's PTX has no registers yet: NVIDIA's assembler gives them out."""
    out = os.path.join(folder, 'out.ptx')
    run(CLANG + options.split()
        + ['-target', 'nvptx64-unknown-nvidiacl', '-Xclang', '-target-cpu',
           '-Xclang', device, '-Xclang', '-mlink-builtin-bitcode', '-Xclang',
           CLC + '/nvptx64--nvidiacl.bc', '-S', '-o', out, source])
    with open(out, encoding='utf-8') as file:
        if '.extern' in file.read():
            raise Failure(f'{source}: a function is missing')
    ptxas = shutil.which('ptxas') or '/usr/local/cuda/bin/ptxas'
    if not os.path.exists(ptxas):
        return [Kernel(name) for name in names_in(source)]
    report = run([ptxas, '-v', '-arch=' + device, out, '-o', os.devnull])
    kernels = []
    for part in report.split('Compiling entry function ')[1:]:
        kernels.append(Kernel(
            part.split("'")[1], number(part, r'Used (\d+) registers'),
            number(part, r'(\d+) bytes spill stores')
            + number(part, r'(\d+) bytes spill loads'),
            number(part, r'(\d+) bytes stack frame')))
    return kernels


def compile_spirv(_device, source, options, folder):
    """At -O2 llvm-spirv 15 puts variables where spirv-val wants none."""
    bitcode, spirv = (os.path.join(folder, 'out.' + e) for e in ('bc', 'spv'))
    run(CLANG + options.split() + ['-O0', '-target', 'spir64', '-c',
                                   '-emit-llvm', '-o', bitcode, source])
    run(['llvm-spirv-15', '--spirv-max-version=1.0', bitcode, '-o', spirv])
    run(['spirv-val', '--target-env', 'opencl1.2', spirv])
    return [Kernel(name) for name in names_in(source)]


def compile_pocl(_device, source, options, folder):
    cache = {**os.environ, 'POCL_CACHE_DIR': os.path.join(folder, 'cache')}
    os.mkdir(cache['POCL_CACHE_DIR'])
    run(['poclcc', '-b', options, '-o', os.path.join(folder, 'out'), source],
        env=cache)
    return [Kernel(name) for name in names_in(source)]


# A float64 chain with several sums, or a double backward pass with all of them,
# keeps more than the 128 registers hold that a work-item of these has.
FEW_REGISTERS = ('bdw', 'skl', 'gfx1100')


def may_spill(device, options):
    """On CPUs the results of four rows' lines wait for their stores.  With what
    sums, chains, masks and conversions need, and on those of 128 bits in any
    backward pass or with 16 registers in any pass, these are more than the
    registers hold; but stores to one line after the other are slower still."""
    float64 = '-DDTYPE=4' in options
    if device in CPU_NAMES:
        many = ['_OP=', '-DDALPHA=1', '-DOP=elu -DACCUMULATE=1']
        many += {'x86-64-v3': [], 'x86-64-v4': [],
                 'aarch64': ['-DDX=1']}.get(device, ['-DALPHA_DTYPE='])
        return (not float64 and '-DDTYPE=1' not in options
                or float64 and '-DOP=elu' in options
                or any(word in options for word in many))
    return (device in FEW_REGISTERS and '-DCHAIN_OP' in options
            and (float64 or '-DDOUBLE=' in options))


def clang_target(device):
    """As a driver calls clang, with the types that its device has."""
    if device == 'spir64':
        return ['-target', 'spir64']
    if device == 'aarch64':
        return ['-target', 'aarch64-linux-gnu', '-Xclang',
                '-cl-ext=+cl_khr_fp16,+cl_khr_fp64']
    return ['-target', 'x86_64-linux-gnu', '-march=' + device]


def inner_loops(text):
    """The instructions of each innermost loop, by the function and its first
    label, from the comments of clang's assembler."""
    function, loop, found = None, None, {}
    for line in text.splitlines():
        start = re.match(r'(\w+):\s+(?:#|//) @\w+', line)
        label = re.match(r'(?:\.L(BB\d+_\d+):|(?:#|//) %bb\.)', line)
        inside = re.search(r'in Loop: Header=(\w+)', line)
        if start:
            function, loop = start[1], None
        elif label:
            loop = (function, label[1])
            if '=>This Inner Loop Header' in line:
                found[loop] = []
            elif inside:
                loop = (function, inside[1])
        elif line.startswith('\t') and loop in found:
            found[loop].append(line)
    return found


def vector_spills(text, functions):
    """Most vectors that one of these functions' loops stores to the stack.  To
    load a constant from there costs no more than from another place."""
    return max((sum(int(size) >= 16 for size in
                    re.findall(r'(\d+)-byte (?:\w+ )?Spill',
                               '\n'.join(lines)))
                for loop, lines in inner_loops(text).items()
                if loop[0] in functions), default=0)


def compile_cpu(device, source, options, folder):
    """As PoCL compiles, which does not inline the work of a kernel.  clang has
    no code for a kernel on ARM: drivers give it another calling convention."""
    names = names_in(source)
    with open(source, encoding='utf-8') as file:
        text = file.read()
    work = re.findall(r'NOT_INLINED[^;{(]*?(\w+)\(', text)
    source, ir, out = (os.path.join(folder, 'out.' + e)
                       for e in ('cl', 'll', 's'))
    # No second code of what is inlined.
    write(source, text.replace('#define INLINED ', '#define INLINED static '))
    run([ANY_CLANG] + FLAGS + options.split() + clang_target(device)
        + ['-include', os.path.join(HERE, 'cpu_builtins.cl'), '-fno-builtin',
           '-DPOCL_DEVICE_ADDRESS_BITS=64', '-Wno-unused-function',
           '-emit-llvm', '-S', '-o', ir, source])
    with open(ir, encoding='utf-8') as file:
        text = re.sub(r'\bspir_(kernel|func) ', '', file.read())
    write(ir, text)
    run([ANY_CLANG] + clang_target(device)
        + ['-x', 'ir', '-O3', '-Xclang', '-disable-llvm-passes',
           '-Wno-override-module', '-fverbose-asm', '-S', '-o', out, ir])
    with open(out, encoding='utf-8') as file:
        spills = vector_spills(file.read(), names + work)
    return [Kernel(name, spills=spills) for name in names]


def with_defines(number_of, source, options, folder):
    """A copy of a source whose -D options are lines of it."""
    with open(source, encoding='utf-8') as file:
        text = file.read()
    lines = ['#define ' + word[2:].replace('=', ' ', 1)
             for word in options.split() if word.startswith('-D')]
    path = os.path.join(folder, f'{number_of}.cl')
    write(path, '\n'.join(lines + [text]))
    return path


def front_end(target, sources, pool):
    """Many programs in one process, as half of clang's time is its start.
    clang warns of arguments by value where it generates the calls."""
    with tempfile.TemporaryDirectory() as folder:
        files = [with_defines(i, *source, folder)
                 for i, source in enumerate(sources)]
        shown = run([ANY_CLANG] + FLAGS + ['-cl-std=CL1.2', '-###']
                    + clang_target(target[0]) + FRONT_END
                    + ['-S', '-o', os.devnull, files[0]])
        command = shlex.split(shown.splitlines()[-1])[:-1]
        jobs = [pool.submit(run, command + files[i::os.cpu_count()])
                for i in range(os.cpu_count())]
        for job in jobs:
            job.result()
    return [(options, [Kernel(name) for name in names_in(source)])
            for source, options in sources]


# Device, what it is, compiler (None: clang's front end), the tools it takes,
# the variant it gets, and whether it has double.
TARGETS = [(d, f'Intel {text}', compile_intel, ['ocloc'], 'gpu', fp64)
           for d, text, fp64 in (
               ('bdw', 'gen8', True), ('skl', 'gen9', True),
               ('icllp', 'gen11', False), ('tgllp', 'gen12', False),
               ('dg1', 'Xe LP', False), ('acm-g10', 'Xe HPG', False),
               ('pvc', 'Xe HPC', True))]
TARGETS += [(d, 'AMD', compile_amd, ['clang-15', CLC], 'gpu', True)
            for d in ('gfx906', 'gfx90a', 'gfx1030', 'gfx1100')]
TARGETS += [('sm_80', 'NVIDIA', compile_nvidia, ['clang-15', CLC], 'gpu',
             True),
            ('spir64', 'SPIR-V 1.0', compile_spirv,
             ['clang-15', 'llvm-spirv-15', 'spirv-val'], 'gpu', True),
            ('poclcc', "an FPGA's place", compile_pocl, ['poclcc'], 'cpu4',
             True)]
CPUS = [(d, text, compile_cpu, [ANY_CLANG], variant, True)
        for d, text, variant in (
            ('x86-64', 'CPU with SSE2', 'cpu4'),
            ('x86-64-v2', 'CPU with SSE4.2', 'cpu4'),
            ('x86-64-v3', 'CPU with AVX2', 'cpu8'),
            ('x86-64-v4', 'CPU with AVX-512', 'cpu16'),
            ('aarch64', 'CPU with NEON', 'cpu4'))]
CPU_NAMES = [t[0] for t in CPUS]
TARGETS += CPUS
QUICK = [(t[0], t[1], None, t[3], t[4], True) for t in CPUS]
QUICK += [('spir64', 'GPU', None, [ANY_CLANG], 'gpu', True)]


def programs(writer, variant, folder):
    """Sources and options, as the library would give them to the device."""
    run([writer, variant, folder])
    found = []
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        with open(path, encoding='utf-8') as file:
            found.append((path, file.readline()[2:].strip()))
    return found


def user_of(op, prefix, element, real, width):
    """A kernel of somebody who includes clrelu.clh."""
    vector, name = f'{element}{width}', f'{prefix}{op}'
    alpha = vector if op == 'prelu' else real
    return (f'__kernel void use_{name}{width}(__global {vector} *x, {alpha} p)\n'
            '{\n    const size_t i = get_global_id(0);\n'
            f'    const {vector} y = {name}{width}(x[i], p);\n'
            f'    x[i] = {name}_grad{width}(x[i], p, y);\n}}\n')


def formulas(clh, folder):
    """Users of every operation and type, as one program without options; of
    vectors that every CPU has registers for."""
    with open(clh, encoding='ascii') as file:
        text = file.read()
    for prefix, element, real in (
            ('clrelu_', 'float', 'float'), ('clrelu_f16_', 'ushort', 'float'),
            ('clrelu_bf16_', 'ushort', 'float'),
            ('clrelu_f64_', 'double', 'double')):
        users = ''.join(user_of(op, prefix, element, real, width)
                        for op in ('leaky_relu', 'prelu', 'elu',
                                   'thresholded_relu')
                        for width in (('', 2) if element == 'double' else
                                      ('', 3, 4)))
        text += (users if element != 'double' else
                 f'#ifdef cl_khr_fp64\n{users}#endif\n')
    path = os.path.join(folder, 'formulas.cl')
    write(path, text)
    return path, ''


def chains(clrelu, folder):
    """Users of a chain of every operation and type, as one program."""
    text = ''
    for op in ('leaky_relu', 'prelu', 'elu', 'thresholded_relu'):
        for dtype in ('f32', 'f16', 'bf16', 'f64'):
            prefix = f'{op}_{dtype}_'
            real = 'double' if dtype == 'f64' else 'float'
            printed = run([clrelu, 'source', op, '--dtype', dtype, '--prefix',
                           prefix, '--chain', 'scale,bias,residual', '--gain',
                           '2'])
            alpha = ' x,' if op == 'prelu' else ''
            for width in ('', 2) if dtype == 'f64' else ('', 3, 4):
                printed += (
                    f'__kernel void use_{prefix}{width}(__global {real}{width} '
                    f'*p)\n{{\n    const {real}{width} x = p[get_global_id(0)];'
                    f'\n    *p = {prefix}chain{width}(x, x, x,{alpha} x) '
                    f'+ {prefix}chain_grad{width}(x, x, x,{alpha} x);\n}}\n')
            text += (printed if dtype != 'f64' else
                     f'#ifdef cl_khr_fp64\n{printed}#endif\n')
    path = os.path.join(folder, 'chains.cl')
    write(path, text)
    return path, ''


def left_out(sources):
    """The kernel files that none of the sources has."""
    found = set()
    for source, _ in sources:
        with open(source, encoding='utf-8') as file:
            found.update(re.findall(r'^#line 1 "([^"]+)"', file.read(),
                                    re.MULTILINE))
    return sorted({name for name in os.listdir(KERNEL_FILES)
                   if name.endswith('.cl')} - found)


def compile_one(target, source, options):
    with tempfile.TemporaryDirectory() as folder:
        try:
            return options, target[2](target[0], source, options, folder)
        except Failure as why:
            raise Failure(f'{options}\n{why}') from why


def compile_all(target, sources, pool):
    jobs = [pool.submit(compile_one, target, source, options)
            for source, options in sources
            if target[5] or '-DDTYPE=4' not in options]
    return [job.result() for job in jobs]


def most(kernels, field):
    values = [getattr(k, field) for k in kernels]
    return '' if None in values else max(values)


def test(number_of, target, sources, pool):
    """A TAP line; a row of the table, or None."""
    name, text, _, tools, _, _ = target
    missing = [t for t in tools
               if not shutil.which(t) and not os.path.exists(t)]
    if missing:
        print(f'ok {number_of} - {name} # SKIP {missing[0]} is not installed')
        return None
    try:
        results = (compile_all if target[2] else front_end)(target, sources,
                                                            pool)
    except Failure as why:
        print(*('# ' + line for line in str(why).splitlines()[:30]), sep='\n')
        print(f'not ok {number_of} - {name} compiles without a warning')
        return None
    kernels = [k for _, found in results for k in found]
    failed = 0
    for options, found in results:
        for k in found:
            if k.spills and not may_spill(name, options):
                print(f'# {name}: {k.name} spills {k.spills}, {options}')
                failed += 1
    spills = most(kernels, 'spills')
    row = (f'| {text}, `{name}` | {len(results)} | {len(kernels)} | '
           f'{most(kernels, "registers")} | {spills} | '
           f'{most(kernels, "lanes")} | {most(kernels, "private")} |')
    bad = failed or not kernels
    spilling = sum(bool(k.spills) for k in kernels)
    spilled = '' if spills == '' else f', {spilling} spill where they may'
    print(f'{"not " if bad else ""}ok {number_of} - {name}: {len(kernels)} '
          f'kernels, no warning{spilled}', flush=True)
    return row


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('writer', metavar='TEST_PORTABILITY')
    parser.add_argument('clh', metavar='CLH')
    parser.add_argument('clrelu', metavar='CLRELU')
    parser.add_argument('--quick', action='store_true')
    parser.add_argument('--table', metavar='FILE')
    parser.add_argument('--only', metavar='TARGET')
    options = parser.parse_args()
    rows = []
    targets = [t for t in (QUICK if options.quick else TARGETS)
               if options.only in (None, t[0])]
    with tempfile.TemporaryDirectory() as folder, \
            concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        sources = {}
        others = [formulas(options.clh, folder),
                  chains(options.clrelu, folder)]
        for variant in sorted({t[4] for t in targets}):
            os.mkdir(os.path.join(folder, variant))
            sources[variant] = [
                (source, built) for source, built in programs(
                    options.writer, variant, os.path.join(folder, variant))
                if not (options.quick and '-DACCUMULATE=1' in built)]
            sources[variant] += others
        for i, target in enumerate(targets):
            chosen = sources[target[4]][i % 2::2] if options.quick \
                else sources[target[4]]
            row = test(i + 1, target, chosen, pool)
            if row:
                rows.append(row)
        missing = [] if options.only else left_out(sum(sources.values(), []))
    for name in missing:
        print('#', name)
    print(f'{"not " if missing else ""}ok {len(targets) + 1} - no kernel file '
          'is left out')
    print(f'1..{len(targets) + 1}')
    if options.table:
        page_table.update(options.table, 'offline', HEAD, rows,
                          [target[0] for target in TARGETS])


if __name__ == '__main__':
    sys.exit(main())
