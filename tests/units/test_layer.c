/* test_layer.c - PReLU's layer against plain C
 * SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "array.h"
#include "folder.h"
#include "random.h"
#include "system.h"

static struct device device;

static clrelu_prelu_layer *make(const char *config)
{
    clrelu_prelu_layer *layer;

    if (clrelu_prelu_layer_create_from_config(device.context, &device.exec,
                                              config, &layer))
        bail("%s: %s", config, clrelu_error());
    return layer;
}

static void get(const clrelu_prelu_layer *l, size_t n, float *values)
{
    must_succeed(clrelu_prelu_layer_read_alpha(l, &device.exec, n, values));
}

/* Of x of rows and columns; NULL: without that array. */
static clrelu_status run_layer(clrelu_prelu_layer *l, size_t rows,
                               const struct array *x, const struct array *y,
                               const struct array *dy, const struct array *dx)
{
    const size_t dims[] = {rows, x->n / rows};
    const clrelu_shape shape = {.rank = 2, .dims = dims};
    clrelu_prelu call = {
        .dtype = CLRELU_FLOAT32, .shape = &shape, .x = array_buffer(x)};

    if (y) {
        call.y = array_buffer(y);
        return clrelu_prelu_layer_forward(l, &device.exec, &call);
    }
    call.dy = array_buffer(dy);
    call.dx = array_buffer(dx);
    return clrelu_prelu_layer_backward(l, &device.exec, &call);
}

static void test_shapes(void)
{
    static const struct {
        const char *config;
        size_t rank, dims[3], count;
    } cases[] = {
        {"PReLU([0])", 0, {0}, 1},
        {"PReLU([0, 7])", 1, {7}, 7},
        {"PReLU([8, 4, 5, 6])", 3, {4, 5, 6}, 120},
        {"PReLU([0, 0, 0, 6], [2, 1, 2])", 3, {1, 1, 6}, 6},
        {"PReLU(input_shape=[0,4,5,6],shared_axes=2)", 3, {4, 1, 6}, 24},
        {"PReLU([0, 3, 0], 2)", 2, {3, 1}, 3},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        clrelu_prelu_layer *l = make(cases[i].config);
        size_t rank, dims[CLRELU_MAX_RANK], count;
        const clrelu_status status =
            clrelu_prelu_layer_alpha_dims(l, &rank, dims, &count);
        ok(!status && rank == cases[i].rank && count == cases[i].count &&
               memcmp(dims, cases[i].dims, rank * sizeof(*dims)) == 0,
           "%s: alpha's shape", cases[i].config);
        clrelu_prelu_layer_destroy(&l);
        ok(l == NULL, "... destroyed");
    }
}

static void test_round_trip(void)
{
    static const char *const configs[] = {
        "PReLU([0])",
        "PReLU([32,0,0,64],[1,2],he_normal,l1(0.5),max_norm(2,axis=[0,-1]),3)",
        ("PReLU(shared_axes=[1],input_shape=[0,0],alpha_constraint=non_neg,"
         "alpha_initializer=constant(0.25))"),
        "PReLU([0,4,5],[],ones,OrthogonalRegularizer(0.5,columns),unit_norm)",
        "PReLU([0,3,3,2,5],[3],random_normal,l2,RadialConstraint)",
    };

    for (size_t i = 0; i < COUNT_OF(configs); i++) {
        char text[1024], again[1024], part[8];
        size_t length, whole;
        clrelu_prelu_layer *a = make(configs[i]), *b;
        clrelu_prelu_layer_config(a, sizeof(text), text, &length);
        b = make(text);
        clrelu_prelu_layer_config(b, sizeof(again), again, NULL);
        ok(strcmp(text, again) == 0 && strlen(text) == length, "%s", text);
        clrelu_prelu_layer_config(a, sizeof(part), part, &whole);
        ok(whole == length && memcmp(text, part, 7) == 0 && part[7] == '\0',
           "... cut where its room ends");
        ok(!clrelu_prelu_layer_config(a, 0, NULL, &whole) && whole == length,
           "... and measured");
        size_t n;
        clrelu_prelu_layer_alpha_dims(a, NULL, NULL, &n);
        float *x = must_alloc(2 * n * sizeof(*x));
        get(a, n, x);
        get(b, n, x + n);
        ok(memcmp(x, x + n, n * sizeof(*x)) == 0, "... with the same alpha");
        free(x);
        clrelu_prelu_layer_destroy(&a);
        clrelu_prelu_layer_destroy(&b);
    }
}

