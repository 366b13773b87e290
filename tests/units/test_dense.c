/* test_dense.c - a dense layer with its activation against plain C
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>

#include "array.h"
#include "expect.h"
#include "random.h"
#include "reference.h"

/* What a problem's arrays are; ONE_ALPHA stands for CLRELU_PRELU with one. */
enum { X, W, B, ALPHA, Z, Y, DY, DZ, DX, DW, DB, DALPHA, ARRAYS };
enum { ONE_ALPHA = 0 };

typedef struct problem {
    const struct device *device;
    clrelu_dense dense;
    size_t counts[ARRAYS];
    struct array arrays[ARRAYS];
    float *values[ARRAYS]; /* as the device has them now                      */
} problem;

static problem make(const struct device *d, int op, size_t rows, size_t inputs,
                    size_t outputs)
{
    problem p = {.device = d};
    uint64_t state = rows * 1000003 + inputs * 1009 + outputs;
    const bool one = op == ONE_ALPHA;
    double scalar = 0.0;

    if (!one)
        clrelu_op_parameter((clrelu_op)op, &scalar);
    p.dense = (clrelu_dense){.op = one ? CLRELU_PRELU : (clrelu_op)op,
                             .scalar = 0.7 * scalar,
                             .rows = rows,
                             .inputs = inputs,
                             .outputs = outputs,
                             .alpha_count = one ? 1 : outputs};
    const size_t n = rows * outputs, m = inputs * outputs;
    const size_t counts[ARRAYS] = {
        rows * inputs, m, outputs, p.dense.alpha_count, n, n, n, n,
        rows * inputs, m, outputs, p.dense.alpha_count};
    for (int i = 0; i < ARRAYS; i++) {
        const bool input = i <= ALPHA || i == DY;
        float *values = must_alloc(counts[i] * sizeof(*values));
        for (size_t k = 0; k < counts[i]; k++)
            values[k] = random_uniform(&state, -1.0f, 1.0f);
        p.counts[i] = counts[i];
        p.values[i] = values;
        p.arrays[i] =
            array_make(d, (size_t)i, counts[i], input ? values : NULL);
    }
    return p;
}

static void drop(problem *p)
{
    for (int i = 0; i < ARRAYS; i++) {
        array_free(&p->arrays[i]);
        free(p->values[i]);
    }
}

static clrelu_buffer at(const problem *p, int i)
{
    return array_buffer(&p->arrays[i]);
}

static bool fetch(problem *p)
{
    bool guarded = true;

    for (int i = 0; i < ARRAYS; i++) {
        const float *got = array_fetch(p->device, &p->arrays[i]);
        memcpy(p->values[i], got, p->counts[i] * sizeof(*got));
        guarded = guarded && array_guarded(&p->arrays[i]);
    }
    return guarded;
}

/* An array on the device as it is in values now. */
static void refill(problem *p, int i)
{
    array_free(&p->arrays[i]);
    p->arrays[i] = array_make(p->device, (size_t)i, p->counts[i], p->values[i]);
}

static clrelu_dense forward_call(const problem *p, clrelu_buffer z)
{
    clrelu_dense call = p->dense;

    call.x = at(p, X);
    call.w = at(p, W);
    call.b = at(p, B);
    call.alpha = at(p, ALPHA);
    call.z = z;
    call.y = at(p, Y);
    return call;
}

static clrelu_dense backward_call(const problem *p, unsigned flags, int dz,
                                  clrelu_buffer dx)
{
    clrelu_dense call = p->dense;

    call.flags = flags;
    call.x = at(p, X);
    call.w = at(p, W);
    call.alpha = at(p, ALPHA);
    call.z = at(p, Z);
    call.dy = at(p, DY);
    call.dz = at(p, dz);
    call.dx = dx;
    call.dw = at(p, DW);
    call.db = at(p, DB);
    if (call.op == CLRELU_PRELU)
        call.dalpha = at(p, DALPHA);
    return call;
}

