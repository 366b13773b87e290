/* run.c - clrelu forward and clrelu backward
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "commands.h"
#include "compute.h"
#include "input.h"
#include "output.h"
#include "progress.h"

#define OPERATIONS \
    "OP is one of\n" \
    "  leaky_relu        x < 0 ? alpha*x : x            --alpha V, 0.3\n" \
    "  prelu             x < 0 ? alpha[j]*x : x         --alpha V, 0\n" \
    "                    --alpha-file A.npy: shape of X without the batch,\n" \
    "                    shared axes set to 1\n" \
    "                    --shared-axes 1,2: counted from 1, batch is 0\n" \
    "                    --alpha-initializer SPEC, such as he_normal or\n" \
    "                    \"random_uniform(0, 0.3)\", with --seed N, 0\n" \
    "                    --alpha-regularizer SPEC, such as l2 or\n" \
    "                    \"l1_l2(0.01, 0.02)\": prints alpha's penalty\n" \
    "  elu               x < 0 ? alpha*(exp(x)-1) : x   --alpha V, 1\n" \
    "  thresholded_relu  x > theta ? x : 0              --theta V, 1\n\n"
#define FILES \
    "  --dtype f16|bf16|f32|f64\n" \
    "                       converts X and what belongs to it first\n" \
    "  --device SPEC        such as gpu, cpu, nvidia, pocl:cpu:0\n" \
    "  -h, --help\n\n" \
    "Inputs are .npy files of floats or integers.  float16, bfloat16 (as\n" \
    "ml_dtypes stores it, <V2), float32 and float64 stay what they are,\n" \
    "integers become float32; with --dtype bf16, uint16 is taken for the\n" \
    "bits of bfloat16.  Beside an X of 16 bits alpha is float32, unless its\n" \
    "file has X's type.  Outputs are written whole or not at all.  \"-\" is\n" \
    "standard input or output.  The penalty is a line on standard output,\n" \
    "or, where that is an array's, on standard error.\n\n"

const char forward_help[] =
    "usage: clrelu forward OP [options] -i X.npy -o Y.npy\n\n"
    "Writes y = f(x).\n\n" OPERATIONS "  -i, --input X.npy\n"
    "  -o, --output Y.npy   gets the shape and type of X\n" FILES "examples:\n"
    "  clrelu forward leaky_relu --alpha 0.1 -i x.npy -o y.npy\n"
    "  clrelu forward prelu --alpha-file a.npy --shared-axes 2,3 \\\n"
    "      -i images.npy -o y.npy\n";

const char backward_help[] =
    "usage: clrelu backward OP [options] -i X.npy -g DY.npy -o DX.npy\n\n"
    "Writes dx = f'(x) * dy, the gradient of a loss by x.\n\n" OPERATIONS
    "  -i, --input X.npy    the input of the forward call\n"
    "  -g, --gradient DY.npy\n"
    "                       the gradient by y; shape and type of X\n"
    "  -o, --output DX.npy  gets the shape and type of X\n"
    "  --dalpha DA.npy      prelu: the gradient by alpha, too, that of the\n"
    "                       regularizer's penalty added; of alpha's type\n"
    "  --alpha-out A.npy    prelu: alpha - R*dalpha, held to the constraint;\n"
    "                       float32; may replace the file alpha came from\n"
    "  --learning-rate R    of --alpha-out\n"
    "  --alpha-constraint SPEC\n"
    "                       of --alpha-out, such as non_neg or\n"
    "                       \"max_norm(2, axis=0)\"; alpha's axes count from "
    "0\n" FILES "examples:\n"
    "  clrelu backward elu -i x.npy -g dy.npy -o dx.npy\n"
    "  clrelu backward prelu --alpha-file a.npy -i x.npy -g dy.npy \\\n"
    "      -o dx.npy --dalpha da.npy\n"
    "  clrelu backward prelu --alpha-file a.npy -i x.npy -g dy.npy \\\n"
    "      -o dx.npy --alpha-out a.npy --learning-rate 0.1 \\\n"
    "      --alpha-regularizer \"l2(0.001)\" --alpha-constraint non_neg\n";

typedef struct job {
    const options *options;
    progress progress;
    device device;
    array x, alpha, dy, dalpha;
    prelu_pass pass;
    output outputs[OUTPUT_MOST];
    size_t output_count;
} job;

/* uint16, asked to be bfloat16, is that already. */
static bool bits(const options *o)
{
    return o->dtype == CLRELU_BFLOAT16;
}

