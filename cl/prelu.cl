/* prelu.cl - memory traffic of PReLU, with the gradient of alpha
 * SPDX-License-Identifier: MIT
 *
 * Set by the host:
 *   FORWARD      1: prelu_forward; 0: prelu_backward and prelu_finish
 *   DX, DALPHA   1: the outputs of prelu_backward
 *   ACCUMULATE   1: add to dx
 *
 * x is a set of runs, each contiguous, walked as src/tiling.h explains.  A
 * work-group is a team that takes one task: it holds the alphas of a tile of
 * WIDTH lanes and, for dalpha, a compensated sum per lane, and walks over the
 * rows of the task.  At the end the lanes of each alpha are folded in a fixed
 * order.  Which products meet in which lane, row and task depends on the shape
 * alone, so that the sums have the same bits whatever GROUP and VECTOR are. */

#ifndef DX
#define DX 1
#endif
#ifndef ACCUMULATE
#define ACCUMULATE 0
#endif

/* alpha and dalpha are of the type that computes, or of x's. */
#ifndef ALPHA_DTYPE
#define ALPHA_DTYPE DTYPE
#endif
#if ALPHA_DTYPE == DTYPE
typedef stored alpha_t;
#define LOAD_ALPHAS(p, count) load_up_to(p, count)
#define LOAD_ALPHA(p) LOAD_ONE(p)
#define STORE_ALPHAS(v, p, count) store_up_to(v, p, count)
#else
typedef real alpha_t;
#define LOAD_ALPHAS(p, count) load_reals(p, count)
#define LOAD_ALPHA(p) (*(p))
#define STORE_ALPHAS(v, p, count) store_reals(v, p, count)
#endif

#define SLOTS (WIDTH / (GROUP * VECTOR))
#define FOLD 32

/* A few slots live in registers, if the compiler may unroll the loop. */
#if SLOTS <= 8
#define UNROLL _Pragma("unroll")
#else
#define UNROLL
#endif

#if GROUP == 1
#define TEAM __private
#define TEAM_BARRIER
#else
#define TEAM __local
#define TEAM_BARRIER barrier(CLK_LOCAL_MEM_FENCE)
#endif

/* As load_up_to and store_up_to, for reals. */
realv load_reals(__global const real *p, uint count)
{
    real part[VECTOR] = {0};
    if (count >= VECTOR)
        return VLOAD(p);
    for (uint i = 0; i < count; i++)
        part[i] = p[i];
    return VLOAD(part);
}

void store_reals(realv v, __global real *p, uint count)
{
    real part[VECTOR];
    VSTORE(v, part);
    for (uint i = 0; i < min(count, (uint)VECTOR); i++)
        p[i] = part[i];
}

/* The alpha of each lane of a row that meets count of them. */
void load_alphas(const struct tiling *t, __global const alpha_t *alpha,
                 uint count, uint lid, realv a[SLOTS])
{
    const bool each = t->top == 0 && t->first_kept;
    const uint width = (uint)t->width;
    UNROLL
    for (uint j = 0; j < SLOTS; j++) {
        const uint first = (j * GROUP + lid) * VECTOR;
        if (SLOTS > 8 && first >= width)
            break;
        if (count == 1) {
            a[j] = (realv)(LOAD_ALPHA(alpha));
        } else if (each) {
            a[j] = first < count ? LOAD_ALPHAS(alpha + first, count - first)
                                 : (realv)(0);
        } else {
            uint index[VECTOR];
            real part[VECTOR];
            VSTORE(alpha_of_lane(t, first + COUNT_UP), index);
            for (uint i = 0; i < VECTOR; i++)
                part[i] = index[i] < count ? LOAD_ALPHA(alpha + index[i]) : 0;
            a[j] = VLOAD(part);
        }
    }
}

#if FORWARD