static clrelu_status run_forward(const problem *p, const clrelu_dense *call)
{
    return clrelu_dense_forward(p->device->context, &p->device->exec, call);
}

static clrelu_status forward(const problem *p, clrelu_buffer z)
{
    const clrelu_dense call = forward_call(p, z);

    return run_forward(p, &call);
}

static clrelu_status backward(const problem *p, unsigned flags, int dz,
                              clrelu_buffer dx)
{
    const clrelu_dense call = backward_call(p, flags, dz, dx);

    return clrelu_dense_backward(p->device->context, &p->device->exec, &call);
}

static double slope(const problem *p, size_t i)
{
    const clrelu_dense *d = &p->dense;

    if (d->op == CLRELU_PRELU)
        return (double)
            p->values[ALPHA][d->alpha_count == 1 ? 0 : i % d->outputs];
    return (double)(float)d->scalar;
}

/* got against want: relative, or, where terms cancel, to their size. */
static void compare(double *worst, float got, double want, double size)
{
    const double error = fabs((double)got - want);

    /* A NaN must not pass for small. */
    if (!(error <= *worst * size))
        *worst = size > 0.0 ? error / size : INFINITY;
}

/* Element (i, k) is values[i*row + k*column]. */
struct matrix {
    const float *values;
    size_t row, column;
};

/* The worst error of a product c = a b + base of rows x columns elements, in
 * roundings of its terms; base may be NULL, or one row for all. */
static double check_product(const float *c, struct matrix base, size_t rows,
                            size_t columns, size_t inner, struct matrix a,
                            struct matrix b)
{
    double worst = 0.0;

    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++) {
            double sum = 0.0, size = 0.0;
            if (base.values)
                sum = (double)base.values[i * base.row + j];
            size = fabs(sum);
            for (size_t k = 0; k < inner; k++) {
                const double term = (double)a.values[i * a.row + k * a.column] *
                                    (double)b.values[k * b.row + j * b.column];
                sum += term;
                size += fabs(term);
            }
            compare(&worst, c[i * columns + j], sum,
                    size * (double)(inner + 2));
        }
    return worst;
}

static bool check_forward(const problem *p)
{
    const clrelu_dense *d = &p->dense;
    double worst = 0.0;
    const struct matrix bias = {p->values[B], 0, 1};
    const double product =
        check_product(p->values[Z], bias, d->rows, d->outputs, d->inputs,
                      (struct matrix){p->values[X], d->inputs, 1},
                      (struct matrix){p->values[W], d->outputs, 1});

    for (size_t i = 0; i < p->counts[Y]; i++) {
        const double want =
            reference_forward(d->op, slope(p, i), (double)p->values[Z][i]);
        compare(&worst, p->values[Y][i], want, fabs(want));
    }
    if (product <= 0x1p-24 && worst <= 0x1p-22)
        return true;
    diag("z off by %g, y by %g", product, worst);
    return false;
}

/* Sums over the rows, from what the device has in z and dz. */
static double check_sums(const problem *p, const float *old_db,
                         const float *old_dalpha)
{
    const clrelu_dense *d = &p->dense;
    const bool prelu = d->op == CLRELU_PRELU;
    double *sums = must_alloc(4 * d->outputs * sizeof(*sums));
    double worst = 0.0;

    double *db = sums, *db_size = sums + d->outputs;
    double *da = db_size + d->outputs, *da_size = da + d->outputs;
    for (size_t j = 0; j < d->outputs; j++) {
        db[j] = old_db ? (double)old_db[j] : 0.0;
        if (prelu && j < d->alpha_count)
            da[j] = old_dalpha ? (double)old_dalpha[j] : 0.0;
    }
    for (size_t i = 0; i < p->counts[Z]; i++) {
        const size_t j = i % d->outputs, a = d->alpha_count == 1 ? 0 : j;
        const double dz = (double)p->values[DZ][i];
        const double term = (double)p->values[Z][i] * (double)p->values[DY][i];
        db[j] += dz;
        db_size[j] += fabs(dz);
        if (p->values[Z][i] < 0.0f) {
            da[a] += term;
            da_size[a] += fabs(term);
        }
    }
    for (size_t j = 0; j < d->outputs; j++)
        compare(&worst, p->values[DB][j], db[j],
                fabs(db[j]) + 0x1p-16 * db_size[j]);
    for (size_t j = 0; prelu && j < d->alpha_count; j++)
        compare(&worst, p->values[DALPHA][j], da[j],
                fabs(da[j]) + 0x1p-16 * da_size[j]);
    free(sums);
    return worst;
}

