/* test_npy_elements.c - elements of .npy files, from type to type
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "device.h"
#include "npy/npy.h"
#include "random.h"
#include "storage.h"
#include "tap.h"
#include "ulp.h"

/* An element as the bits of its type, and the float32 or float64 nearest to it.
 */
struct element {
    const char *type;
    uint64_t bits;
    double value;
};

static const struct element to_float32[] = {
    {"f4", 0x3fc00000, 1.5},
    {"f4", 0x80000000, -0.0},
    {"f4", 0x00000001, 0x1p-149},
    {"f4", 0xff800000, -INFINITY},
    {"f8", 0xbff8000000000000, -1.5},
    {"f8", 0x8000000000000000, -0.0},
    {"f8", 0x3ff0000010000000, 1.0}, /* a tie, to even                        */
    {"f8", 0x3ff0000010000001, 0x1.000002p0},
    {"f8", 0x3ff0000030000000, 0x1.000004p0},
    {"f8", 0x47efffffe0000000, 0x1.fffffep127},
    {"f8", 0x47effffff0000000, INFINITY},
    {"f8", 0x36a0000000000000, 0x1p-149},
    {"f8", 0x3690000000000000, 0.0}, /* half of it                            */
    {"f8", 0xfff0000000000000, -INFINITY},
    {"i1", 0x80, -128},
    {"i1", 0x7f, 127},
    {"i1", 0xff, -1},
    {"u1", 0xff, 255},
    {"b1", 0x00, 0},
    {"b1", 0x01, 1},
    {"b1", 0x02, 1}, /* any byte but 0 is true                                */
    {"b1", 0xff, 1},
    {"i2", 0x8000, -32768},
    {"i2", 0x1234, 4660},
    {"u2", 0xffff, 65535},
    {"i4", 0x80000000, -0x1p31},
    {"i4", 0x01000001, 0x1p24}, /* a tie, to even                             */
    {"i4", 0x01000003, 16777220.0},
    {"i4", 0xffffffff, -1},
    {"u4", 0xffffffff, 0x1p32},
    {"u4", 0x80000001, 0x1p31},
    {"i8", 0x8000000000000000, -0x1p63},
    {"i8", 0x7fffffffffffffff, 0x1p63},
    /* Just above a tie: by way of double it would be rounded down. */
    {"i8", 0x4000004000000001, 0x1.000002p62},
    {"i8", 0x4000004000000000, 0x1p62},
    {"i8", 0xfffffffffffffffe, -2},
    {"u8", 0xffffffffffffffff, 0x1p64},
    {"u8", 0x8000008000000001, 0x1.000002p63},
    {"u8", 0x8000008000000000, 0x1p63},
};

static const struct element to_float64[] = {
    {"f8", 0x3ff0000000000001, 0x1.0000000000001p0},
    {"f4", 0x00000001, 0x1p-149},
    {"i8", 0xffffffffffffffff, -1},
    {"i8", 0x4000000000000201, 0x1.0000000000001p62},
    {"u8", 0xffffffffffffffff, 0x1p64},
    {"i2", 0x8000, -32768},
    {"b1", 0x80, 1},
};

static npy_header header_of(char order, const char *type)
{
    char text[128], error[NPY_ERROR];
    npy_header h;

    snprintf(text, sizeof(text),
             "{'descr': '%c%s', 'fortran_order': False, 'shape': (1,), }",
             order, type);
    if (!clrelu_npy_text_parse(text, strlen(text), &h, error))
        bail("%s: %s", text, error);
    return h;
}

static void convert_to(const npy_header *h, char order, uint64_t bits,
                       clrelu_dtype dtype, void *value)
{
    unsigned char bytes[8];

    for (size_t i = 0; i < h->item_size; i++)
        bytes[order == '<' ? i : h->item_size - 1 - i] =
            (unsigned char)(bits >> 8 * i);
    clrelu_npy_convert(h, bytes, 1, dtype, value);
}

static float convert(const npy_header *h, char order, uint64_t bits)
{
    float value;

    convert_to(h, order, bits, CLRELU_FLOAT32, &value);
    return value;
}