__kernel TEAM_OF_GROUP
void prelu_forward(const struct tiling_argument argument, const ulong first,
                   const uint stream, __global const stored *x,
                   const ulong x_offset, __global const alpha_t *alpha,
                   const ulong alpha_offset, __global stored *y,
                   const ulong y_offset)
{
    const struct tiling t = unpack(argument);
    const uint lid = (uint)get_local_id(0);
    const ulong task = first + get_group_id(0);
    const ulong tile = task % t.tiles;
    const ulong start = task / t.tiles * t.block;
    const ulong end = min(t.rows, start + t.block);
    const ulong tile_alpha = tile * t.row_alphas;
    const uint alphas = (uint)min(t.row_alphas, t.run_alphas - tile_alpha);
    x += x_offset;
    y += y_offset;
    alpha += alpha_offset + tile_alpha;

    const bool direct = is_direct(&t);
    realv a[SLOTS];
    struct walk next = start_walk(&t, tile, start, 0);
    if (!direct)
        load_alphas(&t, alpha + next.alpha, alphas, lid, a);
    for (ulong row = start; row < end; row++) {
        const struct walk at = next;
        const uint len = row_length(&t, tile, &at);
        __global const stored *xr = x + at.element;
        __global const alpha_t *ar = alpha + at.alpha + at.piece * t.width;
        __global stored *yr = y + at.element;
        const bool past_cache = stream && aligned(yr);
        if (row + 1 < end)
            next_row(&t, tile, 0, &next);
        UNROLL
        for (uint j = 0; j < SLOTS; j++) {
            const uint lane = (j * GROUP + lid) * VECTOR;
            if (SLOTS > 8 && lane >= len)
                break;
            if (lane + VECTOR <= len) {
                const realv va = direct ? LOAD_ALPHAS(ar + lane, VECTOR) : a[j];
                const realv v = leaky_relu_forward(LOAD(xr + lane), va);
                if (past_cache)
                    STREAM(v, yr + lane);
                else
                    STORE(v, yr + lane);
            } else if (lane < len) {
                const uint rest = len - lane;
                const realv va = direct ? LOAD_ALPHAS(ar + lane, rest) : a[j];
                const realv v = load_up_to(xr + lane, rest);
                store_up_to(leaky_relu_forward(v, va), yr + lane, rest);
            }
        }
        if (!direct && next.alpha != at.alpha)
            load_alphas(&t, alpha + next.alpha, alphas, lid, a);
    }
}

#else

/* Adds p to s + c; the rounding error of s goes into c: TwoSum (Knuth). */
void add_exactly(realv p, realv *s, realv *c)
{
    const realv sum = *s + p;
    const realv z = sum - *s;
    *c += (*s - (sum - z)) + (p - z);
    *s = sum;
}

void add_product(realv x, realv dy, realv *s, realv *c)
{
    const realv p = x < 0 ? x * dy : (realv)(0);
    const realv low = x < 0 ? fma(x, dy, -p) : (realv)(0);
    const realv sum = *s + p;
    const realv z = sum - *s;
    *c += ((*s - (sum - z)) + (p - z)) + low;
    *s = sum;
}

/* s + c + old, rounded once; a sum that is not finite has a correction without
 * meaning. */
real total(real s, real c, real old)
{
    const real sum = s + old;
    const real z = sum - s;
    const real low = c + ((s - (sum - z)) + (old - z));
    return sum - sum == 0 ? sum + low : sum;
}

/* Lane b joins lane a. */
void join(TEAM real *s, TEAM real *c, uint a, uint b)
{
    const real p = s[b];
    const real sum = s[a] + p;
    const real z = sum - s[a];
    c[a] += ((s[a] - (sum - z)) + (p - z)) + c[b];
    s[a] = sum;
}

/* Joins n lanes that are stride apart, by halves, in each of outer sets. */
void fold_group(TEAM real *s, TEAM real *c, uint outer, uint n, uint stride,
                uint lid)
{
    const uint set = n * stride;
    for (uint half_n; n > 1; n = half_n) {
        half_n = (n + 1) / 2;
        const uint moved = (n - half_n) * stride, far = half_n * stride;
#if GROUP == 1
        for (uint o = 0; o < outer; o++)
            for (uint i = o * set + lid; i < o * set + moved; i += GROUP)
                join(s, c, i, i + far);
#else
        for (uint k = lid; k < outer * moved; k += GROUP) {
            const uint i = k / moved * set + k % moved;
            join(s, c, i, i + far);
        }
#endif
        TEAM_BARRIER;
    }
}

