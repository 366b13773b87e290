/* kernel_cases.c - inputs that tell whether a kernel has the library's bits
 * SPDX-License-Identifier: MIT */
#include "offline/kernel_cases.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/half.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define LN2 0.6931471805599453

size_t clrelu_kernel_parameters(clrelu_op op, double out[KERNEL_ROUNDS])
{
    static const double of_elu[] = {1,        0.3,       -1.5,   0,
                                    0x1p-130, 0x1p-1050, 0x1p100},
                        of_others[] = {1, 0.3, 1.7, 0, 0x1p-130};
    const double *values = op == CLRELU_ELU ? of_elu : of_others;
    const size_t count =
        op == CLRELU_ELU ? COUNT_OF(of_elu) : COUNT_OF(of_others);

    memcpy(out, values, count * sizeof(*out));
    return count;
}

/* -------------------------------------------------------------- elements -- */

static unsigned bits_of(clrelu_dtype dtype)
{
    return 8 * (unsigned)clrelu_dtype_size(dtype);
}

/* The bits of the number as an element, rounded. */
static uint64_t encode(clrelu_dtype dtype, double value)
{
    const float narrow = fabs(value) > (double)FLT_MAX
                             ? copysignf(INFINITY, (float)copysign(1, value))
                             : (float)value;
    uint64_t wide;
    uint32_t word;

    memcpy(&wide, &value, sizeof(wide));
    memcpy(&word, &narrow, sizeof(word));
    if (dtype == CLRELU_FLOAT64)
        return wide;
    return dtype == CLRELU_FLOAT32 ? word : clrelu_half_narrow(value, dtype);
}

static void put(clrelu_dtype dtype, void *values, size_t i, uint64_t bits)
{
    const uint32_t word = (uint32_t)bits;
    const uint16_t half = (uint16_t)bits;
    const size_t size = clrelu_dtype_size(dtype);
    const void *from = size == 8   ? (const void *)&bits
                       : size == 4 ? (const void *)&word
                                   : (const void *)&half;

    memcpy((char *)values + i * size, from, size);
}

double clrelu_kernel_value(clrelu_dtype dtype, const void *values, size_t i)
{
    const size_t size = clrelu_dtype_size(dtype);
    const char *from = (const char *)values + i * size;
    uint16_t half;
    float narrow;
    double wide;

    if (size == 8) {
        memcpy(&wide, from, size);
        return wide;
    }
    if (size == 4) {
        memcpy(&narrow, from, size);
        return (double)narrow;
    }
    memcpy(&half, from, size);
    if (dtype == CLRELU_FLOAT16)
        return (double)clrelu_half_widen(half);
    const uint32_t word = (uint32_t)half << 16;
    memcpy(&narrow, &word, sizeof(narrow));
    return (double)narrow;
}

/* ------------------------------------------------------------------ cases --
 */

/* Where formulas, types or drivers have limits; with both signs and the next
 * numbers. */
static const double limits[] = {
    0,        INFINITY,        NAN,      1,       0.1,       0x1p-24,   LN2 / 2,
    LN2,      LN2 * 1.5,       17.3286,  18,      25,        38,        87.3366,
    88,       103.972,         104,      129,     176,       708.396,   745.133,
    1418,     0x1p-149,        0x1p-126, 0x1p-14, 0x1p-1074, 0x1p-1022, 65504,
    0x1p-133, (double)FLT_MAX, DBL_MAX};

enum { NEAR = 6, LIMITS = NEAR * COUNT_OF(limits), SPREAD = 4096 };

/* A random number of i (Steele, Lea, Flood, "Fast splittable pseudorandom
 * number generators", 2014). */
static uint64_t random_of(uint64_t i)
{
    uint64_t z = (i + 1) * 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* In [0, 1). */
static double uniform_of(uint64_t i)
{
    return (double)(random_of(i) >> 11) * 0x1p-53;
}

/* The limits, numbers of every exponent, and numbers between -20 and 0. */
static uint64_t case_of(clrelu_dtype dtype, size_t i)
{
    const unsigned low = bits_of(dtype) - 12;

    if (i < LIMITS) {
        const double limit = limits[i / NEAR];
        const uint64_t at = encode(dtype, i % 2 ? -limit : limit);
        return at + i % NEAR / 2 - 1;
    }
    i -= LIMITS;
    if (i < SPREAD)
        return (uint64_t)i << low | random_of(i) >> (64 - low);
    return encode(dtype, -20 * uniform_of(i));
}

/* Of one x in four rounds: 1, two numbers near it, and any. */
static uint64_t dy_of(clrelu_dtype dtype, size_t i, size_t round)
{
    const size_t turn = i + round, at = i + round * KERNEL_CASES;

    if (turn % 4 == 0)
        return encode(dtype, 1);
    if (turn % 4 == 1)
        return case_of(dtype, (size_t)(random_of(at) % KERNEL_CASES));
    return encode(dtype, 4 * uniform_of(at) - 2);
}

void clrelu_kernel_cases(clrelu_dtype dtype, size_t round, void *x, void *dy,
                         void *alpha)
{
    for (size_t i = 0; i < KERNEL_CASES; i++) {
        put(dtype, x, i, case_of(dtype, i));
        put(dtype, dy, i, dy_of(dtype, i, round));
        put(dtype, alpha, i, dy_of(dtype, i + 2, round));
    }
}