/* Seeds: the spec's comes first, then the layer's. */
static void test_seeds(void)
{
    float a[64], b[64], c[64];
    clrelu_prelu_layer *l = make("PReLU([0,64],[],he_normal,seed=5)");
    clrelu_prelu_layer *m = make("PReLU([0,64],[],he_normal(seed=5),seed=6)");
    clrelu_prelu_layer *n = make("PReLU([0,64],[],he_normal,seed=6)");

    get(l, 64, a);
    get(m, 64, b);
    get(n, 64, c);
    ok(memcmp(a, b, sizeof(a)) == 0, "an initializer's seed is used");
    ok(memcmp(a, c, sizeof(a)) != 0, "another seed gives another alpha");
    clrelu_prelu_layer_destroy(&l);
    clrelu_prelu_layer_destroy(&m);
    clrelu_prelu_layer_destroy(&n);
}

/* A small training: two micro-batches a step, against float arithmetic in C
 * that rounds where the header says so, and doubles where it does not. */
enum { ROWS = 6, COLUMNS = 9, N = ROWS * COLUMNS, STEPS = 4 };

typedef struct plain {
    double alpha[COLUMNS], velocity[COLUMNS], dalpha[COLUMNS];
} plain;

static void plain_backward(plain *p, const float *x, const float *dy)
{
    for (size_t i = 0; i < N; i++)
        if (x[i] < 0.0f)
            p->dalpha[i % COLUMNS] += (double)x[i] * (double)dy[i];
}

/* l1_l2(0.01, 0.02), a rate of 0.1, momentum of 0.9, max_norm(1). */
static void plain_update(plain *p)
{
    double square = 0.0;

    for (size_t j = 0; j < COLUMNS; j++) {
        const double sign = (p->alpha[j] > 0.0) - (p->alpha[j] < 0.0);
        const double gradient =
            p->dalpha[j] + 0.01 * sign + 2.0 * 0.02 * p->alpha[j];
        p->velocity[j] = 0.9 * p->velocity[j] - 0.1 * gradient;
        p->alpha[j] += p->velocity[j];
        p->dalpha[j] = 0.0;
        square += p->alpha[j] * p->alpha[j];
    }
    const double norm = sqrt(square);
    for (size_t j = 0; j < COLUMNS; j++)
        p->alpha[j] *= fmin(norm, 1.0) / (1e-7 + norm);
}

static double plain_penalty(const plain *p)
{
    double sum = 0.0;

    for (size_t j = 0; j < COLUMNS; j++)
        sum += 0.01 * fabs(p->alpha[j]) + 0.02 * p->alpha[j] * p->alpha[j];
    return sum;
}

static bool near(double got, double want)
{
    return fabs(got - want) <= 2e-6 * (fabs(want) + 0.1);
}

static bool alphas_near(const clrelu_prelu_layer *l, const plain *p)
{
    float alpha[COLUMNS], dalpha[COLUMNS];
    bool good = true;

    get(l, COLUMNS, alpha);
    const clrelu_buffer at = clrelu_prelu_layer_dalpha_buffer(l);
    device_read(&device, at.mem, at.offset * sizeof(float), sizeof(dalpha),
                dalpha);
    for (size_t j = 0; j < COLUMNS; j++)
        good = good && near((double)alpha[j], p->alpha[j]) &&
               near((double)dalpha[j], p->dalpha[j]);
    return good;
}

