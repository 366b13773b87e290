/* variants.c - the same bits from every group and vector size
 * SPDX-License-Identifier: MIT */
#include "variants.h"

#include <stdlib.h>
#include <string.h>

#include "core/context.h"
#include "reference.h"
#include "tap.h"
#include "typed.h"

void results_keep(struct results *r, const struct device *d, struct array *a)
{
    const float *values = array_fetch(d, a);

    if (r->count + a->n > r->capacity) {
        r->capacity = 2 * (r->count + a->n);
        r->values = realloc(r->values, r->capacity * sizeof(*r->values));
        if (!r->values)
            bail("no memory for %zu results", r->capacity);
    }
    memcpy(r->values + r->count, values, a->n * sizeof(*values));
    r->count += a->n;
}

float *variant_values(size_t n, float high)
{
    return typed_uniform(CLRELU_FLOAT32, n, -high, high, &(uint64_t){n});
}

clrelu_status results_elementwise(struct results *r, const struct device *d,
                                  size_t n, size_t offset)
{
    const clrelu_op ops[] = {CLRELU_LEAKY_RELU, CLRELU_ELU,
                             CLRELU_THRESHOLDED_RELU};
    float *values = variant_values(n, 4);
    struct array x = array_make(d, offset, n, values);
    struct array y = array_make(d, 3, n, NULL);
    clrelu_status status = CLRELU_OK;

    for (size_t i = 0; i < COUNT_OF(ops) && !status; i++) {
        status = array_forward(d, ops[i], 0.5, &x, &y);
        results_keep(r, d, &y);
        if (!status)
            status = array_backward(d, ops[i], 0.5, 0, &x, &x, &y);
        results_keep(r, d, &y);
    }
    arrays_free(&x, &y);
    free(values);
    return status;
}

clrelu_status results_prelu(struct results *r, const struct device *d,
                            const clrelu_shape *shape, bool at_offset,
                            const float *x, const float *dy)
{
    const size_t offset = at_offset, n = reference_count(shape);
    const size_t alphas = reference_alpha_count(shape);
    struct array in = array_make(d, offset, n, x);
    struct array grad = array_make(d, 2 * offset, n, dy);
    struct array alpha = array_make(d, 0, alphas, dy);
    struct array dx = array_make(d, 7 * offset, n, NULL);
    struct array dalpha = array_make(d, 5 * offset, alphas, NULL);
    clrelu_status status = array_prelu_forward(d, shape, &in, &alpha, &dx);

    results_keep(r, d, &dx);
    if (!status)
        status =
            array_prelu_backward(d, shape, 0, &in, &alpha, &grad, &dx, &dalpha);
    results_keep(r, d, &dx);
    results_keep(r, d, &dalpha);
    arrays_free(&in, &grad, &alpha, &dx, &dalpha);
    return status;
}

bool variant_open(const struct variant *v, const struct device *base,
                  struct device *d)
{
    if (v->group > device_max_group(base)) {
        skip("work-groups too large for the device",
             "%u work-items of %u elements", v->group, v->vector);
        return false;
    }
    if (v->group == 1 && v->vector == 1 && !device_long_loops(base)) {
        skip("the device ends long loops early", "1 work-item of 1 element");
        return false;
    }
    if ((v->vector > 4 || (v->group > 1 && v->vector > 1)) &&
        device_function_fma(base)) {
        skip(DEVICE_FUNCTION_FMA, "%u work-items of %u elements", v->group,
             v->vector);
        return false;
    }
    /* One cl_context for all, as CLBlast compiles for each anew. */
    *d = *base;
    d->context = device_context(base, NULL);
    d->context->params.group = v->group;
    d->context->params.vector = d->context->params.prelu_vector = v->vector;
    return true;
}

void variant_close(struct device *d)
{
    clrelu_context_destroy(&d->context);
}

void variants_as_gpu(const struct device *d, size_t count,
                     void (*test)(const struct device *d, size_t count))
{
    static const struct variant gpus[] = {{64, 4}, {128, 1}};

    for (size_t i = 0; i < COUNT_OF(gpus); i++) {
        struct device gpu;
        if (!variant_open(&gpus[i], d, &gpu))
            continue;
        test(&gpu, count);
        variant_close(&gpu);
    }
}

static bool same_results(const struct results *got, const struct results *want)
{
    if (got->count != want->count) {
        diag("%zu results, not %zu", got->count, want->count);
        return false;
    }
    for (size_t i = 0; i < got->count; i++)
        if (memcmp(&got->values[i], &want->values[i], sizeof(float)) != 0) {
            diag("[%zu] got %a want %a", i, (double)got->values[i],
                 (double)want->values[i]);
            return false;
        }
    return true;
}

void variants_compare(const struct variant *variants, size_t count,
                      clrelu_status (*run)(const struct device *d,
                                           struct results *r))
{
    struct results first = {NULL, 0, 0};
    struct device base;

    device_open(&base);
    for (size_t i = 0; i < count; i++) {
        const struct variant *v = &variants[i];
        struct results r = {NULL, 0, 0};
        struct device d;
        if (!variant_open(v, &base, &d))
            continue;
        const clrelu_status status = run(&d, &r);
        ok(status == CLRELU_OK, "%u work-items of %u elements run%s%s",
           v->group, v->vector, status ? ": " : "",
           status ? clrelu_error() : "");
        if (!first.values) {
            first = r;
        } else {
            ok(same_results(&r, &first), "... with the bits of %u of %u",
               variants[0].group, variants[0].vector);
            free(r.values);
        }
        variant_close(&d);
    }
    device_close(&base);
    free(first.values);
}
