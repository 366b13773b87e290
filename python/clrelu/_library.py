# _library.py - the C interface by ctypes, read from the library's headers
# SPDX-License-Identifier: MIT
import ctypes
import os
import pathlib
import re
import sysconfig
from typing import Any, get_type_hints

FOLDER = pathlib.Path(__file__).parent

TYPES: dict[str, Any] = {
    'void': None, 'char': ctypes.c_char, 'int': ctypes.c_int,
    'size_t': ctypes.c_size_t, 'float': ctypes.c_float,
    'double': ctypes.c_double, 'uint32_t': ctypes.c_uint32,
    'int64_t': ctypes.c_int64, 'uint64_t': ctypes.c_uint64,
    'cl_uint': ctypes.c_uint32, 'cl_device_type': ctypes.c_uint64}
TYPES.update(('cl_' + name, ctypes.c_void_p) for name in (
    'platform_id', 'device_id', 'context', 'command_queue', 'mem', 'event',
    'program'))

# What NumPy's arrays need of OpenCL, with which the library is linked.
OPENCL = '''
CLRELU_API cl_command_queue clCreateCommandQueue(
    cl_context context, cl_device_id device, uint64_t properties, int *error);
CLRELU_API int clRetainCommandQueue(cl_command_queue queue);
CLRELU_API int clReleaseCommandQueue(cl_command_queue queue);
CLRELU_API cl_mem clCreateBuffer(cl_context context, uint64_t flags,
                                 size_t size, void *memory, int *error);
CLRELU_API int clReleaseMemObject(cl_mem mem);
CLRELU_API void *clEnqueueMapBuffer(
    cl_command_queue queue, cl_mem mem, cl_uint wait, uint64_t flags,
    size_t offset, size_t size, cl_uint count, cl_event *list,
    cl_event *event, int *error);
CLRELU_API int clEnqueueUnmapMemObject(
    cl_command_queue queue, cl_mem mem, void *memory, cl_uint count,
    cl_event *list, cl_event *event);
CLRELU_API int clFinish(cl_command_queue queue);
'''


class Error(Exception):
    """What the library refuses.

    Attributes
    ----------
    status : str
        The name of the status, such as ``'CLRELU_INVALID_AXIS'``.  The
        exception's text is the library's.
    """

    def __init__(self, status: str, text: str):
        super().__init__(text)
        self.status = status


def headers():
    """The declarations of all headers, the base first."""
    folder = FOLDER / 'include'
    if not folder.is_dir():  # in the repository
        folder = FOLDER.parents[1] / 'include' / 'clrelu'
    paths = sorted(folder.glob('*.h'), key=lambda path: path.name != 'base.h')
    text = '\n'.join(path.read_text(encoding='utf-8') for path in paths)
    return OPENCL + re.sub(r'/\*.*?\*/|^#.*?[^\\]$|\bconst\b', '', text,
                           flags=re.DOTALL | re.MULTILINE)


def pointer_to(kind):
    return {None: ctypes.c_void_p, ctypes.c_char: ctypes.c_char_p}.get(
        kind) or ctypes.POINTER(kind)


def type_of(base, declarator):
    """(name, type) of a declarator such as "*dims" or "reserved[4]"."""
    stars, name, length = re.match(r'([* ]*)(\w*)(?:\[(\d+)\])?',
                                   declarator.strip()).groups()
    kind = TYPES[base]
    for _ in range(stars.count('*')):
        kind = pointer_to(kind)
    return name, kind * int(length) if length else kind


def declared(text):
    """[(name, type)] of a declaration such as "size_t rows, *dims"."""
    callback = re.match(r'\s*(\w+) \(\*(\w+)\)\((.*)\)', text, re.DOTALL)
    if callback:
        base, name, arguments = callback.groups()
        return [(name, ctypes.CFUNCTYPE(TYPES[base], *parameters(arguments)))]
    base, declarators = re.match(r'\s*(\w+)(.*)', text, re.DOTALL).groups()
    return [type_of(base, d) for d in declarators.split(',')]


