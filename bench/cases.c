/* cases.c - what there is to measure, and which of it is asked for
 * SPDX-License-Identifier: MIT */
#include "cases.h"

#include <stdio.h>
#include <string.h>

#include "gear.h"

enum { SCALES = 4 };

/* How alpha is shared in practice.  One sample has the same number of elements
 * in all patterns; a smaller sample serves smaller sizes. */
typedef struct pattern {
    const char *name;
    size_t rank;
    size_t sample[SCALES][MAX_AXES]; /* extents without the batch            */
    size_t shared_count;
    int shared_axes[MAX_AXES];
} pattern;

#define NCHW \
    { \
        {64, 56, 56}, {64, 14, 14}, {16, 7, 7}, \
        { \
            8, 4, 4 \
        } \
    }
#define NHWC \
    { \
        {56, 56, 64}, {14, 14, 64}, {7, 7, 16}, \
        { \
            4, 4, 8 \
        } \
    }

static const pattern patterns[] = {
    {"nchw", 4, NCHW, 2, {2, 3}},
    {"nhwc", 4, NHWC, 2, {1, 2}},
    {"odd", 4, {{64, 55, 57}, {64, 13, 15}, {16, 7, 7}, {8, 3, 5}}, 2, {2, 3}},
    {"dense", 2, {{1024}, {1024}, {1024}, {128}}, 0, {0}},
    {"one", 4, NCHW, 3, {1, 2, 3}},
    {"full", 4, NCHW, 0, {0}},
    {"channel", 4, NCHW, 1, {1}},
    {"1-3", 4, NCHW, 2, {1, 3}},
    {"rank6",
     6,
     {{16, 7, 16, 7, 16}, {4, 7, 16, 7, 4}, {4, 7, 2, 7, 2}, {2, 4, 2, 4, 2}},
     2,
     {2, 4}},
};

#undef NCHW
#undef NHWC

const char *case_pattern(size_t i)
{
    return i < COUNT_OF(patterns) ? patterns[i].name : NULL;
}

static size_t sample_count(const pattern *p, size_t scale)
{
    size_t n = 1;

    for (size_t axis = 0; axis + 1 < p->rank; axis++)
        n *= p->sample[scale][axis];
    return n;
}

/* The largest sample of which the size takes four or more, and as many of it as
 * come nearest to the size. */
static void set_dims(const pattern *p, bench_case *c)
{
    const size_t size = (size_t)1 << c->log2_size;
    size_t scale = 0;

    while (scale + 1 < SCALES && sample_count(p, scale) > size / 4)
        scale++;
    c->dims[0] = (size + sample_count(p, scale) / 2) / sample_count(p, scale);
    for (size_t axis = 1; axis < p->rank; axis++)
        c->dims[axis] = p->sample[scale][axis - 1];
}

static bench_case make_case(clrelu_op op, bool backward, unsigned log2_size,
                            const pattern *p)
{
    bench_case c = {
        .op = op,
        .backward = backward,
        .log2_size = log2_size,
        .pattern = p ? p->name : "",
        .rank = p ? p->rank : 1,
        .shared_count = p ? p->shared_count : 0,
    };

    c.dims[0] = (size_t)1 << log2_size;
    if (p) {
        memcpy(c.shared_axes, p->shared_axes, sizeof(c.shared_axes));
        set_dims(p, &c);
    }
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

static void add_sizes(found *f, clrelu_op op, bool backward, const pattern *p)
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
    for (size_t i = 0; i < COUNT_OF(patterns); i++)
        if (is_asked(f->filter->pattern, patterns[i].name))
            add_sizes(f, op, backward, &patterns[i]);
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
             c->backward ? "backward" : "forward", c->pattern[0] ? " " : "",
             c->pattern, c->log2_size, c->in_place ? " in place" : "");
    return name;
}
