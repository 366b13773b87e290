/* digits.c - scans of handwritten digits, ready for a network
 * SPDX-License-Identifier: MIT */
#include "digits.h"

#include <errno.h>
#include <string.h>

#include "../src/npy.h"
#include "must.h"

static void give_up(const char *path, const char *why)
{
    fprintf(stderr, "%s %s\n", path, why);
    exit(1);
}

/* The whole file; *size becomes its length. */
static char *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    size_t room = 1 << 16, got;
    char *bytes = must_have(malloc(room));

    if (!file) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        exit(1);
    }
    for (*size = 0; (got = fread(bytes + *size, 1, room - *size, file)) > 0;) {
        *size += got;
        if (*size == room)
            bytes = must_have(realloc(bytes, room *= 2));
    }
    fclose(file);
    return bytes;
}

static float *parse(const char *path, const char *bytes, size_t size,
                    npy_header *header)
{
    char error[NPY_ERROR];
    size_t prefix, text;
    float *values;

    if (size < NPY_MAX_PREFIX)
        give_up(path, "is not an .npy file");
    if (!clrelu_npy_prefix_parse((const unsigned char *)bytes, &prefix, &text,
                                 error))
        give_up(path, error);
    if (size - prefix < text)
        give_up(path, "ends within its header");
    if (!clrelu_npy_text_parse(bytes + prefix, text, header, error))
        give_up(path, error);
    if (header->fortran || header->count == 0)
        give_up(path, "does not hold an array in C order");
    if ((size - prefix - text) / header->item_size < header->count)
        give_up(path, "is cut short");
    values = must_have(malloc(header->count * sizeof(*values)));
    clrelu_npy_convert(header, bytes + prefix + text, header->count,
                       CLRELU_FLOAT32, values);
    return values;
}

static void centre(float *x, size_t images, size_t pixels)
{
    for (size_t j = 0; j < pixels; j++) {
        double mean = 0.0;
        for (size_t i = 0; i < images; i++)
            mean += (double)x[i * pixels + j] / (double)images;
        for (size_t i = 0; i < images; i++) {
            float *v = &x[i * pixels + j];
            *v = (float)(((double)*v - mean) / 4.0);
        }
    }
}

float *digits_load(const char *path, size_t *images, size_t *pixels)
{
    size_t size;
    char *bytes = read_file(path, &size);
    npy_header header;
    float *x = parse(path, bytes, size, &header);

    if (header.rank != 2)
        give_up(path, "does not hold rows of pixels");
    *images = header.dims[0];
    *pixels = header.dims[1];
    centre(x, *images, *pixels);
    free(bytes);
    return x;
}

float *digits_load_labels(const char *path, size_t images)
{
    size_t size;
    char *bytes = read_file(path, &size);
    npy_header header;
    float *labels = parse(path, bytes, size, &header);

    if (header.rank != 1 || header.dims[0] != images)
        give_up(path, "does not hold a label for each image");
    for (size_t i = 0; i < images; i++)
        if (!(labels[i] >= 0.0f && labels[i] <= 9.0f))
            give_up(path, "does not hold digits");
    free(bytes);
    return labels;
}
