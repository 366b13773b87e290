/* test_cli_types.c - types of elements by their names
 * SPDX-License-Identifier: MIT */
#include <unistd.h>

#include "cli.h"
#include "device.h"
#include "tap.h"

static const struct cli_type *const f16 = &cli_types[CLI_F16],
                                    *const f32 = &cli_types[CLI_F32],
                                    *const f64 = &cli_types[CLI_F64];
static const float six[] = {-2, 0.5f, -0.25f, 1, -1, 3};

static void write_array(const char *name, const char *descr, const char *shape,
                        const void *data, size_t size)
{
    char text[128];

    snprintf(text, sizeof(text),
             "{'descr': '%s', 'fortran_order': False, 'shape': %s}", descr,
             shape);
    cli_write_text(name, text, data, size);
}

/* Digits that only float64 has are rounded once. */
static void test_rounding(void)
{
    static const double tie[] = {0x1.0080000000001p0, 0x1.0100000000001p0};
    static const uint16_t half[] = {0x3c02, 0x3c04},
                          bfloat[] = {0x3f80, 0x3f81};
    static const uint16_t plain[] = {0x3f80, 0xbf80};
    static const float integers[] = {0x3f80, 0xbf80};

    write_array("r.npy", "=f8", "(2,)", tie, sizeof(tie));
    ok(cli_quiet("forward elu -i r.npy -o y.npy --dtype f16") &&
           cli_check_bits("y.npy", "f2", "(2,)", half, sizeof(half)),
       "f64 to f16");
    ok(cli_quiet("forward elu -i r.npy -o y.npy --dtype bf16") &&
           cli_check_bits("y.npy", "V2", "(2,)", bfloat, sizeof(bfloat)),
       "f64 to bf16");
    write_array("r.npy", "=u2", "(2,)", plain, sizeof(plain));
    ok(cli_quiet("forward elu -i r.npy -o y.npy") &&
           cli_check_bits("y.npy", "f4", "(2,)", integers, sizeof(integers)),
       "integers become f32");
}

/* Values are 0 and 1 whatever the bytes are. */
static void test_booleans(void)
{
    static const unsigned char bytes[] = {0, 1, 255, 0, 2, 0};
    static const float c[] = {0, 1, 1, 0, 1, 0}, f[] = {0, 1, 1, 1, 0, 0};
    static const uint16_t half[] = {0, 0x3c00, 0x3c00, 0, 0x3c00, 0};

    write_array("b.npy", "|b1", "(2, 3)", bytes, sizeof(bytes));
    cli_gives("forward leaky_relu -i b.npy -o y.npy", "(2, 3)", c, 6);
    ok(cli_quiet("forward elu -i b.npy -o y.npy --dtype half") &&
           cli_check_bits("y.npy", "f2", "(2, 3)", half, sizeof(half)),
       "booleans to f16");
    cli_write_npy("o.npy", "(2, 3)", c, 6);
    cli_gives("backward leaky_relu -i o.npy -g b.npy -o y.npy", "(2, 3)", c, 6);
    cli_write_text("b.npy",
                   "{'descr': '|b1', 'fortran_order': True, 'shape': (2, 3)}",
                   bytes, sizeof(bytes));
    cli_gives("forward leaky_relu -i b.npy -o y.npy", "(2, 3)", f, 6);
    cli_prints("explain elu -i b.npy", "bytes read:     24\n");
}

/* bfloat16 under each of its names, and in the other byte order. */
static void test_bfloat16(void)
{
    static const struct {
        const char *descr, *options;
    } cases[] = {{"=V2", ""},
                 {"|V2", ""},
                 {"V2", ""},
                 {"bfloat16", ""},
                 {"=u2", " --dtype bf16"},
                 {"|V2", " --dtype bf16"}};
    static const uint16_t bits[] = {0xc000, 0x3f80}, y[] = {0xbf00, 0x3f80};
    const bool little = ((const unsigned char *)bits)[0] == 0;
    static const unsigned char big[] = {0xc0, 0, 0x3f, 0x80};
    static const unsigned char small[] = {0, 0xc0, 0x80, 0x3f};

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        write_array("b.npy", cases[i].descr, "(2,)", bits, sizeof(bits));
        ok(cli_quiet(
               cli_line("forward leaky_relu --alpha 0.25 -i b.npy -o y.npy%s",
                        cases[i].options)) &&
               cli_check_bits("y.npy", "V2", "(2,)", y, sizeof(y)),
           "'%s'%s is bfloat16", cases[i].descr, cases[i].options);
    }
    write_array("b.npy", little ? ">V2" : "<V2", "(2,)", little ? big : small,
                sizeof(big));
    ok(cli_quiet("forward leaky_relu --alpha 0.25 -i b.npy -o y.npy") &&
           cli_check_bits("y.npy", "V2", "(2,)", y, sizeof(y)),
       "bfloat16 in the other byte order");
}

