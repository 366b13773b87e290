/* digits.h - scans of handwritten digits as a network's input
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_EXAMPLES_DIGITS_H
#define CLRELU_EXAMPLES_DIGITS_H

#include <stddef.h>
#include <stdint.h>

/* Reads images, one per row, and subtracts each pixel's mean over the images,
 * for negative values; 4 grey levels become 1.  The caller frees the array.
 * Ends the program if the file has another format. */
float *digits_load(const char *path, size_t *images, size_t *pixels);

/* Reads the digit, 0 to 9, of each image, in the same way. */
float *digits_load_labels(const char *path, size_t images);

/* Digits and their labels, in rows. */
typedef struct digits_set {
    size_t rows, pixels;
    float *x, *labels;
} digits_set;

/* Every fifth digit is held out. */
void digits_split(const char *images_path, const char *labels_path,
                  digits_set *train, digits_set *held);
void digits_free(digits_set *s);

/* Fisher and Yates's shuffle of whole rows. */
void digits_shuffle(digits_set *s, uint64_t *state);

#endif
