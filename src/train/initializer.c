/* initializer.c - the initial values of a parameter
 * SPDX-License-Identifier: MIT */
#include "train/initializer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/integer.h"
#include "base/status.h"
#include "core/batch.h"
#include "core/check.h"
#include "core/trace.h"
#include "core/upload.h"
#include "train/orthogonal.h"
#include "train/parameter.h"

enum id {
    ZEROS,
    ONES,
    CONSTANT,
    RANDOM_UNIFORM,
    RANDOM_NORMAL,
    TRUNCATED_NORMAL,
    VARIANCE_SCALING,
    GLOROT_NORMAL,
    GLOROT_UNIFORM,
    HE_NORMAL,
    HE_UNIFORM,
    LECUN_NORMAL,
    LECUN_UNIFORM,
    ORTHOGONAL,
    IDENTITY
};

enum mode { FAN_IN, FAN_OUT, FAN_AVG };
enum distribution { TRUNCATED, NORMAL, UNTRUNCATED, UNIFORM };

static const char *const modes[] = {"fan_in", "fan_out", "fan_avg", NULL};
static const char *const distributions[] = {[TRUNCATED] = "truncated_normal",
                                            [NORMAL] = "normal",
                                            [UNTRUNCATED] =
                                                "untruncated_normal",
                                            [UNIFORM] = "uniform",
                                            NULL};

#define NUMBER(name, preset) \
    { \
        name, CLRELU_NUMBER, preset, NULL, NULL \
    }
#define SEED \
    { \
        "seed", CLRELU_SEED, 0.0, NULL, NULL \
    }

/* Names, arguments and defaults of Keras. */
static const clrelu_entry table[] = {
    {ZEROS, {"zeros", "zero", "Zeros"}, {{0}}},
    {ONES, {"ones", "one", "Ones"}, {{0}}},
    {CONSTANT, {"constant", "Constant"}, {NUMBER("value", 0.0)}},
    {RANDOM_UNIFORM,
     {"random_uniform", "uniform", "RandomUniform"},
     {NUMBER("minval", -0.05), NUMBER("maxval", 0.05), SEED}},
    {RANDOM_NORMAL,
     {"random_normal", "normal", "RandomNormal"},
     {NUMBER("mean", 0.0), NUMBER("stddev", 0.05), SEED}},
    {TRUNCATED_NORMAL,
     {"truncated_normal", "TruncatedNormal"},
     {NUMBER("mean", 0.0), NUMBER("stddev", 0.05), SEED}},
    {VARIANCE_SCALING,
     {"variance_scaling", "VarianceScaling"},
     {NUMBER("scale", 1.0),
      {"mode", CLRELU_CHOICE, FAN_IN, modes, NULL},
      {"distribution", CLRELU_CHOICE, TRUNCATED, distributions, NULL},
      SEED}},
    {GLOROT_NORMAL, {"glorot_normal", "GlorotNormal"}, {SEED}},
    {GLOROT_UNIFORM, {"glorot_uniform", "GlorotUniform"}, {SEED}},
    {HE_NORMAL, {"he_normal", "HeNormal"}, {SEED}},
    {HE_UNIFORM, {"he_uniform", "HeUniform"}, {SEED}},
    {LECUN_NORMAL, {"lecun_normal", "LecunNormal"}, {SEED}},
    {LECUN_UNIFORM, {"lecun_uniform", "LecunUniform"}, {SEED}},
    {ORTHOGONAL, {"orthogonal", "Orthogonal"}, {NUMBER("gain", 1.0), SEED}},
    {IDENTITY, {"identity", "Identity"}, {NUMBER("gain", 1.0)}},
    {0, {NULL}, {{0}}}};

/* These and the struct must match cl/initialize.cl. */
enum kind { KIND_CONSTANT, KIND_UNIFORM, KIND_NORMAL, KIND_IDENTITY };

typedef struct initial {
    cl_ulong kind, columns, seed;
    cl_float a, b, limit, unused;
} initial;

static clrelu_status check_values(const clrelu_spec *s)
{
    const clrelu_value *v = s->values;

    switch (s->entry->id) {
    case RANDOM_UNIFORM:
        if ((float)v[1].number < (float)v[0].number)
            return clrelu_spec_refuse(s, 1, "at least minval");
        if (!isfinite((float)v[1].number - (float)v[0].number))
            return clrelu_spec_refuse(s, 1,
                                      "nearer to minval: the difference "
                                      "does not fit float32");
        break;
    case RANDOM_NORMAL:
    case TRUNCATED_NORMAL:
        if (v[1].number < 0.0)
            return clrelu_spec_refuse(s, 1, ">= 0");
        break;
    case VARIANCE_SCALING:
        if (!(v[0].number > 0.0))
            return clrelu_spec_refuse(s, 0, "> 0");
        break;
    default:
        break;
    }
    return CLRELU_OK;
}

