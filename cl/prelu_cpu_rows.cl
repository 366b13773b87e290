/* prelu_cpu_rows.cl - a row of PReLU, and four interleaved rows
 * SPDX-License-Identifier: MIT
 * needs: types.cl prelu.cl chain.cl prelu_rows.cl prelu_cpu_alphas.cl
 *     prelu_cpu.cl prelu_cpu_forward_rows.cl prelu_cpu_backward_rows.cl
 * used by: prelu on CPUs; chain on CPUs
 *
 * Loops over vectors are compiled for each source of alphas. */

/* The columns from column on, and those before peel. */
INLINED void process_rest(uint source, const struct row_view *r, uint peel,
                          uint column)
{
    if (source == ALPHA_UNIFORM)
        column = process_vectors(ALPHA_UNIFORM, r, column);
    else if (source == ALPHA_PER_COLUMN || HAS_SUMS)
        column = process_vectors(ALPHA_PER_COLUMN, r, column);
    else
        column = process_vectors(ALPHA_IN_MEMORY, r, column);
    for (uint part = peel > 0 ? 0 : column; part < r->len;) {
        const uint end = part < peel ? min(part + VECTOR, peel) : r->len;
        process_part(source, r, part, end);
        part = end == peel ? column : end;
    }
}

INLINED void process_row(uint source, const struct row_view *r)
{
    const uint peel = STORES ? row_peel(r->out, r->len, r->non_temporal) : 0;
    if (STORES)
        prefetch_ends(r->out_next, peel,
                      body_end_of(r->out, r->len, r->non_temporal), r->len);
    process_rest(source, r, peel, peel);
}

INLINED void process_four(uint source, const struct operands *o,
                          const struct row_desc *now,
                          const struct row_desc *next, const real *a, real *s,
                          real *c)
{
    struct interleaved t;
    interleave(source, o, now, next, &t);
    /* A copy that no variable is an index of: it is in registers. */
    const struct interleaved common = t;
    process_common(source, &common, o, a, s, c);
    for (uint k = 0; k < INTERLEAVE; k++) {
        real one[ARRAYS_OR_1 * VECTOR];
        if (t.common == now[k].len)
            continue;
        const struct row_view r =
            interleaved_row(source, o, &t, k, now, next, a, s, c, one);
        process_rest(source, &r, t.peel[k], t.peel[k] + t.common);
    }
}

/* A function for each source: its loops have the registers to themselves. */
NOT_INLINED void four_uniform(const struct operands *o,
                              const struct row_desc *now,
                              const struct row_desc *next, const real *a,
                              real *s, real *c)
{
    const struct operands operands = *o;
    process_four(ALPHA_UNIFORM, &operands, now, next, a, s, c);
}

NOT_INLINED void four_per_column(const struct operands *o,
                                 const struct row_desc *now,
                                 const struct row_desc *next, const real *a,
                                 real *s, real *c)
{
    const struct operands operands = *o;
    process_four(ALPHA_PER_COLUMN, &operands, now, next, a, s, c);
}

#if !HAS_SUMS
NOT_INLINED void four_in_memory(const struct operands *o,
                                const struct row_desc *now,
                                const struct row_desc *next, const real *a,
                                real *s, real *c)
{
    const struct operands operands = *o;
    process_four(ALPHA_IN_MEMORY, &operands, now, next, a, s, c);
}
#endif

INLINED void process_interleaved(uint source, const struct operands *o,
                                 const struct row_desc *now,
                                 const struct row_desc *next, const real *a,
                                 real *s, real *c)
{
    if (source == ALPHA_UNIFORM)
        four_uniform(o, now, next, a, s, c);
    else if (source == ALPHA_PER_COLUMN || HAS_SUMS)
        four_per_column(o, now, next, a, s, c);
#if !HAS_SUMS
    else
        four_in_memory(o, now, next, a, s, c);
#endif
}

#if !STRIDED
/* The row now; lines of the next one are prefetched. */
INLINED void process_one(uint source, const struct operands *o,
                         const struct row_desc *now,
                         const struct row_desc *next, const real *a, real *s,
                         real *c)
{
    const struct row_view r = row_of(o, now, next, a, s, c);
    process_row(source, &r);
}

/* Four interleaved rows. */
INLINED void process_set(uint source, const struct operands *o,
                         const struct row_desc *now,
                         const struct row_desc *next, const real *a, real *s,
                         real *c)
{
    process_interleaved(source, o, now, next, a, s, c);
}
#endif
