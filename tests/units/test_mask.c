/* test_mask.c - forward that writes a mask, and backward that reads it
 * SPDX-License-Identifier: MIT
 *
 * With the argument "all": all types, scalars and shapes, and the forms of
 * other devices.  Compiling is most of the time. */
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "core/context.h"
#include "expect.h"
#include "reference.h"
#include "tap.h"
#include "typed.h"
#include "values.h"
#include "variants.h"

enum { SMALL = 5000 };

/* What runs the calls without a mask: one form of the kernels will do. */
static const struct device *plain_device;

static const clrelu_dtype dtypes[] = {CLRELU_FLOAT32, CLRELU_FLOAT16,
                                      CLRELU_BFLOAT16, CLRELU_FLOAT64};

/* A call with a mask, and the arrays of the same call without. */
struct step {
    clrelu_op op;
    double scalar;
    clrelu_dtype dtype, alpha_dtype;
    const clrelu_shape *shape; /* of CLRELU_PRELU */
    size_t n, alphas;
    size_t in_at, out_at, mask_at;
    bool in_place, accumulate;
    void *x, *dy, *old, *alpha;
    uint32_t *mask;
};

static struct step make_step(clrelu_op op, double scalar, clrelu_dtype dtype,
                             size_t n, size_t i)
{
    enum { COUNT = COUNT_OF(case_offsets) };
    struct step s = {.op = op,
                     .scalar = scalar,
                     .dtype = dtype,
                     .alpha_dtype = dtype,
                     .n = n,
                     .in_at = case_offsets[i % COUNT],
                     .out_at = case_offsets[(i / COUNT + 2 * i) % COUNT],
                     .mask_at = case_offsets[(i / 2) % COUNT]};
    float *values = must_alloc((n + 1) * sizeof(*values));

    fill_x(scalar, i, n, values);
    s.x = typed_convert(dtype, n, values);
    fill_dy(i, n, values);
    s.dy = typed_convert(dtype, n, values);
    s.old = typed_uniform(dtype, n, -2, 2, &(uint64_t){i});
    s.mask = typed_mask(op, scalar, dtype, n, s.x);
    free(values);
    return s;
}

static void free_step(struct step *s)
{
    free(s->x);
    free(s->dy);
    free(s->old);
    free(s->alpha);
    free(s->mask);
}

/* Forward or backward; mask and x may be NULL. */
static clrelu_status run(const struct device *d, const struct step *s,
                         const struct typed *x, const struct typed *alpha,
                         const struct typed *dy, const struct typed *out,
                         const struct typed *mask)
{
    clrelu_elementwise e = typed_call(s->op, s->dtype, s->scalar, x, dy, out);

    e.flags = dy && s->accumulate ? CLRELU_ACCUMULATE_DX : 0;
    e.mask = typed_buffer(mask);
    return call_op(d, dy, &e,
                   (clrelu_prelu){.alpha_dtype = s->alpha_dtype,
                                  .shape = s->shape,
                                  .alpha = typed_buffer(alpha)});
}

/* f32 results against the reference; the others have the calls with x. */
static bool is_reference(const struct step *s, bool backward, const void *got)
{
    const float *x = s->x, *dy = s->dy, *out = got, *old = s->old;
    bool good = true;

    if (s->dtype != CLRELU_FLOAT32 || s->op == CLRELU_PRELU ||
        (backward && s->accumulate && s->in_place))
        return true;
    for (size_t i = 0; i < s->n && good; i++)
        good = backward ? check_dx(s->op, s->scalar, i, x[i], dy[i],
                                   s->accumulate ? &old[i] : NULL, out[i])
                        : check_y(s->op, s->scalar, i, x[i], out[i]);
    return good;
}

static bool says(bool good, const char *what)
{
    if (!good)
        diag("%s: %s", what, clrelu_error());
    return good;
}

