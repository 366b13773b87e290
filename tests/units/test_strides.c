/* test_strides.c - arrays with gaps: the same bits, and nothing in the gaps
 * SPDX-License-Identifier: MIT
 *
 * Random shapes and strides.  Each call is compared with that on the same
 * values without gaps.  With the argument "all": all types, operations and
 * outputs. Compiling is most of the time. */
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "core/context.h"
#include "expect.h"
#include "plan/strides.h"
#include "random.h"
#include "reference.h"
#include "shape_text.h"
#include "storage.h"
#include "tap.h"
#include "typed.h"
#include "values.h"
#include "variants.h"

enum { RANK = 5 };

/* What runs the calls without gaps: one form of the kernels will do. */
static const struct device *plain_device;

enum call_kind { ELEMENTWISE, PRELU, CHAIN };

/* The calls that are compared. */
struct setting {
    enum call_kind kind;
    clrelu_op op;
    clrelu_dtype dtype, alpha_dtype;
    bool backward, accumulate, from_output, partial;
    bool dx, sums, residual, second;
};

/* Arrays of x's shape, and those with an element for each alpha. */
enum { X, DY, OUT, SECOND, OPERANDS };
enum { ALPHA, SCALE, BIAS, COLUMNS };
enum { DALPHA, DBIAS, DSCALE, SUMS };

/* The same values without and with gaps. */
struct operand {
    struct typed flat, spread;
    int64_t strides[RANK];
};

struct problem {
    const struct setting *s;
    size_t rank, dims[RANK], n, alphas;
    clrelu_shape shape;
    int axes[RANK];
    bool on_x, on_dy; /* the output is in place */
    struct operand operands[OPERANDS];
    struct typed columns[COLUMNS], flat_sums[SUMS], sums[SUMS];
};

/* ------------------------------------------------------------- problems -- */

/* Sometimes short, so that rows of the sums have many pieces; sometimes long.
 */
static void random_shape(uint64_t *seed, struct problem *p)
{
    static const size_t ends[] = {2, 5, 9, 20, 70, 300};

    p->rank = random_below(seed, RANK + 1);
    p->shape = reference_shape(p->rank, p->dims, 0, p->axes);
    for (size_t i = 0; i < p->rank; i++)
        p->dims[i] =
            1 + random_below(seed, ends[random_below(seed, COUNT_OF(ends))]);
    if (random_below(seed, 8) == 0 && p->rank > 0)
        p->dims[p->rank - 1] = 3000;
    while (reference_count(&p->shape) > 20000)
        p->dims[random_below(seed, p->rank)] = 1 + random_below(seed, 9);
    for (int i = 1; i < (int)p->rank; i++)
        if (random_below(seed, 2))
            p->axes[p->shape.shared_count++] = i;
    p->n = reference_count(&p->shape);
    p->alphas = reference_alpha_count(&p->shape);
}

/* Of axes in this order, innermost first, some with a gap after each element.
 */
static void random_strides(uint64_t *seed, const struct problem *p,
                           bool is_output, int64_t *strides)
{
    int64_t inside = random_below(seed, 4) ? 1 : 2;
    size_t order[RANK];

    for (size_t i = 0; i < p->rank; i++)
        order[i] = p->rank - 1 - i;
    for (size_t i = 1; i < p->rank && random_below(seed, 4) == 0; i++) {
        const size_t k = random_below(seed, i + 1), other = order[i];
        order[i] = order[k];
        order[k] = other;
    }
    for (size_t i = 0; i < p->rank; i++) {
        const size_t axis = order[i], gap = random_below(seed, 3);
        strides[axis] = inside;
        inside = inside * (int64_t)p->dims[axis] + (int64_t)(gap * gap * 4);
        if (!is_output && random_below(seed, 9) == 0)
            strides[axis] = 0;
    }
}

/* Where element i is. */
static size_t place_of(const struct problem *p, const int64_t *strides,
                       size_t i)
{
    size_t at = 0;

    for (size_t axis = p->rank; axis-- > 0;) {
        at += i % p->dims[axis] * (size_t)strides[axis];
        i /= p->dims[axis];
    }
    return at;
}

