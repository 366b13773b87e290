/* test_npy.c - headers and elements of .npy files
 * SPDX-License-Identifier: MIT */
#include "../src/npy.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "tap.h"

static const struct good {
    const char *text;
    char kind;
    size_t item_size;
    bool fortran;
    const char *shape;
} good_texts[] = {
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }   \n", 'f', 4,
     false, "(2, 3)"},
    {"{'shape': (2, 3), 'fortran_order': True, 'descr': '>f8'}", 'f', 8, true,
     "(2, 3)"},
    {"{\"shape\":(5,),\"descr\":\"<f2\",\"fortran_order\":True}", 'f', 2, false,
     "(5,)"},
    {" {\t'descr' :\n'|u1' ,'fortran_order' : False,'shape' : ( 7 , ) } \r\n",
     'u', 1, false, "(7,)"},
    {"{'descr': '=i8', 'fortran_order': False, 'shape': (3L, 4L), }", 'i', 8,
     false, "(3, 4)"},
    {"{'descr': 'i2', 'fortran_order': False, 'shape': (), }", 'i', 2, false,
     "()"},
    {"{'descr': '<i4', 'fortran_order': False, 'shape': (1, 2, 3, 4,), }", 'i',
     4, false, "(1, 2, 3, 4)"},
    {"{'descr': '<u8', 'fortran_order': False, 'shape': (0,), }", 'u', 8, false,
     "(0,)"},
    /* An extent of 0 makes the rest harmless, in any order. */
    {"{'descr': '<f8', 'fortran_order': False, 'shape': (4611686018427387904, "
     "4611686018427387904, 0), }",
     'f', 8, false, "(4611686018427387904, 4611686018427387904, 0)"},
};

static void test_good_texts(void)
{
    char error[NPY_ERROR], shape[NPY_SHAPE_TEXT];
    npy_header h;

    for (size_t i = 0; i < COUNT_OF(good_texts); i++) {
        const struct good *g = &good_texts[i];
        error[0] = '\0';
        ok(clrelu_npy_text_parse(g->text, strlen(g->text), &h, error) &&
               h.kind == g->kind && h.item_size == g->item_size &&
               h.fortran == g->fortran &&
               strcmp(clrelu_npy_shape_format(h.rank, h.dims, shape),
                      g->shape) == 0,
           "text %zu: %c%zu %s %s", i, g->kind, g->item_size, g->shape, error);
    }
}

#define DESCR(descr) \
    "{'descr': " descr ", 'fortran_order': False, 'shape': (2,), }"
#define ORDER(order) \
    "{'descr': '<f4', 'fortran_order': " order ", 'shape': (2,), }"
#define SHAPE(shape) \
    "{'descr': '<f4', 'fortran_order': False, 'shape': " shape ", }"