/* y is the same as without a mask, and the mask is x's. */
static bool forward_is_same(const struct device *d, const struct step *s)
{
    const size_t size = clrelu_dtype_size(s->dtype), words = (s->n + 31) / 32;
    struct typed x = typed_make(d, size, s->in_at, s->n, s->x);
    struct typed y = typed_make(d, size, s->out_at, s->n, NULL);
    struct typed plain = typed_make(d, size, 0, s->n, NULL);
    struct typed alpha = typed_make(d, clrelu_dtype_size(s->alpha_dtype), 1,
                                    s->alphas, s->alpha);
    struct typed mask = typed_make(d, 4, s->mask_at, words, NULL);
    struct typed *out = s->in_place ? &x : &y;
    bool good = says(!run(plain_device, s, &x, &alpha, NULL, &plain, NULL) &&
                         !run(d, s, &x, &alpha, NULL, out, &mask),
                     "forward");
    const void *want = typed_fetch(d, &plain), *got = typed_fetch(d, out);

    good = good && typed_same(s->dtype, s->n, got, want) &&
           is_reference(s, false, got);
    good = good && says(memcmp(typed_fetch(d, &mask), s->mask, 4 * words) == 0,
                        "the mask is wrong");
    typed_fetch(d, &x);
    good = good && says(typed_guarded(&mask) && typed_guarded(out) &&
                            (s->in_place || typed_untouched(&x)),
                        "written to what must stay");
    typeds_free(&x, &y, &plain, &alpha, &mask);
    return good;
}

/* dx is the same as from x. */
static bool backward_is_same(const struct device *d, const struct step *s)
{
    const size_t size = clrelu_dtype_size(s->dtype), words = (s->n + 31) / 32;
    const void *old = s->accumulate ? s->old : NULL;
    struct typed x = typed_make(d, size, 0, s->n, s->x);
    struct typed dy = typed_make(d, size, s->in_at, s->n, s->dy);
    struct typed dx = typed_make(d, size, s->out_at, s->n, old);
    struct typed plain =
        typed_make(d, size, 0, s->n, s->in_place ? s->dy : old);
    struct typed alpha = typed_make(d, clrelu_dtype_size(s->alpha_dtype), 1,
                                    s->alphas, s->alpha);
    struct typed mask = typed_make(d, 4, s->mask_at, words, s->mask);
    struct typed *out = s->in_place ? &dy : &dx;
    bool good = says(!run(plain_device, s, &x, &alpha, &dy, &plain, NULL) &&
                         !run(d, s, NULL, &alpha, &dy, out, &mask),
                     "backward");
    const void *want = typed_fetch(d, &plain), *got = typed_fetch(d, out);

    good = good && typed_same(s->dtype, s->n, got, want) &&
           is_reference(s, true, got);
    typed_fetch(d, &dy);
    typed_fetch(d, &mask);
    good = good && says(typed_untouched(&mask) && typed_guarded(out) &&
                            (s->in_place || typed_untouched(&dy)),
                        "written to what must stay");
    typeds_free(&x, &dy, &dx, &plain, &alpha, &mask);
    return good;
}

static bool all_are_same(const struct device *d, struct step *s)
{
    bool good = forward_is_same(d, s) && backward_is_same(d, s);

    s->in_place = true;
    good = good && forward_is_same(d, s) && backward_is_same(d, s);
    if (d != plain_device)
        return good;
    s->accumulate = true;
    good = good && backward_is_same(d, s);
    s->in_place = false;
    return good && backward_is_same(d, s);
}

/* ------------------------------------------------------------ the tests -- */

static void test_n(const struct device *d, const struct case_scalar *c,
                   clrelu_dtype dtype, size_t n, size_t i)
{
    if (!device_runs(n, SMALL, "a longer array"))
        return;
    struct step s = make_step(c->op, c->scalar, dtype, n, i);
    ok(all_are_same(d, &s), "%s, %g, type %d, n=%zu, offsets %zu %zu %zu",
       clrelu_op_name(c->op), c->scalar, (int)dtype, n, s.in_at, s.out_at,
       s.mask_at);
    free_step(&s);
}

static void test_sizes(const struct device *d, const struct case_scalar *c,
                       clrelu_dtype dtype)
{
    for (size_t i = 0; i < COUNT_OF(case_sizes); i++)
        test_n(d, c, dtype, case_sizes[i], i);
    test_n(d, c, dtype, 262144 + 5, 1);
}

static void test_offsets(const struct device *d, const struct case_scalar *c,
                         clrelu_dtype dtype)
{
    enum { COUNT = COUNT_OF(case_offsets) };

    for (size_t i = 0; i < COUNT * COUNT; i++)
        test_n(d, c, dtype, 90 + i, i);
}

static void test_scalars(const struct device *d, clrelu_dtype dtype)
{
    for (size_t i = 0; i < COUNT_OF(case_scalars); i++)
        if (case_scalars[i].op != CLRELU_ELU)
            test_n(d, &case_scalars[i], dtype, 1000 + i, i);
}