static bool micro_batch(clrelu_prelu_layer *l, plain *p, uint64_t *state)
{
    float x[N], dy[N], alpha[COLUMNS];

    for (size_t i = 0; i < N; i++) {
        x[i] = random_uniform(state, -1.0f, 1.0f);
        dy[i] = random_uniform(state, -1.0f, 1.0f);
    }
    get(l, COLUMNS, alpha);
    struct array ax = array_make(&device, 1, N, x);
    struct array ady = array_make(&device, 2, N, dy);
    struct array y = array_make(&device, 3, N, NULL);
    struct array dx = array_make(&device, 0, N, NULL);
    bool good = !run_layer(l, ROWS, &ax, &y, NULL, NULL) &&
                !run_layer(l, ROWS, &ax, NULL, &ady, &dx);
    const float *got_y = array_fetch(&device, &y);
    const float *got_dx = array_fetch(&device, &dx);
    for (size_t i = 0; i < N; i++) {
        const float a = alpha[i % COLUMNS];
        good = good && got_y[i] == (x[i] < 0.0f ? a * x[i] : x[i]) &&
               got_dx[i] == (x[i] < 0.0f ? a * dy[i] : dy[i]);
    }
    plain_backward(p, x, dy);
    arrays_free(&ax, &ady, &y, &dx);
    return good;
}

static void test_training(void)
{
    clrelu_prelu_layer *l = make(
        "PReLU([0,9],alpha_initializer=random_uniform(-0.5,0.5,1),"
        "alpha_regularizer=l1_l2(0.01,0.02),alpha_constraint=max_norm(1))");
    struct array penalty = array_make(&device, 4, 1, NULL);
    plain p = {{0}, {0}, {0}};
    float alpha[COLUMNS];
    uint64_t state = 8;

    get(l, COLUMNS, alpha);
    for (size_t j = 0; j < COLUMNS; j++)
        p.alpha[j] = (double)alpha[j];
    for (int step = 0; step < STEPS; step++) {
        ok(micro_batch(l, &p, &state) && micro_batch(l, &p, &state),
           "step %d: forward and backward of two micro-batches", step);
        ok(alphas_near(l, &p), "... dalpha is the sum of both");
        expect_ok(
            clrelu_prelu_layer_penalty(l, &device.exec, array_buffer(&penalty)),
            "... the penalty");
        ok(near((double)*array_fetch(&device, &penalty), plain_penalty(&p)) &&
               array_guarded(&penalty),
           "... is right");
        expect_ok(clrelu_prelu_layer_update(l, &device.exec, 0.1, 0.9),
                  "... the update");
        plain_update(&p);
        ok(alphas_near(l, &p), "... is right, and dalpha 0");
    }
    array_free(&penalty);
    clrelu_prelu_layer_destroy(&l);
}

/* A plain step rounds where the header says so. */
static void test_step(void)
{
    enum { MANY = 5000 };
    static float a[MANY], da[MANY], v[MANY], want_a[MANY], want_v[MANY];
    uint64_t state = 3;
    const float rate = 0.01f, momentum = 0.875f;

    for (size_t i = 0; i < MANY; i++) {
        a[i] = random_wide(&state, -5, 5);
        da[i] = random_wide(&state, -5, 5);
        v[i] = random_wide(&state, -5, 5);
        const float kept = momentum * v[i], step = rate * da[i];
        want_v[i] = kept - step;
        want_a[i] = a[i] + want_v[i];
    }
    struct array xa = array_make(&device, 1, MANY, a);
    struct array xda = array_make(&device, 2, MANY, da);
    struct array xv = array_make(&device, 3, MANY, v);
    expect_ok(array_sgd_step(&device, 0.01, 0.875, &xa, &xda, &xv),
              "clrelu_sgd_step");
    const float *got_a = array_fetch(&device, &xa);
    const float *got_v = array_fetch(&device, &xv);
    const float *got_da = array_fetch(&device, &xda);
    bool zero = true;
    for (size_t i = 0; i < MANY; i++)
        zero = zero && got_da[i] == 0.0f;
    ok(memcmp(got_a, want_a, sizeof(a)) == 0 &&
           memcmp(got_v, want_v, sizeof(v)) == 0 && zero &&
           array_guarded(&xa) && array_guarded(&xda) && array_guarded(&xv),
       "... bit for bit");
    array_reset(&device, &xa);
    array_reset(&device, &xda);
    expect_ok(array_sgd_step(&device, 0.01, 0.0, &xa, &xda, NULL),
              "... without momentum and velocity");
    got_a = array_fetch(&device, &xa);
    bool good = true;
    for (size_t i = 0; i < MANY; i++) {
        const float step = rate * da[i];
        good = good && got_a[i] == a[i] - step;
    }
    ok(good, "... bit for bit");
    arrays_free(&xa, &xda, &xv);
}

