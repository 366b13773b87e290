/* train.cl - regularizers, constraints and the step of an optimizer
 * SPDX-License-Identifier: MIT
 * needs: types.cl memory.cl
 * used by: parameter */

/* Neighbouring axes that are all reduced or all kept are one group, group[0]
 * the innermost. */
struct axes {
    ulong groups, first_kept;
    ulong kept, reduced; /* products of the sizes */
    ulong group[64];
};

/* Must match clrelu_axes in src/train/parameter.h. */
struct axes_argument {
    ulong16 facts;
    ulong16 group[4];
};

/* rusticl cannot index an argument, only a copy of it made by constants. */
struct axes unpack_axes(const struct axes_argument a)
{
    struct axes t = {a.facts.s0, a.facts.s1, a.facts.s2, a.facts.s3, {0}};
    *(sizes16 *)t.group = a.group[0];
    /* AMD's compiler takes a branch's vectors into registers at once. */
    if (t.groups > 16)
        *(sizes16 *)(t.group + 16) = a.group[1];
    if (t.groups > 32)
        *(sizes16 *)(t.group + 32) = a.group[2];
    if (t.groups > 48)
        *(sizes16 *)(t.group + 48) = a.group[3];
    return t;
}

bool is_kept_axis(const struct axes *t, uint g)
{
    return (t->first_kept != 0) == ((g & 1) == 0);
}

/* The element of a kept and a reduced index. */
ulong element_at(const struct axes *t, ulong kept, ulong reduced)
{
    ulong element = 0, stride = 1;
    for (uint g = 0; g < t->groups; g++) {
        const ulong size = t->group[g];
        const bool last = g + 2 >= t->groups;
        const ulong index = is_kept_axis(t, g) ? kept : reduced;
        element += (last ? index : index % size) * stride;
        stride *= size;
        if (last)
            continue;
        if (is_kept_axis(t, g))
            kept /= size;
        else
            reduced /= size;
    }
    return element;
}

/* The kept index of an element. */
ulong kept_at(const struct axes *t, ulong element)
{
    ulong kept = 0, stride = 1;
    for (uint g = 0; g < t->groups; g++) {
        const ulong size = t->group[g];
        if (is_kept_axis(t, g)) {
            kept += element % size * stride;
            stride *= size;
        }
        element /= size;
    }
    return kept;
}

/* Adds p to s + c: TwoSum, as in compensated.cl. */
void add_term(const float p, float *s, float *c)
{
    const float sum = *s + p;
    const float z = sum - *s;
    *c += (*s - (sum - z)) + (p - z);
    *s = sum;
}

/* The term of a value in a sum. */
float term_of(const float v, const float l1, const float l2)
{
    const float first = l1 != 0 ? l1 * fabs(v) : 0;
    return l2 != 0 ? fma(l2 * v, v, first) : first;
}

/* Sums of l1*|a| + l2*a^2 over the reduced axes, in parts: [2][parts][kept],
 * sums first and their corrections second. */
__kernel WG_SIZED
void sum_terms(const struct axes_argument argument, const ulong parts,
               const ulong span, const float l1, const float l2,
               __global const float *a, const ulong a_offset,
               __global float *sums)
{
    const struct axes t = unpack_axes(argument);
    const ulong count = parts * t.kept;
    const ulong start = get_group_id(0) * span;
    const ulong end = min(count, start + span);
    a += a_offset;
    for (ulong i = start + get_local_id(0); i < end; i += GROUP) {
        const ulong kept = i % t.kept;
        float s = 0, c = 0;
        for (ulong r = i / t.kept; r < t.reduced; r += parts) {
            const float v = a[element_at(&t, kept, r)];
            add_term(term_of(v, l1, l2), &s, &c);
        }
        sums[i] = s;
        sums[count + i] = c;
    }
}

#define SIGN_OF(type, v) ((v) > 0 ? (type)(1) : (v) < 0 ? (type)(-1) : (v))

/* l1*sign(a) + 2*l2*a. */
INLINED realv penalty_gradient(realv a, float l1, float twice_l2)
{
    const realv first = l1 != 0 ? l1 * SIGN_OF(realv, a) : (realv)(0);
    return twice_l2 != 0 ? fma((realv)(twice_l2), a, first) : first;
}

/* da += that of a. */
__kernel WG_SIZED
void add_penalty_gradient(const ulong n, const ulong span, const float l1,
                          const float twice_l2, __global const float *a,
                          const ulong a_offset, __global float *da,
                          const ulong da_offset)
{
    const ulong start = get_group_id(0) * span;
    const ulong end = min(n, start + span);
    a += a_offset;
    da += da_offset;
    for (ulong i = start + get_local_id(0) * VECTOR; i < end;
         i += GROUP * VECTOR) {
        const uint rest = (uint)min((ulong)VECTOR, end - i);
        const realv more =
            penalty_gradient(load_partial(a + i, rest), l1, twice_l2);
        store_partial(load_partial(da + i, rest) + more, da + i, rest);
    }
}

