/* stream.h - arrays of any size through a device, slab by slab
 * SPDX-License-Identifier: MIT
 *
 * Double buffering: while the device computes one slab, the previous slab's
 * result is written and the next slab is read, in the same buffers.  The slabs
 * depend on the shape alone, as long as memory suffices for two of MAX elements
 * (stream.c); so does dalpha, the ordered sum of the slabs' dalphas. */
#ifndef CLRELU_CLI_STREAM_H
#define CLRELU_CLI_STREAM_H

#include "mask.h"
#include "slab_call.h"
#include "sums.h"

/* The buffers of a slab; unused ones are NULL. */
typedef struct slot {
    size_t index; /* of the slab */
    slab slab;
    size_t alpha_first, alpha_count;
    bool alpha_held; /* the buffers have the next slab's columns */
    cl_mem mem[STREAM_BUFFERS];
    void *mapped[STREAM_BUFFERS]; /* NULL while the device uses it */
    cl_event ready;
} slot;

/* The caller sets:
 *   scalar, gain  as in clrelu_chain; gain 1: none
 *   x, dy         open inputs; dy forward: the residual, or NULL
 *                 backward from a mask x is dy, and dy NULL
 *   from_output   backward: x is y
 *   mask          forward, all 0: another result; backward: an input; or NULL
 *   columns       of columns_read for stream_plan, of columns_make for the
 *                 other functions
 *   step_bytes    prelu: bytes of device memory for the step after the pass */
typedef struct stream {
    device *device;
    clrelu_op op;
    double scalar, gain;
    bool backward, from_output;
    input *x, *dy;
    mask *mask;
    columns *columns;
    uint64_t step_bytes;

    slabs slabs;
    sums sums[COLUMN_ARRAYS];
    slot slots[2];
    size_t slot_count;
} stream;

/* Divides x so that the arrays take at most memory bytes of the device; 0: a
 * quarter of its memory. */
bool stream_plan(stream *s, uint64_t memory, failure *f);

/* Creates the buffers and reads the first slab. */
bool stream_start(stream *s, progress *p, failure *f);

/* Reads, computes and writes all slabs. */
bool stream_run(stream *s, output *out, progress *p, failure *f);

void stream_close(stream *s);

#endif
