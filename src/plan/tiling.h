/* tiling.h - how PReLU walks over x, a pure function of the shape
 * SPDX-License-Identifier: MIT
 *
 * Neighbouring axes that are all shared or all kept are merged, and axes of 1
 * dropped, so that every shape and every set of shared axes becomes a chain of
 * groups, shared and kept in turn, of which group[0] is the innermost.
 *
 * A row is up to width contiguous elements: all of group[0..top-1] times up to
 * chunk of group[top].  Lane i of a row is its i-th element.  A run is a row
 * that covers all of group[top]; it is cut into chunks,
 *   tiles    if group[top] is kept: lanes of different tiles meet different
 *            alphas, and each tile is walked on its own;
 *   pieces   if it is shared: they meet the same alphas, and are rows of one
 *            walk.
 * Without sums, a run whose every lane has an alpha of its own is cut into
 * pieces too, if its alphas stay in a cache: x is then walked in the order of
 * memory.  Else a lane always meets the same alpha, whatever the row, and
 *     NCHW shared over H, W    top = 0, shared: one alpha for all lanes
 *     dense, NHWC wide C       top = 0, kept:   an alpha for each lane
 *     NHWC narrow C            top = 1, shared: few alphas, repeated
 *     NCHW, few pixels         top = 1, kept:   each alpha on a few lanes
 *     anything else            top > 1.
 *
 * A task is a block of rows for one tile and, when sums are wanted, one index
 * of the kept groups outside the run: keeps*tiles*blocks tasks.
 *
 * Without sums those groups are walked like the shared ones, keeps is 1, and a
 * task has neighbouring rows.  Where memory is the limit and the order free,
 * they are of the first apart rows alone: with each of these go its companions,
 * apart, 2*apart and 3*apart behind it, which meet the same alphas or one each.
 *
 * With sums, the rows are cut into stretches of a few neighbours, and of blocks
 * stretches in a row each block has one, so that all tasks sweep over x
 * together.  It adds up its rows in this order, row by row: the first of a
 * stretch and of its next three, the second of each, and so on to the last;
 * then those of the next four stretches.  Of those from k*blocks on, block b
 * has the one (b + turn) % blocks behind, where turn is 0, 3, 6, 1 in turn if
 * there are more than 6 blocks: caches do not take lines that are a power of
 * two apart, or, of AMD, 33 times one.
 *
 * The sums of a task belong to it alone, and the blocks' sums are added in a
 * fixed order: with sums, nothing here may depend on the device.  Without, a
 * processor gets longer rows, as it needs room for a row's alphas alone, and
 * longer tasks, as it has few cores. */
#ifndef CLRELU_PLAN_TILING_H
#define CLRELU_PLAN_TILING_H

#include <stdbool.h>

#include "clrelu.h"

/* Lanes of the widest row; as in cl/tiling.cl. */
#define CLRELU_ROW_MAX 1024
#define CLRELU_LONG_ROW_MAX 2048
#define CLRELU_GROUPS 64
/* A row and its companions. */
#define CLRELU_INTERLEAVE 4
#define CLRELU_STRIP 4

/* n and alphas are the elements of x and alpha.  No group has size 1, unless
 * n is 1: then there is one shared group. */
typedef struct clrelu_merged_shape {
    uint64_t n, alphas;
    unsigned count;
    bool first_kept;
    uint64_t size[CLRELU_GROUPS];
} clrelu_merged_shape;

/* As cl/prelu.cl takes it. */
typedef struct clrelu_tiling {
    cl_ulong groups;     /* of the chain */
    cl_ulong first_kept; /* 1: group[0] is kept */
    cl_ulong top;        /* the group that is cut into chunks */
    cl_ulong run;        /* elements of a run */
    cl_ulong width;      /* elements of a row, at most the above */
    cl_ulong tiles;
    cl_ulong pieces;
    cl_ulong row_alphas; /* alphas that a row meets; the last may meet fewer */
    cl_ulong run_alphas; /* alphas that a run meets */
    cl_ulong rows;       /* rows of a walk */
    cl_ulong block;      /* rows of a task, without companions; with sums, some
                            of them may be beyond the last */
    cl_ulong blocks;
    cl_ulong keeps;
    /* Whatever sums need is up to here: more costs AMD's compiler spills. */
    cl_ulong stretch; /* with sums: its rows, a power of two */
    cl_ulong apart;   /* without: rows from one that is walked to its
                         companions */
    cl_ulong strip;   /* with sums: tiles that a processor takes at once, up to
                         CLRELU_STRIP; no sum depends on it */
    /* At a multiple of 16. */
    cl_ulong group[CLRELU_GROUPS];
} clrelu_tiling;

/* Checks a shape and merges its axes; if n is 0 the chain is empty. */
clrelu_status clrelu_merge_shape(const clrelu_shape *shape,
                                 clrelu_merged_shape *chain);

/* Whether group g is kept. */
bool clrelu_merged_kept(const clrelu_merged_shape *chain, unsigned g);

/* Tiles a chain with n > 0, with sums for dalpha; tasks is the device's wish,
 * and stream what is stored past the caches, for walks without. */
void clrelu_tiling_make(const clrelu_merged_shape *chain, bool sums,
                        uint64_t tasks, bool stream, clrelu_tiling *tiling);

/* The same walk, without sums, in as many tasks. */
void clrelu_tiling_cut(clrelu_tiling *tiling, uint64_t tasks);

/* The groups alone, for who does not walk. */
void clrelu_tiling_take_shape(const clrelu_merged_shape *chain,
                              clrelu_tiling *tiling);

/* Bytes of the blocks' sums: 0 when there is one block. */
uint64_t clrelu_tiling_workspace(const clrelu_tiling *tiling,
                                 clrelu_dtype dtype, uint64_t alphas);

#endif