/* Special values among them: sums of numbers alone say more. */
static void *random_values(uint64_t *seed, clrelu_dtype dtype, size_t n)
{
    float *values = must_alloc((n + 1) * sizeof(*values));

    fill_x(0.3, random_bits(seed), n, values);
    void *typed = typed_convert(dtype, n, values);
    free(values);
    return typed;
}

/* The elements that the array with gaps has; with strides of 0 the last of
 * those that are in one place. */
static void make_operand(uint64_t *seed, const struct device *d,
                         const struct problem *p, bool is_output, bool is_set,
                         struct operand *o)
{
    const size_t size = clrelu_dtype_size(p->s->dtype);
    const size_t offset = case_offsets[random_below(seed, 5)];
    unsigned char *flat = random_below(seed, 3)
                              ? typed_uniform(p->s->dtype, p->n, -2, 2, seed)
                              : random_values(seed, p->s->dtype, p->n);
    size_t extent = 0;

    random_strides(seed, p, is_output, o->strides);
    for (size_t i = 0; i < p->n; i++) {
        const size_t at = place_of(p, o->strides, i);
        extent = at >= extent ? at + 1 : extent;
    }
    o->spread = typed_make(d, size, offset, extent, NULL);
    for (size_t i = 0; i < p->n && is_set; i++)
        memcpy(o->spread.sent + (offset + place_of(p, o->strides, i)) * size,
               flat + i * size, size);
    for (size_t i = 0; i < p->n; i++)
        memcpy(flat + i * size,
               o->spread.sent + (offset + place_of(p, o->strides, i)) * size,
               size);
    device_write(d, o->spread.mem, 0, (offset + extent + GUARD) * size,
                 o->spread.sent);
    o->flat = typed_make(d, size, 0, p->n, flat);
    free(flat);
}

static clrelu_dtype sum_dtype(const struct setting *s)
{
    return s->partial ? storage_computed(s->dtype) : s->alpha_dtype;
}

static void make_problem(uint64_t *seed, const struct device *d,
                         const struct setting *s, struct problem *p)
{
    const size_t size = clrelu_dtype_size(s->alpha_dtype);
    const size_t sum_size = clrelu_dtype_size(sum_dtype(s));

    memset(p, 0, sizeof(*p));
    p->s = s;
    random_shape(seed, p);
    p->on_x = random_below(seed, 5) == 0 && !s->from_output;
    p->on_dy = !p->on_x && random_below(seed, 5) == 0 && s->backward;
    for (int i = 0; i < OPERANDS; i++) {
        const bool is_output =
            i >= OUT || (i == X && p->on_x) || (i == DY && p->on_dy);
        const bool is_set = i < OUT || s->accumulate;
        make_operand(seed, d, p, is_output, is_set, &p->operands[i]);
    }
    for (int i = 0; i < COLUMNS; i++) {
        /* From y alpha must be positive. */
        const float low = s->from_output ? 0x1p-5f : -2;
        void *values = typed_uniform(s->alpha_dtype, p->alphas, low, 2, seed);
        p->columns[i] = typed_make(d, size, 1, p->alphas, values);
        free(values);
    }
    for (int i = 0; i < SUMS; i++) {
        const size_t rows = s->partial ? 2 : 1;
        void *old = typed_uniform(s->alpha_dtype, p->alphas, -2, 2, seed);
        const void *values = s->accumulate ? old : NULL;
        p->flat_sums[i] = typed_make(d, sum_size, 0, rows * p->alphas, values);
        p->sums[i] = typed_make(d, sum_size, 3, rows * p->alphas, values);
        free(old);
    }
}

static void free_problem(struct problem *p)
{
    for (int i = 0; i < OPERANDS; i++) {
        typed_free(&p->operands[i].flat);
        typed_free(&p->operands[i].spread);
    }
    for (int i = 0; i < COLUMNS; i++)
        typed_free(&p->columns[i]);
    for (int i = 0; i < SUMS; i++) {
        typed_free(&p->flat_sums[i]);
        typed_free(&p->sums[i]);
    }
}