static uint64_t bits_of(double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

static void test_elements(clrelu_dtype dtype, size_t count,
                          const struct element *elements)
{
    for (size_t i = 0; i < 2 * count; i++) {
        const struct element *e = &elements[i / 2];
        const char order = i % 2 ? '>' : '<';
        const npy_header h = header_of(order, e->type);
        double got;
        if (dtype == CLRELU_FLOAT32)
            got = (double)convert(&h, order, e->bits);
        else
            convert_to(&h, order, e->bits, dtype, &got);
        ok(bits_of(got) == bits_of(e->value), "%c%s 0x%llx is %a, got %a",
           order, e->type, (unsigned long long)e->bits, e->value, got);
    }
}

static void test_halves(char order)
{
    const npy_header h = header_of(order, "f2");
    bool good = true;

    for (unsigned bits = 0; bits < 65536; bits++) {
        const float got = convert(&h, order, bits);
        const float want = (float)storage_value(CLRELU_FLOAT16, (uint16_t)bits);
        const bool same = same_float(got, want);
        if (!same)
            diag("0x%04x is %a, got %a", bits, want, got);
        good &= same;
    }
    ok(good, "%cf2: all", order);
}

/* ------------------------------------------------------- to other types -- */

static uint16_t narrow(const char *type, clrelu_dtype dtype, uint64_t bits)
{
    const npy_header h = header_of('<', type);
    uint16_t out[2] = {0, 0xa5a5};

    convert_to(&h, '<', bits, dtype, out);
    if (out[1] != 0xa5a5)
        bail("%s: wrote too much", type);
    return out[0];
}

static const struct narrowed {
    const char *type;
    uint64_t bits;
    unsigned half, bfloat;
} narrowed[] = {
    {"f4", 0x3f800000, 0x3c00, 0x3f80},
    {"f4", 0x80000000, 0x8000, 0x8000},
    {"f4", 0x7f800000, 0x7c00, 0x7f80},
    {"f4", 0xff800000, 0xfc00, 0xff80},
    {"f4", 0x3f808000, 0x3c04, 0x3f80}, /* ties of bfloat16, to even          */
    {"f4", 0x3f818000, 0x3c0c, 0x3f82},
    {"f4", 0x3f801000, 0x3c00, 0x3f80}, /* and of float16                     */
    {"f4", 0x3f803000, 0x3c02, 0x3f80},
    {"f4", 0x477fefff, 0x7bff, 0x4780},
    {"f4", 0x477ff000, 0x7c00, 0x4780},
    {"f4", 0x7f7fffff, 0x7c00, 0x7f80},
    {"f4", 0x33000000, 0x0000, 0x3300}, /* half of the least float16          */
    {"f4", 0x33000001, 0x0001, 0x3300},
    {"f4", 0x00000001, 0x0000, 0x0000},
    {"f4", 0x7f800001, 0x7e00, 0x7fc0}, /* NaN stays NaN                      */
    {"f4", 0xffc12000, 0xfe09, 0xffc1},
    /* Just above a tie: by way of float32 it would be rounded down. */
    {"f8", 0x3ff0100000000001, 0x3c04, 0x3f81},
    {"f8", 0x3ff0020000000001, 0x3c01, 0x3f80},
    {"f8", 0x0000000000000001, 0x0000, 0x0000},
    {"f8", 0x7fefffffffffffff, 0x7c00, 0x7f80},
    {"f8", 0x8010000000000000, 0x8000, 0x8000},
    {"f8", 0x3790000000000001, 0x0000, 0x0001}, /* above half of the least    */
    {"f8", 0x3790000000000000, 0x0000, 0x0000},
    {"i8", 0x8000000000000000, 0xfc00, 0xdf00},
    {"i8", 0x4040000000000001, 0x7c00, 0x5e81}, /* above a tie, by 2^-62      */
    {"i8", 0x4040000000000000, 0x7c00, 0x5e80},
    {"i8", 0xbfbfffffffffffff, 0xfc00, 0xde81},
    {"u8", 0xffffffffffffffff, 0x7c00, 0x5f80},
    {"u8", 0x0000000000000801, 0x6800, 0x4500},
    {"u2", 0x0101, 0x5c04, 0x4380},
    {"b1", 0x01, 0x3c00, 0x3f80},
    {"b1", 0x7f, 0x3c00, 0x3f80},
};

static void test_narrow(void)
{
    for (size_t i = 0; i < COUNT_OF(narrowed); i++) {
        const struct narrowed *n = &narrowed[i];
        const unsigned half = narrow(n->type, CLRELU_FLOAT16, n->bits);
        const unsigned bfloat = narrow(n->type, CLRELU_BFLOAT16, n->bits);
        ok(half == n->half && bfloat == n->bfloat,
           "%s 0x%llx is float16 0x%04x, got 0x%04x; bfloat16 0x%04x, got "
           "0x%04x",
           n->type, (unsigned long long)n->bits, n->half, half, n->bfloat,
           bfloat);
    }
}

/* Any exponent that matters, and mantissas near the ties. */
static void test_random(clrelu_dtype dtype, const char *name)
{
    uint64_t random = 7;
    size_t bad = 0;

    for (size_t i = 0; i < 200000; i++) {
        const unsigned kept = 7 + (unsigned)random_below(&random, 46);
        const uint64_t mask = ~((UINT64_C(1) << (52 - kept)) - 1);
        const uint64_t exponent = 1023 - 152 + random_below(&random, 300);
        const uint64_t mantissa =
            random_bits(&random) >> 12 & (mask | (random_bits(&random) & 1));
        const uint64_t bits =
            random_bits(&random) << 63 | exponent << 52 | mantissa;
        double value;
        memcpy(&value, &bits, sizeof(value));
        const uint16_t got = narrow("f8", dtype, bits);
        if (got != storage_round(dtype, value) && bad++ == 0)
            diag("%a is 0x%04x, got 0x%04x", value, storage_round(dtype, value),
                 got);
    }
    ok(bad == 0, "200000 float64 to %s: rounded once", name);
}

/* Each of 16 bits, to every type. */
static void test_all(const char *type, clrelu_dtype own, clrelu_dtype other)
{
    const npy_header h = header_of('=', type);
    size_t bad = 0;

    for (unsigned i = 0; i < 65536; i++) {
        const uint16_t bits = (uint16_t)i;
        const double value = storage_value(own, bits);
        double wide;
        float single;
        clrelu_npy_convert(&h, &bits, 1, CLRELU_FLOAT64, &wide);
        clrelu_npy_convert(&h, &bits, 1, CLRELU_FLOAT32, &single);
        const uint16_t moved = narrow(type, other, bits);
        const bool good = isnan(value)
                              ? isnan(wide) && isnan(single) &&
                                    isnan(storage_value(other, moved))
                              : bits_of(wide) == bits_of(value) &&
                                    same_float(single, (float)value) &&
                                    moved == storage_round(other, value);
        if ((!good || narrow(type, own, bits) != bits) && bad++ == 0)
            diag("0x%04x is %a, got %a, %a, 0x%04x", i, value, wide, single,
                 moved);
    }
    ok(bad == 0, "%s: all, to every type", type);
}

/* What is of its type already is copied, NaN bit by bit, in our byte order. */
static void test_copies(void)
{
    static const unsigned char bytes[] = {0x7f, 0x81, 0x01, 0x02};
    const uint16_t two[] = {0x7f81, 0x0102};
    const uint32_t one = 0x7f810102;
    npy_header h = header_of('>', "V2");
    unsigned char got[4];

    clrelu_npy_convert(&h, bytes, 2, CLRELU_BFLOAT16, got);
    ok(memcmp(got, two, sizeof(got)) == 0, ">V2 to bfloat16");
    h = header_of('>', "f4");
    clrelu_npy_convert(&h, bytes, 1, CLRELU_FLOAT32, got);
    ok(memcmp(got, &one, sizeof(got)) == 0, ">f4 to float32");
}

/* --------------------------------------------------------------- order -- */

static void test_reorder(size_t rank, const size_t *dims)
{
    npy_header h = {.fortran = true, .rank = rank, .count = 1};
    float fortran[256], c[256];
    char shape[NPY_SHAPE_TEXT];
    bool good = true;

    for (size_t i = 0; i < rank; i++) {
        h.dims[i] = dims[i];
        h.count *= dims[i];
    }
    for (size_t i = 0; i < h.count; i++)
        fortran[i] = (float)i;
    clrelu_npy_reorder(&h, sizeof(*c), fortran, c);
    for (size_t i = 0; i < h.count; i++) {
        size_t rest = i, from = 0;
        for (size_t axis = rank; axis-- > 0; rest /= dims[axis]) {
            size_t stride = 1;
            for (size_t before = 0; before < axis; before++)
                stride *= dims[before];
            from += rest % dims[axis] * stride;
        }
        good &= c[i] == (float)from;
    }
    ok(good, "Fortran order to C order, %s",
       clrelu_npy_shape_format(rank, dims, shape));
}

int main(void)
{
    static const size_t dims[] = {2, 3, 4, 5};

    test_elements(CLRELU_FLOAT32, COUNT_OF(to_float32), to_float32);
    test_elements(CLRELU_FLOAT64, COUNT_OF(to_float64), to_float64);
    test_halves('<');
    test_halves('>');
    test_narrow();
    test_random(CLRELU_FLOAT16, "float16");
    test_random(CLRELU_BFLOAT16, "bfloat16");
    test_all("f2", CLRELU_FLOAT16, CLRELU_BFLOAT16);
    test_all("V2", CLRELU_BFLOAT16, CLRELU_FLOAT16);
    test_copies();
    for (size_t rank = 1; rank <= 4; rank++)
        test_reorder(rank, dims);
    return done_testing();
}