static void test_fortran(const struct cli_type *t)
{
    static const float fortran[] = {1, 4, 2, 5, 3, 6}, c[] = {1, 2, 3, 4, 5, 6};
    double in[6], out[6]; /* room for the widest */
    char text[128];

    cli_store(t, 6, fortran, in);
    cli_store(t, 6, c, out);
    snprintf(text, sizeof(text),
             "{'descr': '=%s', 'fortran_order': True, 'shape': (2, 3)}",
             t->npy);
    cli_write_text("f.npy", text, in, cli_bytes(t, 6));
    ok(cli_quiet("forward elu -i f.npy -o y.npy") &&
           cli_check_bits("y.npy", t->npy, "(2, 3)", out, cli_bytes(t, 6)),
       "%s in Fortran order", t->name);
}

static void test_refused(void)
{
    static const char *const misused[][2] = {
        {"forward elu " X6 " --dtype f1", "'f1' must be f16, bf16, f32 or f64"},
        {"forward elu " X6 " --dtype float8", "'float8'"},
        {"forward elu " X6 " --dtype f16,f32", "'f16,f32'"},
        {"forward elu " X6 " --dtype >f4", "'>f4'"},
        {"forward elu " X6 " --dtype F4", "'F4'"},
        {"forward elu " X6 " --dtype Half", "'Half'"},
        {"forward elu " X6 " --dtype i4", "'i4'"},
        {"forward elu " X6 " --dtype b", "'b'"},
        {"forward elu " X6 " --dtype float162", "'float162'"},
        {"forward elu " X6 " --dtype ''", "--dtype"},
        {"explain elu --shape 3 --dtype halfs", "'halfs'"},
        {"devices --dtype f16", "--dtype"},
        {"compile -o y --dtype f3",
         "'f3' must be f16, bf16, f32 or f64, joined by commas"},
        {"compile -o y --dtype f16,", "'f16,'"},
        {"cache warm --dtype f16,float", "'f16,float'"},
    };
    static const char *const failing[][2] = {
        {"backward elu " G6,
         "dy.npy: is f32, must be f16, as x.npy is; --dtype converts both"},
        {"backward prelu " G6 " --dalpha da.npy", "dy.npy: is f32"},
        {"forward prelu -i w.npy -o y.npy --alpha-regularizer l1",
         "w.npy: is f64, which --alpha-regularizer does not take; --dtype f32"},
        {"backward prelu -i w.npy -g w.npy -o y.npy --alpha-out new.npy "
         "--learning-rate 1",
         "w.npy: is f64, which --alpha-out does not take; --dtype f32"},
        {"forward elu -i x.npy -o y.npy --alpha 1e39", "alpha is 1e+39"},
    };

    unlink("new.npy");
    cli_write_values("x.npy", f16, "(6,)", 6, six);
    cli_write_values("dy.npy", f32, "(6,)", 6, six);
    cli_write_values("w.npy", f64, "(6,)", 6, six);
    for (size_t i = 0; i < COUNT_OF(misused); i++)
        cli_refuse(misused[i][0], 2, misused[i][1]);
    for (size_t i = 0; i < COUNT_OF(failing); i++)
        cli_refuse(failing[i][0], 1, failing[i][1]);
}

static void test_no_float64(bool has_float64)
{
    if (has_float64) {
        skip("the device has cl_khr_fp64", "f64 is refused where it is not");
        return;
    }
    cli_refuse("forward elu -i w.npy -o y.npy", 1, "--dtype f32 converts");
    cli_refuse("backward prelu -i w.npy -g w.npy -o y.npy", 1,
               "--dtype f32 converts");
    cli_refuse("explain elu -i w.npy", 1, "--dtype f32 converts");
    ok(cli_quiet("forward elu -i w.npy -o y.npy --dtype f32"),
       "f64 as f32 on a device without it");
}

