/* run.c - clrelu forward and clrelu backward
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/os.h"
#include "commands.h"
#include "compute.h"
#include "input.h"
#include "layout.h"
#include "load.h"
#include "names.h"
#include "output.h"
#include "progress.h"
#include "stream.h"

typedef struct job {
    const options *options;
    progress progress;
    device device;
    input x, dy;
    array alpha, dalpha;                   /* in the shape of their files */
    size_t alpha_extents[CLRELU_MAX_RANK]; /* along the axes of x */
    clrelu_dtype dalpha_dtype;             /* in its file */
    stream stream;
    parameter_step step;
    output outputs[OUTPUT_MAX];
    size_t output_count;
} job;

/* With --dtype bf16, uint16 is read as the bits of bfloat16. */
static bool bits(const options *o)
{
    return o->dtype == CLRELU_BFLOAT16;
}

static bool check_gradient(const job *j, failure *f)
{
    const npy_header *hx = &j->x.header, *hdy = &j->dy.header;
    char x[NPY_SHAPE_TEXT], dy[NPY_SHAPE_TEXT];

    if (hx->rank == hdy->rank &&
        memcmp(hx->dims, hdy->dims, hx->rank * sizeof(hx->dims[0])) == 0)
        return true;
    return fail(
        f, "%s: has shape %s, must have %s, that of %s", j->options->gradient,
        clrelu_npy_shape_format(hdy->rank, hdy->dims, dy),
        clrelu_npy_shape_format(hx->rank, hx->dims, x), j->options->input);
}

static bool check_types(const job *j, failure *f)
{
    const options *o = j->options;
    const bool parameter = o->alpha_regularizer || o->alpha_out;

    if (o->gradient && j->dy.dtype != j->x.dtype)
        return fail(f, "%s: is %s, must be %s, as %s is; --dtype converts both",
                    o->gradient, names_of_dtype(j->dy.dtype),
                    names_of_dtype(j->x.dtype), o->input);
    if (parameter && j->x.dtype == CLRELU_FLOAT64)
        return fail(f,
                    "%s: is f64, which --%s does not take; --dtype f32 "
                    "converts",
                    o->input, o->alpha_out ? "alpha-out" : "alpha-regularizer");
    return true;
}

/* Converts the elements of an array to another type. */
static bool convert(array *a, clrelu_dtype to, failure *f)
{
    const npy_header h = {.kind = a->dtype == CLRELU_BFLOAT16 ? 'V' : 'f',
                          .item_size = clrelu_dtype_size(a->dtype)};
    array converted = *a;

    converted.dtype = to;
    if (a->dtype == to)
        return true;
    if (!input_allocate(&converted, f))
        return false;
    clrelu_npy_convert(&h, a->data, a->count, to, converted.data);
    free(a->data);
    *a = converted;
    return true;
}

static void fill(array *alpha, double value)
{
    for (size_t i = 0; i < alpha->count; i++)
        if (alpha->dtype == CLRELU_FLOAT64)
            ((double *)alpha->data)[i] = value;
        else
            ((float *)alpha->data)[i] = (float)value;
}

/* The type that x is computed in, and alpha's. */
static clrelu_dtype wide(const job *j)
{
    return j->x.dtype == CLRELU_FLOAT64 ? CLRELU_FLOAT64 : CLRELU_FLOAT32;
}

static bool read_alpha(job *j, failure *f)
{
    const options *o = j->options;
    const bool parameter = o->alpha_regularizer || o->alpha_out;
    const input_type type = {wide(j), parameter ? 0 : j->x.dtype, bits(o)};

    if (!load_array(o->alpha_file, type, &j->alpha, &j->progress, f))
        return false;
    j->dalpha_dtype = j->alpha.dtype;
    return true;
}

/* The shape of x, and of alpha: that of its file, else x's without the batch
 * and with shared axes set to 1. */
static bool shape_alpha(job *j, failure *f)
{
    array x, *alpha = &j->alpha;
    clrelu_shape shape;

    input_shape(&j->x, &x);
    if (!layout_shape(j->options, &x, alpha, &shape, f))
        return false;
    if (j->options->alpha_file) {
        if (!convert(alpha, wide(j), f))
            return false;
    } else if (clrelu_prelu_alpha_dims(&shape, &alpha->rank, alpha->dims,
                                       &alpha->count)) {
        return fail_library(f);
    }
    layout_extents(&shape, alpha->rank, alpha->dims, j->alpha_extents);
    return true;
}

static bool make_alpha(job *j, failure *f)
{
    const options *o = j->options;
    array *alpha = &j->alpha;

    if (o->alpha_file)
        return true;
    j->dalpha_dtype = wide(j);
    if (!o->alpha_initializer) {
        const bool good = compute_check_alpha(o->scalar, wide(j), f) &&
                          input_allocate(alpha, f);
        if (good)
            fill(alpha, o->scalar);
        return good;
    }
    alpha->dtype = CLRELU_FLOAT32;
    return input_allocate(alpha, f) &&
           compute_initial(&j->device, o->alpha_initializer, o->seed, alpha,
                           &j->progress, f) &&
           convert(alpha, wide(j), f);
}