/* A text, and what its refusal names. */
static const char *const bad_texts[][2] = {
    {DESCR("'<c8'"), "'<c8'"},
    {DESCR("'|b1'"), "'|b1'"},
    {DESCR("'?'"), "'?'"},
    {DESCR("'<U3'"), "'<U3'"},
    {DESCR("'|S3'"), "'|S3'"},
    {DESCR("'|O'"), "'|O'"},
    {DESCR("'<f16'"), "'<f16'"},
    {DESCR("'<M8[ns]'"), "'<M8[ns]'"},
    {DESCR("[('a', '<f4'), ('b', '<i4')]"), "[('a', '<f4'), ('b', '<i4')]"},
    {DESCR("('<f4', (2,))"), "('<f4', (2,))"},
    {DESCR("''"), "descr"},
    {DESCR("'<'"), "descr"},
    {DESCR("'f'"), "descr"},
    {DESCR("'<f3'"), "descr"},
    {DESCR("'<i1 '"), "descr"},
    {DESCR("' f4'"), "descr"},
    {DESCR("'<<f4'"), "descr"},
    {DESCR("'<f4"), "descr"},
    {DESCR("<f4"), "descr"},
    {DESCR("None"), "descr None"},
    {ORDER("0"), "fortran_order"},
    {ORDER("None"), "fortran_order"},
    {ORDER("'False'"), "fortran_order"},
    {ORDER("false"), "fortran_order"},
    {ORDER("Truely"), "garbled"},
    {SHAPE("(-1,)"), "shape"},
    {SHAPE("(2, -3)"), "shape"},
    {SHAPE("(2"), "shape"},
    {SHAPE("2"), "shape"},
    {SHAPE("(2)"), "shape"},
    {SHAPE("[2]"), "shape"},
    {SHAPE("(,)"), "shape"},
    {SHAPE("(2,,3)"), "shape"},
    {SHAPE("(2 3)"), "shape"},
    {SHAPE("(2.0,)"), "shape"},
    {SHAPE("(0x2,)"), "shape"},
    {SHAPE("('2',)"), "shape"},
    {SHAPE("None"), "shape"},
    {SHAPE(""), "shape"},
    {SHAPE("(99999999999999999999999,)"), "shape"},
    {SHAPE("(18446744073709551617,)"), "shape"},
    {SHAPE("(9223372036854775807,)"), "shape (9223372036854775807,)"},
    {SHAPE("(4294967296, 4294967296)"), "shape (4294967296, 4294967296)"},
    {SHAPE("(1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,"
           "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1)"),
     "shape"},
    {"", "garbled"},
    {"{", "garbled"},
    {"{}", "lacks"},
    {"[]", "garbled"},
    {"{'descr': '<f4'}", "lacks"},
    {"{'descr': '<f4', 'fortran_order': False, }", "lacks"},
    {"{'descr': '<f4', 'shape': (2,), }", "lacks"},
    {"{'fortran_order': False, 'shape': (2,), }", "lacks"},
    {"{'descr': '<f4' 'fortran_order': False, 'shape': (2,), }", "garbled"},
    {"{'descr' '<f4', 'fortran_order': False, 'shape': (2,), }", "garbled"},
    {"{descr: '<f4', 'fortran_order': False, 'shape': (2,), }", "garbled"},
    {"{,'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", "garbled"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,),,}", "garbled"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,)} x", "garbled"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,)", "garbled"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'more': 1}",
     "'more'"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'shape': (3,)}",
     "'shape'"},
};

static bool refused(const char *text, size_t size, const char *word)
{
    char error[NPY_ERROR] = "";
    npy_header h;
    const bool good =
        !clrelu_npy_text_parse(text, size, &h, error) && strstr(error, word);

    if (!good)
        diag("%.*s: '%s', should name '%s'", (int)size, text, error, word);
    return good;
}

static void test_bad_texts(void)
{
    static const char nul[] = DESCR("'<f4'") "\0";

    for (size_t i = 0; i < COUNT_OF(bad_texts); i++)
        ok(refused(bad_texts[i][0], strlen(bad_texts[i][0]), bad_texts[i][1]),
           "refused: %.70s", bad_texts[i][0]);
    ok(refused(nul, sizeof(nul), "garbled"), "refused: a NUL at the end");
}

/* A text cut anywhere, in memory that ends with it. */
static void test_cut_texts(void)
{
    static const char text[] = DESCR("'<f4'");
    bool good = true;

    for (size_t size = 0; size + 1 < strlen(text); size++) {
        char *copy = malloc(size + 1);
        if (!copy)
            bail("no memory");
        memcpy(copy + 1, text, size);
        good &= refused(copy + 1, size, "");
        free(copy);
    }
    ok(good, "refused: a text cut after 0 to %zu bytes", strlen(text) - 2);
}

