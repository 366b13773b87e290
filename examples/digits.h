/* digits.h - scans of handwritten digits, ready for a network
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_EXAMPLES_DIGITS_H
#define CLRELU_EXAMPLES_DIGITS_H

#include <stddef.h>

/* Reads images, one a row, and takes each pixel's mean over the images away, so
 * that there are negative values; a step of 4 grey levels becomes 1.  The
 * caller frees the array.  Ends the program where the file is no such thing. */
float *digits_load(const char *path, size_t *images, size_t *pixels);

/* Reads what digit, 0 to 9, each of that many images shows, in the same way. */
float *digits_load_labels(const char *path, size_t images);

#endif