static bool is_pipe(const char *path)
{
    struct stat status;

    return path && (strcmp(path, "-") == 0 ||
                    (stat(path, &status) == 0 && !S_ISREG(status.st_mode)));
}

static bool open_inputs(job *j, failure *f)
{
    const options *o = j->options;
    const input_type type = {o->dtype, 0, bits(o)};
    const bool alpha = is_pipe(o->alpha_file);

    /* The pipes may be filled one after the other: an earlier pipe must not
     * block a later one. */
    return input_open(&j->x, o->input, type, alpha || is_pipe(o->gradient),
                      f) &&
           (!o->gradient || (input_open(&j->dy, o->gradient, type, alpha, f) &&
                             check_gradient(j, f))) &&
           check_types(j, f);
}

static bool plan(job *j, failure *f)
{
    const options *o = j->options;
    stream *s = &j->stream;

    s->device = &j->device;
    s->op = o->op;
    s->scalar = o->scalar;
    s->backward = o->gradient != NULL;
    s->x = &j->x;
    s->dy = &j->dy;
    if (o->op != CLRELU_PRELU)
        return stream_plan(s, o->memory, f);
    if ((o->alpha_file && !read_alpha(j, f)) || !shape_alpha(j, f))
        return false;
    j->alpha.dtype = wide(j);
    s->alpha_extents = j->alpha_extents;
    s->alpha = &j->alpha;
    s->dalpha = &j->dalpha;
    s->wants_dalpha = o->dalpha || o->alpha_out;
    s->step_bytes = (o->alpha_regularizer || o->alpha_out ? 2 : 0) *
                    (uint64_t)j->alpha.count * sizeof(float);
    return stream_plan(s, o->memory, f);
}

static bool prepare(job *j, failure *f)
{
    const options *o = j->options;

    if (!open_inputs(j, f) || !plan(j, f))
        return false;
    if (o->op != CLRELU_PRELU)
        return true;
    if (!make_alpha(j, f))
        return false;
    j->dalpha = j->alpha;
    j->dalpha.data = NULL;
    j->step = (parameter_step){.alpha = &j->alpha,
                               .dalpha = &j->dalpha,
                               .regularizer = o->alpha_regularizer,
                               .constraint = o->alpha_constraint,
                               .update = o->alpha_out != NULL,
                               .learning_rate = o->learning_rate};
    return !j->stream.wants_dalpha || input_allocate(&j->dalpha, f);
}

static bool open_outputs(job *j, failure *f)
{
    const options *o = j->options;
    const char *const paths[OUTPUT_MAX] = {o->output, o->dalpha, o->alpha_out};

    for (size_t i = 0; i < OUTPUT_MAX; i++) {
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

/* Pipes get the result only after the last call that may fail. */
static bool compute(job *j, failure *f)
{
    const options *o = j->options;
    const bool step = o->alpha_regularizer || o->alpha_out;
    array y;

    input_shape(&j->x, &y);
    return output_begin(&j->outputs[0], &y, j->stream.slabs.count > 1 || step,
                        f) &&
           stream_run(&j->stream, &j->outputs[0], &j->progress, f) &&
           (!step || compute_step(&j->device, &j->step, &j->progress, f)) &&
           output_finish(&j->outputs[0], &j->progress, f);
}

static bool write_outputs(job *j, failure *f)
{
    const options *o = j->options;
    output *next = &j->outputs[1];

    if (o->dalpha && (!convert(&j->dalpha, j->dalpha_dtype, f) ||
                      !output_write(next++, &j->dalpha, &j->progress, f)))
        return false;
    if (o->alpha_out && !output_write(next, &j->alpha, &j->progress, f))
        return false;
    return output_commit(j->outputs, j->output_count, f);
}

/* On standard error if an array goes to standard output. */
static void print_penalty(const job *j)
{
    bool taken = false;

    for (size_t i = 0; i < j->output_count; i++)
        taken = taken || output_is_standard(&j->outputs[i]);
    fprintf(taken ? stderr : stdout, "penalty: %.9g\n",
            (double)j->step.penalty);
}

bool run(const options *o, failure *f)
{
    job j = {.options = o};

    output_clean_up_at_exit();
    progress_start(&j.progress);
    const bool good = device_open(&j.device, o->device, f) && prepare(&j, f) &&
                      stream_start(&j.stream, &j.progress, f) &&
                      open_outputs(&j, f) && compute(&j, f) &&
                      write_outputs(&j, f);
    progress_clear(&j.progress);
    if (good && o->alpha_regularizer)
        print_penalty(&j);
    output_close(j.outputs, j.output_count);
    stream_close(&j.stream);
    device_close(&j.device);
    input_close(&j.x);
    input_close(&j.dy);
    free(j.alpha.data);
    free(j.dalpha.data);
    return good;
}