static bool check_gradient(const job *j, failure *f)
{
    char x[NPY_SHAPE_TEXT], dy[NPY_SHAPE_TEXT];

    if (j->x.rank == j->dy.rank &&
        memcmp(j->x.dims, j->dy.dims, j->x.rank * sizeof(j->x.dims[0])) == 0)
        return true;
    return fail(
        f, "%s: has shape %s, must have %s, that of %s", j->options->gradient,
        clrelu_npy_shape_format(j->dy.rank, j->dy.dims, dy),
        clrelu_npy_shape_format(j->x.rank, j->x.dims, x), j->options->input);
}

static bool check_types(const job *j, failure *f)
{
    const options *o = j->options;
    const bool parameter = o->alpha_regularizer || o->alpha_out;

    if (o->gradient && j->dy.dtype != j->x.dtype)
        return fail(f, "%s: is %s, must be %s, as %s is; --dtype converts both",
                    o->gradient, options_dtype_name(j->dy.dtype),
                    options_dtype_name(j->x.dtype), o->input);
    if (parameter && j->x.dtype == CLRELU_FLOAT64)
        return fail(f,
                    "%s: is f64, which --%s does not take; --dtype f32 "
                    "converts",
                    o->input, o->alpha_out ? "alpha-out" : "alpha-regularizer");
    return true;
}

/* alpha's shape as x asks for it. */
static bool shape_alpha(job *j, failure *f)
{
    clrelu_shape shape = j->pass.shape;
    array *alpha = &j->alpha;

    shape.alpha_dims = NULL;
    alpha->rank = j->x.rank > 0 ? j->x.rank - 1 : 0;
    return !clrelu_prelu_alpha_dims(&shape, alpha->dims, &alpha->count) ||
           fail_library(f);
}

/* float32, as the library makes it, and then of alpha's type. */
static bool initialize(job *j, failure *f)
{
    const options *o = j->options;
    const npy_header h = {.kind = 'f', .item_size = sizeof(float)};
    array *alpha = &j->alpha, made = *alpha;

    made.dtype = CLRELU_FLOAT32;
    const bool good = input_allocate(&made, f) &&
                      compute_initial(&j->device, o->alpha_initializer, o->seed,
                                      &made, &j->progress, f);
    if (good)
        clrelu_npy_convert(&h, made.data, made.count, alpha->dtype,
                           alpha->data);
    free(made.data);
    return good;
}

static void fill(array *alpha, double value)
{
    for (size_t i = 0; i < alpha->count; i++)
        if (alpha->dtype == CLRELU_FLOAT64)
            ((double *)alpha->data)[i] = value;
        else
            ((float *)alpha->data)[i] = (float)value;
}

/* Of float32 beside an x of 16 bits, unless its file is of x's type and nothing
 * asks for more digits. */
static bool make_alpha(job *j, failure *f)
{
    const options *o = j->options;
    const clrelu_dtype dtype = j->x.dtype;
    const bool narrow = clrelu_dtype_size(dtype) == 2;
    const bool parameter = o->alpha_regularizer || o->alpha_out;
    const input_type type = {narrow ? CLRELU_FLOAT32 : dtype,
                             parameter ? 0 : dtype, bits(o)};

    if (o->alpha_file)
        return input_read(o->alpha_file, type, &j->alpha, &j->progress, f);
    j->alpha.dtype = type.to;
    if (!shape_alpha(j, f) || !input_allocate(&j->alpha, f))
        return false;
    if (o->alpha_initializer)
        return initialize(j, f);
    fill(&j->alpha, o->scalar);
    return true;
}