/* da += l1*sign(a) + 2*l2*a; v = momentum*v - rate*da; returns a + v.  factors
 * are rate, momentum, l1 and 2*l2; without momentum v is not read. */
INLINED realv step_of(realv a, realv da, realv *v, const float4 factors)
{
    if (factors.s2 != 0 || factors.s3 != 0)
        da = da + penalty_gradient(a, factors.s2, factors.s3);
    const realv step = -(factors.s0 * da);
    *v = factors.s1 != 0 ? factors.s1 * *v + step : step;
    return a + *v;
}

/* The step, and da = 0; then, with is_non_neg, that constraint. */
__kernel WG_SIZED
void sgd_step(const ulong n, const ulong span, const float4 factors,
              const uint is_non_neg, __global float *a, const ulong a_offset,
              __global float *da, const ulong da_offset, __global float *v,
              const ulong v_offset)
{
    const ulong start = get_group_id(0) * span;
    const ulong end = min(n, start + span);
    const bool moves = factors.s1 != 0;
    a += a_offset;
    da += da_offset;
    v += v_offset;
    for (ulong i = start + get_local_id(0) * VECTOR; i < end;
         i += GROUP * VECTOR) {
        const uint rest = (uint)min((ulong)VECTOR, end - i);
        realv velocity = moves ? load_partial(v + i, rest) : (realv)(0);
        realv to = step_of(load_partial(a + i, rest),
                           load_partial(da + i, rest), &velocity, factors);
        if (is_non_neg)
            to = to < 0 ? (realv)(0) : to;
        if (moves)
            store_partial(velocity, v + i, rest);
        store_partial(to, a + i, rest);
        store_partial((realv)(0), da + i, rest);
    }
}

/* The step, and sum_terms of the new a^2: each element is in one sum. */
__kernel WG_SIZED
void step_terms(const struct axes_argument argument, const ulong parts,
                const ulong span, const float4 factors, __global float *a,
                const ulong a_offset, __global float *da,
                const ulong da_offset, __global float *v, const ulong v_offset,
                __global float *sums)
{
    const struct axes t = unpack_axes(argument);
    const ulong count = parts * t.kept;
    const ulong start = get_group_id(0) * span;
    const ulong end = min(count, start + span);
    a += a_offset;
    da += da_offset;
    v += v_offset;
    for (ulong i = start + get_local_id(0); i < end; i += GROUP) {
        const ulong kept = i % t.kept;
        float s = 0, c = 0;
        for (ulong r = i / t.kept; r < t.reduced; r += parts) {
            const ulong at = element_at(&t, kept, r);
            realv velocity = (realv)(v[at]);
            const realv to = step_of((realv)(a[at]), (realv)(da[at]),
                                     &velocity, factors);
            if (factors.s1 != 0)
                v[at] = FIRST(velocity);
            a[at] = FIRST(to);
            da[at] = 0;
            add_term(term_of(a[at], 0, 1), &s, &c);
        }
        sums[i] = s;
        sums[count + i] = c;
    }
}

__kernel WG_SIZED
void non_neg(const ulong n, const ulong span, __global float *a,
             const ulong a_offset)
{
    const ulong start = get_group_id(0) * span;
    const ulong end = min(n, start + span);
    a += a_offset;
    for (ulong i = start + get_local_id(0); i < end; i += GROUP)
        a[i] = a[i] < 0 ? 0 : a[i];
}

/* a *= (rate*clip(norm, low, high) + (1 - rate)*norm) / (epsilon + norm), norm
 * being the root of squares. */
__kernel WG_SIZED
void rescale(const struct axes_argument argument, const ulong n,
             const ulong span, const float low, const float high,
             const float rate, __global const float *squares, __global float *a,
             const ulong a_offset)
{
    const struct axes t = unpack_axes(argument);
    const ulong start = get_group_id(0) * span;
    const ulong end = min(n, start + span);
    a += a_offset;
    for (ulong i = start + get_local_id(0); i < end; i += GROUP) {
        const float norm = sqrt(squares[kept_at(&t, i)]);
        const float inside = norm < low ? low : norm > high ? high : norm;
        const float wanted =
            rate == 1 ? inside : rate * inside + (1 - rate) * norm;
        a[i] *= wanted / (1e-7f + norm);
    }
}

/* The diagonals of a[size][size][kernels]. */
__kernel WG_SIZED
void take_diagonal(const ulong size, const ulong kernels, const ulong span,
                   __global const float *a, const ulong a_offset,
                   __global float *diagonal)
{
    const ulong start = get_group_id(0) * span;
    const ulong end = min(size * kernels, start + span);
    a += a_offset;
    for (ulong i = start + get_local_id(0); i < end; i += GROUP)
        diagonal[i] = a[i / kernels * (size + 1) * kernels + i % kernels];
}

