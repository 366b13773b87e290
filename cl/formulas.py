# formulas.py - the formulas of the kernels as text for other people's kernels
# SPDX-License-Identifier: MIT
"""formulas.py HEADER CLH FOLDER PREPROCESSOR...

Writes a C header with a text for each operation and type, and all of them as
CLH.  A text is what the C preprocessor makes of the kernel files in FOLDER for
each width of vector: plain OpenCL C of the functions that the operation needs.
HEADER also has the 16-bit operations between floats, as a chain takes them.  In
HEADER '@' stands for the prefix of every name.
"""
import functools
import re
import subprocess
import sys
import textwrap

DTYPES = ('float32', 'float16', 'bfloat16', 'float64')  # their numbers are 1..4
WIDTHS = (1, 2, 4, 3, 8, 16)  # three elements take the code of four
# The kernel files' functions of an operation begin with this.
OPS = {'leaky_relu': 'leaky_relu', 'prelu': 'leaky_relu', 'elu': 'elu',
       'thresholded_relu': 'thresholded_relu'}
PREFIXES = {'float32': 'clrelu_', 'float16': 'clrelu_f16_',
            'bfloat16': 'clrelu_bf16_', 'float64': 'clrelu_f64_'}
FUNCTION = re.compile(r'^\w+ (\w+)\([^;{]*\)\n\{\n.*?^\}\n',
                      re.MULTILINE | re.DOTALL)


def is_16_bit(dtype):
    return dtype in ('float16', 'bfloat16')


def real_of(dtype):
    return 'double' if dtype == 'float64' else 'float'


def stored_of(dtype):
    return 'ushort' if is_16_bit(dtype) else real_of(dtype)


def suffix(width):
    return '' if width == 1 else str(width)


# -------------------------------------------------------- the kernel files --


class Files:
    """What the preprocessor makes of the kernel files."""

    def __init__(self, folder, preprocessor):
        self.folder, self.preprocessor = folder, preprocessor

    def read(self, names):
        text = ''
        for name in names:
            with open(f'{self.folder}/{name}.cl', encoding='ascii') as file:
                text += file.read()
        # They are macros here; FP_CONTRACT is each function's own.
        return re.sub(r'^(typedef|#pragma).*\n', '', text, flags=re.MULTILINE)

    def preprocess(self, text, defined):
        command = self.preprocessor + [
            '-E', '-P', '-undef', '-nostdinc', '-x', 'c', '-']
        command += [f'-D{name}={value}' for name, value in defined.items()]
        result = subprocess.run(command, input=text, text=True, check=True,
                                stdout=subprocess.PIPE).stdout
        return {m[1]: m[0] for m in FUNCTION.finditer(result)}

    @functools.lru_cache(maxsize=None)
    def functions(self, dtype, width, own_alpha, chain=False):
        """{name: text}, and the names that convert from and to storage;
        own_alpha: alpha's type is dtype."""
        real, stored, wide = real_of(dtype), stored_of(dtype), suffix(width)
        number = DTYPES.index(dtype) + 1
        defined = {
            'DTYPE': number, 'VECTOR': width, 'GROUP': 1, 'ACCUMULATE': 0,
            'ALPHA_DTYPE': number if own_alpha else 0, 'real': real,
            'realv': real + wide, 'stored': stored, 'storedv': stored + wide,
            'intv': ('long' if real == 'double' else 'int') + wide,
            'uintv': 'uint' + wide}
        if chain:
            defined['CHAIN_OP'] = ''
        bits = is_16_bit(dtype)
        first = self.read(['types', 'storage_' + (dtype if bits else 'real')])
        if bits:
            first += 'realv widen_16_bit(storedv v)\n{\n    return widen(v);\n}\n'
        rest = self.read(['exp', 'activations', 'elu']
                         + (['elu_16bit'] if bits else []))
        found = self.preprocess(first + rest, defined)
        if '__ENDIAN_LITTLE__' in first + rest:
            big = found
            defined['__ENDIAN_LITTLE__'] = 1
            found = {name: text if text == big[name] else
                     f'#ifdef __ENDIAN_LITTLE__\n{text}#else\n{big[name]}#endif\n'
                     for name, text in
                     self.preprocess(first + rest, defined).items()}
        return found, {m[1] for m in FUNCTION.finditer(first)}


