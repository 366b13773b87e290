/* shards.h - a batch in eight shards, with the same bits on any devices
 * SPDX-License-Identifier: MIT */
#ifndef CLRELU_EXAMPLES_SHARDS_H
#define CLRELU_EXAMPLES_SHARDS_H

#include "../must.h"

/* x and dy are (SHARDS*SHARD_ROWS, CHANNELS), with an alpha for each channel. A
 * shard's partial of dalpha is two rows of CHANNELS. */
enum { SHARDS = 8, SHARD_ROWS = 512, CHANNELS = 1000, PARTIAL = 2 * CHANNELS };

enum { SHARD_SIZE = SHARD_ROWS * CHANNELS };

/* Fills a shard's x and dy, SHARD_SIZE elements each. */
static inline void shard_fill(int shard, float *x, float *dy)
{
    uint32_t state = 2654435761u * (uint32_t)(shard + 1);

    for (int i = 0; i < SHARD_SIZE; i++) {
        state = 1664525u * state + 1013904223u;
        x[i] = (float)(int32_t)(state >> 8) * 0x1p-23f - 1.0f;
        state = 1664525u * state + 1013904223u;
        dy[i] = (float)(int32_t)(state >> 8) * 0x1p-23f - 1.0f;
    }
}

/* Enqueues the partial of a shard, as an engine's task does. */
static inline void shard_partial(clrelu_context *context,
                                 cl_command_queue queue, clrelu_buffer x,
                                 clrelu_buffer dy, clrelu_buffer partial)
{
    static const size_t dims[] = {SHARD_ROWS, CHANNELS};
    const clrelu_shape shape = {.rank = 2, .dims = dims};
    const clrelu_exec exec = {.queue = queue};
    const clrelu_prelu call = {.dtype = CLRELU_FLOAT32,
                               .shape = &shape,
                               .x = x,
                               .dy = dy,
                               .dalpha = partial};

    must(clrelu_prelu_backward_partial(context, &exec, &call));
}

/* The same from and to the host, on a queue of its own, and waits. */
static inline void shard_compute(clrelu_context *context, int shard,
                                 float *partial)
{
    const cl_context cl = clrelu_context_cl_context(context);
    float *x = must_have(malloc(2 * SHARD_SIZE * sizeof(*x)));
    float *dy = x + SHARD_SIZE;
    cl_int error;

    shard_fill(shard, x, dy);
    cl_command_queue queue =
        clCreateCommandQueue(cl, clrelu_context_cl_device(context), 0, &error);
    must_cl(error, "clCreateCommandQueue");
    cl_mem in = must_make(cl, 2 * SHARD_SIZE, x);
    cl_mem out = must_make(cl, PARTIAL, NULL);
    shard_partial(context, queue, clrelu_at(in, 0), clrelu_at(in, SHARD_SIZE),
                  clrelu_at(out, 0));
    must_cl(clEnqueueReadBuffer(queue, out, CL_TRUE, 0,
                                PARTIAL * sizeof(*partial), partial, 0, NULL,
                                NULL),
            "clEnqueueReadBuffer");
    clReleaseMemObject(in);
    clReleaseMemObject(out);
    clReleaseCommandQueue(queue);
    free(x);
}

/* Sums the partials of all shards in order, and prints a hash (FNV-1a) of the
 * bytes of dalpha. */
static inline void shards_report(const char *what, const float *partials)
{
    float dalpha[CHANNELS];
    const unsigned char *bytes = (const unsigned char *)dalpha;
    uint64_t hash = 14695981039346656037u;

    must(clrelu_sum_partials_host(CLRELU_FLOAT32, (size_t)2 * SHARDS, CHANNELS,
                                  partials, dalpha));
    for (size_t i = 0; i < sizeof(dalpha); i++)
        hash = (hash ^ bytes[i]) * 1099511628211u;
    printf("dalpha %016llx  %s\n", (unsigned long long)hash, what);
}

#endif
