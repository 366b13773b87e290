/* strides.cl - where the elements of arrays with gaps are
 * SPDX-License-Identifier: MIT
 * needs: types.cl storage_*.cl memory.cl prelu.cl divide.cl
 * used by: strided
 *
 * Elements are counted without gaps.  A line has those along the innermost
 * axis; src/plan/strides.h has the rest. */

/* Must match clrelu_layout in src/plan/strides.h. */
struct layout {
    ulong axes, n, parts, units, unused[4];
    ulong8 size, x, dy, out, second; /* the steps of each array */
};

/* Offsets in the arrays. */
struct place {
    ulong x, dy, out, second;
};

/* count elements further along an axis; the arguments are its steps. */
INLINED void move_place(ulong x, ulong dy, ulong out, ulong second, ulong count,
                        struct place *p)
{
    p->x += x * count;
    p->dy += dy * count;
    p->out += out * count;
    p->second += second * count;
}
#define MOVE(a, si, count, p)                                                  \
    move_place((a)->x.si, (a)->dy.si, (a)->out.si, (a)->second.si, count, p)

/* The first element of a line, and how many lines there are from it on to the
 * end of the second axis.  GPUs have no registers for arrays with dynamic
 * indices. */
INLINED struct place find_line(const struct layout *a, ulong line, ulong *lines)
{
    struct place p = {0, 0, 0, 0};
    ulong index = line;
    if (a->axes > 2)
        line = divide(line, a->size.s1, &index);
    MOVE(a, s1, index, &p);
    *lines = a->size.s1 - index;
#if GROUP == 1
    ROLLED
    for (uint g = 2; g < a->axes; g++) {
        const ulong *size = (const ulong *)&a->size + g;
        index = line;
        if (g + 1 < a->axes)
            line = divide(line, *size, &index);
        move_place(size[8], size[16], size[24], size[32], index, &p);
    }
#else
#define TAKE_AXIS(g, si)                                                       \
    if (g < a->axes) {                                                         \
        index = line;                                                          \
        if (g + 1 < a->axes)                                                   \
            line = divide(line, a->size.si, &index);                           \
        MOVE(a, si, index, &p);                                                \
    }
    TAKE_AXIS(2, s2)
    TAKE_AXIS(3, s3)
    TAKE_AXIS(4, s4)
    TAKE_AXIS(5, s5)
#undef TAKE_AXIS
#endif
    return p;
}

/* Whether all arrays have neighbours next to each other along a line. */
bool has_lines(const struct layout *a)
{
    return a->x.s0 == 1 && a->dy.s0 == 1 && a->out.s0 == 1 && a->second.s0 == 1;
}

/* count elements, step apart, at most a vector of them; the rest is 0. */
INLINED storedv load_spread(__global const stored *p, ulong step, uint count)
{
#if WITHOUT_LOOP
#define SPREAD_ELEMENT(i) (i < count ? p[i * step] : (stored)0)
    if (step == 1 && count >= VECTOR)
        return load_vector(p, is_aligned(p));
    return (storedv)(EACH(SPREAD_ELEMENT));
#else
    stored part[VECTOR] = {0};
    if (step == 1)
        return load_partial(p, count);
    ROLLED
    for (uint i = 0; i < count; i++)
        part[i] = p[i * step];
    return VLOAD(part);
#endif
}

INLINED void store_spread(storedv v, __global stored *p, ulong step, uint count)
{
#if WITHOUT_LOOP
#define STORE_SPREAD(i)                                                        \
    if (i < count)                                                             \
        p[i * step] = ELEMENT(v, i);
    if (step == 1 && count >= VECTOR) {
        if (is_aligned(p))
            store_aligned(v, p);
        else
            store(v, p);
        return;
    }
    DO_EACH(STORE_SPREAD)
#else
    stored part[VECTOR];
    if (step == 1) {
        store_partial(v, p, count);
        return;
    }
    VSTORE(v, part);
    ROLLED
    for (uint i = 0; i < count; i++)
        p[i * step] = part[i];
#endif
}

#if GROUP == 1
/* A position on the way from line to line. */
struct spot {
    struct place line;
    ulong index, lines; /* in the line, and lines as find_line has them */
};

INLINED struct spot find_spot(const struct layout *a, ulong element)
{
    struct spot s = {.index = element};
    ulong line = 0;
    if (a->axes > 1)
        line = divide(element, a->size.s0, &s.index);
    s.line = find_line(a, line, &s.lines);
    return s;
}

INLINED struct place place_of(const struct layout *a, const struct spot *s)
{
    struct place p = s->line;
    MOVE(a, s0, s->index, &p);
    return p;
}

/* count elements further, at most to the end of the line; there element is the
 * next one. */
INLINED void pass_on(const struct layout *a, ulong element, ulong count,
                     struct spot *s)
{
    s->index += count;
    if (s->index < a->size.s0)
        return;
    s->index = 0;
    if (--s->lines > 0)
        MOVE(a, s1, 1, &s->line);
    else
        *s = find_spot(a, element);
}
#else
/* The offsets of an element, and its index in its line. */
INLINED struct place find_element(const struct layout *a, ulong element,
                                  ulong *index)
{
    ulong line = 0, lines;
    *index = element;
    if (a->axes > 1)
        line = divide(element, a->size.s0, index);
    struct place p = find_line(a, line, &lines);
    MOVE(a, s0, *index, &p);
    return p;
}

/* A vector of a line, one of as many as all lines have: its first element and
 * the arrays' offsets there.  Returns how many elements it has. */
INLINED uint find_unit(const struct layout *a, ulong unit, ulong *element,
                       struct place *p)
{
    ulong part, lines;
    const ulong line = divide(unit, a->parts, &part);
    *element = line * a->size.s0 + part * VECTOR;
    *p = find_line(a, line, &lines);
    MOVE(a, s0, part * VECTOR, p);
    return (uint)min((ulong)VECTOR, a->size.s0 - part * VECTOR);
}
#endif

#if GROUP > 1 && HAS_SUMS
/* count elements of an array from one on, at most a vector: on a line, or in
 * pieces on several.  step is the array's. */
INLINED storedv load_pieces(struct layout one, const ulong8 step,
                            __global const stored *p, ulong element, uint count)
{
    stored part[VECTOR] = {0};
    one.x = step;
    for (uint i = 0, len = 0; i < count; i += len) {
        ulong index;
        const struct place at = find_element(&one, element + i, &index);
        len = (uint)min((ulong)(count - i), one.size.s0 - index);
        if (len == count)
            return load_spread(p + at.x, step.s0, count);
        for (uint k = 0; k < len; k++)
            part[i + k] = p[at.x + k * step.s0];
    }
    return VLOAD(part);
}

INLINED void store_pieces(storedv v, struct layout one, const ulong8 step,
                          __global stored *p, ulong element, uint count)
{
    stored part[VECTOR];
    one.x = step;
    VSTORE(v, part);
    for (uint i = 0, len = 0; i < count; i += len) {
        ulong index;
        const struct place at = find_element(&one, element + i, &index);
        len = (uint)min((ulong)(count - i), one.size.s0 - index);
        if (len == count)
            store_spread(v, p + at.x, step.s0, count);
        for (uint k = 0; k < len && len < count; k++)
            p[at.x + k * step.s0] = part[i + k];
    }
}
#endif