static void test_shape(const struct device *d, const struct case_shape *c,
                       clrelu_dtype dtype, clrelu_dtype alpha_dtype, size_t i)
{
    const clrelu_shape shape = case_to_shape(c);
    const size_t n = reference_count(&shape);

    if (!device_runs(n, SMALL, c->name))
        return;
    struct step s = make_step(CLRELU_PRELU, 0, dtype, n, i);
    s.shape = &shape;
    s.alpha_dtype = alpha_dtype;
    s.alphas = reference_alpha_count(&shape);
    s.alpha = typed_uniform(alpha_dtype, s.alphas, -2, 2, &(uint64_t){i});
    ok(all_are_same(d, &s), "prelu, %s, types %d %d", c->name, (int)dtype,
       (int)alpha_dtype);
    free_step(&s);
}

static void test_shapes(const struct device *d, clrelu_dtype dtype,
                        clrelu_dtype alpha_dtype)
{
    for (size_t i = 0; i < COUNT_OF(case_patterns); i++)
        test_shape(d, &case_patterns[i].shape, dtype, alpha_dtype, i);
    for (size_t i = 0; i < COUNT_OF(case_hostile); i++)
        test_shape(d, &case_hostile[i], dtype, alpha_dtype, i);
}

/* Of a form of the kernels: group 1 is a CPU's. */
static void test_variant(const struct device *base, const struct variant *v,
                         bool all)
{
    struct device d;

    if (!variant_open(v, base, &d))
        return;
    diag("%u work-items of %u", v->group, v->vector);
    d.context->params.non_temporal_bytes = v->group % 2;
    for (size_t k = 0; k < (all ? COUNT_OF(dtypes) : 1); k++) {
        if (!device_has_dtype(base, dtypes[k]))
            continue;
        test_n(&d, &case_scalars[0], dtypes[k], 10007, 0);
        test_n(&d, &case_scalars[0], dtypes[k], 65, 3);
    }
    for (size_t j = 0; all && j < COUNT_OF(case_patterns); j += 3)
        test_shape(&d, &case_patterns[j].shape, CLRELU_FLOAT32, CLRELU_FLOAT32,
                   j);
    if (all)
        test_shape(&d, &case_hostile[6], CLRELU_FLOAT32, CLRELU_FLOAT32, 6);
    variant_close(&d);
}

static void test_non_temporal(const struct device *d)
{
    const uint64_t before = d->context->params.non_temporal_bytes;

    d->context->params.non_temporal_bytes = 1;
    test_sizes(d, &case_scalars[0], CLRELU_FLOAT32);
    d->context->params.non_temporal_bytes = before;
}

static void test_quick(const struct device *d)
{
    const struct case_scalar theta = {CLRELU_THRESHOLDED_RELU, 1};

    test_sizes(d, &case_scalars[0], CLRELU_FLOAT32);
    test_offsets(d, &case_scalars[0], CLRELU_FLOAT32);
    test_sizes(d, &theta, CLRELU_FLOAT16);
    test_non_temporal(d);
    test_shapes(d, CLRELU_FLOAT32, CLRELU_FLOAT32);
    test_variant(d, &(struct variant){64, 4}, false);
}

static void test_all(const struct device *d)
{
    static const struct variant variants[] = {
        {1, 8}, {1, 4}, {1, 1}, {64, 4}, {128, 8}, {256, 1}, {2, 4}, {64, 16}};

    for (size_t k = 0; k < COUNT_OF(dtypes); k++) {
        if (!device_has_dtype(d, dtypes[k]))
            continue;
        test_sizes(d, &case_scalars[0], dtypes[k]);
        test_offsets(d, &case_scalars[13], dtypes[k]);
        test_scalars(d, dtypes[k]);
        test_shapes(d, dtypes[k], dtypes[k]);
        if (clrelu_dtype_size(dtypes[k]) == 2)
            test_shapes(d, dtypes[k], CLRELU_FLOAT32);
    }
    for (size_t i = 0; i < COUNT_OF(variants); i++)
        test_variant(d, &variants[i], true);
}

/* --------------------------------------------------------------- errors -- */