def needed(found, roots):
    """The roots and what they call, in the order of the files."""
    names, left = set(), list(roots)
    while left:
        name = left.pop()
        if name not in names:
            names.add(name)
            left += [n for n in re.findall(r'\w+', found[name]) if n in found]
    return [n for n in found if n in names]


def define(found, names, new_name):
    """The functions under new names."""
    body = ''.join(found[n] + '\n' for n in names)
    body = re.sub(r'\w+', lambda m: new_name(m[0]) if m[0] in found else m[0],
                  body)
    return re.sub(r'^(\w+ @.*\n\{\n)',
                  r'@static \g<1>#pragma OPENCL FP_CONTRACT OFF\n', body,
                  flags=re.MULTILINE)


# --------------------------------------------------------------- the texts --


def function(result, name, width, parameters, call):
    """A function in terms of call; of three elements, in terms of four."""
    wide = suffix(width)
    types = [(t.replace('N', wide), n) for t, n in parameters]
    head = ', '.join(t + ('' if t.endswith('*') else ' ') + n
                     for t, n in types)
    if width == 3:
        given = ', '.join(f'({t[:-1]}4)({n}, 0)' if t.endswith('3') else n
                          for t, n in types)
        call = f'@{name}4({given}).s012'
    result = result.replace('N', wide)
    value = '' if result == 'void' else 'return '
    return (f'@static {result} @{name}{wide}({head})\n{{\n'
            f'    {value}{call};\n}}\n\n')


def parameters_of(op, dtype):
    stored = stored_of(dtype) + 'N'
    name = 'theta' if op == 'thresholded_relu' else 'alpha'
    return [(stored, 'x'), (stored if op == 'prelu' else real_of(dtype), name),
            (stored, 'dy')]


def inner_name(op, name):
    """Of a kernel file's function, in the text of an operation."""
    return name if name.startswith(op) else f'{op}_{name}'


def operation(files, op, dtype, width):
    """The operation for one width."""
    wide, parameters = suffix(width), parameters_of(op, dtype)
    ends, p = ('forward', 'backward'), parameters[1][1]
    used = f'({real_of(dtype)}{wide})({p})'
    if is_16_bit(dtype):
        ends = 'y', 'dx'
    if op == 'prelu':
        used = f'@widen{wide}({p})' if is_16_bit(dtype) else p
    elif width == 1:
        used = p
    inner = [f'{OPS[op]}_{end}' for end in ends]

    def new_name(name):
        mine = name if name in storage else inner_name(op, name)
        return f'@{mine}{wide}_'

    text = ''
    if width != 3:
        found, storage = files.functions(dtype, width, op == 'prelu')
        names = [n for n in needed(found, inner) if n not in storage]
        text = define(found, names, new_name)
        inner = [new_name(name) for name in inner]
    result = parameters[0][0]
    return (text + function(result, op, width, parameters[:2],
                            f'{inner[0]}(x, {used})')
            + function(result, op + '_grad', width, parameters,
                       f'{inner[1]}(x, {used}, dy)'))


def between_floats(files, op, dtype, width):
    """op_forward and op_backward of a 16-bit type, in a chain."""
    found, _ = files.functions(dtype, width, False, True)
    names = needed(found, [f'{OPS[op]}_{end}' for end in ('forward', 'backward')])
    return define(found, names, lambda name: f'@chain_{inner_name(op, name)}'
                  f'{suffix(width)}_')


