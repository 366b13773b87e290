/* images.h - arrays of a batch of 64x64 images, that the host and the device
 * share
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_BENCH_IMAGES_H
#define CLRELU_BENCH_IMAGES_H

#include "harness.h"
#include "thread_pool.h"

enum { CHANNELS = 64, PIXELS = 64, MAX_ARRAYS = 8 };

/* The shape is (batch, CHANNELS, PIXELS, PIXELS) of n elements, with a value of
 * alpha, or of its like, for each channel. */
typedef struct images {
    harness h;
    clrelu_exec exec;
    size_t dims[4], n;
    clrelu_shape shape;
    int count;
    clrelu_buffer arrays[MAX_ARRAYS];
    float *host[MAX_ARRAYS]; /* the same, of which the device is the host */
    thread_pool *threads;
} images;

/* Arrays of uniform random numbers in -1..1: big of n elements, then small of
 * CHANNELS.  All calls should use the same: how fast memory is depends on its
 * pages. */
void images_open(images *b, size_t batch, int big, int small);
void images_close(images *b);

#endif
