/* cpu_builtins.cl - OpenCL's functions that kernels call, for clang alone
 * SPDX-License-Identifier: MIT
 *
 * A driver has them as machine code or bitcode.  Here they are included before
 * a program, so that clang's assembler has the loops of the kernels without a
 * call.  fma without an instruction for it is a product and a sum: its result
 * is not used here. */
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wpsabi" /* a vector wider than registers */

#define OVERLOAD __attribute__((overloadable, always_inline))
#define WIDTHS(f, ...)                                                         \
    f(__VA_ARGS__, 2) f(__VA_ARGS__, 4) f(__VA_ARGS__, 8) f(__VA_ARGS__, 16)

#define ACCESS(type, n)                                                        \
    typedef type##n unaligned_##type##n __attribute__((aligned(sizeof(type))));\
    LOAD(type, n, const) LOAD(type, n, const __global)                         \
    LOAD(type, n, __constant)                                                  \
    STORE(type, n, __private) STORE(type, n, __local) STORE(type, n, __global)
#define LOAD(type, n, space)                                                   \
    OVERLOAD type##n vload##n(size_t i, space type *p)                         \
    {                                                                          \
        return *(space unaligned_##type##n *)(p + n * i);                      \
    }
#define STORE(type, n, space)                                                  \
    OVERLOAD void vstore##n(type##n v, size_t i, space type *p)                \
    {                                                                          \
        *(space unaligned_##type##n *)(p + n * i) = v;                         \
    }
WIDTHS(ACCESS, float)
WIDTHS(ACCESS, double)
WIDTHS(ACCESS, ushort)
WIDTHS(ACCESS, uint)

#define FMA(type, n)                                                           \
    OVERLOAD type##n fma(type##n a, type##n b, type##n c)                      \
    {                                                                          \
        _Pragma("clang fp contract(on)") return a * b + c;                     \
    }
FMA(float, )
FMA(double, )
WIDTHS(FMA, float)
WIDTHS(FMA, double)

#define LIMITS(type, n)                                                        \
    OVERLOAD type##n min(type##n a, type##n b)                                 \
    {                                                                          \
        return a < b ? a : b;                                                  \
    }                                                                          \
    OVERLOAD type##n max(type##n a, type##n b)                                 \
    {                                                                          \
        return a > b ? a : b;                                                  \
    }                                                                          \
    OVERLOAD type##n clamp(type##n v, type##n low, type##n high)               \
    {                                                                          \
        return min(max(v, low), high);                                         \
    }
LIMITS(float, )
LIMITS(int, )
LIMITS(uint, )
LIMITS(long, )
LIMITS(ulong, )
WIDTHS(LIMITS, int)
WIDTHS(LIMITS, uint)
WIDTHS(LIMITS, ushort)
WIDTHS(LIMITS, long)

#define CONVERT(from, to, n)                                                   \
    OVERLOAD to##n convert_##to##n(from##n v)                                  \
    {                                                                          \
        return __builtin_convertvector(v, to##n);                              \
    }
WIDTHS(CONVERT, ushort, uint)
WIDTHS(CONVERT, uint, ushort)
WIDTHS(CONVERT, uint, int)
WIDTHS(CONVERT, uint, float)
WIDTHS(CONVERT, uint, long)
WIDTHS(CONVERT, uint, double)

#pragma clang diagnostic pop