static bool prepare_prelu(job *j, failure *f)
{
    const options *o = j->options;
    clrelu_shape *shape = &j->pass.shape;

    j->pass = (prelu_pass){.x = &j->x,
                           .alpha = &j->alpha,
                           .dy = o->gradient ? &j->dy : NULL,
                           .dalpha = o->dalpha ? &j->dalpha : NULL,
                           .regularizer = o->alpha_regularizer,
                           .constraint = o->alpha_constraint,
                           .update = o->alpha_out != NULL,
                           .learning_rate = o->learning_rate};
    shape->rank = j->x.rank;
    shape->dims = j->x.dims;
    shape->shared_count = o->shared_count;
    shape->shared_axes = o->shared_axes;
    if (!make_alpha(j, f))
        return false;
    shape->alpha_rank = j->alpha.rank;
    shape->alpha_dims = j->alpha.dims;
    shape->alpha_dtype = j->alpha.dtype;
    if (clrelu_prelu_alpha_dims(shape, NULL, NULL))
        return fail_library(f);
    j->dalpha = j->alpha;
    j->dalpha.data = NULL;
    return !o->dalpha || input_allocate(&j->dalpha, f);
}

static bool read_inputs(job *j, failure *f)
{
    const options *o = j->options;
    const input_type type = {o->dtype, 0, bits(o)};

    if (!input_read(o->input, type, &j->x, &j->progress, f))
        return false;
    if (o->gradient &&
        (!input_read(o->gradient, type, &j->dy, &j->progress, f) ||
         !check_gradient(j, f)))
        return false;
    return check_types(j, f) && (o->op != CLRELU_PRELU || prepare_prelu(j, f));
}

static bool open_outputs(job *j, failure *f)
{
    const options *o = j->options;
    const char *const paths[OUTPUT_MOST] = {o->output, o->dalpha, o->alpha_out};

    for (size_t i = 0; i < OUTPUT_MOST; i++) {
        if (!paths[i])
            continue;
        output *new = &j->outputs[j->output_count++];
        if (!output_open(new, paths[i], f))
            return false;
        for (output *old = j->outputs; old < new; old++)
            if (!output_differ(old, new, f))
                return false;
    }
    return true;
}

static bool compute(job *j, failure *f)
{
    const options *o = j->options;

    if (o->op == CLRELU_PRELU)
        return compute_prelu(&j->device, &j->pass, &j->progress, f);
    return compute_scalar(&j->device, o->op, o->scalar, &j->x,
                          o->gradient ? &j->dy : NULL, &j->progress, f);
}

static bool write_outputs(job *j, failure *f)
{
    const options *o = j->options;
    const array *const arrays[OUTPUT_MOST] = {o->gradient ? &j->dy : &j->x,
                                              o->dalpha ? &j->dalpha : NULL,
                                              o->alpha_out ? &j->alpha : NULL};
    output *next = j->outputs;

    for (size_t i = 0; i < OUTPUT_MOST; i++)
        if (arrays[i] && !output_write(next++, arrays[i], &j->progress, f))
            return false;
    return output_commit(j->outputs, j->output_count, f);
}

/* Away from the arrays. */
static void print_penalty(const job *j)
{
    bool taken = false;

    for (size_t i = 0; i < j->output_count; i++)
        taken = taken || output_is_standard(&j->outputs[i]);
    fprintf(taken ? stderr : stdout, "penalty: %.9g\n",
            (double)j->pass.penalty);
}

bool run(const options *o, failure *f)
{
    job j = {.options = o};

    output_clean_up_at_exit();
    progress_start(&j.progress);
    const bool good = device_open(&j.device, o->device, f) &&
                      read_inputs(&j, f) && open_outputs(&j, f) &&
                      compute(&j, f) && write_outputs(&j, f);
    progress_clear(&j.progress);
    if (good && o->alpha_regularizer)
        print_penalty(&j);
    output_close(j.outputs, j.output_count);
    device_close(&j.device);
    free(j.x.data);
    free(j.alpha.data);
    free(j.dy.data);
    free(j.dalpha.data);
    return good;
}
