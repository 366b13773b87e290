/* prelu_cpu_sums.cl - a task of PReLU with dalpha, in one work-item
 * SPDX-License-Identifier: MIT
 * needs: types.cl storage_*.cl memory.cl prelu.cl divide.cl strides.cl chain.cl
 *     prelu_rows.cl prelu_cpu_alphas.cl prelu_cpu.cl prelu_cpu_rows.cl
 *     prelu_sums.cl
 * used by: prelu sums on CPUs; chain sums on CPUs
 *
 * A task is a block of rows of a strip: neighbouring tiles, whose rows are
 * contiguous.  Scratch has the columns of their sums s + c, and of their arrays
 * a, tile by tile. */

#define STRIP_MAX 4 /* must match CLRELU_STRIP in src/plan/tiling.h */

/* The block, and the strip from tile on: a number of tiles.  o has the arrays,
 * alpha and its like from the first tile's on. */
struct sum_task {
    ulong id, tile, block;
    uint tiles;
    struct operands o;
    real *a, *s, *c;
};

/* The first row from the i-th of a block on that is there, if there is one.
 * Returns which. */
INLINED ulong find_next(const struct tiling *t, ulong tile, ulong block,
                        ulong i, struct row_cursor *pos)
{
    ulong row = t->rows;
    while (i < t->block && (row = row_of_block(t, block, i)) >= t->rows)
        i++;
    if (i < t->block)
        find_row(t, tile, row, pos);
    return i;
}

/* The rows of tile k of the strip from the i-th of the block on, one by one. */
INLINED void sum_rest(const struct tiling *t, const struct sum_task *task,
                      uint k, ulong i, struct row_cursor pos)
{
    const ulong tile = task->tile + k;
    struct operands o = task->o;
    o.arrays = arrays_from(o.arrays, k * t->row_alphas);
    i = find_next(t, tile, task->block, i, &pos);
    while (i < t->block) {
        const struct row_desc now = row_at(t, tile, &pos, &o);
        i = find_next(t, tile, task->block, i + 1, &pos);
        const struct row_desc next = row_at(t, tile, &pos, &o);
        process_one(source_of(t, alphas_of(t, tile)), &o, &now, &next,
                    task->a + k * TILE_SCRATCH, task->s + k * TILE_SCRATCH,
                    task->c + k * TILE_SCRATCH);
    }
}

/* The row of the tile that is i behind: in a strip, a segment is a row of
 * each. */
INLINED struct row_desc row_of_tile(const struct tiling *t, ulong tile, uint i,
                                    struct row_desc r,
                                    const struct operands *o)
{
    r.len = (uint)min(t->width, t->segment - (tile + i) * t->width);
#if STRIDED
    const ulong behind = i * t->width;
    if (r.left >= behind + r.len) {
        move_place(1, 1, 1, 1, behind, &r.at);
        r.element += behind;
        r.left -= behind;
    } else {
        locate_row(o, r.element + behind, &r);
    }
#else
    r.at += i * t->width;
#endif
    return r;
}

/* Interleaved rows of each tile; the last tile's next ones are of the first. */
INLINED void sum_strip(const struct tiling *t, const struct sum_task *task,
                       const struct row_set *r)
{
    struct row_desc behind[2][INTERLEAVE];
    const struct row_desc *now = r->now;
    for (uint i = 0; i < task->tiles; i++) {
        const bool is_last = i + 1 == task->tiles;
        struct operands o = task->o;
        o.arrays = arrays_from(o.arrays, i * t->row_alphas);
        for (uint k = 0; k < INTERLEAVE && !is_last; k++)
            behind[i & 1][k] =
                row_of_tile(t, task->tile, i + 1, r->now[k], &o);
        const struct row_desc *next = is_last ? r->next : behind[i & 1];
        process_set(source_of(t, alphas_of(t, task->tile + i)), &o, now, next,
                    task->a + i * TILE_SCRATCH, task->s + i * TILE_SCRATCH,
                    task->c + i * TILE_SCRATCH);
        now = next;
    }
}

/* Task id: its tile, block and first row. */
INLINED struct row_cursor find_task(const struct tiling *t, ulong id,
                                    ulong *tile, ulong *block)
{
    const ulong strips = (t->tiles + t->strip - 1) / t->strip;
    ulong strip, outer;
    *block = divide(divide(id, strips, &strip), t->outer_alphas, &outer);
    *tile = strip * t->strip;
    return start_rows(t, *tile, *block, outer);
}

/* The next rows of a set: the block's first ones. */
INLINED void start_set(const struct tiling *t, ulong tile, ulong block,
                       struct row_cursor pos, const struct operands *o,
                       struct row_set *r)
{
    for (uint k = 0; k < INTERLEAVE; k++) {
        find_row(t, tile, min(row_of_block(t, block, k), t->rows - 1), &pos);
        r->pos[k] = pos;
        r->next[k] = row_at(t, tile, &pos, o);
    }
}

/* The same of the next task, which probably runs here, too. */
INLINED void start_next_task(const struct tiling *t,
                             const struct sum_task *task, struct row_set *r)
{
    ulong tile, block;
    const struct row_cursor pos = find_task(t, task->id + 1, &tile, &block);
    if (block < t->blocks)
        start_set(t, tile, block, pos, &task->o, r);
}

