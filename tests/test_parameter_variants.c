/* test_parameter_variants.c - the same bits from every group and vector size
 * SPDX-License-Identifier: MIT
 *
 * As test_variants.c, for initializers, sums, steps and dense layers. */
#include <stdlib.h>
#include <string.h>

#include "context.h"
#include "device.h"
#include "random.h"
#include "tap.h"

static const struct variant {
    unsigned group, vector;
} variants[] = {{1, 16}, {1, 4}, {1, 1}, {16, 4}, {64, 2}, {256, 4}};

/* All results of one variant, one after the other. */
struct results {
    float *values;
    size_t count, capacity;
};

static void keep(const struct device *d, struct results *r, struct array *a)
{
    const float *values = array_fetch(d, a);

    if (r->count + a->n > r->capacity) {
        r->capacity = 2 * (r->count + a->n);
        r->values = realloc(r->values, r->capacity * sizeof(*r->values));
        if (!r->values)
            bail("no memory");
    }
    memcpy(r->values + r->count, values, a->n * sizeof(*values));
    r->count += a->n;
}

static clrelu_status run_initializers(const struct device *d, struct results *r)
{
    static const char *const specs[] = {"random_uniform", "random_normal",
                                        "he_normal", "orthogonal", "identity"};
    const size_t dims[] = {103, 211}, n = dims[0] * dims[1];
    clrelu_status status = CLRELU_OK;

    for (size_t i = 0; i < COUNT_OF(specs) && !status; i++) {
        struct array a = array_make(d, i, n, NULL);
        status =
            clrelu_initialize(d->context, d->queue, CLRELU_FLOAT32, specs[i], i,
                              2, dims, array_buffer(&a), 0, NULL, NULL);
        keep(d, r, &a);
        array_free(&a);
    }
    return status;
}

static float *random_array(size_t n)
{
    uint64_t state = n;
    float *values = malloc(n * sizeof(*values));

    if (!values)
        bail("no memory");
    for (size_t i = 0; i < n; i++)
        values[i] = random_uniform(&state, -1.0f, 1.0f);
    return values;
}

static clrelu_status run_parameter(const struct device *d, struct results *r)
{
    const size_t dims[] = {3, 5003, 7}, n = 3 * 5003 * 7;
    float *values = random_array(n + 9);
    struct array a = array_make(d, 1, n, values);
    struct array da = array_make(d, 2, n, values + 9);
    struct array v = array_make(d, 3, n, values + 4);
    struct array penalty = array_make(d, 1, 1, NULL);
    clrelu_status status = clrelu_regularize(
        d->context, d->queue, CLRELU_FLOAT32, "l1_l2", n, array_buffer(&a),
        array_buffer(&penalty), array_buffer(&da), 0, NULL, NULL);

    if (!status)
        status = clrelu_descend(d->context, d->queue, CLRELU_FLOAT32, 0.1, 0.9,
                                n, array_buffer(&a), array_buffer(&da),
                                array_buffer(&v), 0, NULL, NULL);
    if (!status)
        status = clrelu_constrain(d->context, d->queue, CLRELU_FLOAT32,
                                  "max_norm(0.5,axis=1)", 3, dims,
                                  array_buffer(&a), 0, NULL, NULL);
    keep(d, r, &penalty);
    keep(d, r, &a);
    keep(d, r, &v);
    array_free(&a);
    array_free(&da);
    array_free(&v);
    array_free(&penalty);
    free(values);
    return status;
}