/* ----------------------------------------------------------------- calls -- */

/* The operand that the output is on. */
static struct operand *output_of(struct problem *p)
{
    return &p->operands[p->on_x ? X : p->on_dy ? DY : OUT];
}

static clrelu_buffer buffer_if(bool condition, const struct typed *a)
{
    return condition ? typed_buffer(a) : (clrelu_buffer){0};
}

static clrelu_strides strides_of(struct problem *p)
{
    const struct setting *s = p->s;
    const int64_t *dy = p->operands[DY].strides, *out = output_of(p)->strides,
                  *x = p->operands[X].strides,
                  *second = p->operands[SECOND].strides;

    return (clrelu_strides){.rank = p->rank,
                            .dims = p->dims,
                            .x = x,
                            .y = s->from_output ? x : out,
                            .dy = dy,
                            .dx = out,
                            .residual = dy,
                            .z = second,
                            .dresidual = second};
}

static uint32_t flags_of(const struct setting *s)
{
    uint32_t flags = s->from_output ? CLRELU_FROM_OUTPUT : 0;

    if (s->accumulate && s->dx)
        flags |= CLRELU_ACCUMULATE_DX;
    if (s->accumulate && s->sums && !s->partial && s->kind != ELEMENTWISE)
        flags |= CLRELU_ACCUMULATE_DALPHA;
    if (s->accumulate && s->sums && !s->partial && s->kind == CHAIN)
        flags |= CLRELU_ACCUMULATE_DBIAS | CLRELU_ACCUMULATE_DSCALE;
    if (s->kind == CHAIN && s->op != CLRELU_PRELU)
        flags &= ~(uint32_t)CLRELU_ACCUMULATE_DALPHA;
    if (s->accumulate && s->second)
        flags |= CLRELU_ACCUMULATE_DRESIDUAL;
    return flags;
}

/* The operation of a chain without its other parts. */
static clrelu_status run_op(const struct device *d, size_t n,
                            const clrelu_chain *c, const struct setting *s)
{
    clrelu_elementwise e = {.op = c->op,
                            .dtype = c->dtype,
                            .flags = c->flags,
                            .scalar = c->scalar,
                            .n = n,
                            .x = c->x,
                            .y = c->y,
                            .dy = c->dy,
                            .dx = c->dx,
                            .strides = c->strides};
    clrelu_prelu p = {.alpha_dtype = c->alpha_dtype,
                      .shape = c->shape,
                      .alpha = c->alpha,
                      .dalpha = c->dalpha};

    if (s->from_output) {
        e.y = e.x;
        e.x = (clrelu_buffer){0};
    }
    if (!s->partial)
        return call_op(d, s->backward, &e, p);
    p = prelu_of(&e, p);
    return clrelu_prelu_backward_partial(d->context, &d->exec, &p);
}

static clrelu_status run(const struct device *d, struct problem *p, bool gaps)
{
    const struct setting *s = p->s;
    const clrelu_strides strides = strides_of(p);
    const struct typed *a[OPERANDS], *sums = gaps ? p->sums : p->flat_sums;
    const struct operand *on = output_of(p);
    const bool chain = s->kind == CHAIN, prelu = s->op == CLRELU_PRELU;

    for (int i = 0; i < OPERANDS; i++)
        a[i] = gaps ? &p->operands[i].spread : &p->operands[i].flat;
    a[OUT] = gaps ? &on->spread : &on->flat;
    const clrelu_chain c = {
        .op = s->op,
        .dtype = s->dtype,
        .alpha_dtype = s->alpha_dtype,
        .flags = flags_of(s),
        .scalar = 1,
        .gain = 1.5,
        .shape = &p->shape,
        .x = typed_buffer(a[X]),
        .alpha = buffer_if(prelu, &p->columns[ALPHA]),
        .scale = typed_buffer(&p->columns[SCALE]),
        .bias = typed_buffer(&p->columns[BIAS]),
        .residual = buffer_if(s->residual, a[DY]),
        .z = buffer_if(s->second && !s->backward, a[SECOND]),
        .y = buffer_if(!s->backward, a[OUT]),
        .dy = buffer_if(s->backward, a[DY]),
        .dx = buffer_if(s->dx, a[OUT]),
        .dalpha = buffer_if(s->sums && prelu, &sums[DALPHA]),
        .dbias = buffer_if(s->sums && chain, &sums[DBIAS]),
        .dscale = buffer_if(s->sums && chain, &sums[DSCALE]),
        .dresidual = buffer_if(s->second && s->backward, a[SECOND]),
        .strides = gaps ? &strides : NULL};
    if (s->kind != CHAIN)
        return run_op(d, p->n, &c, s);
    if (!s->backward)
        return clrelu_chain_forward(d->context, &d->exec, &c);
    return (s->partial ? clrelu_chain_backward_partial
                       : clrelu_chain_backward)(d->context, &d->exec, &c);
}