clrelu_status clrelu_initializer_parse(const char *text, size_t length,
                                       clrelu_spec *spec)
{
    clrelu_status status =
        clrelu_spec_parse("initializer", table, text, length, spec);

    return status ? status : check_values(spec);
}

static void set_uniform(initial *v, double low, double high)
{
    v->kind = KIND_UNIFORM;
    v->a = (float)low;
    v->b = (float)high - v->a;
    v->limit = v->b > 0.0f ? nextafterf((float)high, v->a) : v->a;
}

static void set_normal(initial *v, double mean, double stddev, bool truncated)
{
    v->kind = KIND_NORMAL;
    v->a = (float)mean;
    v->b = (float)stddev;
    /* erf(2/sqrt(2)): the probability of 2 standard deviations. */
    v->limit = truncated ? 0x1.e8b43p-1f : 1.0f;
}

/* As in tf.keras: all but the last two axes are a receptive field. */
static void find_fans(size_t rank, const size_t *dims, double fans[3])
{
    double field = 1.0;

    for (size_t i = 0; i + 2 < rank; i++)
        field *= (double)dims[i];
    fans[FAN_OUT] = rank > 0 ? field * (double)dims[rank - 1] : 1.0;
    fans[FAN_IN] = rank > 1 ? field * (double)dims[rank - 2] : fans[FAN_OUT];
    fans[FAN_AVG] = (fans[FAN_IN] + fans[FAN_OUT]) / 2.0;
}

static void set_scaled(initial *v, double scale, enum mode mode,
                       enum distribution distribution, size_t rank,
                       const size_t *dims)
{
    double fans[3];

    find_fans(rank, dims, fans);
    const double variance = scale / fmax(1.0, fans[mode]);
    if (distribution == UNIFORM)
        set_uniform(v, -sqrt(3.0 * variance), sqrt(3.0 * variance));
    else if (distribution == UNTRUNCATED)
        set_normal(v, 0.0, sqrt(variance), false);
    else
        /* Divided by the standard deviation of a normal truncated at 2. */
        set_normal(v, 0.0, sqrt(variance) / .87962566103423978, true);
}

/* Variance scaling with values of their own; scale 0: not one of them. */
static const struct {
    double scale;
    enum mode mode;
    enum distribution distribution;
} scaled[] = {
    [GLOROT_NORMAL] = {1.0, FAN_AVG, TRUNCATED},
    [GLOROT_UNIFORM] = {1.0, FAN_AVG, UNIFORM},
    [HE_NORMAL] = {2.0, FAN_IN, TRUNCATED},
    [HE_UNIFORM] = {2.0, FAN_IN, UNIFORM},
    [LECUN_NORMAL] = {1.0, FAN_IN, TRUNCATED},
    [LECUN_UNIFORM] = {1.0, FAN_IN, UNIFORM},
    [IDENTITY] = {0.0, FAN_IN, TRUNCATED},
};

static initial describe(const clrelu_spec *s, uint64_t seed, size_t rank,
                        const size_t *dims)
{
    const clrelu_value *v = s->values;
    const enum id id = (enum id)s->entry->id;
    initial out = {.kind = KIND_CONSTANT, .columns = 1, .seed = seed};

    switch (id) {
    case ONES:
        out.a = 1.0f;
        break;
    case CONSTANT:
        out.a = (float)v[0].number;
        break;
    case RANDOM_UNIFORM:
        set_uniform(&out, v[0].number, v[1].number);
        break;
    case RANDOM_NORMAL:
    case TRUNCATED_NORMAL:
        set_normal(&out, v[0].number, v[1].number, id == TRUNCATED_NORMAL);
        break;
    case VARIANCE_SCALING:
        set_scaled(&out, v[0].number, (enum mode)v[1].number,
                   (enum distribution)v[2].number, rank, dims);
        break;
    case IDENTITY:
        out.kind = KIND_IDENTITY;
        out.columns = dims[1] > 0 ? dims[1] : 1;
        out.a = (float)v[0].number;
        break;
    default:
        if (scaled[id].scale > 0.0)
            set_scaled(&out, scaled[id].scale, scaled[id].mode,
                       scaled[id].distribution, rank, dims);
        break;
    }
    return out;
}

/* The spec's seed if it has one, else the call's. */
static uint64_t find_seed(const clrelu_spec *s, uint64_t seed)
{
    for (unsigned i = 0; i < CLRELU_PARAMETERS; i++)
        if (s->entry->parameters[i].name &&
            s->entry->parameters[i].kind == CLRELU_SEED && s->values[i].given)
            return s->values[i].seed;
    return seed;
}