/* The products have the same bits, as they are CLBlast's on one device. */
static clrelu_status run_dense(const struct device *d, clrelu_dense dense,
                               struct results *r)
{
    const size_t n = dense.rows * dense.outputs;
    const size_t most = n + dense.rows * dense.inputs;
    const clrelu_buffer none = {NULL, 0};
    float *values = random_array(most + 20);
    struct array x = array_make(d, 0, dense.rows * dense.inputs, values);
    struct array w = array_make(d, 1, dense.inputs * dense.outputs, values + 5);
    struct array b = array_make(d, 2, dense.outputs, values + 8);
    struct array alpha = array_make(d, 3, dense.alphas, values + 7);
    struct array dy = array_make(d, 4, n, values + 20);
    struct array z = array_make(d, 5, n, NULL), y = array_make(d, 6, n, NULL);
    struct array dw = array_make(d, 7, dense.inputs * dense.outputs, NULL);
    struct array db = array_make(d, 8, dense.outputs, NULL);
    struct array dalpha = array_make(d, 9, dense.alphas, NULL);
    struct array *const all[] = {&z,      &y, &dy, &dw, &db,
                                 &dalpha, &x, &w,  &b,  &alpha};
    clrelu_status status = clrelu_dense_forward(
        d->context, d->queue, CLRELU_FLOAT32, &dense, array_buffer(&x),
        array_buffer(&w), array_buffer(&b), array_buffer(&alpha),
        array_buffer(&z), array_buffer(&y), 0, NULL, NULL);

    if (!status)
        status = clrelu_dense_backward(
            d->context, d->queue, CLRELU_FLOAT32, &dense, 0, array_buffer(&x),
            array_buffer(&w), array_buffer(&alpha), array_buffer(&z),
            array_buffer(&dy), array_buffer(&dy), none, array_buffer(&dw),
            array_buffer(&db),
            dense.op == CLRELU_PRELU ? array_buffer(&dalpha) : none, 0, NULL,
            NULL);
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        if (i < 5 || (i == 5 && dense.op == CLRELU_PRELU))
            keep(d, r, all[i]);
        array_free(all[i]);
    }
    free(values);
    return status;
}

static clrelu_status run_all(const struct device *d, struct results *r)
{
    static const clrelu_dense layers[] = {
        {701, 3, 10, CLRELU_PRELU, 0.0, 10},
        {701, 3, 10, CLRELU_PRELU, 0.0, 1},
        {40, 3, 1100, CLRELU_PRELU, 0.0, 1100},
        {40, 3, 1100, CLRELU_ELU, 1.0, 1},
        {3, 3, 1, CLRELU_THRESHOLDED_RELU, 0.1, 1},
    };
    clrelu_status status = run_initializers(d, r);

    if (!status)
        status = run_parameter(d, r);
    for (size_t i = 0; i < COUNT_OF(layers) && !status; i++) {
        status = run_dense(d, layers[i], r);
        if (status == CLRELU_UNSUPPORTED) {
            diag("no dense layers: %s", clrelu_error());
            return CLRELU_OK;
        }
    }
    return status;
}

static size_t most_work_items(const struct device *d)
{
    size_t most = 0;

    device_must(clGetDeviceInfo(d->id, CL_DEVICE_MAX_WORK_GROUP_SIZE,
                                sizeof(most), &most, NULL),
                "clGetDeviceInfo");
    return most;
}

int main(void)
{
    struct results first = {NULL, 0, 0};

    for (size_t i = 0; i < COUNT_OF(variants); i++) {
        const struct variant *v = &variants[i];
        struct results r = {NULL, 0, 0};
        struct device d;
        device_open(&d);
        if (v->group > most_work_items(&d)) {
            skip("work-groups too large for the device",
                 "%u work-items of %u elements", v->group, v->vector);
            device_close(&d);
            continue;
        }
        d.context->traits.group = v->group;
        d.context->traits.vector = d.context->traits.prelu_vector = v->vector;
        const clrelu_status status = run_all(&d, &r);
        ok(status == CLRELU_OK, "%u work-items of %u elements run%s%s",
           v->group, v->vector, status ? ": " : "",
           status ? clrelu_error() : "");
        if (i == 0) {
            first = r;
        } else {
            ok(r.count == first.count &&
                   memcmp(r.values, first.values,
                          r.count * sizeof(*r.values)) == 0,
               "... with the bits of one work-item of 16");
            free(r.values);
        }
        device_close(&d);
    }
    free(first.values);
    return done_testing();
}