/* ----------------------------------------------------------- comparison -- */

/* The elements are those without gaps; then, without them, nothing changed. */
static bool is_same(const struct device *d, const struct problem *p,
                    struct operand *o)
{
    const size_t size = o->flat.size;
    const unsigned char *want = typed_fetch(d, &o->flat);
    unsigned char *packed = must_alloc((p->n + 1) * size);

    typed_fetch(d, &o->spread);
    for (size_t i = 0; i < p->n; i++) {
        const size_t at =
            (o->spread.offset + place_of(p, o->strides, i)) * size;
        memcpy(packed + i * size, o->spread.got + at, size);
        memcpy(o->spread.got + at, o->spread.sent + at, size);
    }
    bool good = typed_same(p->s->dtype, p->n, packed, want);
    free(packed);
    if (good && !typed_untouched(&o->spread)) {
        diag("written to a gap");
        good = false;
    }
    return good;
}

static bool sums_are_same(const struct device *d, struct problem *p)
{
    bool good = true;

    for (int i = 0; i < SUMS && good; i++) {
        const void *want = typed_fetch(d, &p->flat_sums[i]);
        const void *got = typed_fetch(d, &p->sums[i]);
        good = typed_same(sum_dtype(p->s), p->sums[i].n, got, want) &&
               typed_guarded(&p->sums[i]);
    }
    return good;
}

static void describe(const struct problem *p)
{
    static const char *const names[] = {"x", "dy", "out", "second"};

    diag("%s, %zu alphas%s%s", shape_text_of(&p->shape), p->alphas,
         p->on_x ? ", on x" : "", p->on_dy ? ", on dy" : "");
    for (int k = 0; k < OPERANDS; k++) {
        char text[256] = "";
        size_t used = 0;
        for (size_t i = 0; i < p->rank; i++)
            used += (size_t)snprintf(text + used, sizeof(text) - used, " %d",
                                     (int)p->operands[k].strides[i]);
        diag("%s:%s", names[k], text);
    }
}

static bool problem_is_same(const struct device *d, struct problem *p)
{
    bool good = !run(plain_device, p, false) && !run(d, p, true);

    if (!good)
        diag("%s", clrelu_error());
    for (int i = 0; i < OPERANDS && good; i++)
        good = is_same(d, p, &p->operands[i]);
    good = good && sums_are_same(d, p);
    if (!good)
        describe(p);
    return good;
}

static void test_setting(const struct device *d, const struct setting *s,
                         size_t times)
{
    static const char *const kinds[] = {"elementwise", "prelu", "chain"};
    uint64_t seed = 27;
    bool good = true;

    for (size_t i = 0; i < times && good; i++) {
        struct problem p;
        make_problem(&seed, d, s, &p);
        good = problem_is_same(d, &p);
        free_problem(&p);
    }
    ok(good, "%s %s %s, types %d %d:%s%s%s%s%s%s%s", kinds[s->kind],
       clrelu_op_name(s->op), s->backward ? "backward" : "forward",
       (int)s->dtype, (int)s->alpha_dtype, s->dx ? " dx" : "",
       s->sums ? " sums" : "", s->residual ? " residual" : "",
       s->second ? " second" : "", s->accumulate ? " accumulate" : "",
       s->from_output ? " from-output" : "", s->partial ? " partial" : "");
}