static void test_alpha(void)
{
    clrelu_prelu_layer *l = make("PReLU([0,2,3])");
    const float values[] = {1, 2, 3, 4, 5, 6};
    float got[6];
    struct stat old = {0}, saved;
    static const char path[] = "alpha.npy";

    close(open(path, O_CREAT | O_WRONLY, 0600));
    stat(path, &old);
    expect_ok(clrelu_prelu_layer_write_alpha(l, &device.exec, 6, values),
              "set alpha");
    get(l, 6, got);
    ok(memcmp(got, values, sizeof(got)) == 0, "... and get it");
    expect_ok(clrelu_prelu_layer_save(l, &device.exec, path), "save it");
    ok(stat(path, &saved) == 0 && saved.st_mode == old.st_mode,
       "... to a private file, which stays private");
    clrelu_prelu_layer_destroy(&l);
    l = make("PReLU([0,2,3])");
    expect_ok(clrelu_prelu_layer_load(l, &device.exec, path), "load it");
    get(l, 6, got);
    ok(memcmp(got, values, sizeof(got)) == 0, "... as it was");
    clrelu_prelu_layer_destroy(&l);
    l = make("PReLU([0,3,2])");
    expect(clrelu_prelu_layer_load(l, &device.exec, path),
           CLRELU_INVALID_ALPHA_SHAPE, "(2, 3)", "load another shape");
    if (truncate(path, 140))
        bail("truncate failed");
    clrelu_prelu_layer_destroy(&l);
    l = make("PReLU([0,2,3])");
    expect(clrelu_prelu_layer_load(l, &device.exec, path), CLRELU_FILE_ERROR,
           "cut short", "load a part of a file");
    if (truncate(path, 5))
        bail("truncate failed");
    expect(clrelu_prelu_layer_load(l, &device.exec, path), CLRELU_FILE_ERROR,
           "not an .npy", "load a file that is no array");
    unlink(path);
    expect(clrelu_prelu_layer_load(l, &device.exec, path), CLRELU_FILE_ERROR,
           path, "load a missing file");
    expect(clrelu_prelu_layer_save(l, &device.exec, "/no/such/folder/a.npy"),
           CLRELU_FILE_ERROR, "/no/such", "save to no folder");
    expect(clrelu_prelu_layer_write_alpha(l, &device.exec, 5, values),
           CLRELU_INVALID_ALPHA_SHAPE, "count", "set a part of alpha");
    expect(clrelu_prelu_layer_read_alpha(l, &device.exec, 7, got),
           CLRELU_INVALID_ALPHA_SHAPE, "count", "get more than alpha");
    clrelu_prelu_layer_destroy(&l);
}