/* Joins all lanes of each alpha into the one that lane_of_alpha names, the
 * outermost shared group first. */
void fold(const struct tiling *t, TEAM real *s, TEAM real *c, uint lid)
{
    uint stride = (uint)t->width, outer = 1;
    for (uint g = (uint)t->top + 1; g-- > 0;) {
        uint size = (uint)t->group[g];
        if (g == t->top) {
            uint inside = 1;
            for (uint i = 0; i < g; i++)
                inside *= (uint)t->group[i];
            size = stride / inside;
        }
        stride /= size;
        if (!is_kept(t, g))
            fold_group(s, c, outer, size, stride, lid);
        /* What the outermost shared group left behind need not be folded. */
        if (g < t->top || is_kept(t, g))
            outer *= size;
    }
}

__kernel TEAM_OF_GROUP
void prelu_backward(
    const struct tiling_argument argument, const ulong first,
    __global const stored *x, const ulong x_offset, __global const stored *dy,
    const ulong dy_offset
#if DX
    ,
    const uint stream, __global const alpha_t *alpha, const ulong alpha_offset,
    __global stored *dx, const ulong dx_offset
#endif
#if DALPHA
    ,
    __global real *sums, const ulong sums_offset, const ulong count,
    const uint accumulate, __global alpha_t *dalpha, const ulong dalpha_offset
#endif
)
{
    const struct tiling t = unpack(argument);
    const uint lid = (uint)get_local_id(0);
    const ulong task = first + get_group_id(0);
    const ulong tile = task % t.tiles;
    const ulong keep = task / t.tiles % t.keeps;
    const ulong block = task / t.tiles / t.keeps;
    const ulong start = block * t.block;
    const ulong end = min(t.rows, start + t.block);
    const ulong tile_alpha = tile * t.row_alphas;
    const uint alphas = (uint)min(t.row_alphas, t.run_alphas - tile_alpha);
    x += x_offset;
    dy += dy_offset;
    struct walk next = start_walk(&t, tile, start, keep);

#if DX
    const bool direct = is_direct(&t);
    realv a[SLOTS];
    dx += dx_offset;
    alpha += alpha_offset + tile_alpha;
    if (!direct)
        load_alphas(&t, alpha + next.alpha, alphas, lid, a);
#endif
#if DALPHA
    realv s[SLOTS], c[SLOTS];
    UNROLL
    for (uint j = 0; j < SLOTS; j++)
        s[j] = c[j] = (realv)(0);
    const ulong task_alpha = next.alpha + tile_alpha;
#endif
    for (ulong row = start; row < end; row++) {
        const struct walk at = next;
        const uint len = row_length(&t, tile, &at);
        __global const stored *xr = x + at.element;
        __global const stored *dyr = dy + at.element;
#if DX
        __global const alpha_t *ar = alpha + at.alpha + at.piece * t.width;
        __global stored *dxr = dx + at.element;
        const bool past_cache = stream && aligned(dxr);
#endif
        if (row + 1 < end)
            next_row(&t, tile, keep, &next);
        UNROLL
        for (uint j = 0; j < SLOTS; j++) {
            const uint lane = (j * GROUP + lid) * VECTOR;
            if (SLOTS > 8 && lane >= len)
                break;
            if (lane + VECTOR <= len) {
                const realv vx = LOAD(xr + lane);
                const realv vdy = LOAD(dyr + lane);
#if DALPHA
                add_product(vx, vdy, &s[j], &c[j]);
#endif
#if DX
                const realv va = direct ? LOAD_ALPHAS(ar + lane, VECTOR) : a[j];
                realv v = leaky_relu_backward(vx, va, vdy);
#if ACCUMULATE
                v = LOAD(dxr + lane) + v;
#endif
                if (past_cache)
                    STREAM(v, dxr + lane);
                else
                    STORE(v, dxr + lane);
#endif
            } else if (lane < len) {
                const realv vx = load_up_to(xr + lane, len - lane);
                const realv vdy = load_up_to(dyr + lane, len - lane);
#if DALPHA
                add_product(vx, vdy, &s[j], &c[j]);
#endif
#if DX
                const realv va =
                    direct ? LOAD_ALPHAS(ar + lane, len - lane) : a[j];
                realv v = leaky_relu_backward(vx, va, vdy);
#if ACCUMULATE
                v = load_up_to(dxr + lane, len - lane) + v;
#endif
                store_up_to(v, dxr + lane, len - lane);
#endif
            }
        }
#if DX
        if (!direct && next.alpha != at.alpha)
            load_alphas(&t, alpha + next.alpha, alphas, lid, a);
#endif
    }

#if DALPHA
#if GROUP == 1
    real *ls = (real *)s, *lc = (real *)c;
#else
    __local real ls[WIDTH], lc[WIDTH];
    UNROLL
    for (uint j = 0; j < SLOTS; j++) {
        VSTORE(s[j], ls + (j * GROUP + lid) * VECTOR);
        VSTORE(c[j], lc + (j * GROUP + lid) * VECTOR);
    }
    TEAM_BARRIER;
#endif
    fold(&t, ls, lc, lid);
    if (t.blocks == 1) {
        dalpha += dalpha_offset + task_alpha;
        for (uint k = lid; k < alphas; k += GROUP) {
            const uint lane = lane_of_alpha(&t, k);
            const real old = accumulate ? LOAD_ALPHA(dalpha + k) : 0;
            STORE_ALPHAS((realv)(total(ls[lane], lc[lane], old)), dalpha + k,
                         1);
        }
        return;
    }
    sums += sums_offset + block * count + task_alpha;
    for (uint k = lid; k < alphas; k += GROUP) {
        const uint lane = lane_of_alpha(&t, k);
        sums[k] = ls[lane];
        sums[t.blocks * count + k] = lc[lane];
    }
#endif
}

