/* constraint.c - constraints on a parameter after an update
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/status.h"
#include "core/check.h"
#include "core/trace.h"
#include "train/parameter.h"

enum id { NONE, MAX_NORM, NON_NEG, UNIT_NORM, MIN_MAX_NORM, RADIAL };

#define NUMBER(name, preset) \
    { \
        name, CLRELU_NUMBER, preset, NULL, NULL \
    }
#define AXIS \
    { \
        "axis", CLRELU_LIST, 1, NULL, NULL \
    }

/* Names, arguments and defaults of Keras. */
static const clrelu_entry table[] = {
    {NONE, {"None"}, {{0}}},
    {MAX_NORM,
     {"max_norm", "maxnorm", "MaxNorm"},
     {{"max_value", CLRELU_NUMBER, 2.0, NULL, "m"}, AXIS}},
    {NON_NEG, {"non_neg", "nonneg", "NonNeg"}, {{0}}},
    {UNIT_NORM, {"unit_norm", "unitnorm", "UnitNorm"}, {AXIS}},
    {MIN_MAX_NORM,
     {"min_max_norm", "MinMaxNorm"},
     {NUMBER("min_value", 0.0), NUMBER("max_value", 1.0), NUMBER("rate", 1.0),
      AXIS}},
    {RADIAL, {"radial_constraint", "RadialConstraint"}, {{0}}},
    {0, {NULL}, {{0}}}};

/* The norm is clipped to low..high, by the fraction rate. */
typedef struct target {
    cl_float low, high, rate;
} target;

static bool has_norm(const clrelu_spec *spec)
{
    return spec->entry->id != NONE && spec->entry->id != NON_NEG &&
           spec->entry->id != RADIAL;
}

static clrelu_status check_values(const clrelu_spec *s)
{
    const clrelu_value *v = s->values;

    if (s->entry->id == MAX_NORM && v[0].number < 0.0)
        return clrelu_spec_refuse(s, 0, ">= 0");
    if (s->entry->id != MIN_MAX_NORM)
        return CLRELU_OK;
    if (v[0].number < 0.0)
        return clrelu_spec_refuse(s, 0, ">= 0");
    if (v[1].number < v[0].number)
        return clrelu_spec_refuse(s, 1, "at least min_value");
    if (v[2].number < 0.0 || v[2].number > 1.0)
        return clrelu_spec_refuse(s, 2, "in 0..1");
    return CLRELU_OK;
}

clrelu_status clrelu_constraint_parse(const char *text, size_t length,
                                      clrelu_spec *spec)
{
    clrelu_status status = clrelu_spec_parse(
        "constraint", table, text ? text : "None", text ? length : 4, spec);

    return status ? status : check_values(spec);
}

static const clrelu_value *axis_value(const clrelu_spec *spec)
{
    unsigned i = 0;

    while (spec->entry->parameters[i].kind != CLRELU_LIST)
        i++;
    return &spec->values[i];
}

static void merge(size_t rank, const size_t *dims, const bool *reduced,
                  clrelu_axes *axes)
{
    *axes = (clrelu_axes){.kept = 1, .reduced = 1};
    for (size_t i = rank; i-- > 0;) {
        const bool kept = !reduced[i];
        if (axes->groups == 0)
            axes->first_kept = kept;
        const bool last_kept = axes->first_kept == (axes->groups & 1);
        if (axes->groups == 0 || kept != last_kept)
            axes->group[axes->groups++] = 1;
        axes->group[axes->groups - 1] *= dims[i];
        *(kept ? &axes->kept : &axes->reduced) *= dims[i];
    }
}

/* group[0] is the number of kernels, group[1] and group[2] their equal height
 * and width. */
static clrelu_status radial_axes(size_t rank, const size_t *dims,
                                 clrelu_axes *axes)
{
    if (rank != 4)
        return clrelu_fail(CLRELU_INVALID_RANK,
                           "radial_constraint: rank is %zu, must be 4", rank);
    if (dims[0] != dims[1])
        return clrelu_fail(CLRELU_INVALID_ALPHA_SHAPE,
                           "radial_constraint: shape is (%zu, %zu, %zu, %zu), "
                           "must have two equal extents first",
                           dims[0], dims[1], dims[2], dims[3]);
    axes->groups = 3;
    axes->group[0] = dims[2] * dims[3];
    axes->group[1] = axes->group[2] = dims[0];
    return CLRELU_OK;
}

clrelu_status clrelu_constraint_axes(const clrelu_spec *spec, size_t rank,
                                     const size_t *dims, clrelu_axes *axes)
{
    bool reduced[CLRELU_MAX_RANK] = {false};

    *axes = (clrelu_axes){0};
    if (spec->entry->id == RADIAL)
        return radial_axes(rank, dims, axes);
    if (!has_norm(spec))
        return CLRELU_OK;
    const clrelu_value *v = axis_value(spec);
    const bool all = !v->given && v->count == 0;
    for (size_t i = 0; i < rank; i++)
        reduced[i] = all;
    for (size_t i = 0; i < v->count; i++) {
        const int64_t size = (int64_t)rank, axis = v->list[i];
        if (axis < -size || axis >= size)
            return clrelu_fail(CLRELU_INVALID_AXIS,
                               "%s: axis %lld is not an axis of an array of "
                               "rank %zu (axes count from 0, the last is -1)",
                               spec->entry->names[0], (long long)axis, rank);
        reduced[axis < 0 ? axis + size : axis] = true;
    }
    merge(rank, dims, reduced, axes);
    return CLRELU_OK;
}