/* A Fortran array of doubles, as NumPy writes it. */
static void test_foreign_file(void)
{
    static const char header[] =
        "{'descr': '<f8', 'fortran_order': True, 'shape': (2, 3), }";
    const double values[] = {1, 4, 2, 5, 3, 6};
    const float want[] = {1, 2, 3, 4, 5, 6};
    float got[6];
    clrelu_prelu_layer *l = make("PReLU([0,2,3])");
    FILE *file = fopen("foreign.npy", "wb");

    if (!file ||
        fprintf(file, "\x93NUMPY\x01%cv%c%-117s\n", 0, 0, header) != 128 ||
        fwrite(values, sizeof(values), 1, file) != 1 || fclose(file))
        bail("foreign.npy cannot be written");
    expect_ok(clrelu_prelu_layer_load(l, &device.exec, "foreign.npy"),
              "load a Fortran array of doubles");
    get(l, 6, got);
    ok(memcmp(got, want, sizeof(got)) == 0, "... in the right order");
    clrelu_prelu_layer_destroy(&l);
}

/* Two steps of both; the velocity of the second one is not 0. */
static bool same_updates(clrelu_prelu_layer *l, const char *regularizer,
                         const char *constraint, double momentum)
{
    enum { ALPHAS = 6 * 5 };
    static const size_t dims[] = {6, 5};
    const clrelu_buffer dalpha = clrelu_prelu_layer_dalpha_buffer(l);
    static const float zeros[ALPHAS] = {0};
    float alpha[ALPHAS], gradient[ALPHAS];
    uint64_t state = 9;
    bool good = true;

    get(l, ALPHAS, alpha);
    struct array a = array_make(&device, 1, ALPHAS, alpha);
    struct array v = array_make(&device, 3, ALPHAS, zeros);
    for (int step = 0; step < 2; step++) {
        for (size_t i = 0; i < ALPHAS; i++)
            gradient[i] = random_wide(&state, -3, 3);
        gradient[7] = 0;
        struct array da = array_make(&device, 2, ALPHAS, gradient);
        device_write(&device, dalpha.mem, dalpha.offset * sizeof(float),
                     sizeof(gradient), gradient);
        must_succeed(clrelu_prelu_layer_update(l, &device.exec, 0.1, momentum));
        must_succeed(
            array_penalty(&device, regularizer, 2, dims, &a, &da, NULL));
        must_succeed(array_sgd_step(&device, 0.1, momentum, &a, &da, &v));
        must_succeed(array_constrain(&device, constraint, 2, dims, &a));
        get(l, ALPHAS, alpha);
        good =
            good && memcmp(array_fetch(&device, &a), alpha, sizeof(alpha)) == 0;
        device_read(&device, dalpha.mem, dalpha.offset * sizeof(float),
                    sizeof(gradient), gradient);
        good = good && memcmp(gradient, zeros, sizeof(zeros)) == 0;
        array_free(&da);
    }
    arrays_free(&a, &v);
    return good;
}

/* An update gives the bits of its parts, which take more kernels. */
static void test_updates(void)
{
    static const char *const regularizers[] = {"None", "l1(0.5)", "l2(0.25)",
                                               "l1_l2(0.5,0.25)",
                                               "orthogonal_regularizer(0.5)"};
    static const char *const constraints[] = {
        "None", "non_neg", "max_norm(1)", "unit_norm(axis=1)",
        "min_max_norm(0.5,1,0.25,axis=None)"};

    for (size_t r = 0; r < COUNT_OF(regularizers); r++)
        for (size_t c = 0; c < COUNT_OF(constraints); c++) {
            const double momentum = (r + c) % 2 ? 0.9 : 0;
            char config[192];
            snprintf(config, sizeof(config),
                     "PReLU([0,6,5],[],random_normal(0,1,1),%s,%s)",
                     regularizers[r], constraints[c]);
            clrelu_prelu_layer *l = make(config);
            ok(same_updates(l, regularizers[r], constraints[c], momentum),
               "%s, %s: an update gives the bits of its parts", regularizers[r],
               constraints[c]);
            clrelu_prelu_layer_destroy(&l);
        }
}

