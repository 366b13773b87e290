/* tiling.cl - the walk over x that src/tiling.h describes
 * SPDX-License-Identifier: MIT
 *
 * Set by the host:
 *   FORWARD      1: for prelu_forward
 *   DX, DALPHA   1: for dx, for sums over the rows
 *   ACCUMULATE   1: add to dx */

#ifndef FORWARD
#define FORWARD 0
#endif
#ifndef DX
#define DX 1
#endif
#ifndef DALPHA
#define DALPHA 1
#endif
#ifndef ACCUMULATE
#define ACCUMULATE 0
#endif

/* As in src/tiling.h. */
#if GROUP == 1 && (FORWARD || !DALPHA)
#define WIDTH 2048
#else
#define WIDTH 1024
#endif

#define PARTS 4
#define SUMS (!FORWARD && DALPHA)
#define STORES (FORWARD || DX)
/* Tiles that a processor walks over at once: CLRELU_STRIP. */
#define STRIP (GROUP == 1 && SUMS ? 4 : 1)

/* What src/tiling.h says of each. */
struct tiling {
    ulong groups, first_kept, top;
    ulong run, width, tiles, pieces;
    ulong row_alphas, run_alphas;
    ulong rows, block, blocks, keeps, stretch, apart, strip;
    const ulong *group;
};

/* The twin of clrelu_tiling in src/tiling.h. */
struct tiling_argument {
    ulong16 facts;
    ulong16 group[4];
};

/* rusticl cannot index an argument, only a copy of it made by constants.  The
 * rest is a struct of its own, which no index keeps out of registers. */
struct tiling unpack(const struct tiling_argument a, ulong group[64])
{
    const struct tiling t = {
        a.facts.s0, a.facts.s1, a.facts.s2, a.facts.s3, a.facts.s4, a.facts.s5,
        a.facts.s6, a.facts.s7, a.facts.s8, a.facts.s9, a.facts.sa, a.facts.sb,
        a.facts.sc, a.facts.sd, a.facts.se, a.facts.sf, group};
    *(sizes4 *)group = a.group[0].lo.lo;
    if (t.groups > 4)
        *(sizes16 *)group = a.group[0];
    /* AMD's compiler takes a branch's vectors into registers at once. */
    if (t.groups > 16)
        *(sizes16 *)(group + 16) = a.group[1];
    if (t.groups > 32)
        *(sizes16 *)(group + 32) = a.group[2];
    if (t.groups > 48)
        *(sizes16 *)(group + 48) = a.group[3];
    return t;
}

bool is_kept(const struct tiling *t, uint g)
{
    return (t->first_kept != 0) == ((g & 1) == 0);
}

/* A GPU has no instruction for this.  With 64 bits it takes a hundred, and
 * registers that are not left beside sums: there it is done bit by bit, if it
 * ever must be, as no memory holds 2^32 rows. */
ulong divide(ulong a, ulong b, ulong *rest)
{
#if GROUP > 1
    if ((a | b) >> 32 == 0) {
        const uint short_quotient = (uint)a / (uint)b;
        *rest = (uint)a - short_quotient * (uint)b;
        return short_quotient;
    }
#endif
#if GROUP > 1 && DALPHA
    ulong quotient = 0, left = 0;
    for (uint bit = 64; bit-- > 0;) {
        left = left << 1 | (a >> bit & 1);
        const bool fits = left >= b;
        left -= fits ? b : 0;
        quotient = quotient << 1 | (fits ? 1 : 0);
    }
    *rest = left;
#else
    const ulong quotient = a / b;
    *rest = a - quotient * b;
#endif
    return quotient;
}

/* Where a walk stands: the run, the piece of it, the first element of the row
 * and the run's first alpha; and what of those two is due to kept groups that
 * run does not count. */
struct walk {
    ulong run, piece, element, alpha, kept_element, kept_alpha;
};

/* For dalpha, run counts the shared groups outside it; else it counts all. */
#define COUNTS(kept) (FORWARD || !DALPHA || !(kept))

void find_run(const struct tiling *t, struct walk *w)
{
    ulong stride = t->run, alpha_stride = t->run_alphas, run = w->run;
    w->element = w->kept_element;
    w->alpha = w->kept_alpha;
    for (uint g = (uint)t->top + 1; g < t->groups; g++) {
        const ulong size = t->group[g];
        const bool kept = is_kept(t, g);
        if (COUNTS(kept)) {
            /* A division costs as much as a vector or two. */
            const bool outermost = g + 1 == t->groups;
            ulong index = run;
            run = outermost ? 0 : divide(run, size, &index);
            w->element += index * stride;
            if (kept)
                w->alpha += index * alpha_stride;
        }
        stride *= size;
        if (kept)
            alpha_stride *= size;
    }
}