static target find_target(const clrelu_spec *spec)
{
    const clrelu_value *v = spec->values;

    switch ((enum id)spec->entry->id) {
    case MAX_NORM:
        return (target){0.0f, (float)v[0].number, 1.0f};
    case MIN_MAX_NORM:
        return (target){(float)v[0].number, (float)v[1].number,
                        (float)v[2].number};
    case UNIT_NORM:
    case NONE:
    case NON_NEG:
    case RADIAL:
        break;
    }
    return (target){1.0f, 1.0f, 1.0f};
}

static clrelu_status add_non_neg(clrelu_batch *batch, cl_ulong n,
                                 clrelu_buffer a)
{
    const cl_ulong span = clrelu_batch_span(batch->context, n);
    const clrelu_arg args[] = {CLRELU_ARG(n), CLRELU_ARG(span),
                               CLRELU_ARRAY(a)};

    return clrelu_parameter_add(batch, CLRELU_KERNEL_NON_NEG, n, span,
                                CLRELU_ARGS(args));
}

static clrelu_status add_rescale(clrelu_batch *batch, const target *to,
                                 cl_ulong n, const clrelu_axes *axes,
                                 clrelu_buffer a, const clrelu_step *step)
{
    const cl_ulong span = clrelu_batch_span(batch->context, n);
    cl_mem squares = NULL;
    clrelu_status status =
        clrelu_batch_scratch(batch, axes->kept * sizeof(float), &squares);

    if (!status)
        status = clrelu_sum_terms_add(batch, axes, 0.0f, 1.0f, a, step,
                                      clrelu_at(squares, 0));
    if (status)
        return status;
    const clrelu_arg args[] = {
        CLRELU_ARG(*axes),   CLRELU_ARG(n),        CLRELU_ARG(span),
        CLRELU_ARG(to->low), CLRELU_ARG(to->high), CLRELU_ARG(to->rate),
        CLRELU_ARG(squares), CLRELU_ARRAY(a),
    };
    return clrelu_parameter_add(batch, CLRELU_KERNEL_RESCALE, n, span,
                                CLRELU_ARGS(args));
}

/* In place the kernels would overwrite the diagonal, so it is copied first. */
static clrelu_status add_radial(clrelu_batch *batch, cl_ulong n,
                                const clrelu_axes *axes, clrelu_buffer a)
{
    const cl_ulong size = axes->group[1], kernels = axes->group[0];
    const cl_ulong on_diagonal = size * kernels;
    const cl_ulong span = clrelu_batch_span(batch->context, n);
    const cl_ulong short_span = clrelu_batch_span(batch->context, on_diagonal);
    cl_mem diagonal = NULL;
    clrelu_status status =
        clrelu_batch_scratch(batch, on_diagonal * sizeof(float), &diagonal);

    if (status)
        return status;
    const clrelu_arg take[] = {
        CLRELU_ARG(size), CLRELU_ARG(kernels),  CLRELU_ARG(short_span),
        CLRELU_ARRAY(a),  CLRELU_ARG(diagonal),
    };
    const clrelu_arg fill[] = {
        CLRELU_ARG(size),     CLRELU_ARG(kernels), CLRELU_ARG(span),
        CLRELU_ARG(diagonal), CLRELU_ARRAY(a),
    };
    status = clrelu_parameter_add(batch, CLRELU_KERNEL_TAKE_DIAGONAL,
                                  on_diagonal, short_span, CLRELU_ARGS(take));
    if (!status)
        status = clrelu_parameter_add(batch, CLRELU_KERNEL_FILL_RINGS, n, span,
                                      CLRELU_ARGS(fill));
    return status;
}

clrelu_status clrelu_constraint_add(clrelu_batch *batch,
                                    const clrelu_spec *spec, size_t n,
                                    const clrelu_axes *axes, clrelu_buffer a,
                                    const clrelu_step *step)
{
    const target to = find_target(spec);
    const bool non_neg = spec->entry->id == NON_NEG;
    clrelu_status status = CLRELU_OK;

    if (step && !has_norm(spec))
        status = clrelu_step_add(batch, step, non_neg);
    if (status || n == 0 || spec->entry->id == NONE || (step && non_neg))
        return status;
    if (step && has_norm(spec))
        CLRELU_TRACE(clrelu_step_trace(step));
    CLRELU_TRACE(clrelu_trace_bytes(2 * sizeof(float) * (uint64_t)n));
    if (non_neg)
        return add_non_neg(batch, n, a);
    /* A kernel of one element does not change. */
    if (spec->entry->id == RADIAL)
        return axes->group[1] > 1 ? add_radial(batch, n, axes, a) : CLRELU_OK;
    return add_rescale(batch, &to, n, axes, a, step);
}

clrelu_status clrelu_constrain(clrelu_context *context, const clrelu_exec *exec,
                               const char *constraint,
                               const clrelu_parameter *parameter)
{
    const clrelu_call call = {context, exec};
    clrelu_batch batch = {.context = context};
    clrelu_axes axes;
    clrelu_spec spec;
    clrelu_span span;
    size_t n = 0;
    clrelu_status status;

    CLRELU_TRACE(clrelu_trace_begin(__func__));
    CLRELU_TRACE(clrelu_trace_parameter(constraint, parameter));
    status = clrelu_parameter_check(&call, parameter, &n);
    if (!status)
        status = clrelu_constraint_parse(
            constraint, constraint ? strlen(constraint) : 0, &spec);
    if (!status)
        status = clrelu_constraint_axes(&spec, parameter->rank, parameter->dims,
                                        &axes);
    if (!status && n > 0)
        status = clrelu_check_buffer(&call, "values", parameter->values, 4, n,
                                     CLRELU_READ | CLRELU_WRITE, &span);
    if (!status)
        status = clrelu_constraint_add(&batch, &spec, n, &axes,
                                       parameter->values, NULL);
    return clrelu_traced(clrelu_batch_finish(&call, &batch, status));
}
