/* images.c - arrays of a batch of 64x64 images, that the host and the device
 * share
 * SPDX-License-Identifier: MIT */
#include "images.h"

#include <stdlib.h>
#include <string.h>

#include "problem.h"
#include "random.h"

static void make(images *b, int array, size_t n)
{
    uint64_t state = (uint64_t)array;
    float *values = must_have(new_floats(n));

    for (size_t i = 0; i < n; i++)
        values[i] = random_uniform(&state, -1.0f, 1.0f);
    b->host[array] = values;
    b->arrays[array] = clrelu_at(must_have(harness_share(&b->h, n, values)), 0);
}

void images_open(images *b, size_t batch, int big, int small)
{
    static const int axes[] = {2, 3};
    const size_t dims[] = {batch, CHANNELS, PIXELS, PIXELS};

    memset(b, 0, sizeof(*b));
    harness_open(&b->h, NULL);
    b->exec.queue = b->h.queue;
    b->n = batch * CHANNELS * PIXELS * PIXELS;
    memcpy(b->dims, dims, sizeof(dims));
    b->shape = (clrelu_shape){
        .rank = 4, .dims = b->dims, .shared_count = 2, .shared_axes = axes};
    b->count = big + small;
    for (int i = 0; i < b->count; i++)
        make(b, i, i < big ? b->n : CHANNELS);
    b->threads = thread_pool_create(b->h.cores);
}

void images_close(images *b)
{
    for (int i = 0; i < b->count; i++) {
        clReleaseMemObject(b->arrays[i].mem);
        free(b->host[i]);
    }
    thread_pool_destroy(b->threads);
    harness_close(&b->h);
}
