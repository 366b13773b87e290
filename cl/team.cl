/* team.cl - a task of PReLU's sums by a work-group of many work-items
 * SPDX-License-Identifier: MIT
 *
 * On a GPU.  Slot j of a work-item is a vector of the row, its alphas and sums,
 * all in registers: no slot, and no element of one, is indexed by what is not a
 * constant.  Memory is far away: two rows are read at once, if there are
 * registers for them.  To read one and work on the other in turn is of no use,
 * as NVIDIA's compiler waits for both. */
#if GROUP > 1 && DALPHA

#define LANE_OF(j) (((j) * GROUP + lid) * VECTOR)

/* AMD's compiler keeps itself to 128 registers, and a product of two types that
 * is rounded once to float16 takes many. */
#if HAS_FEW_REGISTERS || SLOTS > 2 || \
    (defined(__AMDGCN__) && DTYPE == 2 && ALPHA_DTYPE != DTYPE)
#define IS_TWO_AT_ONCE false
#else
#define IS_TWO_AT_ONCE true
#endif

/* Where a team stands.  No memory holds 2^32 rows. */
struct march {
    struct walk walk;
    ulong at;           /* the row's first element, and the one ... */
    ulong run_at;       /* ... of the run's first row */
    ulong run_step;     /* from run to run, or 0: it differs */
    uint to_end;        /* rows of the run from this one on */
    uint length, last;  /* elements of a row, and of a run's last */
    uint left;          /* rows of the task from this one on */
};

/* From run to run, if there is one group of them. */
ulong run_step_of(const struct tiling *t)
{
    ulong stride = t->run, step = 0;
    bool one = true;
    for (uint g = (uint)t->top + 1; g < t->groups; g++) {
        if (!is_kept(t, g)) {
            one = step == 0;
            step = stride;
        }
        stride *= t->group[g];
    }
    return one ? step : 0;
}

INLINED void next_of_march(const struct tiling *t, ulong tile, struct march *m)
{
    m->at += m->length;
    if (--m->to_end > 0)
        return;
    m->to_end = (uint)t->pieces;
    m->run_at += m->run_step;
    if (m->run_step == 0) {
        m->walk.run++;
        find_run(t, &m->walk);
        m->run_at = m->walk.element + tile * m->length;
    }
    m->at = m->run_at;
}

/* A row on its way, as aligned vectors or in pieces. */
struct coming {
    ulong at;
    uint len;
    bool whole;
    words x[SLOTS], dy[SLOTS];
};

INLINED words read_pieces(__global const stored *p, uint count)
{
#define READ_ONE(i) (i < count ? p[i] : (stored)0)
    return TO_WORDS((packed)(EACH(READ_ONE)));
}

INLINED void read_row(__global const stored *p, uint lid, uint len, bool whole,
                      words v[SLOTS])
{
    if (whole) {
        UNROLL
        for (uint j = 0; j < SLOTS; j++)
            if (LANE_OF(j) < len)
                v[j] = READ_WORDS(p + LANE_OF(j));
    } else {
        UNROLL
        for (uint j = 0; j < SLOTS; j++)
            if (LANE_OF(j) < len)
                v[j] = read_pieces(p + LANE_OF(j), len - LANE_OF(j));
    }
}

INLINED void write_vector(packed v, __global stored *p, uint count, bool whole)
{
#define WRITE_ONE(i) \
    if (i < count) \
        p[i] = PART(v, i);
    if (whole)
        WRITE(v, p);
    else
        DO_EACH(WRITE_ONE)
}

INLINED void backward_row(const struct coming *r, const realv a[SLOTS],
                          uint lid, __global stored *dx, realv s[SLOTS],
                          realv c[SLOTS])
{
    UNROLL
    for (uint j = 0; j < SLOTS; j++) {
        const uint lane = LANE_OF(j);
        if (lane >= r->len)
            break;
        const realv x = widen(FROM_WORDS(r->x[j]));
        const realv dy = widen(FROM_WORDS(r->dy[j]));
        add_product(x, dy, &s[j], &c[j]);
#if DX
        const realv v = leaky_relu_backward(x, a[j], dy);
#if ACCUMULATE
        const words old = read_pieces(dx + lane, r->len - lane);
        const packed sum = pack(widen(FROM_WORDS(old)) + v);
#else
        const packed sum = leaky_relu_pack(v);
#endif
        write_vector(sum, dx + lane, r->len - lane, r->whole);
#endif
    }
}

/* Sends for the row that m is at, if there is one. */
INLINED void send(struct coming *r, const struct tiling *t, ulong tile,
                  struct march *m, uint lid, __global const stored *x,
                  __global const stored *dy, __global const stored *dx)
{
    r->len = 0;
    if (m->left == 0)
        return;
    r->at = m->at;
    r->len = m->to_end == 1 ? m->last : m->length;
    r->whole = ARE_WHOLE(x + r->at) && ARE_WHOLE(dy + r->at) &&
               r->len % VECTOR == 0;
#if DX
    r->whole = r->whole && ARE_WHOLE(dx + r->at);
#endif
    read_row(x + r->at, lid, r->len, r->whole, r->x);
    read_row(dy + r->at, lid, r->len, r->whole, r->dy);
    if (--m->left > 0)
        next_of_march(t, tile, m);
}

/* One of count, and some number for a lane beyond the row. */
real alpha_at(const struct tiling *t, __global const alpha_t *alpha, uint count,
              uint lane)
{
    const uint k = alpha_of_lane(t, lane);
    return k < count ? LOAD_ALPHA(alpha + k) : 0;
}

/* The alphas of a row's lanes, of which it meets count; lanes beyond the row
 * get some number. */
void load_alphas(const struct tiling *t, __global const alpha_t *alpha,
                 uint count, uint lid, realv a[SLOTS])
{
    const realv one = (realv)(LOAD_ALPHA(alpha));
    UNROLL
    for (uint j = 0; j < SLOTS; j++) {
        const uint lane = (j * GROUP + lid) * VECTOR;
        a[j] = one;
#define ALPHA_AT(i) alpha_at(t, alpha, count, lane + i)
        if (count > 1)
            a[j] = (realv)(EACH(ALPHA_AT));
    }
}

/* Rows start to end of the walk, from next on: dx, and the lanes' sums. */
INLINED void backward_rows(const struct tiling *t, ulong tile, ulong start,
                           ulong end, struct walk next, uint alphas, uint lid,
                           uint stream, __global const stored *x,
                           __global const alpha_t *alpha,
                           __global const stored *dy, __global stored *dx,
                           realv s[SLOTS], realv c[SLOTS])
{
    const ulong last = t->run - (tile + t->pieces - 1) * t->width;
    struct march m = {next,
                      next.element,
                      next.element - next.piece * t->width,
                      run_step_of(t),
                      (uint)(t->pieces - next.piece),
                      (uint)t->width,
                      (uint)min(t->width, last),
                      (uint)(end - start)};
    realv a[SLOTS];
    /* Sums have no alphas that change within a tile. */
    if (DX)
        load_alphas(t, alpha + next.alpha, alphas, lid, a);
    while (m.left > 0) {
        struct coming one, two;
        two.len = 0;
        send(&one, t, tile, &m, lid, x, dy, dx);
        if (IS_TWO_AT_ONCE)
            send(&two, t, tile, &m, lid, x, dy, dx);
        backward_row(&one, a, lid, dx + one.at, s, c);
        if (two.len > 0)
            backward_row(&two, a, lid, dx + two.at, s, c);
    }
}

#endif