static const float *const no_old[ARRAYS];

/* old has the arrays as they were, where the call adds to them. */
static bool check_backward(const problem *p, const float *const old[ARRAYS])
{
    const clrelu_dense *d = &p->dense;
    double worst = 0.0;

    for (size_t i = 0; i < p->counts[DZ]; i++) {
        const double want =
            reference_backward(d->op, slope(p, i), (double)p->values[Z][i],
                               (double)p->values[DY][i]);
        compare(&worst, p->values[DZ][i], want, fabs(want));
    }
    const double sums = check_sums(p, old[DB], old[DALPHA]);
    const struct matrix dz = {p->values[DZ], d->outputs, 1},
                        transposed_w = {p->values[W], 1, d->outputs},
                        transposed_x = {p->values[X], 1, d->inputs},
                        old_dx = {old[DX], d->inputs, 1},
                        old_dw = {old[DW], d->outputs, 1};
    const double dx = check_product(p->values[DX], old_dx, d->rows, d->inputs,
                                    d->outputs, dz, transposed_w);
    const double dw = check_product(p->values[DW], old_dw, d->inputs,
                                    d->outputs, d->rows, transposed_x, dz);
    if (worst <= 0x1p-22 && sums <= 0x1p-23 && dx <= 0x1p-24 && dw <= 0x1p-24)
        return true;
    diag("dz off by %g, db and dalpha by %g, dx by %g, dw by %g", worst, sums,
         dx, dw);
    return false;
}

static const char *op_name(int op)
{
    return op == ONE_ALPHA ? "prelu of one alpha"
                           : clrelu_op_name((clrelu_op)op);
}

/* Once more, adding to what is there. */
static bool test_accumulate(problem *p)
{
    static const int added[] = {DX, DW, DB, DALPHA};
    const unsigned alpha =
        p->dense.op == CLRELU_PRELU ? CLRELU_ACCUMULATE_DALPHA : 0u;
    const float *old[ARRAYS] = {NULL};
    float *copies[COUNT_OF(added)];
    bool good;

    for (size_t i = 0; i < COUNT_OF(added); i++) {
        const int k = added[i];
        copies[i] = must_alloc(p->counts[k] * sizeof(float));
        if (k == DALPHA && !alpha)
            memset(p->values[k], 0, p->counts[k] * sizeof(float));
        memcpy(copies[i], p->values[k], p->counts[k] * sizeof(float));
        old[k] = copies[i];
        refill(p, k);
    }
    good = !backward(p, CLRELU_ACCUMULATE_DX | CLRELU_ACCUMULATE_DW | alpha, DZ,
                     at(p, DX)) &&
           fetch(p) && check_backward(p, old);
    for (size_t i = 0; i < COUNT_OF(added); i++)
        free(copies[i]);
    return good;
}

/* dz on dy or on z, no dx, no z. */
static bool test_in_place(problem *p)
{
    const clrelu_buffer none = {0};
    const size_t bytes = p->counts[DZ] * sizeof(float);
    float *dz = must_alloc(bytes), *y = must_alloc(bytes);
    bool good;

    memcpy(dz, p->values[DZ], bytes);
    memcpy(y, p->values[Y], bytes);
    good = !backward(p, 0, DY, none) && fetch(p) &&
           memcmp(p->values[DY], dz, bytes) == 0;
    array_reset(p->device, &p->arrays[DY]);
    good = good && !backward(p, 0, Z, none) && fetch(p) &&
           memcmp(p->values[Z], dz, bytes) == 0;
    good = good && !forward(p, none) && fetch(p) &&
           memcmp(p->values[Y], y, bytes) == 0;
    free(dz);
    free(y);
    return good;
}