static void check_spelling(const struct cli_type *t, const char *spelling)
{
    static const float positive[] = {0.5f, 2, 4, 1, 3, 8};
    double values[6]; /* room for the widest */
    char said[64];

    snprintf(said, sizeof(said), "bytes read:     %zu\n", cli_bytes(t, 1000));
    cli_prints(cli_line("explain elu --shape 1000 --dtype %s", spelling), said);
    cli_write_values("p.npy", f32, "(6,)", 6, positive);
    cli_store(t, 6, positive, values);
    ok(cli_quiet(
           cli_line("forward elu -i p.npy -o y.npy --dtype %s", spelling)) &&
           cli_check_bits("y.npy", t->npy, "(6,)", values, cli_bytes(t, 6)),
       "--dtype %s is %s", spelling, t->name);
}

static void test_spellings(bool has_float64)
{
    static const char *const spellings[CLI_TYPES][5] = {
        [CLI_F16] = {"float16", "f2", "<f2", "e", "half"},
        [CLI_BF16] = {"bfloat16"},
        [CLI_F32] = {"float32", "f4", "<f4", "f", "single"},
        [CLI_F64] = {"float64", "f8", "<f8", "d", "double"},
    };

    for (size_t i = 0; i < CLI_TYPES; i++)
        for (size_t k = 0; k < 5 && spellings[i][k]; k++)
            if (i != CLI_F64 || has_float64)
                check_spelling(&cli_types[i], spellings[i][k]);
}

/* A scalar keeps its digits, and its range is that of the type. */
static void test_float64_scalars(void)
{
    static const float minus_one = -1;
    static const struct {
        const char *options;
        double y;
    } cases[] = {
        {"leaky_relu --alpha 0.3", -0.3},
        {"prelu --alpha 0.3", -0.3},
        {"leaky_relu --alpha 1e60", -1e60},
        {"prelu --alpha 1e60", -1e60},
        {"prelu --alpha 1e-60", -1e-60},
        {"thresholded_relu --theta 1e60", 0},
    };
    static const char *const ops[] = {"leaky_relu", "elu", "prelu"};

    cli_write_values("w.npy", f64, "(1,)", 1, &minus_one);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        ok(cli_quiet(
               cli_line("forward %s -i w.npy -o y.npy", cases[i].options)) &&
               cli_check_bits("y.npy", "f8", "(1,)", &cases[i].y, 8),
           "%s of f64", cases[i].options);
    }
    for (size_t i = 0; i < COUNT_OF(ops); i++) {
        cli_refuse(cli_line("forward %s -i w.npy -o y.npy --alpha nan", ops[i]),
                   1, "alpha is nan, must be finite in float64");
        cli_refuse(
            cli_line("forward %s -i w.npy -o y.npy --alpha 1e60 --dtype f32",
                     ops[i]),
            1, "alpha is 1e+60, must be finite in float32");
    }
}

static void test_explain(void)
{
    cli_prints("explain elu --shape 1000", "bytes read:     4000\n");
    cli_prints("explain elu --shape 1000 --dtype bf16",
               "bytes read:     2000\n");
    cli_prints("explain elu -i x.npy", "bytes read:     12\n");
    cli_prints("explain elu -i x.npy --dtype f32", "bytes read:     24\n");
    cli_prints("explain prelu --shape 6,1 --dtype f16", "bytes read:     16\n");
    cli_prints("forward --help", "--dtype f16|bf16|f32|f64");
}

int main(int argc, char **argv)
{
    struct device d;

    cli_begin(argc, argv);
    device_open(&d);
    const bool has_float64 = device_has_float64(&d);
    device_close(&d);
    test_rounding();
    test_booleans();
    test_bfloat16();
    for (size_t i = 0; i < CLI_TYPES; i++)
        if (i != CLI_F64 || has_float64)
            test_fortran(&cli_types[i]);
    test_refused();
    test_no_float64(has_float64);
    test_spellings(has_float64);
    if (has_float64)
        test_float64_scalars();
    test_explain();
    return cli_finish();
}
