/* cli_npy.c - files for the command line, and what it made of them
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "storage.h"
#include "tap.h"

const struct cli_type cli_types[CLI_TYPES] = {
    [CLI_F16] = {CLRELU_FLOAT16, "f2", "f16"},
    [CLI_BF16] = {CLRELU_BFLOAT16, "V2", "bf16"},
    [CLI_F32] = {CLRELU_FLOAT32, "f4", "f32"},
    [CLI_F64] = {CLRELU_FLOAT64, "f8", "f64"},
};

void cli_write(const char *name, const void *bytes, size_t size)
{
    FILE *file = fopen(name, "wb");

    if (!file || fwrite(bytes, 1, size, file) != size || fclose(file))
        bail("cannot write %s", name);
}

size_t cli_make_npy(unsigned char *out, const char *text, const void *data,
                    size_t size)
{
    const size_t length = strlen(text);

    memcpy(out, "\x93NUMPY\x01", 8);
    out[8] = (unsigned char)(length & 255);
    out[9] = (unsigned char)(length >> 8);
    memcpy(out + 10, text, length);
    memcpy(out + 10 + length, data, size);
    return 10 + length + size;
}

void cli_write_text(const char *name, const char *text, const void *data,
                    size_t size)
{
    unsigned char *file = must_alloc(10 + strlen(text) + size);

    cli_write(name, file, cli_make_npy(file, text, data, size));
    free(file);
}

size_t cli_bytes(const struct cli_type *t, size_t n)
{
    return n * clrelu_dtype_size(t->dtype);
}

void cli_store(const struct cli_type *t, size_t n, const float *values,
               void *out)
{
    for (size_t i = 0; i < n; i++)
        if (t->dtype == CLRELU_FLOAT64)
            ((double *)out)[i] = (double)values[i];
        else if (t->dtype == CLRELU_FLOAT32)
            ((float *)out)[i] = values[i];
        else
            ((uint16_t *)out)[i] = storage_round(t->dtype, (double)values[i]);
}

void cli_write_values(const char *name, const struct cli_type *t,
                      const char *shape, size_t n, const float *values)
{
    void *data = must_alloc(cli_bytes(t, n) + 1);
    char text[256];

    snprintf(text, sizeof(text),
             "{'descr': '=%s', 'fortran_order': False, 'shape': %s, }", t->npy,
             shape);
    cli_store(t, n, values, data);
    cli_write_text(name, text, data, cli_bytes(t, n));
    free(data);
}

void cli_write_npy(const char *name, const char *shape, const float *data,
                   size_t n)
{
    cli_write_values(name, &cli_types[CLI_F32], shape, n, data);
}

static bool near(float got, float want)
{
    if (isnan(want) || isnan(got))
        return isnan(want) && isnan(got);
    return signbit(got) == signbit(want) &&
           (got == want || fabsf(got - want) <= 1.2e-7f * fabsf(want));
}

void *cli_load(const char *name, const char *type, const char *shape,
               size_t size)
{
    const uint16_t one = 1;
    const size_t max = 4096 + size;
    unsigned char *bytes = must_alloc(max);
    char text[256];
    FILE *file = fopen(name, "rb");
    const size_t got = file ? fread(bytes, 1, max, file) : 0;

    snprintf(text, sizeof(text),
             "{'descr': '%c%s', 'fortran_order': False, 'shape': %s, }",
             *(const unsigned char *)&one ? '<' : '>', type, shape);
    if (file)
        fclose(file);
    if (got > size && (got - size) % 64 == 0 &&
        memcmp(bytes + 10, text, strlen(text)) == 0)
        return memmove(bytes, bytes + got - size, size);
    diag("%s is not of %s, %s, and whole: %.100s", name, type, shape,
         got > 10 ? (const char *)bytes + 10 : "");
    free(bytes);
    return NULL;
}

bool cli_check_npy(const char *name, const char *shape, const float *want,
                   size_t n)
{
    float *got = cli_load(name, "f4", shape, n * sizeof(*got));
    bool good = got != NULL;

    for (size_t i = 0; good && i < n; i++) {
        good = near(got[i], want[i]);
        if (!good)
            diag("%s[%zu] is %a, should be %a", name, i, got[i], want[i]);
    }
    free(got);
    return good;
}

/* A NaN may have any bits. */
static bool is_nan(const char *type, const unsigned char *at)
{
    uint16_t half;
    float f32;
    double f64;

    memcpy(&half, at, sizeof(half));
    if (type[1] == '2')
        return (half & 0x7fff) > (*type == 'f' ? 0x7c00 : 0x7f80);
    memcpy(&f32, at, sizeof(f32));
    if (type[1] == '4')
        return *type == 'f' && isnan(f32);
    memcpy(&f64, at, sizeof(f64));
    return *type == 'f' && isnan(f64);
}

bool cli_check_bits(const char *name, const char *type, const char *shape,
                    const void *want, size_t size)
{
    unsigned char *got = cli_load(name, type, shape, size);
    const unsigned char *wanted = want;
    const size_t each = (size_t)(type[1] - '0');
    size_t i = 0;

    while (got && i < size &&
           (memcmp(got + i, wanted + i, each) == 0 ||
            (is_nan(type, got + i) && is_nan(type, wanted + i))))
        i += each;
    if (got && i < size)
        diag("%s differs from element %zu on", name, i / each);
    free(got);
    return got && i == size;
}
