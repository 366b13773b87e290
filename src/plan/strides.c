/* strides.c - arrays with gaps: their strides, merged and checked
 * SPDX-License-Identifier: MIT */
#include "plan/strides.h"

#include <inttypes.h>
#include <string.h>

#include "base/integer.h"
#include "base/status.h"
#include "core/check.h"
#include "npy/npy.h"

/* The axes of more than one element, and the strides along them. */
typedef struct axes {
    unsigned count;
    uint64_t size[CLRELU_MAX_RANK];
    uint64_t step[CLRELU_OPERANDS][CLRELU_MAX_RANK];
} axes;

/* -------------------------------------------------------------- extents -- */

static clrelu_status check_dims(const clrelu_strides *s, uint64_t n,
                                const clrelu_shape *shape)
{
    char got[NPY_SHAPE_TEXT], want[NPY_SHAPE_TEXT];
    uint64_t product = 1;
    bool empty = false;

    if (s->rank > CLRELU_MAX_RANK)
        return clrelu_fail(CLRELU_INVALID_RANK,
                           "strides: rank is %zu, must be in 0..%d", s->rank,
                           CLRELU_MAX_RANK);
    if (!s->dims && s->rank > 0)
        return clrelu_fail(CLRELU_INVALID_NULL, "strides: dims is NULL");
    clrelu_npy_shape_format(s->rank, s->dims, got);
    if (shape && (s->rank != shape->rank ||
                  (s->rank > 0 && memcmp(s->dims, shape->dims,
                                         s->rank * sizeof(*s->dims)) != 0)))
        return clrelu_fail(
            CLRELU_INVALID_SIZE, "strides: dims is %s, must be shape's %s", got,
            clrelu_npy_shape_format(shape->rank, shape->dims, want));
    for (size_t i = 0; i < s->rank; i++) {
        const uint64_t size = max_u64(s->dims[i], 1);
        empty |= s->dims[i] == 0;
        product = product > SIZE_MAX / 8 / size ? SIZE_MAX : product * size;
    }
    if ((empty ? 0 : product) != n)
        return clrelu_fail(
            CLRELU_INVALID_SIZE,
            "strides: dims is %s, must have n elements, %" PRIu64, got, n);
    return CLRELU_OK;
}

/* -------------------------------------------------------------- strides -- */

/* Of axis i of array o; without gaps, extents of the axes inside it are its
 * stride. */
static uint64_t stride_of(const clrelu_operand_strides *o, size_t i,
                          uint64_t inside)
{
    return o->strides ? (uint64_t)o->strides[i] : inside;
}

/* Innermost first. */
static void find_axes(const clrelu_strides *s, const clrelu_operand_strides *o,
                      axes *a)
{
    uint64_t inside = 1;

    a->count = 0;
    for (size_t i = s->rank; i-- > 0;) {
        if (s->dims[i] == 1)
            continue;
        a->size[a->count] = s->dims[i];
        for (int k = 0; k < CLRELU_OPERANDS; k++)
            a->step[k][a->count] = stride_of(&o[k], i, inside);
        inside *= s->dims[i];
        a->count++;
    }
}

/* Distance from the first to the last element, or more than SIZE_MAX / 8. */
static uint64_t distance_of(const axes *a, const uint64_t *step)
{
    uint64_t sum = 0;

    for (unsigned g = 0; g < a->count; g++) {
        if (step[g] > SIZE_MAX / 8 / (a->size[g] - 1))
            return SIZE_MAX;
        sum += step[g] * (a->size[g] - 1);
        if (sum > SIZE_MAX / 8)
            return SIZE_MAX;
    }
    return sum;
}

/* The axes by their steps, the smallest first. */
static void sort_axes(const uint64_t *step, unsigned count, unsigned *order)
{
    for (unsigned g = 0; g < count; g++) {
        unsigned at = g;
        for (; at > 0 && step[order[at - 1]] > step[g]; at--)
            order[at] = order[at - 1];
        order[at] = g;
    }
}

static clrelu_status check_sign(const clrelu_strides *s,
                                const clrelu_operand_strides *o)
{
    for (size_t i = 0; i < s->rank; i++)
        if (o->strides && o->strides[i] < 0)
            return clrelu_fail(CLRELU_INVALID_STRIDES,
                               "strides: %s[%zu] is %" PRId64 ", must be >= 0",
                               o->name, i, o->strides[i]);
    return CLRELU_OK;
}

static clrelu_status check_steps(const axes *a, const char *name,
                                 const uint64_t *step, bool is_output)
{
    unsigned order[CLRELU_MAX_RANK];
    uint64_t distance = 0;

    if (distance_of(a, step) == SIZE_MAX)
        return clrelu_fail(CLRELU_INVALID_STRIDES,
                           "strides: the bytes of %s do not fit %zu bits", name,
                           8 * sizeof(size_t));
    if (!is_output)
        return CLRELU_OK;
    sort_axes(step, a->count, order);
    for (unsigned i = 0; i < a->count; i++) {
        const unsigned g = order[i];
        if (step[g] <= distance)
            return clrelu_fail(
                CLRELU_INVALID_STRIDES,
                "strides: %s has the stride %" PRIu64 ", must be > %" PRIu64
                ", the distance along smaller strides: its elements may "
                "overlap",
                name, step[g], distance);
        distance += step[g] * (a->size[g] - 1);
    }
    return CLRELU_OK;
}