static void test_size(const struct device *d, int op, size_t rows,
                      size_t inputs, size_t outputs)
{
    problem p = make(d, op, rows, inputs, outputs);
    bool good = !forward(&p, at(&p, Z)) && fetch(&p) && check_forward(&p);

    good = good && !backward(&p, 0, DZ, at(&p, DX)) && fetch(&p) &&
           check_backward(&p, no_old);
    good = good && test_accumulate(&p);
    good = good && test_in_place(&p);
    if (!ok(good, "%s: %zu x %zu x %zu", op_name(op), rows, inputs, outputs))
        diag("%s", clrelu_error());
    drop(&p);
}

/* What comes of z's special values is the activation's business: a product by
 * the identity, and no bias. */
static void test_special(const struct device *d)
{
    problem p = make(d, CLRELU_PRELU, 1, 1, 1);

    p.values[X][0] = -0.0f;
    p.values[W][0] = 1.0f;
    p.values[B][0] = -0.0f;
    refill(&p, X);
    refill(&p, W);
    refill(&p, B);
    ok(!forward(&p, at(&p, Z)) && !backward(&p, 0, DZ, at(&p, DX)) &&
           fetch(&p) && check_backward(&p, no_old) &&
           p.values[DZ][0] == p.values[DY][0] && p.values[DALPHA][0] == 0.0f,
       "z = 0 counts as not negative");
    drop(&p);
}

static void test_events(const struct device *d,
                        cl_command_queue_properties order)
{
    cl_event events[3];

    if (!device_user_events(d, "dense calls and events"))
        return;
    problem p = make(d, CLRELU_PRELU, 65, 33, 65);
    cl_command_queue queue = device_queue(d, order);
    events[0] = device_user_event(d);
    clrelu_dense call = forward_call(&p, at(&p, Z));
    clrelu_exec exec = {.queue = queue,
                        .wait_count = 1,
                        .wait_list = &events[0],
                        .event = &events[1]};
    expect_ok(clrelu_dense_forward(d->context, &exec, &call),
              order ? "forward on a queue out of order" : "forward on a queue");
    call = backward_call(&p, 0, DZ, at(&p, DX));
    exec.wait_list = &events[1];
    exec.event = &events[2];
    expect_ok(clrelu_dense_backward(d->context, &exec, &call),
              "... backward after it");
    clFlush(queue);
    ok(event_state(events[1]) != CL_COMPLETE,
       "... wait for the caller's event");
    device_must(clSetUserEventStatus(events[0], CL_COMPLETE),
                "clSetUserEventStatus");
    device_must(clWaitForEvents(1, &events[2]), "clWaitForEvents");
    ok(fetch(&p) && check_forward(&p) && check_backward(&p, no_old),
       "... and are right when the last event is complete");
    for (int i = 0; i < 3; i++)
        clReleaseEvent(events[i]);
    clReleaseCommandQueue(queue);
    drop(&p);
}

static void test_dimensions(problem *p)
{
    const clrelu_dense good = p->dense;

    p->dense.rows = 0;
    expect(forward(p, at(p, Z)), CLRELU_INVALID_SIZE, "rows", "no rows");
    p->dense.rows = SIZE_MAX / 2;
    expect(forward(p, at(p, Z)), CLRELU_INVALID_SIZE, "rows",
           "rows beyond 64 bits");
    p->dense = good;
    p->dense.alpha_count = 2;
    expect(forward(p, at(p, Z)), CLRELU_INVALID_ALPHA_SHAPE, "alpha_count",
           "an alpha of another shape");
    p->dense.alpha_count = good.alpha_count;
    p->dense.op = (clrelu_op)0;
    expect(forward(p, at(p, Z)), CLRELU_INVALID_OP, "op", "no op");
    p->dense.op = (clrelu_op)9;
    expect(forward(p, at(p, Z)), CLRELU_INVALID_OP, "op", "an unknown op");
    p->dense.op = CLRELU_LEAKY_RELU;
    p->dense.scalar = NAN;
    expect(forward(p, at(p, Z)), CLRELU_INVALID_SCALAR, "alpha", "a NaN alpha");
    p->dense = good;
    p->dense.inputs *= 100;
    expect(forward(p, at(p, Z)), CLRELU_BUFFER_TOO_SMALL, "x",
           "a small buffer");
    p->dense = good;
}