/* keep is the index of the kept groups outside the run. */
void find_kept(const struct tiling *t, struct walk *w, ulong keep)
{
    ulong stride = t->run, alpha_stride = t->run_alphas;
    w->kept_element = w->kept_alpha = 0;
    for (uint g = (uint)t->top + 1; g < t->groups; g++) {
        const ulong size = t->group[g];
        if (!COUNTS(is_kept(t, g))) {
            ulong index;
            keep = divide(keep, size, &index);
            w->kept_element += index * stride;
            w->kept_alpha += index * alpha_stride;
            alpha_stride *= size;
        }
        stride *= size;
    }
}

/* The kept groups outside the run are as they were. */
void find_row(const struct tiling *t, ulong tile, ulong row, struct walk *w)
{
    w->run = divide(row, t->pieces, &w->piece);
    find_run(t, w);
    w->element += (tile + w->piece) * t->width;
}

struct walk start_walk(const struct tiling *t, ulong tile, ulong row,
                       ulong keep)
{
    struct walk w = {0, 0, 0, 0, 0, 0};
    find_kept(t, &w, keep);
    find_row(t, tile, row, &w);
    return w;
}

/* A block has one of each blocks stretches, PARTS of them at a time and a row
 * of each in turn.  No division: stretch is a power of two. */
ulong row_of_sums(const struct tiling *t, ulong block, ulong i)
{
    const ulong part = i % PARTS, stretches = i / PARTS;
    const ulong row = stretches & (t->stretch - 1);
    ulong turned = block + (t->blocks > 6 ? part * 3 & 7 : 0);
    turned -= turned >= t->blocks ? t->blocks : 0;
    return ((stretches - row) * PARTS + part * t->stretch) * t->blocks +
           turned * t->stretch + row;
}

/* Rows that a walk goes on by. */
struct step {
    ulong runs, pieces;
};

struct step step_of(const struct tiling *t, ulong rows)
{
    struct step s;
    s.runs = divide(rows, t->pieces, &s.pieces);
    return s;
}

void step_on(const struct tiling *t, ulong tile, struct step step,
             struct walk *w)
{
    w->piece += step.pieces;
    if (step.runs == 0 && w->piece < t->pieces) {
        w->element += step.pieces * t->width;
        return;
    }
    w->run += step.runs;
    if (w->piece >= t->pieces) {
        w->piece -= t->pieces;
        w->run++;
    }
    find_run(t, w);
    w->element += (tile + w->piece) * t->width;
}

/* Whether the pieces of a run meet alphas of their own. */
bool is_direct(const struct tiling *t)
{
    return t->pieces > 1 && is_kept(t, (uint)t->top);
}

uint row_length(const struct tiling *t, ulong tile, const struct walk *w)
{
    return (uint)min(t->width, t->run - (tile + w->piece) * t->width);
}

/* The last may meet fewer. */
uint alphas_of(const struct tiling *t, ulong tile)
{
    return (uint)min(t->row_alphas, t->run_alphas - tile * t->row_alphas);
}

/* Which of a row's alphas a lane meets. */
uint alpha_of_lane(const struct tiling *t, uint lane)
{
    uint index = 0, alpha_stride = 1;
    for (uint g = 0; g < t->top; g++) {
        const uint size = (uint)t->group[g];
        const uint quotient = lane / size;
        if (is_kept(t, g)) {
            index += (lane - quotient * size) * alpha_stride;
            alpha_stride *= size;
        }
        lane = quotient;
    }
    return is_kept(t, (uint)t->top) ? index + lane * alpha_stride : index;
}

/* The lane of a row's alpha that has index 0 in all shared groups. */
uint lane_of_alpha(const struct tiling *t, uint alpha)
{
    uint lane = 0, stride = 1;
    for (uint g = 0; g < t->top; g++) {
        const uint size = (uint)t->group[g];
        if (is_kept(t, g)) {
            lane += alpha % size * stride;
            alpha /= size;
        }
        stride *= size;
    }
    return lane + alpha * stride;
}