static void test_prefixes(void)
{
    static const struct {
        const char *bytes;
        bool good;
        size_t prefix_size, text_size;
    } cases[] = {
        {"\x93NUMPY\x01\x00\x76\x00\x00\x00", true, 10, 0x76},
        {"\x93NUMPY\x01\x00\xff\xff\xff\xff", true, 10, 0xffff},
        {"\x93NUMPY\x02\x00\x76\x00\x01\x00", true, 12, 0x10076},
        {"\x93NUMPY\x03\x00\x00\x00\x10\x00", true, 12, 1 << 20},
        {"\x93NUMPY\x02\x00\x01\x00\x10\x00", false, 0, 0},
        {"\x93NUMPY\x03\x00\xff\xff\xff\xff", false, 0, 0},
        {"\x93NUMPY\x00\x00\x76\x00\x00\x00", false, 0, 0},
        {"\x93NUMPY\x04\x00\x76\x00\x00\x00", false, 0, 0},
        {"\x93NUMPY\x01\x01\x76\x00\x00\x00", false, 0, 0},
        {"\x93NUMPX\x01\x00\x76\x00\x00\x00", false, 0, 0},
        {"PK\x03\x04\x14\x00\x00\x00\x00\x00\x00\x00", false, 0, 0},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        unsigned char bytes[NPY_MAX_PREFIX];
        char error[NPY_ERROR] = "";
        size_t prefix_size = 0, text_size = 0;
        memcpy(bytes, cases[i].bytes, sizeof(bytes));
        const bool good =
            clrelu_npy_prefix_parse(bytes, &prefix_size, &text_size, error);
        ok(good == cases[i].good &&
               (!good || (prefix_size == cases[i].prefix_size &&
                          text_size == cases[i].text_size)),
           "prefix %zu: %s", i,
           cases[i].good ? "a header that is there" : error);
    }
}

/* An element as the bits of its type, and the float32 nearest to it. */
static const struct element {
    const char *type;
    uint64_t bits;
    float value;
} elements[] = {
    {"f4", 0x3fc00000, 1.5f},
    {"f4", 0x80000000, -0.0f},
    {"f4", 0x00000001, 0x1p-149f},
    {"f4", 0xff800000, -INFINITY},
    {"f8", 0xbff8000000000000, -1.5f},
    {"f8", 0x8000000000000000, -0.0f},
    {"f8", 0x3ff0000010000000, 1.0f}, /* a tie, to even                       */
    {"f8", 0x3ff0000010000001, 0x1.000002p0f},
    {"f8", 0x3ff0000030000000, 0x1.000004p0f},
    {"f8", 0x47efffffe0000000, 0x1.fffffep127f},
    {"f8", 0x47effffff0000000, INFINITY},
    {"f8", 0x36a0000000000000, 0x1p-149f},
    {"f8", 0x3690000000000000, 0.0f}, /* half of it                           */
    {"f8", 0xfff0000000000000, -INFINITY},
    {"i1", 0x80, -128},
    {"i1", 0x7f, 127},
    {"i1", 0xff, -1},
    {"u1", 0xff, 255},
    {"i2", 0x8000, -32768},
    {"i2", 0x1234, 4660},
    {"u2", 0xffff, 65535},
    {"i4", 0x80000000, -0x1p31f},
    {"i4", 0x01000001, 0x1p24f}, /* a tie, to even                            */
    {"i4", 0x01000003, 16777220.0f},
    {"i4", 0xffffffff, -1},
    {"u4", 0xffffffff, 0x1p32f},
    {"u4", 0x80000001, 0x1p31f},
    {"i8", 0x8000000000000000, -0x1p63f},
    {"i8", 0x7fffffffffffffff, 0x1p63f},
    /* Just above a tie: by way of double it would be rounded down. */
    {"i8", 0x4000004000000001, 0x1.000002p62f},
    {"i8", 0x4000004000000000, 0x1p62f},
    {"i8", 0xfffffffffffffffe, -2},
    {"u8", 0xffffffffffffffff, 0x1p64f},
    {"u8", 0x8000008000000001, 0x1.000002p63f},
    {"u8", 0x8000008000000000, 0x1p63f},
};

