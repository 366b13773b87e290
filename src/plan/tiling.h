/* tiling.h - how PReLU cuts and traverses x, a pure function of the shape
 * SPDX-License-Identifier: MIT
 *
 * Example: the backward pass with dalpha of x of shape 8 x 16 x 28 x 28 (NCHW),
 * alpha shared over H and W; merged (plan/shape.h) 8 shared x 16 kept x 784
 * shared.  docs/glossary.md has more.
 *
 *   sample 0   | channel 0 | channel 1 |  ...  | channel 15 |
 *     ...            |                                          outer_alphas 16
 *   sample 7   | channel 0 | channel 1 |  ...  | channel 15 |
 *                    |
 *   segment    784 elements of group[0], the split axis; segment_alphas 1
 *              |  chunk 0  |  chunk 1  |  chunk 2  |  chunk 3  |  chunk 4 |
 *   row        up to width = 160 contiguous elements, its columns: a chunk
 *   traversal  the rows of a channel: 5 chunks x 8 samples, rows 40
 *   task       a block of a traversal's rows: block 40, blocks 1
 *
 *   sample     0               1               2      ...   7
 *   row        0  1  2  3  4   5  6  7  8  9   10 11  ...   35 36 37 38 39
 *   burst      0  0  1  1  2   2  3  3  4  4    5  5  ...   17 18 18 19 19
 *   summed     0 2 4 6   1 3 5 7   8 10 12 14   9 11 13 15  ...  33 35 37 39
 *
 * The cut.  A row has all of the groups inside the split axis and a part of it:
 *   tile    if it is kept: tiles have different alphas, each is a traversal;
 *   chunk   if it is shared: chunks have the same alphas, in one traversal.
 * Typical cases:
 *   NCHW, shared over H and W   group 0, shared: one alpha for all columns
 *   dense, NHWC of wide C       group 0, kept:   an alpha for each column
 *   NHWC of narrow C            group 1, shared: few alphas, repeated
 *   NCHW of few pixels          group 1, kept:   each alpha for a few columns
 *
 * With sums there are tiles * outer_alphas * blocks tasks.  In a traversal all
 * rows have the same alpha in a column, so that its sum stays in registers.
 * Rows are dealt to blocks in bursts: burst k of block b is burst k*blocks +
 * (b + skew) % blocks.  The skew of k % 4 = 0, 1, 2, 3 is 0, 3, 6, 1, if there
 * are more than 6 blocks: it keeps interleaved rows out of the same cache sets
 * of CPUs (distances of a power of two, on AMD of 33 times one).  A block
 * interleaves a set of four bursts: it adds the first row of each, then the
 * second, and so on.  GPUs add in the same order, though bursts and skew are
 * for CPUs.  Last, cl/prelu_reduce.cl adds the blocks' sums: block b to lane
 * b % 32, then the lanes by halves.  With sums, no field but strip may depend
 * on the device.
 *
 * Without sums, outer alphas are in the traversal like shared groups.  If the
 * alphas of a segment fit a cache, a kept group 0 is cut into chunks: x is read
 * in the order of memory, and the alphas by row.  A task has consecutive rows
 * of the first row_stride rows; with non-temporal stores each is interleaved
 * with the rows row_stride, 2*row_stride and 3*row_stride after it, which have
 * the same alphas or one each.  Rows are longer on CPUs, which hold only the
 * alphas of a row, and tasks too, as few run at a time. */
#ifndef CLRELU_PLAN_TILING_H
#define CLRELU_PLAN_TILING_H

#include "plan/shape.h"

/* Must match ROW_MAX and INTERLEAVE in cl/prelu_rows.cl, and STRIP_MAX in
 * cl/prelu_cpu_sums.cl. */
#define CLRELU_LONG_ROW_MAX 2048 /* CLRELU_ROW_MAX on CPUs without sums */
#define CLRELU_INTERLEAVE 4      /* rows or bursts of a set */
#define CLRELU_STRIP 4           /* max tiles of a CPU's task */

/* Must match tiling_argument in cl/prelu.cl. */
typedef struct clrelu_tiling {
    cl_ulong groups;     /* of the merged shape */
    cl_ulong first_kept; /* 1: group[0] is kept */
    cl_ulong split_axis; /* the group that is cut */
    cl_ulong segment;    /* elements of groups 0..split_axis */
    cl_ulong width;      /* elements of a row; the last row may be shorter */
    cl_ulong tiles;      /* of a segment; 1 if it has chunks */
    cl_ulong chunks;     /* of a segment; 1 if it has tiles */
    cl_ulong row_alphas; /* of a row; the last tile may have fewer */
    cl_ulong segment_alphas; /* of a segment */
    cl_ulong rows;           /* of a traversal */
    cl_ulong block;          /* rows of a task.  With sums all that it adds,
                              * some of which may be beyond rows; without, those
                              * among the first row_stride, not the rows that
                              * are interleaved with them */
    cl_ulong blocks;         /* of a traversal */
    cl_ulong outer_alphas;   /* index combinations of the kept groups outside
                              * the split axis; 1 without sums */
    /* GPUs' kernels with sums use the fields above and burst: more would make
     * AMD's compiler spill. */
    cl_ulong burst;      /* with sums: consecutive rows; a power of two */
    cl_ulong row_stride; /* without: rows to the next interleaved row */
    cl_ulong strip;      /* with sums, CPUs: neighbouring tiles of a task */
    /* Offset: a multiple of 16 fields. */
    cl_ulong group[CLRELU_GROUPS];
} clrelu_tiling;

/* Tiles a shape with n > 0.  Without sums: tasks is the number of work-groups
 * to aim at, and non_temporal tells whether rows are interleaved. */
void clrelu_tiling_make(const clrelu_merged_shape *merged, bool sums,
                        uint64_t tasks, bool non_temporal,
                        clrelu_tiling *tiling);

/* Cuts the same rows, without sums, into this number of tasks. */
void clrelu_tiling_cut(clrelu_tiling *tiling, uint64_t tasks);

/* Fills groups, first_kept and group; the rest is 0. */
void clrelu_tiling_copy_groups(const clrelu_merged_shape *merged,
                               clrelu_tiling *tiling);

/* Bytes of the blocks' sums: 0 if there is one block. */
uint64_t clrelu_tiling_workspace(const clrelu_tiling *tiling,
                                 clrelu_dtype dtype, uint64_t alphas);

#endif
