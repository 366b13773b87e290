/* digits.c - scans of handwritten digits as a network's input
 * SPDX-License-Identifier: MIT */
#include "digits.h"

#include <errno.h>
#include <string.h>

#include "../src/npy/npy.h"
#include "../tests/support/random.h"
#include "must.h"

static void give_up(const char *path, const char *why)
{
    fprintf(stderr, "%s %s\n", path, why);
    exit(1);
}

/* All bytes of a file; the caller frees them. */
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

enum { HOLD_OUT = 5 };

/* Every HOLD_OUT-th digit, or all others. */
static digits_set choose(const float *x, const float *labels, size_t images,
                         size_t pixels, bool held_out)
{
    digits_set s = {0, pixels, must_have(malloc(images * pixels * sizeof(*x))),
                    must_have(malloc(images * sizeof(*labels)))};

    for (size_t i = 0; i < images; i++) {
        if ((i % HOLD_OUT == 0) != held_out)
            continue;
        memcpy(s.x + s.rows * pixels, x + i * pixels, pixels * sizeof(*x));
        s.labels[s.rows++] = labels[i];
    }
    return s;
}

void digits_split(const char *images_path, const char *labels_path,
                  digits_set *train, digits_set *held)
{
    size_t images, pixels;
    float *x = digits_load(images_path, &images, &pixels);
    float *labels = digits_load_labels(labels_path, images);

    *train = choose(x, labels, images, pixels, false);
    *held = choose(x, labels, images, pixels, true);
    free(x);
    free(labels);
}

void digits_free(digits_set *s)
{
    free(s->x);
    free(s->labels);
}

void digits_shuffle(digits_set *s, uint64_t *state)
{
    const size_t bytes = s->pixels * sizeof(*s->x);
    float *row = must_have(malloc(bytes));

    for (size_t i = s->rows; i > 1; i--) {
        const size_t k = random_below(state, i);
        const float label = s->labels[k];
        s->labels[k] = s->labels[i - 1];
        s->labels[i - 1] = label;
        memcpy(row, s->x + k * s->pixels, bytes);
        memmove(s->x + k * s->pixels, s->x + (i - 1) * s->pixels, bytes);
        memcpy(s->x + (i - 1) * s->pixels, row, bytes);
    }
    free(row);
}
