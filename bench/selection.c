/* selection.c - the cases, and those that the options select
 * SPDX-License-Identifier: MIT */
#include "selection.h"

#include <stdio.h>
#include <string.h>

#include "harness.h"

const char *case_pattern(size_t i)
{
    return i < COUNT_OF(case_patterns) ? case_patterns[i].shape.name : NULL;
}

static size_t sample_count(const struct case_pattern *p, size_t scale)
{
    size_t n = 1;

    for (size_t axis = 1; axis < p->shape.rank; axis++)
        n *= (*p->samples)[scale][axis - 1];
    return n;
}

/* The largest sample of which the size takes four or more, and as many of it as
 * come nearest to the size. */
static struct case_shape make_shape(const struct case_pattern *p, size_t size)
{
    struct case_shape shape = p->shape;
    size_t scale = 0;

    while (scale + 1 < CASE_SCALES && sample_count(p, scale) > size / 4)
        scale++;
    shape.dims[0] =
        (size + sample_count(p, scale) / 2) / sample_count(p, scale);
    for (size_t axis = 1; axis < shape.rank; axis++)
        shape.dims[axis] = (*p->samples)[scale][axis - 1];
    return shape;
}

static bench_case make_case(clrelu_op op, bool backward, unsigned log2_size,
                            const struct case_pattern *p)
{
    const size_t size = (size_t)1 << log2_size;
    const bench_case c = {
        .op = op,
        .backward = backward,
        .log2_size = log2_size,
        .shape = p ? make_shape(p, size)
                   : (struct case_shape){"", 1, {size}, 0, {0}},
    };

    return c;
}

typedef struct found {
    const case_filter *filter;
    bench_case *cases;
    size_t capacity, count;
} found;

static bool is_asked(const char *asked, const char *name)
{
    return !asked || strcmp(asked, name) == 0;
}

static void add(found *f, const bench_case *c)
{
    if (f->count < f->capacity)
        f->cases[f->count] = *c;
    f->count++;
}

static void add_sizes(found *f, clrelu_op op, bool backward,
                      const struct case_pattern *p)
{
    const case_filter *filter = f->filter;

    for (unsigned size = filter->low; size <= filter->high;
         size += filter->step) {
        bench_case c = make_case(op, backward, size, p);
        add(f, &c);
        c.in_place = true;
        if (size >= filter->in_place_from)
            add(f, &c);
    }
}

static void add_op(found *f, clrelu_op op, bool backward)
{
    if (op != CLRELU_PRELU && !f->filter->pattern)
        add_sizes(f, op, backward, NULL);
    if (op != CLRELU_PRELU)
        return;
    for (size_t i = 0; i < COUNT_OF(case_patterns); i++)
        if (is_asked(f->filter->pattern, case_patterns[i].shape.name))
            add_sizes(f, op, backward, &case_patterns[i]);
}

size_t cases_find(const case_filter *filter, bench_case *cases, size_t capacity)
{
    static const clrelu_op ops[] = {CLRELU_LEAKY_RELU, CLRELU_ELU,
                                    CLRELU_THRESHOLDED_RELU, CLRELU_PRELU};
    found f = {filter, cases, capacity, 0};

    for (size_t i = 0; i < COUNT_OF(ops); i++) {
        if (!is_asked(filter->op, clrelu_op_name(ops[i])))
            continue;
        if (is_asked(filter->direction, "forward"))
            add_op(&f, ops[i], false);
        if (is_asked(filter->direction, "backward"))
            add_op(&f, ops[i], true);
    }
    return f.count;
}

const char *case_name(const bench_case *c)
{
    static char name[96];

    snprintf(name, sizeof(name), "%s %s%s%s 2^%u%s", clrelu_op_name(c->op),
             c->backward ? "backward" : "forward", c->shape.name[0] ? " " : "",
             c->shape.name, c->log2_size, c->in_place ? " in place" : "");
    return name;
}
