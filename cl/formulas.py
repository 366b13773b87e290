# formulas.py - the formulas of the kernels as text for other people's kernels
# SPDX-License-Identifier: MIT
"""formulas.py HEADER CLH FOLDER PREPROCESSOR...

Writes a C header with a text for each operation and type, and all of them as
CLH for other people's kernels.  A text is what the
C preprocessor makes of the kernel files in FOLDER for each width of vector:
plain OpenCL C of the functions that the operation needs.  '@' stands for the
prefix of a name.
"""
import re
import subprocess
import sys

DTYPES = {'float32': 1, 'float16': 2, 'bfloat16': 3, 'float64': 4}
WIDTHS = (1, 2, 4, 8, 16)
# The kernel files' function of a result, and of its derivative.
OPS = {'leaky_relu': 'leaky_relu', 'prelu': 'leaky_relu', 'elu': 'elu',
       'thresholded_relu': 'thresholded_relu'}
PARAMETER = {'thresholded_relu': 'theta'}
FUNCTION = re.compile(r'^\w+ (\w+)\([^;{]*\)\n\{\n.*?^\}\n',
                      re.MULTILINE | re.DOTALL)


def is_16_bit(dtype):
    return dtype in ('float16', 'bfloat16')


def wide(name, width):
    return name if width == 1 else f'{name}{width}'


def files(dtype):
    storage = dtype if is_16_bit(dtype) else 'real'
    names = ['types', 'storage_' + storage, 'exp', 'activations', 'elu']
    return names + (['elu_16bit'] if is_16_bit(dtype) else [])


def functions(preprocessor, folder, op, dtype, width):
    """The preprocessed functions: {name: text}."""
    real, integer = ('double', 'long') if dtype == 'float64' else (
        'float', 'int')
    stored = 'ushort' if is_16_bit(dtype) else real
    number = DTYPES[dtype]
    defined = {'DTYPE': number, 'VECTOR': width, 'GROUP': 1, 'ACCUMULATE': 0,
               'ALPHA_DTYPE': number if op == 'prelu' else 0,
               '__ENDIAN_LITTLE__': 1, 'real': real,
               'realv': wide(real, width), 'intv': wide(integer, width),
               'uintv': wide('uint', width), 'stored': stored,
               'storedv': wide(stored, width)}
    text = ''
    for name in files(dtype):
        with open(f'{folder}/{name}.cl', encoding='ascii') as file:
            text += file.read()
    if is_16_bit(dtype):
        text += ('realv widen_16_bit(storedv bits)\n{\n'
                 '    return widen(bits);\n}\n')
    text = re.sub(r'^(typedef|#pragma).*\n', '', text, flags=re.MULTILINE)
    command = preprocessor + ['-E', '-P', '-undef', '-nostdinc', '-x', 'c',
                              '-'] + [f'-D{k}={v}' for k, v in defined.items()]
    result = subprocess.run(command, input=text, text=True, check=True,
                            stdout=subprocess.PIPE).stdout
    return {m[1]: m[0] for m in FUNCTION.finditer(result)}


def needed(found, roots):
    """The roots and what they call, in the order of the files."""
    names, left = set(), list(roots)
    while left:
        name = left.pop()
        if name not in names:
            names.add(name)
            left += [n for n in re.findall(r'\b\w+\b', found[name])
                     if n in found]
    return [n for n in found if n in names]


def public(op, dtype, width):
    """Functions that take a scalar parameter, or PReLU's alpha."""
    kind = 'ushort' if is_16_bit(dtype) else (
        'double' if dtype == 'float64' else 'float')
    real = 'double' if dtype == 'float64' else 'float'
    p = PARAMETER.get(op, 'alpha')
    vector, suffix = wide(kind, width), wide('', width)
    ends = ('y', 'dx') if is_16_bit(dtype) else ('forward', 'backward')
    inner = [f'@{op}_{OPS[op]}_{end}{suffix}_' for end in ends]
    if op == 'prelu':
        given, used = f'{vector} alpha', (
            f'@widen{suffix}(alpha)' if is_16_bit(dtype) else 'alpha')
    else:
        given, used = f'{real} {p}', f'({wide(real, width)})({p})'
    return (f'{vector} @{op}{suffix}({vector} x, {given})\n{{\n'
            f'    return {inner[0]}(x, {used});\n}}\n\n'
            f'{vector} @{op}_grad{suffix}({vector} x, {given}, {vector} dy)\n'
            f'{{\n    return {inner[1]}(x, {used}, dy);\n}}\n\n')


def widths_of_3(op, dtype):
    """Vectors of three elements are the first of four."""
    text = ''
    for head, body in re.findall(r'^(.*)\n\{\n    return (.*);\n\}',
                                 public(op, dtype, 4), re.MULTILINE):
        del body
        name = re.search(r'@(\w+)4\(', head)[1]
        names = re.findall(r'(\w+) (\w+)[,)]', head)
        args = ', '.join(f'({t})({n}, 0)' if t.endswith('4') else n
                         for t, n in names)
        head = re.sub(r'(float|double|ushort)4 ', r'\g<1>3 ', head)
        head = head.replace(name + '4(', name + '3(')
        text += (f'{head}\n{{\n    return @{name}4({args}).s012;\n}}\n\n')
    return text