def parameters(text):
    """The types of a function's parameters."""
    return [declared(p)[0][1] for p in re.split(r',(?![^(]*\))', text)
            if p.strip() != 'void']


def read_types(text):
    """Fills TYPES, and returns {enum: {enumerator: value}}."""
    enums = {}
    for body, name in re.findall(r'typedef enum \w+ {(.*?)} (\w+);', text,
                                 re.DOTALL):
        TYPES[name] = ctypes.c_int
        enums[name] = {key: int(value) for key, value in
                       re.findall(r'(\w+) = (\d+)', body)}
    TYPES.update((name, None) for name in
                 re.findall(r'typedef struct \w+ (\w+);', text))
    structs = re.findall(r'typedef struct \w+ {(.*?)} (\w+);', text, re.DOTALL)
    TYPES.update((name, type(name, (ctypes.Structure,), {}))
                 for _, name in structs)
    for callback in re.findall(r'typedef (\w+ \(\*\w+\).*?);', text,
                               re.DOTALL):
        TYPES.update(declared(callback))
    for body, name in structs:
        TYPES[name]._fields_ = [field for line in body.split(';')[:-1]
                                for field in declared(line)]
    return enums


def load(text):
    """The library of CLRELU_LIBRARY, of the wheel or of the system."""
    own = [str(file)
           for folder in (FOLDER.parent, sysconfig.get_path('platlib'))
           for file in pathlib.Path(folder).glob('.clrelu.mesonpy.libs/*')]
    library = ctypes.CDLL(os.environ.get('CLRELU_LIBRARY') or
                          (own or ['libclrelu.so.1'])[0])
    for result, name, arguments in re.findall(
            r'CLRELU_API\s+(\w+[\s*]+)(cl\w+)\((.*?)\);', text, re.DOTALL):
        function = getattr(library, name, None)
        if function:  # else the library is older than the headers
            function.restype = declared(result)[0][1]
            function.argtypes = parameters(arguments)
    return library


TEXT = headers()
ENUMS = read_types(TEXT)
LIBRARY = load(TEXT)


def names(enum, prefix='CLRELU_'):
    """{name: value} of those of an enum that begin so."""
    return {key[len(prefix):].lower(): value
            for key, value in ENUMS['clrelu_' + enum].items()
            if key.startswith(prefix)}


def value_of(known, name, what):
    """The enumerator of a name that a caller gave."""
    if name not in known:
        raise ValueError(f'{what} is {name!r}, must be one of '
                         f"{', '.join(known)}")
    return known[name]


def struct(name, **fields):
    return TYPES['clrelu_' + name](**fields)


def call(name, *arguments):
    """A function that returns a status."""
    status = getattr(LIBRARY, 'clrelu_' + name)(*arguments)
    if status:
        raise Error(LIBRARY.clrelu_status_name(status).decode(),
                    LIBRARY.clrelu_error().decode())


def opencl(name, *arguments):
    """A function of OpenCL that returns a code, or stores it at its end."""
    code = ctypes.c_int()
    function = getattr(LIBRARY, name)
    stores = len(function.argtypes) > len(arguments)
    result = function(*arguments, *([code] if stores else []))
    code = code.value if stores else result
    if code:
        raise Error('CLRELU_OPENCL_ERROR', f'{name}: {code}')
    return result


def text_of(name, *arguments):
    """A text that a function writes to (size, text, length)."""
    length = ctypes.c_size_t()
    call(name, *arguments, 0, None, length)
    text = ctypes.create_string_buffer(length.value + 1)
    call(name, *arguments, len(text), text, None)
    return text.value.decode()


def record(kind, source):
    """A named tuple of the fields of a C struct that have its names."""
    convert = {str: bytes.decode, bool: bool}
    return kind(*(convert.get(type_, lambda value: value)(getattr(source, name))
                  for name, type_ in get_type_hints(kind).items()))