static const struct setting settings[] = {
    {.kind = PRELU, .backward = true, .dx = true, .sums = true},
    {.kind = CHAIN, .backward = true, .dx = true, .sums = true, .second = true},
    {.kind = PRELU},
    {.kind = ELEMENTWISE, .backward = true, .dx = true},
    {.kind = CHAIN, .residual = true, .second = true},
    {.kind = ELEMENTWISE},
    {.kind = ELEMENTWISE, .backward = true, .dx = true, .accumulate = true},
    {.kind = ELEMENTWISE, .backward = true, .dx = true, .from_output = true},
    {.kind = PRELU, .backward = true, .dx = true},
    {.kind = PRELU, .backward = true, .dx = true, .accumulate = true},
    {.kind = PRELU, .backward = true, .dx = true, .from_output = true},
    {.kind = PRELU, .backward = true, .sums = true, .partial = true},
    {.kind = PRELU,
     .backward = true,
     .dx = true,
     .sums = true,
     .from_output = true,
     .accumulate = true},
    {.kind = CHAIN},
    {.kind = CHAIN, .backward = true, .dx = true},
    {.kind = CHAIN,
     .backward = true,
     .dx = true,
     .sums = true,
     .second = true,
     .accumulate = true},
    {.kind = CHAIN, .backward = true, .sums = true, .partial = true},
};

static const clrelu_op element_ops[] = {CLRELU_LEAKY_RELU, CLRELU_ELU,
                                        CLRELU_THRESHOLDED_RELU};

static void test_types(const struct device *d, struct setting s,
                       clrelu_dtype dtype, size_t times)
{
    s.dtype = s.alpha_dtype = dtype;
    test_setting(d, &s, times);
    if (s.kind == ELEMENTWISE || clrelu_dtype_size(dtype) != 2)
        return;
    s.alpha_dtype = CLRELU_FLOAT32;
    test_setting(d, &s, times);
}

/* The first settings; all is for all operations, else one. */
static void test_dtype(const struct device *d, clrelu_dtype dtype, size_t count,
                       bool all)
{
    if (!device_has_dtype(d, dtype))
        return;
    for (size_t i = 0; i < count; i++) {
        struct setting s = settings[i];
        const bool ops = all && (s.kind == ELEMENTWISE || i == 1);
        for (size_t k = 0; k < (ops ? COUNT_OF(element_ops) : 1); k++) {
            s.op = element_ops[k];
            if (s.kind == PRELU || (s.kind == CHAIN && k == 0))
                s.op = CLRELU_PRELU;
            test_types(d, s, dtype, 100);
        }
    }
}

/* A form of the kernels; group 1 is a CPU's. */
static bool open_form(const struct variant *v, const struct device *base,
                      struct device *d)
{
    if (!variant_open(v, base, d))
        return false;
    diag("%u work-items of %u", v->group, v->vector);
    d->context->params.non_temporal_bytes = v->group % 2;
    return true;
}

/* Settings by their index: their programs compile in seconds. */
static void test_some(const struct device *d, const size_t *which, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct setting s = settings[which[i]];
        s.op = s.kind == ELEMENTWISE ? CLRELU_LEAKY_RELU : CLRELU_PRELU;
        test_types(d, s, CLRELU_FLOAT32, 100);
    }
}

static void test_quick(const struct device *base)
{
    static const struct variant gpu = {64, 4};
    static const size_t of_cpu[] = {0, 2, 3}, of_gpu[] = {2, 3};
    struct device d;

    test_some(base, of_cpu, COUNT_OF(of_cpu));
    if (!open_form(&gpu, base, &d))
        return;
    test_some(&d, of_gpu, COUNT_OF(of_gpu));
    variant_close(&d);
}