static void test_bad_layers(void)
{
    static const struct invalid_text bad[] = {
        {"PRelu([0])", CLRELU_UNKNOWN_NAME, "PReLU"},
        {"PReLU", CLRELU_INVALID_RANK, "rank"},
        {"PReLU([])", CLRELU_INVALID_RANK, "rank"},
        {"PReLU([0,-1])", CLRELU_INVALID_SPEC, "input_shape"},
        {"PReLU([0,x])", CLRELU_INVALID_SPEC, "input_shape"},
        {"PReLU([0,0])", CLRELU_INVALID_ALPHA_SHAPE, "axis 1"},
        {"PReLU([0,3,0],1)", CLRELU_INVALID_ALPHA_SHAPE, "axis 2"},
        {"PReLU([0,3],0)", CLRELU_INVALID_AXIS, "axis 0"},
        {"PReLU([0,3],-1)", CLRELU_INVALID_AXIS, "axis -1"},
        {"PReLU([0,3],2)", CLRELU_INVALID_AXIS, "axis 2"},
        {"PReLU([0,3],[],orthogonal)", CLRELU_INVALID_RANK, "orthogonal"},
        {"PReLU([0,3],alpha_initializer=he)", CLRELU_UNKNOWN_NAME, "he_normal"},
        {"PReLU([0,3],alpha_regularizer=l2(-1))", CLRELU_INVALID_SCALAR, "l2"},
        {"PReLU([0,3],alpha_constraint=max_norm(-1))", CLRELU_INVALID_SCALAR,
         "max_value"},
        {"PReLU([0,3],alpha_constraint=max_norm(axis=1))", CLRELU_INVALID_AXIS,
         "axis 1"},
        {"PReLU([0,3],alpha_regularizer=orthogonal_regularizer)",
         CLRELU_INVALID_RANK, "orthogonal_regularizer: rank is 1, must be 2"},
        {"PReLU([0,3,4],alpha_constraint=radial_constraint)",
         CLRELU_INVALID_RANK, "radial_constraint: rank is 2, must be 4"},
        {"PReLU([0,3,4,2,2],alpha_constraint=radial_constraint)",
         CLRELU_INVALID_ALPHA_SHAPE, "(3, 4, 2, 2)"},
        {"PReLU([0,9223372036854775807,9])", CLRELU_INVALID_SIZE, "dims"},
    };
    const clrelu_prelu_layer_params no_dims = {.rank = 2};
    clrelu_prelu_layer *l;

    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        expect_invalid(clrelu_prelu_layer_create_from_config(
                           device.context, &device.exec, bad[i].text, &l),
                       &bad[i]);
        if (l)
            bail("a layer in spite of that");
    }
    expect(clrelu_prelu_layer_create(device.context, &device.exec, NULL, &l),
           CLRELU_INVALID_NULL, "params", "no params");
    expect(
        clrelu_prelu_layer_create(device.context, &device.exec, &no_dims, &l),
        CLRELU_INVALID_NULL, "dims", "no dims");
    expect(clrelu_prelu_layer_create(
               device.context, &(clrelu_exec){.queue = NULL}, &no_dims, &l),
           CLRELU_INVALID_NULL, "queue", "no queue");
}

static void test_bad_calls(void)
{
    clrelu_prelu_layer *l = make("PReLU([0,3])");
    struct array x = array_make(&device, 0, 12, NULL);
    const clrelu_shape line = {.rank = 1, .dims = (const size_t[]){12}};
    const clrelu_prelu call = {.dtype = CLRELU_FLOAT32,
                               .shape = &line,
                               .x = array_buffer(&x),
                               .y = array_buffer(&x)};

    expect(run_layer(l, 6, &x, &x, NULL, NULL), CLRELU_INVALID_ALPHA_SHAPE,
           "axis 1", "x of another shape");
    expect(clrelu_prelu_layer_forward(l, &device.exec, &call),
           CLRELU_INVALID_ALPHA_SHAPE, "rank", "x of another rank");
    expect(run_layer(NULL, 4, &x, &x, NULL, NULL), CLRELU_INVALID_NULL, "layer",
           "no layer");
    expect(clrelu_prelu_layer_update(l, &device.exec, NAN, 0.0),
           CLRELU_INVALID_SCALAR, "learning_rate", "a NaN rate");
    expect(clrelu_prelu_layer_update(l, &device.exec, 0.1, INFINITY),
           CLRELU_INVALID_SCALAR, "momentum", "an infinite momentum");
    array_fetch(&device, &x);
    ok(array_untouched(&x), "... and no call wrote");
    array_free(&x);
    clrelu_prelu_layer_destroy(&l);
}