/* Each ring around the centre gets one element of the diagonal: that of the
 * ring's corner or, of an odd size and at the centre, the one before it. */
__kernel WG_SIZED
void fill_rings(const ulong size, const ulong kernels, const ulong span,
                __global const float *diagonal, __global float *a,
                const ulong a_offset)
{
    const ulong start = get_group_id(0) * span;
    const ulong end = min(size * size * kernels, start + span);
    a += a_offset;
    for (ulong i = start + get_local_id(0); i < end; i += GROUP) {
        const ulong column = i / kernels % size, row = i / kernels / size;
        const ulong low = min(row, column), high = max(row, column);
        const ulong corner = max(high, size - 1 - low);
        const bool before = size % 2 == 1 || corner == size / 2;
        a[i] = diagonal[(before ? corner - 1 : corner) * kernels + i % kernels];
    }
}

/* A vector's length, with a lower bound for divisions. */
float length_of(const float square)
{
    return sqrt(square < 1e-12f ? 1e-12f : square);
}

/* Dot products of count vectors with each other, element k of vector i being
 * a[i*step + k*stride], in parts: [2][parts][i][j], sums first and their
 * corrections second.  They are not set for i = j. */
__kernel WG_SIZED
void dot_vectors(const ulong count, const ulong length, const ulong step,
                 const ulong stride, const ulong parts, const ulong span,
                 __global const float *a, const ulong a_offset,
                 __global float *sums)
{
    const ulong n = parts * count * count;
    const ulong start = get_group_id(0) * span;
    const ulong end = min(n, start + span);
    a += a_offset;
    for (ulong at = start + get_local_id(0); at < end; at += GROUP) {
        const ulong i = at / count % count, j = at % count;
        const ulong part = at / count / count;
        const ulong mirrored = (part * count + j) * count + i;
        float s = 0, c = 0;
        if (i >= j)
            continue;
        for (ulong k = part; k < length; k += parts) {
            const float x = a[i * step + k * stride];
            const float y = a[j * step + k * stride];
            const float p = x * y;
            c += fma(x, y, -p);
            add_term(p, &s, &c);
        }
        sums[at] = sums[mirrored] = s;
        sums[n + at] = sums[n + mirrored] = c;
    }
}

/* Replaces these sums by cosines[i][j]. */
__kernel WG_SIZED
void find_cosines(const ulong count, const ulong parts, const ulong span,
                  __global const float *squares, __global float *sums)
{
    const ulong pairs = count * count;
    const ulong start = get_group_id(0) * span;
    const ulong end = min(pairs, start + span);
    for (ulong at = start + get_local_id(0); at < end; at += GROUP) {
        const ulong i = at / count, j = at % count;
        float s = 0, c = 0;
        for (ulong part = 0; i != j && part < parts; part++) {
            c += sums[(parts + part) * pairs + at];
            add_term(sums[part * pairs + at], &s, &c);
        }
        /* A sum that is not finite has a correction without meaning. */
        s = s - s == 0 ? s + c : s;
        sums[at] = i == j ? 0 : s / (length_of(squares[i]) *
                                     length_of(squares[j]));
    }
}

/* da += factor times the derivative of half the sum of all |cosines|.  The
 * component along the vector itself is removed, unless the vector is too
 * short. */
__kernel WG_SIZED
void add_cosine_gradient(const ulong count, const ulong length,
                         const ulong step, const ulong stride,
                         const ulong span, const float factor,
                         __global const float *squares,
                         __global const float *cosines,
                         __global const float *a, const ulong a_offset,
                         __global float *da, const ulong da_offset)
{
    const ulong start = get_group_id(0) * span;
    const ulong end = min(count * length, start + span);
    a += a_offset;
    da += da_offset;
    for (ulong at = start + get_local_id(0); at < end; at += GROUP) {
        const ulong i = step == 1 ? at % count : at / length;
        const ulong k = step == 1 ? at / count : at % length;
        const float norm = length_of(squares[i]);
        float s = 0, c = 0, t = 0, t_c = 0;
        for (ulong j = 0; j < count; j++) {
            const float cosine = cosines[i * count + j];
            const float unit =
                a[j * step + k * stride] / length_of(squares[j]);
            add_term(SIGN_OF(float, cosine) * unit, &s, &c);
            add_term(fabs(cosine), &t, &t_c);
        }
        const float along =
            squares[i] < 1e-12f ? 0 : (t + t_c) * (a[at] / norm);
        add_term(-along, &s, &c);
        da[at] += factor * ((s + c) / norm);
    }
}
