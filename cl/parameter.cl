/* parameter.cl - what happens to a parameter between two passes
 * SPDX-License-Identifier: MIT */

/* Neighbouring axes that are all reduced or all kept are one group, group[0]
 * the innermost. */
struct axes {
    ulong groups, first_kept;
    ulong kept, reduced; /* products of the sizes                             */
    ulong group[64];
};

/* The twin of clrelu_axes in src/parameter.h. */
struct axes_argument {
    ulong16 facts;
    ulong16 group[4];
};

/* rusticl cannot index an argument, only a copy of it made by constants. */
struct axes unpack(const struct axes_argument a)
{
    struct axes t = {a.facts.s0, a.facts.s1, a.facts.s2, a.facts.s3, {0}};
    vstore16(a.group[0], 0, t.group);
    /* AMD's compiler takes a branch's vectors into registers at once. */
    if (t.groups > 16)
        vstore16(a.group[1], 1, t.group);
    if (t.groups > 32)
        vstore16(a.group[2], 2, t.group);
    if (t.groups > 48)
        vstore16(a.group[3], 3, t.group);
    return t;
}

bool is_kept(const struct axes *t, uint g)
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
        const ulong index = is_kept(t, g) ? kept : reduced;
        element += (last ? index : index % size) * stride;
        stride *= size;
        if (last)
            continue;
        if (is_kept(t, g))
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
        if (is_kept(t, g)) {
            kept += element % size * stride;
            stride *= size;
        }
        element /= size;
    }
    return kept;
}

/* Sums of l1*|a| + l2*a^2 over the reduced axes, in parts: [2][parts][kept],
 * sums first and their corrections second. */
__kernel TEAM_OF_GROUP
void sum_terms(const struct axes_argument argument, const ulong parts,
               const ulong span, const float l1, const float l2,
               __global const float *a, const ulong a_offset,
               __global float *sums)
{
    const struct axes t = unpack(argument);
    const ulong count = parts * t.kept;
    const ulong start = get_group_id(0) * span;
    const ulong end = min(count, start + span);
    a += a_offset;
    for (ulong i = start + get_local_id(0); i < end; i += GROUP) {
        const ulong kept = i % t.kept;
        float s = 0, c = 0;
        for (ulong r = i / t.kept; r < t.reduced; r += parts) {
            const float v = a[element_at(&t, kept, r)];
            const float first = l1 != 0 ? l1 * fabs(v) : 0;
            const float p = l2 != 0 ? fma(l2 * v, v, first) : first;
            const float sum = s + p;
            const float z = sum - s;
            c += (s - (sum - z)) + (p - z);
            s = sum;
        }
        sums[i] = s;
        sums[count + i] = c;
    }
}

/* da += l1*sign(a) + 2*l2*a. */
__kernel TEAM_OF_GROUP
void add_penalty_gradient(const ulong n, const ulong span, const float l1,
                          const float twice_l2, __global const float *a,
                          const ulong a_offset, __global float *da,
                          const ulong da_offset)
{
    const ulong start = get_group_id(0) * span;
    const ulong end = min(n, start + span);
    a += a_offset;
    da += da_offset;
    for (ulong i = start + get_local_id(0); i < end; i += GROUP) {
        const float v = a[i];
        const float sign_v = v > 0 ? 1 : v < 0 ? -1 : v;
        const float first = l1 != 0 ? l1 * sign_v : 0;
        da[i] += twice_l2 != 0 ? fma(twice_l2, v, first) : first;
    }
}

/* v = momentum*v - rate*da; a += v; da = 0. */
__kernel TEAM_OF_GROUP
void descend(const ulong n, const ulong span, const float rate,
             const float momentum, __global float *a, const ulong a_offset,
             __global float *da, const ulong da_offset, __global float *v,
             const ulong v_offset)
{
    const ulong start = get_group_id(0) * span;
    const ulong end = min(n, start + span);
    ulong i = start + get_local_id(0) * VECTOR;
    a += a_offset;
    da += da_offset;
    v += v_offset;
    for (; i < end; i += GROUP * VECTOR) {
        const uint rest = (uint)min((ulong)VECTOR, end - i);
        realv step = -(rate * load_up_to(da + i, rest));
        if (momentum != 0) {
            step = momentum * load_up_to(v + i, rest) + step;
            store_up_to(pack(step), v + i, rest);
        }
        store_up_to(pack(load_up_to(a + i, rest) + step), a + i, rest);
        store_up_to(pack((realv)(0)), da + i, rest);
    }
}

__kernel TEAM_OF_GROUP
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
__kernel TEAM_OF_GROUP
void rescale(const struct axes_argument argument, const ulong n,
             const ulong span, const float low, const float high,
             const float rate, __global const float *squares, __global float *a,
             const ulong a_offset)
{
    const struct axes t = unpack(argument);
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