def storage(preprocessor, folder, dtype):
    """Conversions, which texts of several operations share."""
    if not is_16_bit(dtype):
        return ''
    text = '#ifndef @STORAGE\n#define @STORAGE\n'
    for width in WIDTHS:
        found = functions(preprocessor, folder, 'elu', dtype, width)
        text += define(found, ['widen_16_bit', 'round_to_storage'], 'storage',
                       width)
        s, call = wide('', width), wide('', width) + '_'
        text += (f'float{s} @widen{s}(ushort{s} bits)\n{{\n'
                 f'    return @storage_widen_16_bit{call}(bits);\n}}\n\n'
                 f'ushort{s} @round{s}(float{s} v)\n{{\n'
                 f'    return @storage_round_to_storage{call}(v);\n}}\n\n')
        if width == 4:
            text += ('float3 @widen3(ushort3 bits)\n{\n'
                     '    return @widen4((ushort4)(bits, 0)).s012;\n}\n\n'
                     'ushort3 @round3(float3 v)\n{\n'
                     '    return @round4((float4)(v, 0)).s012;\n}\n\n')
    return text + '#endif\n'


def define(found, roots, owner, width):
    """The roots and what they call, under names of the owner."""
    body = ''.join(found[n] + '\n' for n in needed(found, roots))
    body = re.sub(r'\b(%s)\b' % '|'.join(found),
                  rf'@{owner}_\g<1>' + wide('', width) + '_', body)
    return body.replace('\n{\n', '\n{\n#pragma OPENCL FP_CONTRACT OFF\n')


def text_of(preprocessor, folder, op, dtype):
    text = (f'/* {op} on {dtype}, with the bits of clrelu.\n'
            ' * SPDX-License-Identifier: MIT */\n'
            '#ifdef __FAST_RELAXED_MATH__\n'
            '#error "clrelu: -cl-fast-relaxed-math changes results"\n#endif\n')
    if dtype == 'float64':
        text += '#pragma OPENCL EXTENSION cl_khr_fp64 : enable\n'
    text += storage(preprocessor, folder, dtype)
    for width in WIDTHS:
        found = functions(preprocessor, folder, op, dtype, width)
        ends = ('y', 'dx') if is_16_bit(dtype) else ('forward', 'backward')
        text += define(found, [f'{OPS[op]}_{end}' for end in ends], op, width)
        text += public(op, dtype, width)
        if width == 4:
            text += widths_of_3(op, dtype)
    return text


GUIDE = """/* clrelu.clh - formulas for kernels of OpenCL C 1.2, with the bits of clrelu
 * SPDX-License-Identifier: MIT
 *
 * Generated.  For scalars, and vectors of N = 2, 3, 4, 8 and 16:
 *
 *     floatN clrelu_leaky_reluN(floatN x, float alpha)
 *     floatN clrelu_preluN(floatN x, floatN alpha)
 *     floatN clrelu_eluN(floatN x, float alpha)
 *     floatN clrelu_thresholded_reluN(floatN x, float theta)
 *
 * and clrelu_NAME_gradN(x, parameter, dy), the gradient dx.  clrelu_f64_NAME is
 * the same in double.  clrelu_f16_NAME and clrelu_bf16_NAME take and return the
 * bits of 16-bit numbers as ushortN; clrelu_f16_widenN and clrelu_f16_roundN
 * convert them to and from floatN. */
#ifndef CLRELU_CLH
#define CLRELU_CLH
"""
PREFIXES = {'float32': 'clrelu_', 'float16': 'clrelu_f16_',
            'bfloat16': 'clrelu_bf16_', 'float64': 'clrelu_f64_'}


def write_array(out, name, text):
    out.write(f'static const char {name}[] = {{\n')
    data = text.encode('ascii')
    for i in range(0, len(data), 16):
        out.write(' '.join(f'{b},' for b in data[i:i + 16]) + '\n')
    out.write('0};\n')


def main():
    header, clh, folder, *preprocessor = sys.argv[1:]
    texts = {(op, dtype): text_of(preprocessor, folder, op, dtype)
             for op in OPS for dtype in DTYPES}
    every = GUIDE
    for dtype, prefix in PREFIXES.items():
        part = ''.join(texts[op, dtype] for op in OPS).replace('@', prefix)
        every += (f'#ifdef cl_khr_fp64\n{part}#endif\n'
                  if dtype == 'float64' else part)
    every += '#endif\n'
    with open(header, 'w', encoding='ascii') as out:
        out.write('/* Generated by cl/formulas.py. */\n')
        for (op, dtype), text in texts.items():
            write_array(out, f'{op}_{dtype}', text)
        write_array(out, 'clrelu_clh', every)
    with open(clh, 'w', encoding='ascii') as out:
        out.write(every)


if __name__ == '__main__':
    main()
