/* prelu_cpu_tasks.cl - a task of PReLU without sums, in one work-item
 * SPDX-License-Identifier: MIT
 * needs: types.cl memory.cl prelu.cl chain.cl prelu_rows.cl prelu_cpu_alphas.cl
 *     prelu_cpu.cl prelu_cpu_rows.cl
 * used by: prelu forward on CPUs; prelu dx on CPUs; chain forward on CPUs;
 *     chain pair on CPUs; chain dx on CPUs
 *
 * A task has neighbouring rows.  Where row_stride is set, three more rows that
 * are row_stride, 2*row_stride and 3*row_stride behind each are interleaved
 * with it: they have the same alphas at all times, or one each. */

/* Of the rows from start to end, how many have all three others. */
ulong interleaved_rows(const struct tiling *t, ulong start, ulong end)
{
    const ulong behind = (INTERLEAVE - 1) * t->row_stride;
    const bool are_there = CAN_PREFETCH && start + behind < t->rows;
    return are_there ? min(end, t->rows - behind) - start : 0;
}

/* count rows from pos on. */
INLINED void traverse_rows(const struct tiling *t, ulong tile, ulong count,
                           struct row_cursor pos, uint alphas,
                           const struct operands *o)
{
    const struct row_step step = {0, 1};
    const uint source = source_of(t, alphas);
    realv memory[SCRATCH_VECTORS(1)];
    struct row_desc now, next = row_at(t, tile, &pos, o);
    real *a = (real *)memory;
    a += scratch_offset(a, o->out + AT(next.at, out), next.len,
                        o->non_temporal);
    for (ulong i = 0; i < count; i++) {
        if (source != ALPHA_IN_MEMORY && (i == 0 || next.alpha != now.alpha))
            load_columns(t, arrays_from(o->arrays, next.alpha), alphas, a);
        now = next;
        if (i + 1 < count)
            advance(t, tile, step, &pos);
        next = row_at(t, tile, &pos, o);
        process_one(source, o, &now, &next, a, 0, 0);
    }
}

/* The next rows of a set: row and those that are interleaved with it. */
INLINED void start_set(const struct tiling *t, ulong tile, ulong row,
                       struct row_cursor pos, const struct operands *o,
                       struct row_set *r)
{
    for (uint k = 0; k < INTERLEAVE; k++) {
        find_row(t, tile, row + k * t->row_stride, &pos);
        r->pos[k] = pos;
        r->next[k] = row_at(t, tile, &pos, o);
    }
}

/* The same of the next task, which probably runs here, too. */
INLINED void start_next_task(const struct tiling *t, ulong task,
                             struct row_cursor pos, const struct operands *o,
                             struct row_set *r)
{
    const ulong tile = (task + 1) % t->tiles;
    const ulong row = (task + 1) / t->tiles * t->block;
    if (row < t->row_stride && interleaved_rows(t, row, row + 1) > 0)
        start_set(t, tile, row, pos, o, r);
}

/* count rows of a task, each interleaved with the others.  pos is the first. */
INLINED void traverse_interleaved(const struct tiling *t, ulong task,
                                  ulong count, struct row_cursor pos,
                                  uint alphas, const struct operands *o)
{
    const struct row_step step = {0, 1};
    const uint source = source_of(t, alphas);
    const ulong tile = task % t->tiles;
    realv memory[SCRATCH_VECTORS(1)];
    struct row_set r;
    start_set(t, tile, task / t->tiles * t->block, pos, o, &r);
    real *a = (real *)memory;
    a += scratch_offset(a, o->out + AT(r.next[0].at, out), r.next[0].len,
                        o->non_temporal);
    for (ulong i = 0; i < count; i++) {
        const bool is_last = i + 1 == count;
        if (source != ALPHA_IN_MEMORY &&
            (i == 0 || r.next[0].alpha != r.now[0].alpha))
            load_columns(t, arrays_from(o->arrays, r.next[0].alpha), alphas,
                         a);
        advance_set(t, tile, step, is_last, o, &r);
        if (is_last)
            start_next_task(t, task, pos, o, &r);
        process_set(source, o, r.now, r.next, a, 0, 0);
    }
}

/* The rows of a task: interleaved as far as all four are there, then the rest
 * of each, one by one.  of_call has the arrays from their beginning. */
NOT_INLINED void process_rows(const struct tiling *tiling, ulong task,
                              const struct operands *of_call)
{
    const struct tiling t = *tiling;
    struct operands o = *of_call;
    const ulong tile = task % t.tiles, start = task / t.tiles * t.block;
    const ulong end = min(t.row_stride, start + t.block);
    const ulong done = interleaved_rows(&t, start, end);
    const uint alphas = alphas_of(&t, tile);
    struct row_cursor pos = start_rows(&t, tile, start, 0);
    o.arrays = arrays_from(o.arrays, tile * t.row_alphas);
    if (done > 0)
        traverse_interleaved(&t, task, done, pos, alphas, &o);
    for (ulong row = start + done; start + done < end && row < t.rows;
         row += t.row_stride) {
        find_row(&t, tile, row, &pos);
        traverse_rows(&t, tile, min(end - start - done, t.rows - row), pos,
                      alphas, &o);
    }
}

INLINED void process_task(const struct tiling_argument argument, ulong task,
                          const struct operands *o)
{
    ulong group[64];
    const struct tiling t = unpack(argument, group);
    process_rows(&t, task, o);
}

#define DIRECT_ARGUMENT
#define PROCESS_TASK(task, o) process_task(argument, task, &(o))