def conversions(files, dtype, width):
    """From and to 16-bit storage, for one width."""
    wide, text = suffix(width), ''
    if width != 3:
        found, storage = files.functions(dtype, width, False)
        text = define(found, [n for n in found if n in storage],
                      lambda name: f'@{name}{wide}_')
    text += function('floatN', 'widen', width, [('ushortN', 'bits')],
                     f'@widen_16_bit{wide}_(bits)')
    text += function('ushortN', 'round', width, [('floatN', 'v')],
                     f'@round_to_storage{wide}_(v)')
    load, store = 'p[i]', f'p[i] = @round(v)'
    if width > 1:
        load, store = f'vload{wide}(i, p)', f'vstore{wide}(@round{wide}(v), i, p)'
    head = f'@static float{wide} @load{wide}(size_t i, __global const ushort *p)'
    text += f'{head}\n{{\n    return @widen{wide}({load});\n}}\n\n'
    head = (f'@static void @store{wide}(float{wide} v, size_t i, '
            '__global ushort *p)')
    return text + f'{head}\n{{\n    {store};\n}}\n\n'


def once(name, text):
    return f'#ifndef {name}\n#define {name}\n{text}#endif\n'


def wrapped(text):
    """Lines of at most 80 characters with the longest prefix."""
    lines = []
    for line in text.replace('@', 12 * '@').splitlines():
        indent = ' ' * (len(line) - len(line.lstrip()) + 4)
        fits = len(line) <= 80 or line.startswith('#')
        lines += [line] if fits else textwrap.wrap(
            line, 80, subsequent_indent=indent, break_long_words=False,
            break_on_hyphens=False)
    return '\n'.join(lines).replace(12 * '@', '@') + '\n'


COMMENT = """/* {op} of {dtype} for kernels of OpenCL C 1.2
 * SPDX-License-Identifier: MIT
 *
 * For scalars, and vectors of N = 2, 3, 4, 8 and 16 elements:
 *
{list}
 *
 * {formula}; grad is its derivative times dy.
{conversions} *
 * On devices with IEEE {real} and fma the results are {accuracy}
 * and have the bits of the library clrelu; any NaN is like any other. */
"""
CONVERSIONS = """ *
 * The ushort are the bits of {dtype} numbers.  From and to float, rounded to
 * nearest even; load and store address as vloadN and vstoreN do:
 *
 *     floatN @widenN(ushortN bits)
 *     ushortN @roundN(floatN v)
 *     floatN @loadN(size_t i, __global const ushort *p)
 *     void @storeN(floatN v, size_t i, __global ushort *p)
"""
FORMULAS = {'leaky_relu': 'y = x < 0 ? alpha*x : x',
            'prelu': 'y = x < 0 ? alpha*x : x',
            'elu': 'y = x < 0 ? alpha*expm1(x) : x',
            'thresholded_relu': 'y = x > theta ? x : 0'}


def comment(op, dtype):
    """The functions, and what they compute."""
    parameters = [f'{t} {n}' for t, n in parameters_of(op, dtype)]
    result = parameters[0].split()[0]
    heads = [f'{result} @{op}N({", ".join(parameters[:2])})',
             f'{result} @{op}_gradN({", ".join(parameters)})']
    return COMMENT.format(
        op=op, dtype=dtype, list='\n'.join(' *     ' + h for h in heads),
        formula=FORMULAS[op],
        conversions=CONVERSIONS.format(dtype=dtype) if is_16_bit(dtype) else '',
        real='float64' if dtype == 'float64' else 'float32',
        accuracy='within 2 ulp' if op == 'elu' else 'correctly rounded')


# Not all functions are used; programs that are linked have their own each.
COMMON = """#ifdef __FAST_RELAXED_MATH__
#error "clrelu: -cl-fast-relaxed-math changes results: build without it"
#endif
#ifndef @static
#define @static static __attribute__((unused))
#endif
"""


def common(files, dtype):
    """What the texts of a type have in common."""
    if dtype == 'float64':
        return COMMON + '#pragma OPENCL EXTENSION cl_khr_fp64 : enable\n'
    if not is_16_bit(dtype):
        return COMMON
    return COMMON + once(f'@{dtype}_', wrapped(''.join(
        conversions(files, dtype, width) for width in WIDTHS)))


def body(files, op, dtype):
    return once(f'@{op}_{dtype}_', wrapped(''.join(
        operation(files, op, dtype, width) for width in WIDTHS)))


