/* test_npy.c - headers of .npy files
 * SPDX-License-Identifier: MIT */
#include "npy/npy.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "tap.h"

/* The largest extent, half of it, and the root of what overflows. */
#if SIZE_MAX > UINT32_MAX
#define LARGEST "9223372036854775807"
#define HALF_LARGEST "4611686018427387904"
#define ROOT "4294967296"
#else
#define LARGEST "2147483647"
#define HALF_LARGEST "1073741824"
#define ROOT "65536"
#endif

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
    {"{'descr': '<V2', 'fortran_order': False, 'shape': (3,), }", 'V', 2, false,
     "(3,)"},
    {"{'descr': '|V2', 'fortran_order': False, 'shape': (3,), }", 'V', 2, false,
     "(3,)"},
    {"{'descr': 'bfloat16', 'fortran_order': True, 'shape': (2, 3)}", 'V', 2,
     true, "(2, 3)"},
    {"{'descr': '<u8', 'fortran_order': False, 'shape': (0,), }", 'u', 8, false,
     "(0,)"},
    {"{'descr': '|b1', 'fortran_order': True, 'shape': (2, 3), }", 'b', 1, true,
     "(2, 3)"},
    /* An extent of 0 makes the rest harmless, in any order. */
    {"{'descr': '<f8', 'fortran_order': False, 'shape': (" HALF_LARGEST
     ", " HALF_LARGEST ", 0), }",
     'f', 8, false, "(" HALF_LARGEST ", " HALF_LARGEST ", 0)"},
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

/* A text, and what its error names. */
static const char *const bad_texts[][2] = {
    {DESCR("'<c8'"), "'<c8'"},
    {DESCR("'|b2'"), "'|b2'"},
    {DESCR("'?'"), "'?'"},
    {DESCR("'<U3'"), "'<U3'"},
    {DESCR("'|S3'"), "'|S3'"},
    {DESCR("'|O'"), "'|O'"},
    {DESCR("'<f16'"), "'<f16'"},
    {DESCR("'|V1'"), "'|V1'"},
    {DESCR("'<V4'"), "V2 (bfloat16)"},
    {DESCR("'bfloat1'"), "'bfloat1'"},
    {DESCR("'bfloat16x'"), "'bfloat16x'"},
    {DESCR("'<bfloat16'"), "'<bfloat16'"},
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
    {SHAPE("(" LARGEST ",)"), "shape (" LARGEST ",)"},
    {SHAPE("(" ROOT ", " ROOT ")"), "shape (" ROOT ", " ROOT ")"},
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
        char *copy = must_alloc(size + 1);
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

/* What is written has numpy's form, and reads back. */
static void test_format(size_t rank, const size_t *dims, clrelu_dtype dtype)
{
    char out[NPY_MAX_HEADER], error[NPY_ERROR] = "", shape[NPY_SHAPE_TEXT];
    unsigned char prefix[NPY_MAX_PREFIX];
    size_t prefix_size, text_size;
    npy_header h;
    const size_t size = clrelu_npy_header_format(rank, dims, dtype, out);

    memcpy(prefix, out, sizeof(prefix));
    ok(size % 64 == 0 && out[size - 1] == '\n' && out[6] == 1 &&
           clrelu_npy_prefix_parse(prefix, &prefix_size, &text_size, error) &&
           prefix_size + text_size == size &&
           clrelu_npy_text_parse(out + prefix_size, text_size, &h, error) &&
           clrelu_npy_dtype(&h) == dtype &&
           h.item_size == clrelu_dtype_size(dtype) && !h.swapped &&
           !h.fortran && h.rank == rank &&
           memcmp(h.dims, dims, rank * sizeof(*dims)) == 0,
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
    for (size_t rank = 0; rank <= 6; rank++)
        test_format(rank, dims, CLRELU_FLOAT32);
    test_format(NPY_MAX_RANK, large, CLRELU_FLOAT32);
    test_format(2, dims, CLRELU_FLOAT16);
    test_format(2, dims, CLRELU_BFLOAT16);
    test_format(2, dims, CLRELU_FLOAT64);
    return done_testing();
}