/* count times INTERLEAVE bursts of the block. */
INLINED void sum_bursts(const struct tiling *t, const struct sum_task *task,
                        ulong count, struct row_cursor pos)
{
    const ulong set = INTERLEAVE * t->burst;
    const struct row_step near = {0, 1};
    const struct row_step far = step_of(t, set * t->blocks + 1 - t->burst);
    struct row_set r;
    start_set(t, task->tile, task->block, pos, &task->o, &r);
    for (ulong i = 0; i < count; i++)
        for (ulong row = 1; row <= t->burst; row++) {
            const bool is_end = row == t->burst;
            const bool is_last = is_end && i + 1 == count;
            advance_set(t, task->tile, is_end ? far : near, is_last, &task->o,
                        &r);
            if (is_last)
                start_next_task(t, task, &r);
            sum_strip(t, task, &r);
        }
}

/* The rows of a task, pos at the first: interleaved as far as all are there.
 * With sums, alphas do not change within a tile. */
INLINED void sum_rows_of_task(const struct tiling *t, struct sum_task *task,
                              struct row_cursor pos)
{
    const ulong set = INTERLEAVE * t->burst;
    const ulong last = row_of_block(t, task->block, set - 1);
    const ulong times = CAN_PREFETCH && last < t->rows
                            ? (t->rows - last - 1) / (t->blocks * set) + 1
                            : 0;
    for (uint i = 0; READS_ARRAYS && i < task->tiles; i++)
        load_columns(t,
                     arrays_from(task->o.arrays, pos.alpha + i * t->row_alphas),
                     alphas_of(t, task->tile + i),
                     task->a + i * TILE_SCRATCH);
    if (times > 0)
        sum_bursts(t, task, times, pos);
    for (uint i = 0; i < task->tiles; i++)
        sum_rest(t, task, i, times * set, pos);
}

/* Of a tile: to the end of a vector from the last column on. */
INLINED void clear_sums(real *s, uint width)
{
    for (uint j = 0; j < 2 * SUMS; j++)
        for (uint i = 0; i < width + VECTOR; i += VECTOR)
            store_real((realv)(0), s + j * SCRATCH_COLUMNS + i);
}

/* of_call has the arrays from their beginning. */
NOT_INLINED void sum_block(const struct tiling *tiling, ulong id,
                           const struct operands *of_call,
                           const struct outputs *out)
{
    const struct tiling t = *tiling;
    struct operands o = *of_call;
    ulong tile, block;
    const struct row_cursor pos = find_task(&t, id, &tile, &block);
    const ulong tile_alpha = tile * t.row_alphas;
    o.k.one = t.groups > 0; /* always */
    realv memory[SCRATCH_VECTORS(STRIP_MAX)];
    real *s = (real *)memory;
#if READS_ARRAYS
    const struct row_desc first = row_at(&t, tile, &pos, &o);
    s += scratch_offset(s, o.out + AT(first.at, out), first.len,
                        o.non_temporal);
    o.arrays = arrays_from(o.arrays, tile_alpha);
#endif
    struct sum_task task = {.id = id, .tile = tile, .block = block,
                            .tiles = (uint)min(t.strip, t.tiles - tile),
                            .o = o,
                            .s = s,
                            .c = s + SUMS * SCRATCH_COLUMNS,
                            .a = s + 2 * SUMS * SCRATCH_COLUMNS};
    for (uint i = 0; i < task.tiles; i++)
        clear_sums(s + i * TILE_SCRATCH, (uint)t.width);
    sum_rows_of_task(&t, &task, pos);
    for (uint i = 0; i < task.tiles * SUMS; i++) {
        const uint tile_of_i = i / SUMS;
        const uint at = tile_of_i * TILE_SCRATCH + i % SUMS * SCRATCH_COLUMNS;
        const ulong k = pos.alpha + tile_alpha + tile_of_i * t.row_alphas;
        store_sum(&t, alphas_of(&t, tile + tile_of_i), i % SUMS, task.s + at,
                  task.c + at, 0, block, k, out);
    }
}

__kernel WG_SIZED
void prelu_backward(const struct tiling_argument argument,
                    const ulong first_task,
                    __global const stored *x, const ulong x_offset,
                    __global const stored *dy, const ulong dy_offset,
#if READS_ARRAYS
                    const uint non_temporal, const uint prefetch_far,
                    __global const alpha_t *alpha, const ulong alpha_offset,
                    __global stored *dx, const ulong dx_offset CHAIN_ARGUMENTS,
#endif
                    __global real *sums, const ulong sums_offset,
                    const ulong alpha_count, const uint mode,
                    __global alpha_t *dalpha,
                    const ulong dalpha_offset SUM_ARGUMENTS LAYOUT_ARGUMENT)
{
    ulong group[64];
    const struct tiling t = unpack(argument, group);
    struct operands o = {.x = x + x_offset, .dy = dy + dy_offset};
    const struct outputs out = OUTPUTS_OF_CALL;
#if STRIDED
    o.layout = layout;
#endif
#if READS_ARRAYS
    o.arrays = ARRAYS_OF_CALL;
    o.out = dx + dx_offset;
    o.non_temporal = non_temporal;
    o.prefetch_far = prefetch_far;
    SET_OPERANDS_OF_CALL(o);
#endif
    sum_block(&t, first_task + get_group_id(0), &o, &out);
}