def chain(files, op, dtype):
    """What a chain's functions call: FUNCTION_forwardN_ and _backwardN_."""
    name = inner_name(op, OPS[op])
    if not is_16_bit(dtype):
        return '', '@' + name
    return once(f'@chain_{op}_{dtype}_', wrapped(''.join(
        between_floats(files, op, dtype, width)
        for width in WIDTHS if width != 3))), '@chain_' + name


# --------------------------------------------------------------- the files --


GUIDE = """/* clrelu.clh - formulas for kernels of OpenCL C 1.2, with the bits of clrelu
 * SPDX-License-Identifier: MIT
 *
 * For scalars, and vectors of N = 2, 3, 4, 8 and 16 elements:
 *
 *     floatN clrelu_leaky_reluN(floatN x, float alpha)
 *     floatN clrelu_preluN(floatN x, floatN alpha)
 *     floatN clrelu_eluN(floatN x, float alpha)
 *     floatN clrelu_thresholded_reluN(floatN x, float theta)
 *
 * and clrelu_NAME_gradN(x, parameter, dy), the gradient dx.  clrelu_f64_NAME is
 * the same in double, on devices that have it.  clrelu_f16_NAME and
 * clrelu_bf16_NAME take and return the bits of 16-bit numbers as ushortN;
 * clrelu_f16_widenN, clrelu_f16_roundN, clrelu_f16_loadN and clrelu_f16_storeN
 * convert from and to floatN. */
"""


def write_array(out, name, text):
    out.write(f'static const char {name}[] = {{\n')
    data = text.encode('ascii')
    for i in range(0, len(data), 16):
        out.write(' '.join(f'{b},' for b in data[i:i + 16]) + '\n')
    out.write('0};\n')


def write_header(path, texts, commons, chains):
    with open(path, 'w', encoding='ascii') as out:
        out.write('/* Generated by cl/formulas.py. */\n')
        write_array(out, 'guide', GUIDE)
        for dtype, text in commons.items():
            write_array(out, f'common_{dtype}', text)
        for (op, dtype), text in texts.items():
            write_array(out, f'comment_{op}_{dtype}', comment(op, dtype))
            write_array(out, f'body_{op}_{dtype}', text)
            write_array(out, f'chain_{op}_{dtype}', chains[op, dtype][0])
        out.write('static const struct {\n    clrelu_dtype dtype;\n'
                  '    const char *prefix, *common;\n} types[] = {\n')
        for dtype in commons:
            out.write(f'    {{CLRELU_{dtype.upper()}, "{PREFIXES[dtype]}", '
                      f'common_{dtype}}},\n')
        out.write('};\nstatic const struct {\n    clrelu_op op;\n'
                  '    clrelu_dtype dtype;\n    const char *comment, *body;\n'
                  '    const char *chain, *function;\n'
                  '} formulas[] = {\n')
        for op, dtype in texts:
            out.write(f'    {{CLRELU_{op.upper()}, CLRELU_{dtype.upper()}, '
                      f'comment_{op}_{dtype},\n     body_{op}_{dtype}, '
                      f'chain_{op}_{dtype}, "{chains[op, dtype][1]}"}},\n')
        out.write('};\n')


def write_clh(path, texts, commons):
    """As the library makes it of the header."""
    with open(path, 'w', encoding='ascii') as out:
        out.write(GUIDE)
        for dtype, text in commons.items():
            text += ''.join(texts[op, dtype] for op in OPS)
            if dtype == 'float64':
                text = f'#ifdef cl_khr_fp64\n{text}#endif\n'
            out.write(text.replace('@', PREFIXES[dtype]))


def main():
    header, clh, folder, *preprocessor = sys.argv[1:]
    files = Files(folder, preprocessor)
    commons = {dtype: common(files, dtype) for dtype in DTYPES}
    texts = {(op, dtype): body(files, op, dtype)
             for dtype in DTYPES for op in OPS}
    chains = {(op, dtype): chain(files, op, dtype) for op, dtype in texts}
    write_header(header, texts, commons, chains)
    write_clh(clh, texts, commons)


if __name__ == '__main__':
    main()