/* ---------------------------------------------------------------- merge -- */

/* Whether an axis continues the last one of the layout in all arrays. */
static bool continues(const clrelu_layout *l, const axes *a, unsigned g)
{
    const unsigned last = (unsigned)l->axes - 1;

    for (int k = 0; k < CLRELU_OPERANDS; k++)
        if (a->step[k][g] != l->step[k][last] * l->size[last])
            return false;
    return true;
}

static clrelu_status append(const axes *a, unsigned g, clrelu_layout *l)
{
    if (l->axes == CLRELU_LAYOUT_AXES)
        return clrelu_fail(CLRELU_UNSUPPORTED,
                           "strides: more than %d axes are left after merging",
                           CLRELU_LAYOUT_AXES);
    l->size[l->axes] = a->size[g];
    for (int k = 0; k < CLRELU_OPERANDS; k++)
        l->step[k][l->axes] = a->step[k][g];
    l->axes++;
    return CLRELU_OK;
}

static clrelu_status merge(const axes *a, const unsigned *order,
                           clrelu_layout *l)
{
    clrelu_status status = CLRELU_OK;

    for (unsigned i = 0; i < a->count && !status; i++) {
        const unsigned g = order[i];
        if (l->axes > 0 && continues(l, a, g))
            l->size[l->axes - 1] *= a->size[g];
        else
            status = append(a, g, l);
    }
    for (unsigned g = (unsigned)l->axes; g < CLRELU_LAYOUT_SIZES; g++)
        l->size[g] = 1;
    return status;
}

/* Whether all elements are next to each other in all arrays. */
static bool has_no_gaps(const clrelu_layout *l)
{
    for (int k = 0; k < CLRELU_OPERANDS; k++)
        if (l->axes > 1 || (l->axes == 1 && l->step[k][0] != 1))
            return false;
    return true;
}

clrelu_status clrelu_layout_make(const clrelu_strides *s, uint64_t n,
                                 const clrelu_shape *shape,
                                 const clrelu_operand_strides *operands,
                                 bool any_order, clrelu_layout *l)
{
    clrelu_operand_strides o[CLRELU_OPERANDS];
    axes a;
    unsigned order[CLRELU_MAX_RANK];
    clrelu_status status = CLRELU_CHECK_RESERVED("strides", s->reserved);

    memset(l, 0, sizeof(*l));
    l->n = n;
    if (!status)
        status = check_dims(s, n, shape);
    /* An array that is not there has the strides of x. */
    for (int k = 0; k < CLRELU_OPERANDS && !status; k++) {
        o[k] = operands[operands[k].name ? k : CLRELU_OPERAND_X];
        status = check_sign(s, &o[k]);
    }
    if (status || n == 0)
        return status;
    find_axes(s, o, &a);
    for (int k = 0; k < CLRELU_OPERANDS && !status; k++)
        status = check_steps(&a, o[k].name, a.step[k], o[k].is_output);
    for (unsigned g = 0; g < a.count; g++)
        order[g] = g;
    if (any_order)
        sort_axes(a.step[CLRELU_OPERAND_OUT], a.count, order);
    if (!status)
        status = merge(&a, order, l);
    if (!status && has_no_gaps(l))
        l->axes = 0;
    return status;
}

/* ----------------------------------------------------------------- pairs -- */

uint64_t clrelu_layout_extent(const clrelu_layout *l, clrelu_operand k)
{
    uint64_t distance = 0;

    if (l->axes == 0)
        return l->n;
    for (unsigned g = 0; g < l->axes; g++)
        distance += l->step[k][g] * (l->size[g] - 1);
    return distance + 1;
}

bool clrelu_layout_same(const clrelu_layout *l, clrelu_operand a,
                        clrelu_operand b)
{
    return memcmp(l->step[a], l->step[b], sizeof(l->step[a])) == 0;
}

/* Whether distance is a sum of step[g]*i over the first count axes of the
 * order, with |i| < size[g].  Each step is larger than what the axes before it
 * can add: i is the quotient, or one more. */
static bool is_reached(const clrelu_layout *l, const uint64_t *step,
                       const unsigned *order, unsigned count, int64_t distance)
{
    if (count == 0)
        return distance == 0;
    const unsigned g = order[count - 1];
    const int64_t size = (int64_t)l->size[g], s = (int64_t)step[g];
    const int64_t floor = distance / s - (distance % s < 0);
    for (int64_t i = floor; i <= floor + 1; i++)
        if (i > -size && i < size &&
            is_reached(l, step, order, count - 1, distance - i * s))
            return true;
    return false;
}

bool clrelu_layout_meet(const clrelu_layout *l, clrelu_operand k,
                        int64_t distance)
{
    unsigned order[CLRELU_LAYOUT_AXES];

    sort_axes(l->step[k], (unsigned)l->axes, order);
    return is_reached(l, l->step[k], order, (unsigned)l->axes, distance);
}