static void test_errors(const struct device *d)
{
    const clrelu_buffer none = {0};
    problem p = make(d, CLRELU_PRELU, 5, 5, 5);

    test_dimensions(&p);
    expect(forward(&p, at(&p, X)), CLRELU_BUFFER_OVERLAP, "z", "z on x");
    expect(forward(&p, at(&p, Y)), CLRELU_BUFFER_OVERLAP, "y", "z on y");
    expect(backward(&p, 0, X, none), CLRELU_BUFFER_OVERLAP, "x", "dz on x");
    expect(backward(&p, 0, DZ, at(&p, DY)), CLRELU_BUFFER_OVERLAP, "dy",
           "dx on dy");
    expect(backward(&p, 8, DZ, none), CLRELU_INVALID_FLAGS, "flags",
           "an unknown flag");
    expect(backward(&p, CLRELU_ACCUMULATE_DX, DZ, none), CLRELU_INVALID_FLAGS,
           "dx", "a flag without its output");
    p.dense.op = CLRELU_LEAKY_RELU;
    expect(backward(&p, CLRELU_ACCUMULATE_DALPHA, DZ, none),
           CLRELU_INVALID_FLAGS, "dalpha", "a flag for leaky_relu's dalpha");
    expect(run_forward(&p, NULL), CLRELU_INVALID_NULL, "call", "no call");
    p.dense.op = CLRELU_PRELU;
    clrelu_dense call = forward_call(&p, none);
    call.alpha = none;
    expect(run_forward(&p, &call), CLRELU_INVALID_NULL, "alpha", "no alpha");
    call = forward_call(&p, none);
    call.flags = CLRELU_ACCUMULATE_DX;
    expect(run_forward(&p, &call), CLRELU_INVALID_FLAGS, "flags",
           "a flag forward");
    fetch(&p);
    bool untouched = true;
    for (int i = 0; i < ARRAYS; i++)
        untouched = untouched && array_untouched(&p.arrays[i]);
    ok(untouched, "... and no call wrote");
    drop(&p);
}

/* Whether the library has CLBlast. */
static bool has_dense(const struct device *d)
{
    if (clrelu_dense_forward(d->context, &d->exec, NULL) != CLRELU_UNSUPPORTED)
        return true;
    ok(strstr(clrelu_error(), "CLBlast") != NULL, "without CLBlast: %s",
       clrelu_error());
    return false;
}

int main(void)
{
    /* test_chain has the other activations. */
    static const int ops[] = {ONE_ALPHA, CLRELU_PRELU, CLRELU_ELU};
    static const size_t odd[] = {1, 7, 33, 65};
    static const size_t blocks[][3] = {{3000, 5, 10}, {300, 3, 1500}};
    struct device d;

    device_open(&d);
    if (has_dense(&d)) {
        for (size_t k = 0; k < COUNT_OF(ops); k++) {
            for (size_t i = 0; i < 64; i++)
                if (device_runs(i, 2, "a larger product"))
                    test_size(&d, ops[k], odd[i / 16], odd[i / 4 % 4],
                              odd[i % 4]);
            for (size_t i = 0; i < COUNT_OF(blocks); i++)
                if (device_runs(64, 2, "a larger product"))
                    test_size(&d, ops[k], blocks[i][0], blocks[i][1],
                              blocks[i][2]);
        }
        test_special(&d);
        test_events(&d, 0);
        if (device_out_of_order(&d))
            test_events(&d, CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE);
        test_errors(&d);
    }
    device_close(&d);
    return done_testing();
}
