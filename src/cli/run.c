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
    "  --device SPEC        such as gpu, cpu, nvidia, pocl:cpu:0\n" \
    "  -h, --help\n\n" \
    "Inputs are .npy files of floats or integers, read as float32.  Outputs\n" \
    "are float32, written whole or not at all.  \"-\" is standard input or\n" \
    "output.  The penalty is a line on standard output, or, where that is\n" \
    "an array's, on standard error.\n\n"

const char forward_help[] =
    "usage: clrelu forward OP [options] -i X.npy -o Y.npy\n\n"
    "Writes y = f(x).\n\n" OPERATIONS "  -i, --input X.npy\n"
    "  -o, --output Y.npy   gets the shape of X\n" FILES "examples:\n"
    "  clrelu forward leaky_relu --alpha 0.1 -i x.npy -o y.npy\n"
    "  clrelu forward prelu --alpha-file a.npy --shared-axes 2,3 \\\n"
    "      -i images.npy -o y.npy\n";

const char backward_help[] =
    "usage: clrelu backward OP [options] -i X.npy -g DY.npy -o DX.npy\n\n"
    "Writes dx = f'(x) * dy, the gradient of a loss by x.\n\n" OPERATIONS
    "  -i, --input X.npy    the input of the forward call\n"
    "  -g, --gradient DY.npy\n"
    "                       the gradient by y; the shape of X\n"
    "  -o, --output DX.npy  gets the shape of X\n"
    "  --dalpha DA.npy      prelu: the gradient by alpha, too, that of the\n"
    "                       regularizer's penalty added\n"
    "  --alpha-out A.npy    prelu: alpha - R*dalpha, held to the constraint;\n"
    "                       may replace the file that alpha came from\n"
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

/* alpha's shape, and room for dalpha where it is asked for. */
static bool shape_alpha(job *j, array *like, failure *f)
{
    clrelu_shape shape = j->pass.shape;

    shape.alpha_dims = NULL;
    like->rank = j->x.rank > 0 ? j->x.rank - 1 : 0;
    return !clrelu_prelu_alpha_dims(&shape, like->dims, &like->count) ||
           fail_library(f);
}

static bool make_alpha(job *j, failure *f)
{
    const options *o = j->options;

    if (o->alpha_file)
        return input_read(o->alpha_file, &j->alpha, &j->progress, f);
    if (!shape_alpha(j, &j->alpha, f))
        return false;
    j->alpha.data = input_allocate(j->alpha.count, f);
    if (!j->alpha.data)
        return false;
    if (o->alpha_initializer)
        return compute_initial(&j->device, o->alpha_initializer, o->seed,
                               &j->alpha, &j->progress, f);
    for (size_t i = 0; i < j->alpha.count; i++)
        j->alpha.data[i] = (float)o->scalar;
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
    if (clrelu_prelu_alpha_dims(shape, NULL, NULL))
        return fail_library(f);
    if (!o->dalpha)
        return true;
    j->dalpha.data = input_allocate(j->alpha.count, f);
    return j->dalpha.data && shape_alpha(j, &j->dalpha, f);
}

static bool read_inputs(job *j, failure *f)
{
    const options *o = j->options;

    if (!input_read(o->input, &j->x, &j->progress, f))
        return false;
    if (o->gradient && (!input_read(o->gradient, &j->dy, &j->progress, f) ||
                        !check_gradient(j, f)))
        return false;
    return o->op != CLRELU_PRELU || prepare_prelu(j, f);
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