static void test_all(const struct device *base)
{
    static const struct variant forms[] = {{64, 4}, {128, 8}, {1, 8},
                                           {1, 1},  {2, 4},   {64, 16}};
    static const clrelu_dtype dtypes[] = {CLRELU_FLOAT32, CLRELU_FLOAT16,
                                          CLRELU_BFLOAT16, CLRELU_FLOAT64};
    struct device d;

    for (size_t k = 0; k < COUNT_OF(dtypes); k++)
        test_dtype(base, dtypes[k], COUNT_OF(settings), true);
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        if (!open_form(&forms[i], base, &d))
            continue;
        for (size_t k = 0; k < (i == 0 ? COUNT_OF(dtypes) : 1); k++)
            test_dtype(&d, dtypes[k], 5, false);
        variant_close(&d);
    }
}

/* ---------------------------------------------------------------- merge -- */

/* What is left of dims with these strides of x and y, element-wise. */
static clrelu_layout layout_of(size_t rank, const size_t *dims,
                               const int64_t *x, const int64_t *y)
{
    const clrelu_strides s = {.rank = rank, .dims = dims};
    const clrelu_shape shape = reference_shape(rank, dims, 0, NULL);
    const clrelu_operand_strides operands[CLRELU_OPERANDS] = {
        [CLRELU_OPERAND_X] = {"x", x, false},
        [CLRELU_OPERAND_OUT] = {"y", y, true}};
    clrelu_layout l;

    must_succeed(clrelu_layout_make(&s, reference_count(&shape), NULL, operands,
                                    true, &l));
    return l;
}

static void test_merge(void)
{
    static const size_t dims[] = {8, 16, 28, 28};
    const int64_t whole[] = {12544, 784, 28, 1}, nhwc[] = {12544, 1, 448, 16},
                  rows[] = {13440, 840, 30, 1}, planes[] = {20000, 784, 28, 1},
                  odd[] = {13440, 840, 30, 1};
    clrelu_layout l = layout_of(4, dims, whole, NULL);

    ok(l.axes == 0, "strides without gaps are none");
    l = layout_of(4, dims, nhwc, nhwc);
    ok(l.axes == 0, "... in another order, too, if it is all arrays'");
    l = layout_of(4, dims, planes, NULL);
    ok(l.axes == 2 && l.size[0] == 12544 && l.size[1] == 8 &&
           l.step[CLRELU_OPERAND_X][1] == 20000 &&
           l.step[CLRELU_OPERAND_OUT][1] == 12544 &&
           clrelu_layout_extent(&l, CLRELU_OPERAND_X) == 7 * 20000 + 12544,
       "a slice of channels is lines of 12544");
    l = layout_of(4, dims, rows, odd);
    ok(l.axes == 2 && l.size[0] == 28 && l.size[1] == 28 * 16 * 8,
       "padded rows are lines of 28");
    l = layout_of(4, dims, nhwc, whole);
    ok(l.axes == 3 && l.size[0] == 784 && l.step[CLRELU_OPERAND_X][0] == 16 &&
           l.step[CLRELU_OPERAND_OUT][0] == 1,
       "NHWC to NCHW: lines along the output");
}

/* ----------------------------------------------------------------- errors --
 */