static bool same_bits(float a, float b)
{
    return memcmp(&a, &b, sizeof(a)) == 0;
}

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

static float convert(const npy_header *h, char order, uint64_t bits)
{
    unsigned char bytes[8];
    float value;

    for (size_t i = 0; i < h->item_size; i++)
        bytes[order == '<' ? i : h->item_size - 1 - i] =
            (unsigned char)(bits >> 8 * i);
    clrelu_npy_convert(h, bytes, 1, &value);
    return value;
}

static void test_elements(void)
{
    for (size_t i = 0; i < 2 * COUNT_OF(elements); i++) {
        const struct element *e = &elements[i / 2];
        const char order = i % 2 ? '>' : '<';
        const npy_header h = header_of(order, e->type);
        const float value = convert(&h, order, e->bits);
        ok(same_bits(value, e->value), "%c%s 0x%llx is %a, got %a", order,
           e->type, (unsigned long long)e->bits, e->value, value);
    }
}

static float half(unsigned bits)
{
    const unsigned exponent = bits >> 10 & 31, mantissa = bits & 1023;
    const float size =
        exponent == 0 ? ldexpf((float)mantissa, -24)
                      : ldexpf((float)(1024 + mantissa), (int)exponent - 25);

    if (exponent == 31)
        return mantissa ? NAN : bits >> 15 ? -INFINITY : INFINITY;
    return bits >> 15 ? -size : size;
}

static void test_halves(char order)
{
    const npy_header h = header_of(order, "f2");
    bool good = true;

    for (unsigned bits = 0; bits < 65536; bits++) {
        const float got = convert(&h, order, bits), want = half(bits);
        const bool same = same_bits(got, want) || (isnan(got) && isnan(want));
        if (!same)
            diag("0x%04x is %a, got %a", bits, want, got);
        good &= same;
    }
    ok(good, "%cf2: all", order);
}

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
    clrelu_npy_reorder(&h, fortran, c);
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

/* What is written has numpy's form, and reads back. */
static void test_format(size_t rank, const size_t *dims)
{
    char out[NPY_MAX_HEADER], error[NPY_ERROR] = "", shape[NPY_SHAPE_TEXT];
    unsigned char prefix[NPY_MAX_PREFIX];
    size_t prefix_size, text_size;
    npy_header h;
    const size_t size = clrelu_npy_header_format(rank, dims, out);

    memcpy(prefix, out, sizeof(prefix));
    ok(size % 64 == 0 && out[size - 1] == '\n' && out[6] == 1 &&
           clrelu_npy_prefix_parse(prefix, &prefix_size, &text_size, error) &&
           prefix_size + text_size == size &&
           clrelu_npy_text_parse(out + prefix_size, text_size, &h, error) &&
           h.kind == 'f' && h.item_size == 4 && !h.swapped && !h.fortran &&
           h.rank == rank && memcmp(h.dims, dims, rank * sizeof(*dims)) == 0,
       "written and read, %.60s%s", clrelu_npy_shape_format(rank, dims, shape),
       error);
}

int main(void)
{
    static const size_t dims[] = {2, 3, 4, 5, 0, 1};
    size_t large[NPY_MAX_RANK];

    for (size_t i = 0; i < NPY_MAX_RANK; i++)
        large[i] = SIZE_MAX / 2;
    large[7] = 0;
    test_good_texts();
    test_bad_texts();
    test_cut_texts();
    test_prefixes();
    test_elements();
    test_halves('<');
    test_halves('>');
    for (size_t rank = 1; rank <= 4; rank++)
        test_reorder(rank, dims);
    for (size_t rank = 0; rank <= 6; rank++)
        test_format(rank, dims);
    test_format(NPY_MAX_RANK, large);
    return done_testing();
}