static void test_errors(const struct device *d)
{
    enum { N = 70 };
    struct array a = array_make(d, 0, 4 * N, NULL);
    const clrelu_buffer x = clrelu_at(a.mem, 0), y = clrelu_at(a.mem, N),
                        mask = clrelu_at(a.mem, 3 * N), none = {0};
    const clrelu_elementwise good = {.op = CLRELU_LEAKY_RELU,
                                     .dtype = CLRELU_FLOAT32,
                                     .scalar = 0.3,
                                     .n = N,
                                     .x = x,
                                     .y = y,
                                     .dy = x,
                                     .dx = y,
                                     .mask = mask};
    clrelu_elementwise e = good;

    expect_ok(clrelu_forward(d->context, &d->exec, &e), "a mask of 3 elements");
    e.mask.offset = 4 * N + GUARD - 2;
    expect(clrelu_forward(d->context, &d->exec, &e), CLRELU_BUFFER_TOO_SMALL,
           "mask", "a mask of 2 elements");
    e.mask.offset = 2 * N - 1;
    expect(clrelu_forward(d->context, &d->exec, &e), CLRELU_BUFFER_OVERLAP,
           "mask", "a mask in y");
    e.mask.offset = N - 1;
    expect(clrelu_forward(d->context, &d->exec, &e), CLRELU_BUFFER_OVERLAP,
           "mask", "a mask in x");
    e = good;
    expect(clrelu_backward(d->context, &d->exec, &e), CLRELU_INVALID_BUFFER,
           "x: is given", "backward with x and a mask");
    e.x = none;
    expect_ok(clrelu_backward(d->context, &d->exec, &e), "backward from it");
    e.mask.offset = 2 * N - 1;
    expect(clrelu_backward(d->context, &d->exec, &e), CLRELU_BUFFER_OVERLAP,
           "mask", "a mask in dx");
    e.mask = mask;
    e.flags = CLRELU_FROM_OUTPUT;
    expect(clrelu_backward(d->context, &d->exec, &e), CLRELU_INVALID_FLAGS,
           "mask", "a mask and CLRELU_FROM_OUTPUT");
    e = good;
    e.op = CLRELU_ELU;
    expect(clrelu_forward(d->context, &d->exec, &e), CLRELU_INVALID_OP,
           "CLRELU_ELU", "elu with a mask, forward");
    e.x = none;
    expect(clrelu_backward(d->context, &d->exec, &e), CLRELU_INVALID_OP,
           "CLRELU_ELU", "elu with a mask, backward");
    array_free(&a);
}

static void test_prelu_errors(const struct device *d)
{
    static const size_t dims[] = {10, 7};
    const clrelu_shape shape = reference_shape(2, dims, 0, NULL);
    struct array a = array_make(d, 0, 400, NULL);
    clrelu_prelu p = {.dtype = CLRELU_FLOAT32,
                      .shape = &shape,
                      .alpha = clrelu_at(a.mem, 0),
                      .dy = clrelu_at(a.mem, 10),
                      .dx = clrelu_at(a.mem, 100),
                      .dalpha = clrelu_at(a.mem, 200),
                      .mask = clrelu_at(a.mem, 300)};

    expect(clrelu_prelu_backward(d->context, &d->exec, &p), CLRELU_UNSUPPORTED,
           "dalpha", "dalpha from a mask");
    p.dalpha = (clrelu_buffer){0};
    expect_ok(clrelu_prelu_backward(d->context, &d->exec, &p),
              "dx from a mask");
    p.mask.offset = 169;
    expect(clrelu_prelu_backward(d->context, &d->exec, &p),
           CLRELU_BUFFER_OVERLAP, "mask", "a mask in dx");
    array_free(&a);
}

/* The bytes that are to be moved. */
static void test_explained(const struct device *d)
{
    clrelu_explanation e;
    clrelu_elementwise call = {.op = CLRELU_LEAKY_RELU,
                               .dtype = CLRELU_FLOAT32,
                               .scalar = 0.3,
                               .n = 100};

    call.mask.pointer = &e; /* buffers are not looked at */
    expect_ok(clrelu_explain_elementwise(d->context, CLRELU_FORWARD, &call, &e),
              "explained");
    ok(strcmp(e.kernel, "mask_pass") == 0 && e.bytes_read == 400 &&
           e.bytes_written == 416,
       "%s reads %d bytes and writes %d", e.kernel, (int)e.bytes_read,
       (int)e.bytes_written);
    clrelu_explain_elementwise(d->context, CLRELU_BACKWARD, &call, &e);
    ok(strcmp(e.kernel, "mask_pass") == 0 && e.bytes_read == 416 &&
           e.bytes_written == 400,
       "%s reads %d bytes and writes %d", e.kernel, (int)e.bytes_read,
       (int)e.bytes_written);
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
    test_errors(&d);
    test_prelu_errors(&d);
    test_explained(&d);
    device_close(&d);
    return done_testing();
}