/* x and y are columns of one array of 10 rows of 40. */
static void test_errors(const struct device *d)
{
    static const size_t dims[] = {10, 20}, other[] = {10, 21};
    const int64_t gaps[] = {40, 1}, negative[] = {-40, 1}, zero[] = {0, 1},
                  overlap[] = {19, 1}, tight[] = {39, 1},
                  far[] = {INT64_MAX / 4, 1};
    struct array a = array_make(d, 0, 400, NULL);
    clrelu_explanation plan;
    clrelu_strides s = {.rank = 2, .dims = dims, .x = gaps, .y = gaps};
    clrelu_elementwise e = {.op = CLRELU_ELU,
                            .dtype = CLRELU_FLOAT32,
                            .scalar = 1,
                            .n = 200,
                            .x = clrelu_at(a.mem, 0),
                            .y = clrelu_at(a.mem, 20),
                            .strides = &s};

#define FORWARD() clrelu_forward(d->context, &d->exec, &e)
    expect_ok(FORWARD(), "y in the gaps of x");
    e.y.offset = 0;
    expect_ok(FORWARD(), "y on x");
    e.y.offset = 19;
    expect(FORWARD(), CLRELU_BUFFER_OVERLAP, "y", "a column of both");
    e.y.offset = 20;
    s.y = tight;
    expect(FORWARD(), CLRELU_BUFFER_OVERLAP, "y", "other strides in the gaps");
    s.y = overlap;
    expect(FORWARD(), CLRELU_INVALID_STRIDES, "y has the stride 19",
           "rows that overlap");
    s.y = zero;
    expect(FORWARD(), CLRELU_INVALID_STRIDES, "y has the stride 0",
           "an output's stride of 0");
    s.y = negative;
    expect(FORWARD(), CLRELU_INVALID_STRIDES, "y[0] is -40", "a negative one");
    s.y = gaps;
    s.x = far;
    expect(FORWARD(), CLRELU_INVALID_STRIDES, "x", "beyond all memory");
    s.x = gaps;
    e.x.offset = 40 + GUARD + 1;
    expect(FORWARD(), CLRELU_BUFFER_TOO_SMALL, "x", "the last row is cut");
    e.x.offset = 0;
    s.dims = other;
    expect(FORWARD(), CLRELU_INVALID_SIZE, "n elements",
           "more elements than n");
    s.dims = NULL;
    expect(FORWARD(), CLRELU_INVALID_NULL, "dims", "no dims");
    s.rank = CLRELU_MAX_RANK + 1;
    expect(FORWARD(), CLRELU_INVALID_RANK, "rank", "65 axes");
    s.rank = 2;
    s.dims = dims;
    s.reserved[1] = 1;
    expect(FORWARD(), CLRELU_INVALID_RESERVED, "strides", "a reserved field");
    s.reserved[1] = 0;
    expect_ok(clrelu_explain_elementwise(d->context, CLRELU_FORWARD, &e, &plan),
              "explained");
    ok(strstr(plan.options, "-DSTRIDED=1") && plan.bytes_read == 800,
       "%s, %d bytes", plan.options, (int)plan.bytes_read);
    e.op = CLRELU_LEAKY_RELU;
    e.mask = clrelu_at(a.mem, 400);
    expect(FORWARD(), CLRELU_UNSUPPORTED, "mask", "a mask");
#undef FORWARD
    array_free(&a);
}

static void test_prelu_errors(const struct device *d)
{
    static const size_t dims[] = {2, 2, 2, 2, 2, 2, 2}, other[] = {2, 64};
    const int64_t gaps[] = {6000, 2000, 600, 200, 60, 20, 6};
    const clrelu_shape shape = {.rank = 7, .dims = dims};
    struct array a = array_make(d, 0, 20000, NULL);
    clrelu_strides s = {.rank = 7, .dims = dims, .x = gaps};
    const clrelu_prelu p = {.dtype = CLRELU_FLOAT32,
                            .shape = &shape,
                            .x = clrelu_at(a.mem, 0),
                            .alpha = clrelu_at(a.mem, 19000),
                            .y = clrelu_at(a.mem, 18000),
                            .strides = &s};

    expect(clrelu_prelu_forward(d->context, &d->exec, &p), CLRELU_UNSUPPORTED,
           "more than 6 axes", "7 axes that no stride merges");
    s.rank = 2;
    s.dims = other;
    expect(clrelu_prelu_forward(d->context, &d->exec, &p), CLRELU_INVALID_SIZE,
           "shape", "dims that are not the shape's");
    array_free(&a);
}

int main(int argc, char **argv)
{
    (void)argv;
    struct device d;

    device_open(&d);
    plain_device = &d;
    if (argc > 1)
        test_all(&d);
    else
        test_quick(&d);
    test_merge();
    test_errors(&d);
    test_prelu_errors(&d);
    device_close(&d);
    return done_testing();
}
