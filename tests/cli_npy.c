/* cli_npy.c - files for the command line, and what it made of them
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "tap.h"

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
    unsigned char *file = malloc(10 + strlen(text) + size);

    if (!file)
        bail("no memory");
    cli_write(name, file, cli_make_npy(file, text, data, size));
    free(file);
}

void cli_write_npy(const char *name, const char *shape, const float *data,
                   size_t n)
{
    char text[256];

    snprintf(text, sizeof(text),
             "{'descr': '=f4', 'fortran_order': False, 'shape': %s, }", shape);
    cli_write_text(name, text, data, n * sizeof(*data));
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
    const size_t most = 4096 + size;
    unsigned char *bytes = malloc(most);
    char text[256];
    FILE *file = fopen(name, "rb");
    const size_t got = file && bytes ? fread(bytes, 1, most, file) : 0;

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

bool cli_check_bits(const char *name, const char *type, const char *shape,
                    const void *want, size_t size)
{
    unsigned char *got = cli_load(name, type, shape, size);
    size_t i = 0;

    while (got && i < size && got[i] == ((const unsigned char *)want)[i])
        i++;
    if (got && i < size)
        diag("%s differs from byte %zu on", name, i);
    free(got);
    return got && i == size;
}