#if DALPHA

/* dalpha[j] from the blocks' sums [2][blocks][count], sums first and their
 * corrections second: block b goes to lane b % FOLD, then the lanes are folded
 * by halves. */
__kernel TEAM_OF_GROUP
void prelu_finish(__global const real *sums, const ulong sums_offset,
                  const ulong count, const ulong blocks,
                  const ulong span, const uint accumulate,
                  __global alpha_t *dalpha,
                  const ulong dalpha_offset)
{
    sums += sums_offset;
    __global const real *corrections = sums + blocks * count;
    const uint lanes = (uint)min(blocks, (ulong)FOLD);
    const ulong end = min(count, (get_group_id(0) + 1) * span);
    ulong j = get_group_id(0) * span + get_local_id(0) * VECTOR;
    dalpha += dalpha_offset;
    for (; j < end; j += GROUP * VECTOR) {
        const uint rest = (uint)min((ulong)VECTOR, end - j);
        realv s[FOLD], c[FOLD];
        for (uint i = 0; i < lanes; i++)
            s[i] = c[i] = (realv)(0);
        for (ulong b = 0; b < blocks; b++) {
            const uint i = (uint)b % FOLD;
            c[i] += load_reals(corrections + b * count + j, rest);
            add_exactly(load_reals(sums + b * count + j, rest), &s[i], &c[i]);
        }
        for (uint n = lanes, half_n; n > 1; n = half_n) {
            half_n = (n + 1) / 2;
            for (uint i = 0; i < n - half_n; i++) {
                c[i] += c[i + half_n];
                add_exactly(s[i + half_n], &s[i], &c[i]);
            }
        }
        if (accumulate)
            add_exactly(LOAD_ALPHAS(dalpha + j, rest), &s[0], &c[0]);
        const realv sum = s[0];
        STORE_ALPHAS(sum - sum == 0 ? sum + c[0] : sum, dalpha + j, rest);
    }
}

#endif
#endif