static clrelu_status check_rank(const clrelu_spec *s, size_t rank)
{
    if (s->entry->id == ORTHOGONAL && rank < 2)
        return clrelu_fail(CLRELU_INVALID_RANK,
                           "orthogonal: rank is %zu, must be at least 2", rank);
    if (s->entry->id == IDENTITY && rank != 2)
        return clrelu_fail(CLRELU_INVALID_RANK,
                           "identity: rank is %zu, must be 2", rank);
    return CLRELU_OK;
}

/* OpenCL's copies know no unified shared memory.  A leaky_relu with alpha 1
 * copies all values but NaN. */
static clrelu_status upload_to_pointer(const clrelu_call *call,
                                       const float *values, size_t n,
                                       clrelu_buffer out)
{
    clrelu_elementwise copy = {.op = CLRELU_LEAKY_RELU,
                               .dtype = CLRELU_FLOAT32,
                               .scalar = 1.0,
                               .n = n,
                               .y = out};
    cl_mem mem;
    clrelu_status status =
        clrelu_buffer_create(call->context, n * sizeof(*values), values, &mem);

    if (status)
        return status;
    copy.x = clrelu_at(mem, 0);
    status = clrelu_forward(call->context, call->exec, &copy);
    clReleaseMemObject(mem);
    return status;
}

static clrelu_status run_orthogonal(const clrelu_call *call, double gain,
                                    uint64_t seed, size_t n, size_t columns,
                                    clrelu_buffer out)
{
    clrelu_status status;
    float *values;

    if (n == 0)
        return clrelu_enqueue_nothing(call);
    values = n > SIZE_MAX / sizeof(double)
                 ? NULL
                 : clrelu_orthogonal(seed, n / columns, columns, gain);
    if (!values)
        return clrelu_fail(CLRELU_OUT_OF_MEMORY,
                           "no memory for an orthogonal matrix");
    status = out.pointer ? upload_to_pointer(call, values, n, out)
                         : clrelu_upload(call, values, n, out);
    free(values);
    return status;
}

static clrelu_status run_kernel(const clrelu_call *call, const initial *v,
                                cl_ulong n, clrelu_buffer out)
{
    const clrelu_program_key key = {.dtype = CLRELU_FLOAT32,
                                    .kind = CLRELU_PROGRAM_INITIALIZER};
    const cl_ulong span = clrelu_batch_span(call->context, n);
    const clrelu_arg args[] = {CLRELU_ARG(*v), CLRELU_ARG(n), CLRELU_ARG(span),
                               CLRELU_ARRAY(out)};
    clrelu_batch batch = {.context = call->context};
    clrelu_status status = CLRELU_OK;

    CLRELU_TRACE(clrelu_trace_bytes(n * sizeof(float)));
    if (n > 0)
        status = clrelu_batch_add(&batch, &key, CLRELU_KERNEL_INITIALIZE,
                                  ceil_div(n, span), CLRELU_ARGS(args));
    return clrelu_batch_finish(call, &batch, status);
}

clrelu_status clrelu_initializer_run(const clrelu_call *call,
                                     const clrelu_spec *spec, uint64_t seed,
                                     size_t rank, const size_t *dims,
                                     clrelu_buffer out)
{
    size_t n;
    clrelu_status status = clrelu_parameter_count(rank, dims, &n);

    if (!status)
        status = check_rank(spec, rank);
    if (status)
        return status;
    seed = find_seed(spec, seed);
    if (spec->entry->id == ORTHOGONAL)
        return run_orthogonal(call, spec->values[0].number, seed, n,
                              dims[rank - 1], out);
    const initial v = describe(spec, seed, rank, dims);
    return run_kernel(call, &v, n, out);
}

static clrelu_status initialize(const clrelu_call *call,
                                const char *initializer, uint64_t seed,
                                const clrelu_parameter *parameter)
{
    clrelu_span span;
    clrelu_spec spec;
    size_t n = 0;
    clrelu_status status = clrelu_parameter_check(call, parameter, &n);

    if (!status && !initializer)
        status = clrelu_fail(CLRELU_INVALID_NULL, "initializer is NULL");
    if (!status)
        status =
            clrelu_initializer_parse(initializer, strlen(initializer), &spec);
    if (!status && n > 0)
        status = clrelu_check_buffer(call, "values", parameter->values,
                                     sizeof(float), n, CLRELU_WRITE, &span);
    if (status)
        return status;
    return clrelu_initializer_run(call, &spec, seed, parameter->rank,
                                  parameter->dims, parameter->values);
}

clrelu_status clrelu_initialize(clrelu_context *context,
                                const clrelu_exec *exec,
                                const char *initializer, uint64_t seed,
                                const clrelu_parameter *parameter)
{
    const clrelu_call call = {context, exec};

    CLRELU_TRACE(clrelu_trace_begin(__func__));
    CLRELU_TRACE(clrelu_trace_parameter(initializer, parameter));
    return clrelu_traced(initialize(&call, initializer, seed, parameter));
}
