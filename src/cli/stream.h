/* stream.h - arrays of any size through a device, piece by piece
 * SPDX-License-Identifier: MIT
 *
 * Two pieces are under way: while the device has one, the result of the one
 * before it is written and the one behind it is read, in the same buffers.
 * Where pieces begin depends on the shape alone, as long as memory suffices for
 * two of MOST elements (stream.c), and so does dalpha, the ordered sum of the
 * pieces' dalphas. */
#ifndef CLRELU_CLI_STREAM_H
#define CLRELU_CLI_STREAM_H

#include "device.h"
#include "output.h"
#include "pieces.h"
#include "sums.h"

enum { STREAM_X, STREAM_DY, STREAM_ALPHA, STREAM_DALPHA, STREAM_BUFFERS };

/* A piece under way; the buffers of what it does not have are NULL. */
typedef struct slot {
    size_t index; /* of the piece                                             */
    piece piece;
    size_t alpha_first, alpha_count;
    bool alpha_held; /* the buffer has the next piece's alphas                */
    cl_mem mem[STREAM_BUFFERS];
    void *mapped[STREAM_BUFFERS]; /* NULL while the device has it             */
    cl_event ready;
} slot;

/* What the caller sets, for prelu alone where it says so:
 *   x, dy         open; dy is NULL in the forward direction
 *   alpha         prelu: of float64 if x is, else of float32; count for
 *                 stream_plan, data for the rest; NULL else
 *   dalpha        prelu: as alpha, its data allocated; NULL: not wanted
 *   shape         prelu: x's, with alpha's type and its extents along x
 *   step_bytes    prelu: what alpha takes alone, when x has gone through */
typedef struct stream {
    device *device;
    clrelu_op op;
    double scalar;
    bool backward, wants_dalpha;
    input *x, *dy;
    const array *alpha;
    array *dalpha;
    clrelu_shape shape;
    uint64_t step_bytes;

    cuts cuts;
    sums sums;
    slot slots[2];
    size_t slot_count;
} stream;

/* Cuts x so that the device needs at most memory bytes; 0 stands for a quarter
 * of what it has. */
bool stream_plan(stream *s, uint64_t memory, failure *f);

/* Reads the first piece. */
bool stream_start(stream *s, progress *p, failure *f);

/* Reads, computes and writes all. */
bool stream_run(stream *s, output *out, progress *p, failure *f);

void stream_close(stream *s);

#endif