static bool completes(cl_event event)
{
    const bool complete = event && event_state(event) == CL_COMPLETE;

    if (event)
        clReleaseEvent(event);
    return complete;
}

/* Calls that wait have their event, too, but not if they fail. */
static void test_waited(void)
{
    clrelu_prelu_layer *l = make("PReLU([0,3])");
    char mark;
    const cl_event never = (cl_event)(void *)&mark;
    cl_event event = NULL;
    const clrelu_exec exec = {.queue = device.queue, .event = &event};
    float values[3];

    expect_ok(clrelu_prelu_layer_read_alpha(l, &exec, 3, values),
              "read alpha, with an event");
    ok(completes(event), "... which is complete");
    event = NULL;
    expect_ok(clrelu_prelu_layer_save(l, &exec, SYSTEM_NULL),
              "save, with an event");
    ok(completes(event), "... which is complete");
    event = never;
    expect(clrelu_prelu_layer_save(l, &exec, "/no/such/folder/a.npy"),
           CLRELU_FILE_ERROR, "/no/such", "save to no folder, with an event");
    ok(event == never, "... which stays as it was");
    clrelu_prelu_layer_destroy(&l);
}

/* Nothing but events orders the calls. */
static void test_events(void)
{
    const cl_command_queue_properties order =
        device_out_of_order(&device) ? CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE
                                     : 0;
    const size_t n = 1000, dims[] = {1, n};
    const clrelu_prelu_layer_params params = {
        .rank = 2, .dims = dims, .initializer = "constant(0.5)"};
    cl_command_queue queue = device_queue(&device, order);
    clrelu_prelu_layer *l;
    cl_event events[3];
    clrelu_exec exec = {.queue = queue, .event = &events[0]};
    float *x = must_alloc(n * sizeof(*x));

    for (size_t i = 0; i < n; i++)
        x[i] = -1.0f;
    struct array ax = array_make(&device, 0, n, x);
    const clrelu_prelu call = {.dtype = CLRELU_FLOAT32,
                               .shape =
                                   &(clrelu_shape){.rank = 2, .dims = dims},
                               .x = array_buffer(&ax),
                               .dy = array_buffer(&ax)};
    expect_ok(clrelu_prelu_layer_create(device.context, &exec, &params, &l),
              "a layer on a queue out of order");
    exec.wait_count = 1;
    exec.wait_list = &events[0];
    exec.event = &events[1];
    expect_ok(clrelu_prelu_layer_backward(l, &exec, &call),
              "... its backward pass");
    exec.wait_list = &events[1];
    exec.event = &events[2];
    expect_ok(clrelu_prelu_layer_update(l, &exec, 0.25, 0.0), "... and update");
    exec.wait_list = &events[2];
    exec.event = NULL;
    must_succeed(clrelu_prelu_layer_read_alpha(l, &exec, n, x));
    bool good = true;
    for (size_t i = 0; i < n; i++)
        good = good && x[i] == 0.25f;
    ok(good, "... in the order of events");
    for (int i = 0; i < 3; i++)
        clReleaseEvent(events[i]);
    clReleaseCommandQueue(queue);
    clrelu_prelu_layer_destroy(&l);
    array_free(&ax);
    free(x);
}

int main(void)
{
    device_open(&device);
    folder_enter();
    test_shapes();
    test_round_trip();
    test_seeds();
    test_training();
    test_updates();
    test_step();
    test_alpha();
    test_foreign_file();
    test_bad_layers();
    test_bad_calls();
    test_waited();
    test_events();
    folder_leave();
    device_close(&device);
    return done_testing();
}
