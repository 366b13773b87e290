/* run.c - clrelu forward and clrelu backward
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "base/os.h"
#include "columns.h"
#include "commands.h"
#include "compute.h"
#include "input.h"
#include "names.h"
#include "output.h"
#include "progress.h"
#include "stream.h"

typedef struct job {
    const options *options;
    progress progress;
    device device;
    input x, dy; /* dy forward: the residual; backward from a mask x is dy */
    mask mask;
    columns columns;
    stream stream;
    parameter_step step;
    output outputs[OUTPUT_MAX];
    size_t output_count;
} job;

static bool is_from_mask(const options *o)
{
    return o->mask && o->gradient;
}

static const char *main_input(const options *o)
{
    return is_from_mask(o) ? o->gradient : o->input;
}

/* dy or the residual; NULL: none. */
static const char *other_input(const options *o)
{
    if (is_from_mask(o))
        return NULL;
    return o->gradient ? o->gradient : o->residual;
}

static bool check_shapes(const job *j, failure *f)
{
    const npy_header *hx = &j->x.header, *hdy = &j->dy.header;
    char x[NPY_SHAPE_TEXT], dy[NPY_SHAPE_TEXT];

    if (hx->rank == hdy->rank &&
        memcmp(hx->dims, hdy->dims, hx->rank * sizeof(hx->dims[0])) == 0)
        return true;
    return fail(f, "%s: has shape %s, must have %s, that of %s",
                other_input(j->options),
                clrelu_npy_shape_format(hdy->rank, hdy->dims, dy),
                clrelu_npy_shape_format(hx->rank, hx->dims, x),
                j->options->input);
}

static bool check_types(const job *j, failure *f)
{
    const options *o = j->options;
    const bool parameter = o->alpha_regularizer || o->alpha_out;

    if (other_input(o) && j->dy.dtype != j->x.dtype)
        return fail(f, "%s: is %s, must be %s, as %s is; --dtype converts both",
                    other_input(o), names_of_dtype(j->dy.dtype),
                    names_of_dtype(j->x.dtype), main_input(o));
    if (parameter && j->x.dtype == CLRELU_FLOAT64)
        return fail(f,
                    "%s: is f64, which --%s does not take; --dtype f32 "
                    "converts",
                    main_input(o),
                    o->alpha_out ? "alpha-out" : "alpha-regularizer");
    return true;
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
    const input_type type = {o->dtype, 0, o->dtype == CLRELU_BFLOAT16};
    const char *other = other_input(o);
    const bool piped =
        is_pipe(o->alpha_file) || is_pipe(o->scale) || is_pipe(o->bias);

    if (is_from_mask(o) && !mask_read(&j->mask, o->mask, f))
        return false;
    /* The pipes may be filled one after the other: an earlier pipe must not
     * block a later one. */
    return input_open(&j->x, main_input(o), type, piped || is_pipe(other), f) &&
           (!other || (input_open(&j->dy, other, type, piped, f) &&
                       check_shapes(j, f))) &&
           check_types(j, f) &&
           (!is_from_mask(o) ||
            mask_check(&j->mask, o->mask, j->x.header.count, f));
}

static bool plan(job *j, failure *f)
{
    const options *o = j->options;
    stream *s = &j->stream;

    *s = (stream){.device = &j->device,
                  .op = o->op,
                  .scalar = o->scalar,
                  .gain = o->gain,
                  .backward = o->gradient != NULL,
                  .from_output = o->from_output,
                  .x = &j->x,
                  .dy = other_input(o) ? &j->dy : NULL,
                  .mask = o->mask ? &j->mask : NULL,
                  .columns = &j->columns};
    if (!columns_read(&j->columns, o, &j->x, &j->progress, f))
        return false;
    s->step_bytes = (o->alpha_regularizer || o->alpha_out ? 2 : 0) *
                    (uint64_t)j->columns.values[COLUMN_ALPHA].count *
                    sizeof(float);
    return stream_plan(s, o->memory, f);
}

/* y has the sign of x if alpha is positive. */
static bool check_alphas(const job *j, failure *f)
{
    const array *alpha = &j->columns.values[COLUMN_ALPHA];

    if (!j->options->from_output || j->options->op != CLRELU_PRELU)
        return true;
    for (size_t i = 0; i < alpha->count; i++) {
        const double value = alpha->dtype == CLRELU_FLOAT64
                                 ? ((const double *)alpha->data)[i]
                                 : (double)((const float *)alpha->data)[i];
        if (!(value > 0))
            return fail(f,
                        "alpha[%zu] is %g, must be > 0 with --from-output: y "
                        "does not tell the sign of x",
                        i, value);
    }
    return true;
}

static bool prepare(job *j, failure *f)
{
    const options *o = j->options;
    columns *c = &j->columns;

    if (!open_inputs(j, f) || !plan(j, f) ||
        !columns_make(c, o, &j->device, &j->progress, f) ||
        !check_alphas(j, f) ||
        (o->mask && !is_from_mask(o) &&
         !mask_make(&j->mask, j->x.header.count, f)))
        return false;
    j->step = (parameter_step){.alpha = &c->values[COLUMN_ALPHA],
                               .dalpha = &c->gradients[COLUMN_ALPHA],
                               .regularizer = o->alpha_regularizer,
                               .constraint = o->alpha_constraint,
                               .update = o->alpha_out != NULL,
                               .learning_rate = o->learning_rate};
    return true;
}

/* y may replace x, but from a mask x cannot be computed again. */
static bool spare_inputs(const job *j, failure *f)
{
    const options *o = j->options;
    const output *last = &j->outputs[j->output_count - 1];
    const bool writes_mask = o->mask && !is_from_mask(o);

    return !writes_mask ||
           ((is_pipe(o->input) || output_spares(last, o->input, f)) &&
            (!o->alpha_file || is_pipe(o->alpha_file) ||
             output_spares(last, o->alpha_file, f)));
}

static bool open_outputs(job *j, failure *f)
{
    const options *o = j->options;
    const char *const paths[OUTPUT_MAX] = {
        o->output, o->dalpha,    o->dscale,
        o->dbias,  o->alpha_out, is_from_mask(o) ? NULL : o->mask};

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
    return spare_inputs(j, f);
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
    const char *const paths[COLUMN_ARRAYS] = {o->dalpha, o->dscale, o->dbias};
    columns *c = &j->columns;
    output *next = &j->outputs[1];

    for (int i = 0; i < COLUMN_ARRAYS; i++)
        if (paths[i] &&
            (!columns_convert(&c->gradients[i], c->file_types[i], f) ||
             !output_write(next++, &c->gradients[i], &j->progress, f)))
            return false;
    if (o->alpha_out &&
        !output_write(next, &c->values[COLUMN_ALPHA], &j->progress, f))
        return false;
    if (o->mask && !is_from_mask(o) &&
        !mask_write(&j->mask, next, &j->progress, f))
        return false;
    return output_commit(j->outputs, j->output_count, f);
}

/* On standard error if an array goes to standard output. */
static void print_penalty(const job *j)
{
    bool taken = false;

    for (size_t i = 0; i < j->output_count; i++)
        taken = taken || j->outputs[i].standard;
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
    mask_free(&j.mask);
    columns_free(&j.columns);
    return good;
}
